# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a path and a method to the API."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .calls import Api
from .errors import Refusal

METHODS = ("GET", "POST", "PUT", "DELETE")
JOBS_PATH = "/api-jobs/"


@dataclass(frozen=True)
class Route:
    """The APIs that share the path of a request, and the values of its placeholders."""

    apis: tuple[Api, ...]
    placeholders: dict[str, str]

    def choose(self, method: str, path: str, body: Any) -> Api:
        """The API for the method; for PUT on a shared path the body's keys decide.

        :raises Refusal: 404, 405, 500 or 400 where there is none.
        """
        if method not in METHODS:
            raise Refusal(405, f"only supports GET/POST/PUT/DELETE, but got {method}")
        fitting = [api for api in self.apis if api.method == method]
        if not fitting:
            if all(api.method == "GET" for api in self.apis):
                raise Refusal(404, f"no api mapping to {path}")
            if len(self.apis) == 1:
                raise Refusal(405, f"The URL[{path}] doesn't support the method[{method}]")
            raise Refusal(500, f"No {method} found for path {path}")
        if method != "PUT" or len(self.apis) == 1:
            return fitting[0]
        named = [api for api in fitting if isinstance(body, dict) and api.envelope in body]
        if not named:
            raise Refusal(400, f"the body doesn't contain action mapping to the URL[{path}]")
        return named[0]


class Router:
    """The paths of all available APIs."""

    def __init__(self, apis: Iterable[Api]) -> None:
        by_path: dict[str, list[Api]] = {}
        for api in apis:
            by_path.setdefault(api.path, []).append(api)
        # A path without placeholders wins over one that has some in the same place.
        self._exact = {path: tuple(sharing) for path, sharing in by_path.items() if "{" not in path}
        self._patterns = [
            (re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)), tuple(sharing))
            for path, sharing in by_path.items()
            if "{" in path
        ]

    def find(self, path: str) -> Route:
        """The route of a path such as ``/v1/ai/model-services``.

        :raises Refusal: 404.
        """
        if path.startswith("/v1/"):
            exact = self._exact.get(path[3:])
            if exact is not None:
                return Route(exact, {})
            for pattern, apis in self._patterns:
                match = pattern.fullmatch(path, 3)
                if match is not None:
                    return Route(apis, match.groupdict())
        raise Refusal(404, f"no api mapping to {path}")
