# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the simulator has been asked and what it did, in the store, so that it survives a killed process."""

from __future__ import annotations

import json
import time
from typing import Any

from .calls import WRITE_KINDS
from .incoming import Request
from .store import Store

_MAXIMUM = "in_flight_maximum"


class Journal:
    """The log of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._maximum = int(store.setting(_MAXIMUM, "0"))

    def record(self, request: Request, kind: str, status: int | None, fault: str | None) -> None:
        """Adds a request; `status` is None when no response was sent."""
        is_write = request.method != "GET" and kind in WRITE_KINDS
        self._store.run(
            "INSERT INTO journal (at, method, path, query, kind, is_write, status, fault, job, authorization, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                time.time(),
                request.method,
                request.path,
                request.query,
                kind,
                is_write,
                status,
                fault,
                request.path.rpartition("/")[2] if kind == "poll" else request.job_id if is_write else None,
                request.scheme or None,
                request.text,
            ),
        )

    def in_flight(self, count: int) -> None:
        """Notes how many requests are being served at once; refused ones are not served."""
        if count > self._maximum:
            self._maximum = count
            self._store.set_setting(_MAXIMUM, str(count))

    def entries(self, since: int) -> list[dict[str, Any]]:
        """The requests whose number is above `since`, oldest first."""
        names = ("seq", "at", "method", "path", "query", "kind", "status", "fault", "job", "authorization")
        rows = self._store.run(
            f"SELECT {', '.join(names)}, is_write, body FROM journal WHERE seq > ? ORDER BY seq", (since,)
        )
        return [
            {**dict(zip(names, row[:-2], strict=True)), "write": bool(row[-2]), "body": _parsed(row[-1])}
            for row in rows
        ]

    def effects(self, since: int) -> list[dict[str, Any]]:
        """The jobs that have run, oldest first; `error` is None for those that took effect."""
        names = ("seq", "at", "job", "kind", "uuid", "name", "error")
        rows = self._store.run(f"SELECT {', '.join(names)} FROM effects WHERE seq > ? ORDER BY seq", (since,))
        return [dict(zip(names, row, strict=True)) for row in rows]

    def stats(self) -> dict[str, Any]:
        """Counts over the whole log."""
        count = "SELECT {0}, COUNT(*) FROM journal WHERE {0} IS NOT NULL GROUP BY {0}"
        by = {name: dict(self._store.run(count.format(name)).fetchall()) for name in ("method", "kind", "status")}
        faults = dict(self._store.run(count.format("fault")).fetchall())
        effects = "SELECT kind, COUNT(*) FROM effects WHERE error IS NULL GROUP BY kind"
        return {
            "requests": sum(by["method"].values()),
            "writes": self._number("is_write"),
            "methods": by["method"],
            "kinds": by["kind"],
            "effects": dict(self._store.run(effects).fetchall()),
            "statuses": {str(status): number for status, number in by["status"].items()},
            "logins": self._number("kind = 'login' AND status = 200"),
            "failed_logins": self._number("kind = 'login' AND status != 200"),
            "logouts": self._number("kind = 'logout' AND status = 200"),
            "refused": faults.pop("overload", 0),
            "faults": faults,
            "in_flight_maximum": self._maximum,
            "last_seq": self._last_seq(),
        }

    def clear(self) -> None:
        """Forgets all requests and effects; the numbering goes on."""
        self._store.run("DELETE FROM journal")
        self._store.run("DELETE FROM effects")
        self._maximum = 0
        self._store.set_setting(_MAXIMUM, "0")

    def _last_seq(self) -> int:
        row = self._store.run("SELECT seq FROM sqlite_sequence WHERE name = 'journal'").fetchone()
        return 0 if row is None else int(row[0])

    def _number(self, condition: str) -> int:
        return int(self._store.run(f"SELECT COUNT(*) FROM journal WHERE {condition}").fetchone()[0])


def _parsed(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text
