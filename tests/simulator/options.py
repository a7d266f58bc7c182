# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings of one simulator process."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone, tzinfo
from pathlib import Path

from . import constants

SWITCHES = frozenset(
    {
        "any-system-tag",
        "check-time-zone",
        "delete-missing-fails",
        "length-limits",
        "merge-env",
        "no-ai",
        "no-bind",
        "no-fold",
        "no-groups",
        "no-tags",
        "no-total",
        "no-user-tags",
        "remember-deleted",
        "strict-sql",
        "sync-writes",
        "unbind-inventory",
        "yaml-anew",
    }
)
#: The operations whose fields a platform may ignore or refuse.
OPERATIONS = ("add", "clone", "update", "deploy", "group-update")
_FIELD = re.compile(rf"(?:({'|'.join(OPERATIONS)})-)?(ignore|refuse)-field")
#: Features that need a value, and the form of that value.
VALUED = {
    "denied-code": re.compile(r"[\w.]+"),
    "duplicate-code": re.compile(r"[\w.]+"),
    "group-field": re.compile(r"\w+=\w*"),
    "groups-path": re.compile(r"slash|plain|both"),
}


@dataclass(frozen=True)
class Features:
    """How this platform deviates from the usual one.

    `ignored` and `refused` have (operation or "", wire name of a field). `values` has (feature, value) of those that
    need a value.
    """

    switches: frozenset[str] = frozenset()
    ignored: frozenset[tuple[str, str]] = frozenset()
    refused: frozenset[tuple[str, str]] = frozenset()
    values: tuple[tuple[str, str], ...] = ()

    def has(self, switch: str) -> bool:
        """Whether a switch of `SWITCHES` is on."""
        return switch in self.switches

    def ignores(self, operation: str, name: str) -> bool:
        """Whether the field is dropped silently by the operation, one of `OPERATIONS`."""
        return (operation, name) in self.ignored or ("", name) in self.ignored

    def refuses(self, operation: str, name: str) -> bool:
        """Whether the operation, one of `OPERATIONS`, fails with the field."""
        return (operation, name) in self.refused or ("", name) in self.refused

    def value(self, feature: str, default: str) -> str:
        """The value given for a feature, the last one if there are several."""
        return dict(self.values).get(feature, default)

    @property
    def group_spelling(self) -> dict[str, str]:
        """For fields of instance groups that are spelt otherwise here, their name here; "" where there is none."""
        pairs = (value.partition("=") for feature, value in self.values if feature == "group-field")
        return {name: other for name, _equals, other in pairs}


def parse_features(text: str) -> Features:
    """Reads a comma list such as ``no-fold,clone-ignore-field:readme``.

    :raises ValueError: for a name that is not known, or a value that does not fit it.
    """
    switches, values = set(), []
    fields: dict[str, set[tuple[str, str]]] = {"ignore": set(), "refuse": set()}
    for item in filter(None, (part.strip() for part in text.split(","))):
        name, _colon, value = item.partition(":")
        match = _FIELD.fullmatch(name)
        if item in SWITCHES:
            switches.add(item)
        elif match is not None and value:
            fields[match.group(2)].add((match.group(1) or "", value))
        elif name in VALUED and VALUED[name].fullmatch(value):
            values.append((name, value))
        else:
            of_fields = [f"[OPERATION-]{verb}-field:NAME" for verb in fields]
            known = [*sorted(SWITCHES), *of_fields, *(f"{valued}:VALUE" for valued in VALUED)]
            raise ValueError(f"unknown feature {item!r}; known: {', '.join(known)}")
    return Features(frozenset(switches), frozenset(fields["ignore"]), frozenset(fields["refuse"]), tuple(values))


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


def parse_version(text: str) -> tuple[int, ...]:
    """Reads a version such as ``5.5.22``, so that versions can be compared.

    :raises ValueError: for any other form.
    """
    return tuple(int(part) for part in text.split("."))


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
    job_id_window: float = 0.0
    group_seconds: float = 0.1
    group_instances: int = 1
    instance_lag: float = 0.0
    request_latency: float = 0.0
    max_in_flight: int = 0
    overload: str = "429"
    header_limit: int = constants.HEADER_LIMIT
    session_timeout: float = constants.SESSION_TIMEOUT
    session_limit: int = constants.SESSION_LIMIT
    session_sweep: float = constants.SESSION_SWEEP_SECONDS
    unique_session: bool = False
    platform_id: str = ""
    platform_version: tuple[int, ...] = parse_version(constants.PLATFORM_VERSION)
    features: Features = field(default_factory=Features)
    zone: tzinfo = timezone.utc
    certfile: Path | None = None
    keyfile: Path | None = None
    seed: int = 0
    parent_pid: int = 0

    @property
    def scheme(self) -> str:
        """The protocol it is reached by."""
        return "http" if self.certfile is None else "https"
