# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one schedule consists of, drawn at random: what is on the platform, what is declared, and what goes wrong."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from ansible_collections.zstack.aios.tests.chaos import deployments, fault_rules, folders, others
from ansible_collections.zstack.aios.tests.chaos.deployments import SECRET
from ansible_collections.zstack.aios.tests.simulator import constants

#: Beside the declared services there are some on the platform that are not declared.
FOREIGN = "foreign"
_ODD = "-odd"
_YAML = "services:\n- name: demo\n  ports:\n  - 3000"
_PATTERNS = (constants.PRODUCTION_TAG_UUID, constants.STAGING_TAG_UUID)
_MODELS = (constants.MODEL_UUID, constants.SECOND_MODEL_UUID)


@dataclass
class Schedule:
    """One run and its faults.

    :ivar options: of the simulator; :ivar way: how it authenticates; :ivar window: the module's ``job_timeout``;
    :ivar seeded, groups: the services and instance groups before the run, as the simulator takes them;
    :ivar items: the declaration; :ivar params: further parameters of the module; :ivar rules: fault rules;
    :ivar outage: seconds until the platform is killed and until it is started again, or nothing;
    :ivar folder: the kind of folder that the declaration is in, empty for none;
    :ivar others: further runs at the same time: how each is started, and after how many seconds it is killed, if ever.
    """

    number: int
    options: dict[str, Any] = field(default_factory=dict)
    way: str = "account"
    window: int = 1
    seeded: list[dict[str, Any]] = field(default_factory=list)
    groups: list[dict[str, Any]] = field(default_factory=list)
    items: list[dict[str, Any]] = field(default_factory=list)
    params: dict[str, Any] = field(default_factory=dict)
    rules: list[dict[str, Any]] = field(default_factory=list)
    outage: tuple[float, float] | None = None
    folder: str = ""
    others: list[tuple[str, float | None]] = field(default_factory=list)


def draw(random: Random, number: int = 0, with_outage: bool = True) -> Schedule:
    """Draw a schedule; the same random numbers give the same one."""
    schedule = Schedule(number)
    schedule.options = {"job_effect": random.choice(["end", "end", "start"])}
    schedule.way = random.choice(["account"] * 6 + ["access_key", "session"])
    schedule.window = random.choice([1, 1, 1, 3])
    schedule.seeded = [_stored(f"{FOREIGN}-{index}", random) for index in range(random.randint(1, 3))]
    for index in range(random.choice([1, 1, 2, 3, 4, 6])):
        random.choice(_MAKERS)(schedule, f"declared-{index}", random)
    schedule.params = {
        "concurrency": random.choice([1, 2, 8]),
        "on_error": random.choice(["continue", "continue", "continue", "stop"]),
    }
    if random.random() < 0.15:
        _prune(schedule, random)
    schedule.rules = [fault_rules.draw(random) for _rule in range(random.choice([1, 1, 2, 2, 3, 4]))]
    if with_outage and random.random() < 0.03:
        schedule.outage = (round(0.25 * random.random(), 3), round(0.5 * random.random(), 3))
    if random.random() < 0.1:
        schedule.folder = random.choice(folders.SOUND)
        if schedule.params.get("prune"):
            schedule.folder = random.choice((*folders.SOUND, *folders.HIDING))
    if with_outage and random.random() < 0.04:
        _with_others(schedule, random)
    if random.random() < 0.3:
        _deploy(schedule, random)
    return schedule


def _deploy(schedule: Schedule, random: Random) -> None:
    """Have services deployed, before the run and by it."""
    schedule.groups = deployments.stored(schedule.seeded, random)
    deployments.declare(schedule.items, random)
    schedule.params["delete_deployed"] = True
    if schedule.params.get("prune"):
        schedule.params["prune_limit"] = "100%"
    rules = [fault_rules.draw_for_groups(random) for _rule in range(random.choice([0, 1, 1, 2]))]
    schedule.rules += [rule for rule in rules if not schedule.others or not fault_rules.may_mean_taken(rule)]
    if not schedule.others and random.random() < 0.3:
        # Without a uuid of its choice no client can tell a deployment that never comes from one that comes late.
        schedule.options["features"] = "deploy-ignore-field:resourceUuid"
        schedule.rules = [rule for rule in schedule.rules if not fault_rules.may_come_late(rule)]
        schedule.outage = None


def _with_others(schedule: Schedule, random: Random) -> None:
    """Have others do the same at the same time, on a platform that takes its time."""
    for _run in range(random.choice([1, 1, 2])):
        kind = random.choice([others.MODULE] * 6 + [others.ANSIBLE, others.WORKER])
        kill_after = round(random.uniform(0.8, 3.0 if kind == others.MODULE else 6.0), 2)
        schedule.others.append((kind, kill_after if kind == others.WORKER or random.random() < 0.6 else None))
    schedule.outage = None
    schedule.way = "account"
    # An error that may mean that a uuid is taken has a run try the next one, so that two runs can end with two.
    schedule.rules = [rule for rule in schedule.rules if not fault_rules.may_mean_taken(rule)]


def _stored(name: str, random: Random) -> dict[str, Any]:
    return {
        "uuid": uuid.uuid3(uuid.NAMESPACE_DNS, f"{name} {random.getrandbits(64)}").hex,  # another one for each name
        "name": name,
        "yaml": _YAML,
        "requestCpu": random.randint(1, 8),
        "requestMemory": 1024,
        "description": "as it was",
        "startCommand": "serve",
        "installPath": "/models/demo",
    }


