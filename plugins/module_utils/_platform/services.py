# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Model services on the platform: paths, envelopes and tags, over the client.

Private to this collection.

Paths and envelopes: contract section 1; tags: section 6; names: section 7.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import AiosError, ApiError
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import (
    ADD,
    CLONE,
    TAGGED,
    UPDATE,
    Field,
    Held,
    TagRecord,
    decode,
    encode,
)
from ansible_collections.zstack.aios.plugins.module_utils._platform import query
from ansible_collections.zstack.aios.plugins.module_utils._rest.client import Client, Steps, is_page

T = TypeVar("T")
PATH = "/v1/ai/model-services"
ENVELOPES: Mapping[str, str] = {ADD: "param", CLONE: "params", UPDATE: "updateModelService"}
#: The platform's name for the type of a model service. An assumption: it follows the naming of all its types.
RESOURCE_TYPE = "ModelServiceVO"
#: So many uuids keep a URL below the 8 KiB that proxies allow.
UUIDS_IN_ONE_QUERY = 150


class Services:
    """The model services of one platform. Methods return steps, see :mod:`_client`."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def listing(
        self,
        conditions: Sequence[query.Condition] = (),
        params: Sequence[tuple[str, str]] = (),
        told: Callable[[int, int], None] = lambda n, total: None,
    ) -> Steps[list[Held]]:
        """Read every service that meets the conditions."""
        sent = [("q", condition.sent) for condition in conditions]
        rows = yield from self.client.pages(PATH, [*sent, *params], told)
        tags: dict[str, dict[str, list[str]]] = {row["uuid"]: {} for row in rows}
        for column in {condition.column for condition in conditions if condition.of_tags}:
            yield from self._show_tags(tags, column)
        return [Held(decode(row)) for row in rows if query.keeps_all(conditions, {**row, **tags[row["uuid"]]})]

    def _show_tags(self, shown: Mapping[str, dict[str, list[str]]], column: str) -> Steps[None]:
        """Read what a condition on tags looks at, for some services by uuid."""
        for tags in shown.values():
            tags[column] = []
        for uuids in _parts(list(shown)):
            rows = yield from self._tag_rows(_TAG_PATHS[column], uuids)
            for row in rows:
                if row.get("resourceUuid") in shown:
                    shown[row["resourceUuid"]][column].append(str(row.get("tag", "")))

    def by_uuid(self, uuid: str) -> Steps[Held | None]:
        """Read one service, ``None`` when there is none (the platform answers with an empty list)."""
        found = yield from self.client.read(PATH, [("q", f"uuid={uuid}")], is_page)
        return next((Held(decode(row)) for row in found["inventories"] if row["uuid"] == uuid), None)

    def by_name(self, name: str) -> Steps[list[Held]]:
        """Read every service of exactly this name; names are not unique on the platform."""
        found = yield from self.listing([query.equals("name", name)])
        return found

    def create(self, values: Mapping[str, Any], uuid: str) -> Steps[Held | None]:
        """Create a service of a chosen uuid. :return: what the platform answers that it is now."""
        return self._write(ADD, "POST", PATH, {**values, "resource_uuid": uuid})

    def clone(self, source: str, values: Mapping[str, Any], uuid: str) -> Steps[Held | None]:
        """Clone the service of uuid ``source``."""
        return self._write(CLONE, "POST", f"{PATH}/{source}", {**values, "resource_uuid": uuid})

    def update(self, uuid: str, values: Mapping[str, Any]) -> Steps[Held | None]:
        """Change fields of a service."""
        return self._write(UPDATE, "PUT", f"{PATH}/{uuid}", values)

    def delete(self, uuid: str) -> Steps[None]:
        """Delete a service; one that is gone already is as good (contract section 4.2)."""
        try:
            yield from self.client.write("DELETE", f"{PATH}/{uuid}", params=[("deleteMode", "Permissive")])
        except ApiError as error:
            if error.code != "SYS.1003":
                raise

    def _write(self, operation: str, method: str, path: str, values: Mapping[str, Any]) -> Steps[Held | None]:
        inside, beside = encode(values, operation)
        answer = yield from self.client.write(method, path, {ENVELOPES[operation]: inside, **beside})
        inventory = answer.get("inventory")
        if not isinstance(inventory, Mapping) or not isinstance(inventory.get("uuid"), str):
            return None
        return Held(decode(inventory))

    # Names

    def names(self, row: Field) -> Steps[dict[str, list[str]]]:
        """Return the uuids behind every name of the kind of thing a field points at."""
        found = yield from self.client.pages(f"/v1{row.name_path}", [("fields", "uuid,name")])
        uuids: dict[str, list[str]] = {}
        for entry in found:
            uuids.setdefault(str(entry.get("name", "")).strip(), []).append(entry["uuid"])
        return uuids

    # Tags

    def read_tags(self, services: Sequence[Held], wanted: Iterable[Field]) -> Steps[None]:
        """Read the tags of some services into them."""
        kinds = {_TAGS[row.tags].path for row in wanted}
        for path in sorted(kinds):
            for some in _parts(services):
                part = {held.uuid: held for held in some}
                rows = yield from self._tag_rows(path, list(part))
                for field in TAGGED:
                    if _TAGS[field.tags].path == path:
                        for held in part.values():
                            held.tags[field.option] = []
                for row in rows:
                    _keep_tag(part, path, row)

    def _tag_rows(self, path: str, uuids: Sequence[str]) -> Steps[list[dict[str, Any]]]:
        try:
            rows = yield from self.client.pages(path, [("q", f"resourceUuid?={','.join(uuids)}")])
        except ApiError as error:
            raise _not_offered(error) or error from None
        return rows

    def add_tag(self, field: Field, uuid: str, tag: str) -> Steps[None]:
        """Put one tag on a service."""
        if field.tags == "pattern":
            path, params = f"/v1/tags/{tag}/resources", {"resourceUuids": [uuid], "tokens": {}}
        else:
            path = _TAGS[field.tags].path
            params = {"resourceType": RESOURCE_TYPE, "resourceUuid": uuid, "tag": tag}
        try:
            yield from self.client.write("POST", path, {"params": params})
        except ApiError as error:
            raise _not_offered(error) or error from None

    def remove_tag(self, field: Field, uuid: str, record: TagRecord) -> Steps[None]:
        """Take one tag off a service; one that is gone already is as good."""
        try:
            if field.tags == "pattern":
                yield from self.client.write(
                    "DELETE", f"/v1/tags/{record.tag}/resources", params=[("resourceUuids", uuid)]
                )
            else:
                yield from self.client.write("DELETE", f"/v1/tags/{record.uuid}")
        except ApiError as error:
            if error.code != "SYS.1003":
                raise _not_offered(error) or error from None


_TAG_PATHS: Mapping[str, str] = {"__userTag__": "/v1/user-tags", "__systemTag__": "/v1/system-tags"}


def _parts(all_of_them: Sequence[T]) -> Iterator[Sequence[T]]:
    """Yield as many at a time as one query may name."""
    for start in range(0, len(all_of_them), UUIDS_IN_ONE_QUERY):
        yield all_of_them[start : start + UUIDS_IN_ONE_QUERY]


class _TagKind:
    """Where the tags of one kind are listed, and which rows of the listing they are."""

    def __init__(self, path: str, pattern: bool = False) -> None:
        self.path = path
        self.pattern = pattern


_TAGS: Mapping[str, _TagKind] = {
    "user": _TagKind(_TAG_PATHS["__userTag__"]),
    "system": _TagKind(_TAG_PATHS["__systemTag__"]),
    "pattern": _TagKind(_TAG_PATHS["__userTag__"], pattern=True),
}


def _keep_tag(part: Mapping[str, Held], path: str, row: Mapping[str, Any]) -> None:
    """File one row of a listing of tags; inherent ones belong to the platform and are nobody's to declare."""
    held = part.get(str(row.get("resourceUuid")))
    pattern = row.get("tagPatternUuid")
    if held is None or row.get("inherent") is True:
        return
    for field in TAGGED:
        kind = _TAGS[field.tags]
        if kind.path == path and kind.pattern == bool(pattern):
            tag = str(pattern) if kind.pattern else str(row.get("tag", ""))
            held.tags[field.option].append(TagRecord(str(row["uuid"]), tag))


def _not_offered(error: ApiError) -> AiosError | None:
    if "no api mapping" not in error.details:
        return None
    return AiosError(
        f"This platform does not offer {error.method} {error.path}: tags of this kind cannot be read or changed through "
        "it on an existing service. Next: leave the option out, or use tag_uuids, which newer platforms have instead.",
        "tags_not_offered",
    )
