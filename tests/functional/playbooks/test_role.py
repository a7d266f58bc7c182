# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role and its playbooks, run by ansible-playbook against simulated platforms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.zstack.aios.tests.simulator import constants
from ansible_collections.zstack.aios.tests.support.playbooks import PASSWORD_VARIABLE, Field, service


def test_the_playbooks_plan_provision_change_and_detect_drift(field: Field) -> None:
    field.declare(
        "one",
        model_services_items=[service("qwen")],
        model_services_items__more=[service("bge"), {"name": "qwen-copy", "clone_from": "qwen", "request_cpu": 4}],
    )
    planned = field.run("zstack.aios.plan", "zstack.aios.drift")
    assert planned.changed == {"one": 2}, "Ansible counts over both playbooks"
    assert planned.code != 0
    assert planned.text.count("fatal: ") == 1, "drift fails, the plan does not"
    assert "+" in planned.text and "vllm serve /models/qwen" in planned.text, "the plan shows no difference"
    assert "one differs from its declaration: 3 to create, 0 to update, 0 to delete" in planned.text
    assert "To clone: qwen-copy." in planned.text
    assert field.writes("one") == []
    assert planned.stats["model_services_summary"]["one"]["created"] == 2
    digest = planned.stats["model_services_plan_digest"]
    assert len(digest["one"]) == 64

    applied = field.run("zstack.aios.provision", variables={"model_services_plan_digest": digest})
    assert applied.code == 0, applied.text
    assert field.names("one") == ["bge", "qwen", "qwen-copy"]
    assert sorted(field.writes("one")) == ["add", "add", "clone"]
    assert applied.stats["model_services_plan_digest"] == {"one": ""}, "a used digest must not bind later runs"

    field.platforms["one"].clear_log()
    again = field.run("zstack.aios.provision", "zstack.aios.drift")
    assert again.code == 0, again.text
    assert again.text.count("changed=0 ") == 2
    assert field.writes("one") == []

    field.declare("one", model_services_items=[service("qwen", request_cpu=16)])
    changed = field.run("zstack.aios.provision", "--diff")
    assert changed.code == 0, changed.text
    (write,) = field.platforms["one"].writes()
    assert write["body"] == {"updateModelService": {"requestCpu": 16}}

    used = field.run("zstack.aios.provision", variables={"model_services_plan_digest": digest})
    assert used.code != 0, "the plan was approved for another declaration"
    assert field.platforms["one"].stats()["open_sessions"] == 0


#: A file of variables; Ansible's own tag for unsafe text cannot be dumped.
TEMPLATES = """\
registry: registry.example.com
model_services_items__llm:
  - name: "{{ inventory_hostname }}-qwen"
    model_center: {center}
    install_path: "{{ registry }}/qwen"
    start_command: serve
    request_cpu: "{{ 2 * 4 }}"
    request_memory: 1024
    yaml: !unsafe |
      chat_template: "{{ messages }}"
"""


