# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many services in one task: what it costs, in which order it works, and what is refused before anything is written."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._converge.scheduler import JOBS_FOR_EACH_REQUEST
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.simulator import constants
from ansible_collections.zstack.aios.tests.simulator.tests.driver import Driver
from ansible_collections.zstack.aios.tests.support.declarations import service, services, stored
from ansible_collections.zstack.aios.tests.support.harness import run_module
from ansible_collections.zstack.aios.tests.support.samples import rule


def apply(platform: Platform, declared: list[dict[str, Any]], **params: Any) -> Any:
    """Apply declarations and return the result, which must be a success."""
    result = platform.run("model_services", {"model_services": declared, **params})
    assert not result.failed, result["msg"]
    return result


def actions(result: Any) -> dict[str, str]:
    """Return what was done, by name."""
    return {row["name"]: row["action"] for row in result["results"]}


# Costs


def test_a_thousand_unchanged_services_cost_three_requests(platform: Platform) -> None:
    declared = services(1000)
    platform.sim.seed([stored(one) for one in declared])
    result = apply(platform, declared)
    assert result["changed"] is False
    assert result["summary"]["unchanged"] == 1000
    assert result["results"] == []
    stats = platform.sim.stats()
    assert stats["kinds"] == {"login": 1, "query": 1, "logout": 1}
    assert result["summary"]["requests"] == stats["requests"] == 3


def test_listings_are_read_in_pages_in_a_fixed_order_with_a_total(platform: Platform) -> None:
    declared = services(2001)
    platform.sim.seed([stored(one) for one in declared])
    apply(platform, declared)
    queries = [entry["query"] for entry in platform.sim.log() if entry["kind"] == "query"]
    assert [f"start={start}" in query for start, query in zip((0, 999, 1998), queries, strict=True)] == [True] * 3
    assert all("limit=1000" in query and "sort=" in query and "replyWithCount=true" in query for query in queries)


def test_a_service_that_moves_to_a_page_already_read_is_not_missed(platform: Platform) -> None:
    """While the second page is asked for, one service of the first goes and another one comes at the end."""
    platform.sim.seed([stored(one) for one in services(1500)])
    rows = sorted(platform.sim.services(), key=lambda row: str(row["uuid"]))
    platform.sim.faults([{"match": {"kind": "query", "nth": 2}, "fault": {"delay": {"seconds": 2}}}])

    def meddle() -> None:
        while not platform.sim.fault_rules()[0]["fired"]:
            time.sleep(0.02)
        other.done("DELETE", f"/ai/model-services/{rows[0]['uuid']}")
        platform.sim.seed([{"name": "late", "uuid": "f" * 32}])

    other = Driver(platform.sim)
    thread = threading.Thread(target=meddle)
    thread.start()
    result = apply(platform, [{"name": rows[1000]["name"]}])
    thread.join()
    assert (result["summary"]["unchanged"], result["summary"]["created"]) == (1, 0)


def test_one_changed_service_among_a_thousand_costs_one_write_of_one_field(platform: Platform) -> None:
    declared = services(1000)
    platform.sim.seed([stored(one) for one in declared])
    declared[500]["request_cpu"] = 5
    result = apply(platform, declared)
    assert result["summary"]["updated"] == 1
    assert result["results"] == [
        {
            "name": "model-00500",
            "action": "updated",
            "uuid": platform.service("model-00500")["uuid"],
            "changed_fields": ["request_cpu"],
        }
    ]
    (write,) = platform.writes()
    assert write["body"] == {"updateModelService": {"requestCpu": 5}}


def test_creating_many_logs_in_once_and_ends_its_session(platform: Platform) -> None:
    result = apply(platform, services(60))
    stats = platform.sim.stats()
    assert (stats["logins"], stats["logouts"], stats["open_sessions"]) == (1, 1, 0)
    assert stats["writes"] == 60 == result["summary"]["created"]
    platform.sim.clear_log()
    assert apply(platform, services(60))["changed"] is False
    assert platform.writes() == []


def test_an_empty_declaration_costs_no_request(platform: Platform) -> None:
    assert apply(platform, [])["changed"] is False
    assert platform.writes() == []


# Concurrency


