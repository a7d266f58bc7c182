#!/usr/bin/python
# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Query the instance groups of a platform, and wait until they run."""

from __future__ import annotations

DOCUMENTATION = r"""
module: model_service_instance_group_info
short_description: Query what runs of the model services of a ZStack AIOS platform
version_added: 2.0.0
author:
  - The zstack.aios authors (@zstack-aios)
description:
  - Returns the instance groups that meet all conditions, with their status, and with the status and the addresses of their
    instances. An instance group is what the platform calls a deployed model service.
  - With O(wait_for=running), waits until all instances of all these groups run.
extends_documentation_fragment:
  - zstack.aios.platform
  - zstack.aios.platform.attributes
attributes:
  check_mode:
    support: full
    details:
      - This module does not change anything.
  diff_mode:
    support: N/A
    details:
      - This module does not change anything.
  idempotent:
    support: N/A
    details:
      - This module does not change anything.
options:
  name:
    description:
      - Name of the groups to return, in exactly this spelling, case and accents included. Names are not unique on the
        platform.
    type: str
  uuid:
    description:
      - UUID of the group to return.
    type: str
  model_service:
    description:
      - Name or UUID of the model service whose groups to return. The groups of all services of a name are returned.
      - A group outlives its model service. Such a group belongs to no service, and only the other options find it.
    type: str
  conditions:
    description:
      - Conditions that a group must meet to be returned, as in M(zstack.aios.model_service_info).
      - The fields are O(name), O(uuid), V(description), V(model_service_uuid), V(model_uuid), V(type), V(status), the other
        single values that RV(model_service_instance_groups) contains, and the tags V(__userTag__), V(__systemTag__) and
        V(__tagUuid__).
    type: list
    elements: raw
  sort_by:
    description:
      - Field to sort the groups by. By default, they are sorted by UUID.
    type: str
  sort_direction:
    description:
      - Whether to sort in ascending or in descending order.
    type: str
    choices: [asc, desc]
    default: asc
  limit:
    description:
      - Maximum number of groups to return.
    type: int
  start:
    description:
      - Number of groups to skip.
    type: int
    default: 0
  fields:
    description:
      - Keys to return for each group. The UUID and the name are always returned.
    type: list
    elements: str
  wait_for:
    description:
      - V(running) waits until at least one group meets the conditions and all instances of all these groups have the status
        C(Running).
      - The platform has no status for a failed start. C(Unknown) may pass, so it is waited for, too.
    type: str
    choices: [running]
  wait_timeout:
    description:
      - Maximum number of seconds to wait. After that, the task fails and names the last status of each group, and since when.
    type: int
    default: 600
  secret_keys:
    description:
      - Additional words that mark the key of an environment variable as secret. Keys with words such as token,
        password, secret, key and credential are always secret.
      - The module redacts the values of secret keys in the configurations and commands of the groups.
    type: list
    elements: str
seealso:
  - module: zstack.aios.model_service_instance_group
  - module: zstack.aios.model_service_info
"""

EXAMPLES = r"""
- name: Wait until the chat service runs
  zstack.aios.model_service_instance_group_info:
    host: aios.example.com
    account_name: admin
    account_password: "{{ aios_password }}"
    model_service: qwen2.5-7b-chat
    wait_for: running
    wait_timeout: 900
  register: chat

- name: Ask the first instance whether it is healthy
  ansible.builtin.uri:
    url: "{{ chat.model_service_instance_groups[0].instances[0].url }}/health"

- name: Find all groups that do not run
  zstack.aios.model_service_instance_group_info:
    host: aios.example.com
    access_key_id: "{{ aios_key_id }}"
    access_key_secret: "{{ aios_key_secret }}"
    conditions:
      - status!=Running
    fields: [status, model_service_uuid]
  register: waiting
"""

RETURN = r"""
model_service_instance_groups:
  description:
    - The groups, with the names of the options of M(zstack.aios.model_service_instance_group) as keys. Keys without an
      option are returned in snake_case.
    - Sorted by UUID unless O(sort_by) is set.
    - Which keys the platform shows differs between its versions.
  returned: success
  type: list
  elements: dict
  contains:
    # BEGIN GENERATED from the table of fields: return values
    uuid:
      description: UUID of the group.
      type: str
    model_service_uuid:
      description: UUID of the model service that the group runs.
      type: str
    name:
      description: Name of the group, which identifies it among the groups of its model service.
      type: str
    description:
      description: What the group is for.
      type: str
    type:
      description: What the instances of the group are.
      type: str
    model_uuid:
      description: UUID of the model to run.
      type: str
    status:
      description: State of the group, a word of the platform, for example V(Running) or V(Starting).
      type: str
    instances:
      description: Instances of the group, with the keys that the platform shows, in snake_case. An instance that runs
        has its addresses in C(url), C(url_maps), C(internal_url) and C(jupyter_url).
      type: list
    model_service_type:
      description: Kind of its model service.
      type: str
    yaml:
      description: Configuration that the group was deployed with, as YAML text.
      type: str
    export_path:
      description: Path of its exported files.
      type: str
    support_metrics:
      description: Whether it offers metrics.
      type: bool
    create_date:
      description: Time of its creation, as the platform writes it.
      type: str
    last_op_date:
      description: Time of its last change, as the platform writes it.
      type: str
    dataset_ref_inventories:
      description: Datasets of the group, as the platform shows them.
      type: list
    # END GENERATED
total:
  description: Number of groups that meet the conditions, regardless of O(limit) and O(start).
  returned: success
  type: int
  sample: 2
failure:
  description: Details of the error, for conditions in playbooks.
  returned: failure
  type: dict
  contains:
    code:
      description: Error code of the platform, or one of this collection such as V(query) or V(not_running).
      type: str
      sample: not_running
"""

