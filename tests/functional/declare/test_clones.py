# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clones: what they take from their source, what they are given, and where the source is found."""

from __future__ import annotations

import pytest
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.simulator import constants

MODULE = "model_service"
SOURCE = {"name": "source", "requestCpu": 5, "framework": "vLLM", "modelCenterUuid": constants.MODEL_CENTER_UUID}


def test_what_is_not_given_is_taken_from_the_source(platform: Platform) -> None:
    [source] = platform.sim.seed([SOURCE])
    for name, clone_from in (("by name", "source"), ("by uuid", source)):
        result = platform.run(MODULE, {"name": name, "clone_from": clone_from, "request_memory": 4096})
        assert (result["action"], result["changed_fields"]) == ("cloned", ["name", "request_memory"])
        made = platform.service(name)
        assert (made["requestCpu"], made["framework"], made["requestMemory"]) == (5, "vLLM", 4096)
        assert made["uuid"] == result["model_service"]["uuid"] != source


def test_an_existing_service_is_not_cloned_again(platform: Platform) -> None:
    platform.sim.seed([SOURCE])
    params = {"name": "copy", "clone_from": "source", "service_livez": "/live", "user_tags": ["a"]}
    assert platform.run(MODULE, params)["action"] == "cloned"
    assert platform.write_kinds() == ["clone", "update"]
    platform.sim.clear_log()
    assert platform.run(MODULE, params)["action"] == "unchanged"
    assert platform.run(MODULE, {**params, "clone_from": "gone"})["action"] == "unchanged"
    assert platform.writes() == []


def test_a_source_that_is_missing_or_ambiguous_is_refused(platform: Platform) -> None:
    twins = platform.sim.seed([{"name": "twin"}, {"name": "twin"}])
    missing = platform.run(MODULE, {"name": "copy", "clone_from": "gone"})
    assert 'clone_from: no service on the platform or in this declaration has the name "gone"' in missing["msg"]
    unsure = platform.run(MODULE, {"name": "copy", "clone_from": "twin"})
    assert all(uuid in unsure["msg"] for uuid in twins)
    assert "cannot be cloned from itself" in platform.run(MODULE, {"name": "copy", "clone_from": "copy"})["msg"]
    assert platform.writes() == []


def test_what_a_clone_inherits_is_checked_against_the_source(platform: Platform) -> None:
    platform.sim.seed([SOURCE])
    params = {"name": "copy", "clone_from": "source"}
    result = platform.run(MODULE, {**params, "model_center": constants.SECOND_MODEL_CENTER_NAME})
    assert 'a clone takes it from its source "source"' in result["msg"]
    assert "it cannot be set for a clone" in platform.run(MODULE, {**params, "zone": constants.ZONE_NAME})["msg"]
    assert platform.writes() == []
    assert platform.run(MODULE, {**params, "model_center": constants.MODEL_CENTER_NAME})["action"] == "cloned"


def test_chains_are_cloned_in_order_whatever_the_order_of_the_declaration(platform: Platform) -> None:
    platform.sim.seed([SOURCE])
    chain = [
        {"name": "third", "clone_from": "second"},
        {"name": "second", "clone_from": "first", "request_cpu": 9},
        {"name": "first", "clone_from": "source", "framework": "SGLang"},
    ]
    assert platform.run("model_services", {"model_services": chain})["summary"]["cloned"] == 3
    third = platform.service("third")
    assert (third["requestCpu"], third["framework"]) == (9, "SGLang")
    platform.sim.clear_log()
    assert platform.run("model_services", {"model_services": chain})["summary"]["unchanged"] == 3
    assert platform.writes() == []


def test_a_cycle_of_clones_is_refused_and_shown(platform: Platform) -> None:
    cycle = [{"name": "a", "clone_from": "b"}, {"name": "b", "clone_from": "c"}, {"name": "c", "clone_from": "a"}]
    result = platform.run("model_services", {"model_services": cycle})
    assert "the clones form a cycle: a -> b -> c -> a" in result["msg"]
    assert platform.writes() == []


@pytest.mark.parametrize("clone_first", [True, False])
def test_a_clone_may_name_its_source_as_the_same_run_renames_it(platform: Platform, clone_first: bool) -> None:
    platform.sim.seed([{"name": "old", "description": "of the source"}])
    renamed = {"uuid": platform.service("old")["uuid"], "name": "new"}
    items = [{"name": "copy", "clone_from": "new"}, renamed]
    result = platform.run("model_services", {"model_services": items if clone_first else items[::-1]})
    assert not result.failed, result["msg"]
    assert platform.service("copy")["description"] == "of the source"
    assert platform.service("new")["uuid"] == renamed["uuid"]
    assert not platform.run("model_services", {"model_services": items})["changed"]