def test_jobs_are_waited_for_together(platform_with: Any) -> None:
    platform = platform_with(job_seconds=0.5)
    result = apply(platform, services(64), concurrency=4)
    # Sixteen jobs at a time where four requests may be under way: four rounds, not sixteen.
    assert result["summary"]["created"] == 64
    assert result["summary"]["seconds"] < 6, "the jobs were waited for one after the other"
    assert platform.sim.stats()["in_flight_maximum"] <= 4


@pytest.mark.parametrize("concurrency", [1, 3])
def test_no_more_requests_are_under_way_than_allowed(platform_with: Any, concurrency: int) -> None:
    platform = platform_with(request_latency=0.01)
    apply(platform, services(24), concurrency=concurrency)
    assert platform.sim.stats()["in_flight_maximum"] == concurrency


@pytest.mark.parametrize("concurrency", [0, 101, -1])
def test_a_concurrency_out_of_range_is_refused(platform: Platform, concurrency: int) -> None:
    result = platform.run("model_services", {"model_services": services(1), "concurrency": concurrency})
    assert result.failed
    assert result["failure"]["errors"][0]["option"] == "concurrency"
    assert platform.writes() == []


# Order


def test_new_ones_are_started_first_then_updates_and_deletions_come_last(platform: Platform) -> None:
    old = services(16, "old")
    platform.sim.seed([stored(one) for one in old])
    declared: list[dict[str, Any]] = [
        *({"name": one["name"], "state": "absent"} for one in old[:4]),
        *({**one, "request_cpu": 9} for one in old[4:]),
        *services(6, "new"),
        *({"name": f"copy-{n}", "clone_from": "old-00015"} for n in range(6)),
    ]
    random.Random(4).shuffle(declared)
    result = apply(platform, declared, concurrency=1)
    kinds = [write["kind"] for write in platform.writes()]
    assert Counter(kinds[:24]) == {"add": 6, "clone": 6, "update": 12}
    assert kinds[24:] == ["delete"] * 4
    # Those under way at the same time may overtake each other.
    assert kinds[:12].count("update") < JOBS_FOR_EACH_REQUEST
    assert {name: result["summary"][name] for name in ("created", "cloned", "updated", "deleted")} == {
        "created": 6,
        "cloned": 6,
        "updated": 12,
        "deleted": 4,
    }


def test_deletions_wait_for_everything_else_to_end(platform: Platform) -> None:
    old = services(4, "old")
    platform.sim.seed([stored(one) for one in old])
    apply(platform, [*({"name": one["name"], "state": "absent"} for one in old), *services(20, "new")])
    kinds = [effect["kind"] for effect in platform.sim.effects()]
    assert kinds == ["add"] * 20 + ["delete"] * 4


def test_a_source_is_updated_only_after_it_was_cloned(platform: Platform) -> None:
    """A clone is made of what the plan saw, however slow it is."""
    platform.sim.seed([stored(service("source"))])
    platform.sim.faults([{"match": {"kind": "clone"}, "fault": {"delay": {"seconds": 0.5}}}])
    apply(platform, [{"name": "source", "request_cpu": 8}, {"name": "copy", "clone_from": "source"}])
    assert (platform.service("source")["requestCpu"], platform.service("copy")["requestCpu"]) == (8, 4)


def test_clones_of_what_the_run_makes_follow_their_sources_in_any_order(platform: Platform) -> None:
    platform.sim.seed([stored(service("there"))])
    declared = [service("root"), {"name": "branch", "clone_from": "there", "request_cpu": 2}]
    for parent in ("root", "branch"):
        declared += [{"name": f"{parent}-{n}", "clone_from": parent} for n in range(3)]
        declared += [{"name": f"{parent}-{n}-leaf", "clone_from": f"{parent}-{n}"} for n in range(3)]
    random.Random(7).shuffle(declared)
    result = apply(platform, declared)
    assert result["summary"]["created"] == 1
    assert result["summary"]["cloned"] == 13
    made = [effect["name"] for effect in platform.sim.effects()]
    for one in declared:
        if one.get("clone_from") in made:
            assert made.index(one["clone_from"]) < made.index(one["name"])
    assert platform.service("branch-2-leaf")["requestCpu"] == 2
    platform.sim.clear_log()
    assert apply(platform, declared)["changed"] is False


