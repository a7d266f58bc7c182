# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The REST front: from a request to an answer, in the platform's own order of checks (contract 1, 3.3 and 4.1)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, unquote

from . import sessions, signatures
from .answers import Answer, error_answer, html_answer, json_answer, refusal_answer
from .apis import available
from .calls import VALIDATION_ONLY, Api, Call
from .errors import BusinessError, Refusal, not_found
from .jobs import DEFAULT_TIMEOUT_MS, NORMAL, Fate, Job, Jobs
from .messages import convert, validate
from .platform import Platform
from .resources import exists
from .routing import JOBS_PATH, Route, Router
from .texts import new_uuid

_RAW_IN_URL = re.compile(r'[<>"{}|\\^\x00-\x20\x7f-\uffff]')
_CHARSET = re.compile(r'charset="?([\w.:-]+)', re.IGNORECASE)
_JAVA_LONG = re.compile(r"[+-]?[0-9]{1,18}")
_JOB_ID_LENGTH = 32


@dataclass(frozen=True)
class Request:
    """One HTTP request as it came in: `target` is the raw path and query, header names are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @cached_property
    def path(self) -> str:
        """The decoded path, with the context."""
        return unquote(self.target.partition("?")[0])

    @cached_property
    def query(self) -> str:
        """The raw query string."""
        return self.target.partition("?")[2]

    @cached_property
    def text(self) -> str:
        """The body as the servlet reads it: without a charset in Content-Type it is taken for ISO-8859-1."""
        match = _CHARSET.search(self.headers.get("content-type", ""))
        try:
            return self.body.decode(match.group(1) if match is not None else "iso-8859-1", "replace")
        except LookupError:
            return self.body.decode("iso-8859-1")

    @cached_property
    def document(self) -> Any:
        """The body as JSON, None when it is empty, or the ValueError that parsing it raised."""
        try:
            return json.loads(self.text) if self.text.strip() else None
        except ValueError as error:
            return error

    @cached_property
    def job_id(self) -> str:
        """The client's own job id, or a new one."""
        return self.headers.get("x-job-uuid") or new_uuid()

    @property
    def scheme(self) -> str:
        """The first word of the Authorization header."""
        return self.headers.get("authorization", "").split(" ")[0]


