#!/usr/bin/python
# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keep one model service in a declared state."""

from __future__ import annotations

DOCUMENTATION = r"""
module: model_service
short_description: Keep one model service of a ZStack AIOS platform in a declared state
version_added: 1.0.0
author:
  - The zstack.aios authors (@zstack-aios)
description:
  - Creates, clones, updates or deletes one model service.
  - An option that is not given is not managed. It is neither sent nor compared nor reset.
  - An option that is given is compared as a whole with what the platform holds, and the answer to every write is checked.
  - To manage many services use M(zstack.aios.model_services), which takes one task and one login for all of them.
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
  update_write_only:
    description:
      - What to do with fields that the platform never shows, such as O(startup_parameters).
      - With V(on_change) they are sent at creation and whenever something else is updated.
      - With V(always) they are sent in every run, which then reports a change.
    type: str
    choices: [on_change, always]
    default: on_change
  secret_keys:
    description:
      - Further words that make the key of a parameter secret, beside words such as token, password, secret, key and credential.
      - Values of secret keys in O(environment_parameters), O(startup_parameters) and O(inference_params), and in the
        environment that O(yaml) shows, are masked in everything the module returns.
    type: list
    elements: str
  # BEGIN GENERATED from the table of fields
  state:
    description:
      - Whether the service is to exist.
    type: str
    choices:
      - present
      - absent
    default: present
  uuid:
    description:
      - The uuid of the service that is meant. With it O(name) is the name it is to have.
      - Either O(name) or O(uuid) is needed; without O(uuid) the service is found by its exact name.
    type: str
  clone_from:
    description:
      - The name or uuid of the service to clone when this one does not exist yet. Not looked at once it exists.
      - What is not given is taken from that service.
    type: str
  name:
    description:
      - Name of the service.
      - Required when the service is created without O(clone_from).
    type: str
  description:
    description:
      - What the service is for.
    type: str
  readme:
    description:
      - Long description, shown by the platform as a document.
      - Only cloning can set it.
      - Fixed once the service exists; another value is refused before anything is written.
    type: str
  yaml:
    description:
      - Configuration of the service, as YAML text or as a mapping.
      - 'Compared as parsed YAML: comments, layout and the order of keys do not count.'
      - Required when the service is created without O(clone_from).
    type: raw
  request_cpu:
    description:
      - Number of CPUs.
      - Required when the service is created without O(clone_from).
    type: int
  request_memory:
    description:
      - Amount of memory, in the unit your platform uses.
      - The vendor does not document the unit; the number is passed on as it is.
      - Required when the service is created without O(clone_from).
    type: int
  model_center_uuid:
    description:
      - The model center the service belongs to.
      - A clone is made in the model center of its source.
      - Required when the service is created without O(clone_from).
      - Fixed once the service exists; another value is refused before anything is written.
    type: str
  model_center:
    description:
      - The name of the model center, in place of O(model_center_uuid).
    type: str
  zone_uuid:
    description:
      - The zone the service is created in.
      - The platform never shows it.
      - Fixed once the service exists; another value is refused before anything is written.
    type: str
  zone:
    description:
      - The name of the zone, in place of O(zone_uuid).
    type: str
  gpu_compute_capability:
    description:
      - GPU compute capability the service needs.
      - 'Text: put V("7.5") in quotes.'
    type: str
  install_path:
    description:
      - Where the service is stored.
      - Required when the service is created without O(clone_from).
      - Fixed once the service exists; another value is refused before anything is written.
    type: str
  start_command:
    description:
      - The command that starts the service.
      - Required when the service is created without O(clone_from).
    type: str
  container_command:
    description:
      - The command of the container.
    type: str
  container_args:
    description:
      - The arguments of the container's command.
    type: str
  python_version:
    description:
      - Version of Python.
      - 'Text: put V("3.10") in quotes.'
    type: str
  conda_version:
    description:
      - Version of Conda.
      - 'Text: put V("23.7") in quotes.'
      - Fixed once the service exists; another value is refused before anything is written.
    type: str
  size:
    description:
      - Size of the service, in the unit your platform uses.
      - Only cloning can set it.
      - Fixed once the service exists; another value is refused before anything is written.
    type: int
  system:
    description:
      - Whether this is a service of the platform itself.
      - Fixed once the service exists; another value is refused before anything is written.
    type: bool
  type:
    description:
      - What kind of service this is.
    type: str
    choices:
      - Endpoint
      - FineTune
      - ModelEval
      - App
  source:
    description:
      - Where the service comes from.
    type: str
    choices:
      - Other
      - Bentoml
      - HuggingFace
  framework:
    description:
      - The framework that runs the model, for example V(vLLM).
    type: str
  model_uuids:
    description:
      - The models the service is bound to.
      - Bound at creation; later the platform binds and unbinds through other calls, which this collection does not make.
      - Fixed once the service exists; another value is refused before anything is written.
    type: list
    elements: str
  models:
    description:
      - The names of the models, in place of O(model_uuids).
    type: list
    elements: str
  cpu_architectures:
    description:
      - The CPU architectures the service runs on, for example V(X86_64) or V(AARCH64), in any case and order.
      - Only cloning can set it.
      - Fixed once the service exists; another value is refused before anything is written.
    type: list
    elements: str
  architecture_images:
    description:
      - The images to start from, one for each CPU architecture.
    type: list
    elements: dict
    suboptions:
      cpu_architecture:
        description:
          - The architecture, for example V(X86_64) or V(AARCH64), in any case.
        type: str
        required: true
      vm_image_uuid:
        description:
          - The image of the virtual machine.
        type: str
      docker_image:
        description:
          - The container image.
        type: str
  support_distributed:
    description:
      - Whether inference can be distributed.
    type: bool
  vendor_to_spec_uuids_map:
    description:
      - 'The GPU specifications to use: for each GPU vendor a list of uuids.'
    type: dict
  environment_parameters:
    description:
      - Environment variables of the service.
      - Values whose key looks secret are masked in everything that is shown.
      - The platform takes it in updates only, so after a creation it follows as one in the same task.
      - Compared with what the stored C(yaml) shows.
    type: dict
  startup_parameters:
    description:
      - Parameters of the start.
      - Values whose key looks secret are masked in everything that is shown.
      - The platform takes it in updates only, so after a creation it follows as one in the same task.
      - The platform never shows it.
    type: dict
  inference_params:
    description:
      - Parameters of the inference.
      - Values whose key looks secret are masked in everything that is shown.
      - The platform takes it in updates only, so after a creation it follows as one in the same task.
      - The platform never shows it.
    type: dict
  service_name:
    description:
      - Name of the service inside its configuration.
      - The platform takes it in updates only, so after a creation it follows as one in the same task.
      - Compared with what the stored C(yaml) shows.
    type: str
  service_ports:
    description:
      - Ports of the service, as numbers.
      - The platform takes it in updates only, so after a creation it follows as one in the same task.
      - Compared with what the stored C(yaml) shows.
    type: list
    elements: int
  service_livez:
    description:
      - Path of the liveness probe.
      - The platform takes it in updates only, so after a creation it follows as one in the same task.
      - Compared with what the stored C(yaml) shows.
    type: str
  service_readyz:
    description:
      - Path of the readiness probe.
      - The platform takes it in updates only, so after a creation it follows as one in the same task.
      - Compared with what the stored C(yaml) shows.
    type: str
  service_bootup_time:
    description:
      - Seconds the service may take to start.
      - The platform takes it in updates only, so after a creation it follows as one in the same task.
      - Compared with what the stored C(yaml) shows.
    type: int
  service_install_path:
    description:
      - Where the service is stored inside its configuration.
      - The platform takes it in updates only, so after a creation it follows as one in the same task.
      - The platform never shows it.
    type: str
  service_start_command:
    description:
      - The command that starts the service inside its configuration.
      - The platform takes it in updates only, so after a creation it follows as one in the same task.
      - The platform never shows it.
    type: str
  resource_uuid:
    description:
      - The uuid a new service is to get.
      - Without it a random one is chosen.
    type: str
  tag_uuids:
    description:
      - The tags of the platform attached to the service.
      - On an existing service attached and detached through the tag endpoints.
    type: list
    elements: str
  system_tags:
    description:
      - System tags of the service.
      - On an existing service added and removed through the tag endpoints.
    type: list
    elements: str
  user_tags:
    description:
      - User tags of the service.
      - On an existing service added and removed through the tag endpoints.
    type: list
    elements: str
  # END GENERATED
seealso:
  - module: zstack.aios.model_services
  - module: zstack.aios.model_service_info
"""

