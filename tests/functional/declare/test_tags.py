# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tags of every kind: with a new service, on an existing one, and where the platform does not offer them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Field
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import FIELDS
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.support import strategies

MODULE = "model_service"
TAGGED = tuple(field for field in FIELDS if field.read_apart)
every_kind = pytest.mark.parametrize("field", TAGGED, ids=lambda field: field.option)


def creatable(name: str, **more: Any) -> dict[str, Any]:
    """Return a declaration that can be created."""
    rows = {field.option: strategies.sample(field).value for field in FIELDS if field.add == "required"}
    return {**rows, "name": name, **more}


def tags(platform: Platform, field: Field, name: str) -> list[str]:
    """Return the tags of one kind on a service, those of patterns apart from those that are plain text."""
    found = platform.service(name)[field.wire]
    return sorted(tag for tag in found if field.relation != "user_tags" or tag not in strategies.KNOWN["pattern"])


@every_kind
def test_a_new_service_carries_its_tags_in_one_request(platform: Platform, field: Field) -> None:
    one, other = strategies.sample(field).value
    assert platform.run(MODULE, creatable("chat", **{field.option: [one]}))["action"] == "created"
    copied = platform.run(MODULE, {"name": "copy", "clone_from": "chat", field.option: [other]})
    assert copied["action"] == "cloned"
    assert platform.write_kinds() == ["add", "clone"]
    assert tags(platform, field, "chat") == [one]
    assert tags(platform, field, "copy") == [other]


@every_kind
def test_each_tag_is_one_write_and_the_rest_stays(platform: Platform, field: Field) -> None:
    one, other = strategies.sample(field).value
    others = [row for row in TAGGED if row is not field]
    rest = {row.option: strategies.sample(row).value[:1] for row in others}
    platform.run(MODULE, creatable("chat", **{field.option: [one]}, **rest))
    platform.run(MODULE, creatable("bystander", **{field.option: [one]}))
    platform.sim.clear_log()
    for declared, writes in (([one, other], 1), ([other, one], 0), ([other], 1), ([], 1), ([], 0), ([one, other], 2)):
        result = platform.run(MODULE, {"name": "chat", field.option: declared}, diff=True)
        assert (result["changed"], result["changed_fields"]) == (bool(writes), [field.option] if writes else [])
        assert platform.write_kinds() == ["tag"] * writes
        assert tags(platform, field, "chat") == sorted(declared)
        platform.sim.clear_log()
    for row in others:
        assert tags(platform, row, "chat") == rest[row.option]
    assert tags(platform, field, "bystander") == [one]


@every_kind
def test_check_mode_writes_no_tag_and_shows_which_are_added_and_removed(platform: Platform, field: Field) -> None:
    one, other = strategies.sample(field).value
    platform.run(MODULE, creatable("chat", **{field.option: [one]}))
    platform.sim.clear_log()
    plan = platform.run(MODULE, {"name": "chat", field.option: [other]}, check=True, diff=True)
    assert (plan["action"], plan["changed_fields"]) == ("updated", [field.option])
    assert one in plan["diff"]["before"]
    assert other in plan["diff"]["after"]
    assert platform.writes() == []
    assert tags(platform, field, "chat") == [one]


def test_tags_may_contain_any_character(platform: Platform) -> None:
    odd = ["owner::team a", "it's", "a=b", "50%", "推理", "a,b", "back\\slash"]
    defined = [f"team::{text.replace('::', ' ')}" for text in odd]
    platform.sim.seed([{"name": "chat"}])
    tags = {"user_tags": odd, "system_tags": defined}
    assert platform.run(MODULE, {"name": "chat", **tags})["action"] == "updated"
    platform.sim.clear_log()
    tags = {"user_tags": odd[::-1], "system_tags": defined}
    assert platform.run(MODULE, {"name": "chat", **tags})["action"] == "unchanged"
    assert platform.writes() == []


def test_tags_of_many_services_are_read_in_few_requests(platform: Platform) -> None:
    platform.sim.seed({"name": f"s{number}", "userTags": ["team-a"]} for number in range(400))
    items = [{"name": f"s{number}", "user_tags": ["team-a"]} for number in range(400)]
    assert platform.run("model_services", {"model_services": items})["changed"] is False
    assert platform.sim.stats()["kinds"]["lookup"] == 3


def test_a_tag_that_cannot_be_attached_is_reported_with_what_was_done(platform: Platform) -> None:
    platform.sim.seed([{"name": "chat"}])
    known, unknown = strategies.known_uuids(next(row for row in TAGGED if row.relation == "tag_patterns"))[0], "e" * 32
    result = platform.run(MODULE, {"name": "chat", "request_cpu": 9, "tag_uuids": [known, unknown]})
    assert (result.failed, result["changed"]) == (True, True)
    assert unknown in result["msg"]
    assert "request_cpu" in result["changed_fields"]
    assert platform.service("chat")["tagUuids"] == [known]


