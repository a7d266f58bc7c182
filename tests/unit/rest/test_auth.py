# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Access keys sign requests as the platform expects it, and many threads share one login."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import threading
import time
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._common.errors import AiosError, ApiError
from ansible_collections.zstack.aios.plugins.module_utils._common.signals import SignalGuard
from ansible_collections.zstack.aios.plugins.module_utils._rest.auth import Auth, wall_clock
from ansible_collections.zstack.aios.plugins.module_utils._rest.connection import Connection, Credentials
from hypothesis import given
from hypothesis import strategies as st

KEY = Credentials("access_key_id", "TheKeyId", "theSecret")
ACCOUNT = Credentials("account_name", "admin", "password")


def auth_of(credentials: Credentials, offset: int = 28800) -> Auth:
    """Return the authentication on a platform with a UTC offset."""
    return Auth(Connection("http://aios:8080/zstack", credentials, utc_offset=offset), SignalGuard())


def test_a_signature_covers_method_date_and_decoded_path_without_context() -> None:
    headers = auth_of(KEY).sign("PUT", "/v1/ai/model-services/%E6%A8%A1")
    message = f"PUT\n{headers['Date']}\n/v1/ai/model-services/模".encode()
    expected = base64.b64encode(hmac.new(b"theSecret", message, hashlib.sha1).digest()).decode()
    assert headers["Authorization"] == f"ZStack TheKeyId:{expected}"


def test_a_signature_is_the_one_that_openssl_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The expected value comes from ``openssl dgst -sha1 -hmac theSecret``."""
    moment = datetime(2025, 6, 5, 7, 47, 29, tzinfo=timezone.utc).timestamp()
    monkeypatch.setattr(time, "time", lambda: moment)
    assert auth_of(KEY).sign("GET", "/v1/ai/model-services") == {
        "Date": "Thu, 05 Jun 2025 15:47:29 GMT+08:00",
        "Authorization": "ZStack TheKeyId:QmqTrFblgLxP0JQnkMuPfEmG3iU=",
    }


@given(st.integers(0, 4_000_000_000), st.integers(-12 * 60, 14 * 60))
def test_a_date_is_the_platforms_wall_clock_in_english_with_two_digits(epoch: int, minutes: int) -> None:
    text = wall_clock(epoch, minutes * 60)
    found = re.fullmatch(r"(\w{3}), (\d\d) (\w{3}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT([+-])(\d\d):(\d\d)", text)
    assert found
    moment = datetime.fromtimestamp(epoch, timezone(timedelta(minutes=minutes)))
    assert found[1] == "MonTueWedThuFriSatSun"[3 * moment.weekday() :][:3]
    assert found[3] == "JanFebMarAprMayJunJulAugSepOctNovDec"[3 * (moment.month - 1) :][:3]
    assert [int(found[n]) for n in (2, 4, 5, 6, 7)] == [
        moment.day, moment.year, moment.hour, moment.minute, moment.second,
    ]  # fmt: skip
    offset = int(found[9]) * 60 + int(found[10])
    assert (-offset if found[8] == "-" else offset) == minutes


def test_each_request_is_signed_with_its_own_date(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([1_000_000.0, 1_000_060.0])
    monkeypatch.setattr(time, "time", lambda: next(now))
    auth = auth_of(KEY)
    assert auth.sign("GET", "/v1/zones") != auth.sign("GET", "/v1/zones")


class Platform:
    """Responds to logins, slowly, and counts them."""

    def __init__(self, refusal: AiosError | None = None) -> None:
        self.bodies: list[Mapping[str, Any]] = []
        self.refusal = refusal

    def __call__(self, method: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        assert (method, path) == ("PUT", "/v1/accounts/login")
        self.bodies.append(body)
        time.sleep(0.05)
        if self.refusal:
            raise self.refusal
        return {"inventory": {"uuid": f"session-{len(self.bodies)}"}}


def in_threads(work: Any) -> list[Any]:
    """Call a function in eight threads at once and return the results and exceptions."""
    results: list[Any] = []

    def run() -> None:
        try:
            results.append(work())
        except AiosError as error:
            results.append(error)

    threads = [threading.Thread(target=run) for _thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_a_password_is_sent_as_its_digest() -> None:
    platform = Platform()
    auth_of(ACCOUNT).ensure(platform)
    digest = hashlib.sha512(b"password").hexdigest()
    assert platform.bodies == [{"logInByAccount": {"accountName": "admin", "password": digest}}]


def test_threads_share_one_login_and_one_renewal() -> None:
    platform, auth = Platform(), auth_of(ACCOUNT)
    generations = in_threads(lambda: auth.ensure(platform))
    assert set(generations) == {1}
    assert in_threads(lambda: auth.renew(platform, 1)) == [True] * 8
    assert len(platform.bodies) == auth.logins == 2
    assert auth.sign("GET", "/v1/zones") == {"Authorization": "OAuth session-2"}


def test_a_refused_login_is_never_tried_again() -> None:
    refusal = ApiError("PUT", "/v1/accounts/login", 503, "ID.1000", "wrong password")
    platform, auth = Platform(refusal), auth_of(ACCOUNT)
    assert in_threads(lambda: auth.ensure(platform)) == [refusal] * 8
    assert in_threads(lambda: auth.renew(platform, 0)) == [refusal] * 8
    assert len(platform.bodies) == 1


@pytest.mark.parametrize("credentials", [KEY, Credentials("session_uuid", "", "a" * 32)])
def test_only_an_account_logs_in_and_out(credentials: Credentials) -> None:
    platform, auth = Platform(), auth_of(credentials)
    deleted: list[str] = []
    auth.ensure(platform)
    assert auth.renew(platform, auth.generation) is False
    auth.log_out(deleted.append)
    assert (platform.bodies, deleted) == ([], [])


def test_a_session_is_ended_once() -> None:
    platform, auth = Platform(), auth_of(ACCOUNT)
    deleted: list[str] = []
    auth.ensure(platform)
    auth.log_out(deleted.append)
    auth.log_out(deleted.append)
    assert deleted == ["/v1/accounts/sessions/session-1"]


def test_the_repr_of_a_connection_shows_no_secret() -> None:
    assert "theSecret" not in repr(Connection("http://aios", KEY))


@pytest.mark.parametrize("response", [{}, {"inventory": None}, {"inventory": {}}, {"inventory": {"uuid": 7}}])
def test_a_login_without_a_session_is_an_error(response: dict[str, Any]) -> None:
    with pytest.raises(ApiError, match="contains no session"):
        auth_of(ACCOUNT).ensure(lambda *_call: response)