EXAMPLES = r"""
- name: Serve a chat model
  zstack.aios.model_service:
    host: aios.example.com
    account_name: admin
    account_password: "{{ aios_password }}"
    name: qwen2.5-7b-chat
    description: Chat for the help desk
    model_center: center-1
    request_cpu: 8
    request_memory: 16384
    gpu_compute_capability: "8.0"
    framework: vLLM
    python_version: "3.10"
    install_path: /models/qwen2.5-7b
    start_command: python3 -m vllm.entrypoints.openai.api_server
    yaml:
      services:
        - name: qwen2.5-7b-chat
          ports: [8000]
          livez: /health
          readyz: /health
    architecture_images:
      - cpu_architecture: X86_64
        docker_image: registry.example.com/x86_64/vllm:0.6.3
      - cpu_architecture: AARCH64
        docker_image: registry.example.com/aarch64/vllm:0.6.3

- name: A second one like it, with more memory and its own token
  zstack.aios.model_service:
    host: aios.example.com
    account_name: admin
    account_password: "{{ aios_password }}"
    name: qwen2.5-7b-chat-large
    clone_from: qwen2.5-7b-chat
    request_memory: 32768
    environment_parameters:
      HF_TOKEN: "{{ hf_token }}"

- name: Give it another name
  zstack.aios.model_service:
    host: aios.example.com
    access_key_id: "{{ aios_key_id }}"
    access_key_secret: "{{ aios_key_secret }}"
    uuid: 90d425a802ff44eeb530f21587633700
    name: qwen2.5-7b-support

- name: Remove it
  zstack.aios.model_service:
    host: aios.example.com
    account_name: admin
    account_password: "{{ aios_password }}"
    name: qwen2.5-7b-support
    state: absent
"""

