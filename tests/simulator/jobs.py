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
Work = Callable[[], "dict[str, Any] | str"]


class Jobs:
    """The jobs of one simulator. Their rows live in the store; only those of this process ever finish."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._store = platform.store
        self._generation = 0

    def known(self, uuid: str) -> bool:
        """Whether the id has been used."""
        return self._store.run("SELECT 1 FROM jobs WHERE uuid = ?", (uuid,)).fetchone() is not None

    def submit(self, uuid: str, work: Work, fate: Fate, timeout_ms: int) -> Answer:
        """Takes a job on: its row is written before the answer leaves, it ends `job_seconds` later."""
        options = self._platform.options
        if fate.ending != "never":
            state = _VANISHING if fate.ending == "expired" else _PROCESSING
            self._store.run("INSERT INTO jobs (uuid, created, state) VALUES (?, ?, ?)", (uuid, time.time(), state))
            if options.job_effect == "start":
                answer = self._outcome(work, fate)
                self._later(lambda: self._end(uuid, answer, fate))
            else:
                self._later(lambda: self._end(uuid, None, fate, work))
        location = f"{constants.LOCATION_BASE}{options.context_path}/v1/api-jobs/{uuid}"
        return json_answer(202, {"location": location, "apiTimeout": timeout_ms})

    def run_at_once(self, work: Work) -> Answer:
        """Runs a job while its submitter waits."""
        return self._outcome(work, NORMAL)

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

    def _end(self, uuid: str, answer: Answer | None, fate: Fate, work: Work | None = None) -> None:
        with self._store.transaction():
            if answer is None and work is not None:
                answer = self._outcome(work, fate)
            if fate.ending == "lost":
                self._store.run("DELETE FROM jobs WHERE uuid = ?", (uuid,))
            elif fate.ending in ("result", "error") and answer is not None:
                self._store.run(
                    "UPDATE jobs SET state = ?, status = ?, body = ? WHERE uuid = ?",
                    (_DONE, answer.status, answer.body.decode(), uuid),
                )

    def _outcome(self, work: Work, fate: Fate) -> Answer:
        """Runs the work where the fate allows, all of it or nothing, and tells what a poll is to show."""
        answer = json_answer(200, {})
        if fate.executes:
            try:
                with self._store.transaction():
                    answer = json_answer(200, work())
            except BusinessError as error:
                answer = error_answer(error)
            except Exception as error:
                # A fault of the simulator itself: told on its own output, and to the client as the platform would.
                traceback.print_exc(file=sys.stderr)
                answer = error_answer(BusinessError("SYS.1000", repr(error)))
        return error_answer(fate.error) if fate.error is not None else answer
