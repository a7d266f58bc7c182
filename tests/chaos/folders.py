# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Declarations in folders, some of which do not show all that they should."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

#: Kinds of folders that are as they should be, and of those that hide something when services are pruned.
SOUND = ("plain", "linked", "circle")
HIDING = ("empty", "dangling link", "dangling folder", "pipe", "loop")


@contextmanager
def folder_of(kind: str, items: list[dict[str, Any]]) -> Iterator[Path]:
    """Write the items into files of a folder of this kind, one file for each, half of them in a folder below."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "services"
        below = folder / "below"
        target = Path(name) / "elsewhere" if kind == "linked" else below
        folder.mkdir()
        target.mkdir()
        if kind == "linked":
            below.symlink_to(target)
        (folder / "none.yml").write_text("[]", encoding="utf-8")
        (below / "none.yml").write_text("[]", encoding="utf-8")
        for number, item in enumerate(items):
            place = below if number % 2 else folder
            (place / f"{number}.yml").write_text(json.dumps([item]), encoding="utf-8")
        _spoil(kind, below)
        yield folder


def _spoil(kind: str, below: Path) -> None:
    if kind == "circle":
        (below / "again").symlink_to(below.parent)
    elif kind == "empty":
        (below / "mount").mkdir()
    elif kind == "dangling link":
        (below / "more.yml").symlink_to(below / "missing.yml")
    elif kind == "dangling folder":
        (below / "more").symlink_to(below / "missing")
    elif kind == "pipe":
        os.mkfifo(below / "more.yml")
    elif kind == "loop":
        (below / "loop").symlink_to(below / "loop")
