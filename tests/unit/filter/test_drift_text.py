# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Drift in words, of one platform and of several."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.zstack.aios.plugins.filter.drift_text import FilterModule, drift_text
from ansible_collections.zstack.aios.plugins.plugin_utils.drift import ROOM, describe_all


def result(*rows: dict[str, Any], **counts: int) -> dict[str, Any]:
    """Return the result of a plan."""
    summary = {**dict.fromkeys(("created", "cloned", "updated", "replaced", "deleted", "unchanged"), 0), **counts}
    return {"summary": summary, "results": list(rows)}


def test_the_filter_has_the_documented_name() -> None:
    assert FilterModule().filters() == {"drift_text": drift_text}


def test_three_lines_count_and_name_the_services_and_say_what_was_not_compared() -> None:
    rows = (
        {"name": "a", "action": "cloned"},
        {"name": "b", "action": "updated", "changed_fields": ["size", "yaml"]},
        {"name": "c", "action": "deleted"},
        {"name": "d", "action": "created"},
    )
    plan = result(*rows, created=1, cloned=1, updated=1, deleted=1, unchanged=5)
    plan["uncompared"] = {"zone_uuid": 2}
    assert drift_text(plan, "shanghai").split("\n") == [
        "shanghai differs from its declaration: 2 to create, 1 to update, 1 to delete, 5 as declared.",
        "To delete: c. To update: b (size, yaml). To create: d. To clone: a.",
        "Nothing was changed. Declared, but not shown by the platform and not compared: zone_uuid (2).",
    ]


def test_replacements_are_counted_and_named_where_there_are_some() -> None:
    row = {"name": "a", "action": "replaced", "changed_fields": ["install_path"]}
    assert drift_text(result(row, replaced=1), "shanghai").split("\n") == [
        "shanghai differs from its declaration: 0 to create, 0 to update, 1 to replace, 0 to delete, 0 as declared.",
        "To replace: a (install_path).",
        "Nothing was changed.",
    ]


def test_services_that_are_not_declared_are_named() -> None:
    plan = result(unchanged=5, unmanaged=2) | {"unmanaged": [{"name": "x", "uuid": "1"}, {"name": "y", "uuid": "2"}]}
    assert drift_text(plan, "shanghai").split("\n") == [
        "shanghai differs from its declaration: 0 to create, 0 to update, 0 to delete, 2 not declared, 5 as declared.",
        "Not declared: x, y.",
        "Nothing was changed.",
    ]


def test_a_platform_as_declared_is_said_to_be_so() -> None:
    assert drift_text(result(unchanged=1), "x") == "x is as declared: 1 service.\nNothing was changed."


@pytest.mark.parametrize(("count", "omitted"), [(100, False), (2000, True)])
def test_all_names_are_there_up_to_a_size_and_the_others_are_counted(count: int, omitted: bool) -> None:
    rows = [{"name": f"service-{number}", "action": "deleted"} for number in range(count)]
    text = drift_text(result(*rows, deleted=count), "x")
    named = text.count("service-")
    assert (named < count) == omitted
    assert (f", and {count - named} more." in text) == omitted
    assert len(text) < ROOM + 300


def test_rows_that_did_not_fit_into_the_result_are_counted_too() -> None:
    assert ", and 4 more." in drift_text(result({"name": "a", "action": "created"}, created=5), "x")


def test_one_text_tells_of_all_platforms() -> None:
    row = {"name": "a", "action": "created"}
    plans = {"one": result(row, created=1), "two": result(unchanged=3), "three": {"failed": True, "msg": "no\nway"}}
    assert describe_all({**plans, "four": result(unchanged=1)}).split("\n") == [
        "one differs from its declaration: 1 to create, 0 to update, 0 to delete, 0 as declared.",
        "To create: a.",
        "Nothing was changed.",
        "As declared: two, four.",
        "three was not compared: no\\nway",
    ]


def test_many_platforms_share_the_size() -> None:
    rows = [{"name": f"service-{number}", "action": "deleted"} for number in range(500)]
    text = describe_all({f"host-{number}": result(*rows, deleted=500) for number in range(10)})
    assert len(text) < ROOM + 10 * 300


@pytest.mark.parametrize("value", [None, [], {}, {"summary": {}}])
def test_what_is_no_plan_is_refused(value: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="expects the result of"):
        drift_text(value, "x")
