# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the module of the same name, shows its progress, and keeps its declarations out of what Ansible passes on.

Ansible sends the finished arguments of a task back with its result, to callbacks, logs and AWX's events. A thousand
declarations take longer to send than to compare, are too large for an event of AWX, and may contain secrets.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._rest.connection import SECRET_OPTIONS
from ansible_collections.zstack.aios.plugins.plugin_utils.action import WatchedAction
from ansible_collections.zstack.aios.plugins.plugin_utils.items import are_items, list_entries

_DECLARING = frozenset(("model_services", "defaults"))


class ActionModule(WatchedAction):
    """Runs the module, and repeats on the screen what it reports of its progress."""

    progress_option = "progress_path"
    #: The arguments that were shown last in this process, and those that they were shown for.
    _kept: tuple[dict[str, Any], dict[str, Any]] = ({}, {})

    def take_arguments(self) -> dict[str, Any]:
        """Return the task's arguments, and leave in their place what may be shown of them."""
        shown, given = ActionModule._kept
        # A task with retries runs again, with another action plugin, on the arguments that the first one has left.
        if self._task.args is not shown:
            shown, given = ActionModule._kept = (_showable(self._task.args), dict(self._task.args))
            self._task.args = shown
        return dict(given)

    def prepare(self, args: dict[str, Any], caller: dict[str, Any]) -> None:
        """Pass the variables of the role on as one list, and which item comes from which variable."""
        given = args.get("model_services")
        if isinstance(given, Mapping) and are_items(given):
            entries = list_entries(given)
            args["model_services"] = entries.items
            caller["layers"] = entries.layers
            caller["folder"] = os.getcwd()
            caller["errors"] = [*caller["errors"], *entries.errors]


def _showable(args: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments as they may be shown: without secrets, and of declarations only how many there are."""
    shown = {name: value for name, value in args.items() if name not in SECRET_OPTIONS}
    given = shown.get("model_services")
    if isinstance(given, Mapping) and are_items(given):
        shown["model_services"] = list_entries(given).items
    for name in _DECLARING & shown.keys():
        shown[name] = f"{len(shown[name])} entries" if isinstance(shown[name], (list, dict)) else "declared"
    return shown
