# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One instance group: deployed, updated, restarted, deleted, waited for, and never twice."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.simulator import constants
from ansible_collections.zstack.aios.tests.support.samples import KEY, QUICK, rule

MODULE = "model_service_instance_group"
BLUE = {"model_service": "chat", "name": "blue"}
GROUP = {"zone": "zone-1", "type": "Container"}
NEW = {**BLUE, **GROUP}


@pytest.fixture(autouse=True)
def _service(platform: Platform) -> None:
    """There is a service to deploy."""
    platform.sim.seed([{"name": "chat"}])


def run(platform: Platform, params: dict[str, Any], **more: Any) -> Any:
    """Return the result of a run that must succeed."""
    result = platform.run(MODULE, params, **more)
    assert not result.failed, result["msg"]
    return result


def deploys(platform: Platform) -> int:
    """Return how many deployments took effect."""
    return sum(effect["kind"] == "deploy" and not effect["error"] for effect in platform.sim.effects())


def kinds(platform: Platform) -> list[str]:
    """Return the kinds of the writes so far."""
    return platform.write_kinds()


def test_a_group_is_deployed_and_waited_for_once(platform: Platform) -> None:
    params = {
        **NEW,
        "cpu_num": 4,
        "environment_variables": {"A": "1"},
        "service_bootup_time": 30,
        "package_version": "2",
    }
    planned = run(platform, params, check=True)
    assert (planned["action"], platform.writes()) == ("created", [])
    result = run(platform, params)
    assert (result["changed"], result["action"]) == (True, "created")
    shown = result["model_service_instance_group"]
    assert [one["status"] for one in shown["instances"]] == ["Running"]
    assert shown["instances"][0]["url"]
    [group] = platform.sim.groups()
    assert group["modelServiceUuid"] == platform.service("chat")["uuid"]
    assert group["settings"]["serviceBootUptime"] == 30
    assert group["settings"]["packageVersion"] == "2"
    platform.sim.clear_log()
    again = run(platform, params, diff=True)
    assert (again["changed"], again["action"], platform.writes()) == (False, "unchanged", [])
    assert again["uncompared"] == {"cpu_num": 1, "zone_uuid": 1}
    assert "diff" not in again


def test_an_update_sends_what_differs_and_the_diff_names_what_is_not_compared(platform: Platform) -> None:
    run(platform, {**NEW, "cpu_num": 4, "environment_variables": {"A": "1"}})
    platform.sim.clear_log()
    changed = {**NEW, "cpu_num": 8, "description": "for tests", "environment_variables": {"A": "2"}}
    result = run(platform, changed, diff=True)
    assert (result["action"], result["changed_fields"]) == ("updated", ["description", "environment_variables"])
    assert "# not compared: zone_uuid, cpu_num" in result["diff"]["before"]
    [update] = [entry["body"] for entry in platform.writes() if entry["kind"] == "group_update"]
    sent = {"description": "for tests", "environmentVariables": {"A": "2"}}
    assert update == {"updateModelServiceInstanceGroup": sent}
    assert run(platform, changed)["changed"] is False


@pytest.mark.parametrize(("choice", "changed"), [("remember", False), ("on_change", False), ("always", True)])
def test_what_is_not_shown_follows_update_write_only(platform: Platform, choice: str, changed: bool) -> None:
    params = {**NEW, "environment_variables": {"A": "1"}, "update_write_only": choice}
    run(platform, params)
    assert run(platform, params)["changed"] is changed
    differs = run(platform, {**params, "environment_variables": {"A": "2"}})
    assert differs["changed"] is (choice != "on_change")
    assert ("environment_variables" in differs.get("uncompared", {})) is (choice == "on_change")


def test_a_restart_sends_updates_first_and_one_restart(platform: Platform) -> None:
    run(platform, NEW)
    platform.sim.clear_log()
    result = run(platform, {**BLUE, "state": "restarted", "description": "new"})
    assert (result["action"], result["changed_fields"]) == ("restarted", ["description"])
    assert result["model_service_instance_group"]["status"] == "Running"
    assert kinds(platform) == ["group_update", "group_restart"]
    planned = run(platform, {**BLUE, "state": "restarted"}, check=True)
    assert (planned["changed"], planned["action"]) == (True, "restarted")
    assert len(platform.writes()) == 2


