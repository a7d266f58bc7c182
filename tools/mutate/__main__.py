# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Break one line after the other, and print what no test notices: ``make mutate``.

The mutants are the same in every run until the code around them changes, as many of each file as it has lines worth
breaking. ``--files _model/redaction.py --count 1000`` tries all of one file. A survivor is a test to write, or, where a
change makes no difference to anybody, a reason to write into ``tools/mutate/survivors.yml``.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence

import yaml

from tools.env.environment import CHECKOUT, child_environment, locked, run_folder
from tools.env.processes import Commands, stop_on_signals
from tools.env.screen import say
from tools.mutate.mutations import Mutant, mutants
from tools.mutate.runs import Copies, check_tests, survivors
from tools.mutate.targets import ROOMS, TARGETS

_REASONS = CHECKOUT / "tools" / "mutate" / "survivors.yml"
_ALLOWED = 0.05  # of the mutants may survive without a reason


def main() -> int:
    """Try the mutants, print the survivors, and return 1 when too many have no reason."""
    parser = argparse.ArgumentParser(prog="tools.mutate", description=__doc__)
    parser.add_argument("--count", type=int, default=250, help="how many mutants to try (default 250)")
    parser.add_argument("--files", nargs="+", choices=TARGETS, default=list(TARGETS), metavar="FILE", help="of which")
    arguments = parser.parse_args()
    stop_on_signals()
    begun = time.monotonic()
    everything = {
        file: mutants(file, (CHECKOUT / ROOMS / file).read_text(encoding="utf-8")) for file in arguments.files
    }
    chosen = choose(everything, arguments.count)
    reasons = read_reasons()
    with locked("mutate"), run_folder() as folder:
        copies = Copies(Commands(child_environment(folder), lambda line: None))
        say("running the tests with nothing broken")
        check_tests(arguments.files, copies)
        say(f"trying {len(chosen)} mutants")
        progress = _Progress(len(chosen))
        found = survivors(chosen, copies, progress.show)
    for key in stale(reasons, everything):
        say(f"stale, there is no such mutant any more: {key}")
    return report(chosen, found, reasons, time.monotonic() - begun)


def choose(everything: Mapping[str, Sequence[Mutant]], count: int) -> list[Mutant]:
    """Return so many mutants: of each file its share, and of these those whose keys have the least digests."""
    total = sum(map(len, everything.values()))
    chosen = []
    for of_file in everything.values():
        share = -(-len(of_file) * count // total)  # rounded up
        chosen += sorted(of_file, key=lambda mutant: hashlib.sha256(mutant.key.encode()).digest())[:share]
    return chosen


def read_reasons() -> dict[str, str]:
    """Return the written reasons by the keys of the mutants."""
    return dict(yaml.safe_load(_REASONS.read_text(encoding="utf-8")) or {})


def stale(reasons: Mapping[str, str], everything: Mapping[str, Sequence[Mutant]]) -> list[str]:
    """Return the keys of reasons whose mutant no longer exists in the files that were looked at."""
    there = {mutant.key for of_file in everything.values() for mutant in of_file}
    return [key for key in reasons if key.partition(" ")[0] in everything and key not in there]


def report(tried: Sequence[Mutant], found: Sequence[Mutant], reasons: Mapping[str, str], seconds: float) -> int:
    """Print the survivors and a line for each file; return the exit code."""
    unexplained = [mutant for mutant in found if mutant.key not in reasons]
    for mutant in sorted(found, key=lambda each: (each.file, each.line)):
        say(
            f"survived: {ROOMS}/{mutant.file}:{mutant.line}\n  {mutant.key}\n  {reasons.get(mutant.key, 'no reason is written')}"
        )
    by_file = Counter(mutant.file for mutant in tried)
    lost = Counter(mutant.file for mutant in unexplained)
    for file, number in by_file.items():
        say(f"  {number:4} mutants, {lost[file]:3} survived without a reason  {file}")
    share = len(unexplained) / len(tried)
    enough = share <= _ALLOWED
    say(f"{'PASSED' if enough else 'FAILED'}: {len(tried)} mutants, {len(found)} survived, {len(unexplained)} of them"
        f" without a reason, {share:.1%} ({_ALLOWED:.0%} are allowed), {seconds:.0f} s")  # fmt: skip
    return int(not enough)


class _Progress:
    """Counts on the screen."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._survived = 0

    def show(self, survived: bool) -> None:
        """Count one mutant."""
        self._done += 1
        self._survived += survived
        if self._done % 25 == 0:
            say(f"  {self._done} of {self._total}, {self._survived} survived")


if __name__ == "__main__":
    sys.exit(main())
