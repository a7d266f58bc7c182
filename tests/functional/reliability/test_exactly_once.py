# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every write is done once and reported accurately, whichever of its responses is lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._converge.execute import MAY_BE_TAKEN, UUIDS_TRIED
from ansible_collections.zstack.aios.plugins.module_utils._model.identity import derived_uuids
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.simulator import constants
from ansible_collections.zstack.aios.tests.simulator.launcher import Simulator
from ansible_collections.zstack.aios.tests.support import samples
from ansible_collections.zstack.aios.tests.support.harness import Result
from ansible_collections.zstack.aios.tests.support.samples import QUICK, rule

NEW = {**samples.NEW, "name": "chat"}
KEY = {**samples.KEY, "server_utc_offset": "+00:00"}
HTML = "<html><body>502 Bad Gateway</body></html>"


def jobs_of(platform: Platform, kind: str) -> list[str]:
    """Return the job ids of the writes of one kind, in order."""
    return [entry["job"] for entry in platform.writes() if entry["kind"] == kind]


def create(platform: Platform, *rules: dict[str, Any], **params: Any) -> Result:
    """Create one service while faults happen."""
    platform.sim.faults(list(rules))
    return platform.run("model_service", {**NEW, **QUICK, **params})


LOST_RESPONSES = {
    "closed after": "close_after",
    "cut": "cut_answer",
    "a proxy's 502": {"status_after": {"code": 502, "body": HTML}},
    "a proxy's 503": {"status_after": {"code": 503, "body": HTML}},
    "a proxy's 504": {"status_after": {"code": 504, "body": HTML}},
    "a page of a portal": {"status_after": {"code": 200, "body": "<html>log in</html>"}},
}


@pytest.mark.parametrize("fault", LOST_RESPONSES.values(), ids=LOST_RESPONSES)
def test_a_write_whose_response_is_lost_is_not_sent_again(platform: Platform, fault: Any) -> None:
    result = create(platform, rule("add", fault))
    assert (result.failed, result["action"], result["changed"]) == (False, "created", True)
    assert len(jobs_of(platform, "add")) == 1
    assert platform.service("chat")["uuid"] == result["model_service"]["uuid"]


@pytest.mark.parametrize("fault", ["close_before", {"status": {"code": 502, "body": HTML}}], ids=["closed", "502"])
def test_a_write_that_never_arrived_is_sent_again_with_the_same_job_id(platform: Platform, fault: Any) -> None:
    result = create(platform, rule("add", fault, times=2))
    assert result["action"] == "created"
    jobs = jobs_of(platform, "add")
    assert len(jobs) == 3
    assert len(set(jobs)) == 1
    platform.service("chat")


def test_job_ids_are_random_and_of_32_characters(platform: Platform) -> None:
    platform.run("model_services", {"model_services": [{**NEW, "name": f"s{n}"} for n in range(20)]})
    jobs = jobs_of(platform, "add")
    assert len(set(jobs)) == 20
    assert all(len(job) == 32 and set(job) <= set("0123456789abcdef") for job in jobs)


def test_a_request_that_arrives_after_it_was_given_up_is_not_done_twice(platform: Platform) -> None:
    """The first one is still on its way when the second, of the same job id, is taken."""
    result = create(platform, rule("add", {"delay": {"seconds": 1.3}}), job_timeout=5)
    assert result["action"] == "created"
    time.sleep(0.5)
    assert len(set(jobs_of(platform, "add"))) == 1
    assert len([effect for effect in platform.sim.effects() if effect["kind"] == "add"]) == 1
    platform.service("chat")


def test_a_request_that_may_still_arrive_is_reported_as_unknown(platform_with: Callable[..., Platform]) -> None:
    """Nothing was seen of it by the end of the run; signed with a key, it is done even after that."""
    platform = platform_with(server_utc_offset="+00:00")
    unavailable = {"status": {"code": 503, "body": HTML}}
    faults = rule("add", {"delay": {"seconds": 4}}), rule("add", unavailable, times=0)
    result = create(platform, *faults, **KEY)
    assert (result["action"], result["changed"]) == ("unknown", True)
    end = time.monotonic() + 10
    while not platform.sim.services():
        assert time.monotonic() < end, "it did arrive in the end"
        time.sleep(0.1)
    assert platform.run("model_service", NEW)["action"] == "unchanged"


