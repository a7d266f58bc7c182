# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a declaration to a converged platform, for one service or thousands: read, plan, guard, apply."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import AiosError, InvalidInput
from ansible_collections.zstack.aios.plugins.module_utils._common.signals import SignalGuard
from ansible_collections.zstack.aios.plugins.module_utils._converge.actions import UNCHANGED, Action, deletions
from ansible_collections.zstack.aios.plugins.module_utils._converge.apply import Applier
from ansible_collections.zstack.aios.plugins.module_utils._converge.digest import digest
from ansible_collections.zstack.aios.plugins.module_utils._converge.guards import Prune, check_digest, check_prune
from ansible_collections.zstack.aios.plugins.module_utils._converge.plan import Plan, make_plan
from ansible_collections.zstack.aios.plugins.module_utils._converge.progress import Progress
from ansible_collections.zstack.aios.plugins.module_utils._converge.reader import read_snapshot
from ansible_collections.zstack.aios.plugins.module_utils._converge.rows import Row
from ansible_collections.zstack.aios.plugins.module_utils._converge.shared_names import warn_of_plan, warn_of_result
from ansible_collections.zstack.aios.plugins.module_utils._converge.snapshot import Snapshot
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import PRESENT, Item
from ansible_collections.zstack.aios.plugins.module_utils._platform.services import Services
from ansible_collections.zstack.aios.plugins.module_utils._rest.client import Client
from ansible_collections.zstack.aios.plugins.module_utils._rest.connection import Connection
from ansible_collections.zstack.aios.plugins.module_utils._rest.pace import Pace

NOTHING_WRITTEN = "Nothing was written."


@dataclass(frozen=True)
class Settings:
    """How a declaration is to be applied.

    :ivar check: plan only.
    :ivar always: send fields that the platform never shows in every run.
    :ivar listing: read the platform's whole listing rather than look up the declared services one by one.
    :ivar plan_digest: refuse every other plan.
    :ivar progress_path: where progress is reported.
    """

    check: bool = False
    always: bool = False
    listing: bool = True
    concurrency: int = 8
    stop_on_error: bool = False
    prune: Prune | None = None
    plan_digest: str = ""
    progress_path: str | None = None


@dataclass(frozen=True)
class Converged:
    """What came of it.

    :ivar rows: one for every item and every pruned service, in check mode as they would be.
    :ivar warnings: what a person should know although nothing failed.
    """

    rows: list[Row] = field(default_factory=list)
    plan_digest: str = ""
    requests: int = 0
    logins: int = 0
    seconds: float = 0.0
    warnings: list[str] = field(default_factory=list)
    interrupted: bool = False

    @property
    def failed(self) -> bool:
        """Whether anything is not as it was declared."""
        return any(row.error is not None for row in self.rows)


def converge(connection: Connection, items: Sequence[Item], settings: Settings, signals: SignalGuard) -> Converged:
    """Bring the platform to what is declared.

    :raises InvalidInput: the declaration cannot be met; nothing was written.
    :raises GuardError: a guard refused the plan; nothing was written.
    :raises AiosError: the platform could not be read; nothing was written.
    """
    started = time.monotonic()
    if not items and settings.prune is None:  # nothing to ask the platform, and still a plan that was approved or not
        plan_digest = digest(connection.base_url, None, [], [])
        if settings.plan_digest:
            check_digest(settings.plan_digest, plan_digest, [])
        return Converged(plan_digest=plan_digest)
    pace = Pace(settings.concurrency)
    client = Client(connection, pace, signals)
    try:
        with client, Progress(settings.progress_path, pace) as progress:
            try:
                run = _Run(client, pace, items, settings, progress)
                run.carry_out()
            finally:
                signals.defer()  # nothing may interrupt the logout
    except AiosError as error:
        if NOTHING_WRITTEN not in error.message:  # what is done is reported by rows
            error.append(NOTHING_WRITTEN)
        raise
    return Converged(
        run.rows,
        run.plan_digest,
        client.requests,
        client.auth.logins,
        round(time.monotonic() - started, 3),
        [*run.warnings, *client.warnings],
        interrupted=bool(signals.arrived) and not settings.check,
    )


class _Run:
    """One run over one platform. Its results stand in ``rows``, ``plan_digest`` and ``warnings``."""

    def __init__(
        self, client: Client, pace: Pace, items: Sequence[Item], settings: Settings, progress: Progress
    ) -> None:
        self._client = client
        self._services = Services(client)
        self._pace = pace
        self._items = items
        self._settings = settings
        self._progress = progress
        self.rows: list[Row] = []
        self.plan_digest = ""
        self.warnings: list[str] = []

    def carry_out(self) -> None:
        """Read, plan, guard, and apply unless it is only to be checked."""
        settings = self._settings
        snapshot = read_snapshot(self._services, self._items, settings.listing, self._progress.reading)
        plan = make_plan(self._items, snapshot, settings.always)
        if plan.errors:
            raise InvalidInput(plan.errors)
        prunes = self._prunes(plan, snapshot)
        actions = [*plan.actions, *prunes]
        self.plan_digest = digest(self._client.base_url, self._scope(), plan.actions, prunes)
        if settings.plan_digest:
            check_digest(settings.plan_digest, self.plan_digest, actions)
        if settings.check:
            self.rows = [Row.planned(action) for action in actions]
            self.warnings += warn_of_plan(actions, snapshot)
            return
        self._client.signals.defer()  # from here on a signal must not lose what was done
        self._progress.applying(sum(action.kind != UNCHANGED for action in actions))
        applier = Applier(self._services, self._pace, settings.stop_on_error, self._progress.finished)
        self.rows = applier.apply(plan.actions, prunes)
        if not self._client.signals.arrived:
            self.warnings += warn_of_result(self._services, self.rows)

    def _prunes(self, plan: Plan, snapshot: Snapshot) -> list[Action]:
        prune = self._settings.prune
        if prune is None:
            return []
        matching = self._services.listing(prune.conditions)
        kept = {action.uuid for action in plan.actions if action.current is not None}
        # What appeared since the snapshot is unknown to the plan; it may be what another run has just made of it.
        doomed = [one for one in matching if one.uuid in snapshot.by_uuid and one.uuid not in kept]
        candidates = [one for one in doomed if not one.values.get("system")]
        check_prune(prune, sum(item.state == PRESENT for item in self._items), matching, candidates)
        return deletions(candidates)

    def _scope(self) -> Any:
        prune = self._settings.prune
        return None if prune is None else sorted(condition.sent for condition in prune.conditions)
