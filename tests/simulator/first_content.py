# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fills a new store: accounts, access keys, and what model services refer to."""

from __future__ import annotations

import time
import uuid
from typing import Any

from . import constants as c
from . import sessions
from .platform import Platform
from .resources import (
    ALL,
    GPU_SPECS,
    IMAGES,
    MANAGEMENT_NODES,
    MODEL_CENTERS,
    MODELS,
    TAG_PATTERNS,
    ZONES,
    Resource,
    create_tables,
    save,
)

_SEEDED = "seeded"
_SERVER_TABLES = ("sessions", "jobs", "accounts", "access_keys", "journal", "effects", "starting", "deleted")
_CENTER = {"status": "Connected", "url": "nfs://storage.example.com/models", "managementPort": 8989}
_MODEL = {"modelCenterUuid": c.MODEL_CENTER_UUID, "type": "LLM", "version": "1.0.0", "size": 15231233024}
_ZONE = {"state": "Enabled", "type": "zstack"}
_LOOKUPS: tuple[tuple[Resource, list[dict[str, Any]]], ...] = (
    (
        MODEL_CENTERS,
        [
            {"uuid": c.MODEL_CENTER_UUID, "name": c.MODEL_CENTER_NAME, **_CENTER},
            {"uuid": c.SECOND_MODEL_CENTER_UUID, "name": c.SECOND_MODEL_CENTER_NAME, **_CENTER},
            *({"uuid": one, "name": c.AMBIGUOUS_NAME, **_CENTER} for one in c.AMBIGUOUS_MODEL_CENTER_UUIDS),
        ],
    ),
    (
        MODELS,
        [
            {"uuid": c.MODEL_UUID, "name": c.MODEL_NAME, **_MODEL},
            {"uuid": c.SECOND_MODEL_UUID, "name": c.SECOND_MODEL_NAME, **_MODEL},
            *({"uuid": one, "name": c.AMBIGUOUS_NAME, **_MODEL} for one in c.AMBIGUOUS_MODEL_UUIDS),
        ],
    ),
    (
        IMAGES,
        [
            {"uuid": c.X86_IMAGE_UUID, "name": c.X86_IMAGE_NAME, "architecture": "x86_64"},
            {"uuid": c.ARM_IMAGE_UUID, "name": c.ARM_IMAGE_NAME, "architecture": "aarch64"},
        ],
    ),
    (
        GPU_SPECS,
        [
            {"uuid": c.GPU_SPEC_UUID, "name": c.GPU_SPEC_NAME, "vendorId": "10de"},
            {"uuid": c.SECOND_GPU_SPEC_UUID, "name": c.SECOND_GPU_SPEC_NAME, "vendorId": "19e5"},
        ],
    ),
    (
        TAG_PATTERNS,
        [
            {"uuid": c.PRODUCTION_TAG_UUID, "name": c.PRODUCTION_TAG_NAME, "value": "production", "type": "simple"},
            {"uuid": c.STAGING_TAG_UUID, "name": c.STAGING_TAG_NAME, "value": "staging", "type": "simple"},
            {"uuid": c.OWNER_TAG_UUID, "name": c.OWNER_TAG_NAME, "value": "owner::{owner}", "type": "withToken"},
        ],
    ),
)
# What a platform can be known by: with an id of its own it has other uuids than these.
_IDENTITY: tuple[tuple[Resource, list[dict[str, Any]]], ...] = (
    (
        ZONES,
        [
            {"uuid": c.ZONE_UUID, "name": c.ZONE_NAME, **_ZONE},
            {"uuid": c.SECOND_ZONE_UUID, "name": c.SECOND_ZONE_NAME, **_ZONE},
            *({"uuid": one, "name": c.AMBIGUOUS_NAME, **_ZONE} for one in c.AMBIGUOUS_ZONE_UUIDS),
        ],
    ),
    (MANAGEMENT_NODES, [{"uuid": c.MANAGEMENT_NODE_UUID, "hostName": "10.0.0.2"}]),
)


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
        _add_accounts(platform)
        now = int(time.time())
        dates = {"createDate": now, "lastOpDate": now, "joinDate": now, "heartBeat": now}
        for resource, rows in (*_LOOKUPS, *_of_its_own(platform.options.platform_id)):
            dated = {name: date for name, date in dates.items() if name in resource.columns}
            save(store, resource, [{**row, **dated} for row in rows], platform.options.zone)
        store.set_setting("sessions_swept", str(time.time()))
        store.set_setting(_SEEDED, "yes")


def _add_accounts(platform: Platform) -> None:
    store = platform.store
    for name, password in ((c.ADMIN_ACCOUNT, c.ADMIN_PASSWORD), (c.SECOND_ACCOUNT, c.SECOND_PASSWORD)):
        account = (c.ACCOUNTS[name], name, sessions.digest(password))
        store.run("INSERT INTO accounts (uuid, name, digest) VALUES (?, ?, ?)", account)
    for key, secret, enabled in (
        (c.ACCESS_KEY_ID, c.ACCESS_KEY_SECRET, 1),
        (c.DISABLED_ACCESS_KEY_ID, c.DISABLED_ACCESS_KEY_SECRET, 0),
    ):
        row = (key, secret, c.ADMIN_ACCOUNT_UUID, enabled)
        store.run("INSERT INTO access_keys (id, secret, account, enabled) VALUES (?, ?, ?, ?)", row)


def _of_its_own(platform_id: str) -> tuple[tuple[Resource, list[dict[str, Any]]], ...]:
    if not platform_id:
        return _IDENTITY
    return tuple(
        (
            resource,
            [{**row, "uuid": uuid.uuid5(uuid.NAMESPACE_DNS, f"{platform_id}/{row['uuid']}").hex} for row in rows],
        )
        for resource, rows in _IDENTITY
    )
