# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The platform's address and credentials: options and environment in, one checked value out."""

from __future__ import annotations

import ipaddress
import os
import re
import ssl
import time
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import InvalidInput, ValidationError
from ansible_collections.zstack.aios.plugins.module_utils._common.text import quoted, read_boolean

#: Options that are secret. The module takes them out of its parameters before anything can log them.
SECRET_OPTIONS = ("session_uuid", "account_password", "access_key_secret")
#: Those of the credentials that travel as they are, in a header.
_IN_HEADERS = ("session_uuid", "access_key_id")
#: The three ways to authenticate, each with the options it needs.
WAYS: tuple[tuple[str, ...], ...] = (
    ("session_uuid",),
    ("account_name", "account_password"),
    ("access_key_id", "access_key_secret"),
)
ARGUMENT_SPEC: Mapping[str, Mapping[str, Any]] = {
    "host": {"type": "str"},
    "port": {"type": "int"},
    "protocol": {"type": "str", "choices": ["http", "https"]},
    "context_path": {"type": "str"},
    "session_uuid": {"type": "str", "no_log": True},
    "account_name": {"type": "str"},
    "account_password": {"type": "str", "no_log": True},
    "access_key_id": {"type": "str"},
    "access_key_secret": {"type": "str", "no_log": True},
    "server_utc_offset": {"type": "str"},
    "validate_certs": {"type": "bool"},
    "ca_path": {"type": "path"},
    "timeout": {"type": "int"},
    "job_timeout": {"type": "int"},
}
#: Used when neither the option nor its environment variable is set.
DEFAULTS: Mapping[str, Any] = {
    "port": 8080,
    "protocol": "http",
    "context_path": "/zstack",
    "validate_certs": True,
    "timeout": 30,
    "job_timeout": 600,
}
NO_ENVIRONMENT = frozenset(("context_path",))


def variable(option: str) -> str:
    """Return the environment variable of an option, the same as in the vendor's Terraform provider."""
    return f"ZSTACK_{option.upper()}"


class Credentials(NamedTuple):
    """One of the three ways to authenticate, secrets left out of its ``repr``."""

    way: str
    account: str = ""
    secret: str = ""

    def __repr__(self) -> str:
        return f"Credentials({self.way!r}, {self.account!r})"


class Connection(NamedTuple):
    """A platform's address and how to talk to it.

    :ivar base_url: with context path and without ``/v1``.
    :ivar verify: what ``requests`` takes: a flag or a CA file.
    :ivar timeout: seconds for one HTTP exchange.
    :ivar job_timeout: seconds to wait for a job or an outage.
    :ivar utc_offset: seconds that the platform's clock is ahead of UTC, for signatures (platform.signature_time).
    """

    base_url: str
    credentials: Credentials
    verify: bool | str = True
    timeout: float = 30
    job_timeout: float = 600
    utc_offset: int = 0


