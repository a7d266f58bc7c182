# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The digest of a plan: 64 characters that stand for it, so that it can be approved in one place and applied in another."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._converge.actions import UNCHANGED, Action
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Field
from ansible_collections.zstack.aios.plugins.module_utils._model.yaml_type import YamlText

#: The parts of a digest in words, in their order; each has 16 digits.
_PARTS = (
    "the platform's address or the scope (prune, its conditions)",
    "the declaration",
    "the current state of the services concerned",
    "the actions",
)


def digest(platform: str, scope: Any, declared: Sequence[Action], deleted: Sequence[Action]) -> str:
    """Return the digest of a plan, 64 hexadecimal digits in four parts, one for each of :data:`_PARTS`.

    :param scope: what may be pruned.
    :param declared: the actions of the declared services.
    :param deleted: the deletions of services that are not declared.
    """
    items = sorted(_declaration(action) for action in declared)
    changing = [action for action in (*declared, *deleted) if action.kind != UNCHANGED]
    changing.sort(key=lambda action: (action.name, _known_uuid(action)))
    seen = [resource for resource in (action.current or action.source for action in changing) if resource]
    before = [(one.uuid, sorted((f.option, _plain(f, one.get(f))) for f in one.schema.fields)) for one in seen]
    todo = [(a.kind, a.name, _known_uuid(a), a.changed_fields, sorted(a.members.items())) for a in changing]
    return "".join(_hash(part) for part in ([platform, scope], items, before, todo))


def digest_differences(one: str, other: str) -> list[str]:
    """Return in words which parts of two digests differ."""
    return [word for i, word in enumerate(_PARTS) if one[16 * i : 16 * i + 16] != other[16 * i : 16 * i + 16]]


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _declaration(action: Action) -> str:
    item, values = action.item, {}
    for option, value in action.values.items():
        # A yaml counts as it is written: parsing it would cost more than the rest of a run without changes.
        canonical = action.schema.by_option[option].type.canonical
        values[option] = value.key if isinstance(value, YamlText) else canonical(value)
    return _hash([item.state, item.uuid, item.clone_from, sorted(item.previous_names), values])


def _known_uuid(action: Action) -> str:
    return action.uuid if action.current or action.values.get("resource_uuid") else ""


def _plain(field: Field, value: Any) -> Any:
    canonical = field.type.canonical(value) if value is not None else None
    return canonical.hex() if isinstance(canonical, bytes) else canonical
