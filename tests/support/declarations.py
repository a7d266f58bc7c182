# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Declarations by the thousand, and the same services as the platform would store them."""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.zstack.aios.tests.simulator import constants


def service(name: str, **more: Any) -> dict[str, Any]:
    """Return a declaration with everything that a creation needs."""
    return {
        "name": name,
        "yaml": f"services:\n- name: {name}\n  ports:\n  - 8000",
        "request_cpu": 4,
        "request_memory": 8192,
        "model_center_uuid": constants.MODEL_CENTER_UUID,
        "install_path": f"/models/{name}",
        "start_command": f"vllm serve /models/{name}",
        **more,
    }


def services(count: int, prefix: str = "model", **more: Any) -> list[dict[str, Any]]:
    """Return declarations of different names and sizes, in the order of their names."""
    return [service(f"{prefix}-{number:05d}", request_memory=1024 + number, **more) for number in range(count)]


def stored(declared: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a declared service as the platform stores it, to be seeded; ``more`` are fields in the platform's words."""
    return {re.sub(r"_(\w)", lambda found: found[1].upper(), name): value for name, value in declared.items()} | more
