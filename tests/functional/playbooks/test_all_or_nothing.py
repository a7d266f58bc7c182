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
from ansible_collections.zstack.aios.tests.support.declarations import service, stored
from ansible_collections.zstack.aios.tests.support.playbooks import PASSWORD_VARIABLE, Field

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


def test_a_platform_that_changed_since_the_approval_keeps_all_from_writing(three: Field) -> None:
    planned = three.run("zstack.aios.plan")
    assert planned.code == 0, planned.text
    approved = {"model_services_plan_digest": planned.stats["model_services_plan_digest"]}
    changed = three.platforms["two"]
    changed.seed([stored(service("qwen-two", request_cpu=1))])
    for simulator in three.platforms.values():
        simulator.clear_log()
    refused = three.run("zstack.aios.provision", variables=approved)
    assert refused.code != 0
    assert refused.failures.keys() == three.hosts.keys(), refused.text
    assert {host: three.writes(host) for host in three.hosts} == dict.fromkeys(three.hosts, [])
    assert "the plan has changed since it was approved" in refused.failures["two"]
    for host in ("one", "three"):
        message = refused.failures[host]
        assert "model_services_all_or_nothing is true, and 1 of 3 plans is refused:\ntwo: plan_digest: " in message
        assert f"The plan of {host}: 1 to be created." in message
        assert "Nothing was written." in message
    assert "model_services_plan_digest" not in refused.stats, "the approved plan was not used"

    changed.clear_services()
    for simulator in three.platforms.values():
        simulator.clear_log()
    applied = three.run("zstack.aios.provision", variables=approved)
    assert applied.code == 0, applied.text
    assert {host: three.names(host) for host in three.hosts} == {host: [f"qwen-{host}"] for host in three.hosts}
    assert applied.stats["model_services_plan_digest"] == dict.fromkeys(three.hosts, "")
    for simulator in three.platforms.values():
        assert (simulator.stats()["logins"], simulator.stats()["open_sessions"]) == (2, 0)


def test_whatever_refuses_a_plan_refuses_all(three: Field) -> None:
    address = three.hosts.pop("two")
    del three.hosts["three"]
    refused: dict[str, tuple[dict[str, Any], str]] = {
        "digest": ({"model_services_plan_digest": "1" * 64}, "plan_digest: "),
        "unapproved": ({"model_services_plan_digest": {"other": "1" * 64}}, "has no entry for unapproved"),
        "invalid": ({"model_services_items": [service("x", request_cpu="many")]}, "is not a whole number"),
        "away": (UNREACHABLE, "no connection to http://127.0.0.1:9/zstack"),
        "early": ({}, "it failed before the plan was made"),
    }
    three.hosts |= {host: {**address, **variables} for host, (variables, _reason) in refused.items()}
    spoil = {"ansible.builtin.fail": {"msg": "on its own account"}, "when": "inventory_hostname == 'early'"}
    plays = [
        {"hosts": "platforms", "gather_facts": False, "tasks": [spoil]},
        {"ansible.builtin.import_playbook": "zstack.aios.provision"},
    ]
    (three.folder / "site.yml").write_text(yaml.safe_dump(plays), encoding="utf-8")
    run = three.run("site.yml")
    assert run.failures.keys() == three.hosts.keys(), run.text
    assert "and 5 of 6 plans are refused:\n" in run.failures["one"]
    for host, (_variables, reason) in refused.items():
        assert f"\n{host}: " in run.failures["one"]
        assert reason in run.failures["one"], host
    assert three.writes("one") == three.writes("two") == []
    assert "Traceback" not in run.text


def test_hosts_that_are_not_in_step_are_refused(three: Field) -> None:
    role = {"ansible.builtin.import_role": {"name": "zstack.aios.model_services"}}
    for how, reason in (({"serial": 2}, "is refused with serial"), ({"strategy": "free"}, "with this strategy")):
        play = {"name": "Provision", "hosts": "platforms", "gather_facts": False, "tasks": [role], **how}
        (three.folder / "site.yml").write_text(yaml.safe_dump([play]), encoding="utf-8")
        run = three.run("site.yml")
        assert run.failures, run.text
        assert {host: three.writes(host) for host in three.hosts} == dict.fromkeys(three.hosts, [])
        assert all(reason in message for message in run.failures.values()), run.text


def test_plans_of_an_earlier_play_do_not_count(three: Field) -> None:
    role = {"ansible.builtin.import_role": {"name": "zstack.aios.model_services"}}
    spoil = {"ansible.builtin.fail": {"msg": "on its own account"}, "when": "inventory_hostname == 'two'"}
    rescued = {"block": [spoil, role], "rescue": [{"ansible.builtin.debug": {"msg": "never mind"}}]}
    plan = {"hosts": "platforms", "gather_facts": False, "check_mode": True, "tasks": [role]}
    apply = {"hosts": "platforms", "gather_facts": False, "tasks": [rescued]}
    (three.folder / "site.yml").write_text(yaml.safe_dump([plan, apply]), encoding="utf-8")
    run = three.run("site.yml")
    assert "two: it made no plan; " in run.text, run.text
    assert {host: three.writes(host) for host in three.hosts} == dict.fromkeys(three.hosts, [])
