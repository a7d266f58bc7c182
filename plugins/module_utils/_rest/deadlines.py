# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deadlines of exchanges: when the time of an exchange has expired, its socket is shut down.

The timeout of a socket restarts with every byte, so a peer that sends single bytes, or one header after the other, could
prolong an exchange without end.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

#: Seconds after which the watching thread looks whether a signal arrived.
_LOOK_UP = 0.2
#: Seconds that an exchange may still take once a signal arrived: one under way then, and one that begins later (the logout).
WINDING_UP, AFTERWARDS = 0.7, 0.8


class Exchange:
    """One exchange under way.

    :ivar end: when it must have ended, on the monotonic clock.
    :ivar sent: whether any part of the request may have been sent.
    :ivar expired: whether its time ran out.
    """

    def __init__(self, end: float) -> None:
        self.end = end
        self.sent = False
        self.expired = False
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None

    @property
    def left(self) -> float:
        """The seconds left, a little more than none."""
        return max(self.end - time.monotonic(), 0.001)

    def attach(self, connected: socket.socket) -> None:
        """Take note of the socket that the exchange uses now."""
        with self._lock:
            self._close()
            # A duplicate, for TLS takes the socket itself over; both share the one connection.
            self._socket = socket.fromfd(connected.fileno(), connected.family, connected.type)
            if self.expired:
                self._shut_down()

    def expire(self) -> None:
        """End the exchange: whoever reads or writes its socket gets an error."""
        with self._lock:
            self.expired = True
            self._shut_down()

    def close(self) -> None:
        """Forget the socket."""
        with self._lock:
            self._close()

    def _shut_down(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def _close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class Deadlines:
    """Watches the exchanges of several threads.

    :param interrupted: returns whether a signal arrived, which shortens all exchanges.
    """

    def __init__(self, interrupted: Callable[[], bool] = lambda: False) -> None:
        self._interrupted = interrupted
        self._hurry = False
        self._under_way: set[Exchange] = set()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._current = threading.local()

    @property
    def current(self) -> Exchange | None:
        """The exchange of this thread."""
        return getattr(self._current, "exchange", None)

    @contextlib.contextmanager
    def exchange(self, seconds: float) -> Iterator[Exchange]:
        """Watch an exchange that may take so many seconds."""
        exchange = Exchange(time.monotonic() + (min(seconds, AFTERWARDS) if self._interrupted() else seconds))
        with self._changed:
            self._under_way.add(exchange)
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="zstack.aios.deadlines", daemon=True)
                self._thread.start()
        self._current.exchange = exchange
        try:
            yield exchange
        finally:
            self._current.exchange = None
            with self._changed:
                self._under_way.discard(exchange)
            exchange.close()

    def close(self) -> None:
        """End the watching thread."""
        with self._changed:
            self._thread = None
            self._changed.notify()

    def _watch(self) -> None:
        with self._changed:
            while self._thread is not None:
                now = time.monotonic()
                if self._interrupted() and not self._hurry:
                    self._hurry = True
                    for exchange in self._under_way:
                        exchange.end = min(exchange.end, now + WINDING_UP)
                for exchange in self._under_way:
                    if exchange.end <= now and not exchange.expired:
                        exchange.expire()
                self._changed.wait(_LOOK_UP)
