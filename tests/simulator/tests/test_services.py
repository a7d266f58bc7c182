# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the operations on model services take, refuse, ignore and show."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml
from ansible_collections.zstack.aios.tests.simulator import constants
from ansible_collections.zstack.aios.tests.simulator.launcher import Simulator
from ansible_collections.zstack.aios.tests.simulator.tests.driver import SERVICES, Driver, minimal

SAMPLES: dict[str, Any] = {
    "description": "text",
    "readme": "# text",
    "gpuComputeCapability": "7.5",
    "containerCommand": "sh",
    "containerArgs": "-c run",
    "pythonVersion": "3.10",
    "condaVersion": "23.7.4",
    "size": 7,
    "system": True,
    "type": "App",
    "source": "Bentoml",
    "framework": "vLLM",
    "cpuArchitectures": ["x86_64"],
    "supportDistributed": True,
    "vendorToSpecUuidsMap": {"NVIDIA": [constants.GPU_SPEC_UUID]},
    "startCommand": "other",
    "installPath": "/other",
    "requestCpu": 9,
    "requestMemory": 2**40,
    "name": "other",
    "yaml": "a: 1",
    "modelCenterUuid": constants.SECOND_MODEL_CENTER_UUID,
}
NOT_BY_ADD = {"readme", "size", "cpuArchitectures"}
NOT_BY_CLONE = {"modelCenterUuid"}
NOT_BY_UPDATE = {"readme", "size", "cpuArchitectures", "condaVersion", "system", "installPath", "modelCenterUuid"}


@pytest.fixture(scope="module")
def base() -> Iterator[tuple[Driver, dict[str, Any]]]:
    """A driver and a service with no optional field."""
    with Simulator(job_seconds=0.001) as simulator:
        driver = Driver(simulator)
        yield driver, driver.add()


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_each_operation_takes_its_fields_and_ignores_the_others(base: tuple[Driver, dict[str, Any]], name: str) -> None:
    driver, source = base
    given = {name: SAMPLES[name]}
    victim = driver.add(name="victim")
    for found, refused in (
        (driver.add(**given), NOT_BY_ADD),
        (driver.clone(source["uuid"], **given), NOT_BY_CLONE),
        (driver.update(victim["uuid"], **given), NOT_BY_UPDATE),
    ):
        assert (found.get(name) == SAMPLES[name]) is (name not in refused)


@pytest.mark.parametrize("name", sorted(minimal()))
def test_add_demands_its_required_fields(driver: Driver, name: str) -> None:
    given = {key: value for key, value in minimal().items() if key != name}
    for body in (given, {**given, name: None}):
        error = driver.error("POST", SERVICES, {"param": body})
        assert error["code"] == "SYS.1007"
        assert f"field[{name}]" in error["details"]
    assert driver.simulator.services() == []


def test_defaults_and_server_made_values(driver: Driver) -> None:
    made = driver.add()
    shown = {name: made[name] for name in ("type", "source", "system", "size", "supportDistributed", "hasNewVersion")}
    assert shown == {
        "type": "Endpoint",
        "source": "Other",
        "system": False,
        "size": 0,
        "supportDistributed": False,
        "hasNewVersion": False,
    }
    assert made["version"] == "1.0.0"
    assert re.fullmatch(r"[A-Z][a-z]{2} \d{1,2}, \d{4} \d{1,2}:\d\d:\d\d [AP]M", made["createDate"])
    assert "description" not in made


def test_empty_texts_are_taken_and_trimming_is_javas(driver: Driver) -> None:
    made = driver.add(name="", description=" \t\nx\u00a0\u3000\n", yaml="\n a: 1\n\n")
    assert (made["name"], made["description"], made["yaml"]) == ("", "x\u00a0\u3000", "a: 1")


