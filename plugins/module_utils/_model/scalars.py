# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The base of all field types, and the types of single values.

A type knows four forms of a value. *Declared*: what a user wrote, made plain by :meth:`FieldType.parse`. *Wire*: the
platform's JSON. *Current*: the wire form in this collection's words (:meth:`FieldType.decode`), as results carry it.
*Canonical*: both sides in one form that compares with ``==``.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from ansible_collections.zstack.aios.plugins.module_utils._common.text import MASK, nearest, quoted, read_boolean, trim
from ansible_collections.zstack.aios.plugins.module_utils._model.environment import as_text
from ansible_collections.zstack.aios.plugins.module_utils._model.redaction import Redactor, restored

T = TypeVar("T")
_UUID = re.compile(r"[0-9a-f]{32}")
#: What the platform accepts as the UUID of a new resource (platform.new_uuid).
_NEW_UUID = re.compile(r"[0-9a-f]{12}[1-5][0-9a-f]{3}[89ab][0-9a-f]{15}")


class InvalidValue(ValueError):
    """A value that its field type cannot take. The text says why and how to fix it, without the value of a secret.

    :ivar path: the path to the invalid part of the value.
    :ivar each: all invalid parts, this one first.
    """

    def __init__(self, text: str, path: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.path = path
        self.each: Sequence[InvalidValue] = (self,)


def parse_each(entries: Iterable[tuple[str, Any]], parse: Callable[[Any], T]) -> list[T]:
    """Parse the parts of a value, each with the path to it, and raise all errors together."""
    parsed: list[T] = []
    errors: list[InvalidValue] = []
    for path, entry in entries:
        try:
            parsed.append(parse(entry))
        except InvalidValue as error:
            errors += [InvalidValue(each.text, path + each.path) for each in error.each]
    if errors:
        errors[0].each = errors
        raise errors[0]
    return parsed


class FieldType(ABC):
    """The type of a field whose values are compared as they are; the base of all field types."""

    #: Ansible's name of the type, and of the elements of a list.
    ansible_type = "str"
    elements: str | None = None
    choices: tuple[str, ...] = ()
    #: Whether a part of a value may be a secret.
    holds_secrets = False
    #: What an absent value equals.
    absent: Any = None
    #: How two values are compared, in words for the documentation.
    comparison = "exactly"

    @abstractmethod
    def parse(self, value: Any) -> Any:
        """Return the declared form of a user's value.

        :raises InvalidValue: it has none.
        """

    def canonical(self, value: Any) -> Any:
        """Return the form of a declared or current value that compares with ``==``."""
        return value

    def same(self, wanted: Any, current: Any) -> bool:
        """Return whether the current value is the wanted one already."""
        return bool(self.canonical(wanted) == self.canonical(self.absent if current is None else current))

    def complete(self, wanted: Any, current: Any) -> Any:
        """Return what to send so that the parts of ``current`` that are not declared stay as they are."""
        return wanted

    def encode(self, value: Any) -> Any:
        """Return the wire form of a declared value."""
        return value

    def decode(self, wire: Any) -> Any:
        """Return the current form of a wire value."""
        return wire

    def members(self, value: Any) -> list[str]:
        """Return the members of a relation that a declared value lists."""
        return list(value)

    def secrets(self, value: Any, redactor: Redactor) -> Iterable[str]:
        """Return the texts in a declared value that must not be shown."""
        return []

    def show(self, value: Any, redactor: Redactor, before: Any = None) -> Any:
        """Return a declared or current value for results, diffs and reports: plain, in stable order, redacted.

        :param before: the current value that it replaces; a secret that differs from the one there shows that it does.
        """
        return value


class Text(FieldType):
    """Text, without the blanks at its ends that the platform removes."""

    absent: str | None = ""
    comparison = "as text without the blanks at its ends"

    def parse(self, value: Any) -> str:
        if not isinstance(value, str):
            raise InvalidValue(_not_text(value))
        return trim(whole(str(value)))

    def canonical(self, value: Any) -> Any:
        return trim(value) if isinstance(value, str) else value

    def same(self, wanted: Any, current: Any) -> bool:
        if isinstance(wanted, str) and MASK in wanted:
            return restored(wanted, current) is not None
        return super().same(wanted, current)

    def complete(self, wanted: Any, current: Any) -> Any:
        text = restored(wanted, current) if isinstance(wanted, str) else wanted
        if text is None:
            raise InvalidValue("it contains a redacted value that the platform does not have; set the value")
        return text

    def decode(self, wire: Any) -> Any:
        return wire if isinstance(wire, str) else as_text(wire)


class Name(Text):
    """A name: text that is not empty."""

    def parse(self, value: Any) -> str:
        text = super().parse(value)
        if not text:
            raise InvalidValue("it is empty")
        return text


class Choice(Text):
    """One of a few words, in exactly this spelling (platform.choices)."""

    absent = None
    comparison = "exactly"

    def __init__(self, *choices: str) -> None:
        self.choices = choices

    def parse(self, value: Any) -> str:
        text = super().parse(value)
        if text not in self.choices:
            hint = {choice.lower(): choice for choice in self.choices}.get(text.lower())
            cure = f'; did you mean "{hint}"?' if hint else nearest(text, self.choices)
            raise InvalidValue(f"{quoted(text)} is not one of {', '.join(self.choices)}{cure}")
        return text


class Uuid(Text):
    """The uuid of something on the platform: 32 hexadecimal digits."""

    absent = None
    comparison = "exactly"
    pattern = _UUID
    wanted = "a UUID of 32 lower-case hexadecimal digits"

    def parse(self, value: Any) -> str:
        text = super().parse(value)
        if not self.pattern.fullmatch(text):
            raise InvalidValue(f"{quoted(text)} is not {self.wanted}")
        return text


class NewUuid(Uuid):
    """A uuid chosen by the user for something that is to be created."""

    pattern = _NEW_UUID
    wanted = "a UUID that the platform accepts for a new resource (version 1 to 5, 32 lower-case digits, no dashes)"


class Integer(FieldType):
    """A whole number, of 32 or 64 bits on the platform."""

    ansible_type = "int"
    comparison = "as a number"

    def __init__(self, bits: int = 32) -> None:
        self.limit = 2 ** (bits - 1)

    def parse(self, value: Any) -> int:
        number = self._number(value)
        if not -self.limit <= number < self.limit:
            raise InvalidValue(f"{number} is out of range ({-self.limit} to {self.limit - 1})")
        return number

    def _number(self, value: Any) -> int:
        if isinstance(value, int) and not isinstance(value, bool):
            return int(value)
        if isinstance(value, float) and value.is_integer():
            return int(value)
        if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,30}", value.strip(), re.ASCII):
            return int(value)
        raise InvalidValue(f"{_typed(value)} is not a whole number")

    def canonical(self, value: Any) -> Any:
        try:
            return value if value is None else self._number(value)
        except InvalidValue:
            return value


