# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""User tags, system tags and tag patterns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.zstack.aios.tests.simulator import constants
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


@pytest.mark.parametrize(
    ("inside", "beside", "expected"),
    [
        (["in"], None, ["in"]),
        (None, ["out"], ["out"]),
        (["in"], ["out"], ["out"]),
        (["in"], [], []),
    ],
)
def test_tags_inside_the_envelope_count_unless_there_are_some_beside_it(
    driver: Driver, inside: Any, beside: Any, expected: list[str]
) -> None:
    def in_system_tags(texts: Any) -> Any:
        return texts and [f"team::{text}" for text in texts]

    body: dict[str, Any] = {
        "param": minimal(userTags=inside, systemTags=in_system_tags(inside)),
        "userTags": beside,
        "systemTags": in_system_tags(beside),
    }
    made = driver.done("POST", SERVICES, body)["inventory"]
    clone = driver.done("POST", f"{SERVICES}/{made['uuid']}", {"params": body.pop("param"), **body})["inventory"]
    for service in (made, clone):
        assert tags_of(driver, service["uuid"]) == expected
        assert tags_of(driver, service["uuid"], "/system-tags") == in_system_tags(expected)


def test_tags_that_are_no_list_are_refused_in_plain_text(driver: Driver) -> None:
    for body in ({"param": minimal(userTags="x")}, {"param": minimal(), "userTags": "x"}):
        assert driver.call("POST", SERVICES, json=body).status_code == 500


def test_an_update_takes_no_tags(driver: Driver) -> None:
    uuid = driver.add()["uuid"]
    body = {"updateModelService": {"name": "x", "userTags": ["red"]}, "userTags": ["blue"], "systemTags": ["a::b"]}
    driver.done("PUT", f"{SERVICES}/{uuid}", body)
    assert tags_of(driver, uuid) == tags_of(driver, uuid, "/system-tags") == []


def tag(uuid: str, text: str, **more: str) -> dict[str, Any]:
    """The body that creates a tag."""
    return {"params": {"resourceType": "ModelServiceVO", "resourceUuid": uuid, "tag": text, **more}}


def test_user_tags_are_made_and_deleted_one_by_one(driver: Driver) -> None:
    uuid = driver.add()["uuid"]
    made = driver.done("POST", "/user-tags", tag(uuid, "blue"))["inventory"]
    assert (made["tag"], made["type"], made["resourceUuid"]) == ("blue", "User", uuid)
    assert driver.error("POST", "/user-tags", tag(uuid, "x", resourceType="X"))["code"] == "SYS.1007"
    assert driver.error("POST", "/user-tags", tag("x", "x"))["code"] == "SYS.1003"
    assert driver.done("DELETE", f"/tags/{made['uuid']}") == {}
    assert tags_of(driver, uuid) == []
    assert {entry["kind"] for entry in driver.simulator.writes()} == {"add", "tag"}


@pytest.mark.parametrize("second", ["prod", "Prod", "prod ", "pröd"])
def test_a_user_tag_exists_once_without_regard_to_case_and_accents(driver: Driver, second: str) -> None:
    uuid = driver.add()["uuid"]
    made = driver.done("POST", "/user-tags", tag(uuid, "prod"))["inventory"]
    error = driver.error("POST", "/user-tags", tag(uuid, second))
    assert (error["code"], error["details"][:14]) == ("SYS.1006", "Duplicated Tag")
    driver.done("DELETE", f"/tags/{made['uuid']}")
    driver.done("POST", "/user-tags", tag(uuid, second))
    assert tags_of(driver, uuid) == [second.strip()]
    assert driver.error("POST", SERVICES, {"param": minimal(), "userTags": ["prod", second]})["code"] == "SYS.1006"
    assert driver.done("POST", "/user-tags", tag(driver.add()["uuid"], second))["inventory"]["tag"] == second.strip()


def test_a_user_tag_may_not_repeat_an_attached_pattern(driver: Driver) -> None:
    [uuid] = driver.simulator.seed([{"tagUuids": [constants.STAGING_TAG_UUID]}])
    assert driver.error("POST", "/user-tags", tag(uuid, "Staging"))["code"] == "SYS.1006"


