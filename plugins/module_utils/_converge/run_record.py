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
from collections.abc import Iterable, Iterator, Mapping

from ansible_collections.zstack.aios.plugins.module_utils._common.caller import Caller
from ansible_collections.zstack.aios.plugins.module_utils._common.errors import AiosError
from ansible_collections.zstack.aios.plugins.module_utils._common.text import quoted
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Resource

_FILE = "zstack_aios_declared.jsonl"


class RunRecord:
    """What is declared by the tasks of this run.

    One platform has many addresses, and services of one name have the same derived UUID on every platform. A service is
    known again by its UUID and the time of its creation.

    :param folder: the run's own folder.
    :param task: the name of this task and host.
    """

    def __init__(self, folder: str, task: str) -> None:
        self._path = os.path.join(folder, _FILE)
        self._task = task

    @classmethod
    def of(cls, caller: Caller) -> RunRecord | None:
        """Return the record of the run that a caller belongs to, ``None`` where the module does not run beside Ansible."""
        return cls(os.path.dirname(caller.lifeline.path), caller.task) if caller.lifeline else None

    def add(self, address: str, services: Mapping[str, str]) -> None:
        """Note the services that this task declares to be present.

        :param services: the time of creation by UUID; empty while it is not known.
        :raises AiosError: the file cannot be written.
        """
        if not services:
            return
        line = json.dumps({"address": address, "task": self._task, "services": services})
        with self._usable():
            descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                file.write(f"{line}\n".encode("ascii"))  # in one call, so that lines of several tasks do not mix

    def declared(self, address: str, services: Iterable[Resource]) -> dict[str, str]:
        """Return which of these services were declared so far, by UUID, and by which task.

        :raises AiosError: the file cannot be read.
        """
        noted: dict[tuple[str, str], tuple[str, str]] = {}
        with self._usable(), contextlib.suppress(FileNotFoundError), open(self._path, encoding="ascii") as file:
            for line in file:
                entry = json.loads(line)
                for uuid, created in entry["services"].items():
                    noted[uuid, entry["address"]] = (created, entry["task"])
        found: dict[str, str] = {}
        times = {service.uuid: creation_time(service) for service in services}
        for (uuid, where), (then, task) in noted.items():
            if uuid in times and (where == address or then in ("", times[uuid])):
                found[uuid] = task
        return found

    @contextlib.contextmanager
    def _usable(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "it is damaged"
            raise AiosError(
                f"the record of this run of Ansible, {quoted(self._path)}, cannot be used: {why}. Next: check the folder that "
                "Ansible uses for temporary files (local_tmp), for example for free space",
                "run_record",
            ) from None


def creation_time(service: Resource | None) -> str:
    """Return the time of a service's creation as the platform writes it, empty where it is not known."""
    return str(service.values.get("create_date") or "") if service else ""
