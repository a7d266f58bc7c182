# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""User tags, system tags and tag patterns (contract 6)."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from .calls import VALIDATION_ONLY, Call
from .errors import invalid_argument, not_found
from .messages import Parameter
from .platform import Platform
from .resources import MODEL_SERVICES, SYSTEM_TAGS, TAG_PATTERNS, USER_TAGS, Resource, inventory, load, remove, save
from .texts import new_uuid

RESOURCE_TYPE = "ModelServiceVO"

CREATE_TAG = (
    Parameter("resourceType", required=True),
    Parameter("resourceUuid", required=True, refers=MODEL_SERVICES),
    Parameter("tag", required=True),
)
CREATE_TAGS = (Parameter("tags", "strings", required=True),)
UPDATE_SYSTEM_TAG = (Parameter("tag", required=True),)
CREATE_PATTERN = (
    Parameter("name", required=True),
    Parameter("value"),
    Parameter("description"),
    Parameter("color"),
    Parameter("type", choices=("simple", "withToken")),
)
UPDATE_PATTERN = (Parameter("name"), Parameter("value"), Parameter("description"), Parameter("color"))
ATTACH = (
    Parameter("resourceUuids", "strings", required=True, refers=MODEL_SERVICES),
    Parameter("tokens", "any"),
)


def create_with(platform: Platform, uuid: str, call: Call, patterns: Iterable[str]) -> None:
    """The tags that come with the creation of a resource."""
    for text in call.user_tags:
        _insert(platform, USER_TAGS, uuid, text)
    for text in call.system_tags:
        if text != VALIDATION_ONLY:
            _insert(platform, SYSTEM_TAGS, uuid, text)
    for pattern in patterns:
        _attach_one(platform, pattern, uuid, {})


def forget(platform: Platform, uuid: str) -> None:
    """Removes every tag of a resource that is gone."""
    for resource in (USER_TAGS, SYSTEM_TAGS):
        platform.store.run(f'DELETE FROM "{resource.table}" WHERE "resourceUuid" = ?', (uuid,))


def listed(platform: Platform, resource: Resource, column: str) -> dict[str, list[str]]:
    """For every tagged resource, the values of one column of its tags."""
    found: dict[str, list[str]] = {}
    rows = platform.store.run(f'SELECT "resourceUuid", "{column}" FROM "{resource.table}" ORDER BY _row')
    for uuid, value in rows:
        if value is not None:
            found.setdefault(uuid, []).append(value)
    return found


def create_user_tag(platform: Platform, call: Call) -> dict[str, Any]:
    """CreateUserTag."""
    _check_type(call)
    return _shown(platform, USER_TAGS, _insert(platform, USER_TAGS, call.values["resourceUuid"], call.values["tag"]))


def create_system_tag(platform: Platform, call: Call) -> dict[str, Any]:
    """CreateSystemTag."""
    _check_type(call)
    record = _insert(platform, SYSTEM_TAGS, call.values["resourceUuid"], call.values["tag"])
    return _shown(platform, SYSTEM_TAGS, record)


def create_system_tags(platform: Platform, call: Call) -> dict[str, Any]:
    """CreateSystemTags: several on the resource in the path."""
    uuid = call.path["resourceUuid"]
    if load(platform.store, MODEL_SERVICES, uuid) is None:
        raise not_found("resourceUuid", uuid)
    records = [_insert(platform, SYSTEM_TAGS, uuid, text) for text in call.values["tags"]]
    return {"inventories": [inventory(SYSTEM_TAGS, record, platform.options.zone) for record in records]}


def update_system_tag(platform: Platform, call: Call) -> dict[str, Any]:
    """UpdateSystemTag."""
    return _change(platform, SYSTEM_TAGS, call)


def delete_tag(platform: Platform, call: Call) -> dict[str, Any]:
    """DeleteTag: a tag record of any sort; a pattern goes together with what it is attached to."""
    uuid = call.path["uuid"]
    gone = [remove(platform.store, resource, uuid) for resource in (USER_TAGS, SYSTEM_TAGS, TAG_PATTERNS)]
    if gone[-1]:
        platform.store.run('DELETE FROM "user_tags" WHERE "tagPatternUuid" = ?', (uuid,))
    return {}


