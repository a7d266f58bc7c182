# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a run: its data, and its file."""

from __future__ import annotations

import os
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
        "refused": "",
        "interrupted": False,
        **facts,
        "uuids": uuids_by_name(rows),
        "rows": [
            {
                "name": row.action.name,
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


def check_report_path(path: str) -> Iterator[ValidationError]:
    """Yield why no report can be written there, before a run begins that then could not be reported."""
    folder = Path(path).expanduser().parent
    if Path(path).suffix not in SUFFIXES:
        yield ValidationError("", "report_path", f"{quoted(path)} ends in none of {', '.join(SUFFIXES)}")
    elif not folder.is_dir() or not os.access(folder, os.W_OK):
        why = "is not writable" if folder.is_dir() else "does not exist on this host; create it"
        yield ValidationError("", "report_path", f"the folder {quoted(folder)} {why}")


def write_report(path: str, report: Mapping[str, Any]) -> None:
    """Write a report in the form that its suffix names, at once or not at all.

    :raises AiosError: the folder or the file cannot be written.
    """
    target = Path(path).expanduser()
    draft: Path | None = None
    try:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=target.parent, delete=False) as file:
            draft = Path(file.name)
            file.write(render(report, target.suffix))
        draft.chmod(0o644)
        draft.replace(target)
    except OSError as error:
        if draft is not None:
            draft.unlink(missing_ok=True)
        raise AiosError(f"report_path {quoted(path)} cannot be written: {error.strerror}", "report") from None
