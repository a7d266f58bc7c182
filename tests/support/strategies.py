# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values for every field, derived from its type, so that a new row of the table is tested without a new list.

`sample` gives fixed values of a field; the functions that return hypothesis strategies give any value.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import yaml
from ansible_collections.zstack.aios.plugins.module_utils._common.text import trim
from ansible_collections.zstack.aios.plugins.module_utils._model import field_types, scalars, yaml_type
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Field
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import FIELDS
from ansible_collections.zstack.aios.tests.simulator import constants
from ansible_collections.zstack.aios.tests.simulator.texts import fold_for_equality
from hypothesis import strategies as st

T = TypeVar("T")
#: What the platform knows, by the path a field's names are looked up at; tag patterns by the kind of tag.
KNOWN: Mapping[str, Mapping[str, str]] = {
    "/ai/model-centers": {
        constants.MODEL_CENTER_NAME: constants.MODEL_CENTER_UUID,
        constants.SECOND_MODEL_CENTER_NAME: constants.SECOND_MODEL_CENTER_UUID,
    },
    "/zones": {
        constants.ZONE_NAME: constants.ZONE_UUID,
        constants.SECOND_ZONE_NAME: constants.SECOND_ZONE_UUID,
    },
    "/ai/models": {
        constants.MODEL_NAME: constants.MODEL_UUID,
        constants.SECOND_MODEL_NAME: constants.SECOND_MODEL_UUID,
    },
    "pattern": {
        constants.PRODUCTION_TAG_NAME: constants.PRODUCTION_TAG_UUID,
        constants.STAGING_TAG_NAME: constants.STAGING_TAG_UUID,
    },
    "": {"one": "0a1b2c3d4e5f40718293a4b5c6d7e801", "other": "0a1b2c3d4e5f40718293a4b5c6d7e802"},
}
SECRET_VALUE = "tok-5up3r-s3cr3t-3f9a"
OTHER_SECRET_VALUE = "tok-0th3r-s3cr3t-77c1"


@dataclass(frozen=True)
class Sample:
    """Values of one field.

    :ivar value: one declared value; ``wire``: what the platform is to be sent for it;
    :ivar same: other forms of it; ``other``: a value that differs; ``other_wire``: what is sent for that;
    :ivar refused: invalid values, each with a part of the message that refuses it.
    """

    value: Any
    wire: Any
    same: tuple[Any, ...]
    other: Any
    other_wire: Any
    refused: tuple[tuple[Any, str], ...]


def known_uuids(field: Field) -> list[str]:
    """Return two uuids the field can point at on a simulated platform."""
    return list(KNOWN["pattern" if field.relation == "tag_patterns" else field.name_path].values())


def known_names(field: Field) -> list[str]:
    """Return the names of what `known_uuids` returns, of a field that has an option for names."""
    return list(KNOWN[field.name_path])


def sample(field: Field) -> Sample:
    """Return the values of a field."""
    return _by_type(_SAMPLES, field.type)(field, field.type)


def _by_type(table: Mapping[type, Callable[..., T]], field_type: scalars.FieldType) -> Callable[..., T]:
    return next(table[known] for known in type(field_type).__mro__ if known in table)


_NOT_TEXT = (*((value, "because it is not quoted") for value in (3.10, 7, True)), (["a"], "it is a list"))


def _text(_field: Field, _field_type: scalars.FieldType) -> Sample:
    return Sample("alpha 推理", "alpha 推理", ("  alpha 推理\n", "\talpha 推理 "), "beta", "beta", _NOT_TEXT)


def _name(field: Field, _field_type: scalars.FieldType) -> Sample:
    # The platform refuses a system tag that no definition fits.
    start = "team::" if field.relation == "system_tags" else ""
    one, other = f"{start}alpha", f"{start}beta"
    return Sample(one, one, (f"  {one}\n",), other, other, (*_NOT_TEXT, (" ", "it is empty")))


def _choice(_field: Field, field_type: scalars.Choice) -> Sample:
    one, other = field_type.choices[1], field_type.choices[2]
    wrong_case = field_type.choices[0].lower()
    return Sample(
        one, one, (f" {one}\n",), other, other, (*_NOT_TEXT, (wrong_case, f'did you mean "{field_type.choices[0]}"'))
    )


def _uuid(field: Field, _field_type: scalars.FieldType) -> Sample:
    one, other = known_uuids(field)
    return Sample(one, one, (f" {one} ",), other, other, (*_NOT_TEXT, ("chat", "is not a UUID"), (one.upper(), "UUID")))


