# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Responses that no platform should give are reported in plain words, bounded, escaped, and never trusted."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._rest import transport
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.support.harness import Result, run_module
from ansible_collections.zstack.aios.tests.support.raw_server import RawServer, responding
from ansible_collections.zstack.aios.tests.support.samples import NEW, QUICK, rule

#: Clears the screen, colours, rings, turns the direction of writing, and forges a line of output.
EVIL = "chat\x1b[2J\x1b[31m\x07\u202egnp.\u2066\r\nok: [localhost]\u2028\x9b31m"


def assert_plain_failure(result: Result) -> None:
    """Assert that a failure is reported in words, without a traceback."""
    text = json.dumps(result)
    assert result.failed
    assert result["msg"]
    assert "Traceback" not in text
    assert "internal" not in text
    assert "exception" not in result


SHAPES: dict[str, Any] = {
    "a list": [],
    "a text": "text",
    "a number": 7,
    "null": None,
    "an empty object": {},
    "rows that are no list": {"inventories": "x", "total": 1},
    "rows that are no objects": {"inventories": [1, 2], "total": 2},
    "a row without uuid": {"inventories": [{"name": "x"}], "total": 1},
    "a uuid that is no text": {"inventories": [{"uuid": 7}], "total": 1},
    "a total that is no number": {"inventories": [], "total": "many"},
}


