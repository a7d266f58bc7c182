# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the checks, all of them or some groups: ``python3 -m tools.check [lint] [sanity] [build] [tests] [examples] [quick]``.

Checks run side by side. The tests come first, because many of them watch the clock; they wait half of the time, which
the other checks use, one for each processor, at a lower priority. The first failure ends everything; its output is shown,
and the exit code is 1.
"""

from __future__ import annotations

import argparse
import functools
import os
import pathlib
import re
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from tools.checks import ansible_test, package, workflows
from tools.env.environment import CHECKOUT, TYPES, VENV, child_environment, run_folder
from tools.env.processes import Commands, Stopped, stop_on_signals
from tools.env.screen import paint, say
from tools.env.set_up import set_up

# The last line of pytest, in every form it has.
_COUNTED = re.compile(
    r"^=*\s*((?:\d+ (?:passed|failed|skipped|deselected|errors?|xfailed|warnings?),? ?)+in [\d.]+s.*?)\s*=*$", re.M
)


@dataclass(frozen=True)
class Check:
    """One check.

    :ivar run: gets a folder for temporary files and the means to run commands; returns the exit code and a closing
        line (or an empty text).
    :ivar first: other checks stand back for it, and its output is shown as it comes.
    """

    name: str
    group: str
    run: Callable[[pathlib.Path, Commands], tuple[int, str]]
    first: bool = False


def _command(*words: str) -> Callable[[pathlib.Path, Commands], tuple[int, str]]:
    return functools.partial(_run_command, words)


def _run_command(words: tuple[str, ...], _folder: pathlib.Path, commands: Commands) -> tuple[int, str]:
    code, log = commands.record(*words)
    counted = _COUNTED.findall(log)
    return code, counted[-1] if counted else ""


def _types(_folder: pathlib.Path, commands: Commands) -> tuple[int, str]:
    """Check the types of everything but the tests, each file under the name by which it is imported."""
    shared = ("mypy", "--config-file", str(CHECKOUT / "pyproject.toml"), "--cache-dir", str(CHECKOUT / ".build/mypy"))
    collection = str(pathlib.Path("ansible_collections", "zstack", "aios"))
    own = ("--explicit-package-bases", f"{collection}/plugins", f"{collection}/tests/simulator")
    code, _log = commands.record(*shared, *own, cwd=TYPES, MYPYPATH=str(TYPES))
    if not code:
        code, _log = commands.record(*shared, "tools", MYPYPATH=str(TYPES))
    return code, ""


def _documentation(_folder: pathlib.Path, commands: Commands) -> tuple[int, str]:
    """Check the documentation; once more when the tool stumbled over its own temporary folder.

    It puts the folder's random name into what it checks, where one that ends in an underscore reads as a reference.
    """
    for _attempt in range(4):
        code, log = commands.record(
            "antsibull-docs", "lint-collection-docs", ".", "--plugin-docs", "--validate-collection-refs=all"
        )
        if not code or 'Unknown target name: "antsibull-docs-' not in log:
            break
    return code, ""


def _sanity(folder: pathlib.Path, commands: Commands) -> tuple[int, str]:
    return ansible_test.sanity(VENV, folder / "sanity", commands), ""


def _package(folder: pathlib.Path, commands: Commands) -> tuple[int, str]:
    return package.check(folder / "package", commands), ""


_PYTEST = ("pytest", "-n", "auto")
_FAST = ("tests/unit", "tests/tools", "tests/functional", "-m", "not slow")

#: Those that take longest come first, so that they do not end last.
CHECKS = (
    Check("tests: pytest", "tests", _command(*_PYTEST), first=True),
    Check("examples: pytest", "examples", _command(*_PYTEST, "tests/examples"), first=True),
    Check("fast tests: pytest", "quick", _command(*_PYTEST, *_FAST), first=True),
    Check("ansible-test sanity", "sanity", _sanity),
    Check("package: build, import, install", "build", _package),
    Check("playbooks and roles: ansible-lint", "lint", _command("ansible-lint", "--offline", "--strict")),
    Check("documentation: antsibull-docs", "lint", _documentation),
    Check("types: mypy", "lint", _types),
    Check("style: ruff check", "lint", _command("ruff", "check", ".")),
    Check("layout: ruff format", "lint", _command("ruff", "format", "--check", ".")),
    Check(
        "generated documentation is fresh", "lint", _command("python", "-m", "tools.checks.generated_docs", "--check")
    ),
    Check("workflows, forms and hooks", "lint", workflows.check),
    Check("versions are the same everywhere", "lint", _command("python", "-m", "tools.checks.versions")),
    Check("addresses are the same everywhere", "lint", _command("python", "-m", "tools.checks.addresses")),
    Check("pictures are there, small and described", "lint", _command("python", "-m", "tools.checks.pictures")),
    Check("translations agree with their originals", "lint", _command("python", "-m", "tools.checks.translations")),
    Check("the changelog names what is new", "lint", _command("python", "-m", "tools.checks.changelog")),
    Check("changelog fragments", "lint", _command("antsibull-changelog", "lint")),
    Check("changelog", "lint", _command("antsibull-changelog", "lint-changelog-yaml", "changelogs/changelog.yaml")),
)
GROUPS = tuple(dict.fromkeys(check.group for check in CHECKS))
#: The fast tests are among the tests. The examples take long, and a change seldom breaks them.
_ALL = tuple(group for group in GROUPS if group not in ("examples", "quick"))


class Failed(Exception):
    """A check failed."""


def main(groups: tuple[str, ...]) -> int:
    """Run the checks of ``groups``; return 1 as soon as one fails."""
    begun = time.monotonic()
    set_up()
    chosen = [check for check in CHECKS if check.group in groups]
    with run_folder() as folder:
        commands = Commands(child_environment(folder))
        try:
            _run_side_by_side(chosen, folder, commands)
        except Failed:
            return 1
        except KeyboardInterrupt:
            say("interrupted")
            return 130
        finally:
            commands.stop()
    say(f"PASSED: {len(chosen)} of {len(chosen)} checks in {time.monotonic() - begun:.0f} s")
    return 0


def _run_side_by_side(checks: list[Check], folder: pathlib.Path, commands: Commands) -> None:
    with ThreadPoolExecutor((os.cpu_count() or 1) + sum(check.first for check in checks)) as pool:
        running = [pool.submit(_run, check, folder, commands) for check in checks]
        try:
            for done in as_completed(running):
                done.result()
        except BaseException:
            commands.stop()  # before the pool waits for its threads
            raise


def _run(check: Check, folder: pathlib.Path, commands: Commands) -> None:
    """Run one check and say what came of it.

    :raises Failed: it failed; its output has been shown.
    """
    lines: list[str] = []
    began = time.monotonic()
    try:
        code, closing = check.run(folder, commands if check.first else commands.in_background(lines.append))
    except Stopped:
        return
    except SystemExit as stop:
        code, closing = 1, ""
        lines.append(f"{stop.code}\n")
    seconds = time.monotonic() - began
    if commands.stopped:
        return
    if code:
        say("".join(lines) + paint("red", f"FAILED: {check.name} (exit code {code}); again with: make {check.group}"))
        raise Failed
    say(f"  passed {seconds:6.1f} s  {check.name}{': ' if closing else ''}{closing}")


if __name__ == "__main__":
    stop_on_signals()
    parser = argparse.ArgumentParser(prog="python3 -m tools.check", description="Run the collection's checks.")
    parser.add_argument(
        "groups", nargs="*", metavar="GROUP", help=f"{', '.join(GROUPS)}; none: all but examples and quick"
    )
    named = parser.parse_args().groups
    if unknown := sorted(set(named) - set(GROUPS)):
        parser.error(f"no such group: {', '.join(unknown)}; there are {', '.join(GROUPS)}")
    sys.exit(main(tuple(named) or _ALL))
