# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a declaration to a converged platform, for one service or thousands: read, plan, guard, apply.

What a run without changes does not need is imported where it is used: in a loop of single services a module's start counts.
"""

from __future__ import annotations

import contextlib
import functools
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import AiosError, Interrupted, InvalidInput
from ansible_collections.zstack.aios.plugins.module_utils._common.lock import LocksUnavailable, RunLock, lock_folder
from ansible_collections.zstack.aios.plugins.module_utils._common.signals import SignalGuard
from ansible_collections.zstack.aios.plugins.module_utils._converge.actions import REPLACED, UNCHANGED, Action
from ansible_collections.zstack.aios.plugins.module_utils._converge.plan import REMEMBER, Plan, make_plan, sends_unseen
from ansible_collections.zstack.aios.plugins.module_utils._converge.progress import Progress
from ansible_collections.zstack.aios.plugins.module_utils._converge.reader import (
    read_replaced,
    read_snapshot,
    refuse_relations,
)
from ansible_collections.zstack.aios.plugins.module_utils._converge.rows import Row
from ansible_collections.zstack.aios.plugins.module_utils._converge.run_record import RunRecord, creation_time
from ansible_collections.zstack.aios.plugins.module_utils._converge.snapshot import Snapshot
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import PRESENT, Item, secrets_of
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Resource
from ansible_collections.zstack.aios.plugins.module_utils._model.redaction import Redactor
from ansible_collections.zstack.aios.plugins.module_utils._platform.resources import Resources
from ansible_collections.zstack.aios.plugins.module_utils._platform.services import Services
from ansible_collections.zstack.aios.plugins.module_utils._rest.addresses import normalized
from ansible_collections.zstack.aios.plugins.module_utils._rest.client import Client
from ansible_collections.zstack.aios.plugins.module_utils._rest.connection import Connection
from ansible_collections.zstack.aios.plugins.module_utils._rest.pace import Pace

if TYPE_CHECKING:
    from ansible_collections.zstack.aios.plugins.module_utils._converge.deployments import Deployments
    from ansible_collections.zstack.aios.plugins.module_utils._converge.guards import Guards
    from ansible_collections.zstack.aios.plugins.module_utils._converge.scope import Scope

NOTHING_WRITTEN = "Nothing was written."


class Settings(NamedTuple):
    """How a declaration is to be applied.

    :param adapter: of the kind of resource that is declared.
    :param check: plan only.
    :param update_write_only: when to send fields that the platform does not show, as :func:`make_plan` takes it.
    :param listing: read the platform's whole listing rather than look up the declared services one by one.
    :param stop_on_error: start nothing new after the first failure.
    :param progress_path: where progress is reported.
    :param lock_timeout: seconds to wait for another run on this machine that writes to the platform.
    :param undo_path: where the undo file is written.
    :param undoes: the undo files among the declarations, and the platforms that they were written for.
    :param record: what the tasks of this run of Ansible declare, where that can be known.
    :param left_out: what is declared besides, and not to be applied.
    :param delete_deployed: delete what runs of services that are to be deleted; otherwise these are refused.
    :param prune_limit: delete at most so many groups, or so many percent, of services that declare that nothing is to run.
    """

    adapter: type[Resources] = Services
    check: bool = False
    update_write_only: str = REMEMBER
    listing: bool = True
    concurrency: int = 8
    stop_on_error: bool = False
    progress_path: str | None = None
    lock_timeout: float = 300
    record: RunRecord | None = None
    undo_path: str | None = None
    undoes: Sequence[tuple[str, dict[str, Any]]] = ()
    left_out: Sequence[Item] = ()
    delete_deployed: bool = False
    prune_limit: str = "10"


class Converged(NamedTuple):
    """What came of it.

    :param rows: one for every item and every pruned service, in check mode as they would be.
    :param warnings: what a person should know although nothing failed.
    :param undo_path: the undo file, where one was written.
    :param uncompared: for each field that services declare and that was neither compared nor sent, their number.
    :param unmanaged: services that are in the scope of the declaration, not declared, and not pruned.
    """

    rows: Sequence[Row] = ()
    plan_digest: str = ""
    requests: int = 0
    logins: int = 0
    seconds: float = 0.0
    warnings: Sequence[str] = ()
    interrupted: bool = False
    uncompared: Mapping[str, int] = {}
    undo_path: str = ""
    unmanaged: Sequence[Resource] = ()

    @property
    def failed(self) -> bool:
        """Whether anything is not as it was declared."""
        return any(row.error is not None for row in self.rows)


def converge(
    connection: Connection,
    items: Sequence[Item],
    settings: Settings,
    signals: SignalGuard,
    redactor: Redactor,
    guards: Guards | None = None,
) -> Converged:
    """Bring the platform to what is declared.

    :param redactor: redacts what the platform repeats of the secrets that are declared.
    :param guards: look at the plan before it is carried out.
    :raises InvalidInput: the declaration cannot be met; nothing was written.
    :raises GuardError: a guard refused the plan; nothing was written.
    :raises AiosError: the platform could not be read; nothing was written.
    """
    started = time.monotonic()
    if guards and not items and not guards.prune:  # nothing to ask the platform, and still a plan that may be approved
        return Converged(plan_digest=guards.check(connection.base_url, [], []))
    pace = Pace(settings.concurrency)
    redactor.learn_later(lambda: secrets_of(items, redactor))
    client = Client(connection, pace, signals, redactor.redact_all)
    run = _Run(client, pace, items, settings, guards, redactor)
    try:
        with client, Progress(settings.progress_path, pace) as progress:
            try:
                with run.locked(progress):
                    rows = run.carry_out(progress)
            finally:
                signals.defer()  # nothing may interrupt the logout
    except AiosError as error:
        if NOTHING_WRITTEN not in error.message:  # what is done is reported by rows
            error.append(NOTHING_WRITTEN)
        error.warnings += run.warnings
        raise
    seconds = round(time.monotonic() - started, 3)
    warnings = [*run.warnings, *client.warnings]
    uncompared = count_uncompared(rows)
    if uncompared or any(row.unremembered for row in rows):
        from ansible_collections.zstack.aios.plugins.module_utils._converge.uncompared import warn_of_unseen

        warnings += warn_of_unseen(rows, uncompared, settings.update_write_only, run.without_user_tags)
    if any(row.action.values.get("protected") for row in rows):
        from ansible_collections.zstack.aios.plugins.module_utils._converge.uncompared import warn_of_unprotected

        warnings += warn_of_unprotected(rows, run.without_user_tags)
    interrupted = bool(signals.arrived) and not settings.check
    return Converged(
        rows,
        run.plan_digest,
        client.requests,
        client.auth.logins,
        seconds,
        warnings,
        interrupted,
        uncompared,
        run.undo_path,
        run.unmanaged,
    )


def count_uncompared(rows: Sequence[Row]) -> dict[str, int]:
    """Return for each field that was declared and neither compared nor sent the number of its services."""
    return dict(sorted(Counter(_place_of(row, option) for row in rows for option in row.action.uncompared).items()))


def count_created_only(rows: Sequence[Row]) -> dict[str, int]:
    """Return likewise the fields of what runs already that only its creation takes, and that it does not show."""
    return dict(sorted(Counter(_place_of(row, option) for row in rows for option in row.action.created_only).items()))


def _place_of(row: Row, option: str) -> str:
    return f"deployments.{option}" if row.action.owner else option


def _all_actions(
    plan: Plan, prunes: Sequence[Action], deployments: Deployments | None
) -> tuple[list[Action], list[Action]]:
    """Return the actions of what is declared and the deletions of what is not, those of deployments included."""
    if deployments is None:
        return plan.actions, list(prunes)
    return [*plan.actions, *deployments.actions], [*deployments.pruned, *prunes]


def _waits(actions: Sequence[Action]) -> bool:
    """Return whether something that is not to be changed does not run, and is to be waited for."""
    waiting = [
        one.current for one in actions if one.current and one.schema.runs and one.item.wait and one.kind == UNCHANGED
    ]
    if not waiting:
        return False
    from ansible_collections.zstack.aios.plugins.module_utils._converge.waiting import not_running

    return bool(not_running(waiting))


class _Run:
    """One run over one platform.

    :ivar plan_digest: the digest of the plan, where there are guards.
    :ivar warnings: what a person should know although nothing failed.
    :ivar unmanaged: services in the scope of the declaration that are not declared, where they are not pruned.
    """

    def __init__(
        self,
        client: Client,
        pace: Pace,
        items: Sequence[Item],
        settings: Settings,
        guards: Guards | None,
        redactor: Redactor,
    ) -> None:
        self._client = client
        self._resources = settings.adapter(client)
        self._groups: Resources | None = None
        self._pace = pace
        self._items = items
        self._settings = settings
        self._guards = guards
        self._redactor = redactor
        self.plan_digest = ""
        self.undo_path = ""
        self.warnings: list[str] = []
        self.unmanaged: Sequence[Resource] = ()

    @property
    def without_user_tags(self) -> str:
        """Why no fingerprints can be kept on this platform, as far as that is known."""
        return self._resources.without_user_tags or (self._groups.without_user_tags if self._groups else "")

    @contextlib.contextmanager
    def locked(self, progress: Progress) -> Iterator[None]:
        """Keep other runs on this machine from writing to the platform meanwhile; a plan needs no lock."""
        if self._settings.check:
            yield
            return
        try:
            folder = lock_folder()
        except LocksUnavailable as reason:
            self.warnings.append(f"Cannot wait for other runs on this machine: {reason}.")
            yield
            return
        wait = self._client.signals.wait
        service = "" if self._settings.listing else next((str(item.uuid or item.name) for item in self._items), "")
        with RunLock(folder, self._address, service, self._settings.lock_timeout, wait, progress.waiting).acquired():
            yield

    @functools.cached_property
    def _address(self) -> str:
        """The address of the platform, the same in all its spellings."""
        return normalized(self._client.base_url, lambda: bool(self._client.signals.arrived))

    def carry_out(self, progress: Progress) -> Sequence[Row]:
        """Read, plan, guard, and apply unless it is only to be checked."""
        settings = self._settings
        if settings.undoes:
            from ansible_collections.zstack.aios.plugins.module_utils._converge.undo import check_platform

            check_platform(self._client, settings.undoes)
        snapshot, plan = self._plan(progress)
        deployments = self._plan_deployments(plan.actions)
        errors = [*plan.errors, *refuse_relations(self._resources, plan.actions)]
        errors += deployments.errors if deployments else []
        if errors:
            raise InvalidInput(errors)
        prunes: list[Action] = []
        scope = None
        if deployments:
            deployments.check_emptied(settings.prune_limit)
        if self._guards:
            scope = self._guards.scope(self._resources, plan, snapshot)
            self._guards.check_replaced(plan)
            prunes = self._guards.prunes(self._resources, self._items, plan, scope, self.warnings)
            deployments = self._prune_deployments(deployments, plan.actions, prunes, scope)
            self.plan_digest = self._guards.check(self._client.base_url, *_all_actions(plan, prunes, deployments))
        self._check_record(*_all_actions(plan, prunes, deployments), snapshot)
        if scope:
            self._look_at_scope(scope, prunes)
        if not settings.check:
            plan = self._without_fingerprints(plan, snapshot, deployments)
        declared, pruned = _all_actions(plan, prunes, deployments)
        actions = [*declared, *pruned]
        changing = sum(action.kind != UNCHANGED for action in actions)
        if settings.check or not (changing or _waits(actions)):
            self._warn_of_plan([*plan.actions, *prunes], snapshot)
            return [Row.planned(action) for action in actions]
        with self._undoable(actions):
            self._client.signals.defer()  # from here on a signal must not lose what was done
            progress.applying(changing)
            return self._apply(declared, pruned, progress)

    def _plan(self, progress: Progress) -> tuple[Snapshot, Plan]:
        """Read the snapshot of what is declared, and plan."""
        settings = self._settings
        snapshot = read_snapshot(
            self._resources,
            self._items,
            settings.listing,
            progress.reading,
            fingerprints=settings.update_write_only == REMEMBER,
        )
        plan = make_plan(self._items, snapshot, settings.update_write_only, self._redactor)
        if any(action.kind == REPLACED for action in plan.actions):
            read_replaced(self._resources, plan.actions, snapshot)
            plan = make_plan(self._items, snapshot, settings.update_write_only, self._redactor)
            made = [action.replacement.item for action in plan.actions if action.replacement]
            self._redactor.learn(secrets_of(made, self._redactor))  # also of what is taken over
        return snapshot, plan

    def _without_fingerprints(self, plan: Plan, snapshot: Snapshot, deployments: Deployments | None) -> Plan:
        """Return the plan, made anew where the platform keeps no fingerprints, and likewise that of deployments."""
        if not self._keeps_fingerprints(self._resources, plan.actions, snapshot):
            plan = make_plan(
                self._items, snapshot.without_fingerprints(), self._settings.update_write_only, self._redactor
            )
            if deployments:
                deployments.follow(plan.actions)
        if deployments and not self._keeps_fingerprints(deployments.groups, deployments.actions, deployments.snapshot):
            deployments.without_fingerprints()
        return plan

    def _plan_deployments(self, actions: Sequence[Action]) -> Deployments | None:
        """Plan what runs of services, where that is declared or stands in the way of a deletion."""
        concerned = any(action.item.deployments is not None or action.doomed for action in actions)
        if not concerned or not self._resources.schema.parts:
            return None
        deployments = self._new_deployments()
        deployments.plan(actions)
        return deployments

    def _new_deployments(self) -> Deployments:
        from ansible_collections.zstack.aios.plugins.module_utils._converge.deployments import Deployments
        from ansible_collections.zstack.aios.plugins.module_utils._platform.groups import InstanceGroups

        settings = self._settings
        self._groups = groups = InstanceGroups(self._client)
        return Deployments(groups, settings.update_write_only, self._redactor, settings.delete_deployed)

    def _prune_deployments(
        self, deployments: Deployments | None, actions: Sequence[Action], prunes: Sequence[Action], scope: Scope | None
    ) -> Deployments | None:
        """Plan what runs of services that are pruned, and of those whose deployments are declared."""
        prune = self._guards.prune if self._guards else None
        if scope is None or prune is None or not prune.deletes:
            return deployments
        if deployments is None and prunes:
            deployments = self._new_deployments()
        if deployments:
            deployments.prune(actions, prunes, prune, scope.matching)
        return deployments

    @contextlib.contextmanager
    def _undoable(self, actions: Sequence[Action]) -> Iterator[None]:
        """Write the undo file before the first write."""
        if not self._settings.undo_path:
            yield
            return
        from ansible_collections.zstack.aios.plugins.module_utils._converge.undo import UndoFile

        undo = UndoFile(self._settings.undo_path, self._resources, actions)
        undo.write()
        self.undo_path = self._settings.undo_path
        yield
        self.warnings += filter(None, [undo.correct()])

    def _keeps_fingerprints(self, adapter: Resources, actions: Sequence[Action], snapshot: Snapshot) -> bool:
        """Return whether the platform keeps fingerprints, as far as this matters: what no run can compare is not sent alone."""
        new = [action for action in actions if action.current is not None and action.current.remembered == []]
        if not any(sends_unseen(action) for action in new) or snapshot.has_fingerprints:
            return True
        try:
            adapter.check_fingerprints()
        except AiosError as error:
            if isinstance(error, Interrupted):
                raise
            if error.code == "tags_not_offered":
                adapter.without_user_tags = error.message
                return False
        return True  # as far as that can be told

    def _apply(self, actions: Sequence[Action], prunes: Sequence[Action], progress: Progress) -> Sequence[Row]:
        from ansible_collections.zstack.aios.plugins.module_utils._converge.apply import Applier
        from ansible_collections.zstack.aios.plugins.module_utils._converge.shared_names import warn_of_result

        remember = self._settings.update_write_only == REMEMBER
        applier = Applier(
            [self._resources, *([self._groups] if self._groups else [])],
            self._pace,
            self._settings.stop_on_error,
            progress.finished,
            remember,
            progress.waiting,
        )
        rows = applier.apply(actions, prunes)
        if self._settings.record:
            seen = [row.resource for row in rows if row.resource and row.action.item.state == PRESENT]
            try:
                self._settings.record.add(self._address, {one.uuid: creation_time(one) for one in seen})
            except AiosError as error:  # the work is done
                self.warnings.append(error.message)
        if not self._client.signals.arrived:
            self.warnings += warn_of_result(self._resources, rows)
        return rows

    def _check_record(self, actions: Sequence[Action], prunes: Sequence[Action], snapshot: Snapshot) -> None:
        """Note what is declared, before the look at what others have noted: of two tasks at once one sees the other."""
        record = self._settings.record
        if not record:
            return
        declared = [action for action in actions if action.item.state == PRESENT]
        coming = () if self._settings.check else [one for one in declared if one.current is None or one.replacement]
        there = [action.current for action in declared if action.current]
        there += [one for item in self._settings.left_out if (one := snapshot.match_or_none(item))]
        known = {one.uuid: creation_time(one) for one in there}
        record.add(self._address, known | {action.uuid: "" for action in coming})
        if prunes:
            from ansible_collections.zstack.aios.plugins.module_utils._converge.guards import check_record

            check_record(record, self._address, prunes)

    def _look_at_scope(self, scope: Scope, prunes: Sequence[Action]) -> None:
        """Take note of what is neither declared nor pruned, except what other tasks of this run declare."""
        from ansible_collections.zstack.aios.plugins.module_utils._converge.scope import warn_of_scope

        self.warnings += warn_of_scope(scope)
        if prunes:
            return
        record = self._settings.record
        elsewhere = record.declared(self._address, scope.undeclared) if record and scope.undeclared else {}
        self.unmanaged = [one for one in scope.undeclared if one.uuid not in elsewhere]

    def _warn_of_plan(self, actions: Sequence[Action], snapshot: Snapshot) -> None:
        if any("name" in action.update_values for action in actions):
            from ansible_collections.zstack.aios.plugins.module_utils._converge.shared_names import warn_of_plan

            self.warnings += warn_of_plan(actions, snapshot)
