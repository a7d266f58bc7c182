# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of the collection as the checks read them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

from tools.env.environment import CHECKOUT


def names() -> list[str]:
    """Return the paths of all files that git knows or would take."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    found = subprocess.run(listing, check=True, capture_output=True, cwd=CHECKOUT).stdout.decode().split("\0")
    return sorted(name for name in set(found) if name and (CHECKOUT / name).is_file())


def text_files() -> Iterator[tuple[str, str]]:
    """Yield path and text of every file that is text."""
    for name in names():
        try:
            yield name, (CHECKOUT / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
