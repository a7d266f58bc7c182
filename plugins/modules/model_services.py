#!/usr/bin/python
# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keep many model services in a declared state, in one task and one login."""

from __future__ import annotations

DOCUMENTATION = r"""
module: model_services
short_description: Keep many model services of a ZStack AIOS platform in a declared state
version_added: 1.0.0
author:
  - The zstack.aios authors (@zstack-aios)
description:
  - Brings thousands of model services to their declared state in one task, with one login and one listing.
  - Everything that is wrong with the declarations is told at once, before the first write.
  - Services are created and cloned first, then updated. What is cloned from a service of the same run follows once that is
    finished; deletions come last.
  - A clone may name as its source a service that the same task creates, in any order and depth.
extends_documentation_fragment:
  - zstack.aios.platform
  - zstack.aios.platform.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: partial
    details:
      - With O(update_write_only=always) fields that the platform never shows are sent in every run.
options:
  src:
    description:
      - Files of declarations, and folders in which files ending in C(.yml), C(.yaml) and C(.json) are looked for.
      - Each file is a list of services, or a mapping with such a list under C(model_services).
      - The module reads them itself on the host it runs on, which is many times cheaper than Ansible's variables. They
        are not templated, and cannot be encrypted with Ansible Vault.
      - Added to O(model_services); a service declared twice is an error that names both places.
      - A relative path starts at the folder the module runs in, which on the controller is that of the playbook.
    type: list
    elements: path
  src_size_limit:
    description:
      - Largest size of a file of O(src), in MiB.
    type: int
    default: 64
    version_added: 1.1.0
  defaults:
    description:
      - Options laid under each service. A service takes a default away by giving the option as V(null).
    type: dict
  concurrency:
    description:
      - How many requests may be under way at once. Up to four times as many jobs may wait for the platform to finish them.
      - The number halves by itself when the platform is strained (429, a proxy's 502, 503 or 504, time-outs), and recovers.
    type: int
    default: 8
  on_error:
    description:
      - Whether the other services are attempted after one failed. The task fails in both cases.
    type: str
    choices: [continue, stop]
    default: continue
  update_write_only:
    description:
      - What to do with fields that the platform never shows, such as O(model_services[].startup_parameters).
      - With V(on_change) they are sent at creation and whenever something else of the service is updated.
      - With V(always) they are sent in every run, which then reports a change.
    type: str
    choices: [on_change, always]
    default: on_change
  lock_timeout:
    description:
      - Seconds to wait for another run of the same user on this machine that writes to the platform; then the task fails
        and names that run.
      - A task over many services waits for every other one, and every other one waits for it.
      - In check mode nothing is waited for.
    type: int
    default: 300
    version_added: 1.1.0
  secret_keys:
    description:
      - Further words that make the key of a parameter secret, beside words such as token, password, secret, key and credential.
      - Values of secret keys in environment, startup and inference parameters, and in the environment that
        O(model_services[].yaml) shows, are masked in everything the module returns.
    type: list
    elements: str
  prune:
    description:
      - Whether services that meet O(prune_conditions) and are not declared are deleted, after everything else succeeded.
      - Services of the platform itself (RV(ignore:system)) are never deleted so.
    type: bool
    default: false
  prune_conditions:
    description:
      - Which services may be pruned, as the O(zstack.aios.model_service_info#module:conditions) of
        M(zstack.aios.model_service_info). Required with O(prune).
    type: list
    elements: raw
  prune_limit:
    description:
      - How many services may be pruned at most, as a number or as a percentage of those that meet O(prune_conditions).
        With more, nothing at all is done.
    type: str
    default: "10"
  prune_allow_empty:
    description:
      - Whether O(prune) may delete services when nothing at all is declared.
    type: bool
    default: false
  plan_digest:
    description:
      - The RV(plan_digest) that a run in check mode returned. Any other plan is refused, with what is different.
      - So a plan can be approved in one step and applied in another.
    type: str
  validate_only:
    description:
      - Only check the declarations, without the platform. No connection is needed and no request is sent.
    type: bool
    default: false
  report_path:
    description:
      - Where to write a report of everything that changed, on the host the module runs on, in check mode too.
      - The suffix chooses the form, one of C(.html), C(.md) and C(.json).
      - Unlike the result it is never cut.
    type: path
  progress_path:
    description:
      - A file to which the module appends a line every few seconds. On the controller the lines are shown by themselves;
        elsewhere they can be followed in this file.
    type: path
  model_services:
    description:
      - The declared services.
    type: list
    elements: dict
    suboptions:
      # BEGIN GENERATED from the table of fields
      state:
        description:
          - Whether the service should exist.
        type: str
        choices:
          - present
          - absent
        default: present
      uuid:
        description:
          - UUID of the service to manage. When set, O(model_services[].name) is its desired name.
          - Either O(model_services[].name) or O(model_services[].uuid) is required. Without O(model_services[].uuid)
            the service is found by its exact name.
        type: str
      clone_from:
        description:
          - Name or UUID of the service to clone when this one does not exist yet. Ignored once it exists.
          - Options that are not set are taken from that service.
        type: str
      name:
        description:
          - Name of the service.
          - Required to create the service without O(model_services[].clone_from).
        type: str
      description:
        description:
          - What the service is for.
        type: str
      readme:
        description:
          - Long description, which the platform shows as a document.
          - Only a clone can set it.
          - Cannot be changed once the service exists; another value fails the task before anything is written.
        type: str
      yaml:
        description:
          - Configuration of the service, as YAML text or as a mapping.
          - 'Compared as parsed YAML: comments, layout and the order of keys do not count.'
          - Required to create the service without O(model_services[].clone_from).
        type: raw
      request_cpu:
        description:
          - Number of CPUs.
          - Required to create the service without O(model_services[].clone_from).
        type: int
      request_memory:
        description:
          - Amount of memory, in the unit of the platform.
          - The vendor does not document the unit; the number is passed on unchanged.
          - Required to create the service without O(model_services[].clone_from).
        type: int
      model_center_uuid:
        description:
          - UUID of the model center that the service belongs to.
          - A clone is created in the model center of its source.
          - Required to create the service without O(model_services[].clone_from).
          - Cannot be changed once the service exists; another value fails the task before anything is written.
        type: str
      model_center:
        description:
          - Name of the model center, instead of O(model_services[].model_center_uuid).
        type: str
      zone_uuid:
        description:
          - UUID of the zone in which the service is created.
          - The platform never shows it.
          - Cannot be changed once the service exists; another value fails the task before anything is written.
        type: str
      zone:
        description:
          - Name of the zone, instead of O(model_services[].zone_uuid).
        type: str
      gpu_compute_capability:
        description:
          - GPU compute capability that the service needs.
          - 'A string: quote V("7.5") in YAML.'
        type: str
      install_path:
        description:
          - Path of the service's files.
          - Required to create the service without O(model_services[].clone_from).
          - Cannot be changed once the service exists; another value fails the task before anything is written.
        type: str
      start_command:
        description:
          - Command that starts the service.
          - Required to create the service without O(model_services[].clone_from).
        type: str
      container_command:
        description:
          - Command of the container.
        type: str
      container_args:
        description:
          - Arguments of the container's command.
        type: str
      python_version:
        description:
          - Version of Python.
          - 'A string: quote V("3.10") in YAML.'
        type: str
      conda_version:
        description:
          - Version of Conda.
          - 'A string: quote V("23.7") in YAML.'
          - Cannot be changed once the service exists; another value fails the task before anything is written.
        type: str
      size:
        description:
          - Size of the service, in the unit of the platform.
          - Only a clone can set it.
          - Cannot be changed once the service exists; another value fails the task before anything is written.
        type: int
      system:
        description:
          - Whether this is a service of the platform itself.
          - Cannot be changed once the service exists; another value fails the task before anything is written.
        type: bool
      type:
        description:
          - Kind of the service.
        type: str
        choices:
          - Endpoint
          - FineTune
          - ModelEval
          - App
      source:
        description:
          - Origin of the service.
        type: str
        choices:
          - Other
          - Bentoml
          - HuggingFace
      framework:
        description:
          - Framework that runs the model, for example V(vLLM).
        type: str
      model_uuids:
        description:
          - UUIDs of the models that the service is bound to.
          - Bound at creation; changing the bindings later is not supported.
          - Cannot be changed once the service exists; another value fails the task before anything is written.
        type: list
        elements: str
      models:
        description:
          - Names of the models, instead of O(model_services[].model_uuids).
        type: list
        elements: str
      cpu_architectures:
        description:
          - CPU architectures that the service runs on, for example V(X86_64) or V(AARCH64), in any case and order.
          - Only a clone can set it.
          - Cannot be changed once the service exists; another value fails the task before anything is written.
        type: list
        elements: str
      architecture_images:
        description:
          - Images to start from, one for each CPU architecture.
        type: list
        elements: dict
        suboptions:
          cpu_architecture:
            description:
              - Architecture, for example V(X86_64) or V(AARCH64), in any case.
            type: str
            required: true
          vm_image_uuid:
            description:
              - UUID of the virtual machine image.
            type: str
          docker_image:
            description:
              - Container image.
            type: str
      support_distributed:
        description:
          - Whether inference can be distributed.
        type: bool
      vendor_to_spec_uuids_map:
        description:
          - GPU specifications to use, as a list of UUIDs for each GPU vendor.
        type: dict
      environment_parameters:
        description:
          - Environment variables of the service.
          - Values whose key looks secret are redacted in everything that is shown.
          - The platform takes it in updates only; after a creation, an update in the same task sets it.
          - Compared with the stored C(yaml).
        type: dict
      startup_parameters:
        description:
          - Startup parameters of the service.
          - Values whose key looks secret are redacted in everything that is shown.
          - The platform takes it in updates only; after a creation, an update in the same task sets it.
          - The platform never shows it.
        type: dict
      inference_params:
        description:
          - Inference parameters of the service.
          - Values whose key looks secret are redacted in everything that is shown.
          - The platform takes it in updates only; after a creation, an update in the same task sets it.
          - The platform never shows it.
        type: dict
      service_name:
        description:
          - Name of the service inside its configuration.
          - The platform takes it in updates only; after a creation, an update in the same task sets it.
          - Compared with the stored C(yaml).
        type: str
      service_ports:
        description:
          - Ports of the service, as numbers.
          - The platform takes it in updates only; after a creation, an update in the same task sets it.
          - Compared with the stored C(yaml).
        type: list
        elements: int
      service_livez:
        description:
          - Path of the liveness probe.
          - The platform takes it in updates only; after a creation, an update in the same task sets it.
          - Compared with the stored C(yaml).
        type: str
      service_readyz:
        description:
          - Path of the readiness probe.
          - The platform takes it in updates only; after a creation, an update in the same task sets it.
          - Compared with the stored C(yaml).
        type: str
      service_bootup_time:
        description:
          - Seconds that the service may take to start.
          - The platform takes it in updates only; after a creation, an update in the same task sets it.
          - Compared with the stored C(yaml).
        type: int
      service_install_path:
        description:
          - Path of the service's files, inside its configuration.
          - The platform takes it in updates only; after a creation, an update in the same task sets it.
          - The platform never shows it.
        type: str
      service_start_command:
        description:
          - Command that starts the service, inside its configuration.
          - The platform takes it in updates only; after a creation, an update in the same task sets it.
          - The platform never shows it.
        type: str
      resource_uuid:
        description:
          - UUID of a new service.
          - Random by default.
        type: str
      tag_uuids:
        description:
          - UUIDs of the tags of the platform that are attached to the service.
          - Attached to and detached from an existing service through the tag endpoints.
        type: list
        elements: str
      system_tags:
        description:
          - System tags of the service.
          - Added to and removed from an existing service through the tag endpoints.
        type: list
        elements: str
      user_tags:
        description:
          - User tags of the service.
          - Added to and removed from an existing service through the tag endpoints.
        type: list
        elements: str
      # END GENERATED
seealso:
  - module: zstack.aios.model_service
  - module: zstack.aios.model_service_info
"""

