# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults on demand: what the client sees, what really happened, and when a rule fires."""

from __future__ import annotations

import socket
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import requests
from ansible_collections.zstack.aios.tests.simulator.launcher import Simulator
from ansible_collections.zstack.aios.tests.simulator.tests.driver import SERVICES, Driver, code_of, job_of, minimal


def add_with_fault(driver: Driver, fault: Any) -> tuple[requests.Response | None, str]:
    """An Add that meets a fault: its response, None if the connection broke, and its job id."""
    driver.simulator.faults([{"match": {"kind": "add"}, "fault": fault}])
    job = uuid.uuid4().hex
    try:
        return driver.call("POST", SERVICES, json={"param": minimal()}, headers={"X-Job-UUID": job}), job
    except requests.RequestException:
        return None, job


def wait_for_effect(driver: Driver) -> None:
    """Waits until one job has run."""
    deadline = time.monotonic() + 10
    while not driver.simulator.effects():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert len(driver.simulator.services()) == 1


@pytest.mark.parametrize(
    ("fault", "takes_effect"),
    [("close_before", False), ("close_after", True), ("cut_answer", True)],
)
def test_broken_connections(driver: Driver, fault: str, takes_effect: bool) -> None:
    response, job = add_with_fault(driver, fault)
    assert response is None
    assert driver.poll(job).status_code == (200 if takes_effect else 404)
    assert len(driver.simulator.services()) == takes_effect
    assert driver.simulator.stats()["faults"] == {fault: 1}


def test_a_cut_response_promises_all_and_sends_half(simulator: Simulator) -> None:
    simulator.faults([{"match": {"path_regex": "ready"}, "fault": "cut_answer"}])
    with socket.create_connection((simulator.host, simulator.port), timeout=5) as connection:
        connection.sendall(b"GET /zstack/v1/management-nodes/ready HTTP/1.1\r\nHost: x\r\n\r\n")
        head, _blank, body = b"".join(iter(lambda: connection.recv(4096), b"")).partition(b"\r\n\r\n")
    assert (b"Content-Length: 2" in head, body) == (True, b"{")


@pytest.mark.parametrize(("fault", "takes_effect"), [("status", False), ("status_after", True)])
def test_statuses_of_a_proxy(driver: Driver, fault: str, takes_effect: bool) -> None:
    details = {"code": 502, "body": "<html>bad</html>", "content_type": "text/html", "headers": {"Retry-After": "3"}}
    response, job = add_with_fault(driver, {fault: details})
    assert response is not None
    assert (response.status_code, response.text) == (502, "<html>bad</html>")
    assert (response.headers["Content-Type"], response.headers["Retry-After"]) == ("text/html", "3")
    assert driver.poll(job).status_code == (200 if takes_effect else 404)


@pytest.mark.parametrize(
    ("fault", "body"),
    [
        ("empty_body", ""),
        ("broken_json", '{"inventory": {"uuid": "0123'),
        ("wrong_shape", "[]"),
        ({"wrong_shape": {"body": {"inventory": 7}}}, '{"inventory": 7}'),
    ],
)
def test_spoilt_responses(driver: Driver, fault: Any, body: str) -> None:
    response, job = add_with_fault(driver, fault)
    assert response is not None
    assert (response.status_code, response.text) == (202, body)
    assert driver.poll(job).status_code == 200


def test_an_endless_list_has_a_full_page_of_new_rows_every_time(driver: Driver) -> None:
    driver.simulator.faults([{"match": {"kind": "query", "times": 0}, "fault": "endless_list"}])
    pages = [driver.query(sort="+uuid", start=start, limit=50, replyWithCount="true").json() for start in (0, 50, 50)]
    uuids = [row["uuid"] for page in pages for row in page["inventories"]]
    assert len(uuids) == len(set(uuids)) == 150
    assert uuids == sorted(uuids)
    assert {page["total"] for page in pages} == {10**12}
    assert len(driver.rows()) == 1000


def test_tiny_rows_come_in_any_number(driver: Driver) -> None:
    driver.simulator.faults([{"match": {"kind": "query"}, "fault": {"tiny_rows": {"rows": 20_001}}}])
    assert driver.query().json() == {"inventories": [{}] * 20_001, "total": 20_001}


