# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The versions that the collection is tested with. Everything else that names one follows: ``tools/checks/versions.py``."""

from __future__ import annotations

#: Each ansible-core that is supported, oldest first, and the Python that the matrix runs it on.
MATRIX = {"2.17": "3.10", "2.18": "3.11", "2.19": "3.12", "2.20": "3.12", "2.21": "3.13"}
#: The oldest that users may have.
CORE_FLOOR, PYTHON_FLOOR = next(iter(MATRIX.items()))
#: The row of the matrix that has the oldest version of everything that ``requirements.txt`` allows.
FLOOR = "floor"
#: The ansible-core of development, and the one for a Python that is too new for it.
TOOLS_CORE, TOOLS_NEWEST_CORE = "2.19", "2.21"
#: The oldest Python that the tools run on.
TOOLS_PYTHON = "3.11"
#: The ansible-runner of AWX 24.6.1; the tests run with the newest one, too.
OLDEST_RUNNER = "2.4.0"
