# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs many schedules in a few processes, and counts."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from multiprocessing.util import Finalize
from random import Random
from typing import Any

from ansible_collections.zstack.aios.tests.chaos.promises import SORTS, Violation
from ansible_collections.zstack.aios.tests.chaos.running import Bench, Evidence
from ansible_collections.zstack.aios.tests.chaos.schedules import Schedule, draw
from ansible_collections.zstack.aios.tests.chaos.verdict import judge

#: Schedules mostly wait, so that there may be more processes than processors.
WORKERS = 6


@dataclass
class Figures:
    """What came of some schedules.

    :ivar faults: how often each fault fired; :ivar rows: rows of the runs with faults, by action;
    :ivar broken: broken promises by sort; :ivar failures: the schedules that broke one, with what and how.
    """

    schedules: int = 0
    restarts: int = 0
    others: int = 0
    kills: int = 0
    deployments: int = 0
    folders: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    rows: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[dict[str, Any], list[Violation]]] = field(default_factory=list)

    def add(self, evidence: Evidence, violations: Sequence[Violation]) -> None:
        """Count one schedule."""
        self.schedules += 1
        self.restarts += evidence.schedule.outage is not None
        self.others += len(evidence.schedule.others)
        self.kills += sum(kill_after is not None for _kind, kill_after in evidence.schedule.others)
        self.deployments += sum(len(item.get("deployments", ())) for item in evidence.schedule.items)
        self.folders.update([evidence.schedule.folder] if evidence.schedule.folder else [])
        self.requests += len(evidence.log)
        self.faults.update(evidence.fired)
        self.rows.update(row["action"] for row in evidence.first.get("results", []))
        self.broken.update(violation.sort for violation in violations)
        if violations:
            self.failures.append((asdict(evidence.schedule), list(violations)))

    def include(self, other: Figures) -> None:
        """Add the figures of other schedules."""
        self.schedules += other.schedules
        self.restarts += other.restarts
        self.others += other.others
        self.kills += other.kills
        self.deployments += other.deployments
        self.folders.update(other.folders)
        self.requests += other.requests
        self.faults.update(other.faults)
        self.rows.update(other.rows)
        self.broken.update(other.broken)
        self.failures += other.failures

    def lines(self) -> list[str]:
        """Return the figures as lines of text."""
        faults = ", ".join(f"{name} {number}" for name, number in self.faults.most_common())
        rows = ", ".join(f"{name} {number}" for name, number in self.rows.most_common())
        named = {"duplicate": "duplicates", "lost": "lost", "inaccurate": "inaccurate reports"}
        sources = ", ".join(f"{name} {number}" for name, number in self.folders.most_common())
        broken = ", ".join(f"{named.get(sort, sort)} {self.broken[sort]}" for sort in SORTS)
        return [
            f"schedules {self.schedules}, with the platform killed and started again {self.restarts}, requests {self.requests}",
            f"further runs at the same time {self.others}, of which were killed {self.kills}; folders: {sources}",
            f"faults fired {sum(self.faults.values())}: {faults}",
            f"instance groups declared {self.deployments}",
            f"rows reported {sum(self.rows.values())}: {rows}",
            f"broken promises {sum(self.broken.values())}: {broken}",
        ]


def schedule_of(seed: int, number: int) -> Schedule:
    """Return the schedule of a number; it does not depend on how many others are run."""
    return draw(Random(f"{seed}:{number}"), number)


def run_schedules(
    seed: int,
    count: int,
    first: int = 0,
    workers: int = WORKERS,
    on_figures: Callable[[Figures], None] = lambda figures: None,
) -> Figures:
    """Run schedules ``first`` and up in several processes.

    :param on_figures: called with the figures so far, now and then.
    """
    numbers = range(first, first + count)
    portions = [numbers[start : start + 10] for start in range(0, count, 10)]
    figures = Figures()
    # A fork would copy the threads and connections of the test that calls this.
    with multiprocessing.get_context("spawn").Pool(min(workers, len(portions)), _prepare) as pool:
        for part in pool.imap_unordered(_Portion(seed), portions):
            figures.include(part)
            on_figures(figures)
        # Not left to the end of the context, which terminates, so that each process ends its simulators.
        pool.close()
        pool.join()
    return figures


class _Portion:
    """Runs a portion of the schedules with the simulators that its process keeps."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def __call__(self, numbers: Sequence[int]) -> Figures:
        figures = Figures()
        for number in numbers:
            evidence = _benches[0].carry_out(schedule_of(self._seed, number))
            figures.add(evidence, judge(evidence))
        return figures


_benches: list[Bench] = []


def _prepare() -> None:
    bench = Bench()
    _benches.append(bench)
    Finalize(None, bench.close, exitpriority=10)
