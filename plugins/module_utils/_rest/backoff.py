# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long, and how often, one request is retried."""

from __future__ import annotations

import random
import time

from ansible_collections.zstack.aios.plugins.module_utils._rest.responses import Outcome
from ansible_collections.zstack.aios.plugins.module_utils._rest.transport import Response

LONGEST_RETRY_AFTER = 60.0


class Backoff:
    """How long one request is retried: growing pauses with jitter, an end in time.

    :param window: seconds after which it ends.
    """

    def __init__(self, window: float) -> None:
        self.window = window
        self._end = time.monotonic() + window
        self.tries = 0

    def pause(self, outcome: Outcome | None = None, tries: int | None = None) -> float | None:
        """Return the seconds to wait before the next try, ``None`` when the end has come."""
        self.tries += 1
        left = self._end - time.monotonic()
        if left <= 0 or (tries is not None and self.tries >= tries):
            return None
        seconds = min(0.1 * 2.0 ** min(self.tries, 6), 5.0) * random.uniform(0.7, 1.3)
        return min(max(seconds, retry_after(outcome)), left)

    @property
    def spent(self) -> bool:
        """Whether the end in time has come."""
        return time.monotonic() >= self._end


def retry_after(outcome: Outcome | None) -> float:
    """Return the seconds a ``Retry-After`` header asks for, capped; 0 when there is none."""
    if not isinstance(outcome, Response):
        return 0.0
    value = outcome.headers.get("Retry-After", "")
    return min(float(value), LONGEST_RETRY_AFTER) if value.isascii() and value.isdigit() else 0.0
