# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a simulator process can be told at its start."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone, tzinfo
from pathlib import Path

from . import constants

SWITCHES = frozenset(
    {
        "check-time-zone",
        "delete-missing-fails",
        "merge-env",
        "no-ai",
        "no-fold",
        "no-tags",
        "no-user-tags",
        "sync-writes",
    }
)
IGNORE_PREFIXES = ("ignore-field", "add-ignore-field", "clone-ignore-field", "update-ignore-field")


@dataclass(frozen=True)
class Features:
    """How this platform deviates from the usual one. `ignored` holds (operation or "", wire name of a field)."""

    switches: frozenset[str] = frozenset()
    ignored: frozenset[tuple[str, str]] = frozenset()

    def has(self, switch: str) -> bool:
        """Whether a switch of `SWITCHES` is on."""
        return switch in self.switches

    def ignores(self, operation: str, name: str) -> bool:
        """Whether the field is dropped silently by the operation (``add``, ``clone`` or ``update``)."""
        return (operation, name) in self.ignored or ("", name) in self.ignored


def parse_features(text: str) -> Features:
    """Reads a comma list such as ``no-fold,clone-ignore-field:readme``.

    :raises ValueError: for a name that is not known.
    """
    switches, ignored = set(), set()
    for item in filter(None, (part.strip() for part in text.split(","))):
        prefix, colon, name = item.partition(":")
        if item in SWITCHES:
            switches.add(item)
        elif colon and name and prefix in IGNORE_PREFIXES:
            ignored.add(("" if prefix == "ignore-field" else prefix.split("-")[0], name))
        else:
            known = ", ".join([*sorted(SWITCHES), *(f"{known_prefix}:NAME" for known_prefix in IGNORE_PREFIXES)])
            raise ValueError(f"unknown feature {item!r}; known: {known}")
    return Features(frozenset(switches), frozenset(ignored))


def parse_offset(text: str) -> tzinfo:
    """Reads an offset from UTC such as ``+08:00``; an empty text is this machine's own.

    :raises ValueError: for any other form.
    """
    if not text:
        local = datetime.now().astimezone().tzinfo
        return local if local is not None else timezone.utc
    match = re.fullmatch(r"([+-])(\d\d):(\d\d)", text)
    if match is None:
        raise ValueError(f"not an offset such as +08:00: {text!r}")
    sign, hours, minutes = match.groups()
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-offset if sign == "-" else offset)


@dataclass(frozen=True)
class Options:
    """One simulator's settings; times are in seconds. README.md describes each of them."""

    store: Path
    host: str = "127.0.0.1"
    port: int = 0
    port_file: Path | None = None
    context_path: str = constants.CONTEXT_PATH
    job_seconds: float = 0.02
    job_effect: str = "end"
    job_retention: float = constants.JOB_RETENTION
    request_latency: float = 0.0
    max_in_flight: int = 0
    overload: str = "429"
    session_timeout: float = constants.SESSION_TIMEOUT
    session_limit: int = constants.SESSION_LIMIT
    unique_session: bool = False
    features: Features = field(default_factory=Features)
    zone: tzinfo = timezone.utc
    certfile: Path | None = None
    keyfile: Path | None = None
    seed: int = 0
    parent_pid: int = 0
