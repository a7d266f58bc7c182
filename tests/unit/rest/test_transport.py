# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An HTTP exchange gives a complete response, or a failure that says whether the request can have arrived."""

from __future__ import annotations

import contextlib
import gzip
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._common.errors import TransportError
from ansible_collections.zstack.aios.plugins.module_utils._rest import transport
from ansible_collections.zstack.aios.plugins.module_utils._rest.connection import Connection, Credentials
from ansible_collections.zstack.aios.plugins.module_utils._rest.responses import situation_of
from ansible_collections.zstack.aios.plugins.module_utils._rest.transport import Response, Transport
from ansible_collections.zstack.aios.tests.support.raw_server import RawServer, Talk, responding, sending

ACCOUNT = Credentials("account_name", "admin", "password")


def sign(_method: str, _path: str) -> dict[str, str]:
    """Return the headers of a session."""
    return {"Authorization": "OAuth 0123456789abcdef0123456789abcdef"}


@contextlib.contextmanager
def exchanging(url: str, timeout: float = 1.0) -> Iterator[Transport]:
    """Give a transport to a base URL."""
    transport = Transport(Connection(url, ACCOUNT, timeout=timeout))
    try:
        yield transport
    finally:
        transport.close()


def get(talk: Talk, timeout: float = 1.0) -> tuple[Response, RawServer]:
    """Send a request to a server that responds in its own way."""
    with RawServer(talk) as server, exchanging(server.url, timeout) as transport:
        return transport.exchange("GET", "/v1/zones", "q=name%3Da", sign=sign), server


def failed(talk: Talk, timeout: float = 1.0) -> TransportError:
    """Return how an exchange with such a server fails."""
    with pytest.raises(TransportError) as caught:
        get(talk, timeout)
    return caught.value


def test_a_complete_response() -> None:
    response, server = get(responding(200, '{"a": "für 模型"}'.encode(), "Retry-After: 3\r\n"))
    assert (response.status, response.json, response.headers["retry-after"]) == (200, {"a": "für 模型"}, "3")
    [head] = server.requests
    assert head.startswith("GET /zstack/v1/zones?q=name%3Da HTTP/1.1")
    assert "Authorization: OAuth 0123456789abcdef0123456789abcdef" in head


def test_a_body_is_sent_as_ascii_json_with_its_charset() -> None:
    with RawServer(responding(202, b"{}")) as server, exchanging(server.url) as transport:
        transport.exchange("POST", "/v1/x", body={"param": {"name": "für 模型"}})
    [head] = server.requests
    assert "Content-Type: application/json;charset=UTF-8" in head
    assert "f\\u00fcr" in head
    assert head.isascii()


def test_one_connection_serves_many_requests() -> None:
    with RawServer(responding(200, b"{}")) as server, exchanging(server.url) as transport:
        for _request in range(20):
            transport.exchange("GET", "/v1/zones")
        assert transport.requests == len(server.requests) == 20


@pytest.mark.parametrize("body, parsed", [
    (b"[]", None), (b"7", None), (b"null", None), (b'"text"', None), (b"", None), (b"<html>", None), (b"{", None),
    (b"\xff\xfe{}", None), (b'{"a": NaN}', True), (b"[" * 100_000, None), (b'{"a": 1, "a": 2}', True), (b"{} x", None),
    (b"\xef\xbb\xbf{}", True),
])  # fmt: skip
def test_only_an_object_counts_as_json(body: bytes, parsed: bool | None) -> None:
    response, _server = get(responding(200, body))
    assert isinstance(response.json, dict) is bool(parsed)


