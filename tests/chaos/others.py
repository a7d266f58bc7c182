# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Further runs of the same declaration at the same time, from machines that share nothing, some of them killed."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible_collections.zstack.aios.tests.support.harness import Result

#: How another run is started, and which of its processes is killed: the module by itself, Ansible's main process, the
#: process of Ansible that waits for the module.
MODULE, ANSIBLE, WORKER = "module", "ansible", "worker"
_LONGEST = 60.0
#: Seconds that a process may go on when the one that it works for was killed.
_LONGEST_ALONE = 10.0
_DRIVER = """
import json, sys
from ansible_collections.zstack.aios.tests.support.harness import run_module
print(json.dumps(run_module("model_services", json.load(sys.stdin))))
"""


class Other:
    """A run in processes of its own, with a folder for temporary files of its own, as on another machine.

    :param kill_after: seconds until one of its processes is killed, or nothing.
    """

    def __init__(self, kind: str, params: dict[str, Any], kill_after: float | None, folder: Path) -> None:
        self._kind = kind
        self._folder = folder
        self.killed = kill_after is not None
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
        environment |= {"TMPDIR": str(folder), "ANSIBLE_HOME": str(folder / "home"), "ANSIBLE_NOCOLOR": "true"}
        self._process = subprocess.Popen(
            self._command(params), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env=environment, start_new_session=True,
        )  # fmt: skip
        self._timer = threading.Timer(kill_after or 0.0, self._kill)
        if kind == MODULE and self._process.stdin:
            self._process.stdin.write(json.dumps(params))
        if self._process.stdin:
            self._process.stdin.close()
            self._process.stdin = None
        if self.killed:
            self._timer.start()

    def _command(self, params: dict[str, Any]) -> list[str]:
        if self._kind == MODULE:
            return [sys.executable, "-c", _DRIVER]
        play = self._folder / "play.json"
        tasks = [{"name": "Converge", "zstack.aios.model_services": params}]
        play.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]), encoding="utf-8")
        return ["ansible-playbook", str(play)]

    def _kill(self) -> None:
        pid = self._process.pid
        if self._kind == WORKER:
            workers = Path(f"/proc/{pid}/task/{pid}/children")
            with contextlib.suppress(OSError, IndexError):
                pid = int(workers.read_text(encoding="ascii").split()[-1])
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def end(self) -> Result:
        """Wait for its end and return its result: what it printed where it is not that of a module."""
        try:
            output, _errors = self._process.communicate(timeout=_LONGEST)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            return Result(failed=True, msg="internal error: it did not end")
        finally:
            self._timer.cancel()
        if not self._is_gone():
            return Result(failed=True, msg="internal error: the module runs on without its caller")
        lines = output.splitlines()
        if self._kind == MODULE and lines and lines[-1].startswith("{"):
            return Result(json.loads(lines[-1]))
        return Result(failed=self._process.returncode != 0, msg=output[-5000:] or "killed")

    def _is_gone(self) -> bool:
        """Wait until no process of this run is left, and return whether there is none.

        A module looks for its caller now and then, and ends without it.
        """
        end = time.monotonic() + _LONGEST_ALONE
        while _has_process(self._folder):
            if time.monotonic() > end:
                return False
            time.sleep(0.05)
        return True


def _has_process(folder: Path) -> bool:
    """Return whether a process has this folder for its temporary files."""
    mark = os.fsencode(f"TMPDIR={folder}\0")
    for environment in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if mark in environment.read_bytes():
                return True
    return False


@contextlib.contextmanager
def running(others: list[tuple[str, float | None]], params: dict[str, Any]) -> Iterator[list[Result]]:
    """Run the declaration elsewhere, too, while the block runs; the results are there after it."""
    results: list[Result] = []
    with contextlib.ExitStack() as folders:
        started = []
        for kind, kill_after in others:
            folder = folders.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
            started.append(Other(kind, params, kill_after, Path(folder)))
        try:
            yield results
        finally:
            results += [other.end() for other in started]
