# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role's variables declare together."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.zstack.aios.plugins.filter.merge_model_services import FilterModule, merge_model_services
from ansible_collections.zstack.aios.plugins.plugin_utils.joined import join_defaults, join_items
from hypothesis import given
from hypothesis import strategies as st


def refusal(fragments: Any, mode: str = "strict") -> str:
    """Return the message with which the filter refuses the input."""
    with pytest.raises(AnsibleFilterError) as caught:
        merge_model_services(fragments, mode)
    return str(caught.value)


def test_the_filter_has_the_documented_name() -> None:
    assert FilterModule().filters() == {"merge_model_services": merge_model_services}


def test_base_comes_first_then_suffixes_in_order() -> None:
    merged = merge_model_services(
        {
            "model_services_items__speech": [{"name": "whisper"}],
            "model_services_items": [{"name": "qwen"}, {"name": "deepseek"}],
            "model_services_items__image": [{"uuid": "a" * 32}],
        }
    )
    assert merged == [{"name": "qwen"}, {"name": "deepseek"}, {"uuid": "a" * 32}, {"name": "whisper"}]


def test_the_input_is_left_as_it_was() -> None:
    base = [{"name": "qwen", "request_cpu": 8}]
    merge_model_services(
        {"model_services_items": base, "model_services_items__x": [{"name": "qwen", "size": 1}]}, "overlay"
    )
    assert base == [{"name": "qwen", "request_cpu": 8}]


def test_strict_names_both_variables_of_a_name_declared_twice() -> None:
    message = refusal(
        {"model_services_items__a": [{"name": "x"}, {"name": "qwen"}], "model_services_items": [{"name": "qwen"}]}
    )
    assert '"qwen": name: it is declared in model_services_items[0] and in model_services_items__a[1]' in message
    assert "overlay" in message


def test_strict_sees_a_uuid_declared_twice_under_two_names() -> None:
    message = refusal(
        {
            "model_services_items__a": [{"name": "one", "uuid": "a" * 32}],
            "model_services_items__b": [{"name": "two", "uuid": "a" * 32}],
        }
    )
    assert (
        f'"{"a" * 32}": uuid: it is declared in model_services_items__a[0] and in model_services_items__b[0]' in message
    )


@pytest.mark.parametrize("mode", ["strict", "overlay"])
def test_services_of_one_name_and_different_uuids_are_different_ones(mode: str) -> None:
    one, other = {"name": "twin", "uuid": "a" * 32}, {"name": "twin", "uuid": "b" * 32}
    assert merge_model_services({"model_services_items": [one, other]}, mode) == [one, other]
    assert merge_model_services({"model_services_items": [one], "model_services_items__b": [other]}, mode) == [
        one,
        other,
    ]


@pytest.mark.parametrize("mode", ["strict", "overlay"])
def test_a_name_that_only_some_items_give_a_uuid_is_refused(mode: str) -> None:
    base = [{"name": "twin", "uuid": "a" * 32}, {"name": "twin", "uuid": "b" * 32}]
    message = refusal({"model_services_items": base, "model_services_items__c": [{"name": "twin"}]}, mode)
    places = "model_services_items[0] and in model_services_items[1] and in model_services_items__c[0]"
    assert f'"twin": name: it is declared in {places}; keep one of them, or set the uuid of each service' in message


def test_overlay_finds_one_of_several_services_of_a_name_by_its_uuid() -> None:
    base = [{"name": "twin", "uuid": "a" * 32}, {"name": "twin", "uuid": "b" * 32, "request_cpu": 1}]
    over = [{"name": "twin", "uuid": "b" * 32, "request_cpu": 2}]
    merged = merge_model_services({"model_services_items": base, "model_services_items__c": over}, "overlay")
    assert merged == [base[0], over[0]]


def test_a_uuid_that_looks_like_a_name_is_another_service() -> None:
    text = "b" * 32
    assert len(merge_model_services({"model_services_items": [{"name": text}, {"uuid": text}]})) == 2


def test_overlay_merges_mappings_and_keeps_what_it_does_not_name() -> None:
    merged = merge_model_services(
        {
            "model_services_items": [{"name": "qwen", "request_cpu": 8, "yaml": {"env": ["a:1"], "distro": {}}}],
            "model_services_items__production": [{"name": "qwen", "yaml": {"env": ["b:2"]}, "state": "absent"}],
        },
        "overlay",
    )
    assert merged == [{"name": "qwen", "request_cpu": 8, "yaml": {"env": ["b:2"], "distro": {}}, "state": "absent"}]


def test_overlay_lets_the_later_suffix_win_whatever_the_order_of_the_mapping() -> None:
    merged = merge_model_services(
        {
            "model_services_items__20_host": [{"name": "qwen", "request_cpu": 3}],
            "model_services_items__10_group": [{"name": "qwen", "request_cpu": 2}],
            "model_services_items": [{"name": "qwen", "request_cpu": 1}],
        },
        "overlay",
    )
    assert merged == [{"name": "qwen", "request_cpu": 3}]


