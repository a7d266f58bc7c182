# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Field types: what is read, what compares equal, what is sent and what is shown."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible_collections.zstack.aios.plugins.module_utils._common.text import MASK
from ansible_collections.zstack.aios.plugins.module_utils._model import field_types, scalars, yaml_codec
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Field
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import FIELDS, MODEL_SERVICE
from ansible_collections.zstack.aios.plugins.module_utils._model.redaction import Redactor
from ansible_collections.zstack.aios.tests.support import strategies
from hypothesis import given, settings
from hypothesis import strategies as st

SAMPLED = [field for field in FIELDS if field.option != "resource_uuid"]
every_field = pytest.mark.parametrize("field", SAMPLED, ids=lambda field: field.option)
REFUSED = [(field, value, text) for field in SAMPLED for value, text in strategies.sample(field).refused]


def canonical(field: Field, declared: Any) -> Any:
    """Return the canonical form of a user's value."""
    return field.type.canonical(field.type.parse(declared))


@every_field
def test_a_value_is_encoded_in_the_platforms_form(field: Field) -> None:
    sample = strategies.sample(field)
    assert field.type.encode(field.type.parse(sample.value)) == sample.wire
    assert field.type.encode(field.type.parse(sample.other)) == sample.other_wire


@every_field
def test_equivalent_forms_compare_equal_and_another_value_does_not(field: Field) -> None:
    sample = strategies.sample(field)
    for form in sample.same:
        assert canonical(field, form) == canonical(field, sample.value), form
        assert field.type.same(field.type.parse(form), field.type.decode(sample.wire)), form
    assert canonical(field, sample.other) != canonical(field, sample.value)
    assert not field.type.same(field.type.parse(sample.other), field.type.decode(sample.wire))
    assert not field.type.same(field.type.parse(sample.value), None)


@pytest.mark.parametrize(("field", "value", "text"), REFUSED, ids=lambda part: getattr(part, "option", None))
def test_an_invalid_value_is_refused_with_the_cure(field: Field, value: Any, text: str) -> None:
    with pytest.raises(scalars.InvalidValue) as refusal:
        parsed = field.type.parse(value)
        if isinstance(parsed, field_types.YamlText):
            parsed.check()
    assert text in refusal.value.text


@pytest.mark.parametrize("option", ["python_version", "gpu_compute_capability", "conda_version"])
def test_an_unquoted_version_is_refused_with_the_reason(option: str) -> None:
    with pytest.raises(
        scalars.InvalidValue, match=r"it is the number 3\.1, because .*\(3\.10 becomes 3\.1\); quote it"
    ):
        MODEL_SERVICE.by_option[option].type.parse(yaml.safe_load("3.10"))


def test_whole_numbers_keep_every_digit() -> None:
    assert MODEL_SERVICE.by_option["request_memory"].type.parse(str(2**63 - 1)) == 2**63 - 1
    assert MODEL_SERVICE.by_option["request_memory"].type.canonical("9007199254740993") == 9007199254740993


def test_text_is_trimmed_as_the_platform_does_it_and_no_further() -> None:
    field_type = scalars.Text()
    assert field_type.parse("\x00\x1f a \n") == "a"
    assert field_type.parse("\u00a0a\u3000") == "\u00a0a\u3000"


def test_half_a_surrogate_pair_is_refused() -> None:
    for field_type, value in (
        (scalars.Text(), "\ud83d"),
        (field_types.Yaml(), "a: \ud83d"),
        (field_types.Parameters(), {"a": "\ud83d"}),
    ):
        with pytest.raises(scalars.InvalidValue, match="surrogate"):
            field_type.parse(value)


def test_a_new_uuid_has_the_form_that_the_platform_accepts() -> None:
    field_type = MODEL_SERVICE.by_option["resource_uuid"].type
    assert field_type.parse("90d425a802ff44eeb530f21587633700")
    for invalid in ("90D425A802FF44EEB530F21587633700", "90d425a8-02ff-44ee-b530-f21587633700", "f" * 32, "chat"):
        with pytest.raises(scalars.InvalidValue, match="UUID"):
            field_type.parse(invalid)


