# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declarations to a converged platform, for one service or thousands: read, plan, guard, apply, tell.

Private to this collection.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import (
    AiosError,
    DeclarationError,
    GuardError,
    Mistake,
)
from ansible_collections.zstack.aios.plugins.module_utils._common.signals import Interruption
from ansible_collections.zstack.aios.plugins.module_utils._common.text import listed, quoted, trim
from ansible_collections.zstack.aios.plugins.module_utils._converge.apply import Applier, Row
from ansible_collections.zstack.aios.plugins.module_utils._converge.digest import digest
from ansible_collections.zstack.aios.plugins.module_utils._converge.guards import Prune, check_digest, check_prune
from ansible_collections.zstack.aios.plugins.module_utils._converge.plan import (
    CLONED,
    CREATED,
    DELETED,
    UNCHANGED,
    UPDATED,
    Action,
    Plan,
    World,
    make_plan,
    match,
    prune_actions,
)
from ansible_collections.zstack.aios.plugins.module_utils._converge.progress import Progress
from ansible_collections.zstack.aios.plugins.module_utils._converge.scheduler import Engine, Pace
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import PRESENT, Item
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import BY_OPTION, NAMED, Field, Held
from ansible_collections.zstack.aios.plugins.module_utils._model.scalars import Wrong, is_uuid
from ansible_collections.zstack.aios.plugins.module_utils._platform import query
from ansible_collections.zstack.aios.plugins.module_utils._platform.services import Services
from ansible_collections.zstack.aios.plugins.module_utils._rest.client import Client, run
from ansible_collections.zstack.aios.plugins.module_utils._rest.connection import Connection

NOTHING_WRITTEN = "Nothing was written."
#: So many names that several services share are told one by one.
DOUBLES_SHOWN = 10
#: So often a platform that does not answer is asked again when the work is done.
BRIEF_PAUSES = 4


@dataclass(frozen=True)
class Settings:
    """How a declaration is to be applied.

    :ivar check: plan only; :ivar always: send fields the platform never shows in every run;
    :ivar whole: read the platform's whole listing rather than ask for the declared services one by one;
    :ivar plan_digest: refuse every other plan; :ivar progress_path: where progress is told.
    """

    check: bool = False
    always: bool = False
    whole: bool = True
    concurrency: int = 8
    stop_on_error: bool = False
    prune: Prune | None = None
    plan_digest: str = ""
    progress_path: str | None = None


@dataclass
class Converged:
    """What came of it.

    :ivar rows: one for every item and every pruned service, in check mode as they would be;
    :ivar warnings: what a person should know although nothing failed.
    """

    rows: list[Row] = field(default_factory=list)
    plan_digest: str = ""
    requests: int = 0
    logins: int = 0
    seconds: float = 0.0
    warnings: list[str] = field(default_factory=list)
    interrupted: bool = False

    @property
    def failed(self) -> bool:
        """Whether anything is not as it was declared."""
        return any(row.error is not None for row in self.rows)


def converge(
    connection: Connection, items: Sequence[Item], settings: Settings, interruption: Interruption
) -> Converged:
    """Bring the platform to what is declared.

    :raises DeclarationError: the declaration cannot be met; nothing was written.
    :raises GuardError: a guard refused the plan; nothing was written.
    :raises AiosError: the platform could not be read; nothing was written.
    """
    started = time.monotonic()
    result = Converged()
    if not items and settings.prune is None:  # nothing to ask the platform, and still a plan that was approved or not
        result.plan_digest = digest(connection.base_url, None, items, [])
        if settings.plan_digest:
            check_digest(settings.plan_digest, result.plan_digest, [])
        return result
    pace = Pace(settings.concurrency)
    client = Client(connection, settings.concurrency, pace.told, interruption)
    try:
        with client, Progress(settings.progress_path, lambda: pace.limit) as progress:
            engine = Engine(pace, lambda: bool(interruption.arrived))
            with interruption:
                _Run(client, items, settings, result, progress, engine).carry_out(interruption)
    except AiosError as error:
        if NOTHING_WRITTEN not in error.message:  # what is done is told by rows
            error.add(NOTHING_WRITTEN)
        raise
    finally:
        result.requests, result.logins = client.requests, client.identity.logins
        result.warnings += client.warnings
        result.seconds = round(time.monotonic() - started, 3)
    return result


