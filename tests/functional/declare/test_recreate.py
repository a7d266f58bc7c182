# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service whose fixed fields change is replaced: a new one like it first, and never a deletion without it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._model.identity import derived_uuids, replacement_uuids
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import FIELDS, MODEL_SERVICE
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.simulator import constants
from ansible_collections.zstack.aios.tests.support import strategies
from ansible_collections.zstack.aios.tests.support.declarations import service, services, stored
from ansible_collections.zstack.aios.tests.support.harness import Result
from ansible_collections.zstack.aios.tests.support.samples import rule
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

OLD = "90d425a802ff44eeb530f21587633701"
NEW = next(replacement_uuids(OLD))
MOVED = {**service("chat"), "install_path": "/models/other"}
CENTER = {"model_center_uuid": constants.SECOND_MODEL_CENTER_UUID}
#: What the platform does not show, of a service that has none of it.
SHOWN_NOWHERE: dict[str, Any] = {
    "zone_uuid": constants.ZONE_UUID,
    "startup_parameters": {},
    "inference_params": {},
    "service_install_path": "",
    "service_start_command": "",
}
KEPT: dict[str, Any] = {"description": "kept", "framework": "vLLM", "readme": "long", "size": 7}
FAILED = {"job_error": {"code": "SYS.1007"}}


def apply(platform: Platform, *items: dict[str, Any], check: bool = False, **params: Any) -> Result:
    """Apply a declaration that replaces services."""
    params = {"on_fixed_change": "recreate", **params}
    return platform.run("model_services", {"model_services": list(items), **params}, check=check, diff=True)


def seed(platform: Platform, **more: Any) -> None:
    """Store the service, with fields in the platform's words."""
    platform.sim.seed([stored(service("chat"), **{"uuid": OLD, **more})])


def kinds(platform: Platform) -> list[str]:
    """Return the writes since the last look, in order."""
    return platform.write_kinds()


@pytest.fixture
def seeded(platform: Platform) -> Platform:
    """A platform with the service."""
    seed(platform, **KEPT, userTags=["a", "b"])
    return platform


def test_a_new_service_takes_the_place_of_the_old_one(seeded: Platform) -> None:
    before = seeded.service("chat")
    result = apply(seeded, MOVED)
    assert result["msg"] == "1 replaced."
    [row] = result["results"]
    changed = ["install_path"]
    assert row == {
        "name": "chat", "action": "replaced", "uuid": NEW, "replaced_uuid": OLD, "changed_fields": changed
    }  # fmt: skip
    assert (result["summary"]["replaced"], result["uuids"]) == (1, {"chat": NEW})
    after = seeded.service("chat")
    after["userTags"].sort()
    assert (after["uuid"], after["installPath"]) == (NEW, "/models/other")
    own = ("uuid", "installPath", "createDate", "lastOpDate")
    assert {k: v for k, v in after.items() if k not in own} == {k: v for k, v in before.items() if k not in own}
    assert kinds(seeded) == ["clone", "delete"]
    assert apply(seeded, MOVED)["msg"] == "1 unchanged."


def test_the_plan_shows_it_and_writes_nothing(seeded: Platform) -> None:
    plan = apply(seeded, MOVED, check=True)
    assert plan["msg"] == "1 to be replaced."
    assert plan["results"] == [{"name": "chat", "action": "replaced", "uuid": OLD, "changed_fields": ["install_path"]}]
    assert plan["uuids"] == {"chat": OLD}
    assert plan["diff"][0]["before"] == f"uuid: {OLD}\ninstall_path: /models/chat\n"
    assert plan["diff"][0]["after"] == f"uuid: {NEW}\ninstall_path: /models/other\n"
    assert plan["overview"] == [
        f"1/1 to replace: chat: uuid {OLD} -> {NEW}; install_path /models/chat -> /models/other"
    ]
    assert seeded.writes() == []
    assert apply(seeded, MOVED, plan_digest=plan["plan_digest"])["msg"] == "1 replaced."


