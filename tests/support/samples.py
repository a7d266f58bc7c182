# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What many tests declare, connect with and let go wrong."""

from __future__ import annotations

from typing import Any

from ansible_collections.zstack.aios.tests.simulator import constants

#: A service that can be created once it has a name.
NEW: dict[str, Any] = {
    "yaml": "a: 1",
    "request_cpu": 4,
    "request_memory": 8192,
    "model_center_uuid": constants.MODEL_CENTER_UUID,
    "install_path": "/models/chat",
    "start_command": "serve",
}
#: Connection options that sign requests with an access key instead of logging in.
KEY: dict[str, Any] = {
    "account_name": None,
    "account_password": None,
    "access_key_id": constants.ACCESS_KEY_ID,
    "access_key_secret": constants.ACCESS_KEY_SECRET,
}
#: Connection options that give up soon.
QUICK = {"timeout": 1, "job_timeout": 2}


def rule(kind: str, fault: Any, **match: Any) -> dict[str, Any]:
    """Return a fault rule for requests of one kind."""
    return {"match": {"kind": kind, **match}, "fault": fault}
