# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The type of ``yaml``: what compares equal, what is put back where results redact, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible_collections.zstack.aios.plugins.module_utils._common.text import MASK
from ansible_collections.zstack.aios.plugins.module_utils._model import scalars, yaml_codec, yaml_type
from ansible_collections.zstack.aios.tests.support import strategies
from hypothesis import given, settings
from hypothesis import strategies as st


def reordered(value: Any) -> Any:
    """Return a value with the keys of all its mappings the other way round."""
    if isinstance(value, dict):
        return {key: reordered(value[key]) for key in reversed(value)}
    return [reordered(part) for part in value] if isinstance(value, list) else value


@settings(max_examples=60)
@given(strategies.yaml_values(), st.booleans(), st.integers(20, 200))
def test_yaml_in_another_layout_is_the_same(value: Any, flow: bool, width: int) -> None:
    field_type = yaml_type.Yaml()
    one = field_type.parse({"document": value})
    text = yaml.safe_dump({"document": reordered(value)}, default_flow_style=flow, width=width, allow_unicode=True)
    assert field_type.same(field_type.parse(f"# a comment\n{text}\n\n"), one.text)
    assert field_type.same(one, text)


@settings(max_examples=60)
@given(strategies.yaml_values(), strategies.yaml_values())
def test_yaml_that_means_something_else_differs(one: Any, other: Any) -> None:
    field_type = yaml_type.Yaml()
    same = field_type.same(field_type.parse({"a": one}), yaml.safe_dump({"a": other}))
    assert same == (typed(one) == typed(other))


def typed(value: Any) -> Any:
    """Return a value in which equal means equal in type too: in YAML 1, 1.0 and true are three values."""
    if isinstance(value, dict):
        return {key: typed(part) for key, part in value.items()}
    return [typed(part) for part in value] if isinstance(value, list) else (type(value).__name__, repr(value))


@pytest.mark.parametrize(
    "one, other", [("a: true", "a: 1"), ("a: 1", "a: 1.0"), ("a: '1'", "a: 1"), ("a: null", "a: ''")]
)
def test_a_yaml_of_another_type_is_another(one: str, other: str) -> None:
    field_type = yaml_type.Yaml()
    assert not field_type.same(field_type.parse(one), other)
    assert not field_type.same(field_type.parse(other), one)


def test_a_yaml_that_is_too_long_to_parse_is_compared_as_text() -> None:
    field_type = yaml_type.Yaml()
    text = "a: 1\n" * (yaml_codec.LONGEST // 5 + 1) + "b: 1"
    declared = field_type.parse(text)
    declared.check()
    assert field_type.same(declared, text + "\n")
    assert not field_type.same(declared, text.replace("b: 1", "b:  1"))
    assert field_type.same(field_type.parse({"a": "x" * yaml_codec.LONGEST}), "a: " + "x" * yaml_codec.LONGEST)


@pytest.mark.parametrize(
    "value", ["{'a': datetime.date(2026, 1, 2)}", " [{'a': 1, 'b': datetime.datetime(2026, 1, 2, 3, 4)}]"]
)
def test_a_mapping_with_a_date_that_a_template_made_text_is_refused_with_the_cure(value: str) -> None:
    with pytest.raises(scalars.InvalidValue, match="quote the date, or set jinja2_native"):
        yaml_type.Yaml().parse(value)
    yaml_type.Yaml().parse("{'a': 'datetime.date(2026, 1, 2)'}").check()


@pytest.mark.parametrize("kind", ["lists", "mappings"])
def test_a_mapping_may_be_nested_so_deep_and_no_deeper(kind: str) -> None:
    def nested(depth: int) -> Any:
        value: Any = "leaf"
        for _level in range(depth - 1):
            value = [value] if kind == "lists" else {"a": value}
        return {"top": value}

    assert yaml_type.plain(nested(yaml_type.DEEPEST)) == nested(yaml_type.DEEPEST)
    for depth in (yaml_type.DEEPEST + 1, 900):
        with pytest.raises(scalars.InvalidValue, match="nested more than 100 levels deep"):
            yaml_type.plain(nested(depth))


CURRENT = "a: {url: 'x s3cr3t-one y'}\nl: [one, 'k s3cr3t-one', {z: 'k s3cr3t-one'}]\n"


def test_what_is_redacted_in_texts_is_put_back_from_the_same_places() -> None:
    wanted = yaml_type.Yaml().parse(
        {"a": {"url": f"x {MASK} y"}, "l": ["one", f"k {MASK}", {"z": f"k {MASK}"}], "n": 1}
    )
    completed = yaml.safe_load(yaml_type.Yaml().complete(wanted, CURRENT).text)
    assert completed == {**yaml.safe_load(CURRENT), "n": 1}


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"z": f"x {MASK}"}, "z"),
        ({"a": {"other": f"x {MASK}"}}, "a/other"),
        ({"a": {"url": f"w {MASK} y"}}, "a/url"),
        ({"l": ["one", "two", "three", f"k {MASK}"]}, "l/3"),
        ({"l": {"a": f"k {MASK}"}}, "l/a"),
    ],
)
def test_what_is_redacted_in_a_text_and_was_not_there_is_refused(value: Any, place: str) -> None:
    field_type = yaml_type.Yaml()
    with pytest.raises(scalars.InvalidValue) as caught:
        field_type.complete(field_type.parse(value), CURRENT)
    assert caught.value.text.startswith(f"{place}: ")
