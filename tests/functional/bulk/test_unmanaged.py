# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services that nobody declares are listed, and declared ones outside the conditions are warned of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.support.declarations import services, stored

TEAM = ["name~=team-a-%"]


def seeded(platform: Platform, count: int, prefix: str = "team-a", **more: Any) -> list[dict[str, Any]]:
    """Seed services of a team; return their declarations."""
    declared = services(count, prefix)
    platform.sim.seed([stored(one, **more) for one in declared])
    return declared


def run(platform: Platform, declared: list[dict[str, Any]], *, check: bool = False, **params: Any) -> Any:
    """Run with the conditions of the team."""
    options = {"model_services": declared, "prune_conditions": TEAM, **params}
    result = platform.run("model_services", options, check=check)
    assert not result.failed, result["msg"]
    return result


def warnings(result: Any) -> str:
    """Return the warnings of a result as one text."""
    return "\n".join(map(str, result.get("warnings", [])))


@pytest.mark.parametrize("check", [True, False])
def test_what_is_declared_nowhere_is_listed_and_stays(platform: Platform, tmp_path: Path, check: bool) -> None:
    declared = seeded(platform, 4)
    seeded(platform, 2, "team-b")
    platform.sim.seed([{"name": "team-a-own", "yaml": "{}", "system": True}])
    reports = {suffix: tmp_path / f"report{suffix}" for suffix in (".html", ".md", ".json")}
    for path in reports.values():
        result = run(platform, declared[2:], check=check, unmanaged=True, report_path=str(path))
    names = [one["name"] for one in declared[:2]]
    assert [one["name"] for one in result["unmanaged"]] == names
    assert all(len(one["uuid"]) == 32 for one in result["unmanaged"])
    assert (result["summary"]["unmanaged"], result["summary"]["deleted"], result["changed"]) == (2, 0, False)
    assert result["msg"] == "2 unchanged. 2 services not declared."
    assert platform.writes() == []
    for path in reports.values():
        text = path.read_text(encoding="utf-8")
        assert all(name in text for name in names)
        assert "team-b" not in text and "team-a-own" not in text
    assert json.loads(reports[".json"].read_text(encoding="utf-8"))["unmanaged"] == result["unmanaged"]


def test_the_list_has_no_influence_on_the_digest(platform: Platform) -> None:
    declared = seeded(platform, 3)
    plans = [run(platform, declared[1:], check=True, **more) for more in ({}, {"unmanaged": True})]
    assert plans[0]["plan_digest"] == plans[1]["plan_digest"]
    assert "unmanaged" not in plans[0] and "unmanaged" not in plans[0]["summary"]
    assert run(platform, declared[1:], plan_digest=plans[1]["plan_digest"])["changed"] is False


def test_nothing_declared_lists_everything(platform: Platform) -> None:
    seeded(platform, 3)
    assert len(run(platform, [], unmanaged=True)["unmanaged"]) == 3
    assert platform.writes() == []


def test_with_prune_the_services_are_deletions_of_the_plan(platform: Platform) -> None:
    declared = seeded(platform, 3)
    result = run(platform, declared[1:], check=True, unmanaged=True, prune=True)
    assert (result["unmanaged"], result["summary"]["unmanaged"], result["summary"]["deleted"]) == ([], 0, 1)


def test_a_long_list_is_cut_in_the_result_and_whole_in_the_report(platform: Platform, tmp_path: Path) -> None:
    seeded(platform, 1000)
    path = tmp_path / "report.json"
    result = run(platform, [], unmanaged=True, report_path=str(path))
    assert result["summary"]["unmanaged"] == 1000
    assert 100 < len(result["unmanaged"]) < 1000
    assert len(json.loads(path.read_text(encoding="utf-8"))["unmanaged"]) == 1000


@pytest.mark.parametrize("more", [{"prune": True}, {"unmanaged": True}])
def test_declared_services_outside_the_conditions_are_warned_of(platform: Platform, more: dict[str, Any]) -> None:
    inside, outside = seeded(platform, 2), seeded(platform, 1, "team-b")
    assert "outside prune_conditions" not in warnings(run(platform, inside, check=True, **more))
    gone = {"name": "team-c-00000", "state": "absent"}
    warning = warnings(run(platform, [*inside, *outside, gone], check=True, **more))
    assert '1 declared service outside prune_conditions: "team-b-00000".' in warning


def test_without_the_options_no_request_is_added(platform: Platform) -> None:
    declared = seeded(platform, 3)
    plain = platform.run("model_services", {"model_services": declared}, check=True)
    assert run(platform, declared, check=True)["summary"]["requests"] == plain["summary"]["requests"]
    assert (
        run(platform, declared, check=True, unmanaged=True)["summary"]["requests"] == plain["summary"]["requests"] + 1
    )
