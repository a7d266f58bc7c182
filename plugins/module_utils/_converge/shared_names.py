# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Warnings of names that several services share, which the platform allows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ansible_collections.zstack.aios.plugins.module_utils._common.text import listed, quoted, trim
from ansible_collections.zstack.aios.plugins.module_utils._converge.actions import (
    CLONED,
    CREATED,
    UPDATED,
    Action,
)
from ansible_collections.zstack.aios.plugins.module_utils._converge.rows import Row
from ansible_collections.zstack.aios.plugins.module_utils._converge.snapshot import Snapshot
from ansible_collections.zstack.aios.plugins.module_utils._platform.resources import Resources

#: So many shared names get a warning each.
SHOWN = 10


def warn_of_plan(actions: Sequence[Action], snapshot: Snapshot) -> list[str]:
    """Return warnings of services that will be renamed to another one's name, as far as these were read."""
    renamed = {action.name for action in actions if action.kind == UPDATED and "name" in action.update_values}
    names = {service.uuid: trim(service.name) for service in snapshot.by_uuid.values()}
    names.update({action.uuid: action.name for action in actions})
    gone = {action.doomed.uuid for action in actions if action.doomed}
    return _warnings({uuid: name for uuid, name in names.items() if uuid not in gone}, renamed, "would be")


def warn_of_result(resources: Resources, rows: Sequence[Row]) -> list[str]:
    """Return warnings of names given in this run that several services have now, another run's for instance."""
    if resources.schema.owner:  # the same name in several of these is usual
        return []
    of_kind = [row for row in rows if row.action.schema is resources.schema]
    given = {row.action.name for row in of_kind if row.status in (CREATED, CLONED) or "name" in row.changed_fields}
    if not given:
        return []
    try:
        with resources.client.few_tries():
            only, *others = given
            found = resources.listing(params=[("fields", "uuid,name")]) if others else resources.by_name(only)
    except Exception as error:  # the work is done; that it cannot be looked at again must not fail it
        return [f"Could not check whether several services share a name: {error}"]
    return _warnings({service.uuid: trim(service.name) for service in found}, given, "are now")


def _warnings(names: Mapping[str, str], given: Iterable[str], are: str) -> list[str]:
    """Return a warning for each of the given names that several services have.

    :param names: the name of each service by uuid.
    """
    by_name: dict[str, list[str]] = {name: [] for name in given}
    for uuid, name in names.items():
        if name in by_name:
            by_name[name].append(uuid)
    shared = sorted(name for name, uuids in by_name.items() if len(uuids) > 1)
    warnings = [
        f"{len(by_name[name])} services {are} named {quoted(name)} ({listed(by_name[name], 10)}), after a rename or a "
        "creation by another program. Delete or rename all but one."
        for name in shared[:SHOWN]
    ]
    if len(shared) > SHOWN:
        warnings.append(f"{len(shared) - SHOWN} more names {are} shared by several services.")
    return warnings
