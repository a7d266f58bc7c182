# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accounts and sessions."""

from __future__ import annotations

import hashlib
import time
from typing import Any

from . import constants
from .calls import Call
from .errors import BusinessError, invalid_argument
from .messages import Parameter
from .platform import Platform
from .texts import gson_date, new_uuid

LOGIN = (
    Parameter("accountName", required=True),
    Parameter("password", required=True),
    Parameter("accountType"),
    Parameter("captchaUuid"),
    Parameter("verifyCode"),
    Parameter("clientInfo", "map"),
)
RENEW = (Parameter("duration", "long"),)
_SHORTEST, _LONGEST = 60, 31_536_000


def digest(password: str) -> str:
    """What a client sends for a password: its SHA-512 in lower-case hexadecimal digits."""
    return hashlib.sha512(password.encode()).hexdigest()


def log_in(platform: Platform, call: Call) -> dict[str, Any]:
    """LogInByAccount. Too many wrong passwords lock the account, even for the right one."""
    row = platform.store.run(
        "SELECT uuid, digest, failures FROM accounts WHERE name = ?", (call.values["accountName"],)
    ).fetchone()
    if row is None:
        raise BusinessError("ID.1000", "wrong account name or password")
    account, expected, failures = row
    if failures >= constants.LOGIN_ATTEMPTS:
        raise BusinessError("LOGIN_CONTROL.1002", "the account is locked after too many failed logins")
    if call.values["password"] != expected:
        raise WrongPassword(account)
    platform.store.run("UPDATE accounts SET failures = 0 WHERE uuid = ?", (account,))
    return {"inventory": _open(platform, account)}


class WrongPassword(BusinessError):
    """ID.1000 for a known account, whose failed logins are to be counted although the call itself is undone."""

    def __init__(self, account: str) -> None:
        super().__init__("ID.1000", "wrong account name or password")
        self.account = account


def count_failure(platform: Platform, account: str) -> None:
    """Notes one failed login of an account (uuid)."""
    platform.store.run("UPDATE accounts SET failures = failures + 1 WHERE uuid = ?", (account,))


def log_out(platform: Platform, call: Call) -> dict[str, Any]:
    """LogOut: also of a session that is not there."""
    platform.store.run("DELETE FROM sessions WHERE uuid = ?", (call.path["sessionUuid"],))
    return {}


def validate(platform: Platform, call: Call) -> dict[str, Any]:
    """ValidateSession: looks without renewing."""
    return {"valid": _account(platform, call.path["sessionUuid"]) is not None}


def renew(platform: Platform, call: Call) -> dict[str, Any]:
    """RenewSession, by `duration` seconds from now."""
    duration = call.values.get("duration", int(platform.options.session_timeout))
    if not _SHORTEST <= duration <= _LONGEST:
        raise invalid_argument(f"field[duration] must be in the range [{_SHORTEST}, {_LONGEST}], but was {duration}")
    session, now = call.path["sessionUuid"], time.time()
    account = _account(platform, session)
    if account is None:
        raise _expired()
    platform.store.run("UPDATE sessions SET expires = ? WHERE uuid = ?", (now + duration, session))
    return {"inventory": _inventory(platform, session, account, now, now + duration)}


def authenticate(platform: Platform, session: str) -> str:
    """Lets the session live as long again as a new one, even after a longer renewal; returns its account.

    :raises BusinessError: ID.1001 when it is unknown or has expired.
    """
    account = _account(platform, session)
    if account is None:
        drop(platform, session)
        raise _expired()
    expires = time.time() + platform.options.session_timeout
    platform.store.run("UPDATE sessions SET expires = ? WHERE uuid = ?", (expires, session))
    return account


def drop(platform: Platform, session: str) -> None:
    """Ends a session behind its owner's back."""
    platform.store.run("DELETE FROM sessions WHERE uuid = ?", (session,))


def open_sessions(platform: Platform) -> int:
    """How many sessions are valid now."""
    row = platform.store.run("SELECT COUNT(*) FROM sessions WHERE expires > ?", (time.time(),)).fetchone()
    return int(row[0])


def _account(platform: Platform, session: str) -> str | None:
    row = platform.store.run("SELECT account, expires FROM sessions WHERE uuid = ?", (session,)).fetchone()
    return str(row[0]) if row is not None and row[1] > time.time() else None


def _expired() -> BusinessError:
    return BusinessError("ID.1001", "Session expired")


def _open(platform: Platform, account: str) -> dict[str, Any]:
    now = time.time()
    _sweep(platform, now)
    if platform.options.unique_session:
        platform.store.run("DELETE FROM sessions WHERE account = ?", (account,))
    count = platform.store.run("SELECT COUNT(*) FROM sessions WHERE account = ?", (account,)).fetchone()[0]
    if count >= platform.options.session_limit:
        raise BusinessError("ID.1006", "Login sessions hit limit of max allowed concurrent login sessions")
    session, expires = new_uuid(), now + platform.options.session_timeout
    platform.store.run(
        "INSERT INTO sessions (uuid, account, created, expires) VALUES (?, ?, ?, ?)", (session, account, now, expires)
    )
    return _inventory(platform, session, account, now, expires)


def _inventory(platform: Platform, session: str, account: str, now: float, expires: float) -> dict[str, Any]:
    zone = platform.options.zone
    return {
        "uuid": session,
        "accountUuid": account,
        "userUuid": account,
        "expiredDate": gson_date(expires, zone),
        "createDate": gson_date(now, zone),
    }


def _sweep(platform: Platform, now: float) -> None:
    """Expired sessions count against the limit until the platform removes them, which it does once in a while."""
    last = float(platform.store.setting("sessions_swept", "0"))
    if now - last >= platform.options.session_sweep:
        platform.store.run("DELETE FROM sessions WHERE expires <= ?", (now,))
        platform.store.set_setting("sessions_swept", str(now))
