# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table itself is sound, and the two languages, options and wire, are translated without loss."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._common.text import snake
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import ADD, CLONE, UPDATE, Field, Resource
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import FIELDS, MODEL_SERVICE
from ansible_collections.zstack.aios.tests.simulator import services
from ansible_collections.zstack.aios.tests.support import strategies
from hypothesis import given, settings

every_field = pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.option)
BESIDE = {"systemTags", "userTags"}


def taken(parameters: Any) -> set[str]:
    """Return the wire names an operation of the simulator takes, tags beside the envelope included."""
    return {parameter.name for parameter in parameters} | BESIDE


@every_field
def test_a_row_names_what_the_wire_names(field: Field) -> None:
    assert field.option == snake(field.wire)
    assert sum(other.option == field.option for other in FIELDS) == 1
    assert all(getattr(field, operation) in ("", "optional", "required") for operation in (ADD, CLONE, UPDATE))
    assert field.description[0].endswith(".")


@every_field
def test_the_table_and_the_platform_agree_on_who_takes_what(field: Field) -> None:
    assert field.accepted(ADD) == (field.wire in taken(services.ADD))
    assert field.accepted(CLONE) == (field.wire in taken(services.CLONE))
    assert field.accepted(UPDATE) == (field.wire in taken(services.UPDATE) - BESIDE)
    required = {parameter.name for parameter in services.ADD if parameter.required}
    assert (field.add == "required") == (field.wire in required)


def test_the_platform_takes_nothing_that_the_table_has_not() -> None:
    known = {field.wire for field in FIELDS}
    assert taken(services.ADD) | taken(services.CLONE) | taken(services.UPDATE) == known


@every_field
@pytest.mark.parametrize("operation", [ADD, CLONE, UPDATE])
def test_a_field_is_encoded_only_for_operations_that_take_it(field: Field, operation: str) -> None:
    sample = strategies.sample(field) if field.option != "resource_uuid" else None
    value = field.type.parse(sample.value) if sample else "a" * 32
    inside, beside = MODEL_SERVICE.encode({field.option: value}, operation)
    wire = {field.wire: sample.wire if sample else value} if field.accepted(operation) else {}
    assert (inside, beside) == (({}, wire) if field.beside else (wire, {}))


@settings(max_examples=60)
@given(strategies.inventories())
def test_whatever_the_platform_shows_comes_through(inventory: dict[str, Any]) -> None:
    shown = MODEL_SERVICE.decode({**inventory, "futureKey": {"innerKey": 1}, "uuid": "u", "nothing": None})
    for field in FIELDS:
        if field.read == field.wire and field.wire in inventory:
            assert field.type.same(field.type.parse(shown[field.option]), field.type.decode(inventory[field.wire]))
    assert shown["future_key"] == {"innerKey": 1}
    assert "nothing" not in shown
    refs = inventory.get("modelServiceRefs")
    assert shown.get("model_uuids") == (None if refs is None else [ref["modelUuid"] for ref in refs])


def test_keys_of_the_platform_are_no_fields() -> None:
    assert MODEL_SERVICE.server_made.isdisjoint(MODEL_SERVICE.by_option)


@pytest.mark.parametrize(
    ("text", "option", "shown"),
    [
        ("services: [{name: a, ports: [1], livez: /l, readyz: /r, serviceBootupTime: 9}]", "service_name", "a"),
        ("services: [{ports: [1, 2]}]", "service_ports", [1, 2]),
        ("services: [{livez: /l}]", "service_livez", "/l"),
        ("services: [{readyz: /r}]", "service_readyz", "/r"),
        ("services: [{serviceBootupTime: 9}]", "service_bootup_time", 9),
        ("env: ['A:1', B=2]", "environment_parameters", {"A": "1", "B": "2"}),
        ("services: []", "service_name", None),
        ("services: chat", "service_name", None),
        ("env: text", "environment_parameters", None),
        ("[1]", "environment_parameters", None),
        ("a: [", "service_name", None),
    ],
)
def test_what_the_stored_yaml_shows(text: str, option: str, shown: Any) -> None:
    held = Resource(MODEL_SERVICE, {"yaml": text})
    assert held.get(MODEL_SERVICE.by_option[option]) == shown
    assert held.shows(MODEL_SERVICE.by_option[option]) == (shown is not None)
