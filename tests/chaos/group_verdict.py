# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The promises about what runs of services: nothing is deployed twice, and nothing removed that was not declared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from ansible_collections.zstack.aios.tests.chaos.promises import Violation
from ansible_collections.zstack.aios.tests.chaos.running import Evidence

#: How the user tag begins that holds fingerprints of what the platform does not show; it is declared by nobody.
FINGERPRINTS = "zstack.aios:declared="
_SETTINGS = {"environment_variables": "environmentVariables", "cpu_num": "cpuNum"}


def no_group_deployed_twice(evidence: Evidence) -> Iterator[Violation]:
    """A group is there once, and was deployed once, also where one of several was deleted again."""
    for when, groups in (("after the run", evidence.groups_after), ("at last", evidence.groups_at_last)):
        for (service, name), times in Counter(_place(evidence, group) for group in groups).items():
            if times > 1:
                yield Violation("duplicate", f"{times} groups of {service} are named {name} {when}")
    took_effect = {effect["job"] for effect in evidence.effects if effect["error"] is None}
    jobs = {(entry["job"], deployed(evidence, entry)) for entry in evidence.log if entry["kind"] == "deploy"}
    for (service, name), times in Counter(place for job, place in jobs if job in took_effect).items():
        if times > 1:
            yield Violation("duplicate", f"{name} of {service} was deployed {times} times")


def no_group_lost(evidence: Evidence) -> Iterator[Violation]:
    """What is reported as done is done, and all is as declared in the end."""
    rows = {(row.get("model_service"), row["name"]): row for row in evidence.first.get("results", [])}
    for item in evidence.schedule.items:
        for declared in item.get("deployments", ()):
            place = (item["name"], declared["name"])
            alone = "results" in evidence.first and not evidence.schedule.others
            if alone and "error" not in rows.get(place, {}) and "error" not in rows.get((None, item["name"]), {}):
                for text in _missing(evidence, place, declared, evidence.groups_after):
                    yield Violation("lost", f"{place} is reported as done, and {text}")
            for text in _missing(evidence, place, declared, evidence.groups_at_last):
                yield Violation("lost", f"{place} in the end: {text}")
    left = {group["uuid"] for group in evidence.groups_at_last}
    for group in evidence.groups_before:
        if _is_to_go(evidence, group) and group["uuid"] in left:
            yield Violation("lost", f"{_place(evidence, group)} still runs in the end")


def no_other_group_touched(evidence: Evidence) -> Iterator[Violation]:
    """What is not declared stays as it is, and runs."""
    declared = {(item["name"], one["name"]) for item in evidence.schedule.items for one in item.get("deployments", ())}
    for groups in (evidence.groups_after, evidence.groups_at_last):
        now = {group["uuid"]: group for group in groups}
        for group in evidence.groups_before:
            place = _place(evidence, group)
            if place not in declared and not _is_to_go(evidence, group) and now.get(group["uuid"]) != group:
                yield Violation("touched", f"{place} was not declared and is another now")
    known = {group["uuid"] for group in evidence.groups_before}
    for group in evidence.groups_at_last:
        if group["uuid"] not in known and _place(evidence, group) not in declared:
            yield Violation("touched", f"{_place(evidence, group)} was not declared and runs now")


def deployed(evidence: Evidence, entry: dict[str, Any]) -> tuple[str, str]:
    """Return the names of the service and the group of a request that deploys."""
    body = entry["body"] if isinstance(entry["body"], dict) else {}
    name = body.get("deployModelService", {}).get("name", "")
    return _service_names(evidence).get(entry["path"].rpartition("/")[2], ""), str(name)


def uuid_of(evidence: Evidence, service: str, name: str) -> str:
    """Return the uuid that a group has or was to get, from the requests and the store."""
    for entry in evidence.log:
        if entry["kind"] == "deploy" and deployed(evidence, entry) == (service, name):
            return str(entry["body"]["deployModelService"].get("resourceUuid", ""))
    groups = (group for group in evidence.groups_before if _place(evidence, group) == (service, name))
    return next((str(group["uuid"]) for group in groups), "")


def _missing(
    evidence: Evidence, place: tuple[str, str], declared: dict[str, Any], groups: list[dict[str, Any]]
) -> Iterator[str]:
    """Yield how a stored group differs from its declaration, without any of the collection's own comparisons."""
    found = [group for group in groups if _place(evidence, group) == place]
    if declared.get("state") == "absent":
        if found:
            yield "it still runs"
        return
    if not found:
        yield "it is not there"
        return
    [group, *_others] = found
    if "description" in declared and group.get("description") != declared["description"]:
        yield f"its description is {group.get('description')!r}"
    for option, wire in _SETTINGS.items():
        is_new = group["uuid"] not in {one["uuid"] for one in evidence.groups_before}
        if option in declared and (is_new or option != "cpu_num") and group["settings"].get(wire) != declared[option]:
            yield f"its {option} is another"
    tags = sorted(tag for tag in group["userTags"] if not tag.startswith(FINGERPRINTS))
    if "user_tags" in declared and tags != sorted(declared["user_tags"]):
        yield f"its user_tags are {tags}"


def _is_to_go(evidence: Evidence, group: dict[str, Any]) -> bool:
    """Whether a group is to be deleted that is not declared itself: with its service, or as none is to run of it."""
    service, name = _place(evidence, group)
    prunes = bool(evidence.schedule.params.get("prune"))
    item = next((item for item in evidence.schedule.items if item["name"] == service), None)
    if item is None:
        return prunes and service.startswith("declared-")
    declared = item.get("deployments")
    if item.get("state") == "absent" or declared == []:
        return True
    return prunes and bool(declared) and name not in [one["name"] for one in declared]


def _place(evidence: Evidence, group: dict[str, Any]) -> tuple[str, str]:
    """Return the names of a group's service and of the group."""
    return _service_names(evidence).get(group["modelServiceUuid"], ""), group["name"]


def _service_names(evidence: Evidence) -> dict[str, str]:
    return {row["uuid"]: row["name"] for row in (*evidence.before, *evidence.after, *evidence.at_last)}
