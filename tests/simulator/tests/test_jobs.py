# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs: submission, polling, expiry, and what a killed process leaves behind."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import requests
from ansible_collections.zstack.aios.tests.simulator.launcher import Simulator
from ansible_collections.zstack.aios.tests.simulator.tests.driver import SERVICES, Driver, job_of, minimal


def test_the_location_names_another_host(driver: Driver) -> None:
    location = driver.call("POST", SERVICES, json={"param": minimal()}).json()["location"]
    assert location.startswith("http://mn.internal.invalid:8080/zstack/v1/api-jobs/")
    assert len(location.rpartition("/")[2]) == 32


def test_a_job_runs_for_a_while_and_is_polled_without_authorization(driver_with: Callable[..., Driver]) -> None:
    driver = driver_with(job_seconds=0.4)
    job = job_of(driver.call("POST", SERVICES, json={"param": minimal()}))
    driver.call("DELETE", f"/accounts/sessions/{driver.session}")
    del driver.http.headers["Authorization"]
    running = driver.call("GET", f"/api-jobs/{job}")
    assert (running.status_code, running.text) == (202, "{}")
    assert driver.simulator.services() == []
    done = driver.poll(job)
    assert (done.status_code, done.json()["inventory"]["name"]) == (200, "svc")
    assert len(driver.simulator.services()) == 1


def test_a_result_has_a_schema_only_when_asked_for(driver: Driver) -> None:
    plain = driver.done("POST", SERVICES, {"param": minimal()})
    asked = driver.done("POST", SERVICES, {"param": minimal()}, headers={"X-JSON-Schema": "true"})
    assert (set(plain), set(asked)) == ({"inventory"}, {"inventory", "schema"})


def test_a_finished_job_expires(driver_with: Callable[..., Driver]) -> None:
    driver = driver_with(job_retention=0.5)
    job = job_of(driver.call("POST", SERVICES, json={"param": minimal()}))
    assert driver.poll(job).status_code == 200
    time.sleep(0.55)
    response = driver.call("GET", f"/api-jobs/{job}")
    assert (response.status_code, response.text) == (404, "the job has been expired")


@pytest.mark.parametrize(("effect", "services"), [("end", 0), ("start", 1)])
def test_a_killed_process_leaves_its_running_jobs_running_for_ever(effect: str, services: int) -> None:
    with Simulator(job_seconds=0.3, job_effect=effect) as simulator:
        driver = Driver(simulator)
        own = uuid.uuid4().hex
        finished = job_of(driver.call("POST", SERVICES, json={"param": minimal(name="first")}))
        assert driver.poll(finished).status_code == 200
        driver.call("POST", SERVICES, json={"param": minimal()}, headers={"X-Job-UUID": own})
        last = simulator.last_seq()
        port = simulator.port
        simulator.kill()
        with pytest.raises(requests.ConnectionError):
            driver.call("GET", f"/api-jobs/{own}")
        simulator.restart()
        assert simulator.port == port
        time.sleep(0.35)
        assert driver.call("GET", f"/api-jobs/{own}").status_code == 202
        assert driver.call("GET", f"/api-jobs/{finished}").status_code == 200
        assert driver.query().status_code == 200
        assert len(simulator.services()) == 1 + services
        assert [entry["kind"] for entry in simulator.log(last)] == ["poll", "poll", "query"]
        again = driver.call("POST", SERVICES, json={"param": minimal()}, headers={"X-Job-UUID": own})
        assert again.text == f"Duplicate job uuid[{own}]"


def test_effects_tell_which_jobs_did_something(driver: Driver) -> None:
    made = driver.add()
    driver.error("POST", SERVICES, {"param": {}})
    driver.update(made["uuid"], name="new")
    driver.done("DELETE", f"{SERVICES}/{made['uuid']}")
    effects = driver.simulator.effects()
    assert [(one["kind"], one["uuid"], one["name"], one["error"]) for one in effects] == [
        ("add", made["uuid"], "svc", None),
        ("add", None, None, "SYS.1007"),
        ("update", made["uuid"], "new", None),
        ("delete", made["uuid"], None, None),
    ]
    assert [one["job"] for one in effects] == [entry["job"] for entry in driver.simulator.writes()]


def test_a_reset_drops_running_jobs(driver_with: Callable[..., Driver]) -> None:
    driver = driver_with(job_seconds=0.2)
    driver.call("POST", SERVICES, json={"param": minimal()})
    driver.simulator.reset()
    time.sleep(0.3)
    assert (driver.simulator.services(), driver.simulator.effects(), driver.simulator.log()) == ([], [], [])


def test_two_sends_of_one_id_at_the_same_time_both_run(driver_with: Callable[..., Driver]) -> None:
    driver = driver_with(job_seconds=0.15, job_id_window=0.4)
    headers = {"X-Job-UUID": uuid.uuid4().hex}
    own = uuid.uuid4().hex
    for _send in range(2):
        sent = driver.call("POST", SERVICES, json={"param": minimal()}, headers=headers)
        assert sent.status_code == 202
    for _send in range(2):
        twice = driver.call("POST", SERVICES, json={"param": minimal(resourceUuid=own)}, headers={"X-Job-UUID": own})
        assert twice.status_code == 202
    time.sleep(0.45)
    assert [one["error"] for one in driver.simulator.effects()] == [None, None, None, "SYS.1002"]
    # The row shows whichever ended last: of the first pair a success, of the second a failure, though the service is there.
    assert driver.poll(headers["X-Job-UUID"]).status_code == 200
    assert driver.poll(own).status_code == 503
    assert own in {row["uuid"] for row in driver.simulator.services()}
    late = driver.call("POST", SERVICES, json={"param": minimal()}, headers=headers)
    assert (late.status_code, late.text) == (400, f"Duplicate job uuid[{headers['X-Job-UUID']}]")


@pytest.mark.parametrize(("features", "status"), [("strict-sql", 404), ("", 200)])
@pytest.mark.parametrize(
    "body", [{"param": minimal(name="a\U0001f600")}, {"param": minimal(), "userTags": ["\U0001f600"]}]
)
def test_under_strict_sql_a_character_beyond_the_first_plane_loses_the_jobs_row(
    driver_with: Callable[..., Driver], features: str, status: int, body: dict[str, Any]
) -> None:
    driver = driver_with(features=features)
    own = uuid.uuid4().hex
    assert driver.call("POST", SERVICES, json=body, headers={"X-Job-UUID": own}).status_code == 202
    assert driver.poll(own).status_code == status
    deadline = time.monotonic() + 10
    while not driver.simulator.effects():
        assert time.monotonic() < deadline
    assert len(driver.simulator.services()) == 1
    assert driver.poll(own).status_code == status
