# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections for ``requests`` whose sockets the deadlines know."""

from __future__ import annotations

import socket
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._rest.addresses import resolve
from ansible_collections.zstack.aios.plugins.module_utils._rest.deadlines import Deadlines

try:
    from requests.adapters import HTTPAdapter
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
except ImportError:
    HTTPAdapter = object  # type: ignore[assignment,misc] # the transport says what is missing


class DeadlineAdapter(HTTPAdapter):
    """Opens and reuses connections within the deadline of the exchange that needs them.

    :param workers: how many connections are kept open.
    """

    def __init__(self, deadlines: Deadlines, workers: int) -> None:
        self._pools = _pool_classes(deadlines)
        super().__init__(pool_connections=1, pool_maxsize=workers, max_retries=0, pool_block=False)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Use our connections."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """Use our connections to a proxy, too."""
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = self._pools
        return manager


def _pool_classes(deadlines: Deadlines) -> dict[str, Any]:
    class Watched:
        """What the two kinds of connection have in common."""

        sock: Any
        timeout: Any

        def _new_conn(self) -> socket.socket:
            return _connect(self, deadlines)

        def putrequest(self, *args: Any, **kwargs: Any) -> Any:
            if self.sock is not None and deadlines.current is not None:
                deadlines.current.attach(self.sock)  # it may be that of an exchange before
                deadlines.current.sent = True
            return super().putrequest(*args, **kwargs)  # type: ignore[misc] # of the class it is mixed into

        def connect(self) -> None:
            super().connect()  # type: ignore[misc] # of the class it is mixed into
            if deadlines.current is not None:
                deadlines.current.sent = True  # without TLS it connects when it is about to send

    class Plain(Watched, HTTPConnection):
        pass

    class Secure(Watched, HTTPSConnection):
        pass

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


def _connect(connection: Any, deadlines: Deadlines) -> socket.socket:
    """Return a connected socket. All addresses of a host share the time of the exchange.

    :raises NewConnectionError: there is no such host, or none of its addresses accepts connections.
    :raises ConnectTimeoutError: the time ran out.
    """
    exchange = deadlines.current
    seconds = connection.timeout if exchange is None else exchange.left
    try:
        addresses = resolve(connection._dns_host, connection.port, lambda: exchange is not None and exchange.expired)
    except TimeoutError as error:
        raise ConnectTimeoutError(connection, str(error)) from error
    except OSError as error:
        raise NewConnectionError(connection, f"Failed to resolve the host: {error}") from error
    failure: Exception | None = None
    for family, kind, protocol, _name, address in addresses:
        sock = socket.socket(family, kind, protocol)
        try:
            for option in connection.socket_options or ():
                sock.setsockopt(*option)
            sock.settimeout(seconds if exchange is None else exchange.left)
            if exchange is not None:
                exchange.attach(sock)
            sock.connect(address)
        except OSError as error:
            sock.close()
            failure = error
            if exchange is not None and exchange.expired:
                break
            continue
        return sock
    if isinstance(failure, TimeoutError) or (exchange is not None and exchange.expired):
        raise ConnectTimeoutError(connection, f"no connection within {seconds:g} s") from failure
    raise NewConnectionError(connection, f"Failed to establish a new connection: {failure}") from failure
