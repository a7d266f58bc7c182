# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instance groups on the platform: paths and envelopes (platform.groups_operations)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import (
    AiosError,
    ApiError,
    InvalidQuery,
    ValidationError,
)
from ansible_collections.zstack.aios.plugins.module_utils._common.text import quoted, trim
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import ADD, UPDATE, Resource
from ansible_collections.zstack.aios.plugins.module_utils._model.instance_group import INSTANCE_GROUP
from ansible_collections.zstack.aios.plugins.module_utils._platform.query import Condition, is_in
from ansible_collections.zstack.aios.plugins.module_utils._platform.resources import Resources
from ansible_collections.zstack.aios.plugins.module_utils._platform.services import Services
from ansible_collections.zstack.aios.plugins.module_utils._platform.tags import UUIDS_IN_ONE_QUERY

T = TypeVar("T")
NOT_OFFERED = "groups_not_offered"
_OWNER = "modelServiceUuid"
#: Rather than so many queries for the groups of services, all groups are read.
_MOST_QUERIES = 8
_CHANGES = "/v1/model-service-instance-groups"


class InstanceGroups(Resources):
    """The instance groups of one platform."""

    schema = INSTANCE_GROUP
    #: Where the listing is; some platforms may have it without the slash at its end (platform.groups_path).
    path = "/v1/ai/model-services/instances/groups/"
    envelopes = {ADD: "deployModelService", UPDATE: "updateModelServiceInstanceGroup"}
    resource_type = "ModelServiceInstanceGroupVO"

    # Reading

    def listed(self, ask: Callable[[str], T]) -> T:
        """Ask at the path of the listing, or at its other spelling.

        :raises AiosError: of code ``groups_not_offered``.
        """
        try:
            return ask(self.path)
        except ApiError as error:
            if not _is_missing(error):
                raise
        other = self.path.removesuffix("/") if self.path.endswith("/") else f"{self.path}/"
        try:
            found = ask(other)
        except ApiError as error:
            if not _is_missing(error):
                raise
            raise AiosError(
                f"this platform has no instance groups: it has neither {self.path} nor {other}. Next: upgrade the platform, or "
                "check that AIOS is installed.",
                NOT_OFFERED,
            ) from None
        self.path = other
        return found

    def by_name(self, name: str) -> list[Resource]:
        """Read all groups of exactly this name, whichever service they belong to.

        :raises AiosError: of code ``owner_not_shown``.
        """
        found = super().by_name(name)
        hidden = [group.uuid for group in found if service_of(group) is None]
        # Their service is gone (platform.groups_outlive), or this platform does not show it.
        if hidden and self.count([is_in("uuid", hidden), Condition(f"{_OWNER} not null")]):
            raise _owner_not_shown()
        return found

    def of_services(self, uuids: Sequence[str]) -> list[Resource]:
        """Read the groups of some services, in few requests.

        :raises AiosError: of code ``owner_not_shown``.
        """
        conditions = [
            is_in(_OWNER, uuids[start : start + UUIDS_IN_ONE_QUERY]).sent
            for start in range(0, len(uuids), UUIDS_IN_ONE_QUERY)
        ]
        if len(conditions) > _MOST_QUERIES:
            conditions = [f"{_OWNER} not null"]
        found = [group for condition in conditions for group in self.listing([Condition(condition)])]
        if any(service_of(group) is None for group in found):
            raise _owner_not_shown()
        wanted = set(uuids)
        return [group for group in found if service_of(group) in wanted]

    def made(self, values: Mapping[str, Any], uuid: str, name: str) -> Resource | None:
        """Return the group that a deployment has made whose outcome is not known.

        A platform that does not take a uuid chooses its own. None of this name was there when the deployment was planned, so
        the only one of its service that has it now was made since.
        """
        of_service = self.of_services([values["model_service_uuid"]])
        found = [group for group in of_service if trim(group.name) == trim(name)]
        return next((group for group in found if group.uuid == uuid), found[0] if len(found) == 1 else None)

    # Writing

    def create(self, values: Mapping[str, Any], uuid: str) -> Resource | None:
        """Deploy a group of its service, whose path this operation shares with the update (platform.envelopes)."""
        path = f"{Services.path}/{values['model_service_uuid']}"
        return self._write(ADD, "PUT", path, {**values, "resource_uuid": uuid})

    def update(self, uuid: str, values: Mapping[str, Any]) -> Resource | None:
        """Change fields."""
        return self._write(UPDATE, "PUT", f"{_CHANGES}/{uuid}", values)

    def delete(self, uuid: str) -> None:
        """Delete a group; what does not exist counts as deleted."""
        self._delete(f"{self.path.removesuffix('/')}/{uuid}")

    def restart(self, uuid: str) -> None:
        """Restart a group.

        :raises AiosError: the platform has refused this group, or cannot restart groups (platform.groups_restart).
        """
        try:
            response = self.client.write("PUT", _CHANGES, {"restartModelServiceGroups": {"uuids": [uuid]}})
        except ApiError as error:
            if not _is_missing(error):
                raise
            raise AiosError(
                "this platform cannot restart instance groups; it was added in version 5.3.22. Next: upgrade the platform, or "
                "delete the group and deploy it again.",
                "restart_not_offered",
            ) from None
        results = response.get("results")
        for result in results if isinstance(results, list) else ():
            if isinstance(result, Mapping) and result.get("uuid") == uuid and result.get("success") is False:
                raise _refusal(result.get("error"))


def _is_missing(error: ApiError) -> bool:
    """Return whether the platform does not have a call, or not this action of a path."""
    return "no api mapping" in error.details or "doesn't contain action mapping" in error.details


def service_of(group: Resource) -> Any:
    """Return the uuid of the model service that a group belongs to, as far as the platform shows it."""
    return group.values.get("model_service_uuid")


def _owner_not_shown() -> AiosError:
    return AiosError(
        "this platform does not show which model service an instance group belongs to, so groups are not found by name. Next: "
        "manage each group by its uuid, and remove deployments from declarations.",
        "owner_not_shown",
    )


def _refusal(error: Any) -> ApiError:
    """Return the failure of one group in the results of a restart."""
    given = error if isinstance(error, Mapping) else {}
    details = str(given.get("details") or given.get("description") or "the platform gives no reason")
    return ApiError("PUT", _CHANGES, 200, str(given.get("code") or "restart_failed"), details)


def find_services(services: Services, name: str) -> list[str]:
    """Return the uuids of the services that a user means by a name or a uuid.

    :raises InvalidQuery: there is none.
    """
    named = [service.uuid for service in services.by_name(name)]
    found = named or [service.uuid for service in (services.by_uuid(name),) if service]
    if not found:
        text = f"no model service has the name or UUID {quoted(name)}; set an existing one"
        raise InvalidQuery([ValidationError("", "model_service", text)])
    return found
