# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declarations: what a user wrote, validated against a schema; all errors are reported together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import ValidationError
from ansible_collections.zstack.aios.plugins.module_utils._common.text import nearest, quoted
from ansible_collections.zstack.aios.plugins.module_utils._model.field_types import List
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Schema
from ansible_collections.zstack.aios.plugins.module_utils._model.protection import TAG as PROTECTION_TAG
from ansible_collections.zstack.aios.plugins.module_utils._model.redaction import Redactor
from ansible_collections.zstack.aios.plugins.module_utils._model.scalars import FieldType, InvalidValue, Name, type_name

PRESENT, ABSENT, RESTARTED = "present", "absent", "restarted"
#: What to do about another value of a field that cannot be changed.
REFUSE, RECREATE = "refuse", "recreate"
#: Seconds that a declared group may take to run.
WAIT_TIMEOUT = 600


class RawItem(NamedTuple):
    """One item as it was written, and where: ``model_services[3]`` or ``services/chat.yml:12``.

    :ivar layer: counts the entries of ``src``, then the variables.
    :ivar origins: where the values of some options were declared, if not all are from one place.
    :ivar folder: where a relative path in it starts; empty for the working directory.
    """

    value: Any
    place: str
    layer: int = 0
    origins: Mapping[str, str] = {}
    folder: str = ""


class Item(NamedTuple):
    """One declared resource.

    :ivar where: its name and place, for messages.
    :ivar previous_names: a resource of one of these names is this one, when none has its name.
    :ivar on_fixed_change: what to do about another value of a field that cannot be changed.
    :ivar values: the declared fields by option.
    :ivar names: names to be looked up, by the option that took them (``model_center``, ``models``, ``zone``).
    :ivar deployments: the groups that are to run of it, ``None`` where they are not managed.
    :ivar wait: wait until it runs, or is gone, for at most ``wait_timeout`` seconds.
    :ivar layer: that of the last place that declares it.
    :ivar origins: where the values of some options were declared, if not all are from one place.
    """

    schema: Schema
    where: str
    place: str
    state: str = PRESENT
    uuid: str | None = None
    clone_from: str | None = None
    previous_names: Sequence[str] = ()
    on_fixed_change: str = REFUSE
    values: Mapping[str, Any] = {}
    names: Mapping[str, Any] = {}
    layer: int = 0
    origins: Mapping[str, str] = {}
    wait: bool = True
    wait_timeout: int = WAIT_TIMEOUT
    deployments: Sequence[Item] | None = None

    @property
    def name(self) -> str | None:
        """The declared name."""
        return self.values.get("name")


def validate_items(
    schema: Schema,
    raw_items: Sequence[RawItem],
    defaults: Mapping[str, Any] | None = None,
    thorough: bool = False,
    within: bool = False,
) -> tuple[list[Item], list[ValidationError]]:
    """Validate a whole declaration.

    :param defaults: laid under each item; an item's ``null`` takes a default away.
    :param thorough: parse every ``yaml`` too. Otherwise the planner parses those that differ from what the platform shows,
        and here they are parsed only if something else is invalid, so that all errors are reported together.
    :param within: they are declared below the resource that they belong to.
    :return: the valid items, and all errors in the others.
    """
    reader = _Reader(schema, defaults or {}, within)
    errors = list(reader.unknown_keys(reader.defaults, "defaults"))
    items: list[Item] = []
    for raw in raw_items:
        item, invalid = reader.read(raw)
        errors += invalid
        if item is not None:
            items.append(item)
    errors += _duplicates(items)
    if any(item.previous_names for item in items):
        from ansible_collections.zstack.aios.plugins.module_utils._model.renames import invalid_renames

        errors += invalid_renames(items)
    if thorough or errors:
        errors += [error for item in items for error in validate_yaml(item)]
    return items, errors


def validate_yaml(item: Item) -> Iterator[ValidationError]:
    """Yield the error in an item's ``yaml`` as YAML."""
    try:
        if "yaml" in item.values:
            item.values["yaml"].check()
    except InvalidValue as error:
        where = where_of({"name": item.name, "uuid": item.uuid}, item.origins.get("yaml", item.place))
        yield ValidationError(where, "yaml", error.text)


