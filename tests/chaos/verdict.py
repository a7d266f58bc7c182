# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compares the promises with what a schedule left behind. What the simulator stored and logged is the truth."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import yaml
from ansible_collections.zstack.aios.tests.chaos import folders, group_verdict
from ansible_collections.zstack.aios.tests.chaos.deployments import SECRET
from ansible_collections.zstack.aios.tests.chaos.promises import Violation
from ansible_collections.zstack.aios.tests.chaos.running import Evidence
from ansible_collections.zstack.aios.tests.simulator import constants, sessions
from ansible_collections.zstack.aios.tests.support.harness import Result

#: Seconds a run may last: the slowest thing it may wait for, several times over.
LONGEST = 25.0
_EFFECTS_OF = {
    "created": {"add", "deploy"},
    "cloned": {"clone"},
    "deleted": {"delete", "group_delete"},
    "replaced": {"add", "clone", "delete"},
    "updated": {"update", "tag", "bind", "unbind", "group_update"},
}


def judge(evidence: Evidence) -> list[Violation]:
    """Return every broken promise. What one run reports says nothing of what others did at the same time."""
    checks = _CHECKS_OF_MANY if evidence.schedule.others else _CHECKS
    return [violation for check in checks for violation in check(evidence)]


def _no_duplicate(evidence: Evidence) -> Iterator[Violation]:
    declared = {item["name"] for item in evidence.schedule.items}
    replaced = {item["name"] for item in evidence.schedule.items if "on_fixed_change" in item}
    for when, services in (("after the run", evidence.after), ("at last", evidence.at_last)):
        for name, times in Counter(row["name"] for row in services).items():
            # A replacement that is not complete leaves two services.
            if times > (2 if name in replaced and services is evidence.after else 1) and name in declared:
                yield Violation("duplicate", f"{times} services are named {name} {when}")


def _nothing_lost(evidence: Evidence) -> Iterator[Violation]:
    """What the rows call done is done, and a run without faults does the rest and then nothing."""
    for item in evidence.schedule.items:
        row = _row(evidence.first, item["name"])
        alone = not evidence.schedule.others
        reported_done = alone and _ran(evidence.first) and (row is None or "error" not in row)
        if reported_done:
            for text in _missing(item, evidence.after):
                yield Violation("lost", f"{item['name']} is reported as done, and {text}")
        for text in _missing(item, evidence.at_last):
            yield Violation("lost", f"{item['name']} in the end: {text}")
    if evidence.second.failed:
        yield Violation("lost", f"the run without faults failed: {evidence.second.get('msg')}")
    if evidence.third.failed or evidence.third.get("changed") or evidence.third_writes:
        yield Violation("lost", f"the last run wrote {len(evidence.third_writes)} times: {evidence.third.get('msg')}")
    if evidence.schedule.params.get("prune"):
        for row in evidence.at_last:
            if row["name"].startswith("declared-obsolete"):
                yield Violation("lost", f"{row['name']} was not pruned in the end")


def _missing(item: dict[str, Any], services: list[dict[str, Any]]) -> Iterator[str]:
    """Yield how a stored service differs from its declaration, without any of the collection's own comparisons."""
    found = [row for row in services if row["name"] == item["name"]]
    if item.get("state") == "absent":
        if found:
            yield "it is still there"
        return
    if not found:
        yield "it is not there"
        return
    for option, declared in item.items():
        if option in _WIRE and found[0].get(_WIRE[option]) != declared:
            yield f"{option} is {found[0].get(_WIRE[option])!r} and not {declared!r}"
    tags = sorted(
        tag
        for tag in found[0]["userTags"]
        if tag not in _PATTERN_NAMES and not tag.startswith(group_verdict.FINGERPRINTS)
    )
    if "user_tags" in item and tags != sorted(item["user_tags"]):
        yield f"user_tags are {tags}"
    if "tag_uuids" in item and sorted(found[0]["tagUuids"]) != sorted(item["tag_uuids"]):
        yield f"tag_uuids are {found[0]['tagUuids']}"
    models = sorted(reference["modelUuid"] for reference in found[0]["modelServiceRefs"])
    if "model_uuids" in item and models != sorted(item["model_uuids"]):
        yield f"model_uuids are {models}"
    for option, key in (("service_name", "name"), ("service_ports", "ports")):
        if option in item:
            shown = yaml.safe_load(found[0]["yaml"])["services"][0]
            if shown[key] != item[option]:
                yield f"{option} in its yaml is {shown[key]!r}"