def test_a_job_that_is_forgotten_while_it_runs_is_not_repeated(platform_with: Callable[..., Platform]) -> None:
    platform = platform_with(job_seconds=0.3)
    result = create(platform, rule("poll", {"status": {"code": 404, "body": "expired"}}))
    assert (result.failed, result["action"]) == (False, "created")
    assert len(jobs_of(platform, "add")) == 1


def test_a_long_job_is_polled_less_and_less_often(platform_with: Callable[..., Platform]) -> None:
    platform = platform_with(job_seconds=2.0)
    assert create(platform, job_timeout=10)["action"] == "created"
    polls = [entry for entry in platform.sim.log() if entry["kind"] == "poll"]
    assert 5 <= len(polls) <= 10


def test_a_service_that_is_gone_already_counts_as_deleted(platform: Platform) -> None:
    platform.sim.seed([{"name": "chat"}])
    platform.sim.faults([rule("delete", {"job_error_after": {"code": "SYS.1003", "details": "no such service"}})])
    result = platform.run("model_service", {"name": "chat", "state": "absent"})
    assert (result.failed, result["action"]) == (False, "deleted")


def test_a_deletion_is_verified(platform: Platform) -> None:
    platform.sim.seed([{"name": "chat"}])
    platform.sim.faults([rule("delete", {"status": {"code": 200, "body": "{}", "content_type": "application/json"}})])
    result = platform.run("model_service", {"name": "chat", "state": "absent"})
    assert (result.failed, result["action"], result["failure"]["code"]) == (True, "unknown", "unverified")
    platform.service("chat")


def test_a_deletion_that_cannot_be_verified_is_reported_as_deleted_with_an_error(platform: Platform) -> None:
    platform.sim.seed([{"name": "chat"}])
    platform.sim.faults([rule("query", {"status": {"code": 500, "body": "out of memory"}}, nth=2, times=0)])
    result = platform.run("model_service", {"name": "chat", "state": "absent"})
    assert (result.failed, result["action"], result["failure"]["code"]) == (True, "deleted", "unverified")
    assert "out of memory" in result["msg"]
    assert platform.sim.services() == []


def test_a_duplicate_job_id_means_that_it_arrived(platform: Platform) -> None:
    """The request arrives, the poll after it gets a 404 by accident, and the resend is a duplicate."""
    result = create(platform, rule("add", "close_after"), rule("poll", {"status": {"code": 404, "body": "expired"}}))
    assert result["action"] == "created"
    entries = [entry for entry in platform.writes() if entry["kind"] == "add"]
    assert [entry["status"] for entry in entries] == [None, 400]
    assert len({entry["job"] for entry in entries}) == 1
    platform.service("chat")


FORGOTTEN = {
    "done and forgotten": ("job_lost", 1),
    "accepted and forgotten": ("job_never", 2),
    "expired once it had run": ({"job_expired": {"executed": True}}, 1),
    "expired without having run": ({"job_expired": {"executed": False}}, 2),
}


@pytest.mark.parametrize("fault, sent", FORGOTTEN.values(), ids=FORGOTTEN)
def test_the_state_decides_when_the_platform_forgot_the_job(platform: Platform, fault: Any, sent: int) -> None:
    result = create(platform, rule("add", fault))
    assert (result.failed, result["action"]) == (False, "created")
    entries = [entry for entry in platform.writes() if entry["kind"] == "add"]
    assert len(entries) == sent
    # A second attempt carries the uuid of the first, so that the platform cannot take both.
    assert len({entry["body"]["param"]["resourceUuid"] for entry in entries}) == 1
    platform.service("chat")


@pytest.mark.parametrize("name, done", [("job_stuck_after", True), ("job_stuck", False)])
def test_after_a_job_without_end_the_state_decides(platform: Platform, name: str, done: bool) -> None:
    started = time.monotonic()
    result = create(platform, rule("add", name), job_timeout=1)
    assert time.monotonic() - started < 4
    if done:
        assert (result.failed, result["action"]) == (False, "created")
        return
    assert (result.failed, result["action"], result["changed"]) == (True, "unknown", True)
    [job] = jobs_of(platform, "add")
    assert job in result["msg"]
    assert "job_timeout" in result["msg"]
    assert result["failure"]["job"] == job
    assert platform.sim.services() == []


