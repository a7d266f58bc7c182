# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fingerprints of declared values that the platform does not show.

They are kept with the service itself, as one user tag: a short hash for each field, over the service's UUID, the field and
the value, so that a tag that is copied to another service matches nothing there.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Field

PREFIX = "zstack.aios:declared=v1:"
_DIGITS = 12
_ENTRY = re.compile(rf"([a-z_]+)=([0-9a-f]{{{_DIGITS}}})")


def fingerprint(uuid: str, field: Field, value: Any) -> str:
    """Return the fingerprint of a field's declared value at the service of this uuid."""
    content = json.dumps([uuid, field.option, field.type.canonical(value)], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:_DIGITS]


def is_fingerprints(tag: str) -> bool:
    """Return whether a user tag holds fingerprints; such a tag is not shown, compared or declared."""
    return tag.startswith(PREFIX)


def read_fingerprints(tags: Iterable[str]) -> dict[str, set[str]]:
    """Return the fingerprints in tags by option; more than one of an option when there are several tags."""
    found: dict[str, set[str]] = {}
    for tag in tags:
        for option, digits in _ENTRY.findall(tag.removeprefix(PREFIX)):
            found.setdefault(option, set()).add(digits)
    return found


def fingerprints_tag(fingerprints: Mapping[str, str]) -> str:
    """Return the tag that holds fingerprints, given by option."""
    return PREFIX + ",".join(f"{option}={digits}" for option, digits in sorted(fingerprints.items()))
