# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP/1.1 on one connection: reads requests, sends responses, keeps the connection open between them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from http import HTTPStatus

from .incoming import Request
from .responses import HANG_UP, Response, html_response

Respond = Callable[[Request], Awaitable[Response]]
BODY_LIMIT = 256 * 1024 * 1024
_LINGER_SECONDS = 0.5


class _Malformed(Exception):
    """Bytes that are no HTTP request, or too many of them; Tomcat refuses them before the platform sees them."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.response = html_response(status, status.phrase)


async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, respond: Respond) -> None:
    """Serves one connection until either side ends it. The limit of `reader` is the limit of a request's head."""
    try:
        while await _exchange(reader, writer, respond):
            pass
    except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
        # The client went away, or the simulator ends.
        pass
    finally:
        writer.close()


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, respond: Respond) -> bool:
    """One request and its response; returns whether the connection stays open."""
    try:
        request, keep_open = await _read(reader, writer)
    except _Malformed as error:
        await _send(writer, error.response, keep_open=False)
        await _linger(reader)
        return False
    response = await respond(request)
    if response is HANG_UP:
        return False
    await _send(writer, response, keep_open)
    return keep_open and not response.cut


async def _read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[Request, bool]:
    """The next request, and whether its sender wants to keep the connection open."""
    first = await reader.readexactly(1)
    if not first.isalpha():
        # Such as the handshake of a client that takes this for a TLS port: it would never end as a request does.
        raise _Malformed(HTTPStatus.BAD_REQUEST)
    try:
        head = first + await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        raise _Malformed(HTTPStatus.BAD_REQUEST) from None
    start, *lines = head[:-4].decode("iso-8859-1").split("\r\n")
    words = start.split(" ")
    if len(words) != 3:
        raise _Malformed(HTTPStatus.BAD_REQUEST)
    method, target, version = words
    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise _Malformed(HTTPStatus.BAD_REQUEST)
        headers[name.lower()] = value.strip()
    if headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = await _body(reader, headers)
    wish = headers.get("connection", "").lower()
    return Request(method, target, headers, body), wish != "close" and (version != "HTTP/1.0" or wish == "keep-alive")


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if "transfer-encoding" in headers:
        return await _chunks(reader)
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdecimal()):
        raise _Malformed(HTTPStatus.BAD_REQUEST)
    if int(length) > BODY_LIMIT:
        raise _Malformed(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return await reader.readexactly(int(length))


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = bytearray()
    while True:
        try:
            size = int((await reader.readuntil(b"\r\n")).split(b";")[0], 16)
        except ValueError:
            raise _Malformed(HTTPStatus.BAD_REQUEST) from None
        if len(body) + size > BODY_LIMIT:
            raise _Malformed(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if size == 0:
            while await reader.readuntil(b"\r\n") != b"\r\n":
                pass
            return bytes(body)
        body += await reader.readexactly(size)
        await reader.readexactly(2)


async def _send(writer: asyncio.StreamWriter, response: Response, keep_open: bool) -> None:
    lines = [f"HTTP/1.1 {response.status} {_phrase(response.status)}", f"Date: {_now()}"]
    lines += [f"{name}: {value}" for name, value in response.headers.items()]
    lines.append(f"Content-Length: {len(response.body)}" if response.parts is None else "Transfer-Encoding: chunked")
    if not keep_open:
        lines.append("Connection: close")
    head = "\r\n".join([*lines, "", ""]).encode("iso-8859-1")
    writer.write(head + (response.body[: len(response.body) // 2] if response.cut else response.body))
    await writer.drain()
    if response.parts is not None:
        for part in response.parts:
            writer.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
            await writer.drain()
        writer.write(b"0\r\n\r\n")
        await writer.drain()


async def _linger(reader: asyncio.StreamReader) -> None:
    """Reads what is still on its way, because closing before would take the response back."""
    with suppress(asyncio.TimeoutError):
        await asyncio.wait_for(_discard(reader), _LINGER_SECONDS)


async def _discard(reader: asyncio.StreamReader) -> None:
    while await reader.read(65536):
        pass


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def _now() -> str:
    return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())