@pytest.mark.parametrize("code", ["SYS.1000", "SYS.1001", "SYS.1002", "SYS.1006", "SYS.1011", "SYS.1012"])
@pytest.mark.parametrize("name, done", [("job_error_after", True), ("job_error", False)])
def test_after_an_ambiguous_error_the_state_decides(platform: Platform, code: str, name: str, done: bool) -> None:
    result = create(platform, rule("add", {name: {"code": code}}, times=0))
    assert result.failed is not done
    ended = code in ("SYS.1000", "SYS.1002", "SYS.1006")  # after the others the platform may still do it
    assert result["action"] == ("created" if done else "failed" if ended else "unknown")
    # Its uuid may have been taken, so that others are tried.
    assert len(jobs_of(platform, "add")) == (UUIDS_TRIED if ended and not done else 1)
    assert code in result.get("msg", "") or done


@pytest.mark.parametrize("executes", [True, False])
def test_a_management_node_that_leaves_does_not_make_a_service_twice(
    platform_with: Callable[..., Platform], executes: bool
) -> None:
    """Its jobs end with SYS.1012, whether they are executed or not (platform.error_node_left)."""
    platform = platform_with(job_seconds=0.3)
    result = create(platform, rule("poll", {"node_leaves": {"executes": executes}}))
    assert result["action"] == ("created" if executes else "unknown")
    assert len(jobs_of(platform, "add")) == 1
    again = platform.run("model_service", NEW)
    assert again["action"] == ("unchanged" if executes else "created")
    platform.service("chat")


def test_a_management_node_that_leaves_during_a_deletion_leaves_its_outcome_open(
    platform_with: Callable[..., Platform],
) -> None:
    platform = platform_with(job_seconds=0.3)
    platform.sim.seed([{"name": "chat"}])
    platform.sim.faults([rule("poll", {"node_leaves": {"executes": False}})])
    result = platform.run("model_service", {"name": "chat", "state": "absent"})
    assert (result.failed, result["action"], result["failure"]["code"]) == (True, "unknown", "uncertain")
    assert "SYS.1012" in result["msg"]
    platform.service("chat")


@pytest.mark.parametrize("seconds", [0.01, 0.3, 2.5])
def test_a_job_that_the_platform_cannot_store_makes_one_service(
    platform_with: Callable[..., Platform], seconds: float
) -> None:
    """A character beyond U+FFFF costs a strict database the row of the job, and every poll is a 404 (platform.job_row_lost)."""
    platform = platform_with(features="strict-sql", job_seconds=seconds)
    declared = {**NEW, "name": "chat \U0001f680"}
    first = platform.run("model_service", declared)
    assert first["action"] == "created", first["msg"]
    end = time.monotonic() + 10
    while not platform.sim.services():
        assert time.monotonic() < end, "it is created in the end"
        time.sleep(0.1)
    time.sleep(seconds if seconds > 1 else 0)  # a second attempt, if there was one, has ended
    assert platform.run("model_service", declared)["action"] == "unchanged"
    platform.service(declared["name"])


@pytest.mark.parametrize("code", MAY_BE_TAKEN)
def test_a_creation_whose_uuid_may_be_taken_is_tried_with_another(platform: Platform, code: str) -> None:
    result = create(platform, rule("add", {"job_error": {"code": code}}))
    assert (result.failed, result["action"]) == (False, "created")
    entries = [entry for entry in platform.writes() if entry["kind"] == "add"]
    assert len({entry["job"] for entry in entries}) == 2
    assert len({entry["body"]["param"]["resourceUuid"] for entry in entries}) == 2
    assert platform.service("chat")["uuid"] == entries[1]["body"]["param"]["resourceUuid"]


