# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of a run: rows, summary, diff and message, within the size that AWX can keep."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._common.text import counted, listed, printable, quoted
from ansible_collections.zstack.aios.plugins.module_utils._converge.actions import (
    CLONED,
    CREATED,
    DELETED,
    REPLACED,
    UNCHANGED,
    UPDATED,
)
from ansible_collections.zstack.aios.plugins.module_utils._converge.rows import FAILED, NOT_ATTEMPTED, UNKNOWN, Row
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import PRESENT
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Resource
from ansible_collections.zstack.aios.plugins.module_utils._model.redaction import Redactor
from ansible_collections.zstack.aios.plugins.module_utils._report.changes import make_diff

#: AWX empties the result of an event above 700,000 characters; all parts stay under 600,000 together.
ALL_ROOM, ROWS_ROOM, DIFF_ROOM, MESSAGE_ROOM, UNMANAGED_ROOM = 590_000, 330_000, 200_000, 20_000, 20_000
#: Characters of a name in a row, so that one that nobody could read leaves room for the other rows.
_NAME = 2000
#: So many services at most are looked at for the diff.
_DIFFS = 5000
#: The parts of a result that the UUIDs share their room with.
_PARTS = ("results", "diff", "unmanaged", "overview")
CHANGES = (CREATED, CLONED, UPDATED, REPLACED, DELETED)
COUNTS = (*CHANGES, UNCHANGED, FAILED, UNKNOWN, NOT_ATTEMPTED)


def known_uuid(row: Row) -> str:
    """Return the service's uuid where it has one, or may have got it: not of one that is only planned."""
    current = row.action.current
    if row.action.kind == REPLACED and current is not None and row.resource is current and row.status != UNKNOWN:
        return current.uuid
    return row.action.uuid if row.action.current or row.resource or row.status == UNKNOWN else ""


def show_row(row: Row) -> dict[str, Any]:
    """Return one compact row of ``results``; keys without content are left out."""
    name = row.action.name if len(row.action.name) <= _NAME else printable(row.action.name, _NAME)
    shown: dict[str, Any] = {"name": name, "action": row.status}
    if row.action.owner:
        shown["model_service"] = printable(row.action.owner.name, _NAME)
    if known_uuid(row):
        shown["uuid"] = known_uuid(row)
        if row.action.current and row.action.current.uuid != shown["uuid"]:
            shown["replaced_uuid"] = row.action.current.uuid
    if row.status in (UPDATED, REPLACED, UNKNOWN) or (row.error is not None and row.changed_fields):
        shown["changed_fields"] = row.action.schema.sorted(row.changed_fields)
    if row.error is not None:
        shown["error"] = printable(row.error.message, 1500)
        shown["error_code"] = row.error.code
    return shown


def summarize(rows: Sequence[Row]) -> dict[str, int]:
    """Count rows by what was done. ``failed`` also counts what was done in part, but nothing that is ``unknown``."""
    summary = dict.fromkeys(COUNTS, 0)
    for row in rows:
        summary[row.status] += 1
        if row.error is not None and row.status not in (FAILED, UNKNOWN, NOT_ATTEMPTED):
            summary[FAILED] += 1
    summary["total"] = len(rows)
    groups = sum(row.action.owner is not None for row in rows)
    return {**summary, "instance_groups": groups} if groups else summary


def rows_to_report(rows: Sequence[Row]) -> list[Row]:
    """Return every row that is not unchanged: errors first, also of what was done in part; what was not begun last."""
    changed = [row for row in rows if row.status != UNCHANGED]
    return sorted(changed, key=lambda row: 2 if row.status == NOT_ATTEMPTED else int(row.error is None))


def _fit(entries: Iterable[Any], room: int) -> list[Any]:
    """Return as many entries as fit into so many characters of JSON."""
    kept, used = [], 0
    for entry in entries:
        used += len(json.dumps(entry)) + 2
        if used > room:
            break
        kept.append(entry)
    return kept


def show_rows(rows: Sequence[Row]) -> dict[str, Any]:
    """Return ``results``, and ``results_omitted`` when some did not fit."""
    reported = rows_to_report(rows)
    results = _fit((show_row(row) for row in reported), ROWS_ROOM)
    omitted = len(reported) - len(results)
    return {"results": results, "results_omitted": omitted} if omitted else {"results": results}