def test_a_chain_of_clones_may_be_very_long(platform: Platform) -> None:
    declared: list[dict[str, Any]] = [service("link-0")]
    declared += [{"name": f"link-{n}", "clone_from": f"link-{n - 1}"} for n in range(1, 1500)]
    declared.reverse()
    result = platform.run("model_services", {"model_services": declared}, check=True)
    assert not result.failed, result["msg"]
    assert result["summary"]["cloned"] == 1499


def test_a_chain_of_clones_is_made_link_by_link(platform: Platform) -> None:
    declared = [{"name": f"link-{n}", "clone_from": f"link-{n - 1}"} for n in range(40, 0, -1)] + [service("link-0")]
    apply(platform, declared)
    assert [effect["name"] for effect in platform.sim.effects()] == [f"link-{n}" for n in range(41)]


def test_a_clone_may_name_the_uuid_chosen_for_another_new_one(platform: Platform) -> None:
    chosen = "0f0e0d0c0b0a4908a706050403020100"
    apply(platform, [{"name": "copy", "clone_from": chosen}, service("root", resource_uuid=chosen)])
    assert platform.writes()[1]["path"].endswith(f"/ai/model-services/{chosen}")


def test_clones_in_a_cycle_are_refused_with_the_cycle(platform: Platform) -> None:
    declared = [{"name": f"ring-{n}", "clone_from": f"ring-{(n + 1) % 3}"} for n in range(3)]
    result = platform.run("model_services", {"model_services": [*declared, service("fine")]})
    assert result.failed
    assert "cycle: ring-0 -> ring-1 -> ring-2 -> ring-0" in result["msg"]
    assert platform.writes() == []


def test_a_large_cycle_is_reported_in_few_words(platform: Platform) -> None:
    declared = [{"name": f"ring-{n}", "clone_from": f"ring-{(n + 1) % 5000}"} for n in range(5000)]
    result = platform.run("model_services", {"model_services": declared})
    assert "cycle: ring-0 -> ring-1 -> " in result["msg"]
    assert "ring-9 -> 4990 more -> ring-0" in result["msg"]
    assert len(json.dumps(result)) < 2000


def test_an_existing_service_is_not_cloned_again_although_its_source_is_gone(platform: Platform) -> None:
    platform.sim.seed([stored(service("copy"))])
    assert apply(platform, [{"name": "copy", "clone_from": "gone", "request_cpu": 4}])["changed"] is False


# Check mode


def test_check_mode_predicts_the_run_and_writes_nothing(platform: Platform) -> None:
    old = services(3, "old")
    platform.sim.seed([stored(one) for one in old])
    declared = [
        {**old[0], "request_cpu": 9},
        old[1],
        {"name": "old-00002", "state": "absent"},
        service("new"),
        {"name": "copy", "clone_from": "new"},
    ]
    planned = platform.run("model_services", {"model_services": declared}, check=True, diff=True)
    assert platform.writes() == []
    done = platform.run("model_services", {"model_services": declared}, diff=True)
    assert planned["changed"] is done["changed"] is True
    assert actions(planned) == actions(done)
    assert planned["plan_digest"] == done["plan_digest"]
    assert planned["diff"] == done["diff"]
    for name in ("created", "cloned", "updated", "deleted", "unchanged", "failed"):
        assert planned["summary"][name] == done["summary"][name]


def test_validate_only_needs_neither_platform_nor_credentials() -> None:
    params = {"validate_only": True, "model_services": [service("a")]}
    assert run_module("model_services", params)["msg"] == "1 declared service is valid."
    bad = run_module("model_services", {"validate_only": True, "model_services": [{"nam": "a"}]})
    assert bad.failed


def test_validate_only_names_what_can_only_be_an_existing_service() -> None:
    items = [
        service("new"), {"name": "copy", "clone_from": "new"}, {"name": "gone", "state": "absent"}, {"uuid": "a" * 32},
        {"name": "old", "request_cpu": 3}, {**service("almost"), "yaml": None},
    ]  # fmt: skip
    text = run_module("model_services", {"validate_only": True, "model_services": items})["msg"]
    assert text.startswith("6 declared services are valid. 2 of them can only be existing services, because ")
    for part in ('"old" (model_services[4]) lacks yaml, ', 'model_center_uuid (or model_center)',
                 '"almost" (model_services[5]) lacks yaml.'):  # fmt: skip
        assert part in text
    assert not any(f'"{name}"' in text for name in ("new", "copy", "gone"))


