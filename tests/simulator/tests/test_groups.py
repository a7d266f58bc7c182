# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Instance groups: what a deployment takes, what a group goes through, and how platforms differ in them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import requests
from ansible_collections.zstack.aios.tests.simulator import constants
from ansible_collections.zstack.aios.tests.simulator.launcher import Simulator
from ansible_collections.zstack.aios.tests.simulator.tests.driver import SERVICES, Driver, code_of

GROUPS = "/ai/model-services/instances/groups/"
CHANGES = "/model-service-instance-groups"
STATES = ["Deploying", "Starting", "ConfigSettingUp", "ServiceBootingUp", "Running"]


def deploy(driver: Driver, service: str, **fields: Any) -> dict[str, Any]:
    """The inventory of a new group."""
    given = {"name": "group", "zoneUuid": constants.ZONE_UUID, "type": "Container", **fields}
    body = {"deployModelService": given}
    inventory: dict[str, Any] = driver.done("PUT", f"{SERVICES}/{service}", body)["inventory"]
    return inventory


def settled(driver: Driver, group: str, status: str = "Running") -> dict[str, Any]:
    """The group once it is in the status."""
    deadline = time.monotonic() + 10
    while True:
        [row] = driver.rows(path=GROUPS + group)
        if row["status"] == status:
            return row
        assert time.monotonic() < deadline, row["status"]
        time.sleep(0.01)


@pytest.fixture
def service(driver: Driver) -> str:
    """The uuid of a service to deploy."""
    uuid_: str = driver.add(name="chat", modelUuids=[constants.MODEL_UUID])["uuid"]
    return uuid_


def test_a_deployment_makes_a_group_of_the_service(driver: Driver, service: str) -> None:
    hidden = {"cpuNum": "4", "memorySize": 2**33, "environmentVariables": {"A": 1}, "serviceBootUptime": 30}
    made = deploy(
        driver,
        service,
        description="text",
        datasetUuids=["d" * 32],
        resourceUuid="a" * 12 + "4aaa8" + "a" * 15,
        **hidden,
    )
    assert made["uuid"] == "a" * 12 + "4aaa8" + "a" * 15
    assert {name: made[name] for name in ("name", "description", "type", "modelServiceUuid", "modelUuid")} == {
        "name": "group",
        "description": "text",
        "type": "Container",
        "modelServiceUuid": service,
        "modelUuid": constants.MODEL_UUID,
    }
    assert (made["modelServiceType"], made["yaml"]) == ("Endpoint", driver.rows()[0]["yaml"])
    assert made["datasetRefInventories"] == [{"datasetUuid": "d" * 32}]
    assert not {"settings", *hidden} & set(made)
    [stored] = driver.simulator.groups()
    assert stored["settings"] == {
        **hidden,
        "cpuNum": 4,
        "environmentVariables": {"A": "1"},
        "zoneUuid": constants.ZONE_UUID,
    }
    [effect] = [one for one in driver.simulator.effects() if one["kind"] == "deploy"]
    assert (effect["uuid"], effect["name"], effect["error"]) == (made["uuid"], "group", None)


def test_the_action_name_decides_between_update_and_deployment(driver: Driver, service: str) -> None:
    path = f"{SERVICES}/{service}"
    flat = driver.call("PUT", path, json={"name": "g", "zoneUuid": constants.ZONE_UUID, "type": "Container"})
    assert (flat.status_code, flat.text[:40]) == (400, "the body doesn't contain action mapping ")
    driver.update(service, name="renamed")
    assert driver.simulator.groups() == []
    deploy(driver, service)
    assert [entry["kind"] for entry in driver.simulator.writes()] == ["add", "other", "update", "deploy"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": None}, "SYS.1007"),
        ({"zoneUuid": None}, "SYS.1007"),
        ({"type": None}, "SYS.1007"),
        ({"type": "container"}, "SYS.1007"),
        ({"placementMode": "auto"}, "SYS.1007"),
        ({"resourceUuid": "x"}, "SYS.1007"),
        ({"zoneUuid": "f" * 32}, "SYS.1003"),
        ({"modelUuid": "f" * 32}, "SYS.1003"),
        ({"modelServiceGroupUuids": ["f" * 32]}, "SYS.1003"),
    ],
)
def test_what_a_deployment_refuses(driver: Driver, service: str, change: dict[str, Any], code: str) -> None:
    given = {"name": "group", "zoneUuid": constants.ZONE_UUID, "type": "Container", **change}
    assert driver.error("PUT", f"{SERVICES}/{service}", {"deployModelService": given})["code"] == code
    assert driver.simulator.groups() == []


