# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every API the simulator has: one row each (contract 1, 5, 6, 7 and 9)."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from . import constants, resources, services, sessions, tags
from .calls import Api, Call
from .grammar import Condition, Query, parse_query
from .options import Features
from .platform import Platform
from .resources import Resource
from .selection import select

_Run = Callable[[Platform, Call], "dict[str, Any] | str"]

WRITE_KINDS = frozenset({"add", "clone", "update", "delete", "tag", "other"})


def _all_of(resource: Resource) -> _Run:
    return lambda platform, call: select(platform.store, resource, parse_query(call.query), platform.random)


def _one_of(resource: Resource) -> _Run:
    # The uuid becomes a condition and every option of the query string is ignored.
    return lambda platform, call: select(
        platform.store, resource, Query((Condition("uuid", "=", call.path["uuid"]),)), platform.random
    )


def _queries(name: str, path: str, resource: Resource, kind: str = "lookup") -> tuple[Api, Api]:
    return (
        Api(f"Query{name}", "GET", path, kind, _all_of(resource), synchronous=True),
        Api(f"Get{name}", "GET", f"{path}/{{uuid}}", kind, _one_of(resource), synchronous=True),
    )


def _is_ready(_platform: Platform, _call: Call) -> dict[str, Any]:
    return {}


def _get_version(_platform: Platform, _call: Call) -> dict[str, Any]:
    return {"version": constants.PLATFORM_VERSION}


def _get_current_time(_platform: Platform, _call: Call) -> dict[str, Any]:
    now = time.time()
    return {"currentTime": {"MillionSeconds": int(now * 1000), "Seconds": int(now)}}


def _get_time_zone(platform: Platform, _call: Call) -> dict[str, Any]:
    offset = datetime.now(timezone.utc).astimezone(platform.options.zone).strftime("%z")
    text = f"{offset[:3]}:{offset[3:5]}"
    return {"timezone": f"GMT{text}", "offset": text}


