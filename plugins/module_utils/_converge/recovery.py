# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of a write: its answer, or a look at the state where that does not tell.

Private to this collection.
"""

from __future__ import annotations

from collections.abc import Callable

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import (
    AiosError,
    ApiError,
    Interrupted,
    UncertainError,
)
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import Held
from ansible_collections.zstack.aios.plugins.module_utils._rest.client import Steps

_AFTER_A_LOSS = 0.5
#: What a look returns that sees a thing done of which there is nothing to show.
DONE = Held({})


def settled(attempt: Callable[[], Steps[Held | None]], look: Callable[[], Steps[Held | None]]) -> Steps[Held]:
    """Make a write; when its fate cannot be learned, look at the state, and finish what the platform forgot.

    A second attempt cannot do a thing twice: a creation carries the same uuid again, which the platform takes once.

    :raises UncertainError: the state does not show it, and the platform may still do it.
    :raises AiosError: of code ``unverified``: the write may have been done, and the state cannot be read.
    """
    second = False
    while True:
        try:
            held = yield from attempt()
        except (UncertainError, ApiError) as error:
            if isinstance(error, ApiError) and not second:
                raise
            held = yield from _look(look, error)
            if held is not None:
                return held
            if second or not (isinstance(error, UncertainError) and error.forgotten):
                raise _told_after_a_look(error) from None
            second = True
        else:
            return held if held is not None else (yield from _confirmed(look))


def _confirmed(look: Callable[[], Steps[Held | None]]) -> Steps[Held]:
    """Read what a write made of a service when its answer does not tell."""
    unverified = AiosError("the platform reports success, and a look at the service does not show it", "unverified")
    try:
        held = yield from look()
        if held is None:
            yield _AFTER_A_LOSS
            held = yield from look()
    except AiosError as blind:
        unverified.add(blind.message)
        raise unverified from None
    if held is None:
        raise unverified
    return held


def _look(look: Callable[[], Steps[Held | None]], error: AiosError) -> Steps[Held | None]:
    try:
        held = yield from look()
        if held is None and isinstance(error, UncertainError):
            yield _AFTER_A_LOSS
            held = yield from look()
    except AiosError as blind:
        error.add(f"the state could not be read either: {blind.message}")
        if isinstance(error, ApiError):  # the first attempt may have done it all the same
            raise AiosError(error.message, "unverified") from None
        raise error from None
    return held


def doubtful(error: AiosError) -> bool:
    """Return whether an error leaves it open what became of a write."""
    under_way = isinstance(error, Interrupted) and error.under_way
    return under_way or isinstance(error, UncertainError) or error.code == "unverified"


#: Errors after which the platform does nothing more; what it did before is seen when the state is read.
_ENDED = ("SYS.1000", "SYS.1006")


def _told_after_a_look(error: AiosError) -> AiosError:
    if isinstance(error, UncertainError) and isinstance(error.cause, ApiError) and error.cause.code in _ENDED:
        error.cause.add("the service was read again, and it was not done")
        return error.cause
    if isinstance(error, UncertainError):
        error.add(
            "the service was read again, and it was not done so far. Next: run again later; what the platform finishes "
            "meanwhile is found by then and not done twice"
        )
    return error
