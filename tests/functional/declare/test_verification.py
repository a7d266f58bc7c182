# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A field that the platform ignores is an error, tags follow the declaration, redacted values keep their secrets."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import FIELDS
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.simulator import constants
from ansible_collections.zstack.aios.tests.support import strategies
from ansible_collections.zstack.aios.tests.support.harness import run_module

CHAT = {
    "name": "chat",
    "yaml": "a: 1",
    "request_cpu": 1,
    "request_memory": 1,
    "model_center": constants.MODEL_CENTER_NAME,
    "install_path": "/m",
    "start_command": "run",
}


@pytest.mark.parametrize("option, value", [("description", "x"), ("request_cpu", 4), ("framework", "vLLM")])
def test_a_field_that_the_platform_ignores_is_named(platform_with: Any, option: str, value: Any) -> None:
    wire = {"request_cpu": "requestCpu"}.get(option, option)
    platform = platform_with(features=f"ignore-field:{wire}")
    platform.sim.seed([{"name": "chat", "requestCpu": 1}])
    result = platform.run("model_service", {"name": "chat", option: value})
    assert result.failed
    assert result["failure"]["code"] == "ignored_fields"
    assert option in result["msg"]


def test_an_update_that_is_ignored_has_changed_nothing(platform_with: Any) -> None:
    platform = platform_with(features="update-ignore-field:requestCpu")
    platform.sim.seed([{"name": "chat", "requestCpu": 1}])
    result = platform.run("model_service", {"name": "chat", "request_cpu": 4})
    assert (result.failed, result["action"], result["changed"]) == (True, "failed", False)
    assert result["failure"]["code"] == "ignored_fields"


def test_a_platform_that_chooses_uuids_itself_is_followed(platform_with: Any) -> None:
    platform = platform_with(features="add-ignore-field:resourceUuid")
    items = [{**CHAT, "service_livez": "/live"}, {"name": "copy", "clone_from": "chat"}]
    result = platform.run("model_services", {"model_services": items})
    assert not result.failed, result["msg"]
    assert {row["name"]: row["uuid"] for row in result["results"]} == {
        name: platform.service(name)["uuid"] for name in ("chat", "copy")
    }
    assert "/live" in platform.service("copy")["yaml"]


def test_a_part_of_an_image_is_completed_from_a_source_of_the_same_run(platform: Platform) -> None:
    image = {"cpu_architecture": "X86_64", "vm_image_uuid": constants.X86_IMAGE_UUID, "docker_image": "old"}
    part = {"cpu_architecture": "X86_64", "docker_image": "new"}
    items = [
        {**CHAT, "architecture_images": [image]},
        {"name": "copy", "clone_from": "chat", "architecture_images": [part]},
        {"name": "copy-of-copy", "clone_from": "copy", "architecture_images": [part]},
    ]
    assert not platform.run("model_services", {"model_services": items}).failed
    for name in ("copy", "copy-of-copy"):
        [shown] = platform.service(name)["modelServiceImages"]
        assert (shown["vmImageUuid"], shown["dockerImage"]) == (constants.X86_IMAGE_UUID, "new")


OPTIONAL = [
    field for field in FIELDS if field.add != "required" and not field.relation and field.option != "resource_uuid"
]


def ignoring(operation: str) -> str:
    """Return the feature of a platform whose operation takes nothing but what an old one takes."""
    return ",".join(f"{operation}-ignore-field:{field.wire}" for field in OPTIONAL)


def shown_values(fields: list[Any]) -> dict[str, Any]:
    """Return values of fields that the platform shows."""
    return {field.option: strategies.sample(field).value for field in fields if field.read}


def test_all_fields_that_an_update_ignores_are_named(platform_with: Any) -> None:
    platform = platform_with(features=ignoring("update"))
    platform.sim.seed([{"name": "chat"}])
    declared = shown_values([field for field in OPTIONAL if field.update])
    result = platform.run("model_service", {"name": "chat", "request_cpu": 7, **declared})
    assert (result["failure"]["code"], result["changed_fields"]) == ("ignored_fields", ["request_cpu"])
    assert f"reported success but ignored {', '.join(declared)};" in result["msg"]
    assert platform.service("chat")["requestCpu"] == 7


