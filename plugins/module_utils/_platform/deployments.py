# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which services are deployed: what runs of a service is an instance group (platform.instance_groups)."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.zstack.aios.plugins.module_utils._platform.tags import UUIDS_IN_ONE_QUERY
from ansible_collections.zstack.aios.plugins.module_utils._rest.client import Client

#: The slash at its end is part of the path.
_PATH = "/v1/ai/model-services/instances/groups/"
_SERVICE = "modelServiceUuid"


def groups_of(client: Client, services: Sequence[str]) -> dict[str, list[str]]:
    """Return the uuids of the instance groups of services, by the uuid of the service.

    A group that does not show its service counts for every service that was asked for.

    :raises ApiError: the platform or the account cannot be asked for groups.
    """
    groups: dict[str, list[str]] = {uuid: [] for uuid in services}
    for start in range(0, len(services), UUIDS_IN_ONE_QUERY):
        part = services[start : start + UUIDS_IN_ONE_QUERY]
        for row in client.pages(_PATH, [("q", f"{_SERVICE}?={','.join(part)}")]):
            for uuid in [row[_SERVICE]] if _SERVICE in row else part:
                if uuid in groups:
                    groups[uuid].append(row["uuid"])
    return groups
