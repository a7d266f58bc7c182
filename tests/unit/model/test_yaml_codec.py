# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""YAML is read by meaning, with lines, and compared so that only equal values are equal."""

from __future__ import annotations

import time
from typing import Any

import pytest
import yaml
from ansible_collections.zstack.aios.plugins.module_utils._model import yaml_codec, yaml_values
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import RawItem, validate_items
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import MODEL_SERVICE
from ansible_collections.zstack.aios.tests.support import strategies
from hypothesis import given, settings

DOCUMENTS = [
    "",
    "a: 1",
    "[1, 2.0, true, null, ~, yes, 0x1F, 0o17, 017, 1_000, .inf, '3.10', 3.10, 1:30]",
    "a: &x {b: 1}\nc: *x",
    "base: &base {cpu: 1, memory: 2}\nchat: {<<: *base, cpu: 4}",
    "a: !!str 3.10\nb: !!int '4'\nc: !!float 1\nd: !!bool yes\ne: !!null ''",
    "? a\n: b",
    "- |\n  two\n  lines\n- >\n  folded\n  text\n",
    "date: 2026-01-02\nno_date: 2026-99-99",
    "{a: [], b: {}, c: [[], {}]}",
    "'<<': plain",
    "推理: 模型",
]


@pytest.mark.parametrize("text", DOCUMENTS)
def test_documents_are_read_as_the_stock_loader_reads_them(text: str) -> None:
    if "2026-99-99" in text:
        assert yaml_codec.load(text).value["no_date"] == "2026-99-99"
        text = text.replace("no_date: 2026-99-99", "")
    assert repr(yaml_codec.load(text).value) == repr(yaml.safe_load(text))


@settings(max_examples=60)
@given(strategies.yaml_values())
def test_what_is_written_reads_back_the_same(value: Any) -> None:
    text = yaml_codec.dump(value)
    assert repr(yaml_codec.load(text).value) == repr(value)
    assert text == text.rstrip("\n")


def test_mappings_know_their_lines() -> None:
    loaded = yaml_codec.load("# services\n- name: one\n- name: two\n\n-\n  name: three\n")
    assert [loaded.lines[id(entry)] for entry in loaded.value] == [2, 3, 6]


@pytest.mark.parametrize(
    ("text", "problem", "line", "column"),
    [
        ("a: 1\nb: [1, 2\nc: 3\n", "did not find expected ',' or ']'", 3, 2),
        ("a: 1\n  b: 2\n", "mapping values are not allowed in this context", 2, 4),
        ("a: 1\nb: !vault x\n", "unknown tag; quote text that begins with !", 2, 4),
        ("a: !!int x\n", "is not valid for the tag", 1, 4),
        ("a: *gone\n", "undefined alias; quote text that begins with *", 1, 4),
        ("a: 1\n---\nb: 2\n", "more than one document", 2, 1),
        ("? [a, b]\n: 1\n", "a list or a mapping cannot be a key", 1, 3),
        ("a: {<<: 3}\n", "needs a mapping", 1, 10),
        ("\ta: 1\n", "found character that cannot start any token", 1, 1),
    ],
)
def test_errors_name_line_and_column(text: str, problem: str, line: int, column: int) -> None:
    with pytest.raises(yaml_values.YamlError) as caught:
        yaml_codec.load(text)
    assert problem in caught.value.problem
    assert (caught.value.line, caught.value.column) == (line, column)
    assert str(caught.value).endswith(f"(line {line}, column {column})")


def test_characters_that_yaml_does_not_allow_are_refused() -> None:
    for text in ("a: \ud83d", "a: \x07"):
        with pytest.raises(yaml_values.YamlError):
            yaml_codec.load(text)


def test_types_differ_in_the_fingerprint() -> None:
    values = [1, 1.0, True, "1", "1.0", "true", None, "", "null", [], {}, [1], ["1"], {"a": 1}, {"a": "1"}, [[1]], b"1"]
    assert len({yaml_values.fingerprint(value) for value in values}) == len(values)


def test_order_counts_in_lists_only() -> None:
    assert yaml_values.fingerprint({"a": 1, "b": [1, 2]}) == yaml_values.fingerprint({"b": [1, 2], "a": 1})
    assert yaml_values.fingerprint([1, 2]) != yaml_values.fingerprint([2, 1])
    assert yaml_values.fingerprint([1, 1]) != yaml_values.fingerprint([1])