_WIRE = {
    "description": "description",
    "readme": "readme",
    "request_cpu": "requestCpu",
    "request_memory": "requestMemory",
    "start_command": "startCommand",
    "install_path": "installPath",
    "model_center_uuid": "modelCenterUuid",
    "framework": "framework",
    "environment_parameters": "environmentParameters",
    "startup_parameters": "startupParameters",
}
_PATTERN_NAMES = (constants.PRODUCTION_TAG_NAME, constants.STAGING_TAG_NAME)


def _no_old_one_lost(evidence: Evidence) -> Iterator[Violation]:
    """A service is deleted for a new one only when that is as declared, and has what was not declared of the old one."""
    seeded = {row["name"]: row for row in evidence.before}
    for item in evidence.schedule.items:
        if "on_fixed_change" not in item:
            continue
        old = seeded[item["name"]]
        now = [row for row in evidence.after if row["name"] == item["name"]]
        if any(row["uuid"] == old["uuid"] for row in now):
            continue
        if not now:
            yield Violation("lost", f"{item['name']} was deleted, and nothing replaces it")
        for text in _missing(item, now) if now else ():
            yield Violation("lost", f"{item['name']} was deleted, and of the new one {text}")
        for row in now:
            if row["readme"] != old["readme"] or not (
                "user_tags" in item or set(old["userTags"]) <= set(row["userTags"])
            ):
                yield Violation("lost", f"{item['name']} was replaced by one that lacks its readme or tags")


def _nothing_hidden(evidence: Evidence) -> Iterator[Violation]:
    """A folder that does not show all that it declares prunes nothing."""
    if evidence.schedule.folder in folders.HIDING and (evidence.effects or not evidence.first.failed):
        yield Violation("touched", f"a folder with {evidence.schedule.folder} was taken for a whole declaration")


def _accurate_rows(evidence: Evidence) -> Iterator[Violation]:
    """Every row says what the platform's own records say of the service."""
    if not _ran(evidence.first):
        done = [effect for effect in evidence.effects if not effect["error"]]
        if done:
            yield Violation("inaccurate", f"the run failed before the first write and did {len(done)} things")
        return
    took_effect = _effects(evidence)
    known: set[str] = set()
    for row in evidence.first["results"]:
        uuid = row.get("uuid") or _uuid_of(evidence, row)
        known |= {uuid, row.get("replaced_uuid", uuid)}
        done = [
            *took_effect.get(uuid, []),
            *(took_effect.get(row["replaced_uuid"], []) if "replaced_uuid" in row else []),
        ]
        yield from (Violation("inaccurate", f"{row['name']} is reported as {row['action']}: {text}") for text in
                    _row_faults(evidence, row, done))  # fmt: skip
    for uuid, kinds in took_effect.items():
        if uuid not in known:
            yield Violation("inaccurate", f"{uuid} was changed ({kinds}) and has no row")


def _row_faults(evidence: Evidence, row: dict[str, Any], done: list[str]) -> Iterator[str]:
    action = row["action"]
    if action in ("failed", "not_attempted"):
        if done:
            yield f"these took effect: {done}"
        if action == "not_attempted" and _sent(evidence, row):
            yield "writes were sent"
    elif action == "unknown":
        if _end_was_seen(evidence, row):
            yield "yet the platform responded that it is done"
    elif action == "deleted":
        if any(one["uuid"] == row["uuid"] for one in (*evidence.after, *evidence.groups_after)):
            yield "it is still there"
    elif not _EFFECTS_OF[action] & set(done):
        yield f"only these took effect: {done}"
    if action == "replaced" and "error" not in row and Counter(done)["delete"] != 1:
        yield f"the old one was not deleted: {done}"
    creation = "deploy" if "model_service" in row else {"created": "add", "cloned": "clone"}.get(action, "")
    if action in ("created", "cloned") and Counter(done)[creation] != 1:
        yield f"these took effect: {done}"


