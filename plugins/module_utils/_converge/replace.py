# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans the replacement of a resource whose fixed fields change: a new one is made, then the old one is deleted. Pure.

The new one is a clone of the old one, so that the platform copies what nobody declares. Only where a field changes that a
clone cannot take is it created from what the old one shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ansible_collections.zstack.aios.plugins.module_utils._common.text import listed
from ansible_collections.zstack.aios.plugins.module_utils._converge.actions import REPLACED, UPDATED, Action
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import REFUSE
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import ADD, CLONE, UPDATE, Resource
from ansible_collections.zstack.aios.plugins.module_utils._model.fingerprints import read_fingerprints
from ansible_collections.zstack.aios.plugins.module_utils._model.identity import replacement_uuids
from ansible_collections.zstack.aios.plugins.module_utils._model.protection import is_protected
from ansible_collections.zstack.aios.plugins.module_utils._model.redeclare import redeclared

if TYPE_CHECKING:
    from ansible_collections.zstack.aios.plugins.module_utils._converge.plan import Planner

OPTION = "on_fixed_change"


def plan_replacement(planner: Planner, action: Action, fixed: Sequence[str]) -> None:
    """Turn the update of a resource into its replacement.

    :param action: the update, without its fixed fields.
    :param fixed: the fixed fields whose values differ.
    """
    old, item = action.current, action.item
    if old is None:
        return
    action.kind = REPLACED
    action.uncompared = []
    action.update_values.update({option: action.values[option] for option in fixed})
    operation = _operation(action, old)
    taken, lost = _taken(old, action.values, operation)
    reasons = [*_forbidden(planner, action, old), *_lost(lost, operation, old, action.values)]
    for text in reasons:
        planner.refuse(item, OPTION, f"the service cannot be replaced: {text}")
    if reasons:
        return
    values = {**taken, **action.values}
    item = item._replace(values=values, names={}, previous_names=(), clone_from=None, on_fixed_change=REFUSE)
    made = planner.snapshot.replacement_of(old, action.item)
    if made is not None:
        action.replacement = _completed(planner, action, old, made, item)
    else:
        if operation == CLONE:
            item = item._replace(clone_from=old.uuid)
        new = action.replacement = planner.new(item, values, replacement_uuids(old.uuid))
        if operation == CLONE:
            new.source = old
            planner.check_inherited(new)
            planner.split(new, CLONE)
    action.uuid = action.replacement.uuid


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
        if field.option in values or field.read == "uuid" or field.shown_at or value in (None, "", [], {}):
            continue
        if field.relation:
            taken[field.option] = list(value)
        elif operation == ADD and field.read:
            again = redeclared(field, old, value)
            if again is not None and (field.accepted(ADD) or field.accepted(UPDATE)):
                taken[field.option] = again
            elif value:
                lost.append(field.option)
    return taken, lost


def _forbidden(planner: Planner, action: Action, old: Resource) -> Iterator[str]:
    if action.item.uuid is not None:
        yield "its replacement has another UUID, and the service is declared with uuid; declare it with its name only"
    elif "resource_uuid" in action.values:
        yield "the UUID of its replacement follows from the one that it has; remove resource_uuid"
    if is_protected(old) or action.values.get("protected"):
        yield "it is protected; set protected: false to replace it"


def _lost(lost: Sequence[str], operation: str, old: Resource, values: Mapping[str, Any]) -> Iterator[str]:
    """Yield what would be lost with the old resource.

    A clone has what the platform does not show, but only what is declared can be verified. So what is known to be there
    has to be declared, and for a creation whatever may be there.
    """
    if lost:
        yield (
            f"only a clone can take over its {listed(lost, 20)}, and a clone cannot have the declared values; delete the "
            "service and create it again"
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


def _completed(planner: Planner, action: Action, old: Resource, made: Resource, item: Any) -> Action:
    """Return the action that completes what a run began that did not end."""
    fields = (action.schema.by_option[option] for option in item.values)
    others = [
        f.option for f in fields if f.create_only and f.read and not f.type.same(item.values[f.option], made.get(f))
    ]
    if others:
        planner.refuse(
            action.item,
            OPTION,
            f"{made.uuid} was created to replace {old.uuid} by a run that did not end, and has other values of "
            f"{listed(others, 20)}; delete {made.uuid} and run again",
        )
        return Action(item, UPDATED, made.uuid, item.values, made)
    new = planner.update(item, item.values, made)
    # Nobody knows whether that run has sent what the platform does not show.
    for option in new.uncompared:
        new.update_values[option] = planner.completed(item, new.schema.by_option[option], item.values[option], None)
        new.kind = UPDATED
    new.uncompared = []
    return new
