# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as Markdown, for a comment on a merge request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._common.text import printable
from ansible_collections.zstack.aios.plugins.module_utils._report import wording as words
from ansible_collections.zstack.aios.plugins.module_utils._report.languages import Language

#: A report fits into a comment: its characters, lines of a value or a reason, and characters of an error.
_ROOM, _LINES, _ERROR = 250_000, 60, 1500


def markdown(report: Mapping[str, Any], language: Language) -> str:
    """Return the whole text; no value in it is markup, and no name calls anybody."""
    return _Text(report, language).markdown()


def _code(text: object) -> str:
    """Return a text as code, in which no character is markup and no name calls anybody."""
    line = words.harmless(text)
    if line.strip() and not any(character in line for character in "`|"):
        return f"`{line}`"
    return f"<code>{''.join(c if c.isalnum() else f'&#{ord(c)};' for c in line)}</code>"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)


class _Text:
    """The text of one report in one language."""

    def __init__(self, report: Mapping[str, Any], language: Language) -> None:
        self._report = report
        self._rows = words.failures_first(report["rows"])
        self._words = words.Wording(language, report["check"])
        self._say = language.say
        self._room = min(_LINES, words.line_room(len(self._rows)))

    def markdown(self) -> str:
        """Return the whole text."""
        report, say = self._report, self._say
        facts = "\n".join(f"- {name}: {_code(value)}" for name, value in self._words.facts(report))
        host = report["host"] if report["host"] != "localhost" and "platforms" not in report else ""
        headline = self._words.headline(report)
        parts = [f"# {_code(host)}: {headline}" if host else f"# {headline}", facts]
        if note := self._words.note(report):
            parts.append(f"> {note}")
        if report["refused"]:
            parts += [f"## {say('reason')}", self._reason(report["refused"])]
        else:
            parts.append(self._counts())
        parts += self._platforms(report.get("platforms", ()))
        if report["plan_digest"]:
            parts.append(f"{say('plan_digest')}: {_code(report['plan_digest'])}")
        parts += self._fit([*self._sections(), *self._unmanaged()], len(self._rows) + len(report["unmanaged"]))
        return "\n\n".join(parts) + f"\n\n{say('written_by', version=words.harmless(report['version']))}\n"

    def _reason(self, message: str) -> str:
        return "\n".join(f"    {line}" for line in self._words.harmless_lines(message, _LINES))

    def _platforms(self, platforms: Sequence[Mapping[str, Any]]) -> list[str]:
        """Return what came of each platform of a joint report: a table, and the reasons where nothing was done."""
        if not platforms:
            return []
        heads = " | ".join(map(self._say, ("host", "platform", "outcome", "plan_digest")))
        lines = [
            f"| {_code(one['host'])} | {_code(one['platform'])} | {self._words.headline(one)} | {_code(one['plan_digest'])} |"
            for one in platforms
        ]
        parts = [f"## {self._say('platforms')}", "\n".join([f"| {heads} |", "| --- " * 4 + "|", *lines])]
        for one in platforms:
            if one["refused"]:
                parts += [f"## {self._say('reason_on', host=_code(one['host']))}", self._reason(one["refused"])]
        return parts

    def _counts(self) -> str:
        labels = map(self._words.label, words.COUNTS)
        summary = self._report["summary"]
        return (
            f"| {' | '.join(labels)} |\n|{' ---: |' * len(words.COUNTS)}\n"
            f"| {' | '.join(f'{summary[count]:,}' for count in words.COUNTS)} |"
        )

    def _fit(self, sections: Iterable[tuple[int, str]], total: int) -> list[str]:
        """Return the sections that fit, and a note on the services that do not. Each comes with its services so far."""
        shown: list[str] = []
        room, reported = _ROOM, 0
        for services, text in sections:
            room -= len(text) + 2
            if room < 0:
                shown.append(self._say("more_services", total - reported))
                break
            shown.append(text)
            reported = services
        return shown

    def _sections(self) -> Iterator[tuple[int, str]]:
        heading = ""
        for number, row in enumerate(self._rows, 1):
            if words.has_failed(row):
                section = "what_failed"
            elif row["action"] == "not_attempted":
                section = "what_was_not_attempted"
            else:
                section = "what_would_change" if self._report["check"] else "what_changed"
            if section != heading:
                heading = section
                yield number - 1, f"## {self._say(heading)}"
            yield number, self._row(row)

    def _unmanaged(self) -> Iterator[tuple[int, str]]:
        """Yield the services that are not declared, each with the number of services so far."""
        services, before = self._report["unmanaged"], len(self._rows)
        if services:
            yield before, f"## {self._say('not_declared')}"
        for number, service in enumerate(services, before + 1):
            yield number, f"- {_code(service['name'])}{self._host(service)} {_code(service['uuid'])}"

    def _host(self, entry: Mapping[str, Any]) -> str:
        return self._say("on_host", host=_code(entry["host"])) if entry.get("host") else ""

    def _row(self, row: Mapping[str, Any]) -> str:
        remark = self._words.remarks(row)
        title = f"- **{self._words.label(row['action'])}** {_code(row['name'])}{self._host(row)}"
        title += f" ({remark})" if remark else ""
        lines = [f"{title} {_code(row['uuid'])}" if row["uuid"] else title]
        if row["error"]:
            lines.append(f"  - {_code(row['code'] or 'error')}: {_code(printable(row['error'], _ERROR))}")
        for change in row["changes"]:
            lines += self._change(change)
        return "\n".join(lines).rstrip("\n")

    def _change(self, change: Mapping[str, Any]) -> list[str]:
        before, after = words.texts(change["before"], change["after"])
        declared_in = change.get("declared_in")
        place = f" ({self._say('declared_in', place=_code(declared_in))})" if declared_in else ""
        name = f"  - {_code(change['field'])}{place}:"
        line = self._words.one_line(before, after)
        if line is None:
            compared = self._words.compare(before, after, self._room)
            lines = [f"{'@@ ' if mark == '@' else mark}{text}" for mark, text, _part in compared]
            fence = "`" * max(3, 1 + _longest_run("\n".join(lines)))
            return [name, "", f"    {fence}diff", *(f"    {text}" for text in lines), f"    {fence}", ""]
        old, new = line
        if old is None:
            return [f"{name} {self._shown(new)}"]
        return [f"{name} {self._shown(old)} → {self._shown(new)}"]

    def _shown(self, text: str | None) -> str:
        return _code(text) if text else f"*{self._say('not_set' if text is None else 'empty')}*"
