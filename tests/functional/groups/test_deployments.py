# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs of services, declared below them: deployed, waited for and deleted together with them, and guarded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.zstack.aios.plugins.module_utils._converge import progress
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.support.samples import NEW, rule

MODULE = "model_services"
GROUP = {"zone": "zone-1", "type": "Container"}


def service(name: str, *groups: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return the declaration of a service with groups."""
    return {**NEW, "name": name, "deployments": [{**GROUP, **group} for group in groups], **more}


def run(platform: Platform, items: list[dict[str, Any]], **params: Any) -> Any:
    """Return the result of a run that must succeed."""
    result = attempt(platform, items, **params)
    assert not result.failed, result["msg"]
    return result


def attempt(platform: Platform, items: list[dict[str, Any]], check: bool = False, **params: Any) -> Any:
    """Return the result of a run, whatever it is."""
    return platform.run(MODULE, {"model_services": items, **params}, check=check, diff=True)


def groups(platform: Platform) -> list[tuple[str, str]]:
    """Return the name of each group with that of its service."""
    names = {row["uuid"]: row["name"] for row in platform.sim.services()}
    return sorted((names.get(row["modelServiceUuid"], ""), row["name"]) for row in platform.sim.groups())


def kinds(platform: Platform) -> list[str]:
    """Return the kinds of the writes so far."""
    return platform.write_kinds()


def rows(result: Any) -> list[tuple[str, str]]:
    """Return each row of the results: service and group, and what was done."""
    return [
        ("/".join(filter(None, [row.get("model_service"), row["name"]])), row["action"]) for row in result["results"]
    ]


def test_new_services_are_deployed_and_a_second_run_asks_for_their_groups_once(platform: Platform) -> None:
    platform.sim.reset(group_seconds=1)
    items = [service("chat", {"name": "blue", "cpu_num": 4}, {"name": "green"}), service("embed", {"name": "blue"})]
    planned = run(platform, items, check=True)
    assert platform.writes() == []
    result = run(platform, items)
    assert rows(planned) == rows(result)
    assert rows(result) == [
        ("chat", "created"),
        ("embed", "created"),
        ("chat/blue", "created"),
        ("chat/green", "created"),
        ("embed/blue", "created"),
    ]
    assert result["summary"]["created"] == 5
    assert result["summary"]["instance_groups"] == 3
    assert groups(platform) == [("chat", "blue"), ("chat", "green"), ("embed", "blue")]
    assert {group["status"] for group in platform.sim.groups()} == {"Running"}
    platform.sim.clear_log()
    again = run(platform, items)
    assert (again["changed"], platform.writes()) == (False, [])
    assert platform.sim.stats()["kinds"]["groups"] == 1
    assert set(again["uuids"]) == {"chat", "embed"}


def test_services_without_groups_ask_nothing_of_groups(platform: Platform) -> None:
    run(platform, [{**NEW, "name": "chat"}])
    run(platform, [{**NEW, "name": "chat", "request_cpu": 8}])
    assert "groups" not in platform.sim.stats()["kinds"]


def test_groups_that_are_not_declared_stay_unless_none_is_to_run(platform: Platform) -> None:
    run(platform, [service("chat", {"name": "blue"}, {"name": "green"})])
    assert run(platform, [service("chat", {"name": "blue"})])["changed"] is False
    assert run(platform, [{**NEW, "name": "chat"}])["changed"] is False
    assert groups(platform) == [("chat", "blue"), ("chat", "green")]
    result = run(platform, [service("chat")])
    assert rows(result) == [("chat/blue", "deleted"), ("chat/green", "deleted")]
    assert groups(platform) == []
    assert run(platform, [service("chat")])["changed"] is False


def test_more_groups_than_the_limit_are_not_deleted_because_a_list_is_empty(platform: Platform) -> None:
    run(platform, [service("chat", {"name": "blue"}, {"name": "green"})])
    platform.sim.clear_log()
    refused = attempt(platform, [service("chat")], prune_limit=1)
    assert "prune_limit 1 allows 1. 2 instance groups of 2 would be deleted" in refused["msg"]
    assert platform.writes() == []
    run(platform, [service("chat")], prune_limit="100%")
    assert groups(platform) == []


def test_blue_is_deleted_once_green_runs_and_stays_when_it_does_not(platform: Platform) -> None:
    run(platform, [service("chat", {"name": "blue"})])
    switch = [service("chat", {"name": "green", "wait_timeout": 1}, {"name": "blue", "state": "absent"})]
    platform.sim.faults([rule("deploy", {"group_stays": {"status": "Unknown"}})])
    result = attempt(platform, switch)
    assert result.failed
    assert '"green (of chat)": it does not run after 1 s: last status "Unknown"' in result["msg"]
    assert dict(rows(result)) == {"chat/green": "created", "chat/blue": "not_attempted"}
    assert groups(platform) == [("chat", "blue"), ("chat", "green")]
    [green] = [group for group in platform.sim.groups() if group["name"] == "green"]
    platform.sim.seed_groups([{"uuid": green["uuid"], "status": "Running"}])
    assert rows(run(platform, switch)) == [("chat/blue", "deleted")]
    assert groups(platform) == [("chat", "green")]


def test_a_group_of_a_service_that_failed_is_not_attempted(platform: Platform) -> None:
    platform.sim.faults([rule("add", {"job_error": {"code": "SYS.1007"}})])
    result = attempt(platform, [service("chat", {"name": "blue"}), service("embed", {"name": "blue"})])
    done = dict(rows(result))
    failed, other = ("chat", "embed") if done["chat"] == "failed" else ("embed", "chat")
    assert (done[failed], done[f"{failed}/blue"]) == ("failed", "not_attempted")
    assert (done[other], done[f"{other}/blue"]) == ("created", "created")


def test_secrets_of_deployments_are_nowhere(platform: Platform, tmp_path: Path) -> None:
    secret = "t0ps3cret-0815"
    items = [service("chat", {"name": "blue", "environment_variables": {"HF_TOKEN": secret}})]
    report = tmp_path / "report.html"
    results = [run(platform, items, check=True), run(platform, items, report_path=[str(report)])]
    assert secret not in json.dumps(results)
    assert secret not in report.read_text(encoding="utf-8")
    assert platform.sim.groups()[0]["settings"]["environmentVariables"] == {"HF_TOKEN": secret}


# Services that are deployed


@pytest.mark.parametrize("module", ["model_services", "model_service"])
def test_a_deployed_service_is_deleted_only_with_its_groups_on_request(platform: Platform, module: str) -> None:
    run(platform, [service("chat", {"name": "blue"})])
    platform.sim.clear_log()
    absent: dict[str, Any] = {"name": "chat", "state": "absent"}
    params = {"model_services": [absent]} if module == "model_services" else absent
    refused = platform.run(module, params)
    assert refused.failed
    assert 'state: the service is deployed: "blue" (' in refused["msg"]
    assert "set delete_deployed: true" in refused["msg"]
    assert platform.writes() == []
    allowed = platform.run(module, {**params, "delete_deployed": True})
    assert not allowed.failed, allowed["msg"]
    assert kinds(platform) == ["group_delete", "delete"]
    assert "blue" in json.dumps(allowed)
    assert (platform.sim.services(), platform.sim.groups()) == ([], [])


def test_groups_that_are_declared_absent_need_no_permission(platform: Platform) -> None:
    run(platform, [service("chat", {"name": "blue"})])
    absent = {"name": "chat", "state": "absent", "deployments": [{"name": "blue", "state": "absent"}]}
    assert rows(run(platform, [absent])) == [("chat", "deleted"), ("chat/blue", "deleted")]
    assert platform.sim.groups() == []


def test_a_service_stays_when_its_group_cannot_be_deleted(platform: Platform) -> None:
    run(platform, [service("chat", {"name": "blue"})])
    platform.sim.faults([rule("group_delete", {"job_error": {"code": "SYS.1007"}})])
    result = attempt(platform, [{"name": "chat", "state": "absent"}], delete_deployed=True)
    assert dict(rows(result)) == {"chat/blue": "failed", "chat": "not_attempted"}
    assert platform.service("chat")


def test_prune_refuses_deployed_services_and_takes_their_groups_on_request(platform: Platform) -> None:
    run(platform, [service("chat", {"name": "blue"}), service("embed")])
    platform.sim.clear_log()
    params = {"prune": True, "prune_conditions": ["request_cpu>0"]}
    refused = attempt(platform, [service("embed")], **params)
    assert 'prune refused: 1 service that would be deleted are deployed: "chat" (1 instance group)' in refused["msg"]
    assert refused["failure"]["code"] == "deployed"
    assert platform.writes() == []
    result = run(platform, [service("embed")], **params, delete_deployed=True)
    assert rows(result) == [("chat/blue", "deleted"), ("chat", "deleted")]
    assert groups(platform) == []


def test_prune_deletes_undeclared_groups_of_declared_services_within_its_limit(platform: Platform) -> None:
    run(platform, [service("chat", {"name": "blue"}, {"name": "green"}), service("embed", {"name": "blue"})])
    params = {"prune": True, "prune_conditions": ["name=chat"]}
    items = [service("chat", {"name": "blue"}), service("embed", {"name": "other"})]
    refused = attempt(platform, items, **params, prune_limit=0)
    assert "prune_limit 0 allows 0. 1 instance group of 2 would be deleted: green (of chat)" in refused["msg"]
    assert groups(platform) == [("chat", "blue"), ("chat", "green"), ("embed", "blue")]
    run(platform, items, **params)
    assert groups(platform) == [("chat", "blue"), ("embed", "blue"), ("embed", "other")]


def test_a_platform_without_groups_deletes_services_as_ever(platform: Platform) -> None:
    run(platform, [{**NEW, "name": "chat"}])
    platform.sim.reset(features="no-groups")
    platform.sim.seed([{"name": "chat"}])
    assert rows(run(platform, [{"name": "chat", "state": "absent"}])) == [("chat", "deleted")]
    refused = attempt(platform, [service("chat", {"name": "blue"})])
    assert "deployments: this platform has no instance groups" in refused["msg"]
    assert platform.sim.services() == []


# Guards, digest, undo


def test_the_digest_knows_groups(platform: Platform) -> None:
    items = [service("chat", {"name": "blue"})]
    digest = run(platform, items, check=True)["plan_digest"]
    other = [service("chat", {"name": "green"})]
    assert attempt(platform, other, plan_digest=digest)["failure"]["code"] == "plan_changed"
    assert platform.writes() == []
    run(platform, items, plan_digest=digest)
    assert groups(platform) == [("chat", "blue")]


def test_the_undo_file_takes_back_deployments_and_names_what_it_cannot_bring_back(
    platform: Platform, tmp_path: Path
) -> None:
    run(platform, [service("chat", {"name": "blue", "description": "old"}, {"name": "red"})])
    changed = [
        service(
            "chat",
            {"name": "blue", "description": "new"},
            {"name": "green"},
            {"name": "red", "state": "absent"},
        ),
        service("embed", {"name": "blue"}),
    ]
    undo = tmp_path / "undo.yml"
    run(platform, changed, undo_path=str(undo))
    text = undo.read_text(encoding="utf-8")
    assert '# - "red (of chat)" (' in text
    assert "the whole group: it has to be deployed again" in text
    assert len(yaml.safe_load(text)["model_services"]) == 2
    run(platform, [], src=[str(undo)])
    assert groups(platform) == [("chat", "blue")]
    assert [group["description"] for group in platform.sim.groups()] == ["old"]


def test_the_overview_and_the_report_tell_groups_from_services(platform: Platform, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    result = run(platform, [service("chat", {"name": "blue"})], report_path=[str(report)])
    assert any("blue (of chat)" in line for line in result["overview"])
    names = [row["name"] for row in json.loads(report.read_text(encoding="utf-8"))["rows"]]
    assert names == ["chat", "blue (of chat)"]


# What is refused before any write


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"deployments": {"name": "blue"}}, "deployments: it is a mapping; write a list of instance groups"),
        ({"deployments": [{}]}, "name: it is missing; set the name or the uuid of the instance group"),
        (
            {"deployments": [{"name": "b", "model_service": "x"}]},
            "it belongs to the service below which it is declared",
        ),
        ({"deployments": [{"name": "b", "state": "restarted"}]}, "state: a restart is nothing that lasts"),
        ({"deployments": [{**GROUP, "name": "b", "cpu_num": "many"}]}, 'cpu_num: "many" is not a whole number'),
        ({"deployments": [{"name": "b"}]}, "missing: zone_uuid (or zone), type; set them"),
        ({"deployments": [{**GROUP, "name": "b", "zone": "moon"}]}, 'no zone named "moon"'),
        (
            {"deployments": [{**GROUP, "name": "b"}, {**GROUP, "name": "b"}]},
            "it is declared in model_services[0].deployments",
        ),
        (
            {"state": "absent", "deployments": [{**GROUP, "name": "b"}]},
            "nothing can run of a service that should not exist",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_before_any_write(
    platform: Platform, item: dict[str, Any], message: str
) -> None:
    result = attempt(platform, [{**NEW, "name": "chat", **item}])
    assert result.failed
    assert message in result["msg"]
    assert platform.writes() == []


def test_a_deployed_service_is_recreated_with_its_groups_on_request(platform: Platform) -> None:
    run(platform, [service("chat", {"name": "blue"})])
    moved = service("chat", {"name": "blue"}, install_path="/models/moved", on_fixed_change="recreate")
    refused = attempt(platform, [moved])
    assert 'on_fixed_change: the service is deployed: "blue" (' in refused["msg"]
    result = run(platform, [moved], delete_deployed=True)
    assert sorted(rows(result)) == [("chat", "replaced"), ("chat/blue", "created"), ("chat/blue", "deleted")]
    assert groups(platform) == [("chat", "blue")]
    assert platform.service("chat")["installPath"] == "/models/moved"
    assert run(platform, [moved])["changed"] is False


@pytest.mark.parametrize("features", ["no-tags", "no-user-tags"])
def test_a_platform_without_user_tags_sends_hidden_fields_with_other_changes_only(
    platform: Platform, features: str
) -> None:
    platform.sim.reset(features=features)
    group = {"name": "blue", "environment_variables": {"A": "1"}}
    run(platform, [service("chat", group, startup_parameters={"B": "1"})])
    changed = [service("chat", {**group, "environment_variables": {"A": "2"}}, startup_parameters={"B": "2"})]
    result = run(platform, changed)
    assert result["uncompared"]["deployments.environment_variables"] == 1
    assert kinds(platform)[-1:] != ["group_update"]
    other = [service("chat", {**group, "description": "new"}, startup_parameters={"B": "1"}, description="new")]
    assert sorted(rows(run(platform, other))) == [("chat", "updated"), ("chat/blue", "updated")]


def test_progress_says_what_is_waited_for(platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "EVERY", 0.1)
    platform.sim.reset(group_seconds=2)
    path = tmp_path / "progress"
    run(platform, [service("chat", {"name": "blue"}, {"name": "green"})], progress_path=str(path))
    assert "waiting for 2 instance groups to run: 2 " in path.read_text(encoding="utf-8")
