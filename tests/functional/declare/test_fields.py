# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every row of the table of fields: sent where the platform takes it, compared, changed alone, refused, predicted.

All tests are over the table with values derived from the types, so that a new row is tested by itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._model.field_types import Parameters
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Field
from ansible_collections.zstack.aios.plugins.module_utils._model.fingerprints import is_fingerprints
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import FIELDS, MODEL_SERVICE
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.support import strategies
from ansible_collections.zstack.aios.tests.support.harness import Result

MODULE = "model_service"
#: ``resource_uuid`` says which uuid a new service gets and is tested with identity.
TABLE = [field for field in FIELDS if field.option != "resource_uuid"]
REQUIRED = [field for field in TABLE if field.add == "required"]
CHANGEABLE = [field for field in TABLE if field.update or field.relation]
FIXED = [field for field in TABLE if field.create_only and field.read]
UNSEEN = [field for field in TABLE if field.update_only and not field.shown_at]
SHOWN_IN_YAML = [field for field in TABLE if field.shown_at]
PARAMETERS = [field for field in TABLE if isinstance(field.type, Parameters)]


def over(fields: list[Field]) -> pytest.MarkDecorator:
    """Return the parametrisation over some rows."""
    return pytest.mark.parametrize("field", fields, ids=lambda field: field.option)


def creatable(**more: Any) -> dict[str, Any]:
    """Return what a creation needs, and more."""
    return {**{field.option: strategies.sample(field).value for field in REQUIRED}, **more}


def sent(platform: Platform) -> list[tuple[str, dict[str, Any]]]:
    """Return every write: its kind, and what it carried inside and beside the envelope."""
    found = []
    for entry in platform.writes():
        body = dict(entry["body"] or {})
        envelope = next((name for name in ("param", "params", "updateModelService") if name in body), None)
        found.append((entry["kind"], {**body.pop(envelope, {}), **body} if envelope else body))
    return found


@pytest.fixture(scope="session")
def full_record(simulators: Callable[..., Any]) -> dict[str, Any]:
    """A service with a value in every field, as the platform stores it."""
    platform = Platform(simulators())
    platform.sim.reset()
    all_at_creation = {field.option: strategies.sample(field).value for field in TABLE if field.add or field.update}
    made = platform.run(MODULE, {**all_at_creation, "name": "source"})
    assert made["action"] == "created", made.get("msg")
    rest = {field.option: strategies.sample(field).value for field in TABLE if not field.add}
    cloned = platform.run(
        MODULE, {**rest, "name": strategies.sample(MODEL_SERVICE.by_option["name"]).value, "clone_from": "source"}
    )
    assert cloned["action"] == "cloned", cloned.get("msg")
    for field in TABLE:
        if field.relation:
            option = {field.option: strategies.sample(field).value}
            assert not platform.run(MODULE, {"uuid": cloned["model_service"]["uuid"], **option}).failed
    [record] = [row for row in platform.sim.services() if row["name"] != "source"]
    return {**record, "userTags": [tag for tag in record["userTags"] if tag not in strategies.KNOWN["pattern"]]}


@pytest.fixture
def full(platform: Platform, full_record: dict[str, Any]) -> str:
    """The uuid of the only service on the platform; it has a value in every field."""
    platform.sim.seed([full_record])
    return str(full_record["uuid"])


def own_tags(record: dict[str, Any]) -> list[str]:
    """Return the user tags that are not there because a pattern is attached, or to hold fingerprints."""
    return [tag for tag in record["userTags"] if tag not in strategies.KNOWN["pattern"] and not is_fingerprints(tag)]


def stored(platform: Platform, uuid: str) -> dict[str, Any]:
    """Return everything that is stored of a service but the date of its last change and what is new in each response."""
    record = next(row for row in platform.sim.services() if row["uuid"] == uuid)
    images = [
        {k: v for k, v in image.items() if k[-4:] not in ("uuid", "Date")} for image in record["modelServiceImages"]
    ]
    return {**record, "modelServiceImages": images, "lastOpDate": None, "userTags": own_tags(record)}


