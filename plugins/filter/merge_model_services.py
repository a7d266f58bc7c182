# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter that joins the role's variables C(model_services_items) and C(model_services_items__<suffix>) by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.zstack.aios.plugins.plugin_utils.joined import join_items


def merge_model_services(fragments: Mapping[str, Any], mode: str = "strict") -> list[Any]:
    """Join the items of several variables into one list.

    :param fragments: the value of each variable by the variable's name.
    :param mode: what a service means that two variables declare: C(strict) or C(overlay).
    :returns: the items, each once.
    :raises AnsibleFilterError: with every error found, each naming its variable.
    """
    if not isinstance(fragments, Mapping):
        raise AnsibleFilterError("merge_model_services: expects a mapping of variable names to lists")
    items, errors = join_items(fragments, mode)
    if errors:
        raise AnsibleFilterError("merge_model_services: " + "; ".join(errors))
    return items


class FilterModule:
    """The filters of this file, as Ansible loads them."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"merge_model_services": merge_model_services}
