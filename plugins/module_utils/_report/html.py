# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as one HTML page that needs nothing else."""

from __future__ import annotations

import os.path
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._report import wording as words
from ansible_collections.zstack.aios.plugins.module_utils._report.languages import ENGLISH, Language
from ansible_collections.zstack.aios.plugins.module_utils._report.style import POLICY, SCRIPT, STYLE

_SIGNS = {
    "failed": "✕",
    "unknown": "?",
    "not_attempted": "○",
    "created": "+",
    "cloned": "»",
    "updated": "~",
    "replaced": "⇄",
    "deleted": "−",
    "bad": "✕",
    "plan": "→",
    "done": "✓",
    "same": "=",
}
_ERROR_LINES, _SHOWN_PER_CODE, _OPEN_UP_TO = 40, 20, 5
#: Characters of a value that has room beside another one; longer ones stand below each other.
_BESIDE = 40


def html_page(report: Mapping[str, Any], language: Language) -> str:
    """Return the whole page. Its text is escaped, its policy forbids every load and every script but its own."""
    return _Page(report, language).html()


def _line(text: object) -> str:
    return escape(words.harmless(text))


def _sign(name: str) -> str:
    return f'<i aria-hidden="true">{_SIGNS[name]}</i>'


def _heads(heads: Iterable[str]) -> str:
    return "".join(f'<th scope="col">{head}</th>' for head in heads)


def _host(entry: Mapping[str, Any]) -> str:
    """Return the host of a row of a joint report."""
    return f" <small><bdi>{_line(entry['host'])}</bdi></small>" if entry.get("host") else ""


def _is(row: Mapping[str, Any]) -> list[str]:
    """Return what a row counts as: its action, and ``failed`` if it failed after it was begun."""
    return [row["action"], "failed"] if words.has_failed(row) and row["action"] != "failed" else [row["action"]]


def _lines(field: str, columns: int, html: str) -> str:
    """Return a text of several lines below its field's name, where it has the whole width."""
    return (
        f'<tr><th scope="row" colspan="{columns}">{field}</th></tr>'
        f'<tr><td colspan="{columns}"><pre>{html}</pre></td></tr>'
    )


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


