# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signals, and the moments at which they must not interrupt."""

from __future__ import annotations

import os
import select
import signal
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import Interrupted


class SignalGuard:
    """Whether SIGTERM, SIGINT or SIGHUP arrived, and what that interrupts.

    Until the first write a signal raises :class:`Interrupted` in the main thread, wherever that is. Once signals are
    deferred, a signal only ends every :meth:`wait`, in all threads.

    :ivar arrived: the name of the signal, or what else interrupted; empty when nothing did.
    """

    def __init__(self) -> None:
        self.arrived = ""
        self._reason = ""
        self._deferred = False
        # Readable once a signal arrived. Not a threading.Event: the code that the handler interrupts may
        # have locked it.
        self._reader, self._writer = os.pipe()
        weakref.finalize(self, _close, self._reader, self._writer)

    def listen(self) -> None:
        """Take over the signals; in the main thread only."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._take)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup has it
            signal.signal(signal.SIGHUP, self._take)

    def interrupt(self, reason: str) -> None:
        """Do what a signal does, from any thread.

        :param reason: what to report in place of the signal's name.
        """
        self._reason = reason
        os.kill(os.getpid(), signal.SIGTERM)

    def _take(self, number: int, _frame: object) -> None:
        self.arrived = self._reason or signal.Signals(number).name
        os.write(self._writer, b"!")
        if not self._deferred:
            self._raise()

    def defer(self) -> None:
        """From now on let no signal interrupt the main thread."""
        self._deferred = True

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Defer signals inside; one that arrives there is raised at the end."""
        before, self._deferred = self._deferred, True
        try:
            yield
        finally:
            self._deferred = before
        if self.arrived and not before:
            self._raise()

    def wait(self, seconds: float) -> None:
        """Wait, in any thread.

        :raises Interrupted: a signal arrived, before or meanwhile.
        """
        readable = select.poll()
        readable.register(self._reader, select.POLLIN)
        end = time.monotonic() + seconds
        while not readable.poll(max(0.0, end - time.monotonic()) * 1000):
            if time.monotonic() >= end:
                return
        raise Interrupted(f"interrupted by {self.arrived} while waiting for the platform", "interrupted")

    def check(self) -> None:
        """Raise :class:`Interrupted` if a signal arrived."""
        if self.arrived:
            self.wait(0)

    def _raise(self) -> None:
        self._deferred = True  # a second signal must not prevent the logout
        raise Interrupted(f"interrupted by {self.arrived}. Nothing was written.", "interrupted")


def _close(*descriptors: int) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
