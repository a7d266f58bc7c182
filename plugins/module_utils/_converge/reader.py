# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the snapshot that a declaration is compared with."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import (
    AiosError,
    ApiError,
    InvalidInput,
    ValidationError,
)
from ansible_collections.zstack.aios.plugins.module_utils._converge.actions import REPLACED, Action
from ansible_collections.zstack.aios.plugins.module_utils._converge.snapshot import Snapshot
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import ABSENT, PRESENT, Item
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Field, Resource
from ansible_collections.zstack.aios.plugins.module_utils._model.protection import OPTION as PROTECTION
from ansible_collections.zstack.aios.plugins.module_utils._model.scalars import is_uuid
from ansible_collections.zstack.aios.plugins.module_utils._platform.resources import Resources


def read_snapshot(
    resources: Resources,
    items: Sequence[Item],
    listing: bool,
    on_page: Callable[[int, int], None] = lambda read, total: None,
    fingerprints: bool = False,
) -> Snapshot:
    """Read what a declaration is compared with.

    :param listing: read the platform's whole listing rather than look up the declared services one by one.
    :param fingerprints: read those of what is declared and not shown.
    :raises InvalidInput: tags are declared, and the platform has no call to read them (platform.tag_calls).
    """
    found = resources.listing(on_page=on_page) if listing else _look_up_each(resources, items)
    return complete_snapshot(resources, items, found, fingerprints)


def complete_snapshot(
    resources: Resources, items: Sequence[Item], found: Sequence[Resource], fingerprints: bool
) -> Snapshot:
    """Return the snapshot of what was found, with whatever else items need to be compared with it."""
    present = [item for item in items if item.state != ABSENT]
    named = dict.fromkeys(
        option for item in items for option in item.names if item.state != ABSENT or _is_owner(item, option)
    )
    fields = resources.schema.named
    snapshot = Snapshot(found, {option: resources.uuids_by_name(fields[option]) for option in named})
    _read_related(resources, present, snapshot)
    _read_protection(resources, items, snapshot)
    if fingerprints:
        _read_fingerprints(resources, present, snapshot)
    return snapshot


def _is_owner(item: Item, option: str) -> bool:
    return item.schema.owner is not None and option == item.schema.owner.name_option


def _look_up_each(resources: Resources, items: Sequence[Item]) -> list[Resource]:
    return [service for item in items for service in _look_up(resources, item)]


def _look_up(resources: Resources, item: Item) -> list[Resource]:
    """Look up one service, and the source to clone it from when it does not exist."""
    found = _by_uuid(resources, item.uuid) if item.uuid else resources.by_name(str(item.name))
    for name in dict.fromkeys(item.previous_names):
        found += resources.by_name(name)
    if found or item.state != PRESENT:
        return found
    found = _by_uuid(resources, item.values.get("resource_uuid"))
    if item.clone_from:
        found += _by_uuid(resources, item.clone_from if is_uuid(item.clone_from) else None)
        found += resources.by_name(item.clone_from)
    return found


def _by_uuid(resources: Resources, uuid: str | None) -> list[Resource]:
    service = resources.by_uuid(uuid) if uuid else None
    return [service] if service else []


def _read_related(resources: Resources, items: Sequence[Item], snapshot: Snapshot) -> None:
    """Read the relations that items declare into their existing services, all in a few requests."""
    wanted: dict[str, tuple[Field, list[Resource]]] = {}
    for item in items:
        for option in item.values:
            field = item.schema.by_option[option]
            service = snapshot.match_or_none(item) if field.read_apart else None
            if service is not None:
                wanted.setdefault(option, (field, []))[1].append(service)
    for field, declared in wanted.values():
        try:
            resources.read_related([one for one in declared if field.option not in one.related], [field])
        except AiosError as error:
            if error.code != "tags_not_offered":
                raise
            if field.relation == PROTECTION:
                resources.without_user_tags = error.message
                continue
            affected = [item for item in items if field.option in item.values]
            raise InvalidInput(
                [ValidationError(item.where, field.option, error.message) for item in affected], error.code
            ) from None


def _read_protection(resources: Resources, items: Sequence[Item], snapshot: Snapshot) -> None:
    """Read whether services that are to be deleted are protected; a declared protection counts more."""
    absent = [item for item in items if item.state == ABSENT and PROTECTION not in item.values]
    resources.read_protection([service for item in absent if (service := snapshot.match_or_none(item))])


def read_replaced(resources: Resources, actions: Sequence[Action], snapshot: Snapshot) -> None:
    """Read what a replacement takes over or forbids, of the services that actions replace and of their replacements.

    :raises InvalidInput: it cannot be read.
    """
    replaced = [action for action in actions if action.kind == REPLACED and action.current]
    old = [action.current for action in replaced if action.current]
    made = [
        one for action in replaced if action.current and (one := snapshot.replacement_of(action.current, action.item))
    ]
    apart = [field for field in resources.schema.by_option.values() if field.read_apart]
    try:
        resources.read_related([*old, *made], apart)
    except AiosError as error:
        if error.code != "tags_not_offered" and not isinstance(error, ApiError):
            raise
        text = f"the service cannot be replaced, because its tags cannot be read: {error.message}"
        raise InvalidInput(
            [ValidationError(action.item.where, "on_fixed_change", text) for action in replaced], error.code
        ) from None


def refuse_relations(resources: Resources, actions: Sequence[Action]) -> list[ValidationError]:
    """Return an error for each action that changes a relation for which the platform has no call."""
    errors = []
    writes = [action.replacement or action for action in actions if action.kind != REPLACED or action.replacement]
    for option in dict.fromkeys(option for action in writes for option in action.members):
        try:
            resources.check_offered(resources.schema.by_option[option])
        except AiosError as error:
            if error.code != "binding_not_offered":
                raise
            changing = [action.item for action in writes if option in action.members]
            errors += [ValidationError(item.where, option, error.message) for item in changing]
    return errors


def _read_fingerprints(resources: Resources, items: Sequence[Item], snapshot: Snapshot) -> None:
    """Read the fingerprints of services for which something is declared that they do not show.

    Where that is not possible they stay unread: what is not shown is not compared then.
    """
    hiding = [service for item in items if (service := snapshot.match_or_none(item)) and _hides(service, item)]
    if not hiding:
        return
    unread = [service for service in hiding if service.remembered is None]
    try:
        if unread:
            resources.read_fingerprints(unread)
    except AiosError as error:
        if error.code != "tags_not_offered" and not isinstance(error, ApiError):
            raise
        resources.without_user_tags = error.message
        for service in hiding:
            service.remembered = None


def _hides(service: Resource, item: Item) -> bool:
    """Return whether an item declares a field that the service does not show."""
    fields = (item.schema.by_option[option] for option in item.values)
    return any(field.unseen and not service.shows(field) for field in fields)