@pytest.mark.parametrize("operation", ["add", "clone"])
def test_fields_that_a_creation_ignores_are_completed_or_named(platform_with: Any, operation: str) -> None:
    platform = platform_with(features=ignoring(operation))
    platform.sim.seed([{"name": "source", "requestCpu": 2}])
    taken = [field for field in OPTIONAL if field.accepted(operation) and field.read]
    completed = shown_values([field for field in taken if field.update])
    source = {"clone_from": "source"} if operation == "clone" else CHAT
    result = platform.run("model_service", {**source, "name": "complete", **completed})
    assert not result.failed, result["msg"]
    assert set(completed) <= set(result["changed_fields"])
    assert platform.write_kinds() == [operation, "update"]
    declared = shown_values(taken)
    lost = [option for option in declared if option not in completed]
    result = platform.run("model_service", {**source, "name": "incomplete", **declared})
    assert (result["failure"]["code"], result["changed"]) == ("ignored_fields", True)
    assert f"reported success but ignored {', '.join(lost)};" in result["msg"]
    assert set(lost).isdisjoint(result["changed_fields"])


def test_a_field_that_a_clone_ignores_is_completed_by_an_update(platform_with: Any) -> None:
    platform = platform_with(features="clone-ignore-field:description")
    platform.sim.seed([{"name": "base", "description": "old"}])
    result = platform.run("model_service", {"name": "copy", "clone_from": "base", "description": "new"})
    assert (result["action"], platform.service("copy")["description"]) == ("cloned", "new")
    assert platform.write_kinds() == ["clone", "update"]


def test_tags_are_added_removed_and_then_left_alone(platform: Platform) -> None:
    platform.run("model_service", {**CHAT, "user_tags": ["a", "b"], "tag_uuids": [constants.PRODUCTION_TAG_UUID]})
    declared = {"name": "chat", "user_tags": ["b", "c"], "tag_uuids": [constants.STAGING_TAG_UUID]}
    changed = platform.run("model_service", declared)
    assert (changed["action"], changed["changed_fields"]) == ("updated", ["tag_uuids", "user_tags"])
    platform.sim.clear_log()
    assert platform.run("model_service", declared)["action"] == "unchanged"
    assert platform.writes() == []


def test_the_diff_of_tags_shows_what_was_and_what_is(platform: Platform) -> None:
    platform.sim.seed([{"name": "chat", "userTags": ["old"]}])
    for check in (True, False):
        result = platform.run("model_service", {"name": "chat", "user_tags": ["new"]}, check=check, diff=True)
        assert (result["diff"]["before"], result["diff"]["after"]) == ("user_tags:\n- old\n", "user_tags:\n- new\n")


def test_tags_that_were_set_in_part_are_reported(platform: Platform) -> None:
    platform.sim.seed([{"name": "chat"}])
    refused = {"job_error": {"code": "AIOS.9", "details": "no more tags"}}
    platform.sim.faults([{"match": {"kind": "tag", "nth": 2}, "fault": refused}])
    result = platform.run("model_service", {"name": "chat", "user_tags": ["a", "b"]})
    assert (result.failed, result["action"], result["changed_fields"]) == (True, "updated", ["user_tags"])


def test_tags_of_a_service_to_be_deleted_are_not_read(platform_with: Any) -> None:
    platform = platform_with(features="no-tags")
    platform.sim.seed([{"name": "chat"}])
    declared = {"defaults": {"user_tags": ["a"]}, "model_services": [{"name": "chat", "state": "absent"}]}
    assert platform.run("model_services", declared)["summary"]["deleted"] == 1


def test_tags_that_are_not_declared_stay(platform: Platform) -> None:
    platform.run("model_service", {**CHAT, "user_tags": ["a"]})
    platform.run("model_service", {"name": "chat", "request_cpu": 9})
    platform.sim.clear_log()
    assert platform.run("model_service", {"name": "chat", "user_tags": ["a"]})["action"] == "unchanged"


def test_a_platform_without_user_tags_is_reported_with_an_alternative(platform_with: Any) -> None:
    platform = platform_with(features="no-user-tags")
    platform.sim.seed([{"name": "chat"}])
    result = platform.run("model_service", {"name": "chat", "user_tags": ["a"]})
    assert result["failure"]["code"] == "tags_not_offered"
    assert "POST /v1/user-tags" in result["msg"] and "tag_uuids" in result["msg"]


