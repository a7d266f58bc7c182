# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One write: sent with its own job ID (platform.job_id), followed to its end, executed at most once."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import (
    AiosError,
    ApiError,
    Interrupted,
    OutcomeUnknown,
    TransportError,
)
from ansible_collections.zstack.aios.plugins.module_utils._rest.backoff import Backoff
from ansible_collections.zstack.aios.plugins.module_utils._rest.channel import FEW_TRIES, Channel
from ansible_collections.zstack.aios.plugins.module_utils._rest.jobs import SHORTEST
from ansible_collections.zstack.aios.plugins.module_utils._rest.responses import (
    Outcome,
    Phase,
    RetryAction,
    as_error,
    retry_action,
    situation_of,
)
from ansible_collections.zstack.aios.plugins.module_utils._rest.transport import Response

#: What a poll leads to as long as it does not show the end of a job.
_NOT_ENDED = (RetryAction.POLL, RetryAction.RETRY, RetryAction.FEW)


class Write:
    """A POST, PUT or DELETE that the platform turns into a job.

    :ivar last: the latest outcome of sending or polling it.
    """

    def __init__(self, channel: Channel, method: str, path: str, query: str, body: Mapping[str, Any] | None) -> None:
        self._channel = channel
        self._method = method
        self._path = path
        self._query = query
        self._body = body
        self._job = ""
        self.last: Outcome

    def attempt(self, backoff: Backoff) -> dict[str, Any] | RetryAction:
        """Send it as a new job and follow that to its end.

        :return: the JSON of the finished job; or ``RELOGIN`` or ``RETRY_NEW`` when nothing was executed, and it can be
            sent again as another job.
        :raises ApiError: the platform responded with an error.
        :raises OutcomeUnknown: it may have been executed.
        :raises Interrupted: by a signal; ``under_way`` is whether it may have been executed.
        """
        self._job = uuid.uuid4().hex
        may_arrive = False
        while True:
            self.last = self._channel.exchange(
                self._method, self._path, self._query, self._body, {"X-Job-UUID": self._job}
            )
            action = retry_action(self.last, Phase.SUBMIT)
            if action is RetryAction.DONE and isinstance(self.last, Response):
                return self.last.json or {}
            if action in (RetryAction.POLL, RetryAction.ASK):
                # A slow request that the platform does not know yet may still arrive.
                slow = isinstance(self.last, TransportError) and self.last.slow
                finished = self._poll(accepted=action is RetryAction.POLL)
                if finished is not None:
                    return finished
                may_arrive = may_arrive or slow
                action = RetryAction.RETRY  # not received, so the same job ID can be used (platform.job_lost_response)
            if action in (RetryAction.RELOGIN, RetryAction.RETRY_NEW):
                return action
            if action is RetryAction.REREAD:
                raise self._unknown()
            self._wait_to_resend(backoff, action, may_arrive)

    def _wait_to_resend(self, backoff: Backoff, action: RetryAction, may_arrive: bool) -> None:
        try:
            pause = self._channel.pause_or_fail(backoff, self.last, action, self._job)
        except AiosError:
            if may_arrive:
                raise self._unknown() from None
            raise
        self._wait(pause, under_way=may_arrive)

    def _poll(self, accepted: bool) -> dict[str, Any] | RetryAction | None:
        """Poll the job until it ends, without a login (platform.job_polling), or until the window ends
        (platform.job_never_ends).

        :param accepted: whether the platform has accepted it.
        :return: like :meth:`attempt`, or ``None`` when it turns out that the platform never received it.
        """
        channel, path = self._channel, f"/v1/api-jobs/{self._job}"
        backoff, end = Backoff(channel.window), time.monotonic() + channel.window
        # The first poll shows whether the request has arrived, regardless of the duration of its job.
        schedule = channel.job_times.schedule(self._method, self._path) if accepted else None
        pause = 0.0 if accepted else SHORTEST
        while time.monotonic() < end and not channel.gone:
            self._wait(pause, under_way=True)
            pause = min(schedule.wait() if schedule else 0.0, end - time.monotonic())
            if pause > 0:
                continue
            outcome = channel.exchange("GET", path, signed=False)
            action = retry_action(outcome, Phase.POLL)
            if schedule and action not in _NOT_ENDED:
                schedule.ended()
            if action is RetryAction.DONE and isinstance(outcome, Response):
                return outcome.json or {}
            if situation_of(outcome) == "forgotten" and schedule is None:
                return None
            self.last = outcome
            if situation_of(outcome) == "forgotten":
                raise self._unknown("the platform accepted the job and then lost it", forgotten=True)
            if action in (RetryAction.RELOGIN, RetryAction.RETRY_NEW):
                return action
            if action is RetryAction.REREAD:
                raise self._unknown()
            if action is RetryAction.FAIL:
                raise as_error(outcome, self._job, (self._method, self._path))
            if action is RetryAction.POLL:
                schedule = schedule or channel.job_times.schedule(self._method, self._path)
                schedule.still_running()
                pause = 0.0
            else:
                few = action is RetryAction.FEW
                pause = backoff.pause(outcome, FEW_TRIES if few else None) or 0.0
                if few and not pause:
                    raise self._unknown()
        raise self._unknown(
            f"the end of the job was not seen within {channel.window:g} s; increase job_timeout to wait longer"
        )

    def _wait(self, seconds: float, under_way: bool) -> None:
        try:
            self._channel.signals.wait(seconds)
        except Interrupted as signal:
            signal.under_way = under_way
            raise

    def _unknown(self, reason: str = "", forgotten: bool = False) -> OutcomeUnknown:
        """Return that its outcome is unknown, for the reason of the last outcome unless another is given."""
        cause = None
        if not reason:
            cause = as_error(self.last, self._job, (self._method, self._path))
            reason = (
                f"the platform responded with {cause.code}: {cause.details}"
                if isinstance(cause, ApiError)
                else cause.reason
            )
        return OutcomeUnknown(self._method, self._path, self._job, reason, forgotten, cause)
