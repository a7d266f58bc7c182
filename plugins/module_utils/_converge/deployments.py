# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs of the services of a plan: the groups that are declared below them, and those in the way of a deletion.

Groups outlive their service (platform.groups_outlive), so they are looked up before a service is deleted. A run that neither
declares groups nor deletes services asks nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import (
    AiosError,
    GuardError,
    InvalidInput,
    ValidationError,
)
from ansible_collections.zstack.aios.plugins.module_utils._common.text import counted, listed, quoted
from ansible_collections.zstack.aios.plugins.module_utils._converge.actions import DELETED, Action, deletions
from ansible_collections.zstack.aios.plugins.module_utils._converge.guards import Prune
from ansible_collections.zstack.aios.plugins.module_utils._converge.plan import REMEMBER, make_plan
from ansible_collections.zstack.aios.plugins.module_utils._converge.reader import complete_snapshot
from ansible_collections.zstack.aios.plugins.module_utils._converge.snapshot import Snapshot, named_with_uuids
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import Item
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Resource
from ansible_collections.zstack.aios.plugins.module_utils._model.redaction import Redactor
from ansible_collections.zstack.aios.plugins.module_utils._platform.groups import (
    NOT_OFFERED,
    InstanceGroups,
    service_of,
)

_CURE = "set delete_deployed: true to delete them first, or declare them below the service with state: absent"


