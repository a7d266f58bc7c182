# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the module of the same name: shows its progress, and keeps its declarations out of what Ansible hands around.

Ansible sends the finished arguments of a task back with its result, to callbacks, logs and AWX's events. A thousand
declarations take longer to send so than to compare, are more than AWX keeps of one event, and may hold secrets.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from typing import Any

from ansible import constants
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.zstack.aios.plugins.module_utils._rest.connection import SECRET_OPTIONS

display = Display()
#: Seconds between two looks at the file.
EVERY = 1.0
_DECLARING = frozenset(("model_services", "defaults"))


class ActionModule(ActionBase):
    """Runs the module, and repeats on the screen what it appends to its progress file."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False
    #: The arguments that were told last in this process, and those they stand for.
    _kept: tuple[dict[str, Any], dict[str, Any]] = ({}, {})

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the module with a progress file of its own where it can be read from here."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        args = self._take_arguments()
        path = None
        if self._connection.transport == "local" and not self._play_context.become and not args.get("progress_path"):
            # In Ansible's own folder, which it removes at its end also when this process was killed before it could.
            folder = vars(constants)["DEFAULT_LOCAL_TMP"]
            handle, path = tempfile.mkstemp(prefix="model_services_progress_", dir=folder)
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

    def _take_arguments(self) -> dict[str, Any]:
        """Return the task's arguments, and leave in their place what may be told of them."""
        told, given = ActionModule._kept
        # A task with retries runs again, with another action plugin, on the arguments that the first one has left.
        if self._task.args is not told:
            told, given = ActionModule._kept = (_told(self._task.args), dict(self._task.args))
            self._task.args = told
        return dict(given)


def _told(args: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments as they are told to others: without secrets, and of declarations only how many there are."""
    told = {name: value for name, value in args.items() if name not in SECRET_OPTIONS}
    for name in _DECLARING & told.keys():
        told[name] = f"{len(told[name])} entries" if isinstance(told[name], (list, dict)) else "declared"
    return told


class _Follower:
    """Displays every line that is appended to a file, until it is left."""

    #: Seconds that leaving waits for a line on its way; what takes longer is not worth the task's result.
    PATIENCE = 5.0

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
            self._thread.join(self.PATIENCE)

    def _follow(self) -> None:
        with open(str(self._path), encoding="utf-8") as file:
            while not self._ended.wait(EVERY):
                for line in file:
                    _display(f"{self._prefix}: {line.rstrip()}")


def _display(line: str) -> None:
    """Have Ansible's main process display a line; without a way to it nothing is shown.

    Not by ``display.display``, which sends it the same way: ansible-runner up to 2.4.0 replaces that function by one that
    writes to this process's own standard output, under a lock that the main thread may have held when this process was
    forked. Another thread would wait for it for ever.
    """
    send = getattr(getattr(display, "_final_q", None), "send_display", None)
    if send is not None:
        with contextlib.suppress(Exception):  # private to Ansible; progress must not cost the task
            send("display", line)
