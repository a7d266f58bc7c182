# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run ``ansible-test sanity`` so that it passes for the right reason, with and without the internet.

``ansible-test`` wants the collection at ``.../ansible_collections/zstack/aios`` in a git repository of its own (below a
folder that an outer repository ignores it finds no files, says so in a warning, and passes). It also downloads a script
that installs pip from a host of the Ansible project; where that host is out of reach, the pip of our own environment
takes the script's place.
"""

from __future__ import annotations

import pathlib
import re
import shutil
import socket
import subprocess
import sys

from tools.checks import sources
from tools.env.environment import CHECKOUT, COLLECTION_PATH, HOME, VENV, locked, site_packages
from tools.env.processes import Commands

_SCRIPT_HOST = "ci-files.testing.ansible.com"
_STAND_IN = '''"""Installs pip with the pip at {pip}: stands in for get-pip.py."""
import os
import sys

arguments = [word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel")]
os.execv(sys.executable, [sys.executable, {pip!r}, "install", "--ignore-installed", *arguments])
'''
# What ansible-test says, with exit code 0, when it has checked less than asked for.
_SILENT_PASSES = ("All targets skipped", "WARNING: Required program")


def copy_collection(parent: pathlib.Path) -> pathlib.Path:
    """Copy what git knows or would take (no ignored file) below ``parent`` and return the collection's folder there."""
    target = parent / COLLECTION_PATH
    for name in sources.names():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(CHECKOUT / name, target / name, follow_symlinks=False)
    return target


def sanity(venv: pathlib.Path, folder: pathlib.Path, commands: Commands) -> int:
    """Run every sanity test on a copy of the collection in ``folder``; return 0 only if all of them ran and passed."""
    tree = copy_collection(folder)
    subprocess.run(["git", "init", "--quiet"], check=True, cwd=tree, env=dict(commands.environment))
    with locked("sanity"):  # the tools' environments below HOME are shared by the runs of this checkout
        if not _reachable(_SCRIPT_HOST):
            _write_stand_ins(venv)
        code, log = commands.record("ansible-test", "sanity", "--color", "no", cwd=tree)
    for text in _SILENT_PASSES:
        if not code and text in log:
            commands.show(f"ansible-test passed without checking everything: {text}\n")
            return 1
    return code


def _reachable(host: str) -> bool:
    try:
        with socket.create_connection((host, 443), timeout=3):
            return True
    except OSError:
        return False


def _write_stand_ins(venv: pathlib.Path) -> None:
    """Put the stand-in where this version of ansible-test looks for the scripts it has downloaded before."""
    source = site_packages(venv) / "ansible_test" / "_internal" / "python_requirements.py"
    cache = HOME / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    versions = sorted(set(re.findall(r"\bpip='([0-9.]+)'", source.read_text())))
    if not versions:
        sys.exit(f"{source} names no version of pip, so that no stand-in can be written: change the pattern")
    for version in versions:
        script = cache / f"get_pip_{version.replace('.', '_')}.py"
        script.write_text(_STAND_IN.format(pip=str(site_packages(VENV) / "pip")))
