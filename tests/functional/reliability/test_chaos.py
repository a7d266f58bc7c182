# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random declarations under random faults: nothing is lost, doubled or reported inaccurately."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from random import Random

import pytest
from ansible_collections.zstack.aios.tests.chaos import fault_rules
from ansible_collections.zstack.aios.tests.chaos.running import Bench
from ansible_collections.zstack.aios.tests.chaos.schedules import draw
from ansible_collections.zstack.aios.tests.chaos.verdict import judge
from ansible_collections.zstack.aios.tests.chaos.workers import run_schedules, schedule_of
from ansible_collections.zstack.aios.tests.simulator import faults
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SEED = 20261
SCHEDULES = 300


def test_three_hundred_schedules_break_no_promise() -> None:
    """A failure replays with ``make chaos ARGS="--seed 20261 --first NUMBER --schedules 1"``."""
    figures = run_schedules(SEED, SCHEDULES)
    assert figures.failures == [], "\n".join(figures.lines())
    assert figures.schedules == SCHEDULES
    # Quiet runs would prove nothing: faults of every kind fired, and runs were cut short as well as completed.
    assert set(figures.faults) == faults.NAMES - fault_rules.NOT_DRAWN
    assert sum(figures.faults.values()) > SCHEDULES
    assert {"created", "cloned", "updated", "replaced", "deleted", "failed", "unknown", "not_attempted"} <= set(
        figures.rows
    )
    assert figures.restarts >= 5


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    """One process' simulators."""
    with Bench() as bench:
        yield bench


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
@given(random=st.randoms(use_true_random=False))
def test_any_schedule_breaks_no_promise(bench: Bench, random: Random) -> None:
    """Hypothesis draws the schedule, and shrinks one that breaks a promise to the least that does."""
    schedule = draw(random, with_outage=False)
    assert judge(bench.carry_out(schedule)) == [], json.dumps(asdict(schedule), indent=1)


def test_a_schedule_follows_from_its_seed_and_number() -> None:
    assert asdict(schedule_of(7, 11)) == asdict(schedule_of(7, 11))
    assert asdict(schedule_of(7, 11)) != asdict(schedule_of(7, 12))


def test_every_fault_can_be_drawn() -> None:
    random = Random(1)
    drawn = {next(iter(fault_rules.draw(random)["fault"])) for _rule in range(2000)}
    assert drawn == faults.NAMES - fault_rules.NOT_DRAWN
