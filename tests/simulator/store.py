# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The SQLite file behind a simulator: one connection, transactions, and the text functions of the platform's MySQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .texts import fold, fold_for_equality

_TABLES = """
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS accounts (
    uuid TEXT PRIMARY KEY, name TEXT UNIQUE NOT NULL, digest TEXT NOT NULL, failures INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS access_keys (
    id TEXT PRIMARY KEY, secret TEXT NOT NULL, account TEXT NOT NULL, enabled INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS sessions (
    uuid TEXT PRIMARY KEY, account TEXT NOT NULL, created REAL NOT NULL, expires REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS deleted (uuid TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS starting (
    uuid TEXT PRIMARY KEY, due REAL NOT NULL, start TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS jobs (
    uuid TEXT PRIMARY KEY, created REAL NOT NULL, state TEXT NOT NULL, status INTEGER, body TEXT
);
CREATE TABLE IF NOT EXISTS journal (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
    query TEXT NOT NULL, kind TEXT NOT NULL, is_write INTEGER NOT NULL, status INTEGER, fault TEXT, job TEXT,
    authorization TEXT, body TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS effects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, job TEXT NOT NULL, kind TEXT NOT NULL, uuid TEXT,
    name TEXT, error TEXT
);
"""


class Store:
    """One open store file. All calls come from the thread that opened it."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._depth = 0
        for name, function in (("fold", fold), ("fold_for_equality", fold_for_equality)):
            self._connection.create_function(name, 1, _or_null(function), deterministic=True)
        # A killed process loses nothing this way, for the operating system keeps what was written; only a crash of
        # the machine would, and a test's store need not outlive that.
        self.run("PRAGMA journal_mode = WAL")
        self.run("PRAGMA synchronous = OFF")
        self._connection.executescript(_TABLES)

    def run(self, statement: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Executes one statement."""
        return self._connection.execute(statement, values)

    def run_many(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Executes one statement for each row."""
        with self.transaction():
            self._connection.executemany(statement, rows)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; may be nested. The body must not await, as there is one connection for everything."""
        name = f"level{self._depth}"
        self.run(f"SAVEPOINT {name}")
        self._depth += 1
        try:
            yield
        except BaseException:
            self.run(f"ROLLBACK TO {name}")
            raise
        finally:
            self._depth -= 1
            self.run(f"RELEASE {name}")

    def setting(self, name: str, default: str) -> str:
        """A value kept across restarts."""
        row = self.run("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return default if row is None else str(row[0])

    def set_setting(self, name: str, value: str) -> None:
        """Keeps a value across restarts."""
        self.run("INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)", (name, value))

    def close(self) -> None:
        """Closes the file."""
        self._connection.close()


def _or_null(function: Any) -> Any:
    return lambda text: None if text is None else function(str(text))
