# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run tests and sanity on old and new ansible-core and Python: ``python3 -m tools.checks.matrix [2.17:3.10 floor ...]``.

The rows are those of ``tools/env/versions.py``, each with an environment of its own below ``.build/matrix``. The row
``floor`` has the oldest Python and the oldest version of everything that ``requirements.txt`` and ``meta/runtime.yml``
allow, so that the floor that users read is one that was tested. The Pythons are those of PATH and of pyenv; one that is
missing is a failure, reported before anything runs. Not part of ``make test``, for few machines have them all.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import shutil
import sys
import time

from tools.checks import ansible_test
from tools.env import uv
from tools.env.environment import (
    BUILD,
    CHECKOUT,
    child_environment,
    executable_path,
    link_collection,
    locked,
    run_folder,
    site_packages,
)
from tools.env.processes import Commands, stop_on_signals
from tools.env.screen import say
from tools.env.set_up import set_up
from tools.env.versions import CORE_FLOOR, FLOOR, MATRIX, OLDEST_RUNNER, PYTHON_FLOOR

_ROWS = (*(f"{core}:{python}" for core, python in MATRIX.items()), FLOOR)
_REQUIREMENTS = ("-r", "requirements.txt", "-r", "tests/unit/requirements.txt")
#: All but the tests of the tools, which run in the environment of development.
_TESTS = ("pytest", "-q", "-n", "auto", "tests/unit", "tests/simulator", "tests/functional", "tests/examples")
_RUNNER_TESTS = ("pytest", "-q", "tests/functional/playbooks/test_runner.py")


def find_python(version: str) -> str:
    """Return the path of a real interpreter of ``version`` (never a version manager's shim), or an empty text."""
    pyenv = pathlib.Path(os.environ.get("PYENV_ROOT", pathlib.Path.home() / ".pyenv"))
    folders = [str(folder) for folder in pyenv.glob(f"versions/{version}*/bin")]
    inherited = executable_path(BUILD, os.environ.get("PATH", os.defpath))
    return shutil.which(f"python{version}", path=os.pathsep.join([inherited, *folders])) or ""


def main(rows: list[str]) -> int:
    """Check every row, report the result of each, and return 1 if any of them failed."""
    pythons = {row: find_python(_python_of(row)) for row in rows}
    missing = sorted({_python_of(row) for row, path in pythons.items() if not path})
    if missing:
        sys.exit(f"not on this machine: Python {', '.join(missing)}")
    set_up()
    results = []
    for row, python in pythons.items():
        say(f"\n== {row}")
        start = time.monotonic()
        failed = _check(row, python, BUILD / "matrix" / row.replace(":", "-"))
        results.append(f"  {failed or 'passed':8} {time.monotonic() - start:6.1f} s  {row}")
    failures = sum("failed" in result for result in results)
    say("\n".join(["", *results, f"{'FAILED' if failures else 'PASSED'}: {len(results) - failures} of {len(results)}"]))
    return int(bool(failures))


def _python_of(row: str) -> str:
    return PYTHON_FLOOR if row == FLOOR else row.partition(":")[2]


def _check(row: str, python: str, venv: pathlib.Path) -> str:
    """Run the tests and the sanity tests in ``venv``; return an empty text or what failed."""
    with locked(f"matrix-{venv.name}"), run_folder() as folder:
        network = uv.environment(uv.pip_settings())
        uv.make_venv(venv, network, python)
        link_collection(site_packages(venv))
        commands = Commands(child_environment(folder, venv))
        if row == FLOOR:
            uv.install(
                venv, network, "--constraints", str(_lowest(folder, python, network)), *_REQUIREMENTS, "ansible-core"
            )
            return _failing_tests(commands)
        core = f"ansible-core~={row.partition(':')[0]}.0"
        uv.install(venv, network, "--upgrade-package", "ansible-runner", core, *_REQUIREMENTS)
        if failed := _failing_tests(commands):
            return failed
        uv.install(venv, network, f"ansible-runner=={OLDEST_RUNNER}")
        if commands.run(*_RUNNER_TESTS):
            return f"tests with ansible-runner {OLDEST_RUNNER} failed"
        if ansible_test.sanity(venv, folder / "sanity", commands):
            return "sanity failed"
    return ""


def _failing_tests(commands: Commands) -> str:
    return "tests failed" if commands.run(*_TESTS) else ""


def _lowest(folder: pathlib.Path, python: str, network: dict[str, str]) -> pathlib.Path:
    """Resolve what users need to the lowest versions that are allowed, show them, and return them as constraints."""
    asked, found = folder / "floor.in", folder / "floor.txt"
    asked.write_text(f"-r {CHECKOUT / 'requirements.txt'}\nansible-core>={CORE_FLOOR}.0\n", encoding="utf-8")
    lowest = ("--resolution", "lowest-direct", "--python", python, "--output-file", str(found))
    uv.run(network, "pip", "compile", "--quiet", "--no-header", "--no-annotate", *lowest, str(asked))
    say(found.read_text(encoding="utf-8").rstrip())
    return found


if __name__ == "__main__":
    stop_on_signals()
    parser = argparse.ArgumentParser(description="Check the collection on several ansible-core and Python versions.")
    parser.add_argument("rows", nargs="*", default=_ROWS, metavar="ROW", help=f"default: {' '.join(_ROWS)}")
    sys.exit(main(list(parser.parse_args().rows)))
