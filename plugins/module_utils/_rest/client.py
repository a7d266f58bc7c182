# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The conventions of the platform's REST front-end: jobs, retries, paging.

Private to this collection.

Knows no resource. Everything that may have to wait is a generator of *steps*: it yields the seconds to wait before it
is resumed, so that one scheduler can keep many of them under way without a sleeping thread for each.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import (
    AiosError,
    ApiError,
    Interrupted,
    TransportError,
    UncertainError,
)
from ansible_collections.zstack.aios.plugins.module_utils._common.signals import Interruption
from ansible_collections.zstack.aios.plugins.module_utils._rest.auth import Identity
from ansible_collections.zstack.aios.plugins.module_utils._rest.backoff import Patience
from ansible_collections.zstack.aios.plugins.module_utils._rest.connection import Connection
from ansible_collections.zstack.aios.plugins.module_utils._rest.responses import (
    Outcome,
    Phase,
    Reaction,
    as_error,
    reaction_to,
    situation_of,
    strained,
)
from ansible_collections.zstack.aios.plugins.module_utils._rest.transport import Answer, Transport

T = TypeVar("T")
Steps = Generator[float, None, T]
PAGE = 1000
#: A job is asked for at first after so many seconds, then after longer and longer ones.
FIRST_POLL, POLL_GROWTH, LONGEST_POLL = 0.05, 1.5, 2.0
#: How often a thing that a repetition seldom cures is tried, and every thing before the platform was ever reached.
FEW_TRIES = 3


def run(steps: Steps[T], sleep: Callable[[float], None] = time.sleep) -> T:
    """Carry out one generator of steps in this thread."""
    result: list[T] = []
    for seconds in _into(result, steps):
        sleep(seconds)
    return result[0]


def _into(result: list[T], steps: Steps[T]) -> Steps[None]:
    result.append((yield from steps))


class _NewJob(Exception):
    """Nothing was executed; the write has to be sent again as a new job."""

    def __init__(self, outcome: Outcome, relogin: bool) -> None:
        super().__init__()
        self.outcome = outcome
        self.relogin = relogin


