# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The query grammar of the platform: conditions that mean there what they mean here.

Private to this collection.

The platform looks for the first operator of :data:`SERVER_OPERATORS` anywhere in the whole condition, value included,
and cannot take a single quote in a value (contract section 2.1). Each condition is therefore read back the way the
platform will read it; one that would be misread is sent as a wider pattern and filtered here, or refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._common.text import nearest, quoted, trim
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import READABLE
from ansible_collections.zstack.aios.plugins.module_utils._model.scalars import Boolean, Integer, Text, Wrong

#: In the order the platform tries them (contract section 2.1).
SERVER_OPERATORS = ("!=", ">=", "<=", "!?=", "!~=", "~=", "?=", "=", ">", "<", "is null", "not null")
_WORDS = {"in": "?=", "not in": "!?=", "like": "~=", "not like": "!~=", "is not null": "not null"}
_NULLS = ("is null", "not null")
_TEXT = re.compile(
    r"\s*([A-Za-z_]\w*)\s*(!~=|!\?=|!=|>=|<=|~=|\?=|=|>|<|\s(?i:is\s+not\s+null|is\s+null|not\s+null)\s*$)(.*)",
    re.DOTALL,
)
#: Characters of a value that a pattern replaces by the wildcard for one character.
_MISREAD = re.compile(r"""[!><~?='\\%_]""")
#: Tags as text, which the platform finds in any case and accents too; and by the uuid of their pattern.
TAG_FIELDS = ("__userTag__", "__systemTag__")
PSEUDO_FIELDS = (*TAG_FIELDS, "__tagUuid__")
#: The columns a query can name: the scalar fields that the platform shows, and its own.
COLUMNS: Mapping[str, str] = {
    **{f.option: f.wire for f in READABLE if isinstance(f.kind, (Text, Integer, Boolean)) or f.option == "yaml"},
    "uuid": "uuid",
    "create_date": "createDate",
    "last_op_date": "lastOpDate",
}
_KINDS = {f.option: f.kind for f in READABLE}


class BadQuery(ValueError):
    """A condition the platform cannot be asked. The text says why."""


@dataclass(frozen=True)
class Condition:
    """One condition as it is sent, and a filter for what the platform takes too widely.

    :ivar sent: the value of ``q``; :ivar keeps: says of a wire row whether it really meets the condition, for which
        it needs the ``column``: one of the platform's, or one of :data:`TAG_FIELDS` with a list of tags.
    """

    sent: str
    keeps: Callable[[Mapping[str, Any]], bool] | None = None
    column: str = ""

    @property
    def of_tags(self) -> bool:
        """Whether the column holds tags, which have to be read separately."""
        return self.column in TAG_FIELDS


def read_by_server(text: str) -> tuple[str, str, str] | None:
    """Return field, operator and value as the platform understands a condition; ``None`` when it refuses it."""
    operator = next((known for known in SERVER_OPERATORS if known in text), None)
    if operator is None:
        return None
    field, _operator, value = text.partition(operator)
    while value.startswith(operator):  # adjacent ones count as one, so the first signs of a value can be lost
        value = value.removeprefix(operator)
    return (trim(field), operator, value) if trim(field) else None


def equals(column: str, value: str, wire: str | None = None) -> Condition:
    """Return the condition that a text column is exactly ``value``, in case and accents too."""
    wire = wire or COLUMNS[column]

    def keeps(row: Mapping[str, Any]) -> bool:
        held = row.get(wire)
        return isinstance(held, str) and trim(held) == trim(value)

    plain = f"{wire}={value}"
    if "'" not in value and read_by_server(plain) == (wire, "=", value):
        return Condition(plain, keeps, wire)
    return Condition(f"{wire}~={_MISREAD.sub('_', value)}", keeps, wire)


def read_conditions(given: Sequence[Any]) -> list[Condition]:
    """Return the conditions of a user, given as texts or as mappings of ``field``, ``operator`` and ``value``.

    :raises BadQuery: one cannot be asked; the text names it.
    """
    return [_of_any_tag(_read(entry)) for entry in given]


def _of_any_tag(condition: Condition) -> Condition:
    """Return the condition such that, where its column holds tags, one of them has to meet it."""
    column, keeps = condition.column, condition.keeps
    if not condition.of_tags or keeps is None:
        return condition
    return replace(condition, keeps=lambda row: any(keeps({column: tag}) for tag in row[column]))


def read_column(name: Any) -> str:
    """Return the wire name of a column.

    :raises BadQuery: it is not one.
    """
    if isinstance(name, str):
        if name in COLUMNS:
            return COLUMNS[name]
        if name in COLUMNS.values() or name in PSEUDO_FIELDS:
            return name
    raise BadQuery(f"{quoted(name)} is not a field that can be queried{nearest(name, COLUMNS)}")


