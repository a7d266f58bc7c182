# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declarations in files: ``src``, read by the module itself with libyaml."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import ValidationError
from ansible_collections.zstack.aios.plugins.module_utils._common.text import HAS_NULL, nearest, printable, quoted
from ansible_collections.zstack.aios.plugins.module_utils._model import yaml_codec, yaml_values
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import RawItem, item_keys
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import MODEL_SERVICE

KEY = "model_services"
#: In an undo file, what identifies the platform that it was written for.
UNDO_KEY = "undo_of"
SUFFIXES = (".yml", ".yaml", ".json")
MEBIBYTE = 1024 * 1024
#: What a file begins with that Ansible Vault has encrypted.
VAULT_HEADER = "$ANSIBLE_VAULT"


#: An undo file, and what identifies the platform that it was written for.
Undone = tuple[str, dict[str, Any]]


class Unreadable(Exception):
    """A file cannot be used. The text says why."""


def read_files(
    paths: Sequence[Any], pruning: bool = False, size_limit: int = 64, undoes: list[Undone] | None = None
) -> tuple[list[RawItem], list[ValidationError]]:
    """Read declarations from files and folders, folders in the order of their names and with what is below them.

    :param pruning: services that are not declared get deleted, so an empty folder is refused: it is more
        often a missing mount or submodule than a folder that declares nothing.
    :param size_limit: so many MiB a file may have.
    :param undoes: gets what each undo file among them was written for.
    :return: the items with file and line, each entry of ``paths`` a layer, and one error for everything that cannot be
        read.
    """
    items: list[RawItem] = []
    errors: list[ValidationError] = []
    read: list[tuple[Path, list[RawItem], list[ValidationError]]] = []
    for layer, path in enumerate(paths):
        for file in _files(path, pruning):
            if isinstance(file, ValidationError):
                errors.append(file)
                continue
            try:
                read.append((file, list(_read_file(file, size_limit, layer, undoes)), []))
            except Unreadable as why:
                read.append((file, [], [_error(file, str(why))]))
            except OSError as error:
                read.append((file, [], [_error(file, reason(file, error))]))
    apart = _named_yaml_files(raw for _file, raws, _errors in read for raw in raws)
    for file, raws, unreadable in read:
        if not apart or os.path.realpath(file) not in apart:
            items += raws
            errors += unreadable
    return items, errors


def _named_yaml_files(raw_items: Iterable[RawItem]) -> set[str]:
    """Return the files that are the ``yaml`` of a service, which declare no services themselves."""
    named = [
        (raw.folder, raw.value["yaml_file"])
        for raw in raw_items
        if isinstance(raw.value, dict) and isinstance(raw.value.get("yaml_file"), str)
    ]
    return {os.path.realpath(os.path.join(folder, os.path.expanduser(path))) for folder, path in named}


def _files(path: Any, pruning: bool) -> Iterator[Path | ValidationError]:
    """Yield the files of one entry of ``src``, and the errors that prevent finding all of them."""
    place = f"src {quoted(path)}"
    if not isinstance(path, str) or not path:
        yield ValidationError(place, "", "it is not the path of a file or folder")
        return
    start = Path(os.path.expanduser(path))
    try:
        mode = start.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        seen_from = "" if start.is_absolute() else f"; a relative path starts at {os.getcwd()}"
        yield ValidationError(place, "", f"there is no such file or folder on this host{seen_from}")
        return
    except (OSError, ValueError) as error:
        yield _error(start, reason(start, error))
        return
    if stat.S_ISREG(mode):
        yield start
        return
    if not stat.S_ISDIR(mode):
        yield ValidationError(place, "", _SPECIAL)
        return
    found = False
    for file in _files_below(start, set(), pruning):
        found = True
        yield file
    if not found:
        yield ValidationError(place, "", f"no file below it ends in {', '.join(SUFFIXES)}")


def _files_below(folder: Path, walked: set[str], pruning: bool) -> Iterator[Path | ValidationError]:
    """Yield the files of a folder, then those of its folders. Whatever may hide declarations is an error.

    :param walked: the folders that were read already; links can lead in a circle.
    """
    real = os.path.realpath(folder)
    if real in walked:
        return
    walked.add(real)
    folders: list[Path] = []
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        yield _error(folder, reason(folder, error))
        return
    if pruning and not names:
        yield _error(folder, _EMPTY)
    for name in names:
        entry = folder / name
        if name.startswith("."):
            continue
        try:
            mode = entry.stat().st_mode
        except OSError as error:
            yield _error(entry, reason(entry, error))
            continue
        if stat.S_ISDIR(mode):
            folders.append(entry)
        elif not stat.S_ISREG(mode):
            yield _error(entry, _SPECIAL)
        elif name.lower().endswith(SUFFIXES):
            yield entry
    for below in folders:
        yield from _files_below(below, walked, pruning)


