# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the checks, all of them or some groups: ``python3 tools/check.py [lint] [tests] [sanity] [build]``.

Stops at the first check that fails, says which it was, and exits with 1.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import pathlib
import re
import sys
import time
from collections.abc import Callable

import ansible_test
import package
from environment import CHECKOUT, TYPES, VENV, child_environment, run_folder, run_recorded, say, stop_on_signals
from set_up import set_up

Environment = dict[str, str]
_COUNTED = re.compile(
    r"^=*\s*((?:\d+ (?:passed|failed|skipped|errors?|xfailed|warnings?),? ?)+in [\d.]+s.*?)\s*=*$", re.M
)


@dataclasses.dataclass(frozen=True)
class Check:
    """One check: what the heading calls it, the group it belongs to, and what runs it.

    ``run`` takes the run's temporary folder and the environment for child processes, and returns the exit code and
    a closing line (or an empty text).
    """

    name: str
    group: str
    run: Callable[[pathlib.Path, Environment], tuple[int, str]]


def _command(*words: str, cwd: pathlib.Path = CHECKOUT) -> Callable[[pathlib.Path, Environment], tuple[int, str]]:
    return functools.partial(_run_command, list(words), cwd)


def _run_command(
    words: list[str], cwd: pathlib.Path, _folder: pathlib.Path, environment: Environment
) -> tuple[int, str]:
    code, log = run_recorded(words, environment, cwd)
    counted = _COUNTED.findall(log)
    return code, counted[-1] if counted else ""


def _types(_folder: pathlib.Path, environment: Environment) -> tuple[int, str]:
    """Check the types of everything but the tests, each file under the name by which it is imported."""
    environment = dict(environment, MYPYPATH=str(TYPES))
    shared = ["mypy", "--config-file", str(CHECKOUT / "pyproject.toml"), "--cache-dir", str(CHECKOUT / ".build/mypy")]
    collection = str(pathlib.Path("ansible_collections", "zstack", "aios"))
    code, _log = run_recorded(
        [*shared, "--explicit-package-bases", f"{collection}/plugins", f"{collection}/tests/simulator"],
        environment,
        TYPES,
    )
    if not code:
        code, _log = run_recorded([*shared, "tools"], environment, CHECKOUT)
    return code, ""


def _documentation(_folder: pathlib.Path, environment: Environment) -> tuple[int, str]:
    """Check the documentation; once more when the tool stumbled over its own temporary folder.

    It puts the folder's random name into what it checks, where one that ends in an underscore reads as a reference.
    """
    command = ["antsibull-docs", "lint-collection-docs", ".", "--plugin-docs", "--validate-collection-refs=all"]
    for _try in range(4):
        code, log = run_recorded(command, environment)
        if not code or 'Unknown target name: "antsibull-docs-' not in log:
            break
    return code, ""


def _sanity(folder: pathlib.Path, environment: Environment) -> tuple[int, str]:
    return ansible_test.sanity(VENV, folder / "sanity", environment), ""


def _package(folder: pathlib.Path, environment: Environment) -> tuple[int, str]:
    return package.check(folder / "package", environment), ""


CHECKS = (
    Check("style: ruff check", "lint", _command("ruff", "check", ".")),
    Check("layout: ruff format", "lint", _command("ruff", "format", "--check", ".")),
    Check("types: mypy", "lint", _types),
    Check("generated documentation is fresh", "lint", _command("python", "tools/generate_docs.py", "--check")),
    Check("changelog fragments", "lint", _command("antsibull-changelog", "lint")),
    Check("changelog", "lint", _command("antsibull-changelog", "lint-changelog-yaml", "changelogs/changelog.yaml")),
    Check(
        "documentation: antsibull-docs",
        "lint",
        _documentation,
    ),
    Check("playbooks and roles: ansible-lint", "lint", _command("ansible-lint", "--offline", "--strict")),
    Check(
        "tests: pytest", "tests", _command("pytest", "-n", "auto", "tests/unit", "tests/simulator", "tests/functional")
    ),
    Check("ansible-test sanity", "sanity", _sanity),
    Check("package: build, import, install", "build", _package),
)


def main(groups: list[str]) -> int:
    """Run the checks of ``groups`` in the order of the table; return 1 as soon as one fails."""
    set_up()
    chosen = [check for check in CHECKS if not groups or check.group in groups]
    summary = []
    with run_folder() as folder:
        environment = child_environment(folder)
        for number, check in enumerate(chosen, 1):
            say(f"\n== {number}/{len(chosen)} {check.name}")
            start = time.monotonic()
            code, closing = check.run(folder, environment)
            seconds = time.monotonic() - start
            if code:
                say(f"\nFAILED: {check.name} (exit code {code}); again with: make {check.group}")
                return 1
            summary.append(f"  passed {seconds:6.1f} s  {check.name}{': ' if closing else ''}{closing}")
    say("\n".join(["", *summary, f"PASSED: all {len(chosen)} checks"]))
    return 0


if __name__ == "__main__":
    stop_on_signals()
    known = sorted({check.group for check in CHECKS})
    parser = argparse.ArgumentParser(description="Run the collection's checks.")
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"{', '.join(known)}; all when none is named")
    named = parser.parse_args().groups
    if unknown := sorted(set(named) - set(known)):
        parser.error(f"no such group: {', '.join(unknown)}; there are {', '.join(known)}")
    sys.exit(main(named))