def fingerprints(writes: list[tuple[str, Any]]) -> list[str]:
    """Return the tags among some writes that hold fingerprints."""
    return [body["tag"] for kind, body in writes if kind == "tag" and is_fingerprints(body["tag"])]


def changed_keys(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """Return the keys whose values differ."""
    return {key for key in {*before, *after} if before.get(key) != after.get(key)}


# Sent


@over(TABLE)
def test_a_creation_sends_the_field_where_the_platform_takes_it_and_nothing_else(
    platform: Platform, field: Field
) -> None:
    sample = strategies.sample(field)
    result = platform.run(MODULE, creatable(**{field.option: sample.value}))
    if not field.add and not field.update:
        assert result.failed
        assert f"{field.option}: only a clone can set it" in result["msg"]
        assert platform.writes() == []
        return
    assert result["action"] == "created", result.get("msg")
    writes = sent(platform)
    wanted = {row.wire for row in REQUIRED} | {"resourceUuid"} | ({field.wire} if field.add else set())
    assert set(writes[0][1]) == wanted
    assert writes[0][0] == "add"
    if field.add:
        assert writes[0][1][field.wire] == sample.wire
        assert len(writes) == 1
    else:
        assert writes[1] == ("update", {field.wire: sample.wire})
        assert len(fingerprints(writes[2:])) == len(writes[2:]) == (field in UNSEEN)
    assert field.option in result["changed_fields"]


@over(TABLE)
def test_a_clone_sends_the_field_where_the_platform_takes_it_and_nothing_else(platform: Platform, field: Field) -> None:
    assert platform.run(MODULE, creatable(name="source"))["action"] == "created"
    platform.sim.clear_log()
    sample = strategies.sample(field)
    name = sample.other if field.option == "name" else "copy"
    value = sample.other if field.add == "required" else sample.value
    wire = sample.other_wire if field.add == "required" else sample.wire
    result = platform.run(MODULE, {"name": name, "clone_from": "source", field.option: value})
    if field.option == "model_uuids":
        assert [kind for kind, _body in sent(platform)] == ["clone", "bind", "bind"]
        return
    if not field.clone and not field.update:
        assert result.failed
        text = "a clone takes it from its source" if field.read else "it cannot be set for a clone"
        assert f"{field.option}: {text}" in result["msg"]
        assert platform.writes() == []
        return
    assert result["action"] == "cloned", result.get("msg")
    writes = sent(platform)
    assert writes[0][0] == "clone"
    assert set(writes[0][1]) == {"name", "resourceUuid"} | ({field.wire} if field.clone else set())
    if field.clone:
        assert writes[0][1][field.wire] == wire
        assert len(writes) == 1
    else:
        assert writes[1] == ("update", {field.wire: wire})
        assert len(fingerprints(writes[2:])) == len(writes[2:]) == (field in UNSEEN)


@over(CHANGEABLE)
def test_another_value_is_one_change_of_that_field_only(platform: Platform, full: str, field: Field) -> None:
    sample = strategies.sample(field)
    before = stored(platform, full)
    result = platform.run(MODULE, {"uuid": full, field.option: sample.other})
    assert result["action"] == "updated", result.get("msg")
    assert result["changed_fields"] == [field.option]
    if field.relation:
        assert {kind for kind, _body in sent(platform)} <= {"tag", "bind", "unbind"}
    elif field in UNSEEN:  # the old fingerprints are taken off before, the new ones put on after
        before_it, update, after_it = sent(platform)
        assert (before_it[0], update) == ("tag", ("update", {field.wire: sample.other_wire}))
        assert fingerprints([after_it])
    else:
        assert sent(platform) == [("update", {field.wire: sample.other_wire})]
    allowed = {field.wire, field.read, "yaml" if field.shown_at else field.wire}
    changed = changed_keys(before, stored(platform, full))
    assert changed
    assert changed <= allowed
    platform.sim.clear_log()
    assert platform.run(MODULE, {"uuid": full, field.option: sample.other})["action"] == "unchanged"
    assert platform.writes() == []


@over(FIXED)
def test_another_value_of_a_fixed_field_is_refused_with_the_current_and_the_declared_one(
    platform: Platform, full: str, field: Field
) -> None:
    sample = strategies.sample(field)
    for check in (True, False):
        result = platform.run(MODULE, {"uuid": full, field.option: sample.other, "description": "new"}, check=check)
        assert result.failed
        assert f"{field.option}: it cannot be changed once the service exists: current value " in result["msg"]
        shown = sample.other[0] if isinstance(sample.other, list) else str(sample.other).lower()
        assert f"declared value {json.dumps(sample.other)}" in result["msg"] or shown in result["msg"]
        assert "Nothing was written." in result["msg"]
        assert result["failure"]["errors"][0]["option"] == field.option
    assert platform.writes() == []


@over(TABLE)
def test_equivalent_forms_are_no_change(platform: Platform, full: str, field: Field) -> None:
    sample = strategies.sample(field)
    platform.run(MODULE, {"uuid": full, field.option: sample.value})
    platform.sim.clear_log()
    for form in (sample.value, *sample.same):
        result = platform.run(MODULE, {"uuid": full, field.option: form})
        assert result.get("action") == "unchanged", (form, result)
        assert (result["changed"], result["changed_fields"]) == (False, [])
    assert platform.writes() == []


def test_everything_declared_again_is_no_change_in_bulk_either(platform: Platform, full: str) -> None:
    everything = {field.option: strategies.sample(field).value for field in TABLE}
    result = platform.run("model_services", {"model_services": [{"uuid": full, **everything}]}, diff=True)
    assert (result["changed"], result["results"], result["diff"]) == (False, [], [])
    assert platform.writes() == []


@over(CHANGEABLE)
def test_a_field_that_is_not_declared_is_left_alone(platform: Platform, full: str, field: Field) -> None:
    another = "framework" if field.option == "description" else "description"
    before = stored(platform, full)
    assert platform.run(MODULE, {"uuid": full, another: "changed"})["changed_fields"] == [another]
    assert sent(platform) == [("update", {MODEL_SERVICE.by_option[another].wire: "changed"})]
    assert changed_keys(before, stored(platform, full)) == {MODEL_SERVICE.by_option[another].wire}


@pytest.mark.parametrize("option", list(MODEL_SERVICE.named))
def test_a_name_is_resolved_to_a_uuid_at_creation_and_in_comparisons(platform: Platform, option: str) -> None:
    field = MODEL_SERVICE.named[option]
    many = field.type.ansible_type == "list"
    name = strategies.known_names(field)[0]
    given = {key: value for key, value in creatable().items() if key != field.option}
    declared = {**given, option: [name] if many else name}
    assert platform.run(MODULE, declared)["action"] == "created"
    uuid = strategies.known_uuids(field)[0]
    assert sent(platform)[0][1][field.wire] == ([uuid] if many else uuid)
    platform.sim.clear_log()
    assert platform.run(MODULE, declared)["action"] == "unchanged"
    assert platform.writes() == []


# Predicted


def predicted(result: Result) -> dict[str, Any]:
    """Return the parts of a result that a plan must predict."""
    return {key: result.get(key) for key in ("changed", "action", "changed_fields", "diff")}


def assert_predicted(plan: Result, done: Result, but: tuple[str, ...] = ()) -> None:
    """Assert that a plan predicted what was done, and every field as the platform shows it now."""
    assert predicted(plan) == predicted(done)
    for field in TABLE:
        if field.read and field.option not in but and field.option in plan["model_service"]:
            planned, real = plan["model_service"][field.option], done["model_service"].get(field.option)
            assert field.type.canonical(planned) == field.type.canonical(real), field.option


@over(CHANGEABLE)
def test_check_mode_predicts_an_update(platform: Platform, full: str, field: Field) -> None:
    params = {"uuid": full, field.option: strategies.sample(field).other, "description": "other"}
    plan = platform.run(MODULE, params, check=True, diff=True)
    assert platform.writes() == []
    assert platform.sim.stats()["open_sessions"] == 0
    done = platform.run(MODULE, params, diff=True)
    assert field.option in done["changed_fields"]
    assert_predicted(plan, done, ("yaml",) if field.shown_at else ())


def test_check_mode_predicts_creation_cloning_and_deletion(platform: Platform) -> None:
    all_at_creation = {field.option: strategies.sample(field).value for field in TABLE if field.add or field.update}
    all_at_cloning = {field.option: strategies.sample(field).other for field in TABLE if field.clone or field.update}
    for params, action in (
        ({**all_at_creation, "name": "chat"}, "created"),
        ({**all_at_cloning, "name": "copy", "clone_from": "chat"}, "cloned"),
        ({"name": "chat", "state": "absent"}, "deleted"),
    ):
        platform.sim.clear_log()
        plan = platform.run(MODULE, params, check=True, diff=True)
        assert platform.writes() == []
        done = platform.run(MODULE, params, diff=True)
        assert done["action"] == action
        assert_predicted(plan, done, ("yaml",))


# Never shown


@over(UNSEEN)
def test_a_field_that_is_never_shown_is_sent_with_other_changes_or_always(
    platform: Platform, full: str, field: Field
) -> None:
    sample = strategies.sample(field)
    on_change = {"uuid": full, field.option: sample.other, "update_write_only": "on_change"}
    assert platform.run(MODULE, on_change)["action"] == "unchanged"
    assert platform.writes() == []
    result = platform.run(MODULE, {**on_change, "description": "new"})
    assert result["changed_fields"] == ["description", field.option]
    assert sent(platform) == [("update", {"description": "new", field.wire: sample.other_wire})]
    platform.sim.clear_log()
    for _run in range(2):
        always = {"uuid": full, field.option: sample.other, "update_write_only": "always"}
        assert platform.run(MODULE, always)["action"] == "updated"
    assert sent(platform) == [("update", {field.wire: sample.other_wire})] * 2


@over(SHOWN_IN_YAML)
def test_a_field_that_the_yaml_does_not_show_is_sent_with_other_changes(
    platform_with: Callable[..., Platform], field: Field
) -> None:
    platform = platform_with(features="no-fold")
    [uuid] = platform.sim.seed([{"name": "chat", "yaml": "note: nothing to see"}])
    sample = strategies.sample(field)
    on_change = {"uuid": uuid, field.option: sample.value, "update_write_only": "on_change"}
    assert platform.run(MODULE, on_change)["action"] == "unchanged"
    assert platform.writes() == []
    assert platform.run(MODULE, {**on_change, "description": "new"})["changed"]
    assert sent(platform) == [("update", {"description": "new", field.wire: sample.wire})]


@over(PARAMETERS)
def test_secret_values_are_never_shown_and_nothing_else_is_hidden(platform: Platform, full: str, field: Field) -> None:
    sample = strategies.sample(field)
    shown = ""
    for params in (
        creatable(name="new", **{field.option: sample.value}),
        {"uuid": full, "description": "new", field.option: sample.other},
        {"uuid": full, "description": "newer", field.option: sample.value, "install_path": "wrong"},
        {"uuid": full, field.option: {**sample.value, "RATE": 0.1}},
        {"uuid": full, "state": "absent", field.option: sample.value},
    ):
        for check in (True, False):
            shown += json.dumps(platform.run(MODULE, params, check=check, diff=True))
    shown += json.dumps(platform.run("model_service_info", {}))
    assert strategies.SECRET_VALUE in json.dumps(sent(platform))
    assert strategies.SECRET_VALUE not in shown
    assert strategies.OTHER_SECRET_VALUE not in shown
    assert "LOG_LEVEL: debug" in shown