def test_tags_that_cannot_be_read_are_reported_for_each_service_with_the_option(platform_with: Any) -> None:
    platform = platform_with(features="no-tags")
    platform.sim.seed([{"name": "chat"}, {"name": "bge"}])
    items = [{"name": name, "user_tags": ["a"]} for name in ("chat", "bge")]
    result = platform.run("model_services", {"model_services": items})
    assert result["failure"]["code"] == "tags_not_offered"
    assert [(row["where"], row["option"]) for row in result["failure"]["errors"]] == [
        ('"chat" (model_services[0])', "user_tags"),
        ('"bge" (model_services[1])', "user_tags"),
    ]
    assert "Nothing was written." in result["msg"]


@pytest.mark.parametrize(
    "option, given, uuids",
    [
        ("model_center", constants.AMBIGUOUS_NAME, constants.AMBIGUOUS_MODEL_CENTER_UUIDS),
        ("zone", constants.AMBIGUOUS_NAME, constants.AMBIGUOUS_ZONE_UUIDS),
        ("models", [constants.AMBIGUOUS_NAME], constants.AMBIGUOUS_MODEL_UUIDS),
        ("zone", "nowhere", ()),
    ],
)
def test_an_ambiguous_or_unknown_name_is_refused_before_any_write(
    platform: Platform, option: str, given: Any, uuids: tuple[str, ...]
) -> None:
    result = platform.run("model_service", {**CHAT, option: given})
    assert result.failed
    assert all(uuid in result["msg"] for uuid in uuids)
    assert option in result["msg"] and not platform.writes()


def test_each_kind_of_name_is_looked_up_once(platform: Platform) -> None:
    many = [{**CHAT, "name": f"s{i}", "zone": constants.ZONE_NAME, "models": [constants.MODEL_NAME]} for i in range(20)]
    platform.run("model_services", {"model_services": many})
    assert sum(entry["kind"] == "lookup" for entry in platform.sim.log()) == 3
    assert platform.service("s7")["zoneUuid"] == constants.ZONE_UUID


def test_a_redacted_secret_that_is_declared_keeps_the_current_one(platform: Platform) -> None:
    platform.run("model_service", {**CHAT, "environment_parameters": {"HF_TOKEN": "hf_real", "MAX_TOKENS": "9"}})
    declared = platform.run("model_service_info", {"declared": True})["model_services"][0]
    assert "HF_TOKEN:********" in declared["yaml"] and "MAX_TOKENS:9" in declared["yaml"]
    platform.sim.clear_log()
    assert platform.run("model_services", {"model_services": [declared]})["changed"] is False
    platform.run(
        "model_services",
        {"model_services": [{**declared, "yaml": declared["yaml"].replace("MAX_TOKENS:9", "MAX_TOKENS:8")}]},
    )
    assert "hf_real" in platform.service("chat")["yaml"] and "MAX_TOKENS:8" in platform.service("chat")["yaml"]


def test_a_redacted_value_without_a_current_one_is_refused(platform: Platform) -> None:
    result = platform.run("model_service", {**CHAT, "environment_parameters": {"HF_TOKEN": "********"}})
    assert result.failed and "environment_parameters.HF_TOKEN" in result["msg"] and not platform.writes()


@pytest.mark.parametrize(
    "name, content, reason",
    [
        ("a.yml", b"$ANSIBLE_VAULT;1.1;AES256\n6162", "Ansible Vault"),
        ("a.yml", b"\xff\xfe", "not UTF-8"),
        ("a.yml", b"model_service: []", 'did you mean "model_services"?'),
        ("a.yml", b"- name: x\n  tpye: App\n", "a.yml:1"),
        ("a.yml", b"- name: [\n", "not valid YAML"),
        ("a.yml", b"- name: a\n  name: b\n", "duplicate key name (line 2"),
        ("a.json", b"[{]", "not valid JSON"),
        ("a.yml", b"just text", "neither a list of services"),
    ],
)
def test_a_file_that_declares_nothing_is_named_with_the_reason(
    tmp_path: Any, name: str, content: bytes, reason: str
) -> None:
    (tmp_path / name).write_bytes(content)
    result = run_module("model_services", {"src": [str(tmp_path)], "validate_only": True})
    assert result.failed
    assert str(tmp_path / name) in result["msg"] and reason in result["msg"]
