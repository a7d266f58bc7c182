# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits for instance groups, all at once and with few requests, and remembers what was seen of each."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ansible_collections.zstack.aios.plugins.module_utils._common.text import counted, listed, printable, quoted
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Resource
from ansible_collections.zstack.aios.plugins.module_utils._model.instance_group import is_running, status_of

#: Seconds between two looks, at first and at most, and how much longer each pause is than the one before.
FIRST, LONGEST, GROWTH = 0.5, 3.0, 1.5
TIMEOUT_CODE = "not_running"


def pauses() -> Iterator[float]:
    """Yield the seconds to wait before each further look."""
    pause = FIRST
    while True:
        yield pause
        pause = min(pause * GROWTH, LONGEST)


class Seen(NamedTuple):
    """The last status of a group, and when it was first seen in it."""

    status: str
    since: float


class Statuses:
    """What was seen of groups so far."""

    def __init__(self) -> None:
        self.began = time.time()
        self._seen: dict[str, Seen] = {}

    def note(self, groups: Iterable[Resource]) -> None:
        """Take note of what groups show now."""
        for group in groups:
            status, before = status_of(group), self._seen.get(group.uuid)
            if before is None or before.status != status:
                self._seen[group.uuid] = Seen(status, time.time())

    def last(self, uuid: str) -> str:
        """Return the last status of a group, and since when, in words."""
        seen = self._seen.get(uuid)
        if seen is None:
            return "the platform has shown no status of it"
        clock = time.strftime("%H:%M:%S", time.localtime(seen.since))
        return f"last status {quoted(seen.status)}, since {clock} ({max(0, round(time.time() - seen.since))} s)"


def describe_waiting(groups: Sequence[Resource]) -> str:
    """Return for how many groups a run waits, and how they are."""
    counts = Counter(status_of(group) for group in groups)
    words = listed([f"{count} {printable(status, 40)}" for status, count in counts.most_common()], 5)
    return f"waiting for {counted(len(groups), 'instance group')} to run: {words}"


def not_running(groups: Iterable[Resource]) -> list[Resource]:
    """Return the groups of which not all instances run."""
    return [group for group in groups if not is_running(group)]
