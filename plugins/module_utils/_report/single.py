# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of a run over one resource."""

from __future__ import annotations

from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._converge.actions import DELETED, UNCHANGED
from ansible_collections.zstack.aios.plugins.module_utils._converge.converge import Converged, count_created_only
from ansible_collections.zstack.aios.plugins.module_utils._model.redaction import Redactor
from ansible_collections.zstack.aios.plugins.module_utils._report.changes import (
    make_diff,
    predict_resource,
    show_resource,
)


def single_result(key: str, converged: Converged, redactor: Redactor, check: bool, diff: bool) -> dict[str, Any]:
    """Return the result of a module that manages one resource.

    :param key: under which the resource is shown.
    """
    row = converged.rows[0]
    uncompared = {**converged.uncompared, **count_created_only(converged.rows)}
    shown: dict[str, Any] = {}
    if check:
        shown = predict_resource(row.action, redactor)
    elif row.resource is not None and row.status != DELETED:
        shown = show_resource(row.resource, redactor)
    result: dict[str, Any] = {
        "changed": row.changed,
        "action": row.status,
        "changed_fields": row.action.schema.sorted(row.changed_fields),
        key: shown,
        "warnings": converged.warnings,
        **({"uncompared": uncompared} if uncompared else {}),
    }
    if len(converged.rows) > 1:
        from ansible_collections.zstack.aios.plugins.module_utils._report.result import show_row

        result["deleted_instance_groups"] = [show_row(other) for other in converged.rows[1:]]
    if diff and row.status != UNCHANGED:
        result["diff"] = make_diff(row, redactor)
    if row.error is not None:
        result.update(failed=True, msg=row.error.message, failure=row.error.failure())
    return result
