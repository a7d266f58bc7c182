# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a query filters and sorts by need not be among the fields it returns."""

from __future__ import annotations

import re

from ansible_collections.zstack.aios.tests.conftest import Platform


def test_a_condition_on_a_field_that_is_not_returned_still_finds(platform: Platform) -> None:
    platform.sim.seed([{"name": "a", "framework": "vLLM"}, {"name": "b", "framework": "vllm"}, {"name": "c"}])
    result = platform.run("model_service_info", {"conditions": ["framework=vLLM"], "fields": ["name"]})
    assert [(row["name"], sorted(row)) for row in result["model_services"]] == [("a", ["name", "uuid"])]
    assert result["total"] == 1


def test_sorting_by_a_field_that_is_not_returned_still_sorts(platform: Platform) -> None:
    platform.sim.seed([{"name": "a", "requestCpu": 2}, {"name": "b", "requestCpu": 9}, {"name": "c", "requestCpu": 4}])
    result = platform.run(
        "model_service_info", {"sort_by": "request_cpu", "sort_direction": "desc", "fields": ["name"]}
    )
    assert [row["name"] for row in result["model_services"]] == ["b", "c", "a"]


def test_a_field_that_no_service_shows_is_warned_of(platform: Platform) -> None:
    platform.sim.seed([{"name": "a", "requestCpu": 2}])
    asked = ["request_cpus", "user_tags", "description", "create_date"]
    result = platform.run("model_service_info", {"fields": asked})
    assert [sorted(row) for row in result["model_services"]] == [["create_date", "name", "uuid"]]
    warnings = re.findall(r"fields: model services have no field ([^']*)'", str(result["warnings"]))
    assert warnings == ['"request_cpus"; did you mean "request_cpu"?', '"user_tags"']


def test_an_export_declares_only_the_fields_that_are_asked_for(platform: Platform) -> None:
    twin = platform.sim.seed([{"name": "a", "requestCpu": 2, "framework": "vLLM"}, {"name": "b"}, {"name": "b"}])[1]
    params = {"declared": True, "fields": ["request_cpu", "readme", "frameworks"], "conditions": [f"uuid?={twin}"]}
    result = platform.run("model_service_info", params)
    assert [sorted(row) for row in result["model_services"]] == [["name", "request_cpu", "uuid"]]
    everything = platform.run("model_service_info", {**params, "conditions": []})
    assert sorted(map(sorted, everything["model_services"])) == [
        ["name", "request_cpu"], ["name", "request_cpu", "uuid"], ["name", "request_cpu", "uuid"],
    ]  # fmt: skip
    warnings = re.findall(r"fields: exports have no field ([^']*)'", str(everything["warnings"]))
    assert warnings == ['"readme"; did you mean "name"?', '"frameworks"; did you mean "framework"?']
    assert not platform.run("model_services", {"model_services": everything["model_services"]})["changed"]
