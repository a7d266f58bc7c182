# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Queries of instance groups, and waiting for them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.support.samples import KEY, QUICK

MODULE = "model_service_instance_group_info"


def query(platform: Platform, **params: Any) -> Any:
    """Return the result of a query, which must succeed and write nothing."""
    result = platform.run(MODULE, params)
    assert not result.failed, result["msg"]
    assert result["changed"] is False
    assert platform.writes() == []
    return result


def names(platform: Platform, **params: Any) -> list[str]:
    """Return the names of the groups found."""
    return sorted(row["name"] for row in query(platform, **params)["model_service_instance_groups"])


@pytest.fixture
def stocked(platform: Platform) -> Platform:
    """A platform with two services, three groups that run, and one that starts without a service."""
    chat, embed = platform.sim.seed([{"name": "chat"}, {"name": "embed"}])
    platform.sim.seed_groups(
        [
            {"name": "blue", "modelServiceUuid": chat},
            {"name": "green", "modelServiceUuid": chat, "type": "BareMetal2"},
            {"name": "blue", "modelServiceUuid": embed, "yaml": "env: ['HF_TOKEN:s3cr3t-of-the-group']"},
            {"name": "left", "status": "Starting"},
        ]
    )
    platform.sim.clear_log()
    return platform


def test_groups_are_found_by_name_uuid_service_and_conditions(stocked: Platform) -> None:
    assert names(stocked) == ["blue", "blue", "green", "left"]
    assert names(stocked, name="blue") == ["blue", "blue"]
    assert names(stocked, name="Blue") == []
    assert names(stocked, model_service="chat") == ["blue", "green"]
    assert names(stocked, model_service=stocked.service("embed")["uuid"]) == ["blue"]
    assert names(stocked, conditions=["status!=Running"]) == ["left"]
    assert names(stocked, conditions=["model_service_uuid is null"]) == ["left"]
    assert names(stocked, model_service="chat", conditions=["type=BareMetal2"]) == ["green"]
    uuid = next(group["uuid"] for group in stocked.sim.groups() if group["name"] == "green")
    assert names(stocked, uuid=uuid) == ["green"]


def test_a_group_shows_its_instances_with_their_addresses_and_no_secrets(stocked: Platform) -> None:
    result = query(stocked, model_service="embed")
    [group] = result["model_service_instance_groups"]
    [instance] = group["instances"]
    assert group["status"] == instance["status"] == "Running"
    assert instance["url"].startswith("http://")
    assert {"url_maps", "internal_url", "jupyter_url", "vm_instance_uuid", "node_rank"} <= set(instance)
    assert "s3cr3t-of-the-group" not in json.dumps(result)


def test_results_are_sorted_cut_and_selected(stocked: Platform) -> None:
    result = query(stocked, sort_by="name", sort_direction="desc", limit=2, fields=["status"])
    assert [row["name"] for row in result["model_service_instance_groups"]] == ["left", "green"]
    assert set(result["model_service_instance_groups"][0]) == {"uuid", "name", "status"}
    assert result["total"] == 4


@pytest.mark.parametrize("path", ["slash", "plain", "both"])
@pytest.mark.parametrize("credentials", [{}, KEY], ids=["account", "access key"])
def test_both_spellings_of_the_path_are_found(
    platform_with: Callable[..., Platform], path: str, credentials: dict[str, Any]
) -> None:
    platform = platform_with()
    platform.sim.reset(features=f"groups-path:{path}")
    platform.sim.seed_groups([{"name": "blue"}])
    assert names(platform, **credentials) == ["blue"]


def test_waiting_ends_when_all_instances_run(platform: Platform) -> None:
    platform.sim.reset(group_seconds=1, group_instances=2, instance_lag=0.5)
    [chat] = platform.sim.seed([{"name": "chat"}])
    deployed = platform.run(
        "model_service_instance_group",
        {"model_service": "chat", "name": "blue", "zone": "zone-1", "type": "Container", "wait": False},
    )
    assert not deployed.failed, deployed["msg"]
    result = platform.run(MODULE, {"model_service": chat, "wait_for": "running", "wait_timeout": 20})
    assert not result.failed, result["msg"]
    [group] = result["model_service_instance_groups"]
    assert [instance["status"] for instance in group["instances"]] == ["Running", "Running"]


def test_a_timeout_names_the_last_status_of_each_group(stocked: Platform) -> None:
    result = stocked.run(MODULE, {"wait_for": "running", "wait_timeout": 1})
    assert result.failed
    assert "1 of 4 instance groups do not run after 1 s" in result["msg"]
    assert '"left" (' in result["msg"]
    assert 'last status "Starting", since ' in result["msg"]
    assert result["failure"]["code"] == "not_running"


def test_waiting_for_no_group_at_all_ends_too(stocked: Platform) -> None:
    result = stocked.run(MODULE, {"name": "nobody", "wait_for": "running", "wait_timeout": 1})
    assert "no instance group met the conditions within 1 s" in result["msg"]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"model_service": "nobody"}, 'no model service has the name or UUID "nobody"'),
        ({"conditions": ["replicas=2"]}, '"replicas" is not a field that can be queried'),
        ({"wait_for": "stopped"}, "value of wait_for must be one of: running, got: stopped"),
        ({"wait_for": "running", "wait_timeout": 0}, "wait_timeout: 0 is less than one second"),
    ],
)
def test_bad_questions_are_refused(stocked: Platform, params: dict[str, Any], message: str) -> None:
    result = stocked.run(MODULE, {**params, **QUICK})
    assert result.failed
    assert message in result["msg"]


def test_a_platform_without_groups_says_so(platform: Platform) -> None:
    platform.sim.reset(features="no-groups")
    result = platform.run(MODULE, {})
    assert "this platform has no instance groups" in result["msg"]
    assert result["failure"]["code"] == "groups_not_offered"