def test_hosts_are_provisioned_side_by_side_and_fail_apart(two: Field) -> None:
    """Each host of one play is a case: what it declares is done, or refused for a reason of its own."""
    address = {"model_services_host": two.platforms["one"].url, **PASSWORD_VARIABLE}
    done: dict[str, dict[str, Any]] = {
        "never_logged_in_to": {
            "model_services_items": [service("unreachable-host")],
            "ansible_connection": "ssh",
            "ansible_host": "192.0.2.1",
            "ansible_become": True,
            "ansible_python_interpreter": "/nonexistent/python",
        },
        "templated": {},
        "overlaid": {
            "model_services_items": [service("overlaid")],
            "model_services_items__b": [{"name": "overlaid", "request_cpu": 2}],
            "model_services_merge": "overlay",
        },
        "replaced": {
            "model_services_items": [{"name": "moved", "install_path": "/new"}],
            "model_services_on_fixed_change": "recreate",
        },
    }
    refused: dict[str, tuple[dict[str, Any], str]] = {
        "another_center": ({"model_services_items": [service("a", model_center="no such center")]}, "no such center"),
        "declared_twice": (
            {"model_services_items": [service("b")], "model_services_items__b": [{"name": "b", "request_cpu": 2}]},
            "it is declared in model_services_items[0] and in model_services_items__b[0]",
        ),
        "misspelt_list": (
            {"model_services_items__llm": [service("c")], "model_services_item__more": [service("d")]},
            "did you mean model_services_items__more?",
        ),
        "everything_wrong": (
            {
                "model_services_items": [service("x", request_cpu="many"), {"request_cpu": 3}],
                "model_services_item__more": [service("y")],
            },
            "3 errors:",
        ),
        "misspelt_option": (
            {"model_services_items": [service("e")], "model_services_fail_on_drfit": True},
            "model_services_fail_on_drfit is not read by the role; did you mean model_services_fail_on_drift?",
        ),
        "wrong_type": (
            {"model_services_items": [service("f")], "model_services_merge": "both"},
            "model_services_merge must be one of",
        ),
        "digest_of_others": (
            {"model_services_items": [service("g")], "model_services_plan_digest": {"two": "0" * 64}},
            "model_services_plan_digest has no entry for digest_of_others",
        ),
        "too_many_replaced": (
            {
                "model_services_items": [{"name": "kept", "install_path": "/new"}],
                "model_services_on_fixed_change": "recreate",
                "model_services_recreate_limit": 0,
            },
            "recreate_limit 0 allows 0",
        ),
    }
    two.platforms["one"].seed([{"name": name, "installPath": "/old"} for name in ("moved", "kept")])
    two.hosts = {host: {**address, **variables} for host, variables in done.items()}
    two.hosts |= {host: {**address, **variables} for host, (variables, _reason) in refused.items()}
    (two.inventory / "host_vars").mkdir(parents=True)
    text = TEMPLATES.replace("{center}", constants.MODEL_CENTER_NAME)
    (two.inventory / "host_vars" / "templated.yml").write_text(text, encoding="utf-8")
    run = two.run("zstack.aios.provision")
    assert run.code != 0
    assert run.failures.keys() == refused.keys(), run.text
    for host, (_variables, reason) in refused.items():
        assert reason in run.failures[host]
        assert "caused by" not in run.failures[host], "it is buried in Ansible's words"
    for reason in (
        "did you mean model_services_items__more?",
        "model_services_items[1]: name: it is missing",
        '"many" is not a whole number',
    ):
        assert reason in run.failures["everything_wrong"]
    assert run.changed == {**dict.fromkeys(done, 1), **dict.fromkeys(refused, 0)}
    summaries = {host: run.stats["model_services_summary"][host] for host in done}
    assert {host: one["created"] + one["replaced"] for host, one in summaries.items()} == dict.fromkeys(done, 1)
    made = {each["name"]: each for each in two.platforms["one"].services()}
    assert made.keys() == {"unreachable-host", "templated-qwen", "overlaid", "moved", "kept"}
    assert (made["moved"]["installPath"], made["kept"]["installPath"]) == ("/new", "/old")
    assert made["overlaid"]["requestCpu"] == 2
    templated = made["templated-qwen"]
    assert (templated["installPath"], templated["requestCpu"]) == ("registry.example.com/qwen", 8)
    assert yaml.safe_load(templated["yaml"]) == {"chat_template": "{{ messages }}"}


def test_a_platform_that_fails_is_reported_while_another_converges(two: Field) -> None:
    for host in two.hosts:
        two.declare(host, model_services_items=[service("qwen"), service("bge")])
    two.platforms["two"].faults([{"match": {"kind": "add", "nth": 1}, "fault": {"job_error": {"code": "SYS.1007"}}}])
    run = two.run("zstack.aios.provision", variables={"model_services_report_path": "{{ inventory_hostname }}.json"})
    assert run.failures.keys() == {"two"}, run.text
    assert two.names("one") == ["bge", "qwen"]
    summary = run.stats["model_services_summary"]
    assert (summary["one"]["created"], summary["one"]["failed"]) == (2, 0)
    assert (summary["two"]["created"], summary["two"]["failed"]) == (1, 1)
    assert "SYS.1007" in (two.folder / "two.json").read_text(encoding="utf-8")