@every_kind
def test_on_a_platform_without_tags_only_new_services_get_them(
    platform_with: Callable[..., Platform], field: Field
) -> None:
    platform = platform_with(features="no-tags")
    [one, _other] = strategies.sample(field).value
    made = platform.run(MODULE, creatable("chat", **{field.option: [one]}))
    assert made["action"] == "created", made.get("msg")
    assert tags(platform, field, "chat") == [one]
    platform.sim.clear_log()
    result = platform.run(MODULE, {"name": "chat", "request_cpu": 9, field.option: []})
    assert result["failure"]["code"] == "tags_not_offered"
    assert "this platform does not have" in result["msg"]
    assert "remove the option" in result["msg"]
    assert platform.writes() == []


def test_a_tag_that_the_platform_ignores_is_an_error(platform: Platform) -> None:
    platform.run(MODULE, creatable("chat"))
    nothing = {"status": {"code": 200, "body": json.dumps({"inventory": {}})}}
    platform.sim.faults([{"match": {"kind": "tag", "times": 0}, "fault": nothing}])
    result = platform.run(MODULE, {"name": "chat", "user_tags": ["team-a"]})
    assert result.failed
    assert "reported success but ignored user_tags" in result["msg"]


def test_a_user_tag_in_another_case_replaces_the_old_one(platform: Platform) -> None:
    """A platform takes both for one tag (platform.tag_unique), so the old one has to go first."""
    platform.sim.seed([{"name": "chat", "userTags": ["prod", "équipe", "kept"]}])
    declared = {"name": "chat", "user_tags": ["Prod", "equipe", "kept", "new"]}
    result = platform.run(MODULE, declared)
    assert result["action"] == "updated", result["msg"]
    assert sorted(platform.service("chat")["userTags"]) == ["Prod", "equipe", "kept", "new"]
    platform.sim.clear_log()
    assert platform.run(MODULE, declared)["action"] == "unchanged"
    assert platform.writes() == []


def test_a_system_tag_without_a_definition_fails_a_creation_as_a_whole(platform: Platform) -> None:
    """The platform takes defined system tags only (platform.tag_definitions)."""
    items = [creatable("chat", system_tags=["nobody::defined"]), creatable("other", system_tags=["team::a"])]
    result = platform.run("model_services", {"model_services": items})
    assert [(row["name"], row["action"]) for row in result["results"]] == [("chat", "failed"), ("other", "created")]
    assert "SYS.1007" in result["msg"]
    assert "nobody::defined" in result["msg"]
    assert [row["name"] for row in platform.sim.services()] == ["other"]
    result = platform.run(MODULE, {"name": "other", "system_tags": ["team::a", "nobody::defined"], "request_cpu": 9})
    assert (result.failed, result["changed"], "request_cpu" in result["changed_fields"]) == (True, True, True)
    assert "nobody::defined" in result["msg"]


TAGGED_SERVICES = [
    {"name": "plain"},
    {"name": "user", "userTags": ["50%sales"]},
    {"name": "system", "systemTags": ["team::a"]},
    {"name": "pattern", "tagUuids": [strategies.known_uuids(TAGGED[0])[0]]},
]


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("__userTag__ is null", ["plain", "system"]),
        ("__systemTag__ is null", ["pattern", "plain", "user"]),
        ("__tagUuid__ is null", ["plain", "system", "user"]),
        ("__userTag__ not null", ["pattern", "user"]),
        ("__userTag__=50%sales", ["user"]),
        ("__userTag__~=%sales%", ["user"]),
        ("__userTag__~=%Sales%", []),
        ("__userTag__?=50%sales,other", ["user"]),
    ],
)
def test_conditions_on_tags_that_the_platform_cannot_take_are_met_all_the_same(
    platform: Platform, condition: str, names: list[str]
) -> None:
    """Rule platform.tag_conditions."""
    platform.sim.seed(TAGGED_SERVICES)
    params = {"conditions": [condition], "sort_by": "name"}
    found = platform.run("model_service_info", params)
    assert not found.failed, found["msg"]
    assert [row["name"] for row in found["model_services"]] == names
    assert platform.run("model_service_info", {**params, "count_only": True})["total"] == len(names)
    limited = platform.run("model_service_info", {**params, "limit": 1})
    assert [row["name"] for row in limited["model_services"]] == names[:1]


def test_untagged_services_can_be_pruned(platform: Platform) -> None:
    platform.sim.seed(TAGGED_SERVICES)
    params = {"model_services": [], "prune": True, "prune_allow_empty": True, "prune_limit": "2"}
    result = platform.run("model_services", {**params, "prune_conditions": ["__userTag__ is null"]})
    assert not result.failed, result["msg"]
    assert [row["name"] for row in platform.sim.services()] == ["user", "pattern"]


def test_inherent_tags_are_not_compared(platform: Platform) -> None:
    platform.run(MODULE, creatable("chat", system_tags=["team::a"]))
    service = platform.service("chat")["uuid"]
    rows = [
        {"uuid": "a" * 32, "resourceUuid": service, "tag": "team::a", "inherent": False},
        {"uuid": "b" * 32, "resourceUuid": service, "tag": "internal::b", "inherent": True},
    ]
    response = {"wrong_shape": {"body": {"inventories": rows, "total": 2}}}
    platform.sim.faults([{"match": {"method": "GET", "path_regex": "system-tags", "times": 0}, "fault": response}])
    platform.sim.clear_log()
    assert platform.run(MODULE, {"name": "chat", "system_tags": ["team::a"]})["action"] == "unchanged"
    assert platform.writes() == []
