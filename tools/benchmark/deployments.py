# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services that are deployed and waited for: how long that takes, and how many requests."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping

from ansible_collections.zstack.aios.tests.simulator import constants
from ansible_collections.zstack.aios.tests.simulator.launcher import Simulator

from tools.benchmark import playbooks
from tools.benchmark.runs import Bench, Run

#: How many services are deployed, with one group each, and how many seconds a group takes to run.
SERVICES, START = 200, 10.0
GROUP = {"name": "blue", "zone_uuid": constants.ZONE_UUID, "type": "Container", "cpu_num": 8}


def measure_deployments(folder: pathlib.Path) -> Mapping[str, Run]:
    """Create services and deploy them, and do the same again."""
    playbooks.write_declarations(folder, SERVICES, more={"deployments": [GROUP]})
    play = playbooks.write_playbook(folder, "deployments", playbooks.bulk_from_src(), variables=False)
    with Simulator(group_seconds=START) as simulator:
        bench = Bench(folder, simulator)
        found = {"create and deploy": bench.play(play), "no change": bench.play(play)}
        running = sum(group["status"] == "Running" for group in simulator.groups())
    if running != SERVICES:
        raise RuntimeError(f"{running} of {SERVICES} groups run")
    return found