def test_a_plan_is_bound_to_the_replacement(seeded: Platform) -> None:
    plain = apply(seeded, {**MOVED, "install_path": "/models/chat", "request_cpu": 9}, check=True)
    result = apply(seeded, {**MOVED, "request_cpu": 9}, plan_digest=plain["plan_digest"])
    assert result["failure"]["code"] == "plan_changed"
    assert '1 to be replaced ("chat")' in result["msg"]
    assert seeded.writes() == []


@pytest.mark.parametrize(
    ("params", "item"),
    [
        ({"on_fixed_change": "refuse"}, {}),
        ({}, {"on_fixed_change": "refuse"}),
        ({"on_fixed_change": "recreate"}, {"on_fixed_change": "refuse"}),
        ({"on_fixed_change": "recreate"}, {"on_fixed_change": None}),
    ],
)
def test_without_recreate_another_value_is_refused(
    seeded: Platform, params: dict[str, Any], item: dict[str, Any]
) -> None:
    result = seeded.run("model_services", {"model_services": [{**MOVED, **item}], **params})
    assert result.failed
    assert "install_path: it cannot be changed once the service exists" in result["msg"]
    assert "set on_fixed_change to recreate" in result["msg"]
    assert seeded.writes() == []


@pytest.mark.parametrize("params", [{}, {"defaults": {"on_fixed_change": "recreate"}}])
def test_a_service_can_say_it_for_itself(seeded: Platform, params: dict[str, Any]) -> None:
    item = MOVED if params else {**MOVED, "on_fixed_change": "recreate"}
    assert seeded.run("model_services", {"model_services": [item], **params})["msg"] == "1 replaced."


@pytest.mark.parametrize("check", [True, False])
def test_the_module_of_one_service_replaces_it(seeded: Platform, check: bool) -> None:
    result = seeded.run("model_service", {**MOVED, "on_fixed_change": "recreate"}, check=check, diff=True)
    assert (result["action"], result["changed_fields"], result["changed"]) == ("replaced", ["install_path"], True)
    assert result["model_service"]["uuid"] == NEW
    assert result["model_service"]["install_path"] == "/models/other"
    assert seeded.service("chat")["uuid"] == (OLD if check else NEW)


def test_a_change_of_what_can_be_changed_is_an_update(seeded: Platform) -> None:
    assert apply(seeded, {**service("chat"), "request_cpu": 9})["msg"] == "1 updated."
    assert seeded.service("chat")["uuid"] == OLD


def test_other_changes_come_with_the_replacement(seeded: Platform) -> None:
    item = {
        **MOVED,
        "request_cpu": 9,
        "user_tags": ["b", "c"],
        "models": [constants.MODEL_NAME],
        "environment_parameters": {"A": "1"},
        "startup_parameters": {"B": "2"},
    }
    result = apply(seeded, item)
    assert result["msg"] == "1 replaced.", result
    assert result["results"][0]["changed_fields"] == [
        "request_cpu", "install_path", "model_uuids", "environment_parameters", "startup_parameters", "user_tags"
    ]  # fmt: skip
    after = seeded.service("chat")
    assert (after["requestCpu"], after["startupParameters"]) == (9, {"B": "2"})
    assert "A:1" in after["yaml"]
    assert [ref["modelUuid"] for ref in after["modelServiceRefs"]] == [constants.MODEL_UUID]
    assert {"b", "c"} < set(after["userTags"])
    assert "a" not in after["userTags"]
    assert apply(seeded, item)["msg"] == "1 unchanged."


def test_models_and_system_tags_are_taken_over(platform: Platform) -> None:
    seed(platform, modelServiceRefs=[{"modelUuid": constants.MODEL_UUID}], systemTags=["team::x"])
    apply(platform, MOVED)
    after = platform.service("chat")
    assert [ref["modelUuid"] for ref in after["modelServiceRefs"]] == [constants.MODEL_UUID]
    assert after["systemTags"] == ["team::x"]


