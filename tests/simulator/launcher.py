# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starts and drives a simulator process from Python: for tests, the demo and the benchmark. Standard library only."""

from __future__ import annotations

import http.client
import json
import os
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

_FOLDER = Path(__file__).resolve().parent
_START_SECONDS = 30.0


class Simulator:
    """A simulator in a process of its own, with its store in a temporary folder unless `store` is given.

    Keyword arguments are the command line's options with underscores: ``job_seconds=0.1``, ``unique_session=True``,
    ``features="no-fold,no-tags"``. Used as a context manager, or with `start` and `stop`.
    """

    def __init__(self, *, store: str | Path | None = None, host: str = "127.0.0.1", **options: Any) -> None:
        self.host = host
        self.port = 0
        self._options = options
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._given_store = None if store is None else Path(store)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Simulator:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def protocol(self) -> str:
        """``http``, or ``https`` when a certificate was given."""
        return "https" if self._options.get("certfile") else "http"

    @property
    def context_path(self) -> str:
        """The path before ``/v1``."""
        return str(self._options.get("context_path", "/zstack"))

    @property
    def url(self) -> str:
        """The base URL with the context path and without ``/v1``."""
        return f"{self.protocol}://{self.host}:{self.port}{self.context_path}"

    @property
    def pid(self) -> int:
        """The process id, 0 when it is not running."""
        return self._process.pid if self._process is not None else 0

    @property
    def store(self) -> Path:
        """The store's file."""
        return self._given_store if self._given_store is not None else self._scratch() / "platform.sqlite"

    @property
    def output(self) -> str:
        """What the process has printed so far, of all its starts since the last `stop`."""
        if self._folder is None:
            return ""
        return (self._scratch() / "output.txt").read_text(encoding="utf-8", errors="replace")

    def start(self) -> Simulator:
        """Starts the process and waits until it listens; on the same port as before after a `kill`.

        :raises RuntimeError: with its output, when it ends instead or takes too long.
        """
        port_file = self._scratch() / "port"
        port_file.unlink(missing_ok=True)
        command = [sys.executable, str(_FOLDER), *self._arguments(port_file)]
        with (self._scratch() / "output.txt").open("ab") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + _START_SECONDS
        while not port_file.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                message = f"the simulator did not start:\n{self.output}"
                self.stop()
                raise RuntimeError(message)
            time.sleep(0.01)
        self.port = int(port_file.read_text(encoding="ascii"))
        return self

    def kill(self) -> None:
        """Ends the process as a power failure would; store and port stay."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def restart(self, **options: Any) -> Simulator:
        """Kills the process if it runs and starts it again on its store and port, with changed options if given."""
        self.kill()
        self._options |= options
        return self.start()

    def stop(self) -> None:
        """Ends the process and removes its temporary folder."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def log(self, since: int = 0) -> list[dict[str, Any]]:
        """The requests after number `since`, oldest first."""
        return list(self._control("GET", f"log?since={since}"))

    def writes(self, since: int = 0) -> list[dict[str, Any]]:
        """The requests after number `since` that ask for a change: no logins, queries and polls."""
        return [entry for entry in self.log(since) if entry["write"]]

    def effects(self, since: int = 0) -> list[dict[str, Any]]:
        """The jobs that have run: job, kind, uuid and name of the resource, error code (None: it took effect)."""
        return list(self._control("GET", f"effects?since={since}"))

    def last_seq(self) -> int:
        """The number of the latest request, to be given as `since` later on."""
        return int(self.stats()["last_seq"])

    def clear_log(self) -> None:
        """Forgets the requests and effects so far, and with them the counts of `stats`."""
        self._control("POST", "log/clear")

    def stats(self) -> dict[str, Any]:
        """Counts over the log, and the sessions that are open now."""
        return dict(self._control("GET", "stats"))

    def services(self) -> list[dict[str, Any]]:
        """All model services with everything stored of them, hidden fields and tags as well."""
        return list(self._control("GET", "services"))

    def seed(self, rows: Iterable[dict[str, Any]], account: str = "admin") -> list[str]:
        """Stores model services that look like inventories, for the account of this name; returns their uuids."""
        return list(self._control("POST", f"services?account={account}", list(rows)))

    def clear_services(self) -> None:
        """Deletes all model services."""
        self._control("DELETE", "services")

    def groups(self) -> list[dict[str, Any]]:
        """All instance groups in their states of now, with everything stored of them."""
        return list(self._control("GET", "groups"))

    def seed_groups(self, rows: Iterable[dict[str, Any]], account: str = "admin") -> list[str]:
        """Stores instance groups that look like inventories, or changes those that exist; returns their uuids."""
        return list(self._control("POST", f"groups?account={account}", list(rows)))

    def clear_groups(self) -> None:
        """Deletes all instance groups."""
        self._control("DELETE", "groups")

    def faults(self, rules: list[dict[str, Any]]) -> None:
        """Adds fault rules."""
        self._control("POST", "faults", rules)

    def fault_rules(self) -> list[dict[str, Any]]:
        """How often each rule has matched and fired."""
        return list(self._control("GET", "faults"))

    def clear_faults(self) -> None:
        """Removes all fault rules."""
        self._control("DELETE", "faults")

    def change(self, **options: Any) -> None:
        """Changes these options until the next reset; everything stored stays."""
        self._control("POST", "options", _words(options))

    def reset(self, **options: Any) -> None:
        """Brings everything back to the state of a new store; running jobs are dropped.

        The options count until the next reset, beside those of the start. The store, addresses, TLS and the limit of
        headers stay as they are.
        """
        self._control("POST", "reset", _words(options))

    def _scratch(self) -> Path:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="aios-simulator-")
        return Path(self._folder.name)

    def _arguments(self, port_file: Path) -> list[str]:
        arguments = ["--store", str(self.store), "--host", self.host, "--port", str(self.port)]
        arguments += ["--port-file", str(port_file), "--parent-pid", str(os.getpid())]
        return arguments + _words(self._options)

    def _control(self, method: str, path: str, body: Any = None) -> Any:
        if self.protocol == "https":
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(self.host, self.port, context=context)
        else:
            connection = http.client.HTTPConnection(self.host, self.port)
        try:
            connection.request(method, f"/_sim/{path}", None if body is None else json.dumps(body))
            response = connection.getresponse()
            result = json.loads(response.read())
        finally:
            connection.close()
        if response.status != http.HTTPStatus.OK:
            raise ValueError(result["error"])
        return result


def _words(options: dict[str, Any]) -> list[str]:
    """The command line for keyword arguments."""
    words = []
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if value is True:
            words.append(flag)
        elif value is not None and value is not False:
            # Joined, because a value may begin with a dash, as an offset from UTC may.
            words.append(f"{flag}={value}")
    return words
