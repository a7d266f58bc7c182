# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The example of an execution environment makes a complete build context, and ansible-navigator runs a playbook."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.support.declarations import services

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = Path("examples", "execution-environment")

builder = pytest.mark.skipif(not shutil.which("ansible-builder"), reason="make matrix has no ansible-builder")
navigator = pytest.mark.skipif(not shutil.which("ansible-navigator"), reason="make matrix has no ansible-navigator")


@builder
def test_the_build_context_is_complete(tmp_path: Path) -> None:
    shutil.copytree(ROOT / EXAMPLE, tmp_path / EXAMPLE)
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["version"]
    archive = tmp_path / ".build" / "dist" / f"zstack-aios-{version}.tar.gz"
    archive.parent.mkdir(parents=True)
    archive.write_bytes(b"what make dist builds")
    context = tmp_path / "context"
    command = ["ansible-builder", "create", "--file", "execution-environment.yml", "--context", str(context)]
    command += ["--output-filename", "Containerfile"]
    done = subprocess.run(command, cwd=tmp_path / EXAMPLE, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

    wanted = yaml.safe_load((context / "_build" / "requirements.yml").read_text(encoding="utf-8"))["collections"]
    assert wanted == [{"name": f"archives/{archive.name}", "type": "file"}]
    assert (context / "_build" / wanted[0]["name"]).read_bytes() == archive.read_bytes()
    recipe = (context / "Containerfile").read_text(encoding="utf-8")
    described = yaml.safe_load((ROOT / EXAMPLE / "execution-environment.yml").read_text(encoding="utf-8"))
    needed = described["dependencies"]
    for quoted in (
        described["images"]["base_image"]["name"],
        needed["python_interpreter"]["package_system"],
        needed["python_interpreter"]["python_path"],
        needed["ansible_core"]["package_pip"],
        needed["ansible_runner"]["package_pip"],
    ):
        assert quoted in recipe, quoted
    assert "ansible-galaxy collection install" in recipe and "-r requirements.yml" in recipe


@navigator
def test_navigator_runs_a_playbook(platform: Platform, tmp_path: Path, scratch: Path) -> None:
    task = {"zstack.aios.model_services": {**platform.connection, "model_services": services(2)}}
    (tmp_path / "play.json").write_text(
        json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": [task]}]), encoding="utf-8"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    own = {"ANSIBLE_HOME": str(tmp_path / "home"), "ANSIBLE_LOCAL_TEMP": str(scratch), "TMPDIR": str(scratch)}
    quiet = ("--mode", "stdout", "--pae", "false", "--la", "false", "--lf", str(tmp_path / "navigator.log"))
    done = subprocess.run(
        ["ansible-navigator", "run", "play.json", "--ee", "false", *quiet],
        cwd=tmp_path, env={**kept, **own}, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "failed=0" in done.stdout
    assert len(platform.sim.services()) == 2
