#!/usr/bin/python
# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deploy, update, restart or delete one instance group of a model service."""

from __future__ import annotations

DOCUMENTATION = r"""
module: model_service_instance_group
short_description: Deploy one instance group of a model service on a ZStack AIOS platform
version_added: 2.0.0
author:
  - The zstack.aios authors (@zstack-aios)
description:
  - B(Experimental.) The call that deploys a model service is known from the vendor's Java SDK only, not from its documents, and
    was not tried on a live platform. Test this module with your version of the platform before you depend on it.
  - Deploys, updates, restarts or deletes one instance group, which is what runs of a model service, and waits for the
    result.
  - An option that you do not set is not managed. The module does not send, compare or reset it.
  - Most options are sent when the group is deployed, and no group shows them. For a group that exists, the module does not
    compare these options, and names them in RV(uncompared) and in the diff. To change one of them, deploy a group of another
    name and delete the old one.
  - The platform cannot stop, start or scale a group. To stop a model, delete its group.
  - To manage the groups of many services, use C(deployments) of M(zstack.aios.model_services).
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
      - O(state=restarted) restarts in every run.
      - With O(update_write_only=always), every run sends the fields that the platform never shows and reports a change.
options:
  update_write_only:
    description:
      - When to send fields that the platform accepts but does not show, for example
        O(startup_parameters).
      - V(remember) sends them when their declared value is not the one that was sent last. For this, the module keeps a
        fingerprint of each value in a user tag of the group, which begins with C(zstack.aios:declared=v1:) and is not
        part of the declared user tags. The module does not notice when someone else changes these fields. Whoever can
        read the tag can guess a short secret from its fingerprint.
      - V(on_change) sends them when the group is deployed and together with every other update of the group. A
        change of these fields alone is not noticed. The module warns about such fields.
      - V(always) sends them in every run, which then reports a change.
      - V(on_change) and V(always) do not renew the fingerprints. After a run with another value and one of them, run once
        with V(always) before you return to V(remember).
      - If the platform has no user tags, V(remember) works as V(on_change). If it has tags and does not let them be added
        to an existing group, only a run finds out. Until you set V(on_change), check mode then reports these fields as
        changes.
    type: str
    choices: [remember, on_change, always]
    default: remember
  lock_timeout:
    description:
      - Maximum number of seconds to wait for another run that writes to the same platform, if the same user started it
        on the same host. After that, the task fails and names the other run.
      - Tasks of this module for different groups do not wait for each other. They wait for tasks of
        M(zstack.aios.model_services), and these for them, also while they wait for a group to run.
      - In check mode, the module does not wait.
    type: int
    default: 300
  secret_keys:
    description:
      - Additional words that mark the key of a parameter as secret. Keys with words such as token, password, secret,
        key and credential are always secret.
      - The module redacts the values of secret keys in everything it returns. It looks for them in O(environment_variables),
        O(startup_parameters), and in the configurations and commands that the platform shows of the group.
    type: list
    elements: str
  # BEGIN GENERATED from the table of fields
  state:
    description:
      - Whether the group should exist.
      - V(restarted) first updates what differs, then restarts the group once. It reports a change in every run.
    type: str
    choices:
      - present
      - absent
      - restarted
    default: present
  uuid:
    description:
      - UUID of the group to manage. When set, O(name) is its desired name.
      - Without O(uuid) the group is found by its exact name among the groups of its model service.
    type: str
  wait:
    description:
      - Whether to wait until all instances of the group run, or until a deleted group is gone.
      - The module also waits for a group that it does not change. In check mode, it does not wait.
    type: bool
    default: true
  wait_timeout:
    description:
      - Maximum number of seconds to wait. After that, the task fails and names the last status of the group.
      - The platform has no status for a failed start, so a group that cannot start is waited for until then.
    type: int
    default: 600
  model_service_uuid:
    description:
      - UUID of the model service that the group runs.
      - Required to create the group.
      - Cannot be changed once the group exists. Another value fails the task before any write.
    type: str
  model_service:
    description:
      - Name or UUID of the model service, instead of O(model_service_uuid).
    type: str
  name:
    description:
      - Name of the group, which identifies it among the groups of its model service.
      - Required to create the group.
    type: str
  description:
    description:
      - What the group is for.
    type: str
  zone_uuid:
    description:
      - UUID of the zone in which the group runs.
      - Required to create the group.
      - Used at creation only, and ignored once the group exists.
    type: str
  zone:
    description:
      - Name or UUID of the zone, instead of O(zone_uuid).
    type: str
  type:
    description:
      - What the instances of the group are.
      - Older platforms do not have V(BareMetal2).
      - Required to create the group.
      - Cannot be changed once the group exists. Another value fails the task before any write.
    type: str
    choices:
      - VirtualMachine
      - Container
      - BareMetal2
  model_uuid:
    description:
      - UUID of the model to run.
      - Cannot be changed once the group exists. Another value fails the task before any write.
    type: str
  model:
    description:
      - Name or UUID of the model, instead of O(model_uuid).
    type: str
  vm_image_uuid:
    description:
      - UUID of the virtual machine image.
      - Used at creation only, and ignored once the group exists.
    type: str
  docker_image:
    description:
      - Container image.
      - Used at creation only, and ignored once the group exists.
    type: str
  cpu_num:
    description:
      - Number of CPUs of an instance.
      - Used at creation only, and ignored once the group exists.
    type: int
  memory_size:
    description:
      - Memory of an instance. By a sample of the vendor, in bytes.
      - The module does not convert the number.
      - Used at creation only, and ignored once the group exists.
    type: int
  request_cpu_num:
    description:
      - Number of CPUs that an instance requests.
      - Used at creation only, and ignored once the group exists.
    type: int
  request_memory_size:
    description:
      - Memory that an instance requests, in the unit of the platform.
      - Used at creation only, and ignored once the group exists.
    type: int
  gpu_spec_uuid:
    description:
      - UUID of the GPU specification.
      - Used at creation only, and ignored once the group exists.
    type: str
  gpu_count:
    description:
      - Number of GPUs.
      - Used at creation only, and ignored once the group exists.
    type: int
  cluster_uuid:
    description:
      - UUID of the cluster in which the group runs.
      - Used at creation only, and ignored once the group exists.
    type: str
  placement_mode:
    description:
      - How the platform places the group.
      - Used at creation only, and ignored once the group exists.
    type: str
    choices:
      - Auto
      - Pinned
  target_uuid:
    description:
      - UUID of the target on which a pinned group runs.
      - Used at creation only, and ignored once the group exists.
    type: str
  primary_storage_uuid:
    description:
      - UUID of the primary storage.
      - Used at creation only, and ignored once the group exists.
    type: str
  root_disk_offering_uuid:
    description:
      - UUID of the offering of the root disk.
      - Used at creation only, and ignored once the group exists.
    type: str
  root_disk_size:
    description:
      - Size of the root disk, in the unit of the platform.
      - Used at creation only, and ignored once the group exists.
    type: int
  l3_network_uuids:
    description:
      - UUIDs of the L3 networks.
      - Used at creation only, and ignored once the group exists.
    type: list
    elements: str
  dataset_uuids:
    description:
      - UUIDs of the datasets.
      - Used at creation only, and ignored once the group exists.
    type: list
    elements: str
  model_service_group_uuids:
    description:
      - UUIDs of the instance groups that this one depends on.
      - Used at creation only, and ignored once the group exists.
    type: list
    elements: str
  project_uuid:
    description:
      - UUID of the project.
      - Used at creation only, and ignored once the group exists.
    type: str
  environment_variables:
    description:
      - Environment variables of the instances.
      - The module redacts values whose key marks them as secret.
      - The platform never shows it.
    type: dict
  startup_parameters:
    description:
      - Startup parameters of the instances.
      - The module redacts values whose key marks them as secret.
      - The platform never shows it.
    type: dict
  service_livez:
    description:
      - Path of the liveness probe.
      - The platform never shows it.
    type: str
  service_readyz:
    description:
      - Path of the readiness probe.
      - The platform never shows it.
    type: str
  service_bootup_time:
    description:
      - Seconds that an instance may take to start.
      - The platform never shows it.
    type: int
  package_version:
    description:
      - Version of the package.
      - The platform accepts it in updates only. After a creation, an update in the same task sets it.
      - The platform never shows it.
    type: str
  resource_uuid:
    description:
      - UUID of a new group.
      - By default, the module derives it from the model service and the name, so that two runs at the same time cannot
        deploy the same group twice. Platforms that do not take it choose another one.
      - Cannot be changed once the group exists. Another value fails the task before any write.
    type: str
  tag_uuids:
    description:
      - UUIDs of the tags of the platform that are attached to the group.
      - On an existing group, the module attaches and detaches single tags.
    type: list
    elements: str
  system_tags:
    description:
      - System tags of the group.
      - On an existing group, the module adds and removes single tags.
    type: list
    elements: str
  user_tags:
    description:
      - User tags of the group.
      - On an existing group, the module adds and removes single tags.
    type: list
    elements: str
  # END GENERATED
seealso:
  - module: zstack.aios.model_service_instance_group_info
  - module: zstack.aios.model_service
  - module: zstack.aios.model_services
"""