_SPECIAL = "it is neither a file nor a folder"
_EMPTY = (
    "the folder is empty, and prune would delete the services that it declared before; check that no mount or submodule is "
    "missing, remove the folder if it is not needed, or add a file that contains []"
)


def reason(path: Path, error: OSError | ValueError) -> str:
    """Return why a file or folder cannot be read."""
    if "\0" in str(path):
        return f"it {HAS_NULL}"
    link = f", which links to {quoted(os.readlink(path))}," if path.is_symlink() else ""
    return f"it{link} cannot be read: {getattr(error, 'strerror', None) or error}"


def _error(path: Path, text: str) -> ValidationError:
    return ValidationError(printable(path, 4096), "", text)


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build a mapping of JSON, where the second of two duplicate keys would silently win."""
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        seen: set[str] = set()
        for key, _value in pairs:
            if key in seen:
                raise ValueError(f"duplicate key {quoted(key)}")
            seen.add(key)
    return mapping


def _content(file: Path, size_limit: int) -> bytes:
    """Return what a regular file contains.

    :raises Unreadable: it is none, or too large.
    :raises OSError: it cannot be read.
    """
    with open(os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as opened:
        if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
            raise Unreadable(_SPECIAL)
        content = opened.read(size_limit * MEBIBYTE + 1)
    if len(content) > size_limit * MEBIBYTE:
        raise Unreadable(f"it is larger than {size_limit} MiB; split it into several files, or increase src_size_limit")
    return content


def text_of(file: Path, size_limit: int) -> str:
    """Return the text of a regular file.

    :raises Unreadable: it is none, too large, not UTF-8, or encrypted.
    :raises OSError: it cannot be read.
    """
    try:
        text = _content(file, size_limit).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"it is not UTF-8 (at byte {error.start})") from None
    if text.startswith(VAULT_HEADER):
        raise Unreadable(
            "it is encrypted with Ansible Vault, which the module cannot decrypt; decrypt it, or pass its services as variables"
        )
    return text


def _read_file(file: Path, size_limit: int, layer: int, undoes: list[Undone] | None) -> Iterator[RawItem]:
    text = text_of(file, size_limit)
    value, lines = _parse(file, text)
    if isinstance(value, dict):
        if UNDO_KEY in value and undoes is not None:
            undoes.append((printable(file, 4096), _platform_of(value.pop(UNDO_KEY))))
        for key in value:
            if key != KEY:
                hint = (
                    " (each service in a list begins with a dash)"
                    if key in item_keys(MODEL_SERVICE)
                    else nearest(key, [KEY])
                )
                raise Unreadable(f"{quoted(key)} is an unknown key{hint}; a mapping has only the key {KEY}")
        value = value.get(KEY)
    if value is None:
        raise Unreadable("the file is empty; write [] to declare no service")
    if not isinstance(value, list):
        raise Unreadable(f"it is neither a list of services nor a mapping with a list under {KEY}")
    shown, folder = printable(file, 4096), str(file.parent)
    for index, item in enumerate(value):
        line = lines.get(id(item))
        yield RawItem(item, f"{shown}:{line}" if line else f"{shown}, item {index}", layer, folder=folder)


def _platform_of(shown: Any) -> dict[str, Any]:
    """Return what identifies the platform that an undo file was written for."""
    uuids = shown.get("uuids") if isinstance(shown, dict) else None
    if not isinstance(uuids, list) or not all(isinstance(text, str) for text in (*uuids, shown.get("address"))):
        raise Unreadable(f"{UNDO_KEY} does not name a platform; use the undo file as it was written")
    return {"uuids": uuids, "address": shown["address"]}


def _parse(file: Path, text: str) -> tuple[Any, dict[int, int]]:
    if file.suffix.lower() == ".json":
        try:
            return json.loads(text, object_pairs_hook=_once_each) if text.strip() else None, {}
        except (ValueError, RecursionError) as error:
            raise Unreadable(f"it is not valid JSON: {error}") from None
    try:
        loaded = yaml_codec.load(text, None)
    except yaml_values.YamlError as error:
        raise Unreadable(f"it is not valid YAML: {error}") from None
    return loaded.value, loaded.lines
