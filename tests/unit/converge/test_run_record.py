# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tasks of one run declare, known again under every address of a platform."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._common.errors import AiosError
from ansible_collections.zstack.aios.plugins.module_utils._converge.run_record import RunRecord, creation_time
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Resource
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import MODEL_SERVICE

HERE, THERE = "10.0.0.1:8080/zstack", "10.0.0.2:8080/zstack"
THEN, LATER = "Nov 25, 2025 11:51:50 AM", "Nov 25, 2025 11:51:51 AM"


def service(uuid: str, created: str) -> Resource:
    """Return a service as the platform lists it."""
    return Resource(MODEL_SERVICE, {"uuid": uuid, "name": "chat", "create_date": created})


@pytest.mark.parametrize(
    ("address", "noted", "listed", "found"),
    [
        (HERE, THEN, THEN, True),
        (HERE, THEN, LATER, True),  # deleted and created again
        (THERE, THEN, THEN, True),  # another address of one platform
        (THERE, THEN, LATER, False),  # a service of the same name on another platform
        (THERE, "", LATER, True),  # it cannot be decided
    ],
)
def test_a_service_is_known_again(tmp_path: Path, address: str, noted: str, listed: str, found: bool) -> None:
    RunRecord(str(tmp_path), "Provision on one").add(HERE, {"a" * 32: noted})
    declared = RunRecord(str(tmp_path), "Prune on two").declared(
        address, [service("a" * 32, listed), service("b" * 32, THEN)]
    )
    assert declared == ({"a" * 32: "Provision on one"} if found else {})


def test_what_is_known_later_counts(tmp_path: Path) -> None:
    record = RunRecord(str(tmp_path), "Provision on one")
    record.add(HERE, {"a" * 32: ""})
    record.add(HERE, {"a" * 32: THEN})
    record.add(HERE, {})
    assert record.declared(THERE, [service("a" * 32, LATER)]) == {}
    assert (tmp_path / "zstack_aios_declared.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_record_that_cannot_be_used_is_an_error_with_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(AiosError, match=r"cannot be used: No such file or directory\. Next: check the folder"):
        RunRecord(str(tmp_path / "gone"), "Provision on one").add(HERE, {"a" * 32: THEN})
    (tmp_path / "zstack_aios_declared.jsonl").write_text("{", encoding="ascii")
    with pytest.raises(AiosError, match=r"it is damaged\. Next: ") as caught:
        RunRecord(str(tmp_path), "Prune on two").declared(HERE, [service("a" * 32, THEN)])
    assert caught.value.code == "run_record"


def test_nothing_is_declared_before_the_first_task(tmp_path: Path) -> None:
    assert RunRecord(str(tmp_path), "Prune on two").declared(HERE, [service("a" * 32, THEN)]) == {}
    assert creation_time(None) == ""
