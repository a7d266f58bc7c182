# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""User tags, system tags and tag patterns."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from . import constants
from .access import require, require_own
from .calls import VALIDATION_ONLY, Call
from .errors import BusinessError, invalid_argument, not_found
from .messages import Parameter
from .platform import Platform
from .resources import (
    INSTANCE_GROUPS,
    MODEL_SERVICES,
    SYSTEM_TAGS,
    TAG_PATTERNS,
    USER_TAGS,
    Resource,
    inventory,
    load,
    owner_of,
    remove,
    save,
)
from .texts import fold_for_equality, new_uuid

#: What can be tagged, by the name that the tag calls have for it.
TAGGED = {"ModelServiceVO": MODEL_SERVICES, "ModelServiceInstanceGroupVO": INSTANCE_GROUPS}

CREATE_TAG = (
    Parameter("resourceType", required=True),
    Parameter("resourceUuid", required=True),
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
    Parameter("resourceUuids", "strings", required=True),
    Parameter("tokens", "any"),
)


def check_definitions(platform: Platform, texts: Iterable[str]) -> None:
    """Checks the system tags of a creation, before anything is created.

    :raises BusinessError: SYS.1007 for one that no definition fits.
    """
    for text in texts:
        if text != VALIDATION_ONLY and not _is_defined(platform, text):
            raise invalid_argument(f"no system tag matches {text}")


def create_with(platform: Platform, resource: Resource, uuid: str, call: Call, patterns: Iterable[str]) -> None:
    """The tags that come with the creation of a resource."""
    for text in dict.fromkeys(call.system_tags):
        if text != VALIDATION_ONLY and not _exists(platform, SYSTEM_TAGS, uuid, text):
            _insert(platform, SYSTEM_TAGS, resource, uuid, text)
    for text in call.user_tags:
        _insert_once(platform, resource, uuid, text)
    for pattern in patterns:
        _attach_one(platform, resource, pattern, uuid, {})


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
    resource, uuid = _target(platform, call)
    return _shown(platform, USER_TAGS, _insert_once(platform, resource, uuid, call.values["tag"]))


def create_system_tag(platform: Platform, call: Call) -> dict[str, Any]:
    """CreateSystemTag: one that exists already is a success without an inventory."""
    resource, uuid = _target(platform, call)
    record = _insert_defined(platform, resource, uuid, call.values["tag"])
    return {} if record is None else _shown(platform, SYSTEM_TAGS, record)


def create_system_tags(platform: Platform, call: Call) -> dict[str, Any]:
    """CreateSystemTags: several on the resource in the path; null for each that exists already."""
    uuid = call.path["resourceUuid"]
    resource = _tagged(platform, call.account, uuid)
    records = [_insert_defined(platform, resource, uuid, text) for text in call.values["tags"]]
    zone = platform.options.zone
    return {"inventories": [record and inventory(SYSTEM_TAGS, record, zone) for record in records]}


def update_system_tag(platform: Platform, call: Call) -> dict[str, Any]:
    """UpdateSystemTag."""
    check_definitions(platform, [call.values["tag"]])
    return _change(platform, SYSTEM_TAGS, call)


def delete_tag(platform: Platform, call: Call) -> dict[str, Any]:
    """DeleteTag: a tag record of any sort; a pattern goes together with what it is attached to."""
    uuid = call.path["uuid"]
    for resource in (USER_TAGS, SYSTEM_TAGS):
        require_own(platform, call.account, resource, uuid)
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
        resource = _tagged(platform, call.account, uuid)
        given = tokens.get(uuid, {}) if isinstance(tokens, dict) else {}
        record = _attach_one(platform, resource, call.path["tagUuid"], uuid, given if isinstance(given, dict) else {})
        results.append({"inventory": inventory(USER_TAGS, record, platform.options.zone)})
    return {"results": results}


def detach(platform: Platform, call: Call) -> dict[str, Any]:
    """DetachTagFromResources: the resources are in the query string, one parameter each."""
    for uuid in call.query_values("resourceUuids"):
        platform.store.run(
            'DELETE FROM "user_tags" WHERE "tagPatternUuid" = ? AND "resourceUuid" = ?', (call.path["tagUuid"], uuid)
        )
    return {}


