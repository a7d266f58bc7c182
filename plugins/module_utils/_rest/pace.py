# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many requests may be under way at once, as far as the platform keeps up."""

from __future__ import annotations

import threading
import time

#: The limit grows by one request after so many calm responses for each request that it allows.
CALM_RESPONSES = 12
#: Seconds in which the responses to requests sent before the limit was halved may still show strain.
_SETTLING = 0.25


class Pace:
    """A semaphore around requests whose limit halves when the platform is strained and recovers one by one.

    The limit at which strain was last seen is remembered: just below it the pace grows a tenth as fast, so that few
    requests are wasted on finding the same limit again.

    :param most: the limit at first, and the highest.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.limit = most
        self._under_way = 0
        self._calm = 0
        self._strained_at = most + 1
        self._hold_until = 0.0
        self._free = threading.Condition()

    def __enter__(self) -> None:
        with self._free:
            while self._under_way >= self.limit:
                self._free.wait()
            self._under_way += 1

    def __exit__(self, *_exception: object) -> None:
        with self._free:
            self._under_way -= 1
            self._free.notify()

    def on_response(self, strain: bool) -> None:
        """Adapt the limit to one response."""
        with self._free:
            if strain:
                self._slow_down()
                return
            self._calm += 1
            near = 10 if self.limit + 1 >= self._strained_at else 1
            if self.limit < self.most and self._calm >= CALM_RESPONSES * self.limit * near:
                self.limit, self._calm = self.limit + 1, 0
                self._free.notify()

    def _slow_down(self) -> None:
        self._calm = 0
        if time.monotonic() >= self._hold_until:
            known = self._strained_at <= self.most
            self._strained_at = min(self._strained_at, self.limit) if known else self.limit
            self.limit = max(1, self.limit // 2)
            self._hold_until = time.monotonic() + _SETTLING
