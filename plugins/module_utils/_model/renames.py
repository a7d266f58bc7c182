# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declared renames (``previous_names``): what is invalid in them without a look at the platform."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import ValidationError
from ansible_collections.zstack.aios.plugins.module_utils._common.text import listed, quoted

OPTION = "previous_names"


class Named(Protocol):
    """What is looked at of a declared resource."""

    @property
    def where(self) -> str:
        """Its name and place, for messages."""

    @property
    def name(self) -> str | None:
        """The declared name."""

    @property
    def uuid(self) -> str | None:
        """The declared uuid."""

    @property
    def state(self) -> str:
        """Whether it should exist."""

    @property
    def previous_names(self) -> Sequence[str]:
        """The names that it had before."""


def invalid_renames(items: Sequence[Named]) -> Iterator[ValidationError]:
    """Yield each contradiction in the previous names of valid items."""
    declared = {item.name: item for item in items if item.name}
    claimed: dict[str, Named] = {}
    for item in items:
        if text := _contradiction(item):
            yield ValidationError(item.where, OPTION, text)
            continue
        for name in dict.fromkeys(item.previous_names):
            other = claimed.setdefault(name, item)
            if name in declared:
                yield ValidationError(item.where, OPTION, _still_declared(name, item, declared))
            elif other is not item:
                text = f"{quoted(name)} is a previous name of {other.where}, too; keep one of them"
                yield ValidationError(item.where, OPTION, text)


def _contradiction(item: Named) -> str:
    """Return what is wrong with the previous names of one item, whatever else is declared."""
    if not item.previous_names:
        return ""
    if item.uuid:
        return "uuid identifies the service already; remove previous_names"
    if item.state == "absent":
        return (
            "a service that should not exist cannot be renamed; remove previous_names, or declare the name that it has"
        )
    if item.name in item.previous_names:
        return f"{quoted(item.name)} is the name of the service itself; remove it from previous_names"
    return ""


def _still_declared(name: str, item: Named, declared: Mapping[str, Named]) -> str:
    cycle = _cycle(item, declared)
    if cycle:
        names = listed([quoted(each) for each in cycle], 10)
        return f"the previous names form a circle: {names}; to swap names, declare each of these services with its uuid"
    return f"{quoted(name)} is the name of another declared service, {declared[name].where}; keep one of them"


def _cycle(item: Named, declared: Mapping[str, Named]) -> list[str]:
    """Return the names of the services that lead through their previous names back to an item; none if none do."""
    before: dict[str, str] = {}
    waiting = [str(item.name)]
    while waiting:
        name = waiting.pop()
        for earlier in declared[name].previous_names:
            if earlier == item.name:
                path = [name]
                while path[-1] != item.name:
                    path.append(before[path[-1]])
                return [*reversed(path), earlier]
            if earlier in declared and earlier not in before:
                before[earlier] = name
                waiting.append(earlier)
    return []
