# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every API the simulator has: one row each, and which of them a platform has."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from . import groups, resources, services, sessions, tags
from .access import restricted_to
from .calls import Api, Call
from .grammar import Condition, Query, parse_query
from .options import Options, parse_version
from .platform import Platform
from .resources import INSTANCE_GROUPS, MODEL_SERVICES, MODELS, Resource
from .selection import select

_Run = Callable[[Platform, Call], "dict[str, Any] | str"]


def _all_of(resource: Resource) -> _Run:
    return lambda platform, call: _select(platform, call, resource, _parsed(platform, call))


def _one_of(resource: Resource) -> _Run:
    return lambda platform, call: _select(platform, call, resource, _by_uuid(call))


def _select(platform: Platform, call: Call, resource: Resource, query: Query) -> str:
    return select(platform.store, resource, query, platform.random, restricted_to(call.account))


def _parsed(platform: Platform, call: Call) -> Query:
    query = parse_query(call.query)
    return replace(query, reply_with_count=False) if platform.options.features.has("no-total") else query


def _by_uuid(call: Call) -> Query:
    # The uuid becomes a condition and every option of the query string is ignored.
    return Query((Condition("uuid", "=", call.path["uuid"]),))


def _get(name: str, path: str, kind: str, run: _Run) -> Api:
    return Api(name, "GET", path, kind, run, synchronous=True)


def _queries(name: str, path: str, resource: Resource, kind: str = "lookup") -> tuple[Api, Api]:
    return (
        _get(f"Query{name}", path, kind, _all_of(resource)),
        _get(f"Get{name}", f"{path}/{{uuid}}", kind, _one_of(resource)),
    )


def _public(name: str, method: str, path: str, kind: str, run: _Run, envelope: str = "") -> Api:
    """A synchronous API that needs no authorization."""
    return Api(name, method, path, kind, run, envelope, synchronous=True, authenticated=False)


def _is_ready(_platform: Platform, _call: Call) -> dict[str, Any]:
    return {}


def _get_version(platform: Platform, _call: Call) -> dict[str, Any]:
    return {"version": ".".join(map(str, platform.options.platform_version))}


def _get_current_time(_platform: Platform, _call: Call) -> dict[str, Any]:
    now = time.time()
    return {"currentTime": {"MillionSeconds": int(now * 1000), "Seconds": int(now)}}


def _get_time_zone(platform: Platform, _call: Call) -> dict[str, Any]:
    offset = datetime.now(timezone.utc).astimezone(platform.options.zone).strftime("%z")
    text = f"{offset[:3]}:{offset[3:5]}"
    return {"timezone": f"GMT{text}", "offset": text}


_SERVICE = "/ai/model-services/{uuid}"
_OF_SERVICE = {"uuid": MODEL_SERVICES}
AI_APIS = (
    *_queries("ModelService", "/ai/model-services", MODEL_SERVICES, "query"),
    Api("AddModelService", "POST", "/ai/model-services", "add", services.add, "param", services.ADD, creates=True),
    Api(
        "CloneModelService",
        "POST",
        _SERVICE,
        "clone",
        services.clone,
        "params",
        services.CLONE,
        subjects=_OF_SERVICE,
        creates=True,
        since="5.3.20",
    ),
    Api(
        "UpdateModelService",
        "PUT",
        _SERVICE,
        "update",
        services.update,
        "updateModelService",
        services.UPDATE,
        subjects=_OF_SERVICE,
    ),
    Api("DeleteModelService", "DELETE", _SERVICE, "delete", services.delete),
    *_queries("ModelCenter", "/ai/model-centers", resources.MODEL_CENTERS),
    *_queries("Model", "/ai/models", MODELS),
)
_BINDING = "/ai/models/{modelUuid}/model-services/{modelServiceUuid}"
BINDING_APIS = (
    Api(
        "BindModelToService",
        "POST",
        _BINDING,
        "bind",
        services.bind_model,
        "param",
        subjects={"modelUuid": MODELS, "modelServiceUuid": MODEL_SERVICES},
    ),
    Api(
        "UnbindModelFromService",
        "DELETE",
        _BINDING,
        "unbind",
        services.unbind_model,
        subjects={"modelServiceUuid": MODEL_SERVICES},
    ),
)
_GROUPS = "/ai/model-services/instances/groups"
_OF_GROUP = {"uuid": INSTANCE_GROUPS}


