# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A channel to one platform: every request goes through it, with its session, its pace, and its end in time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import AiosError, TransportError
from ansible_collections.zstack.aios.plugins.module_utils._common.signals import SignalGuard
from ansible_collections.zstack.aios.plugins.module_utils._rest.auth import Auth
from ansible_collections.zstack.aios.plugins.module_utils._rest.backoff import Backoff
from ansible_collections.zstack.aios.plugins.module_utils._rest.connection import Connection
from ansible_collections.zstack.aios.plugins.module_utils._rest.jobs import JobTimes
from ansible_collections.zstack.aios.plugins.module_utils._rest.pace import Pace
from ansible_collections.zstack.aios.plugins.module_utils._rest.responses import (
    Outcome,
    Phase,
    RetryAction,
    as_error,
    retry_action,
    situation_of,
    strained,
)
from ansible_collections.zstack.aios.plugins.module_utils._rest.transport import Response, Transport

T = TypeVar("T", bound="Channel")
#: How often a thing is tried that a repetition seldom cures, and anything before the platform was ever reached.
FEW_TRIES = 3


class Channel:
    """A channel to one platform, for several threads; its session ends when it is closed.

    :param pace: limits the requests under way, and follows the platform's strain.
    :param signals: what signals do to this conversation.
    :param redact: returns the text or JSON of a response as it may be shown.
    :ivar window: seconds for which a request is retried, and a job or an outage waited for.
    :ivar warnings: problems that do not fail the task.
    """

    def __init__(
        self,
        connection: Connection,
        pace: Pace | None = None,
        signals: SignalGuard | None = None,
        redact: Callable[[Any], Any] = lambda value: value,
    ) -> None:
        self.window: float = connection.job_timeout
        self.base_url = connection.base_url
        self.signals = signals or SignalGuard()
        self.auth = Auth(connection, self.signals)
        self.job_times = JobTimes()
        self.warnings: list[str] = []
        self._pace = pace or Pace(1)
        self._redact = redact
        self._transport = Transport(connection, self._pace.most, lambda: bool(self.signals.arrived))
        self._reached = False
        self._silent_since: float | None = None
        self._few_tries_only = False

    def __enter__(self: T) -> T:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self.close()
        if isinstance(error, AiosError):
            error.warnings += self.warnings

    def close(self) -> None:
        """Log out and close every connection, whatever happens."""
        try:
            self.auth.log_out(self._log_out)
        finally:
            self._transport.close()

    def _log_out(self, path: str) -> None:
        outcome: Outcome | None = None
        for attempt in range(FEW_TRIES):
            time.sleep(0.2 * attempt)
            outcome = self.exchange("DELETE", path, signed=False)
            # An error of the platform means that the session has ended already; an empty success is a success.
            if situation_of(outcome) in ("ok", "garbled", "session", "refused"):
                return
            if isinstance(outcome, TransportError) and outcome.slow:
                break
        if isinstance(outcome, TransportError) and outcome.kind == "unsent":
            self.warnings.append(
                "The platform could not be reached for the logout; the session stays until it expires."
            )
        else:
            self.warnings.append("The platform did not confirm the logout; the session may stay until it expires.")

    @property
    def requests(self) -> int:
        """How many HTTP requests were sent so far."""
        return self._transport.requests

    @property
    def gone(self) -> bool:
        """Whether the platform has been silent for as long as it is waited for: one clock for all requests."""
        since = self._silent_since
        return since is not None and time.monotonic() - since > self.window

    @contextmanager
    def few_tries(self) -> Iterator[None]:
        """Inside, give up soon on a platform that does not respond: what is read there is not worth a wait."""
        self._few_tries_only = True
        try:
            yield
        finally:
            self._few_tries_only = False

    # One exchange

    def exchange(
        self,
        method: str,
        path: str,
        query: str = "",
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        signed: bool = True,
    ) -> Outcome:
        """Send one request, and return the response or why there was none."""
        outcome: Outcome
        sign = self.auth.sign if signed else None
        with self._pace:
            try:
                outcome = self._transport.exchange(method, path, query, body, headers, sign, self.auth.secrets())
                self._reached = self._reached or outcome.json is not None
                if outcome.status >= 300 or outcome.json is None:
                    outcome = outcome._replace(text=self._redact(outcome.text), json=self._redact(outcome.json))
            except TransportError as error:
                outcome = error
        if isinstance(outcome, Response) and situation_of(outcome) != "outage":
            self._silent_since = None
        elif self._silent_since is None:
            self._silent_since = time.monotonic()
        self._pace.on_response(strained(outcome))
        return outcome

    def call(self, method: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Make an unsigned synchronous call, such as the login."""
        backoff = Backoff(self.window)
        while True:
            outcome = self.exchange(method, path, "", body, signed=False)
            action = retry_action(outcome, Phase.READ)
            if action is RetryAction.DONE and isinstance(outcome, Response):
                return outcome.json or {}
            if situation_of(outcome) == "lost":
                # Each lost response may leave a session that cannot be ended (platform.session_limit).
                action = RetryAction.FEW
            pause = self.pause_or_fail(backoff, outcome, action)
            self.signals.wait(pause)

    def pause_or_fail(self, backoff: Backoff, outcome: Outcome, action: RetryAction, job: str = "") -> float:
        """Return how long to wait before the next try.

        :raises TransportError: there is no next try.
        :raises ApiError: there is no next try.
        """
        if action in (RetryAction.RETRY, RetryAction.RETRY_NEW, RetryAction.FEW):
            # A wrong address must be reported at once, an outage of a known platform is waited for.
            few = action is RetryAction.FEW or not self._reached or self._few_tries_only
            pause = None if self.gone else backoff.pause(outcome, FEW_TRIES if few else None)
            if pause is not None:
                return pause
        error = as_error(outcome, job)
        if self.gone:
            error.append(f"the platform has not responded for {self.window:g} s; increase job_timeout to wait longer")
        elif backoff.spent:
            error.append(f"the request was retried for {backoff.window:g} s; increase job_timeout to retry longer")
        elif backoff.tries > 1:
            error.append(f"the request was attempted {backoff.tries} times")
        raise error
