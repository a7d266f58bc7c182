# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A job is polled when jobs of its kind have ended so far: few requests, and no service waits for another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._rest.jobs import SCOUTS
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.support.declarations import service, services
from ansible_collections.zstack.aios.tests.support.samples import rule


def polls(platform: Platform) -> Counter[str]:
    """Return how often each job was polled."""
    return Counter(str(entry["job"]) for entry in platform.sim.log() if entry["kind"] == "poll")


def apply(platform: Platform, declared: list[dict[str, Any]], **params: Any) -> Any:
    """Apply declarations and return the result, which must be a success."""
    result = platform.run("model_services", {"model_services": declared, **params})
    assert not result.failed, result["msg"]
    return result


def test_many_jobs_cost_little_more_than_their_creation_and_one_poll(platform_with: Callable[..., Platform]) -> None:
    platform = platform_with(job_seconds=0.5)
    count, at_once = 96, 32
    result = apply(platform, services(count), concurrency=8)
    assert result["summary"]["created"] == count == len(platform.sim.services())
    assert result["summary"]["requests"] <= 2.6 * count
    # Three waves of 32 jobs of half a second each, and not much more.
    assert result["summary"]["seconds"] <= count / at_once * 0.5 * 1.6


def test_only_the_first_jobs_of_a_kind_are_polled_often(platform_with: Callable[..., Platform]) -> None:
    platform = platform_with(job_seconds=1.0)
    apply(platform, services(24), concurrency=8)
    often = [job for job, times in polls(platform).items() if times > 2]
    assert len(polls(platform)) == 24
    assert 1 <= len(often) <= SCOUTS


@pytest.mark.parametrize("stuck", ["job_stuck", "job_stuck_after"])
def test_a_job_is_polled_before_its_time_runs_out_although_the_first_ones_never_end(
    platform: Platform, stuck: str
) -> None:
    platform.sim.faults([rule("add", stuck, times=SCOUTS)])
    result = platform.run("model_services", {"model_services": services(8), "job_timeout": 1})
    faulty = {str(write["job"]) for write in platform.writes() if write["fault"]}
    others = {str(write["job"]) for write in platform.writes()} - faulty
    assert (len(faulty), len(others)) == (SCOUTS, 8 - SCOUTS)
    assert all(polls(platform)[job] == 1 for job in others)
    assert result["summary"]["created"] == (8 - SCOUTS if stuck == "job_stuck" else 8)
    assert result["summary"]["unknown"] == 8 - result["summary"]["created"]


def test_a_platform_that_is_not_ready_at_first_does_not_keep_later_jobs_waiting(platform: Platform) -> None:
    platform.sim.faults([rule("add", {"job_error": {"code": "SYS.1010"}}, times=SCOUTS)])
    result = apply(platform, [service("chat")])
    assert len(platform.writes()) == SCOUTS + 1
    assert result["summary"]["seconds"] < 4
