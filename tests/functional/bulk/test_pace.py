# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pace follows what the platform can take, and what is refused on the way is done all the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.support.declarations import services


@pytest.mark.parametrize("overload", ["429", "503", "html503"])
def test_a_platform_that_takes_six_at_a_time_is_served_by_eight_workers(
    platform_with: Callable[..., Platform], overload: str
) -> None:
    platform = platform_with(max_in_flight=6, overload=overload, request_latency=0.005)
    result = platform.run("model_services", {"model_services": services(250), "concurrency": 8})
    assert not result.failed, result["msg"]
    assert result["summary"]["created"] == 250
    assert sorted(row["name"] for row in platform.sim.services()) == [one["name"] for one in services(250)]
    stats = platform.sim.stats()
    assert stats["in_flight_maximum"] == 6
    assert stats["refused"] > 0, "the platform was never strained, so that the test shows nothing"
    assert stats["refused"] <= 0.05 * stats["requests"]


def test_a_platform_that_takes_one_at_a_time_is_served_too(platform_with: Callable[..., Platform]) -> None:
    platform = platform_with(max_in_flight=1, request_latency=0.005)
    result = platform.run("model_services", {"model_services": services(20), "concurrency": 8})
    assert not result.failed, result["msg"]
    assert result["summary"]["created"] == 20 == len(platform.sim.services())


def test_a_passing_outage_is_waited_for(platform: Platform) -> None:
    outage = {"status": {"code": 502, "body": "<html>Bad Gateway</html>"}}
    platform.sim.faults([{"match": {"kind": "add", "nth": 5, "times": 12}, "fault": outage}])
    result = platform.run("model_services", {"model_services": services(40)})
    assert not result.failed, result["msg"]
    assert len(platform.sim.services()) == 40
    assert platform.sim.fault_rules()[0]["fired"] == 12
