# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans follow from a declaration and a snapshot of the platform, and from nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._converge.plan import (
    ALWAYS,
    ON_CHANGE,
    REMEMBER,
    Plan,
    make_plan,
)
from ansible_collections.zstack.aios.plugins.module_utils._converge.snapshot import Snapshot
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import RawItem, validate_items
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Member, Resource
from ansible_collections.zstack.aios.plugins.module_utils._model.fingerprints import fingerprint, fingerprints_tag
from ansible_collections.zstack.aios.plugins.module_utils._model.identity import replacement_uuids
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import FIELDS, MODEL_SERVICE
from ansible_collections.zstack.aios.tests.support import strategies
from hypothesis import given, settings
from hypothesis import strategies as st

REQUIRED = {field.option: strategies.sample(field).value for field in FIELDS if field.add == "required"}
ONE, TWO = "90d425a802ff44eeb530f21587633701", "90d425a802ff44eeb530f21587633702"


def current(name: str, uuid: str = ONE, **more: Any) -> Resource:
    """Return a service as the platform shows it."""
    return Resource(MODEL_SERVICE, MODEL_SERVICE.decode({"uuid": uuid, "name": name, "yaml": "a: 1", **more}))


def plan(items: list[dict[str, Any]], *services: Resource, update_write_only: str = REMEMBER) -> Plan:
    """Return the plan of a declaration without errors of its own."""
    read, errors = validate_items(
        MODEL_SERVICE, [RawItem(item, f"model_services[{place}]") for place, item in enumerate(items)]
    )
    assert errors == []
    return make_plan(read, Snapshot(services), update_write_only)


def kinds(made: Plan) -> list[str]:
    """Return the kind of each action."""
    assert made.errors == []
    return [action.kind for action in made.actions]


def texts(made: Plan) -> str:
    """Return the texts of all errors."""
    return "\n".join(map(str, made.errors))


def test_each_kind_of_action_in_the_order_of_the_declaration() -> None:
    items = [
        {**REQUIRED, "name": "new"},
        {"name": "copy", "clone_from": "one"},
        {"name": "one", "description": "changed"},
        {"name": "two"},
        {"name": "gone", "state": "absent"},
        {"uuid": TWO[::-1], "state": "absent"},
    ]
    made = plan(items, current("one"), current("two", TWO), current("gone", "3" * 32))
    assert kinds(made) == ["created", "cloned", "updated", "unchanged", "deleted", "unchanged"]
    assert len([action for action in made.actions if action.kind != "unchanged"]) == 4


def test_the_uuid_of_a_new_service_follows_from_its_name() -> None:
    items = [{**REQUIRED, "name": f"s{place}"} for place in range(50)]
    uuids = [action.uuid for action in plan(items).actions]
    assert len(set(uuids)) == 50
    assert all(uuid[12] == "5" and uuid[16] in "89ab" for uuid in uuids)
    assert [action.uuid for action in plan(items[::-1]).actions] == uuids[::-1]


def test_an_update_sends_what_differs_and_nothing_else() -> None:
    service = current("one", description="same", requestCpu=4, framework="vLLM")
    [action] = plan([{"name": "one", "description": "same ", "request_cpu": "8"}], service).actions
    assert (action.update_values, action.create_values, action.changed_fields) == (
        {"request_cpu": 8},
        {},
        ["request_cpu"],
    )


def test_fields_that_are_never_shown_follow_another_change_or_are_sent_always() -> None:
    item = {"name": "one", "startup_parameters": {"a": "1"}}
    made = plan([item], current("one"))
    assert (kinds(made), made.actions[0].uncompared) == (["unchanged"], ["startup_parameters"])
    [action] = plan([{**item, "description": "new"}], current("one")).actions
    assert set(action.update_values) == {"description", "startup_parameters"}
    [action] = plan([item], current("one"), update_write_only=ALWAYS).actions
    assert set(action.update_values) == {"startup_parameters"}


def test_fields_that_are_never_shown_are_compared_by_their_fingerprints() -> None:
    field = MODEL_SERVICE.by_option["startup_parameters"]
    item = {"name": "one", "startup_parameters": {"a": "1"}}
    for value, kind in (({"a": 1}, "unchanged"), ({"a": "2"}, "updated"), (None, "updated")):
        service = current("one")
        tag = fingerprints_tag({field.option: fingerprint(ONE, field, value)})
        service.remembered = [] if value is None else [Member("0" * 32, tag)]
        assert kinds(plan([item], service)) == [kind]
        assert kinds(plan([item], service, update_write_only=ON_CHANGE)) == ["unchanged"]


def test_a_new_yaml_is_sent_with_the_fields_that_the_platform_folded_into_the_old_one() -> None:
    item = {"name": "one", "yaml": "b: 2", "service_name": "x"}
    [action] = plan([item], current("one", yaml="a: 1\nservices: [{name: x}]")).actions
    assert set(action.update_values) == {"yaml", "service_name"}
    assert action.changed_fields == ["yaml"]


def test_chains_of_clones_are_linked_and_predicted() -> None:
    center = strategies.known_uuids(next(field for field in FIELDS if field.option == "model_center_uuid"))
    items = [
        {"name": "c", "clone_from": "b", "model_center_uuid": center[0]},
        {"name": "b", "clone_from": "a"},
        {**REQUIRED, "name": "a", "model_center_uuid": center[0]},
    ]
    made = plan(items)
    assert kinds(made) == ["cloned", "cloned", "created"]
    assert [action.after.name if action.after else None for action in made.actions] == ["b", "a", None]
    items[0]["model_center_uuid"] = center[1]
    assert "model_center_uuid: a clone takes it from its source" in texts(plan(items))


