# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""After a signal in the middle of a run the session is ended, and what was done is reported."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._model.identity import replacement_uuids
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.support.declarations import service, stored
from ansible_collections.zstack.aios.tests.support.samples import NEW, rule

ITEMS = [{**NEW, "name": f"s{number:02}"} for number in range(40)]
_DRIVER = """
import json, sys
from ansible_collections.zstack.aios.tests.support.harness import run_module
print(json.dumps(run_module(sys.argv[1], json.load(sys.stdin))))
"""


class Running:
    """A module in a process of its own."""

    def __init__(self, platform: Platform, module: str, params: dict[str, Any]) -> None:
        pipe = subprocess.PIPE
        command = [sys.executable, "-c", _DRIVER, module]
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        assert self._process.stdin
        self._process.stdin.write(json.dumps({**platform.connection, **params}))
        self._process.stdin.close()
        self._process.stdin = None

    def strike(self, *numbers: int) -> dict[str, Any]:
        """Send signals and return the result that the module prints."""
        for number in numbers:
            self._process.send_signal(number)
            time.sleep(0.1)
        output, errors = self._process.communicate(timeout=20)
        assert "Traceback" not in errors
        return dict(json.loads(output))

    def kill(self) -> None:
        """End it at once, so that it cannot do anything more."""
        self._process.kill()
        self._process.communicate(timeout=20)


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def slow(platform_with: Callable[..., Platform]) -> Platform:
    """A platform whose jobs take a while."""
    return platform_with(job_seconds=0.4)


@pytest.mark.parametrize("numbers", [(signal.SIGTERM,), (signal.SIGINT,), (signal.SIGTERM,) * 3], ids=repr)
def test_a_signal_while_writing_ends_the_session_and_reports_every_row(
    slow: Platform, numbers: tuple[int, ...]
) -> None:
    running = Running(slow, "model_services", {"model_services": ITEMS, "concurrency": 2})
    wait_for(lambda: len(slow.sim.services()) >= 9)
    started = time.monotonic()
    result = running.strike(*numbers)
    assert time.monotonic() - started < 5
    assert result["failed"]
    assert result["changed"]
    assert slow.sim.stats()["open_sessions"] == 0
    rows = {row["name"]: row for row in result["results"]}
    assert set(rows) == {item["name"] for item in ITEMS}
    there = {row["name"]: row["uuid"] for row in slow.sim.services()}
    time.sleep(0.6)
    later = {row["name"] for row in slow.sim.services()}
    for name, row in rows.items():
        if row["action"] == "created":
            assert there[name] == row["uuid"]
        elif row["action"] == "not_attempted":
            assert name not in later
        else:
            assert row["action"] == "unknown"
    assert later <= {name for name, row in rows.items() if row["action"] in ("created", "unknown")}
    counts = result["summary"]
    assert counts["created"] >= 8
    assert counts["not_attempted"] >= 20
    assert counts["unknown"] <= 8  # what was under way
    assert "Interrupted" in result["msg"]


def test_a_write_that_the_platform_never_took_is_reported_as_failed(platform: Platform) -> None:
    platform.sim.faults([{"match": {"kind": "add", "times": 0}, "fault": {"status": {"code": 429, "body": "later"}}}])
    running = Running(platform, "model_services", {"model_services": ITEMS[:3]})
    wait_for(lambda: len(platform.writes()) >= 3)
    result = running.strike(signal.SIGTERM)
    assert result["changed"] is False
    assert {row["action"] for row in result["results"]} == {"failed"}


def test_a_run_that_cannot_check_for_shared_names_succeeds_soon(platform: Platform) -> None:
    """The service is made; only whether another one has its name cannot be asked now."""
    out = {"status": {"code": 503, "body": "<html>down</html>"}}
    platform.sim.faults([{"match": {"kind": "query", "nth": 2, "times": 0}, "fault": out}])
    started = time.monotonic()
    result = platform.run("model_services", {"model_services": ITEMS[:1]})
    assert time.monotonic() - started < 10
    assert (result.failed, result["summary"]["created"]) == (False, 1)
    assert "Could not check whether several services share a name" in str(result["warnings"])


def test_the_next_run_completes_what_was_interrupted(slow: Platform) -> None:
    running = Running(slow, "model_services", {"model_services": ITEMS, "concurrency": 2})
    wait_for(lambda: len(slow.sim.services()) >= 9)
    running.strike(signal.SIGTERM)
    time.sleep(0.6)
    result = slow.run("model_services", {"model_services": ITEMS})
    assert not result.failed
    assert sorted(row["name"] for row in slow.sim.services()) == [item["name"] for item in ITEMS]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("module", ["model_services", "model_service_info"])
def test_a_signal_while_reading_ends_the_session(
    platform_with: Callable[..., Platform], module: str, number: int
) -> None:
    platform = platform_with(request_latency=0.5)
    params = {"model_services": ITEMS} if module == "model_services" else {}
    running = Running(platform, module, params)
    wait_for(lambda: platform.logins() == 1)
    result = running.strike(number)
    assert result["failed"]
    assert not result.get("changed")
    assert f"interrupted by {signal.Signals(number).name}" in result["msg"]
    assert platform.writes() == []
    wait_for(lambda: platform.sim.stats()["open_sessions"] == 0)


