# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A write is sent under one job id until the platform has it, and polled until the job ends or its window does."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, cast

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._common.errors import (
    ApiError,
    Interrupted,
    OutcomeUnknown,
    TransportError,
)
from ansible_collections.zstack.aios.plugins.module_utils._rest import backoff as backoff_module
from ansible_collections.zstack.aios.plugins.module_utils._rest import jobs
from ansible_collections.zstack.aios.plugins.module_utils._rest import write as write_module
from ansible_collections.zstack.aios.plugins.module_utils._rest.backoff import Backoff
from ansible_collections.zstack.aios.plugins.module_utils._rest.channel import Channel
from ansible_collections.zstack.aios.plugins.module_utils._rest.responses import Outcome, RetryAction, as_error
from ansible_collections.zstack.aios.plugins.module_utils._rest.transport import Response
from ansible_collections.zstack.aios.plugins.module_utils._rest.write import Write

PATH = "/v1/ai/model-services"
#: An outcome given a request's method and path, and the seconds since the first one.
Platform = Callable[[str, str, float], Outcome]


def response(status: int, body: Any, path: str = PATH) -> Response:
    """Return a response with a JSON body, or a text."""
    text = body if isinstance(body, str) else json.dumps(body)
    return Response("POST", path, status, {}, text, body if isinstance(body, dict) else None)


def refused(code: str) -> Response:
    """Return an error of the platform."""
    return response(503, {"error": {"code": code, "details": "no"}})


ACCEPTED, DONE = response(202, {}), response(200, {"inventory": {"uuid": "u"}})
FORGOTTEN = response(404, "no such job", "/v1/api-jobs/0123")
LOST = TransportError("lost", "POST", PATH, "reset")


class FakeChannel:
    """A channel whose clock moves only when somebody waits, and notes every request with its time."""

    def __init__(self, platform: Platform, window: float, signal_at: float = 1e9) -> None:
        self._platform = platform
        self._signal_at = signal_at
        self.window = window
        self.gone = False
        self.job_times = jobs.JobTimes()
        self.now = 0.0
        self.log: list[tuple[float, str, str]] = []

    @property
    def signals(self) -> FakeChannel:
        """What is waited with."""
        return self

    def monotonic(self) -> float:
        """Return the time."""
        return self.now

    def wait(self, seconds: float) -> None:
        """Let time pass, until the signal comes."""
        self.now = min(self.now + max(seconds, 1e-6), max(self.now, self._signal_at))
        if self.now >= self._signal_at:
            raise Interrupted("interrupted", "interrupted")

    def exchange(
        self, method: str, path: str, _query: str = "", _body: Any = None, headers: Mapping[str, str] | None = None, **_more: Any
    ) -> Outcome:  # fmt: skip
        """Return what the platform responds, and note the job that the request is about."""
        self.log.append((self.now, method, (headers or {}).get("X-Job-UUID") or path.rpartition("/")[2]))
        return self._platform(method, path, self.now)

    def pause_or_fail(self, backoff: Backoff, outcome: Outcome, _action: RetryAction, job: str = "") -> float:
        """Return the pause before the next try."""
        pause = backoff.pause(outcome)
        if pause is None:
            raise as_error(outcome, job)
        return pause


@pytest.fixture
def attempt(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[FakeChannel, Any]]:
    """A function that attempts a write on a platform, and returns the channel and the result or exception."""

    def attempt(platform: Platform, window: float = 60.0, busy: int = 0, **more: Any) -> tuple[FakeChannel, Any]:
        channel = FakeChannel(platform, window, **more)
        for module in (jobs, write_module, backoff_module):
            monkeypatch.setattr(module, "time", channel)
        for _job in range(busy):
            channel.job_times.schedule("POST", PATH)
        write = Write(cast(Channel, channel), "POST", PATH, "", {})
        try:
            return channel, write.attempt(Backoff(window))
        except (ApiError, OutcomeUnknown, TransportError, Interrupted) as error:
            return channel, error

    return attempt


def platform(posts: list[Outcome], poll: Callable[[float], Outcome]) -> Platform:
    """Return a platform that gives these outcomes to writes, the last one again and again."""
    left = list(posts)

    def respond(method: str, _path: str, now: float) -> Outcome:
        return poll(now) if method == "GET" else left.pop(0) if len(left) > 1 else left[0]

    return respond


