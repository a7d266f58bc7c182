# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each response leads to the action that the page of the documentation on the platform gives."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._common.errors import ApiError, TransportError
from ansible_collections.zstack.aios.plugins.module_utils._rest.backoff import (
    LONGEST_RETRY_AFTER,
    Backoff,
    retry_after,
)
from ansible_collections.zstack.aios.plugins.module_utils._rest.responses import (
    CODES,
    TABLE,
    Outcome,
    Phase,
    RetryAction,
    as_error,
    deepest,
    retry_action,
    situation_of,
    strained,
)
from ansible_collections.zstack.aios.plugins.module_utils._rest.transport import Response

R = RetryAction
PATH, JOB = "/v1/ai/model-services", "/v1/api-jobs/0123456789abcdef0123456789abcdef"


def response(status: int, body: Any = "", path: str = PATH, headers: dict[str, str] | None = None) -> Response:
    """Return a response whose body is a text, or JSON."""
    text = body if isinstance(body, str) else json.dumps(body)
    return Response("GET", path, status, headers or {}, text, body if isinstance(body, dict) else None)


def error(code: str, **more: Any) -> dict[str, Any]:
    """Return the body of a business error."""
    return {"error": {"code": code, "details": "why", **more}}


def broken(kind: str, slow: bool = False) -> TransportError:
    """Return a failed exchange."""
    return TransportError(kind, "POST", PATH, "why", slow=slow)


#: For each situation some outcomes, each with the action when reading, submitting and polling.
EXPECTED: dict[str, list[tuple[Outcome, RetryAction, RetryAction, RetryAction]]] = {
    # Safe to retry automatically: connection refused, name not found.
    "unsent": [(broken("unsent"), R.RETRY, R.RETRY, R.RETRY)],
    # Safe only with the job-id protocol: read time-out or reset on a write. Any GET may be repeated.
    "lost": [(broken("lost"), R.RETRY, R.ASK, R.RETRY), (broken("lost", slow=True), R.RETRY, R.ASK, R.RETRY)],
    # Proxies' 502, 503 and 504: retried on GETs and polls, asked after on writes.
    "outage": [
        *((response(code, "<html>"), R.RETRY, R.ASK, R.RETRY) for code in (502, 503, 504)),
        (response(503, {"status": "down"}), R.RETRY, R.ASK, R.RETRY), (response(503), R.RETRY, R.ASK, R.RETRY),
    ],
    "throttled": [(response(429, "Rate limit exceeded"), R.RETRY, R.RETRY, R.RETRY)],
    "not_ready": [(response(503, error("SYS.1010")), R.RETRY, R.RETRY_NEW, R.RETRY_NEW)],
    # What a management node that has left was sent may have run, and may still be running.
    "node_gone": [(response(503, error("SYS.1012")), R.RETRY, R.REREAD, R.REREAD)],
    # Log in again, then resend once; with a new job id, for the old one is used up.
    "session": [(response(503, error("ID.1001")), R.RELOGIN, R.RELOGIN, R.RELOGIN)],
    # Never: all 400, 403, 404, 405, 500. To a poll they say nothing of the job, which may run.
    "rejected": [
        (response(code, "text"), R.FAIL, R.FAIL, R.FEW) for code in (301, 302, 307, 400, 401, 403, 404, 405, 500, 501)
    ],
    "refused": [
        *((response(503, error(code)), R.FAIL, R.FAIL, R.FAIL)
          for code in ("SYS.1003", "SYS.1004", "SYS.1005", "SYS.1007", "SYS.1008", "SYS.1009", "SYS.1014",
                       "SYS.1018", "SYS.1019", "ID.1000", "ID.1002", "ID.1003", "ID.1004", "ID.1005", "ID.1006",
                       "ID.1007", "ID.2000", "ID.2001", "ID.2002", "ID.2003", "LOGIN_CONTROL.1000",
                       "LOGIN_CONTROL.1002", "PORTAL.1000", "AIOS.4711")),
        (response(403, {"code": "LOGIN_CONTROL.1004", "details": "bare"}), R.FAIL, R.FAIL, R.FAIL),
    ],
    # Ambiguous: read the state before deciding.
    "ambiguous": [
        (response(503, error(code)), R.FEW, R.REREAD, R.REREAD)
        for code in ("SYS.1000", "SYS.1001", "SYS.1002", "SYS.1006", "SYS.1011", "SYS.1015", "SYS.1016", "SYS.1017")
    ],
    "forgotten": [(response(404, "the job has been expired", JOB), R.FAIL, R.FAIL, R.REREAD)],
    "duplicate": [(response(400, "Duplicate job uuid[0123]"), R.FAIL, R.POLL, R.FEW)],
    "accepted": [(response(202, {}), R.FEW, R.POLL, R.POLL), (response(202, "<html>"), R.FEW, R.POLL, R.POLL)],
    "ok": [(response(200, {"inventory": {}}), R.DONE, R.DONE, R.DONE), (response(204), R.DONE, R.DONE, R.DONE)],
    "garbled": [(response(200, text), R.FEW, R.ASK, R.FEW) for text in ("", "<html>", "[]", "7", '{"inventory')],
    "tls": [(broken("tls"), R.FAIL, R.FAIL, R.FEW)],
    "bad": [(broken("bad"), R.FAIL, R.ASK, R.FEW)],
}  # fmt: skip
ROWS = [(name, *case) for name, cases in EXPECTED.items() for case in cases]


