# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The undo file: a declaration that brings the services of a plan back to what they are before its first write.

It is for the machine that applies it, so its values are not redacted. Only its user can read it.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import (
    AiosError,
    ApiError,
    GuardError,
    ValidationError,
)
from ansible_collections.zstack.aios.plugins.module_utils._common.text import HAS_NULL, printable, quoted
from ansible_collections.zstack.aios.plugins.module_utils._converge.actions import UNCHANGED, Action
from ansible_collections.zstack.aios.plugins.module_utils._model import yaml_codec
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import ADD, UPDATE, Field, Resource
from ansible_collections.zstack.aios.plugins.module_utils._model.files import KEY, UNDO_KEY
from ansible_collections.zstack.aios.plugins.module_utils._model.platform_identity import platform_of
from ansible_collections.zstack.aios.plugins.module_utils._model.redeclare import redeclared, written
from ansible_collections.zstack.aios.plugins.module_utils._platform.identify import identify
from ansible_collections.zstack.aios.plugins.module_utils._platform.resources import Resources
from ansible_collections.zstack.aios.plugins.module_utils._rest.client import Client

_HEADER = """\
---
# Undo file of zstack.aios.model_services, written on {time} before the first write of the run.
# It contains the values as they are on the platform, also secrets. Apply it with the playbook zstack.aios.undo.
"""
_EXCEPTED = "# It does not restore, because the platform does not show these values or does not take them again:\n"


def check_undo_path(path: str) -> Iterator[ValidationError]:
    """Yield why no undo file can be written there. An existing one is never overwritten."""
    target = Path(os.path.expanduser(path))
    if "\0" in path:
        yield ValidationError("", "undo_path", f"{quoted(path)} {HAS_NULL}")
    elif os.path.lexists(target):
        text = (
            f"{quoted(path)} exists already, and an undo file is never overwritten; set another path, or move the file"
        )
        yield ValidationError("", "undo_path", text)
    elif not target.parent.is_dir():
        yield ValidationError(
            "", "undo_path", f"the folder {quoted(target.parent)} does not exist on this host; create it"
        )
    elif not os.access(target.parent, os.W_OK | os.X_OK):
        yield ValidationError(
            "", "undo_path", f"the folder {quoted(target.parent)} cannot be written; set another path"
        )


def check_platform(client: Client, written_for: Sequence[tuple[str, dict[str, Any]]]) -> None:
    """Refuse undo files of another platform.

    :param written_for: each undo file, and what identified the platform when it was written.
    :raises GuardError: with the file and both addresses.
    """
    here = identify(client)
    for file, shown in written_for:
        there = platform_of(shown)
        if not here.is_same(there):
            raise GuardError(
                f"the undo file {quoted(file)} is for another platform, {printable(there.address)}, and this one is "
                f"{printable(here.address)}. Nothing was written. Next: apply it to the platform that it was written for.",
                "undo_platform",
            )


