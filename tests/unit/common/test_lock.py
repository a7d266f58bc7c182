# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of one user on one machine exclude each other as far as they have to, and a lock ends with its process."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import tempfile
import threading
import time
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._common import lock as lock_module
from ansible_collections.zstack.aios.plugins.module_utils._common.errors import GuardError
from ansible_collections.zstack.aios.plugins.module_utils._common.lock import LocksUnavailable, RunLock, lock_folder


def lock(folder: Path, service: str = "", platform: str = "one", timeout: float = 0.0) -> RunLock:
    """Return a lock that is not waited for unless a timeout is given."""
    return RunLock(str(folder), platform, service, timeout, time.sleep)


@pytest.mark.parametrize(
    ("first", "second", "excluded"),
    [
        ("", "", True),
        ("", "chat", True),
        ("chat", "", True),
        ("chat", "chat", True),
        ("chat", "speech", False),
    ],
)
def test_who_waits_for_whom(tmp_path: Path, first: str, second: str, excluded: bool) -> None:
    with lock(tmp_path, first).acquired():
        if excluded:
            with pytest.raises(GuardError), lock(tmp_path, second).acquired():
                pass
        else:
            with lock(tmp_path, second).acquired():
                pass
    with lock(tmp_path, second).acquired():
        pass


def test_platforms_have_nothing_to_do_with_each_other(tmp_path: Path) -> None:
    with lock(tmp_path).acquired(), lock(tmp_path, platform="two").acquired():
        pass


def test_the_other_run_is_named(tmp_path: Path) -> None:
    waits: list[str] = []
    with lock(tmp_path).acquired():
        waiting = RunLock(str(tmp_path), "one", "", 0.3, time.sleep, waits.append)
        with pytest.raises(GuardError) as caught, waiting.acquired():
            pass
    owner = rf"process {os.getpid()}, started \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d"
    assert re.search(owner, caught.value.message)
    assert "This run waited 0.3 s" in caught.value.message
    assert "Nothing was written" in caught.value.message
    assert caught.value.code == "locked"
    assert waits and all(
        re.fullmatch(f"waiting for another run that writes to this platform: {owner}", text) for text in waits
    )


def test_a_lock_is_waited_for(tmp_path: Path) -> None:
    order: list[str] = []

    def second() -> None:
        with lock(tmp_path, timeout=10).acquired():
            order.append("second")

    with lock(tmp_path).acquired():
        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(0.3)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_a_wait_can_be_interrupted(tmp_path: Path) -> None:
    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    with (
        lock(tmp_path).acquired(),
        pytest.raises(KeyboardInterrupt),
        RunLock(str(tmp_path), "one", "", 60, interrupted).acquired(),
    ):
        pass


def hold(folder: Path, held: Event) -> None:
    with lock(folder).acquired():
        held.set()
        time.sleep(60)


def test_a_lock_does_not_outlive_its_process(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    held = context.Event()
    process = context.Process(target=hold, args=(tmp_path, held))
    process.start()
    assert held.wait(10)
    with pytest.raises(GuardError, match=f"process {process.pid}"), lock(tmp_path).acquired():
        pass
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    with lock(tmp_path).acquired():
        pass


def test_many_runs_of_one_service_follow_one_another(tmp_path: Path) -> None:
    """The file of a service is removed by whoever leaves it; nobody may hold a file that is not there any more."""
    inside, most, guard = 0, 0, threading.Lock()

    def run() -> None:
        nonlocal inside, most
        for _time in range(20):
            with lock(tmp_path, "chat", timeout=30).acquired():
                with guard:
                    inside += 1
                    most = max(most, inside)
                with guard:
                    inside -= 1

    threads = [threading.Thread(target=run) for _number in range(4)]
    original, lock_module.EVERY = lock_module.EVERY, 0.001
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        lock_module.EVERY = original
    assert most == 1
    assert len(list(tmp_path.iterdir())) == 1, "the files of services are left behind"


def test_an_error_inside_gives_the_lock_back(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="inside"), lock(tmp_path, "chat").acquired():
        raise ValueError("inside")
    with lock(tmp_path, "chat").acquired():
        pass


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    with lock(tmp_path).acquired():
        pass
    [path] = tmp_path.iterdir()
    target = tmp_path / "target"
    target.write_text("precious", encoding="utf-8")
    path.unlink()
    path.symlink_to(target)
    with pytest.raises(GuardError, match="symbolic links"), lock(tmp_path).acquired():
        pass
    assert target.read_text(encoding="utf-8") == "precious"


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files of this test's own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_the_folder_belongs_to_the_user_alone(temporary: Path) -> None:
    found = Path(lock_folder())
    assert found.parent == temporary
    assert found.stat().st_mode & 0o777 == 0o700
    assert Path(lock_folder()) == found


@pytest.mark.parametrize("kind", ["a link", "a file", "writable by others", "another's"])
def test_a_folder_that_others_may_change_is_not_used(
    temporary: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    path = temporary / f"zstack-aios-{os.getuid()}"
    if kind == "a link":
        (temporary / "elsewhere").mkdir()
        path.symlink_to(temporary / "elsewhere")
    elif kind == "a file":
        path.touch()
    elif kind == "writable by others":
        path.mkdir()
        path.chmod(0o777)
    else:
        path.mkdir()
        uid = os.getuid()
        monkeypatch.setattr(os, "getuid", lambda: uid + 1)
        path.rename(temporary / f"zstack-aios-{uid + 1}")
    with pytest.raises(LocksUnavailable, match="only its user can write to"):
        lock_folder()
