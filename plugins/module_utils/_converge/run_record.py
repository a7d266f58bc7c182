# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tasks of one run of Ansible have declared, so that none of them prunes what another one declares.

It is a file of lines of JSON in the folder that Ansible keeps for the run and removes at its end.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable

from ansible_collections.zstack.aios.plugins.module_utils._platform.platform import Platform, platform_of

_FILE = "zstack_aios_declared.jsonl"


class RunRecord:
    """What is declared by the tasks of this run.

    :param folder: the run's own folder.
    :param task: the name of this task and host.
    """

    def __init__(self, folder: str, task: str) -> None:
        self._path = os.path.join(folder, _FILE)
        self._task = task
        self._added: set[str] = set()

    def add(self, platform: Platform, uuids: Iterable[str]) -> None:
        """Note the services that this task declares to be present."""
        new = sorted(set(uuids) - self._added)
        if not new:
            return
        self._added.update(new)
        line = json.dumps({"platform": platform.as_dict(), "task": self._task, "uuids": new})
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            file.write(f"{line}\n".encode("ascii"))  # in one call, so that lines of several tasks do not mix

    def declared(self, platform: Platform) -> dict[str, str]:
        """Return the services of a platform that were declared so far, and by which task."""
        found: dict[str, str] = {}
        with contextlib.suppress(FileNotFoundError), open(self._path, encoding="ascii") as file:
            for line in file:
                entry = json.loads(line)
                if platform_of(entry["platform"]).is_same(platform):
                    found.update(dict.fromkeys(entry["uuids"], entry["task"]))
        return found
