# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter that writes model services as the text of a declaration file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.zstack.aios.plugins.module_utils._model.export import declaration_text


def to_declaration(services: Sequence[Mapping[str, Any]]) -> str:
    """Write model services as a file that the option C(src) of the bulk module takes.

    :param services: model services as C(declared: true) of the info module returns them.
    :returns: YAML, sorted by name, a blank line between two services, each with its name first; the same services
        always give the same text.
    :raises AnsibleFilterError: when the input is not a list of mappings.
    """
    if isinstance(services, (str, Mapping)) or not isinstance(services, Sequence):
        raise AnsibleFilterError("to_declaration: expects a list of model services")
    if not all(isinstance(service, Mapping) for service in services):
        raise AnsibleFilterError("to_declaration: expects every model service to be a mapping")
    return declaration_text([_plain(service) for service in services])


def _plain(value: Any) -> Any:
    """Return the value without the marks that Ansible puts on its text, lists and mappings."""
    if isinstance(value, Mapping):
        return {_plain(key): _plain(element) for key, element in value.items()}
    if isinstance(value, str):
        return str.__str__(value)  # the marked text of ansible-core 2.17 and 2.18 returns itself from str()
    if isinstance(value, Sequence):
        return [_plain(element) for element in value]
    if isinstance(value, bool) or value is None:
        return value
    return int(value) if isinstance(value, int) else float(value)


class FilterModule:
    """The filters of this file, as Ansible loads them."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"to_declaration": to_declaration}