import time
from collections.abc import Sequence
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import (
    AiosError,
    InvalidQuery,
    ValidationError,
)
from ansible_collections.zstack.aios.plugins.module_utils._common.text import quoted, trim
from ansible_collections.zstack.aios.plugins.module_utils._converge.waiting import (
    TIMEOUT_CODE,
    Statuses,
    not_running,
    pauses,
)
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import WAIT_TIMEOUT
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Resource
from ansible_collections.zstack.aios.plugins.module_utils._model.instance_group import INSTANCE_GROUP
from ansible_collections.zstack.aios.plugins.module_utils._module import AiosModule, Spec, run_module
from ansible_collections.zstack.aios.plugins.module_utils._platform.groups import InstanceGroups, find_services
from ansible_collections.zstack.aios.plugins.module_utils._platform.query import is_in
from ansible_collections.zstack.aios.plugins.module_utils._platform.search import (
    Question,
    read_question,
    search,
    select,
    unshown_fields,
)
from ansible_collections.zstack.aios.plugins.module_utils._platform.services import Services
from ansible_collections.zstack.aios.plugins.module_utils._report.changes import show_resource
from ansible_collections.zstack.aios.plugins.module_utils._rest.client import Client


def argument_spec() -> Spec:
    """Return the options besides those of the connection."""
    return {
        "name": {"type": "str"},
        "uuid": {"type": "str"},
        "model_service": {"type": "str"},
        "conditions": {"type": "list", "elements": "raw"},
        "sort_by": {"type": "str"},
        "sort_direction": {"type": "str", "choices": ["asc", "desc"], "default": "asc"},
        "limit": {"type": "int"},
        "start": {"type": "int", "default": 0},
        "fields": {"type": "list", "elements": "str"},
        "wait_for": {"type": "str", "choices": ["running"]},
        "wait_timeout": {"type": "int", "default": WAIT_TIMEOUT},
        "secret_keys": {"type": "list", "elements": "str", "no_log": False},
    }


def ask(params: dict[str, Any], client: Client, question: Question) -> tuple[list[Resource], int]:
    """Ask the platform, and wait as long as that is wanted.

    :raises AiosError: of code ``not_running``: not all groups run in time.
    """
    groups = InstanceGroups(client)
    if params["model_service"] is not None:
        services = find_services(Services(client), trim(params["model_service"]))
        question = question._replace(conditions=(*question.conditions, is_in("modelServiceUuid", services)))
    if params["wait_for"] is None:
        return search(groups, question)
    question = question._replace(columns=())  # whole groups, whose instances show whether they run
    statuses, end = Statuses(), time.monotonic() + params["wait_timeout"]
    for pause in pauses():
        found, total = search(groups, question)
        statuses.note(found)
        if found and not not_running(found):
            return found, total
        left = end - time.monotonic()
        if left <= 0:
            break
        client.signals.wait(min(pause, left))
    raise AiosError(describe(found, statuses, params["wait_timeout"]), TIMEOUT_CODE)


def describe(found: Sequence[Resource], statuses: Statuses, timeout: int) -> str:
    """Return which groups do not run after so many seconds, each with its last status."""
    late = not_running(found)
    if not late:
        return f"no instance group met the conditions within {timeout} s. Next: check the conditions, and what is deployed."
    lines = [f"- {quoted(group.name)} ({group.uuid}): {statuses.last(group.uuid)}" for group in late[:20]]
    if len(late) > 20:
        lines.append(f"- and {len(late) - 20} more")
    head = f"{len(late)} of {len(found)} instance groups do not run after {timeout} s:"
    return "\n".join([head, *lines, "Next: look for the reason on the platform, or increase wait_timeout."])


def work(module: AiosModule) -> dict[str, Any]:
    """Ask the platform."""
    params, redactor = module.params, module.redactor
    question, errors = read_question(INSTANCE_GROUP, params)
    if params["wait_timeout"] < 1:
        errors.append(ValidationError("", "wait_timeout", f"{params['wait_timeout']} is less than one second"))
    if module.errors or errors:
        raise InvalidQuery([*module.errors, *errors])
    with Client(module.connection(), signals=module.signals, redact=redactor.redact_all) as client:
        try:
            found, total = ask(params, client, question)
        finally:
            module.signals.defer()  # nothing may interrupt the logout
    fields = params["fields"] or ()
    return {
        "changed": False,
        "total": total,
        "model_service_instance_groups": [select(show_resource(group, redactor), fields) for group in found],
        "warnings": [*client.warnings, *unshown_fields(INSTANCE_GROUP, fields, found)],
    }


def main() -> None:
    """Run the module."""
    run_module(argument_spec(), frozenset(), work)


if __name__ == "__main__":
    main()
