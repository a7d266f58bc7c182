# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shows the progress of the module of the same name while it runs on the controller."""

from __future__ import annotations

import os
import tempfile
import threading
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

display = Display()
#: Seconds between two looks at the file.
EVERY = 1.0


class ActionModule(ActionBase):
    """Runs the module, and repeats on the screen what it appends to its progress file."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the module with a progress file of its own where it can be read from here."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        args = dict(self._task.args)
        path = None
        if self._connection.transport == "local" and not self._play_context.become and not args.get("progress_path"):
            handle, path = tempfile.mkstemp(prefix="model_services_progress_")
            os.close(handle)
            args["progress_path"] = path
        host = (task_vars or {}).get("inventory_hostname", "")
        try:
            with _Follower(path, f"{self._task.action} on {host}"):
                result.update(self._execute_module(module_args=args, task_vars=task_vars))
        finally:
            if path:
                os.unlink(path)
        return result


class _Follower:
    """Displays every line that is appended to a file, until it is left."""

    def __init__(self, path: str | None, prefix: str) -> None:
        self._path = path
        self._prefix = prefix
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> None:
        if self._path:
            self._thread.start()

    def __exit__(self, *_exception: object) -> None:
        self._ended.set()
        if self._path:
            self._thread.join()

    def _follow(self) -> None:
        with open(str(self._path), encoding="utf-8") as file:
            while not self._ended.wait(EVERY):
                for line in file:
                    display.display(f"{self._prefix}: {line.rstrip()}")
