# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What instance groups go through in time, how tests change them behind the client's back, and many of them at once."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

import pytest
import requests
from ansible_collections.zstack.aios.tests.simulator.launcher import Simulator
from ansible_collections.zstack.aios.tests.simulator.starts import STATES, Start
from ansible_collections.zstack.aios.tests.simulator.tests.driver import GROUPS, Driver
from hypothesis import given
from hypothesis import strategies as st


def statuses(driver: Driver, group: str) -> tuple[str, list[str]]:
    """The status of the group, and those of its instances."""
    row = driver.group(group)
    return row["status"], [instance["status"] for instance in row["instances"]]


def test_a_group_goes_through_its_states_and_then_responds_at_its_url(driver_with: Callable[..., Driver]) -> None:
    """platform.groups_states and platform.groups_instances."""
    driver = driver_with(group_seconds=0.6, group_instances=2)
    group = driver.deploy(driver.add()["uuid"])
    assert [instance["status"] for instance in group["instances"]] == ["Deploying"] * 2
    seen = [group["status"]]
    deadline = time.monotonic() + 10
    while seen[-1] != "Running":
        assert time.monotonic() < deadline
        [row] = driver.rows(f"uuid={group['uuid']}", path=GROUPS)
        assert {instance["status"] for instance in row["instances"]} == {row["status"]}
        assert all(("url" in instance) is (row["status"] == "Running") for instance in row["instances"])
        if row["status"] != seen[-1]:
            seen.append(row["status"])
    assert seen == list(STATES)
    for rank, instance in enumerate(row["instances"]):
        assert (instance["nodeRank"], instance["urlMaps"]) == (rank, {"http": instance["url"]})
        assert requests.get(instance["url"] + "/healthz", timeout=5).json()["path"] == "/healthz"
        assert {"internalUrl", "jupyterUrl", "vmInstanceUuid"} <= set(instance)


times = st.floats(0, 20)


@given(
    start=st.builds(
        Start,
        since=st.just(100.0),
        seconds=times,
        first=st.sampled_from(STATES[:2]),
        lag=times,
        stays=st.sampled_from([*STATES, "Unknown"]),
        nth=st.integers(0, 4),
        instance_stays=st.sampled_from([*STATES, "Unknown"]),
    ),
    instances=st.integers(0, 3),
)
def test_every_start_ends_and_says_when_it_goes_on(start: Start, instances: int) -> None:
    now, moments = start.since, [start.at(start.since, instances)]
    while (change := moments[-1].next_change) is not None:
        now = max(change, now) + 1e-6
        moments.append(start.at(now, instances))
        assert len(moments) < 100
    expected = [start.stays] * instances
    if 0 < start.nth <= instances:
        expected[start.nth - 1] = start.instance_stays
    assert (moments[-1].group, moments[-1].instances) == (start.stays, expected)
    assert start.at(now + 1000, instances) == moments[-1]


def test_instances_of_a_group_differ(driver_with: Callable[..., Driver]) -> None:
    """No source says how the group's status depends on them (platform.assumed_groups_status)."""
    driver = driver_with(group_seconds=0.1, group_instances=3, instance_lag=0.4)
    group = driver.deploy(driver.add()["uuid"])["uuid"]
    driver.settled(group)
    status, instances = statuses(driver, group)
    assert (status, instances[0], instances[2]) == ("Running", "Running", "Deploying")
    row = driver.group(group)
    assert ["url" in instance for instance in row["instances"]] == [one == "Running" for one in instances]
    deadline = time.monotonic() + 10
    while statuses(driver, group)[1] != ["Running"] * 3:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_one_instance_may_stay_in_a_status(driver_with: Callable[..., Driver]) -> None:
    driver = driver_with(group_seconds=0, group_instances=2)
    driver.simulator.faults([{"match": {"kind": "deploy"}, "fault": {"instance_stays": {"nth": 2}}}])
    group = driver.deploy(driver.add()["uuid"])["uuid"]
    assert statuses(driver, group) == ("Running", ["Running", "Unknown"])
    first, second = driver.group(group)["instances"]
    assert requests.get(first["url"], timeout=5).status_code == 200
    other = f"{driver.simulator.url.removesuffix('/zstack')}/instances/{second['uuid']}"
    assert requests.get(other, timeout=5).status_code == 503
    assert driver.restart(group) == [{"uuid": group, "success": True}]
    assert statuses(driver, group) == ("Running", ["Running"] * 2)


def test_an_instance_that_does_not_run_does_not_respond(driver: Driver) -> None:
    [group] = driver.simulator.seed_groups([{"name": "slow", "status": "Unknown"}])
    [instance] = driver.simulator.groups()[0]["instances"]
    base = driver.simulator.url.removesuffix("/zstack")
    assert requests.get(f"{base}/instances/{instance['uuid']}", timeout=5).status_code == 503
    assert requests.get(f"{base}/instances/{group}", timeout=5).status_code == 404


def test_a_start_goes_on_while_the_platform_is_down() -> None:
    with Simulator(group_seconds=0.3) as simulator:
        driver = Driver(simulator)
        group = driver.deploy(driver.add()["uuid"])["uuid"]
        simulator.kill()
        time.sleep(0.3)
        simulator.restart()
        assert driver.group(group)["status"] == "Running"


