# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries a plan out: order, verification, uncertain fates, and a true row for every item.

Private to this collection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import AiosError, Interrupted, internal_error
from ansible_collections.zstack.aios.plugins.module_utils._common.text import listed, quoted
from ansible_collections.zstack.aios.plugins.module_utils._converge.plan import (
    CLONED,
    CREATED,
    DELETED,
    UNCHANGED,
    UPDATED,
    Action,
)
from ansible_collections.zstack.aios.plugins.module_utils._converge.recovery import DONE, doubtful, settled
from ansible_collections.zstack.aios.plugins.module_utils._converge.scheduler import Engine, Task
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import (
    BY_OPTION,
    UPDATE,
    Field,
    Held,
    TagRecord,
    same,
)
from ansible_collections.zstack.aios.plugins.module_utils._platform.services import Services
from ansible_collections.zstack.aios.plugins.module_utils._rest.client import Steps

FAILED, NOT_ATTEMPTED, UNKNOWN = "failed", "not_attempted", "unknown"


@dataclass(eq=False)
class Row:
    """What became of one action.

    :ivar done: ``created``, ``cloned``, ``updated``, ``deleted``, ``unchanged``, ``failed`` (nothing was done),
        ``unknown`` (it may have been done) or ``not_attempted``.
    :ivar changed_fields: options whose new values are on the platform; :ivar error: why it is not all done.
    :ivar held: the service as it is now, as far as it was seen.
    """

    action: Action
    done: str = NOT_ATTEMPTED
    changed_fields: list[str] = field(default_factory=list)
    error: AiosError | None = None
    held: Held | None = None

    @property
    def changed(self) -> bool:
        """Whether the platform was, or may have been, changed."""
        return self.done in (CREATED, CLONED, UPDATED, DELETED, UNKNOWN)

    def add_fields(self, options: Iterable[str]) -> None:
        """Take note of fields that are on the platform now and were not before."""
        known = self.action.again.union(self.changed_fields)
        self.changed_fields += [option for option in options if option not in known]


