# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What adding, cloning, updating and deleting a model service does, and binding models to it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from . import folding, groups, tags
from .access import require_own
from .calls import Call
from .creation import new_resource_uuid, remember_deletion
from .errors import not_found
from .messages import Parameter
from .platform import Platform
from .resources import MODEL_CENTERS, MODEL_SERVICES, MODELS, TAG_PATTERNS, ZONES, inventory, load, remove, save
from .texts import new_uuid

TYPES = ("Endpoint", "FineTune", "ModelEval", "App")
SOURCES = ("Other", "Bentoml", "HuggingFace")

# What an Add takes without asking for it, a Clone as well, and an Update as well.
_EVERYWHERE = (
    Parameter("description", longest=2048),
    Parameter("gpuComputeCapability"),
    Parameter("pythonVersion"),
    Parameter("type", choices=TYPES),
    Parameter("source", choices=SOURCES),
    Parameter("framework"),
)


def _newer(architectures: str = "0", distributed: str = "0", containers: str = "0") -> tuple[Parameter, ...]:
    """Parameters of all three operations, and the version since which an operation has them."""
    return (
        Parameter("architectureImages", "images", since=architectures),
        Parameter("supportDistributed", "bool", since=distributed),
        Parameter("containerCommand", since=containers),
        Parameter("containerArgs", since=containers),
        Parameter("vendorToSpecUuidsMap", "string_lists", since=containers),
    )


_AT_CREATION = (
    Parameter("condaVersion"),
    Parameter("system", "bool"),
    Parameter("resourceUuid", "new_uuid"),
    Parameter("tagUuids", "strings", refers=TAG_PATTERNS),
)


def _basic(required: bool) -> tuple[Parameter, ...]:
    return (
        Parameter("name", required=required, longest=255),
        Parameter("yaml", required=required),
        Parameter("requestCpu", "int", required=required),
        Parameter("requestMemory", "long", required=required),
        Parameter("startCommand", required=required),
    )


ADD = (
    *_basic(required=True),
    Parameter("modelCenterUuid", required=True, refers=MODEL_CENTERS),
    Parameter("installPath", required=True),
    Parameter("zoneUuid", refers=ZONES),
    Parameter("modelUuids", "strings", refers=MODELS),
    *_EVERYWHERE,
    *_newer(),
    *_AT_CREATION,
)
CLONE = (
    *_basic(required=False),
    Parameter("installPath"),
    Parameter("readme"),
    Parameter("size", "long"),
    Parameter("cpuArchitectures", "strings", since="5.3.40"),
    *_EVERYWHERE,
    *_newer(architectures="5.3.40", distributed="5.3.46", containers="5.5.22"),
    *_AT_CREATION,
)
_UPDATE_ONLY = (
    Parameter("environmentParameters", "map"),
    Parameter("startupParameters", "map"),
    Parameter("inferenceParams", "map"),
    Parameter("serviceName"),
    Parameter("servicePorts", "ints"),
    Parameter("serviceLivez"),
    Parameter("serviceReadyz"),
    Parameter("serviceBootupTime", "int"),
    Parameter("serviceInstallPath"),
    Parameter("serviceStartCommand"),
)
UPDATE = (*_basic(required=False), *_EVERYWHERE, *_newer(), *_UPDATE_ONLY)

_NO_COLUMN = frozenset({"resourceUuid", "tagUuids", "modelUuids", "architectureImages"})
# What a copy does not take over from its source.
_OWN = ("uuid", "createDate", "lastOpDate")


def add(platform: Platform, call: Call) -> dict[str, Any]:
    """AddModelService: the body of its result."""
    values = _taken(platform, "add", call)
    defaults: dict[str, Any] = {
        "type": "Endpoint",
        "source": "Other",
        "system": False,
        "size": 0,
        "supportDistributed": False,
    }
    return _create(platform, call, values, defaults)


def clone(platform: Platform, call: Call) -> dict[str, Any]:
    """CloneModelService: what is not given is copied from the service in the path."""
    source = _existing(platform, call.path["uuid"])
    values = _taken(platform, "clone", call)
    copied = {name: value for name, value in source.items() if name not in _OWN}
    return _create(platform, call, values, copied)


def update(platform: Platform, call: Call) -> dict[str, Any]:
    """UpdateModelService: only what is given changes; lists and maps are replaced."""
    record = _existing(platform, call.path["uuid"])
    values = _taken(platform, "update", call)
    record.update({name: value for name, value in values.items() if name not in _NO_COLUMN})
    if "architectureImages" in values:
        record["modelServiceImages"] = values["architectureImages"]
    record["yaml"] = folding.fold(platform.options.features, record["yaml"], values)
    record["lastOpDate"] = int(time.time())
    complete(record)
    save(platform.store, MODEL_SERVICES, [record], platform.options.zone)
    return {"inventory": inventory(MODEL_SERVICES, record, platform.options.zone)}


