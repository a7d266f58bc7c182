# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declarations in files: ``src``, read by the module itself with libyaml.

Private to this collection.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils import _yaml
from ansible_collections.zstack.aios.plugins.module_utils._declaration import KEYS, Raw
from ansible_collections.zstack.aios.plugins.module_utils._errors import Mistake
from ansible_collections.zstack.aios.plugins.module_utils._text import nearest, quoted

KEY = "model_services"
SUFFIXES = (".yml", ".yaml", ".json")


class _Unreadable(ValueError):
    """A file that holds no declarations. The text says why."""


def read_sources(paths: Sequence[Any]) -> tuple[list[Raw], list[Mistake]]:
    """Read declarations from files and folders, folders in the order of their names and with what is below them.

    :return: the items with file and line, and one mistake for each file that cannot be read.
    """
    raws: list[Raw] = []
    mistakes: list[Mistake] = []
    for path in paths:
        try:
            if not isinstance(path, str) or not path:
                raise _Unreadable("it is not the path of a file or folder")
            files = list(_files(Path(path).expanduser()))
        except _Unreadable as why:
            mistakes.append(Mistake(f"src {quoted(path)}", "", str(why)))
            continue
        for file in files:
            try:
                raws.extend(_read_file(file))
            except _Unreadable as why:
                mistakes.append(Mistake(str(file), "", str(why)))
            except OSError as error:
                mistakes.append(Mistake(str(file), "", f"it cannot be read: {error.strerror or error}"))
    return raws, mistakes


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    if not path.is_dir():
        place = "" if path.is_absolute() else f", seen from {os.getcwd()}"
        raise _Unreadable(f"there is no such file or folder on this host{place}")
    found = 0
    walked: set[str] = set()
    for folder, folders, names in os.walk(path, onerror=_refuse, followlinks=True):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        real = os.path.realpath(folder)
        if real in walked:  # links can lead in a circle
            folders.clear()
            continue
        walked.add(real)
        for name in sorted(names):
            if name.lower().endswith(SUFFIXES) and not name.startswith("."):
                found += 1
                yield Path(folder, name)
    if not found:
        raise _Unreadable(f"no file below it ends in {', '.join(SUFFIXES)}")


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build a mapping of JSON, where a key that stands twice would silently win over the first."""
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        keys = [key for key, _value in pairs]
        raise ValueError(f"the key {quoted(next(key for key in keys if keys.count(key) > 1))} stands twice")
    return mapping


def _refuse(error: OSError) -> None:
    raise _Unreadable(f"the folder {error.filename} cannot be read: {error.strerror or error}")


def _read_file(file: Path) -> Iterator[Raw]:
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _Unreadable(f"it is not UTF-8 (byte {error.start})") from None
    if text.startswith("$ANSIBLE_VAULT"):
        raise _Unreadable(
            "it is encrypted with Ansible Vault, which the module cannot open; decrypt it, or pass its services as variables"
        )
    value, lines = _parse(file, text)
    if isinstance(value, dict):
        for key in value:
            if key != KEY:
                hint = " (before a service of a list stands a dash)" if key in KEYS else nearest(key, [KEY])
                raise _Unreadable(f"{quoted(key)} is not known here{hint}; a mapping has the key {KEY} only")
        value = value.get(KEY)
    if value is None:
        raise _Unreadable("it is empty; write [] where no service is meant")
    if not isinstance(value, list):
        raise _Unreadable(f"it is neither a list of services nor a mapping with such a list under {KEY}")
    for index, item in enumerate(value):
        line = lines.get(id(item))
        yield Raw(item, f"{file}:{line}" if line else f"{file}, item {index}")


def _parse(file: Path, text: str) -> tuple[Any, dict[int, int]]:
    if file.suffix.lower() == ".json":
        try:
            return json.loads(text, object_pairs_hook=_once_each) if text.strip() else None, {}
        except (ValueError, RecursionError) as error:
            raise _Unreadable(f"it is not valid JSON: {error}") from None
    try:
        loaded = _yaml.load(text)
    except _yaml.YamlMistake as mistake:
        raise _Unreadable(f"it is not valid YAML: {mistake}") from None
    return loaded.value, loaded.lines