def _read(entry: Any) -> Condition:
    if isinstance(entry, Mapping):
        unknown = [key for key in entry if key not in ("field", "operator", "value")]
        if unknown or "field" not in entry:
            raise BadQuery(
                f"a condition has the keys field, operator and value, not {quoted(', '.join(map(str, entry)))}"
            )
        operator = " ".join(str(entry.get("operator", "=")).lower().split())
        return _condition(entry["field"], operator, entry.get("value"))
    found = _TEXT.match(str(entry))
    if not found:
        raise BadQuery(
            f"{quoted(entry)} is not a condition; write field, operator and value, such as name=chat or request_cpu>=8"
        )
    return _condition(found[1], " ".join(found[2].lower().split()), found[3])


def _condition(field: Any, operator: str, value: Any) -> Condition:
    operator = _WORDS.get(operator, operator)
    wire = read_column(field)
    if operator not in SERVER_OPERATORS:
        raise BadQuery(f"{quoted(operator)} is not an operator; use one of {' '.join(SERVER_OPERATORS)}")
    if operator in _NULLS:
        if value not in (None, ""):
            raise BadQuery(f"{operator} takes no value")
        return Condition(f"{wire} {operator}")
    if operator in ("?=", "!?="):
        return _any_of(wire, operator, value)
    text = _as_text(value)
    option = _option_of(wire)
    _fits(option, operator, [text])
    is_text = isinstance(_KINDS.get(option, Text()), Text) and wire != "__tagUuid__"
    if operator == "=" and is_text:
        return equals(option, text, wire)
    sent = _understood(wire, operator, text)
    return _like(wire, sent, text) if operator == "~=" and is_text else Condition(sent)


def _like(wire: str, sent: str, pattern: str) -> Condition:
    """Return the condition that a text column fits a pattern of ``%`` and ``_``, in case and accents too.

    A backslash takes the meaning from the sign after it, in ways that differ between databases, so that one before any
    other sign is let through as well as left out: what the platform found is narrowed, never widened.
    """
    parts = []
    for token in re.findall(r"\\.|%+|.", pattern, re.DOTALL):
        if token[0] == "%":
            parts.append(".*")
        elif token == "_":
            parts.append(".")
        else:
            parts.append(r"\\?" * (token[0] == "\\") + re.escape(token[-1]))
    fits = re.compile("".join(parts), re.DOTALL)
    return Condition(sent, lambda row: isinstance(row.get(wire), str) and bool(fits.fullmatch(row[wire])), wire)


def _any_of(wire: str, operator: str, value: Any) -> Condition:
    values = [_as_text(part) for part in (value if isinstance(value, (list, tuple)) else str(value).split(","))]
    _fits(_option_of(wire), operator, values)
    if any("," in part for part in values):
        raise BadQuery(f"a value of {operator} cannot hold a comma; use several queries")
    sent = _understood(wire, operator, ",".join(values))
    if operator == "!?=" or wire == "__tagUuid__":
        return Condition(sent)
    wanted = set(values)
    return Condition(sent, lambda row: row.get(wire) is not None and _as_text(row[wire]) in wanted, wire)


def _option_of(wire: str) -> str:
    return next((name for name, column in COLUMNS.items() if column == wire), "")


def _fits(option: str, operator: str, values: Sequence[str]) -> None:
    """Refuse what is no number, or neither true nor false, for a field that is one; patterns are text."""
    kind = _KINDS.get(option)
    for value in values if operator not in ("~=", "!~=") else ():
        try:
            if isinstance(kind, (Integer, Boolean)):
                kind.parse(value)
        except Wrong as wrong:
            raise BadQuery(f"{option}{operator}: {wrong.text}") from None


def _understood(wire: str, operator: str, value: str) -> str:
    text = f"{wire}{operator}{value}"
    if "'" in value:
        raise BadQuery(
            f"{quoted(text)}: the platform cannot take a single quote in a value; use ~= with _ in its place"
        )
    if read_by_server(text) != (wire, operator, value):
        raise BadQuery(
            f"{quoted(text)}: the platform would misread an operator inside the value; use ~= with _ in its place"
        )
    return text


def _as_text(value: Any) -> str:
    if value is None or isinstance(value, (Mapping, list, tuple)):
        raise BadQuery("a condition needs a single value")
    return trim(str(value).lower() if isinstance(value, bool) else str(value))


def keeps_all(conditions: Sequence[Condition], row: Mapping[str, Any]) -> bool:
    """Return whether a wire row meets every condition, as far as it can be told here."""
    return all(condition.keeps is None or condition.keeps(row) for condition in conditions)
