# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a report says, whatever its form: outcome, order, labels and compared values."""

from __future__ import annotations

import difflib
import json
import os.path
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.zstack.aios.plugins.module_utils._common.text import counted, printable

#: The counts of a summary in the order in which a reader wants them.
COUNTS = ("failed", "unknown", "not_attempted", "created", "cloned", "updated", "replaced", "deleted", "unchanged")
CHANGES = ("created", "cloned", "updated", "replaced", "deleted")

_PLANNED = {
    "created": "to create",
    "cloned": "to clone",
    "updated": "to update",
    "replaced": "to replace",
    "deleted": "to delete",
}
_IN_A_LINE = json.JSONEncoder(ensure_ascii=False, sort_keys=True)
_IN_LINES = json.JSONEncoder(ensure_ascii=False, sort_keys=True, indent=2)
_ONE_LINE, _CONTEXT, _COMPARED_LINES = 300, 3, 2000


class Line(NamedTuple):
    """One line of a comparison. ``mark``: ``+`` added, ``-`` removed, a blank for kept, ``@`` for a note on a gap.

    :ivar twin: the line this one replaces or is replaced by, where they stand for each other.
    """

    mark: str
    text: str
    twin: str | None = None


def has_failed(row: Mapping[str, Any]) -> bool:
    """Return whether a row's service was begun, and is not, or may not be, as declared."""
    return row["action"] in ("failed", "unknown") or (bool(row["error"]) and row["action"] != "not_attempted")


