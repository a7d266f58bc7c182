# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Commands of the tools leave nothing running, and checks that run side by side stop at the first that fails."""

from __future__ import annotations

import os
import pathlib
import re
import threading
import time

import pytest

from tools import check
from tools.env.processes import Commands, Stopped


@pytest.fixture
def commands() -> Commands:
    """Commands that show nothing."""
    return Commands(dict(os.environ), lambda line: None)


def alive(pid: int) -> bool:
    """Whether a process runs."""
    try:
        return not re.search(
            r"^State:\s+Z", pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii"), re.MULTILINE
        )
    except FileNotFoundError:
        return False


def test_output_and_exit_code_are_returned_and_shown(commands: Commands) -> None:
    shown: list[str] = []
    code, log = commands.in_background(shown.append).record("sh", "-c", "echo out; echo $MORE >&2; exit 3", MORE="more")
    assert (code, log) == (3, "out\nmore\n")
    assert "".join(shown) == log


def test_what_a_command_leaves_running_is_ended(commands: Commands) -> None:
    code, log = commands.record("sh", "-c", "sleep 60 >/dev/null 2>&1 & echo $!")
    assert code == 0
    end = time.monotonic() + 5
    while alive(int(log)) and time.monotonic() < end:
        time.sleep(0.01)
    assert not alive(int(log))


def test_background_commands_stand_back(commands: Commands) -> None:
    own = os.nice(0)
    for given, expected in ((commands, own), (commands.in_background(lambda line: None), min(own + 10, 19))):
        _code, log = given.record("sh", "-c", "sleep 0.2; nice")
        assert int(log) == expected


def test_stopping_ends_what_runs_and_starts_nothing_more(commands: Commands) -> None:
    began = time.monotonic()
    threading.Timer(0.2, commands.stop).start()
    code, _log = commands.in_background(print).record("sleep", "60")
    assert code != 0
    assert time.monotonic() - began < 10
    assert commands.stopped
    with pytest.raises(Stopped):
        commands.record("true")


def test_the_first_check_that_fails_ends_the_others(
    commands: Commands, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def command(name: str, *words: str) -> check.Check:
        return check.Check(name, "lint", lambda _folder, given: (given.record(*words)[0], ""))

    began = time.monotonic()
    long, failing = ("sleep", "60"), ("sh", "-c", "sleep 0.2; echo the reason; exit 4")
    checks = [command("one", *long), command("two", *failing), command("three", *long)]
    with pytest.raises(check.Failed):
        check._run_side_by_side(checks, tmp_path, commands)
    assert time.monotonic() - began < 10
    assert capsys.readouterr().out == "the reason\nFAILED: two (exit code 4); again with: make lint\n"


def test_every_group_that_make_names_is_there() -> None:
    makefile = (check.CHECKOUT / "Makefile").read_text(encoding="utf-8")
    assert set(re.findall(r"\$\(CHECK\) (\w+)", makefile)) == set(check.GROUPS)
