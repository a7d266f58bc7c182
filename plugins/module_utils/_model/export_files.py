# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of an export: compared with those that exist, and written where they differ.

Everything happens in one open folder, and no link in it is followed. A file is replaced at once or not at all.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import ValidationError
from ansible_collections.zstack.aios.plugins.module_utils._common.text import HAS_NULL, printable, quoted
from ansible_collections.zstack.aios.plugins.module_utils._model.export import MARK, SUFFIX, Part, named_yaml_files

CREATED, UPDATED, DELETED = "created", "updated", "deleted"
#: Permissions of what is new: texts of model services can contain credentials.
_FOLDER_MODE, _FILE_MODE = 0o700, 0o600
#: What the names of all files of an export end in.
_SUFFIXES = (SUFFIX, ".yaml")


class FileChange(NamedTuple):
    """A file that an export writes or deletes.

    :param text: what it is to contain; ``None`` deletes it.
    """

    name: str
    action: str
    text: str | None


class ExportPlan(NamedTuple):
    """What an export would do.

    :param changes: in the order of their names.
    :param unchanged: how many files are as they should be.
    :param stale: the files of an earlier export whose services are not part of this one, and that stay.
    :param errors: why nothing can be written.
    """

    changes: list[FileChange]
    unchanged: int
    stale: list[str]
    errors: list[ValidationError]


def is_folder(path: str) -> bool:
    """Return whether a path means a folder."""
    return path.endswith("/") or os.path.isdir(path)


def check_path(path: str) -> Iterator[ValidationError]:
    """Yield why no export can be written there, as far as this shows without the services."""
    why = _unusable(path)
    if why:
        yield ValidationError("", "path", why)


def _unusable(path: str) -> str:
    """Return why no export can be written there, or an empty text."""
    if "\0" in path:
        return f"{quoted(path)} {HAS_NULL}"
    folder = path.rstrip("/") or "/" if is_folder(path) else os.path.dirname(os.path.abspath(path))
    there = folder
    while not os.path.lexists(there):
        there = os.path.dirname(there) or "."
    if there != folder and not is_folder(path):
        return f"the folder {quoted(folder)} does not exist on this host; create it"
    if not os.path.isdir(there):
        if there == folder:
            return f"{quoted(folder)} is not a folder; remove it, or set another path"
        return f"{quoted(folder)} cannot be a folder, because {quoted(there)} is none; set another path"
    if not os.access(there, os.R_OK | os.W_OK | os.X_OK):
        return f"the folder {quoted(there)} cannot be read or written; set another path"
    return ""