def failures_first(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return rows with failures first, what was not attempted last, otherwise as they were."""
    return sorted(rows, key=lambda row: 0 if has_failed(row) else 1 + (row["action"] == "not_attempted"))


def label(action: str, check: bool) -> str:
    """Return an action as words: ``created``, or ``to create`` where it was only planned."""
    return _PLANNED[action] if check and action in _PLANNED else action.replace("_", " ")


def intention(row: Mapping[str, Any]) -> str:
    """Return the planned action if it was not, or may not have been, completed: ``was to be updated``; else an empty text."""
    if row["action"] == "unknown":
        return f"may have been {row['planned']}"
    if row["action"] in ("failed", "not_attempted"):
        return f"was to be {row['planned']}"
    return "not completed" if row["error"] else ""


def headline(report: Mapping[str, Any]) -> str:
    """Return the outcome as one sentence without a full stop."""
    summary, check = report["summary"], report["check"]
    total, changed = summary["total"], sum(summary[count] for count in CHANGES)
    plan = "Plan: " if check else ""
    refused = refused_platforms(report)
    if refused:
        count = f"{len(refused)} of {counted(len(report['platforms']), 'platform')}"
        return f"{plan}{'n' if check else 'N'}othing was done on {count}"
    if report["refused"]:
        return f"{plan}nothing was done" if check else "Nothing was done"
    if report["interrupted"]:
        return f"Interrupted after {_part(changed, summary)}"
    if summary["failed"]:
        unknown = f", {summary['unknown']:,} unknown" if summary["unknown"] else ""
        return f"{plan}{_part(summary['failed'], summary)} failed{unknown}"
    if summary["unknown"]:
        return f"{plan}{_part(summary['unknown'], summary)} unknown"
    if summary["not_attempted"]:
        return f"{plan}{_part(summary['not_attempted'], summary)} not attempted"
    if changed:
        return f"{plan}{_part(changed, summary)} {'would change' if check else 'changed'}"
    if total:
        words = "1 service is as declared" if total == 1 else f"all {_all_of(summary)} are as declared"
    else:
        words = "nothing is declared"
    return f"{plan}{words}" if check else f"{words[0].upper()}{words[1:]}"


def refused_platforms(report: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the platforms of a joint report on which nothing was done."""
    return [one for one in report.get("platforms", ()) if one["refused"]]


def mood(report: Mapping[str, Any]) -> str:
    """Return ``bad``, ``plan``, ``done`` or ``same``: how a reader should take the outcome."""
    summary = report["summary"]
    if (
        report["refused"]
        or refused_platforms(report)
        or report["interrupted"]
        or summary["failed"]
        or summary["unknown"]
        or summary["not_attempted"]
    ):
        return "bad"
    if not any(summary[count] for count in CHANGES):
        return "same"
    return "plan" if report["check"] else "done"


def facts(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return names and values of what was run, where, when and at what cost."""
    summary = report["summary"]
    requests = f"{counted(summary['requests'], 'request')}, {counted(summary['logins'], 'login')}"
    found = [
        ("Host", harmless(report["host"])),
        ("Platform", harmless(report["platform"])),
        ("Started", harmless(report["started"])),
        ("Took", "" if report["refused"] else f"{duration(summary['seconds'])}, {requests}"),
        ("Not declared", counted(len(report["unmanaged"]), "service") if report["unmanaged"] else ""),
        ("Undo file", harmless(report.get("undo_path", ""))),
        ("Left out by only", counted(report["left_out"], "declared service") if report.get("left_out") else ""),
        ("Not compared", ", ".join(f"{field} of {counted(n, 'service')}" for field, n in report["uncompared"].items())),
    ]
    return [(name, value) for name, value in found if value]


def note(report: Mapping[str, Any]) -> str:
    """Return what a reader should know before the rest, or an empty text."""
    if report["check"]:
        return "This is a plan. Nothing was written to the platform."
    return "Fix the cause and run again; completed work is not repeated." if mood(report) == "bad" else ""


def duration(seconds: float) -> str:
    """Return a time as people say it: ``0.8 s``, ``42 s``, ``3 min 5 s``, ``2 h 0 min``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60} min {whole % 60} s" if whole < 3600 else f"{whole // 3600} h {whole % 3600 // 60} min"


def harmless(text: object) -> str:
    """Return a text as one line, control, ANSI and direction characters escaped, nothing cut."""
    line = str(text)
    return line if line.isprintable() else printable(line, len(line))


def harmless_lines(text: str, room: int) -> list[str]:
    """Return at most ``room`` harmless lines of a text, each at most 1,000 characters, and a note on what is cut."""
    lines = text.split("\n")
    shown = [_shorten(line, 1000) for line in lines[:room]]
    cut = len(lines) - room
    return [*shown, f"... {counted(cut, 'more line')}"] if cut > 0 else shown


def texts(before: Any, after: Any) -> tuple[str | None, str | None]:
    """Return both values as texts of one shape; None stays None. Short lists and maps take one line, long ones many."""
    sides = (before, after)
    shown = [side if side is None or isinstance(side, str) else _IN_A_LINE.encode(side) for side in sides]
    if any(isinstance(side, (dict, list)) and len(text or "") > 60 for side, text in zip(sides, shown, strict=True)):
        shown = [side if side is None or isinstance(side, str) else _IN_LINES.encode(side) for side in sides]
    return shown[0], shown[1]


def one_line(before: str | None, after: str | None) -> tuple[str | None, str | None] | None:
    """Return both texts cut to one harmless line around their first difference, or None where one has more lines."""
    sides = (before, after)
    if any(side is not None and "\n" in side for side in sides):
        return None
    start = 0
    if before is not None and after is not None and max(len(before), len(after)) > _ONE_LINE:
        start = max(0, len(os.path.commonprefix([before, after])) - 40)
    first, second = (None if side is None else _shorten(side, _ONE_LINE, start) for side in sides)
    return first, second


def compare(before: str | None, after: str | None, room: int) -> list[Line]:
    """Return two texts line by line: what differs, three lines around it, and notes on what is left out.

    :param before: None where there was no text; all lines of the other are added then, and likewise for ``after``.
    :param room: how many lines to return at most, besides the last note.
    """
    if before is None or after is None:
        mark = "+" if before is None else "-"
        return [Line(mark, line) for line in harmless_lines(before or after or "", room)]
    old, new = before.split("\n"), after.split("\n")
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    start = max(0, head - _CONTEXT)
    rest = max(0, tail - _CONTEXT)
    old, new = (side[start : len(side) - rest][:_COMPARED_LINES] for side in (old, new))
    lines = _gap(start) + _differences(old, new) + _gap(rest)
    return lines if len(lines) <= room else [*lines[:room], Line("@", counted(len(lines) - room, "more line"))]


def line_room(services: int) -> int:
    """Return how many lines of one value to show, so that a page of so many services keeps a size to open."""
    return max(10, min(400, 40_000 // max(1, services)))


def _differences(old: Sequence[str], new: Sequence[str]) -> list[Line]:
    lines: list[Line] = []
    reached = 0
    for group in difflib.SequenceMatcher(None, old, new).get_grouped_opcodes(_CONTEXT):
        lines += _gap(group[0][1] - reached)
        reached = group[-1][2]
        for tag, i1, i2, j1, j2 in group:
            gone, come = ([_shorten(line, 1000) for line in part] for part in (old[i1:i2], new[j1:j2]))
            if tag == "equal":
                lines += [Line(" ", line) for line in gone]
                continue
            paired = len(gone) == len(come)
            lines += [Line("-", line, come[n] if paired else None) for n, line in enumerate(gone)]
            lines += [Line("+", line, gone[n] if paired else None) for n, line in enumerate(come)]
    return lines


def _gap(lines: int) -> list[Line]:
    return [Line("@", f"{counted(lines, 'line')} unchanged")] if lines > 0 else []


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many items two sequences share at their start."""
    for number, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return number
    return min(len(one), len(other))


def _shorten(text: str, limit: int, start: int = 0) -> str:
    shown = harmless(text[start : start + limit])
    lead = "..." if start else ""
    return f"{lead}{shown}... ({len(text):,} characters)" if len(text) > start + limit else f"{lead}{shown}"


def _all_of(summary: Mapping[str, Any]) -> str:
    """Return how many services a run was about, and how many instance groups."""
    groups = summary.get("instance_groups", 0)
    services = summary["total"] - groups
    words = f"{services:,} {'service' if services == 1 else 'services'}"
    return f"{words} and {counted(groups, 'instance group')}" if groups else words


def _part(count: int, summary: Mapping[str, Any]) -> str:
    return _all_of(summary) if count == summary["total"] else f"{count:,} of {_all_of(summary)}"