@pytest.mark.parametrize("name, outcome, read, submit, poll", ROWS)
def test_each_outcome_has_its_action(
    name: str, outcome: Outcome, read: RetryAction, submit: RetryAction, poll: RetryAction
) -> None:
    assert situation_of(outcome) == name
    actions = [retry_action(outcome, phase) for phase in (Phase.READ, Phase.SUBMIT, Phase.POLL)]
    assert actions == [read, submit, poll]


def test_the_table_has_these_situations_and_no_other() -> None:
    assert [row.situation for row in TABLE] == list(dict.fromkeys(row.situation for row in TABLE))
    assert {row.situation for row in TABLE} == set(EXPECTED)
    assert set(CODES.values()) <= set(EXPECTED)


def test_no_write_is_ever_repeated_blindly() -> None:
    """RETRY resends a write only where it cannot have arrived; RETRY_NEW only where the platform says so."""
    assert {row.situation for row in TABLE if row.submit is R.RETRY} == {"unsent", "throttled"}
    assert {row.situation for row in TABLE if R.RETRY_NEW in (row.submit, row.poll)} == {"not_ready"}


def test_only_a_definite_response_ends_a_job() -> None:
    assert {row.situation for row in TABLE if row.poll in (R.DONE, R.FAIL)} == {"ok", "refused"}


@pytest.mark.parametrize(
    "body", [{"error": "text"}, {"error": None}, {"error": []}, {"error": {}}, {"error": {"details": "x"}}]
)
def test_a_503_whose_error_is_not_the_platforms_is_an_outage(body: dict[str, Any]) -> None:
    assert situation_of(response(503, body)) == "outage"


def test_the_status_decides_on_success_not_the_body() -> None:
    assert situation_of(response(200, error("SYS.1007"))) == "ok"


def test_strain_is_what_slower_sending_can_cure() -> None:
    assert [strained(outcome) for outcome in (
        response(429), response(502), response(503), response(504), broken("lost", slow=True), broken("lost"), response(500),
        response(503, error("SYS.1007")), response(200, {}),
    )] == [True, True, True, True, True, False, False, False, False]  # fmt: skip


@pytest.mark.parametrize("header, seconds", [
    ("3", 3.0), ("0", 0.0), ("86400", LONGEST_RETRY_AFTER), ("-5", 0.0), ("soon", 0.0), ("", 0.0), ("٣", 0.0),
    ("Wed, 21 Oct 2026 07:28:00 GMT", 0.0), ("9" * 5000, LONGEST_RETRY_AFTER),
])  # fmt: skip
def test_retry_after_is_read_and_capped(header: str, seconds: float) -> None:
    assert retry_after(response(429, headers={"Retry-After": header})) == seconds


def test_pauses_grow_and_end_with_the_window() -> None:
    backoff = Backoff(1000)
    pauses = [backoff.pause() or 0 for _try in range(8)]
    assert pauses[0] < 0.3
    assert pauses[-1] > 3
    assert max(pauses) <= 6.5
    assert Backoff(0).pause() is None
    assert (Backoff(1).pause(response(429, headers={"Retry-After": "30"})) or 0) <= 1


def test_the_deepest_cause_is_reported() -> None:
    nested = {
        "code": "SYS.1006",
        "details": "outer",
        "cause": {"details": "middle", "causes": [{"description": "inner"}]},
    }
    assert deepest(nested) == "inner"
    reported = as_error(response(503, {"error": nested}), "job-1")
    assert isinstance(reported, ApiError)
    assert (reported.code, reported.details, reported.job) == ("SYS.1006", "inner", "job-1")
    assert "inner" in reported.message
    assert "job-1" in reported.message


def test_a_circle_of_causes_ends() -> None:
    circle: dict[str, Any] = {"code": "SYS.1000", "details": "round"}
    circle["cause"] = circle
    assert deepest(circle) == "round"


@pytest.mark.parametrize(
    ("status", "text", "cure"),
    [
        (404, "no api mapping for /v1/ai", "check that the platform has AIOS"),
        (404, "<html>not here</html>", "check host, port and context_path"),
        (404, "not here", ""),
        (405, "<html>not so</html>", ""),
        (400, "invalid access key", "check access_key_id and access_key_secret"),
        (400, "requestTimeTooSkewed", "set server_utc_offset"),
        (302, "", "set host and protocol to the final address"),
        (200, "<html>", "check that host, port and context_path are those of a ZStack platform"),
    ],
)
def test_a_plain_refusal_has_the_next_step_that_cures_it(status: int, text: str, cure: str) -> None:
    message = as_error(response(status, text)).message
    assert ("Next: " in message) == bool(cure)
    assert cure in message