@pytest.mark.parametrize("status", ["Unknown", "Starting", "Deploying", "SomethingNew"])
def test_a_group_may_stay_in_a_status(driver_with: Callable[..., Driver], status: str) -> None:
    """Nobody can tell whether it is a failure (platform.groups_states)."""
    driver = driver_with(group_seconds=0)
    driver.simulator.faults([{"match": {"kind": "deploy"}, "fault": {"group_stays": {"status": status}}}])
    service = driver.add()["uuid"]
    stays, runs = driver.deploy(service)["uuid"], driver.deploy(service)["uuid"]
    assert driver.settled(runs)["status"] == "Running"
    assert driver.settled(stays, status)["status"] == status
    assert driver.restart(stays) == [{"uuid": stays, "success": True}]
    assert driver.settled(stays)["status"] == "Running"


def test_a_restart_starts_running_groups_again(driver_with: Callable[..., Driver]) -> None:
    driver = driver_with(group_seconds=0.3)
    service = driver.add()["uuid"]
    group = driver.settled(driver.deploy(service)["uuid"])
    driver.restart(group["uuid"])
    restarted = driver.group(group["uuid"])
    assert restarted["status"] == "Starting"
    assert "url" not in restarted["instances"][0]
    assert driver.settled(group["uuid"])["instances"] == group["instances"]


def test_the_time_of_a_start_changes_while_the_platform_runs(driver: Driver) -> None:
    service = driver.add()["uuid"]
    driver.simulator.change(group_seconds=60)
    slow = driver.deploy(service)["uuid"]
    driver.simulator.change(group_instances=2)
    assert len(driver.deploy(service)["instances"]) == 2
    driver.simulator.change(group_seconds=0)
    fast = driver.deploy(service)["uuid"]
    assert driver.group(fast)["status"] == "Running"
    assert driver.group(slow)["status"] == "Deploying"
    with pytest.raises(ValueError, match="no-such"):
        driver.simulator.change(features="no-such")
    driver.simulator.change(features="no-groups")
    assert driver.query(path=GROUPS).status_code == 404
    driver.simulator.reset()
    assert Driver(driver.simulator).query(path=GROUPS).status_code == 200


def test_groups_are_seeded_and_changed_behind_the_clients_back(driver: Driver) -> None:
    service = driver.add()["uuid"]
    group = driver.deploy(service)["uuid"]
    assert driver.simulator.seed_groups([{"uuid": group, "status": "Unknown"}]) == [group]
    time.sleep(0.15)
    [row] = driver.rows(path=GROUPS)
    assert (row["status"], row["name"], row["modelServiceUuid"]) == ("Unknown", "group", service)
    assert "url" not in row["instances"][0]
    driver.simulator.clear_groups()
    assert driver.rows(path=GROUPS) == []


def test_instances_are_seeded_and_changed_behind_the_clients_back(driver: Driver) -> None:
    [group] = driver.simulator.seed_groups(
        [{"name": None, "instances": [{}, {"status": "Starting", "gpuVendor": None}]}]
    )
    row = driver.group(group)
    assert "name" not in row
    assert statuses(driver, group) == ("Running", ["Running", "Starting"])
    assert ["url" in one for one in row["instances"]] == [True, False]
    assert ["gpuVendor" in one for one in row["instances"]] == [True, False]
    driver.simulator.seed_groups([{"uuid": group, "name": "known"}])
    assert driver.group(group) == {**row, "name": "known"}
    driver.simulator.seed_groups([{"uuid": group, "instances": [{"status": "Unknown"}, {"status": "Running"}]}])
    assert statuses(driver, group) == ("Running", ["Unknown", "Running"])
    changed = driver.group(group)["instances"]
    assert [one["uuid"] for one in changed] == [one["uuid"] for one in row["instances"]]
    assert ["url" in one for one in changed] == [False, True]


def test_what_a_query_shows_of_a_group_can_be_seeded(driver: Driver) -> None:
    group = driver.settled(driver.deploy(driver.add()["uuid"])["uuid"])
    driver.simulator.clear_groups()
    tags = {"userTags": ["blue"], "systemTags": ["team::a"]}
    driver.simulator.seed_groups([{**group, **tags}])
    [stored] = driver.simulator.groups()
    assert {name: stored[name] for name in ("uuid", "instances", *tags)} == {
        "uuid": group["uuid"],
        "instances": group["instances"],
        **tags,
    }


def test_thousands_of_groups_are_seeded_and_listed(driver: Driver) -> None:
    services = driver.simulator.seed({"name": f"service-{number}"} for number in range(50))
    started = time.monotonic()
    driver.simulator.seed_groups(
        {"name": f"group-{number}", "uuid": uuid.uuid4().hex, "modelServiceUuid": services[number % 50]}
        for number in range(5000)
    )
    first = driver.query(path=GROUPS, sort="+uuid", limit=1000, replyWithCount="true").json()
    last = driver.rows(path=GROUPS, sort="+uuid", limit=1000, start=4500)
    assert (len(first["inventories"]), first["total"], len(last)) == (1000, 5000, 500)
    assert len(driver.rows(f"modelServiceUuid?={services[0]},{services[1]}", path=GROUPS)) == 200
    # About 1 s on an idle machine; the bound leaves room for a busy one.
    assert time.monotonic() - started < 10
