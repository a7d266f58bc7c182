# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module ends with whoever started it, in every way in which Ansible can end: work stops, the session is closed."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.support.declarations import services

#: Seconds in which a module has to end: the two that are promised, and what a busy machine adds.
PROMISED = 2.0 + 1.5
COUNT = 60


class Playbook:
    """An ansible-playbook under way that creates services, in a session of its own."""

    def __init__(
        self, platform: Platform, folder: Path, scratch: Path, tasks: list[dict[str, Any]], **popen: Any
    ) -> None:
        play = [{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]
        (folder / "play.json").write_text(json.dumps(play), encoding="utf-8")
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
        own = {"ANSIBLE_HOME": str(folder / "home"), "ANSIBLE_LOCAL_TEMP": str(scratch), "TMPDIR": str(scratch)}
        self.platform = platform
        self.scratch = scratch
        self.process = subprocess.Popen(
            ["ansible-playbook", str(folder / "play.json")],
            **{"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **popen},
            env={**kept, **own, "ANSIBLE_NOCOLOR": "true"},
            start_new_session=True,
            # Tests that run in the background of a script ignore Ctrl-C, and so would Ansible.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    @property
    def pid(self) -> int:
        """The main process."""
        return self.process.pid

    def wait_until_it_writes(self) -> None:
        """Wait until some services are made and most are not."""
        wait_for(lambda: len(self.platform.sim.services()) >= 4)

    def module(self) -> int:
        """Return the process of the module."""
        started = (pid for pid in descendants(self.pid) if "AnsiballZ_model_service" in command(pid))
        return next(pid for pid in started if not command(pid).startswith("/bin/sh"))

    def shell(self) -> int:
        """Return the shell that started the module."""
        return next(pid for pid in descendants(self.pid) if command(pid).startswith("/bin/sh"))

    def worker(self) -> int:
        """Return the process that waits for the module."""
        return next(pid for pid in children(self.pid) if "ansible-playbook" in command(pid))


def wait_for(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def children(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    with contextlib.suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
    return []


def descendants(pid: int) -> Iterator[int]:
    """Yield what a process has started, and what that has."""
    for child in children(pid):
        yield child
        yield from descendants(child)


def command(pid: int) -> str:
    """Return the command line of a process, empty when there is none."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    return ""


@pytest.fixture
def slow(platform_with: Callable[..., Platform]) -> Platform:
    """A platform whose jobs take a while."""
    return platform_with(job_seconds=0.5)


def task(platform: Platform, **more: Any) -> dict[str, Any]:
    """Return a task that takes about eight seconds."""
    options = {**platform.connection, "model_services": services(COUNT), "concurrency": 1}
    return {"name": "Create", "zstack.aios.model_services": options, **more}


def assert_it_ends(playbook: Playbook, module: int) -> None:
    """Assert that the module ends soon, closes its session, and that nothing is written any more."""
    wait_for(lambda: not command(module), PROMISED)
    platform = playbook.platform
    assert platform.sim.stats()["open_sessions"] == 0
    written = len(platform.writes())
    time.sleep(0.7)
    assert len(platform.writes()) == written
    assert written < COUNT
    wait_for(lambda: not list(playbook.scratch.rglob("zstack_aios_lifeline_*")), 5)


KILLED: dict[str, Callable[[Playbook], int]] = {
    "the main process": lambda playbook: playbook.pid,
    "the worker": Playbook.worker,
    "the shell": Playbook.shell,
}


@pytest.mark.parametrize("who", KILLED)
def test_a_killed_process_of_ansible_takes_the_module_along(
    slow: Platform, tmp_path: Path, scratch: Path, who: str
) -> None:
    playbook = Playbook(slow, tmp_path, scratch, [task(slow)])
    playbook.wait_until_it_writes()
    module, victim = playbook.module(), KILLED[who](playbook)
    os.kill(victim, signal.SIGKILL)
    assert_it_ends(playbook, module)
    playbook.process.wait(30)


def test_a_killed_group_of_processes_takes_the_module_along(slow: Platform, tmp_path: Path, scratch: Path) -> None:
    """As ansible-runner cancels a job; the module lives on for as long as it needs to log out."""
    playbook = Playbook(slow, tmp_path, scratch, [task(slow)])
    playbook.wait_until_it_writes()
    module = playbook.module()
    os.killpg(playbook.pid, signal.SIGKILL)
    assert_it_ends(playbook, module)
    playbook.process.wait(30)


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_the_main_process_takes_the_module_along(
    slow: Platform, tmp_path: Path, scratch: Path, number: signal.Signals
) -> None:
    playbook = Playbook(slow, tmp_path, scratch, [task(slow)])
    playbook.wait_until_it_writes()
    module = playbook.module()
    os.kill(playbook.pid, number)
    assert_it_ends(playbook, module)
    playbook.process.wait(30)


def test_a_closed_terminal_takes_the_module_along(slow: Platform, tmp_path: Path, scratch: Path) -> None:
    ours, theirs = pty.openpty()
    playbook = Playbook(slow, tmp_path, scratch, [task(slow)], stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    playbook.wait_until_it_writes()
    module = playbook.module()
    os.close(ours)
    os.killpg(playbook.pid, signal.SIGHUP)  # as the kernel does to the group in the foreground of the terminal
    assert_it_ends(playbook, module)
    playbook.process.wait(30)


def test_a_task_that_times_out_takes_the_module_along(slow: Platform, tmp_path: Path, scratch: Path) -> None:
    pause = {"name": "Go on", "ansible.builtin.pause": {"seconds": 6}}
    playbook = Playbook(slow, tmp_path, scratch, [task(slow, timeout=8, ignore_errors=True), pause])
    playbook.wait_until_it_writes()
    module = playbook.module()
    wait_for(lambda: not command(module), 8 + PROMISED)
    assert playbook.process.poll() is None, "the playbook goes on"
    assert_it_ends(playbook, module)
    assert playbook.process.wait(30) == 0


def test_a_repeated_task_doubles_nothing(slow: Platform, tmp_path: Path, scratch: Path) -> None:
    """The first attempt is given up in its middle, and the same is tried at once."""
    again = {"block": [task(slow, timeout=4)], "rescue": [task(slow)]}
    playbook = Playbook(slow, tmp_path, scratch, [again])
    assert playbook.process.wait(60) == 0
    names = [row["name"] for row in slow.sim.services()]
    assert len(names) == len(set(names)) == COUNT
    assert slow.sim.stats()["open_sessions"] == 0
