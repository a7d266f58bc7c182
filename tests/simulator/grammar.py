# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The query grammar of the REST front: from a query string to conditions and options."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .errors import BusinessError, Refusal, invalid_argument

# The order decides: the first of these that occurs anywhere in the whole text is the operator, even inside the value.
OPERATORS = ("!=", ">=", "<=", "!?=", "!~=", "~=", "?=", "=", ">", "<", "is null", "not null")
TAG_FIELDS = frozenset({"__userTag__", "__systemTag__", "__tagUuid__"})
DEFAULT_LIMIT = 1000

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")
_JAVA_INTEGER = re.compile(r"[+-]?[0-9]{1,10}")


@dataclass(frozen=True)
class Condition:
    """One condition of ``q``: a field's wire name, one of `OPERATORS`, and the value as it was sent."""

    field: str
    operator: str
    value: str


@dataclass(frozen=True)
class Query:
    """A parsed query. `sort` is a field's name or empty; `fields` is None when all were asked for."""

    conditions: tuple[Condition, ...] = ()
    limit: int = DEFAULT_LIMIT
    start: int = 0
    count: bool = False
    reply_with_count: bool = False
    sort: str = ""
    descending: bool = False
    fields: tuple[str, ...] | None = None


def parse_condition(text: str) -> Condition:
    """Splits one ``q`` at its operator.

    :raises Refusal: 400 for a text without an operator or without a field.
    :raises BusinessError: for what the query language behind the front rejects.
    """
    operator = next((candidate for candidate in OPERATORS if candidate in text), None)
    if operator is None:
        raise Refusal(400, f"Invalid query parameter. The '{text}' in the parameter[q] doesn't contain any operator")
    # Adjacent operators count as one, and those at the very beginning as none.
    left, sign, value = _without_leading(operator, text).partition(operator)
    value = _without_leading(operator, value)
    field = left.strip()
    if not field or not sign:
        raise Refusal(400, f"Invalid query parameter. The '{text}' in the parameter[q] doesn't contain a field")
    if not _NAME.fullmatch(field):
        raise BusinessError("SYS.1000", f"syntax error in the query near '{field}': no viable alternative at input")
    if operator in ("is null", "not null"):
        return Condition(field, operator, "")
    if "'" in value:
        raise BusinessError("SYS.1000", f"syntax error in the query near '{value}': mismatched input")
    return Condition(field, operator, value)


def parse_query(parameters: Sequence[tuple[str, str]]) -> Query:
    """Reads the decoded name-value pairs of a query string.

    :raises Refusal: 400 for numbers that are none, and as `parse_condition` does.
    :raises BusinessError: as `parse_condition` does, and for a sort over several fields.
    """
    first: dict[str, str] = {}
    texts: list[str] = []
    for name, value in parameters:
        first.setdefault(name, value)
        if "q".startswith(name):
            texts.append(value)
    sort = first.get("sort", "").strip()
    sort_field = sort.lstrip("+-") if sort[:1] in ("+", "-") else sort
    if sort_field and not _NAME.fullmatch(sort_field):
        raise BusinessError("SYS.1000", f"syntax error in the query near '{sort}': mismatched input ','")
    fields = first.get("fields")
    return Query(
        conditions=tuple(dict.fromkeys(parse_condition(text) for text in texts)),
        limit=_integer("limit", first["limit"]) if "limit" in first else DEFAULT_LIMIT,
        start=_integer("start", first["start"]) if "start" in first else 0,
        count=_boolean(first.get("count", "")),
        reply_with_count=_boolean(first.get("replyWithCount", "")),
        sort=sort_field,
        descending=sort.startswith("-"),
        fields=None if not fields else tuple(part.strip() for part in fields.split(",")),
    )


def _without_leading(operator: str, text: str) -> str:
    while text.startswith(operator):
        text = text[len(operator) :]
    return text


def _integer(name: str, text: str) -> int:
    if not _JAVA_INTEGER.fullmatch(text):
        raise Refusal(400, f"Invalid query parameter. The '{name}' must be an integer, but got '{text}'")
    number = int(text)
    if number < 0:
        raise invalid_argument(f"field[{name}] of the query cannot be negative, but was {number}")
    return number


def _boolean(text: str) -> bool:
    return text.lower() == "true"
