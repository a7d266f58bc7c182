# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries out one action: its calls in their order, their uncertain outcomes, and what the platform ignored."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import AiosError, ApiError, OutcomeUnknown
from ansible_collections.zstack.aios.plugins.module_utils._common.text import folded, listed
from ansible_collections.zstack.aios.plugins.module_utils._converge.actions import (
    CLONED,
    CREATED,
    DELETED,
    REPLACED,
    RESTARTED,
    Action,
)
from ansible_collections.zstack.aios.plugins.module_utils._converge.recovery import PAUSES, settle
from ansible_collections.zstack.aios.plugins.module_utils._converge.rows import NOT_ATTEMPTED, UNKNOWN, Row
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import UPDATE, Field, Member, Resource
from ansible_collections.zstack.aios.plugins.module_utils._model.redeclare import redeclared
from ansible_collections.zstack.aios.plugins.module_utils._platform.resources import Resources

T = TypeVar("T")
#: Codes that may mean that the UUID of a creation is taken (platform.uuid_taken). They have other meanings, too.
MAY_BE_TAKEN = ("SYS.1000", "SYS.1002", "SYS.1006")
#: How many uuids are tried for a new service.
UUIDS_TRIED = 3
#: Seconds before each further look at a service that could not be created.
PAUSES_AFTER_REFUSAL = (0.5, 1.0)