@pytest.mark.parametrize("kind", ["created", "updated"])
def test_a_success_that_cannot_be_verified_is_reported_as_unknown(platform: Platform, kind: str) -> None:
    """The response to the job is a success that shows no service, and after it no service can be read."""
    if kind == "updated":
        platform.sim.seed([{"name": "chat", "description": "old"}])
    blind = rule("query", {"status": {"code": 500, "body": "out of memory"}}, nth=2, times=0)
    params = {"name": "chat", "description": "new", **({} if kind == "updated" else NEW), **QUICK}
    platform.sim.faults([rule("poll", {"wrong_shape": {"body": {}}}), blind])
    result = platform.run("model_service", params)
    assert (result.failed, result["action"], result["changed"]) == (True, "unknown", True)
    assert result["failure"]["code"] == "unverified"
    assert "out of memory" in result["msg"]
    assert platform.service("chat")["description"] == "new"


@pytest.mark.parametrize("taken", [1, 3])
def test_a_derived_uuid_that_another_service_has_is_not_tried(platform: Platform, taken: int) -> None:
    """Known from the listing before any write."""
    uuids = derived_uuids("chat")
    theirs = [{"name": f"theirs-{number}", "uuid": next(uuids), "description": "theirs"} for number in range(taken)]
    platform.sim.seed(theirs)
    result = platform.run("model_services", {"model_services": [NEW]})
    assert not result.failed, result["msg"]
    assert len(jobs_of(platform, "add")) == 1
    assert platform.service("chat")["uuid"] == next(uuids)
    assert [row["description"] for row in platform.sim.services() if row["name"] != "chat"] == ["theirs"] * taken
    assert not platform.run("model_services", {"model_services": [NEW]})["changed"]


def test_no_more_than_three_uuids_are_tried(platform: Platform) -> None:
    """Each may be that of a deleted service that the platform remembers, or of another account's."""
    result = create(platform, rule("add", {"job_error": {"code": "SYS.1006", "details": "remembered"}}, times=0))
    assert result.failed
    assert "remembered" in result["msg"]
    entries = [entry["body"]["param"]["resourceUuid"] for entry in platform.writes() if entry["kind"] == "add"]
    uuids = derived_uuids("chat")
    assert entries == [next(uuids) for _uuid in range(3)]
    assert platform.sim.services() == []


def made_meanwhile(platform: Platform, **values: Any) -> None:
    """Have another run create the service "chat" between the plan and the creation."""
    uuid = next(derived_uuids("chat"))
    platform.sim.seed([{"name": "chat", "uuid": uuid, "modelCenterUuid": constants.MODEL_CENTER_UUID, **values}])
    nothing: dict[str, Any] = {"inventories": [], "total": 0}
    platform.sim.faults([rule("query", {"wrong_shape": {"body": nothing}}, path_regex="/model-services$")])


def test_a_service_that_another_run_made_meanwhile_is_adopted_and_completed(platform: Platform) -> None:
    made_meanwhile(platform, description="theirs", yaml=NEW["yaml"], installPath=NEW["install_path"])
    result = platform.run("model_services", {"model_services": [{**NEW, "name": "chat", "description": "ours"}]})
    assert not result.failed, result["msg"]
    assert len(jobs_of(platform, "add")) == 1
    assert platform.service("chat")["description"] == "ours"
    assert result["results"][0]["uuid"] == platform.service("chat")["uuid"] == next(derived_uuids("chat"))


def test_an_adopted_service_that_cannot_be_completed_names_the_fields_and_the_next_step(platform: Platform) -> None:
    made_meanwhile(platform, condaVersion="23.1", yaml=NEW["yaml"], installPath=NEW["install_path"])
    declared = {**NEW, "name": "chat", "conda_version": "23.7", "description": "ours"}
    result = platform.run("model_services", {"model_services": [declared]})
    assert result.failed
    assert "results" in result, result["msg"]
    [row] = result["results"]
    assert row["error_code"] == "created_differently"
    assert "with other values of conda_version, which cannot be changed" in row["error"]
    assert "Next: declare the values that it has, or delete the service and run again." in row["error"]
    assert len(platform.sim.services()) == 1
    assert platform.service("chat")["description"] == "ours"