def test_validate_needs_no_platform_and_reports_every_error(two: Field) -> None:
    two.platforms["one"].clear_log()
    unreachable = {"model_services_host": "unreachable.invalid"}
    two.declare("one", model_services_items=[service("qwen")], **unreachable)
    two.declare(
        "two",
        model_services_items=[service("qwen", request_cpus=1), service("bge", python_version=3.10)],
        **unreachable,
    )
    run = two.run("zstack.aios.validate", ZSTACK_ACCOUNT_PASSWORD="")
    assert run.code != 0
    assert run.failures.keys() == {"two"}, run.text
    assert "request_cpus" in run.failures["two"] and "python_version" in run.failures["two"]
    assert "Traceback" not in run.text


def test_platforms_share_a_report_and_have_one_each(two: Field) -> None:
    two.hosts |= {"away": {**PASSWORD_VARIABLE, "model_services_host": "127.0.0.1:9", "model_services_job_timeout": 1}}
    for host in two.hosts:
        two.declare(host, model_services_items=[service(f"qwen-{host}")])
    forms = [str(two.folder / f"all{suffix}") for suffix in (".html", ".md", ".json")]
    paths = [*forms, str(two.folder / "{{ inventory_hostname }}.md")]
    for stale in forms:
        Path(stale).write_text("an older report", encoding="utf-8")
    run = two.run("zstack.aios.provision", variables={"model_services_report_path": paths})
    assert run.failures.keys() == {"away"}, run.text
    texts = [Path(form).read_text(encoding="utf-8") for form in forms]
    for text in texts:
        for told in ("qwen-one", "qwen-two", "no connection to http://127.0.0.1:9/zstack"):
            assert told in text
        assert "an older report" not in text
    assert "# Nothing was done on 1 of 3 platforms" in texts[1]
    assert "- **created** `qwen-one` on `one`" in texts[1]
    joint = json.loads(texts[2])
    assert [(one["host"], one["summary"]["created"]) for one in joint["platforms"]] == [
        ("away", 0),
        ("one", 1),
        ("two", 1),
    ]
    assert (joint["summary"]["created"], joint["summary"]["total"]) == (2, 2)
    assert [(row["host"], row["name"]) for row in joint["rows"]] == [("one", "qwen-one"), ("two", "qwen-two")]
    own = (two.folder / "two.md").read_text(encoding="utf-8")
    assert "# `two`: 1 service changed" in own and "- Host: `two`" in own and "qwen-one" not in own
    assert list(two.folder.rglob("zstack_aios_report_*")) == [], "data of the report is left behind"


def test_exports_are_refused_where_they_would_be_of_the_wrong_platform_or_lost(two: Field) -> None:
    wrong = {"model_services_export_path": "all.yml", "model_services_export_pth": "all.yml"}
    refused = two.run("zstack.aios.export", variables=wrong)
    assert refused.code != 0
    assert "model_services_export_path is all.yml for several hosts" in refused.text
    assert "did you mean model_services_export_path?" in refused.text
    file = two.run("zstack.aios.export", variables={"model_services_export_yaml_files": True})
    assert file.failures.keys() == {"one", "two"} and "yaml_files: it needs a folder" in file.failures["one"]
    planned = two.run("zstack.aios.export", "--check")
    assert planned.code == 0, planned.text
    assert "0 model services would be written to" in planned.text
    for host in two.hosts:
        two.hosts[host] = dict(PASSWORD_VARIABLE)
    shared = two.run("zstack.aios.export", ZSTACK_HOST=two.platforms["one"].url)
    assert "model_services_host is not set for one and the play has 2 hosts" in shared.text
    assert list(two.folder.glob("*.yml")) == []