def create_pattern(platform: Platform, call: Call) -> dict[str, Any]:
    """CreateTag: a tag pattern."""
    now = int(time.time())
    defaults = {"type": "simple", "value": call.values["name"], "color": "#186EAE"}
    record = {"uuid": new_uuid(), **defaults, **call.values, "createDate": now, "lastOpDate": now}
    save(platform.store, TAG_PATTERNS, [record], platform.options.zone)
    return _shown(platform, TAG_PATTERNS, record)


def update_pattern(platform: Platform, call: Call) -> dict[str, Any]:
    """UpdateTag: a tag pattern."""
    return _change(platform, TAG_PATTERNS, call)


def attach(platform: Platform, call: Call) -> dict[str, Any]:
    """AttachTagToResources: attaching twice leaves one record."""
    tokens = call.values.get("tokens")
    results = []
    for uuid in call.values["resourceUuids"]:
        given = tokens.get(uuid, {}) if isinstance(tokens, dict) else {}
        record = _attach_one(platform, call.path["tagUuid"], uuid, given if isinstance(given, dict) else {})
        results.append({"inventory": inventory(USER_TAGS, record, platform.options.zone)})
    return {"results": results}


def detach(platform: Platform, call: Call) -> dict[str, Any]:
    """DetachTagFromResources: the resources stand in the query string, one parameter each."""
    for uuid in call.query_values("resourceUuids"):
        platform.store.run(
            'DELETE FROM "user_tags" WHERE "tagPatternUuid" = ? AND "resourceUuid" = ?', (call.path["tagUuid"], uuid)
        )
    return {}


def _check_type(call: Call) -> None:
    if call.values["resourceType"] != RESOURCE_TYPE:
        raise invalid_argument(f"no resource type[{call.values['resourceType']}] found for tag")


def _insert(platform: Platform, resource: Resource, uuid: str, text: str, **more: Any) -> dict[str, Any]:
    now = int(time.time())
    sort = {"inherent": False, "type": "System"} if resource is SYSTEM_TAGS else {"type": "User"}
    record = {"uuid": new_uuid(), "resourceUuid": uuid, "resourceType": RESOURCE_TYPE, "tag": text, **sort, **more}
    record |= {"createDate": now, "lastOpDate": now}
    save(platform.store, resource, [record], platform.options.zone)
    return record


def _attach_one(platform: Platform, pattern_uuid: str, uuid: str, tokens: dict[str, Any]) -> dict[str, Any]:
    pattern = load(platform.store, TAG_PATTERNS, pattern_uuid)
    if pattern is None:
        raise not_found("tagUuid", pattern_uuid)
    present = platform.store.run(
        'SELECT "uuid" FROM "user_tags" WHERE "tagPatternUuid" = ? AND "resourceUuid" = ?', (pattern_uuid, uuid)
    ).fetchone()
    if present is not None:
        return load(platform.store, USER_TAGS, present[0]) or {}
    text = pattern["name"]
    if pattern["type"] == "withToken":
        text = pattern["value"]
        for name, value in tokens.items():
            text = text.replace("{" + name + "}", str(value))
    return _insert(platform, USER_TAGS, uuid, text, tagPatternUuid=pattern_uuid)


def _change(platform: Platform, resource: Resource, call: Call) -> dict[str, Any]:
    record = load(platform.store, resource, call.path["uuid"])
    if record is None:
        raise not_found("uuid", call.path["uuid"])
    record |= {**call.values, "lastOpDate": int(time.time())}
    save(platform.store, resource, [record], platform.options.zone)
    return _shown(platform, resource, record)


def _shown(platform: Platform, resource: Resource, record: dict[str, Any]) -> dict[str, Any]:
    return {"inventory": inventory(resource, record, platform.options.zone)}
