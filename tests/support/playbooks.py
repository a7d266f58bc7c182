# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An inventory of simulated platforms, and the means to run playbooks on it."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.zstack.aios.tests.simulator import constants
from ansible_collections.zstack.aios.tests.simulator.launcher import Simulator

PASSWORD_VARIABLE: dict[str, Any] = {"model_services_account_name": constants.ADMIN_ACCOUNT}


def service(name: str, **more: Any) -> dict[str, Any]:
    """Return a declaration that can be created."""
    return {
        "name": name,
        "model_center": constants.MODEL_CENTER_NAME,
        "install_path": f"/models/{name}",
        "start_command": f"vllm serve /models/{name}",
        "request_cpu": 8,
        "request_memory": 32768,
        "yaml": {"services": [{"name": name, "ports": [8000]}]},
        **more,
    }


@dataclass
class Run:
    """What one ansible-playbook did."""

    code: int
    text: str

    @property
    def changed(self) -> dict[str, int]:
        """How many tasks changed something, by host."""
        return {host: int(number) for host, number in re.findall(r"^(\S+) +: ok=\d+ +changed=(\d+)", self.text, re.M)}

    @property
    def failures(self) -> dict[str, str]:
        """Why a task failed, by host."""
        found = re.findall(r"^fatal: \[(\S+?)(?: -> \S+)?\]: FAILED! => (\{.*\})$", self.text, re.M)
        return {host: json.loads(result)["msg"] for host, result in found}

    @property
    def stats(self) -> dict[str, Any]:
        """What a workflow's next node would get."""
        found = re.search(r"^\tRUN: (\{.*\})$", self.text, re.M)
        return json.loads(found[1]) if found else {}


class Field:
    """An inventory of simulated platforms and the means to run playbooks on it."""

    def __init__(self, folder: Path, platforms: dict[str, Simulator]) -> None:
        self.folder = folder
        self.platforms = platforms
        self.inventory = folder / "inventory"
        self.hosts = {
            host: {"model_services_host": simulator.url, **PASSWORD_VARIABLE} for host, simulator in platforms.items()
        }

    def declare(self, host: str, **variables: Any) -> None:
        """Give a host further variables."""
        self.hosts[host].update(variables)

    def run(self, playbook: str, *options: str, variables: dict[str, Any] | None = None, **env: str) -> Run:
        """Run a playbook, and others among the options, on the inventory, or on none when it has no host."""
        self.inventory.mkdir(exist_ok=True)
        (self.inventory / "hosts.yml").write_text(
            yaml.safe_dump({"platforms": {"hosts": self.hosts}}), encoding="utf-8"
        )
        command = ["ansible-playbook", playbook, *options, "-e", json.dumps(variables or {})]
        process = subprocess.run(
            command, env=self._environment(env), cwd=self.folder, text=True, errors="replace",
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=120, check=False,
        )  # fmt: skip
        return Run(process.returncode, process.stdout)

    def _environment(self, more: dict[str, str]) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "ZSTACK_"))}
        return {
            **kept,
            "ANSIBLE_HOME": str(self.folder / "ansible"),
            "ANSIBLE_LOCAL_TEMP": str(self.folder / "local"),
            "ANSIBLE_REMOTE_TEMP": str(self.folder / "remote"),
            "ANSIBLE_SHOW_CUSTOM_STATS": "true",
            "ANSIBLE_NOCOLOR": "true",
            "ZSTACK_ACCOUNT_PASSWORD": constants.ADMIN_PASSWORD,
            **({"ANSIBLE_INVENTORY": str(self.inventory)} if self.hosts else {}),
            **more,
        }

    def writes(self, host: str) -> list[str]:
        """Return what kinds of change a platform was asked for."""
        return [entry["kind"] for entry in self.platforms[host].writes()]

    def names(self, host: str) -> list[str]:
        """Return the names of a platform's services."""
        return sorted(each["name"] for each in self.platforms[host].services())