@pytest.mark.parametrize("body", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("module", ["model_services", "model_service", "model_service_info"])
def test_a_listing_of_another_shape_is_reported_and_nothing_is_written(
    platform: Platform, body: Any, module: str
) -> None:
    platform.sim.faults([rule("query", {"wrong_shape": {"body": body}}, times=0)])
    params: dict[str, Any] = {**NEW, "name": "chat"} if module == "model_service" else {}
    if module == "model_services":
        params = {"model_services": [{**NEW, "name": "chat"}]}
    result = platform.run(module, {**params, **QUICK})
    assert_plain_failure(result)
    assert platform.writes() == []
    assert platform.sim.stats()["open_sessions"] == 0


@pytest.mark.parametrize("total", [0, 1, 3, 10**9, -1])
def test_a_listing_that_differs_from_its_total_is_refused(platform: Platform, total: int) -> None:
    """A listing that is cut short by something between would otherwise create services anew."""
    rows = [{"uuid": f"{number:032x}", "name": f"s{number}"} for number in range(2)]
    platform.sim.faults([rule("query", {"wrong_shape": {"body": {"inventories": rows, "total": total}}}, times=0)])
    started = time.monotonic()
    result = platform.run("model_services", {"model_services": [{**NEW, "name": "s2"}], **QUICK})
    assert time.monotonic() - started < 10
    assert_plain_failure(result)
    assert platform.writes() == []


ODD_ROWS: dict[str, dict[str, Any]] = {
    "numbers for texts": {"name": 7, "description": 1.5, "yaml": 3, "startCommand": True},
    "texts for numbers": {"requestCpu": "many", "requestMemory": "1e400", "size": "x"},
    "lists for texts": {"name": ["a"], "yaml": [], "installPath": {}},
    "texts for lists": {"cpuArchitectures": "x86_64", "modelServiceRefs": "none", "modelServiceImages": "x"},
    "lists of wrong things": {"modelServiceRefs": [1, None, {}], "modelServiceImages": [None, 3], "cpuArchitectures": [1]},
    "texts for maps": {"vendorToSpecUuidsMap": "x", "environmentParameters": []},
    "a yaml that refers to itself": {"yaml": "a: &a [*a]"},
    "a yaml that grows": {"yaml": "a: &a [1,1]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]"},
    "a yaml that is none": {"yaml": "{{{"},
    "unknown keys": {"newField": {"a": 1}, "": 1, "__proto__": 2},
    "nothing": {},
}  # fmt: skip


@pytest.mark.parametrize("row", ODD_ROWS.values(), ids=ODD_ROWS)
def test_a_row_with_odd_values_does_not_stop_the_others(platform: Platform, row: dict[str, Any]) -> None:
    odd = {"uuid": "0" * 32, "name": "odd", **row}
    body = {"inventories": [odd], "total": 1}
    platform.sim.faults([rule("query", {"wrong_shape": {"body": body}}, times=0)])
    for params in ({}, {"declared": True}, {"name": "odd"}):
        result = platform.run("model_service_info", params)
        assert not result.failed, result["msg"]
    platform.sim.clear_faults()
    platform.sim.faults([rule("query", {"wrong_shape": {"body": body}})])
    result = platform.run("model_services", {"model_services": [{**NEW, "name": "chat"}], **QUICK}, diff=True)
    assert not result.failed, result["msg"]


@pytest.mark.parametrize("row", ODD_ROWS.values(), ids=ODD_ROWS)
def test_an_odd_service_can_be_declared_over(platform: Platform, row: dict[str, Any]) -> None:
    odd = {"uuid": "0" * 32, "name": "odd", **row}
    platform.sim.faults([rule("query", {"wrong_shape": {"body": {"inventories": [odd], "total": 1}}}, times=0)])
    declared = {"description": "new", "request_cpu": 4, "yaml": "a: 1", "environment_parameters": {"A": "b"},
                "vendor_to_spec_uuids_map": {"NVIDIA": []}}  # fmt: skip
    result = platform.run("model_services", {"model_services": [{"uuid": "0" * 32, **declared}]}, check=True, diff=True)
    assert not result.failed, result["msg"]
    assert result["results"][0]["action"] == "updated"


@pytest.mark.parametrize("response", [{"inventory": None}, {"inventory": []}, {"inventory": {"uuid": 7}}, {"other": 1}])
def test_after_a_result_of_another_shape_the_state_decides(platform: Platform, response: Any) -> None:
    platform.sim.faults([rule("poll", {"wrong_shape": {"body": response}}, times=0)])
    result = platform.run("model_service", {**NEW, "name": "chat", **QUICK})
    assert (result.failed, result["action"]) == (False, "created")
    assert platform.service("chat")["uuid"] == result["model_service"]["uuid"]


def test_a_result_that_shows_something_else_is_an_error(platform: Platform) -> None:
    """The platform reports success and shows another service than was asked for."""
    other = {"uuid": "1" * 32, "name": "another", "requestCpu": 1}
    platform.sim.faults([rule("poll", {"wrong_shape": {"body": {"inventory": other}}}, times=0)])
    result = platform.run("model_services", {"model_services": [{**NEW, "name": "chat"}], **QUICK})
    assert result.failed
    [row] = result["results"]
    assert row["action"] == "created"
    assert "error" in row
    assert_plain_failure(result)


@pytest.mark.parametrize("page", [b"", b"<html>log in</html>", b"\x00\x01\x02\xff", b"[" * 1_000_000, b"OK"])
@pytest.mark.parametrize("status", [200, 202, 404, 418, 500, 503, 599])
def test_a_server_that_is_not_a_platform_is_reported_at_once(page: bytes, status: int) -> None:
    with RawServer(responding(status, page)) as server:
        started = time.monotonic()
        params = {"host": server.url, "session_uuid": "a" * 32, "timeout": 2, "job_timeout": 60}
        result = run_module("model_service_info", params)
    assert time.monotonic() - started < 8
    assert_plain_failure(result)
    assert len(server.requests) <= 3
    assert len(result["msg"]) < 2000
    assert result["msg"].replace("\n", "").isprintable()


def test_a_huge_response_is_bounded(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LARGEST_RESPONSE", 2_000_000)
    platform.sim.faults([rule("query", {"huge_body": {"bytes": 50_000_000}})])
    result = platform.run("model_service_info", QUICK)
    assert_plain_failure(result)
    assert "larger than" in result["msg"]


def test_a_huge_error_is_cut(platform: Platform) -> None:
    body = json.dumps({"error": {"code": "SYS.1007", "details": "x" * 3_000_000}})
    platform.sim.faults([rule("query", {"status": {"code": 503, "body": body}})])
    result = platform.run("model_service_info", QUICK)
    assert_plain_failure(result)
    assert len(json.dumps(result)) < 10_000


def harmless(text: str) -> bool:
    """Whether a text cannot steer a terminal."""
    return all(character == "\n" or character.isprintable() for character in text)


def test_control_characters_in_names_are_escaped_in_messages(platform: Platform, tmp_path: Path) -> None:
    platform.sim.seed([{"name": EVIL, "uuid": f"{number:032x}"} for number in (1, 2)])
    result = platform.run("model_services", {"model_services": [{"name": EVIL, "request_cpu": "many"}]})
    assert_plain_failure(result)
    assert harmless(result["msg"])
    assert "\\x1b[2J" in result["msg"]
    assert "\nok: " not in result["msg"]
    result = platform.run("model_services", {"model_services": [{"name": EVIL}]})
    assert "2 services have this name" in result["msg"]
    assert harmless(result["msg"])
    result = platform.run(
        "model_services",
        {"model_services": [], "prune": True, "prune_conditions": ["name~=chat%"], "prune_allow_empty": False},
    )
    assert "prune refused" in result["msg"]
    assert harmless(result["msg"])


@pytest.mark.parametrize("suffix", [".html", ".md", ".json"])
def test_names_are_escaped_in_reports(platform: Platform, tmp_path: Path, suffix: str) -> None:
    name = f"{EVIL}<script>alert(1)</script>&\"'`|*_[x](javascript:y)"
    path = tmp_path / f"report{suffix}"
    items = [{**NEW, "name": name, "description": name}]
    result = platform.run("model_services", {"model_services": items, "report_path": str(path)})
    assert not result.failed, result["msg"]
    text = path.read_text(encoding="utf-8")
    assert harmless(text)
    if suffix == ".json":
        assert json.loads(text)["rows"][0]["name"] == name
    else:
        shown = re.sub(r"(?ms)^ *```.*?^ *```$", "", text)  # a fenced block shows its content as it is
        assert "<script>alert" not in shown
        assert suffix == ".html" or "](javascript:" not in shown


def test_an_error_with_control_characters_is_escaped(platform: Platform) -> None:
    body = json.dumps({"error": {"code": "SYS.1007", "details": EVIL}})
    platform.sim.faults([rule("query", {"status": {"code": 503, "body": body}})])
    result = platform.run("model_service_info", QUICK)
    assert_plain_failure(result)
    assert harmless(result["msg"])
    assert harmless(str(result["failure"]["details"]))
    platform.sim.faults([rule("query", {"status": {"code": 500, "body": EVIL}})])
    result = platform.run("model_service_info", QUICK)
    assert harmless(result["msg"])


@pytest.mark.parametrize("code", ["SYS.1007\x1b[2J", 7, ["x"], {"a": 1}, True, "x" * 10_000])
def test_an_odd_error_code_is_escaped_and_shortened(platform: Platform, code: Any) -> None:
    body = json.dumps({"error": {"code": code, "details": {"not": "text"}, "cause": "text", "causes": 7}})
    platform.sim.faults([rule("query", {"status": {"code": 503, "body": body}})])
    result = platform.run("model_service_info", QUICK)
    assert_plain_failure(result)
    assert harmless(result["msg"])
    assert harmless(str(result["failure"]["code"]))
    assert len(result["msg"]) < 3000
