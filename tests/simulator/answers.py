# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes back over the wire, before HTTP: a status, bytes and headers."""

from __future__ import annotations

from dataclasses import dataclass, field

from .errors import BusinessError, Refusal
from .texts import gson_dumps


@dataclass(frozen=True)
class Answer:
    """One HTTP answer. The platform itself sends no Content-Type; only proxies and Tomcat do, through `headers`."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def json_answer(status: int, body: object) -> Answer:
    """An answer whose body is the JSON form of `body`; a str is taken as JSON that is ready."""
    return Answer(status, (body if isinstance(body, str) else gson_dumps(body)).encode())


def error_answer(error: BusinessError) -> Answer:
    """A business error: 503 with the wrapper ``error`` (contract 4.1)."""
    return json_answer(503, {"error": error.as_json()})


def refusal_answer(refusal: Refusal) -> Answer:
    """A refusal of the REST front: plain text, no JSON."""
    return Answer(refusal.status, refusal.text.encode())


def html_answer(status: int, title: str) -> Answer:
    """An error page such as a proxy or Tomcat makes."""
    page = f"<html><head><title>{status} {title}</title></head><body><h1>{status} {title}</h1></body></html>\n"
    return Answer(status, page.encode(), {"Content-Type": "text/html"})
