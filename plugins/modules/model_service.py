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
  - An option that you do not set is not managed. The module does not send, compare or reset it.
  - An option that you set is compared as a whole with the platform's current value. The module verifies the result of
    every write.
  - To manage many services, use M(zstack.aios.model_services), which handles all of them in one task with one login.
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
      - With O(update_write_only=always), every run sends the fields that the platform never shows and reports a change.
options:
  update_write_only:
    description:
      - When to send fields that the platform accepts but does not show, for example
        O(startup_parameters).
      - V(remember) sends them when their declared value is not the one that was sent last. For this, the module keeps a
        fingerprint of each value in a user tag of the service, which begins with C(zstack.aios:declared=v1:) and is not
        part of the declared user tags. The module does not notice when someone else changes these fields. Whoever can
        read the tag can guess a short secret from its fingerprint.
      - V(on_change) sends them when the service is created and together with every other update of the service. A
        change of these fields alone is not noticed. The module warns about such fields.
      - V(always) sends them in every run, which then reports a change.
      - V(on_change) and V(always) do not renew the fingerprints. After a run with another value and one of them, run once
        with V(always) before you return to V(remember).
      - If the platform has no user tags, V(remember) works as V(on_change). If it has tags and does not let them be added
        to an existing service, only a run finds out. Until you set V(on_change), check mode then reports these fields as
        changes.
    type: str
    choices: [remember, on_change, always]
    default: remember
  lock_timeout:
    description:
      - Maximum number of seconds to wait for another run that writes to the same platform, if the same user started it
        on the same host. After that, the task fails and names the other run.
      - Tasks of this module for different services do not wait for each other. They wait for tasks of
        M(zstack.aios.model_services).
      - In check mode, the module does not wait.
    type: int
    default: 300
    version_added: 2.0.0
  delete_deployed:
    description:
      - Whether to delete the instance groups of a service before the service is deleted.
      - By default, the task fails before any write if the service has instance groups, because they would go on without it.
    type: bool
    default: false
    version_added: 2.0.0
  secret_keys:
    description:
      - Additional words that mark the key of a parameter as secret. Keys with words such as token, password, secret,
        key and credential are always secret.
      - The module redacts the values of secret keys in everything it returns. It looks for them in
        O(environment_parameters), O(startup_parameters), O(inference_params) and the C(env) and C(environment)
        sections of O(yaml).
    type: list
    elements: str
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
      - UUID of the service to manage. When set, O(name) is its desired name.
      - Either O(name) or O(uuid) is required. Without O(uuid) the service is found by its exact name.
    type: str
  clone_from:
    description:
      - Name or UUID of the service to clone when this one does not exist yet. Ignored once it exists.
      - Options that are not set are taken from that service.
    type: str
  previous_names:
    description:
      - Names that the service had before. When no service has O(name) and one has a previous name, it is renamed.
      - When services of both names exist, the task fails before any write. Once the service is renamed, without effect.
      - A previous name cannot be the name of another declared service. To swap names, declare the services with O(uuid).
      - Only with O(name) and O(state=present), and without O(uuid).
    type: list
    elements: str
  on_fixed_change:
    description:
      - What to do when the platform shows another value of an option that cannot be changed once the service exists.
      - V(refuse) fails the task before any write.
      - V(recreate) creates a new service like the old one with the declared options, reads it, and then deletes the
        old one.
      - The UUID of the new service is derived from that of the old one.
      - A protected service is not replaced, and one with instance groups only with O(delete_deployed=true).
      - Otherwise, the task fails before any write.
      - The same applies to a service with values that the platform does not show and that are not declared.
      - Only without O(uuid), because the UUID changes.
      - By default, V(refuse).
    type: str
    choices:
      - refuse
      - recreate
    version_added: 2.0.0
  name:
    description:
      - Name of the service.
      - Required to create the service without O(clone_from).
    type: str
  description:
    description:
      - What the service is for.
    type: str
  readme:
    description:
      - Long description, which the platform shows as a document.
      - Only a clone can set it.
      - Cannot be changed once the service exists. O(on_fixed_change) says what happens then.
    type: str
  yaml:
    description:
      - Configuration of the service, as YAML text or as a mapping.
      - 'Compared as parsed YAML: comments, layout and the order of keys do not count.'
      - Required to create the service without O(clone_from).
    type: raw
  yaml_file:
    description:
      - File with the O(yaml), on the host that runs the module. Set either O(yaml) or O(yaml_file).
      - A relative path starts at the folder of the file that declares the service, otherwise at the folder of the playbook.
      - In a variable of the role P(zstack.aios.model_services#role), it starts at the folder in which you start Ansible.
      - The module does not template the file, and cannot decrypt Ansible Vault.
    type: path
    version_added: 2.0.0
  request_cpu:
    description:
      - Number of CPUs.
      - Required to create the service without O(clone_from).
    type: int
  request_memory:
    description:
      - Amount of memory, in the unit of the platform.
      - The vendor does not document the unit. The module does not convert the number.
      - Required to create the service without O(clone_from).
    type: int
  model_center_uuid:
    description:
      - UUID of the model center that the service belongs to.
      - A clone is created in the model center of its source.
      - Required to create the service without O(clone_from).
      - Cannot be changed once the service exists. O(on_fixed_change) says what happens then.
    type: str
  model_center:
    description:
      - Name or UUID of the model center, instead of O(model_center_uuid).
    type: str
  zone_uuid:
    description:
      - UUID of the zone in which the service is created.
      - The platform never shows it.
      - Used at creation only, and ignored once the service exists.
    type: str
  zone:
    description:
      - Name or UUID of the zone, instead of O(zone_uuid).
    type: str
  gpu_compute_capability:
    description:
      - GPU compute capability that the service needs.
      - 'A string: quote V("7.5") in YAML.'
    type: str
  install_path:
    description:
      - Path of the service's files.
      - Required to create the service without O(clone_from).
      - Cannot be changed once the service exists. O(on_fixed_change) says what happens then.
    type: str
  start_command:
    description:
      - Command that starts the service.
      - Required to create the service without O(clone_from).
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
      - Cannot be changed once the service exists. O(on_fixed_change) says what happens then.
    type: str
  size:
    description:
      - Size of the service, in the unit of the platform.
      - Only a clone can set it.
      - Cannot be changed once the service exists. O(on_fixed_change) says what happens then.
    type: int
  system:
    description:
      - Whether this is a service of the platform itself.
      - Cannot be changed once the service exists. O(on_fixed_change) says what happens then.
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
      - On an existing service, the module binds and unbinds single models.
    type: list
    elements: str
  models:
    description:
      - Names or UUIDs of the models, instead of O(model_uuids).
    type: list
    elements: str
  cpu_architectures:
    description:
      - CPU architectures that the service runs on, for example V(X86_64) or V(AARCH64), in any case and order.
      - Only a clone can set it.
      - Cannot be changed once the service exists. O(on_fixed_change) says what happens then.
    type: list
    elements: str
  architecture_images:
    description:
      - Images that the service starts from, one for each CPU architecture.
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
      - The module redacts values whose key marks them as secret.
      - The platform accepts it in updates only. After a creation, an update in the same task sets it.
      - Compared with the stored C(yaml).
    type: dict
  startup_parameters:
    description:
      - Startup parameters of the service.
      - The module redacts values whose key marks them as secret.
      - The platform accepts it in updates only. After a creation, an update in the same task sets it.
      - The platform never shows it.
    type: dict
  inference_params:
    description:
      - Inference parameters of the service.
      - The module redacts values whose key marks them as secret.
      - The platform accepts it in updates only. After a creation, an update in the same task sets it.
      - The platform never shows it.
    type: dict
  service_name:
    description:
      - Name of the service inside its configuration.
      - The platform accepts it in updates only. After a creation, an update in the same task sets it.
      - Compared with the stored C(yaml).
    type: str
  service_ports:
    description:
      - Ports of the service, as numbers.
      - The platform accepts it in updates only. After a creation, an update in the same task sets it.
      - Compared with the stored C(yaml).
    type: list
    elements: int
  service_livez:
    description:
      - Path of the liveness probe.
      - The platform accepts it in updates only. After a creation, an update in the same task sets it.
      - Compared with the stored C(yaml).
    type: str
  service_readyz:
    description:
      - Path of the readiness probe.
      - The platform accepts it in updates only. After a creation, an update in the same task sets it.
      - Compared with the stored C(yaml).
    type: str
  service_bootup_time:
    description:
      - Seconds that the service may take to start.
      - The platform accepts it in updates only. After a creation, an update in the same task sets it.
      - Compared with the stored C(yaml).
    type: int
  service_install_path:
    description:
      - Path of the service's files, inside its configuration.
      - The platform accepts it in updates only. After a creation, an update in the same task sets it.
      - The platform never shows it.
    type: str
  service_start_command:
    description:
      - Command that starts the service, inside its configuration.
      - The platform accepts it in updates only. After a creation, an update in the same task sets it.
      - The platform never shows it.
    type: str
  resource_uuid:
    description:
      - UUID of a new service.
      - By default, the module derives it from the name, as a UUID of version 5, so that two runs at the same time cannot
        create the same service twice.
      - With the same value in C(uuid), the service is found by its UUID, and created with this UUID if it does not exist.
      - Cannot be changed once the service exists. O(on_fixed_change) says what happens then.
    type: str
  tag_uuids:
    description:
      - UUIDs of the tags of the platform that are attached to the service.
      - On an existing service, the module attaches and detaches single tags.
    type: list
    elements: str
  system_tags:
    description:
      - System tags of the service.
      - On an existing service, the module adds and removes single tags.
    type: list
    elements: str
  user_tags:
    description:
      - User tags of the service.
      - On an existing service, the module adds and removes single tags.
    type: list
    elements: str
  protected:
    description:
      - Whether to protect the service from deletion. No task of this collection deletes, prunes or replaces it.
      - Kept with the service as the user tag C(zstack.aios:protected), so that it also holds when the declaration is
        gone.
      - V(false) removes this tag. It is not part of the declared user tags.
      - If the platform has no user tags, the protection holds only while it is declared, and the module warns.
    type: bool
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

- name: Clone the service with more memory and another token
  zstack.aios.model_service:
    host: aios.example.com
    account_name: admin
    account_password: "{{ aios_password }}"
    name: qwen2.5-7b-chat-large
    clone_from: qwen2.5-7b-chat
    request_memory: 32768
    environment_parameters:
      HF_TOKEN: "{{ hf_token }}"

- name: Rename a service
  zstack.aios.model_service:
    host: aios.example.com
    access_key_id: "{{ aios_key_id }}"
    access_key_secret: "{{ aios_key_secret }}"
    uuid: 90d425a802ff44eeb530f21587633700
    name: qwen2.5-7b-support

- name: Move the service to another folder, which takes a new service in place of the old one
  zstack.aios.model_service:
    host: aios.example.com
    account_name: admin
    account_password: "{{ aios_password }}"
    name: qwen2.5-7b-support
    install_path: /models/qwen2.5-7b-support
    on_fixed_change: recreate

- name: Delete the service
  zstack.aios.model_service:
    host: aios.example.com
    account_name: admin
    account_password: "{{ aios_password }}"
    name: qwen2.5-7b-support
    state: absent
"""

RETURN = r"""
action:
  description: What the module did, or would do in check mode.
  returned: success
  type: str
  choices: [created, cloned, updated, replaced, deleted, unchanged]
  sample: updated
changed_fields:
  description: Names of the options whose values changed.
  returned: success
  type: list
  elements: str
  sample: [request_cpu]
uncompared:
  description:
    - Number of services for each field that they declare, that the platform does not show, and that was neither compared nor
      sent. See O(update_write_only).
  returned: when there are such fields
  type: dict
  sample: {startup_parameters: 3}
  version_added: 2.0.0
deleted_instance_groups:
  description: Instance groups that were deleted, or would be deleted, together with the service.
  returned: when O(delete_deployed=true) and there are such groups
  type: list
  elements: dict
  version_added: 2.0.0
  contains:
    name:
      description: Name of the group.
      type: str
    model_service:
      description: Name of the service.
      type: str
    uuid:
      description: UUID of the group.
      type: str
    action:
      description: What the module did, or would do in check mode.
      type: str
    error:
      description: Why the group was not deleted.
      type: str
    error_code:
      description: Error code of the platform, or one of this collection.
      type: str
model_service:
  description:
    - The service as the platform shows it, with the names of the options as keys. Keys without an option are returned
      in snake_case.
    - Empty after a deletion. In check mode, the expected service as far as it can be predicted.
  returned: success
  type: dict
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
failure:
  description: Details of the error, for conditions in playbooks.
  returned: failure
  type: dict
  contains:
    code:
      description: Error code of the platform, or one of this collection such as V(declaration) or V(transport_unsent).
      type: str
      sample: SYS.1007
    method:
      description: HTTP method of the failed request.
      type: str
    path:
      description: Path of the failed request.
      type: str
    status:
      description: HTTP status of the response.
      type: int
    details:
      description: Most specific text of the error.
      type: str
    job:
      description: ID of the platform's job.
      type: str
    errors:
      description:
        - The first 200 validation errors of the declaration, each with C(where), C(option) and C(text).
        - RV(failure.errors_total) counts all of them.
      type: list
      elements: dict
    errors_total:
      description: Number of validation errors.
      type: int
"""

from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import InvalidInput, ValidationError
from ansible_collections.zstack.aios.plugins.module_utils._converge.converge import Settings, converge
from ansible_collections.zstack.aios.plugins.module_utils._converge.run_record import RunRecord
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import RawItem, validate_items
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import MODEL_SERVICE
from ansible_collections.zstack.aios.plugins.module_utils._module import AiosModule, Spec, field_options, run_module
from ansible_collections.zstack.aios.plugins.module_utils._report.single import single_result

OPTIONS = field_options(MODEL_SERVICE)


def argument_spec() -> Spec:
    """Return the options besides those of the connection."""
    return {
        **OPTIONS,
        "update_write_only": {"type": "str", "choices": ["remember", "on_change", "always"], "default": "remember"},
        "secret_keys": {"type": "list", "elements": "str", "no_log": False},
        "lock_timeout": {"type": "int", "default": 300},
        "delete_deployed": {"type": "bool", "default": False},
    }


def work(module: AiosModule) -> dict[str, Any]:
    """Bring the one service to what is declared."""
    raw_items, unread = [RawItem(module.declared, "")], list[ValidationError]()
    if "yaml_file" in module.declared:
        from ansible_collections.zstack.aios.plugins.module_utils._model.yaml_files import read_yaml_files

        raw_items, unread = read_yaml_files(raw_items)
    items, errors = validate_items(MODEL_SERVICE, raw_items)
    errors = [*unread, *errors]
    try:
        connection = module.connection()
    except InvalidInput as error:
        errors += error.errors
    if module.errors or errors:
        raise InvalidInput([*module.errors, *errors])
    redactor = module.redactor
    settings = Settings(
        check=module.check_mode,
        update_write_only=module.params["update_write_only"],
        listing=False,
        concurrency=1,
        lock_timeout=module.params["lock_timeout"],
        record=RunRecord.of(module.caller),
        delete_deployed=module.params["delete_deployed"],
    )
    converged = converge(connection, items, settings, module.signals, redactor)
    return single_result("model_service", converged, redactor, module.check_mode, module._diff)


def main() -> None:
    """Run the module."""
    run_module(argument_spec(), frozenset((*OPTIONS, *MODEL_SERVICE.server_made)), work)


if __name__ == "__main__":
    main()