def _accurate_counts(evidence: Evidence) -> Iterator[Violation]:
    """``changed`` and the summary say what the rows and the platform say."""
    result = evidence.first
    unknown = any(row["action"] == "unknown" for row in result.get("results", []))
    if evidence.effects and _effects(evidence) and not result.get("changed"):
        yield Violation("inaccurate", "changed is false, and something was done")
    if not _effects(evidence) and result.get("changed") and not unknown:
        yield Violation("inaccurate", "changed is true, and nothing was done")
    if not _ran(result):
        return
    counted = Counter(row["action"] for row in result["results"])
    errors = sum("error" in row for row in result["results"] if row["action"] not in ("unknown", "not_attempted"))
    summary = result["summary"]
    for action in ("created", "cloned", "updated", "replaced", "deleted", "unknown", "not_attempted"):
        if summary[action] != counted[action]:
            yield Violation("inaccurate", f"the summary counts {summary[action]} {action}, the rows {counted[action]}")
    if summary["failed"] != errors or result.failed != any("error" in row for row in result["results"]):
        yield Violation("inaccurate", f"the summary counts {summary['failed']} failed, the rows {errors}")
    if summary["logins"] < evidence.stats["logins"] - _lost_logins(evidence):
        yield Violation("inaccurate", f"{evidence.stats['logins']} logins took place, {summary['logins']} are reported")


def _nothing_else_touched(evidence: Evidence) -> Iterator[Violation]:
    declared = {item["name"] for item in evidence.schedule.items}
    pruned = "declared-obsolete" if evidence.schedule.params.get("prune") else "-"
    for services in (evidence.after, evidence.at_last):
        now = {row["uuid"]: row for row in services}
        for row in evidence.before:
            if row["name"] in declared or row["name"].startswith(pruned):
                continue
            if now.get(row["uuid"]) != row:
                yield Violation("touched", f"{row['name']} was not declared and is another now")
    names = {row["name"] for row in evidence.before} | declared
    for row in evidence.at_last:
        if row["name"] not in names:
            yield Violation("touched", f"{row['name']} was not declared and exists now")


def _sessions_ended(evidence: Evidence) -> Iterator[Violation]:
    """Sessions that nobody can end come from logins whose response was lost; for a lost logout there is a warning."""
    ours = 1 if evidence.schedule.way == "session" else 0
    warnings = json.dumps(evidence.first.get("warnings", []))
    warned = "the logout" in warnings
    left = evidence.stats["open_sessions"] - ours
    if left > _lost_logins(evidence) + warned:
        yield Violation("session", f"{left} sessions are left open")
    expired = evidence.fired.get("session_gone", 0)
    if evidence.stats["logins"] > 1 + expired + _lost_logins(evidence):
        yield Violation("session", f"{evidence.stats['logins']} logins for {expired} expired sessions")
    if evidence.schedule.way == "session" and evidence.stats["logouts"]:
        yield Violation("session", "a session that was given was ended")


def _no_secret(evidence: Evidence) -> Iterator[Violation]:
    hidden = (SECRET, sessions.digest(constants.ADMIN_PASSWORD), constants.ACCESS_KEY_SECRET, "OAuth ", "ZStack Demo")
    for result in (evidence.first, evidence.second, evidence.third, *evidence.others):
        text = json.dumps(result)
        for secret in hidden:
            if secret in text:
                yield Violation("secret", f"{secret[:12]}... is shown")
    for entry in evidence.log:
        if entry["kind"] == "logout" and entry["path"].rpartition("/")[2] in json.dumps(evidence.first):
            yield Violation("secret", "a session's uuid is shown")


def _no_crash(evidence: Evidence) -> Iterator[Violation]:
    for result in (evidence.first, evidence.second, evidence.third, *evidence.others):
        text = json.dumps(result)
        if "internal error" in text or "Traceback" in text or not (result.get("msg") or not result.failed):
            yield Violation("crash", text[:2000])
    if evidence.seconds > LONGEST + 60 * bool(evidence.schedule.others):
        yield Violation("slow", f"the run took {evidence.seconds:.1f} s")


_CHECKS_OF_MANY: tuple[Callable[[Evidence], Iterator[Violation]], ...] = (
    _no_crash, _no_duplicate, _nothing_lost, _no_old_one_lost, _nothing_hidden, _nothing_else_touched, _no_secret,
    group_verdict.no_group_deployed_twice, group_verdict.no_group_lost, group_verdict.no_other_group_touched,
)  # fmt: skip
_CHECKS = (*_CHECKS_OF_MANY, _accurate_rows, _accurate_counts, _sessions_ended)


