# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The types of values with parts: lists, images and maps. See :mod:`scalars`, and :mod:`yaml_type` for YAML."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._common.text import (
    MASK,
    nearest,
    printable,
    quoted,
    snake,
)
from ansible_collections.zstack.aios.plugins.module_utils._model.environment import as_text
from ansible_collections.zstack.aios.plugins.module_utils._model.redaction import Redactor, restored
from ansible_collections.zstack.aios.plugins.module_utils._model.scalars import (
    FieldType,
    InvalidValue,
    Name,
    Text,
    Uuid,
    parse_each,
    type_name,
    whole,
)


class List(FieldType):
    """A list whose elements are of one kind."""

    ansible_type = "list"
    absent: Any = ()
    comparison = "as a whole list, in order"

    def __init__(self, element: FieldType, ordered: bool = True) -> None:
        self.element = element
        self.elements = element.ansible_type
        self.ordered = ordered
        if not ordered:
            self.comparison = "as a whole list, in any order"

    def parse(self, value: Any) -> list[Any]:
        return parse_each(((f"[{index}]", entry) for index, entry in enumerate(_list(value))), self.element.parse)

    def canonical(self, value: Any) -> Any:
        values = [self.element.canonical(entry) for entry in value or ()]
        return values if self.ordered else sorted(set(map(str, values)))

    def encode(self, value: Any) -> Any:
        return [self.element.encode(entry) for entry in value]

    def show(self, value: Any, redactor: Redactor, before: Any = None) -> Any:
        return value if self.ordered or not value else sorted(value)

    def decode(self, wire: Any) -> Any:
        return [self.element.decode(entry) for entry in wire if isinstance(entry, (str, int, float))]


class ModelRefs(List):
    """The uuids of the models that a service is bound to; the platform shows the bindings as objects."""

    def __init__(self) -> None:
        super().__init__(Uuid(), ordered=False)

    def decode(self, wire: Any) -> Any:
        bound = (ref.get("modelUuid") if isinstance(ref, Mapping) else ref for ref in wire)
        return [uuid for uuid in bound if isinstance(uuid, str)]


class Architecture(Name):
    """A CPU architecture, sent in upper case and compared without case (platform.architecture_case)."""

    comparison = "without regard to case"

    def canonical(self, value: Any) -> Any:
        return str(value).strip().lower()

    def encode(self, value: Any) -> str:
        return str(value).upper()


class Images(FieldType):
    """The images of a service, one element for each CPU architecture (platform.architecture_images)."""

    ansible_type = "list"
    elements = "dict"
    absent = ()
    comparison = "by architecture in any case and order; keys the platform adds are left out"
    parts: Mapping[str, tuple[str, FieldType]] = {
        "cpu_architecture": ("cpuArchitecture", Architecture()),
        "vm_image_uuid": ("vmImageUuid", Uuid()),
        "docker_image": ("dockerImage", Text()),
    }
    #: Keys the platform adds to each element; accepted, so that a result can be given back.
    server_made = frozenset(("uuid", "model_service_uuid", "create_date", "last_op_date", "gpu_vendor"))

    def parse(self, value: Any) -> list[dict[str, Any]]:
        images = parse_each(((f"[{index}]", entry) for index, entry in enumerate(_list(value))), self._image)
        seen: dict[str, int] = {}
        for index, image in enumerate(images):
            architecture = self._architecture(image)
            if architecture in seen:
                raise InvalidValue(f"{quoted(architecture)} is a duplicate of [{seen[architecture]}]", f"[{index}]")
            seen[architecture] = index
        return images

    def _image(self, entry: Any) -> dict[str, Any]:
        if not isinstance(entry, Mapping):
            raise InvalidValue(f"it is {type_name(entry)}; write a mapping of {', '.join(self.parts)}")
        given = [(key, value) for key, value in entry.items() if key not in self.server_made and value is not None]
        image = dict(parse_each(((f".{printable(key)}", (key, value)) for key, value in given), self._part))
        if "cpu_architecture" not in image:
            raise InvalidValue("cpu_architecture is missing")
        return image

    def _part(self, part: tuple[Any, Any]) -> tuple[str, Any]:
        key, value = part
        if key not in self.parts:
            raise InvalidValue(f"it is not a key of an image{nearest(key, self.parts)}")
        return str(key), self.parts[key][1].parse(value)

    @staticmethod
    def _architecture(image: Mapping[str, Any]) -> str:
        return str(image.get("cpu_architecture", "")).strip().lower()

    def canonical(self, value: Any) -> Any:
        images = [image for image in value or () if isinstance(image, Mapping)]
        rows = [
            {k: self.parts[k][1].canonical(v) for k, v in i.items() if k in self.parts and v is not None}
            for i in images
        ]
        return sorted(rows, key=lambda row: (row.get("cpu_architecture", ""), sorted(row.items())))

    def same(self, wanted: Any, current: Any) -> bool:
        return bool(self.canonical(self.complete(wanted, current)) == self.canonical(current))

    def complete(self, wanted: Any, current: Any) -> list[dict[str, Any]]:
        """Lay each image over the current one of its architecture, so that a part not given stays."""
        current = {self._architecture(image): image for image in current or () if isinstance(image, Mapping)}
        under = ({k: v for k, v in current.get(self._architecture(i), {}).items() if k in self.parts} for i in wanted)
        return [{**base, **image} for base, image in zip(under, wanted, strict=True)]

    def encode(self, value: Any) -> Any:
        return [{self.parts[k][0]: self.parts[k][1].encode(v) for k, v in image.items()} for image in value]

    def decode(self, wire: Any) -> Any:
        return [snake_keys(image) if isinstance(image, Mapping) else image for image in wire] if wire else wire

    def show(self, value: Any, redactor: Redactor, before: Any = None) -> Any:
        return self.canonical(value) if value else value


