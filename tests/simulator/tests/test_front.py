# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The REST front: paths, methods, envelopes, headers, and what is refused in plain text (contract 1, 3.3, 4.1)."""

from __future__ import annotations

import json
import socket
import uuid

import pytest
import requests
from ansible_collections.zstack.aios.tests.simulator.launcher import Simulator
from ansible_collections.zstack.aios.tests.simulator.tests.driver import SERVICES, Driver, code_of, job_of, minimal


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/ai/model-services/", 404, "no api mapping to /v1/ai/model-services/"),
        ("/ai/nothing", 404, "no api mapping to /v1/ai/nothing"),
        ("/ai/model-services/instances/groups/", 200, '{"inventories":[],"schema":{}}'),
        ("/ai/model-services/instances/groups", 404, "no api mapping to /v1/ai/model-services/instances/groups"),
        ("/api-jobs/" + "0" * 32, 404, "the job has been expired"),
    ],
)
def test_paths(driver: Driver, path: str, status: int, text: str) -> None:
    answer = driver.call("GET", path)
    assert (answer.status_code, answer.text) == (status, text)


def test_outside_of_the_context_tomcat_answers_in_html(simulator: Simulator) -> None:
    answer = requests.get(f"http://{simulator.host}:{simulator.port}/v1/zones", timeout=5)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "text/html"


def test_answers_carry_no_content_type_and_are_utf8(driver: Driver) -> None:
    driver.simulator.seed([{"name": "推理服务"}])
    answer = driver.query("name=推理服务")
    assert "Content-Type" not in answer.headers
    assert json.loads(answer.content.decode("utf-8"))["inventories"][0]["name"] == "推理服务"


def test_gson_escapes_html(driver: Driver) -> None:
    driver.simulator.seed([{"name": "a<b>&'="}])
    answer = driver.query()
    assert "a\\u003cb\\u003e\\u0026\\u0027\\u003d" in answer.text
    assert answer.json()["inventories"][0]["name"] == "a<b>&'="


def test_a_body_without_charset_is_read_as_latin_1(driver: Driver) -> None:
    body = json.dumps({"param": minimal(name="é")}, ensure_ascii=False).encode()
    plain = driver.call("POST", SERVICES, data=body, headers={"Content-Type": "application/json"})
    right = driver.call("POST", SERVICES, data=body, headers={"Content-Type": "application/json;charset=UTF-8"})
    assert driver.poll(job_of(plain)).json()["inventory"]["name"] == "Ã©"
    assert driver.poll(job_of(right)).json()["inventory"]["name"] == "é"


def test_a_flat_put_body_has_no_action(driver: Driver) -> None:
    uuid_ = driver.add()["uuid"]
    answer = driver.call("PUT", f"{SERVICES}/{uuid_}", json={"name": "x"})
    text = f"the body doesn't contain action mapping to the URL[/v1/ai/model-services/{uuid_}]"
    assert (answer.status_code, answer.text) == (400, text)


def test_a_flat_body_on_a_put_path_of_one_api_is_no_fields(simulator: Simulator) -> None:
    answer = Driver(simulator, login=False).call("PUT", "/accounts/login", json={"accountName": "admin"})
    assert code_of(answer) == "SYS.1007"


def test_an_empty_put_body_is_a_null_pointer(driver: Driver) -> None:
    answer = driver.call("PUT", f"{SERVICES}/{driver.add()['uuid']}")
    assert (answer.status_code, answer.text) == (500, "")


@pytest.mark.parametrize("envelope", ["params", "AddModelService", "updateModelService"])
def test_add_in_a_wrong_envelope_has_no_fields(driver: Driver, envelope: str) -> None:
    error = driver.error("POST", SERVICES, {envelope: minimal()})
    assert error["code"] == "SYS.1007"
    assert "mandatory" in error["details"]


def test_clone_in_a_wrong_envelope_succeeds_and_ignores_every_field(driver: Driver) -> None:
    source = driver.add(name="source")
    clone = driver.done("POST", f"{SERVICES}/{source['uuid']}", {"param": {"name": "other"}})["inventory"]
    assert clone["name"] == "source"
    assert clone["uuid"] != source["uuid"]


@pytest.mark.parametrize("envelope", [None, {}, {"nmae": "x"}])
def test_update_with_nothing_in_it_changes_nothing(driver: Driver, envelope: object) -> None:
    before = driver.add()
    after = driver.done("PUT", f"{SERVICES}/{before['uuid']}", {"updateModelService": envelope})["inventory"]
    del before["lastOpDate"], after["lastOpDate"]
    assert after == before


def test_deploy_shares_the_path_of_update(driver: Driver) -> None:
    uuid_ = driver.add()["uuid"]
    assert driver.done("PUT", f"{SERVICES}/{uuid_}", {"deployModelService": {}}) == {}
    assert [entry["kind"] for entry in driver.simulator.writes()] == ["add", "other"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PATCH", SERVICES, 405),
        ("POST", "/accounts/login", 405),
        ("PUT", SERVICES, 500),
        ("DELETE", "/api-jobs/" + "0" * 32, 405),
    ],
)
def test_wrong_methods(driver: Driver, method: str, path: str, status: int) -> None:
    assert driver.call(method, path, json={}).status_code == status


