# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures, compares with the goals, and writes the page of the documentation."""

from __future__ import annotations

import argparse
import os
import pathlib
import platform
import re
import sys
import tempfile
import time
from importlib.metadata import version

from tools.benchmark import hcloud
from tools.benchmark.deployments import SERVICES, START
from tools.benchmark.items import FEW, HCLOUD, MANY, OURS, URI, URI_PAIR, Item
from tools.benchmark.job_times import IN_PROGRESS
from tools.benchmark.measure import LARGE, SMALL, Figures, measure

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "docsite" / "rst" / "performance.rst"
_REGION = re.compile(r"(?<=\.\. BEGIN MEASURED\n).*?(?=\.\. END MEASURED)", re.DOTALL)


def main() -> int:
    """Measure; print the tables; with ``--write`` keep them in the documentation. Return 1 when a goal is missed."""
    parser = argparse.ArgumentParser(prog="tools.benchmark", description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write the tables into {PAGE.name}")
    arguments = parser.parse_args()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        figures = measure(
            pathlib.Path(folder), lambda text: print(f"{time.monotonic() - started:5.0f} s  {text}", flush=True)
        )
    goals = _goals(figures)
    text = _tables(figures, goals)
    print(text)
    if arguments.write:
        PAGE.write_text(_REGION.sub(lambda _found: f"\n{text}\n", PAGE.read_text(encoding="utf-8")), encoding="utf-8")
        print(f"wrote {PAGE.name}")
    missed = [row for row in goals if not row[3]]
    print(f"{len(goals) - len(missed)} of {len(goals)} goals reached in {time.monotonic() - started:.0f} s")
    return 1 if missed else 0


Goal = tuple[str, str, str, bool]


def _goals(f: Figures) -> list[Goal]:
    """Return each goal: what, the limit, what was measured, whether it is reached."""
    runs = f.runs
    create, nothing = f.items["create"], f.items["no change"]
    create_pair, nothing_pair = create[URI_PAIR].seconds, nothing[URI_PAIR].seconds
    noop, made = runs[f"variables {SMALL}"], runs[f"create variables {SMALL}"]
    noop_src = runs[f"src {SMALL}"]
    above = f.above_empty(f"variables {SMALL}", f"empty, variables {SMALL}")
    large_above = f.above_empty(f"src {LARGE}", f"empty {LARGE}")
    small_above = f.above_empty(f"src {SMALL}", f"empty {SMALL}")
    small_memory, large_memory = runs[f"memory {SMALL}"].mebibytes, runs[f"memory {LARGE}"].mebibytes
    one = runs[f"one change {SMALL}"]
    raw_limit = 1.5 * f.raw_create + 2
    return [
        _at_most("No change, 1,000: requests", noop.requests, 3, ""),
        _at_most("No change, 1,000 from variables: above an empty play with them", above, 1.5, " s"),
        _at_least(
            "No change, 1,000 from src: against the uri loop", nothing_pair * SMALL / noop_src.seconds, 150, " times"
        ),
        _at_least(
            "No change, 1,000 from variables: against the uri loop", nothing_pair * SMALL / noop.seconds, 50, " times"
        ),
        _at_most(
            "Create 1,000 from src: whole run, limit 1.5 x raw + 2 s",
            runs[f"create src {SMALL}"].seconds,
            raw_limit,
            " s",
        ),
        _at_least(
            "Create 1,000 from variables: against the uri loop", create_pair * SMALL / made.seconds, 50, " times"
        ),
        _at_most("No change, 10,000 from src: above an empty play", large_above, 3.0, " s"),
        _at_most("10,000 against 1,000: time above an empty play", large_above / small_above, 12, " times"),
        _at_most("10,000 against 1,000: memory", large_memory / small_memory, 12, " times"),
        _at_most("10,000: peak memory of the module", large_memory, 300, " MiB"),
        _at_most("One changed of 1,000: writes", one.writes, 1, ""),
        _at_most("One changed of 1,000: above a run without change", one.seconds - noop_src.seconds, 0.5, " s"),
        _at_most("An item of a loop, no change: CPU time against hcloud", _ratio(nothing, OURS, HCLOUD), 1, " times"),
        _at_most("An item of a loop, create: CPU time against hcloud", _ratio(create, OURS, HCLOUD), 1, " times"),
        _at_most("An item of a loop, no change: CPU time against one uri", _ratio(nothing, OURS, URI), 1.1, " times"),
        _at_most("Create 1,000 with jobs of 2 s: requests for each", f.jobs[2.0].requests, 2.3, ""),
        _at_most(f"{SERVICES} services deployed, no change: requests", f.deployments["no change"].requests, 6, ""),
    ]


def _ratio(items: dict[str, Item], ours: str, peer: str) -> float:
    return items[ours].cpu / items[peer].cpu


def _at_most(what: str, measured: float, limit: float, unit: str) -> Goal:
    return what, f"at most {limit:.3g}{unit}", f"{measured:.3g}{unit}", measured <= limit


def _at_least(what: str, measured: float, limit: float, unit: str) -> Goal:
    return what, f"at least {limit:.3g}{unit}", f"{measured:.3g}{unit}", measured >= limit


def _tables(f: Figures, goals: list[Goal]) -> str:
    parts = [_machine(), "", "Goals", "-----", ""]
    parts.append(
        _table(("Goal", "Limit", "Measured", ""), [(*row[:3], "reached" if row[3] else "**missed**") for row in goals])
    )
    parts += ["", "Whole runs of ``ansible-playbook``", "-" * 34, ""]
    parts.append(_table(("What", "1,000", "10,000"), _runs(f)))
    parts += ["", "An item of a loop", "-" * 17, ""]
    parts.append(
        f"Loops of {FEW} and of {MANY} items were run by turns; the difference is what one more item costs. The CPU time "
        "depends less on other work of the machine than the time that passes. Peers run in the same way against the same "
        f"simulator, ``hetzner.hcloud`` {hcloud.version()} against a stand-in for its API. ``uri`` sends one request to "
        "query and one to create, and does not wait for the job.\n"
    )
    parts.append(_table(("Module", "no change", "CPU", "create", "CPU"), _item_rows(f)))
    parts += ["", "What one task of ``model_service`` without a change does (CPU time):", ""]
    parts.append(_table(("Part", "Time"), [(what, f"{seconds:.3f} s") for what, seconds in f.start]))
    parts += ["", "Creations whose jobs take time", "-" * 30, ""]
    parts.append(
        f"With the default concurrency of 8, {IN_PROGRESS} jobs are in progress at once. The least time is that of the jobs "
        "alone. A creation needs at least two requests: one to start the job and one to see its end.\n"
    )
    parts.append(_table(("A job takes", "Creations", "Whole run", "Least", "Requests for each"), _job_rows(f)))
    parts += ["", "Services that are deployed", "-" * 26, ""]
    parts.append(
        f"{SERVICES} services with one instance group each, which takes {START:g} s to run. The module waits for all groups "
        "together.\n"
    )
    parts.append(_table(("Run", "Time", "Requests", "Writes"), _deployment_rows(f)))
    parts += ["", "Where the time of the module goes (no change, from ``src``)", "-" * 59, ""]
    parts.append(_table(("Phase", "1,000", "10,000"), _profile_rows(f)))
    return "\n".join(parts)


def _machine() -> str:
    words = [f"{os.cpu_count()} cores", f"Python {platform.python_version()}"]
    words += [f"{name} {version(name)}" for name in ("ansible-core", "requests", "urllib3", "PyYAML")]
    return f"Measured on {time.strftime('%Y-%m-%d')} by ``make benchmark ARGS=--write``: {', '.join(words)}."


def _runs(f: Figures) -> list[tuple[str, ...]]:
    rows = (
        ("empty play", "empty"),
        ("empty play, the services loaded as variables (YAML)", "empty, variables"),
        ("no change, from ``src``", "src"),
        ("no change, from variables", "variables"),
        ("one changed service, from ``src``", "one change"),
        ("create all, from ``src``", "create src"),
        ("create all, from variables", "create variables"),
    )
    table = [(words, *(_seconds(f, f"{key} {count}") for count in (SMALL, LARGE))) for words, key in rows]
    table.append(("create 1,000 with ``requests`` and 8 threads, without Ansible", f"{f.raw_create:.2f} s", ""))
    memory = [f"{f.runs[f'memory {count}'].mebibytes:.0f} MiB" for count in (SMALL, LARGE)]
    return [*table, ("peak memory of the module, no change, from ``src``", *memory)]


def _seconds(f: Figures, key: str) -> str:
    run = f.runs.get(key)
    return f"{run.seconds:.2f} s, {run.requests} requests" if run else "not run"


def _item_rows(f: Figures) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for way in f.items["no change"]:
        costs = [f.items[what].get(way) for what in ("no change", "create")]
        cells = [(f"{cost.seconds:.3f} s", f"{cost.cpu:.3f} s") if cost else ("", "") for cost in costs]
        rows.append((way, *cells[0], *cells[1]))
    return rows


def _job_rows(f: Figures) -> list[tuple[str, ...]]:
    return [
        (f"{seconds:g} s", f"{made.services:,}", f"{made.seconds:.1f} s", f"{made.least:.1f} s", f"{made.requests:.2f}")
        for seconds, made in f.jobs.items()
    ]


def _deployment_rows(f: Figures) -> list[tuple[str, ...]]:
    return [(what, f"{run.seconds:.1f} s", f"{run.requests:,}", f"{run.writes}") for what, run in f.deployments.items()]


def _profile_rows(f: Figures) -> list[tuple[str, ...]]:
    pairs = zip(f.profile_small, f.profile_large, strict=True)
    return [(words, f"{small:.3f} s", f"{large:.3f} s") for (words, small), (_words, large) in pairs]


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for row in (head, *rows):
        lines += [f"   {'* -' if place == 0 else '  -'} {cell}".rstrip() for place, cell in enumerate(row)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
