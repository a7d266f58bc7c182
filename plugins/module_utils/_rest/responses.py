# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do with every kind of response: one table (platform.retry_actions)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple, TypeAlias

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import ApiError, TransportError
from ansible_collections.zstack.aios.plugins.module_utils._common.text import MASK, printable
from ansible_collections.zstack.aios.plugins.module_utils._rest.transport import Response

Outcome: TypeAlias = "Response | TransportError"


class Phase(Enum):
    """What was being done when the response came."""

    READ = "read"  # a GET, or a call without effect on services, such as the login
    SUBMIT = "submit"  # a POST, PUT or DELETE that becomes a job
    POLL = "poll"  # the GET of a job


class RetryAction(Enum):
    """What to do next."""

    DONE = "take the response"
    POLL = "poll the job until it ends"
    RETRY = "send the same again, a write with the same job ID"
    RETRY_NEW = "nothing was executed; send it again as a new job"
    FEW = "send the same again, a few times only"
    ASK = "the request may have arrived; poll its job"
    RELOGIN = "log in again once and send it again as a new job"
    REREAD = "the outcome is unknown; read the state again"
    FAIL = "report the error"


class Rule(NamedTuple):
    """One situation and what to do then in each phase."""

    situation: str
    read: RetryAction
    submit: RetryAction
    poll: RetryAction


R = RetryAction
#: :func:`situation_of` determines the row.
TABLE: tuple[Rule, ...] = (
    Rule("unsent", R.RETRY, R.RETRY, R.RETRY),  # connection refused, name not found: it never left
    Rule("lost", R.RETRY, R.ASK, R.RETRY),  # timeout, reset, incomplete response (platform.job_lost_response)
    Rule("tls", R.FAIL, R.FAIL, R.FEW),
    Rule("bad", R.FAIL, R.ASK, R.FEW),  # too large
    Rule("ok", R.DONE, R.DONE, R.DONE),
    Rule("accepted", R.FEW, R.POLL, R.POLL),
    Rule("garbled", R.FEW, R.ASK, R.FEW),  # a success without the JSON of the platform
    Rule("throttled", R.RETRY, R.RETRY, R.RETRY),  # 429: not executed
    Rule("outage", R.RETRY, R.ASK, R.RETRY),  # 502, 503, 504 of a proxy (platform.error_proxy)
    Rule("duplicate", R.FAIL, R.POLL, R.FEW),  # it has arrived before (platform.job_duplicate)
    Rule("forgotten", R.FAIL, R.FAIL, R.REREAD),  # 404 for a job (platform.job_status)
    # Every other plain-text response (platform.error_plain_text). As the response to a poll, it does not concern the job.
    Rule("rejected", R.FAIL, R.FAIL, R.FEW),
    Rule("not_ready", R.RETRY, R.RETRY_NEW, R.RETRY_NEW),  # SYS.1010: not executed
    # SYS.1012: what the node received may have been executed, and may still be running (platform.error_node_left).
    Rule("node_gone", R.RETRY, R.REREAD, R.REREAD),
    Rule("session", R.RELOGIN, R.RELOGIN, R.RELOGIN),  # ID.1001 (platform.session_ended)
    Rule("ambiguous", R.FEW, R.REREAD, R.REREAD),  # SYS.1000, 1001, 1002, 1006, 1011, 1015, 1016, 1017
    Rule("refused", R.FAIL, R.FAIL, R.FAIL),  # every other error of the platform
)
BY_SITUATION: Mapping[str, Rule] = {rule.situation: rule for rule in TABLE}
#: Which of the platform's codes mean which situation; all others are ``refused``.
CODES: Mapping[str, str] = {
    "SYS.1010": "not_ready",
    "SYS.1012": "node_gone",
    "ID.1001": "session",
    **{f"SYS.{number}": "ambiguous" for number in (1000, 1001, 1002, 1006, 1011, 1015, 1016, 1017)},
}