class Boolean(FieldType):
    """True or false."""

    ansible_type = "bool"
    absent = False
    comparison = "as a boolean"

    def parse(self, value: Any) -> bool:
        read = read_boolean(value)
        if read is None:
            raise InvalidValue(f"{_typed(value)} is neither true nor false")
        return read


def is_uuid(text: str) -> bool:
    """Return whether a text has the form of a uuid, so that it may mean one rather than a name."""
    return bool(_UUID.fullmatch(text))


def whole(text: str) -> str:
    """Return the text.

    :raises InvalidValue: it contains half a surrogate pair, which no encoding can send.
    """
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise InvalidValue("it contains half a surrogate pair, which is not valid Unicode") from None
    return text


def _not_text(value: Any) -> str:
    if isinstance(value, float):
        return f'it is the number {value}, because it is not quoted (3.10 becomes 3.1); quote it: "..."'
    if isinstance(value, (bool, int)):
        return f"it is the {_typed(value)}, because it is not quoted; quote it"
    if isinstance(value, (Mapping, list, tuple)):
        return f"it is {type_name(value)}, not a string"
    return f"it is {type_name(value)}, because it is not quoted; quote it"


def type_name(value: Any) -> str:
    """Return what a value is, in words: ``a list``, ``a string``, ``null``."""
    if value is None:
        return "null"
    names = ((bool, "a boolean"), (int, "a number"), (float, "a number"), (str, "a string"), (Mapping, "a mapping"))
    if isinstance(value, (list, tuple)):
        return "a list"
    return next((name for kind, name in names if isinstance(value, kind)), f"a {type(value).__name__}")


def _typed(value: Any) -> str:
    """Return a scalar with its type; the content of anything bigger is not repeated."""
    if isinstance(value, (bool, int, float)):
        return f"{type_name(value)[2:]} {str(value).lower()}"
    return quoted(value) if isinstance(value, str) else type_name(value)
