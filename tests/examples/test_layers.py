# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The example of three platforms from one folder of files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.zstack.aios.tests.simulator.launcher import Simulator
from ansible_collections.zstack.aios.tests.support.playbooks import Field

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "layers"
TOKEN = "hf_edge_example_token"
SERVER_MADE = ("uuid", "createDate", "lastOpDate")


def stored(simulator: Simulator) -> dict[str, dict[str, Any]]:
    """Return the services of a platform by name, without what the platform makes itself."""
    return {
        each["name"]: {key: value for key, value in each.items() if key not in SERVER_MADE}
        for each in simulator.services()
    }


def test_two_platforms_are_the_same_and_a_third_differs_in_three_values(
    tmp_path: Path, simulators: Callable[..., Simulator]
) -> None:
    platforms = {f"aios-{name}": simulators(platform_id=name) for name in ("shanghai", "shenzhen", "edge")}
    for simulator in platforms.values():
        simulator.reset()
    folder = tmp_path / "layers"
    shutil.copytree(EXAMPLE, folder)
    field = Field(folder, platforms)
    (folder / "password").write_text("example", encoding="utf-8")
    vault = ("--vault-password-file", "password")

    done = field.run("zstack.aios.provision", *vault, "--diff", "-vvv")
    assert done.code == 0, done.text
    assert TOKEN not in done.text
    first, second, edge = (stored(simulator) for simulator in platforms.values())
    assert first.keys() == {"chat", "embedding"}
    assert first == second
    assert edge["embedding"] == first["embedding"]
    differing = {key for key in first["chat"] if edge["chat"][key] != first["chat"][key]}
    # The platform also writes the other three into the stored yaml.
    assert differing == {"requestCpu", "requestMemory", "environmentParameters", "yaml"}
    sent = {host: json.dumps([write["body"] for write in each.writes()]) for host, each in platforms.items()}
    assert {host: TOKEN in text for host, text in sent.items()} == {
        "aios-shanghai": False,
        "aios-shenzhen": False,
        "aios-edge": True,
    }
    assert all('"LOG_LEVEL": "info"' in text.replace('\\"', '"') for text in sent.values())

    again = field.run("zstack.aios.provision", *vault)
    assert again.code == 0, again.text
    assert again.changed == dict.fromkeys(platforms, 0)
