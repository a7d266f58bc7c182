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
  - Returns the model services that meet all conditions, from all pages of the platform's listing.
  - With O(declared=true), returns them as declarations for M(zstack.aios.model_services). Use this to start managing
    services that already exist.
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
      - Name of the services to return, in exactly this spelling, case and accents included. Names are not unique on the
        platform.
    type: str
  uuid:
    description:
      - UUID of the service to return.
    type: str
  conditions:
    description:
      - Conditions that a service must meet to be returned. It must meet all of them.
      - Each condition is a string of field, operator and value, for example V(request_cpu>=8) or V(name~=chat-%), or a
        mapping with the keys C(field), C(operator) and C(value).
      - The operators are V(=), V(!=), V(>), V(>=), V(<), V(<=), V(~=) (like, with the wildcards V(%) and V(_)), V(!~=)
        (not like), V(?=) (one of several values, separated by commas), V(!?=) (none of several values), V(is null) and
        V(not null).
      - The platform ignores case and accents when it compares text. This module makes V(=), V(?=) and V(~=) exact.
      - The fields are the options of M(zstack.aios.model_service) with a single value, O(uuid), V(create_date),
        V(last_op_date), and the tags V(__userTag__), V(__systemTag__) and V(__tagUuid__).
      - A condition on tags reads the tags of all services that meet the other conditions. V(__userTag__ is null) returns
        the services without user tags.
    type: list
    elements: raw
  sort_by:
    description:
      - Field to sort the services by. By default, they are sorted by UUID.
    type: str
  sort_direction:
    description:
      - Whether to sort in ascending or in descending order.
    type: str
    choices: [asc, desc]
    default: asc
  limit:
    description:
      - Maximum number of services to return.
    type: int
  start:
    description:
      - Number of services to skip.
    type: int
    default: 0
  fields:
    description:
      - Keys to return for each service. The UUID and the name are always returned.
      - With O(declared=true), only these fields and the name are declared, and the UUID if the name is not unique.
    type: list
    elements: str
  count_only:
    description:
      - Whether to return only RV(total), without the services.
    type: bool
    default: false
  declared:
    description:
      - Whether to return each service as a declaration for M(zstack.aios.model_services) that changes nothing when
        applied to the same platform.
      - A declaration contains only fields that the platform accepts at creation, and no values that the platform
        generates. It contains the UUID only if the name is not unique.
      - Secrets stay redacted. When you apply a redacted value, the platform keeps its current value.
    type: bool
    default: false
  declared_names:
    description:
      - Whether declarations contain names in place of UUIDs, so that you can apply them to another platform. This concerns
        the model center and the models.
      - A UUID stays if several things have the same name.
      - Only used with O(declared=true). Takes one more query for each kind of thing.
    type: bool
    default: false
    version_added: 2.0.0
  gather_platform:
    description:
      - Whether to return RV(platform), which identifies the platform regardless of the address that leads to it.
    type: bool
    default: false
    version_added: 2.0.0
  secret_keys:
    description:
      - Additional words that mark the key of an environment variable as secret. Keys with words such as token,
        password, secret, key and credential are always secret.
      - The module redacts the values of secret keys in the C(env) and C(environment) sections of
        RV(model_services[].yaml).
    type: list
    elements: str
seealso:
  - module: zstack.aios.model_service
  - module: zstack.aios.model_services
"""

EXAMPLES = r"""
- name: Find services with a GPU requirement and more than eight CPUs
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

- name: Count all services
  zstack.aios.model_service_info:
    host: aios.example.com
    account_name: admin
    account_password: "{{ aios_password }}"
    count_only: true
  register: all_services

- name: Read existing services as declarations
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
    - The services, with the names of the options of M(zstack.aios.model_service) as keys. Keys without an option are
      returned in snake_case.
    - Sorted by UUID unless O(sort_by) is set.
  returned: success, unless O(count_only=true)
  type: list
  elements: dict
  contains:
    # BEGIN GENERATED from the table of fields: return values
    uuid:
      description: UUID of the service.
      type: str
    name:
      description: Name of the service.
      type: str
    description:
      description: What the service is for.
      type: str
    readme:
      description: Long description, which the platform shows as a document.
      type: str
    yaml:
      description: Configuration of the service, as YAML text or as a mapping.
      type: str
    request_cpu:
      description: Number of CPUs.
      type: int
    request_memory:
      description: Amount of memory, in the unit of the platform.
      type: int
    model_center_uuid:
      description: UUID of the model center that the service belongs to.
      type: str
    gpu_compute_capability:
      description: GPU compute capability that the service needs.
      type: str
    install_path:
      description: Path of the service's files.
      type: str
    start_command:
      description: Command that starts the service.
      type: str
    container_command:
      description: Command of the container.
      type: str
    container_args:
      description: Arguments of the container's command.
      type: str
    python_version:
      description: Version of Python.
      type: str
    conda_version:
      description: Version of Conda.
      type: str
    size:
      description: Size of the service, in the unit of the platform.
      type: int
    system:
      description: Whether this is a service of the platform itself.
      type: bool
    type:
      description: Kind of the service.
      type: str
    source:
      description: Origin of the service.
      type: str
    framework:
      description: Framework that runs the model, for example V(vLLM).
      type: str
    model_uuids:
      description: UUIDs of the models that the service is bound to.
      type: list
    cpu_architectures:
      description: CPU architectures that the service runs on, for example V(X86_64) or V(AARCH64), in any case and order.
      type: list
    architecture_images:
      description: Images that the service starts from, one for each CPU architecture.
      type: list
    support_distributed:
      description: Whether inference can be distributed.
      type: bool
    vendor_to_spec_uuids_map:
      description: GPU specifications to use, as a list of UUIDs for each GPU vendor.
      type: dict
    create_date:
      description: Time of its creation, as the platform writes it.
      type: str
    has_new_version:
      description: Whether the platform has a newer version of it.
      type: bool
    last_op_date:
      description: Time of its last change, as the platform writes it.
      type: str
    model_service_refs:
      description: Bindings between the service and its models.
      type: list
    version:
      description: Its version.
      type: str
    # END GENERATED
