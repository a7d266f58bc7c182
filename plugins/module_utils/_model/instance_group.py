# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of the fields of an instance group, which is what runs of a model service (platform.groups_operations).

It is the only list of them, like the table of a model service. A creation is the platform's Deploy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import ABSENT, PRESENT, RESTARTED
from ansible_collections.zstack.aios.plugins.module_utils._model.field_types import Instances, List, Parameters
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Field, Resource, Schema
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

#: The status of what runs; the platform documents no other (platform.groups_states).
RUNNING = "Running"


def _field(option: str, wire: str, type: FieldType, *description: str, **more: Any) -> Field:
    return Field(option, wire, type, description, **more)


_BOTH = {"add": "optional", "update": "optional"}

FIELDS = (
    _field("model_service_uuid", "modelServiceUuid", Uuid(), "UUID of the model service that the group runs.", add="required",
           read="modelServiceUuid", name_option="model_service", name_path="/ai/model-services", in_path=True, since="5.1.8"),
    _field("name", "name", Name(), "Name of the group, which identifies it among the groups of its model service.",
           add="required", update="optional", read="name", since="5.1.8"),
    _field("description", "description", Text(), "What the group is for.", **_BOTH, read="description", since="5.1.8"),
    _field("zone_uuid", "zoneUuid", Uuid(), "UUID of the zone in which the group runs.", add="required", name_option="zone",
           name_path="/zones", since="5.1.8"),
    _field("type", "type", Choice("VirtualMachine", "Container", "BareMetal2"), "What the instances of the group are.",
           "Older platforms do not have V(BareMetal2).", add="required", read="type", since="5.1.8"),
    _field("model_uuid", "modelUuid", Uuid(), "UUID of the model to run.", add="optional", read="modelUuid",
           name_option="model", name_path="/ai/models", since="5.1.8"),
    _field("vm_image_uuid", "vmImageUuid", Uuid(), "UUID of the virtual machine image.", add="optional", since="5.1.8"),
    _field("docker_image", "dockerImage", Text(), "Container image.", add="optional", since="5.1.8"),
    _field("cpu_num", "cpuNum", Integer(), "Number of CPUs of an instance.", add="optional", since="5.1.8"),
    _field("memory_size", "memorySize", Integer(64), "Memory of an instance. By a sample of the vendor, in bytes.",
           "The module does not convert the number.", add="optional", since="5.1.8"),
    _field("request_cpu_num", "requestCpuNum", Integer(), "Number of CPUs that an instance requests.", add="optional"),
    _field("request_memory_size", "requestMemorySize", Integer(64), "Memory that an instance requests, in the unit of the "
           "platform.", add="optional"),
    _field("gpu_spec_uuid", "gpuSpecUuid", Uuid(), "UUID of the GPU specification.", add="optional"),
    _field("gpu_count", "gpuCount", Integer(), "Number of GPUs.", add="optional"),
    _field("cluster_uuid", "clusterUuid", Uuid(), "UUID of the cluster in which the group runs.", add="optional"),
    _field("placement_mode", "placementMode", Choice("Auto", "Pinned"), "How the platform places the group.", add="optional"),
    _field("target_uuid", "targetUuid", Uuid(), "UUID of the target on which a pinned group runs.", add="optional"),
    _field("primary_storage_uuid", "primaryStorageUuid", Uuid(), "UUID of the primary storage.", add="optional", since="5.1.8"),
    _field("root_disk_offering_uuid", "rootDiskOfferingUuid", Uuid(), "UUID of the offering of the root disk.",
           add="optional"),
    _field("root_disk_size", "rootDiskSize", Integer(64), "Size of the root disk, in the unit of the platform.",
           add="optional"),
    _field("l3_network_uuids", "l3NetworkUuids", List(Uuid()), "UUIDs of the L3 networks.", add="optional", since="5.1.8"),
    _field("dataset_uuids", "datasetUuids", List(Uuid(), ordered=False), "UUIDs of the datasets.", add="optional",
           since="5.1.8"),
    _field("model_service_group_uuids", "modelServiceGroupUuids", List(Uuid(), ordered=False),
           "UUIDs of the instance groups that this one depends on.", add="optional", since="5.1.8"),
    _field("project_uuid", "projectUuid", Uuid(), "UUID of the project.", add="optional"),
    _field("environment_variables", "environmentVariables", Parameters(), "Environment variables of the instances.",
           "The module redacts values whose key marks them as secret.", **_BOTH),
    _field("startup_parameters", "startupParameters", Parameters(), "Startup parameters of the instances.",
           "The module redacts values whose key marks them as secret.", **_BOTH),
    _field("service_livez", "serviceLivez", Text(), "Path of the liveness probe.", **_BOTH),
    _field("service_readyz", "serviceReadyz", Text(), "Path of the readiness probe.", **_BOTH),
    _field("service_bootup_time", "serviceBootupTime", Integer(), "Seconds that an instance may take to start.", **_BOTH,
           add_wire="serviceBootUptime", since="5.1.20"),
    _field("package_version", "packageVersion", Text(), "Version of the package.", update="optional", since="5.5.6"),
    _field("resource_uuid", "resourceUuid", NewUuid(), "UUID of a new group.",
           "By default, the module derives it from the model service and the name, so that two runs at the same time cannot "
           "deploy the same group twice. Platforms that do not take it choose another one.",
           add="optional", read="uuid"),
    _field("tag_uuids", "tagUuids", List(Uuid(), ordered=False),
           "UUIDs of the tags of the platform that are attached to the group.",
           "On an existing group, the module attaches and detaches single tags.", add="optional", relation="tag_patterns"),
    _field("system_tags", "systemTags", List(Name(), ordered=False), "System tags of the group.",
           "On an existing group, the module adds and removes single tags.",
           add="optional", beside=True, relation="system_tags", since="5.1.8"),
    _field("user_tags", "userTags", List(Name(), ordered=False), "User tags of the group.",
           "On an existing group, the module adds and removes single tags.",
           add="optional", beside=True, relation="user_tags", since="5.1.8"),
)  # fmt: skip  # one row is read at a glance

