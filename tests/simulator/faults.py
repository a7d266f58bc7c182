# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults on demand: rules that say which request goes wrong, when, and how."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from .calls import KINDS
from .errors import BusinessError
from .jobs import NORMAL, JobFault

# Before the request is looked at: it has no effect.
BEFORE = frozenset({"close_before", "status", "redirect"})
# The request has its effect, and its response is lost or spoilt.
AFTER = frozenset(
    {
        "close_after",
        "cut_answer",
        "status_after",
        "empty_body",
        "broken_json",
        "wrong_shape",
        "huge_body",
        "tiny_rows",
        "endless_list",
    }
)
# What goes wrong with the job that the request starts.
JOB = frozenset(
    {
        "job_stuck",
        "job_stuck_after",
        "job_lost",
        "job_never",
        "job_expired",
        "job_error",
        "job_error_after",
        "job_error_later",
        "group_stays",
        "instance_stays",
        "restart_fails",
    }
)
# What happens beside the request.
BESIDE = frozenset({"delay", "session_gone", "node_leaves"})
NAMES = BEFORE | AFTER | JOB | BESIDE
_MATCH_KEYS = frozenset({"method", "path_regex", "kind", "nth", "every", "times", "probability"})
_RULE_KEYS = frozenset({"match", "fault"})
# What a fault cannot do without.
_NEEDED = {
    "delay": "seconds",
    "status": "code",
    "status_after": "code",
    "redirect": "location",
    "huge_body": "bytes",
    "tiny_rows": "rows",
    "job_error_later": "seconds",
}


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong: a name of `NAMES` and its details."""

    name: str
    details: Mapping[str, Any] = field(default_factory=dict)

    def on_job(self) -> JobFault:
        """What it does to the job that the request starts."""
        details = self.details
        error = BusinessError(
            str(details.get("code", "SYS.1000")), str(details.get("details", "a fault was asked for"))
        )
        status = str(details.get("status", "Unknown"))
        faults = {
            "job_stuck": JobFault(executes=False, ending="stuck"),
            "job_stuck_after": JobFault(ending="stuck"),
            "job_lost": JobFault(ending="lost"),
            "job_never": JobFault(executes=False, ending="never"),
            "job_expired": JobFault(executes=bool(details.get("executed", True)), ending="expired"),
            "job_error": JobFault(executes=False, ending="error", error=error),
            "job_error_after": JobFault(ending="error", error=error),
            "job_error_later": JobFault(ending="error", error=error, late=float(details.get("seconds", 0))),
            "group_stays": JobFault(hints={"start": {"stays": status}}),
            "instance_stays": JobFault(hints={"start": {"nth": int(details.get("nth", 1)), "instance_stays": status}}),
            "restart_fails": JobFault(
                hints={"failing": int(details.get("nth", 1)), "code": str(details.get("code", "SYS.1006"))}
            ),
        }
        return faults.get(self.name, NORMAL)


@dataclass
class Rule:
    """When a fault fires.

    Of the requests that match, those from the `nth` on are candidates, every one or each `every`-th of them, by chance
    if `probability` is below 1, until the fault has fired `times` times (0: without end).
    """

    fault: Fault
    method: str = ""
    path: re.Pattern[str] = re.compile("")
    kinds: frozenset[str] = frozenset()
    nth: int = 1
    every: int = 1
    times: int = 1
    probability: float = 1.0
    matched: int = 0
    fired: int = 0

    def fires(self, method: str, path: str, kind: str, random: Random) -> bool:
        """Whether the fault happens to this request; counts it."""
        if self.method and method != self.method or self.kinds and kind not in self.kinds:
            return False
        if not self.path.search(path):
            return False
        self.matched += 1
        if self.matched < self.nth or (self.matched - self.nth) % self.every or 0 < self.times <= self.fired:
            return False
        if self.probability < 1 and random.random() >= self.probability:
            return False
        self.fired += 1
        return True


class Rows:
    """The numbers of rows that an endless list has sent so far."""

    def __init__(self) -> None:
        self._next = 1

    def take(self, count: int) -> range:
        """The next `count` numbers."""
        first, self._next = self._next, self._next + count
        return range(first, self._next)


class Faults:
    """The rules in force, in memory only."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._rules: list[Rule] = []
        self.rows = Rows()

    def add(self, given: Any) -> None:
        """Adds rules from their JSON form.

        :raises ValueError: for what is not a list of rules.
        """
        if not isinstance(given, list):
            raise ValueError("a list of rules is expected")
        self._rules.extend([parse_rule(rule) for rule in given])

    def clear(self) -> None:
        """Removes all rules."""
        self._rules.clear()

    def described(self) -> list[dict[str, Any]]:
        """What has become of each rule."""
        return [{"fault": rule.fault.name, "matched": rule.matched, "fired": rule.fired} for rule in self._rules]

    def next(self, method: str, path: str, kind: str) -> Fault | None:
        """The fault for this request, from the first rule that fires."""
        for rule in self._rules:
            if rule.fires(method, path, kind, self._random):
                return rule.fault
        return None


def parse_rule(given: Any) -> Rule:
    """Reads ``{"match": {...}, "fault": NAME}`` or ``{"match": {...}, "fault": {NAME: {...}}}``.

    :raises ValueError: with the reason, for anything else.
    """
    if not isinstance(given, dict) or not set(given) <= _RULE_KEYS or "fault" not in given:
        raise ValueError(f"a rule has the keys match and fault: {given!r}")
    match = given.get("match") or {}
    if not isinstance(match, dict) or not set(match) <= _MATCH_KEYS:
        raise ValueError(f"match has the keys {', '.join(sorted(_MATCH_KEYS))}: {match!r}")
    given_kinds = match.get("kind", [])
    kinds = frozenset([given_kinds] if isinstance(given_kinds, str) else given_kinds)
    if not kinds <= KINDS:
        raise ValueError(f"unknown kind {min(kinds - KINDS)!r}; known: {', '.join(sorted(KINDS))}")
    every = max(1, int(match.get("every", 1)))
    return Rule(
        fault=_parse_fault(given["fault"]),
        method=str(match.get("method", "")).upper(),
        path=re.compile(str(match.get("path_regex", ""))),
        kinds=kinds,
        nth=int(match.get("nth", every)),
        every=every,
        times=int(match.get("times", 1)),
        probability=float(match.get("probability", 1.0)),
    )


def _parse_fault(given: Any) -> Fault:
    name: Any
    details: Any = None
    if isinstance(given, str):
        name = given
    elif isinstance(given, dict) and len(given) == 1:
        [(name, details)] = given.items()
    else:
        raise ValueError(f"a fault is a name or a name with its details: {given!r}")
    if name not in NAMES:
        raise ValueError(f"unknown fault {name!r}; known: {', '.join(sorted(NAMES))}")
    details = details or {}
    needed = _NEEDED.get(name)
    if not isinstance(details, dict) or (needed is not None and needed not in details):
        raise ValueError(f"the fault {name} needs {needed}: {details!r}")
    fault = Fault(name, details)
    fault.on_job()  # Raises ValueError for details that are no numbers, here rather than when the fault fires.
    return fault
