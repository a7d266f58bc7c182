# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Works on many things at once, as far as the platform keeps up, and winds up on a signal."""

from __future__ import annotations

import queue
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import Interrupted
from ansible_collections.zstack.aios.plugins.module_utils._common.signals import SignalGuard
from ansible_collections.zstack.aios.plugins.module_utils._rest.pace import Pace

S = TypeVar("S")
#: So many things may be under way for each request that may be: most of the time they wait for jobs.
JOBS_FOR_EACH_REQUEST = 4
#: Seconds after which a waiting scheduler looks whether a signal arrived.
_LOOK_UP = 0.5


class Scheduler(Generic[S]):
    """Runs work in threads.

    :param pace: limits the requests under way; four times as many things may be.
    :param work: works on one thing; called in a thread.
    :param on_finished: called in the main thread with each finished thing and its exception; returns what can be started
        because of it.
    """

    def __init__(
        self,
        pace: Pace,
        signals: SignalGuard,
        work: Callable[[S], None],
        on_finished: Callable[[S, BaseException | None], Iterable[S]],
    ) -> None:
        self._pace = pace
        self._signals = signals
        self._work = work
        self._on_finished = on_finished
        self._waiting: deque[S] = deque()
        # Not a SimpleQueue: a signal that comes just as its timeout runs out makes that one wait for ever.
        self._finished: queue.Queue[tuple[S, BaseException | None]] = queue.Queue()

    def drop_waiting(self) -> None:
        """Start nothing more."""
        self._waiting.clear()

    def run(self, things: Iterable[S]) -> None:
        """Work on things, and on those that follow from them, until none is left.

        :raises Interrupted: after a signal, once everything that was started has ended.
        """
        self._waiting.extend(things)
        running = 0
        with ThreadPoolExecutor(JOBS_FOR_EACH_REQUEST * self._pace.most, "zstack.aios") as pool:
            while self._waiting or running:
                if self._signals.arrived:
                    self.drop_waiting()
                while self._waiting and running < JOBS_FOR_EACH_REQUEST * self._pace.limit:
                    pool.submit(self._run_one, self._waiting.popleft())
                    running += 1
                try:
                    thing, error = self._finished.get(timeout=_LOOK_UP)
                except queue.Empty:
                    continue
                running -= 1
                self._waiting.extend(self._on_finished(thing, error))
        if self._signals.arrived:
            raise Interrupted("interrupted by a signal", "interrupted")

    def _run_one(self, thing: S) -> None:
        try:
            self._work(thing)
        except BaseException as error:  # the main thread decides what it means
            self._finished.put((thing, error))
        else:
            self._finished.put((thing, None))
