# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables ``model_services_items``, ``model_services_defaults`` and those with ``__<suffix>``: the layers of the role."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

BASE = "model_services_items"
DEFAULTS = "model_services_defaults"
_FRAGMENT = re.compile(rf"({BASE}|{DEFAULTS})(__\w+)?")
_ONE_UNDERSCORE = re.compile(rf"({BASE}|{DEFAULTS})_([^_]\w*)")
_NEAR_ENOUGH = 0.95  # one letter missing, added, swapped or doubled in a name as long as BASE


class Entries(NamedTuple):
    """The items of several variables, one after another.

    :ivar layers: the name of each variable, and how many items it has.
    :ivar errors: which variables are no lists.
    """

    items: list[Any]
    layers: list[tuple[str, int]]
    errors: list[str]


def list_entries(fragments: Mapping[str, Any]) -> Entries:
    """Return the items of several variables, :data:`BASE` first, then the others in the order of their suffixes."""
    entries = Entries([], [], [])
    for name in sorted(fragments, key=application_order):
        value = fragments[name]
        if value is None:
            entries.errors.append(f"{name} is empty; write [] for no model services")
        elif isinstance(value, str) or not isinstance(value, Sequence):
            entries.errors.append(f"{name} must be a list of model services, not {type_name(value)}")
        else:
            entries.items.extend(value)
            entries.layers.append((name, len(value)))
    return entries


def are_items(names: Iterable[str]) -> bool:
    """Return whether all variables declare items, and there is one."""
    names = [str(name) for name in names]
    return bool(names) and all(base_of(name) == BASE for name in names)


def base_of(name: str) -> str:
    """Return which variable one with a suffix belongs to, or an empty text."""
    found = _FRAGMENT.fullmatch(name)
    return found[1] if found else ""


def misspelt(names: Sequence[str], known: Sequence[str]) -> list[str]:
    """Return an error for every variable that looks like a misspelled one of the role, which Ansible would ignore.

    :param names: the variables that a host sees.
    :param known: the role's own variables.
    """
    slips = ((name, _meant(name, known)) for name in sorted(names))
    return [f"the variable {name} is not read by the role; did you mean {meant}?" for name, meant in slips if meant]


def application_order(name: str) -> tuple[bool, str]:
    """Return the key by which the variables are sorted in the order of their layers."""
    return (name != base_of(name), name)


def _meant(name: str, known: Sequence[str]) -> str:
    """Return the variable of the role that a misspelled name probably means, or an empty text."""
    if _FRAGMENT.fullmatch(name) or name in known:
        return ""
    head, _underscores, suffix = name.partition("__")
    single = _ONE_UNDERSCORE.fullmatch(name)
    if single:
        head, suffix = single[1], single[2]
    near = difflib.get_close_matches(head, [BASE, DEFAULTS, *known], n=1, cutoff=_NEAR_ENOUGH)
    if suffix and near and near[0] in (BASE, DEFAULTS):
        return f"{near[0]}__{suffix}"
    return near[0] if near else ""


def type_name(value: Any) -> str:
    """Return what a value is, in a user's words."""
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float)):
        return "a number"
    if value is None:
        return "nothing"
    return "a list" if isinstance(value, Sequence) else type(value).__name__