@pytest.mark.parametrize(("name", "value"), [("type", "endpoint"), ("source", "huggingface"), ("type", "")])
def test_choices_are_case_sensitive(driver: Driver, name: str, value: str) -> None:
    assert driver.error("POST", SERVICES, {"param": minimal(**{name: value})})["code"] == "SYS.1007"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("modelCenterUuid", "f" * 32),
        ("modelCenterUuid", ""),
        ("zoneUuid", ""),
        ("modelUuids", [constants.MODEL_UUID, "f" * 32]),
        ("tagUuids", ["f" * 32]),
    ],
)
def test_references_must_exist(driver: Driver, name: str, value: object) -> None:
    assert driver.error("POST", SERVICES, {"param": minimal(**{name: value})})["code"] == "SYS.1003"


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [
        ("requestCpu", "4", 4),
        ("requestCpu", 4.0, 4),
        ("requestMemory", "8192", 8192),
        ("supportDistributed", "true", True),
        ("pythonVersion", 3.1, "3.1"),
        ("description", True, "true"),
        ("vendorToSpecUuidsMap", {"NVIDIA": ["a"], "Huawei": None}, {"NVIDIA": ["a"]}),
    ],
)
def test_coercions(driver: Driver, name: str, value: object, stored: object) -> None:
    assert driver.add(**{name: value})[name] == stored


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("requestCpu", 1.5, 400),
        ("requestCpu", "many", 400),
        ("requestCpu", True, 400),
        ("requestCpu", 2**31, 500),
        ("requestMemory", 2**63, 500),
        ("supportDistributed", "yes", 400),
        ("supportDistributed", 1, 400),
        ("name", ["x"], 500),
        ("architectureImages", ["x86_64"], 500),
        ("architectureImages", {"cpuArchitecture": "x86_64"}, 500),
        ("vendorToSpecUuidsMap", {"NVIDIA": "a"}, 500),
        ("vendorToSpecUuidsMap", [], 500),
    ],
)
def test_wrong_types_are_plain_text(driver: Driver, name: str, value: object, status: int) -> None:
    response = driver.call("POST", SERVICES, json={"param": minimal(**{name: value})})
    assert response.status_code == status
    assert not response.text.startswith("{")


def test_values_of_text_maps_become_texts(driver: Driver) -> None:
    uuid_ = driver.add()["uuid"]
    driver.update(uuid_, startupParameters={"a": 1, "b": True, "c": 1.0, "d": None})
    assert driver.simulator.services()[0]["startupParameters"] == {"a": "1", "b": "true", "c": "1.0"}


def test_images_lose_the_case_of_their_architecture_and_get_keys(driver: Driver) -> None:
    given = [
        {"cpuArchitecture": "X86_64", "vmImageUuid": constants.X86_IMAGE_UUID, "dockerImage": "r/x:1"},
        {"cpuArchitecture": "aarch64", "vmImageUuid": constants.ARM_IMAGE_UUID, "dockerImage": None},
    ]
    made = driver.add(architectureImages=given)
    images = made["modelServiceImages"]
    assert [image["cpuArchitecture"] for image in images] == ["x86_64", "aarch64"]
    assert {image["modelServiceUuid"] for image in images} == {made["uuid"]}
    assert "dockerImage" not in images[1]
    assert "architectureImages" not in made
    replaced = driver.update(made["uuid"], architectureImages=given[:1])["modelServiceImages"]
    assert len(replaced) == 1
    assert "AM" in replaced[0]["createDate"] or "PM" in replaced[0]["createDate"]


def bound(service: dict[str, Any]) -> list[tuple[str, bool]]:
    """The models that an inventory shows as bound, and which of them is the default."""
    return [(reference["modelUuid"], reference["isDefault"]) for reference in service["modelServiceRefs"]]


