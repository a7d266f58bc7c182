# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kinds of promises that a schedule can break."""

from __future__ import annotations

from dataclasses import dataclass

SORTS = ("duplicate", "lost", "inaccurate", "touched", "session", "secret", "crash", "slow")


@dataclass(frozen=True)
class Violation:
    """One broken promise: ``sort`` is one of `SORTS`."""

    sort: str
    text: str