class Executor:
    """Carries out actions through the services of a platform, in any thread.

    :param remember: keep fingerprints of what the platform does not show.
    """

    def __init__(self, resources: Resources, remember: bool = False) -> None:
        self._resources = resources
        self._remembers = remember
        self._signals = resources.client.signals

    def carry_out(self, row: Row) -> None:
        """Bring one service to where its action wants it. At any time the row says what is done so far.

        :raises AiosError: not everything was done.
        """
        action = row.action
        if action.kind == DELETED:
            self._delete(row)
            return
        if action.replacement is not None:
            self._replace(row, Row.before(action.replacement))
            return
        left = dict(action.update_values)
        made: Mapping[str, Any] = {}
        if action.kind in (CREATED, CLONED):
            left.update(self._make(row))
            made = {option: value for option, value in action.create_values.items() if option not in left}
        self._update_and_remember(row, left, made)
        if action.kind in (CREATED, CLONED):
            self._check_relations(row)
        else:
            for option, wanted in action.members.items():
                self._set_members(row, action.schema.by_option[option], wanted)
        self._refuse_ignored(row, {**action.create_values, **left})
        if action.kind == RESTARTED:
            self._restart(row)

    def _settle(
        self, attempt: Callable[[], T | None], look: Callable[[], T | None], pauses: Sequence[float] = PAUSES
    ) -> T:
        return settle(attempt, look, self._signals.wait, pauses)

    def _go_on(self, row: Row) -> None:
        """Begin no further write once a signal has arrived; the first one is sent, so that a row which began was attempted."""
        if row.status != NOT_ATTEMPTED:
            self._signals.check()

    # The calls

    def _make(self, row: Row) -> dict[str, Any]:
        """Create or clone the service.

        :return: values that the call did not take and that an update can set.
        """
        action = row.action
        resource = self._made(row)
        action.uuid = resource.uuid or action.uuid  # a platform may choose another one than it was given
        ignored = _ignored(action, resource, action.create_values)
        row.reached(resource, (option for option in action.create_values if option not in ignored))
        by_option = action.schema.by_option
        return {o: v for o, v in action.create_values.items() if o in ignored and by_option[o].accepted(UPDATE)}

    def _made(self, row: Row) -> Resource:
        """Return the new service. Its uuid may be taken: by the same service, which another run made at the same time, and
        which is adopted; or by something else, perhaps invisible, so that another uuid is tried."""
        action = row.action
        source = action.source.uuid if action.source else action.after.uuid if action.after else ""

        def make() -> Resource | None:
            try:
                if action.kind == CREATED:
                    return self._resources.create(action.creation, action.uuid)
                return self._resources.clone(source, action.create_values, action.uuid)
            except OutcomeUnknown as error:
                row.adopted = isinstance(error.cause, ApiError) and error.cause.code in MAY_BE_TAKEN
                raise

        def made() -> Resource | None:
            return self._resources.made(action.creation, action.uuid, action.name)

        spares = itertools.islice(action.spare_uuids, UUIDS_TRIED - 1)
        while True:
            try:
                return self._settle(make, made, PAUSES_AFTER_REFUSAL)
            except ApiError as error:
                spare = next(spares, None) if error.code in MAY_BE_TAKEN else None
                if spare is None:
                    raise
                self._signals.check()
                action.uuid = spare

    def _update_and_remember(self, row: Row, values: Mapping[str, Any], made: Mapping[str, Any]) -> None:
        """Update fields, and keep fingerprints of those that are not shown.

        :param made: the values that the creation took, if there was one.
        """
        by_option = row.action.schema.by_option
        if not self._remembers or not (values or any(by_option[option].unseen for option in made)):
            if values:
                self._update(row, values)
            return
        from ansible_collections.zstack.aios.plugins.module_utils._converge.remember import Remembering

        fingerprints = Remembering(self._resources, self._settle, row)
        fingerprints.forget(values)
        if values:
            self._update(row, values)
        fingerprints.remember({**made, **values})

    def _update(self, row: Row, values: Mapping[str, Any]) -> None:
        self._go_on(row)
        action, before = row.action, row.resource
        by_option = action.schema.by_option
        differed = _ignored(action, before, values)

        def arrived() -> Resource | None:
            found = self._resources.by_uuid(action.uuid)
            shown = [o for o in values if _shows(found, by_option[o])]
            # What looked so before the update is no sign of it.
            signs = [o for o in shown if o in differed or not _shows(before, by_option[o])]
            return found if signs and not _ignored(action, found, values) else None

        resource = self._settle(lambda: self._resources.update(action.uuid, values), arrived)
        ignored = _ignored(action, resource, values)
        if action.kind in (CREATED, CLONED) or len(ignored) < len(values):
            row.reached(resource, (option for option in values if option not in ignored))
        row.resource = resource

    def _delete(self, row: Row) -> None:
        uuid, runs = row.action.uuid, row.action.schema.runs

        def delete() -> bool | None:
            self._resources.delete(uuid)
            row.reached()  # also if the service cannot be read afterwards
            return True if runs else None  # what runs may take its time to end

        def gone() -> bool | None:
            if self._resources.by_uuid(uuid) is None:
                return True
            row.undo()
            return None

        self._settle(delete, gone)
        row.reached()
        if runs and row.action.item.wait:
            self._wait_until_gone(row)

    def _wait_until_gone(self, row: Row) -> None:
        from ansible_collections.zstack.aios.plugins.module_utils._converge.waiting import pauses

        timeout = row.action.item.wait_timeout
        end = time.monotonic() + timeout
        for pause in pauses():
            if self._resources.by_uuid(row.action.uuid) is None:
                return
            if time.monotonic() > end:
                break
            self._signals.wait(pause)
        raise AiosError(
            f"the platform reported success, but the {row.action.schema.word} is still there after {timeout} s. Next: look for "
            "the reason on the platform, or increase wait_timeout.",
            "not_gone",
        )

    def _restart(self, row: Row) -> None:
        """Restart once. Whether a restart whose job was lost has begun shows only in a status that is not the one before."""
        self._go_on(row)

        def restart() -> bool:
            try:
                self._resources.restart(row.action.uuid)
            except OutcomeUnknown as error:
                error.forgotten = False  # it may have begun, and a second one would interrupt it
                raise
            return True

        def restarts() -> bool | None:
            found, before = self._resources.by_uuid(row.action.uuid), row.resource
            return True if found and before and found.values.get("status") != before.values.get("status") else None

        self._settle(restart, restarts)
        row.restarted(None if row.action.item.wait else self._resources.by_uuid(row.action.uuid))

    # Replacements

    def _replace(self, row: Row, made: Row) -> None:
        """Make the new service, or complete it, and then delete the old one."""
        try:
            try:
                self.carry_out(made)
            finally:
                row.follow(made)
            new = self._check_replacement(row.action, made.action)
            self._signals.check()
            self._delete_replaced(row)
        except AiosError as error:
            if row.status == REPLACED or made.action.current:
                old = row.action.current.uuid if row.action.current else ""
                error.append(
                    f"the replacement is not complete: the new service is {row.action.uuid}, the old one {old}. "
                    "Once the cause is fixed, a run of the same declaration completes it"
                )
            raise
        row.reached(new, row.action.changed_fields)

    def _check_replacement(self, action: Action, made: Action) -> Resource:
        """Return the new service as the platform shows it now.

        :raises AiosError: it is not as declared, or not as the old one in what is not declared.
        """
        old, new = action.current, self._resources.by_uuid(made.uuid)
        if new is None or old is None or new.uuid == old.uuid:
            raise AiosError("the new service cannot be read back, so the old one was not deleted", "unverified")
        different = _ignored(made, new, made.values)
        different += [field.option for field in old.schema.readable if not _kept(field, old, new, made.values)]
        if different:
            raise AiosError(
                f"the new service has other values of {listed(different, 20)}, so the old one was not deleted. Next: declare the "
                "values, or delete one of both services.",
                "ignored_fields",
            )
        return new

    def _delete_replaced(self, row: Row) -> None:
        uuid = row.action.current.uuid if row.action.current else ""

        def delete() -> bool | None:
            self._resources.delete(uuid)
            return None

        self._settle(delete, lambda: self._resources.by_uuid(uuid) is None or None)

    # Relations

    def _check_relations(self, row: Row) -> None:
        """See whether a new service has its declared tags and models, and complete them."""
        for option, wanted in row.action.values.items():
            field = row.action.schema.by_option[option]
            if not field.relation or (field.read and _has_members(row.resource, field, wanted)):
                continue
            try:
                self._set_members(row, field, wanted)
            except AiosError as error:
                if error.code != "tags_not_offered":  # a platform that cannot be asked has to be believed
                    raise
                row.unprotected = field in row.action.schema.own

    def _set_members(self, row: Row, field: Field, wanted: Any) -> None:
        target = row.resource or Resource(row.action.schema, {"uuid": row.action.uuid})
        now = self._related(target, field)
        members = now.members(field)
        steps = _steps(field.type.members(wanted), members)
        for value in steps:
            self._go_on(row)
            self._set_member(target, field, value, members.get(value))
            row.reached(row.resource, [field.option])
        if steps:
            now = self._related(target, field)
        if not _has_members(now, field, wanted):
            raise AiosError(
                f"the platform reported success but ignored {field.option}. Next: check on the platform what the service "
                "allows.",
                "ignored_fields",
            )
        row.reached(now, [field.option])

    def _set_member(self, target: Resource, field: Field, value: str, member: Member | None) -> None:
        """Remove a member from a relation, or add it when there is none."""

        def change() -> bool:
            if member is None:
                self._resources.add_member(field, target.uuid, value)
            else:
                self._resources.remove_member(field, target.uuid, member)
            return True

        self._settle(change, lambda: (value in self._related(target, field).members(field)) == (member is None) or None)

    def _related(self, target: Resource, field: Field) -> Resource:
        """Return a service with the members of a relation as they are now."""
        fresh = self._resources.with_relation(target, field)
        if fresh is None:
            raise AiosError(f"the {target.schema.word} no longer exists. Next: run again", "gone")
        return fresh

    # Verification

    def _refuse_ignored(self, row: Row, values: Mapping[str, Any]) -> None:
        # The platform ignores fields that it does not know without an error (platform.unknown_fields).
        action = row.action
        ignored = _ignored(action, row.resource, values)
        fixed = [option for option in ignored if not action.schema.by_option[option].accepted(UPDATE)]
        if fixed and row.adopted:
            raise AiosError(
                f"another run created the {action.schema.word} at the same time, with other values of {listed(fixed, 20)}, which "
                f"cannot be changed once it exists. Next: declare the values that it has, or delete the {action.schema.word} and "
                "run again.",
                "created_differently",
            )
        inside = [option for option in action.values if action.schema.by_option[option].shown_at]
        if ignored == ["yaml"] and inside:
            raise AiosError(
                f"the platform reported success but ignored yaml: it generates its YAML from {listed(inside, 20)}, without "
                f"what only yaml contains. Next: remove yaml, or {listed(inside, 20)}.",
                "ignored_fields",
            )
        if ignored:
            raise AiosError(
                f"the platform reported success but ignored {listed(ignored, 20)}; its version may not have these options, or "
                "not allow them here. Next: remove them, or upgrade the platform.",
                "ignored_fields",
            )


