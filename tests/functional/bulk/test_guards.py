# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each guard of pruning refuses a wipe, and allows what is intended."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.support.declarations import service, services, stored

TEAM = ["name~=team-a-%"]


def seeded(platform: Platform, count: int = 20, prefix: str = "team-a", **more: Any) -> list[dict[str, Any]]:
    """Seed services of a team; return their declarations."""
    declared = services(count, prefix)
    platform.sim.seed([stored(one, **more) for one in declared])
    return declared


def prune(platform: Platform, declared: list[dict[str, Any]], *, check: bool = False, **params: Any) -> Any:
    """Run with prune."""
    options = {"model_services": declared, "prune": True, "prune_conditions": TEAM, **params}
    return platform.run("model_services", options, check=check)


def names(platform: Platform) -> set[str]:
    """Return the names of the services on the platform."""
    return {row["name"] for row in platform.sim.services()}


def refused(platform: Platform, result: Any, code: str) -> None:
    """Assert that a guard refused and that nothing was written."""
    assert result.failed
    assert result["failure"]["code"] == code, result["msg"]
    assert result["changed"] is False
    assert "Nothing was written" in result["msg"]
    assert platform.writes() == []


def test_undeclared_services_are_pruned_and_nothing_else(platform: Platform) -> None:
    declared = seeded(platform)
    seeded(platform, 3, "team-b")
    result = prune(platform, declared[3:])
    assert not result.failed, result["msg"]
    assert result["summary"]["deleted"] == 3
    assert sorted(row["name"] for row in result["results"]) == [one["name"] for one in declared[:3]]
    assert names(platform) == {one["name"] for one in (*declared[3:], *services(3, "team-b"))}
    platform.sim.clear_log()
    again = prune(platform, declared[3:])
    assert again["changed"] is False
    assert platform.writes() == []


@pytest.mark.parametrize("kind", ["a link that leads nowhere", "an empty folder", "a fifo"])
def test_a_folder_that_does_not_show_all_it_declares_deletes_nothing(
    platform: Platform, tmp_path: Path, kind: str
) -> None:
    """The folder of one team is a mount that is missing; the other team's files are there."""
    declared = seeded(platform)
    (tmp_path / "ours.json").write_text(json.dumps(declared[2:]), encoding="utf-8")
    theirs = tmp_path / "theirs"
    if kind == "a link that leads nowhere":
        theirs.symlink_to(tmp_path / "mount" / "services")
    elif kind == "an empty folder":
        theirs.mkdir()
    else:
        os.mkfifo(theirs)
    result = prune(platform, [], src=[str(tmp_path)])
    refused(platform, result, "declaration")
    assert str(theirs) in result["msg"]
    assert len(names(platform)) == 20


def test_without_prune_nothing_undeclared_is_deleted(platform: Platform) -> None:
    declared = seeded(platform)
    result = platform.run("model_services", {"model_services": declared[:1], "prune_conditions": TEAM})
    assert not result.failed
    assert len(names(platform)) == 20


@pytest.mark.parametrize("conditions", [None, []])
def test_prune_without_conditions_is_refused(platform: Platform, conditions: list[str] | None) -> None:
    declared = seeded(platform)
    result = prune(platform, declared[1:], prune_conditions=conditions)
    refused(platform, result, "declaration")
    assert result["failure"]["errors"][0]["option"] == "prune_conditions"
    assert platform.sim.stats()["requests"] == 0


@pytest.mark.parametrize("condition", ["name", "nam=x", "=x", "name~=", {"field": "name"}, 7])
def test_conditions_that_cannot_be_read_are_refused(platform: Platform, condition: Any) -> None:
    declared = seeded(platform)
    result = prune(platform, declared, prune_conditions=[condition])
    if condition == "name~=":  # readable: no service has an empty name, so that nothing matches
        assert not result.failed
        assert result["summary"]["deleted"] == 0
    else:
        refused(platform, result, "declaration")