def _target(platform: Platform, call: Call) -> tuple[Resource, str]:
    """The resource that a tag call names by its type and uuid."""
    resource = TAGGED.get(call.values["resourceType"])
    if resource is None:
        raise invalid_argument(f"no resource type[{call.values['resourceType']}] found in tag system")
    require(platform, call.account, resource, "resourceUuid", call.values["resourceUuid"])
    return resource, call.values["resourceUuid"]


def _tagged(platform: Platform, account: str, uuid: str) -> Resource:
    """The sort of resource that has the uuid."""
    for resource in TAGGED.values():
        if owner_of(platform.store, resource, uuid)[0]:
            require(platform, account, resource, "resourceUuid", uuid)
            return resource
    raise not_found("resourceUuid", uuid)


def _is_defined(platform: Platform, text: str) -> bool:
    if platform.options.features.has("any-system-tag"):
        return True
    return any(_fits(definition, text) for definition in constants.SYSTEM_TAG_DEFINITIONS)


def _fits(definition: str, text: str) -> bool:
    """Whether the text has as many parts as the definition, and the same ones where the definition fixes them."""
    wanted, given = definition.split("::"), text.rstrip(":").split("::")
    return len(wanted) == len(given) and all(
        part == fixed or fixed.startswith("{") for fixed, part in zip(wanted, given, strict=True)
    )


def _exists(platform: Platform, tags: Resource, uuid: str, text: str) -> bool:
    """Whether the resource has the tag, as the database compares: without regard to case and accents."""
    return (
        platform.store.run(
            f'SELECT 1 FROM "{tags.table}" WHERE "resourceUuid" = ? AND fold_for_equality("tag") = ?',
            (uuid, fold_for_equality(text)),
        ).fetchone()
        is not None
    )


def _insert_once(platform: Platform, resource: Resource, uuid: str, text: str) -> dict[str, Any]:
    """A new user tag, which a resource can have only once."""
    if _exists(platform, USER_TAGS, uuid, text):
        raise BusinessError("SYS.1006", f"Duplicated Tag[tag:{text}, type:User, resourceUuid:{uuid}]")
    return _insert(platform, USER_TAGS, resource, uuid, text)


def _insert_defined(platform: Platform, resource: Resource, uuid: str, text: str) -> dict[str, Any] | None:
    """A new system tag, or None if the resource has it already."""
    check_definitions(platform, [text])
    if _exists(platform, SYSTEM_TAGS, uuid, text):
        return None
    return _insert(platform, SYSTEM_TAGS, resource, uuid, text)


def _insert(
    platform: Platform, tags: Resource, resource: Resource, uuid: str, text: str, **more: Any
) -> dict[str, Any]:
    now = int(time.time())
    own = {"inherent": False, "type": "System"} if tags is SYSTEM_TAGS else {"type": "User"}
    resource_type = next(name for name, tagged in TAGGED.items() if tagged is resource)
    record = {"uuid": new_uuid(), "resourceUuid": uuid, "resourceType": resource_type, "tag": text, **own, **more}
    record |= {"createDate": now, "lastOpDate": now}
    save(platform.store, tags, [record], platform.options.zone, owner_of(platform.store, resource, uuid)[1])
    return record


def _attach_one(
    platform: Platform, resource: Resource, pattern_uuid: str, uuid: str, tokens: dict[str, Any]
) -> dict[str, Any]:
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
    return _insert(platform, USER_TAGS, resource, uuid, text, tagPatternUuid=pattern_uuid)


def _change(platform: Platform, resource: Resource, call: Call) -> dict[str, Any]:
    record = load(platform.store, resource, call.path["uuid"])
    if record is None:
        raise not_found("uuid", call.path["uuid"])
    record |= {**call.values, "lastOpDate": int(time.time())}
    save(platform.store, resource, [record], platform.options.zone)
    return _shown(platform, resource, record)


def _shown(platform: Platform, resource: Resource, record: dict[str, Any]) -> dict[str, Any]:
    return {"inventory": inventory(resource, record, platform.options.zone)}
