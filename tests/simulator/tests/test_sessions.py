# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sessions, accounts and access keys."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
import requests
from ansible_collections.zstack.aios.tests.simulator import constants
from ansible_collections.zstack.aios.tests.simulator.launcher import Simulator
from ansible_collections.zstack.aios.tests.simulator.tests.driver import SERVICES, Driver, code_of, minimal

CHINA = timezone(timedelta(hours=8))


def test_login_responses_directly_and_logout_ends_the_session(simulator: Simulator) -> None:
    driver = Driver(simulator, login=False)
    response = driver.login()
    inventory = response.json()["inventory"]
    assert response.status_code == 200
    assert inventory["accountUuid"] == constants.ADMIN_ACCOUNT_UUID
    driver.use(inventory["uuid"])
    check = f"/accounts/sessions/{driver.session}/valid"
    assert driver.call("GET", check).json() == {"valid": True}
    del driver.http.headers["Authorization"]
    for _time in range(2):
        gone = driver.call("DELETE", f"/accounts/sessions/{driver.session}")
        assert (gone.status_code, gone.json()) == (200, {})
    assert driver.call("GET", check).json() == {"valid": False}
    stats = simulator.stats()
    assert (stats["logins"], stats["logouts"], stats["open_sessions"]) == (1, 2, 0)


def test_wrong_credentials_and_the_lock_that_follows(simulator: Simulator) -> None:
    driver = Driver(simulator, login=False)
    assert code_of(driver.login("nobody", "x")) == "ID.1000"
    plain = {"accountName": "admin", "password": constants.ADMIN_PASSWORD}
    assert code_of(driver.call("PUT", "/accounts/login", json={"logInByAccount": plain})) == "ID.1000"
    for _attempt in range(5):
        assert code_of(driver.login(password="wrong")) == "ID.1000"
    assert code_of(driver.login()) == "LOGIN_CONTROL.1002"
    assert driver.login(constants.SECOND_ACCOUNT, constants.SECOND_PASSWORD).status_code == 200


def test_a_right_password_forgives_earlier_failures(simulator: Simulator) -> None:
    driver = Driver(simulator, login=False)
    for password in ["wrong"] * 5 + [constants.ADMIN_PASSWORD] + ["wrong"] * 5:
        driver.login(password=password)
    assert driver.login().status_code == 200


def test_a_dead_session_is_seen_at_once_by_queries_and_in_the_poll_by_writes(simulator: Simulator) -> None:
    driver = Driver(simulator, login=False)
    driver.use("0" * 32)
    assert code_of(driver.query()) == "ID.1001"
    assert driver.error("POST", SERVICES, {"param": minimal()})["code"] == "ID.1001"
    assert simulator.services() == []


def test_a_session_slides_with_its_use_and_not_with_polls(driver_with: Callable[..., Driver]) -> None:
    driver = driver_with(session_timeout=0.5)
    for _round in range(3):
        time.sleep(0.2)
        assert driver.query().status_code == 200
    for _round in range(3):
        time.sleep(0.2)
        driver.call("GET", f"/api-jobs/{'0' * 32}")
    assert code_of(driver.query()) == "ID.1001"


def test_a_renewed_session_lives_longer_until_its_next_use(driver_with: Callable[..., Driver]) -> None:
    driver = driver_with(session_timeout=0.4)
    path = f"/accounts/sessions/{driver.session}/renew"
    assert driver.done("PUT", path, {"renewSession": {"duration": 60}})["inventory"]["uuid"] == driver.session
    assert driver.error("PUT", path, {"renewSession": {"duration": 59}})["code"] == "SYS.1007"
    # The refused renewal was a use of the session as well, which brought its end back to the usual time.
    driver.done("PUT", path, {"renewSession": {"duration": 60}})
    time.sleep(0.45)
    assert driver.query().status_code == 200
    time.sleep(0.45)
    assert code_of(driver.query()) == "ID.1001"


def test_the_limit_counts_expired_sessions_too(simulator: Simulator) -> None:
    simulator.reset(session_limit=2, session_timeout=0.2)
    driver = Driver(simulator, login=False)
    driver.login()
    kept = driver.login().json()["inventory"]["uuid"]
    assert code_of(driver.login()) == "ID.1006"
    time.sleep(0.3)
    assert code_of(driver.login()) == "ID.1006"
    assert driver.login(constants.SECOND_ACCOUNT, constants.SECOND_PASSWORD).status_code == 200
    driver.call("DELETE", f"/accounts/sessions/{kept}")
    assert driver.login().status_code == 200


def test_expired_sessions_are_removed_late(simulator: Simulator) -> None:
    simulator.reset(session_limit=1, session_timeout=0.1, session_sweep=0.5)
    driver = Driver(simulator, login=False)
    deadline = time.monotonic() + 10
    responses = [driver.login()]
    time.sleep(0.15)
    while responses[-1].status_code != 200 or len(responses) == 1:
        assert time.monotonic() < deadline
        responses.append(driver.login())
    assert code_of(responses[1]) == "ID.1006"