def test_the_model_center_changes_with_a_new_service(platform: Platform) -> None:
    seed(platform, description="kept", userTags=["a"], pythonVersion="3.10")
    item = {**service("chat"), **CENTER, **SHOWN_NOWHERE}
    assert apply(platform, item)["msg"] == "1 replaced."
    after = platform.service("chat")
    assert (after["uuid"], after["modelCenterUuid"]) == (NEW, constants.SECOND_MODEL_CENTER_UUID)
    assert (after["description"], after["pythonVersion"]) == ("kept", "3.10")
    assert "a" in after["userTags"]
    assert kinds(platform)[0] == "add"
    assert apply(platform, item)["msg"] == "1 unchanged."


def test_only_a_name_and_what_changes_need_to_be_declared(seeded: Platform) -> None:
    assert apply(seeded, {"name": "chat", "conda_version": "23.7"})["msg"] == "1 replaced."
    after = seeded.service("chat")
    assert (after["condaVersion"], after["installPath"], after["readme"]) == ("23.7", "/models/chat", "long")


def held(row: dict[str, Any]) -> dict[str, Any]:
    """Return what a service has, but for what is its own, with what is empty left out."""
    own = (
        "uuid",
        "installPath",
        "modelCenterUuid",
        "createDate",
        "lastOpDate",
        "modelServiceImages",
        "modelServiceRefs",
    )
    images = MODEL_SERVICE.by_option["architecture_images"].type
    related: dict[str, Any] = {
        "images": images.canonical(images.decode(row["modelServiceImages"])),
        "models": sorted(ref["modelUuid"] for ref in row["modelServiceRefs"]),
        "tags": sorted(tag for tag in row["userTags"] if not tag.startswith("zstack.aios:")),
        "zone": "",  # declared where it can be
    }
    kept = {key: value for key, value in row.items() if key not in (*own, "userTags", "zoneUuid")}
    return {key: value for key, value in {**kept, **related}.items() if value not in (None, "", [], {}, False, 0)}