LOST: dict[str, Talk] = {
    "closed without a response": sending(b""),
    "cut in the status line": sending(b"HTTP/1.1 20"),
    "cut in the body": sending(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"inv'),
    "cut in a chunk": sending(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n50\r\n{"inv'),
    "cut between chunks": sending(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"),
    "a broken chunk": sending(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n"),
    "not HTTP": sending(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "broken gzip": sending(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nzzzz"),
    "endless headers": sending(b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 200),
    "an endless header": sending(b"HTTP/1.1 200 OK\r\nX-A: " + b"b" * 100_000),
}  # fmt: skip


@pytest.mark.parametrize("talk", LOST.values(), ids=LOST)
def test_an_incomplete_response_leaves_the_outcome_open(talk: Talk) -> None:
    error = failed(talk)
    assert error.kind == "lost"
    assert error.message.startswith("GET /v1/zones: ")
    assert "0x" not in error.message


def test_a_response_cut_in_its_headers_is_not_a_success() -> None:
    response, _server = get(sending(b"HTTP/1.1 200 OK\r\nContent-"))
    assert situation_of(response) == "garbled"


def test_a_reset_connection_leaves_the_outcome_open() -> None:
    def reset(connection: socket.socket, _head: str) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    assert failed(reset).kind == "lost"


def test_silence_ends_with_the_timeout() -> None:
    started = time.monotonic()
    error = failed(lambda connection, head: time.sleep(3), timeout=0.3)
    assert time.monotonic() - started < 2
    assert (error.kind, error.slow) == ("lost", True)
    assert "increase timeout" in error.message


@pytest.mark.parametrize("head", [b"Content-Length: 1000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n"])
def test_a_response_in_drops_ends_with_the_timeout(head: bytes) -> None:
    """Each drop comes in time, the whole would take minutes."""

    def drip(connection: socket.socket, _head: str) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + head)
        for _drop in range(100):
            connection.sendall(b"1\r\n{\r\n" if b"chunked" in head else b"{")
            time.sleep(0.1)

    started = time.monotonic()
    error = failed(drip, timeout=0.5)
    assert time.monotonic() - started < 3
    assert (error.kind, error.slow) == ("lost", True)


@pytest.mark.parametrize("head", [b"", b"Transfer-Encoding: chunked\r\n"])
def test_a_huge_response_is_bounded(monkeypatch: pytest.MonkeyPatch, head: bytes) -> None:
    monkeypatch.setattr(transport, "LARGEST_RESPONSE", 1_000_000)
    sent = []

    def flood(connection: socket.socket, _head: str) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n")
        with contextlib.suppress(OSError):
            for _block in range(1000):
                data = b" " * 65536
                connection.sendall(b"10000\r\n" + data + b"\r\n" if head else data)
                sent.append(len(data))
        connection.close()

    error = failed(flood, timeout=5)
    assert error.kind == "bad"
    assert "larger than" in error.message
    assert sum(sent) < 30_000_000


def test_a_small_response_that_unpacks_to_a_huge_one_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LARGEST_RESPONSE", 1_000_000)
    bomb = gzip.compress(b" " * 20_000_000)
    assert failed(responding(200, bomb, "Content-Encoding: gzip\r\n"), timeout=5).kind == "bad"


def test_a_port_nobody_listens_on_was_never_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with exchanging(f"http://127.0.0.1:{port}/zstack") as transport, pytest.raises(TransportError) as caught:
        transport.exchange("POST", "/v1/x", body={})
    assert caught.value.kind == "unsent"
    assert "refused" in caught.value.message
    assert "check host, port and protocol" in caught.value.message


def test_a_name_that_does_not_exist_was_never_reached() -> None:
    with exchanging("http://aios.invalid:8080/zstack") as transport, pytest.raises(TransportError) as caught:
        transport.exchange("GET", "/v1/zones")
    assert caught.value.kind == "unsent"
    assert "aios.invalid" in caught.value.message


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_response_and_is_not_followed(status: int) -> None:
    with RawServer(responding(200, b"{}")) as elsewhere:
        response, server = get(responding(status, b"", f"Location: {elsewhere.url}\r\n"))
        assert response.status == status
        assert len(server.requests) == 1
        assert elsewhere.requests == []


def test_a_netrc_cannot_replace_the_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    _response, server = get(responding(200, b"{}"))
    assert "Authorization: OAuth 0123456789abcdef0123456789abcdef" in server.requests[0]
    with exchanging(server.url) as transport, contextlib.suppress(TransportError):
        transport.exchange("GET", "/v1/unsigned")
    with RawServer(responding(200, b"{}")) as other, exchanging(other.url) as transport:
        transport.exchange("PUT", "/v1/accounts/login", body={})
    assert "authorization" not in other.requests[0].lower()


def test_a_dead_proxy_is_not_taken_for_a_dead_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")
    text = "through the proxy from the environment"
    with (
        exchanging("http://aios.invalid:8080/zstack") as transport,
        pytest.raises(TransportError, match=text) as caught,
    ):
        transport.exchange("GET", "/v1/zones")
    assert caught.value.kind == "unsent"
    assert "no_proxy" in caught.value.message


def test_a_proxy_of_the_environment_passes_the_credentials_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with RawServer(responding(200, b"{}")) as proxy:
        monkeypatch.setenv("http_proxy", f"http://someone:else@127.0.0.1:{proxy.port}")
        monkeypatch.setenv("no_proxy", "")
        with exchanging("http://aios.example.com:8080/zstack") as transport:
            transport.exchange("GET", "/v1/zones", sign=sign)
    [head] = proxy.requests
    assert head.startswith("GET http://aios.example.com:8080/zstack/v1/zones")
    assert "\r\nAuthorization: OAuth 0123456789abcdef0123456789abcdef" in head
    assert head.count("uthorization: ") == 2, "the proxy's own, and ours"


def test_a_cookie_of_the_platform_does_not_authenticate() -> None:
    with RawServer(responding(200, b"{}", "Set-Cookie: a=b\r\n")) as server, exchanging(server.url) as transport:
        transport.exchange("GET", "/v1/zones", sign=sign)
        transport.exchange("GET", "/v1/zones")
    assert "Authorization" not in server.requests[1]


def test_credentials_that_an_error_echoes_are_redacted() -> None:
    def echo(connection: socket.socket, head: str) -> None:
        responding(403, head.encode())(connection, head)

    response, _server = get(echo)
    assert "0123456789abcdef0123456789abcdef" not in response.text
    assert "OAuth ********" in response.text
