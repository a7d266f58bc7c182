# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A search for every secret after every kind of run: results, warnings, output, syslog, reports, arguments, files."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils import basic
from ansible_collections.zstack.aios.plugins.module_utils._platform.services import Services
from ansible_collections.zstack.aios.plugins.module_utils._rest.auth import Auth
from ansible_collections.zstack.aios.tests.chaos.running import log_in
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.simulator import constants, sessions
from ansible_collections.zstack.aios.tests.support.harness import run_module
from ansible_collections.zstack.aios.tests.support.raw_server import RawServer, responding

TOKEN, DATABASE, OLD_TOKEN = "hf-token-value-91c3", "db-password-value-47aa", "old-token-value-02be"
YAML = f"services:\n- name: demo\nenv:\n- HF_TOKEN:{OLD_TOKEN}\n- MODE:fast"
NEW: dict[str, Any] = {
    "name": "chat",
    "yaml": {"services": [{"name": "demo"}], "env": [f"HF_TOKEN:{TOKEN}", {"name": "DB_PASSWORD", "value": DATABASE}]},
    "request_cpu": 4,
    "request_memory": 8192,
    "model_center_uuid": constants.MODEL_CENTER_UUID,
    "install_path": "/models/chat",
    "start_command": "serve",
    "environment_parameters": {"HF_TOKEN": TOKEN, "MODE": "fast"},
    "startup_parameters": {"api_key": DATABASE},
    "inference_params": {"secret": TOKEN},
}
#: The platform repeats what it was sent.
REPEATED = {
    "match": {"kind": "add"},
    "fault": {"job_error": {"code": "AIOS.1", "details": f"bad value {{HF_TOKEN={TOKEN}, DB_PASSWORD={DATABASE}}}"}},
}
STORED = {
    "name": "stored",
    "yaml": YAML,
    "installPath": "/models/chat",
    "environmentParameters": {"HF_TOKEN": OLD_TOKEN},
}
#: A result of a job that shows nothing of what was asked.
BARE = {"wrong_shape": {"body": {"inventory": {"uuid": "0" * 32}}}}
WAYS: dict[str, dict[str, Any]] = {
    "account": {"account_name": constants.ADMIN_ACCOUNT, "account_password": constants.ADMIN_PASSWORD},
    "access key": {"access_key_id": constants.ACCESS_KEY_ID, "access_key_secret": constants.ACCESS_KEY_SECRET},
    "session": {},
}
QUICK = {"timeout": 1, "job_timeout": 1}


class Watch:
    """Collects the credentials that were sent and what reached syslog, and searches for secrets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.logged: list[str] = []
        self.credentials: set[str] = set()
        sign = Auth.sign

        def noted(auth: Auth, method: str, path: str) -> Mapping[str, str]:
            headers = sign(auth, method, path)
            self.credentials.update(headers["Authorization"].replace(":", " ").split()[1:])
            return headers

        monkeypatch.setattr(Auth, "sign", noted)
        monkeypatch.setattr(basic, "has_journal", False)
        monkeypatch.setattr("syslog.syslog", lambda _level, text: self.logged.append(text))

    def secrets(self, with_values: bool = True) -> set[str]:
        """Return all that must not be seen."""
        known = {constants.ACCESS_KEY_SECRET, sessions.digest(constants.ADMIN_PASSWORD)}
        values = {TOKEN, DATABASE, OLD_TOKEN} if with_values else set()
        return known | values | (self.credentials - {constants.ACCESS_KEY_ID})

    def search(self, *texts: str) -> None:
        """Assert that nothing is seen: neither in the texts nor in what was logged."""
        for text in (*texts, *self.logged):
            for secret in self.secrets():
                assert secret not in text, f"{secret[:6]}... is shown"
            # The password is a common word, so that it is looked for where a value would stand.
            for shown in (
                f'"{constants.ADMIN_PASSWORD}"',
                f"={constants.ADMIN_PASSWORD}",
                f"'{constants.ADMIN_PASSWORD}'",
            ):
                assert shown not in text


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Watches the test."""
    return Watch(monkeypatch)


def connection(platform: Platform, way: str) -> dict[str, Any]:
    """Return the connection options of one way to authenticate."""
    given = {"session_uuid": log_in(platform.sim)} if way == "session" else WAYS[way]
    return {"host": platform.sim.url, **QUICK, **given}


