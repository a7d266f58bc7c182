# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One login for a task, one more when the session ends under way, a logout whatever happens."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.zstack.aios.tests.chaos.running import log_in
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.simulator import constants
from ansible_collections.zstack.aios.tests.support.samples import NEW, QUICK, rule

SERVICES = [{**NEW, "name": f"s{number}"} for number in range(12)]


def ended(platform: Platform) -> bool:
    """Whether no session is open."""
    return int(platform.sim.stats()["open_sessions"]) == 0


@pytest.mark.parametrize(
    "module, params",
    [
        ("model_services", {"model_services": SERVICES}),
        ("model_service", {**NEW, "name": "one"}),
        ("model_service_info", {}),
        ("model_service_info", {"count_only": True}),
    ],
)
@pytest.mark.parametrize("check", [False, True])
def test_a_run_logs_in_and_out_once(platform: Platform, module: str, params: dict[str, Any], check: bool) -> None:
    assert not platform.run(module, params, check=check).failed
    stats = platform.sim.stats()
    assert (stats["logins"], stats["logouts"], stats["open_sessions"]) == (1, 1, 0)


def test_an_invalid_declaration_does_not_log_in(platform: Platform) -> None:
    assert platform.run("model_services", {"model_services": [{"nome": "x"}]}).failed
    assert platform.sim.stats()["requests"] == 0


FAILURES: dict[str, tuple[str, dict[str, Any], list[dict[str, Any]]]] = {
    "the plan is refused": ("model_services", {"model_services": [{"name": "incomplete"}]}, []),
    "the listing fails": ("model_services", {"model_services": SERVICES}, [rule("query", {"status": {"code": 500}}, times=0)]),
    "every write fails": (
        "model_services", {"model_services": SERVICES}, [rule("add", {"job_error": {"code": "SYS.1007"}}, times=0)],
    ),
    "one write fails": ("model_service", {**NEW, "name": "x"}, [rule("add", {"job_error": {"code": "SYS.1007"}})]),
    "the query fails": ("model_service_info", {}, [rule("query", {"status": {"code": 403}}, times=0)]),
}  # fmt: skip


@pytest.mark.parametrize("module, params, rules", FAILURES.values(), ids=FAILURES)
def test_a_failed_run_logs_out(
    platform: Platform, module: str, params: dict[str, Any], rules: list[dict[str, Any]]
) -> None:
    platform.sim.faults(rules)
    assert platform.run(module, {**params, **QUICK}).failed
    stats = platform.sim.stats()
    assert (stats["logins"], stats["logouts"], stats["open_sessions"]) == (1, 1, 0)


@pytest.mark.parametrize("password", ["wrong", constants.SECOND_PASSWORD])
def test_a_wrong_password_is_tried_once(platform: Platform, password: str) -> None:
    result = platform.run("model_services", {"model_services": SERVICES, "account_password": password})
    assert result.failed
    assert result["failure"]["code"] == "ID.1000"
    assert "account_password" in result["msg"]
    assert "lock" in result["msg"]
    assert platform.sim.stats()["failed_logins"] == 1
    assert platform.sim.stats()["requests"] == 1


@pytest.mark.parametrize("code", ["ID.1005", "ID.1007", "ID.2001", "LOGIN_CONTROL.1002", "LOGIN_CONTROL.1004"])
def test_a_refused_login_is_reported_with_the_next_step(platform: Platform, code: str) -> None:
    body = json.dumps({"error": {"code": code, "details": "refused"}})
    platform.sim.faults([rule("login", {"status": {"code": 503, "body": body}}, times=0)])
    result = platform.run("model_service_info", {})
    assert result.failed
    assert result["failure"]["code"] == code
    assert "Next: " in result["msg"]
    assert len(platform.sim.log()) == 1


@pytest.mark.parametrize("effect", ["start", "end"])
def test_expiry_in_the_poll_leads_to_one_login_and_a_new_job(
    platform_with: Callable[..., Platform], effect: str
) -> None:
    """The platform accepts the write with 202 and reports in the poll that the session has ended."""
    platform = platform_with(job_effect=effect)
    platform.sim.faults([rule("add", "session_gone")])
    result = platform.run("model_service", {**NEW, "name": "one"})
    assert (result.failed, result["action"]) == (False, "created")
    adds = [entry for entry in platform.writes() if entry["kind"] == "add"]
    assert [entry["status"] for entry in adds] == [202, 202]
    assert adds[0]["job"] != adds[1]["job"]
    assert platform.logins() == 2
    assert ended(platform)


@pytest.mark.parametrize("kind", ["add", "query"])
def test_a_session_that_always_ends_is_renewed_once(platform: Platform, kind: str) -> None:
    platform.sim.faults([rule(kind, "session_gone", times=0)])
    result = platform.run("model_service", {**NEW, "name": "one"})
    assert result["failure"]["code"] == "ID.1001"
    assert platform.logins() == 2
    assert ended(platform)


def test_a_login_whose_responses_are_lost_is_tried_three_times(platform: Platform) -> None:
    """Each may leave a session behind that nobody can end. The first one succeeds, so that the platform is known."""
    platform.sim.faults([rule("query", "session_gone"), rule("login", "close_after", nth=2, times=0)])
    result = platform.run("model_service_info", {"timeout": 1, "job_timeout": 20})
    assert result.failed
    assert len([entry for entry in platform.sim.log() if entry["kind"] == "login"]) == 4


