# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From declarations and what the platform holds to a plan. Pure: no input, no output, no Ansible.

Private to this collection.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import Mistake
from ansible_collections.zstack.aios.plugins.module_utils._common.text import listed, nearest, printable, quoted, trim
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import ABSENT, Item, check_yaml
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import (
    ADD,
    BY_OPTION,
    CLONE,
    FIELDS,
    NAMED,
    UPDATE,
    Field,
    Held,
    same,
)
from ansible_collections.zstack.aios.plugins.module_utils._model.redaction import Secrecy
from ansible_collections.zstack.aios.plugins.module_utils._model.scalars import Wrong, is_uuid

CREATED, CLONED, UPDATED, DELETED, UNCHANGED = "created", "cloned", "updated", "deleted", "unchanged"
ORDER = {field.option: place for place, field in enumerate(FIELDS)}
_YAML = BY_OPTION["yaml"]


class World:
    """What the platform holds, found by uuid and by name, and the uuids behind names."""

    def __init__(self, services: Iterable[Held]) -> None:
        self.by_uuid: dict[str, Held] = {}
        self.by_name: dict[str, list[Held]] = {}
        for held in services:
            self.add(held)
        #: For each option that takes names (``model_center`` ...) the uuids of every name.
        self.names: dict[str, Mapping[str, list[str]]] = {}

    def add(self, held: Held) -> None:
        """Take note of one service."""
        if held.uuid not in self.by_uuid:
            self.by_uuid[held.uuid] = held
            self.by_name.setdefault(trim(held.name), []).append(held)


@dataclass(eq=False)
class Action:
    """What is to become of one service.

    :ivar kind: ``created``, ``cloned``, ``updated``, ``deleted`` or ``unchanged``.
    :ivar uuid: of the service; one that is to be created gets a random one unless it was declared.
    :ivar first: what the creation or cloning carries; ``then``: what an update carries, after it or alone.
    :ivar tags: declared tags by option, of those that differ.
    :ivar again: options among ``then`` that are sent with their present values, because a new ``yaml`` would lose them.
    :ivar source: the service to clone; ``after``: the action that makes it, when it is made in this run.
    """

    item: Item
    kind: str
    uuid: str
    held: Held | None = None
    first: dict[str, Any] = field(default_factory=dict)
    then: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, list[str]] = field(default_factory=dict)
    source: Held | None = None
    after: Action | None = None
    again: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        """The name the service will have, or has when it is deleted."""
        declared = None if self.kind == DELETED else self.item.values.get("name")
        return str(declared if declared is not None else self.held.name if self.held else "")

    @property
    def changed_fields(self) -> list[str]:
        """The options whose values change, in the table's order."""
        return sorted({*self.first, *self.then, *self.tags} - self.again, key=ORDER.__getitem__)

    def inherited(self, option: str) -> Any:
        """Return what a clone takes of a field from its source, as far as it can be told; ``None`` for what is no clone.

        Of a chain of clones, the sources have to be planned first.
        """
        action = self
        while action.after is not None:
            action = action.after
            for values in (action.then, action.first, action.item.values):
                if option in values:
                    return values[option]
        origin = action.held or action.source
        return origin.get(BY_OPTION[option]) if origin else None


@dataclass
class Plan:
    """Every action, in the order of the declaration, and what cannot be done."""

    actions: list[Action] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)

    def changing(self) -> list[Action]:
        """Return the actions that change something."""
        return [action for action in self.actions if action.kind != UNCHANGED]


def match(item: Item, world: World) -> Held | None:
    """Return the service an item means: by uuid, else by exact name.

    :raises Wrong: several services have the name.
    """
    if item.uuid is not None:
        return world.by_uuid.get(item.uuid)
    found = world.by_name.get(item.name or "", ())
    if len(found) > 1:
        uuids = listed([held.uuid for held in found], 10)
        raise Wrong(
            f"{len(found)} services have this name: {uuids}; say by uuid which one is meant, or rename the others"
        )
    return found[0] if found else None


def make_plan(items: Sequence[Item], world: World, always: bool = False) -> Plan:
    """Compare a declaration with what the platform holds.

    :param always: send fields that the platform never shows even when nothing else changes.
    """
    return _Planner(items, world, always).plan


