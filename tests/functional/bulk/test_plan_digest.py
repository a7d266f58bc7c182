# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A digest of 64 characters approves a plan, and no other plan is applied with it."""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.support.declarations import service, services, stored

DECLARED: list[dict[str, Any]] = [
    *services(3, "old"),
    service("new"),
    {"name": "copy", "clone_from": "new"},
    {"name": "foreign-copy", "clone_from": "foreign"},
    {"name": "old-00003", "state": "absent"},
    {"name": "old-00004", "state": "absent"},
]
PRUNE = {"prune": True, "prune_conditions": ["name~=team-%"], "prune_limit": "100%"}


@pytest.fixture
def populated(platform: Platform) -> Platform:
    """A platform that DECLARED would change in each of the four ways."""
    platform.sim.seed([stored(one) for one in services(5, "old")])
    platform.sim.seed([stored(one) for one in services(2, "team")])
    platform.sim.seed([stored(service("foreign"))])
    return platform


def declared() -> list[dict[str, Any]]:
    """Return a declaration with one of each change."""
    changed = copy.deepcopy(DECLARED)
    changed[0]["request_cpu"] = 6
    return changed


def plan(platform: Platform, services: list[dict[str, Any]], **params: Any) -> str:
    """Return the digest of a plan."""
    result = platform.run("model_services", {"model_services": services, **params}, check=True)
    assert not result.failed, result["msg"]
    return str(result["plan_digest"])


def apply(platform: Platform, services: list[dict[str, Any]], digest: str, **params: Any) -> Any:
    """Apply with a digest."""
    return platform.run("model_services", {"model_services": services, "plan_digest": digest, **params})


def test_an_approved_plan_is_applied(populated: Platform) -> None:
    digest = plan(populated, declared(), **PRUNE)
    assert re.fullmatch("[0-9a-f]{64}", digest)
    result = apply(populated, declared(), digest, **PRUNE)
    assert not result.failed, result["msg"]
    assert {name: result["summary"][name] for name in ("created", "cloned", "updated", "deleted")} == {
        "created": 1,
        "cloned": 2,
        "updated": 1,
        "deleted": 4,
    }


def test_the_same_plan_has_the_same_digest_whatever_the_order_and_the_form(populated: Platform, tmp_path: Path) -> None:
    digest = plan(populated, declared())
    assert plan(populated, declared()) == digest
    shuffled = declared()
    random.Random(1).shuffle(shuffled)
    assert plan(populated, shuffled) == digest
    rewritten = [dict(reversed(one.items())) for one in declared()]
    rewritten[3]["request_cpu"] = "4"
    assert plan(populated, rewritten) == digest
    file = tmp_path / "s.yml"
    file.write_text(json.dumps(declared()), encoding="utf-8")
    assert plan(populated, [], src=[str(file)]) == digest


def test_a_service_that_is_not_declared_does_not_change_a_plan(populated: Platform) -> None:
    digest = plan(populated, declared())
    populated.sim.seed([stored(service("bystander"))])
    assert not apply(populated, declared(), digest).failed


def another_value(platform: Platform, services: list[dict[str, Any]]) -> None:
    services[3]["request_cpu"] = 5


def another_service(platform: Platform, services: list[dict[str, Any]]) -> None:
    services.append(service("one-more"))


def one_less(platform: Platform, services: list[dict[str, Any]]) -> None:
    del services[4]


def touched_meanwhile(platform: Platform, services: list[dict[str, Any]]) -> None:
    change = {"name": "old-00000", "description": "by another hand"}
    assert not platform.run("model_services", {"model_services": [change]}).failed


def source_touched_meanwhile(platform: Platform, services: list[dict[str, Any]]) -> None:
    change = {"name": "foreign", "description": "by another hand"}
    assert not platform.run("model_services", {"model_services": [change]}).failed


def done_meanwhile(platform: Platform, services: list[dict[str, Any]]) -> None:
    assert not platform.run("model_services", {"model_services": [service("new")]}).failed


def gone_meanwhile(platform: Platform, services: list[dict[str, Any]]) -> None:
    assert not platform.run("model_services", {"model_services": [{"name": "old-00003", "state": "absent"}]}).failed


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (another_value, "the declaration"),
        (another_service, "the declaration; the actions"),
        (one_less, "the declaration; the actions"),
        (touched_meanwhile, "the current state of the services concerned"),
        (source_touched_meanwhile, "the current state of the services concerned"),
        (done_meanwhile, "the current state of the services concerned; the actions"),
        (gone_meanwhile, "the current state of the services concerned; the actions"),
    ],
)
def test_a_plan_that_has_changed_is_refused_with_what_changed(
    populated: Platform, change: Callable[..., None], words: str
) -> None:
    digest = plan(populated, declared())
    later = declared()
    change(populated, later)
    populated.sim.clear_log()
    result = apply(populated, later, digest)
    assert result.failed
    assert result["failure"]["code"] == "plan_changed"
    assert f"in these parts: {words}." in result["msg"]
    assert 'to be updated ("old-00000")' in result["msg"], "the plan as it is now is not shown"
    assert populated.writes() == []
    assert result["failure"]["plan_digest"] == plan(populated, later)


@pytest.mark.parametrize("scope", [{"prune_conditions": ["name~=foreign"]}, {"prune": False}])
def test_another_scope_is_another_plan(populated: Platform, scope: dict[str, Any]) -> None:
    digest = plan(populated, declared(), **PRUNE)
    result = apply(populated, declared(), digest, **{**PRUNE, **scope})
    assert result["failure"]["code"] == "plan_changed"
    assert "scope" in result["msg"]
    assert populated.writes() == []


def test_the_digest_for_one_platform_is_refused_on_another(populated: Platform, platform_with: Any) -> None:
    digest = plan(populated, [service("same")])
    other = platform_with(context_path="/aios")
    result = apply(other, [service("same")], digest)
    assert result["failure"]["code"] == "plan_changed"
    assert "the platform's address" in result["msg"]
    assert other.writes() == []


@pytest.mark.parametrize("digest", ["yes", "0" * 63, "G" * 64])
def test_a_text_that_is_not_a_digest_is_refused(populated: Platform, digest: str) -> None:
    result = apply(populated, declared(), digest)
    assert result["failure"]["code"] == "plan_changed"
    assert "is not the digest of a plan (64 hexadecimal digits)" in result["msg"]
    assert populated.writes() == []


def test_a_digest_can_be_applied_once(populated: Platform) -> None:
    digest = plan(populated, declared())
    assert not apply(populated, declared(), digest).failed
    populated.sim.clear_log()
    assert apply(populated, declared(), digest).failed
    assert populated.writes() == []


def test_an_empty_declaration_has_a_plan_too(populated: Platform) -> None:
    approved = plan(populated, [])
    assert not apply(populated, [], approved).failed
    assert "the declaration" in apply(populated, [service("new")], approved)["msg"]
    assert "the declaration" in apply(populated, [], plan(populated, [service("new")]))["msg"]
    assert populated.writes() == []


def test_check_mode_compares_a_plan_with_a_digest_too(populated: Platform) -> None:
    digest = plan(populated, declared())
    params = {"model_services": [*declared(), service("more")], "plan_digest": digest}
    assert populated.run("model_services", params, check=True)["failure"]["code"] == "plan_changed"


def test_an_empty_digest_allows_every_plan(populated: Platform) -> None:
    assert not apply(populated, declared(), "").failed
