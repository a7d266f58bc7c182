# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The HTTP side: connections, load limits, faults on the wire, and the log around the REST front."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

from aiohttp import web

from .answers import Answer, html_answer
from .control import PREFIX, Control
from .faults import AFTER, Fault, Faults
from .front import Front, Request
from .jobs import NORMAL
from .journal import Journal
from .options import Options
from .platform import Platform
from .sessions import drop

# Tomcat's own limit for a request line and for the headers.
HEADER_LIMIT = 65536
BODY_LIMIT = 256 * 1024 * 1024
_CHUNK = b" " * 65536
_GONE = Answer(0)
_PARENT_CHECK_SECONDS = 1.0


class Server:
    """One simulator on the wire."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._front = Front(platform)
        self._faults = Faults(platform.random)
        self._journal = Journal(platform.store)
        self._control = Control(platform, self._front, self._faults, self._journal)
        self._in_flight = 0

    def application(self) -> web.Application:
        """The aiohttp application, for a runner with ``max_line_size`` and ``max_field_size`` of `HEADER_LIMIT`."""
        application = web.Application(client_max_size=BODY_LIMIT)
        application.router.add_route("*", "/{path:.*}", self._handle)
        application.on_response_prepare.append(_without_content_type)
        return application

    async def _handle(self, incoming: web.Request) -> web.StreamResponse:
        body = await incoming.read()
        headers = {name.lower(): value for name, value in incoming.headers.items()}
        request = Request(incoming.method, incoming.raw_path, headers, body)
        if request.path.startswith(PREFIX):
            return self._control.answer(request)
        kind = self._front.kind(request)
        options = self._platform.options
        if options.max_in_flight and self._in_flight >= options.max_in_flight:
            answer = _overloaded(options.overload)
            self._journal.record(request, kind, answer.status, "overload")
            return _response(answer)
        self._in_flight += 1
        self._journal.in_flight(self._in_flight)
        try:
            return await self._serve(incoming, request, kind)
        finally:
            self._in_flight -= 1

    async def _serve(self, incoming: web.Request, request: Request, kind: str) -> web.StreamResponse:
        options = self._platform.options
        fault = self._faults.next(request.method, request.path, kind)
        if options.request_latency:
            await asyncio.sleep(options.request_latency)
        if fault is not None and fault.name == "delay":
            await asyncio.sleep(float(fault.details["seconds"]))
        answer = self._process(request, kind, fault)
        return await self._send(incoming, answer, fault)

    def _process(self, request: Request, kind: str, fault: Fault | None) -> Answer:
        """The request's whole effect and its line in the log, in one transaction that ends before the answer leaves."""
        with self._platform.store.transaction():
            answer = _instead(fault)
            if answer is None:
                if fault is not None and fault.name == "session_gone":
                    drop(self._platform, self._front.session_of(request))
                answer = self._front.answer(request, fault.fate() if fault is not None else NORMAL)
                answer = _spoilt(answer, fault)
            name = fault.name if fault is not None else None
            self._journal.record(request, kind, answer.status or None, name)
        return answer

    async def _send(self, incoming: web.Request, answer: Answer, fault: Fault | None) -> web.StreamResponse:
        if answer is _GONE:
            _hang_up(incoming)
        elif fault is not None and fault.name == "cut_answer":
            response = web.StreamResponse(status=answer.status, headers=answer.headers)
            response.content_length = max(2, len(answer.body))
            await response.prepare(incoming)
            await response.write(answer.body[: len(answer.body) // 2] or b"{")
            _hang_up(incoming)
            return response
        elif fault is not None and fault.name == "huge_body":
            return await _stream(incoming, answer, _huge(int(fault.details["bytes"])))
        return _response(answer)


def _instead(fault: Fault | None) -> Answer | None:
    """The answer of a fault that keeps the request from being looked at."""
    if fault is None:
        return None
    if fault.name == "close_before":
        return _GONE
    if fault.name == "status":
        return _status(fault)
    if fault.name == "redirect":
        return Answer(int(fault.details.get("code", 302)), b"", {"Location": str(fault.details["location"])})
    return None


def _spoilt(answer: Answer, fault: Fault | None) -> Answer:
    """What a fault makes of the right answer."""
    if fault is None or fault.name not in AFTER:
        return answer
    if fault.name == "close_after":
        return _GONE
    if fault.name == "status_after":
        return _status(fault)
    if fault.name == "empty_body":
        return Answer(answer.status)
    if fault.name == "broken_json":
        return Answer(answer.status, b'{"inventory": {"uuid": "0123')
    if fault.name == "wrong_shape":
        return Answer(answer.status, json.dumps(fault.details.get("body", [])).encode())
    return answer


def _status(fault: Fault) -> Answer:
    details = fault.details
    headers = {str(name): str(value) for name, value in details.get("headers", {}).items()}
    if "content_type" in details:
        headers["Content-Type"] = str(details["content_type"])
    return Answer(int(details["code"]), str(details.get("body", "")).encode(), headers)


def _overloaded(how: str) -> Answer:
    if how == "html503":
        return html_answer(503, "Service Unavailable")
    if how == "503":
        return Answer(503, b"Service Unavailable")
    return Answer(429, b"Rate limit exceeded")


def _response(answer: Answer) -> web.Response:
    return web.Response(status=answer.status or 200, body=answer.body, headers=answer.headers)


def _hang_up(incoming: web.Request) -> None:
    if incoming.transport is not None:
        incoming.transport.close()


async def _huge(size: int) -> AsyncIterator[bytes]:
    yield b'{"inventories":['
    for _block in range(size // len(_CHUNK) + 1):
        yield _CHUNK
    yield b"]}"


async def _stream(incoming: web.Request, answer: Answer, parts: AsyncIterator[bytes]) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    await response.prepare(incoming)
    try:
        async for part in parts:
            await response.write(part)
    except ConnectionError:
        # The reader had enough, as it should.
        return response
    await response.write_eof()
    return response


async def _without_content_type(request: web.Request, response: web.StreamResponse) -> None:
    """The platform sends no Content-Type; aiohttp would add one that nobody set."""
    if response.headers.get("Content-Type") == "application/octet-stream":
        del response.headers["Content-Type"]


async def serve(platform: Platform, listening: Callable[[int], None]) -> None:
    """Serves until SIGTERM, SIGINT or the end of the parent process; tells the port once it listens."""
    options = platform.options
    runner = web.AppRunner(
        Server(platform).application(),
        access_log=None,
        shutdown_timeout=0.1,
        max_line_size=HEADER_LIMIT,
        max_field_size=HEADER_LIMIT,
    )
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await runner.setup()
    try:
        site = web.TCPSite(runner, options.host, options.port, ssl_context=_tls(options), backlog=1024)
        await site.start()
        listening(runner.addresses[0][1])
        while not stop.is_set() and _alive(options.parent_pid):
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(stop.wait(), _PARENT_CHECK_SECONDS)
    finally:
        await runner.cleanup()


def _tls(options: Options) -> ssl.SSLContext | None:
    if options.certfile is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.certfile, options.keyfile)
    return context


def _alive(pid: int) -> bool:
    if pid == 0:
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
