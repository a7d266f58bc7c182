# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Drift in words."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.zstack.aios.plugins.filter.drift_text import SHOWN, FilterModule, drift_text


def result(*rows: dict[str, Any], **counts: int) -> dict[str, Any]:
    """Return the result of a plan."""
    summary = {**dict.fromkeys(("created", "cloned", "updated", "deleted", "unchanged"), 0), **counts}
    return {"summary": summary, "results": list(rows)}


def test_the_filter_has_the_documented_name() -> None:
    assert FilterModule().filters() == {"drift_text": drift_text}


def test_counts_and_the_first_services_are_named() -> None:
    rows = ({"name": "a", "action": "cloned"}, {"name": "b", "action": "updated", "changed_fields": ["size", "yaml"]})
    assert drift_text(result(*rows, created=2, cloned=1, updated=1, unchanged=5), "shanghai") == (
        "shanghai differs from its declaration: 3 to create, 1 to update, 0 to delete, 5 as declared. Nothing was changed. "
        "First differences: a (to be cloned), b (to be updated: size, yaml)"
    )


def test_no_more_services_are_named_than_a_person_reads() -> None:
    rows = [{"name": f"s{number}", "action": "deleted"} for number in range(SHOWN + 5)]
    assert drift_text(result(*rows, deleted=len(rows)), "x").count("to be deleted") == SHOWN


@pytest.mark.parametrize("value", [None, [], {}, {"summary": {}}])
def test_what_is_no_plan_is_refused(value: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="expects the result of"):
        drift_text(value, "x")
