# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One report of several hosts."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._common.errors import AiosError
from ansible_collections.zstack.aios.plugins.module_utils._model.redaction import Redactor
from ansible_collections.zstack.aios.plugins.module_utils._report import joint
from ansible_collections.zstack.aios.plugins.module_utils._report.joint import join, joined
from ansible_collections.zstack.aios.plugins.module_utils._report.render import SUFFIXES, render
from ansible_collections.zstack.aios.plugins.module_utils._report.report import report_data
from ansible_collections.zstack.aios.plugins.module_utils._report.result import summarize


def report(host: str, **facts: Any) -> dict[str, Any]:
    """Return the report of one host that created two services."""
    summary = {**summarize([]), "created": 2, "total": 2, "requests": 5, "logins": 1, "seconds": 1.5}
    row = {
        "uuid": "",
        "action": "created",
        "planned": "created",
        "pruned": False,
        "error": "",
        "code": "",
        "changes": [],
    }
    data = report_data({"host": host, "platform": f"http://{host}", "started": "now", "check": False, "plan_digest": "d",
                        "summary": summary, "uncompared": {"zone_uuid": 1}, **facts}, [], Redactor())  # fmt: skip
    return {**data, "rows": [{**row, "name": f"{host}-a"}, {**row, "name": f"{host}-b"}], "uuids": {f"{host}-a": "1"}}


def test_one_host_has_its_own_report() -> None:
    own = report("one")
    assert join([own]) is own


def test_the_reports_of_all_hosts_are_added_up() -> None:
    both = join([report("one"), report("two", unmanaged=[{"name": "x", "uuid": "u"}])])
    assert (both["summary"]["created"], both["summary"]["requests"], both["summary"]["seconds"]) == (4, 10, 1.5)
    assert both["uncompared"] == {"zone_uuid": 2}
    assert both["unmanaged"] == [{"name": "x", "uuid": "u", "host": "two"}]
    assert both["uuids"] == {"one": {"one-a": "1"}, "two": {"two-a": "1"}}
    assert [row["host"] for row in both["rows"]] == ["one", "one", "two", "two"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_form_shows_hosts_services_and_reasons(suffix: str) -> None:
    away = {**report("away", refused="the account is locked"), "rows": []}
    text = render(join([away, report("one"), report("two", unmanaged=[{"name": "x", "uuid": "u"}])]), suffix)
    for told in ("away", "http://one", "two-b", "the account is locked"):
        assert told in text
    if suffix != ".json":
        assert "Nothing was done on 1 of 3 platforms" in text


def test_names_of_hosts_are_no_markup() -> None:
    evil = "<script>alert(1)</script>|`"
    text = render(join([report(evil), report("two")]), ".html")
    assert evil not in text
    assert evil not in render(join([report(evil), report("two")]), ".md")


def test_each_host_adds_its_part_and_replaces_only_its_own(tmp_path: Path) -> None:
    folder, path = str(tmp_path), "/somewhere/all.md"
    for host in ("two", "one", "two"):
        with joined(folder, path, report(host)) as seen:
            pass
    assert [one["host"] for one in seen["platforms"]] == ["one", "two"]
    with joined(folder, "/somewhere/else.md", report("one")) as other:
        assert "platforms" not in other
    assert {file.stat().st_mode & 0o077 for file in tmp_path.glob("*.json")} == {0}


def test_a_host_does_not_wait_for_ever_for_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with joined(str(tmp_path), "all.md", report("one")):
        pass
    monkeypatch.setattr(joint, "LONGEST", 0.1)
    [lock] = tmp_path.glob("*.lock")
    with lock.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with (
            pytest.raises(AiosError, match="other hosts do not finish"),
            joined(str(tmp_path), "all.md", report("two")),
        ):
            pass