@pytest.mark.parametrize(
    ("authorization", "text"),
    [
        (None, "missing header 'Authorization'"),
        ("OAuth: abc", "Authorization type must be 'OAuth'"),
        ("Bearer abc", "Authorization type must be 'OAuth'"),
        ("ZStack abc", "accessKey format is 'ZStack AccessKeyId:Signature'"),
    ],
)
def test_authorization_is_demanded_by_the_front(simulator: Simulator, authorization: str | None, text: str) -> None:
    driver = Driver(simulator, login=False)
    if authorization is not None:
        driver.http.headers["Authorization"] = authorization
    for answer in (driver.query(), driver.call("POST", SERVICES, json={"param": minimal()})):
        assert (answer.status_code, answer.text) == (400, text)


def test_malformed_json_and_wrong_containers_are_500(driver: Driver) -> None:
    for data in (b"{", b"[1]", b'{"param": [1]}', b'{"param": {}, "systemTags": "x"}'):
        answer = driver.call("POST", SERVICES, data=data)
        assert answer.status_code == 500, data
        assert not answer.text.startswith("{")


def test_a_bad_job_id_and_a_used_one_are_refused(driver: Driver) -> None:
    body = {"param": minimal()}
    short = driver.call("POST", SERVICES, json=body, headers={"X-Job-UUID": "abc"})
    assert (short.status_code, short.text[:26]) == (400, "Invalid header[X-Job-UUID]")
    own = uuid.uuid4().hex
    first = driver.call("POST", SERVICES, json=body, headers={"X-Job-UUID": own})
    second = driver.call("POST", SERVICES, json=body, headers={"X-Job-UUID": own})
    assert job_of(first) == own
    assert (second.status_code, second.text) == (400, f"Duplicate job uuid[{own}]")
    driver.poll(own)
    assert len(driver.simulator.services()) == 1


def test_the_api_timeout_is_in_seconds_and_a_number(driver: Driver) -> None:
    body = {"param": minimal()}
    assert driver.call("POST", SERVICES, json=body).json()["apiTimeout"] == 1_800_000
    assert driver.call("POST", SERVICES, json=body, headers={"X-API-Timeout": "7"}).json()["apiTimeout"] == 7000
    assert driver.call("POST", SERVICES, json=body, headers={"X-API-Timeout": "7s"}).status_code == 500


def test_get_and_delete_ignore_a_body(driver: Driver) -> None:
    driver.simulator.seed([{"name": "a"}])
    assert len(driver.call("GET", SERVICES, json={"q": "name=b", "systemTags": 1}).json()["inventories"]) == 1
    uuid_ = driver.add()["uuid"]
    path = f"{SERVICES}/{uuid_}?deleteMode=Enforcing"
    assert driver.done("DELETE", path, {"systemTags": 1, "uuids": ["x"]}) == {}


def test_raw_signs_that_tomcat_rejects_in_a_url(simulator: Simulator) -> None:
    with socket.create_connection((simulator.host, simulator.port), timeout=5) as connection:
        connection.sendall(b"GET /zstack/v1/ai/model-services?q=a<b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert connection.recv(64).startswith(b"HTTP/1.1 400 ")


def test_long_queries_fit_into_tomcats_header_limit(driver: Driver) -> None:
    driver.simulator.seed([{"name": "a", "uuid": "a" * 32}])
    many = ",".join([*("b" * 32 for _one in range(1000)), "a" * 32])
    assert driver.names(f"uuid?={many}") == {"a"}


def test_public_calls_need_no_authorization(simulator: Simulator) -> None:
    driver = Driver(simulator, login=False)
    assert driver.call("GET", "/management-nodes/ready").json() == {}
    assert driver.call("PUT", "/management-nodes/actions", json={"getVersion": {}}).json()["version"][0] == "5"
    now = driver.call("PUT", "/management-nodes/actions", json={"getCurrentTime": {}}).json()["currentTime"]
    assert now["MillionSeconds"] // 1000 == now["Seconds"]
    assert driver.call("PUT", "/management-nodes/actions", json={"other": {}}).status_code == 400
    assert driver.call("GET", "/management-nodes/platform-timezone").status_code == 400


def test_a_platform_without_ai_and_one_that_answers_writes_directly() -> None:
    with Simulator(features="no-ai") as simulator:
        answer = Driver(simulator).query()
        assert (answer.status_code, answer.text) == (404, "no api mapping to /v1/ai/model-services")
        simulator.restart(features="sync-writes")
        driver = Driver(simulator)
        answer = driver.call("POST", SERVICES, json={"param": minimal(name="direct")})
        assert (answer.status_code, answer.json()["inventory"]["name"]) == (200, "direct")
        assert code_of(driver.call("POST", SERVICES, json={"param": {}})) == "SYS.1007"