class Applier:
    """Carries out actions through the services of a platform.

    :param stop_on_error: begin nothing new after the first failure.
    :param told: called with each row when it is finished.
    """

    def __init__(
        self,
        services: Services,
        engine: Engine,
        stop_on_error: bool = False,
        told: Callable[[Row], None] = lambda row: None,
    ) -> None:
        self._services = services
        self._engine = engine
        self._stop_on_error = stop_on_error
        self._told = told
        self._failed = False
        self._followers: dict[Action, list[Row]] = {}

    def apply(self, actions: Sequence[Action], prunes: Sequence[Action] = ()) -> list[Row]:
        """Carry out a plan: creations and clones of what exists, updates, clones of what was made, deletions last.

        :param prunes: deletions of what is not declared; attempted only when nothing failed before.
        :return: a row for every action, in the given order; rows are complete also when it was interrupted.
        """
        rows = [Row(action) for action in actions]
        pruned = [Row(action) for action in prunes]
        try:
            sources = {row.action.source.uuid for row in rows if row.action.source is not None}
            waves = [(row, _wave_of(row.action, sources)) for row in rows if row.action.kind != UNCHANGED]
            for number in range(_WAVES):
                _keep_sources(rows)
                self._wave(row for row, wave in waves if wave == number and row.error is None)
            if not self._failed:
                self._wave(pruned)
        except Interrupted:
            self._failed = True
            for row in (*rows, *pruned):
                if row.done == NOT_ATTEMPTED:
                    row.error = AiosError("not attempted, because the run was interrupted", "interrupted")
        reason = (
            "the platform does not answer any more" if self._services.client.gone else "something else failed before"
        )
        for row in (*rows, *pruned):
            if row.action.kind == UNCHANGED:
                row.done, row.held = UNCHANGED, row.action.held
            elif row.done == NOT_ATTEMPTED and row.error is None:
                row.error = AiosError(f"not attempted, because {reason}", NOT_ATTEMPTED)
        return rows + pruned

    def _wave(self, rows: Iterable[Row]) -> None:
        if self._failed and (self._stop_on_error or self._services.client.gone):
            return
        begin: list[Row] = []
        for row in rows:
            if row.action.after is not None:
                self._followers.setdefault(row.action.after, []).append(row)
            else:
                begin.append(row)
        begin.sort(key=lambda row: row.action.kind == UPDATED)  # new ones first
        self._engine.run([self._task(row) for row in begin], self._finished)

    def _task(self, row: Row) -> Task:
        return Task(row, self._steps(row))

    def _finished(self, task: Task, error: BaseException | None) -> Iterable[Task]:
        row: Row = task.subject
        followers = self._followers.pop(row.action, [])
        if error is None:
            self._told(row)
            return [] if self._failed and self._stop_on_error else [self._task(follower) for follower in followers]
        row.error = error if isinstance(error, AiosError) else internal_error(error)
        if row.done == NOT_ATTEMPTED:
            row.done = FAILED if isinstance(error, AiosError) and not doubtful(error) else UNKNOWN
        self._failed = True
        _tell_of_unseen(row)
        self._told(row)
        self._give_up(followers, row)
        if self._stop_on_error or self._services.client.gone:
            self._engine.drop_waiting()
        return []

    def _give_up(self, followers: Sequence[Row], source: Row) -> None:
        queue = list(followers)
        while queue:
            row = queue.pop()
            row.error = AiosError(
                f"not attempted, because its source {quoted(source.action.name)} failed", NOT_ATTEMPTED
            )
            self._told(row)
            queue += self._followers.pop(row.action, [])

    # One service

    def _steps(self, row: Row) -> Steps[None]:
        """Bring one service to where its action wants it. What is done so far stands in the row at any time."""
        action = row.action
        if action.kind == DELETED:
            yield from self._delete(row)
            row.done = DELETED
            return
        row.held = action.held
        left = dict(action.then)
        if action.kind in (CREATED, CLONED):
            row.held = yield from self._make(action)
            action.uuid = row.held.uuid or action.uuid  # a platform may choose another one than it was given
            row.done = action.kind
            ignored = self._ignored(action, row.held, action.first)
            row.add_fields(option for option in action.first if option not in ignored)
            # What a creation or a clone did not take is completed by an update; what that cannot set is an error below.
            left.update((o, v) for o, v in action.first.items() if o in ignored and BY_OPTION[o].accepted(UPDATE))
        if left:
            held = yield from self._update(action, left, row.held)
            row.held = held
            ignored = self._ignored(action, held, left)
            if action.kind == UPDATED and len(ignored) < len(left):
                row.done = UPDATED
            row.add_fields(option for option in left if option not in ignored)
        if row.done in (CREATED, CLONED):
            yield from self._check_tags(row)
        yield from self._set_tags(row, action.tags)
        self._refuse_ignored(action, row.held, {**action.first, **left})

    def _make(self, action: Action) -> Steps[Held]:
        if action.kind == CREATED:
            return settled(lambda: self._services.create(action.first, action.uuid), lambda: self._seen(action))
        source = action.source.uuid if action.source else action.after.uuid if action.after else ""
        return settled(lambda: self._services.clone(source, action.first, action.uuid), lambda: self._seen(action))

    def _update(self, action: Action, values: Mapping[str, Any], before: Held | None) -> Steps[Held]:
        differed = self._ignored(action, before, values)

        def arrived() -> Steps[Held | None]:
            held = yield from self._services.by_uuid(action.uuid)
            # What looked so before the update is no sign of it.
            signs = [
                o for o in values if held and held.shows(BY_OPTION[o]) and (o in differed or not _shown(before, o))
            ]
            return held if signs and not self._ignored(action, held, values) else None

        return settled(lambda: self._services.update(action.uuid, values), arrived)

    def _delete(self, row: Row) -> Steps[None]:
        uuid = row.action.uuid

        def delete() -> Steps[Held | None]:
            yield from self._services.delete(uuid)
            row.done = DELETED  # as the platform says; that it cannot be looked at then does not make it untrue
            return None

        def gone() -> Steps[Held | None]:
            held = yield from self._services.by_uuid(uuid)
            if held is not None:
                row.done = NOT_ATTEMPTED
            return DONE if held is None else None

        yield from settled(delete, gone)

    def _seen(self, action: Action) -> Steps[Held | None]:
        """Look for what a creation or a clone made. A uuid that was declared, and not chosen here, may be another's."""
        held = yield from self._services.by_uuid(action.uuid)
        ours = held is not None and (held.name == action.name or "resource_uuid" not in action.item.values)
        return held if ours else None

    # Verification

    def _ignored(self, action: Action, held: Held | None, values: Mapping[str, Any]) -> list[str]:
        """Return the options whose values the service does not show although it shows the field."""
        ignored = []
        for option, wanted in values.items():
            row = BY_OPTION[option]
            shown = held is not None and not row.tags and held.shows(row)
            if held is not None and shown and not same(row, wanted, held.get(row), action.item.values):
                ignored.append(option)
        return ignored

    def _refuse_ignored(self, action: Action, held: Held | None, values: Mapping[str, Any]) -> None:
        ignored = self._ignored(action, held, values)
        if ignored:
            raise AiosError(
                f"the platform reports success and yet did not take {listed(ignored, 20)}; it may be older than these "
                "fields, or not allow them here. Next: leave them out, or upgrade the platform.",
                "ignored_fields",
            )

    # Tags

    def _check_tags(self, row: Row) -> Steps[None]:
        """See whether a new service got its tags, which the answer does not show, and complete them."""
        given = {option: tags for option, tags in row.action.first.items() if BY_OPTION[option].tags}
        try:
            yield from self._set_tags(row, given)
        except AiosError as error:
            if error.code != "tags_not_offered":  # a platform that cannot be asked has to be believed
                raise

    def _set_tags(self, row: Row, tags: Mapping[str, list[str]]) -> Steps[None]:
        action = row.action
        for option, wanted in tags.items():
            field_row = BY_OPTION[option]
            target = Held({"uuid": action.uuid})
            yield from self._services.read_tags([target], [field_row])
            records = {record.tag: record for record in target.tags[option]}
            for tag in (*sorted(set(wanted) - set(records)), *sorted(set(records) - set(wanted))):
                yield from self._set_tag(target, field_row, tag, records.get(tag))
                row.done = action.kind
                row.add_fields([option])
            if set(records) != set(wanted):
                yield from self._services.read_tags([target], [field_row])
            if not field_row.kind.same(wanted, target.get(field_row)):
                raise AiosError(f"the platform reports success and yet did not take {option}", "ignored_fields")
            row.held = (row.held or target).with_tags(option, target.tags[option])
            row.add_fields([option])

    def _set_tag(self, target: Held, field_row: Field, tag: str, record: TagRecord | None) -> Steps[Held]:
        """Take a tag off a service by its record, or put it on when there is none."""

        def change() -> Steps[Held | None]:
            if record is None:
                yield from self._services.add_tag(field_row, target.uuid, tag)
            else:
                yield from self._services.remove_tag(field_row, target.uuid, record)
            return DONE

        def changed() -> Steps[Held | None]:
            yield from self._services.read_tags([target], [field_row])
            present = tag in target.get(field_row)
            return DONE if present == (record is None) else None

        return settled(change, changed)