class UndoFile:
    """The undo file of one run.

    :param path: where it is written.
    :param actions: everything that the run will do.
    """

    def __init__(self, path: str, resources: Resources, actions: Sequence[Action]) -> None:
        self._path = Path(os.path.expanduser(path))
        self._actions = [action for action in actions if action.kind != UNCHANGED]
        self._platform = identify(resources.client)
        self._unread: set[str] = set()
        self._read_relations(resources)
        self._uuids = self._planned_uuids()

    def write(self) -> None:
        """Write the file, which must not exist.

        :raises AiosError: it cannot be written.
        """
        text = self._text().encode()
        try:
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            try:
                with open(handle, "wb") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
            except BaseException:
                self._path.unlink(missing_ok=True)
                raise
        except OSError as error:
            raise AiosError(
                f"undo_path {quoted(self._path)} cannot be written: {error.strerror}. Next: set another path.",
                "undo_path",
            ) from None

    def correct(self) -> str:
        """Write the file anew when the platform has given another uuid to a new service.

        :return: a warning when that is not possible.
        """
        if self._planned_uuids() == self._uuids:
            return ""
        draft = ""
        try:
            handle, draft = tempfile.mkstemp(dir=self._path.parent)  # mode 0600
            with open(handle, "wb") as file:
                file.write(self._text().encode())
            os.replace(draft, self._path)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.unlink(draft)
            return f"The undo file {quoted(self._path)} lacks the UUIDs of some new services: {error.strerror}."
        return ""

    def _planned_uuids(self) -> list[str]:
        return [action.uuid for action in self._actions]

    def _read_relations(self, resources: Resources) -> None:
        """Read what is attached to services that will be deleted."""
        doomed = [one for action in self._actions if action.owner is None and (one := action.doomed)]
        for field in resources.schema.by_option.values() if doomed else ():
            unread = [one for one in doomed if field.option not in one.related]
            if not field.read_apart or not unread:
                continue
            try:
                resources.read_related(unread, [field])
            except AiosError as error:
                if error.code != "tags_not_offered" or isinstance(error, ApiError):
                    raise
                self._unread.add(field.option)

    def _text(self) -> str:
        entries, excepted = dict[Action, list[dict[str, Any]]](), []
        for action in self._actions:
            entry, missing = self._entry(action)
            if entry and action.owner:
                owner = entries.setdefault(action.owner, [{"uuid": action.owner.uuid}])[0]
                owner.setdefault("deployments", []).append(entry[0])
            elif entry:
                entries[action] = entry
            if missing:
                name = f"{quoted(action.label)} ({action.uuid})"
                whole = "" if entry else f"the whole {action.schema.word}: "
                excepted.append(f"# - {name}: {whole}{', '.join(missing)}\n")
        header = _HEADER.format(time=time.strftime("%Y-%m-%d %H:%M:%S %z"))
        body = {UNDO_KEY: self._platform.as_dict(), KEY: [entry for each in entries.values() for entry in each]}
        return "".join([header, *([_EXCEPTED] if excepted else []), *excepted, yaml_codec.dump(body, trimmed=False)])

    def _entry(self, action: Action) -> tuple[list[dict[str, Any]], list[str]]:
        """Return the entries that take back an action, and what they cannot bring back."""
        made = [_absent(action)] if action.current is None or action.replacement else []
        if action.current is None:
            return made, []
        if action.owner and action.doomed:
            return [], ["it has to be deployed again"]
        entry, missing = _as_it_is(action, action.current)
        return [*made, *([entry] if entry else [])], [*missing, *(sorted(self._unread) if action.doomed else [])]


def _absent(action: Action) -> dict[str, Any]:
    """Return the entry that deletes what the run makes."""
    entry: dict[str, Any] = {"uuid": action.uuid, "state": "absent"}
    return {**entry, "protected": False} if action.values.get("protected") else entry


def _as_it_is(action: Action, current: Resource) -> tuple[dict[str, Any], list[str]]:
    """Return the entry that brings back an existing service, and the fields that it cannot bring back.

    Without an entry, the service cannot be brought back at all for lack of these fields.
    """
    deleted = action.doomed is not None
    entry: dict[str, Any] = {"uuid": current.uuid, **({"resource_uuid": current.uuid} if deleted else {})}
    missing: list[str] = []
    for field in (*current.schema.fields, *current.schema.own):
        option = field.option
        changes = deleted or option in action.update_values or option in action.members
        if field.read == "uuid" or field.shown_at:  # yaml brings back what it shows
            continue
        if field.relation:
            if changes:
                entry[option] = written(field, current.get(field) or [])
        elif not field.read:
            missing += [option] if changes else []
        elif not field.accepted(UPDATE) and not (deleted and field.accepted(ADD)):
            missing += [option] if deleted and current.get(field) not in (None, "", [], {}) else []
        else:
            found, value = _value(field, current, changes)
            if found:
                entry[option] = value
            elif changes and not (deleted and field.add != "required" and current.get(field) is None):
                missing.append(option)
    needed = [option for option in missing if deleted and current.schema.by_option[option].add == "required"]
    return ({}, needed) if needed else (entry, missing)


def _value(field: Field, current: Resource, changes: bool) -> tuple[bool, Any]:
    """Return whether a field's current value can be declared, and that value."""
    value = current.get(field)
    if value is None:
        if not changes or field.type.absent is None:
            return False, None
        value = field.type.absent if not isinstance(field.type.absent, tuple) else []
    return redeclared(field, current, value) is not None, written(field, value)
