# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two ways the platform says no: a business error (503 and JSON) and a refusal of the REST front (plain text)."""

from __future__ import annotations

from typing import Any

DESCRIPTIONS = {
    "SYS.1000": "An internal error happened in system",
    "SYS.1001": "An operation timeout happened",
    "SYS.1002": "An error happened when creating a resource",
    "SYS.1003": "The resource you are looking for cannot be found",
    "SYS.1004": "An error happened when deleting a resource",
    "SYS.1006": "An operation failed",
    "SYS.1007": "One or more API argument is invalid",
    "SYS.1010": "Management node is not ready",
    "SYS.1012": "Management node is unavailable",
    "ID.1000": "Unable to login, wrong account name or password",
    "ID.1001": "Invalid session",
    "ID.1002": "Permission denied",
    "ID.1006": "The user session has exceeded the maximum concurrency",
    "LOGIN_CONTROL.1002": "Identity is locked",
}


class BusinessError(Exception):
    """An error of the platform's services: code (such as ``SYS.1003``), details, and an optional cause."""

    def __init__(self, code: str, details: str, cause: BusinessError | None = None) -> None:
        super().__init__(f"{code}: {details}")
        self.code = code
        self.details = details
        self.cause = cause

    def as_json(self) -> dict[str, Any]:
        """The ErrorCode object of a response; absent parts are omitted, as nulls are."""
        error: dict[str, Any] = {
            "code": self.code,
            "description": DESCRIPTIONS.get(self.code, "An error happened"),
            "details": self.details[:4096],
            "location": "simulator",
            "cost": "0",
        }
        if self.cause is not None:
            error["cause"] = self.cause.as_json()
        return error


class Refusal(Exception):
    """A response of the REST front in plain text: an HTTP status and a text, which may be empty."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status}: {text}")
        self.status = status
        self.text = text


def invalid_argument(details: str) -> BusinessError:
    """SYS.1007."""
    return BusinessError("SYS.1007", details)


def not_found(field: str, value: str) -> BusinessError:
    """SYS.1003 for a field that names a resource which does not exist."""
    return BusinessError("SYS.1003", f"invalid field[{field}], resource[uuid:{value}] not found")
