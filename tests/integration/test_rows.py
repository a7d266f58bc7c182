# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows tell of a uuid only where there is one."""

from __future__ import annotations

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
