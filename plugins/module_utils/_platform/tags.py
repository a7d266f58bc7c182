# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags on resources: user tags, system tags, and the platform's tag patterns (platform.tags)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import AiosError, ApiError
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Field, Member, Resource, Schema
from ansible_collections.zstack.aios.plugins.module_utils._model.fingerprints import PREFIX, is_fingerprints
from ansible_collections.zstack.aios.plugins.module_utils._model.protection import OPTION, RELATION, TAG
from ansible_collections.zstack.aios.plugins.module_utils._rest.client import Client

T = TypeVar("T")
#: So many UUIDs keep a URL short enough (platform.query_length).
UUIDS_IN_ONE_QUERY = 150
_USER, _SYSTEM = "/v1/user-tags", "/v1/system-tags"
#: Where the tags of each relation are listed; attached patterns are user tags (platform.tag_patterns).
_PATHS: Mapping[str, str] = {"user_tags": _USER, "system_tags": _SYSTEM, "tag_patterns": _USER, RELATION: _USER}
_PATTERNS = "tag_patterns"
#: Where the tags are listed that a condition looks at, and the key that it is about.
_COLUMNS: Mapping[str, tuple[str, str]] = {
    "__userTag__": (_USER, "tag"),
    "__systemTag__": (_SYSTEM, "tag"),
    "__tagUuid__": (_USER, "tagPatternUuid"),
}


class Tags:
    """The tags of one kind of resource.

    :param resource_type: the platform's name for that kind.
    """

    def __init__(self, client: Client, schema: Schema, resource_type: str) -> None:
        self._client = client
        self._resource_type = resource_type
        self._fields = [field for field in schema.by_option.values() if field.relation in _PATHS]

    def columns(self, uuids: Sequence[str], columns: Iterable[str]) -> dict[str, dict[str, list[str]]]:
        """Return what conditions on tags look at: for each uuid its tags by column, as texts or pattern uuids."""
        wanted = list(columns)
        found: dict[str, dict[str, list[str]]] = {uuid: {column: [] for column in wanted} for uuid in uuids}
        for column in wanted:
            path, key = _COLUMNS[column]
            for part in _parts(uuids):
                for row in self._rows(path, part):
                    if row.get("resourceUuid") in found and row.get(key) and not _is_own(row):
                        found[row["resourceUuid"]][column].append(str(row[key]))
        return found

    def read(self, resources: Sequence[Resource], fields: Iterable[Field]) -> None:
        """Read the tags of some resources into them, of every field that shares its listing with one of ``fields``."""
        for path in sorted({_PATHS[field.relation] for field in fields}):
            read = [field for field in self._fields if _PATHS[field.relation] == path]
            for part in _parts(resources):
                by_uuid = {resource.uuid: resource for resource in part}
                rows = self._rows(path, list(by_uuid))
                for resource in part:
                    resource.related.update({field.option: [] for field in read})
                    resource.remembered = [] if path == _USER else resource.remembered
                for row in rows:
                    _file(row, by_uuid.get(str(row.get("resourceUuid"))), read)

    def read_fingerprints(self, resources: Sequence[Resource]) -> None:
        """Read the tags that hold fingerprints into resources: for many of them those of all resources at once."""
        by_uuid = {resource.uuid: resource for resource in resources}
        some = list(by_uuid) if len(by_uuid) <= UUIDS_IN_ONE_QUERY else []
        rows = self._rows(_USER, some, [("q", f"tag~={PREFIX}%")])
        for resource in resources:
            resource.remembered = []
        for row in rows:
            _file(row, by_uuid.get(str(row.get("resourceUuid"))), ())

    def read_protection(self, resources: Sequence[Resource]) -> None:
        """Read into resources whether they are protected: for many of them the tags of all resources at once."""
        by_uuid = {resource.uuid: resource for resource in resources}
        some = list(by_uuid) if len(by_uuid) <= UUIDS_IN_ONE_QUERY else []
        rows = self._rows(_USER, some, [("q", f"tag={TAG}")])
        for resource in resources:
            resource.related[OPTION] = []
        for row in rows:
            _file(row, by_uuid.get(str(row.get("resourceUuid"))), ())

    def _rows(self, path: str, uuids: Sequence[str], more: Sequence[tuple[str, str]] = ()) -> list[dict[str, Any]]:
        of_these = [("q", f"resourceUuid?={','.join(uuids)}")] if uuids else []
        try:
            return self._client.pages(path, [*of_these, *more])
        except ApiError as error:
            raise _not_offered(error) or error from None

    def add(self, field: Field, uuid: str, tag: str) -> None:
        """Put one tag on the resource of this uuid."""
        if field.relation == _PATTERNS:
            self._post(f"/v1/tags/{tag}/resources", {"resourceUuids": [uuid], "tokens": {}})
        else:
            self.add_text(uuid, tag, _PATHS[field.relation])

    def add_text(self, uuid: str, tag: str, path: str = _USER) -> None:
        """Put a tag of this text on the resource of this uuid."""
        self._post(path, {"resourceType": self._resource_type, "resourceUuid": uuid, "tag": tag})

    def remove(self, field: Field, uuid: str, tag: Member) -> None:
        """Take one tag off a resource; one that is gone already counts as removed."""
        if field.relation == _PATTERNS:
            self._delete(f"/v1/tags/{tag.value}/resources", [("resourceUuids", uuid)])
        else:
            self.remove_text(tag.uuid)

    def remove_text(self, uuid: str) -> None:
        """Delete the tag of this uuid; one that is gone already counts as deleted."""
        self._delete(f"/v1/tags/{uuid}")

    def check_texts(self) -> None:
        """Ask whether user tags can be added, with a request that cannot do anything: it names no resource and no tag.

        :raises AiosError: of code ``tags_not_offered``.
        """
        try:
            self._client.write("POST", _USER, {})
        except ApiError as error:
            if not_offered := _not_offered(error):
                raise not_offered from None

    def _post(self, path: str, params: Mapping[str, Any]) -> None:
        try:
            self._client.write("POST", path, {"params": params})
        except ApiError as error:
            raise _not_offered(error) or error from None

    def _delete(self, path: str, params: Sequence[tuple[str, str]] = ()) -> None:
        try:
            self._client.write("DELETE", path, params=params)
        except ApiError as error:
            if error.code != "SYS.1003":
                raise _not_offered(error) or error from None