def test_a_huge_body_is_streamed(driver: Driver) -> None:
    driver.simulator.faults([{"match": {"kind": "query"}, "fault": {"huge_body": {"bytes": 3_000_000}}}])
    assert len(driver.query().content) > 3_000_000
    assert driver.query().json()["inventories"] == []


def test_a_redirect_goes_elsewhere_without_an_effect(driver: Driver) -> None:
    response, job = add_with_fault(driver, {"redirect": {"location": "http://elsewhere.invalid/"}})
    assert response is not None
    assert (response.status_code, response.headers["Location"]) == (302, "http://elsewhere.invalid/")
    assert driver.poll(job).status_code == 404


def test_a_delay_comes_before_the_effect(driver: Driver) -> None:
    driver.simulator.faults([{"match": {"kind": "add"}, "fault": {"delay": {"seconds": 0.4}}}])
    with pytest.raises(requests.ReadTimeout):
        driver.http.post(f"{driver.simulator.url}/v1{SERVICES}", json={"param": minimal()}, timeout=0.1)
    assert driver.simulator.services() == []
    wait_for_effect(driver)


def test_a_session_that_is_gone(driver: Driver) -> None:
    driver.simulator.faults([{"match": {"kind": "add"}, "fault": "session_gone"}])
    assert driver.error("POST", SERVICES, {"param": minimal()})["code"] == "ID.1001"
    assert code_of(driver.query()) == "ID.1001"


@pytest.mark.parametrize(
    ("fault", "polls", "takes_effect"),
    [
        ("job_stuck", [202, 202], False),
        ("job_stuck_after", [202, 202], True),
        ("job_lost", [404, 404], True),
        ("job_never", [404, 404], False),
        ("job_expired", [202, 404], True),
        ({"job_expired": {"executed": False}}, [202, 404], False),
        ({"job_error": {"code": "SYS.1001"}}, [503, 503], False),
        ({"job_error_after": {"code": "SYS.1001"}}, [503, 503], True),
    ],
)
def test_jobs_with_a_fate(driver: Driver, fault: Any, polls: list[int], takes_effect: bool) -> None:
    response, job = add_with_fault(driver, fault)
    assert response is not None
    assert (response.status_code, job_of(response)) == (202, job)
    if takes_effect:
        wait_for_effect(driver)
    elif polls[0] == 503:
        driver.poll(job)
    responses = [driver.call("GET", f"/api-jobs/{job}") for _poll in polls]
    assert [one.status_code for one in responses] == polls
    if polls[0] == 503:
        assert code_of(responses[0]) == "SYS.1001"
    assert len(driver.simulator.services()) == takes_effect


def test_an_error_may_be_reported_before_the_effect(driver: Driver) -> None:
    fault = {"job_error_later": {"seconds": 0.3, "code": "SYS.1012"}}
    _response, job = add_with_fault(driver, fault)
    assert code_of(driver.poll(job)) == "SYS.1012"
    assert driver.simulator.services() == []
    wait_for_effect(driver)
    assert code_of(driver.poll(job)) == "SYS.1012"


@pytest.mark.parametrize(("details", "services"), [({}, 2), ({"executes": False}, 0)])
@pytest.mark.parametrize("stuck", [False, True])
def test_when_a_management_node_leaves_every_job_it_had_not_answered_is_sys_1012(
    driver_with: Callable[..., Driver], details: dict[str, Any], services: int, stuck: bool
) -> None:
    driver = driver_with(job_seconds=0.2)
    if stuck:
        driver.simulator.faults([{"match": {"kind": "add", "times": 0}, "fault": "job_stuck_after"}])
    jobs = [job_of(driver.call("POST", SERVICES, json={"param": minimal()})) for _job in range(2)]
    driver.simulator.faults([{"match": {"kind": "query"}, "fault": {"node_leaves": details}}])
    assert driver.rows() == []
    assert [code_of(driver.call("GET", f"/api-jobs/{job}")) for job in jobs] == ["SYS.1012", "SYS.1012"]
    driver.simulator.clear_faults()
    after = driver.add(name="after")
    assert len(driver.simulator.services()) == services + 1
    assert [code_of(driver.call("GET", f"/api-jobs/{job}")) for job in jobs] == ["SYS.1012", "SYS.1012"]
    assert after["name"] == "after"


