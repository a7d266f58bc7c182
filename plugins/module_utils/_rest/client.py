# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The conventions of the platform's REST front end: queries, pages and jobs. Knows no resource."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import AiosError, TransportError
from ansible_collections.zstack.aios.plugins.module_utils._rest.backoff import Backoff
from ansible_collections.zstack.aios.plugins.module_utils._rest.channel import FEW_TRIES, Channel
from ansible_collections.zstack.aios.plugins.module_utils._rest.responses import (
    Phase,
    RetryAction,
    as_error,
    retry_action,
    situation_of,
)
from ansible_collections.zstack.aios.plugins.module_utils._rest.transport import Response

#: The rows of a page (platform.query_limit).
PAGE = 1000
#: What is far beyond the largest platform: rows of one listing, and bytes of all its pages.
MOST_ROWS, LARGEST_LISTING = 200_000, 512 * 1024 * 1024


class Client(Channel):
    """Reads and writes on one platform."""

    def read(
        self,
        path: str,
        params: Sequence[tuple[str, str]] = (),
        missing: Callable[[dict[str, Any]], str] = lambda body: "",
    ) -> dict[str, Any]:
        """Send a GET until it succeeds.

        :param missing: returns what a body lacks that this call needs; such a response counts as garbled.
        :raises AiosError: the platform responded with an error, or not within the window.
        """
        return self._read(path, params, missing).json or {}

    def _read(self, path: str, params: Sequence[tuple[str, str]], missing: Callable[[dict[str, Any]], str]) -> Response:
        query = urlencode(params, quote_via=quote, safe="")
        backoff, renewed = Backoff(self.window), False
        while True:
            generation = self.auth.ensure(self.call)
            outcome = self.exchange("GET", path, query)
            action = retry_action(outcome, Phase.READ)
            if action is RetryAction.DONE and isinstance(outcome, Response):
                outcome = outcome._replace(missing=missing(outcome.json or {}))
                if not outcome.missing:
                    return outcome
                action = RetryAction.FEW
            if action is RetryAction.RELOGIN and not renewed and self.auth.renew(self.call, generation):
                renewed = True
                continue
            if situation_of(outcome) == "lost" and isinstance(outcome, TransportError) and outcome.slow:
                action = RetryAction.FEW  # what takes too long takes too long again
            self.signals.wait(self.pause_or_fail(backoff, outcome, action))

    def page(
        self, path: str, params: Sequence[tuple[str, str]] = (), limit: int = PAGE, start: int = 0
    ) -> tuple[list[dict[str, Any]], int]:
        """Read one page of a query, and how many rows meet it in all."""
        rows, total, _size = self._page(path, params, limit, start)
        return rows, self.count(path, [param for param in params if param[0] == "q"]) if total is None else total

    def count(self, path: str, conditions: Sequence[tuple[str, str]] = ()) -> int:
        """Return how many rows meet a query."""
        body = self.read(
            path, [*conditions, ("count", "true")], lambda body: "" if _total(body) is not None else "total"
        )
        return _total(body) or 0

    def _page(
        self, path: str, params: Sequence[tuple[str, str]], limit: int, start: int
    ) -> tuple[list[dict[str, Any]], int | None, int]:
        """Return a page, the total, and the bytes of the response.

        A page that is not full is the last one, so that it shows the total too (platform.query_total).
        """
        cut = [("limit", str(limit)), ("start", str(start)), ("replyWithCount", "true")]
        response = self._read(path, [*params, *cut], page_without)
        body = response.json or {}
        rows, total = body["inventories"], _total(body)
        if len(rows) > limit:
            raise _too_large(path, f"the response has {len(rows):,} rows, and {limit:,} were requested")
        if total is None and len(rows) < limit and (rows or not start):
            total = start + len(rows)
        return rows, total, response.size

    def pages(
        self,
        path: str,
        params: Sequence[tuple[str, str]] = (),
        on_page: Callable[[int, int], None] = lambda read, total: None,
    ) -> list[dict[str, Any]]:
        """Read every row of a query, in pages of a fixed order, and check that none is missing (platform.query_order).

        Each page begins with the last row of the page before, which shows that no row has moved from one to the other.

        :param on_page: called after each page with the number of rows so far, and of all.
        :raises AiosError: also when the platform's rows kept changing while they were read, or have no end.
        """
        for _try in range(FEW_TRIES):
            rows: dict[str, dict[str, Any]] = {}
            totals, start, last, size = set[int](), 0, "", 0
            while True:
                page, total, sent = self._page(path, [*params, ("sort", "+uuid")], PAGE, start)
                size += sent
                _refuse_endless(path, len(rows) + len(page), total, size)
                uuids, before = [row["uuid"] for row in page], len(rows)
                moved = bool(last) and uuids[:1] != [last]
                rows.update(zip(uuids, page, strict=True))
                totals.update([] if total is None else [total])
                on_page(len(rows), len(rows) if total is None else total)
                # A page that brings nothing new cannot be followed by one that does, whatever the total says.
                if moved or (total is not None and start + PAGE >= total) or len(rows) == before:
                    break
                start, last = start + PAGE - 1, uuids[-1]
            if totals == {len(rows)} and not moved:
                return list(rows.values())
        of_all = f"{len(rows)} of {max(totals)}" if totals else f"{len(rows)}"
        raise AiosError(
            f"GET {path}: the listing is incomplete: rows were added or removed during each of {FEW_TRIES} attempts "
            f"({of_all} rows in the last one). Next: run again when nobody else changes the platform.",
            "incomplete_listing",
        )

    def write(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, params: Sequence[tuple[str, str]] = ()
    ) -> dict[str, Any]:
        """Send a write and follow its job to the end. It is executed at most once.

        :return: the JSON of the finished job.
        :raises ApiError: the platform responded with an error; nothing was done.
        :raises OutcomeUnknown: it may have been done.
        """
        from ansible_collections.zstack.aios.plugins.module_utils._rest.write import Write  # a plan needs no writes

        request = Write(self, method, path, urlencode(params, quote_via=quote, safe=""), body)
        backoff, renewed = Backoff(self.window), False
        while True:
            generation = self.auth.ensure(self.call)
            outcome = request.attempt(backoff)
            if not isinstance(outcome, RetryAction):
                return outcome
            if outcome is RetryAction.RELOGIN:
                if renewed or not self.auth.renew(self.call, generation):
                    raise as_error(request.last)
                renewed = True
            else:
                self.signals.wait(self.pause_or_fail(backoff, request.last, RetryAction.RETRY))


