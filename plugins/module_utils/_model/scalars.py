# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The base of all kinds of values, and the kinds of single values. See :mod:`_kinds`.

Private to this collection.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from ansible_collections.zstack.aios.plugins.module_utils._common.text import nearest, quoted, trim
from ansible_collections.zstack.aios.plugins.module_utils._model.redaction import Secrecy, as_text

T = TypeVar("T")
TRUE = frozenset(("true", "yes", "on", "y", "t", "1"))
FALSE = frozenset(("false", "no", "off", "n", "f", "0"))
_UUID = re.compile(r"[0-9a-f]{32}")
#: What the platform accepts for the uuid of a new resource (contract section 3.4).
_NEW_UUID = re.compile(r"[0-9a-f]{12}[1-5][0-9a-f]{3}[89ab][0-9a-f]{15}")


class Wrong(ValueError):
    """The value does not fit the kind. The text says why and how to mend it, without the value of a secret.

    :ivar inside: the path to the part of the value that is wrong; :ivar each: everything that is wrong, this first.
    """

    def __init__(self, text: str, inside: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.inside = inside
        self.each: Sequence[Wrong] = (self,)


def parse_each(entries: Iterable[tuple[str, Any]], parse: Callable[[Any], T]) -> list[T]:
    """Parse the parts of a value, each with the path to it, and raise everything that is wrong with them at once."""
    parsed: list[T] = []
    wrongs: list[Wrong] = []
    for inside, entry in entries:
        try:
            parsed.append(parse(entry))
        except Wrong as wrong:
            wrongs += [Wrong(each.text, inside + each.inside) for each in wrong.each]
    if wrongs:
        wrongs[0].each = wrongs
        raise wrongs[0]
    return parsed


class Kind(ABC):
    """A value that is compared as it is; the base of all kinds."""

    #: Ansible's name of the type, and of the elements of a list.
    type = "str"
    elements: str | None = None
    choices: tuple[str, ...] = ()
    #: What an absent value is equal to.
    nothing: Any = None
    #: How two values are compared, in words for the documentation.
    compared = "exactly"

    @abstractmethod
    def parse(self, value: Any) -> Any:
        """Return the declared form of a user's value.

        :raises Wrong: the value cannot be meant.
        """

    def canonical(self, value: Any) -> Any:
        """Return the form of a declared or held value that compares with ``==``."""
        return value

    def same(self, wanted: Any, held: Any) -> bool:
        """Return whether the platform already holds what is wanted."""
        return bool(self.canonical(wanted) == self.canonical(self.nothing if held is None else held))

    def complete(self, wanted: Any, held: Any) -> Any:
        """Return what has to be sent so that the parts of ``held`` that are not declared stay."""
        return wanted

    def encode(self, value: Any) -> Any:
        """Return the wire form of a declared value."""
        return value

    def decode(self, wire: Any) -> Any:
        """Return the held form of a wire value."""
        return wire

    def secrets(self, value: Any, secrecy: Secrecy) -> list[str]:
        """Return the texts in a declared value that nobody is to see."""
        return []

    def show(self, value: Any, secrecy: Secrecy, before: Any = None) -> Any:
        """Return a declared or held value for results, diffs and reports: plain, in stable order, secrets masked.

        :param before: the held value that it replaces; a secret that differs from its secret there is said to.
        """
        return value


class Text(Kind):
    """Text, without the blanks at its ends that the platform removes."""

    nothing: str | None = ""
    compared = "as text without the blanks at its ends"

    def parse(self, value: Any) -> str:
        if not isinstance(value, str):
            raise Wrong(_not_text(value))
        return trim(whole(str(value)))

    def canonical(self, value: Any) -> Any:
        return trim(value) if isinstance(value, str) else value

    def decode(self, wire: Any) -> Any:
        return wire if isinstance(wire, str) else as_text(wire)


class Name(Text):
    """A name: text that is not empty."""

    def parse(self, value: Any) -> str:
        text = super().parse(value)
        if not text:
            raise Wrong("it is empty")
        return text


class Choice(Text):
    """One of a few words, in exactly this spelling (contract section 8)."""

    nothing = None
    compared = "exactly"

    def __init__(self, *choices: str) -> None:
        self.choices = choices

    def parse(self, value: Any) -> str:
        text = super().parse(value)
        if text not in self.choices:
            hint = {choice.lower(): choice for choice in self.choices}.get(text.lower())
            cure = f'; did you mean "{hint}"?' if hint else nearest(text, self.choices)
            raise Wrong(f"{quoted(text)} is none of {', '.join(self.choices)}{cure}")
        return text


class Uuid(Text):
    """The uuid of something on the platform: 32 hexadecimal digits."""

    nothing = None
    compared = "exactly"
    pattern = _UUID
    wanted = "a uuid of 32 lower-case hexadecimal digits"

    def parse(self, value: Any) -> str:
        text = super().parse(value)
        if not self.pattern.fullmatch(text):
            raise Wrong(f"{quoted(text)} is not {self.wanted}")
        return text


class NewUuid(Uuid):
    """A uuid chosen by the user for something that is to be created."""

    pattern = _NEW_UUID
    wanted = "a uuid the platform accepts for a new resource (version 1 to 5, 32 lower-case digits, no dashes)"


class Integer(Kind):
    """A whole number, of 32 or 64 bits on the platform."""

    type = "int"
    compared = "as a number"

    def __init__(self, bits: int = 32) -> None:
        self.limit = 2 ** (bits - 1)

    def parse(self, value: Any) -> int:
        number = self._number(value)
        if not -self.limit <= number < self.limit:
            raise Wrong(f"{number} is out of range; at most {self.limit - 1}")
        return number

    def _number(self, value: Any) -> int:
        if isinstance(value, int) and not isinstance(value, bool):
            return int(value)
        if isinstance(value, float) and value.is_integer():
            return int(value)
        if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,30}", value.strip(), re.ASCII):
            return int(value)
        raise Wrong(f"{_typed(value)} is not a whole number")

    def canonical(self, value: Any) -> Any:
        try:
            return value if value is None else self._number(value)
        except Wrong:
            return value


