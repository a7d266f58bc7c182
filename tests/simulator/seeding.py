# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fills a new store, and takes in model services by the thousand for tests."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from typing import Any

from . import constants, sessions, tags
from .calls import Call
from .platform import Platform
from .resources import (
    ALL,
    GPU_SPECS,
    IMAGES,
    MODEL_CENTERS,
    MODEL_SERVICES,
    MODELS,
    SYSTEM_TAGS,
    TAG_PATTERNS,
    USER_TAGS,
    ZONES,
    create_tables,
    save,
)
from .services import complete
from .texts import new_uuid

_SEEDED = "seeded"
_SERVER_TABLES = ("sessions", "jobs", "accounts", "access_keys", "journal", "effects")


def prepare(platform: Platform) -> None:
    """Makes the tables, and their first content in a store that has none yet."""
    create_tables(platform.store)
    if not platform.store.setting(_SEEDED, ""):
        reset(platform)


def reset(platform: Platform) -> None:
    """Brings the store back to the state of a new one."""
    store = platform.store
    with store.transaction():
        for table in (*_SERVER_TABLES, *(resource.table for resource in ALL)):
            store.run(f'DELETE FROM "{table}"')
        store.run("DELETE FROM settings")
        for uuid, name, password in (
            (constants.ADMIN_ACCOUNT_UUID, constants.ADMIN_ACCOUNT, constants.ADMIN_PASSWORD),
            (constants.SECOND_ACCOUNT_UUID, constants.SECOND_ACCOUNT, constants.SECOND_PASSWORD),
        ):
            digest = sessions.digest(password)
            store.run("INSERT INTO accounts (uuid, name, digest) VALUES (?, ?, ?)", (uuid, name, digest))
        for key, secret, enabled in (
            (constants.ACCESS_KEY_ID, constants.ACCESS_KEY_SECRET, 1),
            (constants.DISABLED_ACCESS_KEY_ID, constants.DISABLED_ACCESS_KEY_SECRET, 0),
        ):
            row = (key, secret, constants.ADMIN_ACCOUNT_UUID, enabled)
            store.run("INSERT INTO access_keys (id, secret, account, enabled) VALUES (?, ?, ?, ?)", row)
        _seed_lookups(platform)
        store.set_setting("sessions_swept", str(time.time()))
        store.set_setting(_SEEDED, "yes")


def _seed_lookups(platform: Platform) -> None:
    now = int(time.time())
    centers = [
        (constants.MODEL_CENTER_UUID, constants.MODEL_CENTER_NAME),
        (constants.SECOND_MODEL_CENTER_UUID, constants.SECOND_MODEL_CENTER_NAME),
        *((uuid, constants.AMBIGUOUS_NAME) for uuid in constants.AMBIGUOUS_MODEL_CENTER_UUIDS),
    ]
    zones = [
        (constants.ZONE_UUID, constants.ZONE_NAME),
        (constants.SECOND_ZONE_UUID, constants.SECOND_ZONE_NAME),
        *((uuid, constants.AMBIGUOUS_NAME) for uuid in constants.AMBIGUOUS_ZONE_UUIDS),
    ]
    models = [
        (constants.MODEL_UUID, constants.MODEL_NAME),
        (constants.SECOND_MODEL_UUID, constants.SECOND_MODEL_NAME),
        *((uuid, constants.AMBIGUOUS_NAME) for uuid in constants.AMBIGUOUS_MODEL_UUIDS),
    ]
    images = [
        (constants.X86_IMAGE_UUID, constants.X86_IMAGE_NAME, "x86_64"),
        (constants.ARM_IMAGE_UUID, constants.ARM_IMAGE_NAME, "aarch64"),
    ]
    specs = [
        (constants.GPU_SPEC_UUID, constants.GPU_SPEC_NAME, "10de"),
        (constants.SECOND_GPU_SPEC_UUID, constants.SECOND_GPU_SPEC_NAME, "19e5"),
    ]
    patterns = [
        (constants.PRODUCTION_TAG_UUID, constants.PRODUCTION_TAG_NAME, constants.PRODUCTION_TAG_NAME, "simple"),
        (constants.STAGING_TAG_UUID, constants.STAGING_TAG_NAME, constants.STAGING_TAG_NAME, "simple"),
        (constants.OWNER_TAG_UUID, constants.OWNER_TAG_NAME, "owner::{owner}", "withToken"),
    ]
    common = {"createDate": now, "lastOpDate": now}
    center = {"status": "Connected", "url": "nfs://storage.example.com/models", "managementPort": 8989}
    model = {"modelCenterUuid": constants.MODEL_CENTER_UUID, "type": "LLM", "version": "1.0.0", "size": 15231233024}
    for resource, records in (
        (MODEL_CENTERS, [{"uuid": uuid, "name": name, **center} for uuid, name in centers]),
        (ZONES, [{"uuid": uuid, "name": name, "state": "Enabled", "type": "zstack"} for uuid, name in zones]),
        (MODELS, [{"uuid": uuid, "name": name, **model} for uuid, name in models]),
        (IMAGES, [{"uuid": uuid, "name": name, "architecture": architecture} for uuid, name, architecture in images]),
        (GPU_SPECS, [{"uuid": uuid, "name": name, "vendorId": vendor} for uuid, name, vendor in specs]),
        (
            TAG_PATTERNS,
            [{"uuid": uuid, "name": name, "value": value, "type": sort} for uuid, name, value, sort in patterns],
        ),
    ):
        save(platform.store, resource, [{**record, **common} for record in records], platform.options.zone)


def insert_services(platform: Platform, given: Iterable[dict[str, Any]]) -> list[str]:
    """Stores model services that look like inventories (hidden fields and tags as well); returns their uuids.

    What is missing is filled in: uuid, dates, and the fields that an Add demands. Dates given as text are replaced.
    """
    records = []
    with platform.store.transaction():
        for row in given:
            record = _record(row)
            records.append(record)
            asked = {name: tuple(row.get(name) or ()) for name in ("userTags", "systemTags")}
            call = Call(path={}, user_tags=asked["userTags"], system_tags=asked["systemTags"])
            tags.create_with(platform, record["uuid"], call, row.get("tagUuids") or [])
        save(platform.store, MODEL_SERVICES, records, platform.options.zone)
    return [record["uuid"] for record in records]


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
    """Deletes every model service and every tag on one."""
    with platform.store.transaction():
        for resource in (MODEL_SERVICES, USER_TAGS, SYSTEM_TAGS):
            platform.store.run(f'DELETE FROM "{resource.table}"')
