# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries out a plan: in an order that works, and with a row for every action that is accurate whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import Interrupted
from ansible_collections.zstack.aios.plugins.module_utils._common.text import listed, quoted
from ansible_collections.zstack.aios.plugins.module_utils._converge.actions import UNCHANGED, UPDATED, Action
from ansible_collections.zstack.aios.plugins.module_utils._converge.execute import Executor, unseen_fields
from ansible_collections.zstack.aios.plugins.module_utils._converge.rows import NOT_ATTEMPTED, Row
from ansible_collections.zstack.aios.plugins.module_utils._converge.scheduler import Scheduler
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import ABSENT
from ansible_collections.zstack.aios.plugins.module_utils._platform.resources import Resources
from ansible_collections.zstack.aios.plugins.module_utils._rest.pace import Pace

#: Waves, each after the end of the one before: creations and most updates; updates of sources of clones; what runs, which is
#: waited for; deletions of what runs; other deletions, and replacements, which delete what they replace; what runs of these.
_MOST, _SOURCES, _RUNS, _ENDS, _DELETIONS, _LATE_RUNS = _WAVES = range(6)


class Applier:
    """Carries out actions, each through the adapter of its kind of resource.

    :param adapters: those of all kinds in the plan.
    :param stop_on_error: start nothing new after the first failure.
    :param on_row: called with each row that has ended.
    :param remember: keep fingerprints of what the platform does not show.
    :param on_wait: called with what is waited for after everything was started.
    """

    def __init__(
        self,
        adapters: Sequence[Resources],
        pace: Pace,
        stop_on_error: bool = False,
        on_row: Callable[[Row], None] = lambda row: None,
        remember: bool = False,
        on_wait: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._adapters = {adapter.schema: adapter for adapter in adapters}
        self._executors = {adapter.schema: Executor(adapter, remember) for adapter in adapters}
        self._client = adapters[0].client
        self._remember = remember
        self._on_wait = on_wait
        self._scheduler: Scheduler[Row] = Scheduler(pace, self._client.signals, self._carry_out, self._on_finished)
        self._stop_on_error = stop_on_error
        self._on_row = on_row
        self._failed = False
        self._followers: dict[Action, list[Row]] = {}

    def apply(self, actions: Sequence[Action], prunes: Sequence[Action] = ()) -> list[Row]:
        """Carry out a plan: creations and clones of what exists, updates, clones of what was made, then what runs of them,
        deletions and replacements last.

        :param prunes: deletions of what is not declared; attempted only when nothing failed before.
        :return: a row for every action, in the given order; rows are complete also when it was interrupted.
        """
        rows = [Row.before(action) for action in actions]
        pruned = [Row.before(action) for action in prunes]
        interrupted = False
        try:
            sources = {row.action.source.uuid for row in rows if row.action.source is not None}
            waves = [(row, _wave_of(row.action, sources)) for row in rows if row.action.kind != UNCHANGED]
            for number in _WAVES:
                if number == _ENDS:
                    self._wait(rows)
                _keep_sources(rows)
                _skip_related(rows)
                self._run_wave([row for row, wave in waves if wave == number and row.error is None])
            self._wait(rows)
            for number in (_ENDS, _DELETIONS):
                if not self._failed:
                    self._run_wave([row for row in pruned if _wave_of(row.action, sources) == number])
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

    def _carry_out(self, row: Row) -> None:
        self._executors[row.action.schema].carry_out(row)

    def _wait(self, rows: Sequence[Row]) -> None:
        """Wait until that runs which should run: what was changed, and what was found starting."""
        waiting = [row for row in rows if _is_to_run(row)]
        if waiting:
            from ansible_collections.zstack.aios.plugins.module_utils._converge.waiting import Waiter

            Waiter(self._adapters[waiting[0].action.schema], self._on_wait).wait(waiting)
            self._failed = self._failed or any(row.error is not None for row in waiting)

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
        if not self._remember or self._adapters[row.action.schema].without_user_tags:
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
    if action.doomed:
        return _ENDS if action.schema.runs else _DELETIONS
    if action.schema.runs:
        return _LATE_RUNS if action.owner and action.owner.doomed else _RUNS
    # A clone is made of what the plan saw, so its source is updated after it.
    return _SOURCES if action.kind == UPDATED and action.uuid in sources else _MOST


def _keep_sources(rows: Sequence[Row]) -> None:
    """Take back the deletion of what could not be cloned: nothing could make that clone any more."""
    wanted = {row.action.source.uuid: row for row in rows if row.action.source is not None and row.error is not None}
    for row in rows:
        if row.action.doomed and row.action.doomed.uuid in wanted:
            row.skip(f"its clone {quoted(wanted[row.action.doomed.uuid].action.name)} failed")


def _skip_related(rows: Sequence[Row]) -> None:
    """Skip what belongs to a resource that failed; and delete nothing in the place of which something should run and does not,
    or that has something left which belongs to it."""
    related: dict[Action, list[Row]] = {}
    by_action = {row.action: row for row in rows}
    for row in rows:
        if row.action.owner is not None:
            related.setdefault(row.action.owner, []).append(row)
    for owner, parts in related.items():
        word, whole = owner.schema.word, by_action[owner]
        late = next((one for one in parts if one.error is not None and not one.action.doomed), None)
        for row in parts:
            if row.status != NOT_ATTEMPTED or row.error is not None:
                continue
            if whole.error is not None:
                row.skip(f"its {word} {quoted(owner.name)} failed")
            elif row.action.doomed and late is not None:
                row.skip(f"{quoted(late.action.name)}, which belongs to the same {word}, failed")
        left = next((row for row in parts if row.error is not None and row.action.doomed), None)
        if owner.doomed and left is not None and whole.error is None:
            whole.skip(f"{quoted(left.action.name)}, which belongs to it, is still there")


def _is_to_run(row: Row) -> bool:
    action = row.action
    begun = row.error is None and row.status != NOT_ATTEMPTED and not action.doomed
    return begun and action.schema.runs and action.item.wait and action.item.state != ABSENT


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
