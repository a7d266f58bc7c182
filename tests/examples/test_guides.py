# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples of README and guides run: all of a page in their order, in one folder, on one pair of platforms."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.simulator import constants
from ansible_collections.zstack.aios.tests.support.examples import MARK, Example, at_platforms, read_examples, script
from ansible_collections.zstack.aios.tests.support.raw_server import RawServer

ROOT = Path(__file__).resolve().parents[2]
#: What users read. Translations have the examples of their originals; those of modules have a test of their own.
TEXTS = (
    "README.md",
    "examples/*/README.md",
    "roles/*/README.md",
    "docs/docsite/rst/*.rst",
    "roles/*/meta/argument_specs.yml",
)
PLUGINS = ("plugins/filter/*.yml", "plugins/lookup/*.py")
PAGES = {
    **{str(path.relative_to(ROOT)): [path] for pattern in TEXTS for path in sorted(ROOT.glob(pattern))},
    "plugins": [path for pattern in PLUGINS for path in sorted(ROOT.glob(pattern))],
}


@dataclass(frozen=True)
class Page:
    """What a test adds to a page, and what is there after its examples.

    :ivar leaves: the names of the services on the first platform after the examples.
    :ivar not_run: how many examples are left out, so that none is left out by the way.
    :ivar variables: what a reader has of his own, such as an access key.
    :ivar environment: environment variables that a reader has of his own.
    :ivar host: a host of the group ``platforms`` in the inventory that a reader has, which is the first platform.
    :ivar files: a folder of the collection that a reader works in.
    :ivar services: the services on the first platform before the examples.
    :ivar received: how many requests reach the reader's own server, for messages and reports.
    """

    leaves: tuple[str, ...] = ()
    not_run: int = 0
    variables: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    files: str = ""
    host: str = ""
    services: tuple[dict[str, Any], ...] = ()
    received: int = 0


KEY = {"aios_key_id": constants.ACCESS_KEY_ID, "aios_key_secret": constants.ACCESS_KEY_SECRET}
EXPECTED = {
    "README.md": Page(leaves=("chat", "chat-canary"), not_run=6, variables=KEY),
    "examples/awx/README.md": Page(not_run=1),
    "examples/layers/README.md": Page(not_run=1),
    "roles/model_services/README.md": Page(
        services=({"name": "qwen3-old"},),
        leaves=("chat", "qwen3-32b", "qwen3-32b-finance", "qwen3-32b-sales", "qwen3-32b-support"),
        environment={"HF_TOKEN": "hf_example"},
        received=1,
    ),
    "docs/docsite/rst/architecture.rst": Page(not_run=1),
    "docs/docsite/rst/awx.rst": Page(
        not_run=1,
        received=1,
        files="examples/jobs",
        environment={"SHANGHAI_KEY_ID": constants.ACCESS_KEY_ID, "SHANGHAI_KEY_SECRET": constants.ACCESS_KEY_SECRET},
    ),
    "docs/docsite/rst/bulk.rst": Page(
        services=({"name": "team-a-old"},),
        leaves=("assistant", "chat", "chat-canary", "chat-large", "embedding"),
        variables={"vault_hf_token": "hf_example", "approval": {"user_input": "yes"}},
        not_run=1,
    ),
    "docs/docsite/rst/coming_from.rst": Page(
        services=({"name": "chat-old"},), leaves=("chat-large", "chat-small", "mini-1", "mini-2"), not_run=3
    ),
    "docs/docsite/rst/deploying.rst": Page(leaves=("chat",)),
    "docs/docsite/rst/getting_started.rst": Page(leaves=("bge-m3", "bge-m3-finance", "chat", "chat-canary"), not_run=5),
    "docs/docsite/rst/promises.rst": Page(not_run=1),
    "plugins": Page(files="examples/jobs", variables={"aios_password": constants.ADMIN_PASSWORD}),
    "roles/model_services/meta/argument_specs.yml": Page(
        files="examples/jobs",
        host="aios",
        variables={"aios_password": constants.ADMIN_PASSWORD},
        services=({"name": "team-a-old"},),
        leaves=("team-a-chat", "team-a-embedding"),
    ),
    "docs/docsite/rst/troubleshooting.rst": Page(
        leaves=("team-a-chat", "team-a-embedding"), not_run=1, files="examples/jobs"
    ),
}


