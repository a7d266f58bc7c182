# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The digest of a plan: 64 characters that stand for it, so that it can be approved in one place and applied in another.

Private to this collection.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._converge.plan import UNCHANGED, Action
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import Item
from ansible_collections.zstack.aios.plugins.module_utils._model.field_types import YamlText
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import BY_OPTION, FIELDS, Field


def digest(platform: str, scope: Any, items: Sequence[Item], actions: Sequence[Action]) -> str:
    """Return the digest of a plan, 64 hexadecimal digits: 16 each of platform and scope, of the declaration, of what
    the platform holds of the services that change or are cloned, and of the actions. So a digest tells which of them is
    another."""
    declared = sorted(_item_key(item) for item in items)
    changing = sorted((a for a in actions if a.kind != UNCHANGED), key=lambda a: (a.name, _known_uuid(a)))
    seen = [held for held in (a.held or a.source for a in changing) if held]
    before = [(held.uuid, sorted((f.option, _plain(f, held.get(f))) for f in FIELDS)) for held in seen]
    todo = [(a.kind, a.name, _known_uuid(a), a.changed_fields, sorted(a.tags.items())) for a in changing]
    return "".join(_hash(part) for part in ([platform, scope], declared, before, todo))


def digest_differences(one: str, other: str) -> list[str]:
    """Return in words which parts of two digests differ."""
    words = (
        "the platform's address or the scope (prune, its conditions)",
        "the declaration",
        "what the platform holds of the services concerned",
        "the actions",
    )
    return [word for i, word in enumerate(words) if one[16 * i : 16 * i + 16] != other[16 * i : 16 * i + 16]]


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _item_key(item: Item) -> str:
    # A yaml counts to the letter here: taking it apart would cost more than the rest of a run without changes.
    values = {o: v.key if isinstance(v, YamlText) else BY_OPTION[o].kind.canonical(v) for o, v in item.values.items()}
    return _hash([item.state, item.uuid, item.clone_from, values])


def _known_uuid(action: Action) -> str:
    return action.uuid if action.held or action.item.values.get("resource_uuid") else ""


def _plain(row: Field, value: Any) -> Any:
    canonical = row.kind.canonical(value) if value is not None else None
    return canonical.hex() if isinstance(canonical, bytes) else canonical
