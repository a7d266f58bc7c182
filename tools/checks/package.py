# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the collection's archive and check it as Galaxy, ``ansible-galaxy`` and ``ansible-builder`` would take it."""

from __future__ import annotations

import pathlib
import re
import shutil
import sys
import tarfile

from tools.checks.ansible_test import copy_collection
from tools.env.environment import BUILD, child_environment, run_folder
from tools.env.processes import Commands, stop_on_signals
from tools.env.screen import say
from tools.env.set_up import set_up

# What an archive may hold at its top; anything else got there by accident.
_TOP_LEVEL = {
    "CHANGELOG.md", "CONTRIBUTING.md", "FILES.json", "LICENSE", "MANIFEST.json", "Makefile", "README.md",
    "README.zh-CN.md", "SECURITY.md", ".ansible-lint", "changelogs", "demo", "docs", "examples", "meta", "playbooks",
    "plugins", "pyproject.toml", "requirements-dev.in", "requirements-dev.txt", "requirements.txt", "roles", "tests",
    "tools",
}  # fmt: skip
_COMPLAINT = re.compile(r"^(?:WARNING|ERROR|CRITICAL)\b.*", re.MULTILINE)


def build(folder: pathlib.Path, commands: Commands) -> pathlib.Path:
    """Build the archive from a clean copy in ``folder`` and return its path."""
    tree = copy_collection(folder / "source")
    command = ("ansible-galaxy", "collection", "build", "--force", "--output-path", str(folder), str(tree))
    code, _log = commands.record(*command)
    if code:
        sys.exit(f"ansible-galaxy collection build ended with {code}")
    (archive,) = folder.glob("*.tar.gz")
    return archive


def check(folder: pathlib.Path, commands: Commands) -> int:
    """Build, import and install the archive in ``folder``; return 0 when each of them went without a complaint."""
    archive = build(folder, commands)
    return (
        _contents(archive, commands) or _galaxy_import(archive, folder, commands) or _install(archive, folder, commands)
    )


def _contents(archive: pathlib.Path, commands: Commands) -> int:
    with tarfile.open(archive) as contents:
        strangers = {name.split("/")[0] for name in contents.getnames()} - _TOP_LEVEL
    if strangers:
        commands.show(f"the archive holds what it should not: {', '.join(sorted(strangers))}\n")
    return int(bool(strangers))


def _galaxy_import(archive: pathlib.Path, folder: pathlib.Path, commands: Commands) -> int:
    code, log = commands.record("python", "-m", "galaxy_importer.main", str(archive), cwd=folder)
    complaints = _COMPLAINT.findall(log)
    if complaints:
        commands.show(f"galaxy-importer complains: {complaints[0]}\n")
    return code or int(bool(complaints))


def _install(archive: pathlib.Path, folder: pathlib.Path, commands: Commands) -> int:
    """Install the archive without a network and let ansible-builder read what it needs."""
    target = folder / "installed"
    # Forced, for the checkout itself is found through the virtual environment and counts as installed.
    install = ("ansible-galaxy", "collection", "install", "--offline", "--force", "-p", str(target), str(archive))
    code, _log = commands.record(*install, cwd=folder, ANSIBLE_COLLECTIONS_PATH=str(target))
    if code:
        return code
    code, log = commands.record("ansible-builder", "introspect", str(target), cwd=folder)
    found = "requests" in log  # PyYAML it leaves out by itself, as ansible-core brings it
    if not found:
        commands.show("ansible-builder would not install requests, which meta/execution-environment.yml asks for\n")
    return code or int(not found)


def main() -> None:
    """Build the archive for publishing, below ``.build/dist``."""
    stop_on_signals()
    set_up()
    with run_folder() as folder:
        archive = build(folder, Commands(child_environment(folder)))
        target = BUILD / "dist"
        target.mkdir(parents=True, exist_ok=True)
        say(f"built {shutil.copy2(archive, target)}")


if __name__ == "__main__":
    main()
