# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two runs over one declaration at the same time do everything once: on one machine in turn, on two side by side."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._model.identity import replacement_uuids
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.support.samples import NEW

ITEMS = [{**NEW, "name": f"s{number}"} for number in range(10)]
#: As many as take a run some ten seconds.
MANY = [{**NEW, "name": f"s{number}"} for number in range(80)]
_DRIVER = """
import json, sys
from ansible_collections.zstack.aios.tests.support.harness import run_module
module, params = json.load(sys.stdin)
print(json.dumps(run_module(module, params, check=params.pop("_ansible_check_mode", False))))
"""


def at_once(platform: Platform, folders: list[Path], module: str, params: dict[str, Any]) -> list[dict[str, Any]]:
    """Run a module once for each folder, all at the same time, and return the results.

    The folders are for temporary files: runs that share one are on one machine, the others on machines of their own.
    """
    processes = [start(platform, folder, module, params) for folder in folders]
    return [finished(process) for process in processes]


def start(platform: Platform, folder: Path, module: str, params: dict[str, Any]) -> subprocess.Popen[str]:
    """Start a module in a process of its own."""
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        [sys.executable, "-c", _DRIVER],
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        text=True,
        env={**os.environ, "TMPDIR": str(folder)},
    )
    assert process.stdin
    process.stdin.write(json.dumps([module, {**platform.connection, **params}]))
    process.stdin.close()
    process.stdin = None
    return process


def finished(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Return the result of a module."""
    output, errors = process.communicate(timeout=60)
    assert "Traceback" not in errors
    return dict(json.loads(output))


def wait_for_writes(platform: Platform) -> None:
    """Wait until a run writes."""
    end = time.monotonic() + 30
    while not platform.sim.services():
        assert time.monotonic() < end
        time.sleep(0.05)


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


def test_each_service_is_replaced_once(platform_with: Callable[..., Platform], machines: list[Path]) -> None:
    """Each run reads the old services before the other one has written."""
    platform = platform_with(job_seconds=0.5, request_latency=0.2)
    old = platform.sim.seed([{"name": f"s{number}", "installPath": "/old"} for number in range(5)])
    params = {
        "model_services": [{"name": f"s{number}", "install_path": "/new"} for number in range(5)],
        "on_fixed_change": "recreate",
    }
    results = at_once(platform, machines, "model_services", params)
    assert not any(result.get("failed") for result in results), results
    services = platform.sim.services()
    assert {row["uuid"] for row in services} == {next(replacement_uuids(uuid)) for uuid in old}
    assert [row["installPath"] for row in services] == ["/new"] * 5
    assert platform.run("model_services", params)["msg"] == "5 unchanged."


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


def test_a_run_that_waits_too_long_names_the_other_one(
    platform_with: Callable[..., Platform], machines: list[Path]
) -> None:
    """The second run gives up before the first one ends, and has sent nothing but its login and logout."""
    platform = platform_with(job_seconds=0.5)
    started = time.time()
    first = start(platform, machines[0], "model_services", {"model_services": MANY, "concurrency": 1})
    wait_for_writes(platform)
    begun = time.monotonic()
    [second] = at_once(platform, machines[:1], "model_services", {"model_services": MANY, "lock_timeout": 1})
    assert time.monotonic() - begun < 15
    assert second["failed"]
    assert second["failure"]["code"] == "locked"
    assert f"process {first.pid}" in second["msg"]
    assert time.strftime("%Y-%m-%d", time.localtime(started)) in second["msg"]
    result = finished(first)
    assert result["summary"]["created"] == len(MANY) == len(platform.sim.services())


def test_a_plan_does_not_wait(platform_with: Callable[..., Platform], machines: list[Path]) -> None:
    platform = platform_with(job_seconds=0.5)
    first = start(platform, machines[0], "model_services", {"model_services": MANY, "concurrency": 1})
    wait_for_writes(platform)
    params = {"model_services": MANY, "lock_timeout": 1, "_ansible_check_mode": True}
    [plan] = at_once(platform, machines[:1], "model_services", params)
    assert not plan.get("failed"), plan
    assert finished(first)["summary"]["created"] == len(MANY)


def test_a_killed_run_leaves_no_lock_and_the_next_one_completes_it(
    platform_with: Callable[..., Platform], machines: list[Path]
) -> None:
    platform = platform_with(job_seconds=0.5)
    first = start(platform, machines[0], "model_services", {"model_services": MANY, "concurrency": 2})
    wait_for_writes(platform)
    first.kill()
    first.communicate()
    [second] = at_once(platform, machines[:1], "model_services", {"model_services": MANY, "lock_timeout": 5})
    assert not second.get("failed"), second
    assert sorted(row["name"] for row in platform.sim.services()) == sorted(item["name"] for item in MANY)