def list_unmanaged(services: Sequence[Resource]) -> list[dict[str, str]]:
    """Return services that are not declared, by name, as ``name`` and ``uuid``."""
    return [{"name": one.name, "uuid": one.uuid} for one in services]


def show_unmanaged(services: Sequence[Resource]) -> list[dict[str, str]]:
    """Return as many services that are not declared as fit, their names shortened."""
    shown = ({**one, "name": printable(one["name"], _NAME)} for one in list_unmanaged(services))
    return _fit(shown, UNMANAGED_ROOM)


def uuids_by_name(rows: Sequence[Row]) -> dict[str, str]:
    """Return the UUID of every service that is declared to be present and exists, by name.

    A name that several of them have identifies none of them, so it is left out. Changed services come first.
    """
    found: dict[str, str] = {}
    shared = set()
    for row in sorted(rows, key=lambda row: row.status == UNCHANGED):
        if (
            row.action.owner is None
            and row.action.item.state == PRESENT
            and (row.action.current or row.resource) is not None
        ):
            if row.action.name in found:
                shared.add(row.action.name)
            found[row.action.name] = known_uuid(row)
    return {name: uuid for name, uuid in found.items() if name not in shared}


def show_uuids(rows: Sequence[Row], shown: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``uuids``, and ``uuids_omitted`` when some did not fit beside the other parts of the result."""
    known = uuids_by_name(rows)
    room = ALL_ROOM - MESSAGE_ROOM - sum(len(json.dumps(shown[part])) for part in _PARTS if part in shown)
    uuids = dict(_fit(known.items(), room))
    omitted = len(known) - len(uuids)
    return {"uuids": uuids, "uuids_omitted": omitted} if omitted else {"uuids": uuids}


def show_diff(rows: Sequence[Row], redactor: Redactor) -> list[dict[str, str]]:
    """Return ``diff``, cut with a note where it would not fit."""
    changed = [row for row in rows_to_report(rows) if row.changed]
    diff = _fit((make_diff(row, redactor) for row in changed[:_DIFFS]), DIFF_ROOM)
    omitted = len(changed) - len(diff)
    if omitted:
        note = f"{counted(omitted, 'more service')} changed; the diff is cut to fit. report_path writes all of it.\n"
        diff.append({"before_header": "cut", "after_header": "cut", "before": "", "after": note})
    return diff


def failure_message(rows: Sequence[Row], summary: Mapping[str, int], interrupted: bool) -> str:
    """Return the message of a failed run: errors by code with the first items, and what was done nevertheless."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        if row.error is not None and row.status != NOT_ATTEMPTED:
            groups.setdefault(row.error.code, []).append(row)
    lines = [f"{'Interrupted' if interrupted else _head(summary)}. {count_words(summary)}."]
    for code, group in sorted(groups.items(), key=lambda pair: -len(pair[1])):
        names = listed([quoted(row.action.label) for row in group])
        first = group[0].error
        lines.append(f"- {code} ({len(group)}): {names}: {first.message if first else ''}")
    lines.append("Fix the cause and run again; completed work is not repeated.")
    return "\n".join(lines)[:MESSAGE_ROOM]


def _head(summary: Mapping[str, int]) -> str:
    of_all = f"of {count_all(summary)}"
    if not summary[FAILED]:
        return f"The outcome of {summary[UNKNOWN]} {of_all} is unknown"
    return f"{summary[FAILED]} {of_all} failed" + (f", {summary[UNKNOWN]} unknown" if summary[UNKNOWN] else "")


def count_all(summary: Mapping[str, int]) -> str:
    """Return how many services a run was about, and how many instance groups."""
    groups = summary.get("instance_groups", 0)
    services = counted(summary["total"] - groups, "service")
    return f"{services} and {counted(groups, 'instance group')}" if groups else services


def count_words(summary: Mapping[str, int], planned: bool = False) -> str:
    """Return the counts that are not zero as words: ``2 created, 998 unchanged``, or ``2 to be created`` of a plan."""
    to_be = "to be " if planned else ""
    words = [
        f"{summary[count]} {to_be if count in CHANGES else ''}{count.replace('_', ' ')}"
        for count in COUNTS
        if summary[count]
    ]
    return ", ".join(words) or "nothing declared"
