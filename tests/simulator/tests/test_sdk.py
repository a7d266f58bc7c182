# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client that is written the way the vendor's Java SDK works drives the simulator through a whole life of a service.

Its habits: it chooses the job id of every call, swaps host and port of the location for its own,
takes only 200, 202 and 503 from a poll, and signs requests with its own local time when it has an access key.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
import uuid
from datetime import datetime, timezone
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from ansible_collections.zstack.aios.tests.simulator import constants
from ansible_collections.zstack.aios.tests.simulator.launcher import Simulator
from ansible_collections.zstack.aios.tests.simulator.tests.driver import minimal


class SdkStyleClient:
    """Calls like the SDK's ``ZSClient``."""

    def __init__(self, host: str, port: int, access_key: tuple[str, str] | None = None) -> None:
        self.base = f"http://{host}:{port}"
        self.session = ""
        self.access_key = access_key

    def log_in(self, account: str, password: str) -> None:
        """``LogInByAccountAction``: a PUT that responses at once."""
        digest = hashlib.sha512(password.encode()).hexdigest()
        result = self.call("PUT", "/accounts/login", "logInByAccount", {"accountName": account, "password": digest})
        self.session = result["inventory"]["uuid"]

    def call(self, method: str, path: str, envelope: str = "", parameters: Any = None, **query: str) -> dict[str, Any]:
        """One action: submits, polls after a 202, and returns the body or raises what the platform says."""
        headers = {"Content-Type": "application/json;charset=UTF-8", **self._authorization(method, path)}
        if method != "GET":
            headers["X-Job-UUID"] = uuid.uuid4().hex
        body = {envelope: parameters or {}} if envelope else None
        url = f"{self.base}/zstack/v1{path}"
        response = requests.request(method, url, params=query, json=body, headers=headers, timeout=10)
        if response.status_code == 202:
            response = self._poll(response.json()["location"])
        if response.status_code not in (200, 204):
            raise RuntimeError(f"{response.status_code}: {response.text}")
        result: dict[str, Any] = response.json()
        return result

    def _poll(self, location: str) -> requests.Response:
        url = self.base + urlsplit(location).path
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            response = requests.get(url, timeout=10)
            assert response.status_code in (200, 202, 503)
            if response.status_code != 202:
                return response
            time.sleep(0.02)
        raise TimeoutError(location)

    def _authorization(self, method: str, path: str) -> dict[str, str]:
        if self.access_key is None:
            return {"Authorization": f"OAuth {self.session}"} if self.session else {}
        key, secret = self.access_key
        date = format_datetime(datetime.now(timezone.utc))[:25] + " GMT"
        text = f"{method}\n{date}\n/v1{path}"
        signature = base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()).decode()
        return {"Authorization": f"ZStack {key}:{signature}", "date": date}


@pytest.mark.parametrize("with_key", [False, True], ids=["session", "access key"])
def test_a_whole_life(simulator: Simulator, with_key: bool) -> None:
    simulator.reset(server_utc_offset="+00:00")
    key = (constants.ACCESS_KEY_ID, constants.ACCESS_KEY_SECRET) if with_key else None
    client = SdkStyleClient(simulator.host, simulator.port, key)
    if not with_key:
        client.log_in(constants.ADMIN_ACCOUNT, constants.ADMIN_PASSWORD)
    path = "/ai/model-services"
    made = client.call("POST", path, "param", minimal(name="first"))["inventory"]
    clone = client.call("POST", f"{path}/{made['uuid']}", "params", {"name": "second"})["inventory"]
    action = "updateModelService"
    changed = client.call("PUT", f"{path}/{clone['uuid']}", action, {"requestCpu": 8})["inventory"]
    assert (changed["name"], changed["requestCpu"]) == ("second", 8)
    with pytest.raises(RuntimeError, match=r"503: .*SYS\.1007"):
        client.call("POST", path, "param", {})
    client.call("DELETE", f"{path}/{made['uuid']}", deleteMode="Permissive")
    left = client.call("GET", path, q="name~=%")["inventories"]
    assert [row["name"] for row in left] == ["second"]
    if not with_key:
        assert client.call("DELETE", f"/accounts/sessions/{client.session}") == {}
    assert simulator.stats()["open_sessions"] == 0
