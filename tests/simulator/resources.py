# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kinds of resources that can be queried, and how one of them becomes a row and an inventory."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from .store import Store
from .texts import gson_date, gson_dumps, sql_date

_NAMED = {"uuid": "text", "name": "text", "description": "text"}
_DATED = {"createDate": "date", "lastOpDate": "date"}


@dataclass(frozen=True)
class Resource:
    """One kind of resource.

    `columns` maps wire names that can be queried, sorted and selected to ``text``, ``int``, ``bool`` or ``date``; what
    an inventory holds beside them (lists, maps) is no column. `primitives` appear whatever ``fields`` asks for.
    `hidden` are wire names that are stored and never shown. What is `owned` belongs to an account, which alone sees it
    beside the administrator.
    """

    table: str
    columns: Mapping[str, str]
    primitives: tuple[str, ...] = ()
    hidden: frozenset[str] = frozenset()
    owned: bool = False


MODEL_SERVICES = Resource(
    "model_services",
    {
        **_NAMED,
        "readme": "text",
        "yaml": "text",
        "requestCpu": "int",
        "requestMemory": "int",
        "modelCenterUuid": "text",
        "type": "text",
        "framework": "text",
        "source": "text",
        "size": "int",
        "system": "bool",
        "gpuComputeCapability": "text",
        "installPath": "text",
        "pythonVersion": "text",
        "condaVersion": "text",
        "startCommand": "text",
        "containerCommand": "text",
        "containerArgs": "text",
        "supportDistributed": "bool",
        "hasNewVersion": "bool",
        "version": "text",
        **_DATED,
    },
    primitives=("supportDistributed",),
    hidden=frozenset(
        {
            "zoneUuid",
            "environmentParameters",
            "startupParameters",
            "inferenceParams",
            "serviceName",
            "servicePorts",
            "serviceLivez",
            "serviceReadyz",
            "serviceBootupTime",
            "serviceInstallPath",
            "serviceStartCommand",
        }
    ),
    owned=True,
)
MODEL_CENTERS = Resource(
    "model_centers",
    {**_NAMED, "url": "text", "status": "text", "managementIp": "text", "managementPort": "int", **_DATED},
)
MODELS = Resource(
    "models",
    {
        **_NAMED,
        "installPath": "text",
        "modelCenterUuid": "text",
        "vendor": "text",
        "modelId": "text",
        "size": "int",
        "version": "text",
        "type": "text",
        **_DATED,
    },
)
ZONES = Resource("zones", {**_NAMED, "state": "text", "type": "text", **_DATED})
IMAGES = Resource(
    "images",
    {**_NAMED, "state": "text", "status": "text", "platform": "text", "architecture": "text", **_DATED},
)
GPU_SPECS = Resource("pci_device_specs", {**_NAMED, "vendorId": "text", "type": "text", **_DATED})
MANAGEMENT_NODES = Resource(
    "management_nodes", {"uuid": "text", "hostName": "text", "joinDate": "date", "heartBeat": "date"}
)
INSTANCE_GROUPS = Resource(
    "instance_groups",
    {
        **_NAMED,
        "modelServiceUuid": "text",
        "modelUuid": "text",
        "modelServiceType": "text",
        "type": "text",
        "status": "text",
        "yaml": "text",
        "supportMetrics": "bool",
        "exportPath": "text",
        **_DATED,
    },
    hidden=frozenset({"settings"}),
    owned=True,
)
TAG_PATTERNS = Resource("tag_patterns", {**_NAMED, "value": "text", "color": "text", "type": "text", **_DATED})
_TAG_COLUMNS = {"uuid": "text", "resourceUuid": "text", "resourceType": "text", "tag": "text", "type": "text"}
USER_TAGS = Resource("user_tags", {**_TAG_COLUMNS, "tagPatternUuid": "text", **_DATED}, owned=True)
SYSTEM_TAGS = Resource("system_tags", {**_TAG_COLUMNS, "inherent": "bool", **_DATED}, owned=True)

