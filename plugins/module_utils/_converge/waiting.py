# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits for instance groups, all at once and with few requests, and remembers what was seen of each."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import AiosError, Interrupted
from ansible_collections.zstack.aios.plugins.module_utils._common.text import counted, listed, printable, quoted
from ansible_collections.zstack.aios.plugins.module_utils._converge.rows import Row
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Resource
from ansible_collections.zstack.aios.plugins.module_utils._model.instance_group import is_running, status_of
from ansible_collections.zstack.aios.plugins.module_utils._platform.resources import Resources

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


class Waiter:
    """Waits until the groups of rows run.

    :param on_wait: called with what is waited for, in words.
    """

    def __init__(self, groups: Resources, on_wait: Callable[[str], None]) -> None:
        self._groups = groups
        self._on_wait = on_wait
        self._statuses = Statuses()

    def wait(self, rows: Sequence[Row]) -> None:
        """Wait for all of them together. The row of one that does not run in time, or is gone, fails.

        :raises Interrupted: by a signal; the rows that were waited for say so.
        """
        began = time.monotonic()
        self._statuses.note(row.resource for row in rows if row.resource)
        left = [row for row in rows if row.resource is None or not is_running(row.resource)]
        steps = pauses()
        try:
            while left:
                self._on_wait(describe_waiting([row.resource for row in left if row.resource]))
                soonest = began + min(row.action.item.wait_timeout for row in left) - time.monotonic()
                self._groups.client.signals.wait(max(0.0, min(next(steps), soonest)))
                self._look(left)
                late = time.monotonic() - began
                left = [row for row in left if row.error is None and not self._ended(row, late)]
            self._on_wait("")
        except Interrupted:
            for row in left:
                self._fail(row, "the run was interrupted before it ran", "interrupted")
            raise
        except AiosError as error:
            for row in left:
                self._fail(row, f"it cannot be seen whether it runs: {error.message}", error.code)

    def _look(self, rows: Sequence[Row]) -> None:
        """Read the groups of rows as they are now."""
        found = {group.uuid: group for group in self._groups.by_uuids([row.action.uuid for row in rows])}
        self._statuses.note(found.values())
        for row in rows:
            row.resource = found.get(row.action.uuid)
            if row.resource is None:
                row.fail(AiosError("it was deleted while it was waited for. Next: run again", "gone"))

    def _ended(self, row: Row, waited: float) -> bool:
        """Return whether a group runs, or has had its time."""
        timeout = row.action.item.wait_timeout
        if row.resource is not None and is_running(row.resource):
            return True
        if waited >= timeout:
            self._fail(row, f"it does not run after {timeout} s", TIMEOUT_CODE)
        return waited >= timeout

    def _fail(self, row: Row, text: str, code: str) -> None:
        row.fail(
            AiosError(
                f"{text}: {self._statuses.last(row.action.uuid)}. Next: look for the reason on the platform, or run again with a "
                "larger wait_timeout; the next run deploys nothing twice.",
                code,
            )
        )
