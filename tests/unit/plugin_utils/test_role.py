# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the variables of the role mean together, and which of them are refused."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.zstack.aios.plugins.lookup.role_variables import role_options
from ansible_collections.zstack.aios.plugins.plugin_utils.role import PLAN_HOLDS, PLATFORM, RoleVariables

ROLE = Path(__file__).resolve().parents[3] / "roles" / "model_services"
DEFAULTS = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text(encoding="utf-8"))
ITEMS = [{"name": "qwen"}]
#: What the role itself notes of a host.
NOTES = {"platform": PLATFORM, "plan_holds": PLAN_HOLDS}


def role(host: str = "one", inventory: dict[str, dict[str, Any]] | None = None, **given: Any) -> RoleVariables:
    """Return the variables of the role as one of several hosts sees them.

    :param inventory: the hosts of the play and their variables, without the prefix; one host unless it is given.
    """
    hosts = {name: {NOTES.get(key, f"model_services_{key}"): value for key, value in more.items()}
             for name, more in (inventory or {host: {"host": "aios.example.com"}}).items()}  # fmt: skip
    own = {f"model_services_{name}": value for name, value in given.items()}
    seen = {**DEFAULTS, "inventory_hostname": host, "ansible_play_hosts_all": list(hosts), **hosts[host], **own}
    seen.update({name.removeprefix("model_services_"): value for name, value in own.items() if "ansible_" in name})
    return RoleVariables(list(seen), seen.get, lambda other, name: hosts[other].get(name), role_options())


def test_usual_variables_are_fine() -> None:
    variables = role(items=ITEMS, items__more=[{"name": "bge"}])
    assert variables.errors() == variables.declaration_errors() == variables.export_errors() == []
    assert variables.items() == {"model_services_items": ITEMS, "model_services_items__more": [{"name": "bge"}]}
    assert variables.settings()["src"] == []
    assert variables.settings()["plan_digest"] == ""
    assert not variables.plan_only


def test_every_option_of_the_role_is_known() -> None:
    specs = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
    assert set(DEFAULTS) <= set(role_options())
    assert {"main", "validate", "export", "undo", "platform"} == set(specs)


def test_errors_of_every_kind_are_reported_together() -> None:
    variables = role(
        items_gpu=[],
        defaults={"type": "App"},
        defaults__more={"type": "Endpoint"},
        prune=True,
        ansible_limit="one",
        plan_digest={"two": "0" * 64},
    )
    errors = "\n".join(variables.errors())
    for text in (
        "did you mean model_services_items__gpu?",
        "type: it is declared in model_services_defaults and in model_services_defaults__more",
        "is refused under --limit (one)",
        "model_services_plan_digest has no entry for one: the approved plan does not include this host",
    ):
        assert text in errors
    assert len(variables.errors()) == 4
    assert len(variables.declaration_errors()) == 2
    assert len(variables.export_errors()) == 1


def test_defaults_of_all_variables_are_joined() -> None:
    given = {"defaults": {"type": "App", "size": 1}, "defaults__more": {"size": 2}}
    assert role(**given, merge="overlay").defaults() == {"type": "App", "size": 2}
    assert role(defaults={"type": "App"}, defaults__more={"size": 2}).defaults() == {"type": "App", "size": 2}


def test_paths_start_where_ansible_was_started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    settings = role(src=["services", "/abs"], report_path="r.html", ca_path="~/ca.pem").settings()
    assert settings["src"] == [str(tmp_path / "services"), "/abs"]
    assert settings["report_path"] == [str(tmp_path / "r.html")]
    several = role(report_path=["r.html", "/abs/r.md"]).settings()
    assert several["report_path"] == [str(tmp_path / "r.html"), "/abs/r.md"]
    assert settings["ca_path"] == os.path.realpath(os.path.expanduser("~/ca.pem"))
    assert role(src="services").settings()["src"] == [str(tmp_path / "services")]