class Deployments:
    """The groups of a run.

    :param delete_deployed: delete the groups of services that are to be deleted.
    :ivar actions: what is to be done to the declared groups, and to those that go together with a declared service.
    :ivar pruned: the deletions of groups that are not declared, and of the groups of services that are not.
    :ivar errors: why they cannot be carried out.
    :ivar snapshot: the groups of the services concerned.
    """

    def __init__(
        self, groups: InstanceGroups, update_write_only: str, redactor: Redactor, delete_deployed: bool
    ) -> None:
        self.groups = groups
        self._update_write_only = update_write_only
        self._redactor = redactor
        self._delete_deployed = delete_deployed
        self._owners: dict[int, Action] = {}
        self._items: list[Item] = []
        self._gone: list[Action] = []
        self._emptied: list[Action] = []
        self._by_service: dict[str, list[Resource]] = {}
        self.actions: list[Action] = []
        self.pruned: list[Action] = []
        self.errors: list[ValidationError] = []
        self.snapshot = Snapshot([])

    def plan(self, services: Sequence[Action]) -> None:
        """Look up the groups that matter for the actions of services, and plan what is to be done to them."""
        declared = [action for action in services if action.item.deployments is not None]
        doomed = [action for action in services if action.doomed]
        found = self._read(declared, doomed)
        self._items = [self._item_of(action, item) for action in declared for item in action.item.deployments or ()]
        fingerprints = self._update_write_only == REMEMBER
        self.snapshot = complete_snapshot(self.groups, self._items, found, fingerprints)
        for group in self.snapshot.by_uuid.values():
            self._by_service.setdefault(str(service_of(group)), []).append(group)
        for action in declared:
            if not action.item.deployments and action.current and not action.doomed:
                self._gone += self._deletions(action, self._of(action.current.uuid))
        self._emptied = list(self._gone)
        self._plan_items(self.snapshot)
        ending = {action.uuid for action in self.actions if action.doomed}
        for action in doomed:
            self._end(action, ending)
        self.actions += self._gone

    def check_emptied(self, limit: str) -> None:
        """Refuse to delete more groups than a limit allows of services of which nothing is to run.

        :raises GuardError: with the numbers and the groups.
        """
        _check_limit(Prune((), limit), self._emptied, len(self.snapshot.by_uuid))

    def without_fingerprints(self) -> None:
        """Plan again as if no fingerprints could be kept."""
        self._plan_items(self.snapshot.without_fingerprints())
        self.actions += self._gone

    def follow(self, services: Sequence[Action]) -> None:
        """Take note that the actions of services were planned anew."""
        anew = {id(action.item): action for action in services}
        self._owners = {item: anew.get(id(owner.item), owner) for item, owner in self._owners.items()}
        for action in (*self.actions, *self.pruned):
            if action.owner is not None:
                action.owner = anew.get(id(action.owner.item), action.owner)

    def prune(
        self, services: Sequence[Action], prunes: Sequence[Action], prune: Prune, scope: Sequence[Resource]
    ) -> None:
        """Add the deletions of groups of services that are pruned, and of those that are not declared below a service.

        :param scope: the services that meet the conditions of pruning.
        :raises GuardError: a service to be pruned is deployed, or there are too many.
        """
        left = {resource.uuid: resource for action in prunes if (resource := action.doomed)}
        deployed = self._groups_of(list(left))
        if deployed and not self._delete_deployed:
            names = listed([_describe(left[uuid], groups) for uuid, groups in deployed.items()], 10)
            raise GuardError(
                f"prune refused: {counted(len(deployed), 'service')} that would be deleted are deployed: {names}. Nothing was "
                "written. Next: declare them, or set delete_deployed: true to delete their instance groups first.",
                "deployed",
                candidates=len(prunes),
            )
        for action in prunes:
            self.pruned += self._deletions(action, deployed.get(action.uuid, ()))
        inside, planned = {service.uuid for service in scope}, {action.uuid for action in self.actions}
        owners = [action for action in services if action.item.deployments and action.current and action.uuid in inside]
        undeclared = [self._deletions(o, [g for g in self._of(o.uuid) if g.uuid not in planned]) for o in owners]
        candidates = [action for each in undeclared for action in each]
        _check_limit(prune, candidates, sum(len(self._of(action.uuid)) for action in owners))
        self.pruned += candidates

    def _plan_items(self, snapshot: Snapshot) -> None:
        plan = make_plan(self._items, snapshot, self._update_write_only, self._redactor)
        for action in plan.actions:
            action.owner = self._owners[id(action.item)]
        self.actions, self.errors = plan.actions, [*plan.errors]

    def _item_of(self, owner: Action, item: Item) -> Item:
        field = item.schema.owner
        values = {field.option: owner.uuid} if field else {}
        item = item._replace(values={**values, **item.values})
        self._owners[id(item)] = owner
        return item

    def _end(self, service: Action, ending: set[str]) -> None:
        """Delete the groups of a service that is to be deleted, except those that end anyway, or refuse that."""
        if service.doomed is None:
            return
        left = [group for group in self._of(service.doomed.uuid) if group.uuid not in ending]
        if left and not self._delete_deployed:
            option = "state" if service.kind == DELETED else "on_fixed_change"
            text = f"the service is deployed: {named_with_uuids(left)}; {_CURE}"
            self.errors.append(ValidationError(service.item.where or quoted(service.name), option, text))
        self._gone += self._deletions(service, left)

    def _deletions(self, owner: Action, groups: Iterable[Resource]) -> list[Action]:
        actions = deletions(groups)
        for action in actions:
            action.owner = owner
        return actions

    # The groups of services

    def _of(self, service: str) -> list[Resource]:
        return self._by_service.get(service, [])

    def _read(self, declared: Sequence[Action], doomed: Sequence[Action]) -> list[Resource]:
        """Read the groups of the services that matter. A platform without groups has none; declared ones it cannot have."""
        uuids = list(dict.fromkeys(action.current.uuid for action in (*declared, *doomed) if action.current))
        wanted = [action.item for action in declared if action.item.deployments]
        try:
            if wanted and not uuids:
                self.groups.count([])  # only to see whether it has any
            return self.groups.of_services(uuids)
        except AiosError as error:
            if error.code != NOT_OFFERED:
                raise
            if wanted:
                errors = [ValidationError(item.where, "deployments", error.message) for item in wanted]
                raise InvalidInput(errors, error.code) from None
            return []

    def _groups_of(self, services: Sequence[str]) -> dict[str, list[Resource]]:
        """Return the groups of some services by the uuid of the service; those that have none are missing."""
        found: dict[str, list[Resource]] = {}
        try:
            for group in self.groups.of_services(services):
                found.setdefault(str(service_of(group)), []).append(group)
        except AiosError as error:
            if error.code != NOT_OFFERED:
                raise
        return found


def _describe(service: Resource, groups: Sequence[Resource]) -> str:
    return f"{quoted(service.name)} ({counted(len(groups), 'instance group')})"


def _check_limit(prune: Prune, candidates: Sequence[Action], existing: int) -> None:
    """Refuse to prune more groups than the limit allows.

    :param existing: how many the declared services have.
    :raises GuardError: with the numbers and the groups.
    """
    allowed = prune.most(existing) or 0
    if len(candidates) > allowed:
        names = listed([action.label for action in candidates], 10)
        raise GuardError(
            f"prune_limit {prune.limit} allows {allowed}. {counted(len(candidates), 'instance group')} of {existing} would be "
            f"deleted: {names}. Nothing was written. Next: check the declaration; raise prune_limit to delete all of these.",
            "prune_limit",
            matching=existing,
            candidates=len(candidates),
            allowed=allowed,
        )