SHOWN = (
    _field("status", "status", Text(), "State of the group, a word of the platform, for example V(Running) or V(Starting).",
           read="status"),
    _field("instances", "instances", Instances(), "Instances of the group, with the keys that the platform shows, in "
           "snake_case. An instance that runs has its addresses in C(url), C(url_maps), C(internal_url) and C(jupyter_url).",
           read="instances"),
    _field("model_service_type", "modelServiceType", Text(), "Kind of its model service.", read="modelServiceType"),
    _field("yaml", "yaml", Yaml(), "Configuration that the group was deployed with, as YAML text.", read="yaml"),
    _field("export_path", "exportPath", Text(), "Path of its exported files.", read="exportPath"),
    _field("support_metrics", "supportMetrics", Boolean(), "Whether it offers metrics.", read="supportMetrics"),
    _field("create_date", "createDate", Text(), "Time of its creation, as the platform writes it.", read="createDate"),
    _field("last_op_date", "lastOpDate", Text(), "Time of its last change, as the platform writes it.", read="lastOpDate"),
)  # fmt: skip

INSTANCE_GROUP = Schema(
    "instance group",
    FIELDS,
    controls={
        "state": Choice(PRESENT, ABSENT, RESTARTED),
        "uuid": Uuid(),
        "wait": Boolean(),
        "wait_timeout": Integer(),
    },
    server_made=frozenset(("dataset_ref_inventories",)),
    shown=SHOWN,
    owner="model_service_uuid",
)


def status_of(group: Resource) -> str:
    """Return the status of a group in one word, or in several those of its instances where these differ."""
    instances = Counter(_instance_statuses(group))
    if len(instances) > 1:
        return ", ".join(f"{count} {word}" for word, count in sorted(instances.items()))
    return str(group.values.get("status") or next(iter(instances), "not shown"))


def is_running(group: Resource) -> bool:
    """Return whether a group and all of its instances run, as far as they are shown (platform.assumed_groups_status)."""
    own = group.values.get("status")
    return {*_instance_statuses(group), *([own] if own else [])} == {RUNNING}


def _instance_statuses(group: Resource) -> list[str]:
    instances = group.values.get("instances") or ()
    return [str(one["status"]) for one in instances if isinstance(one, Mapping) and one.get("status")]
