# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a report says, whatever its form and language: outcome, order, labels and compared values."""

from __future__ import annotations

import difflib
import json
import os.path
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.zstack.aios.plugins.module_utils._common.text import printable
from ansible_collections.zstack.aios.plugins.module_utils._report.languages import Language

#: The counts of a summary in the order in which a reader wants them.
COUNTS = ("failed", "unknown", "not_attempted", "created", "cloned", "updated", "replaced", "deleted", "unchanged")
CHANGES = ("created", "cloned", "updated", "replaced", "deleted")

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


def harmless(text: object) -> str:
    """Return a text as one line, control, ANSI and direction characters escaped, nothing cut."""
    line = str(text)
    return line if line.isprintable() else printable(line, len(line))


def texts(before: Any, after: Any) -> tuple[str | None, str | None]:
    """Return both values as texts of one shape; None stays None. Short lists and maps take one line, long ones many."""
    sides = (before, after)
    shown = [side if side is None or isinstance(side, str) else _IN_A_LINE.encode(side) for side in sides]
    if any(isinstance(side, (dict, list)) and len(text or "") > 60 for side, text in zip(sides, shown, strict=True)):
        shown = [side if side is None or isinstance(side, str) else _IN_LINES.encode(side) for side in sides]
    return shown[0], shown[1]


