# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How platforms differ from their declarations, in a few lines for a chat or a mail."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._common.text import counted, printable

#: Characters of a text about one platform or several, so that a chat takes it as one message.
ROOM = 3000
#: Characters for the services of one platform at least, however many platforms there are.
_LEAST = 200
_TO_BE = {
    "deleted": "To delete",
    "replaced": "To replace",
    "updated": "To update",
    "created": "To create",
    "cloned": "To clone",
}


def has_plan(result: Any) -> bool:
    """Return whether a value is the result of the bulk module in check mode."""
    return isinstance(result, Mapping) and {"summary", "results"} <= result.keys()


def differs(result: Mapping[str, Any]) -> bool:
    """Return whether a platform differs from its declaration."""
    return bool(result["results"] or result.get("unmanaged"))


def describe(result: Mapping[str, Any], host: str, room: int = ROOM) -> str:
    """Return how one platform differs from its declaration: counts, services, and what was not compared.

    :param room: characters for the names of services; the others are counted.
    """
    summary, name = result["summary"], printable(host)
    if not differs(result):
        lines = [f"{name} is as declared: {counted(summary['unchanged'], 'service')}."]
    else:
        replaced = f"{summary['replaced']} to replace, " if summary["replaced"] else ""
        undeclared = f", {summary['unmanaged']} not declared" if "unmanaged" in summary else ""
        counts = (
            f"{summary['created'] + summary['cloned']} to create, {summary['updated']} to update, "
            f"{replaced}{summary['deleted']} to delete{undeclared}, {summary['unchanged']} as declared"
        )
        lines = [
            f"{name} differs from its declaration: {counts}.",
            _fit(_groups(result), _total(result), room),
        ]
    unseen = ", ".join(f"{field} ({count})" for field, count in (result.get("uncompared") or {}).items())
    last = f" Declared, but not shown by the platform and not compared: {unseen}." if unseen else ""
    return "\n".join([*lines, f"Nothing was changed.{last}"])


def describe_all(results: Mapping[str, Any]) -> str:
    """Return how all platforms of a play differ from their declarations, in one text.

    :param results: the result of each host; without a plan where the host failed.
    """
    plans = {host: result for host, result in results.items() if has_plan(result)}
    different = [host for host, result in plans.items() if differs(result)]
    room = max(_LEAST, ROOM // max(1, len(different)))
    parts = [describe(plans[host], host, room) for host in different]
    same = [printable(host) for host in plans if host not in different]
    if same:
        parts.append(f"As declared: {', '.join(same)}.")
    for host, result in results.items():
        if host not in plans:
            message = str(result.get("msg") or "no result") if isinstance(result, Mapping) else "no result"
            parts.append(f"{printable(host)} was not compared: {printable(message, 300)}")
    return "\n".join(parts)


def _groups(result: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield every service with the heading of its group, what is lost first."""
    for action, heading in _TO_BE.items():
        for row in result["results"]:
            if row["action"] == action:
                fields = (
                    ", ".join(map(printable, row.get("changed_fields") or ()))
                    if action in ("updated", "replaced")
                    else ""
                )
                yield heading, printable(row["name"]) + (f" ({fields})" if fields else "")
    for service in result.get("unmanaged") or ():
        yield "Not declared", printable(service["name"])


def _total(result: Mapping[str, Any]) -> int:
    summary: Mapping[str, int] = result["summary"]
    return sum(summary[action] for action in _TO_BE) + summary.get("unmanaged", 0)


def _fit(groups: Iterator[tuple[str, str]], total: int, room: int) -> str:
    """Return the services in one line, with as many names as fit, and the number of the others."""
    parts: list[str] = []
    last, shown = "", 0
    for heading, name in groups:
        part = f", {name}" if heading == last else f"{'. ' if last else ''}{heading}: {name}"
        room -= len(part)
        if room < 0 and shown:
            break
        parts.append(part)
        last, shown = heading, shown + 1
    more = total - shown
    return "".join(parts) + (f", and {more} more" if more > 0 else "") + "."
