# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a run as HTML, Markdown or JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._common.text import counted, printable
from ansible_collections.zstack.aios.plugins.module_utils._report import wording as words
from ansible_collections.zstack.aios.plugins.module_utils._report.html import html_page

#: A Markdown report fits into a comment on a merge request.
_MARKDOWN_ROOM, _MARKDOWN_LINES, _MARKDOWN_ERROR = 250_000, 60, 1500
SUFFIXES = (".html", ".md", ".json")
_FIRST_KEYS = (
    "version",
    "host",
    "platform",
    "started",
    "check",
    "refused",
    "interrupted",
    "plan_digest",
    "summary",
    "uncompared",
    "unmanaged",
)
_NOT_ASCII = re.compile(r"[^\n -~]")


def render(report: Mapping[str, Any], suffix: str) -> str:
    """Return the report as text in the form the suffix names.

    :param report: JSON-able and already redacted: ``host`` (of the inventory, or empty), ``platform``, ``started``,
        ``check``, ``version``, ``plan_digest``, ``summary`` (counts by action, ``total``, ``requests``, ``logins``,
        ``seconds``), ``uncompared`` (numbers of services by field), ``unmanaged`` (``name`` and ``uuid`` of services that
        are not declared) and ``rows`` (``name``, ``uuid``, ``action``, ``planned``, ``pruned``, ``error``, ``code``,
        ``changes`` of ``field``, ``before``, ``after`` and possibly ``declared_in``), without the services that are
        unchanged; ``refused`` (why nothing was done at all, or empty), ``interrupted``, and possibly ``left_out`` (number of
        declared services that were not selected) and ``undo_path``.
        A joint report of several hosts has ``platforms``, a report of each without its rows, and ``host`` in each row.
    :param suffix: ``.html``, ``.md`` or ``.json``.
    :raises ValueError: another suffix.
    """
    if suffix == ".html":
        return html_page(report)
    if suffix == ".md":
        return _markdown(report)
    if suffix == ".json":
        return _json(report)
    raise ValueError(f'a report is written as .html, .md or .json, not as "{printable(suffix)}"')


def _json(report: Mapping[str, Any]) -> str:
    """Return all data, failures first; a character that a screen might obey is escaped, which JSON reads back."""
    facts = {key: report[key] for key in _FIRST_KEYS}
    text = json.dumps({**facts, **report, "rows": words.failures_first(report["rows"])}, indent=2, ensure_ascii=False)
    return f"{_NOT_ASCII.sub(_escape_for_json, text)}\n"


def _escape_for_json(match: re.Match[str]) -> str:
    character = match[0]
    return character if character.isprintable() else json.dumps(character)[1:-1]


def _markdown(report: Mapping[str, Any]) -> str:
    summary, check, rows = report["summary"], report["check"], words.failures_first(report["rows"])
    facts = "\n".join(f"- {name}: {_code(value)}" for name, value in words.facts(report))
    host = report["host"] if report["host"] != "localhost" and "platforms" not in report else ""
    parts = [f"# {_code(host)}: {words.headline(report)}" if host else f"# {words.headline(report)}", facts]
    if words.note(report):
        parts.append(f"> {words.note(report)}")
    if report["refused"]:
        lines = [f"    {line}" for line in words.harmless_lines(report["refused"], _MARKDOWN_LINES)]
        parts += ["## Reason", "\n".join(lines)]
    else:
        parts.append(_counts(summary, check))
    parts += _platforms(report.get("platforms", ()))
    if report["plan_digest"]:
        parts.append(f"Plan digest: {_code(report['plan_digest'])}")
    unmanaged = report["unmanaged"]
    parts += _fit([*_sections(rows, check), *_unmanaged(unmanaged, len(rows))], len(rows) + len(unmanaged))
    return "\n\n".join(parts) + f"\n\nWritten by zstack.aios {words.harmless(report['version'])}\n"


