# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conditions as the platform takes them, such that they mean there what they mean here.

The platform searches the whole condition, value included, for the first operator of :data:`SERVER_OPERATORS`
(platform.query_operator), and rejects a single quote in a value (platform.query_quote). Each condition is therefore
parsed here as the platform parses it. One that it would misread is sent as a wider pattern and filtered here
(platform.query_exact), or rejected.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.zstack.aios.plugins.module_utils._common.text import trim

#: In the order in which the platform tries them.
SERVER_OPERATORS = ("!=", ">=", "<=", "!?=", "!~=", "~=", "?=", "=", ">", "<", "is null", "not null")
#: Tags as text, which the platform compares without case and accents, too (platform.query_collation).
TAG_COLUMNS = ("__userTag__", "__systemTag__")
#: Tags by the uuid of their pattern.
TAG_PATTERN = "__tagUuid__"
#: Characters of a value that a pattern replaces by the wildcard for one character.
_MISREAD = re.compile(r"""[!><~?='\\%_]""")


class Condition(NamedTuple):
    """One condition as it is sent, and a filter for what the platform takes too widely.

    :param sent: the value of ``q``.
    :param keeps: returns whether a wire row meets the condition exactly.
    :param column: what ``keeps`` looks at: a column of the platform, or one of tags with a list of them.
    :param here: whether the platform cannot be asked, so that nothing is sent and ``keeps`` alone decides.
    """

    sent: str
    keeps: Callable[[Mapping[str, Any]], bool] | None = None
    column: str = ""
    here: bool = False

    @property
    def of_tags(self) -> bool:
        """Whether the column contains tags, which have to be read separately."""
        return self.column in (*TAG_COLUMNS, TAG_PATTERN)


def queries(conditions: Iterable[Condition]) -> list[tuple[str, str]]:
    """Return the parameters of a request that carry conditions."""
    return [("q", condition.sent) for condition in conditions if not condition.here]


def breaks_tags(column: str, value: str) -> bool:
    """Return whether the platform fails on a value in a condition on tags (platform.tag_conditions)."""
    return column in TAG_COLUMNS and "%s" in value


def read_by_server(text: str) -> tuple[str, str, str] | None:
    """Return field, operator and value as the platform understands a condition; ``None`` when it refuses it."""
    operator = next((known for known in SERVER_OPERATORS if known in text), None)
    if operator is None:
        return None
    field, _operator, value = text.partition(operator)
    while value.startswith(operator):  # the first characters of a value can be lost (platform.query_adjacent_operators)
        value = value.removeprefix(operator)
    return (trim(field), operator, value) if trim(field) else None


def equals(column: str, value: str) -> Condition:
    """Return the condition that a text column is exactly ``value``, in case and accents too."""

    def keeps(row: Mapping[str, Any]) -> bool:
        current = row.get(column)
        return isinstance(current, str) and trim(current) == trim(value)

    plain = f"{column}={value}"
    if "'" not in value and not breaks_tags(column, value) and read_by_server(plain) == (column, "=", value):
        return Condition(plain, keeps, column)
    return Condition(f"{column}~={_MISREAD.sub('_', value)}", keeps, column)


def is_in(column: str, uuids: Sequence[str]) -> Condition:
    """Return the condition that a column has one of some uuids."""
    return Condition(f"{column}?={','.join(uuids)}", lambda row: row.get(column) in uuids, column)


def keeps_all(conditions: Sequence[Condition], row: Mapping[str, Any]) -> bool:
    """Return whether a wire row meets every condition that is filtered here."""
    return all(condition.keeps is None or condition.keeps(row) for condition in conditions)
