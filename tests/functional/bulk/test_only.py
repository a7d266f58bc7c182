# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A part of a declaration is applied with the sources of its clones, and nothing else is touched."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.support.declarations import service
from ansible_collections.zstack.aios.tests.support.harness import Result

UUID = "90d425a802ff44eeb530f21587633701"
ITEMS: list[dict[str, Any]] = [
    {"name": "copy-of-copy", "clone_from": "copy"},
    {"name": "copy", "clone_from": "base"},
    service("base"),
    service("chat-1"),
    service("chat-2"),
    service("Chat-3"),
    service("x[1]"),
    service("with-uuid", resource_uuid=UUID),
    {"name": "copy-by-uuid", "clone_from": UUID},
]


def run(platform: Platform, only: list[str], *, check: bool = False, **params: Any) -> Result:
    """Apply a part of the declaration."""
    return platform.run("model_services", {"model_services": ITEMS, "only": only, **params}, check=check)


@pytest.mark.parametrize(
    ("only", "selected"),
    [
        (["chat-1"], {"chat-1"}),
        (["chat-*"], {"chat-1", "chat-2"}),
        (["chat-?", "base"], {"chat-1", "chat-2", "base"}),
        ([" chat-1\n", "chat-1"], {"chat-1"}),
        (["x[1]"], {"x[1]"}),
        (["x[*"], {"x[1]"}),
        (["copy-of-copy"], {"copy-of-copy", "copy", "base"}),
        (["copy-by-uuid"], {"copy-by-uuid", "with-uuid"}),
        (["*"], {item["name"] for item in ITEMS}),
    ],
)
def test_what_is_selected_is_applied_with_its_sources(platform: Platform, only: list[str], selected: set[str]) -> None:
    plan = run(platform, only, check=True)
    assert {row["name"] for row in plan["results"]} == selected
    result = run(platform, only, plan_digest=plan["plan_digest"])
    assert {row["name"] for row in platform.sim.services()} == selected
    left_out = len(ITEMS) - len(selected)
    assert (result["left_out"], result["summary"]["total"]) == (left_out, len(selected))
    assert result["msg"].endswith(f" {left_out} declared service{'' if left_out == 1 else 's'} left out by only.")


def test_a_service_is_selected_by_its_uuid(platform: Platform) -> None:
    platform.sim.seed([{"uuid": UUID, "name": "chat"}])
    items = [{"uuid": UUID, "description": "new"}, service("other")]
    result = platform.run("model_services", {"model_services": items, "only": [UUID]})
    assert result["msg"] == "1 updated. 1 declared service left out by only."


def test_the_rest_of_the_declaration_is_validated(platform: Platform) -> None:
    items = [service("chat"), {"name": "other", "request_cpu": "many"}]
    result = platform.run("model_services", {"model_services": items, "only": ["chat"]})
    assert 'request_cpu: "many" is not a whole number' in result["msg"]
    assert platform.writes() == []


def test_a_plan_of_a_part_is_not_the_plan_of_another_part(platform: Platform) -> None:
    assert run(platform, ["chat-1"], check=True)["plan_digest"] != run(platform, ["chat-2"], check=True)["plan_digest"]


@pytest.mark.parametrize("suffix", ["json", "md", "html"])
def test_a_report_says_how_many_were_left_out(platform: Platform, tmp_path: Path, suffix: str) -> None:
    report = tmp_path / f"report.{suffix}"
    run(platform, ["chat-1"], check=True, report_path=str(report))
    text = report.read_text(encoding="utf-8")
    if suffix == "json":
        assert json.loads(text)["left_out"] == len(ITEMS) - 1
    else:
        assert "Left out by only" in text