total:
  description: Number of services that meet the conditions, regardless of O(limit) and O(start).
  returned: success
  type: int
  sample: 12
platform:
  description:
    - What identifies the platform.
    - Two results with a UUID in common come from one platform. Where an account may not see the UUIDs, compare the
      addresses.
  returned: if O(gather_platform=true)
  type: dict
  contains:
    uuids:
      description: UUIDs of its zones, or of its management nodes if the account sees no zone.
      type: list
      elements: str
    address:
      description: Address, port and path of the platform, in one spelling for all names of one address.
      type: str
      sample: 192.0.2.10:8080/zstack
  version_added: 2.0.0
failure:
  description: Details of the error, for conditions in playbooks.
  returned: failure
  type: dict
  contains:
    code:
      description: Error code of the platform, or one of this collection such as V(query) or V(transport_unsent).
      type: str
      sample: ID.1000
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import InvalidQuery
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Resource
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import MODEL_SERVICE
from ansible_collections.zstack.aios.plugins.module_utils._model.platform_identity import Platform
from ansible_collections.zstack.aios.plugins.module_utils._module import AiosModule, Spec, run_module
from ansible_collections.zstack.aios.plugins.module_utils._platform.identify import identify
from ansible_collections.zstack.aios.plugins.module_utils._platform.search import (
    Declarable,
    Question,
    count,
    read_declarable,
    read_question,
    search,
    select,
    undeclarable,
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
        "conditions": {"type": "list", "elements": "raw"},
        "sort_by": {"type": "str"},
        "sort_direction": {"type": "str", "choices": ["asc", "desc"], "default": "asc"},
        "limit": {"type": "int"},
        "start": {"type": "int", "default": 0},
        "fields": {"type": "list", "elements": "str"},
        "count_only": {"type": "bool", "default": False},
        "declared": {"type": "bool", "default": False},
        "declared_names": {"type": "bool", "default": False},
        "gather_platform": {"type": "bool", "default": False},
        "secret_keys": {"type": "list", "elements": "str", "no_log": False},
    }


class Findings(NamedTuple):
    """What the platform has said.

    :param declarable: the services, where declarations are asked for.
    """

    total: int
    found: Sequence[Resource] = ()
    declarable: Declarable | None = None
    platform: Platform | None = None


def read(params: dict[str, Any], services: Services, question: Question) -> Findings:
    """Ask the platform."""
    if params["count_only"]:
        findings = Findings(count(services, question))
    else:
        found, total = search(services, question)
        findings = Findings(total, found)
        if params["declared"]:
            declarable = read_declarable(services, question, found, params["declared_names"])
            findings = findings._replace(declarable=declarable)
    return findings._replace(platform=identify(services.client)) if params["gather_platform"] else findings


def work(module: AiosModule) -> dict[str, Any]:
    """Ask the platform."""
    params, redactor = module.params, module.redactor
    question, errors = read_question(MODEL_SERVICE, params)
    if module.errors or errors:
        raise InvalidQuery([*module.errors, *errors])
    with Client(module.connection(), signals=module.signals, redact=redactor.redact_all) as client:
        try:
            findings = read(params, Services(client), question)
        finally:
            module.signals.defer()  # nothing may interrupt the logout
    result: dict[str, Any] = {"changed": False, "total": findings.total, "warnings": client.warnings}
    if findings.platform:
        result["platform"] = findings.platform.as_dict()
    if params["count_only"]:
        return result
    fields = params["fields"] or ()
    if findings.declarable is not None:
        result["model_services"], warnings = findings.declarable.forms(redactor, fields)
        warnings += undeclarable(MODEL_SERVICE, fields)
    else:
        result["model_services"] = [select(show_resource(service, redactor), fields) for service in findings.found]
        warnings = unshown_fields(MODEL_SERVICE, fields, findings.found)
    result["warnings"] = [*client.warnings, *warnings]
    return result


def main() -> None:
    """Run the module."""
    run_module(argument_spec(), frozenset(), work)


if __name__ == "__main__":
    main()
