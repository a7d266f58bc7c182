# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services that several layers declare: planned, applied and reported as one declaration."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.support.declarations import service


def write(path: Path, services: list[dict[str, Any]]) -> str:
    """Write a file of declarations, and return its path."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump(services, sort_keys=False), encoding="utf-8")
    return str(path)


@pytest.fixture
def layered(platform: Platform, tmp_path: Path) -> dict[str, Any]:
    """Parameters with three layers of one service: a folder, a file, and the option."""
    write(tmp_path / "common" / "chat.yml", [service("chat", request_cpu=8, description="common"), service("other")])
    prod = write(tmp_path / "prod.yml", [{"name": "chat", "request_cpu": 16, "framework": "vLLM"}])
    return {
        "src": [str(tmp_path / "common"), prod],
        "model_services": [{"name": "chat", "environment_parameters": {"LEVEL": "info"}, "description": None}],
        "merge": "overlay",
    }


def test_layers_are_one_declaration_in_plan_diff_digest_and_run(platform: Platform, layered: dict[str, Any]) -> None:
    plan = platform.run("model_services", layered, check=True, diff=True)
    assert not plan.failed, plan["msg"]
    after = next(each["after"] for each in plan["diff"] if "chat" in each["after_header"])
    assert "request_cpu: 16" in after and "LEVEL: info" in after and "common" not in after
    done = platform.run("model_services", {**layered, "plan_digest": plan["plan_digest"]})
    assert not done.failed, done["msg"]
    stored = {each["name"]: each for each in platform.sim.services()}
    assert stored.keys() == {"chat", "other"}
    assert (stored["chat"]["requestCpu"], stored["chat"]["framework"]) == (16, "vLLM")
    assert not stored["chat"].get("description")
    assert platform.run("model_services", layered)["changed"] is False


def test_an_update_of_a_combined_service_is_shown(platform: Platform, layered: dict[str, Any]) -> None:
    assert not platform.run("model_services", layered).failed
    layered["model_services"][0]["request_memory"] = 12345
    changed = platform.run("model_services", layered, diff=True)
    assert not changed.failed, changed["msg"]
    assert [(row["name"], row["changed_fields"]) for row in changed["results"]] == [("chat", ["request_memory"])]
    assert "12345" in changed["diff"][0]["after"]


def test_another_value_in_a_later_layer_is_another_plan(platform: Platform, layered: dict[str, Any]) -> None:
    digest = platform.run("model_services", layered, check=True)["plan_digest"]
    layered["model_services"][0]["request_memory"] = 12345
    refused = platform.run("model_services", {**layered, "plan_digest": digest})
    assert refused.failed
    assert refused["failure"]["code"] == "plan_changed"
    assert platform.sim.services() == []


@pytest.mark.parametrize("suffix", [".json", ".md", ".html"])
def test_the_report_says_where_each_value_was_declared(
    platform: Platform, layered: dict[str, Any], tmp_path: Path, suffix: str
) -> None:
    report = tmp_path / f"report{suffix}"
    assert not platform.run("model_services", {**layered, "report_path": str(report)}).failed
    text = report.read_text(encoding="utf-8")
    if suffix == ".json":
        rows = {row["name"]: row["changes"] for row in json.loads(text)["rows"]}
        places = {change["field"]: change["declared_in"] for change in rows["chat"]}
        assert places["request_cpu"] == f"{tmp_path}/prod.yml:1"
        assert places["start_command"] == f"{tmp_path}/common/chat.yml:1"
        assert places["environment_parameters"] == "model_services[0]"
        assert all("declared_in" not in change for change in rows["other"])
    else:
        assert f"{tmp_path}/prod.yml:1" in text


def test_strict_names_the_file_and_the_variable(platform: Platform, layered: dict[str, Any], tmp_path: Path) -> None:
    refused = platform.run("model_services", {**layered, "merge": "strict"})
    assert refused.failed
    message = refused["msg"]
    assert f"it is declared in {tmp_path}/common/chat.yml:1 and in {tmp_path}/prod.yml:1; keep one of them" in message
    assert "set merge to overlay to combine them" in message
    assert platform.writes() == []


def test_a_service_of_two_uuids_is_not_combined_by_its_name(platform: Platform, tmp_path: Path) -> None:
    uuids = ("a" * 32, "b" * 32)
    platform.sim.seed([{"name": "twin", "uuid": uuid, "requestCpu": 1} for uuid in uuids])
    base = write(tmp_path / "base.yml", [{"name": "twin", "uuid": uuid, "request_cpu": 2} for uuid in uuids])
    over = {"src": [base], "merge": "overlay"}
    done = platform.run(
        "model_services", {**over, "model_services": [{"name": "twin", "uuid": uuids[1], "request_cpu": 3}]}
    )
    assert not done.failed, done["msg"]
    assert {each["uuid"]: each["requestCpu"] for each in platform.sim.services()} == {uuids[0]: 2, uuids[1]: 3}
    refused = platform.run("model_services", {**over, "model_services": [{"name": "twin", "request_cpu": 4}]})
    assert refused.failed
    assert f"it is declared in {base}:1 and in {base}:4 and in model_services[0]" in refused["msg"]


def test_the_yaml_of_a_service_can_be_a_file_of_its_own(platform: Platform, tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "chat.yaml").write_text("services: [{name: chat, ports: [8000]}]\n", encoding="utf-8")
    declared = {**service("chat"), "yaml_file": "config/chat.yaml"}
    del declared["yaml"]
    write(tmp_path / "chat.yml", [declared])
    done = platform.run("model_services", {"src": [str(tmp_path)]})
    assert not done.failed, done["msg"]
    assert platform.run("model_services", {"src": [str(tmp_path)]})["changed"] is False
    single = {**declared, "yaml_file": str(tmp_path / "config" / "chat.yaml")}
    assert platform.run("model_service", single)["changed"] is False

    plan = platform.run("model_services", {"src": [str(tmp_path)]}, check=True)["plan_digest"]
    (tmp_path / "config" / "chat.yaml").write_text("services: [{name: chat, ports: [9000]}]\n", encoding="utf-8")
    assert (
        platform.run("model_services", {"src": [str(tmp_path)], "plan_digest": plan})["failure"]["code"]
        == "plan_changed"
    )
    changed = platform.run("model_services", {"src": [str(tmp_path)]}, diff=True)
    assert not changed.failed, changed["msg"]
    assert changed["results"][0]["changed_fields"] == ["yaml"]
    assert "9000" in changed["diff"][0]["after"]
    assert platform.run("model_service", single)["changed"] is False


def test_a_missing_yaml_file_is_one_error(platform: Platform) -> None:
    """It does not count as a service that declares no yaml."""
    declared = {**service("chat"), "yaml_file": "/nonexistent/chat.yaml"}
    del declared["yaml"]
    refused = platform.run("model_services", {"model_services": [declared]})
    assert [error["option"] for error in refused["failure"]["errors"]] == ["yaml_file"]


def test_an_error_in_one_layer_of_a_service_is_one_error(platform: Platform, layered: dict[str, Any]) -> None:
    """The rest of the service is not planned as if the value was not declared."""
    layered["model_services"][0]["request_memory"] = "much"
    refused = platform.run("model_services", layered)
    assert [(error["where"], error["option"]) for error in refused["failure"]["errors"]] == [
        ('"chat" (model_services[0])', "request_memory")
    ]
    layered["model_services"] = [{"name": "chat", "yaml_file": "/nonexistent/chat.yaml", "start_command": None}]
    refused = platform.run("model_services", layered)
    assert [error["option"] for error in refused["failure"]["errors"]] == ["yaml_file"]
