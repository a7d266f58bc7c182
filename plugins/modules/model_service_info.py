#!/usr/bin/python
# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Query the model services of a platform."""

from __future__ import annotations

DOCUMENTATION = r"""
module: model_service_info
short_description: Query the model services of a ZStack AIOS platform
version_added: 1.0.0
author:
  - The zstack.aios authors (@zstack-aios)
description:
  - Returns the model services that meet all conditions, every page of them.
  - With O(declared=true) they come in the form that M(zstack.aios.model_services) accepts, so that what exists can be
    written down, kept in Git and managed from then on.
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
      - Only services of exactly this name, in case and accents too. Names are not unique on the platform.
    type: str
  uuid:
    description:
      - Only the service of this uuid.
    type: str
  conditions:
    description:
      - Only services that meet all of these.
      - Each is a text of field, operator and value such as V(request_cpu>=8) or V(name~=chat-%), or a mapping of C(field),
        C(operator) and C(value).
      - Operators are V(=), V(!=), V(>), V(>=), V(<), V(<=), V(~=) (like, with V(%) and V(_)), V(!~=), V(?=) (one of several,
        separated by commas), V(!?=), V(is null) and V(not null).
      - The platform compares without regard to case and accents; V(=), V(?=) and V(~=) are made exact by this module.
      - Fields are the options of M(zstack.aios.model_service) that hold a single value, O(uuid), V(create_date),
        V(last_op_date), and the tags V(__userTag__), V(__systemTag__) and V(__tagUuid__).
    type: list
    elements: raw
  sort_by:
    description:
      - The field to sort by.
    type: str
  sort_direction:
    description:
      - Which end comes first.
    type: str
    choices: [asc, desc]
    default: asc
  limit:
    description:
      - Return at most so many.
    type: int
  start:
    description:
      - Leave out so many at the beginning.
    type: int
    default: 0
  fields:
    description:
      - Return only these keys of each service, and always its uuid and name.
    type: list
    elements: str
  count_only:
    description:
      - Return only RV(total).
    type: bool
    default: false
  declared:
    description:
      - Return each service in the form that M(zstack.aios.model_services) accepts and that changes nothing when it is applied.
      - Only what a creation takes is declared, without values the platform makes. The uuid is added where a name is not
        unique.
      - Masked secrets stay masked; when they are given back, the platform's own values are kept.
    type: bool
    default: false
  secret_keys:
    description:
      - Further words that make the key of an environment variable secret, beside words such as token, password, secret, key
        and credential. Such values in the environment that a service's C(yaml) shows are masked.
    type: list
    elements: str
seealso:
  - module: zstack.aios.model_service
  - module: zstack.aios.model_services
"""

EXAMPLES = r"""
- name: Which services want a GPU and more than eight CPUs?
  zstack.aios.model_service_info:
    host: aios.example.com
    account_name: admin
    account_password: "{{ aios_password }}"
    conditions:
      - request_cpu>8
      - gpu_compute_capability not null
    fields: [request_cpu, gpu_compute_capability]
    sort_by: request_cpu
    sort_direction: desc
  register: big

- name: How many are there?
  zstack.aios.model_service_info:
    host: aios.example.com
    account_name: admin
    account_password: "{{ aios_password }}"
    count_only: true
  register: all_services

- name: Write down what exists
  zstack.aios.model_service_info:
    host: aios.example.com
    account_name: admin
    account_password: "{{ aios_password }}"
    conditions:
      - field: system
        operator: "="
        value: false
    declared: true
  register: existing
"""

RETURN = r"""
model_services:
  description:
    - The services, in the names of the options of M(zstack.aios.model_service); keys without an option come in snake_case.
    - Sorted by uuid unless O(sort_by) is given.
  returned: success, unless O(count_only)
  type: list
  elements: dict
  contains:
    # BEGIN GENERATED from the table of fields: return values
    uuid:
      description: The service's uuid.
      type: str
    name:
      description: Name of the service.
      type: str
    description:
      description: What the service is for.
      type: str
    readme:
      description: Long description, shown by the platform as a document.
      type: str
    yaml:
      description: Configuration of the service, as YAML text or as a mapping.
      type: str
    request_cpu:
      description: Number of CPUs.
      type: int
    request_memory:
      description: Amount of memory, in the unit your platform uses.
      type: int
    model_center_uuid:
      description: The model center the service belongs to.
      type: str
    gpu_compute_capability:
      description: GPU compute capability the service needs.
      type: str
    install_path:
      description: Where the service is stored.
      type: str
    start_command:
      description: The command that starts the service.
      type: str
    container_command:
      description: The command of the container.
      type: str
    container_args:
      description: The arguments of the container's command.
      type: str
    python_version:
      description: Version of Python.
      type: str
    conda_version:
      description: Version of Conda.
      type: str
    size:
      description: Size of the service, in the unit your platform uses.
      type: int
    system:
      description: Whether this is a service of the platform itself.
      type: bool
    type:
      description: What kind of service this is.
      type: str
    source:
      description: Where the service comes from.
      type: str
    framework:
      description: The framework that runs the model, for example V(vLLM).
      type: str
    model_uuids:
      description: The models the service is bound to.
      type: list
    cpu_architectures:
      description: The CPU architectures the service runs on, for example V(X86_64) or V(AARCH64), in any case and order.
      type: list
    architecture_images:
      description: The images to start from, one for each CPU architecture.
      type: list
    support_distributed:
      description: Whether inference can be distributed.
      type: bool
    vendor_to_spec_uuids_map:
      description: 'The GPU specifications to use: for each GPU vendor a list of uuids.'
      type: dict
    create_date:
      description: When it was created, as the platform writes it.
      type: str
    has_new_version:
      description: Whether the platform has a newer version of it.
      type: bool
    last_op_date:
      description: When it was last changed, as the platform writes it.
      type: str
    model_service_refs:
      description: The bindings between the service and its models.
      type: list
    version:
      description: Its version.
      type: str
    # END GENERATED
total:
  description: How many services meet the conditions, O(limit) not regarded.
  returned: success
  type: int
  sample: 12
failure:
  description: The parts of what went wrong, to branch on.
  returned: failure
  type: dict
  contains:
    code:
      description: The platform's error code, or a word of this collection.
      type: str
      sample: ID.1000
"""

