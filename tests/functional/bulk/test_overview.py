# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan as lines of one service each."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.support.declarations import service, services, stored


def lines(platform: Platform, declared: list[dict[str, Any]], **more: Any) -> list[str]:
    """Return the lines of a plan."""
    result = platform.run("model_services", {"model_services": declared, **more}, check=True)
    assert not result.failed, result["msg"]
    shown: list[str] = result["overview"]
    return shown


def test_what_is_lost_comes_first_and_updates_show_old_and_new_values(platform: Platform) -> None:
    old, gone, kept, undeclared = services(4)
    uuids = platform.sim.seed([stored(one) for one in (old, gone, kept, undeclared)])
    new = service("anew")
    clone = {"name": "clone", "clone_from": kept["name"]}
    changed = {**old, "request_cpu": 77, "description": "two\nlines", "framework": "SGLang"}
    shown = lines(
        platform,
        [new, clone, changed, {"name": gone["name"], "state": "absent"}, kept],
        prune=True,
        prune_conditions=[f"name={undeclared['name']}"],
    )
    assert shown[:2] == [
        f"1/5 to delete: {gone['name']} ({uuids[1]})",
        f"2/5 to delete: {undeclared['name']} ({uuids[3]}, not declared)",
    ]
    assert shown[2].startswith(f"3/5 to update: {old['name']}: ")
    assert f"request_cpu {old['request_cpu']} -> 77" in shown[2]
    assert "-> SGLang" in shown[2]
    assert sorted(shown[3:]) == ["4/5 to create: anew", f"5/5 to clone: clone from {kept['name']}"]


def test_of_a_long_text_the_first_line_that_differs_is_shown(platform: Platform) -> None:
    one = service("chat", yaml="a: 1\nb:\n  - c: 2\n  - d: 3\n")
    platform.sim.seed([stored(one)])
    [line] = lines(platform, [{**one, "yaml": "a: 1\nb:\n  - c: 5\n  - d: 3\n"}])
    assert "yaml line 3" in line and "2 -> " in line and "5" in line and "d:" not in line


def test_of_a_long_value_the_part_that_differs_is_shown(platform: Platform) -> None:
    command = "vllm serve /models/DeepSeek-R1-Distill-Qwen-32B --tensor-parallel-size 4 --max-model-len"
    one = service("chat", start_command=f"{command} 65536")
    platform.sim.seed([stored(one)])
    [line] = lines(platform, [{**one, "start_command": f"{command} 131072"}])
    assert "--max-model-len 65536 -> ..." in line and line.endswith("--max-model-len 131072")


def test_secrets_are_in_no_line(platform: Platform) -> None:
    one = service("chat", environment_parameters={"API_TOKEN": "old-secret-4711"})
    platform.run("model_services", {"model_services": [one]})
    shown = lines(platform, [{**one, "environment_parameters": {"API_TOKEN": "new-secret-4711"}}])
    assert "to update: chat" in shown[0] and "environment_parameters" in shown[0]
    assert "secret-4711" not in json.dumps(shown)


def test_many_services_are_counted(platform: Platform) -> None:
    declared = services(600)
    platform.sim.seed([stored(one) for one in declared[:100]])
    shown = lines(platform, [*({**one, "description": "x" * 500} for one in declared[:100]), *declared[100:]])
    assert all(len(line) <= 300 for line in shown)
    assert len(json.dumps(shown)) < 21_000
    assert all(f"{number}/600 to " in line for number, line in enumerate(shown[:-1], 1))
    left = 600 - (len(shown) - 1)
    assert shown[-1].startswith(f"and {left} more: ") and "to create" in shown[-1]


def test_only_a_plan_and_a_diff_have_lines(platform: Platform) -> None:
    params = {"model_services": services(2)}
    assert "overview" not in platform.run("model_services", params)
    params["model_services"][0]["request_cpu"] = 63
    applied = platform.run("model_services", params, diff=True)
    assert applied["overview"][0].startswith("1/1 updated: ")


def test_failures_come_before_updates(platform: Platform) -> None:
    declared = services(2)
    platform.sim.seed([stored(declared[0])])
    platform.sim.faults([{"match": {"kind": "add", "nth": 1}, "fault": {"job_error": {"code": "SYS.1007"}}}])
    params = {"model_services": [{**declared[0], "request_cpu": 63}, declared[1]]}
    result = platform.run("model_services", params, diff=True)
    assert (
        result["overview"][0].startswith(f"1/2 failed: {declared[1]['name']}: ") and "SYS.1007" in result["overview"][0]
    )
    assert result["overview"][1].startswith("2/2 updated: ")
