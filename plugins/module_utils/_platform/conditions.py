# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conditions as users write them, checked before they are sent."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import ValidationError
from ansible_collections.zstack.aios.plugins.module_utils._common.text import nearest, quoted, trim
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Schema
from ansible_collections.zstack.aios.plugins.module_utils._model.scalars import Boolean, Integer, InvalidValue, Text
from ansible_collections.zstack.aios.plugins.module_utils._platform.query import (
    SERVER_OPERATORS,
    TAG_COLUMNS,
    TAG_PATTERN,
    Condition,
    breaks_tags,
    equals,
    read_by_server,
)

_WORDS = {"in": "?=", "not in": "!?=", "like": "~=", "not like": "!~=", "is not null": "not null"}
_NULLS = ("is null", "not null")
_TEXT = re.compile(
    r"\s*([A-Za-z_]\w*)\s*(!~=|!\?=|!=|>=|<=|~=|\?=|=|>|<|\s(?i:is\s+not\s+null|is\s+null|not\s+null)\s*$)(.*)",
    re.DOTALL,
)
#: Columns that exist in conditions only: tags, and tags by the UUID of their pattern (platform.tag_conditions).
_PSEUDO_COLUMNS = (*TAG_COLUMNS, TAG_PATTERN)
#: Characters of a condition: the length of URLs is limited (platform.query_length).
LONGEST = 8000


class InvalidCondition(ValueError):
    """A condition that cannot be sent to the platform. The text says why."""


class ConditionReader:
    """Reads the conditions on one kind of resource.

    :ivar columns: the columns that a query can name, by option: the scalar fields that the platform shows, and its own.
    """

    def __init__(self, schema: Schema) -> None:
        shown = (*schema.readable, *schema.shown)
        scalar = (f for f in shown if isinstance(f.type, (Text, Integer, Boolean)) or f.option == "yaml")
        self.columns: Mapping[str, str] = {
            **{field.option: field.wire for field in scalar},
            "uuid": "uuid",
            "create_date": "createDate",
            "last_op_date": "lastOpDate",
        }
        self._options = {column: option for option, column in self.columns.items()}
        self._types = {field.option: field.type for field in shown}

    def read_all(self, given: Sequence[Any], option: str) -> tuple[list[Condition], list[ValidationError]]:
        """Return the conditions of an option, and what is invalid in them."""
        conditions: list[Condition] = []
        errors: list[ValidationError] = []
        for index, one in enumerate(given):
            try:
                conditions.append(self.read(one))
            except InvalidCondition as error:
                errors.append(ValidationError("", f"{option}[{index}]", str(error)))
        return conditions, errors

    def read(self, given: Any) -> Condition:
        """Return one condition of a user: a text, or a mapping of ``field``, ``operator`` and ``value``.

        :raises InvalidCondition: it cannot be sent; the text names it.
        """
        if len(str(given)) > LONGEST:
            raise InvalidCondition(
                f"the condition has {len(str(given)):,} characters; a request can contain at most {LONGEST:,}"
            )
        field, operator, value = _parts(given)
        operator, column = _WORDS.get(operator, operator), self.column(field)
        if operator not in SERVER_OPERATORS:
            raise InvalidCondition(f"{quoted(operator)} is not an operator; use one of {' '.join(SERVER_OPERATORS)}")
        if operator not in _NULLS:
            return _of_one_tag(self._compared(column, operator, value))
        if value not in (None, ""):
            raise InvalidCondition(f"{operator} takes no value")
        if operator == "is null" and column in _PSEUDO_COLUMNS:
            # platform.tag_conditions: services without tags cannot be asked for.
            return Condition(f"{column} is null", lambda row: not row[column], column, here=True)
        return Condition(f"{column} {operator}")

    def column(self, name: Any) -> str:
        """Return the wire name of a column, given by its option or its wire name.

        :raises InvalidCondition: there is no such column.
        """
        if isinstance(name, str):
            if name in self.columns:
                return self.columns[name]
            if name in self._options or name in _PSEUDO_COLUMNS:
                return name
        raise InvalidCondition(f"{quoted(name)} is not a field that can be queried{nearest(name, self.columns)}")

    def _compared(self, column: str, operator: str, value: Any) -> Condition:
        if operator in ("?=", "!?="):
            return self._any_of(column, operator, value)
        text = _as_text(value)
        self._check_type(column, operator, [text])
        is_text = isinstance(self._types.get(self._options.get(column, ""), Text()), Text) and column != TAG_PATTERN
        if operator == "=" and is_text:
            return equals(column, text)
        if operator == "~=" and is_text:
            sent = text.replace("%s", "%_") if breaks_tags(column, text) else text
            return _like(column, _understood(column, operator, sent), text)
        return Condition(_understood(column, operator, text))

    def _any_of(self, column: str, operator: str, value: Any) -> Condition:
        values = [_as_text(part) for part in (value if isinstance(value, (list, tuple)) else str(value).split(","))]
        self._check_type(column, operator, values)
        if any("," in part for part in values):
            raise InvalidCondition(f"a value of {operator} cannot contain a comma; use several queries")
        sent = _understood(column, operator, ",".join(values), here=operator == "?=")
        if operator == "!?=" or column == TAG_PATTERN:
            return Condition(sent)
        wanted, here = set(values), breaks_tags(column, sent)
        return Condition(
            sent, lambda row: row.get(column) is not None and _as_text(row[column]) in wanted, column, here
        )

    def _check_type(self, column: str, operator: str, values: Sequence[str]) -> None:
        """Refuse what is no number, or neither true nor false, for a field that is one; patterns are text."""
        option = self._options.get(column, "")
        field_type = self._types.get(option)
        for value in values if operator not in ("~=", "!~=") else ():
            try:
                if isinstance(field_type, (Integer, Boolean)):
                    field_type.parse(value)
            except InvalidValue as error:
                raise InvalidCondition(f"{option}{operator}: {error.text}") from None