def _integer(_field: Field, field_type: scalars.Integer) -> Sample:
    refused = ((4.5, "not a whole number"), ("four", "not a whole number"), (True, "not a whole number"))
    return Sample(
        4, 4, ("4", 4.0, " 4 "), 8, 8, (*refused, (field_type.limit, "out of range"), ([4], "not a whole number"))
    )


def _boolean(_field: Field, _field_type: scalars.FieldType) -> Sample:
    refused: tuple[tuple[Any, str], ...] = (
        ("maybe", "neither true nor false"),
        (2, "neither true nor false"),
        ([], "neither true nor false"),
    )
    return Sample(True, True, ("yes", "True", "on", 1, "1"), False, False, refused)


YAML_VALUE = {"services": [{"name": "chat", "ports": [8000, 8001], "livez": "/health"}], "note": "3.10"}
_OTHER_YAML = {"services": [{"name": "chat", "ports": [8000, 8002], "livez": "/health"}], "note": "3.10"}
_YAML_TEXT = "services:\n- name: chat\n  ports: [8000, 8001]\n  livez: /health\nnote: '3.10'"
_YAML_SAME = (
    _YAML_TEXT + "\n\n",
    '# how chat runs\nnote: "3.10"   # text\nservices:\n  - {ports: [8000, 0x1F41], livez: /health, name: chat}\n',
    YAML_VALUE,
    json.dumps(YAML_VALUE),
)


def _yaml(_field: Field, _field_type: scalars.FieldType) -> Sample:
    other = yaml.safe_dump(_OTHER_YAML)
    refused = ((7, "it is a number"), ("services: [chat\nnote: 1", "line 2, column"), ("a: 1\n b: 2", "line 2, column"))
    return Sample(_YAML_TEXT, _YAML_TEXT, _YAML_SAME, other, other.strip(), refused)


def _list(field: Field, field_type: field_types.List) -> Sample:
    part = _by_type(_SAMPLES, field_type.element)(field, field_type.element)
    both, wire = [part.value, part.other], [part.wire, part.other_wire]
    same: list[Any] = [[part.same[0], part.other], json.dumps(both), ", ".join(map(str, both))]
    if not field_type.ordered:
        same += [both[::-1], [*both, part.value]]
    refused = [(5, "write a list"), ({"a": 1}, "write a list"), *((([value]), text) for value, text in part.refused)]
    other = both[::-1] if field_type.ordered else [part.other]
    other_wire = wire[::-1] if field_type.ordered else [part.other_wire]
    return Sample(both, wire, tuple(same), other, other_wire, tuple(refused))


def _architecture(_field: Field, _field_type: scalars.FieldType) -> Sample:
    return Sample("X86_64", "X86_64", ("x86_64", " X86_64 "), "AARCH64", "AARCH64", _NOT_TEXT)


def _images(_field: Field, _field_type: scalars.FieldType) -> Sample:
    x86 = {"cpu_architecture": "X86_64", "docker_image": "registry.example.com/vllm:1"}
    arm = {"cpu_architecture": "aarch64", "vm_image_uuid": constants.ARM_IMAGE_UUID}
    x86_wire = {"cpuArchitecture": "X86_64", "dockerImage": "registry.example.com/vllm:1"}
    arm_wire = {"cpuArchitecture": "AARCH64", "vmImageUuid": constants.ARM_IMAGE_UUID}
    server_made = {"uuid": "9" * 32, "model_service_uuid": "8" * 32, "create_date": "Nov 25, 2025 11:51:50 AM"}
    same = (
        [arm, x86],
        [{**x86, "cpu_architecture": "x86_64"}, {**arm, "cpu_architecture": "AARCH64"}],
        [{**x86, **server_made}, arm],
        [x86, {**arm, "docker_image": None}],
    )
    refused = (
        ("chat", "it is a string"),
        ([{"docker_image": "a"}], "cpu_architecture is missing"),
        ([x86, {**x86, "cpu_architecture": "x86_64"}], "is a duplicate of [0]"),
        ([{**x86, "dockerimage": "a"}], 'did you mean "docker_image"'),
        ([{**x86, "vm_image_uuid": "a"}], "is not a UUID"),
    )
    other = [{**x86, "docker_image": "registry.example.com/vllm:2"}, arm]
    other_wire = [{**x86_wire, "dockerImage": "registry.example.com/vllm:2"}, arm_wire]
    return Sample([x86, arm], [x86_wire, arm_wire], same, other, other_wire, refused)


