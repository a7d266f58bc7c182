# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A snapshot of the resources of one kind on the platform."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._common.text import listed, quoted, trim
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import PRESENT, RECREATE, Item
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Resource
from ansible_collections.zstack.aios.plugins.module_utils._model.identity import replacement_uuids
from ansible_collections.zstack.aios.plugins.module_utils._model.scalars import InvalidValue, is_uuid

#: Among so many derived uuids a replacement is looked for: more than any run tries.
_REPLACEMENTS = 10


class Snapshot:
    """The resources of one kind on the platform, by UUID and by name.

    :param uuids_by_name: for each option that takes names (``model_center`` ...) the uuids behind every name.
    """

    def __init__(
        self, resources: Iterable[Resource], uuids_by_name: Mapping[str, Mapping[str, list[str]]] | None = None
    ) -> None:
        self.by_uuid: dict[str, Resource] = {}
        self.by_name: dict[str, list[Resource]] = {}
        self.uuids_by_name = uuids_by_name or {}
        self._within: dict[tuple[str, Any], list[Resource]] = {}
        for resource in resources:
            if resource.uuid not in self.by_uuid:
                self.by_uuid[resource.uuid] = resource
                self.by_name.setdefault(trim(resource.name), []).append(resource)
                if owner := resource.schema.owner:
                    self._within.setdefault((trim(resource.name), resource.get(owner)), []).append(resource)

    @property
    def has_fingerprints(self) -> bool:
        """Whether any resource has fingerprints of what it does not show."""
        return any(resource.remembered for resource in self.by_uuid.values())

    def without_fingerprints(self) -> Snapshot:
        """Return the same snapshot as if no fingerprints could be read."""
        resources = [resource.copy() for resource in self.by_uuid.values()]
        for resource in resources:
            resource.remembered = None
        return Snapshot(resources, self.uuids_by_name)

    def _named(self, item: Item) -> list[Resource]:
        """Return the resources of an item's name, within the resource that it belongs to."""
        owner = item.schema.owner
        if owner is None:
            return self.by_name.get(item.name or "", [])
        uuid = item.values.get(owner.option) or self.uuid_of_name(owner.name_option, item.names.get(owner.name_option))
        return self._within.get((item.name or "", uuid), [])

    def uuid_of_name(self, option: str, name: Any) -> str | None:
        """Return the uuid that an option means by a name or a uuid, ``None`` where that is not clear."""
        known = self.uuids_by_name.get(option, {})
        found = known.get(name, [])
        if is_uuid(str(name)) and any(name in uuids for uuids in known.values()):
            return str(name)
        return found[0] if len(found) == 1 else None

    def match_or_none(self, item: Item) -> Resource | None:
        """Return the resource that an item is about, ``None`` also where that is not clear, which the planner reports."""
        try:
            return self.match(item)
        except InvalidValue:
            return None

    def match(self, item: Item) -> Resource | None:
        """Return the resource of an item: by UUID, else by exact name, which need not be unique (platform.names), else by
        one of its previous names.

        :raises InvalidValue: several resources have the name, or a previous one.
        """
        if item.uuid is not None:
            return self.by_uuid.get(item.uuid)
        found = self._named(item)
        earlier = [one for name in dict.fromkeys(item.previous_names) for one in self.by_name.get(name, ())]
        replaced = self._half_replaced(item, [*found, *earlier])
        if replaced is not None:
            return replaced
        if item.previous_names:
            if found and earlier:
                raise InvalidValue(
                    f"services of this name and of previous_names exist: {named_with_uuids([*found, *earlier])}; delete the "
                    "one that is not needed, or remove its name from previous_names"
                )
            if len(earlier) > 1:
                raise InvalidValue(
                    f"{len(earlier)} services have one of previous_names: {named_with_uuids(earlier)}; set uuid to the UUID "
                    "of the service to rename"
                )
            found = found or earlier
        if len(found) > 1:
            word = item.schema.word
            raise InvalidValue(
                f"{len(found)} {word}s have this name: {uuids_of(found)}; set uuid to the UUID of the {word} to manage, or "
                "rename the others"
            )
        return found[0] if found else None

    def _half_replaced(self, item: Item, found: Sequence[Resource]) -> Resource | None:
        """Return the resource that a run began to replace, where it ended before it deleted that one.

        :raises InvalidValue: the item does not ask for it to be replaced.
        """
        if len(found) != 2:
            return None
        for old, new in (found, reversed(found)):
            if self.replacement_of(old, item) is new:
                if item.on_fixed_change == RECREATE:
                    return old
                raise InvalidValue(
                    f"2 services have this name: {new.uuid} was created to replace {old.uuid} by a run that did not end; set "
                    "on_fixed_change to recreate to complete the replacement, or delete one of them"
                )
        return None

    def replacement_of(self, old: Resource, item: Item) -> Resource | None:
        """Return the resource of an item that an earlier run created to replace another one."""
        others = [one for one in self.by_name.get(item.name or "", ()) if one is not old]
        if not others or item.uuid is not None or item.state != PRESENT:
            return None
        uuids = set(itertools.islice(replacement_uuids(old.uuid), _REPLACEMENTS))
        return next((one for one in others if one.uuid in uuids), None)


def named_with_uuids(resources: Sequence[Resource]) -> str:
    """Return the names and uuids of resources, for a message."""
    return listed([f"{quoted(one.name)} ({one.uuid})" for one in resources], 10)


def uuids_of(resources: Sequence[Resource]) -> str:
    """Return the uuids of resources, for a message."""
    return listed([resource.uuid for resource in resources], 10)
