# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The errors of the collection, as exceptions with parts.

::

    AiosError                 the root: a message, a code to branch on, warnings
    ├── InvalidInput          the declaration or the options are invalid; carries every ValidationError
    │   └── InvalidQuery      the options of a query are invalid; a query never writes
    ├── GuardError            a guard refused the plan; nothing was written
    ├── TransportError        no complete response came
    ├── ApiError              the platform responded with an error
    ├── OutcomeUnknown        a write was sent and its outcome cannot be learned from the platform's responses
    └── Interrupted           a signal arrived, or the caller is gone

Only ``_module`` turns them into a failed task. Each message names what was requested, what the platform said, and the
next step; :meth:`AiosError.failure` carries the same parts for playbooks that branch on them."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Sequence

from ansible_collections.zstack.aios.plugins.module_utils._common.text import counted, printable

#: The next step by error code or its prefix; the first match counts (platform.login_attempts, platform.session_limit).
NEXT_STEPS: tuple[tuple[str, str], ...] = (
    (
        "ID.1000",
        "check account_name and account_password; only one login was attempted, because repeated failures lock the account",
    ),
    (
        "ID.1001",
        "use account_name instead of session_uuid, or an access key if another program ends the sessions of the account",
    ),
    ("ID.1002", "ask the platform's administrator for the permission"),
    ("ID.1003", "increase the quota of the account on the platform"),
    ("ID.1005", "change the account's password once in the platform's own interface"),
    (
        "ID.1006",
        "end some sessions of the account, wait until they expire, or use an access key, which has no session",
    ),
    ("ID.1007", "enable the account on the platform"),
    ("ID.2", "use an access key (access_key_id, access_key_secret), because the account requires a second factor"),
    ("LOGIN_CONTROL.1002", "wait, or unlock the account on the platform; failed logins have locked it"),
    ("LOGIN_CONTROL.1004", "allow the address of this host in the platform's access control"),
    (
        "LOGIN_CONTROL",
        "log in once in the platform's own interface, or use an access key",
    ),
    ("PORTAL.1000", "check that AIOS is installed, licensed and running on this platform"),
    ("SYS.1018", "ask the platform's administrator for access to this resource"),
    ("SYS.1019", "ask the platform's administrator for the permission"),
)


class AiosError(Exception):
    """The root: a message for people.

    :param code: a word to branch on: the platform's code, or one of this collection's in lower case.
    :ivar warnings: warnings that belong to the same result.
    """

    def __init__(self, message: str, code: str = "error") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.warnings: list[str] = []

    def append(self, text: str) -> None:
        """Append a sentence to the message."""
        end = self.message.rstrip()[-1:]
        self.message += f"{'' if end in '.!?:' else '.'} {text[:1].upper()}{text[1:]}{'' if text[-1] in '.!?' else '.'}"
        self.args = (self.message,)

    def rewrite(self, change: Callable[[str], str]) -> None:
        """Change the message and each of its parts, for instance to redact something in them."""
        for name, value in vars(self).items():
            if isinstance(value, str):
                setattr(self, name, change(value))
        self.args = (self.message,)

    def failure(self) -> dict[str, object]:
        """Return the parts for the result's ``failure`` key."""
        return {"code": self.code}


class ValidationError:
    """One thing that is invalid in a declaration or in options.

    :param where: the item as a person finds it: its name and index, or its file and line; empty for the whole task.
    :param option: the option's name, with its path where it is nested; empty for the item as a whole.
    :param text: what is invalid and how to fix it, without the value of a secret.
    """

    def __init__(self, where: str, option: str, text: str) -> None:
        self.where = where
        self.option = option
        self.text = text

    def __str__(self) -> str:
        return ": ".join(part for part in (self.where, self.option, self.text) if part)


class InvalidInput(AiosError):
    """The declaration or the options are invalid. Nothing was written. Carries every validation error."""

    #: So many errors are spelt out in the message, and so many are in ``failure.errors``.
    SHOWN = 20
    KEPT = 200
    END = "\nNothing was written."

    def __init__(self, errors: Sequence[ValidationError], code: str = "declaration") -> None:
        self.errors = list(errors)
        if len(self.errors) == 1:
            text = str(self.errors[0])
        else:
            rows = [f"- {error}" for error in self.errors[: self.SHOWN]]
            if len(self.errors) > self.SHOWN:
                rows.append(f"- and {len(self.errors) - self.SHOWN} more")
            text = f"{counted(len(self.errors), 'error')}:\n" + "\n".join(rows)
        super().__init__(f"{text}{self.END}", code)

    def failure(self) -> dict[str, object]:
        rows = [{"where": e.where, "option": e.option, "text": e.text} for e in self.errors[: self.KEPT]]
        return {"code": self.code, "errors": rows, "errors_total": len(self.errors)}


