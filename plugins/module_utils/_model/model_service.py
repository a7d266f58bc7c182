# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of a model service's fields: the only list of them.

Argument spec, validation, encoding, decoding, comparison, diff, documentation and the tests over the fields derive from
it. Adding a field is one row. Which operation accepts a field is from the vendor's documents (platform.sources).
"""

from __future__ import annotations

from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import ABSENT, PRESENT, RECREATE, REFUSE
from ansible_collections.zstack.aios.plugins.module_utils._model.field_types import (
    Architecture,
    Images,
    List,
    ModelRefs,
    Parameters,
    Specs,
)
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Field, Schema
from ansible_collections.zstack.aios.plugins.module_utils._model.protection import PROTECTED
from ansible_collections.zstack.aios.plugins.module_utils._model.scalars import (
    Boolean,
    Choice,
    FieldType,
    Integer,
    Name,
    NewUuid,
    Text,
    Uuid,
)
from ansible_collections.zstack.aios.plugins.module_utils._model.yaml_type import Yaml


def _field(option: str, wire: str, type: FieldType, *description: str, **more: Any) -> Field:
    return Field(option, wire, type, description, **more)


def _instance_group() -> Schema:
    from ansible_collections.zstack.aios.plugins.module_utils._model.instance_group import INSTANCE_GROUP

    return INSTANCE_GROUP


_ALL = {"add": "optional", "clone": "optional", "update": "optional"}
_FIRST = {"add": "required", "clone": "optional", "update": "optional"}

FIELDS = (
    _field("name", "name", Name(), "Name of the service.", **_FIRST, read="name", since="5.1.8"),
    _field("description", "description", Text(), "What the service is for.", **_ALL, read="description", since="5.1.8"),
    _field("readme", "readme", Text(), "Long description, which the platform shows as a document.", "Only a clone can set it.",
           clone="optional", read="readme", since="5.3.20"),
    _field("yaml", "yaml", Yaml(), "Configuration of the service, as YAML text or as a mapping.",
           "Compared as parsed YAML: comments, layout and the order of keys do not count.",
           **_FIRST, read="yaml", since="5.1.8"),
    _field("request_cpu", "requestCpu", Integer(), "Number of CPUs.", **_FIRST, read="requestCpu", since="5.1.8"),
    _field("request_memory", "requestMemory", Integer(64), "Amount of memory, in the unit of the platform.",
           "The vendor does not document the unit. The module does not convert the number.",
           **_FIRST, read="requestMemory", since="5.1.8"),
    _field("model_center_uuid", "modelCenterUuid", Uuid(), "UUID of the model center that the service belongs to.",
           "A clone is created in the model center of its source.",
           add="required", read="modelCenterUuid", name_option="model_center", name_path="/ai/model-centers", since="5.1.8"),
    _field("zone_uuid", "zoneUuid", Uuid(), "UUID of the zone in which the service is created.", "The platform never shows it.",
           add="optional", name_option="zone", name_path="/zones", since="5.1.8"),
    _field("gpu_compute_capability", "gpuComputeCapability", Text(), "GPU compute capability that the service needs.",
           "A string: quote V(\"7.5\") in YAML.", **_ALL, read="gpuComputeCapability", since="5.1.8"),
    _field("install_path", "installPath", Text(), "Path of the service's files.", add="required", clone="optional",
           read="installPath", since="5.1.8"),
    _field("start_command", "startCommand", Text(), "Command that starts the service.", **_FIRST, read="startCommand",
           since="5.1.8"),
    _field("container_command", "containerCommand", Text(), "Command of the container.", **_ALL,
           read="containerCommand", since="5.5.22"),
    _field("container_args", "containerArgs", Text(), "Arguments of the container's command.", **_ALL,
           read="containerArgs", since="5.5.22"),
    _field("python_version", "pythonVersion", Text(), "Version of Python.", "A string: quote V(\"3.10\") in YAML.", **_ALL,
           read="pythonVersion", since="5.1.8"),
    _field("conda_version", "condaVersion", Text(), "Version of Conda.", "A string: quote V(\"23.7\") in YAML.", add="optional",
           clone="optional", read="condaVersion", since="5.1.8"),
    _field("size", "size", Integer(64), "Size of the service, in the unit of the platform.", "Only a clone can set it.",
           clone="optional", read="size", since="5.3.20"),
    _field("system", "system", Boolean(), "Whether this is a service of the platform itself.", add="optional",
           clone="optional", read="system", since="5.1.8"),
    _field("type", "type", Choice("Endpoint", "FineTune", "ModelEval", "App"), "Kind of the service.", **_ALL,
           read="type", since="5.1.8"),
    _field("source", "source", Choice("Other", "Bentoml", "HuggingFace"), "Origin of the service.", **_ALL,
           read="source", since="5.1.8"),
    _field("framework", "framework", Text(), "Framework that runs the model, for example V(vLLM).", **_ALL,
           read="framework", since="5.1.8"),
    _field("model_uuids", "modelUuids", ModelRefs(), "UUIDs of the models that the service is bound to.",
           "On an existing service, the module binds and unbinds single models.",
           add="optional", read="modelServiceRefs", relation="models", name_option="models", name_path="/ai/models",
           since="5.1.8"),
    _field("cpu_architectures", "cpuArchitectures", List(Architecture(), ordered=False),
           "CPU architectures that the service runs on, for example V(X86_64) or V(AARCH64), in any case and order.",
           "Only a clone can set it.", clone="optional", read="cpuArchitectures", since="5.3.40"),
    _field("architecture_images", "architectureImages", Images(),
           "Images that the service starts from, one for each CPU architecture.", **_ALL, read="modelServiceImages",
           since="5.3.40"),
    _field("support_distributed", "supportDistributed", Boolean(), "Whether inference can be distributed.", **_ALL,
           read="supportDistributed", since="5.3.46"),
    _field("vendor_to_spec_uuids_map", "vendorToSpecUuidsMap", Specs(),
           "GPU specifications to use, as a list of UUIDs for each GPU vendor.", **_ALL, read="vendorToSpecUuidsMap",
           since="5.5.22"),
    _field("environment_parameters", "environmentParameters", Parameters(), "Environment variables of the service.",
           "The module redacts values whose key marks them as secret.",
           update="optional", shown_at=("env",)),
    _field("startup_parameters", "startupParameters", Parameters(), "Startup parameters of the service.",
           "The module redacts values whose key marks them as secret.", update="optional"),
    _field("inference_params", "inferenceParams", Parameters(), "Inference parameters of the service.",
           "The module redacts values whose key marks them as secret.", update="optional"),
    _field("service_name", "serviceName", Text(), "Name of the service inside its configuration.", update="optional",
           shown_at=("services", 0, "name")),
    _field("service_ports", "servicePorts", List(Integer()), "Ports of the service, as numbers.", update="optional",
           shown_at=("services", 0, "ports")),
    _field("service_livez", "serviceLivez", Text(), "Path of the liveness probe.", update="optional",
           shown_at=("services", 0, "livez")),
    _field("service_readyz", "serviceReadyz", Text(), "Path of the readiness probe.", update="optional",
           shown_at=("services", 0, "readyz")),
    _field("service_bootup_time", "serviceBootupTime", Integer(), "Seconds that the service may take to start.",
           update="optional", shown_at=("services", 0, "serviceBootupTime")),
    _field("service_install_path", "serviceInstallPath", Text(), "Path of the service's files, inside its configuration.",
           update="optional"),
    _field("service_start_command", "serviceStartCommand", Text(), "Command that starts the service, inside its "
           "configuration.", update="optional"),
    _field("resource_uuid", "resourceUuid", NewUuid(), "UUID of a new service.",
           "By default, the module derives it from the name, as a UUID of version 5, so that two runs at the same time "
           "cannot create the same service twice.",
           "With the same value in C(uuid), the service is found by its UUID, and created with this UUID if it does not exist.",
           add="optional", clone="optional", read="uuid", since="5.1.8"),
    _field("tag_uuids", "tagUuids", List(Uuid(), ordered=False),
           "UUIDs of the tags of the platform that are attached to the service.",
           "On an existing service, the module attaches and detaches single tags.",
           add="optional", clone="optional", relation="tag_patterns", since="5.1.8"),
    _field("system_tags", "systemTags", List(Name(), ordered=False), "System tags of the service.",
           "On an existing service, the module adds and removes single tags.",
           add="optional", clone="optional", beside=True, relation="system_tags", since="5.1.8"),
    _field("user_tags", "userTags", List(Name(), ordered=False), "User tags of the service.",
           "On an existing service, the module adds and removes single tags.",
           add="optional", clone="optional", beside=True, relation="user_tags", since="5.1.8"),
)  # fmt: skip  # one row is read at a glance

MODEL_SERVICE = Schema(
    "model service",
    FIELDS,
    controls={
        "state": Choice(PRESENT, ABSENT),
        "uuid": Uuid(),
        "clone_from": Name(),
        "previous_names": List(Name(), ordered=False),
        "on_fixed_change": Choice(REFUSE, RECREATE),
    },
    server_made=frozenset(("model_service_refs", "create_date", "last_op_date", "has_new_version", "version")),
    own=(PROTECTED,),
    parts={"deployments": _instance_group},
)
