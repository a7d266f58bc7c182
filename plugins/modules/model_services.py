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
  - Brings up to thousands of model services to their declared state in one task, with one login and one listing.
  - Reports all errors in the declarations together, before any write.
  - Creates and clones services first, then updates services, and replaces and deletes services last.
  - Deploys the services that declare it after that, and waits for all of them together. It deletes instance groups only
    after the new ones run.
  - A service can be cloned from another service that the same task creates or clones. The order of the declarations
    does not matter.
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
  src:
    description:
      - Files with declarations, and folders to search for files that end in C(.yml), C(.yaml) or C(.json).
      - Each file is a list of services, or a mapping with such a list under C(model_services).
      - The module reads these files on the host where it runs, which is much faster than loading Ansible variables. It
        does not template them, and it cannot decrypt Ansible Vault.
      - The module joins these declarations with O(model_services). O(merge) determines what happens when a service is
        declared in several places.
      - A relative path starts at the working directory of the module. On the controller, this is the folder of the
        playbook.
    type: list
    elements: path
  src_size_limit:
    description:
      - Maximum size of one file of O(src), in MiB.
    type: int
    default: 64
    version_added: 2.0.0
  merge:
    description:
      - What to do when several layers declare the same service. Each entry of O(src) is a layer, first to last, and
        O(model_services) is the last one.
      - Two declarations are the same service if they have the same UUID, or the same name and not both a UUID.
      - V(strict) fails with an error that names both places.
      - V(overlay) combines the declarations. A later layer adds options to a service and replaces options of earlier
        layers, as a patch does in Kustomize. Mappings such as O(model_services[].environment_parameters) are merged key
        by key at any depth. V(null) removes a key or an option. Lists are replaced. O(model_services[].yaml) is merged
        only if both values are mappings, and otherwise replaced.
      - A service that is declared twice in one layer is an error in both cases.
      - Error messages name the file and line, or the variable, of each value, and so does a report in O(report_path).
    type: str
    choices: [strict, overlay]
    default: strict
    version_added: 2.0.0
  defaults:
    description:
      - Default options for every service. Set an option to V(null) in a service to drop its default for that service.
    type: dict
  only:
    description:
      - Names or UUIDs of declared services, or patterns of names, for example V(chat-*). The module plans and applies only
        these services, and the declared services that they are cloned from.
      - In a pattern, V(*) stands for any text and V(?) for one character. An entry that selects no service is an error.
      - The module still validates the whole declaration. It returns in RV(left_out) how many services it left out.
      - Not possible with O(prune=true), which needs the whole declaration.
    type: list
    elements: str
    version_added: 2.0.0
  concurrency:
    description:
      - Maximum number of requests in progress at the same time, from 1 to 100. Up to four times as many jobs of the
        platform can be in progress.
      - The module halves this number when the platform is overloaded, which it recognizes by timeouts, status 429, and
        a proxy's status 502, 503 or 504. The number recovers step by step.
    type: int
    default: 8
  on_error:
    description:
      - What to do after a service has failed. The task fails in both cases.
      - V(continue) attempts the remaining services, except clones of a failed service.
      - V(stop) starts nothing new.
    type: str
    choices: [continue, stop]
    default: continue
  on_fixed_change:
    description:
      - What to do when the platform shows another value of an option that cannot be changed once the service exists, for
        example O(model_services[].install_path).
      - V(refuse) fails the task before any write.
      - V(recreate) replaces the service, as O(model_services[].on_fixed_change) describes. O(recreate_limit) limits how many
        services one run replaces.
    type: str
    choices: [refuse, recreate]
    default: refuse
    version_added: 2.0.0
  recreate_limit:
    description:
      - Maximum number of services to replace, as a number or as a percentage of the services that are declared to be present.
      - If more services would be replaced, the task fails before any write.
    type: str
    default: "10"
    version_added: 2.0.0
  update_write_only:
    description:
      - When to send fields that the platform accepts but does not show, for example
        O(model_services[].startup_parameters).
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
      - A task of this module waits for all other tasks that write to the platform, and they wait for it.
      - In check mode, the module does not wait.
    type: int
    default: 300
    version_added: 2.0.0
  delete_deployed:
    description:
      - Whether to delete the instance groups of services before these services are deleted.
      - By default, the task fails before any write if a service that would be deleted or pruned has instance groups, because
        they would go on without it.
      - Groups that O(model_services[].deployments) declares with C(state=absent) do not count.
    type: bool
    default: false
    version_added: 2.0.0
  secret_keys:
    description:
      - Additional words that mark the key of a parameter as secret. Keys with words such as token, password, secret,
        key and credential are always secret.
      - The module redacts the values of secret keys in everything it returns. It looks for them in
        O(model_services[].environment_parameters), O(model_services[].startup_parameters),
        O(model_services[].inference_params) and the C(env) and C(environment)
        sections of O(model_services[].yaml).
    type: list
    elements: str
  prune:
    description:
      - Whether to delete services that meet O(prune_conditions) and are not declared.
      - The module deletes them last, and only if everything else succeeded.
      - It never prunes services of the platform itself, which have O(model_services[].system=true).
      - Of services that declare O(model_services[].deployments) and meet O(prune_conditions), it also deletes the instance
        groups that are not declared. O(prune_limit) limits the number of these groups, too.
    type: bool
    default: false
  prune_conditions:
    description:
      - Conditions that a service must meet to be pruned, in the form of
        O(zstack.aios.model_service_info#module:conditions). Required with O(prune=true) and O(unmanaged=true).
      - The module warns of declared services that exist and do not meet them.
    type: list
    elements: raw
  prune_limit:
    description:
      - Maximum number of services to prune, as a number or as a percentage of the services that meet
        O(prune_conditions).
      - If more services would be deleted, the task fails before any write.
      - Also limits how many instance groups are deleted because O(model_services[].deployments) is empty.
    type: str
    default: "10"
  prune_allow_empty:
    description:
      - Whether O(prune) can delete services when no service is declared to be present.
    type: bool
    default: false
  unmanaged:
    description:
      - Whether to list services that meet O(prune_conditions) and are not declared, without deleting them. The module returns
        them in RV(unmanaged) and writes them to the report.
      - It does not list services of the platform itself, and services that an earlier task of the same run of Ansible
        declares.
      - The list has no influence on RV(plan_digest), because the module does nothing about these services. With
        O(prune=true), the plan contains them as deletions instead, and the list is empty.
    type: bool
    default: false
    version_added: 2.0.0
  plan_digest:
    description:
      - Digest of an approved plan, as a run in check mode returned it in RV(plan_digest).
      - The module applies only this plan. If the plan has changed since, the task fails before any write and reports
        which parts are different.
    type: str
  validate_only:
    description:
      - Whether to check the declarations only. This needs no platform and no credentials, and sends no request.
      - C(msg) names the services that can only be existing ones, because options that a creation requires are missing.
    type: bool
    default: false
  undo_path:
    description:
      - File on the host where the module runs, to which the module writes a declaration that undoes the run. Applied with
        O(src) or the playbook C(zstack.aios.undo), it brings every changed or deleted service back, and deletes every new
        service by its UUID.
      - Written before the first write, and only if there is something to write. In check mode, the module does not write it.
      - The file contains values as the platform shows them, including secrets. Only its user can read it. It must not exist,
        otherwise the task fails before any write.
      - Values that the platform does not show cannot be restored. The first lines of the file list them.
      - The file applies to the same platform only.
    type: path
    version_added: 2.0.0
  report_path:
    description:
      - Files on the host where the module runs, to which the module writes a report of all changes. Also written in
        check mode and after failures. The folders must exist.
      - Only its user can read a new file. A file that it replaces keeps its permissions.
      - The suffix C(.html), C(.md) or C(.json) determines the format.
      - Unlike RV(results), a report in HTML or JSON contains every row.
      - If several hosts of a play have the same path, and the module runs on the controller, the report contains all of
        them. The file is complete when the last host is done.
    type: list
    elements: path
  report_language:
    description:
      - Language of the reports in HTML and Markdown. Error messages and names of fields are English in every language, so
        that you can search for them.
      - By default, the language of the locale (E(LC_ALL), E(LC_MESSAGES) or E(LANG)) on the host where the module runs, and
        English if there is no report in that language.
    type: str
    choices:
      - en
      - zh_CN
    version_added: 2.0.0
  progress_path:
    description:
      - File on the host where the module runs, to which the module appends a line of progress every five seconds.
      - On the controller, Ansible displays these lines and you do not need this option.
    type: path
  model_services:
    description:
      - Services to manage.
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
      previous_names:
        description:
          - Names that the service had before. When no service has O(model_services[].name) and one has a previous name,
            it is renamed.
          - When services of both names exist, the task fails before any write. Once the service is renamed, without
            effect.
          - A previous name cannot be the name of another declared service. To swap names, declare the services with
            O(model_services[].uuid).
          - Only with O(model_services[].name) and O(model_services[].state=present), and without O(model_services[].uuid).
        type: list
        elements: str
      on_fixed_change:
        description:
          - What to do when the platform shows another value of an option that cannot be changed once the service exists.
          - V(refuse) fails the task before any write.
          - V(recreate) creates a new service like the old one with the declared options, reads it, and then deletes
            the old one.
          - The UUID of the new service is derived from that of the old one.
          - A protected service is not replaced, and one with instance groups only with O(delete_deployed=true).
          - Otherwise, the task fails before any write.
          - The same applies to a service with values that the platform does not show and that are not declared.
          - Only without O(model_services[].uuid), because the UUID changes.
          - By default, the value of O(on_fixed_change).
        type: str
        choices:
          - refuse
          - recreate
        version_added: 2.0.0
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
          - Cannot be changed once the service exists. O(model_services[].on_fixed_change) says what happens then.
        type: str
      yaml:
        description:
          - Configuration of the service, as YAML text or as a mapping.
          - 'Compared as parsed YAML: comments, layout and the order of keys do not count.'
          - Required to create the service without O(model_services[].clone_from).
        type: raw
      yaml_file:
        description:
          - File with the O(model_services[].yaml), on the host that runs the module. Set either O(model_services[].yaml)
            or O(model_services[].yaml_file).
          - A relative path starts at the folder of the file that declares the service, otherwise at the folder of the
            playbook.
          - In a variable of the role P(zstack.aios.model_services#role), it starts at the folder in which you start
            Ansible.
          - The module does not template the file, and cannot decrypt Ansible Vault.
        type: path
        version_added: 2.0.0
      request_cpu:
        description:
          - Number of CPUs.
          - Required to create the service without O(model_services[].clone_from).
        type: int
      request_memory:
        description:
          - Amount of memory, in the unit of the platform.
          - The vendor does not document the unit. The module does not convert the number.
          - Required to create the service without O(model_services[].clone_from).
        type: int
      model_center_uuid:
        description:
          - UUID of the model center that the service belongs to.
          - A clone is created in the model center of its source.
          - Required to create the service without O(model_services[].clone_from).
          - Cannot be changed once the service exists. O(model_services[].on_fixed_change) says what happens then.
        type: str
      model_center:
        description:
          - Name or UUID of the model center, instead of O(model_services[].model_center_uuid).
        type: str
      zone_uuid:
        description:
          - UUID of the zone in which the service is created.
          - The platform never shows it.
          - Used at creation only, and ignored once the service exists.
        type: str
      zone:
        description:
          - Name or UUID of the zone, instead of O(model_services[].zone_uuid).
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
          - Cannot be changed once the service exists. O(model_services[].on_fixed_change) says what happens then.
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
          - Cannot be changed once the service exists. O(model_services[].on_fixed_change) says what happens then.
        type: str
      size:
        description:
          - Size of the service, in the unit of the platform.
          - Only a clone can set it.
          - Cannot be changed once the service exists. O(model_services[].on_fixed_change) says what happens then.
        type: int
      system:
        description:
          - Whether this is a service of the platform itself.
          - Cannot be changed once the service exists. O(model_services[].on_fixed_change) says what happens then.
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
          - Names or UUIDs of the models, instead of O(model_services[].model_uuids).
        type: list
        elements: str
      cpu_architectures:
        description:
          - CPU architectures that the service runs on, for example V(X86_64) or V(AARCH64), in any case and order.
          - Only a clone can set it.
          - Cannot be changed once the service exists. O(model_services[].on_fixed_change) says what happens then.
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
          - By default, the module derives it from the name, as a UUID of version 5, so that two runs at the same time
            cannot create the same service twice.
          - With the same value in C(uuid), the service is found by its UUID, and created with this UUID if it does not
            exist.
          - Cannot be changed once the service exists. O(model_services[].on_fixed_change) says what happens then.
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
          - Kept with the service as the user tag C(zstack.aios:protected), so that it also holds when the declaration
            is gone.
          - V(false) removes this tag. It is not part of the declared user tags.
          - If the platform has no user tags, the protection holds only while it is declared, and the module warns.
        type: bool
      deployments:
        description:
          - Instance groups that run the service, with the options of M(zstack.aios.model_service_instance_group).
          - B(Experimental,) like that module.
          - If not set, the groups of the service are not managed. An empty list deletes all groups of the service.
          - Groups that are not in a list with other groups stay, unless O(prune) deletes them.
          - The module deploys the groups after all services are as declared, and waits for all of them together.
          - It deletes groups when the other groups of the service run, and keeps them if one of these fails.
        type: list
        elements: dict
        version_added: 2.0.0
        suboptions:
          state:
            description:
              - Whether the group should exist.
            type: str
            choices:
              - present
              - absent
            default: present
          uuid:
            description:
              - UUID of the group to manage. When set, O(model_services[].deployments[].name) is its desired name.
              - Without O(model_services[].deployments[].uuid) the group is found by its exact name among the groups
                of its model service.
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
              - Name or UUID of the zone, instead of O(model_services[].deployments[].zone_uuid).
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
              - Name or UUID of the model, instead of O(model_services[].deployments[].model_uuid).
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
              - By default, the module derives it from the model service and the name, so that two runs at the same time
                cannot deploy the same group twice. Platforms that do not take it choose another one.
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

- name: Keep the services as declared in files, and delete services that were removed from the files
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
    report_language: zh_CN

- name: Plan the changes
  zstack.aios.model_services:
    host: aios.example.com
    account_name: admin
    account_password: "{{ aios_password }}"
    src:
      - "{{ playbook_dir }}/services"
  check_mode: true
  diff: true
  register: plan

- name: Apply this plan and no other
  zstack.aios.model_services:
    host: aios.example.com
    account_name: admin
    account_password: "{{ aios_password }}"
    src:
      - "{{ playbook_dir }}/services"
    plan_digest: "{{ plan.plan_digest }}"

- name: Replace services whose fields differ that cannot be changed, at most two of them
  zstack.aios.model_services:
    host: aios.example.com
    account_name: admin
    account_password: "{{ aios_password }}"
    src:
      - "{{ playbook_dir }}/services"
    on_fixed_change: recreate
    recreate_limit: 2

- name: Apply a part of the declaration, with the services that these are cloned from
  zstack.aios.model_services:
    host: aios.example.com
    account_name: admin
    account_password: "{{ aios_password }}"
    src:
      - "{{ playbook_dir }}/services"
    only:
      - team-a-00
      - team-a-1*
"""

RETURN = r"""
check_mode:
  description: Whether the module ran in check mode, so that the result is a plan.
  returned: when the declarations are valid
  type: bool
uncompared:
  description:
    - Number of services for each field that they declare, that the platform does not show, and that was neither compared nor
      sent. See O(update_write_only).
    - With C(deployments.) in front, likewise the number of instance groups. Most of their fields are used at creation only.
  returned: when there are such fields
  type: dict
  sample: {startup_parameters: 3}
  version_added: 2.0.0
left_out:
  description: Number of declared services that O(only) left out.
  returned: when O(only) is set
  type: int
  version_added: 2.0.0
summary:
  description:
    - Number of services by outcome, and what the run took.
    - Instance groups of C(deployments) count, too. RV(summary.instance_groups) says how many of them there are.
  returned: when the declarations are valid
  type: dict
  contains:
    created:
      description: Services that were created.
      type: int
    cloned:
      description: Services that were cloned.
      type: int
    replaced:
      description: Services that were replaced because an option changes that is fixed once a service exists.
      type: int
      version_added: 2.0.0
    updated:
      description: Services that were updated.
      type: int
    deleted:
      description: Services that were deleted, including pruned services.
      type: int
    unchanged:
      description: Services that already were as declared.
      type: int
    failed:
      description: Services that failed. A service whose change was completed in part counts here and under that change.
      type: int
    unknown:
      description: Services whose change may or may not have been made.
      type: int
    not_attempted:
      description: Services that the module did not begin to change.
      type: int
    total:
      description: All services of the declaration, and all pruned services.
      type: int
    instance_groups:
      description: Instance groups among RV(summary.total). Returned when there are any.
      type: int
      version_added: 2.0.0
    unmanaged:
      description: Services that meet O(prune_conditions) and are not declared. Returned with O(unmanaged=true).
      type: int
      version_added: 2.0.0
    requests:
      description: Number of HTTP requests.
      type: int
    logins:
      description: Number of logins.
      type: int
    seconds:
      description: Duration of the run in seconds, without the start of the module.
      type: float
results:
  description:
    - One row for every service that is not unchanged, failures first.
    - Limited to the size that AWX can store. RV(results_omitted) counts the rows that do not fit, and O(report_path)
      writes all of them.
  returned: when the declarations are valid
  type: list
  elements: dict
  contains:
    name:
      description: Name of the service, or of the instance group.
      type: str
    model_service:
      description: Name of the service that the instance group belongs to. Returned for instance groups.
      type: str
      version_added: 2.0.0
    uuid:
      description: UUID of the service. Missing if the service does not exist.
      type: str
    replaced_uuid:
      description: UUID of the old service, when a new one has replaced it, or was created to replace it.
      type: str
      version_added: 2.0.0
    action:
      description: What the module did, or would do in check mode.
      type: str
      choices: [created, cloned, updated, replaced, deleted, failed, unknown, not_attempted]
    changed_fields:
      description:
        - Names of the options whose values changed.
        - Returned for updates, replacements, unknown outcomes and changes that were completed in part.
      type: list
      elements: str
    error:
      description: Why the service is not as declared.
      type: str
    error_code:
      description: Error code of the platform, or one of this collection.
      type: str
uuids:
  description:
    - UUID of every service that is declared to be present and exists, by name. Includes services that are unchanged.
    - A name that several declared services have is left out.
    - In check mode, services that do not exist yet are left out. A later task can use
      C(result.uuids['chat'] | default(none)), or the condition C('chat' in result.uuids).
    - Limited to the size that AWX can store. RV(uuids_omitted) counts the services that do not fit, and a JSON report in
      O(report_path) contains all of them.
  returned: when the declarations are valid
  type: dict
  sample:
    chat: 6d7bb4b6f3b94ff08d8cdf0ad0b2b1cc
uuids_omitted:
  description: Number of services that are missing from RV(uuids).
  returned: when it is not zero
  type: int
results_omitted:
  description: Number of rows that are missing from RV(results).
  returned: when it is not zero
  type: int
overview:
  description:
    - A line for each service that is not unchanged, with the old and the new values of updated fields. Deleted services come
      first, then replaced, failed, updated, and created services.
    - At most 200 lines with 20,000 characters together. The last line counts the other services.
  returned: in check mode, and with C(--diff)
  type: list
  elements: str
  version_added: 2.0.0
  sample:
    - "1/3 to delete: chat-old (6d7bb4b6f3b94ff08d8cdf0ad0b2b1cc, not declared)"
    - "2/3 to update: chat: request_cpu 4 -> 8"
    - "3/3 to create: embedding"
unmanaged:
  description:
    - Services that meet O(prune_conditions) and are not declared, by name.
    - Limited to the size that AWX can store. RV(summary.unmanaged) counts all of them, and O(report_path) writes all of
      them.
  returned: with O(unmanaged=true)
  type: list
  elements: dict
  version_added: 2.0.0
  contains:
    name:
      description: Name of the service.
      type: str
    uuid:
      description: UUID of the service.
      type: str
  sample: [{name: team-a-test, uuid: 6d7bb4b6f3b94ff08d8cdf0ad0b2b1cc}]
plan_digest:
  description: Digest of the plan for the option O(plan_digest), 64 hexadecimal digits.
  returned: when the module made a plan
  type: str
undo_path:
  description: Path of the undo file.
  returned: when O(undo_path) is set and the file was written
  type: str
  version_added: 2.0.0
report_path:
  description: Path of the first report.
  returned: when O(report_path) is set and all reports were written
  type: str
report_paths:
  description: Paths of all reports.
  returned: when O(report_path) is set and all reports were written
  type: list
  elements: str
  version_added: 2.0.0
failure:
  description: Details of the error, for conditions in playbooks.
  returned: when the task fails before any write, or cannot write the report
  type: dict
  contains:
    code:
      description: Error code of the platform, or one of this collection such as V(declaration), V(prune_limit) or
        V(plan_changed).
      type: str
    errors:
      description:
        - The first 200 validation errors of the declarations, each with C(where), C(option) and C(text).
        - RV(failure.errors_total) counts all of them.
      type: list
      elements: dict
    errors_total:
      description: Number of validation errors.
      type: int
"""

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from ansible_collections.zstack.aios.plugins.module_utils._common.caller import Caller
from ansible_collections.zstack.aios.plugins.module_utils._common.errors import (
    AiosError,
    InvalidInput,
    ValidationError,
    internal_error,
)
from ansible_collections.zstack.aios.plugins.module_utils._common.text import counted, printable, read_boolean
from ansible_collections.zstack.aios.plugins.module_utils._converge.converge import (
    Converged,
    Settings,
    converge,
    count_created_only,
)
from ansible_collections.zstack.aios.plugins.module_utils._converge.guards import (
    Guards,
    invalid_limit,
    read_prune,
)
from ansible_collections.zstack.aios.plugins.module_utils._converge.run_record import RunRecord
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import (
    PRESENT,
    RECREATE,
    REFUSE,
    Item,
    RawItem,
    missing_to_create,
    validate_items,
)
from ansible_collections.zstack.aios.plugins.module_utils._model.files import Undone, read_files
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import MODEL_SERVICE
from ansible_collections.zstack.aios.plugins.module_utils._model.redaction import Redactor
from ansible_collections.zstack.aios.plugins.module_utils._module import AiosModule, Spec, run_module
from ansible_collections.zstack.aios.plugins.module_utils._platform.conditions import ConditionReader
from ansible_collections.zstack.aios.plugins.module_utils._report.languages import LANGUAGES, Language, choose_language
from ansible_collections.zstack.aios.plugins.module_utils._report.report import (
    check_report_path,
    check_report_paths,
    paths_of,
    remove_report,
    report_data,
    write_reports,
)
from ansible_collections.zstack.aios.plugins.module_utils._report.result import (
    count_words,
    failure_message,
    list_unmanaged,
    show_diff,
    show_rows,
    show_unmanaged,
    show_uuids,
    summarize,
)

TAKEN = frozenset(("model_services", "defaults"))


def argument_spec() -> Spec:
    """Return the options besides those of the connection."""
    return {
        "model_services": {"type": "list", "elements": "dict"},
        "src": {"type": "list", "elements": "path"},
        "src_size_limit": {"type": "int", "default": 64},
        "merge": {"type": "str", "choices": ["strict", "overlay"], "default": "strict"},
        "defaults": {"type": "dict"},
        "only": {"type": "list", "elements": "str"},
        "concurrency": {"type": "int", "default": 8},
        "on_error": {"type": "str", "choices": ["continue", "stop"], "default": "continue"},
        "on_fixed_change": {"type": "str", "choices": [REFUSE, RECREATE], "default": REFUSE},
        "recreate_limit": {"type": "str", "default": "10"},
        "update_write_only": {"type": "str", "choices": ["remember", "on_change", "always"], "default": "remember"},
        "secret_keys": {"type": "list", "elements": "str", "no_log": False},
        "lock_timeout": {"type": "int", "default": 300},
        "delete_deployed": {"type": "bool", "default": False},
        "prune": {"type": "bool", "default": False},
        "prune_conditions": {"type": "list", "elements": "raw"},
        "prune_limit": {"type": "str", "default": "10"},
        "prune_allow_empty": {"type": "bool", "default": False},
        "unmanaged": {"type": "bool", "default": False},
        "plan_digest": {"type": "str"},
        "validate_only": {"type": "bool", "default": False},
        "undo_path": {"type": "path"},
        "report_path": {"type": "list", "elements": "path"},
        "report_language": {"type": "str", "choices": list(LANGUAGES)},
        "progress_path": {"type": "path"},
    }


def read_declarations(module: AiosModule, undoes: list[Undone]) -> tuple[list[Item], list[ValidationError]]:
    """Return every declared service, from the option and from files, and what is invalid.

    :param undoes: gets what each undo file was written for.
    """
    errors: list[ValidationError] = []
    given, defaults = module.declared.get("model_services", []), module.declared.get("defaults", {})
    if not isinstance(given, list):
        errors.append(ValidationError("", "model_services", "it is not a list of services"))
        given = []
    if not isinstance(defaults, dict):
        errors.append(ValidationError("", "defaults", "it is not a mapping of options"))
        defaults = {}
    if module.params["on_fixed_change"] == RECREATE:
        defaults = {"on_fixed_change": RECREATE, **defaults}
    src = module.params["src"] or []
    raw_items, unreadable = read_files(src, module.params["prune"], module.params["src_size_limit"], undoes)
    errors += unfit_for_undo(module, undoes)
    raw_items += raw_items_of(given, module.caller, len(src))
    errors += unreadable
    if "yaml_file" in defaults or any("yaml_file" in raw.value for raw in raw_items if isinstance(raw.value, dict)):
        from ansible_collections.zstack.aios.plugins.module_utils._model.yaml_files import read_yaml_files

        below = RawItem(defaults, "defaults", folder=module.caller.folder)
        [below, *raw_items], unread = read_yaml_files([below, *raw_items], module.params["src_size_limit"])
        defaults = below.value
        errors += unread
    if module.params["merge"] == "overlay":
        from ansible_collections.zstack.aios.plugins.module_utils._model.layers import merge_layers

        raw_items, unmerged = merge_layers(MODEL_SERVICE, raw_items)
        errors += unmerged
    items, invalid = validate_items(MODEL_SERVICE, raw_items, defaults, thorough=module.params["validate_only"])
    return items, [*errors, *invalid]


def unfit_for_undo(module: AiosModule, undoes: Sequence[Undone]) -> list[ValidationError]:
    """Return an error for each option that would change what an undo file declares."""
    given = [option for option in ("defaults", "prune") if module.declared.get(option) or module.params.get(option)]
    return [
        ValidationError("", option, f"it cannot be used together with the undo file {undoes[0][0]}; remove it")
        for option in (given if undoes else ())
    ]


def raw_items_of(given: Sequence[Any], caller: Caller, first: int) -> list[RawItem]:
    """Return the items of the option C(model_services) with their places: each variable of the role is a layer, and
    without these all are one.

    :param first: number of the first layer.
    """
    variables: Sequence[tuple[str, int]] = caller.layers
    if sum(count for _name, count in variables) != len(given):
        variables = [("model_services", len(given))]
    values = iter(given)
    return [
        RawItem(next(values), f"{name}[{index}]", layer, folder=caller.folder)
        for layer, (name, count) in enumerate(variables, first)
        for index in range(count)
    ]


def select_items(
    module: AiosModule, items: list[Item], errors: Sequence[ValidationError]
) -> tuple[list[Item], list[ValidationError]]:
    """Return the items that ``only`` selects, and what is invalid in it, as far as the declarations are valid."""
    only = module.params["only"]
    if only is None:
        return items, []
    from ansible_collections.zstack.aios.plugins.module_utils._model.only import invalid_selection, select

    invalid = list(invalid_selection(only, module.params["prune"], module.params["unmanaged"]))
    if invalid or errors:
        return items, invalid
    return select(items, only)


def read_settings(module: AiosModule, undoes: Sequence[Undone]) -> tuple[Settings, Guards, list[ValidationError]]:
    """Return how the declarations are to be applied, what guards the plan, and what is invalid."""
    params = module.params
    prune, errors = read_prune(
        ConditionReader(MODEL_SERVICE),
        params["prune"],
        params["prune_conditions"] or [],
        params["prune_limit"],
        params["prune_allow_empty"],
        params["unmanaged"],
    )
    if not 1 <= params["concurrency"] <= 100:
        text = f"{params['concurrency']} is not a number from 1 to 100"
        errors.append(ValidationError("", "concurrency", text))
    errors += invalid_limit("recreate_limit", params["recreate_limit"])
    errors.extend(check_report_paths(params["report_path"] or []))
    if params["undo_path"]:
        from ansible_collections.zstack.aios.plugins.module_utils._converge.undo import check_undo_path

        errors.extend(check_undo_path(params["undo_path"]))
    settings = Settings(
        check=module.check_mode,
        update_write_only=params["update_write_only"],
        concurrency=params["concurrency"],
        stop_on_error=params["on_error"] == "stop",
        progress_path=params["progress_path"],
        lock_timeout=params["lock_timeout"],
        record=RunRecord.of(module.caller),
        undo_path=params["undo_path"],
        undoes=undoes,
        delete_deployed=params["delete_deployed"],
        prune_limit=params["prune_limit"],
    )
    guards = Guards(prune, (params["plan_digest"] or "").strip(), params["recreate_limit"])
    return settings, guards, errors


def with_errors_elsewhere(module: AiosModule, items: Sequence[Item], errors: Sequence[ValidationError]) -> InvalidInput:
    """Add the errors in the connection, else those that the platform shows of the items without errors."""
    if module.params["validate_only"]:
        return InvalidInput(errors)
    try:
        connection = module.connection()
    except InvalidInput as error:
        return InvalidInput([*errors, *error.errors])
    if module.errors:  # a misspelt option may be one that changes what the items mean
        return InvalidInput(errors)
    from ansible_collections.zstack.aios.plugins.module_utils._converge.foresee import with_further_errors

    return with_further_errors(connection, items, errors, module.signals, module.redactor)


class Facts(NamedTuple):
    """What a report says of its run besides what came of it."""

    started: str
    check: bool
    platform: str = ""
    host: str = ""
    left_out: int = 0


def work(module: AiosModule) -> dict[str, Any]:
    """Bring all services to what is declared; a refusal is reported, too."""
    facts = facts_of(module)
    try:
        undoes: list[Undone] = []
        items, errors = read_declarations(module, undoes)
        settings, guards, invalid = read_settings(module, undoes)
        chosen, unselected = select_items(module, items, errors)
        errors = [*module.errors, *errors, *invalid, *unselected]
        if errors:
            raise with_errors_elsewhere(module, items, errors)
        if module.params["validate_only"]:
            return {"changed": False, "msg": validated(items)}
        connection = module.connection()
        facts = facts._replace(platform=connection.base_url, left_out=len(items) - len(chosen))
        selected = {item.place for item in chosen}
        left_out = [item for item in items if item.place not in selected and item.state == PRESENT]
        settings = settings._replace(left_out=left_out)
        converged = converge(connection, chosen, settings, module.signals, module.redactor, guards)
    except AiosError as error:
        error.warnings += report_refusal(module, facts, error.message, module.redactor)
        raise
    except Exception:
        for path in module.params["report_path"] or []:
            remove_report(path)
        raise
    return report_result(module, converged, facts)


def validated(items: Sequence[Item]) -> str:
    """Return what a validation without a platform says of valid items."""
    text = f"{counted(len(items), 'declared service')} {'is' if len(items) == 1 else 'are'} valid."
    present = [item for item in items if item.state == PRESENT and not item.uuid and not item.clone_from]
    bare = [f"{item.where} lacks {', '.join(missing)}" for item in present if (missing := missing_to_create(item))]
    if bare:
        text += (
            f" {len(bare)} of them can only be {'an existing service' if len(bare) == 1 else 'existing services'}, because "
            f"options that a creation requires are missing: {'; '.join(map(printable, bare[:10]))}"
            + (f"; and {len(bare) - 10} more." if len(bare) > 10 else ".")
        )
    return text


def report_refusal(module: AiosModule, facts: Facts, message: str, redactor: Redactor) -> list[str]:
    """Write a report of why nothing was done, so that an older one is not taken for this run's.

    :return: a warning if it cannot be written.
    """
    validated = read_boolean(module.params.get("validate_only")) is True
    given = [] if validated else paths_of(module.params.get("report_path"))
    paths = [path for path in dict.fromkeys(given) if not any(check_report_path(path))]
    if not paths:
        return []
    summary = {**summarize([]), "requests": 0, "logins": 0, "seconds": 0.0}
    report = {**facts._asdict(), "summary": summary, "plan_digest": "", "refused": redactor.redact(message)}
    try:
        write_reports(paths, report_data(report, [], redactor), joint_folder(module), language_of(module))
    except AiosError as unwritten:
        return [unwritten.message]
    return []


def language_of(module: AiosModule) -> Language:
    """Return the language of the reports."""
    return choose_language(module.params.get("report_language"), module.environment)


def joint_folder(module: AiosModule) -> str:
    """Return the folder for data of joint reports, empty where no other host of the play can name the same file."""
    return module.caller.run_folder if module.caller.several else ""


def report_refused_options(module: AiosModule, message: str) -> None:
    """Write a report of options that Ansible refused. They may have any type."""
    redactor = Redactor()
    redactor.learn(module.caller.secrets)
    report_refusal(module, facts_of(module), message, redactor)


def facts_of(module: AiosModule) -> Facts:
    """Return what is known of a run at its start."""
    return Facts(time.strftime("%Y-%m-%d %H:%M:%S %z"), module.check_mode, host=module.caller.host)


def report_result(module: AiosModule, converged: Converged, facts: Facts) -> dict[str, Any]:
    """Return the result of a run, and write its report."""
    redactor = module.redactor
    counts = summarize(converged.rows)
    uncompared = {**converged.uncompared, **count_created_only(converged.rows)}
    cost = {"requests": converged.requests, "logins": converged.logins, "seconds": converged.seconds}
    result: dict[str, Any] = {
        "changed": any(row.changed for row in converged.rows),
        "check_mode": module.check_mode,
        "summary": {**counts, **cost},
        "plan_digest": converged.plan_digest,
        "msg": f"{count_words(counts, module.check_mode)}.",
        "warnings": converged.warnings,
        **show_rows(converged.rows),
        **({"uncompared": uncompared} if uncompared else {}),
    }
    if converged.undo_path:
        result["undo_path"] = converged.undo_path
    if module.params["only"] is not None:
        result["left_out"] = facts.left_out
        result["msg"] += f" {counted(facts.left_out, 'declared service')} left out by only."
    if module._diff:
        result["diff"] = show_diff(converged.rows, redactor)
    if module._diff or module.check_mode:
        from ansible_collections.zstack.aios.plugins.module_utils._report.overview import overview

        result["overview"] = overview(converged.rows, module.check_mode, redactor)
    if module.params["unmanaged"]:
        result["unmanaged"] = show_unmanaged(converged.unmanaged)
        result["summary"]["unmanaged"] = len(converged.unmanaged)
        result["msg"] += f" {counted(len(converged.unmanaged), 'service')} not declared."
    result.update(show_uuids(converged.rows, result))
    if converged.failed or converged.interrupted:
        result.update(failed=True, msg=failure_message(converged.rows, counts, converged.interrupted))
    paths = module.params["report_path"]
    if paths:
        report = {
            **facts._asdict(),
            "summary": result["summary"],
            "plan_digest": converged.plan_digest,
            "interrupted": converged.interrupted,
            "uncompared": uncompared,
            "undo_path": converged.undo_path,
            "unmanaged": list_unmanaged(converged.unmanaged),
        }
        try:
            data = report_data(report, converged.rows, redactor)
            result["report_paths"] = write_reports(paths, data, joint_folder(module), language_of(module))
            result["report_path"] = paths[0]
        except Exception as error:  # whatever it is, it must not cost the result of what was done
            unwritten = error if isinstance(error, AiosError) else internal_error(error)
            result.update(failed=True, msg=f"{result['msg']}\n{unwritten.message}", failure=unwritten.failure())
    return result


def main() -> None:
    """Run the module."""
    run_module(argument_spec(), TAKEN, work, report_refused_options)


if __name__ == "__main__":
    main()
