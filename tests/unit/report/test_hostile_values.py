# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever a platform stores, the result of a run is reported: rows, summary, diff and report."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._common.errors import AiosError
from ansible_collections.zstack.aios.plugins.module_utils._converge.actions import CREATED, DELETED, UPDATED, Action
from ansible_collections.zstack.aios.plugins.module_utils._converge.rows import FAILED, UNKNOWN, Row
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import Item
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Resource
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import FIELDS, MODEL_SERVICE
from ansible_collections.zstack.aios.plugins.module_utils._model.redaction import Redactor
from ansible_collections.zstack.aios.plugins.module_utils._module import presentable
from ansible_collections.zstack.aios.plugins.module_utils._report import showable as showable_module
from ansible_collections.zstack.aios.plugins.module_utils._report.changes import (
    list_changes,
    make_diff,
    predict_resource,
    show_resource,
)
from ansible_collections.zstack.aios.plugins.module_utils._report.report import report_data, write_report
from ansible_collections.zstack.aios.plugins.module_utils._report.result import (
    failure_message,
    show_diff,
    show_rows,
    summarize,
)
from ansible_collections.zstack.aios.plugins.module_utils._report.showable import UNSHOWABLE, showable
from hypothesis import given, settings
from hypothesis import strategies as st


class Unspeakable:
    """A value that fails whatever is asked of it."""

    def __str__(self) -> str:
        raise ValueError("no")

    __repr__ = __str__


def nested(depth: int, leaf: Any = 1) -> Any:
    """Return lists and mappings within each other."""
    for level in range(depth):
        leaf = [leaf] if level % 2 else {"a": leaf}
    return leaf


def circle() -> Any:
    """Return a list that contains itself twice."""
    value: list[Any] = []
    value += [value, value]
    return value


