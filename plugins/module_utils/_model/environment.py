# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The environment variables in a service's parsed ``yaml``, in any of the usual notations."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

#: Keys under which a document has an environment, at any depth.
NAMES = ("env", "environment")
_SEPARATOR = re.compile(r"[:=][ \t]*")


class Variable:
    """One environment variable.

    :ivar place: the path to its environment in the document.
    """

    def __init__(self, place: str, key: str, value: Any, put: Callable[[str], None]) -> None:
        self.place = place
        self.key = key
        self.value = value
        self._put = put

    def set(self, value: str) -> None:
        """Put another value into the document."""
        self._put(value)


def variables(document: Any) -> Iterator[Variable]:
    """Yield the variables of every environment in a document.

    Notations: a mapping, ``- key:value`` (the vendor's sample), ``- key=value``, ``- key: value``, pairs of ``name`` and
    ``value``, and a text with one of these on each line.
    """
    seen: set[int] = set()
    waiting: list[tuple[str, Any]] = [("", document)]
    while waiting:
        place, value = waiting.pop()
        if not isinstance(value, (dict, list)) or id(value) in seen:
            continue
        seen.add(id(value))
        for key, entry in value.items() if isinstance(value, dict) else enumerate(value):
            inside = f"{place}/{key}"
            if isinstance(value, dict) and str(key).lower() in NAMES:
                yield from _environment(inside, value, key)
            else:
                waiting.append((inside, entry))


def environment_of(document: Any) -> dict[str, str] | None:
    """Return the service's own environment, at the top of its document; ``None`` when there is none."""
    if not isinstance(document, dict) or not isinstance(document.get("env"), (list, dict)):
        return None
    return {entry.key: as_text(entry.value) for entry in _environment("", document, "env")}


def _environment(place: str, holder: Any, name: Any) -> Iterator[Variable]:
    """Yield the variables under one key."""
    env = holder[name]
    if isinstance(env, dict):
        yield from _mapping(place, env)
    elif isinstance(env, list):
        for index, entry in enumerate(env):
            if isinstance(entry, str):
                yield from _line(place, entry, _setter(env, index))
            elif isinstance(entry, dict) and "name" in entry:
                yield Variable(place, str(entry["name"]), entry.get("value"), _setter(entry, "value"))
            elif isinstance(entry, dict):
                yield from _mapping(place, entry)
    elif isinstance(env, str):
        lines = env.splitlines()
        for index, line in enumerate(lines):
            yield from _line(place, line, _line_setter(holder, name, lines, index))


def _mapping(place: str, mapping: dict[Any, Any]) -> Iterator[Variable]:
    for key, value in mapping.items():
        yield Variable(place, str(key), value, _setter(mapping, key))


def _line(place: str, text: str, put: Callable[[str], None]) -> Iterator[Variable]:
    found = _SEPARATOR.search(text)
    if found and found.start() and not text[0].isspace():
        prefix = text[: found.end()]
        yield Variable(place, text[: found.start()].strip(), text[found.end() :], lambda value: put(prefix + value))


def _setter(holder: Any, key: Any) -> Callable[[str], None]:
    def put(value: str) -> None:
        holder[key] = value

    return put


def _line_setter(holder: Any, name: Any, lines: list[str], index: int) -> Callable[[str], None]:
    def put(value: str) -> None:
        lines[index] = value
        holder[name] = "\n".join(lines)

    return put


def as_text(value: Any) -> str:
    """Return a scalar as the platform writes it in a map of texts."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value).strip()