def _platforms(platforms: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what came of each platform of a joint report: a table, and the reasons where nothing was done."""
    if not platforms:
        return []
    lines = [
        f"| {_code(one['host'])} | {_code(one['platform'])} | {words.headline(one)} | {_code(one['plan_digest'])} |"
        for one in platforms
    ]
    parts = ["## Platforms", "\n".join(["| Host | Platform | Outcome | Plan digest |", "| --- " * 4 + "|", *lines])]
    for one in platforms:
        if one["refused"]:
            reason = [f"    {line}" for line in words.harmless_lines(one["refused"], _MARKDOWN_LINES)]
            parts += [f"## Reason on {_code(one['host'])}", "\n".join(reason)]
    return parts


def _counts(summary: Mapping[str, Any], check: bool) -> str:
    labels = [words.label(count, check) for count in words.COUNTS]
    return (
        f"| {' | '.join(labels)} |\n|{' ---: |' * len(labels)}\n"
        f"| {' | '.join(f'{summary[count]:,}' for count in words.COUNTS)} |"
    )


def _fit(sections: Iterable[tuple[int, str]], total: int) -> list[str]:
    """Return the sections that fit, and a note on the services that do not. Each comes with its services so far."""
    shown: list[str] = []
    room, reported = _MARKDOWN_ROOM, 0
    for services, text in sections:
        room -= len(text) + 2
        if room < 0:
            shown.append(
                f"{counted(total - reported, 'more service')}: the .html and .json reports contain all of them."
            )
            break
        shown.append(text)
        reported = services
    return shown


def _sections(rows: Sequence[Mapping[str, Any]], check: bool) -> Iterator[tuple[int, str]]:
    room = min(_MARKDOWN_LINES, words.line_room(len(rows)))
    heading = ""
    for number, row in enumerate(rows, 1):
        section = "What failed" if words.has_failed(row) else "What was not attempted"
        if section != "What failed" and row["action"] != "not_attempted":
            section = "What would change" if check else "What changed"
        if section != heading:
            heading = section
            yield number - 1, f"## {heading}"
        yield number, _row(row, check, room)


def _unmanaged(services: Sequence[Mapping[str, Any]], before: int) -> Iterator[tuple[int, str]]:
    """Yield the services that are not declared, each with the number of services so far."""
    if services:
        yield before, "## Not declared"
    for number, service in enumerate(services, before + 1):
        on = f" on {_code(service['host'])}" if service.get("host") else ""
        yield number, f"- {_code(service['name'])}{on} {_code(service['uuid'])}"


def _row(row: Mapping[str, Any], check: bool, room: int) -> str:
    remark = ", ".join(filter(None, [words.intention(row), "pruned: not declared" if row["pruned"] else ""]))
    title = f"- **{words.label(row['action'], check)}** {_code(row['name'])}"
    title += f" on {_code(row['host'])}" if row.get("host") else ""
    title += f" ({remark})" if remark else ""
    lines = [f"{title} {_code(row['uuid'])}" if row["uuid"] else title]
    if row["error"]:
        lines.append(f"  - {_code(row['code'] or 'error')}: {_code(printable(row['error'], _MARKDOWN_ERROR))}")
    for change in row["changes"]:
        lines += _change(change, room)
    return "\n".join(lines).rstrip("\n")


def _change(change: Mapping[str, Any], room: int) -> list[str]:
    before, after = words.texts(change["before"], change["after"])
    place = f" (declared in {_code(change['declared_in'])})" if change.get("declared_in") else ""
    name = f"  - {_code(change['field'])}{place}:"
    line = words.one_line(before, after)
    if line is None:
        lines = [f"{'@@ ' if mark == '@' else mark}{text}" for mark, text, _part in words.compare(before, after, room)]
        fence = "`" * max(3, 1 + _longest_run("\n".join(lines)))
        return [name, "", f"    {fence}diff", *(f"    {text}" for text in lines), f"    {fence}", ""]
    old, new = line
    if old is None:
        return [f"{name} {_shown(new)}"]
    return [f"{name} {_shown(old)} → {_shown(new)}"]


def _shown(text: str | None) -> str:
    return _code(text) if text else "*empty*" if text == "" else "*not set*"


def _code(text: object) -> str:
    """Return a text as code, in which no character is markup and no name calls anybody."""
    line = words.harmless(text)
    if line.strip() and not any(character in line for character in "`|"):
        return f"`{line}`"
    return f"<code>{''.join(c if c.isalnum() else f'&#{ord(c)};' for c in line)}</code>"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
