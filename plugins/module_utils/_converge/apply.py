# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries out a plan: in an order that works, and with a row for every action that is accurate whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import Interrupted
from ansible_collections.zstack.aios.plugins.module_utils._common.text import listed, quoted
from ansible_collections.zstack.aios.plugins.module_utils._converge.actions import DELETED, UNCHANGED, UPDATED, Action
from ansible_collections.zstack.aios.plugins.module_utils._converge.execute import Executor, unseen_fields
from ansible_collections.zstack.aios.plugins.module_utils._converge.rows import NOT_ATTEMPTED, Row
from ansible_collections.zstack.aios.plugins.module_utils._converge.scheduler import Scheduler
from ansible_collections.zstack.aios.plugins.module_utils._platform.services import Services
from ansible_collections.zstack.aios.plugins.module_utils._rest.pace import Pace

#: Waves, each after the end of the one before: creations and most updates; updates of sources of clones; deletions.
_WAVES = 3


class Applier:
    """Carries out actions through the services of a platform.

    :param stop_on_error: start nothing new after the first failure.
    :param on_row: called with each row that has ended.
    :param remember: keep fingerprints of what the platform does not show.
    """

    def __init__(
        self,
        services: Services,
        pace: Pace,
        stop_on_error: bool = False,
        on_row: Callable[[Row], None] = lambda row: None,
        remember: bool = False,
    ) -> None:
        self._services = services
        self._client = services.client
        self._remember = remember
        self._scheduler: Scheduler[Row] = Scheduler(
            pace, services.client.signals, Executor(services, remember).carry_out, self._on_finished
        )
        self._stop_on_error = stop_on_error
        self._on_row = on_row
        self._failed = False
        self._followers: dict[Action, list[Row]] = {}

    def apply(self, actions: Sequence[Action], prunes: Sequence[Action] = ()) -> list[Row]:
        """Carry out a plan: creations and clones of what exists, updates, clones of what was made, deletions last.

        :param prunes: deletions of what is not declared; attempted only when nothing failed before.
        :return: a row for every action, in the given order; rows are complete also when it was interrupted.
        """
        rows = [Row.before(action) for action in actions]
        pruned = [Row.before(action) for action in prunes]
        interrupted = False
        try:
            sources = {row.action.source.uuid for row in rows if row.action.source is not None}
            waves = [(row, _wave_of(row.action, sources)) for row in rows if row.action.kind != UNCHANGED]
            for number in range(_WAVES):
                _keep_sources(rows)
                self._run_wave([row for row, wave in waves if wave == number and row.error is None])
            if not self._failed:
                self._run_wave(pruned)
        except Interrupted:
            interrupted = True
        for row in (*rows, *pruned):
            if row.status == NOT_ATTEMPTED and row.error is None:
                if interrupted:
                    row.skip("the run was interrupted", "interrupted")
                else:
                    row.skip(
                        "the platform no longer responds" if self._client.gone else "another service failed before"
                    )
        return rows + pruned

    @property
    def _stopped(self) -> bool:
        return self._failed and (self._stop_on_error or self._client.gone)

    def _run_wave(self, rows: Sequence[Row]) -> None:
        if self._stopped:
            return
        for row in rows:
            if row.action.after is not None:
                self._followers.setdefault(row.action.after, []).append(row)
        begin = [row for row in rows if row.action.after is None]
        begin.sort(key=lambda row: row.action.kind == UPDATED)  # new ones first
        self._scheduler.run(begin)

    def _on_finished(self, row: Row, error: BaseException | None) -> Iterable[Row]:
        followers = self._followers.pop(row.action, [])
        if error is None:
            self._on_row(row)
            return [] if self._failed and self._stop_on_error else followers
        self._failed = True
        row.fail(error)
        if not self._remember or self._services.without_user_tags:
            _mention_unseen(row, self._remember)
        self._on_row(row)
        self._skip(followers, row)
        if self._stopped:
            self._scheduler.drop_waiting()
        return []

    def _skip(self, followers: Sequence[Row], source: Row) -> None:
        """Give up the clones of what failed, and their clones."""
        waiting = list(followers)
        while waiting:
            row = waiting.pop()
            row.skip(f"its source {quoted(source.action.name)} failed")
            self._on_row(row)
            waiting += self._followers.pop(row.action, [])


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
            row.skip(f"its clone {quoted(wanted[row.action.uuid].action.name)} failed")


def _mention_unseen(row: Row, remember: bool) -> None:
    """Say how to complete a new service whose missing fields no later run could see."""
    unseen = unseen_fields(row)
    if unseen and row.error is not None:
        always = "run once with update_write_only=always"
        then = "run again; where user tags still cannot be used, " if remember else ""
        row.error.append(
            f"fix the cause, {then}{always}, because the platform does not show "
            f"{listed(unseen, 20)}, and a later run cannot see whether they are set"
        )
