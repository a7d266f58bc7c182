# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the time of one run of the bulk module goes, from a profile of the module alone in a fresh process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

#: What the phases are called, and the function whose cumulative time they are, with the end of its file's path.
PHASES: tuple[tuple[str, str, str], ...] = (
    ("read the files (libyaml, objects)", "_model/files.py", "read_files"),
    ("check the declarations", "_model/declaration.py", "validate_items"),
    ("all requests: login, listing, logout", "_rest/transport.py", "exchange"),
    ("the listing into this collection's form", "_model/fields.py", "decode"),
    ("plan", "_converge/plan.py", "make_plan"),
    ("digest of the plan", "_converge/digest.py", "digest"),
    ("rows, diff and summary", "modules/model_services.py", "report_result"),
)

_SCRIPT = """
import cProfile, json, pstats, sys, time
params = json.loads(sys.stdin.read())
started = time.monotonic()
from ansible_collections.zstack.aios.tests.support.harness import run_module
import ansible_collections.zstack.aios.plugins.modules.model_services
imported = time.monotonic()
result = run_module("model_services", params)
ran = time.monotonic()
profile = cProfile.Profile()
profile.enable()
run_module("model_services", params)
profile.disable()
rows = [[file, name, row[3]] for (file, _line, name), row in pstats.Stats(profile).stats.items()]
total = sum(row[2] for row in pstats.Stats(profile).stats.values())
print(json.dumps({"failed": result.get("msg") if result.failed else "", "import": imported - started,
                  "run": ran - imported, "profiled": total, "rows": rows}))
"""


def profile(params: Mapping[str, Any]) -> list[tuple[str, float]]:
    """Return phases and seconds of a run. Phases are taken from a profiled run and scaled to one that is not.

    :raises RuntimeError: the run failed, or a phase has no function any more.
    """
    process = subprocess.run(
        [sys.executable, "-c", _SCRIPT], input=json.dumps(params), capture_output=True, text=True, check=False
    )
    if process.returncode:
        raise RuntimeError(process.stderr[-2000:])
    facts = json.loads(process.stdout.splitlines()[-1])
    if facts["failed"]:
        raise RuntimeError(facts["failed"])
    scale = facts["run"] / facts["profiled"]
    phases = [("imports of Python, requests, PyYAML and the collection", facts["import"])]
    for words, file, function in PHASES:
        times = [row[2] for row in facts["rows"] if row[0].endswith(f"/{file}") and row[1] == function]
        if not times:
            raise RuntimeError(f"{function} of {file} was never called: change PHASES")
        phases.append((words, sum(times) * scale))
    return [*phases, ("the module's run as a whole, imports left out", facts["run"])]
