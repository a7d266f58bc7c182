# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The everyday jobs of ``examples/jobs`` do what their names say."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.simulator import constants
from ansible_collections.zstack.aios.tests.support.declarations import service, stored

JOBS = Path(__file__).resolve().parents[2] / "examples" / "jobs"
TOKEN = "hf_jobs_example_token"


class Job:
    """A copy of the jobs, and a platform whose address and credentials are in the environment."""

    def __init__(self, platform: Platform, folder: Path) -> None:
        self.platform = platform
        self.folder = folder / "jobs"
        shutil.copytree(JOBS, self.folder)
        (self.folder / "password").write_text("example\n", encoding="utf-8")

    def command(self, *words: str, fails: bool = False) -> str:
        """Run a command in the folder of the jobs, and return what it displays."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "ZSTACK_"))}
        own = {f"ANSIBLE_{name}": str(self.folder / name) for name in ("HOME", "LOCAL_TEMP", "REMOTE_TEMP")}
        login = {
            "ZSTACK_HOST": self.platform.sim.url,
            "ZSTACK_ACCOUNT_NAME": constants.ADMIN_ACCOUNT,
            "ZSTACK_ACCOUNT_PASSWORD": constants.ADMIN_PASSWORD,
        }
        done = subprocess.run(
            words, cwd=self.folder, env={**kept, **own, **login, "ANSIBLE_NOCOLOR": "true"}, text=True, timeout=120,
            check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert (done.returncode != 0) == fails, done.stdout
        return done.stdout

    def play(self, name: str, *options: str, fails: bool = False) -> str:
        """Run the playbook of a job, and return what it displays."""
        return self.command("ansible-playbook", f"{name}.yml", *options, fails=fails)

    def settles(self, name: str, *options: str) -> None:
        """Assert that a second run of a job writes nothing."""
        self.platform.sim.clear_log()
        self.play(name, *options)
        assert self.platform.writes() == []

    def seed_declared(self) -> list[dict[str, Any]]:
        """Apply the services of the jobs."""
        declared: list[dict[str, Any]] = yaml.safe_load((self.folder / "services" / "chat.yml").read_text("utf-8"))
        assert not self.platform.run("model_services", {"model_services": declared}).failed
        self.platform.sim.clear_log()
        return declared

    def names(self) -> list[str]:
        """Return the names of all services, in order."""
        return sorted(one["name"] for one in self.platform.sim.services())


@pytest.fixture
def job(platform: Platform, tmp_path: Path) -> Job:
    """The jobs on an empty platform."""
    return Job(platform, tmp_path)


def test_adopt(job: Job) -> None:
    job.platform.sim.seed([stored(service(name)) for name in ("b", "a")])
    job.play("adopt")
    files = sorted(path.name for path in (job.folder / "adopted").iterdir())
    assert files == ["a.config.yaml", "a.yml", "b.config.yaml", "b.yml"]
    assert job.platform.writes() == []
    assert "changed=0" in job.play("adopt")


def test_rename(job: Job) -> None:
    uuids = job.platform.sim.seed([stored(service("team-a-chat"))])
    job.play("rename")
    assert [(one["name"], one["uuid"]) for one in job.platform.sim.services()] == [("team-a-assistant", uuids[0])]
    job.settles("rename")


def test_blue_and_green(job: Job) -> None:
    job.platform.sim.seed([stored(service("chat-blue"))])
    job.play("blue_green")
    [green] = job.platform.sim.services()
    assert green["name"] == "chat-green" and "prefix-caching" in green["startCommand"]
    job.settles("blue_green")


def test_three_environments(job: Job) -> None:
    for stage, cpus in (("dev", 2), ("test", 4), ("prod", 16)):
        job.platform.sim.reset()
        job.play("stages", "-e", f"stage={stage}")
        chat = job.platform.service("chat")
        assert (chat["requestCpu"], chat["requestMemory"]) == (cpus, 16384)
    job.settles("stages", "-e", "stage=prod")


def test_secrets_from_vault(job: Job) -> None:
    job.seed_declared()
    shown = job.play("secrets", "-vvv", "--diff", "--vault-password-file", "password")
    assert TOKEN not in shown
    assert TOKEN in job.platform.service("team-a-chat")["yaml"]
    job.settles("secrets", "--vault-password-file", "password")


def test_merge_request_plan_approval_and_apply(job: Job) -> None:
    shown = job.play("merge_request")
    assert job.platform.writes() == []
    assert "1/2 to create: team-a-chat" in shown
    assert "Plan: 2 services would change" in (job.folder / "plan.md").read_text("utf-8")
    digest = re.findall(r"approved=([0-9a-f]{64})", shown)[0]
    job.play("merge_request", "-e", f"approved={'0' * 64}", fails=True)
    assert job.platform.writes() == []
    job.play("merge_request", "-e", f"approved={digest}")
    assert job.names() == ["team-a-chat", "team-a-embedding"]


def test_drift(job: Job) -> None:
    declared = job.seed_declared()
    job.play("drift")
    job.platform.sim.seed([stored(service("team-a-unknown"))])
    changed = {**declared[0], "request_cpu": 63}
    job.platform.run("model_services", {"model_services": [changed]})
    shown = job.play("drift", fails=True)
    assert "aios differs from its declaration: 0 to create, 1 to update, 0 to delete, 1 not declared" in shown
    assert "To update: team-a-chat (request_cpu). Not declared: team-a-unknown." in shown


def test_prune(job: Job) -> None:
    job.seed_declared()
    job.platform.sim.seed([stored(service(name)) for name in ("team-a-old", "team-b-chat")])
    job.play("prune")
    assert job.names() == ["team-a-chat", "team-a-embedding", "team-b-chat"]
    job.settles("prune")


def test_a_table_of_a_query(job: Job) -> None:
    job.seed_declared()
    job.play("table")
    written = (job.folder / "services.csv").read_text("utf-8")
    assert written == "name,request_cpu,framework\nteam-a-chat,8,vLLM\n"


def test_bulk_edit(job: Job) -> None:
    job.seed_declared()
    job.platform.sim.seed([stored(service("team-b-chat"))])
    job.play("bulk_edit")
    cpus = {one["name"]: one["requestCpu"] for one in job.platform.sim.services()}
    assert cpus == {"team-a-chat": 16, "team-a-embedding": 16, "team-b-chat": 4}
    job.settles("bulk_edit")
    assert lines("bulk_edit.yml") <= 11


def test_yaml_in_its_own_file(job: Job) -> None:
    job.seed_declared()
    job.play("yaml_file")
    assert yaml.safe_load(job.platform.service("team-a-chat")["yaml"])["services"][0]["ports"] == [8000, 8001]
    job.settles("yaml_file")


def test_ad_hoc(job: Job) -> None:
    job.seed_declared()
    shown = job.command("sh", "ad_hoc")
    assert '"total": 2' in shown and '"name": "team-a-chat"' in shown
    assert "team-a-embedding" not in shown
    assert job.platform.service("team-a-chat")["requestCpu"] == 12


def test_a_service_used_by_other_tasks(job: Job) -> None:
    job.play("uuid")
    uuid = job.platform.service("team-a-chat")["uuid"]
    assert (job.folder / "application.env").read_text("utf-8") == f"MODEL_SERVICE={uuid}\n"
    job.settles("uuid")


def lines(name: str) -> int:
    """Return the number of lines of a job, without blank ones and comments."""
    text = (JOBS / name).read_text("utf-8")
    return len([line for line in text.splitlines() if line.strip() and not line.startswith(("#", "---"))])


def test_every_job_is_short_and_has_a_test() -> None:
    source = Path(__file__).read_text("utf-8")
    table = (JOBS / "README.md").read_text("utf-8")
    playbooks = [path.name for path in JOBS.glob("*.yml") if path.name != "vault.yml"]
    for name in playbooks:
        assert f'"{Path(name).stem}"' in source
        assert lines(name) <= 20
        assert f"`{name}`" in table
    assert lines("ad_hoc") <= 5
    # The job of three platforms is a project of its own, with a test of its own: test_layers.py.
    assert len(playbooks) + len(("ad_hoc", "../layers")) == table.count("\n| ") - 1 == 14
