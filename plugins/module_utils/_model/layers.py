# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers: declarations of one service in several places, where a later one adds to an earlier one or replaces parts of it.

The rules for mappings are those of a JSON merge patch (RFC 7396). Nothing here knows files, variables or a platform.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import ValidationError
from ansible_collections.zstack.aios.plugins.module_utils._common.text import quoted, trim
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import RawItem, declared_twice
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Schema

STRICT, OVERLAY = "strict", "overlay"


def merge_layers(
    schema: Schema, raw_items: Iterable[RawItem], mode: str = OVERLAY
) -> tuple[list[RawItem], list[ValidationError]]:
    """Join the items of all layers, first to last, so that each service is declared once.

    :param mode: ``overlay`` lays an item over the one that an earlier layer declares; ``strict`` refuses it.
    :return: the items in the order in which each was first declared, and an error for each that is declared twice in one
        layer, or twice at all in the mode ``strict``. What is no declaration of a service is returned as it is.
    """
    merge = _Merge(schema, mode)
    for raw in raw_items:
        merge.add(raw)
    return merge.items, merge.errors


class _Merge:
    """Joined items, found by name and by uuid.

    Two items of different uuids are two services, whatever their names: names are not unique on the platform.
    """

    def __init__(self, schema: Schema, mode: str) -> None:
        self.items: list[RawItem] = []
        self.errors: list[ValidationError] = []
        self._schema = schema
        self._mode = mode
        self._positions: dict[tuple[str, str], list[int]] = {}

    def add(self, raw: RawItem) -> None:
        """Add an item of the last layer so far, or of the next one."""
        identities = _identities(raw)
        same = {identity: self._same(identity, raw) for identity in identities}
        earlier = sorted({position for positions in same.values() for position in positions})
        if not earlier:
            self.items.append(raw)
            self._remember(identities, len(self.items) - 1)
        elif self._mode == OVERLAY and len(earlier) == 1 and self.items[earlier[0]].layer != raw.layer:
            self._lay_over(earlier[0], raw)
            self._remember(identities, earlier[0])
        else:
            key, value = next(identity for identity in identities if same[identity])
            places = [*(self.items[position] for position in earlier), raw]
            other_layers = self._mode == STRICT and len({one.layer for one in places}) > 1
            text = declared_twice(key, [one.place for one in places], other_layers)
            self.errors.append(ValidationError(quoted(value), key, text))

    def _same(self, identity: tuple[str, str], raw: RawItem) -> list[int]:
        """Return the positions of the items that may be about the same service: of one name, a uuid is missing."""
        positions = self._positions.get(identity, [])
        if identity[0] == "uuid" or not raw.value.get("uuid"):
            return positions
        return [position for position in positions if not self.items[position].value.get("uuid")]

    def _remember(self, identities: list[tuple[str, str]], position: int) -> None:
        for identity in identities:
            positions = self._positions.setdefault(identity, [])
            if position not in positions:
                positions.append(position)

    def _lay_over(self, position: int, raw: RawItem) -> None:
        try:
            self.items[position] = _combined(self._schema, self.items[position], raw)
        except RecursionError:
            self.errors.append(ValidationError(raw.place, "", "it is nested too deeply to be combined"))


def _identities(raw: RawItem) -> list[tuple[str, str]]:
    if not isinstance(raw.value, Mapping):
        return []
    return [(key, trim(str(raw.value[key]))) for key in ("name", "uuid") if raw.value.get(key)]


def _combined(schema: Schema, under: RawItem, over: RawItem) -> RawItem:
    """Return one item over another, and for each option the places that its value comes from."""
    value = lay_over(schema, under.value, over.value)
    origins = {option: under.origins.get(option, under.place) for option in under.value if option in value}
    for option, given in over.value.items():
        both = isinstance(given, Mapping) and isinstance(under.value.get(option), Mapping)
        origins[option] = f"{origins[option]} and {over.place}" if both else over.place
    origins.update((option, place) for option, place in over.origins.items() if option in over.value)
    return RawItem(value, f"{under.place} and {over.place}", over.layer, origins)


def lay_over(schema: Schema, under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of one declaration over those of another.

    A ``null`` stays, so that it also drops a default. ``yaml`` is merged only where both are mappings: a text has no
    keys. A name in place of a uuid replaces that one, and the reverse.
    """
    twins = [(row.option, name) for name, row in schema.named.items() if row.option in over or name in over]
    merged = {option: value for option, value in under.items() if not any(option in pair for pair in twins)}
    done: dict[tuple[int, int], dict[Any, Any]] = {}
    for option, value in over.items():
        below = merged.get(option)
        field = schema.by_option.get(option)
        is_map = isinstance(below, Mapping) or (field is not None and field.type.ansible_type == "dict")
        merged[option] = _patched(below, value, done) if is_map and isinstance(value, Mapping) else value
    return merged


_NOTHING: Mapping[Any, Any] = {}


def _patched(below: Any, patch: Mapping[Any, Any], done: dict[tuple[int, int], dict[Any, Any]]) -> dict[Any, Any]:
    """Return a mapping with the keys of another over its own, at any depth; ``null`` takes a key away.

    :param done: each pair of mappings is merged once, however many aliases of YAML lead to it.
    """
    if not isinstance(below, Mapping):
        below = _NOTHING
    pair = (id(below), id(patch))
    if pair in done:
        return done[pair]
    merged = done[pair] = dict(below)
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = _patched(below.get(key), value, done) if isinstance(value, Mapping) else value
    return merged
