# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs of the services of a schedule: groups that are on the platform, and groups that are declared."""

from __future__ import annotations

import uuid
from random import Random
from typing import Any

from ansible_collections.zstack.aios.tests.simulator import constants

SECRET = "chaos-secret-value-5f1c"
#: Several services have groups of the same names.
NAMES = ("blue", "green", "spare")


def stored(services: list[dict[str, Any]], random: Random) -> list[dict[str, Any]]:
    """Draw the groups of seeded services, as the simulator takes them."""
    return [
        {
            "uuid": uuid.uuid3(uuid.UUID(service["uuid"]), name).hex,
            "name": name,
            "modelServiceUuid": service["uuid"],
            "description": "as it was",
        }
        for service in services
        if random.random() < 0.5
        for name in random.sample(NAMES, random.choice([1, 1, 2]))
    ]


def declare(items: list[dict[str, Any]], random: Random) -> None:
    """Declare groups below some of the items, or that none runs."""
    for item in items:
        if item.get("state") != "absent" and random.random() < 0.7:
            names = random.sample(NAMES, random.choice([0, 1, 1, 2]))
            item["deployments"] = [_declared(name, random) for name in names]


def _declared(name: str, random: Random) -> dict[str, Any]:
    if random.random() < 0.15:
        return {"name": name, "state": "absent"}
    more: dict[str, Any] = {
        "description": "as declared",
        "cpu_num": 4,
        "environment_variables": {"HF_TOKEN": SECRET, "MODE": "fast"},
        "user_tags": ["team-a"],
        "wait": False,
    }
    needed = {"name": name, "zone_uuid": constants.ZONE_UUID, "type": "Container", "wait_timeout": 10}
    return {**needed, **{key: value for key, value in more.items() if random.random() < 0.3}}