def test_system_tags(driver: Driver) -> None:
    uuid = driver.add()["uuid"]
    made = driver.done("POST", "/system-tags", tag(uuid, "team::1"))["inventory"]
    several = driver.done("POST", f"/system-tags/{uuid}/tags", {"params": {"tags": ["owner::1", "cost::a::b"]}})
    assert [row["tag"] for row in several["inventories"]] == ["owner::1", "cost::a::b"]
    path = f"/system-tags/{made['uuid']}/actions"
    assert driver.done("PUT", path, {"updateSystemTag": {"tag": "team::2"}})["inventory"]["tag"] == "team::2"
    assert tags_of(driver, uuid, "/system-tags") == ["cost::a::b", "owner::1", "team::2"]


def test_a_system_tag_that_exists_is_a_success_without_an_inventory(driver: Driver) -> None:
    uuid = driver.add()["uuid"]
    driver.done("POST", "/system-tags", tag(uuid, "team::a"))
    assert driver.done("POST", "/system-tags", tag(uuid, "team::A")) == {}
    several = driver.done("POST", f"/system-tags/{uuid}/tags", {"params": {"tags": ["team::a", "protected"]}})
    assert [row and row["tag"] for row in several["inventories"]] == [None, "protected"]
    assert tags_of(driver, uuid, "/system-tags") == ["protected", "team::a"]


@pytest.mark.parametrize("undefined", ["blue", "Team::a", "team", "team::a::b", "protected::x"])
def test_a_system_tag_needs_a_definition_and_fails_a_whole_creation(
    driver: Driver, driver_with: Callable[..., Driver], undefined: str
) -> None:
    [uuid] = driver.simulator.seed([{"systemTags": ["team::a"]}])
    [record] = driver.rows(path="/system-tags")
    body = {"param": minimal(), "systemTags": ["team::a", undefined]}
    for method, path, sent in (
        ("POST", "/system-tags", tag(uuid, undefined)),
        ("POST", f"/system-tags/{uuid}/tags", {"params": {"tags": [undefined]}}),
        ("PUT", f"/system-tags/{record['uuid']}/actions", {"updateSystemTag": {"tag": undefined}}),
        ("POST", SERVICES, body),
        ("POST", SERVICES, {**body, "systemTags": ["validationOnly", undefined]}),
    ):
        assert driver.error(method, path, sent)["code"] == "SYS.1007"
    assert len(driver.simulator.services()) == 1
    assert tags_of(driver, uuid, "/system-tags") == ["team::a"]
    other = driver_with(features="any-system-tag")
    made = other.done("POST", SERVICES, {**body, "systemTags": [undefined]})["inventory"]
    assert tags_of(other, made["uuid"], "/system-tags") == [undefined]


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
    assert driver.names("__userTag__!~=b%") == {"none"}
    assert driver.names("__userTag__!?=green,red") == {"blue", "none"}
    assert driver.names("__userTag__=blue", "name=both") == {"both"}


def test_nobody_can_ask_for_services_without_tags(driver: Driver) -> None:
    driver.simulator.seed(
        [
            {"name": "plain", "userTags": ["blue"]},
            {"name": "attached", "tagUuids": [constants.STAGING_TAG_UUID]},
            {"name": "system", "systemTags": ["team::a"]},
            {"name": "none"},
        ]
    )
    assert driver.names("__userTag__ is null") == driver.names("__systemTag__ is null") == set()
    assert driver.names("__userTag__ not null") == {"plain", "attached"}
    assert driver.names("__systemTag__ not null") == {"system"}
    assert driver.names("__tagUuid__ is null") == {"plain"}
    assert driver.names("__tagUuid__ not null") == {"attached"}


def test_tags_go_with_their_service_and_attachments_with_their_pattern(driver: Driver) -> None:
    [first, second] = driver.simulator.seed([{"userTags": ["a"], "tagUuids": [constants.STAGING_TAG_UUID]}] * 2)
    driver.done("DELETE", f"{SERVICES}/{first}")
    assert tags_of(driver, first) == []
    driver.done("DELETE", f"/tags/{constants.STAGING_TAG_UUID}")
    assert tags_of(driver, second) == ["a"]


def test_platforms_without_tags(driver_with: Callable[..., Driver]) -> None:
    driver = driver_with(features="no-user-tags")
    response = driver.call("POST", "/user-tags", json={"params": {}})
    assert (response.status_code, response.text) == (404, "no api mapping to /v1/user-tags")
    assert driver.rows(path="/user-tags") == []
    driver = driver_with(features="no-tags")
    for method, path in (("GET", "/user-tags"), ("GET", "/tags"), ("DELETE", f"/tags/{'f' * 32}")):
        response = driver.call(method, path)
        assert (response.status_code, response.text) == (404, f"no api mapping to /v1{path}")
