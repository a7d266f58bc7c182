# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Queries: all pages, exact conditions, order and limit, and the form that can be declared again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import FIELDS
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.simulator import constants
from ansible_collections.zstack.aios.tests.simulator.grammar import DEFAULT_LIMIT

MODULE = "model_service_info"
NAMES = ["chat-a", "chat-b", "Chat-b", "chât-b", "embed", "it's", "a!=b", "=x"]


def query(platform: Platform, **params: Any) -> Any:
    """Return the result of a query, which must succeed and write nothing."""
    result = platform.run(MODULE, params)
    assert not result.failed, result["msg"]
    assert result["changed"] is False
    assert platform.writes() == []
    return result


def names(platform: Platform, **params: Any) -> list[str]:
    """Return the names of the services found, in the order they come in."""
    return [row["name"] for row in query(platform, **params)["model_services"]]


@pytest.fixture
def stocked(platform: Platform) -> Platform:
    """A platform with a service of each of `NAMES`; their CPUs count up from 1, every second has a description."""
    platform.sim.seed(
        {"name": name, "requestCpu": number, "system": number == 5, **({"description": "x"} if number % 2 else {})}
        for number, name in enumerate(NAMES, 1)
    )
    return platform


def test_every_page_is_read_once(platform: Platform) -> None:
    many = 2 * DEFAULT_LIMIT + 5
    platform.sim.seed({"name": f"s{number:04}"} for number in range(many))
    result = query(platform, fields=["request_cpu"])
    assert result["total"] == many
    assert sorted(row["name"] for row in result["model_services"]) == [f"s{number:04}" for number in range(many)]
    assert set(result["model_services"][0]) == {"uuid", "name", "request_cpu"}
    assert platform.sim.stats()["kinds"]["query"] == 3
    assert len(names(platform, limit=DEFAULT_LIMIT + 7, sort_by="name")) == DEFAULT_LIMIT + 7


@pytest.mark.parametrize(
    ("conditions", "found"),
    [
        (["request_cpu>=7"], ["a!=b", "=x"]),
        ([{"field": "request_cpu", "operator": ">=", "value": 7}], ["a!=b", "=x"]),
        (["request_cpu>2", "request_cpu<5"], ["Chat-b", "chât-b"]),
        (["name=chat-b"], ["chat-b"]),
        (["name?=chat-b,embed"], ["chat-b", "embed"]),
        ([{"field": "name", "operator": "in", "value": ["chat-b", "embed"]}], ["chat-b", "embed"]),
        ([{"field": "name", "value": "it's"}], ["it's"]),
        ([{"field": "name", "value": "a!=b"}], ["a!=b"]),
        ([{"field": "name", "value": "=x"}], ["=x"]),
        (["system=true"], ["embed"]),
        ([{"field": "system", "value": True}], ["embed"]),
        (["description is null"], ["chat-b", "chât-b", "it's", "=x"]),
        (["description not null", "request_cpu!=1"], ["Chat-b", "embed", "a!=b"]),
        (["name!=embed", "request_cpu>4"], ["it's", "a!=b", "=x"]),
        (["__userTag__=production"], []),
    ],
)
def test_conditions_select_services(stocked: Platform, conditions: list[Any], found: list[str]) -> None:
    assert names(stocked, conditions=conditions, sort_by="request_cpu") == found
    assert query(stocked, conditions=conditions, count_only=True)["total"] == len(found)
    cut = query(stocked, conditions=conditions, sort_by="request_cpu", limit=1)
    assert ([row["name"] for row in cut["model_services"]], cut["total"]) == (found[:1], len(found))


def test_patterns_are_exact_in_case_and_accents_too(stocked: Platform) -> None:
    assert sorted(names(stocked, conditions=["name~=chat-%"])) == ["chat-a", "chat-b"]
    assert sorted(names(stocked, conditions=["name~=ch_t-b"])) == ["chat-b", "chât-b"]


