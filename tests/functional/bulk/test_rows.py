# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows show a uuid only where there is one, the code of each error, and the fields that changed."""

from __future__ import annotations

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._common.text import MASK
from ansible_collections.zstack.aios.plugins.module_utils._model.redaction import OTHER
from ansible_collections.zstack.aios.tests.conftest import Platform

CHAT = {
    "name": "chat",
    "yaml": "a: 1",
    "request_cpu": 1,
    "request_memory": 1,
    "model_center": "model-center-1",
    "install_path": "/m",
    "start_command": "run",
}


def test_a_planned_creation_has_no_uuid_and_a_real_one_has_the_platforms(platform: Platform) -> None:
    planned = platform.run("model_services", {"model_services": [CHAT]}, check=True)
    assert planned["results"] == [{"name": "chat", "action": "created"}]
    done = platform.run("model_services", {"model_services": [CHAT]})
    assert done["results"] == [{"name": "chat", "action": "created", "uuid": platform.service("chat")["uuid"]}]


def test_pruned_services_come_by_name(platform: Platform) -> None:
    platform.sim.seed([{"name": name} for name in ("c", "a", "b")])
    prune = {"prune": True, "prune_conditions": ["name~=%"], "prune_allow_empty": True}
    result = platform.run("model_services", {"model_services": [], **prune}, check=True)
    assert [row["name"] for row in result["results"]] == ["a", "b", "c"]


def test_a_clone_of_a_cycle_of_clones_is_refused_and_not_waited_for(platform: Platform) -> None:
    cycle = [{"name": "a", "clone_from": "b"}, {"name": "b", "clone_from": "a"}]
    tail = {"name": "c", "clone_from": "a", "model_center": "model-center-1"}
    result = platform.run("model_services", {"model_services": [*cycle, tail]})
    assert result.failed and "the clones form a cycle" in result["msg"]
    assert not platform.writes()


def test_a_failed_job_is_reported_with_its_code_and_request(platform: Platform) -> None:
    error = {"job_error": {"code": "SYS.1007", "details": "not enough GPU"}}
    platform.sim.faults([{"match": {"kind": "add"}, "fault": error}])
    result = platform.run("model_services", {"model_services": [CHAT]})
    (row,) = result["results"]
    assert (row["action"], row["error_code"], result["changed"]) == ("failed", "SYS.1007", False)
    assert row["error"].startswith("POST /v1/ai/model-services failed (HTTP 503, job ")
    assert "not enough GPU" in row["error"]


def test_a_field_that_is_resent_with_a_new_yaml_is_no_change(platform: Platform) -> None:
    platform.run("model_services", {"model_services": [{**CHAT, "yaml": "services: [{x: 1}]", "service_livez": "/h"}]})
    result = platform.run(
        "model_services", {"model_services": [{"name": "chat", "yaml": "services: [{x: 2}]", "service_livez": "/h"}]}
    )
    assert result["results"][0]["changed_fields"] == ["yaml"]
    assert "livez: /h" in platform.service("chat")["yaml"]


@pytest.mark.parametrize(
    ("field", "old", "new"),
    [
        ("yaml", "env: [HF_TOKEN=0ld, DB_PASSWORD=same]", "env: [HF_TOKEN=n3w, DB_PASSWORD=same]"),
        ("yaml", "env: [HF_TOKEN=0ld, DB_PASSWORD=same]", f"env: [HF_TOKEN=n3w, DB_PASSWORD={MASK}]"),
        (
            "environment_parameters",
            {"HF_TOKEN": "0ld", "DB_PASSWORD": "same"},
            {"HF_TOKEN": "n3w", "DB_PASSWORD": MASK},
        ),
    ],
)
def test_the_diff_shows_which_secret_changes(platform: Platform, field: str, old: object, new: object) -> None:
    platform.run("model_services", {"model_services": [{**CHAT, field: old}]})
    result = platform.run("model_services", {"model_services": [{"name": "chat", field: new}]}, diff=True)
    assert result["results"][0]["changed_fields"] == [field]
    (diff,) = result["diff"]
    assert (diff["before"].count(OTHER), diff["before"].count(MASK)) == (0, 2)
    assert (diff["after"].count(OTHER), diff["after"].count(MASK)) == (1, 2)
    assert not any(secret in str(diff) for secret in ("0ld", "n3w", "same"))
    again = platform.run("model_services", {"model_services": [{"name": "chat", field: new}]})
    assert not again["changed"]


def test_the_tags_of_a_new_service_are_verified(platform: Platform) -> None:
    platform.run("model_services", {"model_services": [{**CHAT, "user_tags": ["t"]}]})
    assert [entry["path"] for entry in platform.sim.log() if "user-tags" in entry["path"]]
