# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Models of a service: bound and unbound one by one, verified, and refused where the platform cannot (platform.bindings)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.simulator import constants
from ansible_collections.zstack.aios.tests.support.samples import NEW, rule

MODULE = "model_service"
ONE, OTHER = constants.MODEL_UUID, constants.SECOND_MODEL_UUID
BOUND = {"name": "chat", "modelServiceRefs": [{"modelUuid": ONE}]}


def models(platform: Platform, name: str = "chat") -> list[str]:
    """Return the uuids of the models that a service is bound to."""
    return sorted(reference["modelUuid"] for reference in platform.service(name)["modelServiceRefs"])


def kinds(platform: Platform) -> list[str]:
    """Return the kinds of the writes since the last call."""
    found = platform.write_kinds()
    platform.sim.clear_log()
    return found


@pytest.mark.parametrize("features", ["", "unbind-inventory"])
def test_models_are_bound_and_unbound_one_by_one_and_then_left_alone(
    platform_with: Callable[..., Platform], features: str
) -> None:
    platform = platform_with(features=features)
    platform.sim.seed([BOUND])
    for declared, writes in (([OTHER, ONE], ["bind"]), ([ONE, OTHER], []), ([OTHER], ["unbind"]), ([], ["unbind"])):
        result = platform.run(MODULE, {"name": "chat", "model_uuids": declared})
        assert (result["changed"], result["changed_fields"]) == (bool(writes), ["model_uuids"] if writes else [])
        assert sorted(result["model_service"]["model_uuids"]) == models(platform) == sorted(declared)
        assert len(result["model_service"]["model_service_refs"]) == len(declared)
        assert kinds(platform) == writes


def test_another_model_is_bound_before_the_old_one_is_unbound(platform: Platform) -> None:
    platform.sim.seed([BOUND])
    declared = {"name": "chat", "models": [constants.SECOND_MODEL_NAME], "request_cpu": 7}
    result = platform.run(MODULE, declared)
    assert result["changed_fields"] == ["request_cpu", "model_uuids"]
    assert kinds(platform) == ["update", "bind", "unbind"]
    assert models(platform) == [OTHER]
    assert platform.run(MODULE, declared)["action"] == "unchanged"
    assert kinds(platform) == []


def test_check_mode_shows_the_models_before_and_after_and_writes_nothing(platform: Platform) -> None:
    platform.sim.seed([BOUND])
    plan = platform.run(MODULE, {"name": "chat", "model_uuids": [OTHER]}, check=True, diff=True)
    assert (plan["action"], plan["changed_fields"]) == ("updated", ["model_uuids"])
    assert plan["model_service"]["model_uuids"] == [OTHER]
    assert ONE in plan["diff"]["before"]
    assert OTHER in plan["diff"]["after"]
    assert kinds(platform) == []


def test_a_clone_with_other_models_than_its_source_is_completed(platform: Platform) -> None:
    platform.sim.seed([BOUND])
    items: list[dict[str, Any]] = [
        {"name": "copy", "clone_from": "chat", "model_uuids": [OTHER]},
        {"name": "copy-of-copy", "clone_from": "copy", "model_uuids": [OTHER]},
        {"name": "same", "clone_from": "chat", "model_uuids": [ONE]},
    ]
    result = platform.run("model_services", {"model_services": items}, diff=True)
    assert result["summary"]["cloned"] == 3, result
    assert sorted(kinds(platform)) == ["bind", "clone", "clone", "clone", "unbind"]
    assert (models(platform, "copy"), models(platform, "copy-of-copy")) == ([OTHER], [OTHER])
    assert models(platform, "same") == models(platform) == [ONE]
    assert not platform.run("model_services", {"model_services": items})["changed"]
    assert kinds(platform) == []


def test_models_that_a_creation_ignores_are_bound_after_it(platform_with: Callable[..., Platform]) -> None:
    platform = platform_with(features="add-ignore-field:modelUuids")
    result = platform.run(MODULE, {**NEW, "name": "chat", "model_uuids": [ONE, OTHER]})
    assert result["action"] == "created", result["msg"]
    assert "model_uuids" in result["changed_fields"]
    assert kinds(platform) == ["add", "bind", "bind"]
    assert models(platform) == sorted([ONE, OTHER])


def test_models_that_arrive_with_a_creation_cost_no_further_request(platform: Platform) -> None:
    platform.run(MODULE, {**NEW, "name": "chat"})
    without = len(platform.sim.log())
    platform.sim.reset()
    platform.run(MODULE, {**NEW, "name": "chat", "model_uuids": [ONE]})
    assert len(platform.sim.log()) == without


def test_a_binding_that_the_platform_only_reports_is_an_error(platform: Platform) -> None:
    platform.sim.seed([BOUND])
    nothing = {"status": {"code": 200, "body": json.dumps({"inventory": {}})}}
    platform.sim.faults([rule("bind", nothing, times=0)])
    result = platform.run(MODULE, {"name": "chat", "model_uuids": [ONE, OTHER]})
    assert (result.failed, result["failure"]["code"]) == (True, "ignored_fields")
    assert "reported success but ignored model_uuids" in result["msg"]


@pytest.mark.parametrize("fault", ["close_after", "job_lost", {"job_error_after": {"code": "SYS.1012"}}])
@pytest.mark.parametrize(("kind", "declared"), [("bind", [ONE, OTHER]), ("unbind", [])])
def test_a_binding_whose_response_is_lost_is_looked_up(
    platform: Platform, kind: str, declared: list[str], fault: Any
) -> None:
    platform.sim.seed([BOUND])
    platform.sim.faults([rule(kind, fault)])
    result = platform.run(MODULE, {"name": "chat", "model_uuids": declared})
    assert result["action"] == "updated", result["msg"]
    assert models(platform) == sorted(declared)
    assert [effect["kind"] for effect in platform.sim.effects()] == [kind]


@pytest.mark.parametrize("check", [True, False])
def test_a_platform_without_the_call_is_refused_by_name_before_any_write(
    platform_with: Callable[..., Platform], check: bool
) -> None:
    platform = platform_with(features="no-bind")
    platform.sim.seed([BOUND, {**BOUND, "name": "other"}])
    items: list[dict[str, Any]] = [
        {"name": "chat", "model_uuids": [OTHER], "request_cpu": 9},
        {"name": "other", "request_cpu": 9},
        {"name": "copy", "clone_from": "other", "model_uuids": [OTHER]},
        {"name": "wrong", "clone_from": "nobody"},
    ]
    result = platform.run("model_services", {"model_services": items}, check=check)
    assert result.failed
    for name in ("chat", "copy"):
        assert f'"{name}" (model_services[' in result["msg"]
    assert "model_uuids: this platform has no call to bind or unbind models" in result["msg"]
    assert '"nobody"' in result["msg"]
    assert kinds(platform) == []


def test_a_platform_without_the_call_takes_declared_models_that_need_no_change(
    platform_with: Callable[..., Platform],
) -> None:
    platform = platform_with(features="no-bind")
    platform.sim.seed([BOUND])
    items: list[dict[str, Any]] = [
        {"name": "chat", "model_uuids": [ONE]},
        {**NEW, "name": "new", "models": [constants.MODEL_NAME]},
        {"name": "copy", "clone_from": "chat", "models": [constants.MODEL_NAME]},
    ]
    result = platform.run("model_services", {"model_services": items})
    assert not result.failed, result["msg"]
    assert sorted(kinds(platform)) == ["add", "clone"]
    assert models(platform, "new") == models(platform, "copy") == [ONE]
