# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the action plugins have in common: the module ends with Ansible, its progress is shown, and it receives what only
the controller knows.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
import threading
from typing import Any

from ansible import constants
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible.utils.vars import merge_hash
from ansible_collections.zstack.aios.plugins.module_utils._common.text import printable
from ansible_collections.zstack.aios.plugins.plugin_utils.vaulted import vaulted_texts

display = Display()
#: Seconds between two looks at the caller and at the progress.
EVERY = 0.2
#: See module_utils/_module.py.
CALLER = "_caller"
#: The variable of a task in which the role says what is invalid in its variables, to be reported with all other errors.
ERRORS = "__model_services_errors"

#: The variable of a task in which the role says that it sees the results of all hosts of the play in the next one.
IN_STEP = "__model_services_in_step"
NOT_IN_STEP = (
    "model_services_all_or_nothing is refused with this strategy: a host would write before the plans of the others are "
    "known. Next: use the strategy linear, or set model_services_all_or_nothing to false."
)

_nothing = contextlib.nullcontext()


class WatchedAction(ActionBase):
    """Runs the module of the same name, which ends when Ansible no longer waits for it."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = True
    #: The option in which the module takes a file to report its progress to.
    progress_option = ""

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the module. With ``async``, Ansible does not wait for it, so it has no lifeline."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        args = self.take_arguments()
        wrap_async = bool(self._task.async_val) and not getattr(self._connection, "has_native_async", False)
        here = self._connection.transport == "local" and not self._play_context.become
        host = (task_vars or {}).get("inventory_hostname", "")
        caller: dict[str, Any] = {
            "task": f"{self._task.get_name()} on {host}",
            "host": host,
            "several": len((task_vars or {}).get("ansible_play_hosts_all") or ()) > 1,
            "secrets": vaulted_texts(args),
            "errors": self._errors(task_vars or {}),
        }
        self.prepare(args, caller)
        args[CALLER] = caller
        with Lifeline(f"{self._task.action} on {host}") if here and not wrap_async else _nothing as lifeline:
            if lifeline is not None:
                caller["lifeline"] = [lifeline.path, os.getpid()]
                if self.progress_option:
                    args[self.progress_option] = args.get(self.progress_option) or lifeline.path
            done = self._execute_module(module_args=args, task_vars=task_vars, wrap_async=wrap_async)
        if not wrap_async:
            self._remove_tmp_path(self._connection._shell.tmpdir)
        return dict(merge_hash(result, done))

    def _errors(self, task_vars: dict[str, Any]) -> list[str]:
        errors = self._templar.template(task_vars.get(ERRORS, []))
        found = [errors] if isinstance(errors, str) else [str(error) for error in errors]
        return [*found, *([] if self._is_in_step(task_vars) else [NOT_IN_STEP])]

    def _is_in_step(self, task_vars: dict[str, Any]) -> bool:
        """Return whether the hosts of the play begin each task together, where the role relies on it."""
        if not task_vars.get(IN_STEP):
            return True
        strategy = str(self._task.get_play().strategy)
        return strategy.rsplit(".", 1)[-1] in ("linear", "debug", "mitogen_linear")

    def prepare(self, args: dict[str, Any], caller: dict[str, Any]) -> None:
        """Change the arguments, and what is passed besides them, into what the module takes."""

    def take_arguments(self) -> dict[str, Any]:
        """Return the arguments of the task."""
        return dict(self._task.args)


class Lifeline:
    """A file that is locked while Ansible waits for the module, and to which the module appends its lines of progress.

    The module looks at the lock; the kernel takes it from a process that dies. The process that waits ends itself when
    Ansible's main process, for which it works, has gone.

    :param prefix: what each line is shown after.
    """

    #: Seconds that leaving waits for a line on its way; what takes longer is not worth the task's result.
    LONGEST_LINE = 5.0

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._parent = os.getppid()
        self._ended = threading.Event()
        # In Ansible's own folder, which it removes at its end also when this process was killed before it could.
        handle, self.path = tempfile.mkstemp(prefix="zstack_aios_lifeline_", dir=vars(constants)["DEFAULT_LOCAL_TMP"])
        self._file = os.fdopen(handle, encoding="utf-8")
        fcntl.flock(self._file, fcntl.LOCK_EX)
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Lifeline:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        os.unlink(self.path)
        fcntl.flock(self._file, fcntl.LOCK_UN)
        self._ended.set()
        self._thread.join(self.LONGEST_LINE)

    def _follow(self) -> None:
        with self._file:
            while not self._ended.wait(EVERY):
                if os.getppid() != self._parent:
                    os.unlink(self.path)
                    os._exit(1)  # nothing is left to return the result to
                for line in self._file:
                    show(f"{self._prefix}: {line.rstrip()}")


def show(line: str) -> None:
    """Have Ansible's main process display a line; without a way to it nothing is shown.

    Not by ``display.display``, which sends it the same way: ansible-runner up to 2.4.0 replaces that function by one that
    writes to this process's own standard output, under a lock that the main thread may have locked when this process
    was forked. Another thread would wait for it for ever.
    """
    send = getattr(getattr(display, "_final_q", None), "send_display", None)
    if send is not None:
        with contextlib.suppress(Exception):  # private to Ansible; progress must not cost the task
            send("display", printable(line, 1000))
