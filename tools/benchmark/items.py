# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one more item of a loop costs: ours and the peers, run by turns so that the machine's other work meets all alike."""

from __future__ import annotations

import statistics
from typing import NamedTuple

from ansible_collections.zstack.aios.tests.simulator.launcher import Simulator

from tools.benchmark import hcloud, playbooks
from tools.benchmark.runs import Bench, Run, seed

#: What one more item costs is the difference between a loop of so many and one of so many.
FEW, MANY = 4, 20
_ROUNDS = 3
OURS, OURS_SIGNED = "zstack.aios.model_service", "zstack.aios.model_service, access key"
URI, URI_PAIR, HCLOUD = "ansible.builtin.uri, one request", "ansible.builtin.uri", "hetzner.hcloud.ssh_key"


class Item(NamedTuple):
    """What one item of a loop costs: seconds that pass, and seconds of the processor."""

    seconds: float
    cpu: float


def measure_items(bench: Bench, api: hcloud.Api) -> dict[str, dict[str, Item]]:
    """Return the cost of an item for each way, when it has to be created and when there is nothing to do."""
    simulator, url = bench.simulator, bench.simulator.url
    create = {
        URI_PAIR: playbooks.loop_of_uri(url),
        HCLOUD: playbooks.loop_of_hcloud(api.url),
        OURS: playbooks.loop_of_single(),
        OURS_SIGNED: playbooks.loop_of_single(access_key=True),
    }
    nothing = {URI: playbooks.loop_of_one_uri(url), **create}
    runs: dict[tuple[str, str, int], list[Run]] = {}
    for count in (FEW, MANY) * _ROUNDS:
        playbooks.write_declarations(bench.folder, count)
        for what, ways in (("create", create), ("no change", nothing)):
            for way, tasks in ways.items():
                if what == "create":
                    _empty(simulator, api, way)
                play = playbooks.write_playbook(bench.folder, "items", tasks, variables=True)
                runs.setdefault((what, way, count), []).append(bench.play(play))
    return {
        what: {way: _difference(runs[what, way, FEW], runs[what, way, MANY]) for way in ways}
        for what, ways in (("create", create), ("no change", nothing))
    }


def _empty(simulator: Simulator, api: hcloud.Api, way: str) -> None:
    if way == HCLOUD:
        api.clear()
    else:
        seed(simulator, [])


def _difference(few: list[Run], many: list[Run]) -> Item:
    """Return the cost of one more item from the medians of the runs."""
    seconds = statistics.median(run.seconds for run in many) - statistics.median(run.seconds for run in few)
    cpu = statistics.median(run.cpu for run in many) - statistics.median(run.cpu for run in few)
    return Item(seconds / (MANY - FEW), cpu / (MANY - FEW))