def _declared(name: str, random: Random) -> dict[str, Any]:
    """Everything a creation needs, and some of what it can take."""
    item: dict[str, Any] = {
        "name": name,
        "yaml": _YAML,
        "request_cpu": random.randint(1, 8),
        "request_memory": 2048,
        "model_center_uuid": constants.MODEL_CENTER_UUID,
        "install_path": "/models/demo",
        "start_command": "serve",
    }
    more: dict[str, Any] = {
        "description": "as declared",
        "environment_parameters": {"HF_TOKEN": SECRET, "MODE": "fast"},
        "startup_parameters": {"threads": "4"},
        "service_name": random.choice(["demo", "renamed"]),
        "service_ports": [random.choice([3000, 8000])],
        "user_tags": ["team-a", "team-b"],
        "tag_uuids": list(_PATTERNS),
        "framework": "vLLM",
        "model_uuids": [constants.MODEL_UUID],
    }
    return {**item, **_some_of(more, random)}


def _some_of(values: dict[str, Any], random: Random) -> dict[str, Any]:
    return {key: value for key, value in values.items() if random.random() < 0.3}


def _created(schedule: Schedule, name: str, random: Random) -> None:
    schedule.items.append(_declared(name, random))


def _updated(schedule: Schedule, name: str, random: Random) -> None:
    schedule.seeded.append(_stored(name, random))
    changes: dict[str, Any] = {
        "description": "as declared",
        "request_cpu": 9,
        "start_command": "serve --declared",
        "environment_parameters": {"HF_TOKEN": SECRET},
        "startup_parameters": {"threads": "4"},
        "service_name": "renamed",
        "user_tags": ["team-a"],
        "tag_uuids": [random.choice(_PATTERNS)],
    }
    schedule.items.append({"name": name, "request_memory": 2048, **_some_of(changes, random)})


def _kept(schedule: Schedule, name: str, random: Random) -> None:
    schedule.seeded.append(_stored(name, random))
    schedule.items.append({"name": name, "yaml": _YAML, "description": "as it was"})


def _related(schedule: Schedule, name: str, random: Random) -> None:
    """Have members of relations added and removed: tags, and models."""
    related = {
        "userTags": ["team-a", "team-c"],
        "tagUuids": [_PATTERNS[0]],
        "modelServiceRefs": [{"modelUuid": _MODELS[0]}],
    }
    schedule.seeded.append({**_stored(name, random), **related})
    declared = {"user_tags": ["team-a", "team-b"], "tag_uuids": [_PATTERNS[1]], "model_uuids": [_MODELS[1]]}
    schedule.items.append({"name": name, **(_some_of(declared, random) or {"tag_uuids": []})})


def _deleted(schedule: Schedule, name: str, random: Random) -> None:
    if random.random() < 0.8:
        schedule.seeded.append(_stored(name, random))
    schedule.items.append({"name": name, "state": "absent"})


def _cloned(schedule: Schedule, name: str, random: Random) -> None:
    sources = [row["name"] for row in schedule.seeded if row["name"].startswith(FOREIGN)]
    present = (item["name"] for item in schedule.items if item.get("state") != "absent")
    # The simulator cannot fold parameters into a yaml that it cannot read.
    sources += [name for name in present if not name.endswith(_ODD)]
    more = {
        "description": "as declared",
        "readme": "read me",
        "request_cpu": 9,
        "environment_parameters": {"HF_TOKEN": SECRET},
        "startup_parameters": {"threads": "4"},
        "user_tags": ["team-a"],
        "model_uuids": list(_MODELS),
    }
    schedule.items.append({"name": name, "clone_from": random.choice(sources), **_some_of(more, random)})


def _replaced(schedule: Schedule, name: str, random: Random) -> None:
    """Have a service replaced, because a field changes that cannot be changed."""
    schedule.seeded.append({**_stored(name, random), "userTags": ["team-a", "team-c"], "readme": "kept"})
    changes: dict[str, Any] = {
        "description": "as declared",
        "request_cpu": 9,
        "environment_parameters": {"HF_TOKEN": SECRET},
        "startup_parameters": {"threads": "4"},
        "user_tags": ["team-a", "team-b"],
        "model_uuids": [_MODELS[1]],
    }
    fixed = {"install_path": "/models/other", "on_fixed_change": "recreate"}
    schedule.items.append({"name": name, **fixed, **_some_of(changes, random)})


def _odd(schedule: Schedule, name: str, random: Random) -> None:
    """Replace what can hardly be shown."""
    deep = "a: " + "[" * 900 + "]" * 900
    odd: dict[str, Any] = random.choice(
        [
            {"yaml": deep},
            {"yaml": f"env: {{HF_TOKEN: {SECRET}}}\n{deep}"},
            {"yaml": "a: &a [1, 1]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(40))},
            {"yaml": f"env: {{HF_TOKEN: {SECRET}}}\na: {'x' * 300_000}"},
            {"description": "\x1b[2J\u202e\x9b31m", "yaml": "{{{"},
            {"startCommand": "x\n" * 60_000},
        ]
    )
    name = f"{name}{_ODD}"
    schedule.seeded.append({**_stored(name, random), **odd})
    schedule.items.append({"name": name, "yaml": _YAML, "description": "as declared", "start_command": "serve"})


_MAKERS: tuple[Callable[[Schedule, str, Random], None], ...] = (
    _created, _created, _created, _updated, _updated, _kept, _related, _deleted, _cloned, _cloned,
    _replaced, _odd,
)  # fmt: skip


def _prune(schedule: Schedule, random: Random) -> None:
    """Have some services that are no longer declared deleted."""
    for index in range(random.randint(1, 2)):
        schedule.seeded.append(_stored(f"declared-obsolete-{index}", random))
    schedule.params.update(prune=True, prune_conditions=["name~=declared-%"], prune_allow_empty=True)
