# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs tasks as users do, by ansible-playbook and by other commands of Ansible."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import yaml


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