@pytest.fixture
def own_server() -> Iterator[RawServer]:
    """A server of the reader's, for reports and messages."""

    def accept(connection: socket.socket, _head: str) -> None:
        connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")

    with RawServer(accept) as server:
        yield server


def run(commands: str, folder: Path, platform: Platform, environment: dict[str, str]) -> str:
    """Run the commands of a page as a reader with an empty home does; return what they display."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "ZSTACK_"))}
    own = {f"ANSIBLE_{name}": str(folder / ".ansible" / name) for name in ("HOME", "LOCAL_TEMP", "REMOTE_TEMP")}
    login = {
        "ZSTACK_HOST": platform.sim.url,
        "ZSTACK_ACCOUNT_NAME": constants.ADMIN_ACCOUNT,
        "ZSTACK_ACCOUNT_PASSWORD": constants.ADMIN_PASSWORD,
        "ZSTACK_SERVER_UTC_OFFSET": "+00:00",
    }
    done = subprocess.run(
        ["bash", "-x", "-c", commands], cwd=folder, env={**kept, **own, **login, **environment, "HOME": str(folder)},
        input=f"{constants.ADMIN_PASSWORD}\n", text=True, timeout=600, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.parametrize("name", PAGES)
def test_the_examples_of_a_page_run_in_their_order(
    name: str, platform_with: Callable[..., Platform], own_server: RawServer, tmp_path: Path
) -> None:
    examples = examples_of(name)
    page = EXPECTED.get(name, Page())
    if all(example.reason for example in examples):
        assert page == Page(not_run=len(examples))
        return
    platforms = [platform_with(), platform_with(platform_id="two")]
    platforms[0].sim.seed(page.services)
    address = f"http://127.0.0.1:{own_server.port}/hook"
    variables = {**page.variables, "chat_url": address, "report_store": address}
    (tmp_path / "variables.json").write_text(json.dumps(variables), "utf-8")
    folder = tmp_path / "page"
    shutil.copytree(ROOT / page.files, folder) if page.files else folder.mkdir()
    if page.host:
        (folder / "inventory").write_text(
            f"[platforms]\n{page.host} model_services_host={platforms[0].sim.url}\n", "utf-8"
        )
    has_inventory = page.host or any(example.path.startswith("inventory/") for example in examples)
    inventory = "-i inventory " if has_inventory else ""
    commands = script(examples, f"ansible-playbook {inventory}-e @../variables.json")
    commands = at_platforms(commands, lambda number: platforms[number].sim.url).replace("/tmp/", f"{folder}/tmp-")
    run(commands, folder, platforms[0], page.environment)
    assert sorted(service["name"] for service in platforms[0].sim.services()) == sorted(page.leaves)
    assert len(own_server.requests) == page.received


def test_every_example_is_run_or_says_why_not() -> None:
    """Prints the list of all examples."""
    left_out = {}
    assert set(EXPECTED) <= set(PAGES)
    for name in PAGES:
        examples = examples_of(name)
        print(f"\n{name}")
        for example in examples:
            print(line(example))
            assert example.reason != "", f"{example.place} is marked without a reason"
        marked = [example for example in examples if example.reason]
        marks = sum(len(MARK.findall(path.read_text("utf-8"))) for path in PAGES[name])
        assert len(marked) == marks, f"{name}: a mark leaves nothing out"
        left_out[name] = len(marked)
    assert left_out == {name: EXPECTED.get(name, Page()).not_run for name in PAGES}


def examples_of(name: str) -> list[Example]:
    """Return the examples of a page."""
    return [example for path in PAGES[name] for example in read_examples(path)]


def line(example: Example) -> str:
    """Return what the list says of an example."""
    what = example.path or example.text.splitlines()[0]
    return f"  {example.place:<26} {example.language:<9} {what[:60]:<60}  {example.reason or 'run'}"
