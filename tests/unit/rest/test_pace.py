# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pace follows the strain of the platform, and lets no more requests through than its limit."""

from __future__ import annotations

import threading
import time

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._rest import pace as pace_module
from ansible_collections.zstack.aios.plugins.module_utils._rest.pace import Pace


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
    monkeypatch.setattr(pace_module, "time", clock)
    return clock


def calm(pace: Pace, responses: int) -> None:
    """Report calm responses."""
    for _response in range(responses):
        pace.on_response(False)


def test_the_pace_halves_under_strain_down_to_one(clock: Clock) -> None:
    pace = Pace(8)
    limits = []
    for _strain in range(5):
        pace.on_response(True)
        limits.append(pace.limit)
        clock.now += 1
    assert limits == [4, 2, 1, 1, 1]


def test_strain_of_requests_that_were_sent_before_the_halving_is_not_counted_again(clock: Clock) -> None:
    pace = Pace(8)
    for _response in range(8):
        pace.on_response(True)
        clock.now += 0.01
    assert pace.limit == 4


def test_the_pace_recovers_to_what_it_was_and_no_further(clock: Clock) -> None:
    pace = Pace(8)
    pace.on_response(True)
    calm(pace, 5000)
    assert pace.limit == 8


def test_the_pace_recovers_one_by_one(clock: Clock) -> None:
    pace = Pace(8)
    pace.on_response(True)
    seen = []
    for _response in range(3000):
        pace.on_response(False)
        if pace.limit not in seen:
            seen.append(pace.limit)
    assert seen == [4, 5, 6, 7, 8]


def test_the_pace_is_wary_of_where_it_met_strain(clock: Clock) -> None:
    pace = Pace(8)
    pace.on_response(True)  # at eight
    steps = {}
    for responses in range(1, 5000):
        pace.on_response(False)
        steps.setdefault(pace.limit, responses)
    to_six, to_eight = steps[6] - steps[5], steps[8] - steps[7]
    assert to_eight > 5 * to_six


def test_strain_at_a_lower_limit_is_what_is_remembered(clock: Clock) -> None:
    pace = Pace(16)
    pace.on_response(True)
    clock.now += 1
    pace.on_response(True)
    assert pace.limit == 4
    calm(pace, 12 * (4 + 5 + 6) + 5)
    assert pace.limit == 7, "below the limit that strained last it recovers at its usual pace"
    calm(pace, 12 * 7 + 5)
    assert pace.limit == 7, "and becomes wary just below it"


def test_no_more_requests_are_under_way_than_the_limit_allows() -> None:
    pace, lock, under_way, most = Pace(3), threading.Lock(), 0, 0

    def request() -> None:
        nonlocal under_way, most
        with pace:
            with lock:
                under_way += 1
                most = max(most, under_way)
            time.sleep(0.005)
            with lock:
                under_way -= 1

    threads = [threading.Thread(target=request) for _number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most, under_way) == (3, 0)


def test_a_limit_that_grows_lets_those_that_wait_through() -> None:
    pace = Pace(2)
    pace.on_response(True)
    entered = threading.Event()

    def request() -> None:
        with pace:
            entered.set()

    with pace:
        thread = threading.Thread(target=request)
        thread.start()
        assert not entered.wait(0.05)
        calm(pace, 5000)
        assert entered.wait(5)
    thread.join()