def test_a_service_of_the_chosen_uuid_and_another_name_is_not_adopted(platform: Platform) -> None:
    """Something else creates a service of that uuid between the plan and the creation."""
    uuid = "1" * 12 + "4" + "1" * 3 + "8" + "1" * 15
    nothing: dict[str, Any] = {"inventories": [], "total": 0}
    platform.sim.seed([{"name": "theirs", "uuid": uuid, "description": "as it was"}])
    platform.sim.faults([rule("query", {"wrong_shape": {"body": nothing}}, times=2)])
    result = platform.run("model_service", {**NEW, "name": "chat", "resource_uuid": uuid, "description": "new"})
    assert (result.failed, result["action"], result["failure"]["code"]) == (True, "failed", "SYS.1002")
    [row] = platform.sim.services()
    assert (row["name"], row["description"]) == ("theirs", "as it was")


def test_a_second_attempt_that_is_refused_leaves_the_first_unknown(platform: Platform) -> None:
    """The platform forgot the first, refuses the uuid as taken the second time, and can then not be read."""
    refused = {"job_error_after": {"code": "AIOS.9999", "details": "taken"}}
    blind = rule("query", {"status": {"code": 500, "body": "out of memory"}}, nth=5, times=0)
    result = create(platform, rule("add", "job_never"), rule("add", refused), blind)
    assert (result.failed, result["action"], result["changed"]) == (True, "unknown", True)
    assert "taken" in result["msg"]
    assert "out of memory" in result["msg"]
    platform.service("chat")


@pytest.mark.parametrize("code", ["SYS.1003", "SYS.1007", "SYS.1019", "ID.1002", "ID.1003", "AIOS.9999"])
def test_a_refused_write_is_reported_and_never_repeated(platform: Platform, code: str) -> None:
    """503 with an error of the platform in its body is no outage."""
    result = create(platform, rule("add", {"job_error": {"code": code, "details": "no such thing"}}))
    assert (result.failed, result["action"], result["changed"]) == (True, "failed", False)
    assert result["failure"]["code"] == code
    assert "no such thing" in result["msg"]
    assert len(jobs_of(platform, "add")) == 1


def test_a_platform_that_is_not_ready_is_asked_again_with_a_new_job(platform: Platform) -> None:
    result = create(platform, rule("add", {"job_error": {"code": "SYS.1010"}}, times=2))
    assert result["action"] == "created"
    jobs = jobs_of(platform, "add")
    assert len(jobs) == len(set(jobs)) == 3


@pytest.mark.parametrize("status", [400, 403, 404, 405, 500])
def test_a_plain_refusal_of_a_write_is_never_repeated(platform: Platform, status: int) -> None:
    result = create(platform, rule("add", {"status": {"code": status, "body": "no"}}, times=0))
    assert (result.failed, result["action"], result["changed"]) == (True, "failed", False)
    assert len(jobs_of(platform, "add")) == 1


@pytest.mark.parametrize("status", [400, 403, 500, 302])
def test_a_plain_refusal_of_a_poll_says_nothing_of_the_job(platform: Platform, status: int) -> None:
    fault = {"status": {"code": status, "body": "no"}}
    result = create(platform, rule("poll", fault, times=2))
    assert (result.failed, result["action"]) == (False, "created")
    platform.sim.clear_services()
    platform.sim.clear_log()
    result = create(platform, rule("poll", fault, times=0))
    assert (result.failed, result["action"]) == (False, "created"), "the state shows it"


def test_throttled_requests_are_sent_again_as_they_are(platform: Platform) -> None:
    result = create(platform, rule("add", {"status": {"code": 429, "body": "Rate limit exceeded"}}, times=2))
    assert result["action"] == "created"
    jobs = jobs_of(platform, "add")
    assert (len(jobs), len(set(jobs))) == (3, 1)


def test_retry_after_is_honoured(platform: Platform) -> None:
    fault = {"status": {"code": 429, "body": "", "headers": {"Retry-After": "1"}}}
    result = create(platform, rule("add", fault))
    assert result["action"] == "created"
    first, second = (entry["at"] for entry in platform.writes() if entry["kind"] == "add")
    assert 1 <= second - first < 2