@pytest.mark.parametrize("module", ["model_services", "model_service_info"])
def test_a_signal_during_the_login_ends_the_session_that_it_begins(
    platform_with: Callable[..., Platform], module: str
) -> None:
    platform = platform_with(request_latency=0.5)
    running = Running(platform, module, {"model_services": ITEMS} if module == "model_services" else {})
    wait_for(lambda: platform.sim.stats()["in_flight_maximum"] == 1)
    result = running.strike(signal.SIGTERM, signal.SIGTERM)
    assert "interrupted by SIGTERM. Nothing was written." in result["msg"]
    assert [entry["kind"] for entry in platform.sim.log()] == ["login", "logout"]
    assert platform.sim.stats()["open_sessions"] == 0


def test_a_login_that_does_not_succeed_can_be_interrupted(platform: Platform) -> None:
    outage = {"match": {"kind": "login", "nth": 2, "times": 0}, "fault": {"status": {"code": 503}}}
    platform.sim.faults([{"match": {"kind": "query"}, "fault": "session_gone"}, outage])
    running = Running(platform, "model_services", {"model_services": ITEMS})
    wait_for(lambda: len(platform.sim.log()) >= 6)
    started = time.monotonic()
    assert "interrupted by SIGINT" in running.strike(signal.SIGINT)["msg"]
    assert time.monotonic() - started < 6


def test_a_signal_to_a_playbook_leaves_no_session_and_no_file(slow: Platform, tmp_path: Path, scratch: Path) -> None:
    """Ctrl-C reaches the whole group of processes; ansible-playbook ends, and the module after it."""
    items = tmp_path / "services.json"
    items.write_text(json.dumps(ITEMS), encoding="utf-8")
    task = {**slow.connection, "src": [str(items)], "concurrency": 2}
    play = [{"hosts": "localhost", "gather_facts": False, "tasks": [{"zstack.aios.model_services": task}]}]
    playbook = tmp_path / "play.json"
    playbook.write_text(json.dumps(play), encoding="utf-8")
    process = subprocess.Popen(
        ["ansible-playbook", str(playbook)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={
            **os.environ,
            "ANSIBLE_LOCALHOST_WARNING": "0",
            "ANSIBLE_LOCAL_TEMP": str(scratch),
            "TMPDIR": str(scratch),
        },
    )
    wait_for(lambda: len(slow.sim.services()) >= 4)
    assert list(scratch.rglob("zstack_aios_*"))
    os.killpg(process.pid, signal.SIGINT)
    process.wait(timeout=20)
    wait_for(lambda: slow.sim.stats()["open_sessions"] == 0)
    wait_for(lambda: not list(scratch.rglob("zstack_aios_*")))
    assert slow.sim.stats()["logouts"] == slow.logins() == 1


# Killed


OLD = [f"90d425a802ff44eeb530f215876337{number:02}" for number in range(6)]


@pytest.mark.parametrize("kind", ["clone", "update", "delete"])
def test_a_replacement_that_was_killed_is_completed(platform: Platform, kind: str) -> None:
    """The platform never ends the jobs of one kind, until the run is killed."""
    declared = [{**service(f"s{n}"), "install_path": "/new", "startup_parameters": {"A": "1"}} for n in range(6)]
    platform.sim.seed([stored(service(f"s{n}"), uuid=uuid) for n, uuid in enumerate(OLD)])
    platform.sim.faults([rule(kind, "job_stuck", times=0)])
    params = {"model_services": declared, "on_fixed_change": "recreate"}
    running = Running(platform, "model_services", params)
    wait_for(lambda: platform.write_kinds().count(kind) == len(OLD))
    running.kill()
    assert {row["uuid"] for row in platform.sim.services()} >= set(OLD)
    made = {row["uuid"] for row in platform.sim.services()} - set(OLD)
    assert len(made) == (0 if kind == "clone" else len(OLD))
    platform.sim.clear_faults()
    result = platform.run("model_services", params)
    assert result["msg"] == "6 replaced.", result
    after = platform.sim.services()
    assert {row["uuid"] for row in after} == {next(replacement_uuids(uuid)) for uuid in OLD}
    assert {(row["installPath"], str(row["startupParameters"])) for row in after} == {("/new", "{'A': '1'}")}
    assert platform.run("model_services", params)["msg"] == "6 unchanged."


def test_the_undo_file_of_a_run_that_was_killed_brings_everything_back(slow: Platform, tmp_path: Path) -> None:
    names = [f"old{n}" for n in range(6)]
    slow.sim.seed([stored(service(name), uuid=uuid) for name, uuid in zip(names, OLD, strict=True)])
    before = _lasting(slow)
    undo = tmp_path / "undo.yml"
    items: list[dict[str, Any]] = [{"name": name, "request_cpu": 9} for name in names[:2]]
    items += [{"name": name, "install_path": "/new", "on_fixed_change": "recreate"} for name in names[2:4]]
    items += [{"name": name, "state": "absent"} for name in names[4:]]
    params = {"model_services": [*ITEMS, *items], "undo_path": str(undo), "concurrency": 2}
    running = Running(slow, "model_services", params)
    wait_for(lambda: len(slow.sim.services()) >= 12)
    running.kill()
    time.sleep(1)  # what has begun on the platform ends
    assert _lasting(slow) != before
    assert undo.stat().st_mode & 0o777 == 0o600
    undone = slow.run("model_services", {"src": [str(undo)], "concurrency": 40})
    assert not undone.failed, undone["msg"]
    assert _lasting(slow) == before


def _lasting(platform: Platform) -> list[dict[str, Any]]:
    """Return the services without the times of their changes."""
    rows = [{k: v for k, v in row.items() if k not in ("createDate", "lastOpDate")} for row in platform.sim.services()]
    return sorted(rows, key=lambda row: str(row["uuid"]))
