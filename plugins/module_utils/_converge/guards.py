# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guards: they refuse a plan that may not be intended, and report the numbers and the services."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import GuardError, ValidationError
from ansible_collections.zstack.aios.plugins.module_utils._common.text import counted, listed, quoted
from ansible_collections.zstack.aios.plugins.module_utils._converge.actions import (
    CREATED,
    REPLACED,
    Action,
    deletions,
    describe_actions,
)
from ansible_collections.zstack.aios.plugins.module_utils._converge.digest import digest, digest_differences
from ansible_collections.zstack.aios.plugins.module_utils._converge.plan import Plan
from ansible_collections.zstack.aios.plugins.module_utils._converge.run_record import RunRecord
from ansible_collections.zstack.aios.plugins.module_utils._converge.snapshot import Snapshot
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import PRESENT, Item
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Resource
from ansible_collections.zstack.aios.plugins.module_utils._model.protection import is_protected
from ansible_collections.zstack.aios.plugins.module_utils._platform.conditions import ConditionReader
from ansible_collections.zstack.aios.plugins.module_utils._platform.query import Condition
from ansible_collections.zstack.aios.plugins.module_utils._platform.resources import Resources

if TYPE_CHECKING:
    from ansible_collections.zstack.aios.plugins.module_utils._converge.scope import Scope

DIGEST = re.compile(r"[0-9a-f]{64}")
#: So many hints at renames are given each.
HINTS = 10


class Prune(NamedTuple):
    """Which services may be deleted when they are not declared.

    :param conditions: only services that meet all of them.
    :param limit: at most so many, or so many percent of these.
    :param allow_empty: also when no service is declared.
    :param deletes: whether they are deleted; else they are only listed.
    """

    conditions: tuple[Condition, ...]
    limit: str
    allow_empty: bool = False
    deletes: bool = True

    def most(self, matching: int) -> int | None:
        """Return how many may be deleted of so many matching ones, ``None`` when the limit is neither form."""
        return most(self.limit, matching)


def most(limit: str, of: int) -> int | None:
    """Return how many of so many a limit allows, ``None`` when it is neither a number nor a percentage."""
    found = re.fullmatch(r"\s*([0-9]{1,9})\s*(%?)\s*", limit, re.ASCII)
    if not found or (found[2] and int(found[1]) > 100):
        return None
    return of * int(found[1]) // 100 if found[2] else int(found[1])


def invalid_limit(option: str, limit: str) -> list[ValidationError]:
    """Return why a text is no limit."""
    if most(limit, 100) is not None:
        return []
    return [ValidationError("", option, f'{quoted(limit)} is neither a whole number nor a percentage such as "20%"')]


def read_prune(
    reader: ConditionReader,
    wanted: bool,
    conditions: Sequence[Any],
    limit: Any,
    allow_empty: bool,
    unmanaged: bool = False,
) -> tuple[Prune | None, list[ValidationError]]:
    """Return the settings of pruning, ``None`` when it is not wanted, and what is invalid in them.

    :param unmanaged: whether to list what would be pruned.
    """
    read, errors = reader.read_all(conditions, "prune_conditions")
    if not wanted and not unmanaged:
        return None, errors
    if not conditions:
        text = "it is missing; set the conditions that select the services which this declaration owns"
        errors.append(ValidationError("", "prune_conditions", text))
    prune = Prune(tuple(read), str(limit), allow_empty, wanted)
    errors += invalid_limit("prune_limit", prune.limit)
    return prune, errors


class Guards(NamedTuple):
    """What looks at a plan before it is carried out.

    :param prune: delete services that are not declared.
    :param approved: the digest of the only plan that may be carried out; empty for any.
    :param recreate_limit: replace at most so many services, or so many percent of those that are declared.
    """

    prune: Prune | None = None
    approved: str = ""
    recreate_limit: str = "10"

    def scope(self, resources: Resources, plan: Plan, snapshot: Snapshot) -> Scope | None:
        """Read which services meet the conditions of pruning, where there are conditions."""
        if self.prune is None:
            return None
        from ansible_collections.zstack.aios.plugins.module_utils._converge.scope import read_scope

        return read_scope(resources, self.prune.conditions, plan, snapshot)

    def check_replaced(self, plan: Plan) -> None:
        """Refuse to replace more services than the limit allows.

        :raises GuardError: with the numbers and the services.
        """
        replaced = sorted(action.name for action in plan.actions if action.kind == REPLACED)
        declared = sum(action.item.state == PRESENT for action in plan.actions)
        allowed = most(self.recreate_limit, declared) or 0
        if len(replaced) > allowed:
            raise GuardError(
                f"recreate refused: recreate_limit {self.recreate_limit} allows {allowed}. "
                f"{counted(len(replaced), 'service')} of {declared} would be replaced: "
                f"{listed([quoted(name) for name in replaced], 10)}. Nothing was written. Next: check the values of the fields "
                "that cannot be changed; raise recreate_limit to replace all of these.",
                "recreate_limit",
                declared=declared,
                candidates=len(replaced),
                allowed=allowed,
            )

    def prunes(
        self, resources: Resources, items: Sequence[Item], plan: Plan, scope: Scope | None, warnings: list[str]
    ) -> list[Action]:
        """Return the deletions of services that are not declared.

        :param warnings: gets a hint for each deletion that looks like a rename.
        :raises GuardError: there are too many, one is protected, or nothing is declared.
        """
        if self.prune is None or scope is None or not self.prune.deletes:
            return []
        candidates = scope.undeclared
        warnings += rename_hints(plan.actions, candidates)
        check_prune(self.prune, sum(item.state == PRESENT for item in items), scope.matching, candidates)
        resources.read_protection(candidates)
        check_protection([one for one in candidates if is_protected(one)])
        return deletions(candidates)

    def check(self, platform: str, declared: Sequence[Action], deleted: Sequence[Action]) -> str:
        """Return the digest of a plan.

        :raises GuardError: it is not the approved one.
        """
        prune = self.prune if self.prune and self.prune.deletes else None
        scope = None if prune is None else sorted(condition.sent for condition in prune.conditions)
        now = digest(platform, scope, declared, deleted)
        if self.approved and self.approved != now:
            refuse_plan(self.approved, now, [*declared, *deleted])
        return now