def test_models_are_bound_at_creation_and_later(driver: Driver) -> None:
    made = driver.add(modelUuids=[constants.MODEL_UUID])
    assert bound(made) == [(constants.MODEL_UUID, True)]
    path = f"/ai/models/{{}}/model-services/{made['uuid']}"
    both = [(constants.MODEL_UUID, True), (constants.SECOND_MODEL_UUID, False)]
    for _time in range(2):
        shown = driver.done("POST", path.format(constants.SECOND_MODEL_UUID), {"param": {}})["inventory"]
        assert bound(shown) == bound(driver.rows()[0]) == both
    for _time in range(2):
        assert driver.done("DELETE", path.format(constants.MODEL_UUID)) == {}
        assert bound(driver.rows()[0]) == both[1:]
    effects = driver.simulator.effects()
    assert [(one["kind"], one["uuid"]) for one in effects[1:]] == [
        *[("bind", made["uuid"])] * 2,
        *[("unbind", made["uuid"])] * 2,
    ]


def test_a_binding_needs_its_model_and_its_service(driver: Driver) -> None:
    own = driver.add()["uuid"]
    for method, model, service in (
        ("POST", "f" * 32, own),
        ("POST", constants.MODEL_UUID, "f" * 32),
        ("DELETE", constants.MODEL_UUID, "f" * 32),
    ):
        body: Any = {"param": {}} if method == "POST" else None
        assert driver.error(method, f"/ai/models/{model}/model-services/{service}", body)["code"] == "SYS.1003"


def test_platforms_differ_in_binding(driver_with: Callable[..., Driver]) -> None:
    driver = driver_with(features="unbind-inventory")
    made = driver.add(modelUuids=[constants.MODEL_UUID])
    path = f"/ai/models/{constants.MODEL_UUID}/model-services/{made['uuid']}"
    assert bound(driver.done("DELETE", path)["inventory"]) == []
    without = driver_with(features="no-bind")
    for method in ("POST", "DELETE"):
        response = without.call(method, path, json={"param": {}})
        assert (response.status_code, response.text) == (404, f"no api mapping to /v1{path}")


def test_a_client_chooses_the_uuid_and_a_second_creation_of_it_fails(driver: Driver) -> None:
    own = uuid.uuid4().hex
    assert driver.add(resourceUuid=own)["uuid"] == own
    for path, envelope in ((SERVICES, "param"), (f"{SERVICES}/{own}", "params")):
        error = driver.error("POST", path, {envelope: minimal(resourceUuid=own)})
        assert error["code"] == "SYS.1002"
        assert "Duplicate entry" in error["cause"]["details"]
    assert len(driver.simulator.services()) == 1


@pytest.mark.parametrize("version", range(10))
def test_a_chosen_uuid_has_a_version_from_1_to_5(driver: Driver, version: int) -> None:
    own = f"0123456789ab{version}def8{'0' * 15}"
    response = driver.write("POST", SERVICES, {"param": minimal(resourceUuid=own)})
    assert response.status_code == (200 if 1 <= version <= 5 else 503)


@pytest.mark.parametrize(
    "wrong",
    [
        "A" * 12 + "4" + "A" * 3 + "8" + "A" * 15,
        "01234567-89ab-4def-8123-456789abcdef",
        "x",
        "",
        f"{'0' * 12}4{'0' * 19}",
    ],
)
def test_a_chosen_uuid_is_lower_case_of_32_digits(driver: Driver, wrong: str) -> None:
    assert driver.error("POST", SERVICES, {"param": minimal(resourceUuid=wrong)})["code"] == "SYS.1007"
    assert driver.simulator.services() == []


@pytest.mark.parametrize(
    ("features", "expected"),
    [("", None), ("remember-deleted", "SYS.1002"), ("remember-deleted,duplicate-code:SYS.1006", "SYS.1006")],
)
def test_a_platform_may_remember_the_uuids_of_what_was_deleted(
    driver_with: Callable[..., Driver], features: str, expected: str | None
) -> None:
    driver = driver_with(features=features)
    own = uuid.uuid4().hex
    driver.done("DELETE", f"{SERVICES}/{driver.add(resourceUuid=own)['uuid']}")
    response = driver.write("POST", SERVICES, {"param": minimal(resourceUuid=own)})
    assert response.json().get("error", {}).get("code") == expected
    assert len(driver.simulator.services()) == (expected is None)


