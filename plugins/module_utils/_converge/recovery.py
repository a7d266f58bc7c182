# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The outcome of a write: from its response, or from the state if the response does not show it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import (
    AiosError,
    ApiError,
    Interrupted,
    OutcomeUnknown,
)

T = TypeVar("T")
#: Seconds before each further look at the state.
PAUSES = (0.5,)
#: Errors after which the platform does nothing more; what it did before shows when the state is read.
_FINAL = ("SYS.1000", "SYS.1002", "SYS.1006")


def settle(
    attempt: Callable[[], T | None],
    look: Callable[[], T | None],
    wait: Callable[[float], None],
    pauses: Sequence[float] = PAUSES,
) -> T:
    """Make a write; when its outcome cannot be learned, look at the state, and send again what the platform forgot.

    A second attempt cannot repeat a change: a creation carries the same UUID again (platform.uuid_taken).

    :param attempt: makes the write. :return: its result, ``None`` when the response does not show it.
    :param look: reads the state. :return: the same result once the state shows it, else ``None``.
    :param wait: waits so many seconds.
    :param pauses: how long to wait before each further look.
    :raises OutcomeUnknown: the state does not show it, and the platform may still do it.
    :raises AiosError: of code ``unverified``: the write may have been done, and the state cannot be read.
    """
    second = False
    while True:
        try:
            result = attempt()
        except (OutcomeUnknown, ApiError) as error:
            if isinstance(error, ApiError) and not second:
                raise
            seen = _look_after(error, look, wait, pauses)
            if seen is not None:
                return seen
            if second or not (isinstance(error, OutcomeUnknown) and error.forgotten):
                raise _after_a_look(error) from None
            second = True
        else:
            return result if result is not None else _confirmed(look, wait, pauses)


def _confirmed(look: Callable[[], T | None], wait: Callable[[float], None], pauses: Sequence[float]) -> T:
    """Return what a write made when its response does not show it."""
    unverified = AiosError("the platform reported success, but the service does not show the change", "unverified")
    try:
        seen = _look_again(look, wait, pauses)
    except AiosError as unreadable:
        unverified.append(unreadable.message)
        raise unverified from None
    if seen is None:
        raise unverified
    return seen


def _look_after(
    error: AiosError, look: Callable[[], T | None], wait: Callable[[float], None], pauses: Sequence[float]
) -> T | None:
    """Return what the state shows after an attempt that ended with ``error``."""
    try:
        return _look_again(look, wait, pauses if isinstance(error, OutcomeUnknown) else ())
    except AiosError as unreadable:
        error.append(f"the state could not be read either: {unreadable.message}")
        if isinstance(error, ApiError):  # the first attempt may have done it all the same
            raise AiosError(error.message, "unverified") from None
        raise error from None


def _look_again(look: Callable[[], T | None], wait: Callable[[float], None], pauses: Sequence[float]) -> T | None:
    """Look until the state shows it, or no pause is left."""
    seen = look()
    for seconds in pauses:
        if seen is not None:
            break
        wait(seconds)
        seen = look()
    return seen


def leaves_outcome_open(error: AiosError) -> bool:
    """Return whether a write may have been done although it ended with this error."""
    under_way = isinstance(error, Interrupted) and error.under_way
    return under_way or isinstance(error, OutcomeUnknown) or error.code == "unverified"


def _after_a_look(error: AiosError) -> AiosError:
    if isinstance(error, OutcomeUnknown) and isinstance(error.cause, ApiError) and error.cause.code in _FINAL:
        error.cause.append("the state was read again and does not show the change")
        return error.cause
    if isinstance(error, OutcomeUnknown):
        error.append(
            "the state was read again and does not show the change so far. Next: run again later; the next run finds "
            "what the platform has completed by then, and does not repeat it"
        )
    return error