Rules = list[dict[str, Any]]
RUNS: dict[str, tuple[str, dict[str, Any], Rules]] = {
    "create": ("model_services", {"model_services": [NEW]}, []),
    "create one": ("model_service", NEW, []),
    "update": ("model_services", {"model_services": [{**NEW, "name": "stored"}]}, []),
    "update one": ("model_service", {**NEW, "name": "stored"}, []),
    "delete": ("model_services", {"model_services": [{"name": "stored", "state": "absent"}]}, []),
    "clone": ("model_service", {"name": "chat", "clone_from": "stored", "environment_parameters": {"HF_TOKEN": TOKEN}}, []),
    "query": ("model_service_info", {}, []),
    "declare": ("model_service_info", {"declared": True}, []),
    "an invalid declaration": (
        "model_services",
        {"model_services": [{**NEW, "environment_parameters": {"HF_TOKEN": [TOKEN]}}, {**NEW, "token": DATABASE}]},
        [],
    ),
    "a refused plan": ("model_services", {"model_services": [{**NEW, "name": "stored", "install_path": "/other"}]}, []),
    "a refused write": (
        "model_services", {"model_services": [NEW]}, [{"match": {"kind": "add"}, "fault": {"job_error": {"code": "SYS.1007"}}}],
    ),
    "an uncertain write": ("model_service", NEW, [{"match": {"kind": "add"}, "fault": "job_stuck"}]),
    "an ignored field": (
        "model_service", NEW, [{"match": {"kind": "poll", "times": 0}, "fault": BARE}],
    ),
    "an expired session": ("model_service", NEW, [{"match": {"kind": "add"}, "fault": "session_gone"}]),
    "a broken login": ("model_service", NEW, [{"match": {"kind": "login", "times": 0}, "fault": "cut_answer"}]),
    "a garbled listing": ("model_service_info", {}, [{"match": {"kind": "query", "times": 0}, "fault": "broken_json"}]),
    "an unconfirmed logout": (
        "model_service", NEW, [{"match": {"kind": "logout", "times": 0}, "fault": {"status": {"code": 502}}}],
    ),
    "an outage": ("model_service", NEW, [{"match": {"times": 0}, "fault": "close_before"}]),
    "the platform repeats values": ("model_service", NEW, [REPEATED]),
    "it repeats them of one of many": ("model_services", {"model_services": [NEW]}, [REPEATED]),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("module, params, rules", RUNS.values(), ids=RUNS)
def test_no_secret_is_shown_after_any_run(
    platform: Platform,
    watch: Watch,
    capfd: pytest.CaptureFixture[str],
    module: str,
    params: dict[str, Any],
    rules: Rules,
    way: str,
) -> None:
    platform.sim.seed([STORED])
    given = connection(platform, way)
    platform.sim.faults(rules)
    results = [run_module(module, {**given, **params}, check=True, diff=True)]
    results.append(run_module(module, {**given, **params}, diff=True))
    printed = capfd.readouterr()
    watch.search(json.dumps(results), printed.out, printed.err)
    assert watch.logged, "the module logged that it was called"


@pytest.mark.parametrize("suffix", [".html", ".md", ".json"])
@pytest.mark.parametrize("way", WAYS)
def test_no_secret_is_shown_in_a_report(
    platform: Platform, watch: Watch, tmp_path: Path, suffix: str, way: str
) -> None:
    platform.sim.seed([STORED])
    path = tmp_path / f"report{suffix}"
    items = [NEW, {**NEW, "name": "stored"}]
    params = {**connection(platform, way), "model_services": items, "report_path": str(path)}
    assert not run_module("model_services", params).failed
    watch.search(path.read_text(encoding="utf-8"))
    assert [file.name for file in tmp_path.iterdir()] == [path.name], "no other file is left"


@pytest.mark.parametrize("way", WAYS)
def test_no_secret_is_shown_when_the_collection_itself_fails(
    platform: Platform, watch: Watch, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    def broken(services: Services, values: Mapping[str, Any], uuid: str) -> None:
        raise RuntimeError("a fault of the collection")

    monkeypatch.setattr(Services, "create", broken)
    result = run_module("model_services", {**connection(platform, way), "model_services": [NEW]})
    assert result.failed
    monkeypatch.setattr(Services, "listing", broken)
    traced = run_module("model_services", {**connection(platform, way), "model_services": [NEW]})
    assert traced["failure"]["code"] == "internal"
    watch.search(json.dumps([result, traced]))


@pytest.mark.parametrize("status", [200, 302, 400, 403, 404, 429, 500, 502, 503])
@pytest.mark.parametrize("way", WAYS)
def test_credentials_that_a_server_echoes_are_redacted(watch: Watch, status: int, way: str) -> None:
    """Proxies and debugging servers repeat the request in their error pages."""

    def echo(talk: socket.socket, head: str) -> None:
        body = json.dumps({"error": {"code": "SYS.1007", "details": head}}) if status == 503 else head
        responding(status, body.encode(), "Location: http://example.com/\r\n")(talk, head)

    given = WAYS[way] or {"session_uuid": "0123456789abcdef0123456789abcdef"}
    with RawServer(echo) as server:
        result = run_module("model_service_info", {"host": server.url, **QUICK, **given})
    assert result.failed
    watch.search(json.dumps(result))
    assert server.requests
    assert watch.credentials or way == "account"


@pytest.mark.parametrize("fault", ["cut_answer", {"wrong_shape": {"body": "0123456789abcdef0123456789abcdef"}}])
def test_a_session_is_not_shown_by_a_login_that_cannot_be_read(platform: Platform, fault: Any) -> None:
    platform.sim.faults([{"match": {"kind": "login", "times": 0}, "fault": fault}])
    result = platform.run("model_service_info", QUICK)
    assert result.failed
    assert not re.search("[0-9a-f]{8}", result["msg"])


def test_a_redacted_value_that_is_declared_keeps_the_platforms_secret(platform: Platform) -> None:
    """What results redact can be declared: the platform's own value stays, also beside a new yaml."""
    platform.sim.seed([STORED])
    params = {
        "name": "stored",
        "yaml": "services:\n- name: other",
        "environment_parameters": {"HF_TOKEN": "********", "MODE": "slow"},
    }
    assert platform.run("model_service", params)["action"] == "updated"
    assert platform.service("stored")["environmentParameters"] == {"HF_TOKEN": OLD_TOKEN, "MODE": "slow"}


# A real playbook


def arguments_of_processes(variable: str) -> Iterator[str]:
    """Yield the arguments of every process that has this variable in its environment."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if variable.encode() in (entry / "environ").read_bytes().split(b"\0"):
                    yield (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            except OSError:
                continue


def run_and_watch(command: list[str], environment: Mapping[str, str]) -> tuple[str, set[str]]:
    """Run a command to its end; return its output, and the arguments of every process that it was seen to start."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, text=True)
    arguments: set[str] = set()

    def watch() -> None:
        while process.poll() is None:
            arguments.update(arguments_of_processes(f"TMPDIR={environment['TMPDIR']}"))
            time.sleep(0.02)

    watcher = threading.Thread(target=watch)
    watcher.start()
    output, _nothing = process.communicate()
    watcher.join()
    assert process.returncode == 0, output[-3000:]
    return output, arguments


@pytest.fixture
def playbook(tmp_path: Path) -> Path:
    """A playbook of every module, whose credentials and secrets are variables of a file."""
    shared = {"host": "{{ host }}", "account_name": "admin", "account_password": "{{ password }}"}
    one = {**shared, **NEW, "yaml": YAML, "environment_parameters": {"HF_TOKEN": "{{ token }}"}}
    tasks = [
        {"zstack.aios.model_service": one, "register": "made"},
        {"zstack.aios.model_services": {**shared, "model_services": [{**NEW, "name": f"s{n}"} for n in range(3)]}},
        {"zstack.aios.model_service_info": {**shared, "name": "chat"}, "register": "found"},
        {"ansible.builtin.debug": {"var": "found"}},
        {"zstack.aios.model_services": {**shared, "model_services": [{**NEW, "request_cpu": "many"}]}, "ignore_errors": True},
        {"zstack.aios.model_service": {**one, "account_password": "{{ password }}x"}, "ignore_errors": True},
    ]  # fmt: skip
    path = tmp_path / "play.json"
    play = {"hosts": "localhost", "gather_facts": False, "diff": True, "tasks": tasks}
    path.write_text(json.dumps([play]), encoding="utf-8")
    return path


def test_a_playbook_at_full_verbosity_shows_and_leaves_nothing(
    platform_with: Callable[..., Platform], playbook: Path, tmp_path: Path, scratch: Path
) -> None:
    platform = platform_with(job_seconds=0.4)
    variables = tmp_path / "secrets.json"
    password = constants.ADMIN_PASSWORD
    variables.write_text(json.dumps({"host": platform.sim.url, "password": password, "token": TOKEN}), encoding="utf-8")
    environment = {
        **os.environ, "TMPDIR": str(scratch), "ANSIBLE_LOCAL_TEMP": str(scratch / "local"), "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_REMOTE_TMP": str(scratch / "remote"), "ANSIBLE_LOG_PATH": str(tmp_path / "ansible.log"),
    }  # fmt: skip
    command = ["ansible-playbook", "-vvvvv", str(playbook), "-e", f"@{variables}"]
    output, arguments = run_and_watch(command, environment)
    assert "failed=0" in output
    assert "ignored=2" in output
    left = [file for file in scratch.rglob("*") if file.is_file()]
    log = (tmp_path / "ansible.log").read_text(encoding="utf-8")
    session_uuids = [e["path"].rpartition("/")[2] for e in platform.sim.log() if e["kind"] == "logout"]
    assert len(session_uuids) >= 3
    digests = [sessions.digest(password), sessions.digest(f"{password}x")]
    for text in (output, log, "\n".join(arguments), *(file.read_text(errors="replace") for file in left)):
        for secret in (TOKEN, DATABASE, OLD_TOKEN, *digests, *session_uuids):
            assert secret not in text
    for shown in (f'"{password}"', f'"{password}x"', f"={password}"):
        assert shown not in output + log + "\n".join(arguments)
    assert any("model_service" in line for line in arguments)
    assert not [file for file in left if "secret" in file.name or "model_service" in file.name]
