# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inventories of simulated platforms."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.zstack.aios.tests.simulator.launcher import Simulator
from ansible_collections.zstack.aios.tests.support.playbooks import Field


@pytest.fixture
def two(tmp_path: Path, simulators: Callable[..., Simulator]) -> Field:
    """An inventory of two platforms, empty."""
    platforms = {"one": simulators(), "two": simulators(platform_id="two")}
    for simulator in platforms.values():
        simulator.reset()
    return Field(tmp_path, platforms)


@pytest.fixture
def field(two: Field) -> Field:
    """An inventory of one platform, empty."""
    del two.hosts["two"]
    return two
