# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter that says how a platform differs from its declaration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.zstack.aios.plugins.plugin_utils.drift import describe, has_plan


def drift_text(result: Mapping[str, Any], host: str) -> str:
    """Return how a platform differs from its declaration, for people.

    :param result: what M(zstack.aios.model_services) returned in check mode.
    :param host: what to call the platform.
    :raises AnsibleFilterError: the result has no plan.
    """
    if not has_plan(result):
        raise AnsibleFilterError("drift_text: expects the result of zstack.aios.model_services in check mode")
    return describe(result, host)


class FilterModule:
    """The filters of this file, as Ansible loads them."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"drift_text": drift_text}
