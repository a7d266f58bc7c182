# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signals, and the moments at which they must not break in.

Private to this collection.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import Interrupted


class Interruption:
    """Whether SIGTERM or SIGINT arrived.

    A signal is raised where it finds the main thread. While :attr:`deferred` it is only noted: then whoever works looks
    at :attr:`arrived` and winds up. As a context it defers signals from its end on, so that none can keep the session
    from being ended.
    """

    def __init__(self) -> None:
        self.deferred = False
        self.arrived = ""

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_exception: object) -> None:
        self.deferred = True

    def listen(self) -> None:
        """Take the signals over, in the main thread."""

        def stop(number: int, _frame: object) -> None:
            self.arrived = signal.Signals(number).name
            if not self.deferred:
                self._break_in()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)

    @contextmanager
    def sheltered(self) -> Iterator[None]:
        """Keep signals out of what must not be left half-way. One that arrives inside is raised at the end."""
        before, self.deferred = self.deferred, True
        try:
            yield
        finally:
            self.deferred = before
        if self.arrived and not before:
            self._break_in()

    def give_up(self) -> None:
        """Raise a signal that arrived: what is sheltered calls it where it may be left after all.

        :raises Interrupted: one did.
        """
        if self.arrived:
            raise Interrupted(f"interrupted by {self.arrived} while waiting for the platform", "interrupted")

    def _break_in(self) -> None:
        self.deferred = True  # a second signal must not keep the session from being ended
        raise Interrupted(f"interrupted by {self.arrived}. Nothing was written.", "interrupted")
