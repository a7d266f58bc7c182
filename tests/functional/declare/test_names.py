# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names in place of uuids where people know names."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Field
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import FIELDS, MODEL_SERVICE
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.simulator import constants
from ansible_collections.zstack.aios.tests.support import strategies

MODULE = "model_service"
every_name = pytest.mark.parametrize("option", list(MODEL_SERVICE.named))


def creatable(*without: str, **more: Any) -> dict[str, Any]:
    """Return a declaration that can be created, without some options."""
    rows = {field.option: strategies.sample(field).value for field in FIELDS if field.add == "required"}
    return {key: value for key, value in {**rows, "name": "chat", **more}.items() if key not in without}


def as_given(field: Field, name: str) -> Any:
    """Return a name in the form its option takes."""
    return [name] if field.type.ansible_type == "list" else name


@every_name
def test_a_name_is_trimmed_and_sent_as_its_uuid(platform: Platform, option: str) -> None:
    field = MODEL_SERVICE.named[option]
    name, uuid = strategies.known_names(field)[0], strategies.known_uuids(field)[0]
    result = platform.run(MODULE, creatable(field.option, **{option: as_given(field, f" {name}\n")}))
    assert result["action"] == "created"
    assert field.option in result["changed_fields"]
    [write] = platform.writes()
    assert write["body"]["param"][field.wire] == as_given(field, uuid)


@pytest.mark.parametrize(
    "option", [option for option, field in MODEL_SERVICE.named.items() if field.read and field.create_only]
)
def test_another_name_is_refused_where_the_field_is_fixed(platform: Platform, option: str) -> None:
    field = MODEL_SERVICE.named[option]
    platform.run(MODULE, creatable(**{field.option: as_given(field, strategies.known_uuids(field)[0])}))
    platform.sim.clear_log()
    for index, refused in ((0, False), (1, True)):
        params = {"name": "chat", option: as_given(field, strategies.known_names(field)[index])}
        result = platform.run(MODULE, params)
        assert result.failed == refused
        if refused:
            assert f"{field.option}: it cannot be changed" in result["msg"]
            assert all(uuid in result["msg"] for uuid in strategies.known_uuids(field))
    assert platform.writes() == []


@every_name
def test_a_uuid_in_place_of_a_name_is_sent_as_it_is(platform: Platform, option: str) -> None:
    field = MODEL_SERVICE.named[option]
    uuid, unknown = strategies.known_uuids(field)[0], "e" * 32
    params = creatable(field.option, **{option: as_given(field, uuid)})
    assert platform.run(MODULE, params)["action"] == "created"
    [write] = platform.writes()
    assert write["body"]["param"][field.wire] == as_given(field, uuid)
    refused = platform.run(MODULE, {**params, "name": "other", option: as_given(field, unknown)})
    what = option.removesuffix("s").replace("_", " ")
    assert f'{option}: no {what} has the name or UUID "{unknown}"' in refused["msg"]


def test_a_model_given_by_name_and_by_uuid_is_bound_once(platform: Platform) -> None:
    both = [constants.MODEL_NAME, constants.MODEL_UUID]
    assert platform.run(MODULE, creatable("model_uuids", models=both))["action"] == "created"
    assert len(platform.service("chat")["modelServiceRefs"]) == 1
    assert platform.run(MODULE, {"name": "chat", "models": both})["action"] == "unchanged"


@every_name
def test_a_name_and_a_uuid_together_are_refused(platform: Platform, option: str) -> None:
    field = MODEL_SERVICE.named[option]
    both = {option: as_given(field, strategies.known_names(field)[0]), field.option: strategies.sample(field).value}
    result = platform.run(MODULE, creatable(**both))
    assert f"{option}: set either {option} or {field.option}, not both" in result["msg"]
    assert platform.sim.log() == []


@every_name
def test_an_ambiguous_name_is_refused_with_the_uuids(platform: Platform, option: str) -> None:
    field = MODEL_SERVICE.named[option]
    result = platform.run(MODULE, creatable(field.option, **{option: as_given(field, constants.AMBIGUOUS_NAME)}))
    what = option.removesuffix("s").replace("_", " ")
    assert f'{option}: the name "{constants.AMBIGUOUS_NAME}" matches 2 {what}s' in result["msg"]
    assert f"set {field.option}" in result["msg"]
    assert platform.writes() == []


@every_name
def test_an_unknown_name_is_refused(platform: Platform, option: str) -> None:
    field = MODEL_SERVICE.named[option]
    for name in ("nowhere", strategies.known_names(field)[0].upper() + "'"):
        result = platform.run(MODULE, creatable(field.option, **{option: as_given(field, name)}))
        assert f'{option}: no {option.removesuffix("s").replace("_", " ")} named "{name}"' in result["msg"]
    assert platform.writes() == []


def test_an_item_replaces_a_default_name_or_uuid(platform: Platform) -> None:
    items = [creatable("model_center_uuid", name="by-default"), creatable("model_center_uuid", name="by-name")]
    items[1]["model_center"] = constants.SECOND_MODEL_CENTER_NAME
    params = {"model_services": items, "defaults": {"model_center_uuid": constants.MODEL_CENTER_UUID}}
    assert not platform.run("model_services", params).failed
    assert platform.service("by-default")["modelCenterUuid"] == constants.MODEL_CENTER_UUID
    assert platform.service("by-name")["modelCenterUuid"] == constants.SECOND_MODEL_CENTER_UUID
