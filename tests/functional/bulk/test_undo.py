# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An undo file brings back the state before a run, and is never lost, overwritten or applied elsewhere."""

from __future__ import annotations

import json
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import (
    RawItem,
    validate_items,
    validate_yaml,
)
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import FIELDS, MODEL_SERVICE
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.support import strategies
from ansible_collections.zstack.aios.tests.support.declarations import service, stored
from ansible_collections.zstack.aios.tests.support.harness import Result
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

BULK = "model_services"
UUIDS = [f"90d425a802ff44eeb530f2158763370{digit}" for digit in range(6)]
SECRET = "tok-5up3r-s3cr3t-3f9a"
#: A service that was deleted cannot be created again with these.
CLONE_ONLY = {field.wire for field in FIELDS if field.clone and not field.add}
steady = settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def apply(platform: Platform, undo: Path | None, *items: dict[str, Any], check: bool = False, **params: Any) -> Result:
    """Apply a declaration, with an undo file."""
    more = {"undo_path": str(undo)} if undo else {}
    return platform.run(BULK, {"model_services": list(items), **more, **params}, check=check)


def state(platform: Platform) -> list[dict[str, Any]]:
    """Return all services as they are, but for what is new with each write, and with what is empty left out."""
    volatile = ("createDate", "lastOpDate")
    found = []
    for row in platform.sim.services():
        field = MODEL_SERVICE.by_option["architecture_images"]
        images = field.type.canonical(field.type.decode(row["modelServiceImages"]))
        refs = sorted(ref["modelUuid"] for ref in row["modelServiceRefs"])
        tags = {kind: sorted(row[kind]) for kind in ("userTags", "systemTags")}
        known = {**row, "modelServiceImages": images, "modelServiceRefs": refs, **tags}
        found.append({k: v for k, v in known.items() if k not in volatile and v not in (None, "", [], {}, False)})
    return sorted(found, key=lambda row: str(row["uuid"]))


def is_yaml(text: str) -> bool:
    """Return whether a text can be declared as ``yaml``."""
    [item], _errors = validate_items(MODEL_SERVICE, [RawItem({"name": "any", "yaml": text}, "")])
    return not list(validate_yaml(item))


@pytest.fixture
def seeded(platform: Platform) -> Platform:
    """A platform with three services, one of them protected and one with a secret."""
    text = f"services:\n- name: chat\nenv:\n  HF_TOKEN: {SECRET}"
    platform.sim.seed(
        [
            stored(service("chat", yaml=text), uuid=UUIDS[0], description="before", userTags=["a", "b"]),
            stored(service("gone"), uuid=UUIDS[1], userTags=["zstack.aios:protected", "c"], systemTags=["team::x"]),
            stored(service("same"), uuid=UUIDS[2]),
        ]
    )
    return platform


CHANGES: tuple[dict[str, Any], ...] = (
    {
        "name": "chat-2",
        "previous_names": ["chat"],
        "description": "after",
        "framework": "vLLM",
        "user_tags": ["b", "n"],
    },
    {"uuid": UUIDS[0][::-1], "state": "absent"},
    {"name": "gone", "state": "absent", "protected": False},
    {"name": "same", "yaml": "a: 1", "protected": True},
    {**service("new"), "protected": True},
    {"name": "copy", "clone_from": "chat-2"},
)


def test_a_run_is_undone(seeded: Platform, tmp_path: Path) -> None:
    undo, before = tmp_path / "undo.yml", state(seeded)
    result = apply(seeded, undo, *CHANGES)
    assert result["msg"] == "1 created, 1 cloned, 2 updated, 1 deleted, 1 unchanged."
    assert result["undo_path"] == str(undo)
    assert state(seeded) != before
    undone = seeded.run(BULK, {"src": [str(undo)]})
    assert undone["msg"] == "1 created, 2 updated, 2 deleted.", undone
    assert state(seeded) == before
    assert not seeded.run(BULK, {"src": [str(undo)]})["changed"]


def test_what_was_pruned_is_undone(seeded: Platform, tmp_path: Path) -> None:
    undo, before = tmp_path / "undo.yml", state(seeded)
    prune = {"prune": True, "prune_conditions": ["name=chat"], "prune_allow_empty": True}
    assert apply(seeded, undo, **prune)["msg"] == "1 deleted."
    seeded.run(BULK, {"src": [str(undo)]})
    assert state(seeded) == before


def test_the_file_is_for_its_user_only_and_names_what_it_cannot_restore(seeded: Platform, tmp_path: Path) -> None:
    undo = tmp_path / "undo.yml"
    report = tmp_path / "report.md"
    change = {"name": "chat", "startup_parameters": {"A": "1"}, "description": "after"}
    result = apply(seeded, undo, change, report_path=[str(report)])
    text = undo.read_text(encoding="utf-8")
    assert stat.S_IMODE(undo.stat().st_mode) == 0o600
    assert f'# - "chat" ({UUIDS[0]}): startup_parameters\n' in text
    assert SECRET in text
    assert SECRET not in json.dumps(result)
    assert f"Undo file: `{undo}`" in report.read_text(encoding="utf-8")
    [entry] = yaml.safe_load(text)["model_services"]
    assert (entry["uuid"], entry["description"]) == (UUIDS[0], "before")


