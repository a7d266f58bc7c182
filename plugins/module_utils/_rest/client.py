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

PAGE = 1000
#: What is far beyond the largest platform: rows of one listing, and bytes of all its pages.
MOST_ROWS, LARGEST_LISTING = 200_000, 512 * 1024 * 1024


class Client(Channel):
    """Reads and writes on one platform."""

    def read(
        self,
        path: str,
        params: Sequence[tuple[str, str]] = (),
        shape: Callable[[dict[str, Any]], bool] = lambda body: True,
    ) -> dict[str, Any]:
        """Send a GET until it succeeds.

        :param shape: tells whether a body is one that this call can have; another one counts as garbled.
        :raises AiosError: the platform responded with an error, or not within the window.
        """
        return self._read(path, params, shape).json or {}

    def _read(self, path: str, params: Sequence[tuple[str, str]], shape: Callable[[dict[str, Any]], bool]) -> Response:
        query = urlencode(params, quote_via=quote, safe="")
        backoff, renewed = Backoff(self.window), False
        while True:
            generation = self.auth.ensure(self.call)
            outcome = self.exchange("GET", path, query)
            action = retry_action(outcome, Phase.READ)
            if action is RetryAction.DONE and isinstance(outcome, Response):
                if shape(outcome.json or {}):
                    return outcome
                action = RetryAction.FEW
            if action is RetryAction.RELOGIN and not renewed and self.auth.renew(self.call, generation):
                renewed = True
                continue
            if situation_of(outcome) == "lost" and isinstance(outcome, TransportError) and outcome.slow:
                action = RetryAction.FEW  # what takes too long takes too long again
            self.signals.wait(self.pause_or_fail(backoff, outcome, action))

    def pages(
        self,
        path: str,
        params: Sequence[tuple[str, str]] = (),
        on_page: Callable[[int, int], None] = lambda read, total: None,
    ) -> list[dict[str, Any]]:
        """Read every row of a query, in pages of a fixed order, and check that none is missing.

        Each page begins with the last row of the page before, which shows that no row has moved from one to the other.

        :param on_page: called after each page with the number of rows so far, and of all.
        :raises AiosError: also when the platform's rows kept changing while they were read, or have no end.
        """
        for _try in range(FEW_TRIES):
            rows: dict[str, dict[str, Any]] = {}
            totals, start, last, size = set(), 0, "", 0
            while True:
                page = [("limit", str(PAGE)), ("start", str(start)), ("sort", "+uuid"), ("replyWithCount", "true")]
                response = self._read(path, [*params, *page], _is_counted_page)
                body, size = response.json or {}, size + response.size
                _refuse_endless(path, body, len(rows), size)
                uuids, before = [row["uuid"] for row in body["inventories"]], len(rows)
                moved = bool(last) and uuids[:1] != [last]
                rows.update(zip(uuids, body["inventories"], strict=True))
                totals.add(body["total"])
                on_page(len(rows), body["total"])
                # A page that brings nothing new cannot be followed by one that does, whatever the total says.
                if moved or start + PAGE >= body["total"] or len(rows) == before:
                    break
                start, last = start + PAGE - 1, uuids[-1]
            if totals == {len(rows)} and not moved:
                return list(rows.values())
        raise AiosError(
            f"GET {path}: the listing is incomplete: rows were added or removed during each of {FEW_TRIES} attempts "
            f"({len(rows)} of {max(totals)} rows in the last one). Next: run again when nobody else changes the platform.",
            "incomplete_listing",
        )

    def write(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, params: Sequence[tuple[str, str]] = ()
    ) -> dict[str, Any]:
        """Send a write and follow its job to the end. It is executed at most once.

        :return: the JSON of the finished job.
        :raises ApiError: the platform responded with an error; nothing was done.
        :raises OutcomeUnknown: nobody can tell whether it was done.
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


def _refuse_endless(path: str, body: Mapping[str, Any], rows: int, size: int) -> None:
    """Raise an error for a page that no platform sends.

    :param rows: how many there were before; ``size``: the bytes of all pages so far.
    """
    sent, total = len(body["inventories"]), body["total"]
    if sent > PAGE:
        text = f"the response has {sent:,} rows, and {PAGE:,} were requested"
    elif max(rows + sent, total) > MOST_ROWS:
        text = f"the listing has {max(rows + sent, total):,} rows, more than {MOST_ROWS:,}"
    elif size > LARGEST_LISTING:
        text = f"the listing is larger than {LARGEST_LISTING:,} bytes"
    else:
        return
    raise AiosError(
        f"GET {path}: {text}. Next: check that host, port and context_path are those of a ZStack platform.",
        "listing_too_large",
    )


def _is_counted_page(body: Mapping[str, Any]) -> bool:
    return is_page(body) and isinstance(body.get("total"), int)


def is_page(body: Mapping[str, Any]) -> bool:
    """Return whether a body has the shape of a query's: a list of objects that each have a uuid."""
    rows = body.get("inventories")
    return isinstance(rows, list) and all(isinstance(row, dict) and isinstance(row.get("uuid"), str) for row in rows)