def _of_one_tag(condition: Condition) -> Condition:
    """Return a condition such that, if it is on tags, one of them has to meet it."""
    column, keeps = condition.column, condition.keeps
    if not condition.of_tags or keeps is None:
        return condition
    return condition._replace(keeps=lambda row: any(keeps({column: tag}) for tag in row[column]))


def _parts(given: Any) -> tuple[Any, str, Any]:
    """Return field, operator and value as they were written."""
    if isinstance(given, Mapping):
        unknown = [key for key in given if key not in ("field", "operator", "value")]
        if unknown or "field" not in given:
            keys = quoted(", ".join(map(str, given)))
            raise InvalidCondition(f"a condition has the keys field, operator and value, not {keys}")
        return given["field"], " ".join(str(given.get("operator", "=")).lower().split()), given.get("value")
    found = _TEXT.match(str(given))
    if not found:
        raise InvalidCondition(
            f"{quoted(given)} is not a condition; write field, operator and value, such as name=chat or request_cpu>=8"
        )
    return found[1], " ".join(found[2].lower().split()), found[3]


def _like(column: str, sent: str, pattern: str) -> Condition:
    """Return the condition that a text column matches a pattern of ``%`` and ``_``, in case and accents too."""
    matches = like(pattern)
    return Condition(sent, lambda row: isinstance(row.get(column), str) and matches(row[column]), column)


def like(pattern: str) -> Callable[[str], bool]:
    """Return a function that returns whether a text matches a pattern of ``%`` and ``_`` (platform.query_wildcards).

    A backslash escapes the character after it, in ways that differ between databases, so that one before any other
    character is let through as well as left out: what the platform found is narrowed, never widened.
    """
    # Every bit of a state is a place in the pattern that the text so far may have reached. So the time is that of the
    # text, whatever the pattern: a regular expression would try its wildcards and backslashes in all combinations.
    accepts: defaultdict[str, int] = defaultdict(int)
    any_character = left_out = gaps = size = 0
    for token in re.findall(r"\\.|%+|.", pattern, re.DOTALL):
        place = 1 << size
        if token[0] == "%":
            gaps |= place
            continue
        if token[0] == "\\":
            accepts["\\"] |= place
            left_out |= place
            size, place = size + 1, place << 1
        if token == "_":
            any_character |= place
        else:
            accepts[token[-1]] |= place
        size += 1

    def matches(text: str) -> bool:
        state = 1 | (1 & left_out) << 1
        for character in text:
            state = (state & (accepts.get(character, 0) | any_character)) << 1 | state & gaps
            state |= (state & left_out) << 1
            if not state:
                return False
        return bool(state >> size & 1)

    return matches


def _understood(column: str, operator: str, value: str, here: bool = False) -> str:
    """Return a condition as it is sent, if the platform understands it.

    :param here: whether it can be met without asking the platform, where that fails on a value of tags.
    """
    text = f"{column}{operator}{value}"
    if breaks_tags(column, value) and not here:
        raise InvalidCondition(f"{quoted(text)}: the platform rejects %s in this condition on tags; use =, ~= or ?=")
    if "'" in value:
        raise InvalidCondition(
            f"{quoted(text)}: the platform rejects a single quote in a value; use ~= with _ in its place"
        )
    if read_by_server(text) != (column, operator, value):
        raise InvalidCondition(
            f"{quoted(text)}: the platform would misread an operator inside the value; use ~= with _ in its place"
        )
    return text


def _as_text(value: Any) -> str:
    if value is None or isinstance(value, (Mapping, list, tuple)):
        raise InvalidCondition("a condition needs a single value")
    return trim(str(value).lower() if isinstance(value, bool) else str(value))