def test_an_undo_file_is_never_overwritten(seeded: Platform, tmp_path: Path) -> None:
    undo = tmp_path / "undo.yml"
    undo.write_text("kept", encoding="utf-8")
    for check in (True, False):
        result = apply(seeded, undo, {"name": "chat", "description": "after"}, check=check)
        assert "undo_path:" in result["msg"]
        assert "exists already, and an undo file is never overwritten" in result["msg"]
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    assert apply(seeded, tmp_path / "link", {"name": "chat", "description": "after"}).failed
    assert undo.read_text(encoding="utf-8") == "kept"
    assert seeded.writes() == []


def test_no_file_is_written_without_a_change_or_in_check_mode(seeded: Platform, tmp_path: Path) -> None:
    undo = tmp_path / "undo.yml"
    assert "undo_path" not in apply(seeded, undo, {"name": "chat", "description": "before"})
    assert "undo_path" not in apply(seeded, undo, *CHANGES, check=True)
    assert not undo.exists()


def test_nothing_is_written_to_the_platform_without_the_file(seeded: Platform, tmp_path: Path) -> None:
    undo = tmp_path / ("x" * 300)
    result = apply(seeded, undo, *CHANGES)
    assert result["failure"]["code"] == "undo_path"
    assert "Nothing was written." in result["msg"]
    assert seeded.writes() == []


def test_the_file_is_complete_before_the_first_write(seeded: Platform, tmp_path: Path) -> None:
    undo, before = tmp_path / "undo.yml", state(seeded)
    seeded.sim.faults([{"match": {"kind": "delete"}, "fault": {"job_error": {"code": "SYS.1006"}}}])
    apply(seeded, undo, *CHANGES)
    seeded.sim.clear_faults()
    assert not seeded.run(BULK, {"src": [str(undo)]}).failed
    assert state(seeded) == before


def test_an_undo_file_of_another_platform_is_refused(
    seeded: Platform, platform_with: Callable[..., Platform], tmp_path: Path
) -> None:
    undo = tmp_path / "undo.yml"
    apply(seeded, undo, {"name": "chat", "description": "after"})
    content = yaml.safe_load(undo.read_text(encoding="utf-8"))
    content["undo_of"]["uuids"] = ["0" * 32]
    undo.write_text(yaml.safe_dump(content), encoding="utf-8")
    seeded.sim.clear_log()
    for check in (True, False):
        result = seeded.run(BULK, {"src": [str(undo)]}, check=check)
        assert result["failure"]["code"] == "undo_platform"
        assert "is for another platform" in result["msg"]
    assert seeded.writes() == []


def test_an_undo_file_is_planned_and_approved_as_any_declaration(seeded: Platform, tmp_path: Path) -> None:
    undo = tmp_path / "undo.yml"
    apply(seeded, undo, {"name": "chat", "description": "after"})
    plan = seeded.run(BULK, {"src": [str(undo)]}, check=True, diff=True)
    assert (plan["diff"][0]["before"], plan["diff"][0]["after"]) == ("description: after\n", "description: before\n")
    assert not seeded.run(BULK, {"src": [str(undo)], "plan_digest": plan["plan_digest"]}).failed


def different(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Return what differs between two states of a service, as far as it can be created with it."""
    keys = {*before, *after} - CLONE_ONLY
    return {key: (before.get(key), after.get(key)) for key in keys if before.get(key) != after.get(key)}


@steady
@given(st.lists(strategies.inventories(), min_size=1, max_size=3), st.data())
def test_whatever_a_run_does_is_undone(
    platform: Platform, inventories: list[dict[str, Any]], data: st.DataObject
) -> None:
    platform.sim.reset()
    rows = [{k: v for k, v in row.items() if k not in CLONE_ONLY} for row in json.loads(json.dumps(inventories))]
    full = [{**stored(service("any")), "userTags": ["one"], **row} for row in rows if is_yaml(row["yaml"])]
    uuids = platform.sim.seed(full)
    before = state(platform)
    # What the platform does not show, and a choice that had no value, cannot be restored.
    fields = [f for f in FIELDS if (f.update or f.relation) and not f.unseen and f.type.absent is not None]
    form = st.fixed_dictionaries({}, optional={field.option: strategies.values_of(field) for field in fields})
    items: list[dict[str, Any]] = [
        {"uuid": uuid, **(data.draw(form) if data.draw(st.booleans()) else {"state": "absent"})} for uuid in uuids
    ]
    with tempfile.TemporaryDirectory() as folder:
        undo = Path(folder, "undo.yml")
        result = apply(platform, undo, *json.loads(json.dumps([*items, service("new")])))
        assert not result.failed, result["msg"]
        undone = platform.run(BULK, {"src": [str(undo)]})
        assert not undone.failed, undone["msg"]
    after = state(platform)
    assert [row["uuid"] for row in after] == [row["uuid"] for row in before]
    assert [different(*pair) for pair in zip(before, after, strict=True)] == [{}] * len(before)
