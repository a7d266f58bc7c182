# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The types of values with parts: YAML, lists, images and maps. See :mod:`scalars`."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._common.text import (
    MASK,
    nearest,
    printable,
    quoted,
    snake,
    trim,
)
from ansible_collections.zstack.aios.plugins.module_utils._model import yaml_codec, yaml_values
from ansible_collections.zstack.aios.plugins.module_utils._model.environment import as_text, variables
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


class YamlText:
    """A declared ``yaml``: text or a mapping, serialized only when it has to be sent."""

    def __init__(self, text: str | None = None, value: Any = None) -> None:
        self._text = text
        self._value = value

    @property
    def text(self) -> str:
        """The text to send."""
        if self._text is None:
            self._text = yaml_codec.dump(self._value)
        return self._text

    def equals(self, text: str) -> bool:
        """Return whether this is exactly the text that would be sent, without serializing anything."""
        return self._text == text

    @property
    def key(self) -> str:
        """A short text that differs for every different declaration."""
        return yaml_values.fingerprint(self._value).hex() if self._text is None else self._text

    @property
    def masked(self) -> bool:
        """Whether it contains what results show in place of secrets."""
        return _holds_mask(self._value) if self._text is None else MASK in self._text

    def secrets(self, redactor: Redactor) -> list[str]:
        """Return the secrets in it."""
        if self._text is not None:
            return redactor.secrets_in_text(self._text)
        return [as_text(variable.value) for variable in variables(self._value) if redactor.is_secret(variable.key)]

    def load(self) -> Any:
        """Return a fresh copy of the parsed value."""
        return copy.deepcopy(self._value) if self._text is None else yaml_codec.load(self._text).value

    def check(self) -> None:
        """Parse the text. That costs more than everything else about an item, so it is done on demand.

        :raises InvalidValue: it is not YAML; with line and column.
        """
        if self._text is not None and len(self._text) > yaml_codec.LONGEST:
            return
        try:
            self.load()
        except yaml_values.YamlError as error:
            raise InvalidValue(f"it is not valid YAML: {error}") from None


#: What a template makes of a mapping with a date where Ansible's jinja2_native is not set.
_PYTHON = re.compile(r"\s*[{\[].*'[^']*': datetime\.(date|datetime)\([0-9]", re.DOTALL)


