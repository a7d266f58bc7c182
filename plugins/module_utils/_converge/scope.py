# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scope: the services that belong to a declaration by the conditions of pruning, beside those that it declares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ansible_collections.zstack.aios.plugins.module_utils._common.text import counted, listed, quoted
from ansible_collections.zstack.aios.plugins.module_utils._converge.plan import Plan
from ansible_collections.zstack.aios.plugins.module_utils._converge.snapshot import Snapshot
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import PRESENT
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Resource
from ansible_collections.zstack.aios.plugins.module_utils._platform.query import Condition
from ansible_collections.zstack.aios.plugins.module_utils._platform.resources import Resources


class Scope(NamedTuple):
    """The services in the scope of a declaration.

    :param matching: every service that meets the conditions.
    :param undeclared: those of them that are not declared, without services of the platform itself.
    :param outside: services that are declared to be present, exist, and do not meet the conditions.
    """

    matching: Sequence[Resource]
    undeclared: Sequence[Resource]
    outside: Sequence[Resource]


def read_scope(resources: Resources, conditions: Sequence[Condition], plan: Plan, snapshot: Snapshot) -> Scope:
    """Read which services meet the conditions, and compare them with those that a plan is about."""
    matching = resources.listing(conditions)
    declared = {uuid for action in plan.actions if action.current for uuid in (action.uuid, action.current.uuid)}
    # What appeared since the snapshot is unknown to the plan; it may be what another run has just made of it.
    others = [one for one in matching if one.uuid in snapshot.by_uuid and one.uuid not in declared]
    present = [action.current for action in plan.actions if action.current and action.item.state == PRESENT]
    uuids = {one.uuid for one in matching}
    return Scope(
        matching,
        sorted((one for one in others if not one.values.get("system")), key=lambda one: (one.name, one.uuid)),
        [one for one in present if one.uuid not in uuids],
    )


def warn_of_scope(scope: Scope) -> list[str]:
    """Return a warning of declared services outside the conditions."""
    if not scope.outside:
        return []
    names = listed([quoted(one.name) for one in scope.outside], 10)
    count = counted(len(scope.outside), "declared service")
    text = (
        f"{count} outside prune_conditions: {names}. Neither prune nor unmanaged notices when such a service is no longer "
        "declared. Next: widen prune_conditions, or declare the service in another task."
    )
    return [text]