EXAMPLES = r"""
- name: Keep the chat services as declared
  zstack.aios.model_services:
    host: aios.example.com
    account_name: admin
    account_password: "{{ aios_password }}"
    defaults:
      model_center: center-1
      type: Endpoint
      framework: vLLM
    model_services:
      - name: qwen2.5-7b-chat
        request_cpu: 8
        request_memory: 16384
        install_path: /models/qwen2.5-7b
        start_command: python3 -m vllm.entrypoints.openai.api_server
        yaml:
          services:
            - name: qwen2.5-7b-chat
              ports: [8000]
      - name: qwen2.5-7b-chat-canary
        clone_from: qwen2.5-7b-chat
        request_cpu: 4
      - name: qwen1.5-7b-chat
        state: absent

- name: Keep a thousand services as they are in Git, and remove what was removed there
  zstack.aios.model_services:
    host: aios.example.com
    access_key_id: "{{ aios_key_id }}"
    access_key_secret: "{{ aios_key_secret }}"
    src:
      - "{{ playbook_dir }}/services"
    prune: true
    prune_conditions:
      - name~=team-a-%
    prune_limit: 5%
    report_path: /tmp/model-services.html

- name: Plan
  zstack.aios.model_services:
    host: aios.example.com
    account_name: admin
    account_password: "{{ aios_password }}"
    src:
      - "{{ playbook_dir }}/services"
  check_mode: true
  diff: true
  register: plan

- name: Apply exactly this plan
  zstack.aios.model_services:
    host: aios.example.com
    account_name: admin
    account_password: "{{ aios_password }}"
    src:
      - "{{ playbook_dir }}/services"
    plan_digest: "{{ plan.plan_digest }}"
"""

