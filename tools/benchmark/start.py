# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the time of one task of ``model_service`` goes: what is imported and compiled anew, and what is done."""

from __future__ import annotations

import json
import pathlib
import shutil
import statistics
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import ansible.module_utils

from tools.env.environment import CHECKOUT, COLLECTION_PATH

_ROUNDS = 9
#: As in a task, the files of Ansible and of this collection are compiled anew; those of installed packages are not.
_SCRIPT = """
import json, sys, time
copy, params = json.loads(sys.stdin.read())
sys.path.insert(0, copy)
times = {"the start of Python": time.process_time()}
def took(what):
    times[what] = time.process_time() - sum(times.values())
import ansible.module_utils.basic
took("import of ansible.module_utils.basic")
import requests
took("import of requests and urllib3")
import ansible_collections.zstack.aios.plugins.modules.model_service as module
assert module.__file__.startswith(copy), module.__file__
took("import of this collection")
from ansible_collections.zstack.aios.tests.support.harness import run_module
began = time.process_time()
result = run_module("model_service", params)
times["login, query, comparison, logout, result"] = time.process_time() - began
print(json.dumps([result.get("action") or result["msg"], times]))
"""


def measure_start(folder: pathlib.Path, params: Mapping[str, Any]) -> list[tuple[str, float]]:
    """Return each part of a task that changes nothing, with the median of its seconds of the processor.

    :raises RuntimeError: the task failed, or changed something.
    """
    given = json.dumps([str(_copy(folder / "task")), params])
    found: dict[str, list[float]] = {}
    for _round in range(_ROUNDS):
        process = subprocess.run(
            [sys.executable, "-B", "-c", _SCRIPT], input=given, capture_output=True, text=True, check=False
        )
        if process.returncode:
            raise RuntimeError(process.stderr[-2000:])
        action, times = json.loads(process.stdout.splitlines()[-1])
        if action != "unchanged":
            raise RuntimeError(action)
        for what, seconds in times.items():
            found.setdefault(what, []).append(seconds)
    return [(what, statistics.median(seconds)) for what, seconds in found.items()]


def _copy(folder: pathlib.Path) -> pathlib.Path:
    """Copy what a task imports of Ansible and of this collection, but for bytecode."""
    utils = pathlib.Path(ansible.module_utils.__path__[0])
    sources = {"ansible/module_utils": utils}
    sources |= {
        f"{COLLECTION_PATH}/plugins/{part}": CHECKOUT / "plugins" / part for part in ("module_utils", "modules")
    }
    for name, source in sources.items():
        shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "ansible" / "__init__.py").touch()
    return folder