def test_retry_after_cannot_hold_a_run_beyond_its_window(platform: Platform) -> None:
    fault = {"status": {"code": 429, "body": "", "headers": {"Retry-After": "86400"}}}
    started = time.monotonic()
    result = create(platform, rule("add", fault, times=0), job_timeout=1)
    assert time.monotonic() - started < 3
    assert (result.failed, result["action"]) == (True, "failed")
    assert "job_timeout" in result["msg"]
    assert platform.sim.services() == []


@pytest.mark.parametrize(("mode", "repeated"), [("remember", "remember"), ("on_change", "always")])
def test_only_a_field_that_differed_before_shows_that_an_update_arrived(
    platform: Platform, mode: str, repeated: str
) -> None:
    """The yaml shows the same service_name before and after: no sign of the startup parameters sent with it."""
    params = {"service_name": "demo", "startup_parameters": {"a": "1"}, "update_write_only": mode}
    result = create(platform, rule("update", "job_stuck"), job_timeout=1, **params)
    assert (result.failed, result["action"], result["changed"]) == (True, "created", True)
    assert ("run once with update_write_only=always" in result["msg"]) == (repeated == "always")
    platform.sim.clear_faults()
    params = {**NEW, **params, "update_write_only": repeated}
    assert platform.run("model_service", params)["action"] == "updated"
    assert platform.service("chat")["startupParameters"] == {"a": "1"}


@pytest.mark.parametrize("fault", ["close_after", "job_lost", "job_never", "job_stuck_after", "cut_answer"])
def test_updates_and_deletions_survive_lost_responses(platform: Platform, fault: str) -> None:
    platform.sim.seed([{"name": "chat", "description": "old"}, {"name": "gone"}])
    platform.sim.faults([rule("update", fault), rule("delete", fault)])
    items = [{"name": "chat", "description": "new"}, {"name": "gone", "state": "absent"}]
    result = platform.run("model_services", {"model_services": items, **QUICK, "job_timeout": 1})
    assert not result.failed, result["msg"]
    assert [(row["name"], row["action"]) for row in result["results"]] == [("chat", "updated"), ("gone", "deleted")]
    assert [(row["name"], row["description"]) for row in platform.sim.services()] == [("chat", "new")]


@pytest.mark.parametrize("fault", ["close_after", "job_lost", "job_never", "job_stuck_after", "cut_answer"])
def test_tags_survive_lost_responses(platform: Platform, fault: str) -> None:
    platform.sim.seed([{"name": "chat", "userTags": ["old"]}])
    platform.sim.faults([rule("tag", fault, method="POST"), rule("tag", fault, method="DELETE")])
    result = platform.run("model_service", {"name": "chat", "user_tags": ["new"], **QUICK, "job_timeout": 1})
    assert (result.failed, result["action"]) == (False, "updated"), result.get("msg")
    assert platform.service("chat")["userTags"] == ["new"]


def test_a_platform_that_restarts_loses_nothing() -> None:
    """Killed while jobs run, started again on its store: what it forgot is reported, and the next run completes it."""
    items = [{**NEW, "name": f"s{number}"} for number in range(12)]
    with Simulator(job_seconds=0.3) as simulator:
        platform = Platform(simulator)

        def strike() -> None:
            while len(simulator.services()) < 2:
                time.sleep(0.02)
            simulator.kill()
            time.sleep(0.3)
            simulator.start()

        thread = threading.Thread(target=strike)
        thread.start()
        result = platform.run(
            "model_services", {"model_services": items, "concurrency": 2, "timeout": 2, "job_timeout": 3}
        )
        thread.join()
        reported = {row["name"]: row["action"] for row in result["results"]}
        there = {row["name"] for row in simulator.services()}
        assert set(reported) == {item["name"] for item in items}
        assert {name for name, action in reported.items() if action == "created"} <= there
        assert not {name for name, action in reported.items() if action == "failed"} & there
        assert result["changed"]
        second = platform.run("model_services", {"model_services": items})
        assert not second.failed, second["msg"]
        names = sorted(row["name"] for row in simulator.services())
        assert names == sorted(item["name"] for item in items)
        assert not platform.run("model_services", {"model_services": items})["changed"]
