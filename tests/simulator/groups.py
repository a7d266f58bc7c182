# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Instance groups, which are what runs of a model service: deployed, started in time, restarted, deleted."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from typing import Any

from . import tags
from .access import require, require_own, restricted_to
from .calls import Call
from .creation import new_resource_uuid, remember_deletion
from .errors import BusinessError, not_found
from .grammar import Query
from .messages import Parameter
from .platform import Platform
from .resources import (
    IMAGES,
    INSTANCE_GROUPS,
    MODEL_SERVICES,
    MODELS,
    TAG_PATTERNS,
    ZONES,
    inventory,
    load,
    remove,
    save,
)
from .selection import select
from .starts import RUNNING, STATES, Start
from .texts import gson_dumps, new_uuid

TYPES = ("VirtualMachine", "Container", "BareMetal2")

DEPLOY = (
    Parameter("name", required=True),
    Parameter("zoneUuid", required=True, refers=ZONES),
    Parameter("type", required=True, choices=TYPES),
    Parameter("description"),
    Parameter("modelUuid", refers=MODELS),
    Parameter("vmImageUuid", refers=IMAGES),
    Parameter("dockerImage"),
    Parameter("primaryStorageUuid"),
    Parameter("clusterUuid"),
    Parameter("cpuNum", "int"),
    Parameter("memorySize", "long"),
    Parameter("requestCpuNum", "int"),
    Parameter("requestMemorySize", "long"),
    Parameter("rootDiskOfferingUuid"),
    Parameter("rootDiskSize", "long"),
    Parameter("l3NetworkUuids", "strings"),
    Parameter("datasetUuids", "strings"),
    Parameter("modelServiceGroupUuids", "strings", refers=INSTANCE_GROUPS),
    Parameter("serviceBootUptime", "int", since="5.1.20"),
    Parameter("serviceLivez"),
    Parameter("serviceReadyz"),
    Parameter("environmentVariables", "map"),
    Parameter("startupParameters", "map"),
    Parameter("projectUuid"),
    Parameter("placementMode", choices=("Auto", "Pinned")),
    Parameter("targetUuid"),
    Parameter("gpuSpecUuid"),
    Parameter("gpuCount", "int"),
    Parameter("resourceUuid", "new_uuid"),
    Parameter("tagUuids", "strings", refers=TAG_PATTERNS),
)
UPDATE = (
    Parameter("name"),
    Parameter("description", since="5.3.20"),
    Parameter("environmentVariables", "map", since="5.3.22"),
    Parameter("startupParameters", "map", since="5.3.22"),
    Parameter("serviceLivez", since="5.4.6"),
    Parameter("serviceReadyz", since="5.4.6"),
    Parameter("serviceBootupTime", "int", since="5.4.6"),
    Parameter("packageVersion", since="5.5.6"),
)
RESTART = (Parameter("uuids", "strings", required=True),)
#: What depends on the status of an instance.
_OF_STATE = ("status", "url", "urlMaps", "internalUrl", "jupyterUrl")
_SHOWN = ("name", "description", "modelUuid", "type")
_NO_SETTING = (*_SHOWN, "datasetUuids", "resourceUuid", "tagUuids")


def query(platform: Platform, call: Call, parsed: Query) -> str:
    """The groups that a query finds, in their states of now."""
    advance(platform)
    text = select(platform.store, INSTANCE_GROUPS, parsed, platform.random, restricted_to(call.account))
    spelling = platform.options.features.group_spelling
    return gson_dumps(_spelt(json.loads(text), spelling)) if spelling else text