def delete(platform: Platform, call: Call) -> dict[str, Any]:
    """DeleteModelService; a service that is not there counts as deleted unless ``delete-missing-fails`` is on."""
    uuid = call.path["uuid"]
    require_own(platform, call.account, MODEL_SERVICES, uuid)
    if remove(platform.store, MODEL_SERVICES, uuid):
        tags.forget(platform, uuid)
        groups.orphan(platform, uuid)
        remember_deletion(platform, uuid)
    elif platform.options.features.has("delete-missing-fails"):
        raise not_found("uuid", uuid)
    return {}


def bind_model(platform: Platform, call: Call) -> dict[str, Any]:
    """BindModelToService: adds the model to the service's references; one that is bound stays as it is."""
    record = _existing(platform, call.path["modelServiceUuid"])
    model = call.path["modelUuid"]
    if all(reference["modelUuid"] != model for reference in record["modelServiceRefs"]):
        record["modelServiceRefs"].append({"modelUuid": model})
        complete(record)
        save(platform.store, MODEL_SERVICES, [record], platform.options.zone)
    return {"inventory": inventory(MODEL_SERVICES, record, platform.options.zone)}


def unbind_model(platform: Platform, call: Call) -> dict[str, Any]:
    """UnbindModelFromService: takes the model out of the service's references, whether it is there or not."""
    record = _existing(platform, call.path["modelServiceUuid"])
    kept = [ref for ref in record["modelServiceRefs"] if ref["modelUuid"] != call.path["modelUuid"]]
    record["modelServiceRefs"] = kept
    save(platform.store, MODEL_SERVICES, [record], platform.options.zone)
    if platform.options.features.has("unbind-inventory"):
        return {"inventory": inventory(MODEL_SERVICES, record, platform.options.zone)}
    return {}


def _existing(platform: Platform, uuid: str) -> dict[str, Any]:
    record = load(platform.store, MODEL_SERVICES, uuid)
    if record is None:
        raise not_found("uuid", uuid)
    return record


def _taken(platform: Platform, operation: str, call: Call) -> dict[str, Any]:
    features = platform.options.features
    return {name: value for name, value in call.values.items() if not features.ignores(operation, name)}


def _create(platform: Platform, call: Call, values: dict[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    uuid = new_resource_uuid(platform, values.get("resourceUuid"))
    record = {"uuid": uuid, **base, **{name: value for name, value in values.items() if name not in _NO_COLUMN}}
    if "modelUuids" in values:
        record["modelServiceRefs"] = [{"modelUuid": model} for model in values["modelUuids"]]
    if "architectureImages" in values:
        record["modelServiceImages"] = values["architectureImages"]
    for part in ("modelServiceRefs", "modelServiceImages"):
        record[part] = [
            {name: value for name, value in one.items() if name not in _OWN} for one in record.get(part) or []
        ]
    complete(record)
    save(platform.store, MODEL_SERVICES, [record], platform.options.zone, call.account)
    tags.create_with(platform, MODEL_SERVICES, uuid, call, values.get("tagUuids", []))
    return {"inventory": inventory(MODEL_SERVICES, record, platform.options.zone)}


def complete(record: dict[str, Any]) -> None:
    """Fills in what the server makes itself: dates, version, and the keys and spelling of references and images."""
    now = int(time.time())
    record.setdefault("createDate", now)
    record.setdefault("lastOpDate", record["createDate"])
    record.setdefault("hasNewVersion", False)
    record.setdefault("version", "1.0.0")
    record["modelServiceRefs"] = [
        {
            "uuid": reference.get("uuid", new_uuid()),
            "modelUuid": reference["modelUuid"],
            "modelServiceUuid": record["uuid"],
            "isDefault": reference.get("isDefault", position == 0),
        }
        for position, reference in enumerate(record.get("modelServiceRefs") or [])
    ]
    record["modelServiceImages"] = [
        {
            **image,
            "uuid": image.get("uuid", new_uuid()),
            "modelServiceUuid": record["uuid"],
            "cpuArchitecture": image.get("cpuArchitecture", "").lower(),
            "createDate": _epoch(image.get("createDate"), now),
            "lastOpDate": _epoch(image.get("lastOpDate"), now),
        }
        for image in record.get("modelServiceImages") or []
    ]
    if record.get("cpuArchitectures") is not None:
        record["cpuArchitectures"] = [architecture.lower() for architecture in record["cpuArchitectures"]]


def _epoch(value: Any, default: int) -> int:
    return value if isinstance(value, int) else default
