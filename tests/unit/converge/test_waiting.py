# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Groups are waited for together, and each row says how its wait ended."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._common.errors import AiosError, Interrupted
from ansible_collections.zstack.aios.plugins.module_utils._converge import waiting
from ansible_collections.zstack.aios.plugins.module_utils._converge.actions import CREATED, UNCHANGED, Action
from ansible_collections.zstack.aios.plugins.module_utils._converge.rows import FAILED, Row
from ansible_collections.zstack.aios.plugins.module_utils._converge.waiting import Waiter
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import Item
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Resource
from ansible_collections.zstack.aios.plugins.module_utils._model.instance_group import INSTANCE_GROUP, status_of


class Groups:
    """A platform on which each look shows the next status of each group; the last one stays, None is a group that is gone."""

    def __init__(self, statuses: dict[str, list[Any]], on_wait: Any = None) -> None:
        self.statuses = statuses
        self.looks = 0
        self.clock = 0.0
        self.on_wait = on_wait
        self.client = self.signals = self

    def wait(self, seconds: float) -> None:
        self.clock += seconds
        if self.on_wait:
            self.on_wait()

    def by_uuids(self, uuids: list[str]) -> list[Resource]:
        self.looks += 1
        shown = {uuid: self.statuses[uuid].pop(0) for uuid in uuids if len(self.statuses[uuid]) > 1}
        now = {uuid: shown.get(uuid, self.statuses[uuid][-1]) for uuid in uuids}
        return [group(uuid, status) for uuid, status in now.items() if status is not None]


def group(uuid: str, *statuses: str) -> Resource:
    """Return a group with an instance for each status."""
    instances = [{"status": status} for status in statuses]
    return Resource(INSTANCE_GROUP, {"uuid": uuid, "status": statuses[0], "instances": instances})


def row(uuid: str, kind: str = CREATED, timeout: int = 60) -> Row:
    """Return the row of a group that was deployed, or found, and starts."""
    action = Action(Item(INSTANCE_GROUP, uuid, "", wait_timeout=timeout), kind, uuid, {"name": uuid})
    return Row(action, kind, resource=group(uuid, "Starting"))


def wait(groups: Groups, *rows: Row, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Wait on a clock that goes as the waits do; return what was reported meanwhile."""
    told: list[str] = []
    monkeypatch.setattr(waiting.time, "monotonic", lambda: groups.clock)
    Waiter(groups, told.append).wait(rows)  # type: ignore[arg-type] # what it needs of a platform
    return told


def test_all_are_waited_for_with_one_request_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    groups = Groups({"a": ["Starting", "Running"], "b": ["Starting", "Starting", "Running"]})
    rows = [row("a"), row("b")]
    told = wait(groups, *rows, monkeypatch=monkeypatch)
    assert [one.error for one in rows] == [None, None]
    assert groups.looks == 3
    assert told[0] == "waiting for 2 instance groups to run: 2 Starting"
    assert told[-1] == ""


def test_what_runs_already_is_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    running = row("a", UNCHANGED)
    running.resource = group("a", "Running", "Running")
    groups = Groups({})
    wait(groups, running, monkeypatch=monkeypatch)
    assert groups.looks == 0


def test_each_group_has_its_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    groups = Groups({"short": ["Unknown"], "long": [*["Starting"] * 8, "Running"]})
    short, long = row("short", timeout=2), row("long", timeout=60)
    wait(groups, short, long, monkeypatch=monkeypatch)
    assert short.error is not None
    assert 'it does not run after 2 s: last status "Unknown", since ' in short.error.message
    assert short.status == CREATED
    assert long.error is None
    assert groups.clock < 30


def test_an_unchanged_group_that_does_not_run_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    one = row("a", UNCHANGED, timeout=1)
    wait(Groups({"a": ["Starting"]}), one, monkeypatch=monkeypatch)
    assert one.status == FAILED


def test_a_group_that_is_deleted_meanwhile_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    one = row("a")
    wait(Groups({"a": ["Starting", None]}), one, monkeypatch=monkeypatch)
    assert one.error is not None
    assert one.error.code == "gone"


def test_a_signal_ends_the_wait_and_every_row_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> None:
        raise Interrupted("interrupted by a signal", "interrupted")

    rows = [row("a"), row("b")]
    with pytest.raises(Interrupted):
        wait(Groups({}, interrupt), *rows, monkeypatch=monkeypatch)
    assert [one.error.code for one in rows if one.error] == ["interrupted", "interrupted"]
    assert all('last status "Starting"' in one.error.message for one in rows if one.error)


def test_a_platform_that_no_longer_responds_fails_what_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise AiosError("no response", "transport_lost")

    one = row("a")
    wait(Groups({}, fail), one, monkeypatch=monkeypatch)
    assert one.error is not None
    assert "it cannot be seen whether it runs: no response" in one.error.message


def test_the_status_of_a_group_tells_instances_that_differ() -> None:
    assert status_of(group("a", "Running", "Starting", "Running")) == "2 Running, 1 Starting"
    assert status_of(group("a", "Unknown")) == "Unknown"
    assert status_of(Resource(INSTANCE_GROUP, {})) == "not shown"