EXAMPLES = r"""
- name: Deploy the chat service and wait until it runs
  zstack.aios.model_service_instance_group:
    host: aios.example.com
    account_name: admin
    account_password: "{{ aios_password }}"
    model_service: qwen2.5-7b-chat
    name: blue
    zone: zone-1
    type: Container
    cpu_num: 8
    memory_size: 34359738368
    gpu_count: 1
    environment_variables:
      HF_TOKEN: "{{ hf_token }}"
    wait_timeout: 1200
  register: blue

- name: Show where it responds
  ansible.builtin.debug:
    msg: "{{ blue.model_service_instance_group.instances | map(attribute='url') }}"

- name: Change an environment variable, and restart the group so that it takes effect
  zstack.aios.model_service_instance_group:
    host: aios.example.com
    account_name: admin
    account_password: "{{ aios_password }}"
    model_service: qwen2.5-7b-chat
    name: blue
    environment_variables:
      HF_TOKEN: "{{ new_hf_token }}"
    state: restarted

- name: Stop it
  zstack.aios.model_service_instance_group:
    host: aios.example.com
    account_name: admin
    account_password: "{{ aios_password }}"
    model_service: qwen2.5-7b-chat
    name: blue
    state: absent
"""

RETURN = r"""
action:
  description: What the module did, or would do in check mode.
  returned: success
  type: str
  choices: [created, updated, restarted, deleted, unchanged]
  sample: created
changed_fields:
  description: Names of the options whose values changed.
  returned: success
  type: list
  elements: str
  sample: [environment_variables]
uncompared:
  description:
    - Names of options that are set for a group that exists, that no group shows, and that were neither compared nor sent,
      each with the number of groups.
  returned: when there are such options
  type: dict
  sample: {cpu_num: 1, zone_uuid: 1}
model_service_instance_group:
  description:
    - The group as the platform shows it, with the names of the options as keys. Keys without an option are returned in
      snake_case.
    - Which keys the platform shows differs between its versions.
    - Empty after a deletion. In check mode, the expected group as far as it can be predicted.
  returned: success
  type: dict
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

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.zstack.aios.plugins.module_utils._converge.converge import Settings, converge
from ansible_collections.zstack.aios.plugins.module_utils._converge.run_record import RunRecord
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import RawItem, validate_items
from ansible_collections.zstack.aios.plugins.module_utils._model.instance_group import INSTANCE_GROUP
from ansible_collections.zstack.aios.plugins.module_utils._module import AiosModule, Spec, field_options, run_module
from ansible_collections.zstack.aios.plugins.module_utils._platform.groups import InstanceGroups
from ansible_collections.zstack.aios.plugins.module_utils._report.single import single_result

OPTIONS = field_options(INSTANCE_GROUP)


def argument_spec() -> Spec:
    """Return the options besides those of the connection."""
    return {
        **OPTIONS,
        "update_write_only": {"type": "str", "choices": ["remember", "on_change", "always"], "default": "remember"},
        "secret_keys": {"type": "list", "elements": "str", "no_log": False},
        "lock_timeout": {"type": "int", "default": 300},
    }


def work(module: AiosModule) -> dict[str, Any]:
    """Bring the one group to what is declared."""
    items, errors = validate_items(INSTANCE_GROUP, [RawItem(module.declared, "")])
    try:
        connection = module.connection()
    except InvalidInput as error:
        errors += error.errors
    if module.errors or errors:
        raise InvalidInput([*module.errors, *errors])
    settings = Settings(
        adapter=InstanceGroups,
        check=module.check_mode,
        update_write_only=module.params["update_write_only"],
        listing=False,
        concurrency=1,
        lock_timeout=module.params["lock_timeout"],
        record=RunRecord.of(module.caller),
    )
    converged = converge(connection, items, settings, module.signals, module.redactor)
    return single_result("model_service_instance_group", converged, module.redactor, module.check_mode, module._diff)


def main() -> None:
    """Run the module."""
    run_module(argument_spec(), frozenset((*OPTIONS, *INSTANCE_GROUP.server_made)), work)


if __name__ == "__main__":
    main()
