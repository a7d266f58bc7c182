# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Takes in model services and instance groups by the thousand for tests, and shows all that is stored of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from . import constants, groups, tags
from .calls import Call
from .platform import Platform
from .resources import INSTANCE_GROUPS, MODEL_SERVICES, SYSTEM_TAGS, USER_TAGS, load, save
from .services import complete
from .texts import new_uuid


def insert_services(platform: Platform, given: Iterable[dict[str, Any]], account: str) -> list[str]:
    """Stores model services that look like inventories (hidden fields and tags as well); returns their uuids.

    What is missing is filled in: uuid, dates, and the fields that an Add demands. Dates given as text are replaced.
    """
    rows = list(given)
    records = [_record(row) for row in rows]
    with platform.store.transaction():
        save(platform.store, MODEL_SERVICES, records, platform.options.zone, account)
        for row, record in zip(rows, records, strict=True):
            asked = {name: tuple(row.get(name) or ()) for name in ("userTags", "systemTags")}
            call = Call(path={}, user_tags=asked["userTags"], system_tags=asked["systemTags"])
            tags.create_with(platform, MODEL_SERVICES, record["uuid"], call, row.get("tagUuids") or [])
    return [record["uuid"] for record in records]


def insert_groups(platform: Platform, given: Iterable[dict[str, Any]], account: str) -> list[str]:
    """Stores instance groups that look like inventories, or changes those that exist; returns their uuids.

    A group of a given status stays in it.
    """
    uuids = []
    with platform.store.transaction():
        for row in given:
            uuids.append(row.get("uuid") or new_uuid())
            known = load(platform.store, INSTANCE_GROUPS, uuids[-1])
            record = {"name": "group", "type": "Container", "uuid": uuids[-1], **(known or {}), **row}
            if known is None or "status" in row:
                platform.store.run("DELETE FROM starting WHERE uuid = ?", (uuids[-1],))
            groups.complete(platform, record, record.get("status", groups.RUNNING))
            save(platform.store, INSTANCE_GROUPS, [record], platform.options.zone, account)
    return uuids


def _record(row: dict[str, Any]) -> dict[str, Any]:
    uuid = row.get("uuid") or new_uuid()
    record: dict[str, Any] = {
        "uuid": uuid,
        "name": f"service-{uuid[:8]}",
        "yaml": "services:\n- name: demo\n  ports:\n  - 3000",
        "requestCpu": 1,
        "requestMemory": 1024,
        "modelCenterUuid": constants.MODEL_CENTER_UUID,
        "installPath": "/models/demo",
        "startCommand": "python3 app.py",
        "type": "Endpoint",
        "source": "Other",
        "system": False,
        "size": 0,
        "supportDistributed": False,
    }
    left_out = ("userTags", "systemTags", "tagUuids", "schema")
    record |= {name: value for name, value in row.items() if name not in left_out and value is not None}
    for name in ("createDate", "lastOpDate"):
        if not isinstance(record.get(name), int):
            record.pop(name, None)
    if "architectureImages" in record:
        record["modelServiceImages"] = record.pop("architectureImages")
    complete(record)
    return record


def raw_services(platform: Platform) -> list[dict[str, Any]]:
    """Every model service with all that is stored, hidden fields and tags as well, oldest first."""
    tagged = {
        "userTags": tags.listed(platform, USER_TAGS, "tag"),
        "systemTags": tags.listed(platform, SYSTEM_TAGS, "tag"),
        "tagUuids": tags.listed(platform, USER_TAGS, "tagPatternUuid"),
    }
    rows = platform.store.run("SELECT _record FROM model_services ORDER BY _row")
    records = [json.loads(row[0]) for row in rows]
    return [{**record, **{name: found.get(record["uuid"], []) for name, found in tagged.items()}} for record in records]


def remove_services(platform: Platform) -> None:
    """Deletes every model service, and every tag on anything."""
    with platform.store.transaction():
        for resource in (MODEL_SERVICES, USER_TAGS, SYSTEM_TAGS):
            platform.store.run(f'DELETE FROM "{resource.table}"')


def raw_groups(platform: Platform) -> list[dict[str, Any]]:
    """Every instance group in its state of now with all that is stored, oldest first."""
    groups.advance(platform)
    return [json.loads(row[0]) for row in platform.store.run("SELECT _record FROM instance_groups ORDER BY _row")]


def remove_groups(platform: Platform) -> None:
    """Deletes every instance group."""
    with platform.store.transaction():
        for table in ("instance_groups", "starting"):
            platform.store.run(f'DELETE FROM "{table}"')
