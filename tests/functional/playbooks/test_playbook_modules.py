# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules as users run them: by ansible-playbook, ad hoc, and as the examples of their documentation."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.simulator import constants
from ansible_collections.zstack.aios.tests.support.harness import PACKAGE

RENAMED_UUID = "90d425a802ff44eeb530f21587633700"
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


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command of Ansible's with an environment of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "ZSTACK_"))}
    homes = {f"ANSIBLE_{name}": str(folder / name) for name in ("HOME", "LOCAL_TEMP", "REMOTE_TEMP", "ASYNC_DIR")}
    env = {**kept, **homes, "ANSIBLE_NOCOLOR": "true", "ZSTACK_SERVER_UTC_OFFSET": "+00:00"}
    return subprocess.run(
        command, env=env, cwd=folder, text=True, timeout=120, check=False, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def play(folder: Path, tasks: list[dict[str, Any]], **more: Any) -> tuple[list[dict[str, Any]], str]:
    """Run tasks as one playbook; return the result of each, and the screen with all that -vvv puts there."""
    tasks = [{"register": f"result_{place}", "ignore_errors": True, **task} for place, task in enumerate(tasks)]
    results = "{{ [" + ", ".join(task["register"] for task in tasks) + "] | to_json }}"
    save = {"ansible.builtin.copy": {"content": results, "dest": str(folder / "results.json"), "mode": "0600"}}
    playbook = [{"hosts": "localhost", "gather_facts": False, "tasks": [*tasks, {**save, "no_log": True}], **more}]
    (folder / "play.yml").write_text(yaml.safe_dump(playbook), encoding="utf-8")
    done = run(["ansible-playbook", "-vvv", "--diff", "play.yml"], folder)
    assert done.returncode == 0, done.stdout
    return json.loads((folder / "results.json").read_text(encoding="utf-8")), done.stdout


def kinds(platform: Platform) -> list[str]:
    """Return the kinds of all writes in their order."""
    return [entry["kind"] for entry in platform.writes()]


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
    assert kinds(platform) == ["add", "update", "clone", "update", "delete"]
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
    assert kinds(platform)[:2] == ["add", "clone"]
    assert sorted(kinds(platform)[2:]) == ["delete", "update"]
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


@pytest.mark.parametrize("module", ["model_service", "model_service_info", "model_services", "model_services_export"])
def test_the_examples_of_the_documentation_run(platform: Platform, tmp_path: Path, module: str) -> None:
    text = importlib.import_module(f"{PACKAGE}.{module}").EXAMPLES
    replaced = {"center-1": constants.MODEL_CENTER_NAME, "/tmp/": f"{tmp_path}/", "aios.example.com": platform.sim.url}
    for word, replacement in replaced.items():
        text = text.replace(word, replacement)
    platform.sim.seed([{"name": f"team-a-{number:02}"} for number in range(20)])
    platform.sim.seed([{"name": "qwen1.5-7b-chat"}, {"name": "old", "uuid": RENAMED_UUID}])
    (tmp_path / "services").mkdir()
    kept = [{"name": f"team-a-{number:02}", "request_cpu": 2} for number in range(19)]
    (tmp_path / "services" / "team-a.yml").write_text(yaml.safe_dump({"model_services": kept}), encoding="utf-8")
    variables = {
        "aios_password": constants.ADMIN_PASSWORD,
        "aios_key_id": constants.ACCESS_KEY_ID,
        "aios_key_secret": constants.ACCESS_KEY_SECRET,
        "hf_token": SECRET,
    }
    examples = yaml.safe_load(text)
    results, _screen = play(tmp_path, examples, vars=variables)
    assert len(results) == len(examples)
    for example, result in zip(examples, results, strict=True):
        assert not result.get("failed"), (example["name"], result["msg"])
    changes = {
        "model_service": ["add", *["clone"] * 2, *["delete"] * 2, *["update"] * 2],
        "model_service_info": [],
        "model_services_export": [],
        "model_services": ["add", "clone", *["delete"] * 2, *["update"] * 19],
    }
    assert sorted(kinds(platform)) == sorted(changes[module])
    assert (tmp_path / "model-services.html").exists() == (module == "model_services")
    assert (tmp_path / "exported" / "team-a-00.config.yaml").exists() == (module == "model_services_export")


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
    assert kinds(platform) == ["add"] * 3