def test_a_deleted_group_is_gone_and_its_service_stays(platform: Platform) -> None:
    uuid = run(platform, NEW)["model_service_instance_group"]["uuid"]
    assert run(platform, {**BLUE, "state": "absent"})["action"] == "deleted"
    assert platform.sim.groups() == []
    assert run(platform, {**BLUE, "state": "absent"})["action"] == "unchanged"
    assert run(platform, {"uuid": uuid, "state": "absent"})["action"] == "unchanged"
    assert run(platform, {"model_service": "nobody", "name": "blue", "state": "absent"})["action"] == "unchanged"
    assert platform.service("chat")


def test_a_name_counts_within_its_service_only(platform: Platform) -> None:
    [other] = platform.sim.seed([{"name": "embed"}])
    platform.sim.seed_groups([{"name": "blue", "modelServiceUuid": other}, {"name": "blue"}])
    assert run(platform, NEW)["action"] == "created"
    assert run(platform, NEW)["action"] == "unchanged"
    assert run(platform, {**BLUE, "state": "absent"})["action"] == "deleted"
    assert len(platform.sim.groups()) == 2


def test_a_uuid_finds_a_group_whatever_it_is_called_now(platform: Platform) -> None:
    uuid = run(platform, NEW)["model_service_instance_group"]["uuid"]
    assert run(platform, {"uuid": uuid, "name": "green"})["changed_fields"] == ["name"]
    assert [group["name"] for group in platform.sim.groups()] == ["green"]


def test_a_result_can_be_given_back(platform: Platform) -> None:
    shown = run(platform, NEW)["model_service_instance_group"]
    assert run(platform, shown)["action"] == "unchanged"


def test_tags_are_put_on_groups_as_on_services(platform: Platform) -> None:
    run(platform, {**NEW, "user_tags": ["a"], "tag_uuids": [constants.STAGING_TAG_UUID]})
    result = run(platform, {**BLUE, "user_tags": ["b"]})
    assert result["changed_fields"] == ["user_tags"]
    assert run(platform, {**BLUE, "user_tags": ["b"], "tag_uuids": [constants.STAGING_TAG_UUID]})["changed"] is False


def test_access_keys_and_secrets(platform: Platform) -> None:
    secret = "t0ps3cret-4711"
    params = {**NEW, **KEY, "environment_variables": {"HF_TOKEN": secret}}
    results = [run(platform, params, diff=True), run(platform, params, check=True)]
    assert secret not in json.dumps(results)
    assert platform.sim.groups()[0]["settings"]["environmentVariables"] == {"HF_TOKEN": secret}


# Waiting


def test_a_timeout_names_the_last_status_and_the_next_run_deploys_nothing(platform: Platform) -> None:
    platform.sim.faults([rule("deploy", {"group_stays": {"status": "Unknown"}})])
    result = platform.run(MODULE, {**NEW, "wait_timeout": 1})
    assert result.failed
    assert result["changed"] is True
    assert 'it does not run after 1 s: last status "Unknown", since ' in result["msg"]
    again = platform.run(MODULE, {**NEW, "wait_timeout": 1})
    assert (again.failed, again["changed"]) == (True, False)
    assert deploys(platform) == 1
    assert run(platform, {**NEW, "wait": False})["action"] == "unchanged"


def test_all_instances_have_to_run(platform: Platform) -> None:
    platform.sim.reset(group_instances=2, group_seconds=0)
    platform.sim.seed([{"name": "chat"}])
    platform.sim.faults([rule("deploy", {"instance_stays": {"nth": 2, "status": "Starting"}})])
    result = platform.run(MODULE, {**NEW, "wait_timeout": 1})
    assert 'last status "1 Running, 1 Starting"' in result["msg"]


def test_without_waiting_the_group_is_as_it_starts(platform: Platform) -> None:
    platform.sim.reset(group_seconds=60)
    platform.sim.seed([{"name": "chat"}])
    result = run(platform, {**NEW, "wait": False})
    assert result["model_service_instance_group"]["status"] == "Deploying"


# Exactly once

LOST: list[Any] = [
    "close_before",
    "close_after",
    "cut_answer",
    "job_lost",
    "job_never",
    {"job_expired": {}},
    {"job_expired": {"executed": False}},
    {"job_error": {"code": "SYS.1012"}},
    {"job_error_after": {"code": "SYS.1012"}},
]


@pytest.mark.parametrize("features", ["", "deploy-ignore-field:resourceUuid"], ids=["uuid taken", "uuid ignored"])
@pytest.mark.parametrize("fault", LOST, ids=str)
def test_a_deployment_whose_outcome_is_lost_is_never_repeated_blindly(
    platform: Platform, fault: Any, features: str
) -> None:
    if features:
        platform.sim.reset(features=features)
        platform.sim.seed([{"name": "chat"}])
    platform.sim.faults([rule("deploy", fault)])
    result = platform.run(MODULE, {**NEW, **QUICK})
    if result.failed:
        assert not platform.run(MODULE, NEW).failed
    assert deploys(platform) == 1
    assert len(platform.sim.groups()) == 1


