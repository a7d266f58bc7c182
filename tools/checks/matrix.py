# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run tests and sanity on old and new ansible-core and Python: ``python3 -m tools.checks.matrix [2.17:3.10 ...]``.

Each pair gets an environment of its own below ``.build/matrix``. The Pythons are those of PATH and of pyenv; one that
is missing is a failure, reported before anything runs. Not part of ``make test``, for few machines have them all.
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

_PAIRS = ("2.17:3.10", "2.18:3.11", "2.19:3.12", "2.20:3.12", "2.21:3.13")
_TESTS = ("pytest", "-q", "-n", "auto", "tests/unit", "tests/simulator", "tests/functional")
_OLDEST_RUNNER = "ansible-runner==2.4.0"  # that of AWX 24.6.1; the tests above run with the newest one
_RUNNER_TESTS = ("pytest", "-q", "tests/functional/playbooks/test_runner.py")


def find_python(version: str) -> str:
    """Return the path of a real interpreter of ``version`` (never a version manager's shim), or an empty text."""
    pyenv = pathlib.Path(os.environ.get("PYENV_ROOT", pathlib.Path.home() / ".pyenv"))
    folders = [str(folder) for folder in pyenv.glob(f"versions/{version}*/bin")]
    inherited = executable_path(BUILD, os.environ.get("PATH", os.defpath))
    return shutil.which(f"python{version}", path=os.pathsep.join([inherited, *folders])) or ""


def main(pairs: list[str]) -> int:
    """Check every pair, report the result of each, and return 1 if any of them failed."""
    pythons = {version: find_python(version) for version in sorted({pair.partition(":")[2] for pair in pairs})}
    missing = [version for version, path in pythons.items() if not path]
    if missing:
        sys.exit(f"not on this machine: Python {', '.join(missing)}")
    set_up()
    results = []
    for pair in pairs:
        core, version = pair.split(":")
        say(f"\n== ansible-core {core}, Python {version}")
        start = time.monotonic()
        failed = _check(core, pythons[version], BUILD / "matrix" / f"{core}-{version}")
        results.append(
            f"  {failed or 'passed':8} {time.monotonic() - start:6.1f} s  ansible-core {core}, Python {version}"
        )
    failures = sum("failed" in result for result in results)
    say("\n".join(["", *results, f"{'FAILED' if failures else 'PASSED'}: {len(results) - failures} of {len(results)}"]))
    return int(bool(failures))


def _check(core: str, python: str, venv: pathlib.Path) -> str:
    """Run the tests and the sanity tests in ``venv``; return an empty text or what failed."""
    network = uv.environment(uv.pip_settings())
    with locked(f"matrix-{venv.name}"), run_folder() as folder:
        uv.make_venv(venv, network, python)
        requirements = ("-r", "requirements.txt", "-r", "tests/unit/requirements.txt")
        uv.install(venv, network, f"ansible-core~={core}.0", *requirements)
        link_collection(site_packages(venv))
        commands = Commands(child_environment(folder, venv))
        if commands.run(*_TESTS):
            return "tests failed"
        uv.install(venv, network, _OLDEST_RUNNER)
        if commands.run(*_RUNNER_TESTS):
            return f"tests with {_OLDEST_RUNNER} failed"
        if ansible_test.sanity(venv, folder / "sanity", commands):
            return "sanity failed"
    return ""


if __name__ == "__main__":
    stop_on_signals()
    parser = argparse.ArgumentParser(description="Check the collection on several ansible-core and Python versions.")
    parser.add_argument("pairs", nargs="*", default=_PAIRS, metavar="CORE:PYTHON", help=f"default: {' '.join(_PAIRS)}")
    sys.exit(main(list(parser.parse_args().pairs)))
