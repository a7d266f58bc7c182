# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The control surface under ``/_sim/``: for tests only, no authentication; README.md describes it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from . import constants, first_content, seeding
from .errors import BusinessError
from .faults import Faults
from .front import Front
from .incoming import Request
from .journal import Journal
from .platform import Platform
from .responses import Response
from .sessions import open_sessions

PREFIX = "/_sim/"


class Control:
    """Looks into a simulator and prepares it, beside its REST surface."""

    def __init__(self, platform: Platform, front: Front, faults: Faults, journal: Journal) -> None:
        self._platform = platform
        self._front = front
        self._faults = faults
        self._journal = journal
        self._actions: dict[tuple[str, str], Callable[[Request], Any]] = {
            ("GET", "log"): lambda request: journal.entries(_since(request)),
            ("GET", "effects"): lambda request: journal.effects(_since(request)),
            ("POST", "log/clear"): lambda _request: journal.clear(),
            ("GET", "stats"): self._stats,
            ("GET", "services"): lambda _request: seeding.raw_services(platform),
            ("POST", "services"): lambda request: seeding.insert_services(platform, *_rows(request)),
            ("DELETE", "services"): lambda _request: seeding.remove_services(platform),
            ("GET", "groups"): lambda _request: seeding.raw_groups(platform),
            ("POST", "groups"): lambda request: seeding.insert_groups(platform, *_rows(request)),
            ("DELETE", "groups"): lambda _request: seeding.remove_groups(platform),
            ("GET", "faults"): lambda _request: faults.described(),
            ("POST", "faults"): lambda request: faults.add(json.loads(request.body)),
            ("DELETE", "faults"): lambda _request: faults.clear(),
            ("POST", "options"): self._change,
            ("POST", "reset"): self._reset,
        }

    def respond(self, request: Request) -> Response:
        """Carries out one control request; what it cannot read is a 400 that says why."""
        action = self._actions.get((request.method, request.path[len(PREFIX) :]))
        if action is None:
            return _json(404, {"error": f"no control {request.method} {request.path}"})
        try:
            return _json(200, action(request))
        except (ValueError, TypeError, KeyError, AttributeError, BusinessError) as error:
            return _json(400, {"error": f"{type(error).__name__}: {error}"})

    def _stats(self, _request: Request) -> dict[str, Any]:
        return {**self._journal.stats(), "open_sessions": open_sessions(self._platform)}

    def _change(self, request: Request) -> None:
        self._platform.change(json.loads(request.body))
        self._front.reload()

    def _reset(self, request: Request) -> None:
        self._platform.reconfigure(json.loads(request.body) if request.body else [])
        self._front.reload()
        self._front.jobs.abandon()
        first_content.reset(self._platform)
        self._faults.clear()
        self._journal.clear()


def _json(status: int, body: Any) -> Response:
    return Response(status, json.dumps(body).encode(), {"Content-Type": "application/json"})


def _options(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.query))


def _since(request: Request) -> int:
    return int(_options(request).get("since", 0))


def _rows(request: Request) -> tuple[list[dict[str, Any]], str]:
    """The rows of the body, and the uuid of the account that they are for."""
    name = _options(request).get("account", constants.ADMIN_ACCOUNT)
    return json.loads(request.body), constants.ACCOUNTS[name]