def test_each_platform_is_exported_to_a_folder_that_applies_as_no_change(two: Field) -> None:
    for simulator in two.platforms.values():
        names = ("qwen", "Qwen", "builtin")
        simulator.seed([{"name": name, "yaml": "a: 1", "system": name == "builtin"} for name in names])
    export = {
        "model_services_export_path": "exports/{{ inventory_hostname }}/",
        "model_services_export_yaml_files": True,
        "model_services_export_prune": True,
    }
    planned = two.run("zstack.aios.export", "--check", "--diff", variables=export)
    assert planned.code == 0, planned.text
    assert "created: qwen.config.yaml" in planned.text and "2 model services would be written to" in planned.text
    assert not (two.folder / "exports").exists()
    exported = two.run("zstack.aios.export", variables=export)
    assert exported.changed == {"one": 1, "two": 1}, exported.text
    for host in two.hosts:
        files = {path.name for path in (two.folder / "exports" / host).iterdir()}
        assert len(files) == 4 and {"qwen.yml", "qwen.config.yaml"} < files
    (two.folder / "exports" / "two" / "qwen.yml").unlink()
    again = two.run("zstack.aios.export", variables=export)
    assert again.changed == {"one": 0, "two": 1}, again.text
    src = {"model_services_src": ["exports/{{ inventory_hostname }}"]}
    applied = two.run("zstack.aios.provision", variables=src)
    assert applied.code == 0 and applied.changed == {"one": 0, "two": 0}, applied.text
    assert two.writes("one") == two.writes("two") == []


def test_a_plan_is_not_held_to_the_digests_that_a_workflow_hands_on(field: Field) -> None:
    """Neither to that of another declaration, nor to a used one, nor to those of other hosts only."""
    digests = {"another": "0" * 64, "used": "", "elsewhere": "0" * 64}
    shared = {**field.hosts.pop("one"), "model_services_items": [service("qwen")]}
    field.hosts.update({host: dict(shared) for host in ("another", "used", "left_out")})
    for playbook, options in (("zstack.aios.plan", ()), ("zstack.aios.provision", ("--check",))):
        run = field.run(playbook, *options, variables={"model_services_plan_digest": digests})
        assert run.code == 0, run.text
        planned = run.stats["model_services_plan_digest"]
        assert {host: len(digest) for host, digest in planned.items()} == dict.fromkeys(field.hosts, 64)


def test_prune_is_refused_when_hosts_are_hidden(two: Field) -> None:
    prune = {"model_services_prune": True, "model_services_prune_conditions": ["name~=team-%"]}
    for host, simulator in two.platforms.items():
        simulator.seed([{"name": "team-old", "yaml": "a: 1"}, {"name": "other", "yaml": "a: 1"}])
        two.declare(host, model_services_items=[service("team-new")])
    limited = two.run("zstack.aios.provision", "--limit", "one", variables=prune)
    assert limited.code != 0
    assert "model_services_prune is refused under --limit (one)" in limited.text, limited.text
    counted = two.run("zstack.aios.provision", "--limit", "one", variables={**prune, "model_services_expect_hosts": 2})
    assert counted.code != 0
    assert "model_services_expect_hosts is 2 but this play has 1 host (one)" in counted.text
    assert two.writes("one") == two.writes("two") == []

    one = two.run("zstack.aios.provision", "--limit", "one", variables={**prune, "model_services_expect_hosts": 1})
    assert one.code == 0, one.text
    assert two.names("one") == ["other", "team-new"]
    assert two.names("two") == ["other", "team-old"]
    both = two.run("zstack.aios.provision", variables={**prune, "model_services_expect_hosts": 2})
    assert both.code == 0, both.text
    assert two.names("two") == ["other", "team-new"]


def test_several_hosts_do_not_share_the_one_platform_of_the_environment(two: Field) -> None:
    for host in two.hosts:
        two.hosts[host] = {**PASSWORD_VARIABLE, "model_services_items": [service(host)]}
    run = two.run("zstack.aios.provision", ZSTACK_HOST=two.platforms["one"].url)
    assert run.code != 0
    assert "model_services_host is not set for one and the play has 2 hosts" in run.text
    assert two.names("one") == []


def test_without_an_inventory_the_environment_names_the_platform(field: Field) -> None:
    field.hosts.clear()
    (field.folder / "services").mkdir()
    (field.folder / "services" / "qwen.yml").write_text(yaml.safe_dump([service("qwen")]), encoding="utf-8")
    environment = {"ZSTACK_HOST": field.platforms["one"].url, "ZSTACK_ACCOUNT_NAME": constants.ADMIN_ACCOUNT}
    run = field.run("zstack.aios.provision", variables={"model_services_src": ["services"]}, **environment)
    assert run.code == 0, run.text
    assert field.names("one") == ["qwen"]


