# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Protection: a user tag of the collection, which keeps a service from being deleted, also by who does not declare it."""

from __future__ import annotations

from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Field, Resource
from ansible_collections.zstack.aios.plugins.module_utils._model.scalars import Boolean

TAG = "zstack.aios:protected"
OPTION = RELATION = "protected"


class Mark(Boolean):
    """Whether a resource has a tag of this text.

    A declared value is a boolean, a current one the members of the relation.
    """

    def __init__(self, tag: str) -> None:
        self.tag = tag

    def canonical(self, value: Any) -> bool:
        return bool(value)

    def members(self, value: Any) -> list[str]:
        return [self.tag] if value else []

    def show(self, value: Any, redactor: Any, before: Any = None) -> bool:
        return bool(value)


PROTECTED = Field(
    OPTION,
    OPTION,
    Mark(TAG),
    (
        "Whether to protect the service from deletion. No task of this collection deletes, prunes or replaces it.",
        f"Kept with the service as the user tag C({TAG}), so that it also holds when the declaration is gone.",
        "V(false) removes this tag. It is not part of the declared user tags.",
        "If the platform has no user tags, the protection holds only while it is declared, and the module warns.",
    ),
    relation=RELATION,
)


def is_protected(resource: Resource) -> bool:
    """Return whether a resource is protected, as far as its protection was read."""
    return bool(resource.related.get(OPTION))