def _total(body: Mapping[str, Any]) -> int | None:
    total = body.get("total")
    return total if isinstance(total, int) and not isinstance(total, bool) else None


def _refuse_endless(path: str, rows: int, total: int | None, size: int) -> None:
    """Raise an error for a listing that no platform sends.

    :param rows: how many there are so far; ``total``: how many there are to be; ``size``: the bytes of all pages so far.
    """
    if max(rows, total or 0) > MOST_ROWS:
        text = f"the listing has {max(rows, total or 0):,} rows, more than {MOST_ROWS:,}"
    elif size > LARGEST_LISTING:
        text = f"the listing is larger than {LARGEST_LISTING:,} bytes"
    else:
        return
    raise _too_large(path, text)


def _too_large(path: str, text: str) -> AiosError:
    return AiosError(
        f"GET {path}: {text}. Next: check that host, port and context_path are those of a ZStack platform.",
        "listing_too_large",
    )


def page_without(body: Mapping[str, Any]) -> str:
    """Return what the body of a query does not have: a list of objects that each have a uuid. Empty if it has it."""
    rows = body.get("inventories")
    if not isinstance(rows, list):
        return "list of inventories"
    if not all(isinstance(row, dict) and isinstance(row.get("uuid"), str) for row in rows):
        return "uuid in each row"
    return "number in total" if body.get("total") is not None and _total(body) is None else ""