def missing_to_create(item: Item) -> list[str]:
    """Return the options, in words, that an item lacks for a creation. Without them it can only be an existing resource."""
    required = [field for field in item.schema.fields if field.add == "required"]
    missing = [f for f in required if f.option not in item.values and f.name_option not in item.names]
    return [f"{f.option} (or {f.name_option})" if f.name_option else f.option for f in missing]


def secrets_of(items: Iterable[Item], redactor: Redactor) -> Iterator[str]:
    """Yield the secrets that are declared."""
    for item in items:
        for option, value in item.values.items():
            yield from item.schema.by_option[option].type.secrets(value, redactor)
        yield from secrets_of(item.deployments or (), redactor)


def item_keys(schema: Schema) -> frozenset[str]:
    """Return every key that an item may have."""
    files = ("yaml_file",) if "yaml" in schema.by_option else ()
    return frozenset((*schema.controls, *schema.options(), *schema.parts, *files))


class _Reader:
    """Reads items of one schema over common defaults."""

    def __init__(self, schema: Schema, defaults: Mapping[str, Any], within: bool = False) -> None:
        self._within = within
        self.schema = schema
        self.defaults = defaults
        self._keys = item_keys(schema)
        self._types: dict[str, FieldType] = {
            **schema.controls,
            **{option: field.type for option, field in schema.by_option.items()},
        }
        for option, row in schema.named.items():
            self._types[option] = List(Name(), ordered=False) if row.type.ansible_type == "list" else Name()

    def read(self, raw: RawItem) -> tuple[Item | None, list[ValidationError]]:
        """Return one item, and what is invalid in it."""
        if not isinstance(raw.value, Mapping):
            text = "the item is not a mapping; write a mapping with at least a name"
            return None, [ValidationError(raw.place, "", text)]
        given = self._over_defaults(raw.value)
        where = where_of(given, raw.place)
        errors = list(self.unknown_keys(raw.value, where))
        parsed: dict[str, Any] = {}
        for key, value in given.items():
            if value is None or key not in self._types:
                continue
            try:
                parsed[key] = self._types[key].parse(value)
            except InvalidValue as error:
                there = where_of(given, raw.origins[key]) if key in raw.origins else where
                errors += [ValidationError(there, key + each.path, each.text) for each in error.each]
        for key, schema in self.schema.parts.items():
            if given.get(key) is not None:
                parsed[key], invalid = _read_parts(schema(), given[key], key, where, raw)
                errors += invalid
        item = Item(
            self.schema,
            where,
            raw.place,
            **{key: parsed[key] for key in (*self.schema.controls, *self.schema.parts) if key in parsed},
            values={key: value for key, value in parsed.items() if key in self.schema.by_option},
            names={key: value for key, value in parsed.items() if key in self.schema.named},
            layer=raw.layer,
            origins=self._origins(raw),
        )
        return item, [*errors, *self._conflicts(item, given)]

    def _origins(self, raw: RawItem) -> Mapping[str, str]:
        """Return where values come from, also those of defaults, if not all are from the place of the item."""
        if not raw.origins:
            return {}
        return {**dict.fromkeys(self.defaults.keys() - raw.value.keys(), "defaults"), **raw.origins}

    def _over_defaults(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the item over its defaults; a name in place of a uuid replaces a default of either."""
        under = dict(self.defaults)
        for name_option, row in self.schema.named.items():
            if name_option in given or row.option in given:
                under.pop(name_option, None)
                under.pop(row.option, None)
        return {**under, **given}

    def unknown_keys(self, given: Mapping[Any, Any], where: str) -> Iterator[ValidationError]:
        """Yield each key that no item has."""
        for key in given:
            if key not in self._keys and key not in self.schema.server_made:
                text = f"{quoted(key)} is not an option of {self.schema.a_noun}{nearest(key, self._keys)}"
                yield ValidationError(where, "", text)

    def _conflicts(self, item: Item, given: Mapping[str, Any]) -> Iterator[ValidationError]:
        if given.get("name") is None and given.get("uuid") is None:
            text = f"it is missing; set the name or the uuid of the {self.schema.noun}"
            yield ValidationError(item.where, "name", text)
        for name_option, row in self.schema.named.items():
            if given.get(name_option) is not None and given.get(row.option) is not None:
                text = f"set either {name_option} or {row.option}, not both"
                yield ValidationError(item.where, name_option, text)
        owner = self.schema.owner
        if self._within:
            yield from self._misplaced(item)
        elif owner and not item.uuid and owner.option not in item.values and owner.name_option not in item.names:
            text = (
                f"{owner.name_option} is missing; set it: {self.schema.a_noun} is found by its name within its "
                f"{owner.name_option.replace('_', ' ')}, or by its uuid alone"
            )
            yield ValidationError(item.where, "", text)
        if item.wait_timeout < 1:
            yield ValidationError(item.where, "wait_timeout", f"{item.wait_timeout} is less than one second")
        if item.clone_from is not None and item.clone_from in (item.name, item.uuid):
            text = f"a {self.schema.noun} cannot be cloned from itself; remove the option, or set it to null to drop its default"
            yield ValidationError(item.where, "clone_from", text)
        if item.state == ABSENT and any(part.state != ABSENT for part in item.deployments or ()):
            text = (
                f"nothing can run of a {self.schema.word} that should not exist; remove them, or remove state: absent"
            )
            yield ValidationError(item.where, "deployments", text)
        if item.state == ABSENT and item.values.get("protected"):
            text = f"a protected {self.schema.noun} is never deleted; set protected: false, or remove state: absent"
            yield ValidationError(item.where, "protected", text)
        if self.schema.own and PROTECTION_TAG in item.values.get("user_tags", ()):
            text = f"{quoted(PROTECTION_TAG)} is a tag of this collection; set protected: true instead"
            yield ValidationError(item.where, "user_tags", text)
        chosen = item.values.get("resource_uuid")
        if item.uuid and chosen and item.uuid != chosen:
            yield ValidationError(item.where, "resource_uuid", "it differs from uuid; set only one of them")

    def _misplaced(self, item: Item) -> Iterator[ValidationError]:
        """Yield what cannot be said below the resource that an item belongs to."""
        owner = self.schema.owner
        for option in (owner.option, owner.name_option) if owner else ():
            if option in item.values or option in item.names:
                text = "it belongs to the service below which it is declared; remove the option"
                yield ValidationError(item.where, option, text)
        if item.state == RESTARTED:
            text = (
                "a restart is nothing that lasts; set present or absent, and restart with the module "
                "zstack.aios.model_service_instance_group"
            )
            yield ValidationError(item.where, "state", text)


def _read_parts(
    schema: Schema, given: Any, key: str, where: str, raw: RawItem
) -> tuple[list[Item] | None, list[ValidationError]]:
    """Return the items that are declared below another one, and what is invalid in them."""
    if not isinstance(given, (list, tuple)):
        return None, [ValidationError(where, key, f"it is {type_name(given)}; write a list of {schema.noun}s")]
    parts = [RawItem(entry, f"{raw.place}.{key}[{index}]", raw.layer) for index, entry in enumerate(given)]
    return validate_items(schema, parts, within=True)


def where_of(given: Mapping[str, Any], place: str) -> str:
    """Return what an item is called in messages: its name and place."""
    name = given.get("name", given.get("uuid"))
    label = quoted(name) if isinstance(name, (str, int, float)) else ""
    return f"{label} ({place})" if label and place else label or place


def _duplicates(items: Sequence[Item]) -> Iterator[ValidationError]:
    for key in ("name", "uuid", "resource_uuid"):
        seen: dict[str, Item] = {}
        for item in items:
            value = item.uuid if key == "uuid" else item.values.get(key)
            if value is None:
                continue
            first = seen.setdefault(value, item)
            # Several services may have one name; their uuids identify them.
            if first is not item and not (key == "name" and first.uuid and item.uuid):
                text = declared_twice(key, [first.place, item.place], first.layer != item.layer)
                yield ValidationError(quoted(value), key, text)


def declared_twice(key: str, places: Sequence[str], in_layers: bool) -> str:
    """Return that a service is declared in several places, and what to do.

    :param in_layers: the mode ``overlay`` would combine them.
    """
    cures = [", or set the uuid of each service"] if key == "name" else []
    if in_layers:
        cures.append(", or set merge to overlay to combine them")
    first, *others = places
    return f"it is declared in {first} and in {' and in '.join(others)}; keep one of them{''.join(cures)}"
