# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The REST front: from a request to a response, in the platform's own order of checks."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from . import groups, sessions, signatures, tags
from .access import require
from .apis import available
from .calls import VALIDATION_ONLY, Api, Call
from .errors import BusinessError, Refusal, invalid_argument
from .incoming import Request
from .jobs import DEFAULT_TIMEOUT_MS, NORMAL, Job, JobFault, Jobs
from .messages import convert, validate
from .platform import Platform
from .responses import Response, error_response, html_response, json_response, refusal_response
from .routing import JOBS_PATH, Route, Router
from .starts import RUNNING

_RAW_IN_URL = re.compile(r'[<>"{}|\\^\x00-\x20\x7f-\uffff]')
_JAVA_LONG = re.compile(r"[+-]?[0-9]{1,18}")
_BEYOND_THE_FIRST_PLANE = re.compile("[\U00010000-\U0010ffff]")
_JOB_ID_LENGTH = 32
_INSTANCES = "/instances/"


class Front:
    """Responds to requests. It knows nothing of connections and logs."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self.jobs = Jobs(platform)
        self.reload()

    def reload(self) -> None:
        """Offers the APIs of the settings of now."""
        self._router = Router(available(self._platform.options))

    def kind(self, request: Request) -> str:
        """What the log and the fault rules call the request; `other` when no API is found for it."""
        if request.path.startswith(_INSTANCES):
            return "instance"
        path = self._inner_path(request)
        if path.startswith("/v1" + JOBS_PATH):
            return "poll"
        try:
            route = self._router.find(path)
            return route.choose(request.method, path, request.document).kind
        except Refusal:
            return "other"

    def respond(self, request: Request, fault: JobFault = NORMAL) -> Response:
        """Does what the request asks; `fault` is for the job it starts, if it starts one."""
        if _RAW_IN_URL.search(request.target):
            return html_response(400, "Bad Request")
        if request.path.startswith(_INSTANCES):
            return self._instance(request)
        path = self._inner_path(request)
        if not path.startswith("/v1/"):
            return html_response(404, "Not Found")
        try:
            # Polls are handled before routing and before any look at Authorization.
            if path.startswith("/v1" + JOBS_PATH):
                return self._poll(request, path)
            route = self._router.find(path)
            body = self._body(request) if request.method in ("POST", "PUT") else None
            api = route.choose(request.method, path, body)
            session, account = self._credentials(request, path) if api.authenticated else ("", "")
            call = replace(self._call(api, route, request, body), account=account, hints=fault.hints)
            return self._dispatch(api, request, call, session, fault)
        except Refusal as refusal:
            return refusal_response(refusal)
        except sessions.WrongPassword as error:
            sessions.count_failure(self._platform, error.account)
            return error_response(error)
        except BusinessError as error:
            return error_response(error)

    def session_of(self, request: Request) -> str:
        """The session's uuid that the request shows, or an empty text."""
        scheme, _blank, credential = request.headers.get("authorization", "").partition(" ")
        return credential if scheme == "OAuth" else ""

    def _instance(self, request: Request) -> Response:
        """What runs in an instance responds under the instance's url, once it runs."""
        uuid, _slash, path = request.path[len(_INSTANCES) :].partition("/")
        status = groups.instance_status(self._platform, uuid)
        if status is None:
            return html_response(404, "Not Found")
        if status != RUNNING:
            return html_response(503, "Service Unavailable")
        text = json.dumps({"instance": uuid, "path": f"/{path}", "status": "ok"})
        return Response(200, text.encode(), {"Content-Type": "application/json"})

    def _inner_path(self, request: Request) -> str:
        context = self._platform.options.context_path
        return request.path[len(context) :] if request.path.startswith(context + "/") else ""

    def _poll(self, request: Request, path: str) -> Response:
        if request.method != "GET":
            raise Refusal(405, f"only GET is supported for {JOBS_PATH}, but got {request.method}")
        return self.jobs.poll(path[len("/v1" + JOBS_PATH) :])

    def _body(self, request: Request) -> Any:
        """The parsed body. An empty one is a null pointer for PUT, and no envelope for POST."""
        body = request.document
        if isinstance(body, ValueError):
            raise Refusal(500, f"com.google.gson.JsonSyntaxException: {body}")
        if body is None and request.method == "PUT":
            raise Refusal(500, "")
        if body is not None and not isinstance(body, dict):
            raise Refusal(500, "java.lang.IllegalStateException: Expected BEGIN_OBJECT at path $")
        return body

    def _credentials(self, request: Request, path: str) -> tuple[str, str]:
        """The session that the request shows, not yet looked at, or the account of the access key that signed it."""
        authorization = request.headers.get("authorization")
        if authorization is None:
            raise Refusal(400, "missing header 'Authorization'")
        scheme, _blank, credential = authorization.partition(" ")
        if scheme == "OAuth" and credential:
            return credential, ""
        if scheme == "ZStack":
            date = request.headers.get("date")
            return "", signatures.verify(self._platform, request.method, path, credential.strip(), date)
        raise Refusal(400, "Authorization type must be 'OAuth'")

    def _call(self, api: Api, route: Route, request: Request, body: Any) -> Call:
        given = (body or {}).get(api.envelope) if api.envelope else None
        if given is not None and not isinstance(given, dict):
            raise Refusal(500, f"java.lang.IllegalStateException: Expected BEGIN_OBJECT at path $.{api.envelope}")
        spelling = self._platform.options.features.group_spelling if api.kind in ("deploy", "group_update") else {}
        return Call(
            path=route.placeholders,
            values=convert(api.parameters, given or {}, spelling),
            query=parse_qsl(request.query, keep_blank_values=True),
            system_tags=_tags(body, given, "systemTags"),
            user_tags=_tags(body, given, "userTags"),
        )

    def _dispatch(self, api: Api, request: Request, call: Call, session: str, fault: JobFault) -> Response:
        timeout_ms = DEFAULT_TIMEOUT_MS
        if request.method != "GET":
            self._check_job_id(request)
            timeout_ms = _timeout(request)
        if api.synchronous:
            if session:
                call = replace(call, account=sessions.authenticate(self._platform, session))
            self._validate(api, call)
            with self._platform.store.transaction():
                return json_response(200, api.run(self._platform, call))
        job = self._job(api, call, request, session)
        if self._platform.options.features.has("sync-writes"):
            return self.jobs.run_at_once(job)
        return self.jobs.submit(job, fault, timeout_ms)

    def _job(self, api: Api, call: Call, request: Request, session: str) -> Job:
        """The job of an asynchronous call. Its session is looked at now, and the poll shows what was found."""
        only_validated = VALIDATION_ONLY in call.system_tags
        refused: BusinessError | None = None
        try:
            if session:
                call = replace(call, account=sessions.authenticate(self._platform, session))
        except BusinessError as error:
            refused = error

        def work() -> dict[str, Any] | str:
            if refused is not None:
                raise refused
            self._validate(api, call)
            result = {} if only_validated else api.run(self._platform, call)
            wants_schema = request.headers.get("x-json-schema") == "true"
            return {**result, "schema": {}} if wants_schema and isinstance(result, dict) else result

        kind = "validation" if only_validated else api.kind
        return Job(request.job_id, kind, _subject(api, call), work, storable=self._is_storable(call))

    def _is_storable(self, call: Call) -> bool:
        """Under strict SQL a row is lost that holds a character of more than three bytes: the table is utf8."""
        if not self._platform.options.features.has("strict-sql"):
            return True
        text = json.dumps([call.values, call.system_tags, call.user_tags], ensure_ascii=False)
        return _BEYOND_THE_FIRST_PLANE.search(text) is None

    def _validate(self, api: Api, call: Call) -> None:
        operation, features = api.kind.replace("_", "-"), self._platform.options.features
        for name in call.values:
            if features.refuses(operation, name):
                raise invalid_argument(f"field[{name}] of message[{api.message}] is not supported")
        validate(self._platform, call.account, api.message, api.parameters, call.values)
        if api.creates:
            tags.check_definitions(self._platform, call.system_tags)
        for name, resource in api.subjects.items():
            require(self._platform, call.account, resource, name, call.path[name])

    def _check_job_id(self, request: Request) -> None:
        given = request.headers.get("x-job-uuid")
        if given is None:
            return
        if len(given) != _JOB_ID_LENGTH:
            raise Refusal(400, f"Invalid header[X-Job-UUID], it must be a UUID with {_JOB_ID_LENGTH} characters")
        if self.jobs.used(given):
            raise Refusal(400, f"Duplicate job uuid[{given}]")


def _timeout(request: Request) -> int:
    given = request.headers.get("x-api-timeout")
    if given is None:
        return DEFAULT_TIMEOUT_MS
    if not _JAVA_LONG.fullmatch(given):
        raise Refusal(500, f'java.lang.NumberFormatException: For input string: "{given}"')
    return int(given) * 1000


def _tags(body: Any, given: Any, name: str) -> tuple[str, ...]:
    """Tags inside the envelope are fields like others; those beside it override them."""
    beside = (body or {}).get(name)
    if beside is not None and not isinstance(beside, list):
        raise Refusal(500, f"java.lang.ClassCastException: {name} cannot be cast to java.util.List")
    inside = (given or {}).get(name)
    if inside is not None and not isinstance(inside, list):
        raise Refusal(500, f"java.lang.IllegalStateException: Expected BEGIN_ARRAY at path $.{name}")
    return tuple(str(text) for text in (inside or () if beside is None else beside))


def _subject(api: Api, call: Call) -> str:
    """The uuid of what an asynchronous call is about; a clone is about what it creates."""
    if api.creates:
        return ""
    names = ("uuid", "modelServiceUuid", "tagUuid")
    return next((call.path[name] for name in names if name in call.path), "")