def retry_action(outcome: Outcome, phase: Phase) -> RetryAction:
    """Return what to do after a response, or after none."""
    rule = BY_SITUATION[situation_of(outcome)]
    return {Phase.READ: rule.read, Phase.SUBMIT: rule.submit, Phase.POLL: rule.poll}[phase]


def situation_of(outcome: Outcome) -> str:
    """Return the word of :data:`TABLE` for an outcome."""
    if isinstance(outcome, TransportError):
        return outcome.kind
    error = error_of(outcome)
    if error:
        return CODES.get(str(error.get("code")), "refused")
    if outcome.status == 202:
        return "accepted"
    if 200 <= outcome.status < 300:
        return "garbled" if outcome.json is None and outcome.status != 204 else "ok"
    if outcome.status == 429:
        return "throttled"
    if outcome.status in (502, 503, 504):
        return "outage"
    if outcome.status == 400 and "Duplicate job uuid" in outcome.text:
        return "duplicate"
    return "forgotten" if outcome.status == 404 and "/api-jobs/" in outcome.path else "rejected"


def strained(outcome: Outcome) -> bool:
    """Return whether the outcome shows that the platform, or a proxy in front of it, is overloaded."""
    if isinstance(outcome, TransportError):
        return outcome.slow
    return outcome.status == 429 or situation_of(outcome) == "outage"


def error_of(response: Response) -> Mapping[str, object] | None:
    """Return the platform's error object, wrapped or bare (platform.errors, platform.error_bare), else ``None``."""
    if response.json is None or response.status < 400:
        return None
    error = response.json.get("error", response.json if "code" in response.json else None)
    return error if isinstance(error, Mapping) and error.get("code") else None


def as_error(outcome: Outcome, job: str = "", asked: tuple[str, str] | None = None) -> TransportError | ApiError:
    """Return the exception that describes an outcome which is not a success.

    :param asked: method and path of the request that a response about its job belongs to.
    """
    if isinstance(outcome, TransportError):
        return outcome
    error = error_of(outcome)
    if error:
        method, path = asked or (outcome.method, outcome.path)
        return ApiError(method, path, outcome.status, printable(error["code"], 80), deepest(error), job)
    text, cure = outcome.text.strip(), ""
    if outcome.status < 300:
        # A response in an unknown form may contain a session.
        shown = printable(re.sub("[0-9A-Fa-f]{8,}", MASK, text), 200)
        if outcome.missing:
            text = f"the response has no {outcome.missing}: {shown}"
            cure = "check that the version of the platform is supported, and that no proxy changes its responses"
        else:
            text = f"the response is not from the ZStack API: {shown or 'it is empty'}"
            cure = "check that host, port and context_path are those of a ZStack platform"
    elif outcome.status < 400:
        text = f"a redirect to {printable(outcome.headers.get('Location', ''), 200)}, which is not followed"
        cure = "set host and protocol to the final address"
    elif "no api mapping" in text:
        cure = "check that the platform has AIOS in a version with this call, and check context_path"
    elif "requestTimeTooSkewed" in text:
        text = f"{text} (the request was sent with the time {outcome.date})"
        cure = (
            'set server_utc_offset to the offset of the platform from UTC, such as "+08:00", because the platform '
            "compares the time with its own wall clock; check both clocks"
        )
    elif "accessKey" in text or "access key" in text:
        cure = "check access_key_id and access_key_secret"
    elif outcome.status == 404 and "<" in text:
        cure = "check host, port and context_path"
    return ApiError(outcome.method, outcome.path, outcome.status, f"http_{outcome.status}", text, job, cure)


def deepest(error: Mapping[str, object]) -> str:
    """Return the text of the innermost error, which is the useful one (platform.error_text), else the outer description."""
    texts: list[str] = []
    level: object = error
    for _depth in range(20):
        if not isinstance(level, Mapping):
            break
        text = str(level.get("details") or level.get("description") or "")
        if text and text not in texts:
            texts.append(text)
        causes = level.get("causes")
        level = level.get("cause") or (causes[0] if isinstance(causes, list) and causes else None)
    return texts[-1] if texts else str(error.get("description") or "")
