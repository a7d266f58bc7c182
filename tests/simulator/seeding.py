# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Takes in model services and instance groups by the thousand for tests, and shows all that is stored of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import zip_longest
from typing import Any

from . import constants, groups, tags
from .calls import Call
from .platform import Platform
from .resources import INSTANCE_GROUPS, MODEL_SERVICES, SYSTEM_TAGS, USER_TAGS, Resource, load, save
from .services import complete
from .starts import RUNNING
from .texts import new_uuid


def insert_services(platform: Platform, given: Iterable[dict[str, Any]], account: str) -> list[str]:
    """Stores model services that look like inventories (hidden fields and tags as well); returns their uuids.

    What is missing is filled in: uuid, dates, and the fields that an Add demands. Dates given as text are replaced.
    """
    rows = list(given)
    records = [_record(row) for row in rows]
    with platform.store.transaction():
        _store(platform, MODEL_SERVICES, rows, records, account)
    return [record["uuid"] for record in records]


def insert_groups(platform: Platform, given: Iterable[dict[str, Any]], account: str) -> list[str]:
    """Stores instance groups that look like inventories (tags as well), or changes those that exist; returns their
    uuids.

    A group of a given status stays in it, and so do instances of a status of their own.
    """
    rows = [{**row, "uuid": row.get("uuid") or new_uuid()} for row in given]
    with platform.store.transaction():
        records = [_group(platform, row) for row in rows]
        _store(platform, INSTANCE_GROUPS, rows, records, account)
    return [record["uuid"] for record in records]


def _store(
    platform: Platform, resource: Resource, rows: list[dict[str, Any]], records: list[dict[str, Any]], account: str
) -> None:
    save(platform.store, resource, records, platform.options.zone, account)
    for row, record in zip(rows, records, strict=True):
        asked = {name: tuple(row.get(name) or ()) for name in ("userTags", "systemTags")}
        call = Call(path={}, user_tags=asked["userTags"], system_tags=asked["systemTags"])
        tags.create_with(platform, resource, record["uuid"], call, row.get("tagUuids") or [])


def _group(platform: Platform, row: dict[str, Any]) -> dict[str, Any]:
    """The group that the row makes, or makes of the one that has its uuid."""
    known = load(platform.store, INSTANCE_GROUPS, row["uuid"])
    record = {"name": "group", "type": "Container", **(known or {}), **_inventory(row)}
    if known is None or "status" in row or "instances" in row:
        platform.store.run("DELETE FROM starting WHERE uuid = ?", (row["uuid"],))
    if known is not None:
        empty: dict[str, Any] = {}
        changes = row.get("instances", [empty] * len(known["instances"]))
        pairs = zip_longest(known["instances"][: len(changes)], changes, fillvalue=empty)
        record["instances"] = [
            {**(groups.without_state(one) if "status" in {**row, **change} else one), **change} for one, change in pairs
        ]
    groups.complete(platform, record, record.get("status", RUNNING))
    return record


def _inventory(row: dict[str, Any]) -> dict[str, Any]:
    """The row without what is no part of a record, and without dates that are text."""
    left_out = ("userTags", "systemTags", "tagUuids", "schema")
    dates = ("createDate", "lastOpDate")
    return {
        name: value
        for name, value in row.items()
        if name not in left_out and (name not in dates or isinstance(value, int))
    }


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
    record |= {name: value for name, value in _inventory(row).items() if value is not None}
    if "architectureImages" in record:
        record["modelServiceImages"] = record.pop("architectureImages")
    complete(record)
    return record


def raw_services(platform: Platform) -> list[dict[str, Any]]:
    """Every model service with all that is stored, hidden fields and tags as well, oldest first."""
    return _raw(platform, MODEL_SERVICES)


def _raw(platform: Platform, resource: Resource) -> list[dict[str, Any]]:
    tagged = {
        "userTags": tags.listed(platform, USER_TAGS, "tag"),
        "systemTags": tags.listed(platform, SYSTEM_TAGS, "tag"),
        "tagUuids": tags.listed(platform, USER_TAGS, "tagPatternUuid"),
    }
    records = [json.loads(row[0]) for row in platform.store.run(f"SELECT _record FROM {resource.table} ORDER BY _row")]
    return [{**record, **{name: found.get(record["uuid"], []) for name, found in tagged.items()}} for record in records]


def remove_services(platform: Platform) -> None:
    """Deletes every model service, and every tag on anything."""
    with platform.store.transaction():
        for resource in (MODEL_SERVICES, USER_TAGS, SYSTEM_TAGS):
            platform.store.run(f'DELETE FROM "{resource.table}"')


def raw_groups(platform: Platform) -> list[dict[str, Any]]:
    """Every instance group in its state of now with all that is stored, oldest first."""
    groups.advance(platform)
    return _raw(platform, INSTANCE_GROUPS)


def remove_groups(platform: Platform) -> None:
    """Deletes every instance group."""
    with platform.store.transaction():
        for table in ("instance_groups", "starting"):
            platform.store.run(f'DELETE FROM "{table}"')
