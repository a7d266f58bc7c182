# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random declarations under random faults, many of them, as ``make chaos`` runs them.

A schedule follows from the seed and its number alone: ``tests/chaos --seed S --first N --schedules 1`` replays one.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time

from ansible_collections.zstack.aios.tests.chaos.workers import WORKERS, Figures, run_schedules

_TOLD_EVERY = 10.0
_FAILURES_SHOWN = 10


def main() -> int:
    """Run the schedules, print the figures, and return 1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="tests/chaos", description=__doc__)
    parser.add_argument("--schedules", type=int, default=5000, help="how many (default 5000)")
    parser.add_argument(
        "--seed", type=int, default=None, help="where the random numbers begin (default: another one each time)"
    )
    parser.add_argument("--first", type=int, default=0, help="the number of the first schedule (default 0)")
    parser.add_argument("--workers", type=int, default=WORKERS, help=f"processes (default {WORKERS})")
    arguments = parser.parse_args()
    seed = random.SystemRandom().randrange(1_000_000) if arguments.seed is None else arguments.seed
    print(f"seed {seed}", flush=True)
    started = time.monotonic()
    progress = _Progress(seed, arguments.schedules)
    figures = run_schedules(seed, arguments.schedules, arguments.first, arguments.workers, progress.show)
    print("\n".join(figures.lines()))
    print(f"seed {seed}, {time.monotonic() - started:.0f} s")
    return 1 if figures.failures else 0


class _Progress:
    """Shows how far the run is, and each broken promise as soon as it is found."""

    def __init__(self, seed: int, total: int) -> None:
        self._seed = seed
        self._total = total
        self._shown = 0
        self._last = time.monotonic()

    def show(self, figures: Figures) -> None:
        """Show what is new."""
        for schedule, violations in figures.failures[self._shown : _FAILURES_SHOWN]:
            number = schedule["number"]
            print(f"\nschedule {number}; replay with --seed {self._seed} --first {number} --schedules 1")
            print("\n".join(f"  {violation.sort}: {violation.text}" for violation in violations))
            print(json.dumps(schedule, indent=2), flush=True)
        self._shown = len(figures.failures)
        if time.monotonic() - self._last >= _TOLD_EVERY:
            self._last = time.monotonic()
            print(f"  {figures.schedules} of {self._total}, {self._shown} with a broken promise", flush=True)


if __name__ == "__main__":
    sys.exit(main())
