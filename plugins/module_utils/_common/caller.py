# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the caller still waits for the result of this process.

A module outlives the Ansible that started it: when that is killed, or gives the task up after its ``timeout``, nothing ends
the module. It ends itself, as after a signal, when one of these shows it:

- the *lifeline*, a file that the action plugin locks while it waits for the module, is no longer locked;
- the process that locks it is no longer an ancestor, because a process between them was killed;
- the reader of the standard output is gone;
- the parent is gone.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import threading
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

#: Seconds between two looks.
EVERY = 0.2
_STDOUT = 1


class Lifeline(NamedTuple):
    """A locked file, and the process that locks it. The file is in the temporary folder of the run of Ansible."""

    path: str
    pid: int


class Caller(NamedTuple):
    """What the action plugin passes to the module besides the options of the task.

    :param lifeline: ``None`` if the plugin does not wait, or the module runs on another host.
    :param task: the names of the task and the host.
    :param secrets: values of the task that were encrypted with Ansible Vault.
    :param errors: what is invalid outside the options of the task, in the variables of the role.
    :param host: of the inventory.
    :param several: whether the play has several hosts.
    :param layers: the names of the variables of the role whose items follow one another in ``model_services``, and how
        many each has.
    :param folder: where a relative path in these variables starts.
    """

    lifeline: Lifeline | None = None
    task: str = ""
    secrets: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    host: str = ""
    several: bool = False
    layers: tuple[tuple[str, int], ...] = ()
    folder: str = ""

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Caller:
        """Return what is given by ``plugin_utils/action.py``."""
        lifeline = given.get("lifeline")
        texts = tuple(map(str, given["errors"]))
        layers = tuple((str(name), int(count)) for name, count in given.get("layers", ()))
        return cls(
            Lifeline(*lifeline) if lifeline else None,
            given["task"],
            tuple(given["secrets"]),
            texts,
            str(given.get("host", "")),
            bool(given.get("several")),
            layers,
            str(given.get("folder", "")),
        )

    @property
    def run_folder(self) -> str:
        """The folder of the run of Ansible, empty where the module does not run beside Ansible."""
        return os.path.dirname(self.lifeline.path) if self.lifeline else ""


class CallerWatch:
    """Watches the caller of this process in a thread of its own.

    :param lifeline: the file that the caller locks, and its process ID; ``None`` if there is none.
    :param on_gone: called once, in that thread, when the caller is gone.
    """

    def __init__(self, lifeline: Lifeline | None, on_gone: Callable[[], None]) -> None:
        self._lifeline = lifeline
        self._on_gone = on_gone
        self._parent = os.getppid()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="zstack.aios.caller", daemon=True)

    def start(self) -> None:
        """Begin to watch. With a lifeline this process leaves its group, so that it can log out when the group is killed."""
        if self._lifeline:
            with contextlib.suppress(OSError):  # it leads its group already
                os.setsid()
        self._thread.start()

    def stop(self) -> None:
        """Watch no more."""
        self._ended.set()

    def _watch(self) -> None:
        output = select.poll()
        output.register(_STDOUT, 0)  # errors are reported unasked
        while not self._ended.wait(EVERY):
            unread = any(event & (select.POLLERR | select.POLLHUP) for _fd, event in output.poll(0))
            if unread or os.getppid() != self._parent or self._is_released():
                _discard_output()
                if self._lifeline:
                    with contextlib.suppress(OSError):
                        os.unlink(self._lifeline.path)
                self._on_gone()
                return

    def _is_released(self) -> bool:
        """Return whether the lifeline is no longer locked."""
        if not self._lifeline:
            return False
        if not _is_below(self._lifeline.pid):
            return True
        try:
            with open(self._lifeline.path, "rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except FileNotFoundError:
            return True
        except OSError:
            return False  # the lock is not known
        return True


def _is_below(ancestor: int) -> bool:
    """Return whether a process is an ancestor of this one; true where the system does not show it."""
    pid = os.getpid()
    while pid not in (0, 1, ancestor):
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
                pid = int(file.read().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            return True
    return pid == ancestor


def _discard_output() -> None:
    """Discard the output that has no reader, so that printing the result is not an error."""
    with open(os.devnull, "wb") as nothing:
        os.dup2(nothing.fileno(), _STDOUT)
