# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asynchronous jobs: submitted with 202, run later, polled by their uuid (contract 3)."""

from __future__ import annotations

import asyncio
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import constants
from .answers import Answer, error_answer, json_answer
from .errors import BusinessError, Refusal
from .platform import Platform

DEFAULT_TIMEOUT_MS = 1_800_000
_PROCESSING, _DONE, _VANISHING = "processing", "done", "vanishing"


@dataclass(frozen=True)
class Fate:
    """What becomes of a job: whether it takes effect, and what its poll shows afterwards.

    `ending` is ``result``, ``stuck`` (processing for ever), ``lost`` (no row once it has run), ``never`` (no row at
    all), ``expired`` (seen running once, then no row) or ``error``, which shows `error` whatever happened.
    """

    executes: bool = True
    ending: str = "result"
    error: BusinessError | None = None


NORMAL = Fate()


@dataclass(frozen=True)
class Job:
    """One job to be run: its uuid, the kind of its API, the uuid of the resource in the path, and what to do."""

    uuid: str
    kind: str
    subject: str
    work: Callable[[], dict[str, Any] | str]


class Jobs:
    """The jobs of one simulator. Their rows live in the store; only those of this process ever finish."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._store = platform.store
        self._generation = 0

    def known(self, uuid: str) -> bool:
        """Whether the id has been used."""
        return self._store.run("SELECT 1 FROM jobs WHERE uuid = ?", (uuid,)).fetchone() is not None

    def submit(self, job: Job, fate: Fate, timeout_ms: int) -> Answer:
        """Takes a job on: its row is written before the answer leaves, it ends `job_seconds` later."""
        options = self._platform.options
        if fate.ending != "never":
            state = _VANISHING if fate.ending == "expired" else _PROCESSING
            self._store.run("INSERT INTO jobs (uuid, created, state) VALUES (?, ?, ?)", (job.uuid, time.time(), state))
            answer = self._outcome(job, fate) if options.job_effect == "start" else None
            self._later(lambda: self._end(job, fate, answer))
        location = f"{constants.LOCATION_BASE}{options.context_path}/v1/api-jobs/{job.uuid}"
        return json_answer(202, {"location": location, "apiTimeout": timeout_ms})

    def run_at_once(self, job: Job) -> Answer:
        """Runs a job while its submitter waits."""
        return self._outcome(job, NORMAL)

    def poll(self, uuid: str) -> Answer:
        """The answer to a poll.

        :raises Refusal: 404 for a job that is unknown or has expired.
        """
        row = self._store.run("SELECT created, state, status, body FROM jobs WHERE uuid = ?", (uuid,)).fetchone()
        if row is not None:
            created, state, status, body = row
            expired = state == _DONE and time.time() - created > self._platform.options.job_retention
            if state == _VANISHING or expired:
                self._store.run("DELETE FROM jobs WHERE uuid = ?", (uuid,))
            if state == _DONE and not expired:
                return Answer(status, body.encode())
            if not expired:
                return Answer(202, b"{}")
        raise Refusal(404, "the job has been expired")

    def abandon(self) -> None:
        """Drops all jobs that have not ended: they neither take effect nor report."""
        self._generation += 1

    def _later(self, action: Callable[[], None]) -> None:
        generation = self._generation

        def unless_abandoned() -> None:
            if generation == self._generation:
                action()

        asyncio.get_running_loop().call_later(self._platform.options.job_seconds, unless_abandoned)

    def _end(self, job: Job, fate: Fate, answer: Answer | None) -> None:
        with self._store.transaction():
            if answer is None:
                answer = self._outcome(job, fate)
            if fate.ending == "lost":
                self._store.run("DELETE FROM jobs WHERE uuid = ?", (job.uuid,))
            elif fate.ending in ("result", "error"):
                self._store.run(
                    "UPDATE jobs SET state = ?, status = ?, body = ? WHERE uuid = ?",
                    (_DONE, answer.status, answer.body.decode(), job.uuid),
                )

    def _outcome(self, job: Job, fate: Fate) -> Answer:
        """Runs the work where the fate allows, all of it or nothing, and tells what a poll is to show."""
        answer = self._run(job) if fate.executes else json_answer(200, {})
        return error_answer(fate.error) if fate.error is not None else answer

    def _run(self, job: Job) -> Answer:
        try:
            with self._store.transaction():
                result = job.work()
        except BusinessError as error:
            self._note(job, {}, error.code)
            return error_answer(error)
        except Exception as error:
            # A fault of the simulator itself: told on its own output, and to the client as the platform would.
            traceback.print_exc(file=sys.stderr)
            self._note(job, {}, "SYS.1000")
            return error_answer(BusinessError("SYS.1000", repr(error)))
        self._note(job, result.get("inventory", {}) if isinstance(result, dict) else {}, None)
        return json_answer(200, result)

    def _note(self, job: Job, shown: dict[str, Any], error: str | None) -> None:
        self._store.run(
            "INSERT INTO effects (at, job, kind, uuid, name, error) VALUES (?, ?, ?, ?, ?, ?)",
            (time.time(), job.uuid, job.kind, shown.get("uuid") or job.subject or None, shown.get("name"), error),
        )
