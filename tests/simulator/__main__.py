# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starts the simulator, both as ``python tests/simulator`` and as ``python -m <package>.simulator``."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

if __package__:
    from .cli import main

    sys.exit(main())

# Started as a folder: Python put the folder itself on the path, where the files are no package.
sys.path[0] = str(Path(__file__).resolve().parent.parent)
runpy.run_module("simulator", run_name="__main__", alter_sys=True)
