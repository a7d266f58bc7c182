# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of a model service's fields: the only list of them.

Private to this collection.

Argument spec, validation, encoding, decoding, comparison, diff, documentation and the tests over the fields derive from
:data:`FIELDS`. Adding a field is one row. Who accepts what: contract section 1.1, from the vendor's documents Add,
Clone, Query and Update.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._common.text import snake
from ansible_collections.zstack.aios.plugins.module_utils._model import yaml_codec
from ansible_collections.zstack.aios.plugins.module_utils._model.field_types import (
    Architecture,
    Images,
    List,
    Parameters,
    Specs,
    Yaml,
)
from ansible_collections.zstack.aios.plugins.module_utils._model.redaction import env_map
from ansible_collections.zstack.aios.plugins.module_utils._model.scalars import (
    Boolean,
    Choice,
    Integer,
    Kind,
    Name,
    NewUuid,
    Text,
    Uuid,
    Wrong,
)

ADD, CLONE, UPDATE = "add", "clone", "update"


_SHAPES: Mapping[str, type] = {"list": list, "dict": dict}


@dataclass(frozen=True)
class Field:
    """One field of a model service.

    :param option: its name in playbooks; :param wire: in the platform's JSON.
    :param add: ``required``, ``optional`` or empty when the operation ignores it; ``clone`` and ``update`` likewise.
    :param read: the key of the inventory that shows it, empty when the platform does not show it.
    :param shown_at: where the stored ``yaml`` shows a field that the inventory does not. An assumption drawn from the
        sample answers of the vendor documents Clone and Update, whose ``yaml`` carries these keys.
    :param beside: it travels beside the envelope, not inside it (contract section 6).
    :param tags: which tags of the platform hold it; such a field is read and changed through the tag endpoints.
    :param name_option: the option that takes a name in place of this uuid, and ``name_path`` where names are looked up.
    :param since: the version of the platform's API the vendor documents name for it.
    """

    option: str
    wire: str
    kind: Kind
    description: tuple[str, ...]
    add: str = ""
    clone: str = ""
    update: str = ""
    read: str = ""
    shown_at: tuple[Any, ...] = ()
    beside: bool = False
    tags: str = ""
    name_option: str = ""
    name_path: str = ""
    since: str = ""

    def fits(self, value: Any) -> bool:
        """Return whether a value of the platform has the shape of the field: a list, a map or a scalar."""
        return isinstance(value, _SHAPES.get(self.kind.type, (str, int, float)))

    def accepted(self, operation: str) -> bool:
        """Return whether an operation takes the field."""
        return bool(getattr(self, operation))

    @property
    def update_only(self) -> bool:
        """Whether only an update takes it, so that after a creation it follows as one."""
        return bool(self.update) and not self.add and not self.clone

    @property
    def create_only(self) -> bool:
        """Whether it is fixed once the service exists."""
        return not self.update and not self.tags

    @property
    def secret(self) -> bool:
        """Whether some of its values are masked."""
        return isinstance(self.kind, (Parameters, Yaml))


def _field(option: str, wire: str, kind: Kind, *description: str, **more: Any) -> Field:
    return Field(option, wire, kind, description, **more)


_ALL = {"add": "optional", "clone": "optional", "update": "optional"}
_FIRST = {"add": "required", "clone": "optional", "update": "optional"}

