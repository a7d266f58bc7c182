# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The REST front: paths, methods, envelopes, headers, and what it refuses in plain text."""

from __future__ import annotations

import json
import socket
import uuid
from collections.abc import Callable

import pytest
import requests
from ansible_collections.zstack.aios.tests.simulator import constants
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
    response = driver.call("GET", path)
    assert (response.status_code, response.text) == (status, text)


def test_outside_of_the_context_tomcat_responds_in_html(simulator: Simulator) -> None:
    response = requests.get(f"http://{simulator.host}:{simulator.port}/v1/zones", timeout=5)
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "text/html"


def test_responses_have_no_content_type_and_are_utf8(driver: Driver) -> None:
    driver.simulator.seed([{"name": "推理服务"}])
    response = driver.query("name=推理服务")
    assert "Content-Type" not in response.headers
    assert json.loads(response.content.decode("utf-8"))["inventories"][0]["name"] == "推理服务"


def test_gson_escapes_html(driver: Driver) -> None:
    driver.simulator.seed([{"name": "a<b>&'="}])
    response = driver.query()
    assert "a\\u003cb\\u003e\\u0026\\u0027\\u003d" in response.text
    assert response.json()["inventories"][0]["name"] == "a<b>&'="


def test_a_body_without_charset_is_read_as_latin_1(driver: Driver) -> None:
    body = json.dumps({"param": minimal(name="é")}, ensure_ascii=False).encode()
    plain = driver.call("POST", SERVICES, data=body, headers={"Content-Type": "application/json"})
    right = driver.call("POST", SERVICES, data=body, headers={"Content-Type": "application/json;charset=UTF-8"})
    assert driver.poll(job_of(plain)).json()["inventory"]["name"] == "Ã©"
    assert driver.poll(job_of(right)).json()["inventory"]["name"] == "é"


def test_a_flat_put_body_has_no_action(driver: Driver) -> None:
    uuid_ = driver.add()["uuid"]
    response = driver.call("PUT", f"{SERVICES}/{uuid_}", json={"name": "x"})
    text = f"the body doesn't contain action mapping to the URL[/v1/ai/model-services/{uuid_}]"
    assert (response.status_code, response.text) == (400, text)


def test_a_flat_body_on_a_put_path_of_one_api_is_no_fields(simulator: Simulator) -> None:
    response = Driver(simulator, login=False).call("PUT", "/accounts/login", json={"accountName": "admin"})
    assert code_of(response) == "SYS.1007"


def test_an_empty_put_body_is_a_null_pointer(driver: Driver) -> None:
    response = driver.call("PUT", f"{SERVICES}/{driver.add()['uuid']}")
    assert (response.status_code, response.text) == (500, "")


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
    for response in (driver.query(), driver.call("POST", SERVICES, json={"param": minimal()})):
        assert (response.status_code, response.text) == (400, text)


def test_malformed_json_and_wrong_containers_are_500(driver: Driver) -> None:
    for data in (b"{", b"[1]", b'{"param": [1]}', b'{"param": {}, "systemTags": "x"}'):
        response = driver.call("POST", SERVICES, data=data)
        assert response.status_code == 500, data
        assert not response.text.startswith("{")


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


def test_the_limit_of_a_request_line_and_headers_is_tomcats_own_where_nobody_raised_it() -> None:
    with Simulator(header_limit=8192) as simulator:
        driver = Driver(simulator)
        uuids = [f"{number:032x}" for number in range(300)]
        assert driver.query(f"uuid?={','.join(uuids[:150])}").status_code == 200
        refused = driver.query(f"uuid?={','.join(uuids)}")
        assert (refused.status_code, refused.headers["Content-Type"]) == (400, "text/html")


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02",
        b"GET /zstack/v1/zones\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
    ],
)
def test_what_is_no_http_is_a_bad_request(simulator: Simulator, data: bytes) -> None:
    with socket.create_connection((simulator.host, simulator.port), timeout=5) as connection:
        connection.sendall(data)
        assert connection.recv(64).startswith(b"HTTP/1.1 400 ")