def test_many_writes_share_the_new_session(platform: Platform) -> None:
    platform.sim.faults([rule("add", "session_gone", nth=3)])
    result = platform.run("model_services", {"model_services": SERVICES, "concurrency": 8})
    assert not result.failed, result["msg"]
    assert result["summary"]["created"] == len(SERVICES)
    assert result["summary"]["logins"] == platform.logins() == 2
    assert len(platform.sim.services()) == len(SERVICES)
    assert ended(platform)


def test_a_session_that_expires_by_time_is_renewed(platform_with: Callable[..., Platform]) -> None:
    """Polling does not keep a session alive: this one ends while the first jobs are waited for."""
    platform = platform_with(session_timeout=0.3, job_seconds=0.5)
    items = [{**NEW, "name": "a"}, {**NEW, "name": "b"}]
    result = platform.run("model_services", {"model_services": items, "concurrency": 1})
    assert not result.failed, result["msg"]
    assert len(platform.sim.services()) == 2
    follow = platform.run("model_services", {"model_services": [{**item, "startup_parameters": {"a": "1"}} for item in items],
                                             "update_write_only": "always"})  # fmt: skip
    assert not follow.failed, follow["msg"]


def test_a_given_session_is_used_and_left_open(platform: Platform) -> None:
    session = log_in(platform.sim)
    params = {"session_uuid": session, "account_name": None, "account_password": None}
    result = platform.run("model_services", {"model_services": SERVICES, **params})
    assert not result.failed
    stats = platform.sim.stats()
    assert (stats["logins"], stats["logouts"], stats["open_sessions"]) == (1, 0, 1)


def test_a_given_session_that_has_ended_is_reported(platform: Platform) -> None:
    params = {"session_uuid": "0" * 32, "account_name": None, "account_password": None}
    result = platform.run("model_service_info", params)
    assert result.failed
    assert result["failure"]["code"] == "ID.1001"
    assert "account_name" in result["msg"]
    assert platform.sim.stats()["requests"] == 1


def test_a_platform_of_one_session_per_account_works(platform_with: Callable[..., Platform]) -> None:
    platform = platform_with(unique_session=True)
    for _run in range(2):
        assert not platform.run("model_services", {"model_services": SERVICES, "concurrency": 8}).failed
    assert len(platform.sim.services()) == len(SERVICES)
    assert platform.logins() == 2
    assert ended(platform)


def test_another_login_on_a_platform_of_one_session_costs_one_login_more(
    platform_with: Callable[..., Platform],
) -> None:
    """Somebody logs in to the platform's own interface while the run is under way."""
    platform = platform_with(unique_session=True)
    platform.sim.faults([rule("add", "session_gone", nth=4)])
    result = platform.run("model_services", {"model_services": SERVICES, "concurrency": 8})
    assert not result.failed, result["msg"]
    assert platform.logins() == 2


def test_repeated_runs_never_reach_the_session_limit(platform_with: Callable[..., Platform]) -> None:
    platform = platform_with(session_limit=1)
    for number in range(5):
        result = platform.run("model_services", {"model_services": SERVICES[: number + 1], "concurrency": 8})
        assert not result.failed, result["msg"]
    assert ended(platform)


def test_a_session_limit_reached_by_others_is_reported_with_the_cure(platform_with: Callable[..., Platform]) -> None:
    platform = platform_with(session_limit=1)
    log_in(platform.sim)
    result = platform.run("model_service_info", {})
    assert result.failed
    assert result["failure"]["code"] == "ID.1006"
    assert "access key" in result["msg"]
    assert platform.sim.stats()["failed_logins"] == 1


@pytest.mark.parametrize("fault", ["close_before", "close_after", "cut_answer", {"status": {"code": 502}}])
def test_a_lost_logout_is_sent_again(platform: Platform, fault: Any) -> None:
    platform.sim.faults([rule("logout", fault, times=2)])
    result = platform.run("model_service_info", {})
    assert not result.failed
    assert ended(platform)
    assert not result.get("warnings")


@pytest.mark.parametrize("code", [302, 403, 404, 500, 502])
def test_a_logout_that_is_never_confirmed_is_warned_of(platform: Platform, code: int) -> None:
    platform.sim.faults([rule("logout", {"status": {"code": code}}, times=0)])
    for module, params in (
        ("model_service_info", {}),
        ("model_services", {"model_services": [{"name": "incomplete"}]}),
    ):
        result = platform.run(module, params)
        assert "confirm the logout" in json.dumps(result["warnings"])


@pytest.mark.parametrize(
    "fault", ["close_after", "cut_answer", "empty_body", "broken_json", {"wrong_shape": {"body": []}}]
)
def test_a_lost_login_is_tried_a_few_times_only(platform: Platform, fault: Any) -> None:
    """Each of them may leave a session behind that nobody can end."""
    platform.sim.faults([rule("login", fault, times=0)])
    result = platform.run("model_service_info", {"timeout": 1, "job_timeout": 60})
    assert result.failed
    assert 1 <= len(platform.sim.log()) <= 3
    platform.sim.reset()
    platform.sim.faults([rule("login", fault)])
    assert not platform.run("model_service_info", {}).failed