def deploy(platform: Platform, call: Call) -> dict[str, Any]:
    """DeployModelService: a new group of the service in the path, which then starts."""
    service = load(platform.store, MODEL_SERVICES, call.path["uuid"])
    if service is None:
        raise not_found("uuid", call.path["uuid"])
    features = platform.options.features
    values = {name: value for name, value in call.values.items() if not features.ignores("deploy", name)}
    models = [reference["modelUuid"] for reference in service["modelServiceRefs"]]
    record = {
        "uuid": new_resource_uuid(platform, values.get("resourceUuid")),
        "modelServiceUuid": service["uuid"],
        "modelServiceType": service["type"],
        "modelUuid": models[0] if models else None,
        "yaml": service["yaml"],
        **{name: value for name, value in values.items() if name in _SHOWN},
        "datasetRefInventories": [{"datasetUuid": uuid} for uuid in values.get("datasetUuids", [])],
        "settings": {name: value for name, value in values.items() if name not in _NO_SETTING},
    }
    complete(platform, record, STATES[0])
    _save(platform, record, call.account)
    tags.create_with(platform, INSTANCE_GROUPS, record["uuid"], call, values.get("tagUuids", []))
    _start(platform, record["uuid"], STATES[0], call)
    return _result(platform, record)


def update(platform: Platform, call: Call) -> dict[str, Any]:
    """UpdateModelServiceInstanceGroup: only what is given changes; most of it is kept and shown nowhere."""
    advance(platform)
    record = _existing(platform, call.path["uuid"])
    features = platform.options.features
    values = {name: value for name, value in call.values.items() if not features.ignores("group-update", name)}
    record |= {name: value for name, value in values.items() if name in _SHOWN}
    record["settings"] |= {name: value for name, value in values.items() if name not in _NO_SETTING}
    record["lastOpDate"] = int(time.time())
    _save(platform, record)
    return _result(platform, record)


def restart(platform: Platform, call: Call) -> dict[str, Any]:
    """RestartModelServiceGroups: a result for each group, of which some may be failures."""
    advance(platform)
    results = []
    for number, uuid in enumerate(call.values["uuids"], start=1):
        try:
            require(platform, call.account, INSTANCE_GROUPS, "uuids", uuid)
            if number == call.hints.get("failing"):
                raise BusinessError(call.hints["code"], f"failed to restart the group[uuid:{uuid}]")
        except BusinessError as error:
            results.append({"uuid": uuid, "success": False, "error": error.as_json()})
            continue
        record = _existing(platform, uuid)
        _set_states(platform, record, STATES[1], [STATES[1]] * len(record["instances"]))
        _save(platform, record)
        _start(platform, uuid, STATES[1], call)
        results.append({"uuid": uuid, "success": True})
    return {"results": results}


def delete(platform: Platform, call: Call) -> dict[str, Any]:
    """DeleteModelServiceInstanceGroup; a missing one is treated as a missing service is."""
    uuid = call.path["uuid"]
    require_own(platform, call.account, INSTANCE_GROUPS, uuid)
    if remove(platform.store, INSTANCE_GROUPS, uuid):
        platform.store.run("DELETE FROM starting WHERE uuid = ?", (uuid,))
        tags.forget(platform, uuid)
        remember_deletion(platform, uuid)
    elif platform.options.features.has("delete-missing-fails"):
        raise not_found("uuid", uuid)
    return {}


def orphan(platform: Platform, service: str) -> None:
    """Takes a service that is gone out of its groups, which live on."""
    rows = platform.store.run("SELECT _record FROM instance_groups WHERE modelServiceUuid = ?", (service,)).fetchall()
    for row in rows:
        _save(platform, {**json.loads(row[0]), "modelServiceUuid": None})


def advance(platform: Platform) -> None:
    """Brings every group that starts into the state of now."""
    now = time.time()
    for uuid, text in platform.store.run("SELECT uuid, start FROM starting WHERE due <= ?", (now,)).fetchall():
        record = _existing(platform, uuid)
        moment = Start(**json.loads(text)).at(now, len(record["instances"]))
        if moment.next_change is None:
            platform.store.run("DELETE FROM starting WHERE uuid = ?", (uuid,))
        else:
            platform.store.run("UPDATE starting SET due = ? WHERE uuid = ?", (moment.next_change, uuid))
        _set_states(platform, record, moment.group, moment.instances)
        _save(platform, record)


