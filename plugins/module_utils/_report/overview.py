# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan or an outcome as lines of one service each, most important first, for a person who approves it."""

from __future__ import annotations

import json
import os.path
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._common.text import printable, quoted
from ansible_collections.zstack.aios.plugins.module_utils._converge.actions import (
    CLONED,
    CREATED,
    DELETED,
    REPLACED,
    UPDATED,
)
from ansible_collections.zstack.aios.plugins.module_utils._converge.rows import NOT_ATTEMPTED, Row
from ansible_collections.zstack.aios.plugins.module_utils._model.redaction import Redactor
from ansible_collections.zstack.aios.plugins.module_utils._report import wording as words
from ansible_collections.zstack.aios.plugins.module_utils._report.changes import list_changes
from ansible_collections.zstack.aios.plugins.module_utils._report.languages import ENGLISH
from ansible_collections.zstack.aios.plugins.module_utils._report.result import known_uuid, rows_to_report

#: Lines, and characters of all of them in JSON; the other services are counted.
_LINES, _ROOM = 200, 20_000
#: Characters of one line, of a name, and of a value in it.
_LINE, _NAME, _VALUE = 300, 80, 60
#: What is lost comes first. Of a status that is not here, such as a failure, the rank is in between.
_RANKS = {DELETED: 0, REPLACED: 1, UPDATED: 3, CLONED: 4, CREATED: 4, NOT_ATTEMPTED: 5}
_FAILED = 2


def overview(rows: Sequence[Row], check: bool, redactor: Redactor) -> list[str]:
    """Return a line for each service that is not unchanged, as many as fit, and the numbers of the others by outcome."""
    ranked = sorted(rows_to_report(rows), key=_rank)
    lines: list[str] = []
    room = _ROOM
    for number, row in enumerate(ranked[:_LINES], 1):
        line = printable(f"{number}/{len(ranked)} {_describe(row, check, redactor)}", _LINE)
        room -= len(json.dumps(line))
        if room < 0:
            break
        lines.append(line)
    rest = Counter(words.Wording(ENGLISH, check).label(row.status) for row in ranked[len(lines) :])
    if rest:
        counts = ", ".join(f"{count} {label}" for label, count in rest.items())
        lines.append(f"and {rest.total()} more: {counts}")
    return lines


def _rank(row: Row) -> int:
    failed = row.error is not None and row.status != NOT_ATTEMPTED
    return _FAILED if failed else _RANKS.get(row.status, _FAILED)


def _describe(row: Row, check: bool, redactor: Redactor) -> str:
    start = f"{words.Wording(ENGLISH, check).label(row.status)}: {printable(row.action.label, _NAME)}"
    if row.error is not None:
        return f"{start}: {row.error.message}"
    if row.status == DELETED:
        return f"{start} ({known_uuid(row)}{'' if row.action.item.place else ', not declared'})"
    if row.status == CLONED:
        return f"{start} from {printable(row.action.item.clone_from, _NAME)}"
    if row.status in (UPDATED, REPLACED):
        changes = [_change(change) for change in list_changes(row, redactor)]
        if row.action.created_only:
            changes.append(f"not compared: {', '.join(row.action.created_only)}")
        return f"{start}: {'; '.join(changes)}"
    return start


def _change(change: Mapping[str, Any]) -> str:
    """Return the old and the new value of a field; of texts of several lines, the first line that differs."""
    old, new = words.texts(change["before"], change["after"])
    where = ""
    if old is not None and new is not None and ("\n" in old or "\n" in new):
        sides = old.split("\n"), new.split("\n")
        at = next((n for n, pair in enumerate(zip(*sides, strict=False)) if pair[0] != pair[1]), min(map(len, sides)))
        old, new = (side[at].strip() if at < len(side) else None for side in sides)
        where = f" line {at + 1}"
    start = 0
    if old is not None and new is not None and max(len(old), len(new)) > _VALUE:
        start = max(0, len(os.path.commonprefix([old, new])) - _VALUE // 3)
    return f"{change['field']}{where} {_short(old, start)} -> {_short(new, start)}"


def _short(text: str | None, start: int) -> str:
    """Return a value, of a long one the part from where it is about to differ."""
    if text is None:
        return "not set"
    return f"{'...' if start else ''}{printable(text[start:], _VALUE)}" if text.strip() else quoted(text)