def test_uuids_of_all_declared_services_are_returned_and_in_check_mode_of_those_that_exist(platform: Platform) -> None:
    [kept, old, one, other] = platform.sim.seed(
        [stored(service("kept")), {"name": "old"}, {"name": "twin"}, {"name": "twin"}]
    )
    items = [
        service("kept"), service("new"), {"name": "copy", "clone_from": "kept"}, {"uuid": old, "name": "renamed"},
        {"uuid": one}, {"uuid": other, "request_cpu": 3}, {"name": "absent", "state": "absent"},
    ]  # fmt: skip
    planned = platform.run("model_services", {"model_services": items}, check=True)
    assert planned["uuids"] == {"kept": kept, "renamed": old}
    done = platform.run("model_services", {"model_services": items})
    stored_now = {row["name"]: row["uuid"] for row in platform.sim.services() if row["name"] != "twin"}
    assert done["uuids"] == stored_now
    assert set(done["uuids"]) == {"kept", "new", "copy", "renamed"}
    assert platform.run("model_services", {"model_services": items[:3]})["uuids"] == {
        name: stored_now[name] for name in ("kept", "new", "copy")
    }


def test_a_service_that_could_not_be_created_has_no_uuid(platform: Platform) -> None:
    platform.sim.faults([rule("add", {"job_error": {"code": "SYS.1007"}})])
    done = platform.run("model_services", {"model_services": [service("a"), service("b")], "concurrency": 1})
    assert done["summary"]["failed"] == 1
    assert set(done["uuids"]) == {row["name"] for row in platform.sim.services()}


# Files