def test_an_empty_declaration_does_not_wipe_the_platform(platform: Platform) -> None:
    seeded(platform)
    result = prune(platform, [], prune_limit="100%")
    refused(platform, result, "prune_empty")
    for words in (
        "20 services of the 20 that meet prune_conditions would be deleted",
        '"team-a-00000"',
        "and 10 more",
        "prune_allow_empty",
    ):
        assert words in result["msg"]
    assert len(names(platform)) == 20


def test_a_declaration_of_deletions_alone_counts_as_empty(platform: Platform) -> None:
    declared = seeded(platform, 3)
    refused(platform, prune(platform, [{"name": declared[0]["name"], "state": "absent"}]), "prune_empty")


def test_an_empty_declaration_that_is_allowed_is_applied(platform: Platform) -> None:
    seeded(platform)
    seeded(platform, 2, "team-b")
    result = prune(platform, [], prune_limit="100%", prune_allow_empty=True)
    assert not result.failed, result["msg"]
    assert names(platform) == {"team-b-00000", "team-b-00001"}


@pytest.mark.parametrize(
    ("limit", "most"),
    [("3", 3), (3, 3), ("15%", 3), ("19%", 3), ("0", 0), ("0%", 0), ("4%", 0), ("20", 20), ("100%", 20)],
)
def test_no_more_are_deleted_than_the_limit_allows(platform: Platform, limit: Any, most: int) -> None:
    declared = seeded(platform)
    if most < 20:
        over = prune(platform, declared[most + 1 :] or [service("team-a-other")], prune_limit=limit)
        refused(platform, over, "prune_limit")
        assert f"prune_limit {limit} allows {most}" in over["msg"]
        would = f"{most + 1} services" if most else "1 service"
        assert f"{would} of the 20 that meet prune_conditions would be deleted" in over["msg"]
        assert len(names(platform)) == 20
    if most:
        kept = declared[most:] or [service("team-b-other")]
        result = prune(platform, kept, prune_limit=limit)
        assert not result.failed, result["msg"]
        assert result["summary"]["deleted"] == most


def test_the_limit_is_ten_by_default(platform: Platform) -> None:
    declared = seeded(platform)
    refused(platform, prune(platform, declared[11:]), "prune_limit")
    assert prune(platform, declared[10:])["summary"]["deleted"] == 10


@pytest.mark.parametrize("limit", ["", "few", "-1", "101%", "5 %%", "1.5", "1e3"])
def test_an_invalid_limit_is_refused(platform: Platform, limit: str) -> None:
    declared = seeded(platform, 2)
    result = prune(platform, declared[1:], prune_limit=limit)
    refused(platform, result, "declaration")
    assert result["failure"]["errors"][0]["option"] == "prune_limit"


def test_services_of_the_platform_itself_are_never_pruned(platform: Platform) -> None:
    declared = seeded(platform, 3)
    seeded(platform, 2, "team-a-built-in", system=True)
    result = prune(platform, declared[:2])
    assert not result.failed
    assert names(platform) == {"team-a-00000", "team-a-00001", "team-a-built-in-00000", "team-a-built-in-00001"}


def test_a_failure_elsewhere_keeps_everything(platform: Platform) -> None:
    declared = seeded(platform, 5)
    platform.sim.faults([{"match": {"kind": "add"}, "fault": {"job_error": {"code": "ORG.9", "details": "no room"}}}])
    result = prune(platform, [*declared[2:], service("team-a-new")])
    assert result.failed
    assert result["summary"]["deleted"] == 0
    rows = {row["name"]: row["action"] for row in result["results"]}
    assert rows == {"team-a-new": "failed", "team-a-00000": "not_attempted", "team-a-00001": "not_attempted"}
    assert names(platform) == {one["name"] for one in declared}


def test_a_declared_deletion_that_fails_keeps_the_undeclared(platform: Platform) -> None:
    declared = seeded(platform, 5)
    platform.sim.faults([{"match": {"kind": "delete"}, "fault": "job_error"}])
    result = prune(platform, [*declared[2:], {"name": "team-a-00000", "state": "absent"}])
    assert result.failed
    assert names(platform) == {one["name"] for one in declared}


