# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A long run reports its progress."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._converge import progress
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.support.declarations import service, services, stored

LINE = re.compile(r"(\d+) done, (\d+) failed, (\d+) left of (\d+); [\d.]+ per second, at most (\d+) requests at a time")


def test_a_line_comes_more_often_than_every_ten_seconds() -> None:
    assert progress.EVERY < 10


def test_lines_count_what_is_done_failed_and_left(
    platform_with: Callable[..., Platform], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "EVERY", 0.1)
    platform = platform_with(job_seconds=0.5)
    platform.sim.faults([{"match": {"kind": "add", "nth": 1}, "fault": {"job_error": {"code": "ORG.1"}}}])
    path = tmp_path / "progress"
    # Eight jobs at a time: three rounds of half a second.
    params = {"model_services": services(24), "concurrency": 2, "progress_path": str(path)}
    result = platform.run("model_services", params)
    assert result["summary"]["failed"] == 1
    lines = path.read_text(encoding="utf-8").splitlines()
    counts = [tuple(map(int, found.groups())) for found in map(LINE.fullmatch, lines) if found]
    assert len(counts) >= 8
    assert all(done + failed + left == total == 24 for done, failed, left, total, _pace in counts)
    assert counts == sorted(counts, key=lambda each: -each[2]), "it went backwards"
    assert counts[-1][0] > 0 and counts[-1][1] == 1
    assert {pace for *_numbers, pace in counts} == {2}


def test_the_reading_of_a_long_listing_is_reported_too(
    platform_with: Callable[..., Platform], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "EVERY", 0.1)
    platform = platform_with(request_latency=0.3)
    platform.sim.seed([stored(one) for one in services(1500)])
    path = tmp_path / "progress"
    platform.run("model_services", {"model_services": [service("new")], "progress_path": str(path)}, check=True)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert "starting" in lines
    assert "read 1000 of 1500 services" in lines


@pytest.mark.parametrize("path", ["no-folder/progress", "folder", "pipe that nobody reads", "full pipe", "/dev/full"])
def test_progress_that_cannot_be_written_does_not_stop_the_work(
    platform_with: Callable[..., Platform], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    (tmp_path / "folder").mkdir()
    for name in ("pipe that nobody reads", "full pipe"):
        os.mkfifo(tmp_path / name)
    monkeypatch.setattr(progress, "EVERY", 0.05)
    platform = platform_with(job_seconds=0.3)
    reader = os.open(tmp_path / "full pipe", os.O_RDWR | os.O_NONBLOCK)
    try:
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(reader, b"x" * 4096)
        params = {"model_services": services(2), "progress_path": str(tmp_path / path)}
        started = time.monotonic()
        assert not platform.run("model_services", params).failed
    finally:
        os.close(reader)
    assert time.monotonic() - started < 10
    assert len(platform.sim.services()) == 2


def test_a_playbook_shows_progress_and_leaves_no_file_behind(
    platform_with: Callable[..., Platform], tmp_path: Path, scratch: Path
) -> None:
    platform = platform_with(job_seconds=progress.EVERY + 2)
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "tasks": [{"zstack.aios.model_services": {**platform.connection, "model_services": services(3)}}],
    }
    playbook = tmp_path / "play.yml"
    playbook.write_text(json.dumps([play]), encoding="utf-8")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
        "ANSIBLE_HOME": str(tmp_path / "ansible"),
        "ANSIBLE_NOCOLOR": "true",
        "ANSIBLE_LOCAL_TEMP": str(scratch),
        "TMPDIR": str(scratch),
    }
    process = subprocess.run(
        ["ansible-playbook", str(playbook)], env=environment, capture_output=True, text=True, check=False
    )
    assert process.returncode == 0, process.stdout + process.stderr
    shown = re.findall(r"^zstack\.aios\.model_services on localhost: (.*)$", process.stdout, re.MULTILINE)
    assert shown, process.stdout
    assert all(LINE.fullmatch(line) for line in shown)
    assert "0 done, 0 failed, 3 left of 3" in shown[0]
    assert list(scratch.rglob("zstack_aios_*")) == []
