# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text of the platform that looks like a template is data: a playbook shows it unchanged and evaluates none of it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from ansible_collections.zstack.aios.tests.conftest import Platform


def test_template_looking_text_is_never_templated(platform: Platform, tmp_path: Path) -> None:
    proof = tmp_path / "executed"
    evil = "{{ lookup('ansible.builtin.pipe', 'touch " + str(proof) + "') }}{% for a in [1] %}x{% endfor %}"
    platform.sim.seed([{"name": evil, "description": evil, "yaml": f'note: "{evil}"'}])
    shared = {**platform.connection}
    back = {"name": "{{ kept.name }}", "description": "{{ kept.description }}"}
    out = tmp_path / "out.json"
    tasks = [
        {"zstack.aios.model_service_info": shared, "register": "found"},
        {"ansible.builtin.debug": {"msg": "{{ found.model_services[0].name }}"}},
        {"ansible.builtin.set_fact": {"kept": "{{ found.model_services[0] }}"}},
        {"ansible.builtin.copy": {"content": "{{ kept.name }}|{{ kept.description }}", "dest": str(out)}},
        {"zstack.aios.model_service": {**shared, "name": "{{ kept.name }}", "description": "other"}, "register": "changed"},
        {"zstack.aios.model_services": {**shared, "model_services": [back]}},
        {"ansible.builtin.debug": {"var": "changed"}},
    ]  # fmt: skip
    playbook = tmp_path / "play.json"
    playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "diff": True, "tasks": tasks}]))
    done = subprocess.run(
        ["ansible-playbook", "-vvv", str(playbook)], capture_output=True, text=True, env=dict(os.environ), check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert not proof.exists()
    assert out.read_text() == f"{evil}|{evil}"
    assert [row["description"] for row in platform.sim.services()] == [evil]
