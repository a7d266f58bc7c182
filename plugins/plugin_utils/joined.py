# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layers of the role joined here on the controller: items for the filter, defaults for the module.

It needs the table of fields, which takes longer to import than most tasks of the role take. :mod:`items` goes without.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import ValidationError
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import RawItem
from ansible_collections.zstack.aios.plugins.module_utils._model.layers import (
    OVERLAY,
    STRICT,
    lay_over,
    merge_layers,
)
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import MODEL_SERVICE
from ansible_collections.zstack.aios.plugins.plugin_utils.items import application_order, list_entries, type_name

MODES = (STRICT, OVERLAY)


def join_items(fragments: Mapping[str, Any], mode: str = STRICT) -> tuple[list[Any], list[str]]:
    """Join the items of several variables into one list, each variable a layer, as the module does.

    :param fragments: the value of each variable by the variable's name.
    :return: new dictionaries in the order in which each item was first named, and every error, naming its variable.
    """
    if mode not in MODES:
        return [], [f"the merge mode must be {' or '.join(MODES)}, not {mode!r}"]
    entries = list_entries(fragments)
    values, raws, errors = iter(entries.items), [], list(entries.errors)
    for layer, (name, count) in enumerate(entries.layers):
        for index in range(count):
            raw = RawItem(next(values), f"{name}[{index}]", layer)
            invalid = _shape_error(raw)
            errors += [invalid] if invalid else []
            raws += [] if invalid else [raw]
    merged, unmerged = merge_layers(MODEL_SERVICE, raws, mode)
    return [dict(raw.value) for raw in merged], [*errors, *map(str, unmerged)]


def _shape_error(raw: RawItem) -> str:
    if not isinstance(raw.value, Mapping):
        return f"{raw.place} must be a mapping with a name, not {type_name(raw.value)}"
    return "" if raw.value.get("name") or raw.value.get("uuid") else f"{raw.place} has neither name nor uuid"


def join_defaults(fragments: Mapping[str, Any], mode: str = STRICT) -> tuple[dict[str, Any], list[str]]:
    """Join the default options of several variables, in the order and by the rules of the items.

    :return: the options, and every error, naming its variable.
    """
    joined: dict[str, Any] = {}
    first: dict[str, str] = {}
    errors: list[str] = []
    for name in sorted(fragments, key=application_order):
        value = fragments[name]
        if not isinstance(value, Mapping):
            errors.append(f"{name} must be a mapping of options, not {type_name(value)}")
            continue
        twice = [option for option in value if option in first] if mode == STRICT else []
        cure = "keep one of them, or set model_services_merge to overlay to combine them"
        errors += [
            str(ValidationError("", str(option), f"it is declared in {first[option]} and in {name}; {cure}"))
            for option in twice
        ]
        first.update(dict.fromkeys(value, name))
        joined = lay_over(MODEL_SERVICE, joined, value)
    return joined, errors
