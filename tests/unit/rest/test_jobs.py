# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs are polled when they are likely done, as far as the run has shown how long they take."""

from __future__ import annotations

import statistics
from collections.abc import Callable

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._rest import jobs
from ansible_collections.zstack.aios.plugins.module_utils._rest.jobs import JobTimes, PollSchedule

PATH = "/v1/ai/model-services"


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
    monkeypatch.setattr(jobs, "time", clock)
    return clock


def simulate(
    clock: Clock, schedules: list[PollSchedule], duration: Callable[[int], float]
) -> tuple[list[int], list[float]]:
    """Poll jobs that begin together; return how often each was polled, and how long after its end it was seen."""
    began, polls, late = clock.now, [0] * len(schedules), [-1.0] * len(schedules)
    due = [began] * len(schedules)
    while any(seconds < 0 for seconds in late):
        number = min((n for n, seconds in enumerate(late) if seconds < 0), key=lambda n: due[n])
        clock.now = max(clock.now, due[number])
        wait = schedules[number].wait()
        if wait > 0:
            due[number] = clock.now + max(wait, 1e-6)  # no clock moves by less
            continue
        polls[number] += 1
        if clock.now - began >= duration(number):
            schedules[number].ended()
            late[number] = clock.now - began - duration(number)
        else:
            schedules[number].still_running()
    return polls, late


@pytest.mark.parametrize("seconds", [0.02, 0.5, 2.0, 20.0])
def test_a_thousand_jobs_of_one_duration_cost_little_more_than_one_poll_each(clock: Clock, seconds: float) -> None:
    times, polls, late = JobTimes(), list[int](), list[float]()
    for _wave in range(32):
        more, later = simulate(clock, [times.schedule("POST", PATH) for _job in range(32)], lambda _number: seconds)
        polls += more
        late += later
    assert statistics.mean(polls) < 1.3 + seconds // jobs.LONGEST_REST
    # As soon as one that polls closely, on average.
    assert statistics.mean(late[32:]) <= max(0.05, seconds * 0.25)


def test_the_first_jobs_are_polled_closely_and_the_others_wait_for_what_these_show(clock: Clock) -> None:
    times = JobTimes()
    polls, _late = simulate(clock, [times.schedule("POST", PATH) for _job in range(32)], lambda _number: 2.0)
    assert all(count > 5 for count in polls[: jobs.SCOUTS])
    assert all(count == 1 for count in polls[jobs.SCOUTS :])


def test_jobs_are_not_left_alone_when_the_first_ones_never_end(clock: Clock) -> None:
    times = JobTimes()
    schedules = [times.schedule("POST", PATH) for _job in range(jobs.SCOUTS + 4)]
    polls, late = simulate(clock, schedules[jobs.SCOUTS :], lambda _number: 8.0)
    assert all(seconds <= 8.0 for seconds in late)
    assert max(polls) <= 4


def test_the_estimate_follows_a_platform_that_gets_faster(clock: Clock) -> None:
    times = JobTimes()
    for _wave in range(4):
        simulate(clock, [times.schedule("POST", PATH) for _job in range(32)], lambda _number: 4.0)
    slow = times.estimate(f"POST {PATH}")
    for _wave in range(60):
        simulate(clock, [times.schedule("POST", PATH) for _job in range(32)], lambda _number: 1.0)
    fast = times.estimate(f"POST {PATH}")
    assert slow and fast and fast < slow / 2


def test_each_kind_of_job_has_an_estimate_of_its_own(clock: Clock) -> None:
    times, uuid = JobTimes(), "0123456789abcdef" * 2
    simulate(clock, [times.schedule("PUT", f"{PATH}/{uuid}") for _job in range(4)], lambda _number: 3.0)
    assert times.estimate(f"PUT {PATH}/*") == pytest.approx(3.0, rel=0.3)
    assert times.estimate(f"POST {PATH}") is None
