# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors that need no platform, errors that only the platform shows, and errors in the connection come together."""

from __future__ import annotations

import time
from typing import Any

import pytest
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.support.harness import run_module
from ansible_collections.zstack.aios.tests.support.samples import NEW

BULK = "model_services"
NAMED = {key: value for key, value in NEW.items() if key != "model_center_uuid"}
INVALID: dict[str, Any] = {"name": "invalid", "request_cpu": "many"}


def test_errors_with_and_without_the_platform_come_together(platform: Platform) -> None:
    platform.sim.seed([{"name": "fixed", "installPath": "/a"}, {"name": "twin"}, {"name": "twin"}])
    items = [
        INVALID,
        {**NAMED, "name": "center", "model_center": "nowhere"},
        {"name": "fixed", "install_path": "/b"},
        {"name": "twin", "request_cpu": 3},
        {"name": "bare"},
        {**NEW, "name": "fine"},
    ]
    result = platform.run(BULK, {"model_services": items})
    assert result.failed
    for text in (
        '"invalid" (model_services[0]): request_cpu: "many" is not a whole number',
        '"center" (model_services[1]): model_center: no model center named "nowhere"',
        '"fixed" (model_services[2]): install_path: it cannot be changed',
        '"twin" (model_services[3]): name: 2 services have this name',
        '"bare" (model_services[4]): the service does not exist',
    ):
        assert text in result["msg"]
    assert result["failure"]["errors_total"] == 5
    assert platform.writes() == []
    stats = platform.sim.stats()
    assert (stats["logins"], stats["logouts"], stats["open_sessions"]) == (1, 1, 0)


def test_an_invalid_item_causes_no_further_error(platform: Platform) -> None:
    """Neither its own missing options, nor clones of it, nor what is declared twice."""
    items = [
        {**NEW, **INVALID},
        {"name": "copy", "clone_from": "invalid"},
        {**NEW, "name": "twice"},
        {**NEW, "name": "twice"},
        {**NEW, "name": "fine"},
    ]
    result = platform.run(BULK, {"model_services": items})
    assert result["failure"]["errors_total"] == 2, result["msg"]
    defaults = {"model_centre": "model-center-1"}
    result = platform.run(BULK, {"model_services": [{**NAMED, "name": "chat"}], "defaults": defaults})
    assert result["failure"]["errors_total"] == 1, result["msg"]


def test_a_platform_that_does_not_respond_costs_no_error_and_little_time(platform: Platform) -> None:
    items = [INVALID, {**NEW, "name": "fine"}]
    for fault in ("close_before", {"status": {"code": 503, "body": "<html>"}}):
        platform.sim.faults([{"match": {"times": 0}, "fault": fault}])
        started = time.monotonic()
        result = platform.run(BULK, {"model_services": items})
        assert time.monotonic() - started < 15
        assert result["failure"]["errors_total"] == 1
        assert "Nothing was written." in result["msg"]


@pytest.mark.parametrize(
    "word", ["y", " Yes ", "ON", "t", "1", "true", "n", "No", "off", " F ", "0", "FALSE", "maybe", "2", ""]
)
def test_booleans_are_read_alike_in_options_environment_and_fields(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    platform.sim.seed([{"name": "chat"}])
    truth = word.strip().lower() in ("y", "yes", "on", "t", "1", "true")
    refused = word in ("maybe", "2", "")
    field = platform.run("model_service", {"name": "chat", "support_distributed": word})
    option = platform.run("model_service_info", {"count_only": word})
    assert (field.failed, option.failed) == (refused, refused)
    if not refused:
        assert platform.service("chat")["supportDistributed"] is truth
        assert ("model_services" not in option) is truth
    monkeypatch.setenv("ZSTACK_VALIDATE_CERTS", word)
    # An empty variable counts as unset.
    assert platform.run("model_service_info", {}).failed is (refused and bool(word))


def test_errors_in_the_connection_come_with_the_others() -> None:
    connection = {"host": "http://127.0.0.1:1/zstack", "session_uuid": "a" * 32, "account_name": "admin"}
    for module, params in ((BULK, {"model_services": [INVALID]}), ("model_service", INVALID)):
        result = run_module(module, {**connection, **params})
        assert "is not a whole number" in result["msg"]
        assert "account_name" in result["msg"]
        assert result["failure"]["errors_total"] >= 2
