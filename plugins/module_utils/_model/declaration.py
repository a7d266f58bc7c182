# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declarations: what a user wrote, checked against the table of fields, every mistake at once.

Private to this collection.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import Mistake
from ansible_collections.zstack.aios.plugins.module_utils._common.text import nearest, quoted
from ansible_collections.zstack.aios.plugins.module_utils._model.field_types import List
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import (
    BY_OPTION,
    NAMED,
    SERVER_MADE,
    options,
)
from ansible_collections.zstack.aios.plugins.module_utils._model.scalars import Choice, Kind, Name, Uuid, Wrong

PRESENT, ABSENT = "present", "absent"
#: The keys of an item that say which service is meant and what is to become of it.
CONTROLS: Mapping[str, Kind] = {"state": Choice(PRESENT, ABSENT), "uuid": Uuid(), "clone_from": Name()}
KEYS = frozenset((*CONTROLS, *options()))


@dataclass(frozen=True)
class Raw:
    """One item as it was written, and where: ``model_services[3]`` or ``services/chat.yml:12``."""

    value: Any
    place: str


@dataclass
class Item:
    """One declared service.

    :ivar where: its name and place, for messages; :ivar values: the declared fields by option, in the table's order;
    :ivar names: names to be looked up, by the option that took them (``model_center``, ``models``, ``zone``).
    """

    where: str
    place: str
    state: str = PRESENT
    name: str | None = None
    uuid: str | None = None
    clone_from: str | None = None
    values: dict[str, Any] = field(default_factory=dict)
    names: dict[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """What a person calls it."""
        return self.name if self.name is not None else str(self.uuid)


def read_items(
    raws: Sequence[Raw], defaults: Mapping[str, Any] | None = None, thorough: bool = False
) -> tuple[list[Item], list[Mistake]]:
    """Check a whole declaration.

    :param defaults: laid under each item; an item's ``null`` takes a default away.
    :param thorough: parse every ``yaml`` too. Otherwise the planner parses those that the platform does not hold to the
        letter, and here they are parsed only when something is wrong anyway, so that everything is told at once.
    :return: the items that could be read, and everything that is wrong with the rest.
    """
    mistakes: list[Mistake] = []
    defaults = defaults or {}
    mistakes.extend(_unknown_keys(defaults, "defaults"))
    items = [item for item in (_read_item(raw, defaults, mistakes) for raw in raws) if item is not None]
    mistakes.extend(_duplicates(items))
    if thorough or mistakes:
        mistakes.extend(mistake for item in items for mistake in check_yaml(item))
    return items, mistakes


def check_yaml(item: Item) -> Iterable[Mistake]:
    """Yield what is wrong with an item's ``yaml`` as YAML."""
    try:
        if "yaml" in item.values:
            item.values["yaml"].check()
    except Wrong as wrong:
        yield Mistake(item.where, "yaml", wrong.text)


def _read_item(raw: Raw, defaults: Mapping[str, Any], mistakes: list[Mistake]) -> Item | None:
    if not isinstance(raw.value, Mapping):
        mistakes.append(Mistake(raw.place, "", "it is not a mapping; an item is a mapping with at least a name"))
        return None
    given = _laid_over(defaults, raw.value)
    where = _where(given, raw.place)
    found = [*_unknown_keys(raw.value, where)]
    item = Item(where, raw.place)
    for key, kind in (*CONTROLS.items(), *((option, _kind_of(option)) for option in given if option in _DECLARING)):
        value = given.get(key)
        if value is None:
            continue
        try:
            parsed = kind.parse(value)
        except Wrong as wrong:
            found.extend(Mistake(where, key + each.inside, each.text) for each in wrong.each)
            continue
        if key in CONTROLS:
            setattr(item, key, parsed)
        elif key in NAMED:
            item.names[key] = parsed
        else:
            item.values[key] = parsed
    item.name = item.values.get("name")
    found.extend(_conflicts(item, given))
    mistakes.extend(found)
    return item


def _laid_over(defaults: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the item over its defaults; a name in place of a uuid replaces a default of either."""
    under = dict(defaults)
    for name_option, row in NAMED.items():
        if name_option in given or row.option in given:
            under.pop(name_option, None)
            under.pop(row.option, None)
    return {**under, **given}


_DECLARING = frozenset(options())
#: The kinds of the options that take names in place of uuids.
_NAME_KINDS: Mapping[str, Kind] = {
    option: List(Name(), ordered=False) if row.kind.type == "list" else Name() for option, row in NAMED.items()
}


def _kind_of(option: str) -> Kind:
    return _NAME_KINDS[option] if option in NAMED else BY_OPTION[option].kind


def _where(given: Mapping[str, Any], place: str) -> str:
    name = given.get("name", given.get("uuid"))
    label = quoted(name) if isinstance(name, (str, int, float)) else ""
    return f"{label} ({place})" if label and place else label or place


def _unknown_keys(given: Mapping[Any, Any], where: str) -> Iterable[Mistake]:
    for key in given:
        if key not in KEYS and key not in SERVER_MADE:
            yield Mistake(where, "", f"{quoted(key)} is not an option of a service{nearest(key, KEYS)}")


def _conflicts(item: Item, given: Mapping[str, Any]) -> Iterable[Mistake]:
    if given.get("name") is None and given.get("uuid") is None:
        yield Mistake(item.where, "name", "it is missing; give the name, or the uuid, of the service")
    for name_option, row in NAMED.items():
        if given.get(name_option) is not None and given.get(row.option) is not None:
            yield Mistake(item.where, name_option, f"give either {name_option} or {row.option}, not both")
    if item.clone_from is not None and item.clone_from in (item.name, item.uuid):
        yield Mistake(
            item.where,
            "clone_from",
            "a service cannot be cloned from itself; leave it out, or write null over a default",
        )
    chosen = item.values.get("resource_uuid")
    if item.uuid and chosen and item.uuid != chosen:
        yield Mistake(item.where, "resource_uuid", "it differs from uuid; give one of them")


def _duplicates(items: Sequence[Item]) -> Iterable[Mistake]:
    for key in ("name", "uuid", "resource_uuid"):
        seen: dict[str, Item] = {}
        for item in items:
            value = item.uuid if key == "uuid" else item.values.get(key)
            if value is None:
                continue
            first = seen.setdefault(value, item)
            if first is not item:
                places = f"first in {first.place}, again in {item.place}" if item.place else "twice"
                yield Mistake(quoted(value), key, f"it is declared twice: {places}; keep one of them")