def test_a_deployment_needs_its_service_and_a_free_uuid(driver: Driver, service: str) -> None:
    body = {"deployModelService": {"name": "g", "zoneUuid": constants.ZONE_UUID, "type": "Container"}}
    assert driver.error("PUT", f"{SERVICES}/{'f' * 32}", body)["code"] == "SYS.1003"
    body["deployModelService"]["resourceUuid"] = service
    taken = uuid.uuid4().hex
    deploy(driver, service, resourceUuid=taken)
    body["deployModelService"]["resourceUuid"] = taken
    assert driver.error("PUT", f"{SERVICES}/{service}", body)["code"] == "SYS.1002"


def test_a_group_goes_through_its_states_and_then_responds_at_its_url(driver_with: Callable[..., Driver]) -> None:
    driver = driver_with(group_seconds=0.6, group_instances=2)
    group = deploy(driver, driver.add()["uuid"])
    assert [instance["status"] for instance in group["instances"]] == ["Deploying"] * 2
    seen = [group["status"]]
    deadline = time.monotonic() + 10
    while seen[-1] != "Running":
        assert time.monotonic() < deadline
        [row] = driver.rows(f"uuid={group['uuid']}", path=GROUPS)
        assert {instance["status"] for instance in row["instances"]} == {row["status"]}
        assert all(("url" in instance) is (row["status"] == "Running") for instance in row["instances"])
        if row["status"] != seen[-1]:
            seen.append(row["status"])
    assert seen == STATES
    for rank, instance in enumerate(row["instances"]):
        assert (instance["nodeRank"], instance["urlMaps"]) == (rank, {"http": instance["url"]})
        assert requests.get(instance["url"] + "/healthz", timeout=5).json()["path"] == "/healthz"
        assert {"internalUrl", "jupyterUrl", "vmInstanceUuid"} <= set(instance)


def test_an_instance_that_does_not_run_does_not_respond(driver: Driver, service: str) -> None:
    [group] = driver.simulator.seed_groups([{"name": "slow", "modelServiceUuid": service, "status": "Unknown"}])
    [instance] = driver.simulator.groups()[0]["instances"]
    base = driver.simulator.url.removesuffix("/zstack")
    assert requests.get(f"{base}/instances/{instance['uuid']}", timeout=5).status_code == 503
    assert requests.get(f"{base}/instances/{group}", timeout=5).status_code == 404


def test_a_start_goes_on_while_the_platform_is_down() -> None:
    with Simulator(group_seconds=0.3) as simulator:
        driver = Driver(simulator)
        group = deploy(driver, driver.add()["uuid"])["uuid"]
        simulator.kill()
        time.sleep(0.3)
        simulator.restart()
        assert driver.rows(path=GROUPS + group)[0]["status"] == "Running"


@pytest.mark.parametrize("status", ["Unknown", "Starting", "Deploying", "SomethingNew"])
def test_a_group_may_stay_in_a_status(driver_with: Callable[..., Driver], status: str) -> None:
    driver = driver_with(group_seconds=0)
    driver.simulator.faults([{"match": {"kind": "deploy"}, "fault": {"group_stays": {"status": status}}}])
    service = driver.add()["uuid"]
    stays, runs = deploy(driver, service)["uuid"], deploy(driver, service)["uuid"]
    assert settled(driver, runs)["status"] == "Running"
    assert settled(driver, stays, status)["status"] == status
    results = driver.done("PUT", CHANGES, {"restartModelServiceGroups": {"uuids": [stays]}})["results"]
    assert results == [{"uuid": stays, "success": True}]
    assert settled(driver, stays)["status"] == "Running"


def test_a_restart_starts_running_groups_again(driver_with: Callable[..., Driver]) -> None:
    driver = driver_with(group_seconds=0.3)
    service = driver.add()["uuid"]
    group = settled(driver, deploy(driver, service)["uuid"])
    driver.done("PUT", CHANGES, {"restartModelServiceGroups": {"uuids": [group["uuid"]]}})
    [restarted] = driver.rows(path=GROUPS + group["uuid"])
    assert restarted["status"] == "Starting"
    assert "url" not in restarted["instances"][0]
    assert settled(driver, group["uuid"])["instances"] == group["instances"]
    assert driver.error("PUT", CHANGES, {"restartModelServiceGroups": {}})["code"] == "SYS.1007"