def complete(platform: Platform, record: dict[str, Any], status: str) -> None:
    """Fills in what the server makes itself: dates, instances, and of them what depends on the status.

    What the instances of the record say of themselves stays, also a status of their own.
    """
    now = int(time.time())
    record.setdefault("createDate", now)
    record.setdefault("lastOpDate", record["createDate"])
    record.setdefault("supportMetrics", False)
    record.setdefault("datasetRefInventories", [])
    record.setdefault("settings", {})
    record["status"] = status
    given = record.get("instances", [{}] * platform.options.group_instances)
    record["instances"] = [_instance(platform, record, rank, one) for rank, one in enumerate(given)]


def instance_status(platform: Platform, uuid: str) -> str | None:
    """The status of the instance, or None where there is none of this uuid."""
    advance(platform)
    row = platform.store.run(
        "SELECT json_extract(instance.value, '$.status')"
        " FROM instance_groups, json_each(instance_groups._record, '$.instances') AS instance"
        " WHERE json_extract(instance.value, '$.uuid') = ?",
        (uuid,),
    ).fetchone()
    return None if row is None else str(row[0])


def without_state(instance: dict[str, Any]) -> dict[str, Any]:
    """The instance without what depends on its status."""
    return {name: value for name, value in instance.items() if name not in _OF_STATE}


def _instance(platform: Platform, record: dict[str, Any], rank: int, given: dict[str, Any]) -> dict[str, Any]:
    uuid = given.get("uuid") or new_uuid()
    made = {
        "uuid": uuid,
        "name": f"{record.get('name') or 'group'}-{rank}",
        "vmInstanceUuid": new_uuid(),
        "nodeRank": rank,
        "architecture": "x86_64",
        "gpuVendor": "NVIDIA",
        "containerName": f"container-{uuid[:8]}",
        "yaml": record.get("yaml"),
    }
    status = given.get("status") or record["status"]
    return {**made, **_of_state(platform, uuid, rank, status), **given}


def _of_state(platform: Platform, uuid: str, rank: int, status: str) -> dict[str, Any]:
    """What depends on the status of an instance. Only one that runs has addresses, and responds there."""
    if status != RUNNING:
        return {**dict.fromkeys(_OF_STATE), "status": status}
    address = f"{platform.address}/instances/{uuid}"
    shown = (status, address, {"http": address}, f"http://10.0.0.{rank + 2}:8000", f"{address}/jupyter")
    return dict(zip(_OF_STATE, shown, strict=True))


def _set_states(platform: Platform, record: dict[str, Any], status: str, instances: list[str]) -> None:
    record["status"] = status
    for rank, (instance, own) in enumerate(zip(record["instances"], instances, strict=True)):
        instance |= _of_state(platform, instance["uuid"], rank, own)


def _start(platform: Platform, uuid: str, first: str, call: Call) -> None:
    """Lets the group go through its states from now on, as far as a fault lets it."""
    options = platform.options
    start = Start(time.time(), options.group_seconds, first, options.instance_lag, **call.hints.get("start", {}))
    row = (uuid, start.since, json.dumps(asdict(start)))
    platform.store.run("INSERT OR REPLACE INTO starting (uuid, due, start) VALUES (?, ?, ?)", row)


def _existing(platform: Platform, uuid: str) -> dict[str, Any]:
    record = load(platform.store, INSTANCE_GROUPS, uuid)
    if record is None:
        raise not_found("uuid", uuid)
    return record


def _save(platform: Platform, record: dict[str, Any], owner: str | None = None) -> None:
    save(platform.store, INSTANCE_GROUPS, [record], platform.options.zone, owner)


def _result(platform: Platform, record: dict[str, Any]) -> dict[str, Any]:
    shown = inventory(INSTANCE_GROUPS, record, platform.options.zone)
    result: dict[str, Any] = _spelt({"inventory": shown}, platform.options.features.group_spelling)
    return result


def _spelt(value: Any, spelling: dict[str, str]) -> Any:
    """The value with the names that this platform has for its fields; those that it has no name for are left out."""
    if isinstance(value, list):
        return [_spelt(part, spelling) for part in value]
    if isinstance(value, dict):
        named = {spelling.get(name, name): _spelt(part, spelling) for name, part in value.items()}
        return {name: part for name, part in named.items() if name}
    return value
