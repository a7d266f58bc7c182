# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules as users run them: by ansible-playbook and ad hoc."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.simulator import constants
from ansible_collections.zstack.aios.tests.support.tasks import play, run

SECRET = "hf-5up3r-s3cr3t"
SERVICE = {
    "name": "chat",
    "model_center": constants.MODEL_CENTER_NAME,
    "request_cpu": 8,
    "request_memory": 16384,
    "install_path": "/models/chat",
    "start_command": "vllm serve /models/chat",
    "yaml": {"services": [{"name": "chat", "ports": [8000]}]},
}


def test_a_playbook_creates_changes_clones_and_deletes_a_service(platform: Platform, tmp_path: Path) -> None:
    module = "zstack.aios.model_service"
    clone = {"name": "copy", "clone_from": "chat", "environment_parameters": {"HF_TOKEN": SECRET}}
    tasks: list[dict[str, Any]] = [
        {module: SERVICE, "check_mode": True},
        {module: SERVICE},
        {module: SERVICE},
        {module: {**SERVICE, "request_cpu": "{{ 8 + 8 }}"}},
        {module: clone},
        {module: {"name": "chat", "python_version": 3.10, "request_cpu": "many", "desciption": "x"}},
        {module: {"name": "chat", "install_path": "/elsewhere"}},
        {module: {"name": "chat", "state": "absent"}},
        {module: {"name": "chat", "state": "absent"}},
        {"zstack.aios.model_service_info": {}},
    ]
    defaults = {"group/zstack.aios.all": platform.connection}
    results, screen = play(tmp_path, tasks, module_defaults=defaults)
    actions = [result.get("action") for result in results]
    assert actions == [
        "created", "created", "unchanged", "updated", "cloned", None, None, "deleted", "unchanged", None,
    ]  # fmt: skip
    assert [result["changed"] for result in results] == [
        True, True, False, True, True, False, False, True, False, False,
    ]  # fmt: skip
    assert platform.write_kinds() == ["add", "update", "clone", "update", "delete"]
    assert results[3]["changed_fields"] == ["request_cpu"]
    for text in ("python_version", "because it is not quoted", "request_cpu", 'did you mean "description"'):
        assert text in results[5]["msg"]
    assert '"/models/chat"' in results[6]["msg"]
    assert '"/elsewhere"' in results[6]["msg"]
    assert [service["name"] for service in results[9]["model_services"]] == ["copy"]
    assert "HF_TOKEN" in results[4]["model_service"]["yaml"]
    assert SECRET not in json.dumps(results)
    assert constants.ADMIN_PASSWORD not in screen.replace("account_password", "")


def test_a_playbook_converges_many_services(platform: Platform, tmp_path: Path) -> None:
    module = "zstack.aios.model_services"
    declared = {"model_services": [SERVICE, {"name": "copy", "clone_from": "chat", "request_cpu": 4}]}
    changed = {"model_services": [{**SERVICE, "description": "new"}, {"name": "copy", "state": "absent"}]}
    tasks: list[dict[str, Any]] = [
        {module: declared, "check_mode": True},
        {module: declared},
        {module: declared},
        {module: changed},
        {module: {"model_services": [{"name": "chat", "request_cpu": "many"}, {"nane": "x"}]}},
    ]
    results, screen = play(tmp_path, tasks, module_defaults={"group/zstack.aios.all": platform.connection})
    assert [result["changed"] for result in results] == [True, True, False, True, False]
    assert platform.write_kinds()[:2] == ["add", "clone"]
    assert sorted(platform.write_kinds()[2:]) == ["delete", "update"]
    assert results[0]["summary"]["created"] == results[1]["summary"]["created"] == 1
    assert results[2]["summary"]["unchanged"] == 2
    assert {error["option"] for error in results[4]["failure"]["errors"]} >= {"request_cpu", "name"}
    assert constants.ADMIN_PASSWORD not in screen.replace("account_password", "")


def ad_hoc(platform: Platform, folder: Path, module: str, **params: Any) -> dict[str, Any]:
    """Run a module from the command line and return its result; every value reaches it as text."""
    given = " ".join(f"{name}={json.dumps(str(value))}" for name, value in {**platform.connection, **params}.items())
    done = run(["ansible", "localhost", "-m", f"zstack.aios.{module}", "-a", given], folder)
    _head, arrow, result = done.stdout.partition("=> ")
    assert arrow, done.stdout
    return dict(json.loads(result))


def test_modules_run_ad_hoc(platform: Platform, tmp_path: Path) -> None:
    flat = {**SERVICE, "yaml": "services: []", "python_version": "3.10"}
    assert ad_hoc(platform, tmp_path, "model_service", **flat)["action"] == "created"
    assert platform.service("chat")["pythonVersion"] == "3.10"
    platform.sim.clear_log()
    (tmp_path / "services.yml").write_text(yaml.safe_dump([flat]), encoding="utf-8")
    assert ad_hoc(platform, tmp_path, "model_services", src=tmp_path / "services.yml")["summary"]["unchanged"] == 1
    assert ad_hoc(platform, tmp_path, "model_service_info", conditions="request_cpu>=8")["total"] == 1
    assert platform.writes() == []


def test_async_tasks_run_by_themselves_and_return_their_result_later(platform: Platform, tmp_path: Path) -> None:
    """Ansible does not wait for them, so that nothing of it may end them."""
    several = {"zstack.aios.model_services": {"model_services": [{**SERVICE, "name": name} for name in ("one", "two")]}}
    single = {"zstack.aios.model_service": SERVICE}
    tasks: list[dict[str, Any]] = [
        {**several, "async": 60, "poll": 0},
        {"ansible.builtin.async_status": {"jid": "{{ result_0.ansible_job_id }}"},
         "until": "result_1.finished", "retries": 60, "delay": 0.5},
        {**single, "async": 60, "poll": 1},
    ]  # fmt: skip
    defaults = {"group/zstack.aios.all": platform.connection}
    (started, finished, waited), _screen = play(tmp_path, tasks, module_defaults=defaults)
    assert "ansible_job_id" in started and not started.get("failed")
    assert finished.get("summary", {}).get("created") == 2 and finished["changed"], json.dumps(finished)
    assert waited["action"] == "created"
    assert platform.write_kinds() == ["add"] * 3
