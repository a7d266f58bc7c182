# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The uuid of a new service follows from its name, that of a replacement from the uuid of the service that it replaces.

Two runs that create a service of one name at the same time, on one machine or on several, choose the same uuid, so that
the platform rejects the second creation (platform.uuid_taken). Names are not unique on the platform (platform.names).
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator

from ansible_collections.zstack.aios.plugins.module_utils._common.text import trim

#: It never changes: services that exist have got their uuids from it.
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "zstack.aios")


def derived_uuids(name: str, owner: str = "") -> Iterator[str]:
    """Yield the uuids for a new resource of a name, best first: 32 hexadecimal digits of version 5.

    The first follows from the name as the platform stores it. The others are for platforms that have given the uuids before
    them to something else: they follow from the name, a NUL and a counter from 2 on.

    :param owner: the uuid of the resource that it belongs to, for a kind whose names are unique within that one only.
    """
    return _derived(trim(name), uuid.uuid5(NAMESPACE, owner) if owner else NAMESPACE)


def replacement_uuids(replaced: str) -> Iterator[str]:
    """Yield the uuids for a service that replaces the one of another uuid, best first.

    They never follow from the name, which is still taken. No stored name begins with a NUL, so they are never those of a
    name either.
    """
    return _derived(f"\0{replaced}", NAMESPACE)


def _derived(text: str, namespace: uuid.UUID) -> Iterator[str]:
    yield uuid.uuid5(namespace, text).hex
    for counter in itertools.count(2):
        yield uuid.uuid5(namespace, f"{text}\0{counter}").hex