def _group_queries(platform_paths: str) -> tuple[Api, ...]:
    """The queries of groups. The path of the list ends with a slash, as no other path does, unless a feature says so."""
    paths = {"slash": [f"{_GROUPS}/"], "plain": [_GROUPS], "both": [f"{_GROUPS}/", _GROUPS]}[platform_paths]
    return (
        *(
            _get(
                "QueryModelServiceInstanceGroup",
                path,
                "groups",
                lambda platform, call: groups.query(platform, call, _parsed(platform, call)),
            )
            for path in paths
        ),
        _get(
            "GetModelServiceInstanceGroup",
            f"{_GROUPS}/{{uuid}}",
            "groups",
            lambda platform, call: groups.query(platform, call, _by_uuid(call)),
        ),
    )


GROUP_APIS = (
    Api(
        "DeployModelService",
        "PUT",
        _SERVICE,
        "deploy",
        groups.deploy,
        "deployModelService",
        groups.DEPLOY,
        subjects=_OF_SERVICE,
        creates=True,
    ),
    Api(
        "UpdateModelServiceInstanceGroup",
        "PUT",
        "/model-service-instance-groups/{uuid}",
        "group_update",
        groups.update,
        "updateModelServiceInstanceGroup",
        groups.UPDATE,
        subjects=_OF_GROUP,
    ),
    Api(
        "RestartModelServiceGroups",
        "PUT",
        "/model-service-instance-groups",
        "group_restart",
        groups.restart,
        "restartModelServiceGroups",
        groups.RESTART,
        since="5.3.22",
    ),
    Api("DeleteModelServiceInstanceGroup", "DELETE", f"{_GROUPS}/{{uuid}}", "group_delete", groups.delete),
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
        subjects={"uuid": resources.SYSTEM_TAGS},
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
        subjects={"uuid": resources.TAG_PATTERNS},
    ),
    Api("DeleteTag", "DELETE", "/tags/{uuid}", "tag", tags.delete_tag),
    Api("AttachTagToResources", "POST", "/tags/{tagUuid}/resources", "tag", tags.attach, "params", tags.ATTACH),
    Api("DetachTagFromResources", "DELETE", "/tags/{tagUuid}/resources", "tag", tags.detach),
)
_SESSION = "/accounts/sessions/{sessionUuid}"
_NODES = "/management-nodes"
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
    _public("LogOut", "DELETE", _SESSION, "logout", sessions.log_out),
    _public("ValidateSession", "GET", f"{_SESSION}/valid", "lookup", sessions.validate),
    Api("RenewSession", "PUT", f"{_SESSION}/renew", "other", sessions.renew, "renewSession", sessions.RENEW),
    _public("IsManagementNodeReady", "GET", f"{_NODES}/ready", "lookup", _is_ready),
    _public("GetVersion", "PUT", f"{_NODES}/actions", "lookup", _get_version, "getVersion"),
    _public("GetCurrentTime", "PUT", f"{_NODES}/actions", "lookup", _get_current_time, "getCurrentTime"),
    _get("GetPlatformTimeZone", f"{_NODES}/platform-timezone", "lookup", _get_time_zone),
    *_queries("ManagementNode", _NODES, resources.MANAGEMENT_NODES),
)


def available(options: Options) -> tuple[Api, ...]:
    """The APIs of a platform of this version and with these features, each with the parameters it knows."""
    features = options.features
    found: list[Api] = list(OTHER_APIS)
    if not features.has("no-ai"):
        found += AI_APIS
        found += () if features.has("no-bind") else BINDING_APIS
        if not features.has("no-groups"):
            found += [*GROUP_APIS, *_group_queries(features.value("groups-path", "slash"))]
    if not features.has("no-tags"):
        found += (api for api in TAG_APIS if api is not USER_TAG_CREATION or not features.has("no-user-tags"))
    return tuple(
        replace(api, parameters=tuple(one for one in api.parameters if _has(options, one.since)))
        for api in found
        if _has(options, api.since)
    )


def _has(options: Options, since: str) -> bool:
    return parse_version(since) <= options.platform_version
