# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resolve the requirements of development into lock files with hashes, for every platform: ``make lock``.

What is locked keeps its version as long as that still fits. ``make lock ARGS=--upgrade`` moves everything to its newest
version, ``ARGS="--upgrade-package ruff"`` one package; the arguments go to ``uv pip compile``.
"""

from __future__ import annotations

import sys

from tools.env import uv
from tools.env.environment import BUILD
from tools.env.versions import TOOLS_PYTHON

_COMPILE = ("pip", "compile", "--quiet", "--universal", "--python-version", TOOLS_PYTHON, "--generate-hashes")


def main(arguments: list[str]) -> None:
    """Write the lock files."""
    BUILD.mkdir(exist_ok=True)
    uv.install_uv()
    environment = uv.environment(uv.pip_settings())
    for name in ("requirements-dev", "tools/env/requirements-uv", "tools/pictures/requirements"):
        files = ("--output-file", f"{name}.txt", f"{name}.in")
        uv.run(environment, *_COMPILE, "--custom-compile-command", "make lock", *arguments, *files)


if __name__ == "__main__":
    main(sys.argv[1:])