RETURN = r"""
check_mode:
  description: Whether this is what would be done rather than what was done.
  returned: when the declarations were valid
  type: bool
summary:
  description: How many services there are of each kind, and what it took.
  returned: when the declarations were valid
  type: dict
  contains:
    created:
      description: Created from their declaration.
      type: int
    cloned:
      description: Cloned from another service.
      type: int
    updated:
      description: Updated.
      type: int
    deleted:
      description: Deleted, pruned ones included.
      type: int
    unchanged:
      description: Found as declared.
      type: int
    failed:
      description: Those with an error, also when they were done in part, without those that are unknown.
      type: int
    unknown:
      description: Those whose change may or may not have been made.
      type: int
    not_attempted:
      description: Those that were not begun.
      type: int
    total:
      description: All of them.
      type: int
    requests:
      description: HTTP requests sent.
      type: int
    logins:
      description: Logins among them.
      type: int
    seconds:
      description: Seconds it took, start-up not counted.
      type: float
results:
  description:
    - One row for every service that is not unchanged, failed ones first.
    - Cut when it would grow too large for AWX; then RV(results_omitted) counts the rest, and O(report_path) has all rows.
  returned: when the declarations were valid
  type: list
  elements: dict
  contains:
    name:
      description: The service's name.
      type: str
    uuid:
      description: Its uuid, once it exists.
      type: str
    action:
      description: What was done, or would be done in check mode.
      type: str
      choices: [created, cloned, updated, deleted, failed, unknown, not_attempted]
    changed_fields:
      description: The options whose values changed, of services that were updated or, with an error, done in part.
      type: list
      elements: str
    error:
      description: Why it is not all done.
      type: str
    error_code:
      description: The platform's code, or a word of this collection.
      type: str
results_omitted:
  description: How many rows were left out of RV(results).
  returned: when it is not zero
  type: int
plan_digest:
  description: The digest of the plan, 64 hexadecimal digits, for O(plan_digest).
  returned: when a plan was made
  type: str
report_path:
  description: Where the report was written.
  returned: when O(report_path) is given
  type: str
failure:
  description: The parts of what went wrong, to branch on, when nothing was attempted.
  returned: failure
  type: dict
  contains:
    code:
      description: The platform's error code, or a word of this collection such as V(declaration), V(prune_limit) or
        V(plan_changed).
      type: str
    mistakes:
      description: Everything that is wrong with the declarations, with C(where), C(option) and C(text).
      type: list
      elements: dict
"""