def _ran(result: Result) -> bool:
    return "results" in result


def _row(result: Result, name: str) -> dict[str, Any] | None:
    """Return the row of a service."""
    rows = (row for row in result.get("results", []) if "model_service" not in row)
    return next((row for row in rows if row["name"] == name), None)


def _uuid_of(evidence: Evidence, row: dict[str, Any]) -> str:
    """Return the uuid that a service or a group has or was to get, from the requests and the store."""
    name = row["name"]
    if "model_service" in row:
        return group_verdict.uuid_of(evidence, row["model_service"], name)
    for entry in evidence.log:
        body = entry["body"] if isinstance(entry["body"], dict) else {}
        for envelope in ("param", "params"):
            inside = body.get(envelope) or {}
            if entry["kind"] in ("add", "clone") and inside.get("name") == name:
                return str(inside["resourceUuid"])
    return next((str(service["uuid"]) for service in evidence.before if service["name"] == name), "")


def _effects(evidence: Evidence) -> dict[str, list[str]]:
    """For every service and every group the kinds of jobs that took effect on it."""
    found: dict[str, list[str]] = {}
    tagged = {entry["job"]: _tagged(entry) for entry in evidence.log if entry["kind"] == "tag"}
    bound = {e["job"]: e["path"].rpartition("/")[2] for e in evidence.log if e["kind"] in ("bind", "unbind")}
    for effect in evidence.effects:
        if effect["error"] is None:
            uuid = {**tagged, **bound}.get(effect["job"], effect["uuid"])
            found.setdefault(uuid or _owner(evidence, effect), []).append(effect["kind"])
    return found


def _tagged(entry: dict[str, Any]) -> str:
    """Return the service that a request about tags is for, an empty text when only the tag's record is named."""
    inside = (entry["body"] or {}).get("params", {}) if isinstance(entry["body"], dict) else {}
    if "resourceUuids=" in entry["query"]:
        return str(entry["query"].partition("resourceUuids=")[2])
    return str(inside.get("resourceUuid") or (inside.get("resourceUuids") or [""])[0])


def _owner(evidence: Evidence, effect: dict[str, Any]) -> str:
    """Return what tags were taken off by the record's uuid: the only service or group whose tags became fewer."""
    before = (*evidence.before, *evidence.groups_before)
    now = {row["uuid"]: row for row in (*evidence.after, *evidence.groups_after)}
    return next(
        (row["uuid"] for row in before if set(row["userTags"]) - set(now.get(row["uuid"], row)["userTags"])),
        str(effect["job"]),
    )


def _requests_for(evidence: Evidence, row: dict[str, Any]) -> list[dict[str, Any]]:
    uuid = row.get("uuid") or _uuid_of(evidence, row)
    found = []
    for entry in evidence.log:
        creating = entry["kind"] in ("add", "clone", "deploy")
        about = json.dumps(entry["body"]) if creating else entry["path"] + entry["query"] + json.dumps(entry["body"])
        if entry["write"] and uuid and uuid in about:
            found.append(entry)
    return found


def _sent(evidence: Evidence, row: dict[str, Any]) -> bool:
    return bool(_requests_for(evidence, row))


def _end_was_seen(evidence: Evidence, row: dict[str, Any]) -> bool:
    """Whether the client saw the success of the last job that it began for a row."""
    jobs = [entry["job"] for entry in _requests_for(evidence, row)]
    return bool(jobs) and any(
        entry["kind"] == "poll" and entry["job"] == jobs[-1] and entry["status"] == 200 and entry["fault"] is None
        for entry in evidence.log
    )


def _lost_logins(evidence: Evidence) -> int:
    """How many logins may have succeeded without the client getting the response; a kill can cut one off."""
    spoilt = [entry for entry in evidence.log if entry["kind"] == "login" and entry["fault"] in _SPOILING]
    return len(spoilt) + (evidence.schedule.outage is not None)


_SPOILING = (
    "close_after",
    "cut_answer",
    "status_after",
    "empty_body",
    "broken_json",
    "wrong_shape",
    "huge_body",
    "delay",
)
