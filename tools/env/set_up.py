# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring the virtual environment ``.venv``, which every make target uses, to what the lock file asks for.

The machine needs Python 3.11 or later with pip, and nothing else: no venv package, no right to install into the
system's Python. The packages are those of ``requirements-dev.txt``, checked by their hashes. A second run finds
everything in place and needs no network.
"""

from __future__ import annotations

import configparser
import hashlib
import sys

from tools.env import uv
from tools.env.environment import CHECKOUT, HOME, TYPES, VENV, link_collection, locked, site_packages
from tools.env.screen import say
from tools.env.versions import TOOLS_PYTHON

_REQUIREMENTS = CHECKOUT / "requirements-dev.txt"
_STAMP = VENV / "set-up.stamp"


def set_up() -> None:
    """Set ``.venv`` up; costs nothing when it is so already."""
    if sys.version_info < tuple(int(part) for part in TOOLS_PYTHON.split(".")):
        sys.exit(
            f"Python {TOOLS_PYTHON} or later is needed, {sys.executable} is {sys.version.split()[0]}:"
            " try make PYTHON=python3.12"
        )
    with locked("set-up"):
        stamp = _fingerprint()
        if _STAMP.exists() and _STAMP.read_text() == stamp:
            return
        say("== setting up .venv")
        _STAMP.unlink(missing_ok=True)
        settings = uv.pip_settings()
        _hand_settings_to_ansible_test(settings)
        uv.install_uv()
        environment = uv.environment(settings)
        uv.make_venv(VENV, environment)
        uv.run(environment, "pip", "sync", "--quiet", "--require-hashes", "--python", str(VENV), str(_REQUIREMENTS))
        link_collection(site_packages(VENV))
        link_collection(TYPES)
        _STAMP.write_text(stamp)


def _hand_settings_to_ansible_test(settings: dict[str, str]) -> None:
    """Write the pip configuration into the home of the checks: ansible-test passes no PIP_ variables on."""
    parser = configparser.RawConfigParser()
    parser["global"] = settings | {"quiet": "2"}
    path = HOME / ".config" / "pip" / "pip.conf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    with path.open("w") as handle:
        parser.write(handle)


def _fingerprint() -> str:
    """Return what ``.venv`` depends on: the lock files, these programs, the interpreter, the place of the checkout."""
    digest = hashlib.sha256()
    for path in (_REQUIREMENTS, uv.REQUIREMENTS, *sorted((CHECKOUT / "tools" / "env").glob("*.py"))):
        digest.update(path.read_bytes())
    return f"{digest.hexdigest()} {uv.python_version(uv.PYTHON)} {CHECKOUT}\n"


if __name__ == "__main__":
    set_up()
