# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Declarations of one service in several layers."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import RawItem, validate_items
from ansible_collections.zstack.aios.plugins.module_utils._model.layers import merge_layers
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import MODEL_SERVICE
from hypothesis import given
from hypothesis import strategies as st


def raws(*layers: list[Any]) -> list[RawItem]:
    """Return the items of several layers, placed as ``layer:index``."""
    return [
        RawItem(value, f"{number}:{index}", number)
        for number, layer in enumerate(layers)
        for index, value in enumerate(layer)
    ]


def combined(*values: dict[str, Any]) -> dict[str, Any]:
    """Return what several layers, each with one declaration of one service, declare together."""
    merged, errors = merge_layers(MODEL_SERVICE, raws(*([{"name": "a", **value}] for value in values)))
    assert errors == []
    [raw] = merged
    assert raw.value.pop("name") == "a"
    return dict(raw.value)


@pytest.mark.parametrize(
    ("under", "over", "expected"),
    [
        ({"request_cpu": 1}, {"request_memory": 2}, {"request_cpu": 1, "request_memory": 2}),
        ({"request_cpu": 1}, {"request_cpu": 2}, {"request_cpu": 2}),
        ({"request_cpu": 1}, {"request_cpu": None}, {"request_cpu": None}),
        ({"model_uuids": ["a", "b"]}, {"model_uuids": ["c"]}, {"model_uuids": ["c"]}),
        (
            {"environment_parameters": {"A": "1", "B": "2"}},
            {"environment_parameters": {"A": None, "B": "3", "C": "4"}},
            {"environment_parameters": {"B": "3", "C": "4"}},
        ),
        ({}, {"environment_parameters": {"A": None, "B": "2"}}, {"environment_parameters": {"B": "2"}}),
        (
            {"yaml": {"env": {"A": 1, "B": 2}, "ports": [1, 2]}},
            {"yaml": {"env": {"A": None, "C": {"d": None}}, "ports": [3]}},
            {"yaml": {"env": {"B": 2, "C": {}}, "ports": [3]}},
        ),
        ({"yaml": {"a": None, "b": 1}}, {"yaml": {"b": 2}}, {"yaml": {"a": None, "b": 2}}),
        ({"yaml": "a: 1"}, {"yaml": {"b": None}}, {"yaml": {"b": None}}),
        ({"yaml": {"a": 1}}, {"yaml": "b: 2"}, {"yaml": "b: 2"}),
        ({"model_center": "x"}, {"model_center_uuid": "y"}, {"model_center_uuid": "y"}),
        ({"model_center_uuid": "x"}, {"model_center": None}, {"model_center": None}),
    ],
)
def test_a_later_layer_is_laid_over_an_earlier_one(
    under: dict[str, Any], over: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert combined(under, over) == expected


def test_null_in_a_later_layer_drops_a_default_too() -> None:
    merged, _errors = merge_layers(
        MODEL_SERVICE, raws([{"name": "a", "framework": "x"}], [{"name": "a", "framework": None}])
    )
    items, errors = validate_items(MODEL_SERVICE, merged, {"framework": "vLLM"})
    assert errors == []
    assert "framework" not in items[0].values


def test_three_layers_are_laid_in_order_and_each_value_knows_its_place() -> None:
    layers = raws(
        [{"name": "a", "request_cpu": 1, "description": "d", "environment_parameters": {"A": "1"}}],
        [{"name": "b"}, {"name": "a", "request_cpu": 2, "framework": "x"}],
        [{"name": "a", "request_cpu": 3, "environment_parameters": {"B": "2"}}],
    )
    merged, errors = merge_layers(MODEL_SERVICE, layers)
    assert errors == []
    assert [raw.value["name"] for raw in merged] == ["a", "b"]
    assert merged[0].place == "0:0 and 1:1 and 2:0"
    assert merged[0].value["request_cpu"] == 3
    origins = {option: place for option, place in merged[0].origins.items() if option != "name"}
    assert origins == {
        "description": "0:0",
        "framework": "1:1",
        "request_cpu": "2:0",
        "environment_parameters": "0:0 and 2:0",
    }
    assert not merged[1].origins


def test_an_error_names_the_place_of_the_value_and_not_of_the_service() -> None:
    merged, _errors = merge_layers(
        MODEL_SERVICE, raws([{"name": "a", "request_cpu": "many"}], [{"name": "a", "request_memory": "much"}])
    )
    _items, errors = validate_items(MODEL_SERVICE, merged)
    assert [str(error).partition(': "')[0] for error in errors] == [
        '"a" (0:0): request_cpu',
        '"a" (1:0): request_memory',
    ]


def test_a_service_that_is_declared_twice_in_one_layer_is_an_error_that_names_both_places() -> None:
    merged, errors = merge_layers(MODEL_SERVICE, raws([{"name": "a"}, {"name": "a"}], [{"name": "b"}]))
    assert [str(error) for error in errors] == [
        '"a": name: it is declared in 0:0 and in 0:1; keep one of them, or set the uuid of each service'
    ]
    assert [raw.value["name"] for raw in merged] == ["a", "b"]


def test_a_strict_declaration_in_two_layers_is_an_error_with_the_mode_that_combines_them() -> None:
    _items, errors = validate_items(MODEL_SERVICE, raws([{"name": "a"}], [{"name": "a"}]))
    assert str(errors[0]).endswith(
        "it is declared in 0:0 and in 1:0; keep one of them, or set the uuid of each service, or set merge to overlay to "
        "combine them"
    )


def test_what_declares_no_service_is_left_to_the_validation() -> None:
    odd = raws([7, {}, {"name": None}], [7, {}, {"name": ["a"]}])
    assert merge_layers(MODEL_SERVICE, odd) == (odd, [])


def test_the_declarations_stay_as_they_were() -> None:
    under, over = {"name": "a", "yaml": {"env": {"A": 1}}}, {"name": "a", "yaml": {"env": {"A": None}}}
    merge_layers(MODEL_SERVICE, raws([under], [over]))
    assert under == {"name": "a", "yaml": {"env": {"A": 1}}}
    assert over == {"name": "a", "yaml": {"env": {"A": None}}}


def test_a_document_that_contains_itself_is_merged_in_finite_time() -> None:
    under: dict[str, Any] = {"x": 1}
    over: dict[str, Any] = {"y": 2}
    for document in (under, over):
        document["again"] = document
    merged = combined({"yaml": under}, {"yaml": over})["yaml"]
    assert merged["again"] is merged
    assert (merged["x"], merged["y"]) == (1, 2)


def test_aliases_of_aliases_are_merged_once() -> None:
    documents: list[dict[str, Any]] = [{"x": 1}, {"x": 2}]
    for _level in range(60):
        documents = [{"a": document, "b": document} for document in documents]
    merged = combined({"yaml": documents[0]}, {"yaml": documents[1]})["yaml"]
    for _level in range(60):
        assert merged["a"] is merged["b"]
        merged = merged["a"]
    assert merged == {"x": 2}


def test_a_document_nested_too_deeply_is_an_error() -> None:
    deep: dict[str, Any] = {}
    for _level in range(100_000):
        deep = {"a": deep}
    _merged, errors = merge_layers(MODEL_SERVICE, raws([{"name": "a", "yaml": deep}], [{"name": "a", "yaml": deep}]))
    assert [str(error) for error in errors] == ["1:0: it is nested too deeply to be combined"]


VALUES = st.recursive(
    st.none() | st.integers(0, 3) | st.lists(st.integers(0, 2), max_size=2),
    lambda below: st.dictionaries(st.sampled_from("abc"), below, max_size=3),
    max_leaves=6,
)
MAPS = st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3)


def without_nulls(value: Any) -> Any:
    """Return a value without the keys that are null."""
    if not isinstance(value, dict):
        return value
    return {key: without_nulls(below) for key, below in value.items() if below is not None}


@given(MAPS, MAPS)
def test_laid_over_itself_a_map_stays_and_over_nothing_it_loses_its_nulls(one: Any, other: Any) -> None:
    twice = combined({"inference_params": one}, {"inference_params": other}, {"inference_params": other})
    assert twice == combined({"inference_params": one}, {"inference_params": other})
    assert combined({}, {"inference_params": one})["inference_params"] == without_nulls(one)


@given(MAPS, MAPS)
def test_each_key_has_the_last_value_that_was_given(one: Any, other: Any) -> None:
    merged = combined({"yaml": one}, {"yaml": other})["yaml"]
    for key in {*one, *other}:
        if key not in other:
            assert merged[key] == one[key]
        elif other[key] is None:
            assert key not in merged
        elif not isinstance(other[key], dict):
            assert merged[key] == other[key]
