# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of an export: their names, and what reading them gives."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._common.text import trim
from ansible_collections.zstack.aios.plugins.module_utils._model.export import (
    MARK,
    Exported,
    folder_parts,
    named_yaml_files,
    stem_of,
)
from ansible_collections.zstack.aios.plugins.module_utils._model.export_files import ExportFolder
from ansible_collections.zstack.aios.plugins.module_utils._model.files import read_files
from ansible_collections.zstack.aios.plugins.module_utils._model.yaml_files import read_yaml_files
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TEXT = st.text(max_size=300) | st.sampled_from(
    ["a", "A", "..", "a/b", "名" * 255, "\ufeff", "$ANSIBLE_VAULT;1.1", "con", "x\r\ny"]
)
NAMES = st.lists(TEXT, max_size=6)


def services(names: list[str], texts: list[str]) -> list[Exported]:
    """Return services of an export; several may have one name."""
    found = []
    for number, (name, text) in enumerate(zip(names, texts, strict=False)):
        form: dict[str, Any] = {"name": name, "yaml": text}
        uuid = f"{number:032x}"
        found.append(Exported(name, uuid, {"uuid": uuid, **form} if names.count(name) > 1 else form))
    return found


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("chat", "chat"),
        ("qwen2.5-7b_v1", "qwen2.5-7b_v1"),
        ("n" * 80, "n" * 80),
        ("Qwen2.5-7B", "qwen2.5-7b-"),
        ("通义千问", "通义千问-"),
        ("../../etc/passwd", "etc-passwd-"),
        ("-rf", "rf-"),
        ("con", "service-"),
        ("NUL.txt", "service.txt-"),
        ("💡", ""),
        ("n" * 81, "n" * 80 + "-"),
    ],
)
def test_a_file_is_named_after_its_service(name: str, stem: str) -> None:
    found = stem_of(name)
    assert found == stem if name == stem else re.fullmatch(re.escape(stem) + "[0-9a-f]{8}", found)


@settings(max_examples=300)
@given(st.lists(TEXT, unique=True, max_size=20))
def test_different_names_are_different_files_on_every_file_system(names: list[str]) -> None:
    stems = [stem_of(name) for name in names]
    assert len({stem.casefold() for stem in stems}) == len(names)
    for stem in stems:
        assert re.fullmatch(r"\w[\w.-]*", stem) and len(stem.encode()) < 100


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(NAMES, st.lists(TEXT, min_size=6, max_size=6), st.booleans())
def test_a_folder_reads_back_as_what_was_exported(names: list[str], texts: list[str], apart: bool) -> None:
    exported = services(names, texts)
    with tempfile.TemporaryDirectory() as folder:
        target = ExportFolder(folder)
        changes = list(target.write(target.plan(folder_parts(exported, apart), False)))
        files = sorted(path.name for path in Path(folder).iterdir())
        assert files == sorted(change.name for change in changes)
        raws, errors = read_files([folder]) if files else ([], [])
        items, unread = read_yaml_files(raws)
        assert (errors, unread) == ([], [])
        read = sorted((item.value["name"], item.value.get("uuid", ""), trim(item.value["yaml"])) for item in items)
        assert read == sorted((one.name, one.form.get("uuid", ""), trim(one.form["yaml"])) for one in exported)
        again = target.plan(folder_parts(list(reversed(exported)), apart), True)
        assert (again.changes, again.stale, again.errors, again.unchanged) == ([], [], [], len(files))


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(NAMES, NAMES, st.booleans(), st.booleans())
def test_pruning_leaves_exactly_the_last_export(before: list[str], after: list[str], first: bool, then: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        target = ExportFolder(folder)
        list(target.write(target.plan(folder_parts(services(before, ["a: 1"] * 6), first), False)))
        parts = folder_parts(services(after, ["a: 2"] * 6), then)
        list(target.write(target.plan(parts, True)))
        expected = {part.name: part.text for part in parts}
        for part in parts:
            expected.update(part.yaml_files)
        assert {path.name: path.read_bytes().decode() for path in Path(folder).iterdir()} == expected


def test_a_file_owns_only_what_an_export_would_call_so() -> None:
    def named(name: str) -> set[str]:
        return named_yaml_files("chat", f"{MARK}model_services: [{{yaml_file: '{name}'}}]\n")

    assert named("chat.config.yaml") == {"chat.config.yaml"}
    assert named("chat.config.0a1b2c3d4e5f40718293a4b5c6d7e801.yaml")
    for other in (
        "mine.yaml",
        "config/chat.yaml",
        "../chat.config.yaml",
        "chat.config./../../x.yaml",
        "/etc/passwd",
        "bge.config.yaml",
    ):
        assert named(other) == set()
    for text in ("[", "[]", "model_services: 7", "model_services: [7]", "model_services: [{yaml_file: 7}]"):
        assert named_yaml_files("chat", MARK + text) == set()
