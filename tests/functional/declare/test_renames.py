# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service with previous names is renamed once, wherever it still has one of them, and is never created twice."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.support.declarations import service, stored

OLD = "90d425a802ff44eeb530f21587633701"
OTHER = "90d425a802ff44eeb530f21587633702"
RENAMED = {"name": "chat-large", "previous_names": ["chat", "talk"]}


def names(platform: Platform) -> dict[str, str]:
    """Return the name of each service on the platform by uuid."""
    return {row["uuid"]: row["name"] for row in platform.sim.services()}


@pytest.mark.parametrize("module", ["model_service", "model_services"])
def test_a_service_is_renamed_once(platform: Platform, module: str) -> None:
    platform.sim.seed([stored(service("talk"), uuid=OLD)])
    params: dict[str, Any] = RENAMED if module == "model_service" else {"model_services": [RENAMED]}
    planned = platform.run(module, params, check=True, diff=True)
    diff = planned["diff"] if module == "model_service" else planned["diff"][0]
    assert (diff["before"], diff["after"]) == ("name: talk\n", "name: chat-large\n")
    assert platform.writes() == []
    assert platform.run(module, params)["changed"]
    assert names(platform) == {OLD: "chat-large"}
    platform.sim.clear_log()
    assert not platform.run(module, params)["changed"]
    assert platform.writes() == []


def test_a_rename_is_reported_as_an_update_with_the_uuid(platform: Platform) -> None:
    platform.sim.seed([stored(service("chat"), uuid=OLD)])
    result = platform.run("model_services", {"model_services": [{**RENAMED, "request_cpu": 16}]})
    assert result["results"] == [
        {"name": "chat-large", "action": "updated", "uuid": OLD, "changed_fields": ["name", "request_cpu"]}
    ]
    assert result["uuids"] == {"chat-large": OLD}


@pytest.mark.parametrize("module", ["model_service", "model_services"])
def test_a_service_without_any_of_its_names_is_created(platform: Platform, module: str) -> None:
    item = {**service("chat-large"), "previous_names": ["chat"]}
    platform.run(module, item if module == "model_service" else {"model_services": [item]})
    assert list(names(platform).values()) == ["chat-large"]


@pytest.mark.parametrize("module", ["model_service", "model_services"])
def test_services_of_both_names_are_refused(platform: Platform, module: str) -> None:
    platform.sim.seed([stored(service("chat-large"), uuid=OLD), stored(service("chat"), uuid=OTHER)])
    result = platform.run(module, RENAMED if module == "model_service" else {"model_services": [RENAMED]})
    assert result.failed
    assert f'"chat-large" ({OLD}), "chat" ({OTHER})' in result["msg"]
    assert platform.writes() == []


def test_a_renamed_service_is_kept_by_prune(platform: Platform) -> None:
    platform.sim.seed([stored(service("chat"), uuid=OLD), stored(service("chat-old"), uuid=OTHER)])
    params = {"model_services": [RENAMED], "prune": True, "prune_conditions": ["name~=chat%"]}
    assert platform.run("model_services", params)["summary"]["deleted"] == 1
    assert names(platform) == {OLD: "chat-large"}


def test_names_are_swapped_by_uuid(platform: Platform) -> None:
    platform.sim.seed([stored(service("a"), uuid=OLD), stored(service("b"), uuid=OTHER)])
    items = [{"uuid": OLD, "name": "b"}, {"uuid": OTHER, "name": "a"}]
    assert platform.run("model_services", {"model_services": items})["summary"]["updated"] == 2
    assert names(platform) == {OLD: "b", OTHER: "a"}


def test_a_clone_is_made_of_a_service_by_its_new_name(platform: Platform) -> None:
    platform.sim.seed([stored(service("chat"), uuid=OLD)])
    items = [{"name": "copy", "clone_from": "chat-large"}, RENAMED]
    assert platform.run("model_services", {"model_services": items})["msg"] == "1 cloned, 1 updated."
    assert sorted(names(platform).values()) == ["chat-large", "copy"]


def test_the_digest_of_a_plan_depends_on_the_previous_names(platform: Platform) -> None:
    platform.sim.seed([stored(service("chat-large"))])
    digests = {
        platform.run("model_services", {"model_services": [item]}, check=True)["plan_digest"]
        for item in (RENAMED, {**RENAMED, "previous_names": ["chat"]}, {"name": "chat-large"})
    }
    assert len(digests) == 3


@pytest.mark.parametrize(("more", "hinted"), [({}, True), ({"request_cpu": 64}, False)])
@pytest.mark.parametrize("limit", ["5", "0"])
def test_prune_warns_of_a_service_that_was_renamed_by_hand(
    platform: Platform, more: dict[str, Any], hinted: bool, limit: str
) -> None:
    platform.sim.seed([stored({**service("chat"), "name": "talk"}, uuid=OLD)])
    params = {"prune": True, "prune_conditions": ["name~=talk%"], "prune_limit": limit}
    result = platform.run("model_services", {"model_services": [service("chat", **more)], **params}, check=True)
    hints = [text for text in result.get("warnings", []) if 'previous_names: ["talk"]' in str(text)]
    assert len(hints) == hinted
    assert result.failed == (limit == "0")