@pytest.mark.parametrize(
    ("given", "digest"),
    [
        ({"plan_digest": "a" * 64}, "a" * 64),
        ({"plan_digest": {"one": "b" * 64, "two": "c" * 64}}, "b" * 64),
        ({"plan_digest": {"one": "b" * 64}, "fail_on_drift": True}, ""),
        ({"plan_digest": {"one": "b" * 64}, "ansible_check_mode": True}, ""),
        ({"plan_digest": "a" * 64, "ansible_check_mode": True}, "a" * 64),
        ({"plan_digest": int("12" * 32)}, "12" * 32),
        ({"plan_digest": {"one": int("12" * 32)}}, "12" * 32),
    ],
)
def test_a_host_is_held_to_its_own_digest_unless_it_plans(given: dict[str, Any], digest: str) -> None:
    variables = role(**given)
    assert variables.settings()["plan_digest"] == digest
    assert variables.errors() == []


def test_no_digest_at_all_is_refused_with_another_reason() -> None:
    [error] = role(plan_digest={}).errors()
    assert "no approved plan was passed on" in error


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (
            {"prune": True, "expect_hosts": 3},
            "model_services_expect_hosts is 3 but this play has 2 hosts (one, two). A limit",
        ),
        (
            {"prune": True, "expect_hosts": 1},
            "model_services_expect_hosts is 1 but this play has 2 hosts (one, two). Increase it",
        ),
        ({"prune": "yes", "expect_hosts": "3"}, "model_services_expect_hosts is 3"),
        ({"prune": True, "ansible_limit": "one"}, "is refused under --limit (one)"),
    ],
)
def test_prune_is_refused_when_hosts_may_be_hidden(given: dict[str, Any], error: str) -> None:
    two = {"one": {"host": "a"}, "two": {"host": "b"}}
    [found] = role("one", two, **given).errors()
    assert error in found
    assert role("one", two, **{**given, "prune": False}).errors() == []


def test_all_or_nothing_is_refused_when_hosts_are_hidden_or_begin_later() -> None:
    two = {"one": {"host": "a"}, "two": {"host": "b"}}
    [hidden] = role("one", two, all_or_nothing=True, expect_hosts=3).errors()
    assert (
        "model_services_all_or_nothing is refused: model_services_expect_hosts is 3 but this play has 2 hosts" in hidden
    )
    [batch] = role("one", two, all_or_nothing=True, ansible_play_batch=["one"]).errors()
    assert "model_services_all_or_nothing is refused with serial" in batch
    for given in ({"all_or_nothing": False}, {"all_or_nothing": True, "ansible_check_mode": True}):
        assert role("one", two, expect_hosts=3, ansible_play_batch=["one"], **given).errors() == []


def test_hosts_wait_for_one_another_only_to_write_and_when_there_are_several() -> None:
    two = {"one": {"host": "a"}, "two": {"host": "b"}}
    assert role("one", two, all_or_nothing="yes").settings()["together"]
    assert not role("one", two).settings()["together"]
    assert not role("one", two, all_or_nothing=True, fail_on_drift=True).settings()["together"]
    assert not role("one", all_or_nothing=True).settings()["together"]


def test_refused_plans_are_named_with_their_reasons() -> None:
    holds = {"plan_holds": True, "result": {"msg": "1 service would change"}}
    hosts: dict[str, dict[str, Any]] = {
        "one": holds,
        "two": {"plan_holds": False, "result": {"failed": True, "msg": "not\nreachable"}},
        "three": {"plan_holds": False, "result": {"msg": "3 services changed"}},
        "four": {},
        **{f"more{number}": {} for number in range(3)},
    }
    active = [host for host in hosts if host != "four"]
    [head, *reasons, cure] = role("one", hosts, ansible_play_hosts=active).plan_errors()
    assert head == "model_services_all_or_nothing is true, and 6 of 7 plans are refused:"
    assert reasons[:3] == [
        "two: not reachable",
        "three: it made no plan; set model_services_all_or_nothing for all hosts of the play",
        "four: it failed before the plan was made",
    ]
    assert len(reasons) == 6 and reasons[5] == "1 more"
    assert cure.startswith("Next: ")
    assert role("one", {"one": holds, "two": holds}).plan_errors() == []


