# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks which platform it is."""

from __future__ import annotations

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import ApiError
from ansible_collections.zstack.aios.plugins.module_utils._model.platform_identity import Platform
from ansible_collections.zstack.aios.plugins.module_utils._rest.addresses import normalized
from ansible_collections.zstack.aios.plugins.module_utils._rest.client import PAGE, Client, page_without

#: Objects that belong to one platform only, in the order of the queries. An account may not see all of them.
_PARTS = ("/v1/zones", "/v1/management-nodes")


def identify(client: Client) -> Platform:
    """Ask which platform it is.

    :raises AiosError: it does not respond.
    """
    uuids: frozenset[str] = frozenset()
    for path in _PARTS:
        try:
            body = client.read(path, [("fields", "uuid"), ("limit", str(PAGE)), ("sort", "+uuid")], page_without)
        except ApiError:  # the account may not see it, or this version has none
            continue
        uuids = frozenset(row["uuid"] for row in body["inventories"])
        if uuids:
            break
    return Platform(uuids, normalized(client.base_url, lambda: bool(client.signals.arrived)))
