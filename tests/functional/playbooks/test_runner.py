# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A long task under ansible-runner, which AWX runs every job with: it shows progress, ends, and can be cancelled.

``make matrix`` runs these tests with the oldest and the newest ansible-runner on every ansible-core.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._converge import progress
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.support.declarations import services, stored

PROGRESS = re.compile(r"^zstack\.aios\.model_services on localhost: 0 done, 0 failed, 3 left of 3; ", re.MULTILINE)
#: Runs a playbook as AWX's execution environment does, and cancels it once a file is there.
DRIVER = """
import json, pathlib, sys
import ansible_runner
folder = pathlib.Path(sys.argv[1])
done = ansible_runner.run(
    private_data_dir=str(folder), playbook="play.json", quiet=True, cancel_callback=(folder / "cancel").exists
)
events = [{"event": each["event"], "stdout": each["stdout"]} for each in done.events]
print(json.dumps({"status": done.status, "stdout": done.stdout.read(), "events": events}))
"""


def start(
    folder: Path, scratch: Path, platform: Platform, task: dict[str, Any] | None = None, **more: str
) -> subprocess.Popen[str]:
    """Begin a playbook of one task under ansible-runner, by default one that creates three services."""
    task = task or {"zstack.aios.model_services": {**platform.connection, "model_services": services(3)}}
    play = {"hosts": "localhost", "gather_facts": False, "tasks": [task]}
    (folder / "project").mkdir()
    (folder / "project" / "play.json").write_text(json.dumps([play]), encoding="utf-8")
    (folder / "inventory").mkdir()
    python = "{{ ansible_playbook_python }}"
    (folder / "inventory" / "hosts").write_text(
        f'localhost ansible_connection=local ansible_python_interpreter="{python}"\n', encoding="utf-8"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    own = {"ANSIBLE_HOME": str(folder / "home"), "ANSIBLE_LOCAL_TEMP": str(scratch), "ANSIBLE_NOCOLOR": "true", **more}
    return subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(folder)],
        env={**kept, **own, "TMPDIR": str(scratch)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Return what the driver prints; a run that hangs fails the test."""
    try:
        output, _nothing = process.communicate(timeout=60)
    finally:
        process.kill()
    return dict(json.loads(output.splitlines()[-1]))


def test_a_long_task_shows_progress_and_ends(
    platform_with: Callable[..., Platform], tmp_path: Path, scratch: Path
) -> None:
    platform = platform_with(job_seconds=progress.EVERY + 2)
    result = finish(start(tmp_path, scratch, platform))
    assert result["status"] == "successful", result["stdout"]
    assert PROGRESS.search(result["stdout"]), result["stdout"]
    assert "WARNING" not in result["stdout"]
    assert [each for each in result["events"] if PROGRESS.search(each["stdout"])], "progress is no event of its own"
    assert len(platform.sim.services()) == 3


def test_a_long_task_can_be_cancelled(platform_with: Callable[..., Platform], tmp_path: Path, scratch: Path) -> None:
    platform = platform_with(job_seconds=60)
    process = start(tmp_path, scratch, platform)
    end = time.monotonic() + 30
    while len(platform.writes()) < 3 and time.monotonic() < end:
        time.sleep(0.1)
    time.sleep(progress.EVERY + 1)  # in the middle of showing progress
    began = time.monotonic()
    (tmp_path / "cancel").touch()
    assert finish(process)["status"] == "canceled"
    assert time.monotonic() - began < 10


def test_an_approver_sees_every_service_in_events_that_awx_shows_whole(
    platform: Platform, tmp_path: Path, scratch: Path
) -> None:
    declared = services(40)
    platform.sim.seed([stored(one) for one in declared[:20]])
    declared[:20] = [{**one, "description": '"多" ' * 20, "request_cpu": 63} for one in declared[:20]]
    variables = {f"model_services_{name}": value for name, value in platform.connection.items()}
    task = {
        "ansible.builtin.import_role": {"name": "zstack.aios.model_services"},
        "vars": {**variables, "model_services_items": declared},
        "check_mode": True,
        "diff": True,
    }
    result = finish(start(tmp_path, scratch, platform, task, ANSIBLE_NOCOLOR="", ANSIBLE_FORCE_COLOR="true"))
    assert result["status"] == "successful", result["stdout"]
    shown = [each["stdout"] for each in result["events"] if re.search(r"\d+/40 to ", each["stdout"])]
    assert max(map(len, shown)) < 1000
    assert re.findall(r"(\d+)/40 to ", "".join(shown)) == [str(number) for number in range(1, 41)]
    assert "request_cpu" in shown[0] and "-> 63" in shown[0]
    assert "to create" in shown[-1]
