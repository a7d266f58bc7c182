# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The control surface under ``/_sim/``: for tests only, no authentication; README.md describes it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from . import seeding
from .errors import BusinessError
from .faults import Faults
from .front import Front, Request
from .journal import Journal
from .platform import Platform
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
            ("POST", "services"): lambda request: seeding.insert_services(platform, json.loads(request.body)),
            ("DELETE", "services"): lambda _request: seeding.remove_services(platform),
            ("GET", "faults"): lambda _request: faults.described(),
            ("POST", "faults"): lambda request: faults.add(json.loads(request.body)),
            ("DELETE", "faults"): lambda _request: faults.clear(),
            ("POST", "reset"): self._reset,
        }

    def answer(self, request: Request) -> web.Response:
        """Carries out one control request; what it cannot read is a 400 that says why."""
        action = self._actions.get((request.method, request.path[len(PREFIX) :]))
        if action is None:
            return web.json_response({"error": f"no control {request.method} {request.path}"}, status=404)
        try:
            return web.json_response(action(request))
        except (ValueError, TypeError, KeyError, AttributeError, BusinessError) as error:
            return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)

    def _stats(self, _request: Request) -> dict[str, Any]:
        return {**self._journal.stats(), "open_sessions": open_sessions(self._platform)}

    def _reset(self, _request: Request) -> None:
        self._front.abandon_jobs()
        seeding.reset(self._platform)
        self._faults.clear()
        self._journal.clear()


def _since(request: Request) -> int:
    return int(dict(parse_qsl(request.query)).get("since", 0))
