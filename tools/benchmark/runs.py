# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs playbooks and measures them."""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.zstack.aios.tests.simulator import constants
from ansible_collections.zstack.aios.tests.simulator.launcher import Simulator

_CHANGED = re.compile(r"^localhost +: ok=(\d+) +changed=(\d+)", re.MULTILINE)
_USAGE = "usage.json"


class Failed(Exception):
    """A run did not do what is measured, so that its time means nothing."""


@dataclass
class Run:
    """What one run of a playbook took.

    :ivar seconds: from the start of ``ansible-playbook`` to its end.
    :ivar cpu: seconds of the processor that it and its processes used, which other work on the machine changes least.
    :ivar mebibytes: the peak memory of the module's process, 0 when it was not measured.
    :ivar requests: HTTP requests the platform saw; ``writes``: those among them that ask for a change.
    """

    seconds: float
    cpu: float = 0.0
    mebibytes: float = 0.0
    requests: int = 0
    writes: int = 0
    kinds: Mapping[str, int] = field(default_factory=dict)


class Bench:
    """Runs playbooks against one simulated platform.

    :param folder: for playbooks, declarations and Ansible's own files.
    :param variables: further variables of the environment.
    """

    def __init__(self, folder: pathlib.Path, simulator: Simulator, variables: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.simulator = simulator
        self._environment = {
            **os.environ,
            "ZSTACK_HOST": simulator.url,
            "ZSTACK_ACCOUNT_NAME": constants.ADMIN_ACCOUNT,
            "ZSTACK_ACCOUNT_PASSWORD": constants.ADMIN_PASSWORD,
            "HASHED_PASSWORD": hashlib.sha512(constants.ADMIN_PASSWORD.encode()).hexdigest(),
            "ANSIBLE_NOCOLOR": "true",
            "ANSIBLE_NOCOWS": "true",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            **(variables or {}),
        }

    def play(self, playbook: pathlib.Path, measure_memory: bool = False) -> Run:
        """Run a playbook once.

        :param measure_memory: measure the module's process, which costs the start of one more Python.
        :raises Failed: it failed.
        """
        command = ["ansible-playbook", str(playbook)]
        usage = self.folder / _USAGE
        if measure_memory:
            usage.unlink(missing_ok=True)
            command += ["-e", json.dumps({"ansible_python_interpreter": str(self._measuring_python())})]
        self.simulator.clear_log()
        started, used = time.monotonic(), _cpu()
        process = subprocess.run(
            command, cwd=self.folder, env=self._environment, text=True, errors="replace",
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        seconds, cpu = time.monotonic() - started, _cpu() - used
        if process.returncode:
            raise Failed(f"{' '.join(command)} ended with {process.returncode}:\n{process.stdout[-3000:]}")
        stats = self.simulator.stats()
        run = Run(seconds, cpu, requests=stats["requests"], writes=stats["writes"], kinds=stats["kinds"])
        if measure_memory:
            run.mebibytes = max(json.loads(line) for line in usage.read_text(encoding="ascii").splitlines()) / 1024
        return run

    def _measuring_python(self) -> pathlib.Path:
        """Write an interpreter that notes the peak memory of what it runs, in KiB, one line for each process."""
        path = self.folder / "python"
        path.write_text(
            f"#!{sys.executable}\n"
            "import os, sys\n"
            f"pid = os.spawnv(os.P_NOWAIT, {sys.executable!r}, [{sys.executable!r}, *sys.argv[1:]])\n"
            "_pid, status, usage = os.wait4(pid, 0)\n"
            f"with open({str(self.folder / _USAGE)!r}, 'a') as file:\n"
            "    file.write(f'{usage.ru_maxrss}\\n')\n"
            "sys.exit(os.waitstatus_to_exitcode(status))\n",
            encoding="utf-8",
        )
        path.chmod(0o755)
        return path


def _cpu() -> float:
    """Return the seconds of the processor that the processes used which this one started, and which have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def seed(simulator: Simulator, rows: list[dict[str, Any]]) -> None:
    """Make the platform hold exactly these services."""
    simulator.reset()
    for start in range(0, len(rows), 1000):
        simulator.seed(rows[start : start + 1000])