@pytest.mark.parametrize("given", [{"expect_hosts": 2}, {"expect_hosts": 2, "ansible_limit": "one"}])
def test_prune_is_allowed_when_the_count_is_right(given: dict[str, Any]) -> None:
    assert role("one", {"one": {"host": "a"}, "two": {"host": "b"}}, prune=True, **given).errors() == []


def identified(zones: dict[str, list[str] | None]) -> dict[str, dict[str, Any]]:
    """Return the hosts of a play whose platforms were identified by the UUIDs of these zones, or not at all."""
    return {
        host: {"host": host, "platform": uuids and {"platform": {"uuids": uuids, "address": host}}}
        for host, uuids in zones.items()
    }


def platform_errors(host: str, zones: dict[str, list[str] | None]) -> list[str]:
    variables = role(host, identified(zones), prune=True)
    assert variables.identifies
    return variables.platform_errors()


def test_two_hosts_of_one_platform_may_not_prune() -> None:
    zones: dict[str, list[str] | None] = {"one": ["z1", "z2"], "two": ["z2"], "three": ["z3"]}
    [error] = platform_errors("one", zones)
    assert "several hosts are the same platform: one, two." in error
    assert platform_errors("three", zones) == []


def test_a_host_that_prunes_waits_for_the_platforms_of_all_hosts() -> None:
    zones: dict[str, list[str] | None] = {"one": ["z1"], "two": None, "three": None}
    [error] = platform_errors("one", zones)
    assert "the platforms of these hosts are not known: two, three." in error
    assert "tasks_from=platform" in error


def test_a_host_that_does_not_prune_is_identified_for_those_that_do() -> None:
    hosts = identified({"one": None, "two": None})
    hosts["two"]["prune"] = True
    variables = role("one", hosts)
    assert variables.identifies
    assert variables.platform_errors() == []


def test_nothing_is_identified_when_no_host_prunes_or_there_is_one_only() -> None:
    assert not role("one", identified({"one": None, "two": None})).identifies
    assert not role("one", identified({"one": None}), prune=True).identifies


def test_several_hosts_need_an_address_each() -> None:
    two: dict[str, dict[str, Any]] = {"one": {}, "two": {"host": "b"}}
    [error] = role("one", two).errors()
    assert "model_services_host is not set for one and the play has 2 hosts" in error
    assert role("two", two).errors() == []
    assert role("one", {"one": {}}).errors() == []


def test_hosts_may_share_the_path_of_a_report_and_not_that_of_an_export() -> None:
    two = {
        name: {"host": name, "report_path": "r.html", "export_path": f"{name}.yml" if name == "one" else "x.yml"}
        for name in ("one", "two")
    }
    assert role("one", two).errors() == []
    assert role("one", two).export_errors() == []
    three = {**two, "three": {"host": "three", "export_path": "x.yml"}}
    [error] = role("two", three).export_errors()
    assert "model_services_export_path is x.yml for several hosts, whose exports" in error
    folders = {name: {"host": name, "export_path": path} for name, path in (("one", "all/"), ("two", "all"))}
    assert len(role("one", folders).export_errors()) == 1
    assert role("one", folders).settings()["export_path"].endswith("/all/")
    assert role("two", folders).settings()["export_path"].endswith("/all")


def test_the_lines_of_a_result_are_shown_in_parts_that_awx_shows_whole() -> None:
    lines = [
        f"{number}/50 to update: {'模型' if number % 3 else 'x'} " + '"q" ' * (number % 60) for number in range(1, 51)
    ]
    parts = role("a-host", result={"overview": lines}).overview()
    assert [line for part in parts for line in part["lines"]] == lines
    assert parts[0]["label"].startswith("lines 1 to ") and parts[-1]["label"].endswith("to 50 of 50")
    for part in parts:
        shown = json.dumps({"msg": part["lines"]}, indent=4, ensure_ascii=False)
        colors = 11 * len(shown.splitlines()) + len(shown.splitlines())
        assert len(f"ok: [a-host] => (item={part['label']}) => {shown}") + colors < 1000
    assert role("a-host", result={"msg": "failed"}).overview() == role("a-host").overview() == []
