# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Listings without end and responses of very many values end with an error, in little time and memory."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._rest import client
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.support.raw_server import RawServer, responding
from ansible_collections.zstack.aios.tests.support.samples import NEW

_DRIVER = """
import json, re, sys
from ansible_collections.zstack.aios.tests.support.harness import run_module
module, params = json.load(sys.stdin)
result = run_module(module, params)
print(json.dumps([result, int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])]))
"""
MEBIBYTE = 1024 * 1024


def run_alone(module: str, params: dict[str, Any]) -> tuple[dict[str, Any], float]:
    """Run a module in a process of its own; return its result, and the MiB that the process took at most."""
    done = subprocess.run(
        [sys.executable, "-c", _DRIVER],
        input=json.dumps([module, params]),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert not done.stderr, done.stderr
    result, kibibytes = json.loads(done.stdout)
    return result, kibibytes / 1024


@pytest.mark.parametrize("module", ["model_service_info", "model_services"])
@pytest.mark.parametrize("total", [10**12, 100_000])
def test_a_listing_of_ever_new_rows_ends_with_an_error(platform: Platform, module: str, total: int) -> None:
    platform.sim.faults([{"match": {"kind": "query", "times": 0}, "fault": {"endless_list": {"total": total}}}])
    params = {"model_services": [{**NEW, "name": "chat"}]} if module == "model_services" else {}
    started = time.monotonic()
    result = platform.run(module, params)
    assert time.monotonic() - started < 15
    assert result.failed
    assert result["failure"]["code"] == ("listing_too_large" if total > client.MOST_ROWS else "incomplete_listing")
    assert platform.writes() == []
    assert platform.sim.stats()["open_sessions"] == 0


def _page(first: int, count: int, total: int) -> bytes:
    rows = [{"uuid": f"{number:032x}", "name": "x" * 50} for number in range(first, first + count)]
    return json.dumps({"inventories": rows, "total": total}).encode()


def _endless(total_at: Callable[[int], int]) -> Any:
    """Pages that overlap as those of a platform do, without end."""

    def talk(connection: Any, head: str) -> None:
        found = re.search(r"[?&]start=(\d+)", head)
        start = int(found[1]) if found else 0
        responding(200, _page(start, client.PAGE, total_at(start)))(connection, head)

    return talk


@pytest.mark.parametrize("limit", ["MOST_ROWS", "LARGEST_LISTING"])
def test_a_listing_whose_total_grows_with_its_rows_ends_with_an_error(
    monkeypatch: pytest.MonkeyPatch, platform: Platform, limit: str
) -> None:
    monkeypatch.setattr(client, limit, 10_000 if limit == "MOST_ROWS" else MEBIBYTE)
    with RawServer(_endless(lambda start: start + 2 * client.PAGE)) as server:
        result = platform.run("model_service_info", {"host": server.url, **SESSION})
    assert result["failure"]["code"] == "listing_too_large"
    assert len(server.requests) < 15


SESSION = {"session_uuid": "a" * 32, "account_name": None, "account_password": None}


def test_a_page_of_more_rows_than_were_requested_is_refused(platform: Platform) -> None:
    with RawServer(responding(200, _page(0, client.PAGE + 1, client.PAGE + 1))) as server:
        result = platform.run("model_service_info", {"host": server.url, **SESSION})
    assert "the response has 1,001 rows, and 1,000 were requested" in result["msg"]
    assert result["failure"]["code"] == "listing_too_large"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"{}", "more than 1,000,000 values"),
        (b'{"a":1}', "more than 1,000,000 values"),
        (b'"' + b"x" * 2000 + b'"', "larger than"),
    ],
    ids=["objects", "objects of one", "texts"],
)
def test_a_huge_response_takes_little_memory(platform: Platform, value: bytes, text: str) -> None:
    count = (128 if text == "larger than" else 60) * MEBIBYTE // (len(value) + 1)
    body = b'{"total": 1, "inventories": [' + b",".join([value] * count) + b"]}"
    with RawServer(responding(200, body)) as server:
        params = {"host": server.url, "session_uuid": "a" * 32, "timeout": 60}
        result, mebibytes = run_alone("model_service_info", params)
    assert text in result["msg"]
    assert mebibytes < 300


@pytest.mark.parametrize("shape", ["objects", "keys", "wide characters"])
def test_the_largest_response_that_is_parsed_takes_bounded_memory(platform: Platform, shape: str) -> None:
    """What is just within the limits: as many objects, as many keys, and as much text."""
    if shape == "objects":
        inside = b"[" + b",".join([b"{}"] * 499_000) + b"]"
    elif shape == "keys":
        inside = b"{" + b",".join(b'"%x":0' % number for number in range(990_000)) + b"}"
    else:
        inside = '"{}"'.format("\U0001f600" * 15_000_000).encode()
    body = b'{"total": 1, "inventories": [{"uuid": "a", "name": "b", "readme": ' + inside + b"}]}"
    with RawServer(responding(200, body)) as server:
        params = {"host": server.url, "session_uuid": "a" * 32, "timeout": 60, "fields": ["name"]}
        result, mebibytes = run_alone("model_service_info", params)
    assert "internal" not in str(result.get("msg"))
    assert mebibytes < 900


def test_commas_within_texts_are_no_values(platform: Platform) -> None:
    row = {"uuid": "a" * 32, "name": "b", "yaml": "[1, 2]," * 400_000}
    with RawServer(responding(200, json.dumps({"inventories": [row], "total": 1}).encode())) as server:
        result = platform.run("model_service_info", {"host": server.url, **SESSION, "fields": ["name"]})
    assert not result.failed, result["msg"]
    assert result["total"] == 1
