# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The chaos test can fail: with a fault planted in the client, the judge finds which promise is broken."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._common.errors import AiosError, ValidationError
from ansible_collections.zstack.aios.plugins.module_utils._converge import execute
from ansible_collections.zstack.aios.plugins.module_utils._model import files, yaml_type
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Resource
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import MODEL_SERVICE
from ansible_collections.zstack.aios.plugins.module_utils._platform import groups, services
from ansible_collections.zstack.aios.plugins.module_utils._report import changes
from ansible_collections.zstack.aios.plugins.module_utils._rest import auth, channel, responses, write
from ansible_collections.zstack.aios.tests.chaos import others
from ansible_collections.zstack.aios.tests.chaos.running import Bench
from ansible_collections.zstack.aios.tests.chaos.schedules import Schedule
from ansible_collections.zstack.aios.tests.chaos.verdict import judge
from ansible_collections.zstack.aios.tests.simulator import constants

NEW: dict[str, Any] = {
    "name": "declared-0",
    "yaml": "services:\n- name: demo\n  ports:\n  - 3000",
    "request_cpu": 4,
    "request_memory": 2048,
    "model_center_uuid": constants.MODEL_CENTER_UUID,
    "install_path": "/models/demo",
    "start_command": "serve",
}
FOREIGN = {"name": "foreign-0", "uuid": "0a1b2c3d4e5f40718293a4b5c6d7e8f1"}
FOREIGN_GROUP = {"name": "blue", "uuid": "0a1b2c3d4e5f40718293a4b5c6d7e8f3", "modelServiceUuid": FOREIGN["uuid"]}
GROUP: dict[str, Any] = {"name": "blue", "zone_uuid": constants.ZONE_UUID, "type": "Container", "wait_timeout": 5}
DEPLOYED: dict[str, Any] = {**NEW, "deployments": [GROUP]}
EMPTIED: dict[str, Any] = {
    "name": "declared-0",
    "uuid": "0a1b2c3d4e5f40718293a4b5c6d7e8f5",
    "deployments": [{"name": "blue", "state": "absent", "wait": False}],
}


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    """The simulators of this module."""
    with Bench() as bench:
        yield bench


def schedule(items: list[dict[str, Any]], *rules: dict[str, Any]) -> Schedule:
    """Return a schedule of one worker."""
    params = {"concurrency": 1}
    return Schedule(0, {"job_effect": "end"}, seeded=[FOREIGN], items=items, params=params, rules=list(rules))


def rule(kind: str, fault: Any) -> dict[str, Any]:
    """Return a rule that fires once."""
    return {"match": {"kind": kind}, "fault": fault}


def sorts(bench: Bench, what: Schedule) -> set[str]:
    """Return which promises the judge finds broken."""
    return {violation.sort for violation in judge(bench.carry_out(what))}


def plant_action(monkeypatch: pytest.MonkeyPatch, situation: str, **actions: responses.RetryAction) -> None:
    """Have the client act differently in a situation."""
    row = responses.BY_SITUATION[situation]
    known = {"read": row.read, "submit": row.submit, "poll": row.poll}
    planted = {situation: responses.Rule(situation, **{**known, **actions})}
    monkeypatch.setattr(responses, "BY_SITUATION", {**responses.BY_SITUATION, **planted})


