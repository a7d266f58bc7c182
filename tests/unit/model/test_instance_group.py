# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of instance groups agrees with the platform, and what a declaration of one needs is checked."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._common.text import MASK, snake
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import RawItem, validate_items
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import ADD, UPDATE, Field, Resource
from ansible_collections.zstack.aios.plugins.module_utils._model.instance_group import FIELDS, INSTANCE_GROUP
from ansible_collections.zstack.aios.plugins.module_utils._model.redaction import Redactor
from ansible_collections.zstack.aios.plugins.module_utils._report.changes import show_resource
from ansible_collections.zstack.aios.tests.simulator import groups

every_field = pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.option)
BESIDE = {"systemTags", "userTags"}
UUID = "90d425a802ff44eeb530f21587633701"


@every_field
def test_each_option_is_the_wire_name_in_snake_case(field: Field) -> None:
    assert field.option == snake(field.wire)
    assert sum(other.option == field.option for other in FIELDS) == 1
    assert field.description[0].endswith(".")


@every_field
def test_the_table_and_the_platform_agree_on_the_fields_of_each_operation(field: Field) -> None:
    if field.in_path:
        return
    taken = {parameter.name for parameter in groups.DEPLOY} | BESIDE
    assert field.accepted(ADD) == (field.wire_in(ADD) in taken)
    assert field.accepted(UPDATE) == (field.wire_in(UPDATE) in {parameter.name for parameter in groups.UPDATE})
    assert (field.add == "required") == (field.wire in {one.name for one in groups.DEPLOY if one.required})


def test_the_table_has_every_field_that_the_platform_takes() -> None:
    sent = {field.wire_in(ADD) for field in FIELDS if field.add and not field.in_path}
    assert sent == {parameter.name for parameter in groups.DEPLOY} | BESIDE
    assert {field.wire_in(UPDATE) for field in FIELDS if field.update} == {one.name for one in groups.UPDATE}


def test_one_option_has_the_name_that_each_operation_gives_it() -> None:
    values = {"service_bootup_time": 9, "model_service_uuid": UUID}
    assert INSTANCE_GROUP.encode(values, ADD) == ({"serviceBootUptime": 9}, {})
    assert INSTANCE_GROUP.encode(values, UPDATE) == ({"serviceBootupTime": 9}, {})


def test_what_the_platform_shows_is_decoded_and_kept() -> None:
    shown = INSTANCE_GROUP.decode(
        {
            "uuid": UUID,
            "modelServiceUuid": UUID,
            "status": "Running",
            "instances": [{"urlMaps": {"httpPort": "a"}, "internalUrl": "b", "futureKey": {"innerKey": 1}}],
            "datasetRefInventories": [{"datasetUuid": UUID}],
            "anotherKey": 1,
        }
    )
    assert shown == {
        "uuid": UUID,
        "model_service_uuid": UUID,
        "status": "Running",
        "instances": [{"url_maps": {"httpPort": "a"}, "internal_url": "b", "future_key": {"innerKey": 1}}],
        "dataset_ref_inventories": [{"datasetUuid": UUID}],
        "another_key": 1,
    }


def test_secrets_of_instances_are_redacted_wherever_they_are() -> None:
    group = Resource(
        INSTANCE_GROUP,
        INSTANCE_GROUP.decode(
            {
                "yaml": "env: ['HF_TOKEN:t0psecret-1']",
                "instances": [
                    {"launchCommand": "serve --api_key=t0psecret-2", "yaml": "env: ['DB_PASSWORD:t0psecret-3']"},
                    {"vm": {"rootPassword": "t0psecret-4"}, "name": "uses t0psecret-1"},
                ],
            }
        ),
    )
    shown = show_resource(group, Redactor())
    assert "t0psecret" not in str({**shown, "instances": [shown["instances"][0], shown["instances"][1]["vm"]]})
    assert MASK in shown["yaml"]


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"name": "blue"}, "model_service is missing; set it: an instance group"),
        ({"uuid": UUID, "model_service": "chat", "model_service_uuid": UUID}, "set either model_service or"),
        ({"model_service": "chat"}, "set the name or the uuid of the instance group"),
        ({"uuid": UUID, "replicas": 2}, '"replicas" is not an option of an instance group'),
        ({"uuid": UUID, "instances": [], "status": "Running"}, ""),
        ({"uuid": UUID, "state": "stopped"}, '"stopped" is not one of present, absent, restarted'),
        ({"uuid": UUID, "wait": "later"}, '"later" is neither true nor false'),
        ({"uuid": UUID, "wait_timeout": 0}, "0 is less than one second"),
    ],
)
def test_declarations_are_validated(item: dict[str, Any], message: str) -> None:
    _items, errors = validate_items(INSTANCE_GROUP, [RawItem(item, "")])
    assert message in "\n".join(map(str, errors))
    assert bool(message) == bool(errors)
