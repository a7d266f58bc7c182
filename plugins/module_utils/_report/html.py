# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as one HTML page that needs nothing else."""

from __future__ import annotations

import os.path
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._common.text import counted
from ansible_collections.zstack.aios.plugins.module_utils._report import wording as words
from ansible_collections.zstack.aios.plugins.module_utils._report.style import POLICY, SCRIPT, STYLE

_SIGNS = {
    "failed": "✕",
    "unknown": "?",
    "not_attempted": "○",
    "created": "+",
    "cloned": "»",
    "updated": "~",
    "deleted": "−",
    "bad": "✕",
    "plan": "→",
    "done": "✓",
    "same": "=",
}
_TWO_SIDES = "<col><col><col><thead><tr>{}</tr></thead>".format(
    "".join(f'<th scope="col">{side}</th>' for side in ("Field", "Before", "After"))
)
_ERROR_LINES, _SHOWN_PER_CODE, _OPEN_UP_TO = 40, 20, 5


def html_page(report: Mapping[str, Any]) -> str:
    """Return the whole page. Its text is escaped, its policy forbids every load and every script but its own."""
    rows = words.failures_first(report["rows"])
    title = escape(words.headline(report))
    head = (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{title} · {_line(report['platform'])}</title>\n<style>{STYLE}</style>\n</head>\n<body>"
    )
    parts = [
        head,
        _header(report, title),
        "<main>",
        _refusal(report["refused"]),
        _platforms(report.get("platforms", ())),
        _failures(rows),
        _services(rows, report["summary"]["unchanged"], report["check"]),
        _unmanaged(report["unmanaged"]),
        "</main>",
        _footer(report),
        f"<script>{SCRIPT}</script>\n</body>\n</html>\n",
    ]
    return "\n".join(part for part in parts if part)


def _line(text: object) -> str:
    return escape(words.harmless(text))


def _sign(name: str) -> str:
    return f'<i aria-hidden="true">{_SIGNS[name]}</i>'


def _header(report: Mapping[str, Any], title: str) -> str:
    mood, summary, check = words.mood(report), report["summary"], report["check"]
    facts = "".join(f"<div><dt>{name}</dt><dd>{escape(value)}</dd></div>" for name, value in words.facts(report))
    tiles = "".join(
        f'<div class="{count if summary[count] else "none"}"><dt>{words.label(count, check)}</dt>'
        f"<dd>{summary[count]:,}</dd></div>"
        for count in words.COUNTS
    )
    note = f'<p class="note">{words.note(report)}</p>\n' if words.note(report) else ""
    return (
        f'<header>\n<p class="over">Model services report</p>\n'
        f'<h1><span class="sign {mood}" aria-hidden="true">{_SIGNS[mood]}</span>{title}</h1>\n'
        f'<dl class="facts">{facts}</dl>\n{note}'
        + ("</header>" if report["refused"] else f'<dl class="tiles">{tiles}</dl>\n</header>')
    )


def _refusal(message: str) -> str:
    if not message:
        return ""
    return (
        '<section aria-labelledby="refusal">\n<h2 id="refusal">Reason</h2>\n'
        f'<ul class="failures"><li>{_error({"error": message})}</li></ul>\n</section>'
    )


def _platforms(platforms: Sequence[Mapping[str, Any]]) -> str:
    """Return what came of each platform of a joint report."""
    if not platforms:
        return ""
    body = "\n".join(
        f'<tr><th scope="row"><bdi>{_line(one["host"])}</bdi><span class="id">{_line(one["platform"])}</span></th>'
        f"<td>{escape(words.headline(one))}{_error({'error': one['refused']})}</td>"
        f'<td class="id">{_line(one["plan_digest"])}</td></tr>'
        for one in platforms
    )
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("Platform", "Outcome", "Plan digest"))
    return (
        '<section aria-labelledby="platforms">\n<h2 id="platforms">Platforms</h2>\n<table class="plain">\n'
        f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>\n</section>"
    )


def _host(entry: Mapping[str, Any]) -> str:
    """Return the host of a row of a joint report."""
    return f" <small><bdi>{_line(entry['host'])}</bdi></small>" if entry.get("host") else ""