def test_a_platform_may_limit_lengths(driver_with: Callable[..., Driver]) -> None:
    driver = driver_with(features="length-limits")
    assert driver.add(name="n" * 255, description="d" * 2048)["name"] == "n" * 255
    for field, length in (("name", 256), ("description", 2049)):
        assert driver.error("POST", SERVICES, {"param": minimal(**{field: "x" * length})})["code"] == "SYS.1007"


def test_a_clone_copies_what_is_not_given(driver: Driver) -> None:
    source = driver.add(
        **{name: value for name, value in SAMPLES.items() if name not in NOT_BY_ADD},
        architectureImages=[{"cpuArchitecture": "x86_64", "dockerImage": "r/x:1"}],
        modelUuids=[constants.MODEL_UUID],
    )
    clone = driver.clone(source["uuid"], description="mine", requestCpu=None)
    own = ("uuid", "modelServiceUuid", "createDate", "lastOpDate", "description")
    kept = [
        {name: value for name, value in row.items() if name not in own and not isinstance(value, list)}
        for row in (source, clone)
    ]
    assert kept[0] == kept[1]
    assert clone["description"] == "mine"
    for part in ("modelServiceImages", "modelServiceRefs"):
        [one], [copy] = source[part], clone[part]
        assert copy["uuid"] != one["uuid"]
        assert copy["modelServiceUuid"] == clone["uuid"]
    assert driver.error("POST", f"{SERVICES}/{'f' * 32}", {"params": {}})["code"] == "SYS.1003"


def test_an_update_replaces_and_cannot_unset(driver: Driver) -> None:
    made = driver.add(description="text", vendorToSpecUuidsMap={"a": ["1"], "b": ["2"]})
    after = driver.update(made["uuid"], description=None, vendorToSpecUuidsMap={"c": []}, framework="")
    assert (after["description"], after["vendorToSpecUuidsMap"], after["framework"]) == ("text", {"c": []}, "")
    assert driver.error("PUT", f"{SERVICES}/{'f' * 32}", {"updateModelService": {}})["code"] == "SYS.1003"
    error = driver.error("PUT", f"{SERVICES}/{made['uuid']}", {"updateModelService": {"type": "x"}})
    assert error["code"] == "SYS.1007"


UPDATE_ONLY: dict[str, Any] = {
    "serviceName": "n",
    "servicePorts": ["8000", 8001],
    "serviceLivez": "/l",
    "serviceReadyz": "/r",
    "serviceBootupTime": 30,
    "environmentParameters": {"A": "1", "B": "x: y"},
    "startupParameters": {"s": "1"},
    "inferenceParams": {"i": "1"},
    "serviceInstallPath": "/p",
    "serviceStartCommand": "go",
}


FOLDED: dict[str, Any] = {
    "ports": [8000, 8001],
    "name": "n",
    "livez": "/l",
    "readyz": "/r",
    "serviceBootupTime": 30,
}
RICH_YAML = "services:\n- ports: [1]\n  extra: 1\n- name: second\nenv:\n- OLD:1\nother: 2"
RICH: dict[str, Any] = yaml.safe_load(RICH_YAML)
MERGED = {
    "services": [{**FOLDED, "extra": 1}, {"name": "second"}],
    "env": ["A:1", "B:x: y"],
    "other": 2,
}