@settings(
    max_examples=25,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(strategies.inventories(), st.booleans())
def test_whatever_a_service_has_its_replacement_has(platform: Platform, inventory: dict[str, Any], moved: bool) -> None:
    platform.sim.reset()
    clone_only = {field.wire for field in FIELDS if field.clone and not field.add} if moved else set()
    row = {key: value for key, value in json.loads(json.dumps(inventory)).items() if key not in clone_only}
    platform.sim.seed(
        [{**stored(service("any")), "userTags": ["one"], **row, "modelCenterUuid": constants.MODEL_CENTER_UUID}]
    )
    [before] = platform.sim.services()
    fixed = {**CENTER, **SHOWN_NOWHERE} if moved else {"install_path": "/models/other"}
    result = apply(platform, {"name": before["name"], **fixed})
    if moved and result.failed:  # a yaml that is none cannot be declared
        assert "only a clone can take over its" in result["msg"]
        assert platform.sim.services() == [before]
        return
    assert result["msg"] == "1 replaced.", result
    [after] = platform.sim.services()
    assert after["uuid"] == next(replacement_uuids(before["uuid"]))
    assert held(after) == held(before)


# Refused


def refused(platform: Platform, result: Result, *texts: str) -> None:
    """Check that a run wrote nothing, and said why."""
    assert result.failed
    for text in texts:
        assert text in result["msg"]
    assert "Nothing was written." in result["msg"]
    assert platform.writes() == []
    assert [row["uuid"] for row in platform.sim.services()] == [OLD]


@pytest.mark.parametrize("check", [True, False])
def test_a_protected_service_is_not_replaced(platform: Platform, check: bool) -> None:
    seed(platform, userTags=["zstack.aios:protected"])
    refused(platform, apply(platform, MOVED, check=check), "on_fixed_change:", "it is protected; set protected: false")
    declared = apply(platform, {**MOVED, "protected": True}, check=check)
    refused(platform, declared, "it is protected")


def test_a_service_is_replaced_once_its_protection_is_declared_off(platform: Platform) -> None:
    seed(platform, userTags=["zstack.aios:protected", "a"])
    assert apply(platform, {**MOVED, "protected": False})["msg"] == "1 replaced."
    assert platform.service("chat")["userTags"] == ["a"]


@pytest.mark.parametrize("check", [True, False])
def test_a_deployed_service_is_not_replaced(seeded: Platform, check: bool) -> None:
    groups = seeded.sim.seed_groups([{"name": "g", "modelServiceUuid": OLD}])
    refused(seeded, apply(seeded, MOVED, check=check), f'on_fixed_change: the service is deployed: "g" ({groups[0]})')


def test_groups_of_other_services_do_not_matter(seeded: Platform) -> None:
    seeded.sim.seed_groups([{"name": "g", "modelServiceUuid": OLD[::-1]}])
    assert apply(seeded, MOVED)["msg"] == "1 replaced."


def test_what_cannot_be_looked_up_is_not_replaced(platform_with: Callable[..., Platform]) -> None:
    platform = platform_with(features="no-tags")
    seed(platform)
    refused(platform, apply(platform, MOVED), "its tags cannot be read")


def test_what_was_sent_and_is_not_shown_has_to_be_declared(platform: Platform) -> None:
    first = platform.run("model_service", {**service("chat"), "startup_parameters": {"A": "1"}})
    uuid = first["model_service"]["uuid"]
    platform.sim.clear_log()
    result = apply(platform, MOVED)
    assert "the platform does not show its startup_parameters, which would be lost; declare" in result["msg"]
    assert platform.writes() == []
    assert apply(platform, {**MOVED, "startup_parameters": {"A": "1"}})["msg"] == "1 replaced."
    after = platform.service("chat")
    assert (after["uuid"], after["startupParameters"]) == (next(replacement_uuids(uuid)), {"A": "1"})


def test_a_new_service_in_another_model_center_needs_what_is_not_shown(platform: Platform) -> None:
    seed(platform)
    result = apply(platform, {**service("chat"), **CENTER})
    hidden = "zone, startup_parameters, inference_params, service_install_path, service_start_command"
    refused(platform, result, f"the platform does not show its {hidden}, which would be lost")


def test_what_only_a_clone_can_take_over_is_not_lost(seeded: Platform) -> None:
    result = apply(seeded, {**service("chat"), **CENTER, **SHOWN_NOWHERE})
    refused(seeded, result, "only a clone can take over its readme, size")


def test_a_service_that_is_declared_by_its_uuid_is_not_replaced(seeded: Platform) -> None:
    refused(seeded, apply(seeded, {**MOVED, "uuid": OLD}), "declared with uuid; declare it with its name only")
    refused(seeded, apply(seeded, {**MOVED, "resource_uuid": OLD}), "remove resource_uuid")


@pytest.mark.parametrize(("limit", "allowed"), [("10", 10), ("20%", 4), ("0", 0), ("5", 5)])
def test_no_more_than_the_limit_are_replaced(platform: Platform, limit: str, allowed: int) -> None:
    declared = services(20, "chat")
    platform.sim.seed([stored(one) for one in declared])

    def moved(count: int) -> Result:
        items = [{**one, "install_path": "/new"} if n < count else one for n, one in enumerate(declared)]
        return apply(platform, *items, recreate_limit=limit)

    result = moved(allowed + 1)
    assert result["failure"]["code"] == "recreate_limit"
    assert f"recreate_limit {limit} allows {allowed}" in result["msg"]
    assert platform.writes() == []
    expected = f"{allowed} replaced, {20 - allowed} unchanged." if allowed else "20 unchanged."
    assert moved(allowed)["msg"] == expected


# Nothing lost


def test_nothing_is_deleted_when_the_new_service_cannot_be_made(seeded: Platform) -> None:
    seeded.sim.faults([rule("clone", FAILED)])
    result = apply(seeded, MOVED)
    assert (result["results"][0]["action"], result["changed"]) == ("failed", False)
    assert result["results"][0]["uuid"] == OLD
    assert seeded.service("chat")["uuid"] == OLD


@pytest.mark.parametrize("features", ["clone-ignore-field:installPath", "clone-ignore-field:description"])
def test_nothing_is_deleted_unless_the_new_service_is_as_declared(
    platform_with: Callable[..., Platform], features: str
) -> None:
    platform = platform_with(features=features)
    seed(platform, description="before")
    item = {**MOVED, "description": "after"}
    result = apply(platform, item)
    if "description" in features:  # an update can complete it
        assert result["msg"] == "1 replaced."
        assert platform.service("chat")["description"] == "after"
        return
    [row] = result["results"]
    assert (row["action"], row["uuid"], row["replaced_uuid"]) == ("replaced", NEW, OLD)
    assert f"the new service is {NEW}, the old one {OLD}" in row["error"]
    assert {one["uuid"] for one in platform.sim.services()} == {OLD, NEW}
    assert "delete" not in kinds(platform)
    again = apply(platform, item)
    assert (
        f"{NEW} was created to replace {OLD} by a run that did not end, and has other values of install_path"
        in (again["msg"])
    )


def test_nothing_is_deleted_while_the_new_service_lacks_what_is_not_declared(seeded: Platform) -> None:
    seeded.sim.seed([stored(MOVED, uuid=NEW)])
    result = apply(seeded, MOVED)
    assert "the new service has other values of description, readme, size, framework" in result["results"][0]["error"]
    assert kinds(seeded) == ["tag", "tag"]  # the tags are taken over, which an update can do
    assert {row["uuid"] for row in seeded.sim.services()} == {OLD, NEW}


def test_nothing_is_deleted_when_a_creation_does_not_take_over_a_value(platform_with: Callable[..., Platform]) -> None:
    platform = platform_with(features="add-ignore-field:condaVersion")
    seed(platform, condaVersion="23.7")
    result = apply(platform, {**service("chat"), **CENTER, **SHOWN_NOWHERE})
    assert "ignored conda_version" in result["results"][0]["error"]
    assert {row["uuid"] for row in platform.sim.services()} == {OLD, NEW}


def test_a_run_that_ended_before_the_deletion_is_completed(seeded: Platform) -> None:
    seeded.sim.faults([rule("delete", FAILED)])
    result = apply(seeded, MOVED)
    [row] = result["results"]
    assert (row["action"], row["uuid"], row["replaced_uuid"]) == ("replaced", NEW, OLD)
    assert f"The replacement is not complete: the new service is {NEW}, the old one {OLD}" in row["error"]
    assert {one["uuid"] for one in seeded.sim.services()} == {OLD, NEW}
    seeded.sim.clear_faults()
    plan = apply(seeded, MOVED, check=True)
    assert (plan["msg"], plan["results"][0]["uuid"]) == ("1 to be replaced.", OLD)
    refusing = seeded.run("model_services", {"model_services": [MOVED]})
    assert f"{NEW} was created to replace {OLD} by a run that did not end; set on_fixed_change" in refusing["msg"]
    seeded.sim.clear_log()
    assert apply(seeded, MOVED)["msg"] == "1 replaced."
    assert kinds(seeded) == ["delete"]
    assert seeded.service("chat")["uuid"] == NEW
    assert apply(seeded, MOVED)["msg"] == "1 unchanged."


def test_what_is_missing_in_the_new_service_is_completed_before_the_deletion(seeded: Platform) -> None:
    item = {**MOVED, "startup_parameters": {"A": "1"}, "description": "new", "models": [constants.MODEL_NAME]}
    seeded.sim.faults([rule("update", FAILED)])
    assert apply(seeded, item).failed
    seeded.sim.clear_faults()
    seeded.sim.clear_log()
    assert apply(seeded, item)["msg"] == "1 replaced."
    after = seeded.service("chat")
    assert (after["uuid"], after["startupParameters"], after["description"]) == (NEW, {"A": "1"}, "new")
    assert [ref["modelUuid"] for ref in after["modelServiceRefs"]] == [constants.MODEL_UUID]
    assert kinds(seeded)[-1] == "delete"


def test_the_module_of_one_service_completes_it_too(seeded: Platform) -> None:
    seeded.sim.faults([rule("delete", FAILED)])
    item = {**MOVED, "on_fixed_change": "recreate"}
    assert seeded.run("model_service", item).failed
    seeded.sim.clear_faults()
    result = seeded.run("model_service", item)
    assert (result["action"], result["model_service"]["uuid"]) == ("replaced", NEW)
    assert seeded.service("chat")["uuid"] == NEW


def test_other_services_of_the_name_are_not_taken_for_a_replacement(seeded: Platform) -> None:
    other = next(derived_uuids("chat"))
    seeded.sim.seed([stored(service("chat"), uuid=other)])
    result = apply(seeded, MOVED)
    assert f"2 services have this name: {OLD}, {other}" in result["msg"] or other in result["msg"]
    assert seeded.writes() == []


def test_a_replacement_that_is_also_declared_to_be_absent_is_refused(seeded: Platform) -> None:
    seeded.sim.seed([stored(MOVED, uuid=NEW)])
    for uuid in (OLD, NEW):
        result = apply(seeded, MOVED, {"uuid": uuid, "state": "absent"})
        assert f"it declares the same service ({uuid}) as" in result["msg"]
    assert seeded.writes() == []


def test_a_replacement_is_not_pruned_and_neither_is_what_it_replaces(seeded: Platform) -> None:
    seeded.sim.seed([stored(service("chat-2")), stored(MOVED, uuid=NEW, **KEPT)])
    prune = {"prune": True, "prune_conditions": ["name~=chat%"]}
    plan = apply(seeded, MOVED, check=True, **prune)
    assert plan["msg"] == "1 to be replaced, 1 to be deleted."
    assert [row["name"] for row in plan["results"]] == ["chat", "chat-2"]
    assert apply(seeded, MOVED, **prune)["msg"] == "1 replaced, 1 deleted."
    assert [row["uuid"] for row in seeded.sim.services()] == [NEW]


def test_a_uuid_that_the_platform_has_given_away_is_passed_over(
    platform_with: Callable[..., Platform],
) -> None:
    platform = platform_with(features="remember-deleted")
    seed(platform)
    platform.sim.seed([stored(service("any"), uuid=NEW)])
    platform.run("model_services", {"model_services": [{"name": "any", "state": "absent"}]})
    second = next(itertools.islice(replacement_uuids(OLD), 1, None))
    platform.sim.faults([rule("delete", FAILED)])
    assert apply(platform, MOVED)["results"][0]["uuid"] == second
    platform.sim.clear_faults()
    assert apply(platform, MOVED)["msg"] == "1 replaced."
    assert platform.service("chat")["uuid"] == second


def test_a_lost_response_does_not_double_the_service(seeded: Platform) -> None:
    seeded.sim.faults([rule("clone", "close_after"), rule("delete", "close_after")])
    assert apply(seeded, MOVED)["msg"] == "1 replaced."
    assert seeded.service("chat")["uuid"] == NEW


# With other options


def test_a_service_is_renamed_and_replaced_at_once(seeded: Platform) -> None:
    item = {**MOVED, "name": "talk", "previous_names": ["chat"]}
    seeded.sim.faults([rule("delete", FAILED)])
    assert apply(seeded, item).failed
    assert {row["name"] for row in seeded.sim.services()} == {"chat", "talk"}
    seeded.sim.clear_faults()
    result = apply(seeded, item)
    assert result["results"][0]["changed_fields"] == ["name", "install_path"]
    assert [(row["name"], row["uuid"]) for row in seeded.sim.services()] == [("talk", NEW)]
    assert apply(seeded, item)["msg"] == "1 unchanged."


@pytest.mark.parametrize("source", ["chat", OLD])
def test_a_clone_is_made_before_its_source_is_replaced(seeded: Platform, source: str) -> None:
    result = apply(seeded, MOVED, {"name": "copy", "clone_from": source})
    assert result["msg"] == "1 cloned, 1 replaced."
    assert kinds(seeded) == ["clone", "clone", "delete"]
    assert seeded.service("copy")["installPath"] == "/models/chat"


def test_a_source_is_not_replaced_when_its_clone_failed(seeded: Platform) -> None:
    seeded.sim.faults([rule("clone", FAILED, times=1)])
    result = apply(seeded, MOVED, {"name": "copy", "clone_from": OLD})
    assert result["summary"]["not_attempted"] == 1
    assert seeded.service("chat")["uuid"] == OLD


def test_a_clone_of_a_service_whose_replacement_is_not_complete(seeded: Platform) -> None:
    seeded.sim.seed([stored(MOVED, uuid=NEW, **KEPT)])
    result = apply(seeded, MOVED, {"name": "copy", "clone_from": "chat"})
    assert result["msg"] == "1 cloned, 1 replaced.", result


def test_a_replacement_is_undone(seeded: Platform, tmp_path: Path) -> None:
    seed(seeded, uuid=f"{OLD[:-1]}9", name="talk")
    undo = tmp_path / "undo.yml"
    before = {row["name"]: row for row in seeded.sim.services()}
    moved = {"name": "talk", "install_path": "/new", "user_tags": ["n"], "framework": "vLLM"}
    assert apply(seeded, moved, undo_path=str(undo))["msg"] == "1 replaced."
    undone = seeded.run("model_services", {"src": [str(undo)]})
    assert undone["msg"] == "1 created, 1 deleted.", undone
    after = {row["name"]: row for row in seeded.sim.services()}
    volatile = {"createDate", "lastOpDate"}
    for name in ("chat", "talk"):
        assert {k: v for k, v in after[name].items() if k not in volatile and v} == {
            k: v for k, v in before[name].items() if k not in volatile and v
        }
    assert not seeded.run("model_services", {"src": [str(undo)]})["changed"]
    assert apply(seeded, moved)["msg"] == "1 replaced."


def test_an_undo_file_of_a_run_that_failed_brings_the_old_service_back(seeded: Platform, tmp_path: Path) -> None:
    undo = tmp_path / "undo.yml"
    seeded.sim.faults([rule("delete", FAILED)])
    assert apply(seeded, MOVED, undo_path=str(undo)).failed
    seeded.sim.clear_faults()
    assert seeded.run("model_services", {"src": [str(undo)]})["msg"] == "1 deleted, 1 unchanged."
    assert seeded.service("chat")["uuid"] == OLD


@pytest.mark.parametrize("suffix", ["md", "html", "json"])
def test_a_report_tells_both_uuids(seeded: Platform, tmp_path: Path, suffix: str) -> None:
    report = tmp_path / f"report.{suffix}"
    apply(seeded, MOVED, report_path=[str(report)])
    text = report.read_text(encoding="utf-8")
    for word in (OLD, NEW, "replaced", "/models/chat", "/models/other"):
        assert word in text
    if suffix == "json":
        [row] = json.loads(text)["rows"]
        assert (row["action"], row["uuid"]) == ("replaced", NEW)


def test_nothing_more_is_asked_where_nothing_is_replaced(seeded: Platform) -> None:
    apply(seeded, service("chat"), service("new"))
    paths = {entry["path"] for entry in seeded.sim.log()}
    assert not any("user-tags" in path or "instances" in path for path in paths)