FIELDS: tuple[Field, ...] = (
    _field("name", "name", Name(), "Name of the service.", **_FIRST, read="name", since="5.1.8"),
    _field("description", "description", Text(), "What the service is for.", **_ALL, read="description", since="5.1.8"),
    _field("readme", "readme", Text(), "Long description, shown by the platform as a document.", "Only cloning can set it.",
           clone="optional", read="readme", since="5.3.20"),
    _field("yaml", "yaml", Yaml(), "Configuration of the service, as YAML text or as a mapping.",
           "Compared as parsed YAML: comments, layout and the order of keys do not count.",
           **_FIRST, read="yaml", since="5.1.8"),
    _field("request_cpu", "requestCpu", Integer(), "Number of CPUs.", **_FIRST, read="requestCpu", since="5.1.8"),
    _field("request_memory", "requestMemory", Integer(64), "Amount of memory, in the unit your platform uses.",
           "The vendor does not document the unit; the number is passed on as it is.",
           **_FIRST, read="requestMemory", since="5.1.8"),
    _field("model_center_uuid", "modelCenterUuid", Uuid(), "The model center the service belongs to.",
           "A clone is made in the model center of its source.",
           add="required", read="modelCenterUuid", name_option="model_center", name_path="/ai/model-centers", since="5.1.8"),
    _field("zone_uuid", "zoneUuid", Uuid(), "The zone the service is created in.", "The platform never shows it.",
           add="optional", name_option="zone", name_path="/zones", since="5.1.8"),
    _field("gpu_compute_capability", "gpuComputeCapability", Text(), "GPU compute capability the service needs.",
           "Text: put V(\"7.5\") in quotes.", **_ALL, read="gpuComputeCapability", since="5.1.8"),
    _field("install_path", "installPath", Text(), "Where the service is stored.", add="required", clone="optional",
           read="installPath", since="5.1.8"),
    _field("start_command", "startCommand", Text(), "The command that starts the service.", **_FIRST, read="startCommand",
           since="5.1.8"),
    _field("container_command", "containerCommand", Text(), "The command of the container.", **_ALL,
           read="containerCommand", since="5.5.22"),
    _field("container_args", "containerArgs", Text(), "The arguments of the container's command.", **_ALL,
           read="containerArgs", since="5.5.22"),
    _field("python_version", "pythonVersion", Text(), "Version of Python.", "Text: put V(\"3.10\") in quotes.", **_ALL,
           read="pythonVersion", since="5.1.8"),
    _field("conda_version", "condaVersion", Text(), "Version of Conda.", "Text: put V(\"23.7\") in quotes.", add="optional",
           clone="optional", read="condaVersion", since="5.1.8"),
    _field("size", "size", Integer(64), "Size of the service, in the unit your platform uses.", "Only cloning can set it.",
           clone="optional", read="size", since="5.3.20"),
    _field("system", "system", Boolean(), "Whether this is a service of the platform itself.", add="optional",
           clone="optional", read="system", since="5.1.8"),
    _field("type", "type", Choice("Endpoint", "FineTune", "ModelEval", "App"), "What kind of service this is.", **_ALL,
           read="type", since="5.1.8"),
    _field("source", "source", Choice("Other", "Bentoml", "HuggingFace"), "Where the service comes from.", **_ALL,
           read="source", since="5.1.8"),
    _field("framework", "framework", Text(), "The framework that runs the model, for example V(vLLM).", **_ALL,
           read="framework", since="5.1.8"),
    _field("model_uuids", "modelUuids", List(Uuid(), ordered=False), "The models the service is bound to.",
           "Bound at creation; later the platform binds and unbinds through other calls, which this collection does not make.",
           add="optional", read="modelServiceRefs", name_option="models", name_path="/ai/models", since="5.1.8"),
    _field("cpu_architectures", "cpuArchitectures", List(Architecture(), ordered=False),
           "The CPU architectures the service runs on, for example V(X86_64) or V(AARCH64), in any case and order.",
           "Only cloning can set it.", clone="optional", read="cpuArchitectures", since="5.3.40"),
    _field("architecture_images", "architectureImages", Images(), "The images to start from, one for each CPU architecture.",
           **_ALL, read="modelServiceImages", since="5.3.40"),
    _field("support_distributed", "supportDistributed", Boolean(), "Whether inference can be distributed.", **_ALL,
           read="supportDistributed", since="5.3.46"),
    _field("vendor_to_spec_uuids_map", "vendorToSpecUuidsMap", Specs(),
           "The GPU specifications to use: for each GPU vendor a list of uuids.", **_ALL, read="vendorToSpecUuidsMap",
           since="5.5.22"),
    _field("environment_parameters", "environmentParameters", Parameters(), "Environment variables of the service.",
           "Values whose key looks secret are masked in everything that is shown.",
           update="optional", shown_at=("env",)),
    _field("startup_parameters", "startupParameters", Parameters(), "Parameters of the start.",
           "Values whose key looks secret are masked in everything that is shown.", update="optional"),
    _field("inference_params", "inferenceParams", Parameters(), "Parameters of the inference.",
           "Values whose key looks secret are masked in everything that is shown.", update="optional"),
    _field("service_name", "serviceName", Text(), "Name of the service inside its configuration.", update="optional",
           shown_at=("services", 0, "name")),
    _field("service_ports", "servicePorts", List(Integer()), "Ports of the service, as numbers.", update="optional",
           shown_at=("services", 0, "ports")),
    _field("service_livez", "serviceLivez", Text(), "Path of the liveness probe.", update="optional",
           shown_at=("services", 0, "livez")),
    _field("service_readyz", "serviceReadyz", Text(), "Path of the readiness probe.", update="optional",
           shown_at=("services", 0, "readyz")),
    _field("service_bootup_time", "serviceBootupTime", Integer(), "Seconds the service may take to start.",
           update="optional", shown_at=("services", 0, "serviceBootupTime")),
    _field("service_install_path", "serviceInstallPath", Text(), "Where the service is stored inside its configuration.",
           update="optional"),
    _field("service_start_command", "serviceStartCommand", Text(), "The command that starts the service inside its "
           "configuration.", update="optional"),
    _field("resource_uuid", "resourceUuid", NewUuid(), "The uuid a new service is to get.",
           "Without it a random one is chosen.", add="optional", clone="optional", read="uuid", since="5.1.8"),
    _field("tag_uuids", "tagUuids", List(Uuid(), ordered=False), "The tags of the platform attached to the service.",
           "On an existing service attached and detached through the tag endpoints.",
           add="optional", clone="optional", tags="pattern", since="5.1.8"),
    _field("system_tags", "systemTags", List(Name(), ordered=False), "System tags of the service.",
           "On an existing service added and removed through the tag endpoints.",
           add="optional", clone="optional", beside=True, tags="system", since="5.1.8"),
    _field("user_tags", "userTags", List(Name(), ordered=False), "User tags of the service.",
           "On an existing service added and removed through the tag endpoints.",
           add="optional", clone="optional", beside=True, tags="user", since="5.1.8"),
)  # fmt: skip  # one row is read at a glance