class InvalidQuery(InvalidInput):
    """The options of a query are invalid. A query never writes, so the message does not say that nothing was written."""

    END = ""

    def __init__(self, errors: Sequence[ValidationError]) -> None:
        super().__init__(errors, "query")


class GuardError(AiosError):
    """A guard refused the plan before anything was written; ``code`` names the guard, ``numbers`` are its facts."""

    def __init__(self, message: str, code: str, **numbers: object) -> None:
        super().__init__(message, code)
        self.numbers = numbers

    def failure(self) -> dict[str, object]:
        return {"code": self.code, **self.numbers}


class TransportError(AiosError):
    """No complete response came.

    :param kind: ``unsent``: the request never left, so it can be sent again. ``lost``: it was sent, its outcome is unknown.
        ``tls``: the peer is not trusted. ``bad``: the response is complete but cannot be the platform's.
    :param slow: whether it failed because time ran out.
    """

    def __init__(self, kind: str, method: str, path: str, reason: str, cure: str = "", slow: bool = False) -> None:
        self.kind = kind
        self.method = method
        self.path = path
        self.reason = reason
        self.slow = slow
        super().__init__(_sentence(f"{method} {path}: {reason}", cure), f"transport_{kind}")

    def failure(self) -> dict[str, object]:
        return {"code": self.code, "method": self.method, "path": self.path, "details": self.reason}


class ApiError(AiosError):
    """The platform responded with an error.

    :param status: the HTTP status.
    :param code: the platform's error code, or ``http_<status>`` for a plain-text response.
    :param details: the deepest text of the error (platform.error_text).
    :param job: the job's id when the error came from a job.
    """

    def __init__(
        self, method: str, path: str, status: int, code: str, details: str, job: str = "", cure: str = ""
    ) -> None:
        self.method = method
        self.path = path
        self.status = status
        self.details = details
        self.job = job
        parts = f"HTTP {status}, job {job}" if job else f"HTTP {status}"
        said = f"{code}: {printable(details, 600)}" if not code.startswith("http_") else printable(details, 600)
        outcome = "failed" if status >= 400 else "received an unexpected response"
        text = f"{method} {path} {outcome} ({parts}): {said or 'the response is empty'}"
        super().__init__(_sentence(text, cure or next_step(code)), code)

    def failure(self) -> dict[str, object]:
        return {
            "code": self.code,
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "details": printable(self.details, 2000),
            "job": self.job,
        }


class OutcomeUnknown(AiosError):
    """A write was sent and its outcome cannot be learned from the platform's responses: the state must be read again.

    :param reason: what happened, for people.
    :param forgotten: whether the platform has lost the job, and therefore does not finish it later.
    :param cause: the error that leaves the outcome open.
    """

    def __init__(
        self,
        method: str,
        path: str,
        job: str,
        reason: str,
        forgotten: bool = False,
        cause: TransportError | ApiError | None = None,
    ) -> None:
        self.method = method
        self.path = path
        self.job = job
        self.reason = reason
        self.forgotten = forgotten
        self.cause = cause
        super().__init__(
            f"the outcome of {method} {path} (job {job}) is unknown: {printable(reason, 600)}", "uncertain"
        )

    def failure(self) -> dict[str, object]:
        return {"code": self.code, "method": self.method, "path": self.path, "details": self.reason, "job": self.job}


class Interrupted(AiosError):
    """A signal arrived, or the caller is gone.

    :ivar under_way: whether the platform has begun, or may have begun, what was interrupted.
    """

    under_way = False


def internal_error(error: BaseException) -> AiosError:
    """Return an exception of this collection's own code as an error that names the place in the code."""
    place = traceback.extract_tb(error.__traceback__)[-1:]
    where = "".join(f" in {frame.name}, {os.path.basename(frame.filename)} line {frame.lineno}" for frame in place)
    text = printable(f"{type(error).__name__}: {error}", 300)
    return AiosError(
        f"internal error{where}: {text}. Next: report this message as an issue of the collection.", "internal"
    )


def next_step(code: str) -> str:
    """Return the next step for an error code, or an empty text."""
    return next((text for prefix, text in NEXT_STEPS if code.startswith(prefix)), "")


def _sentence(text: str, cure: str) -> str:
    return f"{text}. Next: {cure}." if cure else text