import time
from typing import Any, NamedTuple

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import (
    AiosError,
    InvalidInput,
    ValidationError,
    internal_error,
)
from ansible_collections.zstack.aios.plugins.module_utils._common.text import counted
from ansible_collections.zstack.aios.plugins.module_utils._converge.converge import Converged, Settings, converge
from ansible_collections.zstack.aios.plugins.module_utils._converge.guards import Guards, read_prune
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import Item, RawItem, validate_items
from ansible_collections.zstack.aios.plugins.module_utils._model.files import read_files
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import MODEL_SERVICE
from ansible_collections.zstack.aios.plugins.module_utils._module import AiosModule, Spec, run_module
from ansible_collections.zstack.aios.plugins.module_utils._platform.conditions import ConditionReader
from ansible_collections.zstack.aios.plugins.module_utils._report.report import (
    check_report_path,
    report_data,
    write_report,
)
from ansible_collections.zstack.aios.plugins.module_utils._report.result import (
    count_words,
    failure_message,
    show_diff,
    show_rows,
    summarize,
)

TAKEN = frozenset(("model_services", "defaults"))


def argument_spec() -> Spec:
    """Return the options besides those of the connection."""
    return {
        "model_services": {"type": "list", "elements": "dict"},
        "src": {"type": "list", "elements": "path"},
        "src_size_limit": {"type": "int", "default": 64},
        "defaults": {"type": "dict"},
        "concurrency": {"type": "int", "default": 8},
        "on_error": {"type": "str", "choices": ["continue", "stop"], "default": "continue"},
        "update_write_only": {"type": "str", "choices": ["on_change", "always"], "default": "on_change"},
        "secret_keys": {"type": "list", "elements": "str", "no_log": False},
        "lock_timeout": {"type": "int", "default": 300},
        "prune": {"type": "bool", "default": False},
        "prune_conditions": {"type": "list", "elements": "raw"},
        "prune_limit": {"type": "str", "default": "10"},
        "prune_allow_empty": {"type": "bool", "default": False},
        "plan_digest": {"type": "str"},
        "validate_only": {"type": "bool", "default": False},
        "report_path": {"type": "path"},
        "progress_path": {"type": "path"},
    }