class TestImages:
    """Declared images complete the current ones, architecture by architecture."""

    field_type = field_types.Images()
    current = ({"cpu_architecture": "x86_64", "docker_image": "one", "vm_image_uuid": "a" * 32, "uuid": "b" * 32},)

    def test_a_part_that_is_not_given_is_neither_compared_nor_reset(self) -> None:
        wanted = self.field_type.parse([{"cpu_architecture": "X86_64", "docker_image": "one"}])
        assert self.field_type.same(wanted, self.current)
        changed = self.field_type.parse([{"cpu_architecture": "X86_64", "docker_image": "two"}])
        assert self.field_type.encode(self.field_type.complete(changed, self.current)) == [
            {"cpuArchitecture": "X86_64", "dockerImage": "two", "vmImageUuid": "a" * 32}
        ]

    def test_an_architecture_that_is_not_declared_is_a_difference(self) -> None:
        wanted = self.field_type.parse([{"cpu_architecture": "AARCH64", "docker_image": "one"}])
        assert not self.field_type.same(wanted, self.current)


class TestParameters:
    """A redacted value stands for the current one."""

    field_type = field_types.Parameters()

    def test_a_redacted_value_stands_for_the_current_one(self) -> None:
        current = {"HF_TOKEN": "abc", "LEVEL": "1"}
        assert self.field_type.same({"HF_TOKEN": MASK, "LEVEL": "1"}, current)
        assert self.field_type.complete({"HF_TOKEN": MASK, "LEVEL": "2"}, current) == {"HF_TOKEN": "abc", "LEVEL": "2"}

    def test_a_redacted_value_without_a_current_one_is_refused(self) -> None:
        with pytest.raises(scalars.InvalidValue, match="redacted"):
            self.field_type.complete({"HF_TOKEN": MASK}, {})
        assert not self.field_type.same({"HF_TOKEN": MASK}, {})

    def test_secret_values_are_redacted_and_others_are_not(self) -> None:
        shown = self.field_type.show({"HF_TOKEN": "abc", "TOKENIZER": "bpe"}, Redactor())
        assert shown == {"HF_TOKEN": MASK, "TOKENIZER": "bpe"}


# Properties


def reordered(value: Any) -> Any:
    """Return a value with the keys of all its mappings the other way round."""
    if isinstance(value, dict):
        return {key: reordered(value[key]) for key in reversed(value)}
    return [reordered(part) for part in value] if isinstance(value, list) else value


@settings(max_examples=60)
@given(strategies.yaml_values(), st.booleans(), st.integers(20, 200))
def test_yaml_in_another_layout_is_the_same(value: Any, flow: bool, width: int) -> None:
    field_type = field_types.Yaml()
    one = field_type.parse({"document": value})
    text = yaml.safe_dump({"document": reordered(value)}, default_flow_style=flow, width=width, allow_unicode=True)
    assert field_type.same(field_type.parse(f"# a comment\n{text}\n\n"), one.text)
    assert field_type.same(one, text)


@settings(max_examples=60)
@given(strategies.yaml_values(), strategies.yaml_values())
def test_yaml_that_means_something_else_differs(one: Any, other: Any) -> None:
    field_type = field_types.Yaml()
    same = field_type.same(field_type.parse({"a": one}), yaml.safe_dump({"a": other}))
    assert same == (typed(one) == typed(other))


def typed(value: Any) -> Any:
    """Return a value in which equal means equal in type too: in YAML 1, 1.0 and true are three values."""
    if isinstance(value, dict):
        return {key: typed(part) for key, part in value.items()}
    return [typed(part) for part in value] if isinstance(value, list) else (type(value).__name__, repr(value))


@every_field
@settings(max_examples=15)
@given(st.data())
def test_any_declared_value_equals_itself_as_the_platform_stores_it(field: Field, data: st.DataObject) -> None:
    declared = data.draw(strategies.values_of(field))
    parsed = field.type.parse(declared)
    assert field.type.same(parsed, field.type.decode(field.type.encode(parsed)))
    again = field.type.canonical(field.type.parse(declared))
    assert field.type.canonical(parsed) == again


