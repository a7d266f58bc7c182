#!/usr/bin/python
# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the model services of a platform as declarations, to a file or a folder."""

from __future__ import annotations

DOCUMENTATION = r"""
module: model_services_export
short_description: Write the model services of a ZStack AIOS platform as declarations
version_added: 2.0.0
author:
  - The zstack.aios authors (@zstack-aios)
description:
  - Reads the model services of a platform and writes them to a file, or to a folder with one file for each service, for
    O(zstack.aios.model_services#module:src). Applied to the same platform, the files change nothing.
  - The files contain names in place of UUIDs of model centers and models where the names are unique, so that you can apply
    them to another platform.
  - The same services always result in the same files. A file that is as it should be is not written.
  - Secrets stay redacted. When you apply a redacted value, the platform keeps its current value. Review the files before you
    put them under version control, because texts of model services can contain credentials that no rule recognizes.
extends_documentation_fragment:
  - zstack.aios.platform
  - zstack.aios.platform.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: partial
    details:
      - Shows which files change. Does not show their content, which can contain credentials.
  idempotent:
    support: full
options:
  path:
    description:
      - File or folder to write, on the host that runs the module. It is a folder if it ends in C(/), or if it exists as one.
      - A missing folder is created. It gets a file for each service, which is named after the service. If the name of the
        service contains anything but lower-case ASCII letters, digits, C(.), C(_) and C(-), or is very long, the file name
        ends in a hash of it. Services of the same name share a file.
      - The file name depends on the name of the service only, so that it stays the same when other services come and go.
      - The first line of these files is a mark. The module never replaces or deletes a file without it. Such a file in the
        way fails the task before any file is written. The module does not follow links in the folder.
      - What is new is readable for its user only. A file that is replaced keeps its permissions.
    type: path
    required: true
  conditions:
    description:
      - Conditions that a service must meet to be exported, in the form of
        O(zstack.aios.model_service_info#module:conditions). Without conditions, all services are exported.
    type: list
    elements: raw
  system:
    description:
      - Whether to export the services of the platform itself too.
    type: bool
    default: false
  yaml_files:
    description:
      - Whether to write the C(yaml) of each service to a file of its own beside the declaration, which names it as
        O(zstack.aios.model_services#module:model_services[].yaml_file). Needs a folder as O(path).
    type: bool
    default: false
  prune:
    description:
      - Whether to delete the files of an earlier export whose services are not part of this one. Needs a folder as O(path).
      - If no service is exported, the task fails and no file is deleted.
      - Without this option, these files stay, and the module warns of them.
    type: bool
    default: false
  secret_keys:
    description:
      - Additional words that mark the key of an environment variable as secret. Keys with words such as token, password,
        secret, key and credential are always secret.
    type: list
    elements: str
seealso:
  - module: zstack.aios.model_service_info
  - module: zstack.aios.model_services
"""

EXAMPLES = r"""
- name: Write the services to a folder, one file for each
  zstack.aios.model_services_export:
    host: aios.example.com
    account_name: admin
    account_password: "{{ aios_password }}"
    path: /tmp/exported/
    yaml_files: true
    prune: true

- name: Write the services of team A to one file
  zstack.aios.model_services_export:
    host: aios.example.com
    account_name: admin
    account_password: "{{ aios_password }}"
    path: /tmp/team-a.yml
    conditions:
      - name~=team-a-%
"""

RETURN = r"""
path:
  description: The file or folder.
  returned: success
  type: str
files:
  description: The files that were changed, in check mode those that would change. At most 1000.
  returned: success, or if a file could not be written
  type: list
  elements: dict
  contains:
    name:
      description: Name of the file.
      type: str
    action:
      description: What was done.
      type: str
      choices: [created, updated, deleted]
summary:
  description: Numbers of services and files.
  returned: success
  type: dict
  contains:
    services:
      description: Number of services that are exported.
      type: int
    created:
      description: Number of new files.
      type: int
    updated:
      description: Number of files that were replaced.
      type: int
    deleted:
      description: Number of files that were deleted.
      type: int
    unchanged:
      description: Number of files that were as they should be.
      type: int
    stale:
      description: Number of files of an earlier export that stay although their services are not part of this one.
      type: int
failure:
  description: Details of the error, for conditions in playbooks.
  returned: failure
  type: dict
  contains:
    code:
      description: Error code of the platform, or one of this collection such as V(export) or V(transport_unsent).
      type: str
      sample: export
"""

import os
from typing import Any, NamedTuple

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import (
    GuardError,
    InvalidInput,
    ValidationError,
)
from ansible_collections.zstack.aios.plugins.module_utils._common.text import counted, listed, quoted
from ansible_collections.zstack.aios.plugins.module_utils._model.export import (
    Exported,
    declaration_text,
    folder_parts,
)
from ansible_collections.zstack.aios.plugins.module_utils._model.export_files import (
    CREATED,
    DELETED,
    UPDATED,
    ExportFolder,
    ExportPlan,
    FileChange,
    check_path,
    is_folder,
)
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import MODEL_SERVICE
from ansible_collections.zstack.aios.plugins.module_utils._module import AiosModule, Spec, run_module
from ansible_collections.zstack.aios.plugins.module_utils._platform.conditions import ConditionReader
from ansible_collections.zstack.aios.plugins.module_utils._platform.search import Question, read_declarable, search
from ansible_collections.zstack.aios.plugins.module_utils._platform.services import Services
from ansible_collections.zstack.aios.plugins.module_utils._rest.client import Client

#: So many files are named in a result.
SHOWN = 1000


