# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP on ``requests``: one pool of connections, bytes in, status and text out.

Knows nothing of the platform's conventions. It follows no redirect, so credentials never leave for another host, and
always sets an auth object, so that a ``.netrc`` cannot replace the credentials. Every failure is a :class:`TransportError`
that says whether the request can have arrived.
"""

from __future__ import annotations

import itertools
import json
import re
import ssl
import threading
import traceback
import zlib
from collections.abc import Callable, Mapping, Sequence
from http.client import BadStatusLine
from typing import Any, NamedTuple

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import TransportError
from ansible_collections.zstack.aios.plugins.module_utils._common.secrets import SecretTexts
from ansible_collections.zstack.aios.plugins.module_utils._common.text import printable
from ansible_collections.zstack.aios.plugins.module_utils._common.version import VERSION
from ansible_collections.zstack.aios.plugins.module_utils._rest.connection import Connection
from ansible_collections.zstack.aios.plugins.module_utils._rest.deadlines import Deadlines, Exchange

REQUESTS_IMPORT_ERROR: str | None = None
try:
    import requests
    from ansible_collections.zstack.aios.plugins.module_utils._rest.adapter import DeadlineAdapter
    from urllib3 import disable_warnings
    from urllib3.exceptions import ConnectTimeoutError, HTTPError, InsecureRequestWarning, NewConnectionError
except ImportError:
    REQUESTS_IMPORT_ERROR = traceback.format_exc()

#: A page of 1,000 services is one or two megabytes with less than 100,000 values; what is far beyond that is no response
#: of the platform. The values are bounded too: tiny ones take 25 times their text in memory.
LARGEST_RESPONSE, MOST_VALUES = 64 * 1024 * 1024, 1_000_000
#: Bytes of a body that are kept as text, for messages.
_KEPT = 256 * 1024
_CHUNK = 256 * 1024
#: Sets the ``Authorization`` and other headers of one request; given its method and decoded path.
Signer = Callable[[str, str], Mapping[str, str]]


class Response(NamedTuple):
    """A complete HTTP response.

    :ivar text: at most :data:`_KEPT` bytes of the body.
    :ivar json: the parsed body, ``None`` when it is not a JSON object.
    :ivar size: the bytes of the body.
    :ivar missing: what its request needs and the body does not have.
    :ivar date: the time that a signed request carried.
    """

    method: str
    path: str
    status: int
    headers: Mapping[str, str]
    text: str
    json: dict[str, Any] | None
    size: int = 0
    missing: str = ""
    date: str = ""


class Transport:
    """Carries requests to one platform, for several threads at once.

    :param workers: how many connections are kept open.
    :param interrupted: returns whether a signal arrived, which shortens all exchanges.
    """

    def __init__(
        self, connection: Connection, workers: int = 1, interrupted: Callable[[], bool] = lambda: False
    ) -> None:
        self.base_url = connection.base_url
        self.timeout = connection.timeout
        self.verify = connection.verify
        self.requests = 0
        self._responded = False
        self._lock = threading.Lock()
        self._deadlines = Deadlines(interrupted)
        if not self.verify:
            disable_warnings(InsecureRequestWarning)  # validate_certs=false was set; it would warn at every request
        self._session = requests.Session()
        self._session.mount(self.base_url, DeadlineAdapter(self._deadlines, workers))
        self._session.headers.update(
            {"Accept-Encoding": "identity", "Accept": "*/*", "User-Agent": f"zstack.aios/{VERSION}"}
        )

    def close(self) -> None:
        """Close every connection."""
        self._session.close()
        self._deadlines.close()

    def exchange(
        self,
        method: str,
        path: str,
        query: str = "",
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        sign: Signer | None = None,
        secrets: Sequence[str] = (),
    ) -> Response:
        """Send one request and read its whole response.

        :param path: below the base URL, already quoted.
        :param query: already encoded.
        :param secrets: what is redacted in a response that will be shown, besides the credentials of this request.
        :raises TransportError: no complete response came within the timeout.
        """
        with self._lock:
            self.requests += 1
        sent = dict(headers or {})
        data = None
        if body is not None:
            data = json.dumps(body).encode("ascii")  # platform.charset
            sent["Content-Type"] = "application/json;charset=UTF-8"
        url = f"{self.base_url}{path}?{query}" if query else f"{self.base_url}{path}"
        proof = _Auth(sign, method, path)
        with self._deadlines.exchange(self.timeout) as exchange:
            try:
                response = self._session.request(
                    method,
                    url,
                    data=data,
                    headers=sent,
                    auth=proof,
                    timeout=self.timeout,
                    verify=self.verify,
                    allow_redirects=False,
                    stream=True,
                )
                self._responded = True
                with response:
                    content = self._read(response, method, path)
                if exchange.expired:  # what was cut off then may look complete
                    raise self._expired(method, path, exchange)
            except (requests.RequestException, HTTPError, OSError, ValueError) as error:
                raise self._failed(method, path, error, exchange) from None
        parsed, body_text = _object(content), content[:_KEPT].decode("utf-8", "replace")
        if response.status_code >= 300 or parsed is None:  # it will be shown
            known = SecretTexts((*secrets, *proof.shown))
            body_text, parsed = known.redact(body_text), known.redact_all(parsed)
        return Response(
            method, path, response.status_code, response.headers, body_text, parsed, len(content), date=proof.date
        )

    def _read(self, response: Any, method: str, path: str) -> bytes | bytearray:
        content = bytearray()
        while part := response.raw.read(_CHUNK, decode_content=False):
            content += part
            if len(content) > LARGEST_RESPONSE:
                raise TransportError(
                    "bad", method, path, f"the response is larger than {LARGEST_RESPONSE:,} bytes", _PLATFORM
                )
        expected = response.headers.get("Content-Length", "")
        if re.fullmatch("[0-9]{1,15}", expected, re.ASCII) and len(content) < int(expected):
            raise TransportError("lost", method, path, "the connection closed in the middle of the response")
        unpacked = _unpacked(content, response.headers.get("Content-Encoding", ""))
        if unpacked is None:
            raise TransportError(
                "bad", method, path, f"the response expands to more than {LARGEST_RESPONSE:,} bytes", _PLATFORM
            )
        if _has_many_values(unpacked):
            raise TransportError("bad", method, path, f"the response has more than {MOST_VALUES:,} values", _PLATFORM)
        return unpacked

    def _failed(self, method: str, path: str, error: Exception, exchange: Exchange) -> TransportError:
        """Return what an exception means for the request."""
        if exchange.expired:
            return self._expired(method, path, exchange)
        causes = _causes(error)
        root = causes[-1]
        reason = _reason(root)
        broken_off = isinstance(root, (ssl.SSLEOFError, ssl.SSLZeroReturnError))
        if isinstance(error, requests.exceptions.SSLError) and not broken_off:
            return self._untrusted(method, path, reason)
        if isinstance(error, requests.exceptions.ProxyError):
            reason = f"no connection to {self.base_url} through the proxy from the environment: {reason}"
            return TransportError("unsent", method, path, reason, _PROXY)
        if isinstance(error, requests.exceptions.ConnectTimeout):
            reason = f"no connection to {self.base_url} within {self.timeout:g} s"
            return TransportError("unsent", method, path, reason, _ADDRESS, slow=True)
        if isinstance(error, requests.exceptions.Timeout) or "timed out" in reason:
            if not exchange.sent:  # a handshake that took too long
                return self._expired(method, path, exchange)
            reason = f"no response within {self.timeout:g} s"
            return TransportError("lost", method, path, reason, _OVERLOAD, slow=True)
        if any(isinstance(cause, (NewConnectionError, ConnectTimeoutError)) for cause in causes):
            return TransportError("unsent", method, path, f"no connection to {self.base_url}: {reason}", _ADDRESS)
        if isinstance(error, (requests.exceptions.InvalidURL, requests.exceptions.InvalidHeader)):
            return TransportError("bad", method, path, reason, _ADDRESS)
        hung_up = isinstance(root, BadStatusLine) and not self._responded
        cure = (
            f"if this port speaks TLS, {_SCHEME.format('https')}"
            if hung_up and self.base_url.startswith("http:")
            else ""
        )
        return TransportError("lost", method, path, f"the connection was lost: {reason}", cure)

    def _expired(self, method: str, path: str, exchange: Exchange) -> TransportError:
        if not exchange.sent:
            reason = f"no connection to {self.base_url} within {self.timeout:g} s"
            return TransportError("unsent", method, path, reason, _ADDRESS, slow=True)
        reason = f"no complete response within {self.timeout:g} s"
        return TransportError("lost", method, path, reason, _OVERLOAD, slow=True)

    def _untrusted(self, method: str, path: str, reason: str) -> TransportError:
        if "WRONG_VERSION_NUMBER" in reason or "record layer failure" in reason.lower():
            return TransportError("tls", method, path, f"{self.base_url} does not speak TLS", _SCHEME.format("http"))
        if "CERTIFICATE_VERIFY_FAILED" in reason:
            untrusted = f"the certificate of {self.base_url} is not trusted: {reason}"
            return TransportError("tls", method, path, untrusted, _cure_of_trust(reason))
        return TransportError(
            "tls", method, path, f"no TLS connection to {self.base_url}: {reason}", "check protocol and port"
        )


def _cure_of_trust(reason: str) -> str:
    if "mismatch" in reason:
        return "set host to a name that the certificate contains"
    if "expired" in reason or "not yet valid" in reason:
        return "renew the platform's certificate, or correct the clock of this host"
    if re.search("Missing|marked critical|key usage", reason):
        return "issue the certificate or its CA again with the missing extension, which Python 3.13 and later require"
    return "set ca_path to the CA that signed the platform's certificate; validate_certs=false would trust any server"


_PLATFORM = "check that host, port and context_path are those of a ZStack platform"
_OVERLOAD = "check whether the platform is overloaded, or increase timeout"
_PROXY = "check http_proxy and https_proxy, or add the platform's host to no_proxy"
_SCHEME = "set protocol to {0}, or begin the URL in host with {0}://"
_ADDRESS = "check host, port and protocol, and that the platform is running"


class _Auth:
    """The only source of the ``Authorization`` header; ``requests`` calls it after it built the request.

    :ivar shown: the parts of it to redact.
    :ivar date: the time that it signs.
    """

    def __init__(self, sign: Signer | None, method: str, path: str) -> None:
        self._sign = sign
        self._method = method
        self._path = path
        self.shown: list[str] = []
        self.date = ""

    def __call__(self, request: Any) -> Any:
        request.headers.pop("Authorization", None)
        if self._sign is not None:
            request.headers.update(self._sign(self._method, self._path))
            self.date = str(request.headers.get("Date", ""))
            words = request.headers.get("Authorization", "").replace(":", " ").split()
            self.shown = [word for word in words if len(word) >= 16]
        return request


def _unpacked(content: bytes | bytearray, encoding: str) -> bytes | bytearray | None:
    """Return the body of a response that a proxy compressed although it was asked not to; ``None`` when it is too large.

    :raises ValueError: it is compressed in another way, damaged or incomplete.
    """
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return content
    if name not in ("gzip", "x-gzip", "deflate"):
        raise ValueError(f"the response is encoded as {printable(encoding, 80)}, which was not requested")
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)  # the header says whether it is gzip or zlib
    try:
        unpacked = unpacker.decompress(content, LARGEST_RESPONSE + 1)
    except zlib.error:
        raise ValueError("the compressed response is damaged") from None
    if len(unpacked) > LARGEST_RESPONSE:
        return None
    if content and not unpacker.eof:
        raise ValueError("the compressed response is incomplete")
    return unpacked


#: Texts, whose characters are no values, and the characters that begin or follow a value.
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|([,{\[])', re.DOTALL)


def _has_many_values(content: bytes | bytearray) -> bool:
    """Return whether a text of JSON has more than :data:`MOST_VALUES` values."""
    if content.count(b",") + content.count(b"{") + content.count(b"[") <= MOST_VALUES:
        return False
    values = (token for token in _TOKEN.finditer(content) if token[1])
    return next(itertools.islice(values, MOST_VALUES, None), None) is not None


def _object(content: bytes | bytearray) -> dict[str, Any] | None:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _causes(error: BaseException) -> list[BaseException]:
    """Return what ``requests`` and ``urllib3`` wrapped, outermost first."""
    chain = [error]
    while True:
        last = chain[-1]
        inner = getattr(last, "reason", None)
        if not isinstance(inner, BaseException):
            inner = next((a for a in last.args if isinstance(a, BaseException)), last.__cause__)
        if inner is None or inner in chain:
            return chain
        chain.append(inner)


def _reason(root: BaseException) -> str:
    text = getattr(root, "strerror", None) or str(root) or type(root).__name__
    return printable(str(text).rpartition(">: ")[2], 300)