def line_room(services: int) -> int:
    """Return how many lines of one value to show, so that a page of so many services keeps a size to open."""
    return max(10, min(400, 40_000 // max(1, services)))


class Wording:
    """The words of a report in one language.

    :param check: whether the report is a plan.
    """

    def __init__(self, language: Language, check: bool) -> None:
        self._check = check
        self.say = language.say

    def label(self, action: str) -> str:
        """Return an action as words: ``created``, or ``to create`` where it was only planned."""
        return self.say(f"planned_{action}" if self._check and action in CHANGES else action)

    def intention(self, row: Mapping[str, Any]) -> str:
        """Return the planned action if it was not, or may not have been, completed: ``was to be updated``; else an empty
        text."""
        if row["action"] in ("failed", "unknown", "not_attempted"):
            key = "may_have_been" if row["action"] == "unknown" else "was_to_be"
            return self.say(key, done=self.say(f"do_{row['planned']}"))
        return self.say("not_completed") if row["error"] else ""

    def remarks(self, row: Mapping[str, Any]) -> str:
        """Return what there is to say of the outcome of one service, or an empty text."""
        return self.say("separator").join(
            filter(None, [self.intention(row), self.say("pruned") if row["pruned"] else ""])
        )

    def headline(self, report: Mapping[str, Any]) -> str:
        """Return the outcome as one sentence without a full stop."""
        outcome = self._outcome(report)
        sentence = self.say("plan", outcome=outcome) if report["check"] else outcome
        return f"{sentence[0].upper()}{sentence[1:]}"

    def _outcome(self, report: Mapping[str, Any]) -> str:
        summary = report["summary"]
        total, changed = summary["total"], sum(summary[count] for count in CHANGES)
        refused = refused_platforms(report)
        if refused:
            platforms = self.say("platforms_counted", len(report["platforms"]))
            return self.say("nothing_done_on", len(refused), platforms=platforms)
        if report["refused"]:
            return self.say("nothing_done")
        if report["interrupted"]:
            return self.say("interrupted", part=self._part(changed, summary))
        if summary["failed"]:
            key = "part_failed_or_unknown" if summary["unknown"] else "part_failed"
            return self.say(key, summary["unknown"], part=self._part(summary["failed"], summary))
        for count in ("unknown", "not_attempted"):
            if summary[count]:
                return self.say(f"part_{count}", part=self._part(summary[count], summary))
        if changed:
            return self.say(
                f"part_{'would_change' if report['check'] else 'changed'}", part=self._part(changed, summary)
            )
        if total:
            return self.say("all_as_declared", total, services=self._all_of(summary))
        return self.say("nothing_declared")

    def facts(self, report: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Return names and values of what was run, where, when and at what cost."""
        summary, say = report["summary"], self.say
        cost = [
            self.duration(summary["seconds"]),
            say("requests", summary["requests"]),
            say("logins", summary["logins"]),
        ]
        uncompared = (
            say("field_of_services", field=field, services=say("services_counted", n))
            for field, n in report["uncompared"].items()
        )
        found = {
            "host": harmless(report["host"]),
            "platform": harmless(report["platform"]),
            "started": harmless(report["started"]),
            "took": "" if report["refused"] else say("separator").join(cost),
            "not_declared": say("services_counted", len(report["unmanaged"])) if report["unmanaged"] else "",
            "undo_file": harmless(report.get("undo_path", "")),
            "left_out": say("declared_services", report["left_out"]) if report.get("left_out") else "",
            "not_compared": say("separator").join(uncompared),
        }
        return [(say(key), value) for key, value in found.items() if value]

    def note(self, report: Mapping[str, Any]) -> str:
        """Return what a reader should know before the rest, or an empty text."""
        if report["check"]:
            return self.say("note_plan")
        return self.say("note_again") if mood(report) == "bad" else ""

    def duration(self, seconds: float) -> str:
        """Return a time as people say it: ``0.8 s``, ``42 s``, ``3 min 5 s``, ``2 h 0 min``."""
        whole = round(seconds)
        if whole < 60:
            return self.say("seconds", seconds=f"{seconds:.1f}" if seconds < 10 else whole)
        if whole < 3600:
            return self.say("minutes", minutes=whole // 60, seconds=whole % 60)
        return self.say("hours", hours=whole // 3600, minutes=whole % 3600 // 60)

    def harmless_lines(self, text: str, room: int) -> list[str]:
        """Return at most ``room`` harmless lines of a text, each at most 1,000 characters, and a note on what is cut."""
        lines = text.split("\n")
        shown = [self._shorten(line, 1000) for line in lines[:room]]
        cut = len(lines) - room
        return [*shown, f"... {self.say('more_lines', cut)}"] if cut > 0 else shown

    def one_line(self, before: str | None, after: str | None) -> tuple[str | None, str | None] | None:
        """Return both texts cut to one harmless line around their first difference, or None where one has more lines."""
        sides = (before, after)
        if any(side is not None and "\n" in side for side in sides):
            return None
        start = 0
        if before is not None and after is not None and max(len(before), len(after)) > _ONE_LINE:
            start = max(0, len(os.path.commonprefix([before, after])) - 40)
        first, second = (None if side is None else self._shorten(side, _ONE_LINE, start) for side in sides)
        return first, second

    def compare(self, before: str | None, after: str | None, room: int) -> list[Line]:
        """Return two texts line by line: what differs, three lines around it, and notes on what is left out.

        :param before: None where there was no text; all lines of the other are added then, and likewise for ``after``.
        :param room: how many lines to return at most, besides the last note.
        """
        if before is None or after is None:
            mark = "+" if before is None else "-"
            return [Line(mark, line) for line in self.harmless_lines(before or after or "", room)]
        old, new = before.split("\n"), after.split("\n")
        head = _common(old, new)
        tail = _common(old[head:][::-1], new[head:][::-1])
        start = max(0, head - _CONTEXT)
        rest = max(0, tail - _CONTEXT)
        old, new = (side[start : len(side) - rest][:_COMPARED_LINES] for side in (old, new))
        lines = self._gap(start) + self._differences(old, new) + self._gap(rest)
        return lines if len(lines) <= room else [*lines[:room], Line("@", self.say("more_lines", len(lines) - room))]

    def _differences(self, old: Sequence[str], new: Sequence[str]) -> list[Line]:
        lines: list[Line] = []
        reached = 0
        for group in difflib.SequenceMatcher(None, old, new).get_grouped_opcodes(_CONTEXT):
            lines += self._gap(group[0][1] - reached)
            reached = group[-1][2]
            for tag, i1, i2, j1, j2 in group:
                gone, come = ([self._shorten(line, 1000) for line in part] for part in (old[i1:i2], new[j1:j2]))
                if tag == "equal":
                    lines += [Line(" ", line) for line in gone]
                    continue
                paired = len(gone) == len(come)
                lines += [Line("-", line, come[n] if paired else None) for n, line in enumerate(gone)]
                lines += [Line("+", line, gone[n] if paired else None) for n, line in enumerate(come)]
        return lines

    def _gap(self, lines: int) -> list[Line]:
        return [Line("@", self.say("lines_unchanged", lines))] if lines > 0 else []

    def _shorten(self, text: str, limit: int, start: int = 0) -> str:
        shown = harmless(text[start : start + limit])
        lead = "..." if start else ""
        tail = self.say("cut", len(text)) if len(text) > start + limit else ""
        return f"{lead}{shown}{tail}"

    def _all_of(self, summary: Mapping[str, Any]) -> str:
        """Return how many services a run was about, and how many instance groups."""
        groups = summary.get("instance_groups", 0)
        services = self.say("services_counted", summary["total"] - groups)
        return self.say("services_and_groups", groups, services=services) if groups else services

    def _part(self, count: int, summary: Mapping[str, Any]) -> str:
        whole = self._all_of(summary)
        return whole if count == summary["total"] else self.say("part", count, services=whole)


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many items two sequences share at their start."""
    for number, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return number
    return min(len(one), len(other))
