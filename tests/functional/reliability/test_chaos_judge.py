# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The chaos test can fail: with a fault planted in the client, the judge tells which promise is broken."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._common.errors import AiosError
from ansible_collections.zstack.aios.plugins.module_utils._converge import apply
from ansible_collections.zstack.aios.plugins.module_utils._platform import services
from ansible_collections.zstack.aios.plugins.module_utils._rest import auth, client, responses
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


def plant_reaction(monkeypatch: pytest.MonkeyPatch, situation: str, **reactions: Any) -> None:
    """Have the client react differently to a situation."""
    row = replace(responses.BY_SITUATION[situation], **reactions)
    monkeypatch.setattr(responses, "BY_SITUATION", {**responses.BY_SITUATION, situation: row})


def blind_resend(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lost answer leads to a new job with a new uuid."""
    plant_reaction(monkeypatch, "lost", submit=responses.RetryAction.RETRY_NEW)
    create = services.Services._write

    def fresh(services: Any, operation: str, method: str, path: str, values: dict[str, Any]) -> Any:
        send = services.client._exchange

        def exchange(*args: Any, **named: Any) -> Any:
            if args[0] == "POST":
                args[3]["param"]["resourceUuid"] = f"{uuid.uuid4().hex[:12]}4abc8{uuid.uuid4().hex[:15]}"
            return send(*args, **named)

        monkeypatch.setattr(services.client, "_exchange", exchange)
        return create(services, operation, method, path, values)

    monkeypatch.setattr(services.Services, "_write", fresh)


def lost_is_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lost answer is told as a failure."""
    plant_reaction(monkeypatch, "lost", submit=responses.RetryAction.FAIL)


def accepted_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job is believed before its end was seen, and nothing is verified."""
    plant_reaction(monkeypatch, "refused", poll=responses.RetryAction.DONE)
    monkeypatch.setattr(client, "retry_action", lambda outcome, phase: (
        responses.RetryAction.DONE if getattr(outcome, "status", 0) == 202 else responses.retry_action(outcome, phase)
    ))  # fmt: skip
    monkeypatch.setattr(apply, "settled", lambda attempt, look: _believe(attempt))


def _believe(attempt: Callable[[], Any]) -> Any:
    yield from attempt()
    return apply.Resource(MODEL_SERVICE, {"uuid": "0" * 32})


def sessions_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody logs out."""
    monkeypatch.setattr(auth.Auth, "log_out", lambda self, delete: None)


def wrong_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """An update goes to another service than the declared one."""
    update = services.Services.update
    monkeypatch.setattr(services.Services, "update", lambda self, _uuid, values: update(self, FOREIGN["uuid"], values))


def told_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """The session's uuid stands in an error."""

    def leak(self: Any, values: Any, uuid: str) -> Any:
        raise AiosError(f"no luck with {self.client.identity._session}")

    monkeypatch.setattr(services.Services, "create", leak)


PLANTED: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], Schedule, str]] = {
    "a blind resend": (blind_resend, schedule([NEW], rule("add", "close_after")), "duplicate"),
    "a lost answer told as failed": (lost_is_failed, schedule([NEW], rule("add", "close_after")), "untrue"),
    "a job believed too early": (accepted_is_done, schedule([NEW], rule("add", "job_never")), "lost"),
    "a session left open": (sessions_stay, schedule([NEW]), "session"),
    "another service updated": (wrong_service, schedule([{"name": "declared-0", "description": "x"}]), "touched"),
    "a secret told": (told_secret, schedule([NEW]), "secret"),
}
PLANTED["another service updated"][1].seeded.append({"name": "declared-0", "uuid": "0a1b2c3d4e5f40718293a4b5c6d7e8f2"})


@pytest.mark.parametrize("plant, what, broken", PLANTED.values(), ids=PLANTED)
def test_a_planted_fault_is_noticed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, plant: Callable[[pytest.MonkeyPatch], None], what: Schedule, broken: str
) -> None:  # fmt: skip
    assert sorts(bench, what) == set(), "without the fault every promise is kept"
    plant(monkeypatch)
    assert broken in sorts(bench, what)
