# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every exchange ends within its timeout, whatever the peer does, and soon after a signal."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._common.errors import TransportError
from ansible_collections.zstack.aios.plugins.module_utils._rest import transport as transport_module
from ansible_collections.zstack.aios.plugins.module_utils._rest.connection import Connection, Credentials
from ansible_collections.zstack.aios.plugins.module_utils._rest.transport import Transport
from ansible_collections.zstack.aios.tests.support.raw_server import RawServer, Talk, responding

TIMEOUT = 0.5


def drops(connection: socket.socket, pieces: Iterator[bytes], pause: float = 0.05) -> None:
    """Send pieces until the peer hangs up."""
    with contextlib.suppress(OSError):
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(pause)


def headers_without_end(connection: socket.socket, _head: str) -> None:
    drops(connection, itertools.chain([b"HTTP/1.1 200 OK\r\n"], (b"X-%d: y\r\n" % n for n in range(90))), 0.3)


def header_in_drops(connection: socket.socket, _head: str) -> None:
    drops(connection, itertools.chain([b"HTTP/1.1 200 OK\r\nX: "], itertools.repeat(b"y")))


def status_in_drops(connection: socket.socket, _head: str) -> None:
    drops(connection, itertools.chain([b"HTTP/1.1 200 "], itertools.repeat(b"O")))