def read_declarations(module: AiosModule) -> tuple[list[Item], list[ValidationError]]:
    """Return every declared service, from the option and from files, and what is invalid."""
    errors: list[ValidationError] = []
    given, defaults = module.declared.get("model_services", []), module.declared.get("defaults", {})
    if not isinstance(given, list):
        errors.append(ValidationError("", "model_services", "it is not a list of services"))
        given = []
    if not isinstance(defaults, dict):
        errors.append(ValidationError("", "defaults", "it is not a mapping of options"))
        defaults = {}
    raw_items = [RawItem(value, f"model_services[{index}]") for index, value in enumerate(given)]
    from_files, unreadable = read_files(
        module.params["src"] or [], module.params["prune"], module.params["src_size_limit"]
    )
    items, invalid = validate_items(
        MODEL_SERVICE, [*raw_items, *from_files], defaults, thorough=module.params["validate_only"]
    )
    return items, [*errors, *unreadable, *invalid]


def read_settings(module: AiosModule) -> tuple[Settings, Guards, list[ValidationError]]:
    """Return how the declarations are to be applied, what guards the plan, and what is invalid."""
    params = module.params
    prune, errors = read_prune(
        ConditionReader(MODEL_SERVICE),
        params["prune"],
        params["prune_conditions"] or [],
        params["prune_limit"],
        params["prune_allow_empty"],
    )
    if not 1 <= params["concurrency"] <= 100:
        text = f"{params['concurrency']} is not a number from 1 to 100"
        errors.append(ValidationError("", "concurrency", text))
    if params["report_path"]:
        errors.extend(check_report_path(params["report_path"]))
    settings = Settings(
        check=module.check_mode,
        always=params["update_write_only"] == "always",
        concurrency=params["concurrency"],
        stop_on_error=params["on_error"] == "stop",
        progress_path=params["progress_path"],
        lock_timeout=params["lock_timeout"],
    )
    return settings, Guards(prune, (params["plan_digest"] or "").strip()), errors


