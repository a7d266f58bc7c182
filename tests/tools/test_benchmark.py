# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The phases of the benchmark's profile are functions that are there, and its page says what was measured."""

from __future__ import annotations

import ast

import pytest

from tools.benchmark import __main__ as benchmark
from tools.benchmark import hcloud
from tools.benchmark.items import HCLOUD, OURS, URI, URI_PAIR, Item
from tools.benchmark.job_times import Creations
from tools.benchmark.measure import LARGE, SMALL, Figures
from tools.benchmark.profile import PHASES
from tools.benchmark.runs import Run
from tools.env.environment import CHECKOUT


@pytest.mark.parametrize(("_words", "file", "function"), PHASES)
def test_a_phase_is_a_function_of_its_file(_words: str, file: str, function: str) -> None:
    (path,) = (CHECKOUT / "plugins").glob(f"**/{file}")
    defined = {
        node.name for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.FunctionDef)
    }
    assert function in defined


def figures(cpu_of_ours: float) -> Figures:
    """Return figures with which every goal is reached, but for what an item of ours costs."""
    made = Figures(raw_create=1.0, start=[("the start of Python", 0.02)], jobs={2.0: Creations(1000, 70.0, 64.0, 2.1)})
    made.deployments = {"create and deploy": Run(20.0, requests=1900, writes=400), "no change": Run(1.0, requests=6)}
    for count, seconds in ((SMALL, 1.0), (LARGE, 2.0)):
        for name in ("src", "variables", "one change", "create src", "create variables", "memory"):
            made.runs[f"{name} {count}"] = Run(seconds, mebibytes=50, requests=3, writes=1)
        for name in ("empty", "empty, variables"):
            made.runs[f"{name} {count}"] = Run(0.5)
    costs = {URI_PAIR: Item(0.6, 0.6), HCLOUD: Item(0.5, 0.5), OURS: Item(0.4, cpu_of_ours)}
    made.items = {"create": costs, "no change": {URI: Item(0.4, 0.4), **costs}}
    return made


@pytest.mark.parametrize(("cpu_of_ours", "missed"), [(0.4, 0), (0.48, 1), (0.6, 3)])
def test_the_page_has_each_goal_and_whether_it_is_reached(
    monkeypatch: pytest.MonkeyPatch, cpu_of_ours: float, missed: int
) -> None:
    monkeypatch.setattr(hcloud, "version", lambda: "5.4.0")
    measured = figures(cpu_of_ours)
    goals = benchmark._goals(measured)
    assert sum(not goal[3] for goal in goals) == missed
    page = benchmark._tables(measured, goals)
    assert page.count("**missed**") == missed
    assert page.count("- reached") == len(goals) - missed
    for text in ("``hetzner.hcloud`` 5.4.0", f"- {OURS}\n     - 0.400 s\n     - {cpu_of_ours:.3f} s", "- 2.10\n"):
        assert text in page
