# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two runs over one declaration at the same time do everything once: on one machine in turn, on two side by side."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.support.samples import NEW

ITEMS = [{**NEW, "name": f"s{number}"} for number in range(10)]
_DRIVER = """
import json, sys
from ansible_collections.zstack.aios.tests.support.harness import run_module
module, params = json.load(sys.stdin)
print(json.dumps(run_module(module, params)))
"""


def at_once(platform: Platform, folders: list[Path], module: str, params: dict[str, Any]) -> list[dict[str, Any]]:
    """Run a module once for each folder, all at the same time, and return the results.

    The folders are for temporary files: runs that share one are on one machine, the others on machines of their own.
    """
    pipe = subprocess.PIPE
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _DRIVER],
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            text=True,
            env={**os.environ, "TMPDIR": str(folder)},
        )
        for folder in folders
    ]
    outputs = []
    for process in processes:
        assert process.stdin
        process.stdin.write(json.dumps([module, {**platform.connection, **params}]))
        process.stdin.close()
        process.stdin = None
    for process in processes:
        output, errors = process.communicate(timeout=60)
        assert "Traceback" not in errors
        outputs.append(dict(json.loads(output)))
    return outputs


@pytest.fixture
def machines(tmp_path: Path) -> list[Path]:
    """The folders for temporary files of two machines."""
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    return folders


@pytest.mark.parametrize("shared", [True, False], ids=["one machine", "two machines"])
def test_each_service_is_created_once(
    platform_with: Callable[..., Platform], machines: list[Path], shared: bool
) -> None:
    """On two machines each run reads an empty platform before the other one has written."""
    platform = platform_with(job_seconds=0.5, request_latency=0.2)
    folders = machines[:1] * 2 if shared else machines
    results = at_once(platform, folders, "model_services", {"model_services": ITEMS})
    assert not any(result.get("failed") for result in results), results
    assert sorted(row["name"] for row in platform.sim.services()) == sorted(item["name"] for item in ITEMS)
    counts = sorted((result["summary"]["created"], result["summary"]["unchanged"]) for result in results)
    assert counts == ([(0, 10), (10, 0)] if shared else [(10, 0), (10, 0)]), "they did not meet as they should"
    assert not platform.run("model_services", {"model_services": ITEMS})["changed"]
    assert platform.sim.stats()["open_sessions"] == 0


def test_the_same_resource_uuid_is_created_once(platform_with: Callable[..., Platform], machines: list[Path]) -> None:
    platform = platform_with(job_seconds=0.5, request_latency=0.2)
    item = {**NEW, "name": "chat", "resource_uuid": "0a1b2c3d4e5f40718293a4b5c6d7e8f1"}
    results = at_once(platform, machines, "model_services", {"model_services": [item]})
    assert len(platform.sim.services()) == 1
    assert not any(result.get("failed") for result in results), results


@pytest.mark.parametrize("change", [{"description": "new"}, {"state": "absent"}], ids=["update", "delete"])
def test_updates_and_deletions_at_once_end_as_declared(
    platform: Platform, machines: list[Path], change: dict[str, Any]
) -> None:
    platform.sim.seed([{"name": f"s{number}", "description": "old"} for number in range(10)])
    items = [{"name": f"s{number}", **change} for number in range(10)]
    results = at_once(platform, machines, "model_services", {"model_services": items})
    assert not any(result.get("failed") for result in results), results
    services = platform.sim.services()
    assert all(row["description"] == "new" for row in services)
    assert len(services) == (0 if "state" in change else 10)


def test_a_platform_of_one_session_per_account_survives_two_runs(
    platform_with: Callable[..., Platform], machines: list[Path]
) -> None:
    """The runs end each other's sessions; what fails because of it is reported, and nothing is done twice."""
    platform = platform_with(unique_session=True)
    platform.sim.seed([{"name": f"s{number}", "description": "old"} for number in range(10)])
    items = [{"name": f"s{number}", "description": "new"} for number in range(10)]
    results = at_once(platform, machines, "model_services", {"model_services": items})
    assert not any("internal" in json.dumps(result) for result in results)
    assert not platform.run("model_services", {"model_services": items}).failed
    assert {row["description"] for row in platform.sim.services()} == {"new"}
    assert platform.sim.stats()["open_sessions"] == 0