def test_a_restart_reports_single_failures(driver_with: Callable[..., Driver]) -> None:
    driver = driver_with(group_seconds=0)
    service = driver.add()["uuid"]
    uuids = [settled(driver, deploy(driver, service)["uuid"])["uuid"] for _group in range(3)]
    driver.simulator.faults([{"match": {"kind": "group_restart"}, "fault": {"restart_fails": {"nth": 2}}}])
    body = {"restartModelServiceGroups": {"uuids": [*uuids, "f" * 32]}}
    results = driver.done("PUT", CHANGES, body)["results"]
    assert [(one["uuid"], one["success"], one.get("error", {}).get("code")) for one in results] == [
        (uuids[0], True, None),
        (uuids[1], False, "SYS.1006"),
        (uuids[2], True, None),
        ("f" * 32, False, "SYS.1003"),
    ]


def test_an_update_changes_what_is_given_and_shows_little_of_it(driver: Driver, service: str) -> None:
    group = deploy(driver, service)["uuid"]
    given = {"name": "new", "description": "d", "serviceLivez": "/l", "serviceBootupTime": 9, "packageVersion": "2"}
    path = f"{CHANGES}/{group}"
    shown = driver.done("PUT", path, {"updateModelServiceInstanceGroup": {**given, "cpuNum": 8}})["inventory"]
    assert (shown["name"], shown["description"], "serviceLivez" in shown) == ("new", "d", False)
    settings = driver.simulator.groups()[0]["settings"]
    assert {"serviceLivez": "/l", "serviceBootupTime": 9, "packageVersion": "2"}.items() <= settings.items()
    assert "cpuNum" not in settings
    # The path belongs to one API alone, so that a flat body has no fields.
    assert driver.done("PUT", path, {"name": "flat"})["inventory"]["name"] == "new"
    missing = f"{CHANGES}/{'f' * 32}"
    assert driver.error("PUT", missing, {"updateModelServiceInstanceGroup": {}})["code"] == "SYS.1003"


def test_groups_are_queried_and_names_are_not_unique(driver: Driver, service: str) -> None:
    other = driver.add(name="other")["uuid"]
    for owner in (service, service, other):
        deploy(driver, owner)
    driver.simulator.seed_groups([{"name": "blue", "modelServiceUuid": other}])
    assert len(driver.rows("name=group", path=GROUPS)) == 3
    assert len(driver.rows("name=group", f"modelServiceUuid={service}", path=GROUPS)) == 2
    assert driver.query("status=Running", path=GROUPS, count="true").json()["total"] >= 1
    assert [row["name"] for row in driver.rows(path=GROUPS, sort="+name", limit=1)] == ["blue"]
    assert driver.rows(path=f"{GROUPS}{'f' * 32}") == []
    assert code_of(driver.query("cpuNum=4", path=GROUPS)) == "SYS.1000"


def test_deleted_groups_are_gone_with_their_tags_and_may_be_deleted_again(driver: Driver, service: str) -> None:
    group = deploy(driver, service)["uuid"]
    tag = {"resourceType": "ModelServiceInstanceGroupVO", "resourceUuid": group, "tag": "blue"}
    driver.done("POST", "/user-tags", {"params": tag})
    assert len(driver.rows("__userTag__=blue", path=GROUPS)) == 1
    for _time in range(2):
        assert driver.done("DELETE", f"{GROUPS}{group}?deleteMode=Enforcing") == {}
    assert driver.simulator.groups() == driver.rows(path=GROUPS) == driver.rows(path="/user-tags") == []
    assert len(driver.simulator.services()) == 1


def test_a_deployment_takes_tags(driver: Driver, service: str) -> None:
    given = {
        "name": "g",
        "zoneUuid": constants.ZONE_UUID,
        "type": "Container",
        "tagUuids": [constants.STAGING_TAG_UUID],
    }
    body = {"deployModelService": given, "userTags": ["blue"], "systemTags": ["team::a"]}
    group = driver.done("PUT", f"{SERVICES}/{service}", body)["inventory"]["uuid"]
    assert {row["tag"] for row in driver.rows(f"resourceUuid={group}", path="/user-tags")} == {"blue", "staging"}
    [record] = driver.rows(path="/system-tags")
    assert (record["resourceUuid"], record["resourceType"]) == (group, "ModelServiceInstanceGroupVO")
    assert driver.error("PUT", f"{SERVICES}/{service}", {**body, "systemTags": ["x"]})["code"] == "SYS.1007"