def test_a_uuid_that_an_orphan_has_is_not_taken_for_the_new_group(platform: Platform) -> None:
    uuid = run(platform, NEW)["model_service_instance_group"]["uuid"]
    platform.sim.seed_groups([{"uuid": uuid, "modelServiceUuid": None}])
    assert run(platform, NEW)["action"] == "created"
    assert sorted(group["modelServiceUuid"] is None for group in platform.sim.groups()) == [False, True]


@pytest.mark.parametrize("fault", ["close_after", "job_lost", {"job_expired": {}}], ids=str)
def test_a_restart_whose_outcome_is_lost_is_sent_once(platform: Platform, fault: Any) -> None:
    run(platform, NEW)
    platform.sim.clear_log()
    platform.sim.faults([rule("group_restart", fault)])
    platform.run(MODULE, {**BLUE, **QUICK, "state": "restarted"})
    assert sum(effect["kind"] == "group_restart" for effect in platform.sim.effects()) == 1


# Platforms


def test_a_platform_that_cannot_restart_says_so(platform: Platform) -> None:
    platform.sim.reset(platform_version="5.1.8")
    platform.sim.seed([{"name": "chat"}])
    run(platform, NEW)
    result = platform.run(MODULE, {**BLUE, "state": "restarted"})
    assert result["failure"]["code"] == "restart_not_offered"
    assert result["changed"] is False


def test_a_refused_restart_fails(platform: Platform) -> None:
    run(platform, NEW)
    platform.sim.faults([rule("group_restart", {"restart_fails": {}})])
    result = platform.run(MODULE, {**BLUE, "state": "restarted"})
    assert result["failure"]["code"] == "SYS.1006"
    assert "failed to restart the group" in result["msg"]
    assert result["changed"] is False


def test_a_field_that_a_platform_ignores_is_named(platform: Platform) -> None:
    platform.sim.reset(features="deploy-ignore-field:modelUuid")
    platform.sim.seed([{"name": "chat"}])
    result = platform.run(MODULE, {**NEW, "model": "bge-m3"})
    assert "ignored model_uuid" in result["msg"]


def test_a_platform_that_shows_no_service_of_a_group_does_not_get_a_second_one(platform: Platform) -> None:
    platform.sim.reset(features="group-field:modelServiceUuid=serviceUuid")
    platform.sim.seed([{"name": "chat"}])
    first = platform.run(MODULE, NEW)
    assert "ignored model_service_uuid" in first["msg"]
    again = platform.run(MODULE, NEW)
    assert again["failure"]["code"] == "owner_not_shown"
    bulk = platform.run(
        "model_services", {"model_services": [{"name": "chat", "deployments": [{**GROUP, "name": "b"}]}]}
    )
    assert bulk["failure"]["code"] == "owner_not_shown"
    assert deploys(platform) == 1


# What is refused before any write


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({**NEW, "model_service": "nobody"}, 'no model service named "nobody"; existing names: "chat"'),
        (
            BLUE,
            "the group does not exist, and options that its creation requires are missing: zone_uuid (or zone), type",
        ),
        ({**NEW, "zone": "nowhere"}, 'no zone named "nowhere"'),
        ({**NEW, "type": "Pod"}, '"Pod" is not one of VirtualMachine, Container, BareMetal2'),
        ({**NEW, "name": "twice"}, "2 groups have this name: "),
        (
            {"uuid": "f" * 32, "model_service": "embed"},
            "model_service_uuid: it cannot be changed once the group exists",
        ),
        ({"uuid": "e" * 32, "name": "blue"}, "no group has the UUID"),
        ({**BLUE, "state": "restarted"}, "no such group exists; set state: present to create it"),
        ({**NEW, "replicas": 2}, '"replicas" is not an option of this module'),
    ],
)
def test_what_cannot_be_done_is_refused_before_any_write(
    platform: Platform, params: dict[str, Any], message: str
) -> None:
    chat = platform.service("chat")["uuid"]
    platform.sim.seed([{"name": "embed"}])
    platform.sim.seed_groups([{"name": "twice", "modelServiceUuid": chat}, {"name": "twice", "modelServiceUuid": chat}])
    platform.sim.seed_groups([{"name": "other", "uuid": "f" * 32, "modelServiceUuid": chat}])
    result = platform.run(MODULE, params)
    assert result.failed
    assert message in result["msg"]
    assert platform.writes() == []