class Yaml(FieldType):
    """A service's configuration: YAML as text or as a mapping, compared by what it means."""

    ansible_type = "raw"
    holds_secrets = True
    absent = ""
    comparison = "as parsed YAML: order of keys, comments and layout do not count"

    def parse(self, value: Any) -> YamlText:
        if isinstance(value, Mapping):
            return YamlText(value=plain(value))
        if not isinstance(value, str):
            raise InvalidValue(f"it is {type_name(value)}; write YAML as a string or as a mapping")
        if _PYTHON.match(value):
            raise InvalidValue(
                "a template has converted this mapping to a Python string, because it contains a date; quote the date, or set "
                "jinja2_native"
            )
        return YamlText(trim(whole(str(value))))

    def canonical(self, value: Any) -> Any:
        return self.meaning(value)

    def meaning(self, value: Any, without: tuple[tuple[Any, ...], ...] = ()) -> bytes | str:
        """Return a digest of what the YAML means, leaving out some paths; the trimmed text when it is not YAML."""
        try:
            document = value.load() if isinstance(value, YamlText) else yaml_codec.load(trim(value)).value
            yaml_values.remove_paths(document, without)
            return yaml_values.fingerprint(document)
        except yaml_values.YamlError:
            return value.text if isinstance(value, YamlText) else trim(str(value))

    def same(self, wanted: Any, current: Any, without: tuple[tuple[Any, ...], ...] = ()) -> bool:
        current = trim(current or "")
        if wanted.equals(current):
            return True
        if len(current) > yaml_codec.LONGEST:
            return bool(self.complete(wanted, current).text == current)
        unmasked = self.complete(wanted, current)
        return self.meaning(unmasked, without) == self.meaning(current, without)

    def complete(self, wanted: YamlText, current: Any) -> YamlText:
        """Put back what results redact: a redacted part means the current one."""
        if not wanted.masked:
            return wanted
        try:
            document, shown = wanted.load(), yaml_codec.load(current or "").value
        except yaml_values.YamlError:
            text = restored(wanted.text, current)
            if text is None:
                raise InvalidValue(
                    "it contains a redacted value that the platform does not have; set the value"
                ) from None
            return YamlText(text)
        known = {(variable.place, variable.key): as_text(variable.value) for variable in variables(shown)}
        for variable in variables(document):
            if MASK in as_text(variable.value):
                value = restored(as_text(variable.value), known.get((variable.place, variable.key)))
                if value is None:
                    raise InvalidValue(
                        f"env: the value of {quoted(variable.key)} is redacted and the platform has none; set the value"
                    )
                variable.set(value)
        return YamlText(yaml_codec.dump(_restore_texts(document, shown, "")))

    def encode(self, value: Any) -> str:
        return str(value.text)

    def decode(self, wire: Any) -> str:
        return wire if isinstance(wire, str) else as_text(wire)

    def secrets(self, value: Any, redactor: Redactor) -> list[str]:
        return redactor.secrets_in_text(value) if isinstance(value, str) else value.secrets(redactor)

    def show(self, value: Any, redactor: Redactor, before: Any = None) -> Any:
        text = value.text if isinstance(value, YamlText) else value
        return redactor.redact_yaml(text, before or "") if isinstance(text, str) else text


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


#: How deep a mapping may be nested; more would exhaust the interpreter's stack at some point.
DEEPEST = 100


def plain(value: Any, depth: int = 0, known: dict[int, Any] | None = None) -> Any:
    """Return a value with builtin types only: what Ansible hands over may be of its own subclasses.

    :param known: the copies of containers by their ``id``, so that an alias used many times is copied once.
    :raises InvalidValue: it contains itself or is nested too deeply.
    """
    if isinstance(value, str):
        return str(value)
    if not isinstance(value, (Mapping, list, tuple)):
        return value
    known = {} if known is None else known
    if id(value) not in known:
        if depth == DEEPEST:
            raise InvalidValue(f"it is nested more than {DEEPEST} levels deep, or contains itself")
        if isinstance(value, Mapping):
            copied: Any = {plain(k, depth + 1, known): plain(v, depth + 1, known) for k, v in value.items()}
        else:
            copied = [plain(entry, depth + 1, known) for entry in value]
        known[id(value)] = (copied, value)  # the original too, so that no other object gets its id meanwhile
    return known[id(value)][0]


def _restore_texts(wanted: Any, current: Any, path: str) -> Any:
    """Return a document with what redaction has hidden in its texts put back from the same places of another."""
    if isinstance(wanted, str) and MASK in wanted:
        text = restored(wanted, current)
        if text is None:
            raise InvalidValue(f"{path.lstrip('/')}: the value is redacted and the platform has none; set the value")
        return text
    if isinstance(wanted, dict):
        known = current if isinstance(current, dict) else {}
        return {key: _restore_texts(value, known.get(key), f"{path}/{printable(key)}") for key, value in wanted.items()}
    if isinstance(wanted, list):
        others = current if isinstance(current, list) else []
        return [
            _restore_texts(value, others[index] if index < len(others) else None, f"{path}/{index}")
            for index, value in enumerate(wanted)
        ]
    return wanted


def _holds_mask(value: Any) -> bool:
    seen: set[int] = set()
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, str):
            if MASK in one:
                return True
        elif isinstance(one, (dict, list)) and id(one) not in seen:
            seen.add(id(one))
            left.extend(one.values() if isinstance(one, dict) else one)
    return False


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