def test_an_error_in_the_declaration_keeps_everything(platform: Platform) -> None:
    declared = seeded(platform, 5)
    refused(platform, prune(platform, [*declared[2:], {"name": "team-a-new", "clone_from": "nobody"}]), "declaration")


def test_an_incomplete_listing_keeps_everything(platform: Platform) -> None:
    declared = seeded(platform, 5)
    short = {"inventories": [{"uuid": "1" * 32, "name": "team-a-00000"}], "total": 5}
    platform.sim.faults([{"match": {"kind": "query", "times": 0}, "fault": {"wrong_shape": {"body": short}}}])
    result = prune(platform, declared[1:])
    assert result.failed
    assert result["failure"]["code"] == "incomplete_listing"
    assert "1 of 5 rows in the last one" in result["msg"]
    assert platform.writes() == []
    platform.sim.clear_faults()
    assert len(names(platform)) == 5


def test_the_server_s_looser_comparison_does_not_widen_the_scope(platform: Platform) -> None:
    declared = seeded(platform, 2)
    platform.sim.seed([stored(service("TEAM-A-upper")), stored(service("team-á-accent"))])
    result = prune(platform, declared[:1], prune_conditions=["name~=team-a-%"])
    assert not result.failed, result["msg"]
    assert names(platform) == {"team-a-00000", "TEAM-A-upper", "team-á-accent"}


def test_the_server_s_looser_comparison_of_an_escaped_wildcard_does_not_widen_the_scope(platform: Platform) -> None:
    platform.sim.seed([stored(service(name)) for name in ("team_a-1", "team_a-2", "TEAM_A-3", "team-a-4")])
    result = prune(platform, [service("team_a-1")], prune_conditions=[r"name~=team\_a-%"])
    assert not result.failed, result["msg"]
    assert names(platform) == {"team_a-1", "TEAM_A-3", "team-a-4"}


@pytest.mark.parametrize("condition", ["__userTag__=team-a", "__userTag__~=team-%", "__userTag__?=team-a,team-b"])
def test_the_server_s_looser_comparison_of_tags_does_not_widen_the_scope(platform: Platform, condition: str) -> None:
    tags = {"kept": ["team-a"], "doomed": ["team-a", "other"], "upper": ["TEAM-A"], "none": []}
    platform.sim.seed([{**stored(service(name)), "userTags": given} for name, given in tags.items()])
    result = prune(platform, [service("kept")], prune_conditions=[condition])
    assert not result.failed, result["msg"]
    assert names(platform) == {"kept", "upper", "none"}


def test_a_service_that_appears_after_the_plan_was_made_is_not_pruned(platform: Platform) -> None:
    declared = seeded(platform, 2)
    nothing = {"inventories": [], "total": 0}
    platform.sim.faults([{"match": {"kind": "query"}, "fault": {"wrong_shape": {"body": nothing}}}])
    result = prune(platform, [service("team-b-other")], prune_limit="100%")
    assert not result.failed, result["msg"]
    assert {one["name"] for one in declared} <= names(platform)


def test_a_clone_s_source_is_pruned_only_after_the_clone_is_made(platform: Platform) -> None:
    seeded(platform, 1)
    result = prune(platform, [{"name": "team-a-copy", "clone_from": "team-a-00000"}])
    assert not result.failed, result["msg"]
    assert [write["kind"] for write in platform.writes()] == ["clone", "delete"]
    assert names(platform) == {"team-a-copy"}


def test_check_mode_refuses_and_predicts_just_the_same(platform: Platform) -> None:
    declared = seeded(platform)
    planned = prune(platform, declared[2:], check=True)
    assert planned["summary"]["deleted"] == 2
    assert [row["action"] for row in planned["results"]] == ["deleted", "deleted"]
    refused(platform, prune(platform, [], check=True), "prune_empty")
    refused(platform, prune(platform, declared[11:], check=True), "prune_limit")
    assert len(names(platform)) == 20
