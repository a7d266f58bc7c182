# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""With ``model_services_all_or_nothing``, no platform of a play is written to when the plan of one of them is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.zstack.aios.tests.simulator.launcher import Simulator
from ansible_collections.zstack.aios.tests.support.playbooks import PASSWORD_VARIABLE, Field, Run, service

TOGETHER = {"model_services_all_or_nothing": True}
UNREACHABLE = {**PASSWORD_VARIABLE, "model_services_host": "127.0.0.1:9", "model_services_job_timeout": 1}


@pytest.fixture
def three(tmp_path: Path, simulators: Callable[..., Simulator]) -> Field:
    """An inventory of three platforms, empty, each with a service to create."""
    platforms = {name: simulators(platform_id=name) for name in ("one", "two", "three")}
    field = Field(tmp_path, platforms)
    for host, simulator in platforms.items():
        simulator.reset()
        field.declare(host, model_services_items=[service(f"qwen-{host}")], **TOGETHER)
    return field


def digests(field: Field) -> dict[str, str]:
    """Plan all platforms, and return what a workflow passes to the apply."""
    planned = field.run("zstack.aios.plan")
    assert planned.code == 0, planned.text
    for simulator in field.platforms.values():
        simulator.clear_log()
    return dict(planned.stats["model_services_plan_digest"])


def assert_nothing_written(field: Field, run: Run) -> None:
    """Assert that every host failed and none wrote."""
    assert run.code != 0
    assert run.failures.keys() == field.hosts.keys(), run.text
    assert {host: field.writes(host) for host in field.platforms} == dict.fromkeys(field.platforms, [])
    assert "Traceback" not in run.text
    assert "model_services_plan_digest" not in run.stats, "the approved plan is not used"


def test_a_platform_that_changed_since_the_approval_keeps_all_from_writing(three: Field) -> None:
    approved = {"model_services_plan_digest": digests(three)}
    three.platforms["two"].seed([{"name": "qwen-two", "description": "of somebody else", "yaml": "a: 1"}])
    three.platforms["two"].clear_log()
    run = three.run("zstack.aios.provision", variables=approved)
    assert_nothing_written(three, run)
    assert "the plan has changed since it was approved" in run.failures["two"]
    for host in ("one", "three"):
        assert (
            "model_services_all_or_nothing is true, and 1 of 3 plans is refused:\ntwo: plan_digest: "
            in run.failures[host]
        )
        assert f"The plan of {host}: 1 service would change" in run.failures[host]
        assert "Nothing was written." in run.failures[host]

    again = three.run("zstack.aios.provision", variables={"model_services_plan_digest": digests(three)})
    assert again.code != 0  # qwen-two lacks what cannot be changed


def test_all_platforms_are_written_to_when_all_plans_hold(three: Field) -> None:
    run = three.run("zstack.aios.provision", variables={"model_services_plan_digest": digests(three)})
    assert run.code == 0, run.text
    assert run.changed == dict.fromkeys(three.hosts, 2)
    assert {host: three.names(host) for host in three.hosts} == {host: [f"qwen-{host}"] for host in three.hosts}
    assert run.stats["model_services_plan_digest"] == dict.fromkeys(three.hosts, "")
    assert all(simulator.stats()["open_sessions"] == 0 for simulator in three.platforms.values())


def test_whatever_refuses_one_plan_refuses_all(two: Field) -> None:
    for host in two.hosts:
        two.declare(host, model_services_items=[service(f"qwen-{host}")], **TOGETHER)
    approved = digests(two)
    cases: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
        "a digest of another plan": (
            {},
            {"model_services_plan_digest": {**approved, "two": "1" * 64}},
            "plan_digest: ",
        ),
        "a host without an approval": (
            {},
            {"model_services_plan_digest": {"one": approved["one"]}},
            "has no entry for two",
        ),
        "an invalid declaration": ({"model_services_items": [service("x", request_cpu="many")]}, {}, "whole number"),
        "a platform that is away": (UNREACHABLE, {}, "no connection to http://127.0.0.1:9/zstack"),
        "a host without the option": ({"model_services_all_or_nothing": False}, {}, ""),
    }
    kept = dict(two.hosts["two"])
    for case, (inventory, variables, reason) in cases.items():
        two.hosts["two"] = {**kept, **inventory}
        run = two.run("zstack.aios.provision", variables=variables)
        assert "1 of 2 plans is refused:\ntwo: " in run.failures["one"], case + run.text
        assert two.writes("one") == [], case
        if reason:
            assert reason in run.failures["two"], case + run.text
            assert_nothing_written(two, run)


def test_hosts_that_are_not_in_step_are_refused(three: Field) -> None:
    role = {"ansible.builtin.import_role": {"name": "zstack.aios.model_services"}}
    for how, reason in (({"serial": 2}, "is refused with serial"), ({"strategy": "free"}, "with this strategy")):
        play = {"name": "Provision", "hosts": "platforms", "gather_facts": False, "tasks": [role], **how}
        (three.folder / "site.yml").write_text(yaml.safe_dump([play]), encoding="utf-8")
        run = three.run("site.yml")
        assert_nothing_written(three, run)
        assert all(reason in message for message in run.failures.values()), run.text


def test_plans_of_an_earlier_play_do_not_count(three: Field) -> None:
    role = {"ansible.builtin.import_role": {"name": "zstack.aios.model_services"}}
    spoil = {"ansible.builtin.fail": {"msg": "on its own account"}, "when": "inventory_hostname == 'two'"}
    rescued = {"block": [spoil, role], "rescue": [{"ansible.builtin.debug": {"msg": "never mind"}}]}
    plan = {"hosts": "platforms", "gather_facts": False, "check_mode": True, "tasks": [role]}
    apply = {"hosts": "platforms", "gather_facts": False, "tasks": [rescued]}
    (three.folder / "site.yml").write_text(yaml.safe_dump([plan, apply]), encoding="utf-8")
    run = three.run("site.yml")
    assert "two: it made no plan." in run.text, run.text
    assert {host: three.writes(host) for host in three.hosts} == dict.fromkeys(three.hosts, [])


def test_a_slice_is_noticed_where_the_hosts_are_counted(three: Field) -> None:
    variables = {"model_services_expect_hosts": 3}
    run = three.run("zstack.aios.provision", "--limit", "one", variables=variables)
    assert "model_services_all_or_nothing is refused: model_services_expect_hosts is 3" in run.failures["one"]
    assert three.writes("one") == []


def test_the_check_costs_one_login_and_the_reads_of_a_plan(three: Field) -> None:
    del three.hosts["two"], three.hosts["three"]
    alone = requests(three)
    three.hosts["two"] = {"model_services_host": three.platforms["two"].url, **PASSWORD_VARIABLE, **TOGETHER,
                          "model_services_items": [service("qwen-two")]}  # fmt: skip
    both = requests(three)
    assert both - alone <= 4, "a login, a lookup or two, a logout"


def requests(field: Field) -> int:
    """Provision, and return the number of requests that the platform one received."""
    field.platforms["one"].reset()
    assert field.run("zstack.aios.provision").code == 0
    return len(field.platforms["one"].log())