@pytest.mark.parametrize(
    "one, other", [("a: true", "a: 1"), ("a: 1", "a: 1.0"), ("a: '1'", "a: 1"), ("a: null", "a: ''")]
)
def test_a_yaml_of_another_type_is_another(one: str, other: str) -> None:
    field_type = field_types.Yaml()
    assert not field_type.same(field_type.parse(one), other)
    assert not field_type.same(field_type.parse(other), one)


def test_a_yaml_that_is_too_long_to_parse_is_compared_as_text() -> None:
    field_type = field_types.Yaml()
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
        field_types.Yaml().parse(value)
    field_types.Yaml().parse("{'a': 'datetime.date(2026, 1, 2)'}").check()


def test_a_wire_value_of_another_type_becomes_text() -> None:
    assert field_types.Yaml().decode(7) == "7"
    assert field_types.Yaml().decode(" x ") == " x "
    assert field_types.List(scalars.Text()).decode([1, None, {}, "a", [2]]) == ["1", "a"]


def test_lists_are_shown_in_a_stable_order() -> None:
    redactor = Redactor()
    assert field_types.List(scalars.Name(), ordered=False).show(["b", "a"], redactor) == ["a", "b"]
    assert field_types.List(scalars.Name()).show(["b", "a"], redactor) == ["b", "a"]
    assert field_types.List(scalars.Name(), ordered=False).show(None, redactor) is None
    assert list(field_types.Specs().show({"b": [], "a": []}, redactor)) == ["a", "b"]
    assert field_types.Specs().show(None, redactor) is None


def test_an_image_may_have_every_key_that_the_platform_adds() -> None:
    added = dict.fromkeys(("uuid", "model_service_uuid", "create_date", "last_op_date", "gpu_vendor"), "x")
    [image] = field_types.Images().parse([{"cpu_architecture": "x86_64", **added}])
    assert image == {"cpu_architecture": "x86_64"}


@pytest.mark.parametrize(
    ("field_type", "value", "text"),
    [
        (field_types.Parameters(), {1: "a"}, "the key is not a string; quote it"),
        (field_types.Parameters(), '{"a": 1', "the string is not a mapping in JSON"),
        (field_types.List(scalars.Name()), '["a", "b"', "the string is not a list in JSON"),
    ],
)
def test_a_malformed_container_is_refused(field_type: scalars.FieldType, value: Any, text: str) -> None:
    with pytest.raises(scalars.InvalidValue) as caught:
        field_type.parse(value)
    assert text in caught.value.text


@pytest.mark.parametrize("kind", ["lists", "mappings"])
def test_a_mapping_may_be_nested_so_deep_and_no_deeper(kind: str) -> None:
    def nested(depth: int) -> Any:
        value: Any = "leaf"
        for _level in range(depth - 1):
            value = [value] if kind == "lists" else {"a": value}
        return {"top": value}

    assert field_types.plain(nested(field_types.DEEPEST)) == nested(field_types.DEEPEST)
    for depth in (field_types.DEEPEST + 1, 900):
        with pytest.raises(scalars.InvalidValue, match="nested more than 100 levels deep"):
            field_types.plain(nested(depth))


CURRENT = "a: {url: 'x s3cr3t-one y'}\nl: [one, 'k s3cr3t-one', {z: 'k s3cr3t-one'}]\n"


def test_what_is_redacted_in_texts_is_put_back_from_the_same_places() -> None:
    wanted = field_types.Yaml().parse(
        {"a": {"url": f"x {MASK} y"}, "l": ["one", f"k {MASK}", {"z": f"k {MASK}"}], "n": 1}
    )
    completed = yaml.safe_load(field_types.Yaml().complete(wanted, CURRENT).text)
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
    field_type = field_types.Yaml()
    with pytest.raises(scalars.InvalidValue) as caught:
        field_type.complete(field_type.parse(value), CURRENT)
    assert caught.value.text.startswith(f"{place}: ")