def test_tags_can_be_queried(platform: Platform) -> None:
    platform.sim.seed(
        [{"name": "tagged", "userTags": ["team-a"], "tagUuids": [constants.STAGING_TAG_UUID]}, {"name": "bare"}]
    )
    assert names(platform, conditions=["__userTag__=team-a"]) == ["tagged"]
    assert names(platform, conditions=[f"__tagUuid__={constants.STAGING_TAG_UUID}"]) == ["tagged"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_matched_exactly(stocked: Platform, name: str) -> None:
    assert names(stocked, name=name) == names(stocked, name=f"  {name} ") == [name]
    [row] = query(stocked, name=name)["model_services"]
    assert names(stocked, uuid=row["uuid"]) == [name]


def test_results_are_sorted_and_limited(stocked: Platform) -> None:
    assert names(stocked, sort_by="request_cpu") == NAMES
    assert names(stocked, sort_by="request_cpu", sort_direction="desc") == NAMES[::-1]
    assert names(stocked, sort_by="request_cpu", start=2, limit=3) == NAMES[2:5]
    assert names(stocked, sort_by="request_cpu", start=6) == NAMES[6:]
    assert names(stocked, limit=0) == []
    assert query(stocked, limit=0)["total"] == len(NAMES)
    unsorted = [row["uuid"] for row in query(stocked)["model_services"]]
    assert unsorted == sorted(unsorted)


def test_counting_reads_no_services(stocked: Platform) -> None:
    result = query(stocked, count_only=True)
    assert (result["total"], "model_services" in result) == (len(NAMES), False)
    [sent] = [entry["query"] for entry in stocked.sim.log() if entry["kind"] == "query"]
    assert sent == "count=true"


def test_fields_that_are_not_columns_can_be_returned(platform: Platform) -> None:
    platform.sim.seed([{"name": "chat", "modelServiceRefs": [{"modelUuid": constants.MODEL_UUID}]}])
    [row] = query(platform, fields=["model_uuids"])["model_services"]
    assert {key: row[key] for key in row if key != "uuid"} == {"name": "chat", "model_uuids": [constants.MODEL_UUID]}


def test_a_refused_query_does_not_mention_writing(platform: Platform) -> None:
    result = platform.run(MODULE, {"conditions": ["nam=x"], "sort_by": "colour"})
    assert result["msg"].startswith("2 errors:")
    assert "written" not in result["msg"]


def test_all_errors_are_reported_together_before_any_request(platform: Platform) -> None:
    params = {"conditions": ["nmae=a", "request_cpu=many"], "sort_by": "colour", "limit": -1, "start": -2}
    result = platform.run(MODULE, params)
    assert result.failed
    options = [error["option"] for error in result["failure"]["errors"]]
    assert options == ["conditions[0]", "conditions[1]", "sort_by", "limit", "start"]
    assert 'did you mean "name"?' in result["msg"]
    assert platform.sim.log() == []


def test_declared_services_have_the_fields_of_a_creation_and_none_of_the_platforms_own(platform: Platform) -> None:
    platform.sim.seed([{"name": "chat", "readme": "made by a clone", "size": 7, "pythonVersion": "3.10"}])
    [item] = query(platform, declared=True)["model_services"]
    assert set(item) <= {field.option for field in FIELDS if field.add and field.read}
    assert (item["name"], item["python_version"]) == ("chat", "3.10")


def test_a_declared_name_that_is_not_unique_comes_with_its_uuid(platform: Platform) -> None:
    uuids = platform.sim.seed([{"name": "twin"}, {"name": "twin"}, {"name": "single"}])
    for more in ({}, {"conditions": ["name=twin"]}, {"limit": 3}):
        declared = query(platform, declared=True, **more)["model_services"]
        assert sorted(item["uuid"] for item in declared if item["name"] == "twin") == sorted(uuids[:2])
        assert all("uuid" not in item for item in declared if item["name"] == "single")
    assert query(platform, declared=True, uuid=uuids[0])["model_services"][0]["uuid"] == uuids[0]
    assert platform.run("model_services", {"model_services": declared})["changed"] is False


def test_declarations_name_what_has_a_unique_name(platform: Platform) -> None:
    center, models = constants.MODEL_CENTER_UUID, [constants.MODEL_UUID]
    platform.sim.seed([{"name": "chat", "modelCenterUuid": center, "modelServiceRefs": [{"modelUuid": models[0]}]}])
    [plain] = query(platform, declared=True)["model_services"]
    assert (plain["model_center_uuid"], plain["model_uuids"]) == (center, models)
    before = platform.sim.stats()["requests"]
    [named] = query(platform, declared=True, declared_names=True)["model_services"]
    assert platform.sim.stats()["requests"] - before == 5, "login, services, centers, models, logout"
    assert named["model_center"] == constants.MODEL_CENTER_NAME
    assert len(named["models"]) == 1 and named["models"] != models
    assert not {"model_center_uuid", "model_uuids"} & named.keys()
    assert platform.run("model_services", {"model_services": [named]})["changed"] is False


def test_a_uuid_stays_where_several_things_have_its_name(platform: Platform) -> None:
    center, model = constants.AMBIGUOUS_MODEL_CENTER_UUIDS[0], constants.AMBIGUOUS_MODEL_UUIDS[0]
    bound = [{"modelUuid": uuid} for uuid in (constants.MODEL_UUID, model)]
    platform.sim.seed([{"name": "chat", "modelCenterUuid": center, "modelServiceRefs": bound}])
    [named] = query(platform, declared=True, declared_names=True)["model_services"]
    assert named["model_center_uuid"] == center
    assert sorted(named["models"]) == sorted([constants.MODEL_NAME, model])
    assert "model_uuids" not in named
    assert platform.run("model_services", {"model_services": [named]})["changed"] is False


def test_uuids_stay_where_the_account_may_not_read_the_names(platform: Platform) -> None:
    platform.sim.seed([{"name": "chat", "modelCenterUuid": constants.MODEL_CENTER_UUID}])
    platform.sim.faults([{"match": {"path_regex": "/v1/ai/model-centers", "times": 0}, "fault": DENIED}])
    result = query(platform, declared=True, declared_names=True)
    assert result["model_services"][0]["model_center_uuid"] == constants.MODEL_CENTER_UUID
    assert "model_center_uuid stays as it is, because the names cannot be read" in str(result["warnings"])


def test_a_value_that_cannot_be_declared_is_left_out_with_a_warning(platform: Platform) -> None:
    platform.sim.seed([{"name": "odd", "type": "Experimental"}])
    result = query(platform, declared=True)
    assert "type" not in result["model_services"][0]
    assert 'type of "odd" is left out' in str(result["warnings"])
    assert platform.run("model_services", {"model_services": result["model_services"]})["changed"] is False


def test_secrets_of_the_stored_environment_are_redacted(platform: Platform) -> None:
    notations = ["[HF_TOKEN:5up3r, LEVEL:1]", "{HF_TOKEN: 5up3r, LEVEL: 1}", "[{name: HF_TOKEN, value: 5up3r}]"]
    platform.sim.seed({"name": f"s{place}", "yaml": f"env: {env}"} for place, env in enumerate(notations))
    for params in ({}, {"declared": True}, {"fields": ["yaml"]}):
        assert "5up3r" not in str(query(platform, **params))
    assert "5up3r" not in str(platform.run("model_service", {"name": "s0", "description": "new"}, diff=True))


DENIED = {
    "status": {"code": 503, "body": json.dumps({"error": {"code": "ID.1002", "description": "Permission denied"}})}
}


@pytest.mark.parametrize(
    ("denied", "shown"),
    [
        ([], {constants.ZONE_UUID, constants.SECOND_ZONE_UUID, *constants.AMBIGUOUS_ZONE_UUIDS}),
        (["/v1/zones"], {constants.MANAGEMENT_NODE_UUID}),
        (["/v1/zones", "/v1/management-nodes"], set()),
    ],
)
def test_a_platform_is_identified_by_what_the_account_may_see(
    platform: Platform, denied: list[str], shown: set[str]
) -> None:
    platform.sim.faults([{"match": {"path_regex": path, "times": 0}, "fault": DENIED} for path in denied])
    result = query(platform, gather_platform=True, count_only=True)
    assert set(result["platform"]["uuids"]) == shown
    assert result["platform"]["address"] == platform.sim.url.removeprefix("http://")
    assert "platform" not in query(platform)
