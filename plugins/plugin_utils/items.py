# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Joins the items of the variables ``model_services_items`` and ``model_services_items__<suffix>``."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import MODEL_SERVICE

BASE = "model_services_items"
MODES = ("strict", "overlay")
#: Options that say the same thing, by name and by uuid.
_TWINS = tuple((row.option, name) for name, row in MODEL_SERVICE.named.items())
_FRAGMENT = re.compile(rf"{BASE}(__\w+)?")
_ONE_UNDERSCORE = re.compile(rf"{BASE}_([^_]\w*)")
_NEAR_ENOUGH = 0.95  # one letter missing, added, swapped or doubled in a name as long as BASE


def join_items(fragments: Mapping[str, Any], mode: str = "strict") -> tuple[list[Any], list[str]]:
    """Join the items of several variables into one list.

    :param fragments: the value of each variable by the variable's name.
    :param mode: ``strict`` refuses an item that two variables declare; ``overlay`` lays the later one over the earlier,
        option by option: :data:`BASE` first, then the others in the order of their suffixes.
    :return: new dictionaries in the order in which each item was first named, and every error, naming its variable.
    """
    if mode not in MODES:
        return [], [f"the merge mode must be {' or '.join(MODES)}, not {mode!r}"]
    merged = _Merge(overlay=mode == "overlay")
    for name in sorted(fragments, key=_application_order):
        merged.add(name, fragments[name])
    return merged.items, merged.errors


def is_fragment(name: str) -> bool:
    """Return whether a variable declares items."""
    return bool(_FRAGMENT.fullmatch(name))


def misspelt(names: Sequence[str], known: Sequence[str]) -> list[str]:
    """Return an error for every variable that looks like a misspelled one of the role, which Ansible would ignore.

    :param names: the variables that a host sees.
    :param known: the role's own variables.
    """
    slips = ((name, _meant(name, known)) for name in sorted(names))
    return [f"the variable {name} is not read by the role; did you mean {meant}?" for name, meant in slips if meant]


class _Merge:
    """Joined items, found by name and by uuid.

    Two items of different uuids are two services, whatever their names: names are not unique on the platform.
    """

    def __init__(self, overlay: bool) -> None:
        self.items: list[dict[str, Any]] = []
        self.errors: list[str] = []
        self._overlay = overlay
        self._places: list[tuple[str, int]] = []  # the variable and index that declared each item last
        self._positions: dict[tuple[str, str], list[int]] = {}

    def add(self, variable: str, value: Any) -> None:
        """Add the items of one variable."""
        if value is None:
            self.errors.append(f"{variable} is empty; write [] for no model services")
        elif isinstance(value, str) or not isinstance(value, Sequence):
            self.errors.append(f"{variable} must be a list of model services, not {_type_name(value)}")
        else:
            for index, item in enumerate(value):
                self._add_item(variable, index, item)

    def _add_item(self, variable: str, index: int, item: Any) -> None:
        place = f"{variable}[{index}]"
        if not isinstance(item, Mapping):
            self.errors.append(f"{place} must be a mapping with a name, not {_type_name(item)}")
            return
        identities = [(key, str(item[key])) for key in ("name", "uuid") if item.get(key)]
        if not identities:
            self.errors.append(f"{place} has neither name nor uuid")
            return
        same = {identity: self._same(identity, item) for identity in identities}
        earlier = sorted({position for positions in same.values() for position in positions})
        if not earlier:
            self.items.append(dict(item))
            self._places.append((variable, index))
            self._remember(identities, len(self.items) - 1)
        elif self._overlay and len(earlier) == 1 and self._places[earlier[0]][0] != variable:
            self.items[earlier[0]] = _laid_over(self.items[earlier[0]], item)
            self._places[earlier[0]] = (variable, index)
            self._remember(identities, earlier[0])
        else:
            self._refuse(next(identity for identity in identities if same[identity]), variable, index, earlier)

    def _same(self, identity: tuple[str, str], item: Mapping[str, Any]) -> list[int]:
        """Return the positions of the items that may be about the same service: of one name, a uuid is missing."""
        positions = self._positions.get(identity, [])
        if identity[0] == "uuid" or not item.get("uuid"):
            return positions
        return [position for position in positions if not self.items[position].get("uuid")]

    def _remember(self, identities: list[tuple[str, str]], position: int) -> None:
        for identity in identities:
            positions = self._positions.setdefault(identity, [])
            if position not in positions:
                positions.append(position)

    def _refuse(self, identity: tuple[str, str], variable: str, index: int, earlier: list[int]) -> None:
        places = [*(self._places[position] for position in earlier), (variable, index)]
        cures = []
        if identity[0] == "name":
            cures.append("set the uuid of each one if they are several services")
        if not self._overlay and len({name for name, _index in places}) > 1:
            cures.append("set model_services_merge to overlay to combine them")
        where = " and ".join(f"{name}[{at}]" for name, at in places)
        cure = f" ({'; '.join(cures)})" if cures else ""
        self.errors.append(f"the {identity[0]} {identity[1]!r} is declared in {where}{cure}")


def _laid_over(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item with the options of another over its own; a name in place of a uuid replaces that one too."""
    twins = [pair for pair in _TWINS if any(option in over for option in pair)]
    return {**{key: value for key, value in under.items() if not any(key in pair for pair in twins)}, **over}


def _application_order(name: str) -> tuple[bool, str]:
    return (name != BASE, name)


def _meant(name: str, known: Sequence[str]) -> str:
    """Return the variable of the role that a misspelled name probably means, or an empty text."""
    if _FRAGMENT.fullmatch(name) or name in known:
        return ""
    head, _underscores, suffix = name.partition("__")
    single = _ONE_UNDERSCORE.fullmatch(name)
    if single:
        head, suffix = BASE, single[1]
    near = difflib.get_close_matches(head, [BASE, *known], n=1, cutoff=_NEAR_ENOUGH)
    if near == [BASE] and suffix:
        return f"{BASE}__{suffix}"
    return near[0] if near else ""


def _type_name(value: Any) -> str:
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
