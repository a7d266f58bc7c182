# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulator's command line."""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from random import Random

from . import constants
from .options import Options, parse_features, parse_offset
from .platform import Platform
from .seeding import prepare
from .server import serve
from .store import Store


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
    add(
        "--job-retention", type=float, default=constants.JOB_RETENTION, help="seconds until a finished job is forgotten"
    )
    add("--request-latency", type=float, default=0.0, help="seconds added to every request")
    add("--max-in-flight", type=int, default=0, help="requests served at once; 0 is without limit")
    add("--overload", choices=("429", "503", "html503"), default="429", help="the answer above that limit")
    add("--session-timeout", type=float, default=constants.SESSION_TIMEOUT, help="seconds a session lives unused")
    add("--session-limit", type=int, default=constants.SESSION_LIMIT, help="sessions of one account")
    add("--unique-session", action="store_true", help="a login ends the account's other sessions")
    add("--features", type=parse_features, default=parse_features(""), help="comma list of deviations; see README.md")
    add("--server-utc-offset", dest="zone", type=parse_offset, default=parse_offset(""), help="such as +08:00")
    add("--certfile", type=Path, help="certificate for TLS")
    add("--keyfile", type=Path, help="its private key")
    add("--seed", type=int, default=0, help="start of everything random")
    add("--parent-pid", type=int, default=0, help="stop when this process is gone")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a simulator until it is told to stop."""
    options = Options(**vars(_parser().parse_args(arguments)))
    store = Store(options.store)
    try:
        platform = Platform(options, store, Random(options.seed))
        prepare(platform)
        asyncio.run(serve(platform, lambda port: _announce(options, port)))
    finally:
        store.close()
    return 0


def _announce(options: Options, port: int) -> None:
    scheme = "http" if options.certfile is None else "https"
    print(f"simulator listening on {scheme}://{options.host}:{port}{options.context_path}", flush=True)
    if options.port_file is not None:
        draft = options.port_file.with_suffix(".draft")
        draft.write_text(f"{port}\n", encoding="ascii")
        os.replace(draft, options.port_file)