def check_prune(prune: Prune, declared: int, matching: Sequence[Resource], candidates: Sequence[Resource]) -> None:
    """Refuse a prune from an empty declaration, or of more services than the limit allows.

    :param declared: how many services are declared to be present.
    :raises GuardError: with the numbers and the services.
    """
    if not candidates:
        return
    names = listed([quoted(one.name) for one in sorted(candidates, key=lambda one: one.name)], 10)
    count = counted(len(candidates), "service")
    scope = f"{count} of the {len(matching)} that meet prune_conditions would be deleted: {names}"
    numbers = {"matching": len(matching), "candidates": len(candidates)}
    if not declared and not prune.allow_empty:
        raise GuardError(
            f"prune refused: no service is declared to be present, which is rarely intended. {scope}. Nothing was written. "
            "Next: check where the declaration comes from; set prune_allow_empty=true to delete all of them.",
            "prune_empty",
            **numbers,
        )
    allowed = prune.most(len(matching)) or 0
    if len(candidates) > allowed:
        raise GuardError(
            f"prune refused: prune_limit {prune.limit} allows {allowed}. {scope}. Nothing was written. Next: check the "
            "declaration and prune_conditions; raise prune_limit to delete all of these.",
            "prune_limit",
            **numbers,
            allowed=allowed,
        )


def check_protection(candidates: Sequence[Resource]) -> None:
    """Refuse to prune protected services.

    :raises GuardError: with the services.
    """
    if candidates:
        names = listed([f"{quoted(one.name)} ({one.uuid})" for one in sorted(candidates, key=lambda one: one.name)], 10)
        raise GuardError(
            f"prune refused: {counted(len(candidates), 'service')} that would be deleted {_are(candidates)} protected: {names}. "
            "Nothing was written. Next: declare them, or declare them once with protected: false and state: absent.",
            "protected",
            candidates=len(candidates),
        )


def _are(several: Sequence[Any]) -> str:
    return "is" if len(several) == 1 else "are"


def rename_hints(actions: Sequence[Action], candidates: Sequence[Resource]) -> list[str]:
    """Return hints at services that would be created and look like one that would be deleted, under another name."""
    made = [action for action in actions if action.kind == CREATED] if candidates else []
    pairs = [(action, one) for action in made for one in candidates if looks_renamed(action, one)]
    hints = [
        f"{quoted(action.name)} would be created and {quoted(one.name)} ({one.uuid}) deleted, which is the same service under "
        f"another name. To rename it, declare previous_names: [{quoted(one.name)}]."
        for action, one in pairs[:HINTS]
    ]
    if len(pairs) > HINTS:
        hints.append(f"{len(pairs) - HINTS} more services look renamed, too.")
    return hints


def looks_renamed(action: Action, resource: Resource) -> bool:
    """Return whether an existing resource has all values that are declared for a new one and shown, except its name."""
    schema = action.schema
    compared = [schema.by_option[option] for option in action.values if option not in ("name", "resource_uuid")]
    compared.sort(key=lambda field: field.option == "yaml")  # the most expensive comparison last
    return all(
        schema.same(field, action.values[field.option], resource.get(field), action.values)
        for field in compared
        if resource.shows(field) and not field.read_apart
    )


def check_record(record: RunRecord, address: str, prunes: Sequence[Action]) -> None:
    """Refuse to prune what another task of this run declares.

    :param address: of the platform.
    :raises GuardError: with the services and the task.
    """
    candidates = [action.current for action in prunes if action.current]
    tasks = record.declared(address, candidates) if candidates else {}
    declared = [one for one in candidates if one.uuid in tasks]
    if declared:
        names = listed([quoted(one.name) for one in sorted(declared, key=lambda one: one.name)], 10)
        task = quoted(tasks[declared[0].uuid])
        raise GuardError(
            f"prune refused: another task of this run, {task}, declares {counted(len(declared), 'service')} that would be "
            f"deleted: {names}. Nothing was written. Next: declare all services of one platform in one task, or narrow "
            "prune_conditions.",
            "prune_declared",
            candidates=len(candidates),
            declared=len(declared),
        )


def refuse_plan(approved: str, now: str, actions: Sequence[Action]) -> NoReturn:
    """Refuse a plan that is not the approved one.

    :raises GuardError: with what is different, and the plan as it is now.
    """
    if not DIGEST.fullmatch(approved):
        reason = f"{quoted(approved)} is not the digest of a plan (64 hexadecimal digits)"
    else:
        different = "; ".join(digest_differences(approved, now))
        reason = f"the plan has changed since it was approved, in these parts: {different}"
    raise GuardError(
        f"plan_digest: {reason}. The plan is now: {describe_actions(actions)}. Nothing was written. Next: review the new "
        "plan (check mode with diff) and approve its digest.",
        "plan_changed",
        plan_digest=now,
    )