class _Run:
    def __init__(
        self,
        client: Client,
        items: Sequence[Item],
        settings: Settings,
        result: Converged,
        progress: Progress,
        engine: Engine,
    ) -> None:
        self.services = Services(client)
        self.platform = client.base_url
        self.items = items
        self.settings = settings
        self.result = result
        self.progress = progress
        self.engine = engine
        self.brief_pauses = 0

    def carry_out(self, interruption: Interruption) -> None:
        world = self._read_world()
        plan = make_plan(self.items, world, self.settings.always)
        if plan.mistakes:
            raise DeclarationError(plan.mistakes)
        prunes = self._prunes(plan, world)
        self.result.plan_digest = digest(self.platform, self._scope(), self.items, [*plan.actions, *prunes])
        if self.settings.plan_digest:
            check_digest(self.settings.plan_digest, self.result.plan_digest, [*plan.actions, *prunes])
        if self.settings.check:
            self.result.rows = [_as_planned(action) for action in (*plan.actions, *prunes)]
            self._warn_of_doubles_to_come([*plan.actions, *prunes], world)
            return
        interruption.deferred = True  # from here on a signal must not lose what was done
        self._apply(plan, prunes)
        self.result.interrupted = bool(interruption.arrived)

    def _apply(self, plan: Plan, prunes: Sequence[Action]) -> None:
        self.progress.applying(sum(action.kind != UNCHANGED for action in (*plan.actions, *prunes)))
        applier = Applier(self.services, self.engine, self.settings.stop_on_error, self._told)
        self.result.rows = applier.apply(plan.actions, prunes)
        if not self.engine.interrupted():
            self._warn_of_doubles()

    def _told(self, row: Row) -> None:
        self.progress.finished(row.error is not None)

    # Reading

    def _read_world(self) -> World:
        if self.settings.whole:
            world = World(run(self.services.listing(told=self.progress.reading)))
        else:
            world = World(held for item in self.items for held in self._few(item))
        for option in {option for item in self.items if item.state == PRESENT for option in item.names}:
            world.names[option] = run(self.services.names(NAMED[option]))
        self._read_tags(world)
        return world

    def _few(self, item: Item) -> list[Held]:
        """Ask for one service, and for the source it is to be cloned from when it does not exist."""
        found = self._ask(item.uuid, None) if item.uuid else self._ask(None, item.name)
        chosen = item.values.get("resource_uuid")
        if found or item.state != PRESENT:
            return found
        if chosen:
            found += self._ask(chosen, None)
        if item.clone_from:
            found += self._ask(item.clone_from, None) if is_uuid(item.clone_from) else []
            found += self._ask(None, item.clone_from)
        return found

    def _ask(self, uuid: str | None, name: str | None) -> list[Held]:
        if uuid is None:
            return run(self.services.by_name(str(name)))
        held = run(self.services.by_uuid(uuid))
        return [held] if held else []

    def _read_tags(self, world: World) -> None:
        """Read the tags of existing services whose items declare some, all in a few requests."""
        wanted: dict[str, tuple[Field, list[Held]]] = {}
        for item in self.items:
            for option in item.values if item.state == PRESENT else ():
                if BY_OPTION[option].tags:
                    held = _match_or_none(item, world)
                    if held is not None:
                        wanted.setdefault(option, (BY_OPTION[option], []))[1].append(held)
        for row, services in wanted.values():
            try:
                run(self.services.read_tags([held for held in services if row.option not in held.tags], [row]))
            except AiosError as error:
                if error.code != "tags_not_offered":
                    raise
                tagged = [item for item in self.items if item.state == PRESENT and row.option in item.values]
                raise DeclarationError(
                    [Mistake(i.where, row.option, error.message) for i in tagged], error.code
                ) from None

    # Pruning

    def _prunes(self, plan: Plan, world: World) -> list[Action]:
        prune = self.settings.prune
        if prune is None:
            return []
        matching = run(self.services.listing(prune.conditions))
        kept = {action.uuid for action in plan.actions if action.held is not None}
        # What appeared since the world was read is unknown to the plan; it may be what another run has just made of it.
        doomed = [held for held in matching if held.uuid in world.by_uuid and held.uuid not in kept]
        candidates = [held for held in doomed if not held.values.get("system")]
        check_prune(prune, sum(item.state == PRESENT for item in self.items), matching, candidates)
        return prune_actions(candidates)

    def _scope(self) -> Any:
        prune = self.settings.prune
        return None if prune is None else sorted(condition.sent for condition in prune.conditions)

    # Names, which the platform does not keep apart

    def _warn_of_doubles(self) -> None:
        """Tell of names given in this run that several services have now, another run's for instance."""
        made = {
            row.action.name for row in self.result.rows if row.done in (CREATED, CLONED) or "name" in row.changed_fields
        }
        if not made:
            return
        try:
            if len(made) == 1:
                found = run(self.services.by_name(*made), self._brief_pause)
            else:
                found = run(self.services.listing(params=[("fields", "uuid,name")]), self._brief_pause)
        except Exception as error:  # the work is done; that it cannot be looked at again must not fail it
            self.result.warnings.append(f"Services of the same name could not be looked for: {error}")
            return
        self.result.warnings += _doubles({held.uuid: trim(held.name) for held in found}, made, "are now")

    def _brief_pause(self, seconds: float) -> None:
        """Wait for a platform that does not answer, but not long: what is asked for is only a warning."""
        self.brief_pauses += 1
        if self.engine.interrupted() or self.brief_pauses > BRIEF_PAUSES:
            raise AiosError("the platform does not answer now", "unanswered")
        time.sleep(seconds)

    def _warn_of_doubles_to_come(self, actions: Sequence[Action], world: World) -> None:
        """Tell of services that are to be renamed to what another one is called, as far as these were read."""
        renamed = {action.name for action in actions if action.kind == UPDATED and "name" in action.then}
        names = {held.uuid: trim(held.name) for held in world.by_uuid.values()}
        names.update({action.uuid: action.name for action in actions})
        gone = {action.uuid for action in actions if action.kind == DELETED}
        self.result.warnings += _doubles({u: name for u, name in names.items() if u not in gone}, renamed, "would be")


