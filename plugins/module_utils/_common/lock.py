# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks between the runs of one user on one host, by the kernel, so that no lock outlives its process."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterator

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import GuardError

#: Seconds between two attempts.
EVERY = 0.2


class LocksUnavailable(Exception):
    """This machine has no place for locks that only their user can write to. The text says why."""


def lock_folder() -> str:
    """Return the folder of the locks, to which only the user can write.

    :raises LocksUnavailable: there is no such folder.
    """
    path = os.path.join(tempfile.gettempdir(), f"zstack-aios-{os.getuid()}")
    try:
        with contextlib.suppress(FileExistsError):
            os.mkdir(path, 0o700)
        found = os.lstat(path)
    except OSError as error:
        raise LocksUnavailable(f"{path}: {error.strerror}") from None
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise LocksUnavailable(f"{path} is not a folder that only its user can write to")
    return path


class RunLock:
    """The lock of a run that writes to a platform.

    A run over many services excludes every other one. A run over a single service excludes those over the same service and
    over many; several of them, over different services, go on side by side.

    :param folder: where the locks are.
    :param platform: what identifies the platform.
    :param service: what identifies the one service; empty for a run over many.
    :param timeout: seconds to wait for another run.
    :param wait: waits so many seconds, or raises what interrupts it.
    :param on_wait: called at every attempt with what the run waits for.
    """

    def __init__(
        self,
        folder: str,
        platform: str,
        service: str,
        timeout: float,
        wait: Callable[[float], None],
        on_wait: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._folder = folder
        self._platform = platform
        self._service = service
        self._timeout = timeout
        self._wait = wait
        self._on_wait = on_wait

    @contextlib.contextmanager
    def acquired(self) -> Iterator[None]:
        """Acquire the lock, and release it at the end.

        :raises GuardError: another run has it for longer than the timeout, or it cannot be opened.
        """
        end = time.monotonic() + self._timeout
        with contextlib.ExitStack() as release:
            path = os.path.join(self._folder, f"{_short(self._platform)}.lock")
            release.callback(os.close, self._acquire(path, end, exclusive=not self._service))
            if self._service:
                # After the platform's own lock, in every run, so that no two wait for each other.
                path = os.path.join(self._folder, f"{_short(self._platform)}-{_short(self._service)}.lock")
                release.callback(os.close, self._acquire(path, end, exclusive=True))
                release.callback(os.unlink, path)
            yield

    def _acquire(self, path: str, end: float, exclusive: bool) -> int:
        """Return the descriptor of a locked file."""
        while True:
            lock = _try_lock(path, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH)
            if isinstance(lock, int):
                return lock
            if time.monotonic() >= end:
                raise GuardError(
                    f"another run is writing to this platform: {lock}. This run waited {self._timeout:g} s. Nothing was "
                    "written. Next: run again when the other run has ended, or increase lock_timeout.",
                    "locked",
                )
            self._on_wait(f"waiting for another run that writes to this platform: {lock}")
            self._wait(EVERY)


def _try_lock(path: str, kind: int) -> int | str:
    """Return the descriptor of a locked file, or the owner of the lock."""
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise GuardError(
                f"the lock file {path} cannot be opened: {error.strerror}. Nothing was written. Next: remove this file.",
                "lock",
            ) from None
        with contextlib.ExitStack() as failed:
            failed.callback(os.close, descriptor)
            try:
                fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
            except BlockingIOError:
                return _owner(os.pread(descriptor, 100, 0))
            if _is_at(descriptor, path):  # else its last owner has removed it
                os.truncate(descriptor, 0)
                os.pwrite(descriptor, f"{os.getpid()} {time.strftime('%Y-%m-%d %H:%M:%S')}".encode("ascii"), 0)
                failed.pop_all()
                return descriptor


def _is_at(descriptor: int, path: str) -> bool:
    try:
        there = os.lstat(path)
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(descriptor), there)


def _owner(content: bytes) -> str:
    pid, _blank, started = content.decode("ascii", "replace").partition(" ")
    return f"process {pid}, started {started}" if pid.isdigit() and started else "an unknown process"


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]
