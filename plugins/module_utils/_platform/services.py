# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Model services on the platform: paths and envelopes (platform.operations, platform.envelopes)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import AiosError, ApiError
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import (
    ADD,
    CLONE,
    UPDATE,
    Field,
    Member,
    Resource,
)
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import MODEL_SERVICE
from ansible_collections.zstack.aios.plugins.module_utils._platform import bindings, deployments
from ansible_collections.zstack.aios.plugins.module_utils._platform.query import Condition, equals, keeps_all, queries
from ansible_collections.zstack.aios.plugins.module_utils._platform.tags import Tags
from ansible_collections.zstack.aios.plugins.module_utils._rest.client import Client, page_without

PATH = "/v1/ai/model-services"
ENVELOPES: Mapping[str, str] = {ADD: "param", CLONE: "params", UPDATE: "updateModelService"}
#: The platform's name for the type of a model service (platform.assumed_resource_type).
RESOURCE_TYPE = "ModelServiceVO"


class Services:
    """The model services of one platform."""

    schema = MODEL_SERVICE

    def __init__(self, client: Client) -> None:
        self.client = client
        self._tags = Tags(client, self.schema, RESOURCE_TYPE)
        #: Why no user tag can be added to a service, as far as that is known.
        self.without_user_tags = ""

    # Reading

    def listing(
        self,
        conditions: Sequence[Condition] = (),
        params: Sequence[tuple[str, str]] = (),
        on_page: Callable[[int, int], None] = lambda read, total: None,
    ) -> list[Resource]:
        """Read every service that meets the conditions."""
        rows = self.client.pages(PATH, [*queries(conditions), *params], on_page)
        columns = {condition.column for condition in conditions if condition.of_tags}
        tags = self._tags.columns([row["uuid"] for row in rows], columns)
        return [self._resource(row) for row in rows if keeps_all(conditions, {**row, **tags.get(row["uuid"], {})})]

    def page(self, params: Sequence[tuple[str, str]], limit: int, start: int) -> tuple[list[Resource], int]:
        """Read one page of a query, and how many services meet it in all."""
        rows, total = self.client.page(PATH, params, limit, start)
        return [self._resource(row) for row in rows], total

    def count(self, conditions: Sequence[Condition]) -> int:
        """Return how many services the platform finds."""
        return self.client.count(PATH, queries(conditions))

    def by_uuid(self, uuid: str) -> Resource | None:
        """Read one service, ``None`` when there is none, which is an empty list (platform.query_missing)."""
        found = self.client.read(PATH, [("q", f"uuid={uuid}")], page_without)
        return next((self._resource(row) for row in found["inventories"] if row["uuid"] == uuid), None)

    def by_name(self, name: str) -> list[Resource]:
        """Read every service of exactly this name; names are not unique (platform.names)."""
        return self.listing([equals("name", name)])

    def uuids_by_name(self, field: Field) -> dict[str, list[str]]:
        """Return the uuids behind every name of the kind of thing that a field points at."""
        uuids: dict[str, list[str]] = {}
        for row in self.client.pages(f"/v1{field.name_path}", [("fields", "uuid,name")]):
            uuids.setdefault(str(row.get("name", "")).strip(), []).append(row["uuid"])
        return uuids

    # Writing

    def create(self, values: Mapping[str, Any], uuid: str) -> Resource | None:
        """Create a service with a UUID of the client's choice (platform.new_uuid).

        :return: what the platform responds that it is now.
        """
        return self._write(ADD, "POST", PATH, {**values, "resource_uuid": uuid})

    def clone(self, source: str, values: Mapping[str, Any], uuid: str) -> Resource | None:
        """Clone the service of uuid ``source``."""
        return self._write(CLONE, "POST", f"{PATH}/{source}", {**values, "resource_uuid": uuid})

    def update(self, uuid: str, values: Mapping[str, Any]) -> Resource | None:
        """Change fields of a service."""
        return self._write(UPDATE, "PUT", f"{PATH}/{uuid}", values)

    def delete(self, uuid: str) -> None:
        """Delete a service; one that does not exist counts as deleted (platform.assumed_deletion)."""
        try:
            self.client.write("DELETE", f"{PATH}/{uuid}", params=[("deleteMode", "Permissive")])
        except ApiError as error:
            if error.code != "SYS.1003":
                raise

    def _write(self, operation: str, method: str, path: str, values: Mapping[str, Any]) -> Resource | None:
        inside, beside = self.schema.encode(values, operation)
        response = self.client.write(method, path, {ENVELOPES[operation]: inside, **beside})
        inventory = response.get("inventory")
        if not isinstance(inventory, Mapping) or not isinstance(inventory.get("uuid"), str):
            return None
        return self._resource(inventory)

    def _resource(self, inventory: Mapping[str, Any]) -> Resource:
        return Resource(self.schema, self.schema.decode(inventory))

    # Relations

    def read_related(self, services: Sequence[Resource], fields: Iterable[Field]) -> None:
        """Read the members of relations that the inventory does not show, of some services, into them."""
        self._tags.read(services, fields)

    def with_relation(self, service: Resource, field: Field) -> Resource | None:
        """Return a service with the members of one of its relations as they are now, ``None`` when it is gone."""
        if not field.read_apart:
            return self.by_uuid(service.uuid)
        fresh = service.copy()
        self.read_related([fresh], [field])
        return fresh

    def check_offered(self, field: Field) -> None:
        """Ask, without a write, whether members of a relation can be added and removed, where that can be asked.

        :raises AiosError: of code ``binding_not_offered``.
        """
        if field.relation == bindings.MODELS:
            bindings.check_offered(self.client)

    def add_member(self, field: Field, uuid: str, value: str) -> None:
        """Add one member to a relation of the service of this uuid."""
        if field.relation == bindings.MODELS:
            bindings.bind(self.client, uuid, value)
        else:
            self._tags.add(field, uuid, value)

    def remove_member(self, field: Field, uuid: str, member: Member) -> None:
        """Remove one member; one that is gone already counts as removed."""
        if field.relation == bindings.MODELS:
            bindings.unbind(self.client, uuid, member.value)
        else:
            self._tags.remove(field, uuid, member)

    def read_protection(self, services: Sequence[Resource]) -> None:
        """Read into some services whether they are protected; none is where the platform has no tags."""
        if services:
            try:
                self._tags.read_protection(services)
            except AiosError as error:
                if error.code != "tags_not_offered":
                    raise
                self.without_user_tags = error.message

    def groups_of(self, services: Sequence[Resource]) -> dict[str, list[str]]:
        """Return the uuids of the instance groups of services, by the uuid of the service.

        :raises ApiError: they cannot be asked for.
        """
        return deployments.groups_of(self.client, [service.uuid for service in services])

    # Fingerprints of what is not shown

    def read_fingerprints(self, services: Sequence[Resource]) -> None:
        """Read the fingerprints of some services into them.

        :raises AiosError: of code ``tags_not_offered``, or what the platform responded.
        """
        self._tags.read_fingerprints(services)

    def fingerprints_of(self, service: Resource) -> list[Member]:
        """Return the tags of a service that hold fingerprints, as they are now."""
        fresh = service.copy()
        self._tags.read_fingerprints([fresh])
        return fresh.remembered or []

    def check_fingerprints(self) -> None:
        """Ask whether fingerprints can be kept, with a request that cannot do anything: it names no service and no tag.

        :raises AiosError: of code ``tags_not_offered``.
        """
        self._tags.check_texts()

    def remember(self, uuid: str, tag: str) -> bool:
        """Add a tag that holds fingerprints."""
        try:
            self._tags.add_text(uuid, tag)
        except AiosError as error:
            if error.code == "tags_not_offered":
                self.without_user_tags = error.message
            raise
        return True

    def forget(self, tag: Member) -> bool:
        """Remove a tag that holds fingerprints; one that is gone already counts as removed."""
        self._tags.remove_text(tag.uuid)
        return True
