# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One simulator for all tests that need no special options, emptied before each of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ansible_collections.zstack.aios.tests.simulator.launcher import Simulator
from ansible_collections.zstack.aios.tests.simulator.tests.driver import Driver


@pytest.fixture(scope="session")
def shared_simulator() -> Iterator[Simulator]:
    """A simulator with usual options."""
    with Simulator(job_seconds=0.01) as simulator:
        yield simulator


@pytest.fixture
def simulator(shared_simulator: Simulator) -> Simulator:
    """The shared simulator, as new."""
    shared_simulator.reset()
    return shared_simulator


@pytest.fixture
def driver(simulator: Simulator) -> Driver:
    """A driver that is logged in to the simulator."""
    return Driver(simulator)
