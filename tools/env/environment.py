# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the tools keep their things, and the environment in which they run commands.

Everything a command writes lands inside the checkout: environments and caches in ``.venv`` and ``.build``,
temporary files in a folder of the run that is removed at its end.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pathlib
import tempfile
from collections.abc import Iterator

from tools.env.screen import say

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
BUILD = CHECKOUT / ".build"
VENV = CHECKOUT / ".venv"
HOME = BUILD / "home"
TYPES = BUILD / "types"  # where mypy finds the collection under its own name, apart from site-packages
COLLECTION_PATH = pathlib.Path("ansible_collections", "zstack", "aios")

# The user's own settings of these programs must not decide whether a check passes.
_FOREIGN_PREFIXES = ("ANSIBLE_", "ZSTACK_", "PYTHON", "PYTEST_", "MYPY", "RUFF_", "GALAXY_", "XDG_")
_FOREIGN_NAMES = ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "VIRTUAL_ENV", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")


def executable_path(venv: pathlib.Path, inherited: str) -> str:
    """Return PATH for child processes: the virtual environment first, then the inherited folders but those of shims.

    Version managers put a shim there for every Python they know; most of them answer 127, which ansible-test
    takes for a broken interpreter.
    """
    folders = [folder for folder in inherited.split(os.pathsep) if folder and pathlib.Path(folder).name != "shims"]
    return os.pathsep.join([str(venv / "bin"), *folders])


def child_environment(temporary: pathlib.Path, venv: pathlib.Path = VENV) -> dict[str, str]:
    """Return the whole environment for a child process that may write under the checkout only."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in _FOREIGN_NAMES and not name.startswith(_FOREIGN_PREFIXES)
    }
    no_proxy = [part for part in (environment.get("NO_PROXY"), "127.0.0.1", "localhost") if part]
    environment.update(
        PATH=executable_path(venv, os.environ.get("PATH", os.defpath)),
        HOME=str(HOME),
        TMPDIR=str(temporary),
        LC_ALL="C.UTF-8",
        NO_PROXY=",".join(no_proxy),
        no_proxy=",".join(no_proxy),
        XDG_CACHE_HOME=str(HOME / ".cache"),
        ANSIBLE_HOME=str(temporary / "ansible"),
        ANSIBLE_LOCAL_TEMP=str(temporary / "ansible-local"),
        ANSIBLE_REMOTE_TEMP=str(temporary / "ansible-remote"),
        HYPOTHESIS_STORAGE_DIRECTORY=str(BUILD / "hypothesis"),
        PYTHONPYCACHEPREFIX=str(BUILD / "pycache"),
        VIRTUAL_ENV=str(venv),
    )
    return environment


def site_packages(venv: pathlib.Path) -> pathlib.Path:
    """Return the folder of a virtual environment's packages."""
    (folder,) = venv.glob("lib/python*/site-packages")
    return folder


def link_collection(parent: pathlib.Path) -> None:
    """Make this checkout importable from ``parent`` under the collection's own name."""
    link = parent / COLLECTION_PATH
    link.parent.mkdir(parents=True, exist_ok=True)
    if link.is_symlink():
        link.unlink()
    link.symlink_to(CHECKOUT)


@contextlib.contextmanager
def run_folder() -> Iterator[pathlib.Path]:
    """Yield a folder of this run's own under ``.build`` and remove it afterwards."""
    parent = BUILD / "tmp"
    parent.mkdir(parents=True, exist_ok=True)
    HOME.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="run-", dir=parent, ignore_cleanup_errors=True) as folder:
        yield pathlib.Path(folder)


@contextlib.contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold the lock ``name`` of this checkout; the kernel frees it should the process die."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / f"{name}.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another run of '{name}' in this checkout")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