def test_a_group_outlives_its_service(driver: Driver, service: str) -> None:
    group = deploy(driver, service)["uuid"]
    driver.done("DELETE", f"{SERVICES}/{service}")
    assert "modelServiceUuid" not in settled(driver, group)


def test_groups_are_seeded_and_changed_behind_the_clients_back(driver: Driver, service: str) -> None:
    group = deploy(driver, service)["uuid"]
    assert driver.simulator.seed_groups([{"uuid": group, "status": "Unknown"}]) == [group]
    time.sleep(0.15)
    [row] = driver.rows(path=GROUPS)
    assert (row["status"], row["name"], row["modelServiceUuid"]) == ("Unknown", "group", service)
    assert "url" not in row["instances"][0]
    driver.simulator.clear_groups()
    assert driver.rows(path=GROUPS) == []


@pytest.mark.parametrize(
    ("features", "slash", "plain"), [("", 200, 404), ("groups-path:plain", 404, 200), ("groups-path:both", 200, 200)]
)
def test_the_path_of_the_list_ends_with_a_slash_or_not(
    driver_with: Callable[..., Driver], features: str, slash: int, plain: int
) -> None:
    driver = driver_with(features=features)
    assert driver.query(path=GROUPS).status_code == slash
    assert driver.query(path=GROUPS.removesuffix("/")).status_code == plain
    assert driver.query(path=GROUPS + "f" * 32).status_code == 200


def test_a_platform_without_groups(driver_with: Callable[..., Driver]) -> None:
    driver = driver_with(features="no-groups")
    for method, path in (
        ("GET", GROUPS),
        ("GET", GROUPS + "f" * 32),
        ("DELETE", GROUPS + "f" * 32),
        ("PUT", CHANGES),
        ("PUT", f"{CHANGES}/{'f' * 32}"),
    ):
        response = driver.call(method, path, json={})
        assert (response.status_code, response.text) == (404, f"no api mapping to /v1{path}")
    deployment = driver.call("PUT", f"{SERVICES}/{driver.add()['uuid']}", json={"deployModelService": {}})
    assert deployment.status_code == 400


def test_an_older_platform_has_no_restart_and_takes_fewer_fields(driver_with: Callable[..., Driver]) -> None:
    driver = driver_with(platform_version="5.1.8", group_seconds=0)
    group = deploy(driver, driver.add()["uuid"], serviceBootUptime=30, serviceLivez="/l")["uuid"]
    assert driver.simulator.groups()[0]["settings"] == {"zoneUuid": constants.ZONE_UUID, "serviceLivez": "/l"}
    response = driver.call("PUT", CHANGES, json={"restartModelServiceGroups": {"uuids": [group]}})
    assert (response.status_code, response.text) == (404, f"no api mapping to /v1{CHANGES}")
    body = {"updateModelServiceInstanceGroup": {"name": "new", "description": "d"}}
    shown = driver.done("PUT", f"{CHANGES}/{group}", body)["inventory"]
    assert (shown["name"], shown.get("description")) == ("new", None)


def test_a_platform_may_spell_fields_otherwise_leave_some_out_and_ignore_others(
    driver_with: Callable[..., Driver],
) -> None:
    spelling = (
        "group-field:serviceBootUptime=serviceBootupTime,group-field:jupyterUrl=jupyterURL,group-field:internalUrl="
    )
    ignored = "deploy-ignore-field:resourceUuid,group-update-ignore-field:name"
    driver = driver_with(features=f"{spelling},{ignored}", group_seconds=0)
    own = uuid.uuid4().hex
    made = deploy(driver, driver.add()["uuid"], serviceBootUptime=1, serviceBootupTime=30, resourceUuid=own)
    assert made["uuid"] != own
    assert driver.simulator.groups()[0]["settings"]["serviceBootUptime"] == 30
    [instance] = settled(driver, made["uuid"])["instances"]
    assert "jupyterURL" in instance
    assert not {"jupyterUrl", "internalUrl"} & set(instance)
    body = {"updateModelServiceInstanceGroup": {"name": "new", "serviceLivez": "/l"}}
    assert driver.done("PUT", f"{CHANGES}/{made['uuid']}", body)["inventory"]["name"] == "group"
