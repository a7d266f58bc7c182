# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps many generators of steps under way with a few threads, at a pace the platform can follow.

Private to this collection.
"""

from __future__ import annotations

import heapq
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import Interrupted
from ansible_collections.zstack.aios.plugins.module_utils._rest.client import Steps

#: So many jobs may be under way for each request that may be: a job that runs needs no thread.
JOBS_FOR_EACH_REQUEST = 4
#: The pace grows by one request after so many calm answers for each request it allows.
CALM_ANSWERS = 12
#: Seconds after which a waiting engine looks whether it was interrupted.
_LOOK_UP = 0.5


class Pace:
    """How many requests may be under way: halves when the platform is strained, recovers one by one.

    Where strain was met last is remembered: just below it the pace grows a tenth as fast, so that few requests are
    wasted on finding the same limit again.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.limit = most
        self._calm = 0
        self._met = most + 1
        self._hold_until = 0.0
        self._lock = threading.Lock()

    def told(self, strain: bool) -> None:
        """Take note of one answer."""
        with self._lock:
            if not strain:
                self._calm += 1
                near = 10 if self.limit + 1 >= self._met else 1
                if self.limit < self.most and self._calm >= CALM_ANSWERS * self.limit * near:
                    self.limit, self._calm = self.limit + 1, 0
                return
            self._calm = 0
            # Requests sent before the last halving may still come back strained; they tell nothing new.
            if time.monotonic() >= self._hold_until:
                self._met = min(self._met, self.limit) if self._met <= self.most else self.limit
                self.limit = max(1, self.limit // 2)
                self._hold_until = time.monotonic() + 0.25


class Task:
    """One generator of steps, and what it is for."""

    def __init__(self, subject: Any, steps: Steps[Any]) -> None:
        self.subject = subject
        self.steps = steps


#: Told of each finished task and of its exception; returns what can be started now because of it.
Finished: TypeAlias = "Callable[[Task, BaseException | None], Iterable[Task]]"


class Engine:
    """Runs tasks to their end.

    :param pace: limits the requests under way; four times as many tasks may be begun and wait for their jobs.
    :param interrupted: asked now and then whether to stop.
    """

    def __init__(self, pace: Pace, interrupted: Callable[[], bool] = lambda: False) -> None:
        self.pace = pace
        self.interrupted = interrupted
        self._waiting: deque[Task] = deque()

    def drop_waiting(self) -> None:
        """Begin no further task."""
        self._waiting.clear()

    def run(self, tasks: Iterable[Task], finished: Finished) -> None:
        """Run tasks, and those that follow from them, until none is left.

        :raises Interrupted: after a signal, when what was begun has been told as interrupted.
        """
        self._waiting.extend(tasks)
        with ThreadPoolExecutor(self.pace.most, thread_name_prefix="zstack.aios") as pool:
            _Run(self, self._waiting, pool, finished).to_the_end()


class _Run:
    def __init__(self, engine: Engine, waiting: deque[Task], pool: ThreadPoolExecutor, finished: Finished) -> None:
        self.pace = engine.pace
        self.interrupted = engine.interrupted
        self.waiting = waiting
        self.pool = pool
        self.finished = finished
        self.resting: list[tuple[float, int, Task]] = []
        self.running: set[Task] = set()
        # Not a SimpleQueue: a signal that comes just as its timeout runs out makes that one wait for ever.
        self.stepped: queue.Queue[tuple[Task, float | None, BaseException | None]] = queue.Queue()
        self.count = 0

    def to_the_end(self) -> None:
        while self.waiting or self.resting or self.running:
            if self.interrupted():
                signal = Interrupted("interrupted by a signal while it was under way", "interrupted")
                self._wind_up(signal)
                raise signal
            self._dispatch()
            self._take(self._until_next())

    def _dispatch(self) -> None:
        while len(self.running) < self.pace.limit:
            if self.resting and self.resting[0][0] <= time.monotonic():
                task = heapq.heappop(self.resting)[2]
            elif self.waiting and len(self.running) + len(self.resting) < JOBS_FOR_EACH_REQUEST * self.pace.limit:
                task = self.waiting.popleft()
            else:
                return
            self.running.add(task)
            self.pool.submit(self._step, task)

    def _step(self, task: Task) -> None:
        """Resume one task until it has to wait again; runs in a thread of the pool."""
        try:
            self.stepped.put((task, next(task.steps), None))
        except StopIteration:
            self.stepped.put((task, None, None))
        except BaseException as error:  # told to the main thread, which decides
            self.stepped.put((task, None, error))

    def _until_next(self) -> float:
        """Return the seconds after which there may be something to do even if no task reports."""
        if self.resting and len(self.running) < self.pace.limit:
            return min(max(0.0, self.resting[0][0] - time.monotonic()), _LOOK_UP)
        return _LOOK_UP if self.running else 0.0

    def _take(self, seconds: float) -> None:
        try:
            task, wait, error = self.stepped.get(timeout=seconds)
        except queue.Empty:
            return
        self.running.discard(task)
        if wait is not None:
            self.count += 1
            heapq.heappush(self.resting, (time.monotonic() + wait, self.count, task))
        else:
            self.waiting.extend(self.finished(task, error))

    def _wind_up(self, signal: Interrupted) -> None:
        """Let requests under way come back, then tell every begun task that it was interrupted."""
        self.waiting.clear()
        while self.running:
            task, wait, error = self.stepped.get()
            self.running.discard(task)
            if wait is None:
                self.finished(task, error)
            else:
                self.resting.append((0.0, 0, task))
        for _due, _count, task in self.resting:
            self.finished(task, _thrown_into(task, Interrupted(signal.message, signal.code)))
        self.waiting.clear()


def _thrown_into(task: Task, signal: Interrupted) -> BaseException:
    """Raise a signal where a task waits, and return what comes of it."""
    try:
        task.steps.throw(signal)
    except BaseException as error:  # told to whoever asks for the task
        return error
    task.steps.close()  # it would go on; nobody waits for that
    return signal
