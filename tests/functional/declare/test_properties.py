# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Properties of any declaration and any platform, many services at a time."""

from __future__ import annotations

import json
import operator
import tempfile
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import FIELDS, MODEL_SERVICE
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.support import strategies
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

BULK = "model_services"
#: A service that was made with an empty text where one is required has nothing there to export.
NEEDED = {"yaml": "", "install_path": "", "start_command": ""}
by_name = operator.itemgetter("name")
batches = st.lists(strategies.declarations(), min_size=1, max_size=8, unique_by=lambda item: item["name"])
platforms = st.lists(strategies.inventories(), min_size=1, max_size=8)
# The platform is emptied at the beginning of each example. Failures are not shrunk: each attempt is a run of a module.
steady = settings(
    max_examples=12,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def as_json(value: Any) -> Any:
    """Return a value as it arrives in a module."""
    return json.loads(json.dumps(value))


@steady
@given(batches)
def test_a_second_run_writes_nothing(platform: Platform, items: list[dict[str, Any]]) -> None:
    platform.sim.reset()
    first = platform.run(BULK, {"model_services": as_json(items)})
    assert not first.failed, first["msg"]
    assert first["summary"]["created"] == len(items) == len(platform.sim.services())
    platform.sim.clear_log()
    plan = platform.run(BULK, {"model_services": as_json(items)}, check=True, diff=True)
    assert (plan["changed"], plan["diff"]) == (False, []), plan["diff"]
    second = platform.run(BULK, {"model_services": as_json(items)})
    assert (second["changed"], second["results"]) == (False, [])
    assert platform.writes() == []


@steady
@given(platforms, st.data())
def test_any_service_converges_to_any_declaration_and_stays(
    platform: Platform, inventories: list[dict[str, Any]], data: st.DataObject
) -> None:
    platform.sim.reset()
    uuids = platform.sim.seed(as_json(inventories))
    fields = [field for field in FIELDS if field.update and field.option != "name"]
    form = st.fixed_dictionaries({}, optional={field.option: strategies.values_of(field) for field in fields})
    items = as_json([{"uuid": uuid, **data.draw(form)} for uuid in uuids])
    first = platform.run(BULK, {"model_services": items})
    assert not first.failed, first["msg"]
    platform.sim.clear_log()
    second = platform.run(BULK, {"model_services": items}, diff=True)
    assert not second["changed"], second["diff"]
    assert platform.writes() == []


@steady
@given(platforms)
def test_an_export_of_any_platform_applies_as_no_change(platform: Platform, inventories: list[dict[str, Any]]) -> None:
    platform.sim.reset()
    platform.sim.seed(as_json(inventories))
    before = platform.sim.services()
    declared = platform.run("model_service_info", {"declared": True})
    assert not declared.failed, declared["msg"]
    assert len(declared["model_services"]) == len(inventories)
    applied = platform.run(BULK, {"model_services": declared["model_services"]}, diff=True)
    assert not applied.failed, applied["msg"]
    assert not applied["changed"], applied["diff"]
    assert platform.writes() == []
    assert platform.sim.services() == before


@steady
@given(platforms, st.booleans())
def test_an_exported_folder_of_any_platform_applies_as_no_change(
    platform: Platform, inventories: list[dict[str, Any]], yaml_files: bool
) -> None:
    platform.sim.reset()
    platform.sim.seed(as_json(inventories))
    with tempfile.TemporaryDirectory() as folder:
        options = {"path": folder, "yaml_files": yaml_files, "system": True}
        exported = platform.run("model_services_export", options)
        assert not exported.failed, exported["msg"]
        assert exported["summary"]["services"] == len(inventories)
        applied = platform.run(BULK, {"src": [folder]}, diff=True)
        assert not applied.failed, applied["msg"]
        assert applied["summary"]["unchanged"] == len(inventories) and not applied["changed"], applied["diff"]
        assert not platform.run("model_services_export", options)["changed"]


@steady
@given(platforms)
def test_a_result_that_is_declared_changes_nothing(platform: Platform, inventories: list[dict[str, Any]]) -> None:
    platform.sim.reset()
    platform.sim.seed(as_json(inventories))
    results = platform.run("model_service_info", {})["model_services"]
    again = platform.run(BULK, {"model_services": results}, diff=True)
    assert not again.failed, again["msg"]
    assert not again["changed"], again["diff"]
    assert platform.writes() == []


@steady
@given(batches)
def test_an_export_can_be_created_on_an_empty_platform(platform: Platform, items: list[dict[str, Any]]) -> None:
    platform.sim.reset()
    readable = [{key: value for key, value in item.items() if MODEL_SERVICE.by_option[key].read} for item in items]
    assert not platform.run(BULK, {"model_services": as_json(readable)}).failed
    declared = platform.run("model_service_info", {"declared": True})["model_services"]
    assume("********" not in json.dumps(declared))
    platform.sim.clear_services()
    made = platform.run(BULK, {"model_services": declared, "defaults": NEEDED})
    assert not made.failed, made["msg"]
    again = platform.run("model_service_info", {"declared": True})["model_services"]
    assert sorted(again, key=by_name) == sorted(declared, key=by_name)
