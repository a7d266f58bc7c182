# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lookup that reads the variables of the role C(model_services)."""

from __future__ import annotations

DOCUMENTATION = r"""
name: role_variables
short_description: Read the variables of the role model_services
version_added: 2.0.0
author:
  - The zstack.aios authors (@zstack-aios)
description:
  - Joins and checks the variables of the role P(zstack.aios.model_services#role) as the current host sees them.
  - The role uses this lookup internally. You do not need it in your own playbooks.
options:
  _terms:
    description:
      - What to return.
      - V(items) returns the variables that declare model services, which the action plugin of the module joins.
      - V(defaults) returns the default options of all variables.
      - V(settings) returns the options that the role prepares for the module.
      - V(errors), V(declaration_errors), V(export_errors) and V(undo_errors) return all reasons why the role cannot
        converge, validate, export or undo.
      - V(platform_errors) returns all reasons why the role cannot converge that show only when the platforms of all hosts
        are known.
      - V(plan_errors) returns why no host can write, for
        O(zstack.aios.model_services#role:main:model_services_all_or_nothing).
      - V(drift_text) returns how the platforms of all hosts differ from their declarations.
      - V(overview) returns the lines of the result about single services, in parts that AWX shows whole.
    type: list
    elements: str
    choices:
      - items
      - defaults
      - settings
      - errors
      - platform_errors
      - plan_errors
      - declaration_errors
      - export_errors
      - undo_errors
      - drift_text
      - overview
    required: true
"""

EXAMPLES = r"""
- name: Show why the role would reject its variables
  ansible.builtin.debug:
    msg: "{{ lookup('zstack.aios.role_variables', 'errors') }}"
  vars:
    model_services_defaults:
      framework: vLLM
    model_services_defaults__production:
      framework: SGLang
"""

RETURN = r"""
_raw:
  description:
    - One value for each term.
  type: list
  elements: raw
"""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.module_utils.common.yaml import yaml_load
from ansible.plugins.loader import lookup_loader
from ansible.plugins.lookup import LookupBase
from ansible_collections.zstack.aios.plugins.plugin_utils.role import RoleVariables

_SPECS = Path(__file__).resolve().parents[2] / "roles" / "model_services" / "meta" / "argument_specs.yml"


class LookupModule(LookupBase):
    """Reads the variables of the role."""

    def run(self, terms: list[str], variables: Mapping[str, Any] | None = None, **kwargs: Any) -> list[Any]:
        """Return one value for each term."""
        seen = variables or {}
        role = RoleVariables(list(seen), self._getter(seen), _of_host(seen), role_options())
        try:
            return [_read(role, term) for term in terms]
        except ValueError as error:
            raise AnsibleError(f"model_services: {error}") from error

    def _getter(self, variables: Mapping[str, Any]) -> Any:
        """Return a function that returns a variable's value with its templates resolved."""
        builtin = lookup_loader.get("ansible.builtin.vars", loader=self._loader, templar=self._templar)

        def get(name: str) -> Any:
            return builtin.run([name], variables=variables)[0] if name in variables else None

        return get


def _of_host(variables: Mapping[str, Any]) -> Any:
    """Return a function that returns a variable of another host."""

    def of_host(host: str, name: str) -> Any:
        hosts = variables["hostvars"]
        return hosts[host].get(name) if host in hosts else None

    return of_host


def _read(role: RoleVariables, term: str) -> Any:
    readers = {
        "items": role.items,
        "defaults": role.defaults,
        "settings": role.settings,
        "errors": role.errors,
        "platform_errors": role.platform_errors,
        "plan_errors": role.plan_errors,
        "declaration_errors": role.declaration_errors,
        "export_errors": role.export_errors,
        "undo_errors": role.undo_errors,
        "drift_text": role.drift_text,
        "overview": role.overview,
    }
    if term not in readers:
        raise ValueError(f"role_variables: {term!r} is not one of {', '.join(readers)}")
    return readers[term]()


@functools.cache
def role_options() -> list[str]:
    """Return the names of every variable of the role, and the one that its playbooks read."""
    specs = yaml_load(_SPECS.read_text(encoding="utf-8"))["argument_specs"]
    return sorted({"model_services_hosts"}.union(*(entry.get("options", {}) for entry in specs.values())))
