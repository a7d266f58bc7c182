# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The process: connections, load limits, the log and the faults around the REST front."""

from __future__ import annotations

import asyncio
import os
import signal
import ssl
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress

from .connection import converse
from .control import PREFIX, Control
from .faults import Fault, Faults
from .front import Front
from .incoming import Request
from .jobs import NORMAL
from .journal import Journal
from .options import Options
from .platform import Platform
from .responses import Response, html_response
from .sessions import drop
from .spoiling import instead, spoil

_PARENT_CHECK_SECONDS = 0.5


class Server:
    """One simulator on the wire."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._front = Front(platform)
        self._faults = Faults(platform.random)
        self._journal = Journal(platform.store)
        self._control = Control(platform, self._front, self._faults, self._journal)
        self._in_flight = 0

    async def respond(self, request: Request) -> Response:
        """Serves one request. A defect of the simulator is printed, and the client gets a 500."""
        try:
            if request.path.startswith(PREFIX):
                return self._control.respond(request)
            return await self._limited(request)
        except Exception as error:
            traceback.print_exc(file=sys.stderr)
            return Response(500, repr(error).encode())

    async def _limited(self, request: Request) -> Response:
        kind = self._front.kind(request)
        options = self._platform.options
        if options.max_in_flight and self._in_flight >= options.max_in_flight:
            response = _overloaded(options.overload)
            self._journal.record(request, kind, response.status, "overload")
            return response
        self._in_flight += 1
        self._journal.in_flight(self._in_flight)
        try:
            return await self._serve(request, kind)
        finally:
            self._in_flight -= 1

    async def _serve(self, request: Request, kind: str) -> Response:
        options = self._platform.options
        fault = self._faults.next(request.method, request.path, kind)
        if options.request_latency:
            await asyncio.sleep(options.request_latency)
        if fault is not None and fault.name == "delay":
            await asyncio.sleep(float(fault.details["seconds"]))
        return self._process(request, kind, fault)

    def _process(self, request: Request, kind: str, fault: Fault | None) -> Response:
        """The request's whole effect and its line in the log, in one transaction that ends before the response."""
        with self._platform.store.transaction():
            response = instead(fault)
            if response is None:
                self._disturb(request, fault)
                response = self._front.respond(request, fault.on_job() if fault is not None else NORMAL)
                response = spoil(response, fault, request, self._faults.rows)
            self._journal.record(request, kind, response.status or None, fault.name if fault is not None else None)
        return response

    def _disturb(self, request: Request, fault: Fault | None) -> None:
        """What happens beside the request that the fault hits, just before it."""
        if fault is None:
            return
        if fault.name == "session_gone":
            drop(self._platform, self._front.session_of(request))
        elif fault.name == "node_leaves":
            self._front.jobs.let_node_leave(executes=bool(fault.details.get("executes", True)))


def _overloaded(how: str) -> Response:
    if how == "html503":
        return html_response(503, "Service Unavailable")
    if how == "503":
        return Response(503, b"Service Unavailable")
    return Response(429, b"Rate limit exceeded")


async def serve(platform: Platform, listening: Callable[[int], None]) -> None:
    """Serves until SIGTERM, SIGINT or the end of the parent process; reports the port once it listens."""
    options = platform.options
    server = Server(platform)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    listener = await asyncio.start_server(
        lambda reader, writer: converse(reader, writer, server.respond),
        options.host,
        options.port,
        limit=options.header_limit,
        ssl=_tls(options),
        backlog=1024,
    )
    port = listener.sockets[0].getsockname()[1]
    platform.address = f"{options.scheme}://{options.host}:{port}"
    listening(port)
    while not stop.is_set() and _alive(options.parent_pid):
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(stop.wait(), _PARENT_CHECK_SECONDS)
    listener.close()


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
