# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The type of a service's ``yaml``. See :mod:`scalars`."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._common.text import MASK, printable, quoted, trim
from ansible_collections.zstack.aios.plugins.module_utils._model import yaml_codec, yaml_values
from ansible_collections.zstack.aios.plugins.module_utils._model.environment import as_text, variables
from ansible_collections.zstack.aios.plugins.module_utils._model.redaction import Redactor, restored
from ansible_collections.zstack.aios.plugins.module_utils._model.scalars import (
    FieldType,
    InvalidValue,
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
