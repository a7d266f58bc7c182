# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One service: what the result and the diff show, and what a run costs."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import FIELDS
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.simulator import constants

MODULE = "model_service"
README = "# Chat\n\nAnswers questions.\n"
CHAT: dict[str, Any] = {
    "name": "chat",
    "description": "Chat for the help desk",
    "yaml": {"services": [{"name": "chat", "ports": [8000]}], "note": "one"},
    "request_cpu": 8,
    "request_memory": 16384,
    "model_center_uuid": constants.MODEL_CENTER_UUID,
    "install_path": "/models/chat",
    "start_command": "vllm serve \\\n  /models/chat",
}


def requests(platform: Platform) -> list[str]:
    """Return the kinds of all requests but polls, in their order."""
    return [entry["kind"] for entry in platform.sim.log() if entry["kind"] != "poll"]


def test_a_run_sends_only_the_requests_it_needs_and_logs_out(platform: Platform) -> None:
    assert platform.run(MODULE, CHAT)["action"] == "created"
    assert requests(platform) == ["login", "query", "add", "query", "logout"]
    platform.sim.clear_log()
    assert platform.run(MODULE, CHAT)["action"] == "unchanged"
    assert requests(platform) == ["login", "query", "logout"]
    assert platform.sim.stats()["open_sessions"] == 0


@pytest.mark.parametrize(
    "params", [CHAT, {"name": "chat"}, {**CHAT, "clone_from": "nothing"}, {"name": "chat", "conditions": 1}]
)
def test_no_session_stays_open(platform: Platform, params: dict[str, Any]) -> None:
    for check in (True, False):
        platform.run(MODULE, params, check=check)
        assert platform.sim.stats()["open_sessions"] == 0


def test_the_result_shows_the_service_in_the_names_of_the_options(platform: Platform) -> None:
    shown = platform.run(MODULE, CHAT)["model_service"]
    [stored] = platform.sim.services()
    for field in FIELDS:
        if field.read == field.wire and field.wire in stored:
            assert shown[field.option] == stored[field.wire], field.option
    assert shown["uuid"] == stored["uuid"]
    assert yaml.safe_load(shown["yaml"]) == CHAT["yaml"]


def test_keys_of_newer_platforms_come_through(platform: Platform) -> None:
    platform.sim.seed([{"name": "chat", "gpuTopologyHint": "ring", "quantization": {"bits": 4}}])
    shown = platform.run(MODULE, {"name": "chat", "request_cpu": 2})["model_service"]
    assert (shown["gpu_topology_hint"], shown["quantization"]) == ("ring", {"bits": 4})


def test_the_diff_of_a_creation_shows_what_was_declared_and_nothing_volatile(platform: Platform) -> None:
    diff = platform.run(MODULE, CHAT, diff=True)["diff"]
    assert (diff["before_header"], diff["after_header"]) == ("model service chat", "model service chat (created)")
    assert diff["before"] == ""
    after = yaml.safe_load(diff["after"])
    assert list(after) == [field.option for field in FIELDS if field.option in CHAT]
    assert {**after, "yaml": yaml.safe_load(after["yaml"])} == CHAT


def test_the_diff_of_an_update_shows_the_changed_fields_and_lines_as_lines(platform: Platform) -> None:
    platform.run(MODULE, CHAT)
    changed = {**CHAT, "start_command": "vllm serve \\\n  /models/chat \\\n  --quiet", "request_cpu": 4}
    diff = platform.run(MODULE, changed, diff=True)["diff"]
    assert yaml.safe_load(diff["before"]) == {"request_cpu": 8, "start_command": CHAT["start_command"]}
    assert yaml.safe_load(diff["after"]) == {"request_cpu": 4, "start_command": changed["start_command"]}
    new = set(diff["after"].splitlines()) - set(diff["before"].splitlines())
    assert "    --quiet" in new


def test_the_diff_of_a_deletion_shows_what_goes(platform: Platform) -> None:
    platform.run(MODULE, CHAT)
    gone = platform.run(MODULE, {"name": "chat", "state": "absent"}, diff=True)
    assert (gone["action"], gone["model_service"], gone["changed_fields"]) == ("deleted", {}, [])
    before = yaml.safe_load(gone["diff"]["before"])
    assert before["install_path"] == "/models/chat"
    assert {"create_date", "last_op_date", "uuid"}.isdisjoint(before)
    assert gone["diff"]["after"] == ""
    again = platform.run(MODULE, {"name": "chat", "state": "absent"}, diff=True)
    assert (again["changed"], again["action"], again.get("diff")) == (False, "unchanged", None)


def test_without_a_change_there_is_no_diff(platform: Platform) -> None:
    platform.run(MODULE, CHAT)
    assert "diff" not in platform.run(MODULE, CHAT, diff=True)