def _ignored(action: Action, resource: Resource | None, values: Mapping[str, Any]) -> list[str]:
    """Return the options whose values the resource does not show although it shows the field."""
    ignored = []
    for option, wanted in values.items():
        field = action.schema.by_option[option]
        if resource is None or field.read_apart or not resource.shows(field):
            continue
        if not action.schema.same(field, wanted, resource.get(field), action.values):
            ignored.append(option)
    return ignored


def _kept(field: Field, old: Resource, new: Resource, values: Mapping[str, Any]) -> bool:
    """Return whether a new service has what the old one shows, as far as that is not declared."""
    if field.option in values or field.read == "uuid":
        return True
    before, after = old.get(field), new.get(field)
    if before == after or before in (None, "", [], {}):
        return True
    again = redeclared(field, old, before)
    return again is not None and new.schema.same(field, again, after, values)


def _has_members(resource: Resource | None, field: Field, wanted: Any) -> bool:
    return resource is not None and field.type.same(wanted, resource.get(field))


def _steps(wanted: Sequence[str], members: Mapping[str, Member]) -> list[str]:
    """Return the members to add and those to remove, in an order that the platform takes.

    What is added comes first, so that a service is not without its members meanwhile. But the platform takes texts that
    :func:`folded` does not tell apart for one (platform.tag_unique), so one of these is removed before the other is added.
    """
    added = [value for value in dict.fromkeys(wanted) if value not in members]
    removed = sorted(set(members) - set(wanted))
    in_the_way = {folded(value) for value in added}
    first = [value for value in removed if folded(value) in in_the_way]
    return [*first, *added, *(value for value in removed if value not in first)]


def _shows(resource: Resource | None, field: Field) -> bool:
    return resource is not None and resource.shows(field)


def unseen_fields(row: Row) -> list[str]:
    """Return the fields of a new service that were not sent, and that no later run can see to be missing."""
    action = row.action
    if action.kind not in (CREATED, CLONED) or row.status not in (action.kind, UNKNOWN):
        return []
    missing = (option for option in action.update_values if option not in row.changed_fields)
    return [option for option in missing if not _shows(row.resource, action.schema.by_option[option])]