class Facts(NamedTuple):
    """What a report says of its run besides what came of it."""

    started: str
    check: bool
    platform: str = ""


def work(module: AiosModule) -> dict[str, Any]:
    """Bring all services to what is declared; a refusal is reported, too."""
    facts = Facts(time.strftime("%Y-%m-%d %H:%M:%S %z"), module.check_mode)
    try:
        items, errors = read_declarations(module)
        settings, guards, invalid = read_settings(module)
        errors = [*module.errors, *errors, *invalid]
        if errors:
            raise InvalidInput(errors)
        if module.params["validate_only"]:
            verb = "is" if len(items) == 1 else "are"
            return {"changed": False, "msg": f"{counted(len(items), 'declared service')} {verb} valid."}
        connection = module.connection()
        facts = facts._replace(platform=connection.base_url)
        converged = converge(connection, items, settings, module.signals, module.redactor, guards)
    except AiosError as error:
        error.warnings += report_refusal(module, facts, error)
        raise
    return report_result(module, converged, facts)


def report_refusal(module: AiosModule, facts: Facts, error: AiosError) -> list[str]:
    """Write a report of why nothing was done, so that an older one is not taken for this run's.

    :return: a warning if it cannot be written.
    """
    path = module.params["report_path"]
    if not path or module.params["validate_only"] or any(check_report_path(path)):
        return []
    summary = {**summarize([]), "requests": 0, "logins": 0, "seconds": 0.0}
    report = {**facts._asdict(), "summary": summary, "plan_digest": "", "refused": error.message}
    try:
        write_report(path, report_data(report, [], module.redactor))
    except AiosError as unwritten:
        return [unwritten.message]
    return []


def report_result(module: AiosModule, converged: Converged, facts: Facts) -> dict[str, Any]:
    """Return the result of a run, and write its report."""
    redactor = module.redactor
    counts = summarize(converged.rows)
    cost = {"requests": converged.requests, "logins": converged.logins, "seconds": converged.seconds}
    result: dict[str, Any] = {
        "changed": any(row.changed for row in converged.rows),
        "check_mode": module.check_mode,
        "summary": {**counts, **cost},
        "plan_digest": converged.plan_digest,
        "msg": f"{count_words(counts, module.check_mode)}.",
        "warnings": converged.warnings,
        **show_rows(converged.rows),
    }
    if module._diff:
        result["diff"] = show_diff(converged.rows, redactor)
    if converged.failed or converged.interrupted:
        result.update(failed=True, msg=failure_message(converged.rows, counts, converged.interrupted))
    path = module.params["report_path"]
    if path:
        report = {
            **facts._asdict(),
            "summary": result["summary"],
            "plan_digest": converged.plan_digest,
            "interrupted": converged.interrupted,
        }
        try:
            write_report(path, report_data(report, converged.rows, redactor))
            result["report_path"] = path
        except Exception as error:  # whatever it is, it must not cost the result of what was done
            unwritten = error if isinstance(error, AiosError) else internal_error(error)
            result.update(failed=True, msg=f"{result['msg']}\n{unwritten.message}", failure=unwritten.failure())
    return result


def main() -> None:
    """Run the module."""
    run_module(argument_spec(), TAKEN, work)


if __name__ == "__main__":
    main()
