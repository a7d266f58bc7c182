# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Declarations are read as they are meant, and all errors in them are reported together."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import (
    Item,
    RawItem,
    item_keys,
    validate_items,
)
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import FIELDS, MODEL_SERVICE
from ansible_collections.zstack.aios.tests.support import strategies
from hypothesis import given, settings

UUID = "90d425a802ff44eeb530f21587633700"


def read(*values: Any, defaults: dict[str, Any] | None = None) -> tuple[list[Item], list[str]]:
    """Return the items and the texts of all errors."""
    items, errors = validate_items(
        MODEL_SERVICE, [RawItem(value, f"model_services[{place}]") for place, value in enumerate(values)], defaults
    )
    return items, [str(error) for error in errors]


def test_every_option_of_the_table_is_a_key() -> None:
    assert {field.option for field in FIELDS} | set(MODEL_SERVICE.named) | {
        "state",
        "uuid",
        "clone_from",
        "yaml_file",
        "previous_names",
        "on_fixed_change",
        "protected",
    } == item_keys(MODEL_SERVICE)


def test_a_missing_or_null_option_is_not_declared() -> None:
    [item], errors = read({"name": "chat", "description": None, "request_cpu": "4"})
    assert errors == []
    assert item.values == {"name": "chat", "request_cpu": 4}
    assert (item.state, item.uuid, item.clone_from, item.where) == ("present", None, None, '"chat" (model_services[0])')


def test_defaults_apply_to_each_item_and_null_drops_one() -> None:
    defaults = {"request_cpu": 4, "framework": "vLLM", "state": "present"}
    items, errors = read({"name": "a"}, {"name": "b", "request_cpu": 8, "framework": None}, defaults=defaults)
    assert errors == []
    assert [item.values for item in items] == [
        {"request_cpu": 4, "framework": "vLLM", "name": "a"},
        {"request_cpu": 8, "name": "b"},
    ]


@pytest.mark.parametrize("option", list(MODEL_SERVICE.named))
def test_a_name_replaces_a_default_uuid_and_a_uuid_a_default_name(option: str) -> None:
    field = MODEL_SERVICE.named[option]
    uuid, name = strategies.sample(field).value, strategies.known_names(field)[0]
    [item], errors = read({"name": "a", option: name}, defaults={field.option: uuid})
    assert (errors, set(item.names), field.option in item.values) == ([], {option}, False)
    [item], errors = read({"name": "a", field.option: uuid}, defaults={option: name})
    assert (errors, item.names, item.values[field.option]) == ([], {}, uuid)


def test_all_errors_are_reported_with_the_item_and_the_option() -> None:
    items, errors = read(
        {"name": "chat", "python_version": 3.10, "request_cpu": "many", "desciption": "x"},
        {"request_cpu": 4},
        "chat",
        {"name": "fine", "yaml": "a: [1"},
        {"name": "fine"},
        defaults={"framwork": "vLLM"},
    )
    report = "\n".join(errors)
    for part in (
        'defaults: "framwork" is not an option of a model service; did you mean "framework"?',
        '"chat" (model_services[0]): python_version: it is the number 3.1',
        '"chat" (model_services[0]): request_cpu: "many" is not a whole number',
        '"chat" (model_services[0]): "desciption" is not an option of a model service; did you mean "description"?',
        "model_services[1]: name: it is missing",
        "model_services[2]: the item is not a mapping",
        '"fine" (model_services[3]): yaml: it is not valid YAML: did not find expected',
        '"fine": name: it is declared in model_services[3] and in model_services[4]',
    ):
        assert part in report
    assert len(errors) == 8
    assert len(items) == 4


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"name": "a", "state": "gone"}, '"gone" is not one of present, absent'),
        ({"name": "a", "state": "Absent"}, 'did you mean "absent"?'),
        ({"name": "a", "clone_from": "a"}, "cannot be cloned from itself"),
        ({"uuid": UUID, "clone_from": UUID}, "cannot be cloned from itself"),
        ({"uuid": "chat"}, "is not a UUID"),
        ({"uuid": UUID, "resource_uuid": UUID[::-1].replace("f", "4", 1)}, "uuid"),
        ({"name": "a", "model_services": []}, "is not an option of a model service"),
        ({7: "a", "name": "b"}, '"7" is not an option of a model service'),
    ],
)
def test_contradictions_are_refused(value: Any, text: str) -> None:
    _items, errors = read(value)
    assert text in "\n".join(errors)


def test_names_are_compared_as_the_platform_stores_them() -> None:
    _items, errors = read({"name": "chat"}, {"name": " chat\n"})
    assert '"chat": name: it is declared in model_services[0] and in model_services[1]' in errors[0]
    _items, errors = read({"name": "chat"}, {"name": "Chat"}, {"name": "chât"})
    assert errors == []


def test_services_of_one_name_are_identified_by_their_uuids() -> None:
    other = UUID[::-1]
    items, errors = read({"name": "chat", "uuid": UUID}, {"name": "chat", "uuid": other})
    assert ([item.uuid for item in items], errors) == ([UUID, other], [])
    for one_without in (
        [{"name": "chat"}, {"name": "chat", "uuid": UUID}],
        [{"name": "chat", "uuid": UUID}, {"name": "chat"}],
    ):
        _items, errors = read(*one_without)
        [error] = errors
        assert error.startswith('"chat": name: it is declared in model_services[0] and in model_services[1]; keep one ')
        assert error.endswith(", or set the uuid of each service")
    _items, errors = read({"name": "one", "uuid": UUID}, {"name": "two", "uuid": UUID})
    assert errors == [f'"{UUID}": uuid: it is declared in model_services[0] and in model_services[1]; keep one of them']


@settings(max_examples=60)
@given(strategies.inventories())
def test_any_result_can_be_given_back(inventory: dict[str, Any]) -> None:
    shown = MODEL_SERVICE.decode(
        {"uuid": UUID, "createDate": "x", "lastOpDate": "x", "version": "1", "hasNewVersion": False, **inventory}
    )
    _items, errors = read(shown)
    assert [error for error in errors if "not valid YAML" not in error] == []
