# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a run: its data, and its file."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import AiosError, ValidationError
from ansible_collections.zstack.aios.plugins.module_utils._common.text import quoted
from ansible_collections.zstack.aios.plugins.module_utils._common.version import VERSION
from ansible_collections.zstack.aios.plugins.module_utils._converge.actions import DELETED
from ansible_collections.zstack.aios.plugins.module_utils._converge.rows import Row
from ansible_collections.zstack.aios.plugins.module_utils._model.redaction import Redactor
from ansible_collections.zstack.aios.plugins.module_utils._report.changes import list_changes
from ansible_collections.zstack.aios.plugins.module_utils._report.languages import ENGLISH, Language
from ansible_collections.zstack.aios.plugins.module_utils._report.render import SUFFIXES, render
from ansible_collections.zstack.aios.plugins.module_utils._report.result import (
    known_uuid,
    rows_to_report,
    uuids_by_name,
)


def report_data(facts: Mapping[str, Any], rows: Sequence[Row], redactor: Redactor) -> dict[str, Any]:
    """Return the data of a report, as :func:`render` takes it: the facts of the run, the UUIDs of the declared
    services, and every row that is not unchanged."""
    return {
        "version": VERSION,
        "host": "",
        "refused": "",
        "interrupted": False,
        "uncompared": {},
        "unmanaged": [],
        **facts,
        "uuids": uuids_by_name(rows),
        "rows": [
            {
                "name": row.action.label,
                "uuid": known_uuid(row),
                "action": row.status,
                "planned": row.action.kind,
                "pruned": not row.action.item.place and row.action.kind == DELETED,
                "error": row.error.message if row.error else "",
                "code": row.error.code if row.error else "",
                "changes": list_changes(row, redactor),
            }
            for row in rows_to_report(rows)
        ],
    }


def paths_of(given: Any) -> list[str]:
    """Return the paths of an option that Ansible has not necessarily validated; nothing that is no path."""
    paths = given.split(",") if isinstance(given, str) else given
    return [path for path in paths if isinstance(path, str) and path] if isinstance(paths, (list, tuple)) else []


def check_report_paths(paths: Sequence[str]) -> Iterator[ValidationError]:
    """Yield why a report cannot be written to one of the paths."""
    for index, path in enumerate(paths):
        yield from check_report_path(path)
        if path in paths[:index]:
            yield ValidationError("", "report_path", f"{quoted(path)} is a duplicate; remove one of them")


def write_reports(
    paths: Sequence[str], report: Mapping[str, Any], folder: str = "", language: Language = ENGLISH
) -> list[str]:
    """Write a report to each path; one that cannot be written does not cost the others.

    :param folder: that of the run, where other hosts of the play can name the same file.
    :return: the paths that were written.
    :raises AiosError: some could not be written; the message names them.
    """
    written, errors = [], []
    for path in paths:
        try:
            if folder:
                from ansible_collections.zstack.aios.plugins.module_utils._report.joint import joined

                with joined(folder, path, report) as joint:
                    write_report(path, joint, language)
            else:
                write_report(path, report, language)
            written.append(path)
        except AiosError as error:
            errors.append(error)
        except OSError as error:
            errors.append(AiosError(f"report_path {quoted(path)} cannot be written: {error.strerror}", "report"))
    if errors:
        raise AiosError("\n".join(error.message for error in errors), errors[0].code)
    return written


def check_report_path(path: str) -> Iterator[ValidationError]:
    """Yield why no report can be written there, before a run begins that then could not be reported."""
    target = Path(os.path.expanduser(path))
    folder = target.parent
    why = ""
    try:
        if target.suffix not in SUFFIXES:
            why = f"{quoted(path)} ends in none of {', '.join(SUFFIXES)}"
        elif not folder.is_dir():
            why = f"the folder {quoted(folder)} does not exist on this host; create it"
        elif not os.access(folder, os.W_OK | os.X_OK):
            why = f"the folder {quoted(folder)} is not writable"
        elif not stat.S_ISREG(target.stat().st_mode):
            why = f"{quoted(path)} is not a regular file"
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        why = f"{quoted(path)} cannot be used: {getattr(error, 'strerror', None) or error}"
    if why:
        yield ValidationError("", "report_path", why)


def write_report(path: str, report: Mapping[str, Any], language: Language = ENGLISH) -> None:
    """Write a report in the form that its suffix names, at once or not at all.

    It is readable for its user only, because it can contain what is confidential, or for whom the file was that it
    replaces.

    :raises AiosError: the folder or the file cannot be written. No older report is left there that looks like this one.
    """
    target = Path(os.path.expanduser(path))
    draft: Path | None = None
    try:
        text = render(report, target.suffix, language)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=target.parent, delete=False) as file:
            draft = Path(file.name)
            file.write(text)
        with contextlib.suppress(FileNotFoundError):
            draft.chmod(stat.S_IMODE(target.stat().st_mode) & 0o777)
        draft.replace(target)
    except Exception as error:
        if draft is not None:
            draft.unlink(missing_ok=True)
        remove_report(path)
        if not isinstance(error, OSError):
            raise
        raise AiosError(f"report_path {quoted(path)} cannot be written: {error.strerror}", "report") from None


def remove_report(path: str) -> None:
    """Remove the report of an earlier run, where this one cannot be reported."""
    with contextlib.suppress(OSError, ValueError):
        Path(os.path.expanduser(path)).unlink()
