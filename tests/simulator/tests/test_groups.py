# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Instance groups: what a deployment takes, what a group goes through, and how platforms differ in them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import requests
from ansible_collections.zstack.aios.tests.simulator import constants
from ansible_collections.zstack.aios.tests.simulator.tests.driver import (
    GROUP_CHANGES,
    GROUPS,
    SERVICES,
    Driver,
    code_of,
    deployment,
)


@pytest.fixture
def service(driver: Driver) -> str:
    """The uuid of a service to deploy."""
    uuid_: str = driver.add(name="chat", modelUuids=[constants.MODEL_UUID])["uuid"]
    return uuid_


def test_a_deployment_makes_a_group_of_the_service(driver: Driver, service: str) -> None:
    """A group shows little of what it was deployed with (platform.groups_deploy, platform.groups_shown)."""
    hidden = {"cpuNum": "4", "memorySize": 2**33, "environmentVariables": {"A": 1}, "serviceBootUptime": 30}
    made = driver.deploy(
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
    """The path is shared with the update of a service (platform.groups_envelope)."""
    path = f"{SERVICES}/{service}"
    flat = driver.call("PUT", path, json=deployment())
    assert (flat.status_code, flat.text[:40]) == (400, "the body doesn't contain action mapping ")
    driver.update(service, name="renamed")
    assert driver.simulator.groups() == []
    driver.deploy(service)
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
    """What is missing, no choice, or refers to nothing (platform.groups_deploy, platform.choices)."""
    given = deployment(**change)
    assert driver.error("PUT", f"{SERVICES}/{service}", {"deployModelService": given})["code"] == code
    assert driver.simulator.groups() == []


def test_a_deployment_needs_its_service_and_a_free_uuid(driver: Driver, service: str) -> None:
    """platform.new_uuid and platform.uuid_taken, assumed for groups (platform.assumed_deploy)."""
    body = {"deployModelService": deployment()}
    assert driver.error("PUT", f"{SERVICES}/{'f' * 32}", body)["code"] == "SYS.1003"
    body["deployModelService"]["resourceUuid"] = service
    taken = uuid.uuid4().hex
    driver.deploy(service, resourceUuid=taken)
    body["deployModelService"]["resourceUuid"] = taken
    assert driver.error("PUT", f"{SERVICES}/{service}", body)["code"] == "SYS.1002"


def test_a_restart_reports_single_failures(driver_with: Callable[..., Driver]) -> None:
    """platform.groups_restart."""
    driver = driver_with(group_seconds=0)
    service = driver.add()["uuid"]
    uuids = [driver.settled(driver.deploy(service)["uuid"])["uuid"] for _group in range(3)]
    driver.simulator.faults([{"match": {"kind": "group_restart"}, "fault": {"restart_fails": {"nth": 2}}}])
    body = {"restartModelServiceGroups": {"uuids": [*uuids, "f" * 32]}}
    results = driver.done("PUT", GROUP_CHANGES, body)["results"]
    assert [(one["uuid"], one["success"], one.get("error", {}).get("code")) for one in results] == [
        (uuids[0], True, None),
        (uuids[1], False, "SYS.1006"),
        (uuids[2], True, None),
        ("f" * 32, False, "SYS.1003"),
    ]


def test_an_update_changes_what_is_given_and_shows_little_of_it(driver: Driver, service: str) -> None:
    """platform.groups_update, platform.unknown_fields."""
    group = driver.deploy(service)["uuid"]
    given = {"name": "new", "description": "d", "serviceLivez": "/l", "serviceBootupTime": 9, "packageVersion": "2"}
    path = f"{GROUP_CHANGES}/{group}"
    shown = driver.done("PUT", path, {"updateModelServiceInstanceGroup": {**given, "cpuNum": 8}})["inventory"]
    assert (shown["name"], shown["description"], "serviceLivez" in shown) == ("new", "d", False)
    settings = driver.simulator.groups()[0]["settings"]
    assert {"serviceLivez": "/l", "serviceBootupTime": 9, "packageVersion": "2"}.items() <= settings.items()
    assert "cpuNum" not in settings
    # The path belongs to one API alone, so that a flat body has no fields.
    assert driver.done("PUT", path, {"name": "flat"})["inventory"]["name"] == "new"
    missing = f"{GROUP_CHANGES}/{'f' * 32}"
    assert driver.error("PUT", missing, {"updateModelServiceInstanceGroup": {}})["code"] == "SYS.1003"


def test_groups_are_queried_and_names_are_not_unique(driver: Driver, service: str) -> None:
    """As every query (platform.query_conditions), with names that are not unique (platform.groups_names)."""
    other = driver.add(name="other")["uuid"]
    for owner in (service, service, other):
        driver.deploy(owner)
    driver.simulator.seed_groups([{"name": "blue", "modelServiceUuid": other}])
    assert len(driver.rows("name=group", path=GROUPS)) == 3
    assert len(driver.rows("name=group", f"modelServiceUuid={service}", path=GROUPS)) == 2
    assert driver.query("status=Running", path=GROUPS, count="true").json()["total"] >= 1
    assert [row["name"] for row in driver.rows(path=GROUPS, sort="+name", limit=1)] == ["blue"]
    assert driver.rows(path=f"{GROUPS}{'f' * 32}") == []
    assert code_of(driver.query("cpuNum=4", path=GROUPS)) == "SYS.1000"


def test_deleted_groups_are_gone_with_their_tags_and_may_be_deleted_again(driver: Driver, service: str) -> None:
    """As services are (platform.assumed_deletion); the type of their tags is platform.assumed_deploy."""
    group = driver.deploy(service)["uuid"]
    tag = {"resourceType": "ModelServiceInstanceGroupVO", "resourceUuid": group, "tag": "blue"}
    driver.done("POST", "/user-tags", {"params": tag})
    assert len(driver.rows("__userTag__=blue", path=GROUPS)) == 1
    for _time in range(2):
        assert driver.done("DELETE", f"{GROUPS}{group}?deleteMode=Enforcing") == {}
    assert driver.simulator.groups() == driver.rows(path=GROUPS) == driver.rows(path="/user-tags") == []
    assert len(driver.simulator.services()) == 1


def test_a_deployment_takes_tags(driver: Driver, service: str) -> None:
    """Inside the envelope and beside it, as every creation (platform.tags_in_request, platform.tag_definitions)."""
    given = deployment(tagUuids=[constants.STAGING_TAG_UUID])
    body = {"deployModelService": given, "userTags": ["blue"], "systemTags": ["team::a"]}
    group = driver.done("PUT", f"{SERVICES}/{service}", body)["inventory"]["uuid"]
    assert {row["tag"] for row in driver.rows(f"resourceUuid={group}", path="/user-tags")} == {"blue", "staging"}
    [record] = driver.rows(path="/system-tags")
    assert (record["resourceUuid"], record["resourceType"]) == (group, "ModelServiceInstanceGroupVO")
    assert driver.error("PUT", f"{SERVICES}/{service}", {**body, "systemTags": ["x"]})["code"] == "SYS.1007"


def test_a_group_outlives_its_service(driver: Driver, service: str) -> None:
    """platform.groups_outlive."""
    group = driver.deploy(service)["uuid"]
    driver.done("DELETE", f"{SERVICES}/{service}")
    assert "modelServiceUuid" not in driver.settled(group)


@pytest.mark.parametrize(
    ("features", "slash", "plain"), [("", 200, 404), ("groups-path:plain", 404, 200), ("groups-path:both", 200, 200)]
)
def test_the_path_of_the_list_ends_with_a_slash_or_not(
    driver_with: Callable[..., Driver], features: str, slash: int, plain: int
) -> None:
    """platform.groups_path."""
    driver = driver_with(features=features)
    assert driver.query(path=GROUPS).status_code == slash
    assert driver.query(path=GROUPS.removesuffix("/")).status_code == plain
    assert driver.query(path=GROUPS + "f" * 32).status_code == 200


def test_a_platform_without_groups(driver_with: Callable[..., Driver]) -> None:
    """Paths that no API has are 404 in plain text (platform.error_plain_text)."""
    driver = driver_with(features="no-groups")
    for method, path in (
        ("GET", GROUPS),
        ("GET", GROUPS + "f" * 32),
        ("DELETE", GROUPS + "f" * 32),
        ("PUT", GROUP_CHANGES),
        ("PUT", f"{GROUP_CHANGES}/{'f' * 32}"),
    ):
        response = driver.call(method, path, json={})
        assert (response.status_code, response.text) == (404, f"no api mapping to /v1{path}")
    deployment = driver.call("PUT", f"{SERVICES}/{driver.add()['uuid']}", json={"deployModelService": {}})
    assert deployment.status_code == 400


def test_an_older_platform_has_no_restart_and_takes_fewer_fields(driver_with: Callable[..., Driver]) -> None:
    """Versions of platform.groups_operations and platform.groups_update."""
    driver = driver_with(platform_version="5.1.8", group_seconds=0)
    group = driver.deploy(driver.add()["uuid"], serviceBootUptime=30, serviceLivez="/l")["uuid"]
    assert driver.simulator.groups()[0]["settings"] == {"zoneUuid": constants.ZONE_UUID, "serviceLivez": "/l"}
    response = driver.call("PUT", GROUP_CHANGES, json={"restartModelServiceGroups": {"uuids": [group]}})
    assert (response.status_code, response.text) == (404, f"no api mapping to /v1{GROUP_CHANGES}")
    body = {"updateModelServiceInstanceGroup": {"name": "new", "description": "d"}}
    shown = driver.done("PUT", f"{GROUP_CHANGES}/{group}", body)["inventory"]
    assert (shown["name"], shown.get("description")) == ("new", None)


def test_a_platform_may_spell_fields_otherwise_leave_some_out_and_ignore_others(
    driver_with: Callable[..., Driver],
) -> None:
    """Fields come and go (platform.groups_instances), and are ignored where unknown (platform.unknown_fields)."""
    spelling = (
        "group-field:serviceBootUptime=serviceBootupTime,group-field:jupyterUrl=jupyterURL,group-field:internalUrl="
    )
    ignored = "deploy-ignore-field:resourceUuid,group-update-ignore-field:name"
    driver = driver_with(features=f"{spelling},{ignored}", group_seconds=0)
    own = uuid.uuid4().hex
    made = driver.deploy(driver.add()["uuid"], serviceBootUptime=1, serviceBootupTime=30, resourceUuid=own)
    assert made["uuid"] != own
    assert driver.simulator.groups()[0]["settings"]["serviceBootUptime"] == 30
    [instance] = driver.settled(made["uuid"])["instances"]
    assert "jupyterURL" in instance
    assert not {"jupyterUrl", "internalUrl"} & set(instance)
    body = {"updateModelServiceInstanceGroup": {"name": "new", "serviceLivez": "/l"}}
    assert driver.done("PUT", f"{GROUP_CHANGES}/{made['uuid']}", body)["inventory"]["name"] == "group"


def test_a_platform_may_refuse_fields_of_newer_versions(driver_with: Callable[..., Driver]) -> None:
    """No source says that any does; a client should report it as any other error (platform.assumed_versions)."""
    driver = driver_with(features="deploy-refuse-field:gpuCount,refuse-field:packageVersion")
    path = f"{SERVICES}/{driver.add()['uuid']}"
    error = driver.error("PUT", path, {"deployModelService": deployment(gpuCount=1)})
    assert (error["code"], "gpuCount" in error["details"]) == ("SYS.1007", True)
    group = driver.done("PUT", path, {"deployModelService": deployment()})["inventory"]["uuid"]
    body = {"updateModelServiceInstanceGroup": {"packageVersion": "2"}}
    assert driver.error("PUT", f"{GROUP_CHANGES}/{group}", body)["code"] == "SYS.1007"


def test_writes_of_groups_are_jobs_of_the_clients_own_ids(driver: Driver) -> None:
    """As those of services (platform.jobs, platform.job_id, platform.job_duplicate)."""
    service = driver.add()["uuid"]
    group = driver.deploy(service)["uuid"]
    changes = f"{GROUP_CHANGES}/{group}"
    for method, path, body in (
        ("PUT", f"{SERVICES}/{service}", {"deployModelService": deployment(name="second")}),
        ("PUT", changes, {"updateModelServiceInstanceGroup": {"name": "new"}}),
        ("PUT", GROUP_CHANGES, {"restartModelServiceGroups": {"uuids": [group]}}),
        ("DELETE", GROUPS + group, None),
    ):
        job = uuid.uuid4().hex
        assert driver.poll(job).status_code == 404
        response = driver.write(method, path, body, headers={"X-Job-UUID": job})
        assert (response.status_code, driver.poll(job).json()) == (200, response.json())
        again = driver.call(method, path, json=body, headers={"X-Job-UUID": job})
        assert (again.status_code, again.text) == (400, f"Duplicate job uuid[{job}]")
    assert [row["name"] for row in driver.simulator.groups()] == ["second"]


@pytest.mark.parametrize(
    ("fault", "deployed"),
    [
        ("close_before", 0),
        ("close_after", 1),
        ("job_never", 0),
        ("job_lost", 1),
        ("job_error", 0),
        ({"job_error_after": {"code": "SYS.1001"}}, 1),
    ],
)
def test_faults_hit_deployments_and_stats_count_those_that_took_effect(
    driver: Driver, service: str, fault: Any, deployed: int
) -> None:
    """After a lost response only the job or the groups tell what happened (platform.job_lost_response)."""
    driver.simulator.faults([{"match": {"kind": "deploy"}, "fault": fault}])
    with suppress(requests.ConnectionError):
        driver.write("PUT", f"{SERVICES}/{service}", {"deployModelService": deployment()})
    deadline = time.monotonic() + 10
    while len(driver.simulator.groups()) != deployed:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert driver.simulator.stats()["effects"].get("deploy", 0) == deployed
    driver.deploy(service)
    assert driver.simulator.stats()["effects"]["deploy"] == deployed + 1