def argument_spec() -> Spec:
    """Return the options besides those of the connection."""
    return {
        "path": {"type": "path", "required": True},
        "conditions": {"type": "list", "elements": "raw"},
        "system": {"type": "bool", "default": False},
        "yaml_files": {"type": "bool", "default": False},
        "prune": {"type": "bool", "default": False},
        "secret_keys": {"type": "list", "elements": "str", "no_log": False},
    }


class Export(NamedTuple):
    """What an export is made of: the services, warnings, the folder, and what changes there."""

    services: list[Exported]
    warnings: list[str]
    folder: ExportFolder
    plan: ExportPlan


def check(module: AiosModule) -> Question:
    """Return the query for the services.

    :raises InvalidInput: with everything that shows without the platform.
    """
    params = module.params
    conditions, invalid = ConditionReader(MODEL_SERVICE).read_all(params["conditions"] or (), "conditions")
    errors = [*module.errors, *invalid, *check_path(params["path"])]
    for option in ("yaml_files", "prune"):
        if params[option] and not is_folder(params["path"]):
            text = f"it needs a folder, and {quoted(params['path'])} is a file; end the path with /"
            errors.append(ValidationError("", option, text))
    if errors:
        raise InvalidInput(errors, "export")
    return Question(tuple(conditions))


def read(module: AiosModule, question: Question) -> tuple[list[Exported], list[str]]:
    """Return the services of the platform as declarations, and warnings."""
    redact = module.redactor.redact_all
    with Client(module.connection(), signals=module.signals, redact=redact) as client:
        try:
            services = Services(client)
            found, _total = search(services, question)
            own = [service for service in found if module.params["system"] or not service.values.get("system")]
            declarable = read_declarable(services, question, own, named=True)
        finally:
            module.signals.defer()  # nothing may interrupt the logout, nor the writing of files
    forms, warnings = declarable.forms(module.redactor)
    exported = [
        Exported(redact(service.name), service.uuid, redact(form)) for service, form in zip(own, forms, strict=True)
    ]
    return exported, [*client.warnings, *warnings]


def compare(params: dict[str, Any], services: list[Exported]) -> tuple[ExportFolder, ExportPlan]:
    """Return the folder to write to, and what changes there.

    :raises InvalidInput: something is in the way.
    """
    if is_folder(params["path"]):
        folder = ExportFolder(params["path"])
        plan = folder.plan(folder_parts(services, params["yaml_files"]), params["prune"])
    else:
        parent, name = os.path.split(os.path.realpath(params["path"]))
        folder = ExportFolder(parent)
        plan = folder.plan_file(name, declaration_text([service.form for service in services]))
    if plan.errors:
        raise InvalidInput(plan.errors, "export")
    doomed = [change.name for change in plan.changes if change.action == DELETED]
    if doomed and not services:
        raise GuardError(
            f"no service is exported, so that prune would delete all {counted(len(doomed), 'file')} of the earlier export. "
            "Nothing was written. Next: check conditions and the account, or delete the folder.",
            "export_empty",
        )
    return folder, plan


def work(module: AiosModule) -> dict[str, Any]:
    """Ask the platform, and write the files that differ."""
    params = module.params
    services, warnings = read(module, check(module))
    folder, plan = compare(params, services)
    if plan.stale:
        warnings.append(
            f"The services of {counted(len(plan.stale), 'file')} in {quoted(params['path'])} are not part of this export: "
            f"{listed(plan.stale)}. prune deletes these files."
        )
    done: list[FileChange] = []
    try:
        done += plan.changes if module.check_mode else folder.write(plan)
    except OSError as error:
        return {**_failure(params["path"], error, done), "warnings": warnings}
    summary = {
        "services": len(services),
        **_counts(plan.changes),
        "unchanged": plan.unchanged,
        "stale": len(plan.stale),
    }
    return {
        "changed": bool(plan.changes),
        "msg": _message(params["path"], summary, module.check_mode),
        "path": params["path"],
        "files": _rows(plan.changes),
        "summary": summary,
        "diff": {"prepared": "".join(f"{change.action}: {change.name}\n" for change in plan.changes[:SHOWN])},
        "warnings": warnings,
    }


def _failure(path: str, error: OSError, done: list[FileChange]) -> dict[str, Any]:
    """Return the result when a file cannot be written: what was done so far, and what to do."""
    where = quoted(os.path.join(path, error.filename or "") if is_folder(path) else path)
    return {
        "failed": True,
        "changed": bool(done),
        "msg": f"{where} cannot be written: {error.strerror}. {counted(len(done), 'file')} changed before it. "
        "Next: fix the cause and run again; files that are complete are not written again.",
        "files": _rows(done),
        "failure": {"code": "export"},
    }


def _counts(changes: list[FileChange]) -> dict[str, int]:
    return {action: sum(change.action == action for change in changes) for action in (CREATED, UPDATED, DELETED)}


def _rows(changes: list[FileChange]) -> list[dict[str, str]]:
    return [{"name": change.name, "action": change.action} for change in changes[:SHOWN]]


def _message(path: str, summary: dict[str, int], check_mode: bool) -> str:
    services = f"{counted(summary['services'], 'model service')} {'would be written to' if check_mode else 'in'} {path}"
    files = ", ".join(f"{summary[kind]} {kind}" for kind in (CREATED, UPDATED, DELETED, "unchanged") if summary[kind])
    return f"{services}{f' (files: {files})' if files else ''}"


def main() -> None:
    """Run the module."""
    run_module(argument_spec(), frozenset(), work)


if __name__ == "__main__":
    main()
