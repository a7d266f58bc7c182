# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Authentication: sessions and access keys."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import AiosError, ApiError
from ansible_collections.zstack.aios.plugins.module_utils._common.signals import SignalGuard
from ansible_collections.zstack.aios.plugins.module_utils._rest.connection import Connection

LOGIN_PATH = "/v1/accounts/login"
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
#: Calls the platform and returns the JSON of its response: method, path, body.
Call = Callable[[str, str, Mapping[str, Any]], dict[str, Any]]


class Auth:
    """The credentials in use. Several threads may sign and renew at once; one login happens at a time.

    :param signals: deferred during a login: whoever left one half-way could not end the session that it begins.
    :ivar logins: how often an account logged in.
    """

    def __init__(self, connection: Connection, signals: SignalGuard) -> None:
        self._signals = signals
        self._credentials = connection.credentials
        self._offset = connection.utc_offset
        self._way = connection.credentials.way
        self._lock = threading.Lock()
        self._session = connection.credentials.secret if self._way == "session_uuid" else ""
        self._refusal: AiosError | None = None
        self.generation = 0
        self.logins = 0

    def ensure(self, call: Call) -> int:
        """Log in when that is needed and has not been done.

        :return: the generation of the session, to be given to :meth:`renew` when it turns out to have ended.
        """
        if self._way == "account_name" and not self._session:
            self.renew(call, self.generation)
        return self.generation

    def renew(self, call: Call, generation: int) -> bool:
        """Log in again, unless another thread has since ``generation``.

        :return: whether there is a new session; without an account there cannot be one.
        :raises AiosError: the login was rejected. It is never attempted again (platform.login_attempts).
        """
        if self._way != "account_name":
            return False
        with self._lock, self._signals.deferred():
            if self._refusal is not None:
                raise self._refusal
            if self.generation == generation:
                try:
                    self._session = self._log_in(call)
                except AiosError as refusal:
                    self._refusal = refusal
                    raise
                self.generation += 1
        return True

    def _log_in(self, call: Call) -> str:
        """Return a new session (platform.login)."""
        digest = hashlib.sha512(self._credentials.secret.encode("utf-8")).hexdigest()
        body = {"logInByAccount": {"accountName": self._credentials.account, "password": digest}}
        self.logins += 1
        response = call("PUT", LOGIN_PATH, body)
        inventory = response.get("inventory")
        session = inventory.get("uuid") if isinstance(inventory, Mapping) else None
        if not isinstance(session, str) or not session:
            raise ApiError("PUT", LOGIN_PATH, 200, "http_200", "the response to the login contains no session")
        return session

    def log_out(self, delete: Callable[[str], None]) -> None:
        """End the session that a login began; one that was given stays."""
        with self._lock:
            if self._way == "account_name" and self._session:
                session, self._session = self._session, ""
                delete(f"/v1/accounts/sessions/{session}")

    def sign(self, method: str, path: str) -> Mapping[str, str]:
        """Return the headers that authenticate one request (platform.login, platform.signature)."""
        if self._way != "access_key_id":
            return {"Authorization": f"OAuth {self._session}"}
        date = wall_clock(time.time(), self._offset)
        message = f"{method}\n{date}\n{unquote(path)}".encode()
        digest = hmac.new(self._credentials.secret.encode("utf-8"), message, hashlib.sha1).digest()
        signature = base64.b64encode(digest).decode("ascii")
        return {"Authorization": f"ZStack {self._credentials.account}:{signature}", "Date": date}

    def secrets(self) -> list[str]:
        """Return the texts to redact, those that are long enough not to mask ordinary words."""
        account = self._way == "account_name"
        digest = [hashlib.sha512(self._credentials.secret.encode("utf-8")).hexdigest()] if account else []
        return [text for text in (self._session, self._credentials.secret, *digest) if len(text) >= 16]


def wall_clock(epoch: float, offset: int) -> str:
    """Return a time on the platform's wall clock in the form that every version accepts (platform.signature_date)."""
    moment = time.gmtime(epoch + offset)
    sign, minutes = "-" if offset < 0 else "+", abs(offset) // 60
    return (
        f"{_DAYS[moment.tm_wday]}, {moment.tm_mday:02} {_MONTHS[moment.tm_mon - 1]} {moment.tm_year:04} "
        f"{moment.tm_hour:02}:{moment.tm_min:02}:{moment.tm_sec:02} GMT{sign}{minutes // 60:02}:{minutes % 60:02}"
    )