def test_an_export_applies_as_no_change(field: Field) -> None:
    declared = [service("qwen", yaml='chat_template: "{{ messages }}"\n'), service("问答 'x'", description="a\n\nb")]
    (field.folder / "first.yml").write_text(yaml.safe_dump(declared), encoding="utf-8")
    field.declare("one", model_services_src=["first.yml"])
    exported = field.run("zstack.aios.provision", "zstack.aios.export")
    assert exported.code == 0, exported.text
    file = field.folder / "one.yml"
    written = yaml.safe_load(file.read_text(encoding="utf-8"))["model_services"]
    assert [each["name"] for each in written] == ["qwen", "问答 'x'"]
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o640)
    field.platforms["one"].seed([{"name": "more"}, {"name": "of-the-platform", "system": True}])
    assert field.run("zstack.aios.export", variables={"model_services_export_system": True}).code == 0
    assert "of-the-platform" in file.read_text(encoding="utf-8")
    again = field.run("zstack.aios.export")
    assert again.code == 0, again.text
    assert "3 model services in" in again.text
    text = file.read_text(encoding="utf-8")
    assert "more" in text
    assert "of-the-platform" not in text
    assert f"model_center: {constants.MODEL_CENTER_NAME}" in text and "model_center_uuid" not in text
    assert file.stat().st_mode & 0o777 == 0o640
    field.declare("one", model_services_src=["one.yml"])
    field.platforms["one"].clear_log()
    adopted = field.run("zstack.aios.provision")
    assert adopted.code == 0, adopted.text
    assert adopted.changed == {"one": 0}
    assert field.writes("one") == []
    assert adopted.stats["model_services_summary"]["one"]["unchanged"] == 3


def test_passwords_are_in_no_output(field: Field) -> None:
    field.declare(
        "one", model_services_account_password="Wr0ngPassw0rdOfTheRole", model_services_items=[service("qwen")]
    )
    for playbook in ("zstack.aios.provision", "zstack.aios.export"):
        run = field.run(playbook, "-vvvvv", ANSIBLE_DISPLAY_ARGS_TO_STDOUT="true")
        assert run.code != 0
        assert "ID.1000" in run.text
        assert "Wr0ngPassw0rdOfTheRole" not in run.text


def test_a_run_is_undone_by_the_playbook_with_a_plan_and_its_digest(field: Field) -> None:
    field.platforms["one"].seed([{"name": "chat", "description": "before"}])
    items = [{"name": "chat", "description": "after"}, service("new"), service("left-out")]
    field.declare("one", model_services_items=items, model_services_only=["chat", "new"])
    undo = {"model_services_undo_path": "undo.yml"}
    applied = field.run("zstack.aios.provision", "zstack.aios.provision", variables=undo)
    assert field.names("one") == ["chat", "new"]
    assert applied.text.count("fatal: ") == 1, "the second fails, the first does not"
    assert "exists already, and an undo file is never overwritten" in applied.failures["one"]
    planned = field.run("zstack.aios.undo", "--check", "--diff", variables=undo)
    assert planned.code == 0, planned.text
    assert "description: before" in planned.text
    digest = planned.stats["model_services_plan_digest"]
    undone = field.run("zstack.aios.undo", variables={**undo, "model_services_plan_digest": digest})
    assert undone.code == 0, undone.text
    assert [(row["name"], row["description"]) for row in field.platforms["one"].services()] == [("chat", "before")]
    missing = field.run("zstack.aios.undo")
    assert "model_services_undo_path" in missing.text
    assert missing.code != 0


#: Compares, and tells once about all platforms, whatever their outcome.
DRIFT = """\
- hosts: platforms
  gather_facts: false
  tasks:
    - block:
        - ansible.builtin.import_role:
            name: zstack.aios.model_services
          vars:
            model_services_fail_on_drift: true
      always:
        - ansible.builtin.copy:
            content: "{{ model_services_drift_text }}"
            dest: drift.txt
            mode: "0600"
          delegate_to: localhost
          connection: local
          run_once: true
"""