class Front:
    """Answers requests. It knows nothing of connections, faults and logs."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._router = Router(available(platform.options.features))
        self._jobs = Jobs(platform)

    def kind(self, request: Request) -> str:
        """What the log and the fault rules call the request; `other` when no API is found for it."""
        path = self._inner_path(request)
        if path.startswith("/v1" + JOBS_PATH):
            return "poll"
        try:
            route = self._router.find(path)
            return route.choose(request.method, path, request.document).kind
        except Refusal:
            return "other"

    def answer(self, request: Request, fate: Fate = NORMAL) -> Answer:
        """Does what the request asks; `fate` is for the job it starts, if it starts one."""
        if _RAW_IN_URL.search(request.target):
            return html_answer(400, "Bad Request")
        path = self._inner_path(request)
        if not path.startswith("/v1/"):
            return html_answer(404, "Not Found")
        try:
            # Polls are handled before routing and before any look at Authorization.
            if path.startswith("/v1" + JOBS_PATH):
                return self._poll(request, path)
            route = self._router.find(path)
            body = self._body(request) if request.method in ("POST", "PUT") else None
            api = route.choose(request.method, path, body)
            session = self._session(request, path) if api.authenticated else ""
            return self._dispatch(api, request, self._call(api, route, request, body, session), fate)
        except Refusal as refusal:
            return refusal_answer(refusal)
        except sessions.WrongPassword as error:
            sessions.count_failure(self._platform, error.account)
            return error_answer(error)
        except BusinessError as error:
            return error_answer(error)

    def abandon_jobs(self) -> None:
        """Keeps every job that still runs from having an effect."""
        self._jobs.abandon()

    def session_of(self, request: Request) -> str:
        """The session's uuid that the request shows, or an empty text."""
        scheme, _blank, credential = request.headers.get("authorization", "").partition(" ")
        return credential if scheme == "OAuth" else ""

    def _inner_path(self, request: Request) -> str:
        context = self._platform.options.context_path
        return request.path[len(context) :] if request.path.startswith(context + "/") else ""

    def _poll(self, request: Request, path: str) -> Answer:
        if request.method != "GET":
            raise Refusal(405, f"only GET is supported for {JOBS_PATH}, but got {request.method}")
        return self._jobs.poll(path[len("/v1" + JOBS_PATH) :])

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

    def _session(self, request: Request, path: str) -> str:
        authorization = request.headers.get("authorization")
        if authorization is None:
            raise Refusal(400, "missing header 'Authorization'")
        scheme, _blank, credential = authorization.partition(" ")
        if scheme == "OAuth" and credential:
            return credential
        if scheme == "ZStack":
            date = request.headers.get("date")
            signatures.verify(self._platform, request.method, path, credential.strip(), date)
            return ""
        raise Refusal(400, "Authorization type must be 'OAuth'")

    def _call(self, api: Api, route: Route, request: Request, body: Any, session: str) -> Call:
        given = (body or {}).get(api.envelope) if api.envelope else None
        if given is not None and not isinstance(given, dict):
            raise Refusal(500, f"java.lang.IllegalStateException: Expected BEGIN_OBJECT at path $.{api.envelope}")
        return Call(
            path=route.placeholders,
            values=convert(api.parameters, given or {}),
            query=parse_qsl(request.query, keep_blank_values=True),
            system_tags=_tags(body, "systemTags"),
            user_tags=_tags(body, "userTags"),
            session=session,
        )

    def _dispatch(self, api: Api, request: Request, call: Call, fate: Fate) -> Answer:
        timeout_ms = DEFAULT_TIMEOUT_MS
        if request.method != "GET":
            self._check_job_id(request)
            timeout_ms = _timeout(request)
        if api.synchronous:
            if call.session:
                sessions.authenticate(self._platform, call.session)
            self._validate(api, call)
            with self._platform.store.transaction():
                return json_answer(200, api.run(self._platform, call))
        job = self._job(api, call, request)
        if self._platform.options.features.has("sync-writes"):
            return self._jobs.run_at_once(job)
        return self._jobs.submit(job, fate, timeout_ms)

    def _job(self, api: Api, call: Call, request: Request) -> Job:
        """The job of an asynchronous call. Its session is looked at now, and what was found is told by the poll."""
        only_validated = VALIDATION_ONLY in call.system_tags
        refused: BusinessError | None = None
        if call.session:
            try:
                sessions.authenticate(self._platform, call.session)
            except BusinessError as error:
                refused = error

        def work() -> dict[str, Any] | str:
            if refused is not None:
                raise refused
            self._validate(api, call)
            result = {} if only_validated else api.run(self._platform, call)
            wants_schema = request.headers.get("x-json-schema") == "true"
            return {**result, "schema": {}} if wants_schema and isinstance(result, dict) else result

        subject = call.path.get("uuid", call.path.get("tagUuid", "")) if api.kind != "clone" else ""
        return Job(request.job_id, "validation" if only_validated else api.kind, subject, work)

    def _validate(self, api: Api, call: Call) -> None:
        validate(self._platform.store, api.message, api.parameters, call.values)
        if api.subject is not None and not exists(self._platform.store, api.subject, call.path["uuid"]):
            raise not_found("uuid", call.path["uuid"])

    def _check_job_id(self, request: Request) -> None:
        given = request.headers.get("x-job-uuid")
        if given is None:
            return
        if len(given) != _JOB_ID_LENGTH:
            raise Refusal(400, f"Invalid header[X-Job-UUID], it must be a UUID with {_JOB_ID_LENGTH} characters")
        if self._jobs.known(given):
            raise Refusal(400, f"Duplicate job uuid[{given}]")


def _timeout(request: Request) -> int:
    given = request.headers.get("x-api-timeout")
    if given is None:
        return DEFAULT_TIMEOUT_MS
    if not _JAVA_LONG.fullmatch(given):
        raise Refusal(500, f'java.lang.NumberFormatException: For input string: "{given}"')
    return int(given) * 1000


def _tags(body: Any, name: str) -> tuple[str, ...]:
    given = (body or {}).get(name)
    if given is None:
        return ()
    if not isinstance(given, list):
        raise Refusal(500, f"java.lang.ClassCastException: {name} cannot be cast to java.util.List")
    return tuple(str(text) for text in given)