BY_OPTION: Mapping[str, Field] = {field.option: field for field in FIELDS}
NAMED: Mapping[str, Field] = {field.name_option: field for field in FIELDS if field.name_option}
TAGGED: tuple[Field, ...] = tuple(field for field in FIELDS if field.tags)
READABLE: tuple[Field, ...] = tuple(field for field in FIELDS if field.read)

#: Keys of a result that are the platform's own: accepted in a declaration, so that a result can be given back, and left.
SERVER_MADE = frozenset(("model_service_refs", "create_date", "last_op_date", "has_new_version", "version"))


_BY_KEY: Mapping[str, Field] = {
    field.read: field for field in READABLE if field.read not in ("uuid", "modelServiceRefs")
}


def decode(inventory: Mapping[str, Any]) -> dict[str, Any]:
    """Return an inventory of the platform in this collection's names.

    Keys without a field come through in snake_case, so that newer platforms show what they have. A value that is
    nothing the field can hold, such as a list for a text, counts as not shown.
    """
    held: dict[str, Any] = {}
    for key, value in inventory.items():
        if value is None:
            continue
        field = _BY_KEY.get(key)
        if field is None:
            named = BY_OPTION.get(snake(key))
            if named is None:
                held[snake(key)] = value
            elif named.fits(value):
                held.setdefault(named.option, named.kind.decode(value))
        elif field.fits(value):
            held[field.option] = field.kind.decode(value)
    refs = inventory.get("modelServiceRefs")
    if isinstance(refs, list):
        bound = [ref.get("modelUuid") for ref in refs if isinstance(ref, Mapping)]
        held["model_uuids"] = [uuid for uuid in bound if isinstance(uuid, str)]
    return held


def encode(values: Mapping[str, Any], operation: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what an operation is sent: the content of its envelope, and what travels beside it."""
    inside: dict[str, Any] = {}
    beside: dict[str, Any] = {}
    for option, value in values.items():
        field = BY_OPTION[option]
        if field.accepted(operation):
            (beside if field.beside else inside)[field.wire] = field.kind.encode(value)
    return inside, beside


def same(row: Field, wanted: Any, held: Any, declared: Mapping[str, Any]) -> bool:
    """Return whether a declared value is what the platform holds.

    ``yaml`` is compared without what the other declared fields put into it.
    """
    if isinstance(row.kind, Yaml):
        without = tuple(BY_OPTION[option].shown_at for option in declared if BY_OPTION[option].shown_at)
        try:
            return row.kind.same(wanted, held, without)
        except Wrong:
            return False
    return row.kind.same(wanted, held)


class Held:
    """One service as the platform holds it.

    :ivar values: the decoded inventory; :ivar tags: its tags by option, when they were read.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values
        self.tags: dict[str, list[TagRecord]] = {}
        self._document: Any = None
        self._parsed = False

    @property
    def uuid(self) -> str:
        """The service's uuid."""
        return str(self.values.get("uuid", ""))

    @property
    def name(self) -> str:
        """The service's name."""
        return str(self.values.get("name", ""))

    def get(self, field: Field) -> Any:
        """Return what the platform shows for a field, ``None`` when it shows nothing."""
        if field.tags:
            return [record.tag for record in self.tags.get(field.option, ())]
        if field.option == "resource_uuid":
            return self.uuid
        if not field.shown_at:
            return self.values.get(field.option)
        if not self._parsed:
            self._parsed = True
            try:
                self._document = yaml_codec.load(str(self.values.get("yaml", ""))).value
            except yaml_codec.YamlMistake:
                self._document = None
        return (
            env_map(self._document)
            if field.shown_at == ("env",)
            else yaml_codec.read_path(self._document, field.shown_at)
        )

    def with_tags(self, option: str, records: list[TagRecord]) -> Held:
        """Return the same service with other tags of one kind."""
        other = Held(self.values)
        other.tags = {**self.tags, option: records}
        return other

    def shows(self, field: Field) -> bool:
        """Return whether a declared value of the field can be compared with what the platform holds."""
        return bool(field.read or field.tags) or (bool(field.shown_at) and self.get(field) is not None)


@dataclass(frozen=True)
class TagRecord:
    """One tag on a service: the uuid of the record, and the tag as it is declared (its text, or its pattern's uuid)."""

    uuid: str
    tag: str


def options(named: bool = True) -> Iterable[str]:
    """Return the names of all options that declare a field, those that take a name in place of a uuid included."""
    for field in FIELDS:
        yield field.option
        if named and field.name_option:
            yield field.name_option