@pytest.mark.parametrize("length", [2, 3, 7])
def test_cycles_of_clones_are_refused_with_the_whole_cycle(length: int) -> None:
    items = [{"name": f"s{place}", "clone_from": f"s{(place + 1) % length}"} for place in range(length)]
    [error] = plan(items).errors
    assert "the clones form a cycle: " in error.text
    assert error.text.count(" -> ") == length


@pytest.mark.parametrize(
    ("item", "text"),
    [
        ({"name": "twin", "description": "x"}, f"2 services have this name: {ONE}, {TWO}"),
        ({"name": "twin", "state": "absent"}, f"2 services have this name: {ONE}, {TWO}"),
        ({"name": "copy", "clone_from": "twin"}, f'the name "twin" matches 2 services: {ONE}, {TWO}'),
        ({"name": "copy", "clone_from": "nothing"}, 'has the name "nothing"'),
        ({"name": "copy", "clone_from": "3" * 32}, f'has the UUID "{"3" * 32}"'),
        ({"uuid": "3" * 32, "name": "x"}, f"no service has the UUID {'3' * 32}"),
        ({"name": "new", "request_cpu": 1}, "options that its creation requires are missing: yaml, request_memory"),
        ({**REQUIRED, "name": "new", "readme": "x"}, "readme: only a clone can set it"),
        ({**REQUIRED, "name": "new", "resource_uuid": ONE}, '"twin" already has this UUID'),
        ({"uuid": ONE, "conda_version": "23.7"}, 'current value none, declared value "23.7"'),
        ({"uuid": ONE, "yaml": "a: ["}, "yaml: it is not valid YAML"),
    ],
)
def test_what_cannot_be_carried_out_is_an_error_of_the_plan(item: dict[str, Any], text: str) -> None:
    made = plan([item], current("twin"), current("twin", TWO))
    assert text in texts(made)
    assert len(made.errors) == 1


def test_all_errors_of_a_plan_are_reported() -> None:
    made = plan(
        [{"name": "one", "install_path": "/x", "conda_version": "1"}, {"name": "two", "system": True}],
        current("one", installPath="/a"),
        current("two", TWO, system=False),
    )
    assert [error.option for error in made.errors] == ["install_path", "conda_version", "system"]
    assert 'current value "/a", declared value "/x"' in texts(made)
    assert "current value false, declared value true" in texts(made)


@settings(max_examples=40)
@given(strategies.inventories(), st.data())
def test_nothing_is_left_to_do_after_a_plan_was_carried_out(inventory: dict[str, Any], data: st.DataObject) -> None:
    rows = [field for field in FIELDS if field.update and field.read]
    form = st.fixed_dictionaries({}, optional={field.option: strategies.values_of(field) for field in rows})
    item = {**data.draw(form), "uuid": ONE}
    before = current(**{**inventory, "name": "one"})
    [action] = plan([item], before).actions
    after = {**before.values}
    for option, value in action.update_values.items():
        row = next(field for field in rows if field.option == option)
        after[option] = row.type.decode(row.type.encode(value))
    assert kinds(plan([item], Resource(MODEL_SERVICE, after))) == ["unchanged"]


MOVED = {"name": "one", "install_path": "/b", "on_fixed_change": "recreate"}
REPLACEMENT = next(replacement_uuids(ONE))


def test_a_fixed_change_is_a_replacement_where_it_is_asked_for() -> None:
    old = current("one", installPath="/a")
    [action] = plan([MOVED], old).actions
    assert (action.kind, action.uuid, action.current) == ("replaced", REPLACEMENT, old)
    assert action.changed_fields == ["install_path"]
    new = action.replacement
    assert new is not None
    assert (new.kind, new.uuid, new.source) == ("cloned", REPLACEMENT, old)
    assert kinds(plan([MOVED], current("one", installPath="/b"))) == ["unchanged"]


def test_an_earlier_replacement_is_completed_and_not_made_again() -> None:
    old, made = current("one", installPath="/a"), current("one", REPLACEMENT, installPath="/b")
    [action] = plan([{**MOVED, "request_cpu": 3}], old, made).actions
    assert (action.kind, action.current) == ("replaced", old)
    assert action.replacement is not None
    assert (action.replacement.kind, action.replacement.update_values) == ("updated", {"request_cpu": 3})
    renamed = {**MOVED, "name": "two", "previous_names": ["one"]}
    assert kinds(plan([renamed], old, current("two", REPLACEMENT, installPath="/b"))) == ["replaced"]


@pytest.mark.parametrize(
    ("item", "text"),
    [
        ({"on_fixed_change": "refuse"}, f"{REPLACEMENT} was created to replace {ONE} by a run that did not end"),
        (
            {"install_path": "/c"},
            f"{REPLACEMENT} was created to replace {ONE} by a run that did not end, and has other",
        ),
        ({"state": "absent"}, "2 services have this name"),
    ],
)
def test_two_services_of_a_name_are_told_with_their_uuids(item: dict[str, Any], text: str) -> None:
    made = plan([{**MOVED, **item}], current("one", installPath="/a"), current("one", REPLACEMENT, installPath="/b"))
    assert text in texts(made)
    assert ONE in texts(made) and REPLACEMENT in texts(made)


def test_a_third_service_of_the_name_is_never_taken_for_part_of_a_replacement() -> None:
    old, made = current("one", installPath="/a"), current("one", REPLACEMENT, installPath="/b")
    assert "3 services have this name" in texts(plan([MOVED], old, made, current("one", TWO)))
    assert "2 services have this name" in texts(plan([MOVED], old, current("one", TWO)))
