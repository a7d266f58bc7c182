# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Actions: what is to be done to each resource."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._common.text import listed, quoted
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import ABSENT, Item
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Resource, Schema

CREATED, CLONED, UPDATED, REPLACED, RESTARTED = "created", "cloned", "updated", "replaced", "restarted"
DELETED, UNCHANGED = "deleted", "unchanged"


@dataclass(eq=False)
class Action:
    """What is to be done to one resource.

    :ivar kind: ``created``, ``cloned``, ``updated``, ``replaced``, ``restarted``, ``deleted`` or ``unchanged``.
    :ivar uuid: of the resource; that of a new one follows from its name, or from the one that it replaces, unless it was
        declared.
    :ivar spare_uuids: further uuids for a new one, should the platform refuse the first.
    :ivar values: the declared fields by option, names resolved to uuids.
    :ivar current: the resource as the platform shows it.
    :ivar create_values: what the creation or cloning carries.
    :ivar update_values: what an update carries, after the creation or alone.
    :ivar members: the declared members of each relation that differs.
    :ivar resent: options among ``update_values`` that are sent unchanged, because a new ``yaml`` would lose them.
    :ivar uncompared: declared options that are neither compared nor sent.
    :ivar source: the resource to clone.
    :ivar after: the action that makes the source, when this run does.
    :ivar owner: the action of the resource that this one belongs to, when this run plans both.
    :ivar replacement: what makes, or completes, the resource that replaces ``current``. The values of this action are the
        differences between both.
    """

    item: Item
    kind: str
    uuid: str
    values: Mapping[str, Any] = field(default_factory=dict)
    current: Resource | None = None
    create_values: dict[str, Any] = field(default_factory=dict)
    update_values: dict[str, Any] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)
    source: Resource | None = None
    after: Action | None = None
    replacement: Action | None = None
    resent: set[str] = field(default_factory=set)
    uncompared: list[str] = field(default_factory=list)
    owner: Action | None = None
    spare_uuids: Iterator[str] = iter(())

    @property
    def schema(self) -> Schema:
        """The schema of the resource."""
        return self.item.schema

    @property
    def created_only(self) -> list[str]:
        """The declared options of what runs already that only its creation takes, and that it does not show."""
        if self.current is None or self.doomed or not self.schema.runs:
            return []
        fields = (self.schema.by_option[option] for option in self.values)
        return self.schema.sorted([field.option for field in fields if field.create_only and not field.read])

    @property
    def doomed(self) -> Resource | None:
        """The existing resource that this action deletes."""
        return self.current if self.kind in (DELETED, REPLACED) else None

    @property
    def label(self) -> str:
        """The name as reports show it: with that of the resource that it belongs to."""
        return f"{self.name} (of {self.owner.name})" if self.owner else self.name

    @property
    def creation(self) -> dict[str, Any]:
        """What the creation carries, with the uuid that the resource got to which it belongs."""
        if self.owner is None or self.schema.owner is None:
            return self.create_values
        return {**self.create_values, self.schema.owner.option: self.owner.uuid}

    @property
    def name(self) -> str:
        """The name that the resource will have, or has when it is deleted."""
        declared = None if self.kind == DELETED else self.values.get("name")
        return str(declared if declared is not None else self.current.name if self.current else "")

    @property
    def changed_fields(self) -> list[str]:
        """The options whose values change, in the table's order."""
        return self.schema.sorted({*self.create_values, *self.update_values, *self.members} - self.resent)

    def inherited(self, option: str) -> Any:
        """Return what a clone takes of a field from its source, as far as that is known; ``None`` for what is no clone.

        Of a chain of clones, the sources have to be planned first.
        """
        action = self
        while action.after is not None:
            action = action.after
            for values in (action.update_values, action.create_values, action.values):
                if option in values:
                    return values[option]
        origin = action.current or action.source
        return origin.get(self.schema.by_option[option]) if origin else None


def deletions(candidates: Iterable[Resource]) -> list[Action]:
    """Return the actions that delete resources which are not declared, by name."""
    in_order = sorted(candidates, key=lambda resource: (resource.name, resource.uuid))
    return [Action(Item(one.schema, "", "", ABSENT, one.uuid), DELETED, one.uuid, current=one) for one in in_order]


def describe_actions(actions: Sequence[Action]) -> str:
    """Return actions in a few words: ``2 to be created ("a", "b"), 1 to be updated ("c")``."""
    parts = []
    for kind in (CREATED, CLONED, UPDATED, REPLACED, RESTARTED, DELETED):
        names = [quoted(action.label) for action in actions if action.kind == kind]
        if names:
            parts.append(f"{len(names)} to be {kind} ({listed(names, 3)})")
    return ", ".join(parts) or "nothing to be done"
