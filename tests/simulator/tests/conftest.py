# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One simulator for all tests that need no process of their own, as new before each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible_collections.zstack.aios.tests.simulator.launcher import Simulator
from ansible_collections.zstack.aios.tests.simulator.tests.driver import Driver


@pytest.fixture(scope="session")
def shared_simulator() -> Iterator[Simulator]:
    """The simulator, in whatever state the last test left it."""
    with Simulator(job_seconds=0.001) as simulator:
        yield simulator


@pytest.fixture
def driver_with(shared_simulator: Simulator) -> Callable[..., Driver]:
    """A function that makes the simulator new, with the given options, and returns a driver logged in to it."""

    def with_options(**options: Any) -> Driver:
        shared_simulator.reset(**options)
        return Driver(shared_simulator)

    return with_options


@pytest.fixture
def simulator(shared_simulator: Simulator) -> Simulator:
    """The simulator as new, with usual options."""
    shared_simulator.reset()
    return shared_simulator


@pytest.fixture
def driver(simulator: Simulator) -> Driver:
    """A driver that is logged in to the simulator with usual options."""
    return Driver(simulator)
