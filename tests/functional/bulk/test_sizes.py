# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The result of ten thousand services fits into what AWX keeps, and the arguments of a task hold no declarations."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import RawItem, validate_items
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import MODEL_SERVICE
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.simulator import constants
from ansible_collections.zstack.aios.tests.support.declarations import service, services, stored

#: AWX drops an event above 700,000 characters.
MOST = 600_000
TEN_THOUSAND = 10_000


def size(result: Any) -> int:
    """Return how long a result is as JSON, as an event carries it."""
    return len(json.dumps(result))


def test_ten_thousand_planned_creations_with_diff_fit(platform: Platform) -> None:
    declared = services(TEN_THOUSAND, description="for the test of sizes " * 5)
    result = platform.run("model_services", {"model_services": declared}, check=True, diff=True)
    assert not result.failed, result["msg"]
    assert result["summary"]["created"] == TEN_THOUSAND
    assert size(result) < MOST
    assert len(result["results"]) + result.get("results_omitted", 0) == TEN_THOUSAND
    cut = result["diff"][-1]
    shown = len(result["diff"]) - 1
    assert shown > 100
    assert f"{TEN_THOUSAND - shown} more services changed; the diff is cut to fit" in cut["after"]


def test_uuids_of_ten_thousand_services_fit_and_the_json_report_has_all(platform: Platform, tmp_path: Path) -> None:
    platform.sim.seed([stored(one) for one in services(TEN_THOUSAND)])
    report = tmp_path / "report.json"
    params = {"model_services": [{"name": one["name"]} for one in services(TEN_THOUSAND)], "report_path": str(report)}
    result = platform.run("model_services", params)
    assert result["summary"]["unchanged"] == TEN_THOUSAND
    assert len(result["uuids"]) + result.get("uuids_omitted", 0) == TEN_THOUSAND
    assert len(result["uuids"]) > 5000
    assert size(result) < MOST
    assert len(json.loads(report.read_text())["uuids"]) == TEN_THOUSAND


def test_thousands_of_changes_of_long_texts_fit(platform: Platform) -> None:
    declared = services(4000)
    platform.sim.seed([stored(one) for one in declared])
    for one in declared:
        one["yaml"] += "\nenv:\n" + "\n".join(f"- SETTING_{n}: value-{n}" for n in range(20))
        one["description"] = "changed"
    result = platform.run("model_services", {"model_services": declared}, check=True, diff=True)
    assert result["summary"]["updated"] == 4000
    assert size(result) < MOST
    assert len(result["results"]) + result["results_omitted"] == 4000


def test_thousands_of_failures_fit_and_every_one_is_counted(platform: Platform) -> None:
    details = "the request was refused, because " + "a long reason " * 100
    fault = {"status": {"code": 503, "body": json.dumps({"error": {"code": "ORG.1", "details": details}})}}
    platform.sim.faults([{"match": {"kind": "add", "times": 0}, "fault": fault}])
    result = platform.run("model_services", {"model_services": services(1000)}, diff=True)
    assert result.failed
    assert result["summary"]["failed"] == 1000
    assert len(result["results"]) + result.get("results_omitted", 0) == 1000
    assert size(result) < MOST


def test_thousands_of_errors_fit_and_are_counted(platform: Platform) -> None:
    declared = [service(f"m-{n}", request_cpus=1, python_version=3.10) for n in range(5000)]
    result = platform.run("model_services", {"model_services": declared})
    assert result.failed
    assert result["failure"]["errors_total"] == 10_000
    assert "more" in result["msg"]
    assert size(result) < MOST


def test_five_thousand_services_are_checked_in_two_seconds(tmp_path: Path) -> None:
    raws = [RawItem(one, f"model_services[{n}]") for n, one in enumerate(services(5000))]
    started = time.process_time()
    items, errors = validate_items(MODEL_SERVICE, raws)
    assert (len(items), errors) == (5000, [])
    # Goal: 2 s; the time is this thread's own, and a busy machine stretches that too.
    assert time.process_time() - started < 4


def test_ten_thousand_unchanged_services_are_only_counted_and_take_less_than_300_mebibytes(
    platform: Platform, tmp_path: Path
) -> None:
    declared = services(TEN_THOUSAND)
    for start in range(0, TEN_THOUSAND, 2500):
        platform.sim.seed([stored(one) for one in declared[start : start + 2500]])
    program = (
        "import json, sys\n"
        "from ansible_collections.zstack.aios.tests.support.harness import run_module\n"
        "result = run_module('model_services', json.load(sys.stdin), diff=True)\n"
        "peak = next(line for line in open('/proc/self/status') if line.startswith('VmHWM'))\n"
        "print(json.dumps([result, int(peak.split()[1])]))\n"
    )
    params = json.dumps({**platform.connection, "model_services": declared})
    process = subprocess.run([sys.executable, "-c", program], input=params, capture_output=True, text=True, check=True)
    result, peak = json.loads(process.stdout)
    assert result["summary"]["unchanged"] == TEN_THOUSAND
    assert size(result) < MOST
    assert size({**result, "uuids": {}}) < 3000
    assert result["invocation"]["module_args"]["model_services"] == f"{TEN_THOUSAND} entries"
    assert peak < 300 * 1024, f"{peak} KiB"


CALLBACK = """
from ansible.plugins.callback import CallbackBase

class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "arguments"

    def v2_runner_on_ok(self, result):
        self._display.display("ARGUMENTS " + str(result._task.args))
"""


@pytest.fixture
def playbook_environment(tmp_path: Path) -> dict[str, str]:
    """The environment for ansible-playbook, with a callback that prints a task's arguments, as AWX's events carry them."""
    (tmp_path / "arguments.py").write_text(CALLBACK, encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    return {
        **kept,
        "ANSIBLE_HOME": str(tmp_path / "ansible"),
        "ANSIBLE_CALLBACK_PLUGINS": str(tmp_path),
        "ANSIBLE_CALLBACKS_ENABLED": "arguments",
        "ANSIBLE_NOCOLOR": "true",
        "ANSIBLE_LOCALHOST_WARNING": "false",
    }


def test_the_arguments_of_a_task_hold_neither_declarations_nor_secrets(
    platform: Platform, tmp_path: Path, playbook_environment: dict[str, str]
) -> None:
    secret = "hf_1234567890abcdef"
    declared = [service(f"m-{n}", environment_parameters={"HF_TOKEN": secret}) for n in range(3)]
    task = {
        "zstack.aios.model_services": {
            **platform.connection,
            "model_services": "{{ declared }}",
            "defaults": {"environment_parameters": {"HF_TOKEN": secret}},
        },
        "register": "applied",
        # Run twice: the second time, too, the module must get what was declared.
        "until": "applied.attempts >= 2",
        "retries": 2,
        "delay": 0,
    }
    play = {"hosts": "localhost", "gather_facts": False, "vars": {"declared": declared}, "tasks": [task]}
    playbook = tmp_path / "play.yml"
    playbook.write_text(json.dumps([play]), encoding="utf-8")
    process = subprocess.run(
        ["ansible-playbook", "-vvv", str(playbook)],
        env=playbook_environment,
        capture_output=True,
        text=True,
        check=False,
    )
    output = process.stdout + process.stderr
    assert process.returncode == 0, output
    assert platform.logins() == 2
    assert len(platform.sim.services()) == 3
    arguments = next(line for line in output.splitlines() if line.startswith("ARGUMENTS "))
    assert "3 entries" in arguments
    assert "start_command" not in arguments
    assert secret not in output
    assert constants.ADMIN_PASSWORD not in output