def continue_without_end(connection: socket.socket, _head: str) -> None:
    drops(connection, itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n"))


def chunk_sizes_in_drops(connection: socket.socket, _head: str) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    drops(connection, itertools.repeat(b"0"))


def chunks_in_drops(connection: socket.socket, _head: str) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    drops(connection, itertools.repeat(b"1\r\nx\r\n"))


def trailers_without_end(connection: socket.socket, _head: str) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n")
    drops(connection, (b"X-%d: y\r\n" % n for n in itertools.count()))


def body_in_drops(connection: socket.socket, _head: str) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    drops(connection, itertools.repeat(b"x"))


def body_without_length_in_drops(connection: socket.socket, _head: str) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n{}")
    drops(connection, itertools.repeat(b" "))


def silence(connection: socket.socket, _head: str) -> None:
    drops(connection, iter([b""]), 30)


HOSTILE = [
    headers_without_end,
    header_in_drops,
    status_in_drops,
    continue_without_end,
    chunk_sizes_in_drops,
    chunks_in_drops,
    trailers_without_end,
    body_in_drops,
    body_without_length_in_drops,
    silence,
]


def exchange(url: str, interrupted: Any = lambda: False, **more: Any) -> float:
    """Send a GET that has to fail for time; return the seconds that it took."""
    transport = Transport(Connection(url, Credentials("session_uuid"), timeout=TIMEOUT, **more), 1, interrupted)
    started = time.monotonic()
    try:
        with pytest.raises(TransportError) as caught:
            transport.exchange("GET", "/v1/x")
    finally:
        transport.close()
    assert (caught.value.kind, caught.value.slow) == ("lost", True), caught.value.message
    return time.monotonic() - started


@pytest.mark.parametrize("talk", HOSTILE, ids=lambda talk: talk.__name__)
def test_an_exchange_ends_within_its_timeout(talk: Talk) -> None:
    with RawServer(talk) as server:
        assert exchange(server.url) < TIMEOUT + 1


@pytest.mark.parametrize("talk", HOSTILE, ids=lambda talk: talk.__name__)
def test_an_exchange_ends_soon_after_a_signal(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    signalled = time.monotonic() + 0.5
    monkeypatch.setitem(globals(), "TIMEOUT", 30.0)
    with RawServer(talk) as server:
        exchange(server.url, lambda: time.monotonic() >= signalled)
    assert time.monotonic() - signalled < 1.3


def test_a_handshake_in_drops_ends_with_the_timeout_and_was_not_sent() -> None:
    def shake(listener: socket.socket) -> None:
        connection, _address = listener.accept()
        with connection:
            connection.recv(65536)
            drops(connection, itertools.chain([b"\x16\x03\x03\x40\x00"], itertools.repeat(b"\x00")))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=shake, args=(listener,), daemon=True).start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/zstack"
        transport = Transport(Connection(url, Credentials("session_uuid"), verify=False, timeout=TIMEOUT))
        started = time.monotonic()
        with pytest.raises(TransportError) as caught:
            transport.exchange("POST", "/v1/x", body={})
        transport.close()
    assert time.monotonic() - started < TIMEOUT + 1
    assert (caught.value.kind, caught.value.slow) == ("unsent", True)


def test_a_connection_that_nobody_accepts_was_not_sent() -> None:
    """The queue of a listener is full, so that a further connection is not answered."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        waiting = [socket.socket() for _number in range(4)]
        try:
            for each in waiting:
                each.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    each.connect(address)
            transport = Transport(
                Connection(f"http://127.0.0.1:{address[1]}", Credentials("session_uuid"), timeout=TIMEOUT)
            )
            started = time.monotonic()
            with pytest.raises(TransportError) as caught:
                transport.exchange("POST", "/v1/x", body={})
            transport.close()
        finally:
            for each in waiting:
                each.close()
    assert time.monotonic() - started < TIMEOUT + 1
    assert (caught.value.kind, caught.value.slow) == ("unsent", True)


def test_a_connection_is_reused_after_an_exchange_that_ended_in_time() -> None:
    with RawServer(responding(200, b"{}")) as server:
        transport = Transport(Connection(server.url, Credentials("session_uuid"), timeout=TIMEOUT))
        for _request in range(3):
            assert transport.exchange("GET", "/v1/x").json == {}
            time.sleep(TIMEOUT * 0.6)
        transport.close()
        assert len(server.requests) == 3


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZIP"])
def test_a_compressed_response_is_unpacked(encoding: str) -> None:
    body = gzip.compress(b'{"total": 1}')
    with RawServer(responding(200, body, f"Content-Encoding: {encoding}\r\n")) as server:
        transport = Transport(Connection(server.url, Credentials("session_uuid"), timeout=TIMEOUT))
        assert transport.exchange("GET", "/v1/x").json == {"total": 1}
        transport.close()


def test_a_response_that_is_compressed_twice_is_refused() -> None:
    body = gzip.compress(gzip.compress(b"0" * 1_000_000))
    with RawServer(responding(200, body, "Content-Encoding: gzip, gzip\r\n")) as server:
        transport = Transport(Connection(server.url, Credentials("session_uuid"), timeout=TIMEOUT))
        with pytest.raises(TransportError, match="encoded as gzip, gzip, which was not requested"):
            transport.exchange("GET", "/v1/x")
        transport.close()


@pytest.mark.parametrize("value", [b"{}", b"[]", b"1"], ids=["objects", "lists", "numbers"])
def test_a_response_of_very_many_values_is_refused(monkeypatch: pytest.MonkeyPatch, value: bytes) -> None:
    monkeypatch.setattr(transport_module, "MOST_VALUES", 1000)
    body = b'{"inventories": [' + b",".join([value] * 1000) + b"]}"
    with RawServer(responding(200, body)) as server:
        transport = Transport(Connection(server.url, Credentials("session_uuid"), timeout=TIMEOUT))
        with pytest.raises(TransportError, match="more than 1,000 values") as caught:
            transport.exchange("GET", "/v1/x")
        transport.close()
    assert caught.value.kind == "bad"


@pytest.mark.parametrize("length", ["\u00b2", "-1", "1e3", "9" * 5000, ""])
def test_an_odd_content_length_is_no_internal_error(length: str) -> None:
    def talk(connection: socket.socket, _head: str) -> None:
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{{}}".encode("latin-1"))
        connection.shutdown(socket.SHUT_RDWR)

    with RawServer(talk) as server:
        transport = Transport(Connection(server.url, Credentials("session_uuid"), timeout=TIMEOUT))
        with contextlib.suppress(TransportError):
            transport.exchange("GET", "/v1/x")
        transport.close()
