# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fault rules drawn at random. Faults that would be lies (a success that says what is not so) are left out."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

_HTML = "<html><body><h1>{0}</h1></body></html>"
#: Which requests a fault can hit; an empty list is every request.
_TARGETS: tuple[list[str], ...] = (
    [], ["add", "clone", "update", "delete"], ["poll"], ["query"], ["add", "clone"], ["update"], ["tag"], ["delete"],
    ["bind", "unbind"], ["login"], ["logout"], ["poll", "query"],
)  # fmt: skip
_WRITES = ({"kind": ["add", "clone"]}, {"kind": ["update"]}, {"kind": ["delete"]}, {"kind": ["tag"]},
           {"kind": ["bind", "unbind"]}, {"kind": ["add", "clone", "update", "delete", "tag", "bind", "unbind"]})  # fmt: skip
_GROUP_TARGETS = (["deploy"], ["deploy"], ["group_update"], ["group_delete"], ["groups"])
#: A platform that reports these may have done what was asked, or not.
_AMBIGUOUS = ("SYS.1000", "SYS.1001", "SYS.1002", "SYS.1006", "SYS.1011", "SYS.1012", "SYS.1017")
_DEFINITE = ("SYS.1007", "SYS.1010", "ID.1002", "ID.1003", "SYS.1019")
_SHAPES: tuple[Any, ...] = ([], "text", None, 7, {"inventories": "none"}, {"inventory": []}, {"nothing": True})
_JOB_FAULTS = (
    "job_stuck", "job_stuck_after", "job_lost", "job_lost", "job_never", "job_never", "job_expired", "job_error", "job_error",
    "job_error_after", "job_error_later",
)  # fmt: skip
_ANY_FAULTS = ("close_before", "close_before", "close_after", "close_after", "cut_answer", "cut_answer", "empty_body",
               "broken_json", "wrong_shape", "huge_body", "delay", "status", "status", "status_after", "redirect",
               "session_gone", "session_gone", "node_leaves")  # fmt: skip
#: Groups that never run, which no run can help, restarts, which no schedule has, and listings beyond every limit.
NOT_DRAWN = frozenset({"group_stays", "instance_stays", "restart_fails", "endless_list", "tiny_rows"})
#: Codes after which a job may still take effect, and how many seconds later it does at most.
_MAY_FOLLOW = ("SYS.1011", "SYS.1012")
LATEST = 0.8


def draw(random: Random) -> dict[str, Any]:
    """Draw one rule in the simulator's JSON form."""
    return _draw(random, _TARGETS, _WRITES)


def draw_for_groups(random: Random) -> dict[str, Any]:
    """Draw one rule for requests about instance groups."""
    return _draw(random, _GROUP_TARGETS, [{"kind": kinds} for kinds in _GROUP_TARGETS[:-1]])


def _draw(random: Random, targets: Sequence[list[str]], writes: Sequence[dict[str, Any]]) -> dict[str, Any]:
    often: dict[str, Any] = {"nth": random.choice([1, 1, 1, 2, 3]), "times": random.choice([1, 1, 1, 2, 3])}
    if random.random() < 0.2:
        often = {"probability": random.choice([0.1, 0.3]), "times": 6}
    if random.random() < 0.35:
        return {"match": {**random.choice(writes), **often}, "fault": _job_fault(random)}
    name = random.choice(_ANY_FAULTS)
    if random.random() < 0.02 and name.startswith("close"):
        often["times"] = 0
    return {"match": {"kind": random.choice(targets), **often}, "fault": {name: _details(name, random)}}


def may_mean_taken(rule: dict[str, Any]) -> bool:
    """Whether a rule makes the platform refuse a creation as it does where the uuid is taken."""
    details = next(iter(rule["fault"].values()))
    return details.get("code") in ("SYS.1000", "SYS.1002", "SYS.1006")


def may_come_late(rule: dict[str, Any]) -> bool:
    """Whether a rule has something take effect after the client was told that it has ended, or nothing at all."""
    return bool({"job_error_later", "node_leaves", "delay"} & set(rule["fault"]))


def _job_fault(random: Random) -> dict[str, Any]:
    name = random.choice(_JOB_FAULTS)
    details: dict[str, Any] = {}
    if name == "job_expired":
        details = {"executed": random.choice([True, False])}
    elif name == "job_error":
        details = {"code": random.choice(_AMBIGUOUS + _DEFINITE)}
    elif name == "job_error_after":
        details = {"code": random.choice(_AMBIGUOUS)}
    elif name == "job_error_later":
        details = {"code": random.choice(_MAY_FOLLOW), "seconds": random.choice([0.1, 0.3, LATEST])}
    return {name: details}


def _details(name: str, random: Random) -> dict[str, Any]:
    if name == "delay":
        return {"seconds": random.choice([0.05, 0.2, 1.2])}
    if name == "node_leaves":
        return {"executes": random.choice([True, False])}
    if name == "huge_body":
        return {"bytes": 300_000}
    if name == "redirect":
        return {"location": "http://127.0.0.1:9/elsewhere"}
    if name == "wrong_shape":
        return {"body": random.choice(_SHAPES)}
    if name == "status_after":
        code = random.choice([502, 503, 504])
        return {"code": code, "body": _HTML.format(code)}
    if name == "status":
        code = random.choice([400, 403, 404, 429, 429, 500, 502, 503, 504])
        headers = {"Retry-After": "1"} if random.random() < 0.1 else {}
        return {"code": code, "body": _HTML.format(code), "headers": headers}
    return {}
