# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The terms on which a resource is replaced whose fixed fields change: a new one is made, then the old one is deleted. Pure.

The new one is a clone of the old one, so that the platform copies what nobody declares. Only where a field changes that a
clone cannot take is it created from what the old one shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.zstack.aios.plugins.module_utils._common.text import listed
from ansible_collections.zstack.aios.plugins.module_utils._converge.actions import Action
from ansible_collections.zstack.aios.plugins.module_utils._converge.snapshot import Snapshot
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import ADD, CLONE, UPDATE, Resource
from ansible_collections.zstack.aios.plugins.module_utils._model.fingerprints import read_fingerprints
from ansible_collections.zstack.aios.plugins.module_utils._model.identity import replacement_uuids
from ansible_collections.zstack.aios.plugins.module_utils._model.protection import is_protected
from ansible_collections.zstack.aios.plugins.module_utils._model.redeclare import redeclared


class Terms(NamedTuple):
    """How a resource is replaced.

    :ivar operation: what makes the new one, ``add`` or ``clone``.
    :ivar values: what it is to be given: the declared values, and those of the old one that would be missing.
    :ivar uuids: the uuids for it, best first.
    :ivar refused: why it must not be replaced.
    """

    operation: str
    values: Mapping[str, Any]
    uuids: Iterator[str]
    refused: Sequence[str]


def terms_of(action: Action, old: Resource, snapshot: Snapshot) -> Terms:
    """Return how the resource of an action is replaced."""
    operation = _operation(action, old)
    taken, lost = _taken(old, action.values, operation)
    reasons = (*_forbidden(action, old, snapshot), *_lost(lost, operation, old, action.values))
    refused = [f"the service cannot be replaced: {reason}" for reason in reasons]
    return Terms(operation, {**taken, **action.values}, replacement_uuids(old.uuid), refused)


def differences(values: Mapping[str, Any], old: Resource, made: Resource) -> Iterator[str]:
    """Yield why a resource that was made to replace another one cannot be completed."""
    fixed = [field for field in map(old.schema.by_option.__getitem__, values) if field.create_only and field.read]
    others = [field.option for field in fixed if not field.type.same(values[field.option], made.get(field))]
    if others:
        yield (
            f"{made.uuid} was created to replace {old.uuid} by a run that did not end, and has other values of "
            f"{listed(others, 20)}; delete {made.uuid} and run again"
        )


def _operation(action: Action, old: Resource) -> str:
    """Return what makes the new resource: a clone, unless that cannot take a field that changes or that is not shown."""
    for option, wanted in action.values.items():
        field = action.schema.by_option[option]
        if (
            field.create_only
            and not field.accepted(CLONE)
            and not (field.read and field.type.same(wanted, old.get(field)))
        ):
            return ADD
    return CLONE


def _taken(old: Resource, values: Mapping[str, Any], operation: str) -> tuple[dict[str, Any], list[str]]:
    """Return what the new resource has to be given of the old one, and the fields that it cannot be given."""
    taken: dict[str, Any] = {}
    lost: list[str] = []
    for field in old.schema.fields:
        value = old.get(field)
        if field.option in values or field.read == "uuid" or field.shown_at:
            continue
        if value in (None, "", [], {}):
            if operation == ADD and field.add == "required":
                lost.append(field.option)
        elif field.relation:
            taken[field.option] = list(value)
        elif operation == ADD and field.read:
            again = redeclared(field, old, value)
            if again is not None and (field.accepted(ADD) or field.accepted(UPDATE)):
                taken[field.option] = again
            elif value:
                lost.append(field.option)
    return taken, lost


def _forbidden(action: Action, old: Resource, snapshot: Snapshot) -> Iterator[str]:
    if action.item.uuid is not None:
        yield "its replacement has another UUID, and the service is declared with uuid; declare it with its name only"
    elif "resource_uuid" in action.values:
        yield "the UUID of its replacement follows from the one that it has; remove resource_uuid"
    if action.values.get("protected", is_protected(old)):
        yield "it is protected; set protected: false to replace it"


def _lost(lost: Sequence[str], operation: str, old: Resource, values: Mapping[str, Any]) -> Iterator[str]:
    """Yield what would be lost with the old resource.

    A clone has what the platform does not show, but only what is declared can be verified. So what is known to be there
    has to be declared, and for a creation whatever may be there.
    """
    if lost:
        yield (
            f"only a clone can take over its {listed(lost, 20)}, and a clone cannot have the declared values; declare these "
            "options where a creation takes them, or delete the service and create it again"
        )
    known = read_fingerprints(member.value for member in old.remembered or ())
    unshown = [field for field in old.schema.fields if field.option not in values and not old.shows(field)]
    hidden = [
        field.name_option or field.option
        for field in unshown
        if field.option in known or (operation == ADD and not field.shown_at)
    ]
    if hidden:
        yield f"the platform does not show its {listed(hidden, 20)}, which would be lost; declare these options"
