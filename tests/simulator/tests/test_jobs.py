# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs: submission, polling, expiry, and what a killed process leaves behind (contract 3)."""

from __future__ import annotations

import time
import uuid

import pytest
import requests
from ansible_collections.zstack.aios.tests.simulator.launcher import Simulator
from ansible_collections.zstack.aios.tests.simulator.tests.driver import SERVICES, Driver, job_of, minimal


def test_the_location_names_another_host(driver: Driver) -> None:
    location = driver.call("POST", SERVICES, json={"param": minimal()}).json()["location"]
    assert location.startswith("http://mn.internal.invalid:8080/zstack/v1/api-jobs/")
    assert len(location.rpartition("/")[2]) == 32


def test_a_job_runs_for_a_while_and_is_polled_without_authorization() -> None:
    with Simulator(job_seconds=0.8) as simulator:
        driver = Driver(simulator)
        job = job_of(driver.call("POST", SERVICES, json={"param": minimal()}))
        driver.call("DELETE", f"/accounts/sessions/{driver.session}")
        del driver.http.headers["Authorization"]
        running = driver.call("GET", f"/api-jobs/{job}")
        assert (running.status_code, running.text) == (202, "{}")
        assert simulator.services() == []
        done = driver.poll(job)
        assert (done.status_code, done.json()["inventory"]["name"]) == (200, "svc")
        assert len(simulator.services()) == 1


def test_a_result_has_a_schema_only_when_asked_for(driver: Driver) -> None:
    plain = driver.done("POST", SERVICES, {"param": minimal()})
    asked = driver.done("POST", SERVICES, {"param": minimal()}, headers={"X-JSON-Schema": "true"})
    assert (set(plain), set(asked)) == ({"inventory"}, {"inventory", "schema"})


def test_a_finished_job_expires() -> None:
    with Simulator(job_seconds=0.01, job_retention=1.0) as simulator:
        driver = Driver(simulator)
        job = job_of(driver.call("POST", SERVICES, json={"param": minimal()}))
        assert driver.poll(job).status_code == 200
        time.sleep(1.1)
        answer = driver.call("GET", f"/api-jobs/{job}")
        assert (answer.status_code, answer.text) == (404, "the job has been expired")


@pytest.mark.parametrize(("effect", "services"), [("end", 0), ("start", 1)])
def test_a_killed_process_leaves_its_running_jobs_running_for_ever(effect: str, services: int) -> None:
    with Simulator(job_seconds=0.8, job_effect=effect) as simulator:
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
        time.sleep(0.9)
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


def test_a_reset_drops_running_jobs() -> None:
    with Simulator(job_seconds=0.5) as simulator:
        driver = Driver(simulator)
        driver.call("POST", SERVICES, json={"param": minimal()})
        simulator.reset()
        time.sleep(0.7)
        assert (simulator.services(), simulator.effects(), simulator.log()) == ([], [], [])
