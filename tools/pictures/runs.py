# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of the demo's inventory on simulated platforms, whose output and reports are drawn and used."""

from __future__ import annotations

import json
import pathlib
import tempfile
from dataclasses import dataclass, field
from typing import Any

import yaml
from ansible_collections.zstack.aios.plugins.module_utils._report.languages import LANGUAGES

from tools.demo.commands import PLATFORMS, Demo, expect, platforms

#: Services in the large report.
MANY = 10_000
#: Written at the top of the terminal, as a person would type it.
PLAN_COMMAND = f"ansible-playbook -i inventory zstack.aios.plan --limit {PLATFORMS[0]}"


@dataclass
class Runs:
    """What the runs left.

    :ivar terminal: what the plan printed, with the colours of a terminal.
    :ivar plans: the report of that plan, by language; so are the others.
    :ivar failures: the joint report of two platforms on which services failed.
    :ivar large: the report of a plan of many services.
    """

    terminal: str = ""
    plans: dict[str, pathlib.Path] = field(default_factory=dict)
    failures: dict[str, pathlib.Path] = field(default_factory=dict)
    large: dict[str, pathlib.Path] = field(default_factory=dict)


def run_all(folder: pathlib.Path) -> Runs:
    """Run everything, and write the reports into ``folder``."""
    runs = Runs()
    folder.mkdir(parents=True, exist_ok=True)
    with platforms() as simulators, tempfile.TemporaryDirectory(prefix="pictures-") as temporary:
        demo = Demo(pathlib.Path(temporary), folder, simulators, colour=True)
        for language in LANGUAGES:
            runs.failures[language] = _fail(demo, language)
        demo.run("ansible-playbook", "zstack.aios.provision", lines=3)
        _change(demo.inventory)
        for language in LANGUAGES:
            runs.plans[language], runs.terminal = _plan(demo, language)
        many = pathlib.Path(temporary, "many.yml")
        many.write_text(json.dumps(_many()), encoding="utf-8")
        for language in LANGUAGES:
            runs.large[language] = _plan_many(demo, language, many)
    return runs


def _fail(demo: Demo, language: str) -> pathlib.Path:
    """Apply to two empty platforms that refuse some services, and leave them empty."""
    for simulator in demo.simulators.values():
        refusal = {"job_error": {"code": "ORG.1", "details": "the quota of GPUs is used up"}}
        simulator.faults([{"match": {"kind": "add", "nth": 2, "times": 2}, "fault": refusal}])
    report = demo.reports / f"failures-{language}.html"
    demo.run("ansible-playbook", "zstack.aios.provision", *_report(report, language), lines=3, succeeds=False)
    for simulator in demo.simulators.values():
        simulator.clear_faults()
        simulator.clear_services()
    return report


def _plan(demo: Demo, language: str) -> tuple[pathlib.Path, str]:
    report = demo.reports / f"plan-{language}.html"
    limit = ("--limit", PLATFORMS[0])
    outcome = demo.run("ansible-playbook", "zstack.aios.plan", *limit, *_report(report, language), lines=3)
    summary = outcome.stats[PLATFORMS[0]]
    counts = {kind: summary[kind] for kind in ("cloned", "updated", "deleted")}
    expect(counts == {"cloned": 1, "updated": 2, "deleted": 1}, f"planned {counts}")
    return report, outcome.text


def _plan_many(demo: Demo, language: str, source: pathlib.Path) -> pathlib.Path:
    """Plan many services in one task on the platform that the demo has filled."""
    report = demo.reports / f"large-{language}.html"
    arguments = {"src": str(source), "report_path": str(report), "report_language": language}
    module = ("ansible", "localhost", "--check", "-m", "zstack.aios.model_services", "-a", json.dumps(arguments))
    demo.run(*module, lines=3)
    return report


def _report(path: pathlib.Path, language: str) -> tuple[str, str]:
    variables = {"model_services_report_path": str(path), "model_services_report_language": language}
    return "-e", json.dumps(variables)


def _change(inventory: pathlib.Path) -> None:
    """Change what is declared, as a team would: two values, a setting of a file, one service more and one less."""
    file = inventory / "group_vars" / "datacenter.yml"
    declared = yaml.safe_load(file.read_text(encoding="utf-8"))
    coder, deepseek = (_named(declared["model_services_items__llm"], part) for part in ("coder", "deepseek"))
    coder["request_memory"] = 65536
    deepseek["start_command"] = deepseek["start_command"].replace("65536", "131072")
    deepseek["yaml"]["services"][0]["serviceBootupTime"] = 1200
    retired = _named(declared["model_services_items__vision"], "diffusion")
    declared["model_services_items__vision"] = [{"name": retired["name"], "state": "absent"}]
    declared["model_services_items__vision"].append({"name": "qwen3-32b-legal", "clone_from": "qwen3-32b"})
    file.write_text(yaml.safe_dump(declared, allow_unicode=True, sort_keys=False), encoding="utf-8")


def _named(services: list[dict[str, Any]], part: str) -> dict[str, Any]:
    (found,) = (service for service in services if part in service["name"])
    return found


def _many() -> list[dict[str, Any]]:
    """Declare many new services, and some of the demo's otherwise."""
    new = [
        {
            "name": f"chat-{number:05}",
            "model_center": "model-center-1",
            "description": f"Chat for team {number % 400}",
            "install_path": "/models/Qwen2.5-7B-Instruct",
            "start_command": f"vllm serve /models/Qwen2.5-7B-Instruct --port {8000 + number % 1000}",
            "request_cpu": 4 + number % 8,
            "request_memory": 16384,
            "yaml": {"services": [{"name": "chat", "ports": [8000 + number % 1000]}]},
        }
        for number in range(1, MANY - 2)
    ]
    changed = [{"name": "qwen3-32b", "request_cpu": 24}, {"name": "bge-m3-embedding", "request_memory": 16384}]
    return [*new, *changed, {"name": "opencompass-evaluation", "state": "absent"}]