def test_drift_of_all_platforms_is_told_in_one_text(two: Field) -> None:
    two.hosts |= {"away": {**PASSWORD_VARIABLE, "model_services_host": "127.0.0.1:9", "model_services_job_timeout": 1}}
    for host in two.hosts:
        two.declare(host, model_services_items=[service("team-new")], model_services_prune_conditions=["name~=team-%"])
    two.declare("two", model_services_items=[{"name": "team-old"}], model_services_unmanaged=True)
    two.platforms["one"].seed([{"name": "team-old", "yaml": "{}"}])
    two.platforms["two"].seed([{"name": "team-old", "yaml": "{}"}, {"name": "team-unknown", "yaml": "{}"}])
    (two.folder / "compare.yml").write_text(DRIFT, encoding="utf-8")
    run = two.run("compare.yml")
    assert run.code != 0
    assert run.failures.keys() == {"one", "two", "away"}
    text = (two.folder / "drift.txt").read_text(encoding="utf-8").split("\n")
    assert text[:6] == [
        "one differs from its declaration: 1 to create, 0 to update, 0 to delete, 0 as declared.",
        "To create: team-new.",
        "Nothing was changed.",
        "two differs from its declaration: 0 to create, 0 to update, 0 to delete, 1 not declared, 1 as declared.",
        "Not declared: team-unknown.",
        "Nothing was changed.",
    ]
    assert text[6].startswith("away was not compared: ") and "no connection to" in text[6]
    two.declare("one", model_services_items=[{"name": "team-old"}])
    two.declare("two", model_services_unmanaged=False)
    del two.hosts["away"]
    same = two.run("compare.yml")
    assert same.code == 0, same.text
    assert (two.folder / "drift.txt").read_text(encoding="utf-8") == "As declared: one, two."
    assert two.writes("one") == two.writes("two") == []


def test_services_are_deployed_and_deleted_with_their_groups_on_request(field: Field) -> None:
    group = {"name": "blue", "zone": "zone-1", "type": "Container", "wait_timeout": 60}
    field.declare("one", model_services_items=[service("qwen", deployments=[group])])
    deployed = field.run("zstack.aios.provision", "zstack.aios.drift")
    assert deployed.code == 0, deployed.text
    assert [one["status"] for one in field.platforms["one"].groups()] == ["Running"]

    field.declare("one", model_services_items=[{"name": "qwen", "state": "absent"}])
    refused = field.run("zstack.aios.provision")
    assert refused.code != 0
    assert "the service is deployed" in refused.text
    assert field.names("one") == ["qwen"]
    deleted = field.run("zstack.aios.provision", variables={"model_services_delete_deployed": True})
    assert deleted.code == 0, deleted.text
    assert (field.names("one"), field.platforms["one"].groups()) == ([], [])


def test_defaults_of_several_variables_and_a_yaml_file_of_a_variable(field: Field) -> None:
    """A path in a variable starts where Ansible is started."""
    (field.folder / "config").mkdir()
    (field.folder / "config" / "chat.yaml").write_text("services: [{name: chat}]\n", encoding="utf-8")
    declared = {**service("chat"), "yaml_file": "config/chat.yaml"}
    del declared["yaml"], declared["request_cpu"]
    field.declare(
        "one",
        model_services_items__a=[declared],
        model_services_defaults={"framework": "vLLM", "request_cpu": 2},
        model_services_defaults__site={"description": "of the site"},
    )
    done = field.run("zstack.aios.provision")
    assert done.code == 0, done.text
    [made] = field.platforms["one"].services()
    assert (made["framework"], made["requestCpu"], made["description"]) == ("vLLM", 2, "of the site")
    assert "name: chat" in made["yaml"]

    field.declare("one", model_services_defaults__site={"framework": "SGLang"})
    refused = field.run("zstack.aios.provision")
    place = "it is declared in model_services_defaults and in model_services_defaults__site"
    assert place in refused.failures["one"]
    field.declare("one", model_services_merge="overlay")
    assert field.run("zstack.aios.provision").code == 0
    assert field.platforms["one"].services()[0]["framework"] == "SGLang"
