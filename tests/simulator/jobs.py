# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asynchronous jobs: submitted with 202, run later, polled by their uuid."""

from __future__ import annotations

import asyncio
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import constants
from .errors import BusinessError, Refusal
from .platform import Platform
from .responses import Response, error_response, json_response

DEFAULT_TIMEOUT_MS = 1_800_000
_PROCESSING, _DONE, _VANISHING = "processing", "done", "vanishing"


@dataclass(frozen=True)
class JobFault:
    """What goes wrong with a job: whether it takes effect, and what its poll shows afterwards.

    `ending` is ``result``, ``stuck`` (processing for ever), ``lost`` (no row once it has run), ``never`` (no row at
    all), ``expired`` (seen running once, then no row) or ``error``, which shows `error` whatever happened. The effect
    comes `late` seconds after the ending. `hints` go to the API that runs.
    """

    executes: bool = True
    ending: str = "result"
    error: BusinessError | None = None
    late: float = 0.0
    hints: Mapping[str, Any] = field(default_factory=dict)


NORMAL = JobFault()
NOTHING = json_response(200, {})


@dataclass(frozen=True)
class Job:
    """One job to be run.

    `subject` is the uuid of the resource in the path. `storable` is false where the database cannot store the job's
    row: the job runs, and nobody can ask for it.
    """

    uuid: str
    kind: str
    subject: str
    work: Callable[[], dict[str, Any] | str]
    storable: bool = True


class _Run:
    """One job under way. Once it is `settled`, what its row shows no longer changes."""

    def __init__(self, job: Job, fault: JobFault) -> None:
        self.job = job
        self.fault = fault
        self.settled = False
        self.outcome: Response | None = None


class Jobs:
    """The jobs of one simulator. Their rows are in the store; only those of this process ever finish."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._store = platform.store
        self._running: set[_Run] = set()

    def used(self, uuid: str) -> bool:
        """Whether the id is refused as used: two sends within the window that the options give both pass."""
        row = self._store.run("SELECT created FROM jobs WHERE uuid = ?", (uuid,)).fetchone()
        return row is not None and time.time() - row[0] >= self._platform.options.job_id_window

    def submit(self, job: Job, fault: JobFault, timeout_ms: int) -> Response:
        """Takes a job on: its row is written before the response leaves, it ends `job_seconds` later."""
        options = self._platform.options
        if fault.ending != "never":
            if job.storable:
                state = _VANISHING if fault.ending == "expired" else _PROCESSING
                row = (job.uuid, time.time(), state)
                self._store.run("INSERT OR IGNORE INTO jobs (uuid, created, state) VALUES (?, ?, ?)", row)
            run = _Run(job, fault)
            self._running.add(run)
            if options.job_effect == "start" and not fault.late:
                run.outcome = self._outcome(job, fault)
            asyncio.get_running_loop().call_later(options.job_seconds, self._end, run)
        location = f"{constants.LOCATION_BASE}{options.context_path}/v1/api-jobs/{job.uuid}"
        return json_response(202, {"location": location, "apiTimeout": timeout_ms})

    def run_at_once(self, job: Job) -> Response:
        """Runs a job while its submitter waits."""
        return self._outcome(job, NORMAL)

    def poll(self, uuid: str) -> Response:
        """The response to a poll.

        :raises Refusal: 404 for a job that is unknown or has expired.
        """
        row = self._store.run("SELECT created, state, status, body FROM jobs WHERE uuid = ?", (uuid,)).fetchone()
        if row is not None:
            created, state, status, body = row
            expired = state == _DONE and time.time() - created > self._platform.options.job_retention
            if state == _VANISHING or expired:
                self._store.run("DELETE FROM jobs WHERE uuid = ?", (uuid,))
            if state == _DONE and not expired:
                return Response(status, body.encode())
            if not expired:
                return Response(202, b"{}")
        raise Refusal(404, "the job has been expired")

    def abandon(self) -> None:
        """Drops all jobs that have not ended: they neither take effect nor report."""
        self._running.clear()

    def let_node_leave(self, executes: bool) -> None:
        """Settles every job under way with SYS.1012; with `executes` they go on and have their effect all the same."""
        for run in list(self._running):
            if not run.settled:
                self._settle(run, error_response(BusinessError("SYS.1012", "the management node is unavailable")))
            if not executes or run.outcome is not None:
                self._running.remove(run)

    def _end(self, run: _Run) -> None:
        """The end of a job's time. What a late effect brings about changes nothing in what the poll shows."""
        if run not in self._running:
            return
        with self._store.transaction():
            if run.fault.late and not run.settled:
                self._settle(run, _shown(run.fault, NOTHING))
                asyncio.get_running_loop().call_later(run.fault.late, self._end, run)
                return
            run.outcome = run.outcome or self._outcome(run.job, run.fault)
            if run.fault.ending == "stuck" and not run.settled:
                # Still under way for whoever asks, until its management node leaves.
                return
            self._running.remove(run)
            if not run.settled and run.fault.ending == "lost":
                self._store.run("DELETE FROM jobs WHERE uuid = ?", (run.job.uuid,))
            elif not run.settled and run.fault.ending in ("result", "error"):
                self._settle(run, run.outcome)

    def _settle(self, run: _Run, outcome: Response) -> None:
        """Writes what the poll is to show from now on."""
        run.settled = True
        row = (_DONE, outcome.status, outcome.body.decode(), run.job.uuid)
        self._store.run("UPDATE jobs SET state = ?, status = ?, body = ? WHERE uuid = ?", row)

    def _outcome(self, job: Job, fault: JobFault) -> Response:
        """Runs the work where the fault allows, all of it or nothing, and returns what a poll is to show."""
        return _shown(fault, self._work(job) if fault.executes else NOTHING)

    def _work(self, job: Job) -> Response:
        try:
            with self._store.transaction():
                result = job.work()
        except BusinessError as error:
            self._note(job, {}, error.code)
            return error_response(error)
        except Exception as error:
            # A defect of the simulator: printed, and reported to the client as the platform would.
            traceback.print_exc(file=sys.stderr)
            self._note(job, {}, "SYS.1000")
            return error_response(BusinessError("SYS.1000", repr(error)))
        self._note(job, result.get("inventory", {}) if isinstance(result, dict) else {}, None)
        return json_response(200, result)

    def _note(self, job: Job, shown: dict[str, Any], error: str | None) -> None:
        self._store.run(
            "INSERT INTO effects (at, job, kind, uuid, name, error) VALUES (?, ?, ?, ?, ?, ?)",
            (time.time(), job.uuid, job.kind, shown.get("uuid") or job.subject or None, shown.get("name"), error),
        )


def _shown(fault: JobFault, response: Response) -> Response:
    return error_response(fault.error) if fault.error is not None else response