ODD: dict[str, Any] = {
    "deep": nested(5000),
    "a circle": circle(),
    "a huge number": 1 << 100_000,
    "half a pair": "a\ud800b",
    "steering": "\x1b[2J\u202egpj\r\nok: [host]\x9b31m",
    "long": "x" * 60_000 + "\n" + "y" * 60_000,
    "deep yaml": "env: {HF_TOKEN: abcdefghij}\na: " + "[" * 900 + "]" * 900,
    "a yaml that is none": "HF_TOKEN: {{{",
    "a yaml that grows": "env: {HF_TOKEN: *a}\na: &a [1,1]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]",
    "keys of many types": {1: 2, None: 3, "a": {True: 4}, (1, 2): 5},
    "bytes": b"\xff",
    "unspeakable": Unspeakable(),
    "not finite": [float("nan"), float("inf")],
    "an odd environment": {"HF_TOKEN": ["abcdefghij"], "B": nested(900), "C": None},
}
ANY = st.sampled_from(list(ODD.values())) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.binary(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
OPTIONS = [field.option for field in FIELDS if not field.relation]
NAMES = st.sampled_from([ODD["half a pair"], ODD["steering"], "x" * 400_000, "chat"])


def make_row(current: dict[str, Any], declared: dict[str, Any], kind: str, status: str, error: str) -> Row:
    """Return the row of an action on a resource of these values."""
    item = Item(MODEL_SERVICE, "", "")
    resource = Resource(MODEL_SERVICE, current) if kind != CREATED else None
    action = Action(item, kind, "0" * 32, current=resource)
    (action.create_values if kind == CREATED else action.update_values).update(declared)
    failure = AiosError(error, "odd") if error else None
    return Row(action, status, sorted(declared), resource, failure)


ROWS = st.builds(
    make_row,
    st.dictionaries(st.sampled_from([*OPTIONS, "create_date", "\ud800"]), ANY, max_size=4).flatmap(
        lambda values: st.fixed_dictionaries({**{key: st.just(value) for key, value in values.items()}, "name": NAMES})
    ),
    st.dictionaries(st.sampled_from(OPTIONS), ANY, max_size=4),
    st.sampled_from([CREATED, UPDATED, DELETED]),
    st.sampled_from([CREATED, UPDATED, DELETED, FAILED, UNKNOWN]),
    st.sampled_from(["", "refused", *(value for value in ODD.values() if isinstance(value, str))]),
)


def harmless(text: str) -> bool:
    """Whether a text cannot steer a terminal."""
    return all(character in "\n\t" or character.isprintable() for character in text)


@settings(max_examples=12)
@given(rows=st.lists(ROWS, min_size=1, max_size=3))
def test_any_result_is_reported(rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> None:
    redactor = Redactor()
    summary = summarize(rows)
    result = {
        **show_rows(rows),
        "diff": show_diff(rows, redactor),
        "msg": failure_message(rows, summary, False),
        "model_service": [show_resource(row.resource, redactor) for row in rows if row.resource],
        "predicted": [predict_resource(row.action, redactor) for row in rows],
    }
    shown = presentable(result, redactor)
    assert len(shown["results"]) == len(rows)
    assert [row["action"] for row in shown["results"]].count("failed") == summary["failed"] - sum(
        row.error is not None and row.status not in (FAILED, UNKNOWN) for row in rows
    )
    assert json.loads(json.dumps(shown))
    assert harmless(shown["msg"])
    for entry in shown["diff"]:
        assert harmless("".join(entry.values()))
        json.dumps(entry, ensure_ascii=False).encode()
    facts = {"platform": "http://x", "started": "now", "check": False, "plan_digest": "",
             "summary": {**summary, "requests": 1, "logins": 1, "seconds": 0.1}}  # fmt: skip
    for suffix in (".html", ".md", ".json"):
        path = tmp_path_factory.getbasetemp() / f"hostile{suffix}"
        write_report(str(path), report_data(facts, rows, redactor))
        assert harmless(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("value", ODD.values(), ids=ODD)
@pytest.mark.parametrize("option", ["yaml", "environment_parameters", "architecture_images", "readme", "model_uuids"])
def test_an_odd_value_costs_nothing_but_itself(option: str, value: Any) -> None:
    row = make_row(
        {"name": "chat", option: value, "request_cpu": 4}, {option: value, "request_cpu": 8}, UPDATED, UPDATED, ""
    )
    diff = make_diff(row, Redactor())
    assert "request_cpu: 4\n" in diff["before"]
    assert "request_cpu: 8\n" in diff["after"]
    assert {change["field"] for change in list_changes(row, Redactor())} == {option, "request_cpu"}


def test_a_long_value_is_shown_by_length_and_digest_in_a_diff() -> None:
    text = "x" * (showable_module.LONGEST + 1)
    row = make_row({"name": "chat", "readme": text}, {"readme": text[1:]}, UPDATED, UPDATED, "")
    diff = make_diff(row, Redactor())
    assert "50,001 characters, SHA-256 " in diff["before"]
    assert text[1:] in diff["after"]


@pytest.mark.parametrize("secret", ["", "env:\n  HF_TOKEN: abcdefghij1\n"], ids=["plain", "with a secret"])
def test_a_diff_of_a_huge_yaml_takes_little_time_and_room(secret: str) -> None:
    lines = secret + "".join(f"key-{number}: value {number}\n" for number in range(450_000))
    assert len(lines) > 10_000_000
    begun = time.process_time()
    row = make_row({"name": "chat", "yaml": lines}, {"yaml": lines + "more: 1"}, UPDATED, UPDATED, "")
    diff = make_diff(row, Redactor())
    assert not MODEL_SERVICE.by_option["yaml"].type.same(
        MODEL_SERVICE.by_option["yaml"].type.parse(lines + "more: 1"), lines
    )
    assert time.process_time() - begun < 5
    assert len(json.dumps(diff)) < 1000
    assert "abcdefghij1" not in json.dumps(diff)


def test_what_cannot_be_redacted_is_not_shown_and_costs_nothing_else() -> None:
    def fails() -> list[str]:
        raise RecursionError

    redactor = Redactor()
    redactor.learn_later(fails)
    shown = presentable({"changed": True, "results": [{"name": "a", "n": 1}], "msg": "secret", "diff": []}, redactor)
    assert shown == {"changed": True, "results": [{"name": UNSHOWABLE, "n": 1}], "msg": UNSHOWABLE, "diff": []}


def test_what_can_be_shown_is_shown_as_it_is() -> None:
    value = {"a": [1, 2.5, None, True, "für 模型"], "b": {"c": {}}}
    assert showable(value) == value
    assert showable(Path("x")) == "x"