def test_a_job_is_polled_under_its_id_until_it_ends(attempt: Any) -> None:
    channel, result = attempt(platform([ACCEPTED], lambda now: DONE if now >= 3 else ACCEPTED))
    assert result == {"inventory": {"uuid": "u"}}
    assert [method for _at, method, _job in channel.log[:2]] == ["POST", "GET"]
    assert len({job for _at, _method, job in channel.log}) == 1
    assert 3 <= channel.now <= 3 + jobs.LONGEST


def test_a_lost_request_is_asked_for_at_once_each_time_and_sent_again_under_its_id(attempt: Any) -> None:
    channel, result = attempt(platform([LOST] * 6 + [DONE], lambda _now: FORGOTTEN))
    assert result == {"inventory": {"uuid": "u"}}
    assert [method for _at, method, _job in channel.log] == ["POST", "GET"] * 6 + ["POST"]
    assert len({job for _at, _method, job in channel.log}) == 1
    for (sent, _post, _job), (asked, _get, _same) in zip(channel.log[:-1:2], channel.log[1::2], strict=True):
        assert asked - sent <= 2 * jobs.SHORTEST


def test_a_lost_request_that_has_arrived_is_followed_to_its_end(attempt: Any) -> None:
    channel, result = attempt(platform([LOST], lambda now: DONE if now >= 2 else ACCEPTED))
    assert result == {"inventory": {"uuid": "u"}}
    assert [method for _at, method, _job in channel.log].count("POST") == 1


@pytest.mark.parametrize("window", [1.0, 3.0, 60.0])
def test_the_end_of_a_job_is_seen_in_its_window_although_no_other_of_its_kind_has_ended(
    attempt: Any, window: float
) -> None:
    channel, result = attempt(platform([ACCEPTED], lambda _now: DONE), window, busy=jobs.SCOUTS)
    assert result == {"inventory": {"uuid": "u"}}
    assert len(channel.log) == 2
    assert channel.now <= min(window, jobs.UNAIDED) + 0.1


@pytest.mark.parametrize("busy", [0, jobs.SCOUTS])
def test_a_job_without_end_is_unknown_when_its_window_ends(attempt: Any, busy: int) -> None:
    channel, result = attempt(platform([ACCEPTED], lambda _now: ACCEPTED), 20.0, busy=busy)
    assert isinstance(result, OutcomeUnknown) and not result.forgotten
    assert "the end of the job was not seen within 20 s; increase job_timeout to wait longer" in result.message
    assert channel.log[-1][0] >= 20 and channel.now < 21, "the last poll comes when the window ends"


def test_a_job_that_the_platform_forgot_is_unknown(attempt: Any) -> None:
    _channel, result = attempt(platform([ACCEPTED], lambda _now: FORGOTTEN))
    assert isinstance(result, OutcomeUnknown) and result.forgotten


@pytest.mark.parametrize("when", ["sent", "polled"])
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("ID.1001", RetryAction.RELOGIN),
        ("SYS.1010", RetryAction.RETRY_NEW),
        ("SYS.1007", "SYS.1007"),
        ("SYS.1006", "uncertain"),
    ],
)
def test_an_error_means_the_same_at_once_and_in_a_poll(attempt: Any, code: str, expected: Any, when: str) -> None:
    _channel, result = attempt(platform([refused(code) if when == "sent" else ACCEPTED], lambda _now: refused(code)))
    assert getattr(result, "code", result) == expected
    assert expected != "uncertain" or result.cause.code == code


@pytest.mark.parametrize(("first", "under_way"), [(ACCEPTED, True), (response(429, "Rate limit exceeded"), False)])
def test_a_signal_says_whether_the_write_may_have_been_done(attempt: Any, first: Outcome, under_way: bool) -> None:
    _channel, result = attempt(platform([first], lambda _now: ACCEPTED), signal_at=1.0)
    assert isinstance(result, Interrupted) and result.under_way is under_way


def test_a_slow_request_may_still_arrive_after_it_was_not_found(attempt: Any) -> None:
    slow = TransportError("lost", "POST", PATH, "no response", slow=True)
    outage = response(503, "<html>down</html>")
    _channel, result = attempt(platform([slow, outage], lambda _now: FORGOTTEN), 5.0)
    assert isinstance(result, OutcomeUnknown)
    _channel, result = attempt(platform([LOST, outage], lambda _now: FORGOTTEN), 5.0)
    assert isinstance(result, ApiError), "a connection that was reset delivers nothing later"