def _parameters(_field: Field, _field_type: scalars.FieldType) -> Sample:
    value = {"LOG_LEVEL": "debug", "RETRIES": 3, "VERBOSE": True, "HF_TOKEN": SECRET_VALUE}
    wire = {"LOG_LEVEL": "debug", "RETRIES": "3", "VERBOSE": "true", "HF_TOKEN": SECRET_VALUE}
    same = (dict(reversed(value.items())), wire, json.dumps(wire), {**wire, "LOG_LEVEL": " debug"})
    other = {**value, "LOG_LEVEL": "info", "HF_TOKEN": OTHER_SECRET_VALUE}
    other_wire = {**wire, "LOG_LEVEL": "info", "HF_TOKEN": OTHER_SECRET_VALUE}
    refused = (
        ({"RATE": 0.10}, "quote it"),
        ({"a": ["b"]}, "the value is a list"),
        ({"a": None}, "not a string"),
        (["a"], "write a mapping"),
    )
    return Sample(value, wire, same, other, other_wire, refused)


def _specs(field: Field, _field_type: scalars.FieldType) -> Sample:
    one, other = known_uuids(field)
    value = {"NVIDIA": [one, other], "Huawei": [other]}
    refused = (({"NVIDIA": one}, "write a list"), ({"NVIDIA": ["x"]}, "is not a UUID"), ([one], "write a mapping"))
    same = (dict(reversed(value.items())), json.dumps(value))
    return Sample(value, value, same, {"NVIDIA": [one]}, {"NVIDIA": [one]}, refused)


_SAMPLES: Mapping[type, Callable[..., Sample]] = {
    scalars.Text: _text,
    scalars.Name: _name,
    scalars.Choice: _choice,
    scalars.Uuid: _uuid,
    scalars.Integer: _integer,
    scalars.Boolean: _boolean,
    yaml_type.Yaml: _yaml,
    field_types.List: _list,
    field_types.Architecture: _architecture,
    field_types.Images: _images,
    field_types.Parameters: _parameters,
    field_types.Specs: _specs,
}

# Any value

#: Signs that mean something to the query grammar, to SQL, to YAML or to a shell, beside ordinary ones.
TRICKY = "ab AÄä =!<>~?%_'\"\\,;:#{}[]&*|-+.0推理\u3000\u00a0é"


def texts(most: int = 24) -> st.SearchStrategy[str]:
    """Any text that JSON can carry, often with signs that mean something to somebody."""
    any_sign = st.characters(exclude_categories=["Cs"])
    return st.text(st.sampled_from(TRICKY), max_size=most) | st.text(any_sign, max_size=most)


def names() -> st.SearchStrategy[str]:
    """Any name the platform accepts, in the form it is stored in."""
    return texts().map(trim).filter(bool)


def yaml_values() -> st.SearchStrategy[Any]:
    """Any value of a YAML document with text keys."""
    keys = st.text(st.sampled_from("abcdenv_-.: 0"), min_size=1, max_size=6)
    numbers = st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=False)
    scalars = st.none() | st.booleans() | numbers | texts(12)
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
        max_leaves=8,
    )


def service_yamls() -> st.SearchStrategy[dict[str, Any]]:
    """A mapping like those the vendor shows, with anything else beside it."""
    service = st.fixed_dictionaries(
        {}, optional={"name": texts(8), "ports": st.lists(st.integers(1, 65535), max_size=3)}
    )
    pairs = st.dictionaries(_variables(), texts(8).map(str.strip), max_size=3)
    env = st.one_of(
        pairs,
        pairs.map(lambda values: [f"{key}:{value}" for key, value in values.items()]),
        pairs.map(lambda values: [f"{key}={value}" for key, value in values.items()]),
        pairs.map(lambda values: [{"name": key, "value": value} for key, value in values.items()]),
    )
    parts = {"services": st.lists(service, max_size=2), "env": env, "other": yaml_values()}
    return st.fixed_dictionaries({}, optional=parts)


def _variables() -> st.SearchStrategy[str]:
    return st.sampled_from(["LOG_LEVEL", "HF_TOKEN", "PATH", "db.password", "apiKey", "RETRIES"])


def values_of(field: Field) -> st.SearchStrategy[Any]:
    """Any value a user can declare for a field, on a simulated platform."""
    return _by_type(_VALUES, field.type)(field, field.type)