class Parameters(FieldType):
    """A map of texts. Numbers and booleans become text as on the platform (platform.text_maps). Secrets are redacted."""

    ansible_type = "dict"
    holds_secrets = True
    absent: Any = {}
    comparison = "as a whole map, by content"

    def parse(self, value: Any) -> dict[str, str]:
        given = _mapping(value, "names and values")
        return dict(parse_each(((f".{printable(pair[0])}", pair) for pair in given.items()), self._parameter))

    @staticmethod
    def _parameter(pair: tuple[Any, Any]) -> tuple[str, str]:
        key, entry = pair
        if not isinstance(key, str):
            raise InvalidValue("the key is not a string; quote it")
        if isinstance(entry, float):
            raise InvalidValue("the value is a number with a fraction, which loses its last zeros; quote it")
        if not isinstance(entry, (str, int)):
            raise InvalidValue(f"the value is {type_name(entry)}, not a string")
        return str(key), whole(str(entry)) if isinstance(entry, str) else as_text(entry)

    def canonical(self, value: Any) -> Any:
        return {key: as_text(entry) for key, entry in value.items()} if isinstance(value, Mapping) else value

    def same(self, wanted: Any, current: Any) -> bool:
        try:
            return super().same(self.complete(wanted, current), current)
        except InvalidValue:
            return False

    def complete(self, wanted: Any, current: Any) -> dict[str, str]:
        known = current or {}
        values = {key: restored(value, known.get(key)) for key, value in wanted.items()}
        for key, value in values.items():
            if value is None:
                raise InvalidValue("the value is redacted and the platform shows none; set the value", f".{key}")
        return {key: value for key, value in values.items() if value is not None}

    def secrets(self, value: Any, redactor: Redactor) -> list[str]:
        return redactor.secrets_in(value)

    def show(self, value: Any, redactor: Redactor, before: Any = None) -> Any:
        return dict(sorted(redactor.redact_map(value, before).items())) if value else value


class Specs(FieldType):
    """A map from GPU vendor to the UUIDs of GPU specifications."""

    ansible_type = "dict"
    absent: Any = {}
    comparison = "as a whole map, by content"
    _uuids = List(Uuid())

    def parse(self, value: Any) -> dict[str, list[str]]:
        given = _mapping(value, "GPU vendors and lists of UUIDs")
        return dict(parse_each(((f".{printable(pair[0])}", pair) for pair in given.items()), self._specs))

    def _specs(self, pair: tuple[Any, Any]) -> tuple[str, list[str]]:
        vendor, uuids = pair
        if not isinstance(uuids, (list, tuple)):
            raise InvalidValue(f"it is {type_name(uuids)}; write a list of UUIDs")
        return str(vendor), self._uuids.parse(uuids)

    def show(self, value: Any, redactor: Redactor, before: Any = None) -> Any:
        return dict(sorted(value.items())) if value else value


class Instances(FieldType):
    """The instances of a group, which the platform only shows. Their commands and configurations may contain secrets."""

    ansible_type = "list"
    elements = "dict"
    holds_secrets = True

    def parse(self, value: Any) -> Any:
        raise InvalidValue("the platform makes it; remove the option")

    def decode(self, wire: Any) -> Any:
        return [snake_keys(instance) if isinstance(instance, Mapping) else instance for instance in wire]

    def show(self, value: Any, redactor: Redactor, before: Any = None) -> Any:
        if isinstance(value, str):
            redactor.learn(redactor.secrets_in_text(value))
            return redactor.redact_yaml(value)
        if isinstance(value, Mapping):
            return {
                key: MASK if _is_secret(key, part, redactor) else self.show(part, redactor)
                for key, part in value.items()
            }
        return [self.show(part, redactor) for part in value] if isinstance(value, list) else value


def _is_secret(key: Any, value: Any, redactor: Redactor) -> bool:
    return isinstance(value, str) and bool(value) and redactor.is_secret(str(key))


def snake_keys(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Return a wire object with its own keys, not those of inner maps, in snake_case."""
    return {snake(key): value for key, value in mapping.items()}


def _list(value: Any) -> list[Any]:
    if isinstance(value, str):
        text = value.strip()
        if text[:1] == "[":
            return list(_json(text, list, "a list"))
        return [part.strip() for part in text.split(",")] if text else []
    if not isinstance(value, (list, tuple)):
        raise InvalidValue(f"it is {type_name(value)}; write a list")
    return list(value)


def _mapping(value: Any, of_what: str) -> Mapping[Any, Any]:
    if isinstance(value, str) and value.strip()[:1] == "{":
        value = _json(value, dict, "a mapping")
    if not isinstance(value, Mapping):
        raise InvalidValue(f"it is {type_name(value)}; write a mapping of {of_what}")
    return value


def _json(text: str, kind: type, word: str) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, kind):
        raise InvalidValue(f"the string is not {word} in JSON")
    return value
