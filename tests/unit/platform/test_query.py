# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Conditions are sent so that the platform understands what is meant, or they are refused."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Sequence
from datetime import timezone
from pathlib import Path
from random import Random
from typing import Any

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import MODEL_SERVICE
from ansible_collections.zstack.aios.plugins.module_utils._platform.conditions import (
    ConditionReader,
    InvalidCondition,
    like,
)
from ansible_collections.zstack.aios.plugins.module_utils._platform.query import (
    Condition,
    equals,
    keeps_all,
    queries,
    read_by_server,
)
from ansible_collections.zstack.aios.tests.simulator import resources
from ansible_collections.zstack.aios.tests.simulator.errors import BusinessError, Refusal
from ansible_collections.zstack.aios.tests.simulator.grammar import OPERATORS, parse_condition, parse_query
from ansible_collections.zstack.aios.tests.simulator.selection import select
from ansible_collections.zstack.aios.tests.simulator.store import Store
from ansible_collections.zstack.aios.tests.support import strategies
from hypothesis import example, given, settings
from hypothesis import strategies as st

NAMES = [
    "chat",
    "Chat",
    "chät",
    "chat two",
    "=chat",
    "==chat",
    "=",
    "a=b",
    "a!=b",
    "a>=b",
    ">=",
    "a~=b",
    "~=a",
    "a?=b",
    "a!?=b",
    "a!~=b",
    "a>b<c",
    "it's",
    "'",
    '"quoted"',
    "50%",
    "50x",
    "a_b",
    "a%b_c",
    "back\\slash",
    "trailing\\",
    "\\'",
    "is null",
    "not null",
    "name is null",
    "a,b",
    "推理服务",
    "{{ jinja }}",
    "two\nlines",
    "\u3000wide\u00a0",
    "%",
    "_",
    "😀",
]
READER = ConditionReader(MODEL_SERVICE)
operators = st.sampled_from(OPERATORS)
shown_names = st.builds("".join, st.lists(st.sampled_from([*strategies.TRICKY, *OPERATORS]), min_size=1, max_size=6))
tricky_names = shown_names.map(lambda text: text.strip(" \n")).filter(bool)


