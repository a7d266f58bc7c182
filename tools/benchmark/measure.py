# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is measured: ours and the peers, in one run, on one machine, against one simulator."""

from __future__ import annotations

import pathlib
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ansible_collections.zstack.aios.tests.simulator import constants
from ansible_collections.zstack.aios.tests.simulator.launcher import Simulator

from tools.benchmark import hcloud, playbooks, raw
from tools.benchmark.deployments import measure_deployments
from tools.benchmark.items import Item, measure_items
from tools.benchmark.job_times import Creations, measure_jobs
from tools.benchmark.profile import profile
from tools.benchmark.runs import Bench, Run, seed
from tools.benchmark.services import declaration, declarations, wire
from tools.benchmark.start import measure_start

SMALL, LARGE = 1000, 10_000


@dataclass
class Figures:
    """Everything measured. Seconds of whole runs unless said otherwise.

    :ivar items: what one more item of a loop costs, for each way, when it has to be created and when nothing changes.
    :ivar start: the parts of one task that changes nothing.
    :ivar jobs: creations by the seconds that a job takes.
    :ivar deployments: services that are deployed and waited for.
    """

    runs: dict[str, Run] = field(default_factory=dict)
    items: dict[str, dict[str, Item]] = field(default_factory=dict)
    start: list[tuple[str, float]] = field(default_factory=list)
    jobs: dict[float, Creations] = field(default_factory=dict)
    deployments: Mapping[str, Run] = field(default_factory=dict)
    raw_create: float = 0.0
    profile_small: list[tuple[str, float]] = field(default_factory=list)
    profile_large: list[tuple[str, float]] = field(default_factory=list)

    def above_empty(self, name: str, empty: str) -> float:
        """Return the seconds of a run above those of an empty play."""
        return self.runs[name].seconds - self.runs[empty].seconds


def measure(folder: pathlib.Path, say: Callable[[str], None]) -> Figures:
    """Measure everything, in about ten minutes."""
    figures = Figures()
    say("the peer hetzner.hcloud")
    variables = hcloud.install()
    with Simulator() as simulator, hcloud.Api() as api:
        bench = Bench(folder, simulator, variables)
        for count in (SMALL, LARGE):
            say(f"{count} services")
            _ours(bench, count, figures)
        say("the limit: requests and 8 threads")
        seed(simulator, [])
        figures.raw_create = raw.create_all(simulator.url, declarations(SMALL))
        say("items of loops: ours and the peers")
        figures.items = measure_items(bench, api)
        say("the start of a task")
        seed(simulator, _rows(1))
        figures.start = measure_start(folder, {**_connection(simulator), **declaration(0)})
        say("where the time goes")
        _profiles(bench, figures)
    say("jobs of several durations")
    figures.jobs = measure_jobs(folder)
    say("deployments")
    figures.deployments = measure_deployments(folder)
    return figures


def _connection(simulator: Simulator) -> dict[str, object]:
    return {
        "host": simulator.url,
        "account_name": constants.ADMIN_ACCOUNT,
        "account_password": constants.ADMIN_PASSWORD,
    }


def _rows(count: int) -> list[dict[str, object]]:
    return [wire(service) for service in declarations(count)]


def _ours(bench: Bench, count: int, figures: Figures) -> None:
    """Measure our runs with so many services. The ones that create are run once, the others three times."""
    runs = figures.runs
    playbooks.write_declarations(bench.folder, count)
    plays = {
        "empty": playbooks.write_playbook(bench.folder, "empty", playbooks.empty(), variables=False),
        "empty, variables": playbooks.write_playbook(
            bench.folder, "empty_variables", playbooks.empty(), variables=True
        ),
        "src": playbooks.write_playbook(bench.folder, "src", playbooks.bulk_from_src(), variables=False),
        "variables": playbooks.write_playbook(
            bench.folder, "variables", playbooks.bulk_from_variables(), variables=True
        ),
    }
    times = 3 if count == SMALL else 1
    for name in ("src", "variables") if count == SMALL else ("src",):
        seed(bench.simulator, [])
        runs[f"create {name} {count}"] = bench.play(plays[name])
    seed(bench.simulator, _rows(count))
    for name in ("empty", "src"):
        runs[f"{name} {count}"] = _median([bench.play(plays[name]) for _run in range(3)])
    for name in ("empty, variables", "variables"):
        runs[f"{name} {count}"] = _median([bench.play(plays[name]) for _run in range(times)])
    runs[f"memory {count}"] = bench.play(plays["src"], measure_memory=True)
    changes = []
    for more_cpus in range(1, 4):
        playbooks.write_declarations(bench.folder, count, more_cpus)
        changes.append(bench.play(plays["src"]))
    runs[f"one change {count}"] = _median(changes)


def _median(runs: Sequence[Run]) -> Run:
    middle = statistics.median_low(run.seconds for run in runs)
    return next(run for run in runs if run.seconds == middle)


def _profiles(bench: Bench, figures: Figures) -> None:
    for count in (SMALL, LARGE):
        seed(bench.simulator, _rows(count))
        playbooks.write_declarations(bench.folder, count)
        params = {**_connection(bench.simulator), "src": [str(bench.folder / playbooks.DECLARED)]}
        setattr(figures, "profile_small" if count == SMALL else "profile_large", profile(params))