def _parts(all_of_them: Sequence[T]) -> Iterator[Sequence[T]]:
    """Yield as many at a time as one query may name."""
    for start in range(0, len(all_of_them), UUIDS_IN_ONE_QUERY):
        yield all_of_them[start : start + UUIDS_IN_ONE_QUERY]


def _file(row: Mapping[str, Any], resource: Resource | None, fields: Iterable[Field]) -> None:
    """File one row of a listing with its resource; inherent tags cannot be declared (platform.tag_inherent)."""
    if resource is None or row.get("inherent") is True:
        return
    if is_fingerprints(str(row.get("tag", ""))):
        if resource.remembered is not None:
            resource.remembered.append(Member(str(row["uuid"]), str(row["tag"])))
        return
    if row.get("tag") == TAG:
        if OPTION in resource.related:
            resource.related[OPTION].append(Member(str(row["uuid"]), TAG))
        return
    pattern = row.get("tagPatternUuid")
    for field in fields:
        if field.relation != RELATION and (field.relation == _PATTERNS) == bool(pattern):
            tag = Member(str(row["uuid"]), str(pattern) if pattern else str(row.get("tag", "")))
            resource.related[field.option].append(tag)


def _is_own(row: Mapping[str, Any]) -> bool:
    tag = str(row.get("tag"))
    return tag == TAG or is_fingerprints(tag)


def _not_offered(error: ApiError) -> AiosError | None:
    """Return an error for a call that this platform does not have (platform.tag_calls)."""
    if "no api mapping" not in error.details:
        return None
    return AiosError(
        f"this platform does not have {error.method} {error.path}, so tags of this kind cannot be read or changed on an "
        "existing service. Next: remove the option, or use tag_uuids, which newer platforms have instead.",
        "tags_not_offered",
    )
