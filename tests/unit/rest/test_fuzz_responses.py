# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fuzzing of the platform's responses: any status, any body, any inventory."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import AiosError
from ansible_collections.zstack.aios.plugins.module_utils._converge.plan import make_plan
from ansible_collections.zstack.aios.plugins.module_utils._converge.snapshot import Snapshot
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import RawItem, validate_items
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Resource
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import FIELDS, MODEL_SERVICE
from ansible_collections.zstack.aios.plugins.module_utils._model.redaction import Redactor
from ansible_collections.zstack.aios.plugins.module_utils._platform.search import declare
from ansible_collections.zstack.aios.plugins.module_utils._report.changes import predict_resource, show_resource
from ansible_collections.zstack.aios.plugins.module_utils._rest.backoff import retry_after
from ansible_collections.zstack.aios.plugins.module_utils._rest.client import page_without
from ansible_collections.zstack.aios.plugins.module_utils._rest.responses import (
    TABLE,
    Phase,
    RetryAction,
    as_error,
    error_of,
    retry_action,
    situation_of,
)
from ansible_collections.zstack.aios.plugins.module_utils._rest.transport import Response, _object
from hypothesis import example, given
from hypothesis import strategies as st

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4), max_leaves=12
)  # fmt: skip
WIRE = sorted(
    {field.read for field in FIELDS if field.read} | {field.wire for field in FIELDS} | {"version", "createDate"}
)
INVENTORIES = st.dictionaries(st.sampled_from(WIRE) | st.text(max_size=8), JSON, max_size=8)
ERRORS = st.fixed_dictionaries(
    {}, optional={"code": JSON, "description": JSON, "details": JSON, "cause": JSON, "causes": JSON, "error": JSON}
)
BODIES = (
    st.binary(max_size=60)
    | JSON.map(lambda value: json.dumps(value).encode())
    | ERRORS.map(lambda value: json.dumps({"error": value}).encode())
    | ERRORS.map(lambda value: json.dumps(value).encode())
)
STATUSES = st.sampled_from([200, 202, 204, 302, 400, 403, 404, 405, 429, 500, 502, 503, 504]) | st.integers(100, 999)


@given(
    STATUSES, BODIES, st.sampled_from(["/v1/ai/model-services", "/v1/api-jobs/0123", "/v1/accounts/login"]), st.text()
)
@example(503, b'{"error": {"code": "SYS.1007"}}', "/v1/zones", "")
def test_any_response_has_a_situation_an_action_and_a_message(status: int, body: bytes, path: str, header: str) -> None:
    text = body.decode("utf-8", "replace")
    response = Response("GET", path, status, {"Retry-After": header, "Location": header}, text, _object(body))
    assert situation_of(response) in {row.situation for row in TABLE}
    for phase in Phase:
        action = retry_action(response, phase)
        # Only a success is taken as one.
        assert action is not RetryAction.DONE or 200 <= status < 300
    assert 0 <= retry_after(response) <= 60
    error = as_error(response, "job-1")
    assert error.message.replace("\n", "").isprintable()
    assert len(error.message) < 2000
    json.dumps(error.failure())
    assert error_of(response) is None or status >= 400


@given(JSON)
def test_a_page_has_rows_with_uuids(body: Any) -> None:
    if isinstance(body, dict) and not page_without(body):
        assert all(isinstance(row["uuid"], str) for row in body["inventories"])


@given(
    st.fixed_dictionaries(
        {"uuid": st.text(min_size=1, max_size=32)}, optional={key: JSON for key in WIRE if key != "uuid"}
    )
)
def test_any_inventory_is_decoded_compared_and_shown(inventory: dict[str, Any]) -> None:
    current = Resource(MODEL_SERVICE, MODEL_SERVICE.decode(inventory))
    redactor = Redactor()
    json.dumps(show_resource(current, redactor))
    for field in FIELDS:
        current.shows(field)
    forms, _warnings = declare([current], [current.name], redactor)
    # Its declaration is valid, and changes nothing.
    [form] = forms
    items, errors = validate_items(
        MODEL_SERVICE, [RawItem({"uuid": current.uuid, **form} if len(current.uuid) == 32 else form, "")]
    )
    if errors:
        assert "uuid" in str(errors[0]) or "name" in str(errors[0])
        return
    plan = make_plan(items, Snapshot([current]))
    for action in plan.actions:
        if action.current is not None:
            assert action.changed_fields == []
        predict_resource(action, redactor)


@given(st.lists(INVENTORIES, max_size=4))
def test_any_snapshot_can_be_planned_against(rows: list[dict[str, Any]]) -> None:
    snapshot = Snapshot(
        Resource(MODEL_SERVICE, MODEL_SERVICE.decode({**row, "uuid": f"{number:032x}"}))
        for number, row in enumerate(rows)
    )
    declared: list[dict[str, Any]] = [
        {"uuid": f"{number:032x}", "description": "x", "request_cpu": 1, "yaml": "a: 1", "type": "App",
         "environment_parameters": {"A": "b"}, "service_ports": [1], "cpu_architectures": ["X86_64"],
         "architecture_images": [{"cpu_architecture": "X86_64"}], "support_distributed": True}
        for number in range(len(rows))
    ]  # fmt: skip
    items, errors = validate_items(MODEL_SERVICE, [RawItem(value, "here") for value in declared])
    assert errors == []
    plan = make_plan(items, snapshot)
    assert len(plan.actions) == len(rows)
    for error in plan.errors:
        assert str(error).isprintable()
    for action in plan.actions:
        json.dumps(predict_resource(action, Redactor()))


@given(st.text())
def test_any_message_becomes_an_error(text: str) -> None:
    assert AiosError(text).failure() == {"code": "error"}