class ExportFolder:
    """The folder that an export is written to. It is made when something is written to it and it is missing.

    :param path: the folder; a link to one counts as one.
    """

    def __init__(self, path: str) -> None:
        self._path = path

    def plan_file(self, name: str, text: str) -> ExportPlan:
        """Compare one file, whose content is replaced, whatever it is."""
        errors: list[ValidationError] = []
        present = self._read({name}, (), errors)
        return _compared({name: text}, present, [], ExportPlan([], 0, [], errors))

    def plan(self, parts: Sequence[Part], prune: bool) -> ExportPlan:
        """Compare the files of an export. Those of others stay, and are errors where they are in the way.

        :param prune: delete the files of an earlier export whose services are not part of this one.
        """
        errors: list[ValidationError] = []
        by_name = {part.name: part for part in parts}
        wanted = {name: text for part in parts for name, text in ((part.name, part.text), *part.yaml_files.items())}
        present = self._read(wanted.keys(), _SUFFIXES, errors)
        named = {
            name: _named(name, text, by_name.get(name))
            for name, text in present.items()
            if name.endswith(SUFFIX) and text.startswith(MARK)
        }
        ours = {*named, *(each for names in named.values() for each in names)}
        for name in sorted(wanted.keys() & present.keys() - ours):
            if present[name] != wanted[name]:
                errors.append(
                    self._error(name, "it exists and is not from an export; move it away, or set another path")
                )
        gone = sorted(named.keys() - by_name.keys())
        ended = {name: own for name, own in named.items() if prune or name in by_name}
        unwanted = {each for name, own in ended.items() for each in (name, *own)}
        doomed = sorted(unwanted & present.keys() - wanted.keys())
        return _compared(wanted, present, doomed, ExportPlan([], 0, [] if prune else gone, errors))

    def write(self, plan: ExportPlan) -> Iterator[FileChange]:
        """Make the changes, and yield each that was made.

        A file of declarations names its files of ``yaml``, which has to hold wherever this ends: so these are deleted
        before it changes, and written after it.

        :raises OSError: a file cannot be written; ``filename`` names it.
        """
        if not plan.changes:
            return
        os.makedirs(self._path, mode=_FOLDER_MODE, exist_ok=True)
        with self._opened() as folder:
            for change in sorted(plan.changes, key=_order):
                try:
                    _carry_out(folder, change)
                except OSError as error:
                    raise OSError(error.errno, error.strerror, change.name) from None
                yield change

    @contextlib.contextmanager
    def _opened(self) -> Iterator[int]:
        folder = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            yield folder
        finally:
            os.close(folder)

    def _read(
        self, wanted: Collection[str], suffixes: tuple[str, ...], errors: list[ValidationError]
    ) -> dict[str, str]:
        """Return the files of the folder that an export may concern, with their texts. A file that cannot be read is an
        error.

        :param wanted: the files to be written; anything else of such a name is an error.
        :param suffixes: what the names of further files end in that may be from an earlier export.
        """
        texts: dict[str, str] = {}
        if not os.path.isdir(self._path):
            return texts
        with self._opened() as folder, os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if entry.name not in wanted and not entry.name.endswith(suffixes):
                    continue
                if entry.is_file(follow_symlinks=False):
                    try:
                        texts[entry.name] = _text(folder, entry.name)
                    except OSError as error:
                        errors.append(self._error(entry.name, f"it cannot be read: {error.strerror}"))
                elif entry.name in wanted:
                    what = "link" if entry.is_symlink() else "folder" if entry.is_dir() else "device"
                    errors.append(self._error(entry.name, f"it is a {what}, not a file; remove it"))
        return texts

    def _error(self, name: str, text: str) -> ValidationError:
        return ValidationError(printable(os.path.join(self._path, name), 4096), "", text)


def _named(name: str, text: str, part: Part | None) -> set[str]:
    """Return the files of ``yaml`` that a file of an earlier export names.

    :param part: what it is to be.
    """
    if part and part.text == text:
        return set(part.yaml_files)
    return named_yaml_files(name.removesuffix(SUFFIX), text)


def _compared(
    wanted: Mapping[str, str], present: Mapping[str, str], doomed: Sequence[str], plan: ExportPlan
) -> ExportPlan:
    """Return a plan together with the files that differ."""
    changes = [FileChange(name, DELETED, None) for name in doomed]
    for name, text in wanted.items():
        if present.get(name) != text:
            changes.append(FileChange(name, UPDATED if name in present else CREATED, text))
    unchanged = len(wanted) + len(doomed) - len(changes)
    return plan._replace(changes=sorted(changes), unchanged=unchanged)


def _order(change: FileChange) -> tuple[int, str]:
    declares = change.name.endswith(SUFFIX)
    return (1 if declares else 0 if change.text is None else 2, change.name)


def _text(folder: int, name: str) -> str:
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    with open(descriptor, encoding="utf-8", errors="surrogateescape", newline="") as file:
        return file.read()


def _carry_out(folder: int, change: FileChange) -> None:
    """Delete a file, or write it at once or not at all, with the permissions that it had."""
    if change.text is None:
        os.unlink(change.name, dir_fd=folder)
        return
    mode = _FILE_MODE
    with contextlib.suppress(FileNotFoundError):
        mode = os.stat(change.name, dir_fd=folder, follow_symlinks=False).st_mode & 0o777
    draft = f".zstack_aios_{secrets.token_hex(8)}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(draft, flags, _FILE_MODE, dir_fd=folder)
    try:
        with open(handle, "wb") as file:
            file.write(change.text.encode())
            os.fchmod(file.fileno(), mode)
        os.replace(draft, change.name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(draft, dir_fd=folder)
        raise
