# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of one running simulator that every operation may need."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from .options import Options
from .store import Store


@dataclass
class Platform:
    """One simulator: its settings, its store and its source of chance."""

    options: Options
    store: Store
    random: Random = field(default_factory=Random)