class _Planner:
    def __init__(self, items: Sequence[Item], world: World, always: bool) -> None:
        self.world = world
        self.always = always
        self.plan = Plan()
        for item in items:
            if item.state != ABSENT:
                self._resolve_names(item)
        matched = [(item, held) for item in items for held in self._matched(item)]
        self._refuse_shared(matched)
        for item, held in matched:
            self.plan.actions.append(self._action(item, held))
        self._link_clones()

    def wrong(self, item: Item, option: str, text: str) -> None:
        self.plan.mistakes.append(Mistake(item.where, option, text))

    def _matched(self, item: Item) -> Iterator[Held | None]:
        try:
            yield match(item, self.world)
        except Wrong as wrong:
            self.wrong(item, "name", wrong.text)

    def _resolve_names(self, item: Item) -> None:
        for option, given in item.names.items():
            row = NAMED[option]
            uuids = [self._one_uuid(item, option, name) for name in (given if isinstance(given, list) else [given])]
            if None not in uuids:
                item.values[row.option] = uuids if isinstance(given, list) else uuids[0]

    def _one_uuid(self, item: Item, option: str, name: str) -> str | None:
        known = self.world.names.get(option, {})
        found = known.get(name, [])
        if len(found) == 1:
            return found[0]
        row = NAMED[option]
        if found:
            self.wrong(
                item, option, f"{len(found)} have the name {quoted(name)}: {listed(found, 10)}; give {row.option}"
            )
        else:
            near = nearest(name, known) or f" (it has {listed(sorted(map(quoted, known))) or 'none at all'})"
            self.wrong(
                item, option, f"the platform has none of the name {quoted(name)}{near}; give another, or {row.option}"
            )
        return None

    def _refuse_shared(self, matched: Sequence[tuple[Item, Held | None]]) -> None:
        """Refuse that two items mean one service, one by its uuid and the other by its name."""
        seen: dict[str, Item] = {}
        for item, held in matched:
            if held is not None and seen.setdefault(held.uuid, item) is not item:
                self.wrong(
                    item, "", f"it means the same service ({held.uuid}) as {seen[held.uuid].where}; keep one of them"
                )

    def _action(self, item: Item, held: Held | None) -> Action:
        if item.state == ABSENT:
            return Action(item, DELETED if held else UNCHANGED, held.uuid if held else item.uuid or "", held)
        declared = item.values.get("yaml")
        if declared is not None and not (held and declared.equals(held.values.get("yaml"))):
            self.plan.mistakes.extend(check_yaml(item))
        if held is not None:
            return self._update(item, held)
        if item.uuid is not None:
            self.wrong(item, "uuid", f"no service has the uuid {item.uuid}; leave uuid out to create one of this name "
                       "(resource_uuid chooses the uuid it gets)")  # fmt: skip
        chosen = item.values.get("resource_uuid")
        action = Action(item, CLONED if item.clone_from else CREATED, str(chosen or uuid.uuid4().hex))
        if chosen and chosen in self.world.by_uuid:
            other = self.world.by_uuid[chosen].name
            self.wrong(item, "resource_uuid", f"the service {quoted(other)} has this uuid already")
        if action.kind == CREATED and item.uuid is None:
            self._create(action)
        return action

    # An existing service

    def _update(self, item: Item, held: Held) -> Action:
        action = Action(item, UNCHANGED, held.uuid, held)
        unseen: dict[str, Any] = {}
        for option, wanted in item.values.items():
            row = BY_OPTION[option]
            if row.tags:
                if not row.kind.same(wanted, held.get(row)):
                    action.tags[option] = wanted
            elif row.create_only:
                self._fixed(item, row, wanted, held.get(row), row.read)
            elif not held.shows(row):
                unseen[option] = self._completed(item, row, wanted, None)
            elif not self.same(row, wanted, held.get(row), item):
                action.then[option] = self._completed(item, row, wanted, held.get(row))
        if "yaml" in action.then:
            # A new yaml replaces what the platform folded into the old one, so that has to be given again.
            folded = [BY_OPTION[option] for option in item.values if BY_OPTION[option].shown_at]
            action.again.update(r.option for r in folded if r.option not in action.then and r.option not in unseen)
            action.then.update({r.option: self._completed(item, r, item.values[r.option], held.get(r)) for r in folded})
        if action.then or self.always:
            action.then.update(unseen)
        if action.then or action.tags:
            action.kind = UPDATED
        return action

    def same(self, row: Field, wanted: Any, held: Any, item: Item) -> bool:
        """Return whether a declared value is what the platform holds."""
        return same(row, wanted, held, item.values)

    def _fixed(self, item: Item, row: Field, wanted: Any, held: Any, shown: str, why: str = "") -> None:
        if not shown or row.kind.same(wanted, held):
            return
        current = _short(row, held) if held is not None else "nothing"
        why = why or "it cannot be changed once the service exists"
        cure = "declare the current value, leave the option out, or delete the service and create it anew"
        self.wrong(item, row.option, f"{why}: the platform has {current}, wanted is {_short(row, wanted)}; {cure}")

    def _completed(self, item: Item, row: Field, wanted: Any, held: Any) -> Any:
        try:
            return row.kind.complete(wanted, held)
        except Wrong as wrong:
            self.wrong(item, row.option + wrong.inside, wrong.text)
            return wanted

    # A new service

    def _create(self, action: Action) -> None:
        item = action.item
        missing = [f for f in FIELDS if f.add == "required" and f.option not in item.values]
        missing = [f for f in missing if f.name_option not in item.names]
        if missing:
            words = ", ".join(f"{f.option} (or {f.name_option})" if f.name_option else f.option for f in missing)
            self.wrong(item, "", f"the service does not exist yet, and to create it these are missing: {words}; "
                       "give them, or clone_from to take them from another service")  # fmt: skip
        for option in item.values:
            row = BY_OPTION[option]
            if not row.accepted(ADD) and not row.accepted(UPDATE):
                self.wrong(item, option, "only a clone can set it; the service does not exist yet and is not cloned "
                           "(give clone_from, or leave the option out)")  # fmt: skip
        self._split(action, ADD)

    def _split(self, action: Action, operation: str) -> None:
        """Sort the declared fields into what the first call takes and what follows as an update."""
        for option, wanted in action.item.values.items():
            row = BY_OPTION[option]
            value = self._completed(action.item, row, wanted, action.inherited(option))
            if row.accepted(operation):
                action.first[option] = value
            elif row.accepted(UPDATE):
                action.then[option] = value

    # Clones

    def _link_clones(self) -> None:
        """Find the source of every clone: on the platform first, else among what this run makes."""
        made: dict[str, Action] = {}
        for action in self.plan.actions:
            if action.item.state != ABSENT and action.held is None:
                made.update({key: action for key in (action.name, action.item.values.get("resource_uuid")) if key})
        clones = [action for action in self.plan.actions if action.kind == CLONED]
        for action in clones:
            self._find_source(action, made)
        done: set[Action] = set()
        for action in clones:
            self._finish_clone(action, done)

    def _find_source(self, action: Action, made: Mapping[str, Action]) -> None:
        wanted = str(action.item.clone_from)
        named = self.world.by_name.get(wanted, [])
        if wanted in self.world.by_uuid:
            action.source = self.world.by_uuid[wanted]
        elif len(named) > 1:
            uuids = listed([held.uuid for held in named], 10)
            self.wrong(
                action.item,
                "clone_from",
                f"{len(named)} services have the name {quoted(wanted)}: {uuids}; give the uuid",
            )
        elif named:
            action.source = named[0]
        elif wanted in made:
            action.after = made[wanted]
        else:
            kind = "uuid" if is_uuid(wanted) else "name"
            self.wrong(
                action.item,
                "clone_from",
                f"no service on the platform or in this declaration has the {kind} {quoted(wanted)}",
            )

    def _finish_clone(self, action: Action, done: set[Action]) -> None:
        chain: list[Action] = []
        while action.kind == CLONED and action not in done:
            if action in chain:
                circle = [printable(link.name, 40) for link in [*chain[chain.index(action) :], action]]
                left_out = [f"{len(circle) - 11} more"] if len(circle) > 12 else []
                names = " -> ".join([*circle[:10], *left_out, circle[-1]] if left_out else circle)
                self.wrong(action.item, "clone_from", f"the clones form a circle: {names}")
                done.update(chain)
                chain[-1].after = None
                return
            chain.append(action)
            if action.after is None:
                break
            action = action.after
        for link in reversed(chain):
            done.add(link)
            self._check_inherited(link)
            self._split(link, CLONE)

    def _check_inherited(self, action: Action) -> None:
        """Refuse values that a clone takes from its source and that are not the source's."""
        if action.source is None and action.after is None:
            return
        for option, wanted in action.item.values.items():
            row = BY_OPTION[option]
            if row.accepted(CLONE) or row.accepted(UPDATE):
                continue
            origin = action.inherited(option)
            if not row.read:
                self.wrong(action.item, option, "a clone cannot be given it; leave it out for this service")
            else:
                why = f"a clone takes it from its source {quoted(action.item.clone_from)}"
                self._fixed(action.item, row, wanted, origin, row.read, why)


def plan_words(actions: Sequence[Action]) -> str:
    """Return a plan in a few words: ``2 to be created ("a", "b"), 1 to be updated ("c")``."""
    parts = []
    for kind in (CREATED, CLONED, UPDATED, DELETED):
        names = [quoted(action.name) for action in actions if action.kind == kind]
        if names:
            parts.append(f"{len(names)} to be {kind} ({listed(names, 3)})")
    return ", ".join(parts) or "nothing to be done"


def prune_actions(candidates: Iterable[Held]) -> list[Action]:
    """Return the actions that delete services which are not declared, by name."""
    in_order = sorted(candidates, key=lambda held: (held.name, held.uuid))
    return [Action(Item("", "", ABSENT, held.name, held.uuid), DELETED, held.uuid, held) for held in in_order]


def _short(row: Field, value: Any) -> str:
    shown = row.kind.show(value, Secrecy())
    return quoted(shown) if isinstance(shown, str) else printable(json.dumps(shown, ensure_ascii=False), 160)