_WAVES = 3


def _wave_of(action: Action, sources: set[str]) -> int:
    """Return which wave an action belongs to, given the uuids of the services that others are cloned from."""
    if action.kind == DELETED:
        return 2
    # A clone is made of what the plan saw, so its source is updated after it.
    return 1 if action.kind == UPDATED and action.uuid in sources else 0


def _keep_sources(rows: Sequence[Row]) -> None:
    """Take back the deletion of what could not be cloned: nothing could make that clone any more."""
    wanted = {row.action.source.uuid: row for row in rows if row.action.source is not None and row.error is not None}
    for row in rows:
        if row.action.kind == DELETED and row.action.uuid in wanted:
            clone = quoted(wanted[row.action.uuid].action.name)
            row.error = AiosError(f"not attempted, because its clone {clone} failed", NOT_ATTEMPTED)


def _shown(held: Held | None, option: str) -> bool:
    return held is not None and held.shows(BY_OPTION[option])


def _tell_of_unseen(row: Row) -> None:
    """Say how to complete a new service whose missing fields no later run could see."""
    action = row.action
    if row.error is None or action.kind not in (CREATED, CLONED) or row.done not in (CREATED, CLONED, UNKNOWN):
        return
    unseen = [o for o in action.then if o not in row.changed_fields and not _shown(row.held, o)]
    if unseen:
        row.error.add(
            f"once that is mended, run once with update_write_only=always, because the platform does not show "
            f"{listed(unseen, 20)}, and so a later run cannot see by itself whether they are set"
        )