def test_exponential_aliases_are_refused_at_once() -> None:
    lines = ["a0: &a0 [lol, lol]"]
    lines += [f"a{level}: &a{level} [*a{level - 1}, *a{level - 1}]" for level in range(1, 60)]
    started = time.perf_counter()
    with pytest.raises(yaml_values.YamlError, match="its aliases expand to too much text"):
        yaml_codec.load("\n".join(lines))
    assert time.perf_counter() - started < 2


def test_a_document_that_contains_itself_or_is_nested_too_deeply_is_refused() -> None:
    with pytest.raises(yaml_values.YamlError, match="contains itself"):
        yaml_values.fingerprint(yaml_codec.load("a: &a [*a]").value)
    with pytest.raises(yaml_values.YamlError, match="nested more than 200 levels deep"):
        yaml_values.fingerprint(yaml_codec.load("[" * 5000 + "]" * 5000).value)


def test_a_text_of_several_lines_is_written_as_lines() -> None:
    assert yaml_codec.dump({"readme": "one\ntwo\n", "name": "推理"}) == "readme: |\n  one\n  two\nname: 推理"


PATHS = (("services", 0, "name"), ("services", 0, "livez"), ("env",))


@pytest.mark.parametrize(
    "text",
    [
        "note: 1",
        "note: 1\nenv: [a:b]\nservices: [{name: chat, livez: /}]",
        "note: 1\nservices:",
        "note: 1\nservices: []",
        "note: 1\nservices: [{}]",
        "note: 1\nservices: [null]",
        "note: 1\nservices: [{name: chat}]",
    ],
)
def test_removing_a_path_leaves_no_empty_containers(text: str) -> None:
    document = yaml_codec.load(text).value
    yaml_values.remove_paths(document, PATHS)
    assert document == {"note": 1}


@pytest.mark.parametrize("text", ["services: [{ports: [1]}]", "services: chat", "[1]", "chat"])
def test_removing_a_path_leaves_everything_else(text: str) -> None:
    document, before = yaml_codec.load(text).value, yaml_codec.load(text).value
    yaml_values.remove_paths(document, PATHS)
    assert document == before


@pytest.mark.parametrize("first", ["{}", "{name: one}", "{name: one, livez: /}"])
def test_a_path_is_removed_from_the_first_service_only(first: str) -> None:
    document = yaml_codec.load(f"services: [{first}, {{name: two, livez: /}}]").value
    yaml_values.remove_paths(document, PATHS)
    assert document == {"services": [{"name": "two", "livez": "/"}]}


@pytest.mark.parametrize("text", ["[", "[\n", "{", "- ", "? ", "{a: ", "!!seq [", "&a [", '"a": ['])
def test_any_nesting_is_refused_at_once(text: str) -> None:
    begun = time.process_time()
    with pytest.raises(yaml_values.YamlError):
        yaml_codec.load(text * (yaml_codec.LONGEST // len(text)))
    assert time.process_time() - begun < 2


@pytest.mark.parametrize("tag", ["", "!!int ", "!!float "])
@pytest.mark.parametrize(
    "digits", ["0x" + "f" * 5000, "0b" + "1" * 20_000, "0" + "7" * 6000, "1" * 6000, "1:" * 3000 + "1", "1:" * 200_000 + "1"],
    ids=["hexadecimal", "binary", "octal", "decimal", "sixties", "many sixties"],
)  # fmt: skip
def test_a_number_that_cannot_be_written_again_is_text_or_refused(tag: str, digits: str) -> None:
    begun = time.process_time()
    try:
        value = yaml_codec.load(f"request_cpu: {tag}{digits}").value["request_cpu"]
    except yaml_values.YamlError as error:
        assert "is not valid for the tag" in str(error)
    else:
        assert len(str(value)) > 0
        items, errors = validate_items(MODEL_SERVICE, [RawItem({"name": "a", "request_cpu": value}, "")])
        assert not [item for item in items if "request_cpu" in item.values]
        assert "request_cpu" in "".join(map(str, errors))
    assert time.process_time() - begun < 2
