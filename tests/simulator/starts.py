# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an instance group and its instances go through in the time of a start. Pure: time in, states out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

RUNNING = "Running"
#: What a group goes through, in equal parts of its time to start.
STATES = ("Deploying", "Starting", "ConfigSettingUp", "ServiceBootingUp", RUNNING)


@dataclass(frozen=True)
class Moment:
    """The states at one moment, and when the next of them changes; None if none ever does."""

    group: str
    instances: list[str]
    next_change: float | None


@dataclass(frozen=True)
class Start:
    """One start of a group, at `since`, which takes `seconds` from `first`, one of `STATES`, to `RUNNING`.

    Each instance is `lag` seconds behind the one before it. The group goes along with its first instance. A group that
    `stays` ends in that status, with all instances. Of the instances, the `nth` (from 1) ends in `instance_stays`.
    """

    since: float
    seconds: float
    first: str = STATES[0]
    lag: float = 0.0
    stays: str = RUNNING
    nth: int = 0
    instance_stays: str = RUNNING

    def at(self, now: float, instances: int) -> Moment:
        """The states of a group of so many instances."""
        common = _until(STATES[STATES.index(self.first) :], self.stays)
        ways = [common] * (instances + 1)
        if 0 < self.nth <= instances:
            ways[self.nth] = _until(common, self.instance_stays)
        begins = [self.since, *(self.since + rank * self.lag for rank in range(instances))]
        found = [_on_the_way(way, self.seconds, begin, now) for way, begin in zip(ways, begins, strict=True)]
        changes = [change for _state, change in found if change is not None]
        return Moment(found[0][0], [state for state, _change in found[1:]], min(changes, default=None))


def _until(states: Sequence[str], end: str) -> list[str]:
    """The states before `end`, and `end`; one that is not in `STATES` comes in place of the last one."""
    before = STATES.index(end) if end in STATES else len(STATES) - 1
    return [*(state for state in states if state in STATES[:before]), end]


def _on_the_way(states: Sequence[str], seconds: float, begin: float, now: float) -> tuple[str, float | None]:
    last, elapsed = len(states) - 1, now - begin
    if last == 0 or elapsed >= seconds:
        return states[last], None
    position = int(elapsed / seconds * last) if elapsed > 0 else 0
    return states[position], begin + (position + 1) * seconds / last