def test_overlay_refuses_one_name_twice_in_one_variable() -> None:
    message = refusal({"model_services_items__a": [{"name": "qwen"}, {"name": "qwen"}]}, "overlay")
    assert "model_services_items__a[0] and in model_services_items__a[1]" in message


def test_overlay_refuses_to_join_two_services_into_one() -> None:
    message = refusal(
        {
            "model_services_items": [{"name": "one"}, {"uuid": "a" * 32}],
            "model_services_items__a": [{"name": "one", "uuid": "a" * 32}],
        },
        "overlay",
    )
    assert "model_services_items[0] and in model_services_items[1] and in model_services_items__a[0]" in message


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (None, "model_services_items__x is empty; write [] for no model services"),
        ({"name": "a"}, "model_services_items__x must be a list of model services, not a mapping"),
        ("qwen", "model_services_items__x must be a list of model services, not a string"),
        (True, "model_services_items__x must be a list of model services, not a boolean"),
        (["qwen"], "model_services_items__x[0] must be a mapping with a name, not a string"),
        ([{"name": "a"}, 7], "model_services_items__x[1] must be a mapping with a name, not a number"),
        ([[]], "model_services_items__x[0] must be a mapping with a name, not a list"),
        ([{"request_cpu": 1}], "model_services_items__x[0] has neither name nor uuid"),
        ([{"name": ""}], "model_services_items__x[0] has neither name nor uuid"),
    ],
)
def test_wrong_shapes_name_the_variable_and_the_position(value: Any, error: str) -> None:
    assert error in refusal({"model_services_items__x": value})


def test_all_errors_are_reported_together() -> None:
    items, errors = join_items({"model_services_items": None, "model_services_items__a": [1, {}, {"name": "x"}]})
    assert items == [{"name": "x"}]
    assert [error.partition(" ")[0] for error in errors] == [
        "model_services_items",
        "model_services_items__a[0]",
        "model_services_items__a[1]",
    ]


def test_an_unknown_mode_and_a_wrong_input_are_refused() -> None:
    assert "strict or overlay" in refusal({}, "merge")
    assert "expects a mapping" in refusal([])


NAME = st.sampled_from(["qwen", "Qwen", "bge", "a=b", "模型"])
ITEM = st.fixed_dictionaries({"name": NAME}, optional={"request_cpu": st.integers(0, 9)})
FRAGMENTS = st.dictionaries(
    st.sampled_from(["model_services_items", "model_services_items__a", "model_services_items__b"]),
    st.lists(ITEM, max_size=4, unique_by=lambda item: item["name"]),
)


@given(FRAGMENTS)
def test_overlay_has_each_name_once_with_the_value_given_last(fragments: dict[str, list[dict[str, Any]]]) -> None:
    expected: dict[str, dict[str, Any]] = {}
    for variable in sorted(fragments):
        for item in fragments[variable]:
            expected.setdefault(item["name"], {}).update(item)
    assert merge_model_services(fragments, "overlay") == list(expected.values())


@given(FRAGMENTS)
def test_strict_is_overlay_without_anything_to_lay_over(fragments: dict[str, list[dict[str, Any]]]) -> None:
    names = [item["name"] for items in fragments.values() for item in items]
    if len(names) == len(set(names)):
        assert merge_model_services(fragments) == merge_model_services(fragments, "overlay")
    else:
        assert "is declared in" in refusal(fragments)


def test_an_overlay_may_give_by_uuid_what_was_given_by_name() -> None:
    fragments = {
        "model_services_items": [{"name": "qwen", "model_center": "here", "models": ["a"], "zone": "z"}],
        "model_services_items__b": [{"name": "qwen", "model_center_uuid": "c" * 32, "models": ["b"]}],
    }
    assert merge_model_services(fragments, "overlay") == [
        {"name": "qwen", "zone": "z", "model_center_uuid": "c" * 32, "models": ["b"]},
    ]


def test_twice_in_one_variable_is_no_case_for_an_overlay() -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        merge_model_services({"model_services_items": [{"name": "qwen"}, {"name": "qwen"}]})
    assert "overlay" not in str(caught.value)


def test_defaults_are_joined_in_the_order_of_their_suffixes() -> None:
    fragments = {
        "model_services_defaults__b": {"request_cpu": 2, "environment_parameters": {"A": None, "C": "3"}},
        "model_services_defaults": {"request_cpu": 1, "environment_parameters": {"A": "1", "B": "2"}},
    }
    joined, errors = join_defaults(fragments, "overlay")
    assert (joined, errors) == ({"request_cpu": 2, "environment_parameters": {"B": "2", "C": "3"}}, [])


def test_strict_refuses_a_default_that_two_variables_set_and_names_both() -> None:
    fragments = {
        "model_services_defaults": {"framework": "vLLM"},
        "model_services_defaults__b": {"framework": "SGLang", "type": "App"},
        "model_services_defaults__c": ["type"],
    }
    cure = "keep one of them, or set model_services_merge to overlay to combine them"
    assert join_defaults(fragments)[1] == [
        f"framework: it is declared in model_services_defaults and in model_services_defaults__b; {cure}",
        "model_services_defaults__c must be a mapping of options, not a list",
    ]