class Table:
    """The platform's table of services, queried as its REST front end queries it."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder / "platform.sqlite")
        resources.create_tables(self.store)

    def fill(self, names: Sequence[str]) -> None:
        """Store services of these names and no others."""
        self.store.run('DELETE FROM "model_services"')
        records = [{"uuid": f"{number:032x}", "name": name} for number, name in enumerate(names)]
        resources.save(self.store, resources.MODEL_SERVICES, records, timezone.utc)

    def find(self, condition: Condition) -> list[str]:
        """Return the names of the services that the platform finds and this collection keeps."""
        response = select(self.store, resources.MODEL_SERVICES, parse_query([("q", condition.sent)]), Random(0))
        rows = json.loads(response)["inventories"]
        return sorted(row["name"] for row in rows if keeps_all([condition], row))


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Table]:
    """An empty table."""
    made = Table(tmp_path_factory.mktemp("query"))
    yield made
    made.store.close()


@pytest.mark.parametrize("name", NAMES)
def test_each_name_is_found_among_all_others(table: Table, name: str) -> None:
    table.fill(NAMES)
    assert table.find(equals("name", name)) == [name]
    assert table.find(READER.read({"field": "name", "value": name})) == [name]


@settings(max_examples=250)
@given(strategies.names() | tricky_names, st.lists(tricky_names, max_size=3))
@example("=", [])
@example("==a", ["=a", "a"])
def test_any_name_is_found_and_nothing_but_it(table: Table, name: str, others: list[str]) -> None:
    alike = {name.upper(), name.lower(), name.swapcase(), f"{name}x", name[1:], name.lstrip("="), *others, name}
    table.fill(sorted(alike))
    assert table.find(equals("name", name)) == [name]


@settings(max_examples=250)
@given(st.sampled_from(["name", "description", "request_cpu"]), operators, tricky_names)
def test_the_platform_understands_a_condition_as_it_was_given_or_it_is_refused(
    field: str, operator: str, value: str
) -> None:
    if operator in ("is null", "not null"):
        value = ""
    given_value = None if value == "" else value
    try:
        condition = READER.read({"field": field, "operator": operator, "value": given_value})
    except InvalidCondition:
        number = field in ("request_cpu", "request_memory", "size") and not value.strip().lstrip("+-").isdecimal()
        truth = field in ("system", "support_distributed")
        misread = not asked_for(f"{READER.columns[field]}{operator}{value}", value)
        assert number or truth or "'" in value or "," in value or misread
        return
    understood = parse_condition(condition.sent)
    assert understood.field == READER.columns[field]
    if operator == "=" and understood.operator == "~=":
        assert condition.keeps is not None
    else:
        assert (understood.operator, understood.value) == (operator, value)


def asked_for(text: str, value: str) -> bool:
    """Return whether the platform reads this value out of a condition."""
    try:
        return parse_condition(text).value == value
    except (BusinessError, Refusal):
        return False


@settings(max_examples=250)
@given(tricky_names)
def test_the_platforms_reading_is_predicted(text: str) -> None:
    predicted = read_by_server(f"name{text}")
    try:
        condition = parse_condition(f"name{text}")
    except Refusal:
        assert predicted is None
    except BusinessError:
        assert predicted is None or "'" in predicted[2] or not (predicted[0].isascii() and predicted[0].isidentifier())
    else:
        value = predicted[2] if predicted and condition.value else ""
        assert predicted is not None
        assert (predicted[0], predicted[1], value) == (condition.field, condition.operator, condition.value)


@pytest.mark.parametrize(
    ("given_condition", "sent"),
    [
        ("name=chat", "name=chat"),
        (" request_cpu >= 8", "requestCpu>=8"),
        ("requestCpu<16", "requestCpu<16"),
        ("name~=chat-%", "name~=chat-%"),
        ("name!~=chat-%", "name!~=chat-%"),
        ("uuid?=a,b", "uuid?=a,b"),
        ("name!?=a,b", "name!?=a,b"),
        ("description is null", "description is null"),
        ("description IS  NOT  NULL", "description not null"),
        ("readme not null", "readme not null"),
        ("system=true", "system=true"),
        ("create_date>2026-01-01", "createDate>2026-01-01"),
        ("__userTag__=production", "__userTag__=production"),
        ({"field": "request_cpu", "operator": ">", "value": 4}, "requestCpu>4"),
        ({"field": "system", "value": False}, "system=false"),
        ({"field": "name", "operator": "in", "value": ["a", "b"]}, "name?=a,b"),
        ({"field": "name", "operator": "not like", "value": "a%"}, "name!~=a%"),
        ({"field": "readme", "operator": "is null"}, "readme is null"),
        ({"field": "name", "value": "a!=b"}, "name~=a__b"),
        ({"field": "name", "value": "=a"}, "name~=_a"),
        ("__userTag__ not null", "__userTag__ not null"),
        ("__userTag__=50%sales", "__userTag__~=50_sales"),
        ("__userTag__~=%sales%", "__userTag__~=%_ales%"),
        ("name~=%sales%", "name~=%sales%"),
    ],
)
def test_conditions_are_sent_in_the_platforms_form(given_condition: Any, sent: str) -> None:
    assert READER.read(given_condition).sent == sent


@pytest.mark.parametrize(
    ("given_condition", "text"),
    [
        ("nmae=chat", 'did you mean "name"?'),
        ("models=chat", "is not a field that can be queried"),
        ("chat", "is not a condition; write field, operator and value"),
        ("name LIKE chat", "is not a condition"),
        (17, "is not a condition"),
        ({"name": "chat"}, "has the keys field, operator and value"),
        ({"field": "name", "operator": "<>", "value": "a"}, "is not an operator"),
        ({"field": "name", "operator": "="}, "needs a single value"),
        ({"field": "name", "operator": "is null", "value": "a"}, "takes no value"),
        ({"field": "name", "operator": "?=", "value": ["a,b"]}, "cannot contain a comma"),
        ({"field": "name", "operator": "?=", "value": ["it's"]}, "rejects a single quote"),
        ({"field": "name", "operator": "!=", "value": "it's"}, "rejects a single quote"),
        ({"field": "name", "operator": ">", "value": "a!=b"}, "misread an operator"),
        ("__userTag__!~=%sales%", "the platform rejects %s in this condition on tags"),
        ("request_cpu>=many", "is not a whole number"),
        ({"field": "name", "operator": "~=", "value": "~=a"}, "misread an operator"),
    ],
)
def test_an_invalid_condition_is_refused_with_the_reason(given_condition: Any, text: str) -> None:
    with pytest.raises(InvalidCondition, match=".") as refusal:
        READER.read(given_condition)
    assert text in str(refusal.value)


@pytest.mark.parametrize(
    "text", ["__userTag__ is null", "__systemTag__ is null", "__tagUuid__ is null", "__userTag__?=a,50%sales"]
)
def test_what_the_platform_cannot_be_asked_about_tags_is_filtered_here(text: str) -> None:
    condition = READER.read(text)
    assert queries([condition]) == []
    assert condition.sent == text
    assert condition.keeps is not None


def test_the_operator_in_is_exact_in_case_too(table: Table) -> None:
    table.fill(["chat", "Chat", "bot", "none"])
    assert table.find(READER.read("name?=chat,bot")) == ["bot", "chat"]


@pytest.mark.parametrize(
    ("pattern", "letter"),
    [("%" + "a" * 7900 + "b%", "a"), ("%" + "_" * 3900 + "a" * 3900 + "b%", "a"), ("%" + r"\\" * 3000 + "b%", "\\")],
    ids=["text", "wildcards", "backslashes"],
)
def test_a_pattern_takes_little_time_over_a_long_name(pattern: str, letter: str) -> None:
    matches = like(pattern)
    begun = time.process_time()
    assert not matches(letter * 600_000)
    assert matches(f"{letter * 600_000}b")
    assert time.process_time() - begun < 6


def by_expression(pattern: str) -> re.Pattern[str]:
    """Return what a pattern of LIKE means, as a regular expression."""
    parts = []
    for token in re.findall(r"\\.|%|.", pattern, re.DOTALL):
        if token in "%_":
            parts.append({"%": ".*", "_": "."}[token])
        else:
            parts.append(r"\\?" * (token[0] == "\\") + re.escape(token[-1]))
    return re.compile("".join(parts), re.DOTALL)


@given(st.text("ab%_\\", max_size=7), st.text("ab%_\\", max_size=7))
@example("b", "ab")
@example(r"a\%b", r"a\%b")
@example(r"a\\b", "a\\b")
@settings(max_examples=500)
def test_a_pattern_means_what_like_means(pattern: str, text: str) -> None:
    assert like(pattern)(text) == bool(by_expression(pattern).fullmatch(text))


def test_a_condition_may_be_as_long_as_a_request_can_carry() -> None:
    reader = ConditionReader(MODEL_SERVICE)
    assert reader.read("name=" + "x" * 7995).sent
    with pytest.raises(InvalidCondition, match="the condition has 8,001 characters"):
        reader.read("name=" + "x" * 7996)


@pytest.mark.parametrize(
    ("given_condition", "text"),
    [
        ({"field": "name", "operator": "in", "value": ["a,b", "c"]}, "cannot contain a comma"),
        ({"field": "name", "operatr": "="}, 'not "field, operatr"'),
        ({"operator": "=", "value": 1}, 'not "operator, value"'),
        ({"field": "name", "value": {"a": 1}}, "a single value"),
        ({"field": "name", "value": ["a"]}, "a single value"),
        ({"field": "name", "value": None}, "a single value"),
    ],
)
def test_a_malformed_mapping_is_refused(given_condition: Any, text: str) -> None:
    with pytest.raises(InvalidCondition) as caught:
        ConditionReader(MODEL_SERVICE).read(given_condition)
    assert text in str(caught.value)
