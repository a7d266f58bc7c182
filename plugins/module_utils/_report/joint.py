# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One report of several hosts of a play, which name the same file.

Each host keeps the data of its report in the folder of the run, which Ansible removes at its end, and writes the file from
the data of all hosts that have finished so far. So the file is complete after the last host, whatever the others came to.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import AiosError
from ansible_collections.zstack.aios.plugins.module_utils._common.text import quoted

#: Seconds to wait while other hosts write the same file.
LONGEST = 30.0
_OF_PLATFORM = ("host", "platform", "started", "refused", "interrupted", "plan_digest", "summary")


@contextlib.contextmanager
def joined(folder: str, path: str, report: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Keep a report, and give the joint one of all hosts; nobody else writes the file meanwhile.

    :param folder: the run's own folder.
    :param path: of the file that is to be written.
    :param report: of one host, as :func:`render` takes it.
    :raises AiosError: others do not finish writing the file.
    """
    name = f"zstack_aios_report_{_digest(os.path.realpath(os.path.expanduser(path)))}"
    with open(os.path.join(folder, f"{name}.lock"), "wb") as lock:
        _acquire(lock.fileno(), path)
        part = os.path.join(folder, f"{name}_{_digest(report['host'])}.json")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(report, file)
        parts = [json.loads(found.read_text(encoding="utf-8")) for found in Path(folder).glob(f"{name}_*.json")]
        yield join(sorted(parts, key=lambda one: str(one["host"])))


def join(reports: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return one report of several: summaries added up, every row with its host, and ``platforms`` with what is of each."""
    if len(reports) == 1:
        return reports[0]
    summary: Counter[str] = Counter()
    uncompared: Counter[str] = Counter()
    for report in reports:
        summary.update({key: value for key, value in report["summary"].items() if key != "seconds"})
        uncompared.update(report["uncompared"])
    return {
        "version": reports[0]["version"],
        "platform": ", ".join(dict.fromkeys(str(one["platform"]) for one in reports if one["platform"])),
        "host": ", ".join(str(one["host"]) for one in reports),
        "started": min(str(one["started"]) for one in reports),
        "check": all(one["check"] for one in reports),
        "refused": "",
        "interrupted": any(one["interrupted"] for one in reports),
        "plan_digest": "",
        "summary": {**summary, "seconds": max(one["summary"]["seconds"] for one in reports)},
        "uncompared": dict(sorted(uncompared.items())),
        "unmanaged": [{**service, "host": one["host"]} for one in reports for service in one["unmanaged"]],
        "left_out": sum(one.get("left_out", 0) for one in reports),
        "platforms": [{key: one[key] for key in _OF_PLATFORM} | {"check": one["check"]} for one in reports],
        "uuids": {one["host"]: one["uuids"] for one in reports},
        "rows": [{**row, "host": one["host"]} for one in reports for row in one["rows"]],
    }


def _acquire(descriptor: int, path: str) -> None:
    end = time.monotonic() + LONGEST
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                raise AiosError(f"report_path {quoted(path)}: other hosts do not finish writing it", "report") from None
            time.sleep(0.02)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]
