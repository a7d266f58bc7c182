# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One kind of resource on the platform: how it is read and written (platform.operations, platform.envelopes)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import AiosError, ApiError
from ansible_collections.zstack.aios.plugins.module_utils._common.text import trim
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import (
    ADD,
    CLONE,
    UPDATE,
    Field,
    Member,
    Resource,
    Schema,
)
from ansible_collections.zstack.aios.plugins.module_utils._platform import bindings
from ansible_collections.zstack.aios.plugins.module_utils._platform.query import (
    Condition,
    equals,
    is_in,
    keeps_all,
    queries,
)
from ansible_collections.zstack.aios.plugins.module_utils._platform.tags import UUIDS_IN_ONE_QUERY, Tags
from ansible_collections.zstack.aios.plugins.module_utils._rest.client import Client, page_without

T = TypeVar("T")


class Resources:
    """The resources of one kind on one platform. Subclasses say where they are, and what differs."""

    schema: Schema
    #: Where they are listed and created; each has its own path below it.
    path: str
    #: The key of the body that carries the fields of an operation.
    envelopes: Mapping[str, str]
    #: The platform's name for their type (platform.assumed_resource_type).
    resource_type: str

    def __init__(self, client: Client) -> None:
        self.client = client
        self._tags = Tags(client, self.schema, self.resource_type)
        #: Why no user tag can be added, as far as that is known.
        self.without_user_tags = ""

    # Reading

    def listing(
        self,
        conditions: Sequence[Condition] = (),
        params: Sequence[tuple[str, str]] = (),
        on_page: Callable[[int, int], None] = lambda read, total: None,
    ) -> list[Resource]:
        """Read every one that meets the conditions."""
        rows = self.listed(lambda path: self.client.pages(path, [*queries(conditions), *params], on_page))
        columns = {condition.column for condition in conditions if condition.of_tags}
        tags = self._tags.columns([row["uuid"] for row in rows], columns)
        return [self._resource(row) for row in rows if keeps_all(conditions, {**row, **tags.get(row["uuid"], {})})]

    def page(self, params: Sequence[tuple[str, str]], limit: int, start: int) -> tuple[list[Resource], int]:
        """Read one page of a query, and how many meet it in all."""
        rows, total = self.listed(lambda path: self.client.page(path, params, limit, start))
        return [self._resource(row) for row in rows], total

    def count(self, conditions: Sequence[Condition]) -> int:
        """Return how many the platform finds."""
        return self.listed(lambda path: self.client.count(path, queries(conditions)))

    def by_uuid(self, uuid: str) -> Resource | None:
        """Read one of them, ``None`` when there is none, which is an empty list (platform.query_missing)."""
        found = self.listed(lambda path: self.client.read(path, [("q", f"uuid={uuid}")], page_without))
        return next((self._resource(row) for row in found["inventories"] if row["uuid"] == uuid), None)

    def by_name(self, name: str) -> list[Resource]:
        """Read all of exactly this name; names are not unique (platform.names)."""
        return self.listing([equals("name", name)])

    def uuids_by_name(self, field: Field) -> dict[str, list[str]]:
        """Return the uuids behind every name of the kind of thing that a field points at."""
        uuids: dict[str, list[str]] = {}
        for row in self.client.pages(f"/v1{field.name_path}", [("fields", "uuid,name")]):
            uuids.setdefault(str(row.get("name", "")).strip(), []).append(row["uuid"])
        return uuids

    def by_uuids(self, uuids: Sequence[str]) -> list[Resource]:
        """Read some of them, in few requests; those that do not exist are missing."""
        return self.listing_in("uuid", uuids)

    def listing_in(self, column: str, uuids: Sequence[str]) -> list[Resource]:
        """Read all that have one of some uuids in a column, in few requests."""
        found = []
        for start in range(0, len(uuids), UUIDS_IN_ONE_QUERY):
            found += self.listing([is_in(column, uuids[start : start + UUIDS_IN_ONE_QUERY])])
        return found

    def made(self, values: Mapping[str, Any], uuid: str, name: str) -> Resource | None:
        """Return what a creation has made whose outcome is not known, ``None`` as long as it has made nothing."""
        found = self.by_uuid(uuid)
        return found if found is not None and trim(found.name) == trim(name) else None

    def listed(self, ask: Callable[[str], T]) -> T:
        """Ask at the path of the listing."""
        return ask(self.path)

    # Writing

    def create(self, values: Mapping[str, Any], uuid: str) -> Resource | None:
        """Create one with a UUID of the client's choice (platform.new_uuid).

        :return: what the platform responds that it is now.
        """
        return self._write(ADD, "POST", self.path, {**values, "resource_uuid": uuid})

    def clone(self, source: str, values: Mapping[str, Any], uuid: str) -> Resource | None:
        """Clone the one of uuid ``source``."""
        return self._write(CLONE, "POST", f"{self.path}/{source}", {**values, "resource_uuid": uuid})

    def update(self, uuid: str, values: Mapping[str, Any]) -> Resource | None:
        """Change fields."""
        return self._write(UPDATE, "PUT", f"{self.path}/{uuid}", values)

    def delete(self, uuid: str) -> None:
        """Delete one; what does not exist counts as deleted (platform.assumed_deletion)."""
        self._delete(f"{self.path}/{uuid}")

    def _delete(self, path: str) -> None:
        try:
            self.client.write("DELETE", path, params=[("deleteMode", "Permissive")])
        except ApiError as error:
            if error.code != "SYS.1003":
                raise

    def restart(self, uuid: str) -> None:
        """Restart one. A kind whose declarations can ask for a restart overrides this; no other plan contains one."""
        raise NotImplementedError

    def _write(self, operation: str, method: str, path: str, values: Mapping[str, Any]) -> Resource | None:
        inside, beside = self.schema.encode(values, operation)
        response = self.client.write(method, path, {self.envelopes[operation]: inside, **beside})
        inventory = response.get("inventory")
        if not isinstance(inventory, Mapping) or not isinstance(inventory.get("uuid"), str):
            return None
        return self._resource(inventory)

    def _resource(self, inventory: Mapping[str, Any]) -> Resource:
        return Resource(self.schema, self.schema.decode(inventory))

    # Relations

    def read_related(self, resources: Sequence[Resource], fields: Iterable[Field]) -> None:
        """Read the members of relations that the inventory does not show, of some resources, into them."""
        self._tags.read(resources, fields)

    def with_relation(self, resource: Resource, field: Field) -> Resource | None:
        """Return a resource with the members of one of its relations as they are now, ``None`` when it is gone."""
        if not field.read_apart:
            return self.by_uuid(resource.uuid)
        fresh = resource.copy()
        self.read_related([fresh], [field])
        return fresh

    def check_offered(self, field: Field) -> None:
        """Ask, without a write, whether members of a relation can be added and removed, where that can be asked.

        :raises AiosError: of code ``binding_not_offered``.
        """
        if field.relation == bindings.MODELS:
            bindings.check_offered(self.client)

    def add_member(self, field: Field, uuid: str, value: str) -> None:
        """Add one member to a relation of the resource of this uuid."""
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

    def read_protection(self, resources: Sequence[Resource]) -> None:
        """Read into some resources whether they are protected; none is where the platform has no tags, or of another kind."""
        if resources and self.schema.own:
            try:
                self._tags.read_protection(resources)
            except AiosError as error:
                if error.code != "tags_not_offered":
                    raise
                self.without_user_tags = error.message

    # Fingerprints of what is not shown

    def read_fingerprints(self, resources: Sequence[Resource]) -> None:
        """Read the fingerprints of some resources into them.

        :raises AiosError: of code ``tags_not_offered``, or what the platform responded.
        """
        self._tags.read_fingerprints(resources)

    def fingerprints_of(self, resource: Resource) -> list[Member]:
        """Return the tags of a resource that hold fingerprints, as they are now."""
        fresh = resource.copy()
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
