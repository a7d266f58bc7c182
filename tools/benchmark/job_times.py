# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Creations on platforms whose jobs take longer and longer: how soon they are seen to end, with how many requests."""

from __future__ import annotations

import pathlib
from typing import NamedTuple

from ansible_collections.zstack.aios.tests.simulator.launcher import Simulator

from tools.benchmark import playbooks
from tools.benchmark.runs import Bench

#: Seconds that a job takes, and how many services are created.
CREATIONS = {0.02: 1000, 0.5: 1000, 2.0: 1000, 20.0: 96}
#: With the usual concurrency of 8, so many jobs are in progress at once.
IN_PROGRESS = 32


class Creations(NamedTuple):
    """What creating services took.

    :ivar least: the seconds of nothing but the jobs, as many at once as can be in progress.
    :ivar requests: sent for each creation.
    """

    services: int
    seconds: float
    least: float
    requests: float


def measure_jobs(folder: pathlib.Path) -> dict[float, Creations]:
    """Create services on a platform for each job time."""
    play = playbooks.write_playbook(folder, "jobs", playbooks.bulk_from_src(), variables=False)
    found = {}
    for seconds, count in CREATIONS.items():
        playbooks.write_declarations(folder, count)
        with Simulator(job_seconds=seconds) as simulator:
            run = Bench(folder, simulator).play(play)
        sent = run.kinds["add"] + run.kinds["poll"]
        found[seconds] = Creations(count, run.seconds, -(-count // IN_PROGRESS) * seconds, sent / count)
    return found