def blind_resend(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lost response leads to a new job with a new uuid."""
    plant_action(monkeypatch, "lost", submit=responses.RetryAction.RETRY_NEW)
    fresh_uuids(monkeypatch, "POST", "param")


def blind_deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for what runs."""
    plant_action(monkeypatch, "lost", submit=responses.RetryAction.RETRY_NEW)
    fresh_uuids(monkeypatch, "PUT", "deployModelService")


def fresh_uuids(monkeypatch: pytest.MonkeyPatch, wanted: str, envelope: str) -> None:
    """Every creation gets a uuid of its own on its way."""
    exchange = channel.Channel.exchange

    def with_fresh_uuid(
        self: Any, method: str, path: str, query: str = "", body: Any = None, *more: Any, **named: Any
    ) -> Any:
        if method == wanted and envelope in (body or {}):
            fresh = f"{uuid.uuid4().hex[:12]}4abc8{uuid.uuid4().hex[:15]}"
            body = {**body, envelope: {**body[envelope], "resourceUuid": fresh}}
        return exchange(self, method, path, query, body, *more, **named)

    monkeypatch.setattr(channel.Channel, "exchange", with_fresh_uuid)


def lost_is_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lost response is reported as a failure."""
    plant_action(monkeypatch, "lost", submit=responses.RetryAction.FAIL)


def accepted_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job is believed before its end was seen, and nothing is verified."""

    def believing(outcome: responses.Outcome, phase: responses.Phase) -> responses.RetryAction:
        accepted = getattr(outcome, "status", 0) == 202
        return responses.RetryAction.DONE if accepted else responses.retry_action(outcome, phase)

    def believe(attempt: Callable[[], Any], _look: Any, _wait: Any) -> Resource:
        attempt()
        return Resource(MODEL_SERVICE, {})

    monkeypatch.setattr(write, "retry_action", believing)
    monkeypatch.setattr(execute, "settle", believe)
    monkeypatch.setattr(execute, "_ignored", lambda *_arguments: [])


def sessions_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody logs out."""
    monkeypatch.setattr(auth.Auth, "log_out", lambda self, delete: None)


def wrong_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """An update goes to another service than the declared one."""
    update = services.Services.update
    monkeypatch.setattr(services.Services, "update", lambda self, _uuid, values: update(self, FOREIGN["uuid"], values))


def wrong_group(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another group is deleted than the declared one."""
    delete = groups.InstanceGroups.delete
    monkeypatch.setattr(groups.InstanceGroups, "delete", lambda self, _uuid: delete(self, FOREIGN_GROUP["uuid"]))


def unasked_deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A group is reported as deployed, and is not."""
    made = {"status": "Running", "instances": []}
    monkeypatch.setattr(
        groups.InstanceGroups,
        "create",
        lambda self, values, uuid: Resource(groups.INSTANCE_GROUP, {**values, **made, "uuid": uuid}),
    )


def hidden_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing in a folder is passed over."""
    walk = files._files_below

    def passing_over(*arguments: Any) -> Any:
        return (file for file in walk(*arguments) if not isinstance(file, ValidationError))

    monkeypatch.setattr(files, "_files_below", passing_over)


def failing_diff(monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be shown costs the result."""
    monkeypatch.setattr(changes, "guarded", lambda show, *values: show(*values))
    monkeypatch.setattr(yaml_type.Yaml, "show", lambda self, value, redactor, before=None: nested(5000))


def nested(depth: int) -> Any:
    """Return lists within each other."""
    value: Any = 1
    for _level in range(depth):
        value = [value]
    return value


def shown_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error shows the session's uuid."""

    def leak(self: Any, values: Any, uuid: str) -> Any:
        raise AiosError(f"no luck with {self.client.auth._session}")

    monkeypatch.setattr(services.Services, "create", leak)


def hasty_replacement(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service is deleted for a new one before anybody has looked at that one."""
    monkeypatch.setattr(execute.Executor, "_update_and_remember", lambda *_arguments: None)
    monkeypatch.setattr(execute, "_ignored", lambda *_arguments: [])


PLANTED: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], Schedule, str]] = {
    "a blind resend": (blind_resend, schedule([NEW], rule("add", "close_after")), "duplicate"),
    "a lost response reported as failed": (lost_is_failed, schedule([NEW], rule("add", "close_after")), "inaccurate"),
    "a job believed too early": (accepted_is_done, schedule([NEW], rule("add", "job_never")), "lost"),
    "a session left open": (sessions_stay, schedule([NEW]), "session"),
    "another service updated": (wrong_service, schedule([{"name": "declared-0", "description": "x"}]), "touched"),
    "a blind second deployment": (blind_deployment, schedule([DEPLOYED], rule("deploy", "close_after")), "duplicate"),
    "a group that was never deployed": (unasked_deployment, schedule([DEPLOYED]), "lost"),
    "another group deleted": (wrong_group, schedule([EMPTIED]), "touched"),
    "a secret shown": (shown_secret, schedule([NEW]), "secret"),
    "a folder that hides something": (hidden_folder, schedule([NEW]), "touched"),
    "a replacement that is not read": (hasty_replacement, schedule([]), "lost"),
    "a value that cannot be shown": (failing_diff, schedule([NEW]), "crash"),
}
PLANTED["a folder that hides something"][1].folder = "dangling link"
PLANTED["a folder that hides something"][1].params.update(
    prune=True, prune_conditions=["name~=declared-%"], prune_allow_empty=True
)
PLANTED["a replacement that is not read"][1].items.append(
    {"name": "declared-0", "install_path": "/other", "startup_parameters": {"A": "1"}, "on_fixed_change": "recreate"}
)
PLANTED["a replacement that is not read"][1].seeded.append(
    {"name": "declared-0", "uuid": "0a1b2c3d4e5f40718293a4b5c6d7e8f3", "installPath": "/models/demo", "readme": "kept"}
)
PLANTED["another group deleted"][1].seeded.append({"name": EMPTIED["name"], "uuid": EMPTIED["uuid"]})
PLANTED["another group deleted"][1].groups += [
    FOREIGN_GROUP,
    {**FOREIGN_GROUP, "uuid": "0a1b2c3d4e5f40718293a4b5c6d7e8f4", "modelServiceUuid": EMPTIED["uuid"]},
]
PLANTED["another service updated"][1].seeded.append({"name": "declared-0", "uuid": "0a1b2c3d4e5f40718293a4b5c6d7e8f2"})


@pytest.mark.parametrize("plant, what, broken", PLANTED.values(), ids=PLANTED)
def test_a_planted_fault_is_noticed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, plant: Callable[[pytest.MonkeyPatch], None], what: Schedule, broken: str
) -> None:  # fmt: skip
    assert sorts(bench, what) == set(), "without the fault every promise is kept"
    plant(monkeypatch)
    assert broken in sorts(bench, what)


@pytest.mark.parametrize("folder", ["", "loop"])
@pytest.mark.parametrize("request_number", [2, 3, 6])
def test_a_platform_that_stays_out_of_reach_breaks_no_promise(bench: Bench, request_number: int, folder: str) -> None:
    what = schedule([NEW], {"match": {"kind": [], "nth": request_number, "times": 0}, "fault": "close_before"})
    what.folder = folder
    assert sorts(bench, what) == set()


@pytest.mark.parametrize(("longest_alone", "message"), [(10.0, ""), (0.1, "the module runs on without its caller")])
def test_a_run_has_ended_only_when_its_last_process_has(
    monkeypatch: pytest.MonkeyPatch, longest_alone: float, message: str
) -> None:
    """What it leaves would act on the platform of the next schedule."""
    left = "sleep 0.7 >/dev/null 2>&1 & echo started"
    monkeypatch.setattr(others.Other, "_command", lambda *_arguments: ["bash", "-c", left])
    monkeypatch.setattr(others, "_LONGEST_ALONE", longest_alone)
    begun = time.monotonic()
    with others.running([(others.ANSIBLE, None)], {}) as results:
        pass
    assert (time.monotonic() - begun > 0.6) == (message == "")
    assert message in results[0]["msg"]
