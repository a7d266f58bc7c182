# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resolve ``requirements-dev.in`` and ``tools/requirements-uv.in`` into lock files with hashes, for every platform."""

from __future__ import annotations

from environment import BUILD
from set_up import install_uv, pip_settings, uv, uv_environment


def main() -> None:
    """Write both lock files; what is locked already moves to its newest version."""
    BUILD.mkdir(exist_ok=True)
    install_uv()
    environment = uv_environment(pip_settings())
    for name in ("requirements-dev", "tools/requirements-uv"):
        uv(
            environment,
            *("pip", "compile", "--quiet", "--upgrade", "--universal", "--python-version", "3.11", "--generate-hashes"),
            *("--custom-compile-command", "make lock", "--output-file", f"{name}.txt", f"{name}.in"),
        )


if __name__ == "__main__":
    main()