_SERVICE = "/ai/model-services/{uuid}"
AI_APIS = (
    *_queries("ModelService", "/ai/model-services", resources.MODEL_SERVICES, "query"),
    Api("AddModelService", "POST", "/ai/model-services", "add", services.add, "param", services.ADD),
    Api(
        "CloneModelService",
        "POST",
        _SERVICE,
        "clone",
        services.clone,
        "params",
        services.CLONE,
        subject=resources.MODEL_SERVICES,
    ),
    Api(
        "UpdateModelService",
        "PUT",
        _SERVICE,
        "update",
        services.update,
        "updateModelService",
        services.UPDATE,
        subject=resources.MODEL_SERVICES,
    ),
    Api(
        "DeployModelService",
        "PUT",
        _SERVICE,
        "other",
        services.deploy,
        "deployModelService",
        subject=resources.MODEL_SERVICES,
    ),
    Api("DeleteModelService", "DELETE", _SERVICE, "delete", services.delete),
    Api(
        "UnbindModelFromService",
        "DELETE",
        "/ai/models/{modelUuid}/model-services/{modelServiceUuid}",
        "other",
        services.unbind_model,
    ),
    # The one path of the platform that ends with a slash.
    Api(
        "QueryModelServiceInstanceGroup",
        "GET",
        "/ai/model-services/instances/groups/",
        "lookup",
        _all_of(resources.INSTANCE_GROUPS),
        synchronous=True,
    ),
    *_queries("ModelCenter", "/ai/model-centers", resources.MODEL_CENTERS),
    *_queries("Model", "/ai/models", resources.MODELS),
)
USER_TAG_CREATION = Api("CreateUserTag", "POST", "/user-tags", "tag", tags.create_user_tag, "params", tags.CREATE_TAG)
TAG_APIS = (
    *_queries("UserTag", "/user-tags", resources.USER_TAGS),
    USER_TAG_CREATION,
    *_queries("SystemTag", "/system-tags", resources.SYSTEM_TAGS),
    Api("CreateSystemTag", "POST", "/system-tags", "tag", tags.create_system_tag, "params", tags.CREATE_TAG),
    Api(
        "CreateSystemTags",
        "POST",
        "/system-tags/{resourceUuid}/tags",
        "tag",
        tags.create_system_tags,
        "params",
        tags.CREATE_TAGS,
    ),
    Api(
        "UpdateSystemTag",
        "PUT",
        "/system-tags/{uuid}/actions",
        "tag",
        tags.update_system_tag,
        "updateSystemTag",
        tags.UPDATE_SYSTEM_TAG,
        subject=resources.SYSTEM_TAGS,
    ),
    *_queries("Tag", "/tags", resources.TAG_PATTERNS),
    Api("CreateTag", "POST", "/tags", "tag", tags.create_pattern, "params", tags.CREATE_PATTERN),
    Api(
        "UpdateTag",
        "PUT",
        "/tags/{uuid}/actions",
        "tag",
        tags.update_pattern,
        "updateTag",
        tags.UPDATE_PATTERN,
        subject=resources.TAG_PATTERNS,
    ),
    Api("DeleteTag", "DELETE", "/tags/{uuid}", "tag", tags.delete_tag),
    Api("AttachTagToResources", "POST", "/tags/{tagUuid}/resources", "tag", tags.attach, "params", tags.ATTACH),
    Api("DetachTagFromResources", "DELETE", "/tags/{tagUuid}/resources", "tag", tags.detach),
)
_MANAGEMENT = "/management-nodes/actions"
OTHER_APIS = (
    *_queries("Zone", "/zones", resources.ZONES),
    *_queries("Image", "/images", resources.IMAGES),
    *_queries("PciDeviceSpec", "/pci-device-specs", resources.GPU_SPECS),
    Api(
        "LogInByAccount",
        "PUT",
        "/accounts/login",
        "login",
        sessions.log_in,
        "logInByAccount",
        sessions.LOGIN,
        synchronous=True,
        authenticated=False,
    ),
    Api(
        "LogOut",
        "DELETE",
        "/accounts/sessions/{sessionUuid}",
        "logout",
        sessions.log_out,
        synchronous=True,
        authenticated=False,
    ),
    Api(
        "ValidateSession",
        "GET",
        "/accounts/sessions/{sessionUuid}/valid",
        "lookup",
        sessions.validate,
        synchronous=True,
        authenticated=False,
    ),
    Api(
        "RenewSession",
        "PUT",
        "/accounts/sessions/{sessionUuid}/renew",
        "other",
        sessions.renew,
        "renewSession",
        sessions.RENEW,
    ),
    Api(
        "IsManagementNodeReady",
        "GET",
        "/management-nodes/ready",
        "lookup",
        _is_ready,
        synchronous=True,
        authenticated=False,
    ),
    Api(
        "GetVersion",
        "PUT",
        _MANAGEMENT,
        "lookup",
        _get_version,
        "getVersion",
        synchronous=True,
        authenticated=False,
    ),
    Api(
        "GetCurrentTime",
        "PUT",
        _MANAGEMENT,
        "lookup",
        _get_current_time,
        "getCurrentTime",
        synchronous=True,
        authenticated=False,
    ),
    Api(
        "GetPlatformTimeZone",
        "GET",
        "/management-nodes/platform-timezone",
        "lookup",
        _get_time_zone,
        synchronous=True,
    ),
)


def available(features: Features) -> tuple[Api, ...]:
    """The APIs of a platform with these features."""
    tag_apis: tuple[Api, ...] = () if features.has("no-tags") else TAG_APIS
    if features.has("no-user-tags"):
        tag_apis = tuple(api for api in tag_apis if api is not USER_TAG_CREATION)
    return (*(() if features.has("no-ai") else AI_APIS), *tag_apis, *OTHER_APIS)
