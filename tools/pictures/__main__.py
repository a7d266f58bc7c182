# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the demo, use its reports in Chromium as a person does, and make the pictures of README and guides.

The first run installs what it needs besides the tools of the other targets: a library that drives the browser, another
that judges accessibility, a third that writes pictures.
"""

from __future__ import annotations

import argparse
import sys

from tools.demo.commands import Unexpected
from tools.env import uv
from tools.env.environment import BUILD, CHECKOUT, VENV
from tools.env.processes import stop_on_signals
from tools.env.screen import paint, say

_REQUIREMENTS = CHECKOUT / "tools" / "pictures" / "requirements.txt"


def main(arguments: list[str]) -> int:
    """Return 1 when something does not work in the report, else 0."""
    parser = argparse.ArgumentParser(prog="python -m tools.pictures", description=__doc__)
    parser.add_argument("--use", action="store_true", help="only use the reports, write no picture")
    parsed = parser.parse_args(arguments)
    stop_on_signals()
    uv.install(VENV, uv.environment(uv.pip_settings()), "--require-hashes", "-r", str(_REQUIREMENTS))
    # Only now are there the libraries that these import.
    from tools.pictures.browser import NotAsExpected, started
    from tools.pictures.make import make
    from tools.pictures.runs import run_all
    from tools.pictures.use import use_all

    try:
        with started() as reader:
            if not parsed.use:
                reader.expect_fonts()
            runs = run_all(BUILD / "pictures")
            broken = use_all(reader, runs)
            if not parsed.use and not broken:
                make(reader, runs)
    except (NotAsExpected, Unexpected) as why:
        say(paint("red", f"✘ {why}"))
        return 1
    if broken:
        say(paint("red", f"{broken} uses of the report fail"))
        return 1
    say(paint("green", "every use of the report works"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