RETURN = r"""
action:
  description: What was done, or would be done in check mode.
  returned: success
  type: str
  choices: [created, cloned, updated, deleted, unchanged]
  sample: updated
changed_fields:
  description: The options whose values changed, in the order of the documentation.
  returned: success
  type: list
  elements: str
  sample: [request_cpu]
model_service:
  description:
    - The service as the platform shows it, in the names of the options; keys without an option come through in snake_case.
    - Empty after a deletion. In check mode as it would be, as far as that can be told.
  returned: success
  type: dict
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
failure:
  description: The parts of what went wrong, to branch on.
  returned: failure
  type: dict
  contains:
    code:
      description: The platform's error code, or a word of this collection such as V(declaration) or V(transport_unsent).
      type: str
      sample: SYS.1007
    method:
      description: The HTTP method of the request that failed.
      type: str
    path:
      description: Its path.
      type: str
    status:
      description: The HTTP status of the answer.
      type: int
    details:
      description: The deepest text of the platform's error.
      type: str
    job:
      description: The id of the platform's job.
      type: str
    mistakes:
      description: Everything that is wrong with the declaration.
      type: list
      elements: dict
"""

from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import DeclarationError
from ansible_collections.zstack.aios.plugins.module_utils._converge.converge import Settings, converge
from ansible_collections.zstack.aios.plugins.module_utils._converge.plan import DELETED, ORDER, UNCHANGED
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import Raw, read_items
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import SERVER_MADE
from ansible_collections.zstack.aios.plugins.module_utils._model.redaction import Secrecy
from ansible_collections.zstack.aios.plugins.module_utils._module import AiosModule, Spec, field_options, run_module
from ansible_collections.zstack.aios.plugins.module_utils._report.rows import (
    hide_secrets,
    make_diff,
    predict_service,
    show_service,
)
from ansible_collections.zstack.aios.plugins.module_utils._rest.connection import SECRET_OPTIONS


def argument_spec() -> Spec:
    """Return the options beside those of the connection."""
    return {
        **field_options(),
        "update_write_only": {"type": "str", "choices": ["on_change", "always"], "default": "on_change"},
        "secret_keys": {"type": "list", "elements": "str", "no_log": False},
    }


def work(module: AiosModule) -> dict[str, Any]:
    """Bring the one service to what is declared."""
    declared = {option: value for option, value in module.declared.items() if option not in SECRET_OPTIONS}
    items, mistakes = read_items([Raw(declared, "")])
    if module.mistakes or mistakes:
        raise DeclarationError([*module.mistakes, *mistakes])
    secrecy = Secrecy(tuple(module.params["secret_keys"] or ()))
    always = module.params["update_write_only"] == "always"
    settings = Settings(check=module.check_mode, always=always, whole=False, concurrency=1)
    converged = converge(module.connection(), items, settings, module.interruption)
    hide_secrets(converged.rows, secrecy)
    row = converged.rows[0]
    result: dict[str, Any] = {
        "changed": row.changed,
        "action": row.done,
        "changed_fields": sorted(row.changed_fields, key=ORDER.__getitem__),
        "warnings": converged.warnings,
    }
    if module.check_mode:
        result["model_service"] = predict_service(row.action, secrecy)
    elif row.held is not None and row.done != DELETED:
        result["model_service"] = show_service(row.held, secrecy)
    else:
        result["model_service"] = {}
    if module._diff and row.done != UNCHANGED:
        result["diff"] = make_diff(row, secrecy)
    if row.error is not None:
        result.update(failed=True, msg=row.error.message, failure=row.error.failure())
    return result


def main() -> None:
    """Run the module."""
    run_module(argument_spec(), frozenset((*field_options(), *SERVER_MADE)), work)


if __name__ == "__main__":
    main()
