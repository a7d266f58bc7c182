# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a parsed query over a resource's table, comparing as the platform's database does."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from random import Random
from typing import Any

from .errors import BusinessError
from .grammar import TAG_FIELDS, Condition, Query
from .resources import SYSTEM_TAGS, USER_TAGS, Resource
from .store import Store
from .texts import fold, fold_for_equality, gson_dumps

_SHUFFLE_PRIME = 2_147_483_647
_NUMBER = re.compile(r"\s*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)")
_NEGATED = {"!=": "=", "!?=": "?=", "!~=": "~="}


@dataclass(frozen=True)
class _Clause:
    sql: str
    values: tuple[Any, ...]


def select(store: Store, resource: Resource, query: Query, random: Random, account: str = "") -> str:
    """The body of a query's response as JSON text: ``inventories`` and ``total`` as asked for, and ``schema``.

    With an `account` only what it owns is found, of resources that are owned.

    :raises BusinessError: for fields the resource has not.
    """
    clauses = [_clause(resource, condition) for condition in query.conditions]
    if account and resource.owned:
        clauses.append(_Clause("_owner = ?", (account,)))
    where = " AND ".join(clause.sql for clause in clauses) or "1"
    values = [value for clause in clauses for value in clause.values]
    parts = []
    if not query.count:
        _check_columns(resource, query.fields or ())
        order, order_values = _order(resource, query, random)
        rows = store.run(
            f'SELECT _json FROM "{resource.table}" WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?',
            [*values, *order_values, query.limit, query.start],
        )
        texts = [row[0] for row in rows]
        if query.fields is not None:
            texts = [_project(text, query.fields, resource.primitives) for text in texts]
        parts.append(f'"inventories":[{",".join(texts)}]')
    if query.count or query.reply_with_count:
        total = store.run(f'SELECT COUNT(*) FROM "{resource.table}" WHERE {where}', values).fetchone()[0]
        parts.append(f'"total":{total}')
    return "{" + ",".join([*parts, '"schema":{}']) + "}"


def _project(text: str, names: tuple[str, ...], primitives: tuple[str, ...]) -> str:
    """The named fields of an inventory. A primitive that is not named is there all the same, with Java's default."""
    shown = json.loads(text)
    unset = {name: False for name in primitives if name not in names}
    return gson_dumps({**{name: value for name, value in shown.items() if name in names}, **unset})


def _order(resource: Resource, query: Query, random: Random) -> tuple[str, list[Any]]:
    if not query.sort:
        # No promise of an order: another one for each request, so that whoever pages without a sort gets it wrong.
        return f"(_row * ? + ?) % {_SHUFFLE_PRIME}", [random.randrange(1, 2**31), random.randrange(2**31)]
    _check_columns(resource, (query.sort,))
    direction = "DESC" if query.descending else "ASC"
    return f"{_comparable(resource, query.sort)} {direction}", []


def _check_columns(resource: Resource, names: tuple[str, ...]) -> None:
    for name in names:
        if name not in resource.columns:
            raise BusinessError("SYS.1000", f"inventory class[{resource.table}] not having field[{name}]")


def _comparable(resource: Resource, name: str) -> str:
    return f'fold_for_equality("{name}")' if resource.columns[name] in ("text", "date") else f'"{name}"'


def _clause(resource: Resource, condition: Condition) -> _Clause:
    if condition.field in TAG_FIELDS:
        return _tag_clause(condition)
    _check_columns(resource, (condition.field,))
    return _compare(resource, condition)


def _compare(resource: Resource, condition: Condition) -> _Clause:
    name, operator, text = condition.field, condition.operator, condition.value
    if operator in ("is null", "not null"):
        return _Clause(f'"{name}" {"IS" if operator == "is null" else "IS NOT"} NULL', ())
    if operator in ("~=", "!~="):
        verb = "LIKE" if operator == "~=" else "NOT LIKE"
        return _Clause(f"fold(\"{name}\") {verb} ? ESCAPE '\\'", (_pattern(text),))
    left, kind = _comparable(resource, name), resource.columns[name]
    if operator in ("?=", "!?="):
        values = tuple(_value(kind, part) for part in text.split(","))
        verb = "IN" if operator == "?=" else "NOT IN"
        return _Clause(f"{left} {verb} ({', '.join('?' * len(values))})", values)
    return _Clause(f"{left} {operator} ?", (_value(kind, text),))


def _pattern(text: str) -> str:
    # An escape sign at the very end is a plain sign for MySQL; SQLite would match nothing.
    escaped_end = len(text) - len(text.rstrip("\\"))
    return fold(text + "\\" if escaped_end % 2 else text)


def _value(kind: str, text: str) -> Any:
    if kind == "bool":
        return _boolean(text)
    return _number(text) if kind == "int" else fold_for_equality(text)


def _boolean(text: str) -> int:
    """A truth value goes into the query without quotation marks, where any other word is an error."""
    try:
        return ("false", "true", "0", "1").index(text.lower()) % 2
    except ValueError:
        raise BusinessError("SYS.1000", f"could not resolve property: {text}") from None


def _number(text: str) -> int | float:
    """What MySQL makes of a text that is compared with a number: its first digits, or 0."""
    match = _NUMBER.match(text)
    number = float(match.group(1)) if match is not None else 0.0
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _tag_clause(condition: Condition) -> _Clause:
    """A condition on the tags of a resource: it holds, or for a negated operator fails, for any one of its tags.

    So "is null" asks for a tag that is null, not for a resource without tags.
    """
    if "%s" in condition.value:
        raise BusinessError("SYS.1000", "java.lang.NullPointerException: the condition on tags cannot be formatted")
    resource = SYSTEM_TAGS if condition.field == "__systemTag__" else USER_TAGS
    column = "tagPatternUuid" if condition.field == "__tagUuid__" else "tag"
    operator = _NEGATED.get(condition.operator, condition.operator)
    inner = _compare(resource, Condition(column, operator, condition.value))
    verb = "NOT IN" if condition.operator in _NEGATED else "IN"
    return _Clause(f'"uuid" {verb} (SELECT "resourceUuid" FROM "{resource.table}" WHERE {inner.sql})', inner.values)
