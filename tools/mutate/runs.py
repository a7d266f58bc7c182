# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs tests on mutants, several at a time, each in a copy of the collection of its own."""

from __future__ import annotations

import os
import pathlib
import queue
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TypeVar

from tools.checks.ansible_test import copy_collection
from tools.env.environment import BUILD, COLLECTION_PATH
from tools.env.processes import Commands
from tools.mutate.mutations import Mutant
from tools.mutate.targets import ROOMS, stages

#: The tests mostly wait, so that there may be more copies than processors.
_COPIES = 2 * (os.cpu_count() or 1)
#: Seconds for one stage of tests; a mutant that takes longer never ends, and that is noticed, too.
_LIMIT = 300
_FOLDER = BUILD / "mutate"
_Job = TypeVar("_Job")
_Result = TypeVar("_Result")


class Copy:
    """A copy of the collection whose files may be broken."""

    def __init__(self, name: str, commands: Commands) -> None:
        self._parent = _FOLDER / name
        self._commands = commands
        shutil.rmtree(self._parent / COLLECTION_PATH, ignore_errors=True)
        self._tree = copy_collection(self._parent)
        self._written = 0

    def run(self, tests: str) -> tuple[int, str]:
        """Run tests up to the first that fails; return pytest's exit code, or that of a time-out, and the output.

        Those that start Ansible are left out: it takes the collection from where it is linked.
        """
        limit = ("timeout", "--kill-after=5", str(_LIMIT))
        return self._commands.record(
            *limit, "pytest", "-q", "-x", "-k", "not playbook", tests, cwd=self._tree,
            PYTHONPATH=str(self._parent), PYTHONPYCACHEPREFIX=str(self._parent / "pycache"),
        )  # fmt: skip

    def survives(self, mutant: Mutant) -> bool:
        """Whether every test passes with the mutant in place."""
        path = self._tree / ROOMS / mutant.file
        source = path.read_text(encoding="utf-8")
        try:
            self._write(path, mutant.apply(source))
            return all(self.run(tests)[0] == 0 for tests in stages(mutant.file))
        finally:
            self._write(path, source)

    def _write(self, path: pathlib.Path, source: str) -> None:
        """Write a file with a time of its own, without which Python might take what it compiled of the one before."""
        path.write_text(source, encoding="utf-8")
        self._written += 10
        os.utime(path, (self._written, self._written))


class Copies:
    """The copies, and what is done in them side by side."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands
        self._free: queue.Queue[Copy] = queue.Queue()
        for number in range(_COPIES):
            self._free.put(Copy(str(number), commands))

    def each(self, jobs: Sequence[_Job], work: Callable[[Copy, _Job], _Result]) -> Iterator[tuple[_Job, _Result]]:
        """Do the work for each job in some copy; yield jobs and results as they come."""
        with ThreadPoolExecutor(_COPIES) as pool:
            running = {pool.submit(self._do, work, job): job for job in jobs}
            try:
                for done in as_completed(running):
                    yield running[done], done.result()
            except BaseException:
                self._commands.stop()
                pool.shutdown(cancel_futures=True)
                raise

    def _do(self, work: Callable[[Copy, _Job], _Result], job: _Job) -> _Result:
        copy = self._free.get()
        try:
            return work(copy, job)
        finally:
            self._free.put(copy)


def check_tests(files: Sequence[str], copies: Copies) -> None:
    """End the program unless the tests of every file pass as long as nothing is broken."""
    tests = sorted({stage for file in files for stage in stages(file)})
    for test, (code, log) in copies.each(tests, Copy.run):
        if code:
            sys.exit(f"{log}\nthese tests fail without any mutant: {test}")


def survivors(mutants: Sequence[Mutant], copies: Copies, on_done: Callable[[bool], None]) -> list[Mutant]:
    """Return the mutants that no test notices; ``on_done`` gets of each whether it survived."""
    found = []
    for mutant, survived in copies.each(mutants, Copy.survives):
        on_done(survived)
        if survived:
            found.append(mutant)
    return found
