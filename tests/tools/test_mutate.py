# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which mutants the tool makes, which it tries, and when it is satisfied."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from tools.env.environment import CHECKOUT
from tools.mutate.__main__ import choose, report, stale
from tools.mutate.mutations import Mutant, mutants
from tools.mutate.targets import ROOMS, TARGETS, stages


def changed(source: str) -> set[str]:
    """Return every mutant of a source, as source."""
    source = dedent(source)
    return {mutant.apply(source) for mutant in mutants("file.py", source)}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = a == b", {"x = a != b"}),
        ("x = a < b", {"x = a <= b"}),
        ("x = a is not None", {"x = a is None"}),
        ("x = a and b", {"x = (a or b)"}),
        ("x = not a", {"x = (a)"}),
        ("x = a + b", {"x = (a - b)"}),
        ("x = 3", {"x = 4"}),
        ("x = True", {"x = False"}),
        ("x = any(y)", {"x = all(y)"}),
        ("x = {a: b, c: d}", {"x = {c: d}", "x = {a: b}"}),
        ("x = a, b, c", {"x = (b, c)", "x = (a, c)", "x = (a, b)"}),
        ("if a:\n    f()", {"if (not a):\n    f()", "if a:\n    pass"}),
        ("x = [y for y in z if y]", {"x = [y for y in z if True]"}),
        ("def f(): return a", {"def f(): return None"}),
        ("def f(): raise a", {"def f(): pass"}),
    ],
)
def test_a_mutant_changes_one_thing(source: str, expected: set[str]) -> None:
    assert changed(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        '"""Documentation: 3 and 4."""',
        "x: dict[str, int | None]",
        "def f(a: int | None) -> int | None: ...",
        "@decorator(3)\ndef f(): ...",
        'x = f"{a + 1} is {b == c}"',
        "(a, b, c) = x",
    ],
)
def test_what_is_never_evaluated_or_has_no_place_of_its_own_is_left_alone(source: str) -> None:
    assert changed(source) == set()


def test_text_beyond_ascii_before_a_change_moves_nothing() -> None:
    assert changed('x = "模型服务", a == b') == {'x = "模型服务", a != b'}


def test_a_key_says_what_is_changed_where_and_stays_when_lines_move() -> None:
    source = "class C:\n    def f(self):\n        return a if b == 1 else {1, 2}\n"
    keys = [mutant.key for mutant in mutants("room/file.py", source)]
    assert "room/file.py C.f: b == 1 -> b != 1" in keys
    assert "room/file.py C.f: without 2" in keys
    assert keys == [mutant.key for mutant in mutants("room/file.py", f"# a line\n\n{source}")]
    assert len(keys) == len(set(keys))


def made(file: str, number: int) -> list[Mutant]:
    """Return mutants that differ in their number only."""
    return [Mutant(file, "f", 1, "a -> b", "b", place, 0, 1) for place in range(1, number + 1)]


def test_every_file_has_its_share_and_the_choice_stays() -> None:
    everything = {"a": made("a", 90), "b": made("b", 10)}
    chosen = choose(everything, 20)
    assert [sum(mutant.file == file for mutant in chosen) for file in "ab"] == [18, 2]
    assert {mutant.key for mutant in choose(everything, 10)} <= {mutant.key for mutant in chosen}
    assert len(choose(everything, 1000)) == 100


@pytest.mark.parametrize(("survived", "explained", "code"), [(0, 0, 0), (5, 0, 0), (6, 0, 1), (6, 1, 0), (100, 100, 0)])
def test_one_in_twenty_may_survive_without_a_reason(survived: int, explained: int, code: int) -> None:
    tried = made("a", 100)
    found = tried[:survived]
    assert report(tried, found, {mutant.key: "harmless" for mutant in found[:explained]}, 1.0) == code


def test_a_reason_for_what_is_no_longer_there_is_named() -> None:
    reasons = {"a f: a -> b": "harmless", "a f: gone": "harmless", "c f: not looked at": "harmless"}
    assert stale(reasons, {"a": made("a", 1)}) == ["a f: gone"]


def test_every_target_and_its_tests_are_there() -> None:
    for file in TARGETS:
        source = (CHECKOUT / ROOMS / file).read_text(encoding="utf-8")
        whole = ast.dump(ast.parse(source))
        found = mutants(file, source)
        assert len(found) == len({mutant.key for mutant in found}) > 10
        for mutant in found[::20]:
            assert ast.dump(ast.parse(mutant.apply(source))) != whole, mutant.key
        assert [path for path in stages(file) if not (CHECKOUT / path).exists()] == []
