# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the simulator sends, before HTTP: a status, a body and headers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from .errors import BusinessError, Refusal
from .texts import gson_dumps


@dataclass(frozen=True)
class Response:
    """One HTTP response. The platform itself sends no Content-Type; proxies and Tomcat set one in `headers`.

    With `parts` they are streamed in place of the body. With `cut` the headers promise the whole body, half of it is
    sent, and the connection is closed.
    """

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    parts: Iterator[bytes] | None = None
    cut: bool = False


#: No response at all: the connection is closed.
HANG_UP = Response(0)


def json_response(status: int, body: object) -> Response:
    """A response whose body is the JSON form of `body`; a str is taken as JSON that is ready."""
    return Response(status, (body if isinstance(body, str) else gson_dumps(body)).encode())


def error_response(error: BusinessError) -> Response:
    """A business error: 503 with the wrapper ``error``."""
    return json_response(503, {"error": error.as_json()})


def refusal_response(refusal: Refusal) -> Response:
    """A refusal of the REST front: plain text, no JSON."""
    return Response(refusal.status, refusal.text.encode())


def html_response(status: int, title: str) -> Response:
    """An error page such as a proxy or Tomcat makes."""
    page = f"<html><head><title>{status} {title}</title></head><body><h1>{status} {title}</h1></body></html>\n"
    return Response(status, page.encode(), {"Content-Type": "text/html"})