ALL = (
    MODEL_SERVICES,
    MODEL_CENTERS,
    MODELS,
    ZONES,
    IMAGES,
    GPU_SPECS,
    MANAGEMENT_NODES,
    INSTANCE_GROUPS,
    TAG_PATTERNS,
    USER_TAGS,
    SYSTEM_TAGS,
)
_SQL_TYPES = {"text": "TEXT", "date": "TEXT", "int": "INTEGER", "bool": "INTEGER"}


def create_tables(store: Store) -> None:
    """Makes the tables that are missing.

    ``_record`` is everything known, ``_json`` the inventory as it is sent, ``_owner`` the account of what is owned.
    """
    for resource in ALL:
        columns = ", ".join(f'"{name}" {_SQL_TYPES[kind]}' for name, kind in resource.columns.items())
        store.run(
            f'CREATE TABLE IF NOT EXISTS "{resource.table}" '
            f"(_row INTEGER PRIMARY KEY AUTOINCREMENT, {columns}, _record TEXT NOT NULL, _json TEXT NOT NULL, _owner TEXT)"
        )
        store.run(f'CREATE UNIQUE INDEX IF NOT EXISTS "{resource.table}_uuid" ON "{resource.table}" ("uuid")')
        for name in ("name", "uuid", "resourceUuid", "modelServiceUuid"):
            if name in resource.columns:
                store.run(
                    f'CREATE INDEX IF NOT EXISTS "{resource.table}_{name}_folded" '
                    f'ON "{resource.table}" (fold_for_equality("{name}"))'
                )


def inventory(resource: Resource, record: Mapping[str, Any], zone: tzinfo) -> dict[str, Any]:
    """What the platform shows of a record: no nulls, nothing hidden, dates (epoch seconds in the record) as text."""
    shown: dict[str, Any] = {}
    for name, value in record.items():
        if value is None or name in resource.hidden:
            continue
        if resource.columns.get(name) == "date":
            shown[name] = gson_date(value, zone)
        elif isinstance(value, list):
            shown[name] = [inventory(resource, part, zone) if isinstance(part, dict) else part for part in value]
        else:
            shown[name] = value
    return shown


def save(
    store: Store, resource: Resource, records: Iterable[Mapping[str, Any]], zone: tzinfo, owner: str | None = None
) -> None:
    """Inserts the records for the owner, or replaces those whose uuid exists already; their owner stays."""
    names = list(resource.columns)
    listed = ", ".join(f'"{name}"' for name in names)
    replaced = ", ".join(f'"{name}" = excluded."{name}"' for name in [*names, "_record", "_json"])
    marks = ", ".join("?" * (len(names) + 3))
    store.run_many(
        f'INSERT INTO "{resource.table}" ({listed}, _record, _json, _owner) VALUES ({marks}) '
        f'ON CONFLICT("uuid") DO UPDATE SET {replaced}',
        ([*_row(resource, record, zone), owner] for record in records),
    )


def _row(resource: Resource, record: Mapping[str, Any], zone: tzinfo) -> list[Any]:
    values = []
    for name, kind in resource.columns.items():
        value = record.get(name)
        values.append(sql_date(value, zone) if kind == "date" and value is not None else value)
    return [*values, json.dumps(record), gson_dumps(inventory(resource, record, zone))]


def load(store: Store, resource: Resource, uuid: str) -> dict[str, Any] | None:
    """The record with exactly this uuid, or None."""
    row = store.run(f'SELECT _record FROM "{resource.table}" WHERE "uuid" = ?', (uuid,)).fetchone()
    return None if row is None else json.loads(row[0])


def exists(store: Store, resource: Resource, uuid: str) -> bool:
    """Whether a record has exactly this uuid."""
    return store.run(f'SELECT 1 FROM "{resource.table}" WHERE "uuid" = ?', (uuid,)).fetchone() is not None


def owner_of(store: Store, resource: Resource, uuid: str) -> tuple[bool, str | None]:
    """Whether a record has exactly this uuid, and the account that owns it."""
    row = store.run(f'SELECT _owner FROM "{resource.table}" WHERE "uuid" = ?', (uuid,)).fetchone()
    return (False, None) if row is None else (True, row[0])


def remove(store: Store, resource: Resource, uuid: str) -> bool:
    """Deletes the record with this uuid; says whether there was one."""
    return store.run(f'DELETE FROM "{resource.table}" WHERE "uuid" = ?', (uuid,)).rowcount > 0
