# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scheduler, without a platform."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._common.errors import Interrupted
from ansible_collections.zstack.aios.plugins.module_utils._common.signals import SignalGuard
from ansible_collections.zstack.aios.plugins.module_utils._converge.scheduler import JOBS_FOR_EACH_REQUEST, Scheduler
from ansible_collections.zstack.aios.plugins.module_utils._rest.pace import Pace


class Run:
    """A run of a scheduler whose work is a function of a thing; notes what finished and how many were under way."""

    def __init__(
        self, most: int, work: Callable[[Any], None], follow: Callable[[Any], Iterable[Any]] = lambda thing: []
    ):
        self.finished: dict[Any, BaseException | None] = {}
        self.most_under_way = 0
        self.signals = SignalGuard()
        self._under_way = 0
        self._lock = threading.Lock()
        self._inner = work
        self._follow = follow
        self.scheduler: Scheduler[Any] = Scheduler(Pace(most), self.signals, self._work, self._on_finished)

    def _work(self, thing: Any) -> None:
        with self._lock:
            self._under_way += 1
            self.most_under_way = max(self.most_under_way, self._under_way)
        try:
            self._inner(thing)
        finally:
            with self._lock:
                self._under_way -= 1

    def _on_finished(self, thing: Any, error: BaseException | None) -> Iterable[Any]:
        self.finished[thing] = error
        return self._follow(thing)


def test_everything_is_worked_on_within_the_limit() -> None:
    run = Run(3, lambda _thing: time.sleep(0.01))
    run.scheduler.run(range(60))
    assert run.finished == dict.fromkeys(range(60))
    assert 3 < run.most_under_way <= 3 * JOBS_FOR_EACH_REQUEST


def test_an_error_is_reported_and_stops_nothing_else() -> None:
    def work(thing: str) -> None:
        if thing == "bad":
            raise ValueError("no")

    run = Run(2, work)
    run.scheduler.run(["bad", "good"])
    assert isinstance(run.finished["bad"], ValueError)
    assert run.finished["good"] is None


def test_what_follows_is_worked_on() -> None:
    run = Run(2, lambda _thing: None, lambda thing: [thing + 1] if thing < 5 else [])
    run.scheduler.run([0])
    assert list(run.finished) == [0, 1, 2, 3, 4, 5]


def test_dropping_what_waits_lets_what_is_under_way_end() -> None:
    def drop(_thing: int) -> list[int]:
        run.scheduler.drop_waiting()
        return []

    run = Run(1, lambda _thing: time.sleep(0.01), drop)
    run.scheduler.run(range(20))
    assert 1 <= len(run.finished) <= JOBS_FOR_EACH_REQUEST


def send_later(seconds: float) -> None:
    """Send this process a SIGTERM after a while."""
    threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGTERM)).start()


def test_a_signal_ends_every_wait_and_starts_nothing_more() -> None:
    run = Run(2, lambda _thing: run.signals.wait(30))
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    run.signals.listen()
    run.signals.defer()
    try:
        send_later(0.2)
        started = time.monotonic()
        with pytest.raises(Interrupted):
            run.scheduler.run(range(50))
    finally:
        signal.signal(signal.SIGTERM, before[0])
        signal.signal(signal.SIGINT, before[1])
    assert time.monotonic() - started < 2
    assert len(run.finished) == 2 * JOBS_FOR_EACH_REQUEST
    assert all(isinstance(error, Interrupted) for error in run.finished.values())


def test_a_thing_whose_thread_starts_after_the_signal_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Any] = []
    run = Run(2, begun.append)
    submit = ThreadPoolExecutor.submit

    def signal_first(pool: ThreadPoolExecutor, function: Callable[..., Any], thing: Any) -> Any:
        if thing == 3:
            run.signals.arrived = "SIGTERM"
        return submit(pool, function, thing)

    monkeypatch.setattr(ThreadPoolExecutor, "submit", signal_first)
    with pytest.raises(Interrupted):
        run.scheduler.run(range(20))
    assert list(run.finished) == begun
    assert 3 not in begun and max(begun, default=0) < 3


def test_signals_in_rapid_succession_do_not_stop_it() -> None:
    """A queue of the standard library waits for ever when a signal comes just as its time runs out."""
    end = time.monotonic() + 20

    def alarm(_number: int, _frame: object) -> None:
        assert time.monotonic() < end, "it hangs"

    def work(_thing: int) -> None:
        for _pause in range(100):
            run.signals.wait(0.002)

    run = Run(2, work)
    before = signal.signal(signal.SIGALRM, alarm)
    signal.setitimer(signal.ITIMER_REAL, 0.0003, 0.0003)
    try:
        run.scheduler.run(range(3))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert run.finished == dict.fromkeys(range(3))
