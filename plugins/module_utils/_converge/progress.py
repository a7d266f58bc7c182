# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports the progress of a long run every few seconds."""

from __future__ import annotations

import os
import stat
import threading
import time
from types import TracebackType

from ansible_collections.zstack.aios.plugins.module_utils._converge.rows import Row
from ansible_collections.zstack.aios.plugins.module_utils._rest.pace import Pace

#: Seconds between two lines; below the ten a person waits before wondering.
EVERY = 5.0


class Progress:
    """Appends lines to a file that the action plugin, or a person, follows.

    :param path: the file; without it nothing is written.
    :param pace: whose limit is reported.
    """

    def __init__(self, path: str | None, pace: Pace) -> None:
        self._path = path
        self._pace = pace
        self._state = "starting"
        self._total = 0
        self._finished = 0
        self._failed = 0
        self._since = time.monotonic()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._report, daemon=True)

    def __enter__(self) -> Progress:
        if self._path:
            self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        if self._path:
            self._thread.join()

    def waiting(self, text: str) -> None:
        """Take note of what the run waits for."""
        self._state = text

    def reading(self, read: int, total: int) -> None:
        """Take note of how much of the listing was read."""
        self._state = f"read {read} of {total} services"

    def applying(self, total: int) -> None:
        """Take note that so many services are about to be changed."""
        self._state, self._total, self._since = "", total, time.monotonic()

    def finished(self, row: Row) -> None:
        """Take note of one more service that is done or has failed."""
        self._finished += 1
        self._failed += row.error is not None

    def line(self) -> str:
        """Return how far it is, as one line."""
        if self._state:
            return self._state
        seconds = max(time.monotonic() - self._since, 0.001)
        left = self._total - self._finished
        return (
            f"{self._finished - self._failed} done, {self._failed} failed, {left} left of {self._total}; "
            f"{self._finished / seconds:.1f} per second, at most {self._pace.limit} requests at a time"
        )

    def _report(self) -> None:
        while not self._ended.wait(EVERY):
            try:
                _append(str(self._path), self.line() + "\n")
            except OSError:
                return


def _append(path: str, text: str) -> None:
    """Append to a regular file. Anything else, such as a pipe without a reader, must not block the run.

    :raises OSError: it cannot be written.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "a", encoding="utf-8") as file:
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            file.write(text)
