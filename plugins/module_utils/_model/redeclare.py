# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the platform shows, as a declaration of it."""

from __future__ import annotations

from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Field, Resource
from ansible_collections.zstack.aios.plugins.module_utils._model.redaction import Redactor
from ansible_collections.zstack.aios.plugins.module_utils._model.scalars import InvalidValue
from ansible_collections.zstack.aios.plugins.module_utils._model.yaml_type import YamlText


def written(field: Field, value: Any) -> Any:
    """Return a value as it is written in a declaration, with its secrets."""
    return value if isinstance(value, str) else field.type.show(value, Redactor())


def redeclared(field: Field, current: Resource, value: Any) -> Any:
    """Return the parsed form of a current value, ``None`` where no declaration leads to it."""
    try:
        parsed = field.type.parse(written(field, value))
        if isinstance(parsed, YamlText):
            parsed.check()
        return parsed if current.schema.same(field, parsed, current.get(field), {}) else None
    except InvalidValue:
        return None
