# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is mutated, and the tests that must notice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from tools.env.environment import CHECKOUT

#: The folder of the rooms, within the collection.
ROOMS = "plugins/module_utils"
#: Each file, as room and name, with the tests that must notice what the unit tests of its room have not, fastest first.
TARGETS: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "_converge/plan.py": (
            "functional/declare/test_names.py",
            "functional/declare/test_clones.py",
            "functional/declare/test_model_service.py",
            "functional/declare/test_identity.py",
            "functional/declare/test_verification.py",
            "functional/bulk/test_bulk.py",
            "functional/declare/test_fields.py",
        ),
        "_converge/replace.py": ("functional/declare/test_recreate.py",),
        "_converge/guards.py": ("functional/bulk/test_guards.py", "functional/bulk/test_plan_digest.py"),
        "_converge/recovery.py": (
            "functional/declare/test_verification.py",
            "functional/reliability/test_exactly_once.py",
        ),
        "_rest/responses.py": (
            "functional/reliability/test_sessions.py",
            "functional/security/test_hostile_responses.py",
            "functional/reliability/test_exactly_once.py",
        ),
        "_platform/query.py": ("functional/declare/test_model_service_info.py", "functional/bulk/test_guards.py"),
        "_platform/conditions.py": ("functional/declare/test_model_service_info.py", "functional/bulk/test_guards.py"),
        "_model/field_types.py": ("functional/declare/test_tags.py", "functional/declare/test_fields.py"),
        "_model/yaml_type.py": ("functional/declare/test_fields.py",),
        "_model/redaction.py": (
            "functional/declare/test_verification.py",
            "functional/security/test_secrets_nowhere.py",
        ),
        "_common/secrets.py": ("unit/model", "functional/security/test_secrets_nowhere.py"),
    }
)


def stages(file: str) -> list[str]:
    """Return the tests of a file in the order in which they are run: its own, those of its room, those of its users."""
    room, name = file.removeprefix("_").split("/")
    own = (f"tests/unit/{room}/test_{name}", f"tests/unit/{room}")
    return [path for path in own if (CHECKOUT / path).exists()] + [f"tests/{path}" for path in TARGETS[file]]