def _list_values(field: Field, field_type: field_types.List) -> st.SearchStrategy[Any]:
    values = _by_type(_VALUES, field_type.element)(field, field_type.element)
    if field.relation in ("user_tags", "system_tags"):
        # A tag exists once on a service, as the platform's database compares texts.
        return st.lists(values, max_size=3, unique_by=lambda text: fold_for_equality(trim(text)))
    return st.lists(values, max_size=3, unique=True)


def _system_tags() -> st.SearchStrategy[str]:
    """Any text that fits a definition of a system tag."""
    return texts().map(lambda text: f"team::a{text.replace(':', '')}")


def _image_values(_field: Field, field_type: field_types.Images) -> st.SearchStrategy[Any]:
    optional = {"docker_image": texts(10), "vm_image_uuid": st.sampled_from([constants.X86_IMAGE_UUID])}
    image = st.fixed_dictionaries(
        {"cpu_architecture": st.sampled_from(["X86_64", "x86_64", "AARCH64"])}, optional=optional
    )
    return st.lists(image, max_size=2, unique_by=lambda image: image["cpu_architecture"].lower())


def _yaml_forms(_field: Field, _field_type: scalars.FieldType) -> st.SearchStrategy[Any]:
    value = service_yamls()
    return value | value.map(yaml.safe_dump) | value.map(functools.partial(yaml.safe_dump, default_flow_style=True))


def _parameter_values(_field: Field, _field_type: scalars.FieldType) -> st.SearchStrategy[Any]:
    return st.dictionaries(_variables(), texts(10) | st.integers() | st.booleans(), max_size=3)


_VALUES: Mapping[type, Callable[..., st.SearchStrategy[Any]]] = {
    scalars.Text: lambda _field, _field_type: texts(),
    scalars.Name: lambda field, _field_type: _system_tags() if field.relation == "system_tags" else names(),
    scalars.Choice: lambda _field, field_type: st.sampled_from(field_type.choices),
    scalars.Uuid: lambda field, _field_type: st.sampled_from(known_uuids(field)),
    scalars.Integer: lambda _field, field_type: _in_any_form(st.integers(0, field_type.limit - 1)),
    scalars.Boolean: lambda _field, _field_type: st.sampled_from([True, False, "yes", "no"]),
    yaml_type.Yaml: _yaml_forms,
    field_types.List: _list_values,
    field_types.Architecture: lambda _field, _field_type: st.sampled_from(["X86_64", "AARCH64", "x86_64"]),
    field_types.Images: _image_values,
    field_types.Parameters: _parameter_values,
    field_types.Specs: lambda field, _field_type: st.dictionaries(
        texts(6), st.lists(st.sampled_from(known_uuids(field)), max_size=2), max_size=2
    ),
}


def _in_any_form(numbers: st.SearchStrategy[int]) -> st.SearchStrategy[Any]:
    return numbers | numbers.map(str)


@functools.cache
def declarations() -> st.SearchStrategy[dict[str, Any]]:
    """A service that can be created, with any of the fields a creation or an update takes, in any form."""
    rows = [field for field in FIELDS if (field.add or field.update) and field.option not in ("name", "resource_uuid")]
    needed = {field.option: values_of(field) for field in rows if field.add == "required"}
    optional = {field.option: values_of(field) for field in rows if field.add != "required"}
    return st.fixed_dictionaries({"name": names(), **needed}, optional=optional)


@functools.cache
def inventories() -> st.SearchStrategy[dict[str, Any]]:
    """A service as the platform may store it, whoever made it: any of its keys, in the platform's own form."""
    rows = [field for field in FIELDS if field.read and field.option not in ("name", "resource_uuid", "model_uuids")]
    stored = {field.wire: values_of(field).map(functools.partial(_as_stored, field)) for field in rows}
    bindings = st.lists(st.sampled_from(list(KNOWN["/ai/models"].values())), max_size=2, unique=True)
    refs = bindings.map(lambda uuids: [{"modelUuid": uuid} for uuid in uuids])
    shared = st.sampled_from(["twin", "Twin"])  # names are not unique on the platform
    needed = {"name": names() | shared, "yaml": stored.pop("yaml") | texts().map(trim)}
    return st.fixed_dictionaries(needed, optional={**stored, "modelServiceRefs": refs})


def _as_stored(field: Field, declared: Any) -> Any:
    wire = field.type.encode(field.type.parse(declared))
    return trim(wire) if isinstance(wire, str) else wire
