# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A signal interrupts the main thread until signals are deferred; from then on it ends every wait."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._common.errors import Interrupted
from ansible_collections.zstack.aios.plugins.module_utils._common.signals import SignalGuard


@pytest.fixture
def guard() -> Iterator[SignalGuard]:
    """A guard that listens; the handlers of the test run come back afterwards."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    guard = SignalGuard()
    guard.listen()
    try:
        yield guard
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_interrupts_the_main_thread(guard: SignalGuard, number: signal.Signals) -> None:
    assert guard.arrived == ""
    with pytest.raises(Interrupted, match=rf"interrupted by {number.name}\. Nothing was written\.") as caught:
        signal.raise_signal(number)
    assert (guard.arrived, caught.value.code, caught.value.under_way) == (number.name, "interrupted", False)


def test_a_second_signal_does_not_interrupt_again(guard: SignalGuard) -> None:
    with pytest.raises(Interrupted):
        signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGINT)


def test_a_deferred_signal_ends_every_wait(guard: SignalGuard) -> None:
    guard.defer()
    signal.raise_signal(signal.SIGTERM)
    for _wait in range(3):
        with pytest.raises(Interrupted, match="interrupted by SIGTERM while waiting for the platform"):
            guard.wait(30)
    with pytest.raises(Interrupted):
        guard.check()


def test_a_deferred_signal_ends_the_waits_of_all_threads(guard: SignalGuard) -> None:
    guard.defer()
    ended: list[BaseException] = []

    def wait() -> None:
        try:
            guard.wait(30)
        except Interrupted as interrupted:
            ended.append(interrupted)

    threads = [threading.Thread(target=wait) for _thread in range(4)]
    for thread in threads:
        thread.start()
    started = time.monotonic()
    signal.raise_signal(signal.SIGTERM)
    for thread in threads:
        thread.join()
    assert len(ended) == 4
    assert time.monotonic() - started < 2


def test_without_a_signal_a_wait_lasts_as_long_as_it_should(guard: SignalGuard) -> None:
    guard.check()
    guard.wait(0)
    started = time.monotonic()
    guard.wait(0.2)
    assert 0.2 <= time.monotonic() - started < 1


def test_another_signal_neither_ends_nor_shortens_a_wait(guard: SignalGuard) -> None:
    before = signal.signal(signal.SIGALRM, lambda _number, _frame: None)
    signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
    try:
        started = time.monotonic()
        guard.wait(0.2)
        assert time.monotonic() - started >= 0.2
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert guard.arrived == ""


def test_a_signal_in_a_deferred_block_is_raised_at_its_end(guard: SignalGuard) -> None:
    reached = []
    with pytest.raises(Interrupted, match="Nothing was written"), guard.deferred():
        signal.raise_signal(signal.SIGTERM)
        reached.append("the end of the block")
    assert reached == ["the end of the block"]


def test_after_a_deferred_block_signals_interrupt_again(guard: SignalGuard) -> None:
    with guard.deferred():
        pass
    with pytest.raises(Interrupted):
        signal.raise_signal(signal.SIGTERM)


def test_a_deferred_block_raises_nothing_once_all_signals_are_deferred(guard: SignalGuard) -> None:
    guard.defer()
    with guard.deferred():
        signal.raise_signal(signal.SIGTERM)
    assert guard.arrived == "SIGTERM"


def test_an_error_of_a_deferred_block_is_not_replaced_by_the_signal(guard: SignalGuard) -> None:
    with pytest.raises(ValueError, match="the login failed"), guard.deferred():
        signal.raise_signal(signal.SIGTERM)
        raise ValueError("the login failed")
    with pytest.raises(Interrupted):
        guard.check()
