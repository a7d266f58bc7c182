# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands as child processes that leave nothing running, however this program ends."""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO

from tools.env.environment import CHECKOUT


class Stopped(Exception):
    """No further command is started, because :meth:`Commands.stop` was called."""


class _Family:
    """The commands that are running, each a process group of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self.stopped = False

    @contextlib.contextmanager
    def process(
        self, words: tuple[str, ...], environment: Mapping[str, str], cwd: pathlib.Path, stdout: int | None, nice: int
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Start a command and leave nothing of its group running."""
        with self._lock:
            if self.stopped:
                raise Stopped
            process = subprocess.Popen(
                words,
                cwd=cwd,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=subprocess.STDOUT if stdout else None,
                start_new_session=True,
            )
            self._running.add(process)
        if nice:
            with contextlib.suppress(ProcessLookupError):  # it may have ended already
                os.setpriority(os.PRIO_PGRP, process.pid, min(os.nice(0) + nice, 19))
        try:
            yield process
        finally:
            _end_group(process)
            with self._lock:
                self._running.discard(process)

    def stop(self) -> None:
        """End every command, and start no other one."""
        with self._lock:
            self.stopped = True
            running = list(self._running)
        for process in running:
            _end_group(process)


@dataclass
class Commands:
    """Runs commands in one environment; may be used from several threads.

    :ivar environment: the whole environment of the commands.
    :ivar show: gets what recorded commands print, line by line as it comes.
    :ivar nice: how far they stand back for other processes, from 0 to 19.
    """

    environment: Mapping[str, str]
    show: Callable[[str], None] = lambda line: print(line, end="", flush=True)
    nice: int = 0
    _family: _Family = field(default_factory=_Family)

    def in_background(self, show: Callable[[str], None]) -> Commands:
        """Return the same with another ``show``, for commands that stand back for those of this one.

        :meth:`stop` of either ends the commands of both.
        """
        return Commands(self.environment, show, 10, self._family)

    def run(self, *words: str, cwd: pathlib.Path = CHECKOUT) -> int:
        """Run a command with this program's own output and return its exit code."""
        with self._family.process(words, self.environment, cwd, None, self.nice) as process:
            return process.wait()

    def record(self, *words: str, cwd: pathlib.Path = CHECKOUT, **variables: str) -> tuple[int, str]:
        """Run a command, with further environment variables, and return its exit code and its output."""
        lines: list[str] = []
        whole = {**self.environment, **variables}
        with self._family.process(words, whole, cwd, subprocess.PIPE, self.nice) as process:
            reader = threading.Thread(target=self._read, args=(process.stdout, lines), daemon=True)
            reader.start()
            code = process.wait()
        # What is still in the pipe ends when the group's last process does; a process that left the group may hold it.
        reader.join(timeout=5)
        return code, "".join(lines)

    def stop(self) -> None:
        """End every running command; those that are asked for later raise :class:`Stopped`."""
        self._family.stop()

    @property
    def stopped(self) -> bool:
        """Whether :meth:`stop` was called, so that an exit code says nothing about the command."""
        return self._family.stopped

    def _read(self, stream: IO[bytes], lines: list[str]) -> None:
        for raw in stream:
            line = raw.decode("utf-8", "replace")
            lines.append(line)
            self.show(line)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """Ask the group to end as Ctrl-C does, which lets tools remove what they made, then more firmly."""
    # Started in the background of a script, this process ignores Ctrl-C, and so does what it has started.
    if process.poll() is None and signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        _signal_group(process, signal.SIGINT, 10)
    _signal_group(process, signal.SIGTERM, 5)
    if process.poll() is None:
        _signal_group(process, signal.SIGKILL, 5)


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals, seconds: float) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=seconds)


def stop_on_signals() -> None:
    """Turn SIGTERM and SIGHUP into an ordinary exit, so that what was started is stopped and removed."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _frame: sys.exit(128 + received))
