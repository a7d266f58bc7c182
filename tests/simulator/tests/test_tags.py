# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""User tags, system tags and tag patterns (contract 6)."""

from __future__ import annotations

from typing import Any

from ansible_collections.zstack.aios.tests.simulator import constants
from ansible_collections.zstack.aios.tests.simulator.launcher import Simulator
from ansible_collections.zstack.aios.tests.simulator.tests.driver import SERVICES, Driver, minimal


def tags_of(driver: Driver, uuid: str, path: str = "/user-tags") -> list[str]:
    """The tags of a resource, sorted."""
    found = driver.query(f"resourceUuid={uuid}", path=path).json()["inventories"]
    return sorted(row["tag"] for row in found)


def test_tags_come_with_a_creation_and_are_not_shown(driver: Driver) -> None:
    body = {
        "param": minimal(tagUuids=[constants.STAGING_TAG_UUID]),
        "userTags": ["blue"],
        "systemTags": ["owner::me"],
    }
    made = driver.done("POST", SERVICES, body)["inventory"]
    clone_body = {"params": {"tagUuids": [constants.PRODUCTION_TAG_UUID]}, "userTags": ["green"]}
    clone = driver.done("POST", f"{SERVICES}/{made['uuid']}", clone_body)["inventory"]
    assert not {"userTags", "systemTags", "tagUuids"} & set(made)
    assert tags_of(driver, made["uuid"]) == ["blue", "staging"]
    assert tags_of(driver, made["uuid"], "/system-tags") == ["owner::me"]
    assert tags_of(driver, clone["uuid"]) == ["green", "production"]
    assert driver.simulator.services()[0]["tagUuids"] == [constants.STAGING_TAG_UUID]


def test_an_update_takes_no_tags(driver: Driver) -> None:
    uuid = driver.add()["uuid"]
    body = {"updateModelService": {"name": "x"}, "userTags": ["blue"], "systemTags": ["a::b"]}
    driver.done("PUT", f"{SERVICES}/{uuid}", body)
    assert tags_of(driver, uuid) == tags_of(driver, uuid, "/system-tags") == []


def test_user_tags_are_made_and_deleted_one_by_one(driver: Driver) -> None:
    uuid = driver.add()["uuid"]
    params = {"resourceType": "ModelServiceVO", "resourceUuid": uuid, "tag": "blue"}
    made = driver.done("POST", "/user-tags", {"params": params})["inventory"]
    assert (made["tag"], made["type"], made["resourceUuid"]) == ("blue", "User", uuid)
    assert driver.error("POST", "/user-tags", {"params": {**params, "resourceType": "X"}})["code"] == "SYS.1007"
    assert driver.error("POST", "/user-tags", {"params": {**params, "resourceUuid": "x"}})["code"] == "SYS.1003"
    assert driver.done("DELETE", f"/tags/{made['uuid']}") == {}
    assert tags_of(driver, uuid) == []
    assert {entry["kind"] for entry in driver.simulator.writes()} == {"add", "tag"}


def test_system_tags(driver: Driver) -> None:
    uuid = driver.add()["uuid"]
    params = {"resourceType": "ModelServiceVO", "resourceUuid": uuid, "tag": "a::1"}
    made = driver.done("POST", "/system-tags", {"params": params})["inventory"]
    several = driver.done("POST", f"/system-tags/{uuid}/tags", {"params": {"tags": ["b::1", "c::1"]}})
    assert [row["tag"] for row in several["inventories"]] == ["b::1", "c::1"]
    path = f"/system-tags/{made['uuid']}/actions"
    assert driver.done("PUT", path, {"updateSystemTag": {"tag": "a::2"}})["inventory"]["tag"] == "a::2"
    assert tags_of(driver, uuid, "/system-tags") == ["a::2", "b::1", "c::1"]


def test_patterns_are_attached_once_and_detached(driver: Driver) -> None:
    uuids = [driver.add()["uuid"] for _one in range(2)]
    pattern = driver.done("POST", "/tags", {"params": {"name": "night", "color": "#000000"}})["inventory"]
    path = f"/tags/{pattern['uuid']}/resources"
    for _time in range(2):
        results = driver.done("POST", path, {"params": {"resourceUuids": uuids, "tokens": {}}})["results"]
        assert [result["inventory"]["tag"] for result in results] == ["night", "night"]
    attached = driver.query(f"tagPatternUuid={pattern['uuid']}", path="/user-tags").json()["inventories"]
    assert sorted(row["resourceUuid"] for row in attached) == sorted(uuids)
    assert driver.done("DELETE", f"{path}?resourceUuids={uuids[0]}&resourceUuids={uuids[1]}") == {}
    assert tags_of(driver, uuids[0]) == []
    renamed = driver.done("PUT", f"/tags/{pattern['uuid']}/actions", {"updateTag": {"name": "day"}})
    assert renamed["inventory"]["name"] == "day"
    missing = driver.error("POST", f"/tags/{'f' * 32}/resources", {"params": {"resourceUuids": uuids}})
    assert missing["code"] == "SYS.1003"


def test_a_pattern_with_a_token(driver: Driver) -> None:
    uuid = driver.add()["uuid"]
    body = {"params": {"resourceUuids": [uuid], "tokens": {uuid: {"owner": "ann"}}}}
    driver.done("POST", f"/tags/{constants.OWNER_TAG_UUID}/resources", body)
    assert tags_of(driver, uuid) == ["owner::ann"]


def test_queries_by_tag(driver: Driver) -> None:
    rows: list[dict[str, Any]] = [
        {"name": "both", "userTags": ["blue", "green"], "tagUuids": [constants.STAGING_TAG_UUID]},
        {"name": "blue", "userTags": ["Blue"], "systemTags": ["x::y"]},
        {"name": "none"},
    ]
    driver.simulator.seed(rows)
    assert driver.names("__userTag__=blue") == {"both", "blue"}
    assert driver.names("__userTag__~=gr%") == {"both"}
    assert driver.names("__userTag__!=green") == {"blue", "none"}
    assert driver.names("__systemTag__=x::y") == {"blue"}
    assert driver.names(f"__tagUuid__={constants.STAGING_TAG_UUID}") == {"both"}
    assert driver.names("__userTag__ is null") == {"none"}
    assert driver.names("__userTag__=blue", "name=both") == {"both"}


def test_tags_go_with_their_service_and_attachments_with_their_pattern(driver: Driver) -> None:
    [first, second] = driver.simulator.seed([{"userTags": ["a"], "tagUuids": [constants.STAGING_TAG_UUID]}] * 2)
    driver.done("DELETE", f"{SERVICES}/{first}")
    assert tags_of(driver, first) == []
    driver.done("DELETE", f"/tags/{constants.STAGING_TAG_UUID}")
    assert tags_of(driver, second) == ["a"]


def test_platforms_without_tags() -> None:
    with Simulator(features="no-user-tags") as simulator:
        driver = Driver(simulator)
        answer = driver.call("POST", "/user-tags", json={"params": {}})
        assert (answer.status_code, answer.text) == (404, "no api mapping to /v1/user-tags")
        assert driver.query(path="/user-tags").json()["inventories"] == []
        simulator.restart(features="no-tags")
        driver = Driver(simulator)
        for method, path in (("GET", "/user-tags"), ("GET", "/tags"), ("DELETE", f"/tags/{'f' * 32}")):
            answer = driver.call(method, path)
            assert (answer.status_code, answer.text) == (404, f"no api mapping to /v1{path}")