class Client:
    """One conversation with one platform, for several threads; ends its session when it is closed.

    :param workers: how many connections are kept.
    :param on_outcome: told of every answer whether the platform was strained, so that the pace can follow.
    :param interruption: what signals do to this conversation.
    :ivar warnings: what went wrong without making anything fail.
    """

    def __init__(
        self,
        connection: Connection,
        workers: int = 1,
        on_outcome: Callable[[bool], None] | None = None,
        interruption: Interruption | None = None,
    ) -> None:
        self.window = connection.job_timeout
        self.base_url = connection.base_url
        self._interruption = interruption or Interruption()
        self.identity = Identity(connection, self._interruption)
        self.warnings: list[str] = []
        self._transport = Transport(connection, workers)
        self._on_outcome = on_outcome or (lambda strain: None)
        self._reached = False
        self._silent_since: float | None = None

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self.close()
        if isinstance(error, AiosError):
            error.warnings += self.warnings

    def close(self) -> None:
        """Log out and close every connection, whatever happens."""
        try:
            self.identity.log_out(self._log_out)
        finally:
            self._transport.close()

    def _log_out(self, path: str) -> None:
        outcome: Outcome | None = None
        for attempt in range(FEW_TRIES):
            time.sleep(0.2 * attempt)
            outcome = self._exchange("DELETE", path, signed=False)
            # The platform's own refusal means that the session is gone already; an empty success is one.
            if situation_of(outcome) in ("ok", "garbled", "session", "refused"):
                return
            if isinstance(outcome, TransportError) and outcome.slow:
                break
        if isinstance(outcome, TransportError) and outcome.kind == "unsent":
            self.warnings.append("The platform could not be reached to log out; its session ends by itself.")
        else:
            self.warnings.append("The platform did not confirm the logout; the session may last until it expires.")

    @property
    def requests(self) -> int:
        """How many HTTP requests were sent so far."""
        return self._transport.requests

    @property
    def gone(self) -> bool:
        """Whether the platform has not answered anything for as long as it is waited for: one clock for all requests."""
        since = self._silent_since
        return since is not None and time.monotonic() - since > self.window

    # Reading

    def read(
        self,
        path: str,
        params: Sequence[tuple[str, str]] = (),
        shape: Callable[[dict[str, Any]], bool] = lambda body: True,
    ) -> Steps[dict[str, Any]]:
        """Send a GET until it is answered.

        :param shape: says whether a body is one that this call can have; another one counts as garbled.
        :raises AiosError: the platform refused, or did not answer within the window.
        """
        query = urlencode(params, quote_via=quote, safe="")
        patience, relogged = Patience(self.window), False
        while True:
            generation = self.identity.ensure(self._call)
            outcome = self._exchange("GET", path, query)
            reaction = reaction_to(outcome, Phase.READ)
            if reaction is Reaction.DONE and isinstance(outcome, Answer):
                body = outcome.json or {}
                if shape(body):
                    return body
                reaction = Reaction.FEW
            if reaction is Reaction.RELOGIN and not relogged and self.identity.renew(self._call, generation):
                relogged = True
                continue
            if situation_of(outcome) == "lost" and isinstance(outcome, TransportError) and outcome.slow:
                reaction = Reaction.FEW  # what takes too long takes too long again
            yield self._pause_or_fail(patience, outcome, reaction)

    def pages(
        self,
        path: str,
        params: Sequence[tuple[str, str]] = (),
        told: Callable[[int, int], None] = lambda n, total: None,
    ) -> Steps[list[dict[str, Any]]]:
        """Read every row of a query, in pages of a fixed order, and check that none is missing.

        Each page begins with the last row of the page before, which shows that no row has moved from one to the other.

        :raises AiosError: also when the platform's rows kept changing while they were read.
        """
        for _try in range(FEW_TRIES):
            rows: dict[str, dict[str, Any]] = {}
            totals, start, last = set(), 0, ""
            while True:
                page = [("limit", str(PAGE)), ("start", str(start)), ("sort", "+uuid"), ("replyWithCount", "true")]
                body = yield from self.read(path, [*params, *page], _is_counted_page)
                uuids, before = [row["uuid"] for row in body["inventories"]], len(rows)
                moved = bool(last) and uuids[:1] != [last]
                rows.update(zip(uuids, body["inventories"], strict=True))
                totals.add(body["total"])
                told(len(rows), body["total"])
                # A page that brings nothing new cannot be followed by one that does, whatever the total says.
                if moved or start + PAGE >= body["total"] or len(rows) == before:
                    break
                start, last = start + PAGE - 1, uuids[-1]
            if totals == {len(rows)} and not moved:
                return list(rows.values())
        raise AiosError(
            f"GET {path}: the listing is incomplete: rows were added or removed while they were read, {FEW_TRIES} times "
            f"({len(rows)} of {max(totals)} the last time). Next: run again when nobody else changes the platform.",
            "incomplete_listing",
        )

    # Writing

    def write(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, params: Sequence[tuple[str, str]] = ()
    ) -> Steps[dict[str, Any]]:
        """Send a write and follow its job to the end. It is executed at most once (contract section 3.4).

        :return: the JSON of the finished job.
        :raises ApiError: the platform refused; nothing was done. :raises UncertainError: nobody can tell.
        """
        request = (method, path, urlencode(params, quote_via=quote, safe=""), body)
        patience, relogged = Patience(self.window), False
        while True:
            generation = self.identity.ensure(self._call)
            try:
                return (yield from self._job(request, uuid.uuid4().hex, patience))
            except _NewJob as again:
                if again.relogin:
                    if relogged or not self.identity.renew(self._call, generation):
                        raise as_error(again.outcome) from None
                    relogged = True
                else:
                    yield self._pause_or_fail(patience, again.outcome, Reaction.RETRY)

    def _job(self, request: tuple[Any, ...], job: str, patience: Patience) -> Steps[dict[str, Any]]:
        method, path, query, body = request
        on_its_way = False
        while True:
            outcome = self._exchange(method, path, query, body, {"X-Job-UUID": job})
            reaction = reaction_to(outcome, Phase.SUBMIT)
            if reaction is Reaction.DONE and isinstance(outcome, Answer):
                return outcome.json or {}
            if reaction in (Reaction.POLL, Reaction.ASK):
                found = yield from self._poll(request, job, known=reaction is Reaction.POLL)
                if found is not None:
                    return found
                # The platform has not received it, so the same job id is still free; a slow one may still arrive.
                on_its_way = on_its_way or (isinstance(outcome, TransportError) and outcome.slow)
                reaction = Reaction.RETRY
            _raise_if_new_job(outcome, reaction)
            if reaction is Reaction.REREAD:
                raise _uncertain(request, job, outcome)
            try:
                pause = self._pause_or_fail(patience, outcome, reaction, job)
            except AiosError:
                if on_its_way:
                    raise _uncertain(request, job, outcome) from None
                raise
            yield from _interruptible(pause, under_way=on_its_way)

    def _poll(self, request: tuple[Any, ...], job: str, known: bool) -> Steps[dict[str, Any] | None]:
        """Ask for a job until it is done.

        :param known: whether the platform has accepted it. :return: ``None`` when it turns out that it never has.
        """
        wait, patience, path = FIRST_POLL, Patience(self.window), f"/v1/api-jobs/{job}"
        end = time.monotonic() + self.window
        while time.monotonic() < end and not self.gone:
            yield from _interruptible(wait, under_way=True)
            outcome = self._exchange("GET", path, signed=False)
            reaction = reaction_to(outcome, Phase.POLL)
            if reaction is Reaction.DONE and isinstance(outcome, Answer):
                return outcome.json or {}
            if situation_of(outcome) == "forgotten":
                if not known:
                    return None
                reason = "the platform accepted the job and then did not know it any more"
                raise UncertainError(request[0], request[1], job, reason, forgotten=True)
            _raise_if_new_job(outcome, reaction)
            if reaction is Reaction.REREAD:
                raise _uncertain(request, job, outcome)
            if reaction is Reaction.POLL:
                known = True
                wait = min(wait * POLL_GROWTH, LONGEST_POLL)
            elif reaction is Reaction.FAIL:
                raise as_error(outcome, job, request[:2])
            else:
                pause = patience.pause(outcome, FEW_TRIES if reaction is Reaction.FEW else None)
                if pause is None and reaction is Reaction.FEW:
                    raise _uncertain(request, job, outcome)
                wait = pause or 0.0
        reason = f"no end of the job was seen within {self.window:g} s; a larger job_timeout waits longer"
        raise UncertainError(request[0], request[1], job, reason)

    # One exchange

    def _exchange(
        self,
        method: str,
        path: str,
        query: str = "",
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        signed: bool = True,
    ) -> Outcome:
        outcome: Outcome
        try:
            outcome = self._transport.exchange(
                method, path, query, body, headers, self.identity.sign if signed else None, self.identity.secrets()
            )
            self._reached = self._reached or outcome.json is not None
        except TransportError as error:
            outcome = error
        if isinstance(outcome, Answer) and situation_of(outcome) != "outage":
            self._silent_since = None
        elif self._silent_since is None:
            self._silent_since = time.monotonic()
        self._on_outcome(strained(outcome))
        return outcome

    def _call(self, method: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Make an unsigned call that is answered at once, such as the login; waits in this thread."""
        patience = Patience(self.window)
        while True:
            outcome = self._exchange(method, path, "", body, signed=False)
            reaction = reaction_to(outcome, Phase.READ)
            if reaction is Reaction.DONE and isinstance(outcome, Answer):
                return outcome.json or {}
            if situation_of(outcome) == "lost":
                # Each answer that is lost may leave a session behind that nobody can end.
                reaction = Reaction.FEW
            pause = self._pause_or_fail(patience, outcome, reaction)
            self._interruption.give_up()
            time.sleep(pause)

    def _pause_or_fail(self, patience: Patience, outcome: Outcome, reaction: Reaction, job: str = "") -> float:
        """Return how long to wait before trying again, or raise what went wrong."""
        if reaction in (Reaction.RETRY, Reaction.RETRY_NEW, Reaction.FEW):
            # A wrong address must be told at once, an outage of a known platform is waited for.
            few = reaction is Reaction.FEW or not self._reached
            pause = None if self.gone else patience.pause(outcome, FEW_TRIES if few else None)
            if pause is not None:
                return pause
        error = as_error(outcome, job)
        if self.gone:
            error.add(f"the platform has not answered for {self.window:g} s; a larger job_timeout waits longer")
        elif patience.spent:
            error.add(f"it was tried for {patience.window:g} s; a larger job_timeout tries longer")
        elif patience.tries > 1:
            error.add(f"it was tried {patience.tries} times")
        raise error


def _interruptible(seconds: float, under_way: bool) -> Steps[None]:
    """Wait, and tell a signal that ends the waiting whether the platform may have begun what is waited for."""
    try:
        yield seconds
    except Interrupted as signal:
        signal.under_way = under_way
        raise


def _raise_if_new_job(outcome: Outcome, reaction: Reaction) -> None:
    if reaction in (Reaction.RELOGIN, Reaction.RETRY_NEW):
        raise _NewJob(outcome, reaction is Reaction.RELOGIN)


def _uncertain(request: tuple[Any, ...], job: str, outcome: Outcome) -> UncertainError:
    cause = as_error(outcome, job, request[:2])
    reason = f"it ended with {cause.code}: {cause.details}" if isinstance(cause, ApiError) else cause.reason
    return UncertainError(request[0], request[1], job, reason, cause=cause)


def _is_counted_page(body: Mapping[str, Any]) -> bool:
    return is_page(body) and isinstance(body.get("total"), int)


def is_page(body: Mapping[str, Any]) -> bool:
    """Return whether an answer has the shape of a query's: a list of objects that each have a uuid."""
    rows = body.get("inventories")
    return isinstance(rows, list) and all(isinstance(row, dict) and isinstance(row.get("uuid"), str) for row in rows)
