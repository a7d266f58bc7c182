# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a run as HTML, Markdown or JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._common.text import printable
from ansible_collections.zstack.aios.plugins.module_utils._report import wording as words
from ansible_collections.zstack.aios.plugins.module_utils._report.html import html_page
from ansible_collections.zstack.aios.plugins.module_utils._report.languages import ENGLISH, Language
from ansible_collections.zstack.aios.plugins.module_utils._report.markdown import markdown

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


def render(report: Mapping[str, Any], suffix: str, language: Language = ENGLISH) -> str:
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
    :param language: of HTML and Markdown; JSON has no words of its own.
    :raises ValueError: another suffix.
    """
    if suffix == ".html":
        return html_page(report, language)
    if suffix == ".md":
        return markdown(report, language)
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
