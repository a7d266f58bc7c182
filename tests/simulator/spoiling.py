# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a fault makes of the response to a request."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from .faults import Fault, Rows
from .grammar import DEFAULT_LIMIT
from .incoming import Request
from .responses import HANG_UP, Response, json_response

_CHUNK = b" " * 65536
_ROWS_AT_ONCE = 10_000
_ENDLESS_TOTAL = 10**12


def instead(fault: Fault | None) -> Response | None:
    """The response of a fault that keeps the request from being looked at."""
    if fault is None:
        return None
    if fault.name == "close_before":
        return HANG_UP
    if fault.name == "status":
        return _status(fault)
    if fault.name == "redirect":
        return Response(int(fault.details.get("code", 302)), b"", {"Location": str(fault.details["location"])})
    return None


def spoil(response: Response, fault: Fault | None, request: Request, rows: Rows) -> Response:
    """What is sent in place of the right response, after the request has had its effect."""
    if fault is None:
        return response
    details = fault.details
    if fault.name == "close_after":
        return HANG_UP
    if fault.name == "status_after":
        return _status(fault)
    if fault.name == "cut_answer":
        return replace(response, body=response.body or b"{}", cut=True)
    if fault.name == "empty_body":
        return Response(response.status)
    if fault.name == "broken_json":
        return Response(response.status, b'{"inventory": {"uuid": "0123')
    if fault.name == "wrong_shape":
        return Response(response.status, json.dumps(details.get("body", [])).encode())
    if fault.name == "huge_body":
        return replace(response, body=b"", parts=_blanks(int(details["bytes"])))
    if fault.name == "tiny_rows":
        return replace(response, body=b"", parts=_tiny_rows(int(details["rows"])))
    if fault.name == "endless_list":
        return _endless(request, rows, int(details.get("total", _ENDLESS_TOTAL)))
    return response


def _status(fault: Fault) -> Response:
    details = fault.details
    headers = {str(name): str(value) for name, value in details.get("headers", {}).items()}
    if "content_type" in details:
        headers["Content-Type"] = str(details["content_type"])
    return Response(int(details["code"]), str(details.get("body", "")).encode(), headers)


def _blanks(size: int) -> Iterator[bytes]:
    yield b'{"inventories":['
    for _block in range(size // len(_CHUNK) + 1):
        yield _CHUNK
    yield b"]}"


def _tiny_rows(count: int) -> Iterator[bytes]:
    yield b'{"inventories":[{}'
    for start in range(1, count, _ROWS_AT_ONCE):
        yield b",{}" * min(_ROWS_AT_ONCE, count - start)
    yield b'],"total":%d}' % count


def _endless(request: Request, rows: Rows, total: int) -> Response:
    """A full page of rows that no page before it had, in the order of their uuids."""
    options = dict(parse_qsl(request.query))
    limit = options.get("limit", "")
    page: list[dict[str, Any]] = [
        {"uuid": f"{number:032x}", "name": f"endless-{number}", "supportDistributed": False}
        for number in rows.take(int(limit) if limit.isdecimal() else DEFAULT_LIMIT)
    ]
    return json_response(200, {"inventories": page, "total": total, "schema": {}})
