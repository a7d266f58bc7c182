# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Field types: what is read, what compares equal, what is sent and what is shown."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible_collections.zstack.aios.plugins.module_utils._common.text import MASK
from ansible_collections.zstack.aios.plugins.module_utils._model import field_types, scalars, yaml_type
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
        if isinstance(parsed, yaml_type.YamlText):
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
        (yaml_type.Yaml(), "a: \ud83d"),
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


@every_field
@settings(max_examples=15)
@given(st.data())
def test_any_declared_value_equals_itself_as_the_platform_stores_it(field: Field, data: st.DataObject) -> None:
    declared = data.draw(strategies.values_of(field))
    parsed = field.type.parse(declared)
    assert field.type.same(parsed, field.type.decode(field.type.encode(parsed)))
    again = field.type.canonical(field.type.parse(declared))
    assert field.type.canonical(parsed) == again


def test_a_wire_value_of_another_type_becomes_text() -> None:
    assert yaml_type.Yaml().decode(7) == "7"
    assert yaml_type.Yaml().decode(" x ") == " x "
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