def test_a_stuck_job_is_answered_when_its_management_node_leaves(driver: Driver) -> None:
    _response, job = add_with_fault(driver, "job_stuck_after")
    wait_for_effect(driver)
    assert driver.call("GET", f"/api-jobs/{job}").status_code == 202
    driver.simulator.faults([{"match": {"kind": "poll"}, "fault": "node_leaves"}])
    assert code_of(driver.poll(job)) == "SYS.1012"
    assert len(driver.simulator.services()) == 1


def fired_at(driver: Driver, match: dict[str, Any], requests_sent: int = 12) -> list[int]:
    """Which of a row of queries, counted from 1, met the fault."""
    driver.simulator.faults([{"match": match, "fault": {"status": {"code": 418}}}])
    return [number for number in range(1, requests_sent + 1) if driver.query().status_code == 418]


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        ({}, [1]),
        ({"nth": 3}, [3]),
        ({"nth": 3, "times": 2}, [3, 4]),
        ({"every": 5, "times": 0}, [5, 10]),
        ({"nth": 2, "every": 4, "times": 2}, [2, 6]),
        ({"kind": ["query", "add"]}, [1]),
        ({"kind": "add"}, []),
        ({"method": "get"}, [1]),
        ({"method": "PUT"}, []),
        ({"path_regex": "model-services$"}, [1]),
        ({"path_regex": "^/v1"}, []),
        ({"probability": 0.0, "times": 0}, []),
    ],
)
def test_when_a_rule_fires(driver: Driver, match: dict[str, Any], expected: list[int]) -> None:
    assert fired_at(driver, match) == expected
    assert driver.simulator.fault_rules()[0]["fired"] == len(expected)


def test_chance_repeats_with_its_seed(driver_with: Callable[..., Driver]) -> None:
    runs = []
    for seed in (1, 1, 2):
        driver = driver_with(seed=seed)
        runs.append(fired_at(driver, {"probability": 0.5, "times": 0}, 16))
    assert runs[0] == runs[1] != runs[2]


def test_only_the_first_rule_that_fires_counts_and_all_can_be_removed(driver: Driver) -> None:
    rules = [{"match": {"kind": "query"}, "fault": {"status": {"code": code}}} for code in (418, 419)]
    driver.simulator.faults(rules)
    assert [driver.query().status_code for _request in range(3)] == [418, 419, 200]
    driver.simulator.faults(rules)
    driver.simulator.clear_faults()
    assert driver.query().status_code == 200


@pytest.mark.parametrize(
    "rule",
    [
        {"fault": "unknown"},
        {"fault": "delay"},
        {"fault": {"status": {}}},
        {"fault": {"job_error_later": {"seconds": "soon"}}},
        {"match": {"kind": ["add", "ad"]}, "fault": "close_before"},
        {"match": {"knd": "add"}, "fault": "close_before"},
        {"match": {}},
        {"match": {"path_regex": "("}, "fault": "close_before"},
        "close_before",
    ],
)
def test_wrong_rules_are_refused(simulator: Simulator, rule: Any) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        simulator.faults([rule])
    assert simulator.fault_rules() == []


@pytest.mark.parametrize(("overload", "status"), [("429", 429), ("503", 503), ("html503", 503)])
def test_a_platform_that_refuses_above_its_limit(simulator: Simulator, overload: str, status: int) -> None:
    simulator.reset(max_in_flight=2, overload=overload, request_latency=0.3)
    responses: list[requests.Response] = []
    url = f"{simulator.url}/v1/management-nodes/ready"
    threads = [threading.Thread(target=lambda: responses.append(requests.get(url, timeout=5))) for _n in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    refused = [response for response in responses if response.status_code != 200]
    assert [response.status_code for response in refused] == [status] * 3
    assert all(
        ("text/html" in response.headers.get("Content-Type", "")) is (overload == "html503") for response in refused
    )
    stats = simulator.stats()
    assert (stats["refused"], stats["in_flight_maximum"]) == (3, 2)