@pytest.mark.parametrize(
    ("features", "expected"),
    [
        ("", MERGED),
        ("merge-env", {**MERGED, "env": ["OLD:1", "A:1", "B:x: y"]}),
        ("yaml-anew", {"services": [FOLDED], "env": ["A:1", "B:x: y"]}),
        ("yaml-anew,merge-env", {"services": [FOLDED], "env": ["OLD:1", "A:1", "B:x: y"]}),
        ("no-fold", RICH),
    ],
)
@pytest.mark.parametrize("together", [False, True])
def test_what_a_platform_makes_of_the_yaml_and_of_updates_own_fields(
    driver_with: Callable[..., Driver], features: str, expected: Any, together: bool
) -> None:
    driver = driver_with(features=features)
    made = driver.add(yaml="a: b" if together else RICH_YAML)
    after = driver.update(made["uuid"], **UPDATE_ONLY, **({"yaml": RICH_YAML} if together else {}))
    assert yaml.safe_load(after["yaml"]) == expected
    assert not set(UPDATE_ONLY) & set(after)
    [stored] = driver.simulator.services()
    assert {name: stored[name] for name in UPDATE_ONLY} == {**UPDATE_ONLY, "servicePorts": [8000, 8001]}


@pytest.mark.parametrize("features", ["", "yaml-anew", "no-fold"])
def test_a_yaml_alone_is_stored_as_it_is(driver_with: Callable[..., Driver], features: str) -> None:
    driver = driver_with(features=features)
    made = driver.add(yaml="a: b")
    fields = {"startupParameters": {"s": "1"}, "serviceStartCommand": "go"}
    assert driver.update(made["uuid"], yaml=RICH_YAML, **fields)["yaml"] == RICH_YAML


@pytest.mark.parametrize("text", ["just text", "- a", "a: [", "", "a: 2001-99-99"])
def test_a_yaml_that_is_no_mapping_is_left_alone_or_written_anew(driver_with: Callable[..., Driver], text: str) -> None:
    for features, expected in (("", text), ("yaml-anew", None)):
        driver = driver_with(features=features)
        after = driver.update(driver.add(yaml=text)["uuid"], **UPDATE_ONLY)["yaml"]
        if expected is None:
            assert yaml.safe_load(after) == {"services": [FOLDED], "env": ["A:1", "B:x: y"]}
        else:
            assert after == expected


def test_add_and_clone_ignore_updates_own_fields(driver: Driver) -> None:
    source = driver.add(**UPDATE_ONLY)
    clone = driver.clone(source["uuid"], **UPDATE_ONLY)
    assert clone["yaml"] == source["yaml"] == minimal()["yaml"]
    assert not any(set(UPDATE_ONLY) & set(row) for row in driver.simulator.services())


def test_deleting_and_deleting_again(driver: Driver) -> None:
    uuid_ = driver.add()["uuid"]
    assert driver.done("DELETE", f"{SERVICES}/{uuid_}") == {}
    assert driver.done("DELETE", f"{SERVICES}/{uuid_}") == {}
    assert driver.simulator.services() == []


def test_validation_only_changes_nothing(driver: Driver) -> None:
    tags = {"systemTags": ["validationOnly"]}
    source = driver.add()
    assert driver.done("POST", SERVICES, {"param": minimal(), **tags}) == {}
    assert driver.error("POST", SERVICES, {"param": {}, **tags})["code"] == "SYS.1007"
    assert driver.error("POST", f"{SERVICES}/{'f' * 32}", {"params": {}, **tags})["code"] == "SYS.1003"
    assert driver.done("PUT", f"{SERVICES}/{source['uuid']}", {"updateModelService": {"name": "x"}, **tags}) == {}
    assert [row["name"] for row in driver.simulator.services()] == [source["name"]]


def test_platforms_that_ignore_fields_or_refuse_to_delete_what_is_not_there(
    driver_with: Callable[..., Driver],
) -> None:
    features = "delete-missing-fails,ignore-field:framework,clone-ignore-field:readme,add-ignore-field:type"
    driver = driver_with(features=features)
    made = driver.add(framework="vLLM", type="App")
    assert "framework" not in made
    assert made["type"] == "Endpoint"
    assert driver.update(made["uuid"], framework="vLLM", type="App").get("framework") is None
    clone = driver.clone(made["uuid"], readme="text", framework="vLLM")
    assert {"readme", "framework"} & set(clone) == set()
    assert clone["type"] == "App"
    assert driver.error("DELETE", f"{SERVICES}/{'f' * 32}")["code"] == "SYS.1003"