def write_files(folder: Path, files: dict[str, Any]) -> None:
    """Write files below a folder, as JSON (which is YAML) unless a text is given."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")


def test_files_folders_and_the_option_make_one_declaration(platform: Platform, tmp_path: Path) -> None:
    write_files(
        tmp_path,
        {
            "one.yml": {"model_services": [service("from-mapping")]},
            "more/list.yaml": [service("from-list")],
            "more/deep/er.json": [service("from-json")],
            "more/notes.txt": "not: [yaml",
            "more/.hidden.yml": "not: [yaml",
            "more/empty.yml": "[]  # nothing yet\n",
        },
    )
    result = apply(platform, [service("from-option")], src=[str(tmp_path / "one.yml"), str(tmp_path / "more")])
    assert sorted(actions(result)) == ["from-json", "from-list", "from-mapping", "from-option"]


@pytest.mark.parametrize("where", ["items", "defaults"])
def test_one_uuid_cannot_be_chosen_for_two_services(platform: Platform, where: str) -> None:
    chosen = {"resource_uuid": "1" * 12 + "4" + "1" * 3 + "8" + "1" * 15}
    items = [service(name, **(chosen if where == "items" else {})) for name in ("one", "two")]
    wanted = {"model_services": items, "defaults": chosen if where == "defaults" else {}}
    result = platform.run("model_services", wanted)
    assert result["failure"]["code"] == "declaration"
    assert "resource_uuid: it is declared in model_services[0] and in model_services[1]" in result["msg"]
    assert platform.sim.services() == []


def test_defaults_apply_to_items_of_files_and_of_the_option(platform: Platform, tmp_path: Path) -> None:
    write_files(tmp_path, {"one.yml": [service("from-file")]})
    apply(
        platform,
        [service("from-option", framework=None), service("own", framework="SGLang")],
        src=[str(tmp_path)],
        defaults={"framework": "vLLM", "description": "shared"},
    )
    assert [platform.service(name).get("framework") for name in ("from-file", "own", "from-option")] == [
        "vLLM",
        "SGLang",
        None,
    ]


def test_a_name_declared_in_two_places_is_refused_with_both(platform: Platform, tmp_path: Path) -> None:
    text = "- name: twice\n  request_cpu: 1\n\n- name: once\n  request_cpu: 2\n- name: twice\n  request_cpu: 3\n"
    write_files(tmp_path, {"a.yml": text, "b.yml": "model_services:\n- name: once\n"})
    result = platform.run("model_services", {"model_services": [{"name": "once"}], "src": [str(tmp_path)]})
    assert result.failed
    a, b = tmp_path / "a.yml", tmp_path / "b.yml"
    assert f'"twice": name: it is declared in {a}:1 and in {a}:6' in result["msg"]
    assert f'"once": name: it is declared in {a}:4 and in {b}:2; keep one of them' in result["msg"]
    assert f'"once": name: it is declared in {a}:4 and in model_services[0]; keep one of them' in result["msg"]
    assert platform.sim.stats()["requests"] == 0


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("a.yml", "- name: x\n  yaml: {\n", "line"),
        ("a.yml", "services: []\n", '"services" is an unknown key; did you mean "model_services"?'),
        ("a.yml", "just words\n", "neither a list of services nor a mapping"),
        ("a.json", "[{]", "not valid JSON"),
        ("a.yml", "$ANSIBLE_VAULT;1.1;AES256\n3132\n", "Ansible Vault"),
        ("a.yml", "- name: x\n--- \n- name: y\n", "more than one document"),
    ],
)
def test_a_bad_file_is_named(platform: Platform, tmp_path: Path, name: str, text: str, reason: str) -> None:
    write_files(tmp_path, {name: text, "good.yml": "- nam: misspelt\n"})
    result = platform.run("model_services", {"src": [str(tmp_path), str(tmp_path / "gone")]})
    assert result.failed
    (error,) = [each for each in result["failure"]["errors"] if each["where"] == str(tmp_path / name)]
    assert reason in error["text"]
    assert "no such file or folder" in result["msg"], "the other errors are not reported"
    assert 'did you mean "name"?' in result["msg"], "the other errors are not reported"
    assert platform.sim.stats()["requests"] == 0


# Errors


def test_all_errors_are_reported_together_before_any_write(platform: Platform, tmp_path: Path) -> None:
    write_files(tmp_path, {"s.yml": "- name: filed\n  request_cpu: 1\n- name: wrong\n  request_cpus: 2\n"})
    declared = [
        service("a", request_cpu="many"),
        service("b", pyton_version="3.10"),
        service("c", python_version=3.10),
        service("d", type="endpoint-ish"),
        service("e", environment_parameters={"HF_TOKEN": ["hf_secretvalue"]}),
        {"request_cpu": 1},
        "not a mapping",
        service("a"),
    ]
    result = platform.run(
        "model_services",
        {
            "model_services": declared,
            "src": [str(tmp_path)],
            "prune": True,
            "prune_limit": "a few",
            "report_path": str(tmp_path / "report.pdf"),
        },
    )
    assert result.failed
    errors = {(each["where"], each["option"]): each["text"] for each in result["failure"]["errors"]}
    assert "not a whole number" in errors['"a" (model_services[0])', "request_cpu"]
    assert 'did you mean "python_version"?' in errors['"b" (model_services[1])', ""]
    assert "because it is not quoted" in errors['"c" (model_services[2])', "python_version"]
    assert errors['"d" (model_services[3])', "type"]
    assert any(option.startswith("environment_parameters") for _where, option in errors)
    assert "it is missing" in errors["model_services[5]", "name"]
    assert "not a mapping" in errors["model_services[6]", ""]
    assert "it is declared in model_services[0] and in model_services[7]" in errors['"a"', "name"]
    assert 'did you mean "request_cpu"?' in errors[f'"wrong" ({tmp_path}/s.yml:3)', ""]
    assert {("", "prune_conditions"), ("", "prune_limit"), ("", "report_path")} <= set(errors)
    assert "hf_secretvalue" not in json.dumps(result)
    assert platform.writes() == []


def test_all_errors_of_a_plan_are_reported_together_before_any_write(platform: Platform) -> None:
    platform.sim.seed([stored(service("fixed")), stored(service("double")), stored(service("double"))])
    result = platform.run(
        "model_services",
        {
            "model_services": [
                service("fine"),
                service("fixed", install_path="/elsewhere"),
                service("double"),
                {"name": "incomplete", "request_cpu": 1},
                {"name": "orphan", "clone_from": "nobody"},
                {"uuid": "0" * 32, "request_cpu": 2},
            ]
        },
    )
    assert result.failed
    assert len(result["failure"]["errors"]) == 5
    for words in (
        '"/models/fixed"',
        '"/elsewhere"',
        "2 services have this name",
        "start_command",
        '"nobody"',
        "0" * 32,
    ):
        assert words in result["msg"]
    assert platform.writes() == []
    assert constants.ADMIN_PASSWORD not in json.dumps(result)
