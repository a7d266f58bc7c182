# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signatures and dates of access keys (contract section 5.2), and who logs in when many threads want to."""

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


def identity(credentials: Credentials, offset: int = 28800) -> Auth:
    """Return an identity on a platform of an offset."""
    return Auth(Connection("http://aios:8080/zstack", credentials, utc_offset=offset), SignalGuard())


def test_a_signature_covers_method_date_and_decoded_path_without_context() -> None:
    headers = identity(KEY).sign("PUT", "/v1/ai/model-services/%E6%A8%A1")
    message = f"PUT\n{headers['Date']}\n/v1/ai/model-services/模".encode()
    expected = base64.b64encode(hmac.new(b"theSecret", message, hashlib.sha1).digest()).decode()
    assert headers["Authorization"] == f"ZStack TheKeyId:{expected}"


def test_a_known_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    """The expected value comes from ``openssl dgst -sha1 -hmac theSecret``."""
    moment = datetime(2025, 6, 5, 7, 47, 29, tzinfo=timezone.utc).timestamp()
    monkeypatch.setattr(time, "time", lambda: moment)
    assert identity(KEY).sign("GET", "/v1/ai/model-services") == {
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
    who = identity(KEY)
    assert who.sign("GET", "/v1/zones") != who.sign("GET", "/v1/zones")


class Platform:
    """Answers logins, slowly, and counts them."""

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
    """Do a thing in eight threads at once and return what came of it."""
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


def test_a_password_travels_as_its_digest() -> None:
    platform = Platform()
    identity(ACCOUNT).ensure(platform)
    digest = hashlib.sha512(b"password").hexdigest()
    assert platform.bodies == [{"logInByAccount": {"accountName": "admin", "password": digest}}]


def test_threads_share_one_login_and_one_renewal() -> None:
    platform, who = Platform(), identity(ACCOUNT)
    generations = in_threads(lambda: who.ensure(platform))
    assert set(generations) == {1}
    assert in_threads(lambda: who.renew(platform, 1)) == [True] * 8
    assert len(platform.bodies) == who.logins == 2
    assert who.sign("GET", "/v1/zones") == {"Authorization": "OAuth session-2"}


def test_a_refused_login_is_never_tried_again() -> None:
    refusal = ApiError("PUT", "/v1/accounts/login", 503, "ID.1000", "wrong password")
    platform, who = Platform(refusal), identity(ACCOUNT)
    assert in_threads(lambda: who.ensure(platform)) == [refusal] * 8
    assert in_threads(lambda: who.renew(platform, 0)) == [refusal] * 8
    assert len(platform.bodies) == 1


@pytest.mark.parametrize("credentials", [KEY, Credentials("session_uuid", "", "a" * 32)])
def test_only_an_account_logs_in_and_out(credentials: Credentials) -> None:
    platform, who, deleted = Platform(), identity(credentials), []
    who.ensure(platform)
    assert who.renew(platform, who.generation) is False
    who.log_out(deleted.append)
    assert platform.bodies == deleted == []


def test_a_session_is_ended_once() -> None:
    platform, who, deleted = Platform(), identity(ACCOUNT), []
    who.ensure(platform)
    who.log_out(deleted.append)
    who.log_out(deleted.append)
    assert deleted == ["/v1/accounts/sessions/session-1"]


def test_secrets_stay_out_of_what_python_shows_of_a_connection() -> None:
    assert "theSecret" not in repr(Connection("http://aios", KEY))


@pytest.mark.parametrize("answer", [{}, {"inventory": None}, {"inventory": {}}, {"inventory": {"uuid": 7}}])
def test_a_login_without_a_session_is_an_error(answer: dict[str, Any]) -> None:
    with pytest.raises(ApiError, match="holds no session"):
        identity(ACCOUNT).ensure(lambda *_call: answer)
