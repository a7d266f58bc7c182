# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tools print."""

from __future__ import annotations

import os
import sys

_COLOURS = {"bold": "1", "green": "32", "red": "31", "dim": "2"}


def say(text: str) -> None:
    """Print text at once, so that it stands before the output of what follows."""
    print(text, flush=True)


def paint(colour: str, text: str) -> str:
    """Return text in a colour, or as it is where nobody would see the colour."""
    return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m" if sys.stdout.isatty() and "NO_COLOR" not in os.environ else text
