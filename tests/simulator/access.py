# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may see and change what: an administrator everything, any other account its own services, groups and tags."""

from __future__ import annotations

from . import constants
from .errors import BusinessError, not_found
from .platform import Platform
from .resources import Resource, owner_of


def restricted_to(account: str) -> str:
    """The account whose resources alone are shown, or an empty text for all."""
    return "" if account == constants.ADMIN_ACCOUNT_UUID else account


def require(platform: Platform, account: str, resource: Resource, field: str, uuid: str) -> None:
    """Checks that the resource exists and that the account may use it.

    :raises BusinessError: SYS.1003 where there is none, ID.1002 for somebody else's.
    """
    found, owner = owner_of(platform.store, resource, uuid)
    if not found:
        raise not_found(field, uuid)
    _check_owner(platform, account, owner, uuid)


def require_own(platform: Platform, account: str, resource: Resource, uuid: str) -> None:
    """Checks that the resource, if it exists, is not somebody else's.

    :raises BusinessError: ID.1002.
    """
    _check_owner(platform, account, owner_of(platform.store, resource, uuid)[1], uuid)


def _check_owner(platform: Platform, account: str, owner: str | None, uuid: str) -> None:
    if owner is not None and restricted_to(account) not in ("", owner):
        code = platform.options.features.value("denied-code", "ID.1002")
        raise BusinessError(code, f"operation denied. The resource[uuid: {uuid}] doesn't belong to the account")
