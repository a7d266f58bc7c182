# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The addresses of a host, from a resolver that may not respond."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

#: Seconds between two looks whether to give up.
_LOOK_UP = 0.05


def resolve(host: str, port: int, given_up: Callable[[], bool]) -> list[Any]:
    """Return what ``socket.getaddrinfo`` returns for a TCP connection.

    :param given_up: returns whether to stop waiting.
    :raises OSError: there is no such host; a ``TimeoutError`` when it was given up.
    """
    try:
        return socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM, 0, socket.AI_NUMERICHOST)
    except socket.gaierror:
        pass
    found: list[Any] = []
    errors: list[OSError | UnicodeError] = []

    def ask() -> None:
        try:
            found.extend(socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            errors.append(error)

    asking = threading.Thread(target=ask, name="zstack.aios.resolver", daemon=True)
    asking.start()
    while asking.is_alive():
        asking.join(_LOOK_UP)
        if asking.is_alive() and given_up():
            raise TimeoutError(f"the address of {host} was not resolved in time")
    if errors:
        raise OSError(str(errors[0])) from errors[0]
    return found


def normalized(base_url: str, given_up: Callable[[], bool]) -> str:
    """Return a text that is the same for all spellings of one base URL: names of a host, capitals, slashes.

    Two names of one host are the same when they have the same lowest address.
    """
    url = urlsplit(base_url)
    host = (url.hostname or "").lower()
    with contextlib.suppress(OSError, ValueError):  # the first request reports the error
        host = min(str(entry[4][0]) for entry in resolve(host, url.port or 0, given_up))
    return f"{host}:{url.port}{url.path.rstrip('/')}"
