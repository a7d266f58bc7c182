# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The uuid of a new resource, which a client may choose, and which no resource may have or have had."""

from __future__ import annotations

from .errors import BusinessError
from .platform import Platform
from .resources import INSTANCE_GROUPS, MODEL_SERVICES, exists
from .texts import new_uuid


def new_resource_uuid(platform: Platform, wish: str | None) -> str:
    """The wished uuid, or a random one.

    :raises BusinessError: SYS.1002 when any account's resource has the uuid, or had it and the platform remembers.
    """
    if wish is None:
        return new_uuid()
    taken = any(exists(platform.store, resource, wish) for resource in (MODEL_SERVICES, INSTANCE_GROUPS))
    features = platform.options.features
    if taken or (features.has("remember-deleted") and _was_deleted(platform, wish)):
        cause = BusinessError("SYS.1000", f"Duplicate entry '{wish}' for key 'PRIMARY'")
        raise BusinessError(features.value("duplicate-code", "SYS.1002"), "failed to create the resource", cause)
    return wish


def remember_deletion(platform: Platform, uuid: str) -> None:
    """Notes that a resource of this uuid existed."""
    platform.store.run("INSERT OR IGNORE INTO deleted (uuid) VALUES (?)", (uuid,))


def _was_deleted(platform: Platform, uuid: str) -> bool:
    return platform.store.run("SELECT 1 FROM deleted WHERE uuid = ?", (uuid,)).fetchone() is not None
