# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a declaration and a snapshot of the platform to a plan. Pure: no input, no output, arguments stay as they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import ValidationError
from ansible_collections.zstack.aios.plugins.module_utils._common.text import printable, quoted
from ansible_collections.zstack.aios.plugins.module_utils._converge.actions import (
    CLONED,
    CREATED,
    REPLACED,
    UPDATED,
    Action,
)
from ansible_collections.zstack.aios.plugins.module_utils._converge.planner import REMEMBER, Planner
from ansible_collections.zstack.aios.plugins.module_utils._converge.snapshot import Snapshot, uuids_of
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import (
    RECREATE,
    Item,
)
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import CLONE, Resource
from ansible_collections.zstack.aios.plugins.module_utils._model.redaction import Redactor
from ansible_collections.zstack.aios.plugins.module_utils._model.scalars import is_uuid


class Plan(NamedTuple):
    """Every action, in the order of the declaration, and why it cannot be carried out."""

    actions: list[Action]
    errors: list[ValidationError]


def make_plan(
    items: Sequence[Item], snapshot: Snapshot, update_write_only: str = REMEMBER, redactor: Redactor | None = None
) -> Plan:
    """Compare a declaration with a snapshot of the platform.

    :param update_write_only: when to send fields that the platform does not show: :data:`REMEMBER`, :data:`ON_CHANGE` or
        :data:`ALWAYS`.
    :param redactor: redacts values in errors.
    """
    planner = Planner(snapshot, update_write_only, redactor or Redactor())
    values = [planner.resolve_names(item) for item in items]
    matched = [(item, wanted, *planner.match(item)) for item, wanted in zip(items, values, strict=True)]
    planner.refuse_shared([(item, current) for item, _wanted, found, current in matched if found and current])
    actions = [planner.plan(item, wanted, current) for item, wanted, found, current in matched if found]
    if any(item.on_fixed_change == RECREATE for item in items):
        from ansible_collections.zstack.aios.plugins.module_utils._converge.replace import plan_replacements

        plan_replacements(planner, actions)
    _Clones(planner, actions).link()
    return Plan(actions, planner.errors)


def sends_unseen(action: Action) -> bool:
    """Return whether an update sends fields that the platform does not show."""
    fields = (action.schema.by_option[option] for option in action.update_values)
    return action.kind == UPDATED and any(field.unseen and not action.current.shows(field) for field in fields)


class _Clones:
    """Finds the source of every clone: on the platform, else among what this run makes or renames."""

    def __init__(self, planner: Planner, actions: Sequence[Action]) -> None:
        self._planner = planner
        self._snapshot = planner.snapshot
        self._clones = [action for action in actions if action.kind == CLONED]
        self._made: dict[str, Action] = {}
        self._renamed: dict[str, Resource] = {}
        self._replaced: dict[str, Resource] = {}
        for action in actions:
            if action.kind == REPLACED and action.current is not None:
                self._replaced[action.name] = action.current
            if "name" in action.update_values and action.current is not None:
                self._renamed[action.name] = action.current
            if action.kind in (CREATED, CLONED):
                keys = (action.name, action.values.get("resource_uuid"))
                self._made.update({key: action for key in keys if key})

    def link(self) -> None:
        """Give every clone its source and its values."""
        for action in self._clones:
            self._find_source(action)
        done: set[Action] = set()
        for action in self._clones:
            self._finish(action, done)

    def _find_source(self, action: Action) -> None:
        wanted = str(action.item.clone_from)
        named = self._snapshot.by_name.get(wanted, [])
        if wanted in self._snapshot.by_uuid:
            action.source = self._snapshot.by_uuid[wanted]
        elif wanted in self._replaced:  # which exists until the end of the run, while two services may have its name
            action.source = self._replaced[wanted]
        elif len(named) > 1:
            text = f"the name {quoted(wanted)} matches {len(named)} services: {uuids_of(named)}; set a UUID instead"
            self._planner.refuse(action.item, "clone_from", text)
        elif named:
            action.source = named[0]
        elif wanted in self._made:
            action.after = self._made[wanted]
        elif wanted in self._renamed:
            action.source = self._renamed[wanted]
        else:
            kind = "UUID" if is_uuid(wanted) else "name"
            text = f"no service on the platform or in this declaration has the {kind} {quoted(wanted)}; set an existing one"
            self._planner.refuse(action.item, "clone_from", text)

    def _finish(self, action: Action, done: set[Action]) -> None:
        """Plan a clone once its source is planned."""
        chain: list[Action] = []
        while action.kind == CLONED and action not in done:
            if action in chain:
                links = _cycle([*chain[chain.index(action) :], action])
                text = f"the clones form a cycle: {links}; declare one of these services without clone_from"
                self._planner.refuse(action.item, "clone_from", text)
                done.update(chain)
                chain[-1].after = None
                return
            chain.append(action)
            if action.after is None:
                break
            action = action.after
        for link in reversed(chain):
            done.add(link)
            if link.source is not None or link.after is not None:
                self._planner.check_inherited(link)
            self._planner.split(link, CLONE)


def _cycle(links: Sequence[Action]) -> str:
    names = [printable(link.name, 40) for link in links]
    if len(names) > 12:
        names = [*names[:10], f"{len(names) - 11} more", names[-1]]
    return " -> ".join(names)
