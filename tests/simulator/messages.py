# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parameters of API messages: conversion as Gson does it, and the checks of the platform's validators."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .access import require
from .errors import Refusal, invalid_argument
from .platform import Platform
from .resources import Resource
from .texts import is_resource_uuid, java_trim

_RANGES = {"int": 2**31, "long": 2**63}


@dataclass(frozen=True)
class Parameter:
    """One parameter of a message.

    `kind` is ``string``, ``new_uuid`` (a text: the uuid that the client chose), ``int``, ``long``, ``bool``,
    ``strings`` (list), ``ints`` (list), ``map`` (text to text), ``string_lists`` (text to list of texts), ``images``
    (list of architecture images) or ``any``. `choices` are the only values taken, case-sensitive. `refers` is the
    resource whose uuids the parameter holds. `longest` is the length that a platform with ``length-limits`` allows.
    `since` is the first version that knows the parameter.
    """

    name: str
    kind: str = "string"
    required: bool = False
    choices: tuple[str, ...] = ()
    refers: Resource | None = None
    longest: int = 0
    since: str = "0"


def convert(
    parameters: Iterable[Parameter], given: Mapping[str, Any], spelling: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Takes the known parameters out of a JSON object, as Gson and the front's type check do.

    Unknown names and nulls are dropped without a word; texts are trimmed. `spelling` has the names that this platform
    has for some parameters.

    :raises Refusal: 400 or 500 for values of another type.
    """
    converted = {}
    for parameter in parameters:
        value = given.get((spelling or {}).get(parameter.name, parameter.name))
        if value is not None:
            converted[parameter.name] = _convert(parameter.kind, parameter.name, value)
    return converted


def validate(
    platform: Platform, account: str, message: str, parameters: Iterable[Parameter], values: Mapping[str, Any]
) -> None:
    """Checks converted values: required ones, choices, ``resourceUuid``, and that referred resources exist.

    :raises BusinessError: SYS.1007 or SYS.1003; in the platform's order, all arguments before all references.
    """
    listed = list(parameters)
    limited = platform.options.features.has("length-limits")
    for parameter in listed:
        _validate_argument(message, parameter, values.get(parameter.name), limited)
    for parameter in listed:
        if parameter.refers is not None and parameter.name in values:
            value = values[parameter.name]
            for uuid in value if isinstance(value, list) else [value]:
                require(platform, account, parameter.refers, parameter.name, uuid)


def _validate_argument(message: str, parameter: Parameter, value: Any, limited: bool) -> None:
    name = parameter.name
    if value is None:
        if parameter.required:
            raise invalid_argument(f"field[{name}] of message[{message}] is mandatory, can not be null")
        return
    if parameter.choices and value not in parameter.choices:
        choices = ", ".join(parameter.choices)
        raise invalid_argument(f"field[{name}] of message[{message}] is invalid, valid values are [{choices}]: {value}")
    if parameter.kind == "new_uuid" and not is_resource_uuid(value):
        raise invalid_argument(f"field[{name}] of message[{message}] is not a valid uuid: {value}")
    if limited and 0 < parameter.longest < len(value):
        raise invalid_argument(f"field[{name}] of message[{message}] exceeds the max length {parameter.longest}")


def _convert(kind: str, name: str, value: Any) -> Any:
    if kind in ("string", "new_uuid"):
        return java_trim(_text(name, value))
    if kind in _RANGES:
        return _integer(kind, name, value)
    if kind == "bool":
        return _boolean(name, value)
    if kind == "strings":
        return [_text(name, part) for part in _list(name, value) if part is not None]
    if kind == "ints":
        return [_integer("int", name, part) for part in _list(name, value) if part is not None]
    if kind == "map":
        return {key: _text(name, part) for key, part in _object(name, value).items() if part is not None}
    if kind == "string_lists":
        return {
            key: [_text(name, text) for text in _list(name, part)]
            for key, part in _object(name, value).items()
            if part is not None
        }
    if kind == "images":
        return [_image(name, part) for part in _list(name, value)]
    return value


def _image(name: str, value: Any) -> dict[str, str]:
    given = _object(name, value)
    wanted = ("cpuArchitecture", "vmImageUuid", "dockerImage")
    return {key: _text(name, given[key]) for key in wanted if given.get(key) is not None}


def _list(name: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Refusal(500, f"java.lang.IllegalStateException: Expected BEGIN_ARRAY at path $.{name}")
    return value


def _object(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Refusal(500, f"java.lang.IllegalStateException: Expected BEGIN_OBJECT at path $.{name}")
    return value


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, dict)):
        raise Refusal(500, f"java.lang.IllegalStateException: Expected a string at path $.{name}")
    return str(value)


def _integer(kind: str, name: str, value: Any) -> int:
    refusal = Refusal(400, f"[{name}] field is excepted an int or long, but was [{value}].")
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise refusal
    try:
        number = value if isinstance(value, int) else _whole(value)
    except (ValueError, OverflowError):
        raise refusal from None
    if not -_RANGES[kind] <= number < _RANGES[kind]:
        raise Refusal(500, f"java.lang.NumberFormatException: {number} is out of range at path $.{name}")
    return number


def _whole(value: float | str) -> int:
    if isinstance(value, str) and value.lstrip("+-").isdecimal():
        return int(value)
    number = float(value)
    if number != int(number):
        raise ValueError
    return int(number)


def _boolean(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise Refusal(400, f"Invalid value for boolean field [{name}], [{value}] is not a valid boolean[true, false].")
