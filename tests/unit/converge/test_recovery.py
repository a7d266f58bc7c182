# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state decides where a response does not, and only what the platform forgot is sent again, once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._common.errors import (
    AiosError,
    ApiError,
    Interrupted,
    OutcomeUnknown,
    TransportError,
)
from ansible_collections.zstack.aios.plugins.module_utils._converge.recovery import leaves_outcome_open, settle
from hypothesis import given
from hypothesis import strategies as st

POST, PATH = "POST", "/v1/ai/model-services"


def refused(code: str = "SYS.1007") -> ApiError:
    """Return an error of the platform."""
    return ApiError(POST, PATH, 503, code, "no")


def unknown(forgotten: bool = False, code: str = "") -> OutcomeUnknown:
    """Return that the outcome is unknown, because of an error with ``code`` if there is one."""
    return OutcomeUnknown(POST, PATH, "job-1", "lost", forgotten, refused(code) if code else None)


def unreadable() -> AiosError:
    """Return why the state cannot be read."""
    return AiosError("out of memory", "http_500")


class Play:
    """A write and looks at the state with outcomes given in advance: a result, ``None``, or an exception to raise."""

    def __init__(self, attempts: Sequence[object], looks: Sequence[object] = ()) -> None:
        self._attempts = list(attempts)
        self._looks = list(looks)
        self.waits: list[float] = []

    @staticmethod
    def _next(outcomes: list[object]) -> str | None:
        outcome = outcomes.pop(0)
        if isinstance(outcome, BaseException):
            raise outcome
        assert outcome is None or isinstance(outcome, str)
        return outcome

    def settle(self) -> str:
        """Return the result; every outcome that was given must have been used."""
        try:
            return settle(lambda: self._next(self._attempts), lambda: self._next(self._looks), self.waits.append)
        finally:
            assert (self._attempts, self._looks) == ([], [])

    def fails(self) -> AiosError:
        """Return the error it ends with."""
        with pytest.raises(AiosError) as caught:
            self.settle()
        return caught.value


def test_a_result_is_taken_without_a_look() -> None:
    assert Play(["made"]).settle() == "made"


@pytest.mark.parametrize(("looks", "waits"), [(["seen"], []), ([None, "seen"], [0.5])])
def test_a_success_without_a_result_is_looked_at_twice_at_most(looks: list[object], waits: list[float]) -> None:
    play = Play([None], looks)
    assert (play.settle(), play.waits) == ("seen", waits)


@pytest.mark.parametrize(
    ("looks", "text"),
    [
        ([None, None], "the platform reported success, but the service does not show the change"),
        ([unreadable()], "Out of memory"),
        ([None, unreadable()], "Out of memory"),
        ([None, Interrupted("interrupted by SIGTERM", "interrupted")], "Interrupted by SIGTERM"),
    ],
)
def test_a_success_that_the_state_does_not_show_is_unverified(looks: list[object], text: str) -> None:
    error = Play([None], looks).fails()
    assert error.code == "unverified"
    assert "the platform reported success" in error.message and text in error.message


@pytest.mark.parametrize("error", [refused(), TransportError("unsent", POST, PATH, "refused"), unreadable()])
def test_an_error_that_says_that_nothing_was_done_is_raised_at_once(error: AiosError) -> None:
    assert Play([error]).fails() is error


@pytest.mark.parametrize("error", [unknown(), unknown(forgotten=True), unknown(code="SYS.1006")])
@pytest.mark.parametrize("looks", [["seen"], [None, "seen"]])
def test_a_write_with_an_unknown_outcome_is_adopted_when_the_state_shows_it(
    error: OutcomeUnknown, looks: list[object]
) -> None:
    assert Play([error], looks).settle() == "seen"


@pytest.mark.parametrize("error", [unknown(), unknown(code="SYS.1011")])
def test_a_write_that_the_platform_may_still_do_is_not_sent_again(error: OutcomeUnknown) -> None:
    assert Play([error], [None, None]).fails() is error
    assert "does not show the change so far. Next: run again later" in error.message


@pytest.mark.parametrize("code", ["SYS.1000", "SYS.1006"])
def test_a_write_has_failed_when_its_error_is_final_and_the_state_does_not_show_it(code: str) -> None:
    error = Play([unknown(code=code)], [None, None]).fails()
    assert (type(error), error.code) == (ApiError, code)
    assert "The state was read again and does not show the change." in error.message


def test_an_unknown_outcome_stays_unknown_when_the_state_cannot_be_read() -> None:
    error = unknown(forgotten=True)
    assert Play([error], [None, unreadable()]).fails() is error
    assert "The state could not be read either: out of memory" in error.message


def test_a_write_that_the_platform_forgot_is_sent_again_once() -> None:
    assert Play([unknown(forgotten=True), "made"], [None, None]).settle() == "made"
    assert Play([unknown(forgotten=True), None], [None, None, "seen"]).settle() == "seen"
    again = unknown(forgotten=True)
    assert Play([unknown(forgotten=True), again], [None] * 4).fails() is again


def test_a_refused_second_attempt_is_adopted_when_the_first_has_done_it() -> None:
    assert Play([unknown(forgotten=True), refused()], [None, None, "seen"]).settle() == "seen"


def test_a_refused_second_attempt_has_failed_when_the_state_does_not_show_it() -> None:
    error = refused()
    assert Play([unknown(forgotten=True), error], [None, None, None]).fails() is error


def test_a_refused_second_attempt_is_unverified_when_the_state_cannot_be_read() -> None:
    error = Play([unknown(forgotten=True), refused()], [None, None, unreadable()]).fails()
    assert error.code == "unverified"
    assert "SYS.1007: no" in error.message and "out of memory" in error.message


#: What an attempt or a look can come to; as functions, for each exception is raised once.
ATTEMPTS = st.sampled_from([lambda: "made", lambda: None, refused, unknown, lambda: unknown(True), unreadable])
LOOKS = st.sampled_from([lambda: "seen", lambda: None, unreadable])


@given(st.lists(ATTEMPTS, min_size=3, max_size=3), st.lists(LOOKS, min_size=8, max_size=8))
def test_no_write_is_made_more_than_twice_or_again_without_need(
    attempts: list[Callable[[], object]], looks: list[Callable[[], object]]
) -> None:
    made: list[object] = []

    def attempt() -> str | None:
        made.append(attempts[len(made)]())
        return Play._next([made[-1]])

    left = [look() for look in looks]
    try:
        assert settle(attempt, lambda: Play._next(left), lambda _seconds: None) in ("made", "seen")
    except AiosError:
        assert made[-1] != "made"
    assert len(made) <= 2
    if len(made) == 2:
        assert isinstance(made[0], OutcomeUnknown) and made[0].forgotten


def test_an_unknown_an_unverified_and_an_interrupted_write_leave_the_outcome_open() -> None:
    under_way = Interrupted("interrupted", "interrupted")
    under_way.under_way = True
    for error in (unknown(), AiosError("not shown", "unverified"), under_way):
        assert leaves_outcome_open(error)
    for error in (refused(), unreadable(), Interrupted("interrupted", "interrupted")):
        assert not leaves_outcome_open(error)
