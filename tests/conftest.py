# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Simulated platforms for all tests: one process for each set of options and each test worker, emptied before a test."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.zstack.aios.tests.simulator import constants
from ansible_collections.zstack.aios.tests.simulator.launcher import Simulator
from ansible_collections.zstack.aios.tests.support.harness import Result, run_module
from hypothesis import settings
from hypothesis.database import DirectoryBasedExampleDatabase

# The same examples in every run, so that a failure belongs to a change; `--hypothesis-profile=search` looks for new ones.
settings.register_profile("steady", deadline=None, derandomize=True, database=None)
settings.register_profile("search", deadline=None, database=DirectoryBasedExampleDatabase(".build/hypothesis"))
settings.load_profile("steady")


TESTS = Path(__file__).parent
#: Tests that start Ansible, wait for long or try very many values. They begin first, longest first, and `make quick` leaves
#: them out.
SLOW = (
    "functional/reliability/test_chaos.py",
    "examples",
    "functional/playbooks",
    "functional/bulk/test_progress.py",
    "functional/bulk/test_sizes.py",
    "functional/bulk/test_pace.py",
    "functional/declare/test_properties.py",
    "functional/reliability/test_exactly_once.py",
    "functional/reliability/test_caller.py",
    "functional/reliability/test_signals.py",
    "functional/reliability/test_two_runs.py",
    "functional/security/test_secrets_nowhere.py",
    "functional/declare/test_remember.py",
    "functional/security/test_endless_listings.py",
    "functional/reliability/test_chaos_judge.py",
    "functional/bulk/test_undo.py",
    "functional/groups/test_instance_group.py",
    "functional/groups/test_deployments.py",
    "functional/security/test_hostile_responses.py",
    "functional/reliability/test_sessions.py",
    "unit/rest/test_deadlines.py",
    "unit/report/test_hostile_values.py",
)


def pytest_xdist_auto_num_workers() -> int:
    """Two workers for each processor, because half of what the tests do is to wait."""
    return 2 * (os.cpu_count() or 1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the slow tests, and give each worker its share of them before its share of the others."""
    missing = [path for path in SLOW if not (TESTS / path).exists()]
    assert not missing, f"SLOW in tests/conftest.py names what is not there: {missing}"
    slow = []
    for path in SLOW:
        slow += [item for item in items if item.path.is_relative_to(TESTS / path)]
    for item in slow:
        item.add_marker("slow")
    others = [item for item in items if "slow" not in item.keywords]
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    share = -(-len(others) // workers)
    items[:] = [
        item
        for worker in range(workers)
        for item in [*slow[worker::workers], *others[worker * share : (worker + 1) * share]]
    ]


@dataclass(frozen=True)
class Platform:
    """A simulated platform as a test sees it."""

    sim: Simulator

    @property
    def connection(self) -> dict[str, Any]:
        """The connection options of a module that logs in with the administrator's account."""
        return {
            "host": self.sim.url,
            "account_name": constants.ADMIN_ACCOUNT,
            "account_password": constants.ADMIN_PASSWORD,
        }

    def run(self, module: str, params: Mapping[str, Any], *, check: bool = False, diff: bool = False) -> Result:
        """Run a module in this process against the platform; params win over the connection options."""
        return run_module(module, {**self.connection, **params}, check=check, diff=diff)

    def writes(self) -> list[dict[str, Any]]:
        """The requests since the last reset or `clear_log` that ask for a change; logins and logouts are none."""
        return self.sim.writes()

    def write_kinds(self) -> list[str]:
        """The kinds of these requests, in their order."""
        return [entry["kind"] for entry in self.writes()]

    def logins(self) -> int:
        """How many logins succeeded since the last reset or `clear_log`."""
        return int(self.sim.stats()["logins"])

    def service(self, name: str) -> dict[str, Any]:
        """Everything stored of the only service of this name; an assertion fails when there is not exactly one."""
        found = [row for row in self.sim.services() if row["name"] == name]
        assert len(found) == 1, f"{len(found)} services are named {name!r}"
        return found[0]


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep connection options of the developer's own environment out of every test."""
    for variable in [name for name in os.environ if name.startswith("ZSTACK_")]:
        monkeypatch.delenv(variable)


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A folder of a short path, for Ansible's temporary files: it makes sockets there, whose paths must be short."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def simulators() -> Iterator[Callable[..., Simulator]]:
    """A function that returns the worker's simulator with the given options, started when it is first asked for."""
    running: dict[str, Simulator] = {}

    def with_options(**options: Any) -> Simulator:
        options = {"job_seconds": 0.01, **options}
        key = repr(sorted(options.items()))
        if key not in running:
            running[key] = Simulator(**options).start()
        return running[key]

    yield with_options
    for simulator in running.values():
        simulator.stop()


@pytest.fixture(scope="session")
def simulator(simulators: Callable[..., Simulator]) -> Simulator:
    """The worker's simulator with usual options, in whatever state the last test left it."""
    return simulators()


@pytest.fixture
def platform_with(simulators: Callable[..., Simulator]) -> Callable[..., Platform]:
    """A function that returns a platform as new with the given options, such as ``features="no-tags"``."""

    def with_options(**options: Any) -> Platform:
        simulator = simulators(**options)
        simulator.reset()
        return Platform(simulator)

    return with_options


@pytest.fixture
def platform(platform_with: Callable[..., Platform]) -> Platform:
    """A platform with usual options, as new."""
    return platform_with()
