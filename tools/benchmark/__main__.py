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
import tempfile
import time
from importlib.metadata import version

from tools.benchmark.measure import LARGE, PEERS, SMALL, Figures, measure

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
    create, nothing = f.peers["a loop of ansible.builtin.uri"]
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
        _at_least("No change, 1,000 from src: against the uri loop", nothing * SMALL / noop_src.seconds, 150, " times"),
        _at_least(
            "No change, 1,000 from variables: against the uri loop", nothing * SMALL / noop.seconds, 50, " times"
        ),
        _at_most(
            "Create 1,000 from src: whole run, limit 1.5 x raw + 2 s",
            runs[f"create src {SMALL}"].seconds,
            raw_limit,
            " s",
        ),
        _at_least("Create 1,000 from variables: against the uri loop", create * SMALL / made.seconds, 50, " times"),
        _at_most("No change, 10,000 from src: above an empty play", large_above, 3.0, " s"),
        _at_most("10,000 against 1,000: time above an empty play", large_above / small_above, 12, " times"),
        _at_most("10,000 against 1,000: memory", large_memory / small_memory, 12, " times"),
        _at_most("10,000: peak memory of the module", large_memory, 300, " MiB"),
        _at_most("One changed of 1,000: writes", one.writes, 1, ""),
        _at_most("One changed of 1,000: above a run without change", one.seconds - noop_src.seconds, 0.5, " s"),
    ]


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
    parts += ["", "Peers", "-----", ""]
    parts.append(
        f"Peers were run with {PEERS[0]} and with {PEERS[1]} services; what one more service costs is the difference, and "
        f"{SMALL:,} services are worked out from it.\n"
    )
    parts.append(_table(("Peer", "create, each", "no change, each", "create 1,000", "no change 1,000"), _peer_rows(f)))
    parts += ["", "Where the time of the module goes (no change, from ``src``)", "-" * 59, ""]
    parts.append(_table(("Phase", "1,000", "10,000"), _profile_rows(f)))
    return "\n".join(parts)


def _machine() -> str:
    words = [f"{os.cpu_count()} cores", f"Python {platform.python_version()}"]
    words += [f"{name} {version(name)}" for name in ("ansible-core", "requests", "urllib3", "PyYAML", "aiohttp")]
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


def _peer_rows(f: Figures) -> list[tuple[str, ...]]:
    return [
        (name, *(f"{seconds:.3f} s" for seconds in cost), *(f"{seconds * SMALL:.0f} s" for seconds in cost))
        for name, cost in f.peers.items()
    ]


def _profile_rows(f: Figures) -> list[tuple[str, ...]]:
    pairs = zip(f.profile_small, f.profile_large, strict=True)
    return [(words, f"{small:.3f} s", f"{large:.3f} s") for (words, small), (_words, large) in pairs]


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for row in (head, *rows):
        lines += [f"   {'* -' if place == 0 else '  -'} {cell}".rstrip() for place, cell in enumerate(row)]
    return "\n".join(lines) + "\n"
