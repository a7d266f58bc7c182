# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which platform it is, whatever address leads to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Platform(NamedTuple):
    """What identifies a platform.

    :param uuids: of its zones, else of its management nodes; empty where the account may see neither.
    :param address: where it was reached, in one spelling (``_rest.addresses.normalized``).
    """

    uuids: frozenset[str]
    address: str

    def is_same(self, other: Platform) -> bool:
        """Return whether both are one platform."""
        if self.uuids and other.uuids:
            return bool(self.uuids & other.uuids)
        return self.address == other.address

    def as_dict(self) -> dict[str, Any]:
        """Return it as a result shows it."""
        return {"uuids": sorted(self.uuids), "address": self.address}


def platform_of(shown: Mapping[str, Any]) -> Platform:
    """Return what :meth:`Platform.as_dict` has shown."""
    return Platform(frozenset(shown["uuids"]), shown["address"])
