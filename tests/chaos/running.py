# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carries a schedule out against a simulator and collects what can be known about it afterwards."""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.zstack.aios.tests.chaos import fault_rules, folders, others
from ansible_collections.zstack.aios.tests.chaos.schedules import Schedule
from ansible_collections.zstack.aios.tests.simulator import constants, sessions
from ansible_collections.zstack.aios.tests.simulator.launcher import Simulator
from ansible_collections.zstack.aios.tests.support.harness import Result, run_module

JOB_SECONDS = 0.02
_SETTLED_AFTER = 4.0
_PATIENT = {"timeout": 60, "job_timeout": 120}


@dataclass
class Evidence:
    """What one schedule left behind.

    :ivar before, after, at_last: the services before the run, after it, and after two more runs without faults, and
    :ivar groups_before, groups_after, groups_at_last: the instance groups;
    :ivar log, effects: requests and jobs of the first run; :ivar stats: counts of it; :ivar fired: faults by name;
    :ivar second, third: the runs without faults, and :ivar third_writes: the writes of the third;
    :ivar others: the runs of others at the time of the first.
    """

    schedule: Schedule
    before: list[dict[str, Any]] = field(default_factory=list)
    after: list[dict[str, Any]] = field(default_factory=list)
    at_last: list[dict[str, Any]] = field(default_factory=list)
    groups_before: list[dict[str, Any]] = field(default_factory=list)
    groups_after: list[dict[str, Any]] = field(default_factory=list)
    groups_at_last: list[dict[str, Any]] = field(default_factory=list)
    log: list[dict[str, Any]] = field(default_factory=list)
    effects: list[dict[str, Any]] = field(default_factory=list)
    stats: dict[str, Any] = field(default_factory=dict)
    fired: dict[str, int] = field(default_factory=dict)
    first: Result = field(default_factory=Result)
    second: Result = field(default_factory=Result)
    third: Result = field(default_factory=Result)
    third_writes: list[dict[str, Any]] = field(default_factory=list)
    others: list[Result] = field(default_factory=list)
    seconds: float = 0.0


class Bench:
    """The simulators of one process, one for each set of options."""

    def __init__(self) -> None:
        self._running: dict[str, Simulator] = {}

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """End the simulators."""
        for simulator in self._running.values():
            simulator.stop()

    def simulator(self, options: dict[str, Any]) -> Simulator:
        """Return a simulator as new."""
        key = json.dumps(options, sort_keys=True)
        if key not in self._running:
            self._running[key] = Simulator(job_seconds=JOB_SECONDS, **options).start()
        self._running[key].reset()
        return self._running[key]

    def carry_out(self, schedule: Schedule) -> Evidence:
        """Run the declaration once with the faults and twice without."""
        simulator = self.simulator(schedule.options)
        simulator.seed(schedule.seeded)
        simulator.seed_groups(schedule.groups)
        params = {
            **_credentials(schedule, simulator),
            "host": simulator.url,
            "timeout": 1,
            "job_timeout": schedule.window,
            **schedule.params,
            **({} if schedule.folder else {"model_services": schedule.items}),
        }
        evidence = Evidence(schedule, before=simulator.services(), groups_before=simulator.groups())
        simulator.clear_log()
        simulator.faults(schedule.rules)
        started = time.monotonic()
        with (
            _source(schedule, schedule.folder) as source,
            others.running(schedule.others, {**params, **source}) as evidence.others,
            _outage(simulator, schedule.outage),
        ):
            evidence.first = run_module("model_services", {**params, **source}, diff=True)
        evidence.seconds = time.monotonic() - started
        _settle(simulator)
        evidence.log, evidence.effects, evidence.stats = simulator.log(), simulator.effects(), simulator.stats()
        evidence.fired = evidence.stats["faults"]
        evidence.after, evidence.groups_after = simulator.services(), simulator.groups()
        simulator.clear_faults()
        simulator.clear_log()
        with _source(schedule, "plain" if schedule.folder else "") as source:
            params = {**params, **source, **_PATIENT}  # a busy machine is no fault of the platform
            evidence.second = run_module("model_services", {**params, **_credentials(schedule, simulator)})
            last = simulator.last_seq()
            evidence.third = run_module("model_services", {**params, **_credentials(schedule, simulator)})
        evidence.third_writes = simulator.writes(last)
        evidence.at_last, evidence.groups_at_last = simulator.services(), simulator.groups()
        return evidence


@contextlib.contextmanager
def _source(schedule: Schedule, kind: str) -> Iterator[dict[str, Any]]:
    """The option that names the folder of the declaration, where it is in one."""
    if not kind:
        yield {}
        return
    with folders.folder_of(kind, schedule.items) as folder:
        yield {"src": [str(folder)]}


def _credentials(schedule: Schedule, simulator: Simulator) -> dict[str, Any]:
    if schedule.way == "access_key":
        return {
            "access_key_id": constants.ACCESS_KEY_ID,
            "access_key_secret": constants.ACCESS_KEY_SECRET,
        }
    if schedule.way == "session":
        return {"session_uuid": log_in(simulator)}
    return {"account_name": constants.ADMIN_ACCOUNT, "account_password": constants.ADMIN_PASSWORD}


def log_in(simulator: Simulator) -> str:
    """Return the uuid of a new session, made without the collection."""
    connection = http.client.HTTPConnection(simulator.host, simulator.port)
    body = {
        "logInByAccount": {
            "accountName": constants.ADMIN_ACCOUNT,
            "password": sessions.digest(constants.ADMIN_PASSWORD),
        }
    }
    with contextlib.closing(connection):
        connection.request(
            "PUT", f"{simulator.context_path}/v1/accounts/login", json.dumps(body), {"Content-Type": "application/json"}
        )
        return str(json.loads(connection.getresponse().read())["inventory"]["uuid"])


@contextlib.contextmanager
def _outage(simulator: Simulator, times: tuple[float, float] | None) -> Iterator[None]:
    """Kill the platform while the run is under way, and start it again on its store."""
    if times is None:
        yield
        return

    def strike() -> None:
        time.sleep(times[0])
        simulator.kill()
        time.sleep(times[1])
        simulator.start()

    thread = threading.Thread(target=strike)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def _settle(simulator: Simulator) -> None:
    """Wait until delayed requests have arrived and jobs have ended: what comes later is found by the next run."""
    end = time.monotonic() + _SETTLED_AFTER
    while time.monotonic() < end:
        fired = sum(rule["fired"] for rule in simulator.fault_rules() if rule["fault"] == "delay")
        if simulator.stats()["faults"].get("delay", 0) >= fired:
            break
        time.sleep(0.05)
    late = fault_rules.LATEST if simulator.stats()["faults"].get("job_error_later") else 0.0
    time.sleep(late + JOB_SECONDS * 3)