def _failures(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the failures by code, the commonest code first; rows are numbered as in the table."""
    groups: dict[str, dict[str, list[str]]] = {}
    for number, row in enumerate(rows, 1):
        if words.has_failed(row):
            link = f'<a href="#r{number}"><bdi>{_line(row["name"])}</bdi></a>{_host(row)}'
            groups.setdefault(row["code"], {}).setdefault(_error(row), []).append(link)
    if not groups:
        return ""
    sizes = {code: sum(map(len, group.values())) for code, group in groups.items()}
    parts = ['<section aria-labelledby="failures">\n<h2 id="failures">What failed</h2>\n<ul class="failures">']
    for code in sorted(groups, key=lambda code: -sizes[code]):
        services = counted(sizes[code], "service")
        parts.append(f'<li><span class="code">{_line(code or "no code")}</span> {services}\n<ul>')
        parts += [f"<li>{_links(links)}{error}</li>" for error, links in list(groups[code].items())[:_SHOWN_PER_CODE]]
        more = len(groups[code]) - _SHOWN_PER_CODE
        if more > 0:
            parts.append(f"<li><small>{counted(more, 'more message')} with this code in the table below</small></li>")
        parts.append("</ul></li>")
    parts.append("</ul>\n</section>")
    return "\n".join(parts)


def _links(links: Sequence[str]) -> str:
    more = len(links) - _SHOWN_PER_CODE
    return ", ".join(links[:_SHOWN_PER_CODE]) + (f" <small>and {more:,} more</small>" if more > 0 else "")


def _error(row: Mapping[str, Any]) -> str:
    text = "\n".join(words.harmless_lines(row["error"], _ERROR_LINES))
    return f'<p class="error">{escape(text)}</p>' if text else ""


def _services(rows: Sequence[Mapping[str, Any]], unchanged: int, check: bool) -> str:
    if not rows:
        return ""
    remark = f" <small>without {unchanged:,} unchanged</small>" if unchanged else ""
    heading = f'<section aria-labelledby="services">\n<h2 id="services">Services{remark}</h2>'
    room, opened = words.line_room(len(rows)), len(rows) <= _OPEN_UP_TO
    body = "\n".join(_service(number, row, check, room, opened) for number, row in enumerate(rows, 1))
    return (
        f'{heading}\n{_filter(rows, check)}\n<table class="services">\n<thead><tr><th scope="col">Service</th>'
        f'<th scope="col">Outcome</th><th scope="col">Fields</th></tr></thead>\n<tbody>\n{body}\n</tbody>\n'
        f"</table>\n</section>"
    )


def _unmanaged(services: Sequence[Mapping[str, Any]]) -> str:
    if not services:
        return ""
    body = "\n".join(
        f'<tr><th scope="row"><bdi>{_line(one["name"])}</bdi>{_host(one)}<span class="id">{_line(one["uuid"])}</span></th></tr>'
        for one in services
    )
    return (
        f'<section aria-labelledby="unmanaged">\n<h2 id="unmanaged">Not declared <small>{len(services):,} on the platform, '
        f'nothing is done about them</small></h2>\n<table class="plain">\n<thead><tr><th scope="col">Service</th></tr>'
        f"</thead>\n<tbody>\n{body}\n</tbody>\n</table>\n</section>"
    )


def _filter(rows: Sequence[Mapping[str, Any]], check: bool) -> str:
    numbers = Counter(name for row in rows for name in _is(row))
    choices = [("", "all", len(rows))]
    choices += [(count, words.label(count, check), numbers[count]) for count in words.COUNTS if numbers[count]]
    radios = "".join(
        f'<label><input type="radio" name="action" value="{value}"{"" if value else " checked"}>'
        f"<span>{text} {number:,}</span></label>"
        for value, text, number in choices
    )
    return (
        '<form class="filter" role="search" autocomplete="off" hidden>'
        '<input type="search" name="find" aria-label="Filter by text" '
        'placeholder="Filter by name, UUID, field, value or message">'
        '<output name="count" aria-live="polite"></output>'
        '<button type="button" name="toggle" value="open">Open all</button>'
        f'<fieldset><legend class="unseen">Filter by outcome</legend>{radios}</fieldset></form>'
    )


def _is(row: Mapping[str, Any]) -> list[str]:
    """Return what a row counts as: its action, and ``failed`` if it failed after it was begun."""
    return [row["action"], "failed"] if words.has_failed(row) and row["action"] != "failed" else [row["action"]]


def _service(number: int, row: Mapping[str, Any], check: bool, room: int, opened: bool) -> str:
    action = row["action"]
    uuid = f'<span class="id">{_line(row["uuid"])}</span>' if row["uuid"] else ""
    remarks = [words.intention(row), "pruned: not declared" if row["pruned"] else ""]
    remark = ", ".join(filter(None, remarks))
    outcome = f'<span class="badge {action}">{_sign(action)}{words.label(action, check)}</span>'
    service = f'<th scope="row"><bdi>{_line(row["name"])}</bdi>{_host(row)}{uuid}</th>'
    return (
        f'<tr id="r{number}" data-is="{" ".join(_is(row))}">{service}'
        f"<td>{outcome}{f'<small>{remark}</small>' if remark else ''}</td>"
        f"<td>{_error(row)}{_changes(row['changes'], room, opened)}</td></tr>"
    )


def _changes(changes: Sequence[Mapping[str, Any]], room: int, opened: bool) -> str:
    if not changes:
        return ""
    names = ", ".join(_line(change["field"]) for change in changes)
    if all(change["before"] is None for change in changes):
        head, body = "<col><col>", "".join(_one_side(_field(change), change["after"], room) for change in changes)
    elif all(change["after"] is None for change in changes):
        head, body = "<col><col>", "".join(_one_side(_field(change), change["before"], room) for change in changes)
    else:
        head, body = _TWO_SIDES, "".join(_two_sides(change, room) for change in changes)
    return (
        f"<details{' open' if opened else ''}><summary><b>{counted(len(changes), 'field')}</b> {names}</summary>"
        f"<table>{head}<tbody>{body}</tbody></table></details>"
    )


def _field(change: Mapping[str, Any]) -> str:
    """Return the name of a field, and where its value was declared if several layers declare the service."""
    place = change.get("declared_in")
    return _line(change["field"]) + (f" <small>declared in {_line(place)}</small>" if place else "")


def _one_side(field: str, value: Any, room: int) -> str:
    text = words.texts(value, None)[0]
    line = words.one_line(text, None)
    if text is None or line is not None:
        return f'<tr><th scope="row">{field}</th><td>{_value(line[0] if line else None)}</td></tr>'
    return _lines(field, 2, escape("\n".join(words.harmless_lines(text, room))))


def _two_sides(change: Mapping[str, Any], room: int) -> str:
    before, after = words.texts(change["before"], change["after"])
    lines = words.one_line(before, after)
    if lines is not None:
        old, new = (_value(line) for line in lines)
        field = f'<th scope="row">{_field(change)}</th>'
        return f"<tr>{field}<td><del>{old}</del></td><td><ins>{new}</ins></td></tr>"
    return _lines(_field(change), 3, _compared(before, after, room))


def _lines(field: str, columns: int, html: str) -> str:
    """Return a text of several lines below its field's name, where it has the whole width."""
    return (
        f'<tr><th scope="row" colspan="{columns}">{field}</th></tr>'
        f'<tr><td colspan="{columns}"><pre>{html}</pre></td></tr>'
    )


def _value(text: str | None) -> str:
    if text is None:
        return "<em>not set</em>"
    return escape(text) if text else "<em>empty</em>"


def _compared(before: str | None, after: str | None, room: int) -> str:
    tags = {"+": "ins", "-": "del", " ": "span", "@": "i"}
    shown = []
    for mark, text, twin in words.compare(before, after, room):
        tag = tags[mark]
        shown.append(f"<{tag}>{'⋯' if mark == '@' else mark} {_marked(text, twin)}</{tag}>")
    return "".join(shown)


def _marked(text: str, twin: str | None) -> str:
    """Return a line with the part emphasized in which it differs from its twin, unless hardly anything is common."""
    if twin is None:
        return escape(text)
    head = len(os.path.commonprefix([text, twin]))
    tail = len(os.path.commonprefix([text[head:][::-1], twin[head:][::-1]]))
    end = len(text) - tail
    if head + tail < len(text) // 3 or head == end:
        return escape(text)
    return f"{escape(text[:head])}<b>{escape(text[head:end])}</b>{escape(text[end:])}"


def _footer(report: Mapping[str, Any]) -> str:
    digest = ""
    if report["plan_digest"]:
        digest = f'<p>Plan digest <code class="digest">{_line(report["plan_digest"])}</code></p>\n'
    return f"<footer>\n{digest}<p>Written by zstack.aios {_line(report['version'])}</p>\n</footer>"
