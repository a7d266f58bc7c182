# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulator's command line."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from . import constants
from .first_content import prepare
from .options import Options, parse_features, parse_offset, parse_version
from .platform import Platform
from .server import serve
from .store import Store


def parse_options(arguments: Sequence[str]) -> Options:
    """Reads a command line.

    :raises SystemExit: after printing what is not right with it.
    """
    return Options(**vars(_parser().parse_args(arguments)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="simulator", description=__doc__)
    add = parser.add_argument
    add("--store", type=Path, required=True, help="the SQLite file; made when missing")
    add("--host", default="127.0.0.1", help="address to listen on")
    add("--port", type=int, default=0, help="port to listen on; 0 takes a free one")
    add("--port-file", type=Path, help="file that receives the port once the simulator listens")
    add("--context-path", default=constants.CONTEXT_PATH)
    add("--job-seconds", type=float, default=0.02, help="how long a job takes")
    add("--job-effect", choices=("end", "start"), default="end", help="when in that time a job takes effect")
    retention = "seconds until a finished job is forgotten"
    add("--job-retention", type=float, default=constants.JOB_RETENTION, help=retention)
    add("--job-id-window", type=float, default=0.0, help="seconds in which a second send of a job id runs as well")
    add("--group-seconds", type=float, default=0.1, help="how long an instance group takes to start")
    add("--group-instances", type=int, default=1, help="instances of a new instance group")
    add("--instance-lag", type=float, default=0.0, help="seconds that an instance starts after the one before it")
    add("--request-latency", type=float, default=0.0, help="seconds added to every request")
    add("--max-in-flight", type=int, default=0, help="requests served at once; 0 is without limit")
    add("--overload", choices=("429", "503", "html503"), default="429", help="the response above that limit")
    add("--header-limit", type=int, default=constants.HEADER_LIMIT, help="bytes of a request's line and headers")
    add("--session-timeout", type=float, default=constants.SESSION_TIMEOUT, help="seconds a session lives unused")
    add("--session-limit", type=int, default=constants.SESSION_LIMIT, help="sessions of one account")
    sweep = "seconds between two removals of expired sessions"
    add("--session-sweep", type=float, default=constants.SESSION_SWEEP_SECONDS, help=sweep)
    add("--unique-session", action="store_true", help="a login ends the account's other sessions")
    add("--platform-id", default="", help="which platform this is: zones and management nodes have uuids of their own")
    add("--platform-version", type=parse_version, default=parse_version(constants.PLATFORM_VERSION))
    add("--features", type=parse_features, default=parse_features(""), help="comma list of deviations; see README.md")
    add("--server-utc-offset", dest="zone", type=parse_offset, default=parse_offset(""), help="such as +08:00")
    add("--certfile", type=Path, help="certificate for TLS")
    add("--keyfile", type=Path, help="its private key")
    add("--seed", type=int, default=0, help="start of everything random")
    add("--parent-pid", type=int, default=0, help="stop when this process is gone")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a simulator until a signal or the end of its parent stops it."""
    given = sys.argv[1:] if arguments is None else arguments
    options = parse_options(given)
    store = Store(options.store)
    try:
        platform = Platform(options, store, lambda changes: parse_options([*given, *changes]))
        prepare(platform)
        asyncio.run(serve(platform, lambda port: _announce(options, port)))
    finally:
        store.close()
    return 0


def _announce(options: Options, port: int) -> None:
    print(f"simulator listening on {options.scheme}://{options.host}:{port}{options.context_path}", flush=True)
    if options.port_file is not None:
        draft = options.port_file.with_suffix(".draft")
        draft.write_text(f"{port}\n", encoding="ascii")
        os.replace(draft, options.port_file)