def test_a_unique_session_is_ended_by_the_next_login(simulator: Simulator) -> None:
    simulator.reset(unique_session=True)
    first, second = Driver(simulator), Driver(simulator)
    assert code_of(first.query()) == "ID.1001"
    assert second.query().status_code == 200


def dated(moment: datetime, zone: str) -> str:
    """A date in the pattern of the platform, with any text for the zone."""
    return f"{format_datetime(moment)[:25]} {zone}"


class Signer:
    """Signs requests with an access key."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.key, self.secret = constants.ACCESS_KEY_ID, constants.ACCESS_KEY_SECRET

    def get(self, date: str | None = None, path: str = f"/v1{SERVICES}", signed: str = "") -> requests.Response:
        """A signed query; `signed` replaces the path in the signature."""
        date = date if date is not None else dated(datetime.now(CHINA), "GMT+08:00")
        text = f"GET\n{date}\n{signed or path}"
        signature = base64.b64encode(hmac.new(self.secret.encode(), text.encode(), hashlib.sha1).digest()).decode()
        headers = {"Authorization": f"ZStack {self.key}:{signature}"} | ({"Date": date} if date else {})
        return requests.get(f"{self.simulator.url}{path}?limit=1", headers=headers, timeout=5)


@pytest.fixture
def chinese(simulator: Simulator) -> Signer:
    """A signer for a platform that runs in UTC+8 and compares wall clocks."""
    simulator.reset(server_utc_offset="+08:00")
    return Signer(simulator)


@pytest.mark.parametrize("zone", ["GMT+08:00", "+08:00", "Asia/Shanghai", "PRC", "GMT", "UTC", "Z", "CST"])
def test_accepted_zones_are_not_looked_at(chinese: Signer, zone: str) -> None:
    assert chinese.get(dated(datetime.now(CHINA), zone)).status_code == 200


@pytest.mark.parametrize("zone", ["+0800", "GMT+8", "Nowhere/City"])
def test_zone_texts_that_old_platforms_reject(chinese: Signer, zone: str) -> None:
    response = chinese.get(dated(datetime.now(CHINA), zone))
    assert response.status_code == 400
    assert response.text.startswith("'Date' format error")


def test_other_forms_of_a_date_are_rejected(chinese: Signer) -> None:
    now = datetime.now(CHINA)
    right = dated(now, "GMT+08:00")
    one_digit = dated(datetime(2025, 6, 5, tzinfo=CHINA), "GMT+08:00").replace(" 05 ", " 5 ")
    wrong_day = ("Mon" if right[:3] != "Mon" else "Tue") + right[3:]
    for text in (now.isoformat(), one_digit, wrong_day):
        assert chinese.get(text).status_code == 400
    missing = chinese.get("")
    assert (missing.status_code, missing.text[:6]) == (400, "'Date'")


def test_a_clock_of_another_zone_is_skewed(chinese: Signer) -> None:
    for moment in (datetime.now(timezone.utc), datetime.now(CHINA) - timedelta(minutes=16)):
        response = chinese.get(dated(moment, "GMT"))
        assert (response.status_code, response.text) == (403, "requestTimeTooSkewed")
    assert chinese.get(dated(datetime.now(CHINA) + timedelta(minutes=14), "GMT")).status_code == 200


def test_a_platform_that_checks_zones_compares_instants(simulator: Simulator) -> None:
    simulator.reset(server_utc_offset="+08:00", features="check-time-zone")
    signer = Signer(simulator)
    assert signer.get(dated(datetime.now(timezone.utc), "GMT")).status_code == 200
    assert signer.get(dated(datetime.now(CHINA), "GMT+08:00")).status_code == 200
    assert signer.get(dated(datetime.now(CHINA), "GMT")).status_code == 403


def test_the_signature_covers_the_decoded_path_without_context_and_query(chinese: Signer) -> None:
    assert chinese.get(path=f"/v1{SERVICES}/a%20b", signed=f"/v1{SERVICES}/a b").status_code == 200
    for signed in (f"/zstack/v1{SERVICES}", f"/v1{SERVICES}?limit=1"):
        response = chinese.get(signed=signed)
        assert (response.status_code, response.text) == (403, "wrong accessKey signature")


def test_unknown_and_disabled_keys(chinese: Signer) -> None:
    other = Signer(chinese.simulator)
    for key in ("unknown", constants.DISABLED_ACCESS_KEY_ID):
        other.key, other.secret = key, constants.DISABLED_ACCESS_KEY_SECRET
        response = other.get()
        assert (response.status_code, response.text) == (403, f"access key id: {key} does not existed or disabled")


def test_an_access_key_writes_without_a_session(chinese: Signer) -> None:
    driver = Driver(chinese.simulator, login=False)
    date = dated(datetime.now(CHINA), "GMT+08:00")
    text = f"POST\n{date}\n/v1{SERVICES}"
    signature = base64.b64encode(hmac.new(chinese.secret.encode(), text.encode(), hashlib.sha1).digest()).decode()
    headers = {"Authorization": f"ZStack {chinese.key}:{signature}", "date": date}
    assert driver.done("POST", SERVICES, {"param": minimal()}, headers=headers)["inventory"]["name"] == "svc"
    assert chinese.simulator.stats()["open_sessions"] == 0
