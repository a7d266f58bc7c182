# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Access keys: every request signed, no session, and errors of clock and key with their cure."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.simulator import constants
from ansible_collections.zstack.aios.tests.support.samples import KEY, NEW


def test_a_key_needs_no_session(platform_with: Callable[..., Platform]) -> None:
    platform = platform_with(server_utc_offset="+08:00")
    key = {**KEY, "server_utc_offset": "+08:00"}
    items = [{**NEW, "name": f"s{number}", "description": "für 模型 服务"} for number in range(5)]
    result = platform.run("model_services", {**key, "model_services": items})
    assert not result.failed, result["msg"]
    changed = [{**item, "description": "new"} for item in items]
    assert platform.run("model_services", {**key, "model_services": changed})["summary"]["updated"] == 5
    gone = [{"name": item["name"], "state": "absent"} for item in items]
    assert platform.run("model_services", {**key, "model_services": gone})["summary"]["deleted"] == 5
    schemes = {entry["authorization"] for entry in platform.sim.log() if entry["kind"] != "poll"}
    assert schemes == {"ZStack"}
    assert platform.sim.stats()["open_sessions"] == platform.logins() == 0


@pytest.mark.parametrize("offset, features", [("-05:30", ""), ("+08:00", "check-time-zone")])
def test_the_offset_of_the_platform_passes_with_and_without_zone_check(
    platform_with: Callable[..., Platform], offset: str, features: str
) -> None:
    platform = platform_with(server_utc_offset=offset, features=features)
    result = platform.run("model_service_info", {**KEY, "server_utc_offset": offset})
    assert not result.failed, result["msg"]


def test_a_wrong_clock_names_the_option_that_cures_it(platform_with: Callable[..., Platform]) -> None:
    platform = platform_with(server_utc_offset="+08:00")
    result = platform.run("model_service_info", {**KEY, "server_utc_offset": "+00:00"})
    assert result.failed
    assert "server_utc_offset" in result["msg"]
    assert '"+08:00"' in result["msg"]
    [sent] = re.findall(r"sent with the time (.*? GMT\+00:00)\)", result["msg"])
    age = time.time() - parsedate_to_datetime(sent.replace("GMT+00:00", "GMT")).timestamp()
    assert -2 < age < 60
    assert platform.sim.stats()["requests"] == 1, "never repeated"


@pytest.mark.parametrize(
    "key",
    [
        {"access_key_secret": "anotherSecret000000000000000000000000000"},
        {"access_key_id": "NoSuchAccessKeyId0001"},
        {
            "access_key_id": constants.DISABLED_ACCESS_KEY_ID,
            "access_key_secret": constants.DISABLED_ACCESS_KEY_SECRET,
        },
    ],
    ids=["another secret", "no such key", "disabled"],
)
def test_a_key_that_is_not_accepted_is_tried_once(platform: Platform, key: dict[str, Any]) -> None:
    result = platform.run("model_service_info", {**KEY, **key})
    assert result.failed
    assert "check access_key_id and access_key_secret" in result["msg"]
    assert platform.sim.stats()["requests"] == 1
