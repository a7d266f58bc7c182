# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A bare driver of the REST surface for the simulator's own tests: `requests`, nothing of the collection's client."""

from __future__ import annotations

import hashlib
import time
from typing import Any

import requests
from ansible_collections.zstack.aios.tests.simulator import constants
from ansible_collections.zstack.aios.tests.simulator.launcher import Simulator

SERVICES = "/ai/model-services"
GROUPS = "/ai/model-services/instances/groups/"
GROUP_CHANGES = "/model-service-instance-groups"
_POLL_SECONDS = 10.0


def minimal(**more: Any) -> dict[str, Any]:
    """The parameters that an Add demands, and more."""
    return {
        "name": "svc",
        "yaml": "services:\n- name: svc",
        "requestCpu": 4,
        "requestMemory": 1024,
        "modelCenterUuid": constants.MODEL_CENTER_UUID,
        "installPath": "/models/svc",
        "startCommand": "python3 app.py",
        **more,
    }


def deployment(**more: Any) -> dict[str, Any]:
    """The parameters that a Deploy demands, and more."""
    return {"name": "group", "zoneUuid": constants.ZONE_UUID, "type": "Container", **more}


class Driver:
    """One HTTP client of one simulator, logged in as the administrator unless asked not to."""

    def __init__(self, simulator: Simulator, login: bool = True) -> None:
        self.simulator = simulator
        self.http = requests.Session()
        self.http.trust_env = False
        self.session = ""
        if login:
            response = self.login()
            assert response.status_code == 200, response.text
            self.use(response.json()["inventory"]["uuid"])

    def use(self, session: str) -> None:
        """Sends this session from now on."""
        self.session = session
        self.http.headers["Authorization"] = f"OAuth {session}"

    def as_tenant(self) -> Driver:
        """A driver of the same simulator that is logged in to the second account."""
        other = Driver(self.simulator, login=False)
        response = other.login(constants.SECOND_ACCOUNT, constants.SECOND_PASSWORD)
        other.use(response.json()["inventory"]["uuid"])
        return other

    def login(
        self, account: str = constants.ADMIN_ACCOUNT, password: str = constants.ADMIN_PASSWORD
    ) -> requests.Response:
        """The response to a login."""
        digest = hashlib.sha512(password.encode()).hexdigest()
        body = {"logInByAccount": {"accountName": account, "password": digest}}
        return self.call("PUT", "/accounts/login", json=body)

    def call(self, method: str, path: str, **more: Any) -> requests.Response:
        """One exchange; `path` starts after ``/v1``."""
        return self.http.request(method, f"{self.simulator.url}/v1{path}", timeout=20, allow_redirects=False, **more)

    def poll(self, job: str) -> requests.Response:
        """The final response of a job's poll."""
        deadline = time.monotonic() + _POLL_SECONDS
        while True:
            response = self.call("GET", f"/api-jobs/{job}")
            if response.status_code != 202 or time.monotonic() > deadline:
                return response
            time.sleep(0.002)

    def write(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        """The final response of an asynchronous call."""
        response = self.call(method, path, **({} if body is None else {"json": body}), **more)
        assert response.status_code == 202, f"{response.status_code} {response.text}"
        return self.poll(job_of(response))

    def done(self, method: str, path: str, body: Any = None, **more: Any) -> dict[str, Any]:
        """The body of an asynchronous call that succeeds."""
        response = self.write(method, path, body, **more)
        assert response.status_code == 200, response.text
        result: dict[str, Any] = response.json()
        return result

    def error(self, method: str, path: str, body: Any = None, **more: Any) -> dict[str, Any]:
        """The error of an asynchronous call that fails."""
        response = self.write(method, path, body, **more)
        assert response.status_code == 503, response.text
        error: dict[str, Any] = response.json()["error"]
        return error

    def add(self, **fields: Any) -> dict[str, Any]:
        """The inventory of a new model service."""
        inventory: dict[str, Any] = self.done("POST", SERVICES, {"param": minimal(**fields)})["inventory"]
        return inventory

    def clone(self, uuid: str, **fields: Any) -> dict[str, Any]:
        """The inventory of a clone."""
        inventory: dict[str, Any] = self.done("POST", f"{SERVICES}/{uuid}", {"params": fields})["inventory"]
        return inventory

    def update(self, uuid: str, **fields: Any) -> dict[str, Any]:
        """The inventory after an update."""
        body = {"updateModelService": fields}
        inventory: dict[str, Any] = self.done("PUT", f"{SERVICES}/{uuid}", body)["inventory"]
        return inventory

    def deploy(self, service: str, **fields: Any) -> dict[str, Any]:
        """The inventory of a new group of the service."""
        body = {"deployModelService": deployment(**fields)}
        inventory: dict[str, Any] = self.done("PUT", f"{SERVICES}/{service}", body)["inventory"]
        return inventory

    def group(self, uuid: str) -> dict[str, Any]:
        """The group as it is now."""
        [row] = self.rows(path=GROUPS + uuid)
        return row

    def settled(self, uuid: str, status: str = "Running") -> dict[str, Any]:
        """The group once it is in the status."""
        deadline = time.monotonic() + _POLL_SECONDS
        while (row := self.group(uuid))["status"] != status:
            assert time.monotonic() < deadline, row["status"]
            time.sleep(0.01)
        return row

    def restart(self, *uuids: str) -> list[dict[str, Any]]:
        """The results of a restart of groups."""
        body = {"restartModelServiceGroups": {"uuids": list(uuids)}}
        results: list[dict[str, Any]] = self.done("PUT", GROUP_CHANGES, body)["results"]
        return results

    def query(self, *conditions: str, path: str = SERVICES, **options: Any) -> requests.Response:
        """The response to a query."""
        return self.call("GET", path, params=[*(("q", text) for text in conditions), *options.items()])

    def rows(self, *conditions: str, path: str = SERVICES, **options: Any) -> list[dict[str, Any]]:
        """What a query finds."""
        response = self.query(*conditions, path=path, **options)
        assert response.status_code == 200, response.text
        rows: list[dict[str, Any]] = response.json()["inventories"]
        return rows

    def names(self, *conditions: str, **options: Any) -> set[str]:
        """The names of the model services that a query finds."""
        return {row["name"] for row in self.rows(*conditions, **options)}


def job_of(response: requests.Response) -> str:
    """The job's uuid in the location of a 202."""
    return str(response.json()["location"].rpartition("/")[2])


def code_of(response: requests.Response) -> str:
    """The error code of a 503."""
    assert response.status_code == 503, f"{response.status_code} {response.text}"
    return str(response.json()["error"]["code"])
