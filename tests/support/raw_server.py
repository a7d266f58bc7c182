# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server of raw bytes, for responses that no well-behaved HTTP server gives."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable

#: Given a connection and the head of a request; responds as it likes.
Talk = Callable[[socket.socket, str], None]


class RawServer:
    """Listens on loopback and hands every request to a function.

    :ivar requests: the head of each request, and its body as far as it came with it.
    """

    def __init__(self, talk: Talk, context: ssl.SSLContext | None = None) -> None:
        self._talk = talk
        self._context = context
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._ended = threading.Event()
        self.requests: list[str] = []
        self.port = int(self._socket.getsockname()[1])
        self._thread = threading.Thread(target=self._listen, daemon=True)

    @property
    def url(self) -> str:
        """The base URL."""
        return f"{'https' if self._context else 'http'}://127.0.0.1:{self.port}/zstack"

    def __enter__(self) -> RawServer:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._ended.set()
        # The listener wakes up from a connection, not from the closing of its socket.
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            pass
        self._thread.join()
        self._socket.close()

    def _listen(self) -> None:
        while not self._ended.is_set():
            connection, _address = self._socket.accept()
            if self._ended.is_set():
                connection.close()
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            if self._context:
                connection = self._context.wrap_socket(connection, server_side=True)
            while True:
                head = self._read(connection)
                if not head:
                    return
                self.requests.append(head)
                self._talk(connection, head)

    @staticmethod
    def _read(connection: socket.socket) -> str:
        data = b""
        while b"\r\n\r\n" not in data:
            part = connection.recv(65536)
            if not part:
                return ""
            data += part
        head, _blank, body = data.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        while len(body) < length:
            body += connection.recv(65536)
        return (head + b"\r\n\r\n" + body).decode("utf-8", "replace")


def responding(status: int, body: bytes = b"", headers: str = "") -> Talk:
    """Return a function that always gives the same complete response. ``headers`` are lines that end with CRLF."""

    def talk(connection: socket.socket, _head: str) -> None:
        head = f"HTTP/1.1 {status} Whatever\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
        connection.sendall(head.encode() + body)

    return talk


def sending(data: bytes) -> Talk:
    """Return a function that sends these bytes and hangs up."""

    def talk(connection: socket.socket, _head: str) -> None:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_RDWR)

    return talk
