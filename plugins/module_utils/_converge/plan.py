# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a declaration and a snapshot of the platform to a plan. Pure: no input, no output, arguments stay as they are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import ValidationError
from ansible_collections.zstack.aios.plugins.module_utils._common.text import listed, nearest, printable, quoted
from ansible_collections.zstack.aios.plugins.module_utils._converge.actions import (
    CLONED,
    CREATED,
    DELETED,
    REPLACED,
    RESTARTED,
    UNCHANGED,
    UPDATED,
    Action,
)
from ansible_collections.zstack.aios.plugins.module_utils._converge.snapshot import Snapshot, uuids_of
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import (
    ABSENT,
    RECREATE,
    REFUSE,
    Item,
    missing_to_create,
    validate_yaml,
)
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import ADD, CLONE, UPDATE, Field, Resource
from ansible_collections.zstack.aios.plugins.module_utils._model.fingerprints import fingerprint, read_fingerprints
from ansible_collections.zstack.aios.plugins.module_utils._model.identity import derived_uuids
from ansible_collections.zstack.aios.plugins.module_utils._model.protection import is_protected
from ansible_collections.zstack.aios.plugins.module_utils._model.redaction import Redactor
from ansible_collections.zstack.aios.plugins.module_utils._model.scalars import InvalidValue, is_uuid

#: When fields that the platform does not show are sent: when they differ from what was sent last, by its fingerprint; together
#: with other changes; in every run.
REMEMBER, ON_CHANGE, ALWAYS = "remember", "on_change", "always"


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
    _Clones(planner, actions).link()
    return Plan(actions, planner.errors)