class _Page:
    """The page of one report in one language."""

    def __init__(self, report: Mapping[str, Any], language: Language) -> None:
        self._report = report
        self._rows = words.failures_first(report["rows"])
        self._words = words.Wording(language, report["check"])
        self._say = language.say
        self._tag = language.tag
        #: Error messages are English.
        self._english = "" if language is ENGLISH else f' lang="{ENGLISH.tag}"'
        self._room = words.line_room(len(self._rows))
        self._opened = " open" if len(self._rows) <= _OPEN_UP_TO else ""

    def html(self) -> str:
        """Return the whole page."""
        report = self._report
        title = escape(self._words.headline(report))
        head = (
            f'<!doctype html>\n<html lang="{self._tag}">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
            f"<title>{title} · {_line(report['platform'])}</title>\n<style>{STYLE}</style>\n</head>\n<body>"
        )
        parts = [
            head,
            self._header(title),
            "<main>",
            self._refusal(report["refused"]),
            self._platforms(report.get("platforms", ())),
            self._failures(),
            self._services(report["summary"]["unchanged"]),
            self._unmanaged(report["unmanaged"]),
            "</main>",
            self._footer(),
            f"<script>{SCRIPT}</script>\n</body>\n</html>\n",
        ]
        return "\n".join(part for part in parts if part)

    def _header(self, title: str) -> str:
        report, mood, summary = self._report, words.mood(self._report), self._report["summary"]
        facts = "".join(
            f"<div><dt>{name}</dt><dd>{escape(value)}</dd></div>" for name, value in self._words.facts(report)
        )
        tiles = "".join(
            f'<div class="{count if summary[count] else "none"}"><dt>{self._words.label(count)}</dt>'
            f"<dd>{summary[count]:,}</dd></div>"
            for count in words.COUNTS
        )
        text = self._words.note(report)
        note = f'<p class="note">{text}</p>\n' if text else ""
        return (
            f'<header>\n<p class="over">{self._say("title")}</p>\n'
            f'<h1><span class="sign {mood}" aria-hidden="true">{_SIGNS[mood]}</span>{title}</h1>\n'
            f'<dl class="facts">{facts}</dl>\n{note}'
            + ("</header>" if report["refused"] else f'<dl class="tiles">{tiles}</dl>\n</header>')
        )

    def _refusal(self, message: str) -> str:
        if not message:
            return ""
        return (
            f'<section aria-labelledby="refusal">\n<h2 id="refusal">{self._say("reason")}</h2>\n'
            f'<ul class="failures"><li>{self._error(message)}</li></ul>\n</section>'
        )

    def _platforms(self, platforms: Sequence[Mapping[str, Any]]) -> str:
        """Return what came of each platform of a joint report."""
        if not platforms:
            return ""
        body = "\n".join(
            f'<tr><th scope="row"><bdi>{_line(one["host"])}</bdi><span class="id">{_line(one["platform"])}</span></th>'
            f"<td>{escape(self._words.headline(one))}{self._error(one['refused'])}</td>"
            f'<td class="id">{_line(one["plan_digest"])}</td></tr>'
            for one in platforms
        )
        heads = _heads(map(self._say, ("platform", "outcome", "plan_digest")))
        return (
            f'<section aria-labelledby="platforms">\n<h2 id="platforms">{self._say("platforms")}</h2>\n'
            f'<table class="plain">\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>\n</section>'
        )

    def _failures(self) -> str:
        """Return the failures by code, the commonest code first; rows are numbered as in the table."""
        groups: dict[str, dict[str, list[str]]] = {}
        for number, row in enumerate(self._rows, 1):
            if words.has_failed(row):
                link = f'<a href="#r{number}"><bdi>{_line(row["name"])}</bdi></a>{_host(row)}'
                groups.setdefault(row["code"], {}).setdefault(self._error(row["error"]), []).append(link)
        if not groups:
            return ""
        sizes = {code: sum(map(len, group.values())) for code, group in groups.items()}
        heading = f'<h2 id="failures">{self._say("what_failed")}</h2>'
        parts = [f'<section aria-labelledby="failures">\n{heading}\n<ul class="failures">']
        for code in sorted(groups, key=lambda code: -sizes[code]):
            services = self._say("services_counted", sizes[code])
            parts.append(f'<li><span class="code">{_line(code or self._say("no_code"))}</span> {services}\n<ul>')
            shown = list(groups[code].items())[:_SHOWN_PER_CODE]
            parts += [f"<li>{self._links(links)}{error}</li>" for error, links in shown]
            more = len(groups[code]) - _SHOWN_PER_CODE
            if more > 0:
                parts.append(f"<li><small>{self._say('more_messages', more)}</small></li>")
            parts.append("</ul></li>")
        parts.append("</ul>\n</section>")
        return "\n".join(parts)

    def _links(self, links: Sequence[str]) -> str:
        more = len(links) - _SHOWN_PER_CODE
        shown = self._say("separator").join(links[:_SHOWN_PER_CODE])
        return f"{shown} <small>{self._say('and_more', more)}</small>" if more > 0 else shown

    def _error(self, message: str) -> str:
        text = "\n".join(self._words.harmless_lines(message, _ERROR_LINES))
        return f'<p class="error"{self._english}>{escape(text)}</p>' if text else ""

    def _services(self, unchanged: int) -> str:
        if not self._rows:
            return ""
        remark = f" <small>{self._say('without_unchanged', unchanged)}</small>" if unchanged else ""
        heading = f'<section aria-labelledby="services">\n<h2 id="services">{self._say("services")}{remark}</h2>'
        body = "\n".join(self._service(number, row) for number, row in enumerate(self._rows, 1))
        heads = _heads(map(self._say, ("service", "outcome", "fields")))
        return (
            f'{heading}\n{self._filter()}\n<table class="services">\n<thead><tr>{heads}</tr></thead>\n'
            f"<tbody>\n{body}\n</tbody>\n</table>\n</section>"
        )

    def _unmanaged(self, services: Sequence[Mapping[str, Any]]) -> str:
        if not services:
            return ""
        body = "\n".join(
            f'<tr><th scope="row"><bdi>{_line(one["name"])}</bdi>{_host(one)}'
            f'<span class="id">{_line(one["uuid"])}</span></th></tr>'
            for one in services
        )
        remark = self._say("unmanaged_remark", len(services))
        return (
            f'<section aria-labelledby="unmanaged">\n<h2 id="unmanaged">{self._say("not_declared")} <small>{remark}</small>'
            f'</h2>\n<table class="plain">\n<thead><tr>{_heads([self._say("service")])}</tr></thead>\n'
            f"<tbody>\n{body}\n</tbody>\n</table>\n</section>"
        )

    def _filter(self) -> str:
        say = self._say
        numbers = Counter(name for row in self._rows for name in _is(row))
        choices = [("", say("all_outcomes"), len(self._rows))]
        choices += [(count, self._words.label(count), numbers[count]) for count in words.COUNTS if numbers[count]]
        radios = "".join(
            f'<label><input type="radio" name="action" value="{value}"{"" if value else " checked"}>'
            f"<span>{text} {number:,}</span></label>"
            for value, text, number in choices
        )
        # The script takes its words from here, so that its digest is the same in every language.
        texts = {
            "open": say("open_all"),
            "close": say("close_all"),
            "all": say("all_shown", all="{all}"),
            "some": say("some_shown", some="{some}", all="{all}"),
        }
        data = "".join(f' data-{name}="{escape(text)}"' for name, text in texts.items())
        return (
            f'<form class="filter" role="search" autocomplete="off"{data} hidden>'
            f'<input type="search" name="find" aria-label="{say("filter_by_text")}" placeholder="{say("filter_hint")}">'
            '<output name="count" aria-live="polite"></output>'
            f'<button type="button" name="toggle" value="open">{say("open_all")}</button>'
            f'<fieldset><legend class="unseen">{say("filter_by_outcome")}</legend>{radios}</fieldset></form>'
        )

    def _service(self, number: int, row: Mapping[str, Any]) -> str:
        action, remark = row["action"], self._words.remarks(row)
        uuid = f'<span class="id">{_line(row["uuid"])}</span>' if row["uuid"] else ""
        outcome = f'<span class="badge {action}">{_sign(action)}{self._words.label(action)}</span>'
        service = f'<th scope="row"><bdi>{_line(row["name"])}</bdi>{_host(row)}{uuid}</th>'
        return (
            f'<tr id="r{number}" data-is="{" ".join(_is(row))}">{service}'
            f"<td>{outcome}{f'<small>{remark}</small>' if remark else ''}</td>"
            f"<td>{self._error(row['error'])}{self._changes(row['changes'])}</td></tr>"
        )

    def _changes(self, changes: Sequence[Mapping[str, Any]]) -> str:
        if not changes:
            return ""
        names = self._say("separator").join(_line(change["field"]) for change in changes)
        if all(change["before"] is None for change in changes):
            head, body = "<col><col>", "".join(self._one_side(change, change["after"]) for change in changes)
        elif all(change["after"] is None for change in changes):
            head, body = "<col><col>", "".join(self._one_side(change, change["before"]) for change in changes)
        else:
            heads = _heads(map(self._say, ("field", "before", "after")))
            body = "".join(map(self._two_sides, changes))
            # Values are escaped, so this tells whether any two are beside each other.
            head = "<col><col><col>" + (f"<thead><tr>{heads}</tr></thead>" if "<td><del>" in body else "")
        return (
            f"<details{self._opened}><summary><b>{self._say('fields_counted', len(changes))}</b> {names}</summary>"
            f"<table>{head}<tbody>{body}</tbody></table></details>"
        )

    def _field(self, change: Mapping[str, Any]) -> str:
        """Return the name of a field, and where its value was declared if several layers declare the service."""
        place = change.get("declared_in")
        remark = f" <small>{self._say('declared_in', place=_line(place))}</small>" if place else ""
        return f"{_line(change['field'])}{remark}"

    def _one_side(self, change: Mapping[str, Any], value: Any) -> str:
        text, field = words.texts(value, None)[0], self._field(change)
        line = self._words.one_line(text, None)
        if text is None or line is not None:
            return f'<tr><th scope="row">{field}</th><td>{self._value(line[0] if line else None)}</td></tr>'
        return _lines(field, 2, escape("\n".join(self._words.harmless_lines(text, self._room))))

    def _two_sides(self, change: Mapping[str, Any]) -> str:
        before, after = words.texts(change["before"], change["after"])
        lines = self._words.one_line(before, after)
        if lines is None:
            return _lines(self._field(change), 3, self._compared(before, after))
        old, new = lines
        if old and new and max(len(old), len(new)) > _BESIDE:
            sides = f"<del>- {_marked(old, new)}</del><ins>+ {_marked(new, old)}</ins>"
            return _lines(self._field(change), 3, sides)
        field = f'<th scope="row">{self._field(change)}</th>'
        return f"<tr>{field}<td><del>{self._value(old)}</del></td><td><ins>{self._value(new)}</ins></td></tr>"

    def _value(self, text: str | None) -> str:
        if text:
            return escape(text)
        return f"<em>{self._say('not_set' if text is None else 'empty')}</em>"

    def _compared(self, before: str | None, after: str | None) -> str:
        tags = {"+": "ins", "-": "del", " ": "span", "@": "i"}
        shown = []
        for mark, text, twin in self._words.compare(before, after, self._room):
            tag = tags[mark]
            shown.append(f"<{tag}>{'⋯' if mark == '@' else mark} {_marked(text, twin)}</{tag}>")
        return "".join(shown)

    def _footer(self) -> str:
        digest, version = self._report["plan_digest"], _line(self._report["version"])
        shown = f'<p>{self._say("plan_digest")} <code class="digest">{_line(digest)}</code></p>\n' if digest else ""
        return f"<footer>\n{shown}<p>{self._say('written_by', version=version)}</p>\n</footer>"