from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import Mistake, QueryError
from ansible_collections.zstack.aios.plugins.module_utils._common.text import trim
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import Held
from ansible_collections.zstack.aios.plugins.module_utils._model.redaction import Secrecy
from ansible_collections.zstack.aios.plugins.module_utils._module import AiosModule, Spec, run_module
from ansible_collections.zstack.aios.plugins.module_utils._platform import query, search
from ansible_collections.zstack.aios.plugins.module_utils._platform.services import Services
from ansible_collections.zstack.aios.plugins.module_utils._report.rows import show_service
from ansible_collections.zstack.aios.plugins.module_utils._rest.client import Client, run


def argument_spec() -> Spec:
    """Return the options beside those of the connection."""
    return {
        "name": {"type": "str"},
        "uuid": {"type": "str"},
        "conditions": {"type": "list", "elements": "raw"},
        "sort_by": {"type": "str"},
        "sort_direction": {"type": "str", "choices": ["asc", "desc"], "default": "asc"},
        "limit": {"type": "int"},
        "start": {"type": "int", "default": 0},
        "fields": {"type": "list", "elements": "str"},
        "count_only": {"type": "bool", "default": False},
        "declared": {"type": "bool", "default": False},
        "secret_keys": {"type": "list", "elements": "str", "no_log": False},
    }


def read_question(params: dict[str, Any], mistakes: list[Mistake]) -> search.Question:
    """Return the checked question.

    :param mistakes: what is wrong already.
    :raises QueryError: with everything that is wrong with it.
    """
    conditions = []
    for index, given in enumerate(params["conditions"] or []):
        try:
            conditions += query.read_conditions([given])
        except query.BadQuery as bad:
            mistakes.append(Mistake("", f"conditions[{index}]", str(bad)))
    for option in ("name", "uuid"):
        if params[option] is not None:
            conditions.append(query.equals(option, trim(params[option])))
    sort = ""
    try:
        sort = query.read_column(params["sort_by"]) if params["sort_by"] else ""
    except query.BadQuery as bad:
        mistakes.append(Mistake("", "sort_by", str(bad)))
    for option in ("limit", "start"):
        if params[option] is not None and params[option] < 0:
            mistakes.append(Mistake("", option, f"{params[option]} is less than zero"))
    if mistakes:
        raise QueryError(mistakes)
    descending = params["sort_direction"] == "desc"
    fields = () if params["declared"] else tuple(params["fields"] or ())
    return search.Question(tuple(conditions), sort, descending, params["limit"], params["start"], fields)


def read(module: AiosModule, services: Services, question: search.Question) -> tuple[list[Held], int, list[str]]:
    """Return the services that are asked for, how many there are, and the names of all there are where these matter."""
    with module.interruption:
        if module.params["count_only"]:
            return [], run(search.count(services, question)), []
        found, total = run(search.ask(services, question))
        everything = found
        if module.params["declared"] and found and not question.everything:
            everything = run(services.listing(params=[("fields", "uuid,name")]))
        return found, total, [held.name for held in everything]


def work(module: AiosModule) -> dict[str, Any]:
    """Ask the platform."""
    params = module.params
    question = read_question(params, module.mistakes)
    secrecy = Secrecy(tuple(params["secret_keys"] or ()))
    with Client(module.connection(), interruption=module.interruption) as client:
        found, total, names = read(module, Services(client), question)
    result: dict[str, Any] = {"changed": False, "total": total, "warnings": client.warnings}
    if params["count_only"]:
        return result
    if params["declared"]:
        result["model_services"], left_out = search.declare(found, names, secrecy)
        result["warnings"] = [*client.warnings, *left_out]
    else:
        result["model_services"] = [search.only(show_service(held, secrecy), question.fields) for held in found]
        result["warnings"] = [*client.warnings, *search.warn_of_unshown(question, found)]
    return result


def main() -> None:
    """Run the module."""
    run_module(argument_spec(), frozenset(), work)


if __name__ == "__main__":
    main()