class Boolean(Kind):
    """True or false."""

    type = "bool"
    nothing = False
    compared = "as a boolean"

    def parse(self, value: Any) -> bool:
        word = str(value).strip().lower()
        if isinstance(value, (bool, str, int)) and word in TRUE | FALSE:
            return word in TRUE
        raise Wrong(f"{_typed(value)} is neither true nor false")


def is_uuid(text: str) -> bool:
    """Return whether a text has the form of a uuid, so that it may mean one rather than a name."""
    return bool(_UUID.fullmatch(text))


def whole(text: str) -> str:
    """Refuse half a surrogate pair, which no encoding can send."""
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise Wrong("it holds half a surrogate pair, which is not text") from None
    return text


def _not_text(value: Any) -> str:
    if isinstance(value, float):
        return f'it came as the number {value}, because it is not in quotes (3.10 would become 3.1); write it as text: "..."'
    if isinstance(value, (bool, int)):
        return f"it came as {_typed(value)}, because it is not in quotes; write it as text, in quotes"
    if isinstance(value, (Mapping, list, tuple)):
        return f"it is {type_name(value)}; give text"
    return f"it came as {type_name(value)}, because it is not in quotes; write it as text, in quotes"


def type_name(value: Any) -> str:
    if value is None:
        return "null"
    names = ((bool, "a boolean"), (int, "a number"), (float, "a number"), (str, "text"), (Mapping, "a mapping"))
    if isinstance(value, (list, tuple)):
        return "a list"
    return next((name for kind, name in names if isinstance(value, kind)), f"a {type(value).__name__}")


def _typed(value: Any) -> str:
    """Return a scalar with its type; the content of anything bigger is not repeated."""
    if isinstance(value, (bool, int, float)):
        return f"{type_name(value)[2:]} {str(value).lower()}"
    return quoted(value) if isinstance(value, str) else type_name(value)
