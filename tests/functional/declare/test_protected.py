# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A protected service is not deleted by any task, and protection costs nothing where nothing is deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.support.declarations import service, services, stored
from ansible_collections.zstack.aios.tests.support.harness import Result

TAG = "zstack.aios:protected"
UUID = "90d425a802ff44eeb530f21587633701"
PRUNE = {"prune": True, "prune_conditions": ["name~=chat%"], "prune_allow_empty": True}


def apply(platform: Platform, *items: dict[str, Any], check: bool = False, **params: Any) -> Result:
    """Apply a declaration."""
    return platform.run("model_services", {"model_services": list(items), **params}, check=check, diff=True)


def protected(platform: Platform) -> list[str]:
    """Return the names of the services that have the tag."""
    return [row["name"] for row in platform.sim.services() if TAG in row["userTags"]]


@pytest.fixture
def seeded(platform: Platform) -> Platform:
    """A platform with a protected service."""
    platform.sim.seed([stored(service("chat"), uuid=UUID, userTags=[TAG, "team"]), stored(service("chat-2"))])
    return platform


def test_protection_is_put_on_once_and_taken_off(platform: Platform) -> None:
    assert apply(platform, {**service("chat"), "protected": True})["msg"] == "1 created."
    assert protected(platform) == ["chat"]
    platform.sim.clear_log()
    assert not apply(platform, {"name": "chat", "protected": "yes"})["changed"]
    assert platform.writes() == []
    assert not apply(platform, {"name": "chat", "user_tags": []})["changed"]
    assert apply(platform, {"name": "chat", "protected": False})["results"][0]["changed_fields"] == ["protected"]
    assert protected(platform) == []
    assert not apply(platform, {"name": "chat", "protected": False})["changed"]


def test_a_plan_shows_that_protection_is_put_on(platform: Platform) -> None:
    platform.sim.seed([stored(service("chat"))])
    plan = apply(platform, {"name": "chat", "protected": True}, check=True)
    assert plan["msg"] == "1 to be updated."
    assert (plan["diff"][0]["before"], plan["diff"][0]["after"]) == ("protected: false\n", "protected: true\n")
    assert plan["plan_digest"] != apply(platform, {"name": "chat", "protected": False}, check=True)["plan_digest"]
    assert platform.writes() == []


def test_a_clone_is_protected_only_when_it_is_declared(seeded: Platform) -> None:
    apply(seeded, {"name": "one", "clone_from": "chat", "protected": True}, {"name": "two", "clone_from": "chat-2"})
    assert protected(seeded) == ["chat", "one"]


@pytest.mark.parametrize("item", [{"name": "chat"}, {"uuid": UUID}])
@pytest.mark.parametrize("check", [True, False])
def test_a_protected_service_is_not_deleted(seeded: Platform, item: dict[str, Any], check: bool) -> None:
    for module, params in (
        ("model_services", {"model_services": [{**item, "state": "absent"}]}),
        ("model_service", {**item, "state": "absent"}),
    ):
        result = seeded.run(module, params, check=check)
        assert result.failed
        assert "state: the service is protected; set protected: false to delete it" in result["msg"]
    assert seeded.writes() == []


def test_a_protected_service_is_deleted_once_its_protection_is_declared_off(seeded: Platform) -> None:
    assert apply(seeded, {"name": "chat", "state": "absent", "protected": False})["msg"] == "1 deleted."
    assert apply(seeded, {"name": "chat-2", "state": "absent"})["msg"] == "1 deleted."


@pytest.mark.parametrize("check", [True, False])
def test_a_protected_service_is_not_pruned(seeded: Platform, check: bool) -> None:
    result = apply(seeded, check=check, **PRUNE)
    assert result["failure"] == {"code": "protected", "candidates": 1}
    assert f'1 service that would be deleted is protected: "chat" ({UUID})' in result["msg"]
    assert seeded.writes() == []


def test_a_declared_service_that_is_protected_lets_others_be_pruned(seeded: Platform) -> None:
    assert apply(seeded, {"name": "chat"}, **PRUNE)["msg"] == "1 deleted, 1 unchanged."
    assert protected(seeded) == ["chat"]


def test_many_services_are_deleted_with_one_look_at_their_protection(platform: Platform) -> None:
    platform.sim.seed([stored(one) for one in services(200, "chat")])
    apply(platform, **{**PRUNE, "prune_limit": "100%"}, check=True)
    assert len([entry for entry in platform.sim.log() if entry["path"].endswith("/user-tags")]) == 1


def test_without_a_deletion_nobody_looks_at_protection(seeded: Platform) -> None:
    apply(seeded, {"name": "chat", "request_cpu": 9}, {"name": "gone", "state": "absent"}, service("new"))
    assert [entry for entry in seeded.sim.log() if entry["path"].endswith("/user-tags")] == []


@pytest.mark.parametrize("features", ["no-tags", "no-user-tags"])
def test_without_user_tags_a_new_service_is_protected_while_it_is_declared(
    platform_with: Callable[..., Platform], features: str
) -> None:
    platform = platform_with(features=features)
    result = apply(platform, {**service("chat"), "protected": True})
    assert result["msg"] == "1 created."
    assert "The protection of 1 service holds only while it is declared" in str(result["warnings"])
    assert apply(platform, {"name": "chat", "state": "absent"})["msg"] == "1 deleted."


def test_without_tags_a_service_stays_as_declared(platform_with: Callable[..., Platform]) -> None:
    platform = platform_with(features="no-tags")
    platform.sim.seed([stored(service("chat"))])
    result = apply(platform, {"name": "chat", "protected": True})
    assert result["msg"] == "1 unchanged."
    assert "does not have GET /v1/user-tags" in str(result["warnings"])
