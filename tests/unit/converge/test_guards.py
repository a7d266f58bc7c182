# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Guards refuse a prune beyond its limit, or from an empty declaration, and give the numbers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._common.errors import GuardError
from ansible_collections.zstack.aios.plugins.module_utils._converge.actions import DELETED, Action
from ansible_collections.zstack.aios.plugins.module_utils._converge.guards import (
    Guards,
    Prune,
    check_prune,
    check_record,
)
from ansible_collections.zstack.aios.plugins.module_utils._converge.run_record import RunRecord
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import Item
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Resource
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import MODEL_SERVICE
from ansible_collections.zstack.aios.plugins.module_utils._platform.query import Condition
from hypothesis import given
from hypothesis import strategies as st


def services(count: int) -> list[Resource]:
    """Return services that the platform might show."""
    return [Resource(MODEL_SERVICE, {"uuid": f"{number:032x}", "name": f"service-{number}"}) for number in range(count)]


def prune(limit: str, allow_empty: bool = False) -> Prune:
    """Return settings of pruning."""
    return Prune((), limit, allow_empty)


@pytest.mark.parametrize(
    ("limit", "matching", "most"),
    [
        ("10", 5, 10),
        (" 10 ", 5, 10),
        ("0", 100, 0),
        ("0%", 100, 0),
        ("20%", 100, 20),
        ("20 %", 9, 1),
        ("20%", 4, 0),
        ("100%", 7, 7),
    ],
)
def test_a_limit_is_a_number_or_a_share_of_the_matching_ones_rounded_down(limit: str, matching: int, most: int) -> None:
    assert prune(limit).most(matching) == most


@pytest.mark.parametrize("limit", ["", "%", "ten", "-1", "1.5", "101%", "10%%", "1e2", "١٠", "9" * 10, "None"])
def test_any_other_text_is_no_limit(limit: str) -> None:
    assert prune(limit).most(100) is None


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 5), st.integers(0, 70), st.booleans(), st.booleans())
def test_a_prune_beyond_the_limit_or_from_an_empty_declaration_is_refused(
    matching: int, candidates: int, declared: int, limit: int, percent: bool, allow_empty: bool
) -> None:
    found = services(max(matching, candidates))
    doomed = found[:candidates]
    settings = prune(f"{limit}%" if percent else str(limit), allow_empty)
    allowed = len(found) * limit // 100 if percent else limit
    expected = bool(doomed) and (len(doomed) > allowed or (declared == 0 and not allow_empty))
    try:
        check_prune(settings, declared, found, doomed)
        refused = False
    except GuardError as error:
        refused = True
        assert str(len(doomed)) in error.message and str(len(found)) in error.message
        assert '"service-0"' in error.message
    assert refused == expected


def test_a_limit_that_cannot_be_read_allows_nothing() -> None:
    with pytest.raises(GuardError):
        check_prune(prune("some"), 1, services(3), services(1))


def test_a_refusal_names_the_first_ten_in_their_order() -> None:
    with pytest.raises(GuardError) as refusal:
        check_prune(prune("1"), 1, services(30), list(reversed(services(12))))
    message = refusal.value.message
    names = sorted(service.name for service in services(12))
    assert ", ".join(f'"{name}"' for name in names[:10]) + " and 2 more" in message
    assert refusal.value.code == "prune_limit"


def test_the_digest_of_a_plan_does_not_depend_on_the_order_of_the_conditions() -> None:
    conditions = (Condition("name~=b"), Condition("name~=a"))
    digests = {Guards(Prune(order, "10", False)).check("http://x", [], []) for order in (conditions, conditions[::-1])}
    assert len(digests) == 1
    assert digests != {Guards(Prune(conditions[:1], "10", False)).check("http://x", [], [])}


def test_what_another_task_declares_is_refused_with_the_first_ten(tmp_path: Path) -> None:
    found = services(12)
    RunRecord(str(tmp_path), "a task").add("http://x", {one.uuid: "" for one in found})
    prunes = [Action(Item(MODEL_SERVICE, "", ""), DELETED, one.uuid, current=one) for one in found]
    with pytest.raises(GuardError) as caught:
        check_record(RunRecord(str(tmp_path), "another"), "http://x", prunes)
    shown = re.findall(r'"service-\d+"', caught.value.message)
    assert shown == [f'"service-{number}"' for number in sorted(range(12), key=str)[:10]]
    assert "and 2 more" in caught.value.message
    assert '"a task"' in caught.value.message