def test_bodies_may_come_in_chunks_and_after_a_100_continue(driver: Driver) -> None:
    body = json.dumps({"param": minimal(name="chunked")}).encode()
    chunked = driver.call("POST", SERVICES, data=iter([body[:9], body[9:]]))
    assert driver.poll(job_of(chunked)).json()["inventory"]["name"] == "chunked"
    head = f"POST /zstack/v1{SERVICES} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    with socket.create_connection((driver.simulator.host, driver.simulator.port), timeout=5) as connection:
        connection.sendall(head.encode())
        assert connection.recv(64) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"{}")
        assert b"missing header" in connection.recv(4096)


def test_a_connection_serves_many_requests_until_the_client_closes_it(driver: Driver) -> None:
    request = b"GET /zstack/v1/management-nodes/ready HTTP/1.1\r\nHost: x\r\n"
    with socket.create_connection((driver.simulator.host, driver.simulator.port), timeout=5) as connection:
        connection.sendall(request + b"\r\n" + request + b"Connection: close\r\n\r\n")
        everything = b"".join(iter(lambda: connection.recv(4096), b""))
    assert everything.count(b"HTTP/1.1 200 OK") == 2
    assert everything.count(b"Connection: close") == 1


def test_public_calls_need_no_authorization(simulator: Simulator) -> None:
    driver = Driver(simulator, login=False)
    assert driver.call("GET", "/management-nodes/ready").json() == {}
    assert driver.call("PUT", "/management-nodes/actions", json={"getVersion": {}}).json()["version"][0] == "5"
    now = driver.call("PUT", "/management-nodes/actions", json={"getCurrentTime": {}}).json()["currentTime"]
    assert now["MillionSeconds"] // 1000 == now["Seconds"]
    assert driver.call("PUT", "/management-nodes/actions", json={"other": {}}).status_code == 400
    assert driver.call("GET", "/management-nodes/platform-timezone").status_code == 400


def test_a_platform_without_ai(driver_with: Callable[..., Driver]) -> None:
    response = driver_with(features="no-ai").query()
    assert (response.status_code, response.text) == (404, "no api mapping to /v1/ai/model-services")


def test_a_platform_that_responds_to_writes_directly(driver_with: Callable[..., Driver]) -> None:
    driver = driver_with(features="sync-writes")
    response = driver.call("POST", SERVICES, json={"param": minimal(name="direct")})
    assert (response.status_code, response.json()["inventory"]["name"]) == (200, "direct")
    assert code_of(driver.call("POST", SERVICES, json={"param": {}})) == "SYS.1007"


def test_an_older_platform_lacks_operations_and_fields(driver_with: Callable[..., Driver]) -> None:
    older = driver_with(platform_version="5.3.19")
    assert older.call("PUT", "/management-nodes/actions", json={"getVersion": {}}).json() == {"version": "5.3.19"}
    source = older.add()["uuid"]
    assert older.call("POST", f"{SERVICES}/{source}", json={"params": {}}).status_code == 500
    newer = driver_with(platform_version="5.3.40")
    clone = newer.clone(newer.add()["uuid"], cpuArchitectures=["x86_64"], supportDistributed=True, containerArgs="a")
    assert (clone["cpuArchitectures"], clone["supportDistributed"], clone.get("containerArgs")) == (
        ["x86_64"],
        False,
        None,
    )


@pytest.mark.parametrize("path", ["/zones", "/management-nodes"])
def test_zones_and_management_nodes_tell_platforms_apart(driver_with: Callable[..., Driver], path: str) -> None:
    def uuids(platform_id: str) -> set[str]:
        return {row["uuid"] for row in driver_with(platform_id=platform_id).rows(path=path)}

    assert uuids("one") == uuids("one")
    assert not uuids("one") & (uuids("two") | uuids(""))
    assert uuids("") >= ({constants.ZONE_UUID} if path == "/zones" else {constants.MANAGEMENT_NODE_UUID})


def test_a_service_takes_a_zone_of_its_own_platform(driver_with: Callable[..., Driver]) -> None:
    driver = driver_with(platform_id="one")
    [zone] = driver.rows(f"name={constants.ZONE_NAME}", path="/zones")
    assert driver.add(zoneUuid=zone["uuid"])["name"] == "svc"
    assert driver.error("POST", SERVICES, {"param": minimal(zoneUuid=constants.ZONE_UUID)})["code"] == "SYS.1003"


def test_one_platform_has_several_addresses(driver: Driver) -> None:
    url = driver.simulator.url.replace("127.0.0.1", "localhost")
    assert requests.get(f"{url}/v1/management-nodes/ready", timeout=5).json() == {}