class Planner:
    """Plans one item after the other, and collects why they cannot be carried out."""

    def __init__(self, snapshot: Snapshot, update_write_only: str, redactor: Redactor) -> None:
        self.snapshot = snapshot
        self.redactor = redactor
        self.update_write_only = update_write_only
        self.errors: list[ValidationError] = []

    def refuse(self, item: Item, option: str, text: str) -> None:
        """Take note that an item cannot be carried out."""
        self.errors.append(ValidationError(item.where, option, text))

    def match(self, item: Item) -> tuple[bool, Resource | None]:
        """Return whether it is clear which resource an item is about, and that resource."""
        try:
            return True, self.snapshot.match(item)
        except InvalidValue as error:
            self.refuse(item, "name", error.text)
            return False, None

    def resolve_names(self, item: Item) -> Mapping[str, Any]:
        """Return the declared fields of an item with the uuids of the things that it names."""
        values = dict(item.values)
        for option, given in item.names.items():
            if item.state == ABSENT and not self._finds_by(item, option):
                continue
            names = given if isinstance(given, list) else [given]
            uuids = [self._uuid_of(item, option, name) for name in names]
            if None not in uuids:
                unique = list(dict.fromkeys(uuids))  # a model can be given by name and by uuid
                values[item.schema.named[option].option] = unique if isinstance(given, list) else uuids[0]
        return values

    def _finds_by(self, item: Item, option: str) -> bool:
        """Return whether a name says which resource is to be deleted: that of one to which it belongs, and that exists."""
        owner = item.schema.owner
        return (
            owner is not None
            and option == owner.name_option
            and item.names[option] in self.snapshot.uuids_by_name[option]
        )

    def _uuid_of(self, item: Item, option: str, name: str) -> str | None:
        known = self.snapshot.uuids_by_name.get(option, {})
        found, uuid = known.get(name, []), self.snapshot.uuid_of_name(option, name)
        if uuid is not None:
            return uuid
        what, instead = option.removesuffix("s").replace("_", " "), item.schema.named[option].option
        if found:
            text = f"the name {quoted(name)} matches {len(found)} {what}s: {listed(found, 10)}; set {instead} instead"
        elif is_uuid(name):
            text = f"no {what} has the name or UUID {quoted(name)}; set an existing one"
        else:
            near = nearest(name, known) or f"; existing names: {listed(sorted(map(quoted, known))) or 'none'}."
            text = f"no {what} named {quoted(name)}{near} Set an existing name, or {instead}."
        self.refuse(item, option, text)
        return None

    def refuse_shared(self, matched: Sequence[tuple[Item, Resource]]) -> None:
        """Refuse two items about one resource, one by its uuid and the other by its name."""
        seen: dict[str, Item] = {}
        for item, current in matched:
            made = self.snapshot.replacement_of(current, item) if item.on_fixed_change == RECREATE else None
            for one in (current, made):
                if one is not None and seen.setdefault(one.uuid, item) is not item:
                    other, word = seen[one.uuid].where, item.schema.word
                    self.refuse(item, "", f"it declares the same {word} ({one.uuid}) as {other}; keep one of them")

    def plan(self, item: Item, values: Mapping[str, Any], current: Resource | None) -> Action:
        """Return what is to be done about one item."""
        if item.state == ABSENT:
            if current and is_protected(current) and "protected" not in values:
                self.refuse(item, "state", "the service is protected; set protected: false to delete it")
            kind = DELETED if current else UNCHANGED
            return Action(item, kind, current.uuid if current else item.uuid or "", values, current)
        declared = values.get("yaml")
        if declared is not None and not (current and declared.equals(current.values.get("yaml"))):
            self.errors.extend(validate_yaml(item))
        if current is not None:
            action = self._update_or_replace(item, values, current)
            action.kind = RESTARTED if item.state == RESTARTED else action.kind
            return action
        if item.state == RESTARTED:
            text = f"no such {item.schema.word} exists; set state: present to create it, or check its name"
            self.refuse(item, "state", text)
            return Action(item, UNCHANGED, "")
        return self.new(item, values)

    # An existing resource

    def _update_or_replace(self, item: Item, values: Mapping[str, Any], current: Resource) -> Action:
        fixed = self._fixed_changes(item, values, current)
        action = self.update(item, values, current)
        if item.on_fixed_change == RECREATE and (fixed or self.snapshot.replacement_of(current, item)):
            self._replace(action, current, fixed)
        return action

    def _replace(self, action: Action, old: Resource, fixed: Sequence[str]) -> None:
        """Turn the update of a resource into its replacement.

        :param fixed: the fields that differ and cannot be changed.
        """
        from ansible_collections.zstack.aios.plugins.module_utils._converge.replace import differences, terms_of

        action.kind, action.uncompared = REPLACED, []
        action.update_values.update({option: action.values[option] for option in fixed})
        terms = terms_of(action, old, self.snapshot)
        made = self.snapshot.replacement_of(old, action.item)
        refused = [*terms.refused, *(differences(terms.values, old, made) if made else ())]
        for text in refused:
            self.refuse(action.item, "on_fixed_change", text)
        if refused:
            return
        source = old.uuid if terms.operation == CLONE and made is None else None
        item = action.item._replace(
            values=terms.values, clone_from=source, names={}, previous_names=(), on_fixed_change=REFUSE
        )
        new = action.replacement = self._complete(item, made) if made else self.new(item, terms.values, terms.uuids)
        if source:
            new.source = old
            self.check_inherited(new)
            self.split(new, CLONE)
        action.uuid = new.uuid

    def _complete(self, item: Item, made: Resource) -> Action:
        """Return what completes a replacement that was begun by a run that did not end."""
        new = self.update(item, item.values, made)
        # Nobody knows whether that run has sent what the platform does not show.
        for option in new.uncompared:
            new.update_values[option] = self.completed(item, new.schema.by_option[option], item.values[option], None)
            new.kind = UPDATED
        new.uncompared = []
        return new

    def update(self, item: Item, values: Mapping[str, Any], current: Resource) -> Action:
        """Return what is to be done about the fields of an existing resource that can be changed."""
        action = Action(item, UNCHANGED, current.uuid, values, current)
        schema, unseen = item.schema, dict[str, Any]()
        for option, wanted in values.items():
            row, shown = schema.by_option[option], current.get(schema.by_option[option])
            if row.create_only:
                continue
            if row.relation:
                if not row.type.same(wanted, shown) and not (row in schema.own and option not in current.related):
                    action.members[option] = wanted
            elif not current.shows(row):
                if not self._is_remembered(current, row, wanted):
                    unseen[option] = self.completed(item, row, wanted, None)
            elif not schema.same(row, wanted, shown, values):
                action.update_values[option] = self.completed(item, row, wanted, shown)
        if "yaml" in action.update_values:
            # A new yaml replaces the fields that the platform stores in it, so they are sent with it (platform.assumed_yaml).
            folded = [schema.by_option[option] for option in values if schema.by_option[option].shown_at]
            action.resent.update(f.option for f in folded if f.option not in {*action.update_values, *unseen})
            for row in folded:
                action.update_values[row.option] = self.completed(item, row, values[row.option], current.get(row))
        compared = self.update_write_only == REMEMBER and current.remembered is not None
        if action.update_values or compared or self.update_write_only == ALWAYS:
            action.update_values.update(unseen)
        else:
            action.uncompared += unseen
        if action.update_values or action.members:
            action.kind = UPDATED
        return action

    def _fixed_changes(self, item: Item, values: Mapping[str, Any], current: Resource) -> list[str]:
        """Return the fields that cannot be changed and whose values differ; refuse them unless the resource is replaced."""
        rows = [item.schema.by_option[option] for option in values]
        fixed = [row for row in rows if row.create_only]
        if item.on_fixed_change == RECREATE:
            return [f.option for f in fixed if f.read and not f.type.same(values[f.option], current.get(f))]
        for row in fixed:
            self.check_fixed(item, row, values[row.option], current.get(row))
        return []

    def _is_remembered(self, current: Resource, row: Field, wanted: Any) -> bool:
        """Return whether a declared value that the platform does not show was the last one sent."""
        if self.update_write_only != REMEMBER or not current.remembered:
            return False
        known = read_fingerprints(member.value for member in current.remembered)
        return fingerprint(current.uuid, row, wanted) in known.get(row.option, ())

    def check_fixed(self, item: Item, row: Field, wanted: Any, current: Any, source: str = "") -> None:
        """Refuse another value of a field that cannot be changed, as far as the platform shows it.

        :param source: what a clone takes the field from; empty for an existing service.
        """
        if not row.read or row.type.same(wanted, current):
            return
        shown = self._short(row, current) if current is not None else "none"
        declared = f"declared value {self._short(row, wanted)}"
        if source:
            text = (
                f"a clone takes it from its source {quoted(source)}: its value {shown}, {declared}; remove the option"
            )
        else:
            text = (
                f"it cannot be changed once the {item.schema.word} exists: current value {shown}, {declared}; declare the "
                f"current value, remove the option, or {item.schema.cure_of_fixed}"
            )
        self.refuse(item, row.option, text)

    def _short(self, row: Field, value: Any) -> str:
        shown = self.redactor.redact_all(row.type.show(value, self.redactor))
        return quoted(shown) if isinstance(shown, str) else printable(json.dumps(shown, ensure_ascii=False), 160)

    def completed(self, item: Item, row: Field, wanted: Any, current: Any) -> Any:
        """Return the value to send, with those parts of the current one that are not declared."""
        try:
            return row.type.complete(wanted, current)
        except InvalidValue as error:
            self.refuse(item, row.option + error.path, error.text)
            return wanted

    # A new resource

    def new(self, item: Item, values: Mapping[str, Any], derived: Iterator[str] | None = None) -> Action:
        """Return what creates a resource.

        :param derived: the uuids for it, best first, unless one is declared; by default those that follow from its name.
        """
        chosen = values.get("resource_uuid")
        if item.uuid is not None and item.uuid != chosen:
            self.refuse(
                item,
                "uuid",
                f"no {item.schema.word} has the UUID {item.uuid}; remove uuid to create a new {item.schema.word} "
                "(resource_uuid sets its UUID)",
            )
        if chosen and chosen in self.snapshot.by_uuid:
            other = self.snapshot.by_uuid[chosen].name
            self.refuse(
                item, "resource_uuid", f"the {item.schema.word} {quoted(other)} already has this UUID; set another one"
            )
        kind = CLONED if item.clone_from else CREATED
        owner = str(values.get(item.schema.owner.option, "")) if item.schema.owner else ""
        uuids = derived or derived_uuids(str(values.get("name", "")), owner)
        uuids = iter([str(chosen)]) if chosen else uuids
        free = (uuid for uuid in uuids if chosen or uuid not in self.snapshot.by_uuid)
        action = Action(item, kind, next(free), values, spare_uuids=free)
        if kind == CREATED and item.uuid in (None, chosen):
            self._check_creation(item, values)
            self.split(action, ADD)
        return action

    def check_inherited(self, action: Action) -> None:
        """Refuse values that a clone takes from its source and that are not the source's."""
        for option, wanted in action.values.items():
            row = action.schema.by_option[option]
            if row.accepted(CLONE) or row.accepted(UPDATE) or row.relation:
                continue
            if not row.read:
                self.refuse(action.item, option, "it cannot be set for a clone; remove the option")
            else:
                source = str(action.item.clone_from)
                self.check_fixed(action.item, row, wanted, action.inherited(option), source)

    def _check_creation(self, item: Item, values: Mapping[str, Any]) -> None:
        missing = missing_to_create(item)
        if missing:
            words = ", ".join(missing)
            self.refuse(
                item,
                "",
                f"the {item.schema.word} does not exist, and options that its creation requires are missing: {words}; set them"
                + (", or set clone_from to take them from another service" if item.schema.clones else ""),
            )
        for option in values:
            row = item.schema.by_option[option]
            if not row.accepted(ADD) and not row.accepted(UPDATE) and not row.relation:
                self.refuse(
                    item,
                    option,
                    "only a clone can set it, and this service is not cloned; set clone_from, or remove the option",
                )

    def split(self, action: Action, operation: str) -> None:
        """Divide the declared fields into what the first call takes and what follows as an update."""
        for option, wanted in action.values.items():
            row = action.schema.by_option[option]
            value = self.completed(action.item, row, wanted, action.inherited(option))
            if row.accepted(operation):
                action.create_values[option] = value
            elif row.accepted(UPDATE):
                action.update_values[option] = value
            elif row.relation and not row.type.same(wanted, action.inherited(option)):
                action.members[option] = wanted


def sends_unseen(action: Action) -> bool:
    """Return whether an update sends fields that the platform does not show."""
    fields = (action.schema.by_option[option] for option in action.update_values)
    current = action.current if action.kind == UPDATED else None
    return current is not None and any(field.unseen and not current.shows(field) for field in fields)


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
