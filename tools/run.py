# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run one command in the collection's environment: ``python3 tools/run.py ansible-doc zstack.aios.model_service``.

Sets the environment up first, gives the command a temporary folder that is removed afterwards, ends what the command
leaves running, and passes its exit code on.
"""

from __future__ import annotations

import pathlib
import sys

if not __package__:  # run by its path, as the guides do
    sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])

from tools.env.environment import child_environment, run_folder
from tools.env.processes import Commands, stop_on_signals
from tools.env.set_up import set_up


def main(command: list[str]) -> int:
    """Run ``command`` and return its exit code."""
    if not command:
        sys.exit("usage: python3 tools/run.py COMMAND [ARGUMENT ...]")
    stop_on_signals()
    set_up()
    with run_folder() as folder:
        return Commands(child_environment(folder)).run(*command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