def _doubles(names: Mapping[str, str], made: Iterable[str], are: str) -> list[str]:
    """Return a warning for each of some names that several services have, given the name of each by uuid."""
    by_name: dict[str, list[str]] = {name: [] for name in made}
    for uuid, name in names.items():
        if name in by_name:
            by_name[name].append(uuid)
    shared = sorted(name for name, uuids in by_name.items() if len(uuids) > 1)
    warnings = [
        f"{len(by_name[name])} services {are} named {quoted(name)} ({listed(by_name[name], 10)}): one is renamed to it, or "
        "something else creates one at the same time. Delete or rename all but one."
        for name in shared[:DOUBLES_SHOWN]
    ]
    if len(shared) > DOUBLES_SHOWN:
        warnings.append(f"{len(shared) - DOUBLES_SHOWN} more names {are} shared by several services.")
    return warnings


def _as_planned(action: Action) -> Row:
    return Row(action, action.kind, [] if action.kind == DELETED else action.changed_fields, held=action.held)


def _match_or_none(item: Item, world: World) -> Held | None:
    try:
        return match(item, world)
    except Wrong:
        return None  # the planner tells it


def read_prune(
    wanted: bool, conditions: Sequence[Any] | None, limit: Any, allow_empty: bool
) -> tuple[Prune | None, list[Mistake]]:
    """Return the settings of pruning, checked, and what is wrong with them."""
    mistakes: list[Mistake] = []
    read: list[query.Condition] = []
    try:
        read = query.read_conditions(conditions or [])
    except query.BadQuery as bad:
        mistakes.append(Mistake("", "prune_conditions", str(bad)))
    if not wanted:
        return None, mistakes
    if not conditions:
        mistakes.append(
            Mistake("", "prune_conditions", "it is missing; prune needs conditions that say which services are yours")
        )
    prune = Prune(tuple(read), str(limit), allow_empty)
    if prune.most(100) is None:
        mistakes.append(
            Mistake("", "prune_limit", f'{quoted(limit)} is neither a whole number nor a percentage such as "20%"')
        )
    return prune, mistakes


__all__ = ["Converged", "GuardError", "Settings", "converge", "read_prune"]
