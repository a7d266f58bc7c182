# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of the demo, each compared with what the platforms saw."""

from __future__ import annotations

import contextlib
import json
import pathlib
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.zstack.aios.tests.simulator import constants
from ansible_collections.zstack.aios.tests.simulator.launcher import Simulator

from tools.env.environment import CHECKOUT, child_environment
from tools.env.screen import paint, say

PLATFORMS = ("aios-shanghai", "aios-shenzhen")
_CUSTOM_STATS = re.compile(r"\nCUSTOM STATS: \*+\s*\n\s*RUN: (\{.*\})\n")


class Unexpected(Exception):
    """A step did something else than the demo says it does."""


def expect(truth: bool, otherwise: str) -> None:
    """End the demo when something is not as it says."""
    if not truth:
        raise Unexpected(otherwise)


@contextlib.contextmanager
def platforms() -> Iterator[dict[str, Simulator]]:
    """Yield a simulated platform by each name."""
    with contextlib.ExitStack() as stack:
        simulators = {name: stack.enter_context(_platform()) for name in PLATFORMS}
        for name, simulator in simulators.items():
            say(f"{name}: a simulated platform at {simulator.url}, process {simulator.pid}")
        yield simulators


def _platform() -> Simulator:
    return Simulator(job_seconds=0.05, group_seconds=4, group_instances=2)


@dataclass
class Outcome:
    """What one Ansible command did.

    :ivar text: what it printed; :ivar seconds: how long it took, its start included.
    :ivar stats: what the role handed on, by platform: the module's summary.
    :ivar digests: the plan's digest by platform, empty texts after an apply.
    :ivar writes: the requests that ask for a change, as each simulator saw them.
    :ivar requests: the number of all requests, by platform.
    """

    text: str
    seconds: float
    stats: dict[str, dict[str, Any]]
    digests: dict[str, str]
    writes: dict[str, list[dict[str, Any]]]
    requests: dict[str, int]

    def kinds(self, kind: str) -> int:
        """Return how many writes of a kind there were on all platforms."""
        return sum(write["kind"] == kind for writes in self.writes.values() for write in writes)

    def count(self, name: str) -> int:
        """Return one number of the summaries, added up over the platforms."""
        return sum(int(summary[name]) for summary in self.stats.values())


class Demo:
    """The platforms, the inventory and the commands on them."""

    def __init__(
        self,
        folder: pathlib.Path,
        reports: pathlib.Path,
        simulators: Mapping[str, Simulator],
        colour: bool = sys.stdout.isatty(),
    ) -> None:
        self.inventory = folder / "inventory"
        self.reports = reports
        self.simulators = simulators
        self.colour = colour
        self.api_key = "sk-" + secrets.token_hex(16)
        self._environment = self._commands_environment(folder)
        shutil.copytree(CHECKOUT / "demo" / "inventory", self.inventory)

    def _commands_environment(self, folder: pathlib.Path) -> dict[str, str]:
        environment = child_environment(folder)
        for platform, simulator in self.simulators.items():
            environment[f"DEMO_{platform.rpartition('-')[2].upper()}_URL"] = simulator.url
        environment.update(
            DEMO_PASSWORD=constants.ADMIN_PASSWORD,
            DEMO_API_KEY=self.api_key,
            ZSTACK_HOST=self.simulators[PLATFORMS[0]].url,
            ZSTACK_ACCOUNT_NAME=constants.ADMIN_ACCOUNT,
            ZSTACK_ACCOUNT_PASSWORD=constants.ADMIN_PASSWORD,
            ANSIBLE_INVENTORY=str(self.inventory),
            ANSIBLE_LOCALHOST_WARNING="false",
            ANSIBLE_SHOW_CUSTOM_STATS="true",
            ANSIBLE_DISPLAY_SKIPPED_HOSTS="false",
            ANSIBLE_NOCOWS="1",
        )
        if self.colour:
            environment["ANSIBLE_FORCE_COLOR"] = "true"
        return environment

    def run(self, *words: str, lines: int = 0, succeeds: bool = True) -> Outcome:
        """Run a command, print what it says (only the first ``lines`` when given) and return what it did.

        :param succeeds: whether it is expected to.
        """
        say(paint("bold", "$ " + " ".join(_shown_word(word) for word in words)))
        since = {name: simulator.last_seq() for name, simulator in self.simulators.items()}
        begun = time.monotonic()
        process = subprocess.run(
            words, env=self._environment, cwd=CHECKOUT, text=True, errors="replace",
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        seconds = time.monotonic() - begun
        text, handed_on = _without_stats(process.stdout)
        _show(text, lines)
        expect((process.returncode == 0) == succeeds, f"the command ended with exit code {process.returncode}")
        expect(self.api_key not in process.stdout, "the API key of a service was printed")
        return Outcome(
            text=text,
            seconds=seconds,
            stats=handed_on.get("model_services_summary", {}),
            digests=handed_on.get("model_services_plan_digest", {}),
            writes={name: simulator.writes(since[name]) for name, simulator in self.simulators.items()},
            requests={name: len(simulator.log(since[name])) for name, simulator in self.simulators.items()},
        )

    def report_option(self, step: str) -> list[str]:
        """Return the options that make each platform write a report page of a step."""
        return ["-e", f"model_services_report_path={self.reports}/{step}-{{{{ inventory_hostname }}}}.html"]


def _shown_word(word: str) -> str:
    word = re.sub(r"\b([0-9a-f]{8})[0-9a-f]{56}\b", r"\1…", word.replace(f"{CHECKOUT}/", ""))
    return f"'{word}'" if re.search(r"[\s{}\"]", word) else word


def _without_stats(text: str) -> tuple[str, dict[str, Any]]:
    """Separate what a run hands on to a workflow from what it prints for people."""
    found = _CUSTOM_STATS.search(text)
    if not found:
        return text, {}
    return text.replace(found[0], "\n"), json.loads(found[1])


def _show(text: str, lines: int) -> None:
    shown = [line for line in text.splitlines() if line.strip()]
    cut = shown[:lines] if lines else shown
    say("\n".join(f"  {line}" for line in cut))
    if len(cut) < len(shown):
        recap = [line for line in shown if re.search(r"ok=\d+ +changed=", line)]
        say(paint("dim", f"  … {len(shown) - len(cut) - len(recap)} more lines of the same kind …"))
        say("\n".join(f"  {line}" for line in recap))
