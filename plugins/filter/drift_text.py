# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filter that says how a platform differs from its declaration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.zstack.aios.plugins.module_utils._common.text import printable

#: So many services are named.
SHOWN = 10


def drift_text(result: Mapping[str, Any], host: str) -> str:
    """Return how a platform differs from its declaration, for people.

    :param result: what M(zstack.aios.model_services) returned in check mode.
    :param host: what to call the platform.
    :raises AnsibleFilterError: the result has no plan.
    """
    if not isinstance(result, Mapping) or "summary" not in result or "results" not in result:
        raise AnsibleFilterError("drift_text: expects the result of zstack.aios.model_services in check mode")
    summary = result["summary"]
    first = ", ".join(_row(row) for row in result["results"][:SHOWN])
    unseen = ", ".join(f"{field} ({count})" for field, count in (result.get("uncompared") or {}).items())
    return (
        f"{printable(host)} differs from its declaration: {summary['created'] + summary['cloned']} to create, "
        f"{summary['updated']} to update, {summary['deleted']} to delete, {summary['unchanged']} as declared. Nothing was "
        f"changed. First differences: {first}"
        f"{f'. Declared, but not shown by the platform and not compared: {unseen}' if unseen else ''}"
    )


def _row(row: Mapping[str, Any]) -> str:
    fields = ", ".join(map(printable, row.get("changed_fields") or ()))
    return f"{printable(row['name'])} (to be {printable(row['action'])}{': ' if fields else ''}{fields})"


class FilterModule:
    """The filters of this file, as Ansible loads them."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"drift_text": drift_text}
