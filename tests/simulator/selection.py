# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a parsed query over a resource's table, comparing as the platform's database does (contract 2.2 and 2.3)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from random import Random
from typing import Any

from .errors import BusinessError, invalid_argument
from .grammar import TAG_FIELDS, Condition, Query
from .resources import SYSTEM_TAGS, USER_TAGS, Resource
from .store import Store
from .texts import fold, fold_for_equality, gson_dumps

_SHUFFLE_PRIME = 2_147_483_647


@dataclass(frozen=True)
class _Clause:
    sql: str
    values: tuple[Any, ...]


def select(store: Store, resource: Resource, query: Query, random: Random) -> str:
    """The body of a query's answer as JSON text: ``inventories`` and ``total`` as asked for, and ``schema``.

    :raises BusinessError: for fields the resource has not.
    """
    clauses = [_clause(resource, condition) for condition in query.conditions]
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
            texts = [_project(text, {*query.fields, *resource.primitives}) for text in texts]
        parts.append(f'"inventories":[{",".join(texts)}]')
    if query.count or query.reply_with_count:
        total = store.run(f'SELECT COUNT(*) FROM "{resource.table}" WHERE {where}', values).fetchone()[0]
        parts.append(f'"total":{total}')
    return "{" + ",".join([*parts, '"schema":{}']) + "}"


def _project(text: str, names: set[str]) -> str:
    return gson_dumps({name: value for name, value in json.loads(text).items() if name in names})


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
            raise invalid_argument(f"entity[{resource.table}] not having field[{name}]")


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
        return int(text.lower() == "true")
    if kind == "int":
        try:
            return int(text)
        except ValueError:
            raise BusinessError("SYS.1000", f'For input string: "{text}"') from None
    return fold_for_equality(text)


def _tag_clause(condition: Condition) -> _Clause:
    """A condition on the tags of a resource: it holds, or for a negated operator fails, for any one of its tags."""
    resource = SYSTEM_TAGS if condition.field == "__systemTag__" else USER_TAGS
    column = "tagPatternUuid" if condition.field == "__tagUuid__" else "tag"
    tagged = f'SELECT "resourceUuid" FROM "{resource.table}"'
    if condition.operator in ("is null", "not null"):
        present = condition.operator == "not null"
        return _Clause(f'"uuid" {"IN" if present else "NOT IN"} ({tagged} WHERE "{column}" IS NOT NULL)', ())
    negated = condition.operator.startswith("!")
    positive = condition.operator.lstrip("!") if condition.operator != "!=" else "="
    inner = _compare(resource, Condition(column, positive, condition.value))
    return _Clause(f'"uuid" {"NOT IN" if negated else "IN"} ({tagged} WHERE {inner.sql})', inner.values)
