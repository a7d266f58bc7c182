# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When to poll a job: how long jobs of its kind have taken so far in this run."""

from __future__ import annotations

import re
import threading
import time
from collections import deque

#: Seconds from the acceptance of a job to its first poll, and between two polls, at least and at most.
SHORTEST, LONGEST = 0.05, 2.0
#: How much longer each pause is than the one before.
GROWTH = 1.5
#: Seconds that a job is left alone at most, however long others took: it may be a short one.
LONGEST_REST = 10.0
#: So many jobs of a kind are polled closely at first. Those begun at the same time wait for what these show,
SCOUTS = 3
#: but no longer than so many seconds, and then until their age has doubled.
UNAIDED, UNAIDED_GROWTH = 5.0, 2.0
#: A waiting job looks whether others have shown something after so many seconds, and so often in its estimated duration.
_LOOK_UP, _LOOK_UPS = 0.1, 8
#: One job in so many is a probe, polled a fifth earlier, so that the estimate gets closer, and follows a platform that gets
#: faster: often among the first jobs, seldom later.
PROBE_OFTEN, OFTEN_UNTIL, PROBE_SELDOM = 4, 64, 20
#: How many durations an estimate is made of.
_REMEMBERED = 5
_UUID = re.compile(r"[0-9a-f]{32}")


class JobTimes:
    """The durations of jobs by kind, for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun: dict[str, int] = {}
        self._durations: dict[str, deque[float]] = {}

    def schedule(self, method: str, path: str) -> PollSchedule:
        """Return when to poll the job of a request that has just been accepted."""
        kind = f"{method} {_UUID.sub('*', path)}"
        with self._lock:
            number = self._begun.get(kind, 0)
            self._begun[kind] = number + 1
        probe = number % (PROBE_OFTEN if number < OFTEN_UNTIL else PROBE_SELDOM) == 0
        return PollSchedule(self, kind, scout=number < SCOUTS, probe=probe)

    def estimate(self, kind: str) -> float | None:
        """Return the median duration of the jobs of a kind that were seen to end, ``None`` while there is none."""
        with self._lock:
            known = sorted(self._durations.get(kind, ()))
        return known[len(known) // 2] if known else None

    def record(self, kind: str, seconds: float) -> None:
        """Take note of the duration of one job."""
        with self._lock:
            self._durations.setdefault(kind, deque(maxlen=_REMEMBERED)).append(seconds)


class PollSchedule:
    """When to poll one job, counted from now.

    :param scout: whether it is polled closely while there is no estimate.
    :param probe: whether its first poll comes before the estimated end.
    """

    def __init__(self, times: JobTimes, kind: str, scout: bool, probe: bool) -> None:
        self._times = times
        self._kind = kind
        self._scout = scout
        self._share = 0.8 if probe else 1.0
        self._began = time.monotonic()
        self._polled_at = 0.0
        self._pause = 0.0

    def wait(self) -> float:
        """Return the seconds to wait before asking this again; 0 when it is time to poll."""
        age = time.monotonic() - self._began
        estimate = self._times.estimate(self._kind)
        left = self._due(estimate) - age
        return max(0.0, min(left, max(_LOOK_UP, (estimate or 0.0) / _LOOK_UPS)))

    def _due(self, estimate: float | None) -> float:
        """Return the age of the job at which to poll it next."""
        if estimate is not None and self._polled_at < estimate * self._share:
            return max(SHORTEST, min(estimate * self._share, self._polled_at + LONGEST_REST))
        if estimate is None and not self._scout:
            return max(UNAIDED, self._polled_at * UNAIDED_GROWTH)
        return self._polled_at + max(self._pause, SHORTEST, (estimate or 0.0) / 20)

    def still_running(self) -> None:
        """Take note that a poll showed the job still running."""
        estimate = self._times.estimate(self._kind)
        self._pause = min(max(self._pause * GROWTH, SHORTEST, (estimate or 0.0) / 20), LONGEST)
        self._polled_at = time.monotonic() - self._began

    def ended(self) -> None:
        """Take note that a poll showed the job ended; a first poll at the estimated end, or later, shows nothing new."""
        age = time.monotonic() - self._began
        estimate = self._times.estimate(self._kind)
        if self._polled_at or estimate is None or age < estimate:
            self._times.record(self._kind, age)