def test_all_that_a_creation_lacks_is_reported_together_with_the_cure(platform: Platform) -> None:
    result = platform.run(MODULE, {"name": "chat", "request_cpu": 8})
    assert "yaml, request_memory, model_center_uuid (or model_center), install_path, start_command" in result["msg"]
    assert "clone_from" in result["msg"]
    assert platform.writes() == []


def test_fields_only_an_update_takes_follow_in_the_same_run_as_one_update(platform: Platform) -> None:
    more = {
        "environment_parameters": {"LOG_LEVEL": "debug"},
        "startup_parameters": {"workers": 2},
        "service_name": "frontend",
        "service_ports": ["8000", 8001],
        "service_bootup_time": "120",
    }
    assert platform.run(MODULE, {**CHAT, **more})["action"] == "created"
    writes = platform.writes()
    assert [entry["kind"] for entry in writes] == ["add", "update", "tag"]
    assert writes[2]["body"]["params"]["tag"].startswith("zstack.aios:declared=v1:startup_parameters=")
    stored = yaml.safe_load(platform.service("chat")["yaml"])
    assert stored["services"] == [{"name": "frontend", "ports": [8000, 8001], "serviceBootupTime": 120}]
    assert stored["env"] == ["LOG_LEVEL:debug"]
    platform.sim.clear_log()
    assert platform.run(MODULE, {**CHAT, **more})["action"] == "unchanged"
    changed = platform.run(MODULE, {**CHAT, **more, "yaml": {**CHAT["yaml"], "note": "two"}})
    assert changed["changed_fields"][0] == "yaml"
    stored = yaml.safe_load(platform.service("chat")["yaml"])
    assert (stored["note"], stored["services"][0]["name"], stored["env"]) == ("two", "frontend", ["LOG_LEVEL:debug"])
    platform.sim.clear_log()
    assert platform.run(MODULE, {**CHAT, **more, "yaml": {**CHAT["yaml"], "note": "two"}})["action"] == "unchanged"
    assert platform.writes() == []


def test_a_clone_keeps_its_readme_from_the_source_or_gets_its_own(platform: Platform) -> None:
    platform.run(MODULE, CHAT)
    platform.run(MODULE, {"name": "documented", "clone_from": "chat", "readme": README})
    platform.run(MODULE, {"name": "copy", "clone_from": "documented"})
    assert platform.service("copy")["readme"] == README.strip()
    refused = platform.run(MODULE, {"name": "copy", "readme": "other"})
    assert "readme: it cannot be changed once the service exists" in refused["msg"]


def test_further_words_make_a_key_secret(platform: Platform) -> None:
    params = {**CHAT, "environment_parameters": {"LICENCE": "l-5up3r", "HF_TOKEN": "t-5up3r", "KEYBOARD": "qwerty"}}
    plain = json.dumps(platform.run(MODULE, params, check=True, diff=True))
    assert ("l-5up3r" in plain, "t-5up3r" in plain, "qwerty" in plain) == (True, False, True)
    shown = json.dumps(platform.run(MODULE, {**params, "secret_keys": ["licence"]}, diff=True))
    assert ("l-5up3r" in shown, "t-5up3r" in shown, "qwerty" in shown) == (False, False, True)


def test_a_changed_secret_is_shown_as_a_change_without_its_value(platform: Platform) -> None:
    platform.run(MODULE, {**CHAT, "environment_parameters": {"HF_TOKEN": "old-5up3r"}})
    result = platform.run(MODULE, {"name": "chat", "environment_parameters": {"HF_TOKEN": "new-5up3r"}}, diff=True)
    assert result["changed_fields"] == ["environment_parameters"]
    assert result["diff"]["before"] != result["diff"]["after"]
    assert "5up3r" not in json.dumps(result)
    assert "new-5up3r" in platform.service("chat")["yaml"]


def test_a_result_can_be_given_back(platform: Platform) -> None:
    made = platform.run(MODULE, CHAT)["model_service"]
    assert {"create_date", "last_op_date"} < made.keys()
    platform.sim.clear_log()
    again = platform.run(MODULE, made)
    assert (again["action"], platform.writes()) == ("unchanged", [])
    renamed = platform.run(MODULE, {**made, "name": "renamed", "request_cpus": 1})
    assert '"request_cpus" is not an option of this module; did you mean "request_cpu"?' in renamed["msg"]


def test_the_invocation_repeats_the_name_and_no_values(platform: Platform) -> None:
    echoed = platform.run(MODULE, CHAT)["invocation"]["module_args"]
    assert echoed["name"] == "chat"
    assert "/models/chat" not in json.dumps(echoed)
    assert constants.ADMIN_PASSWORD not in echoed.values()
