# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Listings are complete, also where the platform does not send their total (platform.query_total)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.support.samples import QUICK, rule

INFO = "model_service_info"


def seeded(platform: Platform, number: int) -> Platform:
    """Return a platform with so many services."""
    platform.sim.seed({"name": f"s{index:04}"} for index in range(number))
    return platform


@pytest.mark.parametrize("number", [0, 3, 999, 1000, 1001, 2500])
def test_a_listing_without_a_total_is_read_to_its_end(platform_with: Callable[..., Platform], number: int) -> None:
    platform = seeded(platform_with(features="no-total"), number)
    found = platform.run(INFO, {})
    assert not found.failed, found["msg"]
    assert (found["total"], len(found["model_services"])) == (number, number)
    assert len({row["uuid"] for row in found["model_services"]}) == number


def test_a_listing_without_a_total_costs_no_further_request(platform_with: Callable[..., Platform]) -> None:
    platform = seeded(platform_with(features="no-total"), 3)
    platform.run(INFO, {})
    assert platform.sim.stats()["kinds"]["query"] == 1


@pytest.mark.parametrize(
    "params", [{"limit": 2}, {"limit": 5, "start": 1}, {"limit": 3}, {"limit": 0}, {"start": 9, "limit": 1}]
)
@pytest.mark.parametrize("condition", [[], ["name~=s000%"]])
def test_a_page_without_a_total_is_counted(
    platform_with: Callable[..., Platform], params: dict[str, int], condition: list[str]
) -> None:
    totals = []
    for features in ("", "no-total"):
        platform = seeded(platform_with(features=features), 3)
        found = platform.run(INFO, {**params, "conditions": condition})
        totals.append((found["total"], [row["name"] for row in found["model_services"]]))
    assert totals[0][0] == totals[1][0] == 3
    assert len(totals[0][1]) == len(totals[1][1])


def test_a_bulk_run_on_a_platform_without_totals_converges(platform_with: Callable[..., Platform]) -> None:
    platform = seeded(platform_with(features="no-total"), 1200)
    items = [{"name": f"s{index:04}", "request_cpu": 3 if index == 1100 else None} for index in range(1200)]
    result = platform.run("model_services", {"model_services": items})
    assert (result["summary"]["updated"], result["summary"]["unchanged"]) == (1, 1199), result["msg"]


@pytest.mark.parametrize(
    ("params", "body", "text"),
    [
        ({"count_only": True}, {"schema": {}}, "the response has no total"),
        ({}, {"total": 7}, "the response has no list of inventories"),
        ({}, {"inventories": [{"name": "x"}], "total": 1}, "the response has no uuid in each row"),
    ],
)
def test_a_response_that_lacks_something_says_so_and_does_not_blame_the_address(
    platform: Platform, params: dict[str, Any], body: dict[str, Any], text: str
) -> None:
    platform.sim.faults([rule("query", {"status": {"code": 200, "body": json.dumps(body)}}, times=0)])
    result = platform.run(INFO, {**QUICK, **params})
    assert result.failed
    assert text in result["msg"]
    assert "(HTTP 200)" in result["msg"]
    for wrong in ("check that host", "failed (HTTP 200)", "refused"):
        assert wrong not in result["msg"]