def read_connection(params: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> Connection:
    """Return the connection that options and environment describe; options win, empty ones count as unset.

    :raises InvalidInput: with every error in them.
    """
    reader = _Reader(params, os.environ if environment is None else environment)
    base_url = reader.base_url()
    credentials = reader.credentials()
    timeout = reader.seconds("timeout")
    job_timeout = reader.seconds("job_timeout")
    utc_offset = reader.utc_offset()
    verify = reader.verify()
    if reader.errors:
        raise InvalidInput(reader.errors, "connection")
    return Connection(base_url, credentials, verify, timeout, job_timeout, utc_offset)


class _Reader:
    """Reads one option after the other and collects what is invalid."""

    def __init__(self, params: Mapping[str, Any], environment: Mapping[str, str]) -> None:
        self.params = params
        self.environment = environment
        self.errors: list[ValidationError] = []

    def refuse(self, option: str, text: str) -> None:
        source = f" (from {variable(option)})" if self.from_environment(option) else ""
        self.errors.append(ValidationError("", option, f"{text}{source}"))

    def from_environment(self, name: str) -> bool:
        named = name in ARGUMENT_SPEC and name not in NO_ENVIRONMENT
        return named and self.option(name) is None and bool(self.environment.get(variable(name)))

    def option(self, name: str) -> Any:
        value = self.params.get(name)
        return None if value == "" else value

    def get(self, name: str) -> Any:
        value = self.option(name)
        if value is None and name not in NO_ENVIRONMENT:
            value = self.environment.get(variable(name)) or None
        return DEFAULTS.get(name) if value is None else value

    def base_url(self) -> str:
        host = self.get("host")
        if host is None:
            self.refuse("host", f"it is missing; set the option host, or the environment variable {variable('host')}")
            return ""
        host = str(host).strip()
        protocol, port, path = str(self.get("protocol")), self.number("port", 65535), str(self.get("context_path"))
        if protocol not in ("http", "https"):
            self.refuse("protocol", f"{quoted(protocol)} is neither http nor https")
            protocol = "http"  # so that the rest can be looked at
        if "://" not in host:
            host = f"{protocol}://{_bracketed(host)}"
        try:
            url = urlsplit(host)
            name, url_port = url.hostname, url.port
        except ValueError:
            name = url_port = None
        else:
            if url.username or url.password or "@" in url.netloc:
                self.refuse("host", "it contains a user or password; use account_name and account_password instead")
                return ""
        if not name or url.scheme not in ("http", "https") or url.query or url.fragment or not _clean(name):
            shown = quoted(self.get("host"))
            self.refuse(
                "host",
                f"{shown} is neither a host name, an address nor a URL such as https://aios.example.com:8443/zstack",
            )
            return ""
        path = url.path.rstrip("/") or "/" + path.strip("/")
        if not re.fullmatch(r"[\w./~-]*", path, re.ASCII):
            self.refuse("context_path", f"{quoted(path)} is not a path such as /zstack")
        return f"{url.scheme}://{_bracketed(name)}:{url_port or port}{path.rstrip('/')}"

    def credentials(self) -> Credentials:
        ways = [way for way in WAYS if any(self.option(name) is not None for name in way)]
        if not ways:
            ways = [way for way in WAYS if any(self.get(name) is not None for name in way)]
        if len(ways) != 1:
            self._no_single_way(ways)
            return Credentials("")
        values = []
        for name in ways[0]:
            value = self.get(name)
            if value is None:
                self.refuse(name, f"it is missing; set the option {name}, or the environment variable {variable(name)}")
            elif not isinstance(value, str):
                self.refuse(name, "it is not a string; quote it")
            values.append("" if value is None else str(value))
        for name, value in zip(ways[0], values, strict=True):
            if not _sendable(value):
                self.refuse(name, "it contains a line break or invalid Unicode")
            elif value and name in _IN_HEADERS and not re.fullmatch("[!-9;-~]+", value):
                self.refuse(
                    name,
                    "it contains a blank, a colon or a non-ASCII character, which the platform never uses here",
                )
        return Credentials(ways[0][0], values[0] if len(values) == 2 else "", values[-1])

    def _no_single_way(self, ways: list[tuple[str, ...]]) -> None:
        all_ways = "; ".join(" and ".join(way) for way in WAYS)
        if not ways:
            variables = ", ".join(variable(way[0]) for way in WAYS)
            self.refuse(
                "",
                f"no credentials given; set one of: {all_ways} (or their environment variables, such as {variables})",
            )
        else:
            names = [name for way in ways for name in way if self.get(name) is not None]
            given = ", ".join(variable(name) if self.from_environment(name) else name for name in names)
            self.refuse("", f"{given} are set together; set exactly one of: {all_ways}")

    def number(self, name: str, limit: int) -> int:
        value = self.get(name)
        if not re.fullmatch(r"[0-9]{1,9}", str(value), re.ASCII) or not 0 < int(value) <= limit:
            self.refuse(name, f"{quoted(value)} is not a whole number from 1 to {limit}")
            return 1
        return int(value)

    def seconds(self, name: str) -> int:
        return self.number(name, 86400)

    def utc_offset(self) -> int:
        value = self.get("server_utc_offset")
        if value is None:
            return time.localtime().tm_gmtoff
        found = re.fullmatch(r"([+-])([01]?[0-9]):?([0-5][0-9])?", str(value).strip(), re.ASCII)
        if str(value).strip().upper() in ("Z", "UTC", "GMT"):
            return 0
        if not found:
            self.refuse("server_utc_offset", f'{quoted(value)} is not an offset such as "+08:00" (in quotes)')
            return 0
        seconds = int(found[2]) * 3600 + int(found[3] or 0) * 60
        return -seconds if found[1] == "-" else seconds

    def verify(self) -> bool | str:
        value = read_boolean(self.get("validate_certs"))
        if value is None:
            self.refuse("validate_certs", f"{quoted(self.get('validate_certs'))} is neither true nor false")
        checked = value is True
        ca_path = self.get("ca_path")
        if ca_path is not None and os.path.isdir(ca_path):
            return checked and str(ca_path)
        try:
            if ca_path is not None and os.path.getsize(ca_path):
                ssl.create_default_context(cafile=ca_path)
                return checked and str(ca_path)
        except ssl.SSLError:
            self.refuse("ca_path", f"{quoted(ca_path)} contains no certificate in PEM format")
        except (OSError, ValueError) as error:
            self.refuse("ca_path", f"{quoted(ca_path)} cannot be read: {getattr(error, 'strerror', None) or error}")
        return checked


def _bracketed(host: str) -> str:
    try:
        return f"[{host}]" if ipaddress.ip_address(host).version == 6 else host
    except ValueError:
        return host


def _sendable(value: str) -> bool:
    return "\n" not in value and "\r" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)


def _clean(name: str) -> bool:
    return bool(re.fullmatch(r"[\w.:%-]+", name))
