# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine and its pace, without a platform."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._common.errors import Interrupted
from ansible_collections.zstack.aios.plugins.module_utils._converge import scheduler
from ansible_collections.zstack.aios.plugins.module_utils._converge.scheduler import Engine, Pace, Task


class Clock:
    """Stands in for the module ``time``."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that moves when a test says so."""
    clock = Clock()
    monkeypatch.setattr(scheduler, "time", clock)
    return clock


def calm(pace: Pace, answers: int) -> None:
    """Tell of calm answers."""
    for _answer in range(answers):
        pace.told(False)


def test_the_pace_halves_under_strain_down_to_one(clock: Clock) -> None:
    pace = Pace(8)
    limits = []
    for _strain in range(5):
        pace.told(True)
        limits.append(pace.limit)
        clock.now += 1
    assert limits == [4, 2, 1, 1, 1]


def test_strain_of_requests_that_were_sent_before_the_halving_is_not_counted_again(clock: Clock) -> None:
    pace = Pace(8)
    for _answer in range(8):
        pace.told(True)
        clock.now += 0.01
    assert pace.limit == 4


def test_the_pace_recovers_to_what_it_was_and_no_further(clock: Clock) -> None:
    pace = Pace(8)
    pace.told(True)
    calm(pace, 5000)
    assert pace.limit == 8


def test_the_pace_recovers_one_by_one(clock: Clock) -> None:
    pace = Pace(8)
    pace.told(True)
    seen = []
    for _answer in range(3000):
        pace.told(False)
        if pace.limit not in seen:
            seen.append(pace.limit)
    assert seen == [4, 5, 6, 7, 8]


def test_the_pace_is_wary_of_where_it_met_strain(clock: Clock) -> None:
    pace = Pace(8)
    pace.told(True)  # at eight
    steps = {}
    for answers in range(1, 5000):
        pace.told(False)
        steps.setdefault(pace.limit, answers)
    to_six, to_eight = steps[6] - steps[5], steps[8] - steps[7]
    assert to_eight > 5 * to_six


def test_strain_at_a_lower_limit_is_what_is_remembered(clock: Clock) -> None:
    pace = Pace(16)
    pace.told(True)
    clock.now += 1
    pace.told(True)
    assert pace.limit == 4
    calm(pace, 12 * (4 + 5 + 6) + 5)
    assert pace.limit == 7, "below the limit that strained last it recovers at its usual pace"
    calm(pace, 12 * 7 + 5)
    assert pace.limit == 7, "and becomes wary just below it"


class Work:
    """Tasks that count how many are in a step at once and how many have begun and not ended."""

    def __init__(self, steps: int = 3, wait: float = 0.01) -> None:
        self.steps = steps
        self.wait = wait
        self.stepping = self.most_stepping = self.begun = self.most_begun = 0
        self._lock = threading.Lock()

    def task(self, subject: Any) -> Task:
        return Task(subject, self._run())

    def _run(self) -> Iterator[float]:
        self._count(begun=1)
        for _step in range(self.steps):
            self._count(stepping=1)
            time.sleep(0.002)
            self._count(stepping=-1)
            yield self.wait
        self._count(begun=-1)

    def _count(self, stepping: int = 0, begun: int = 0) -> None:
        with self._lock:
            self.stepping += stepping
            self.begun += begun
            self.most_stepping = max(self.most_stepping, self.stepping)
            self.most_begun = max(self.most_begun, self.begun)


def collect(into: list[Any]) -> scheduler.Finished:
    """Return a function that notes each finished task."""

    def finished(task: Task, error: BaseException | None) -> list[Task]:
        into.append((task.subject, error))
        return []

    return finished


def test_every_task_is_run_to_its_end_within_both_limits() -> None:
    work, done = Work(wait=0.05), list[Any]()
    Engine(Pace(3)).run([work.task(number) for number in range(60)], collect(done))
    assert sorted(number for number, error in done if error is None) == list(range(60))
    assert work.most_stepping <= 3
    assert 3 < work.most_begun <= 3 * scheduler.JOBS_FOR_EACH_REQUEST


def test_waiting_tasks_cost_no_thread() -> None:
    started, done = time.monotonic(), list[Any]()
    Engine(Pace(4)).run([Work(1, 0.5).task(number) for number in range(16)], collect(done))
    assert len(done) == 16
    assert time.monotonic() - started < 4 * 0.5


def test_a_failing_task_is_told_and_stops_no_other() -> None:
    def fails() -> Iterator[float]:
        yield 0.0
        raise ValueError("no")

    work, done = Work(), list[Any]()
    Engine(Pace(2)).run([Task("bad", fails()), work.task("good")], collect(done))
    told = dict(done)
    assert isinstance(told["bad"], ValueError)
    assert told["good"] is None


def test_what_follows_from_a_finished_task_is_run() -> None:
    work, done = Work(1, 0.0), list[Any]()

    def finished(task: Task, error: BaseException | None) -> list[Task]:
        done.append(task.subject)
        return [work.task(task.subject + 1)] if task.subject < 5 else []

    Engine(Pace(2)).run([work.task(0)], finished)
    assert done == [0, 1, 2, 3, 4, 5]


def test_dropping_what_waits_lets_what_is_begun_end() -> None:
    work, done = Work(), list[Any]()
    engine = Engine(Pace(1))

    def finished(task: Task, error: BaseException | None) -> list[Task]:
        done.append(task.subject)
        engine.drop_waiting()
        return []

    engine.run([work.task(number) for number in range(20)], finished)
    assert 1 <= len(done) <= scheduler.JOBS_FOR_EACH_REQUEST
    assert work.begun == 0


def test_an_interruption_is_told_to_everything_that_was_begun_and_only_to_that() -> None:
    work, done = Work(steps=100, wait=0.02), list[Any]()
    ended = time.monotonic() + 0.2
    engine = Engine(Pace(2), interrupted=lambda: time.monotonic() > ended)
    with pytest.raises(Interrupted):
        engine.run([work.task(number) for number in range(50)], collect(done))
    assert len(done) == 2 * scheduler.JOBS_FOR_EACH_REQUEST
    assert all(isinstance(error, Interrupted) for _subject, error in done)


def test_signals_in_rapid_succession_do_not_stop_it() -> None:
    """A queue of the standard library waits for ever when a signal comes just as its time runs out."""
    end = time.monotonic() + 20

    def alarm(_number: int, _frame: object) -> None:
        assert time.monotonic() < end, "it hangs"

    def steps() -> Iterator[float]:
        for _pause in range(100):
            yield 0.002

    before = signal.signal(signal.SIGALRM, alarm)
    signal.setitimer(signal.ITIMER_REAL, 0.0003, 0.0003)
    try:
        done: list[Task] = []
        engine = Engine(Pace(2))
        engine.run([Task(number, steps()) for number in range(3)], lambda task, _error: done.append(task) or [])
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert len(done) == 3
