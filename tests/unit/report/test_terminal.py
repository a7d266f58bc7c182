# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No text of a platform, a file or a declaration steers a terminal, whichever way it reaches one."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from ansible_collections.zstack.aios.plugins.filter.drift_text import drift_text
from ansible_collections.zstack.aios.plugins.module_utils._common.errors import (
    AiosError,
    ApiError,
    InvalidInput,
    OutcomeUnknown,
    TransportError,
    internal_error,
)
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import RawItem, validate_items
from ansible_collections.zstack.aios.plugins.module_utils._model.files import read_files
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import MODEL_SERVICE
from ansible_collections.zstack.aios.plugins.module_utils._model.redaction import Redactor
from ansible_collections.zstack.aios.plugins.module_utils._module import presentable
from ansible_collections.zstack.aios.plugins.module_utils._platform.conditions import ConditionReader, InvalidCondition
from ansible_collections.zstack.aios.plugins.module_utils._report.report import check_report_path
from ansible_collections.zstack.aios.plugins.plugin_utils import action
from hypothesis import example, given
from hypothesis import strategies as st

HOSTILE = "\x1b[2J\u202egpj\x07\x9b31m\u2066\ufeff\u2028a"
#: What a terminal obeys, and an ordinary letter here and there.
TEXTS = st.text(
    st.sampled_from("\x00\x07\x08\x1b\x7f\x9b\r\u200f\u202e\u2066\u2028\ufeff\U000e0041aB[{:%\"'"), min_size=1
)


def steers(text: str) -> bool:
    """Whether a terminal would obey a part of a text."""
    return any(unicodedata.category(letter)[0] == "C" for letter in text if letter not in "\n\t")


def of_result(text: str) -> str:
    """What Ansible shows as text of any result: message, warnings and difference."""
    diff = [{"before_header": text, "after_header": text, "before": f"{text}\n", "after": text}]
    shown = presentable({"msg": text, "warnings": [text], "diff": diff}, Redactor())
    return "".join([shown["msg"], *shown["warnings"], *shown["diff"][0].values()])


def of_drift(text: str) -> str:
    """What the role says of a platform that differs."""
    counts = dict.fromkeys(("created", "cloned", "updated", "replaced", "deleted", "unchanged"), 1)
    row = {"name": text, "action": text, "changed_fields": [text]}
    return drift_text({"summary": counts, "results": [row]}, text)


def of_errors(text: str) -> str:
    """Every kind of error, as a person reads it."""
    errors: list[AiosError] = [
        ApiError("GET", "/v1/x", 500, "SYS.1006", text),
        OutcomeUnknown("GET", "/v1/x", "job", text),
        internal_error(ValueError(text)),
        InvalidInput(validate_items(MODEL_SERVICE, [RawItem({"name": text, text: 1, "request_cpu": text}, "here")])[1]),
        InvalidInput(list(check_report_path(f"/{text}"))),
    ]
    return "".join(error.message for error in errors)


def of_conditions(text: str) -> str:
    """What is said of a condition that cannot be asked."""
    messages = []
    for given_condition in (text, f"name={text}'", {"field": text}, {"field": "name", "operator": text}, {text: 1}):
        try:
            ConditionReader(MODEL_SERVICE).read(given_condition)
        except InvalidCondition as error:
            messages.append(str(error))
    return "".join(messages)


def of_progress(text: str) -> str:
    """What the action plugin has Ansible display."""
    lines: list[str] = []

    class Queue:
        def send_display(self, _method: str, line: str) -> None:
            lines.append(line)

    with mock.patch.object(action.display, "_final_q", Queue(), create=True):
        action.show(text)
    return "".join(lines)


WAYS: dict[str, Callable[[str], str]] = {
    "result": of_result, "drift": of_drift, "errors": of_errors, "conditions": of_conditions, "progress": of_progress,
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@given(text=TEXTS)
@example(text=HOSTILE)
def test_no_text_steers_a_terminal(way: Callable[[str], str], text: str) -> None:
    shown = way(text)
    assert shown
    assert not steers(shown)


def test_the_lost_connection_of_a_hostile_peer_is_shown_harmless() -> None:
    error = TransportError("lost", "GET", "/v1/x", HOSTILE)
    assert not steers(presentable({"msg": error.message}, Redactor())["msg"])


@pytest.mark.parametrize("content", ["{{{", "- name: a\n  nme: b\n", "", "\x1b: 1", "\u202e: 1"])
def test_no_name_of_a_file_steers_a_terminal(tmp_path: Path, content: str) -> None:
    folder = tmp_path / HOSTILE
    folder.mkdir()
    (folder / f"{HOSTILE}.yml").write_text(content, encoding="utf-8")
    items, errors = read_files([str(folder), str(tmp_path / f"missing{HOSTILE}")])
    _items, invalid = validate_items(MODEL_SERVICE, items)
    found: list[Any] = [*errors, *invalid]
    assert len(found) >= 2
    assert not steers("".join(map(str, found)))
