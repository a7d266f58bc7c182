# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One service in results: as it is, as it will be, and what changes, redacted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._common.text import MASK, printable
from ansible_collections.zstack.aios.plugins.module_utils._converge.actions import CLONED, DELETED, REPLACED, Action
from ansible_collections.zstack.aios.plugins.module_utils._converge.rows import Row
from ansible_collections.zstack.aios.plugins.module_utils._model import yaml_codec
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Field, Resource
from ansible_collections.zstack.aios.plugins.module_utils._model.redaction import Redactor
from ansible_collections.zstack.aios.plugins.module_utils._report.showable import brief, guarded


def show_resource(resource: Resource, redactor: Redactor) -> dict[str, Any]:
    """Return a resource for a result: every key that the platform shows, secrets redacted."""
    shown = {}
    for key, value in resource.values.items():
        field = resource.schema.by_result_key.get(key)
        if field is not None and field.type.holds_secrets:
            shown[key] = _show(field, value, redactor) if field.fits(value) else MASK
        else:
            shown[key] = guarded(lambda same: same, value)
    return shown


def _show(field: Field, value: Any, redactor: Redactor, before: Any = None) -> Any:
    return guarded(field.type.show, value, redactor, before)


def predict_resource(action: Action, redactor: Redactor) -> dict[str, Any]:
    """Return what a resource will be once an action is done, as far as that is known before."""
    if action.kind == DELETED:
        return {}
    shown = show_resource(action.current, redactor) if action.current else {}
    for option, value in {**action.create_values, **action.update_values, **action.members}.items():
        field = action.schema.by_option[option]
        if field.read and field.read != "uuid":
            shown[option] = _show(field, value, redactor)
    return {**shown, "uuid": action.uuid} if action.kind == REPLACED else shown


def list_changes(row: Row, redactor: Redactor) -> list[dict[str, Any]]:
    """Return what changed, field by field in the table's order, as ``field``, ``before`` and ``after``, redacted.

    For a service that several layers declare, ``declared_in`` says where the value was declared.
    """
    action = row.action
    by_option, current = action.schema.by_option, action.current
    if action.kind == DELETED:
        readable = [field for field in action.schema.readable if field.read != "uuid"]
        shown = ((field, current.get(field)) for field in readable) if current else ()
        return [
            {"field": field.option, "before": _show(field, value, redactor), "after": None}
            for field, value in shown
            if value is not None
        ]
    found = []
    for option in action.schema.sorted(row.changed_fields):
        field = by_option[option]
        before = current.get(field) if current else None
        after = action.members.get(option, action.update_values.get(option, action.create_values.get(option)))
        shown_before = None if before is None else _show(field, before, redactor)
        change = {"field": option, "before": shown_before, "after": _show(field, after, redactor, before)}
        origins = action.item.origins
        if option in origins or field.name_option in origins:
            change["declared_in"] = origins.get(option) or origins[field.name_option]
        found.append(change)
    if action.kind == REPLACED and current and row.changed:
        found.insert(0, {"field": "uuid", "before": current.uuid, "after": action.uuid})
    return found


def make_diff(row: Row, redactor: Redactor) -> dict[str, str]:
    """Return one entry of Ansible's ``diff``: managed fields that change, as YAML, texts of several lines as lines."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for change in list_changes(row, redactor):
        for side, values in (("before", before), ("after", after)):
            if change[side] is not None:
                values[change["field"]] = brief(change[side])
    if row.action.kind == CLONED:
        after = {"clone_from": row.action.item.clone_from, **after}
    header = f"{row.action.schema.noun} {printable(row.action.label)}"
    note = _uncompared_note(row.action)
    sides = {"before": _block(before) + note, "after": _block(after) + note}
    return {"before_header": header, "after_header": f"{header} ({row.status})", **sides}


def _uncompared_note(action: Action) -> str:
    """Return a comment that names the declared fields of what runs which are not compared, because it does not show them."""
    return f"# not compared: {', '.join(action.created_only)}\n" if action.created_only else ""


def _block(values: Mapping[str, Any]) -> Any:
    return guarded(lambda: f"{yaml_codec.dump(dict(values))}\n") if values else ""
