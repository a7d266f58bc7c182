# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run in which some services fail reports accurately what was done, what failed and what was not attempted."""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._converge.run_record import RunRecord
from ansible_collections.zstack.aios.plugins.modules import model_services
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.simulator.launcher import Simulator
from ansible_collections.zstack.aios.tests.support.declarations import service, services, stored
from ansible_collections.zstack.aios.tests.support.samples import rule


def fail(platform: Platform, kind: str, code: str = "ORG.1", details: str = "no room", **match: Any) -> None:
    """Make the platform refuse a kind of write."""
    fault = {"job_error": {"code": code, "details": details}}
    platform.sim.faults([{"match": {"kind": kind, **match}, "fault": fault}])


def refused_creations(platform: Platform) -> list[str]:
    """Return the names of the services whose creation met a fault."""
    return [write["body"]["param"]["name"] for write in platform.writes() if write["kind"] == "add" and write["fault"]]


def run(platform: Platform, declared: list[dict[str, Any]], **params: Any) -> Any:
    """Run with one request at a time; the run must fail."""
    result = platform.run("model_services", {"model_services": declared, "concurrency": 1, **params})
    assert result.failed
    return result


def actions(result: Any) -> dict[str, str]:
    """Return what became of each service that is not unchanged."""
    return {row["name"]: row["action"] for row in result["results"]}


def test_a_source_is_not_deleted_when_its_clone_failed(platform: Platform) -> None:
    platform.sim.seed([stored(service(name)) for name in ("source", "other")])
    fail(platform, "clone")
    gone = [{"name": name, "state": "absent"} for name in ("source", "other")]
    result = run(platform, [{"name": "copy", "clone_from": "source"}, *gone])
    assert actions(result) == {"copy": "failed", "source": "not_attempted", "other": "deleted"}
    assert [row["name"] for row in platform.sim.services()] == ["source"]


def test_the_other_services_are_done_and_reported(platform: Platform) -> None:
    old = services(3, "old")
    platform.sim.seed([stored(one) for one in old])
    fail(platform, "add", nth=2)
    old[0]["request_cpu"] = 9
    declared = [*old[:2], {"name": "old-00002", "state": "absent"}, *services(3, "new")]
    result = run(platform, declared)
    assert result["changed"] is True
    (failed,) = refused_creations(platform)
    created = {one["name"] for one in services(3, "new")} - {failed}
    assert actions(result) == {
        **dict.fromkeys(created, "created"),
        failed: "failed",
        "old-00000": "updated",
        "old-00002": "deleted",
    }
    counts = {name: number for name, number in result["summary"].items() if number and name != "seconds"}
    assert (counts["created"], counts["updated"], counts["deleted"], counts["unchanged"], counts["failed"]) == (
        2, 1, 1, 1, 1
    )  # fmt: skip
    assert counts["total"] == 6
    assert result["results"][0]["action"] == "failed", "the failure is not reported first"
    remaining = {row["name"] for row in platform.sim.services()}
    assert remaining == {"old-00000", "old-00001", *created}


def test_a_second_run_completes_what_failed_and_repeats_nothing(platform: Platform) -> None:
    declared = services(12)
    fail(platform, "add", every=3, nth=2, times=0)
    run(platform, declared)
    made = len(platform.sim.services())
    assert 0 < made < 12
    platform.sim.clear_faults()
    platform.sim.clear_log()
    result = platform.run("model_services", {"model_services": declared})
    assert not result.failed
    assert len(platform.writes()) == 12 - made == result["summary"]["created"]
    assert sorted(row["name"] for row in platform.sim.services()) == [one["name"] for one in declared]


def test_stop_starts_nothing_more_and_reports_it(platform: Platform) -> None:
    old = services(2, "old")
    platform.sim.seed([stored(one) for one in old])
    fail(platform, "add", nth=2)
    declared = [*services(40, "new"), {**old[0], "request_cpu": 9}, {"name": "old-00001", "state": "absent"}]
    result = run(platform, declared, on_error="stop")
    counts = result["summary"]
    assert counts["failed"] == 1
    assert counts["not_attempted"] > 30
    assert counts["created"] == len(platform.writes()) - 1
    assert counts["created"] + counts["not_attempted"] + counts["failed"] == counts["total"] == 42
    assert len(result["results"]) == 42, "not every service has a row"
    assert actions(result)["old-00000"] == actions(result)["old-00001"] == "not_attempted"
    remaining = {row["name"] for row in platform.sim.services()}
    assert remaining == {"old-00000", "old-00001", *(n for n, done in actions(result).items() if done == "created")}


@pytest.mark.parametrize(("on_error", "action"), [("stop", "not_attempted"), ("continue", "cloned")])
def test_stop_starts_no_clones_after_a_failure(platform: Platform, on_error: str, action: str) -> None:
    """One creation fails while another is under way; the other one is made, and its clone follows only with continue."""
    platform.sim.faults([rule("add", {"job_error": {"code": "ORG.1"}}), rule("add", {"delay": {"seconds": 0.7}})])
    declared = []
    for root in ("one", "two"):
        declared += [service(root), {"name": f"{root}-clone", "clone_from": root}]
    result = run(platform, declared, on_error=on_error, concurrency=2)
    (failed,) = [write["body"]["param"]["name"] for write in platform.writes() if write["fault"] == "job_error"]
    made = "two" if failed == "one" else "one"
    assert actions(result) == {
        failed: "failed",
        f"{failed}-clone": "not_attempted",
        made: "created",
        f"{made}-clone": action,
    }
    assert {row["name"] for row in platform.sim.services()} == {
        made,
        *([f"{made}-clone"] if action == "cloned" else []),
    }
    if on_error == "stop":
        assert [write["kind"] for write in platform.writes()] == ["add", "add"]
        errors = {row["name"]: row.get("error") for row in result["results"]}
        assert errors[f"{made}-clone"] == "not attempted, because another service failed before"


def test_clones_of_what_failed_are_not_attempted_and_name_it(platform: Platform) -> None:
    fail(platform, "add", path_regex="model-services$", nth=1)
    declared = []
    for root in ("one", "two"):
        declared += [service(root), {"name": f"{root}-child", "clone_from": root}]
        declared += [{"name": f"{root}-grandchild", "clone_from": f"{root}-child"}]
    result = run(platform, declared)
    (failed,) = refused_creations(platform)
    made = "two" if failed == "one" else "one"
    assert actions(result) == {
        failed: "failed",
        f"{failed}-child": "not_attempted",
        f"{failed}-grandchild": "not_attempted",
        made: "created",
        f"{made}-child": "cloned",
        f"{made}-grandchild": "cloned",
    }
    errors = {row["name"]: row.get("error", "") for row in result["results"]}
    assert all(f'source "{failed}" failed' in errors[f"{failed}-{clone}"] for clone in ("child", "grandchild"))
    assert result["summary"]["failed"] == 1
    assert result["summary"]["not_attempted"] == 2


def test_a_run_that_did_nothing_reports_no_change(platform: Platform) -> None:
    fail(platform, "add", times=0)
    result = run(platform, services(3))
    assert result["changed"] is False
    assert set(actions(result).values()) == {"failed"}
    assert platform.sim.services() == []


def test_a_creation_whose_update_fails_is_reported_as_created_and_failed(platform: Platform) -> None:
    fail(platform, "update")
    result = run(platform, [service("half", environment_parameters={"MODE": "fast"})])
    assert result["changed"] is True
    (row,) = result["results"]
    assert row["action"] == "created"
    assert row["error_code"] == "ORG.1"
    assert row["uuid"] == platform.service("half")["uuid"]
    assert "environment_parameters" not in row["changed_fields"]
    assert (result["summary"]["created"], result["summary"]["failed"]) == (1, 1)


def test_errors_are_grouped_by_code_with_the_first_names_and_the_platforms_message(platform: Platform) -> None:
    fail(platform, "add", "QUOTA.1", "8 of 8 GPUs are in use", every=2, nth=1, times=0)
    fail(platform, "add", "STORE.7", "storage is read-only", every=5, nth=2, times=0)
    result = run(platform, services(40))
    lines = result["msg"].splitlines()
    assert lines[0].startswith("24 of 40 services failed. 16 created, 24 failed")
    groups = [line for line in lines if line.startswith("- ")]
    assert len(groups) == 2
    assert groups[0].startswith("- QUOTA.1 (20): ")
    first = next(row["name"] for row in result["results"] if row.get("error_code") == "QUOTA.1")
    assert f': "{first}", ' in groups[0] and "and 15 more" in groups[0] and "8 of 8 GPUs are in use" in groups[0]
    assert groups[1].startswith("- STORE.7 (4): ")
    assert {row["error_code"] for row in result["results"] if "error" in row} == {"QUOTA.1", "STORE.7"}
    assert len(result["msg"]) < 5000


def test_what_was_done_in_part_is_listed_with_the_failures(platform: Platform, tmp_path: Path) -> None:
    fail(platform, "update", "ORG.1", "no")
    path = tmp_path / "report.json"
    declared = [service("a"), service("b"), service("half", service_livez="/health")]
    result = run(platform, declared, report_path=str(path))
    assert [(row["name"], row["action"], "error" in row) for row in result["results"]] == [
        ("half", "created", True), ("a", "created", False), ("b", "created", False),
    ]  # fmt: skip
    assert [row["name"] for row in json.loads(path.read_text(encoding="utf-8"))["rows"]] == ["half", "a", "b"]


@pytest.mark.parametrize(
    ("locale", "option", "tag"),
    [("zh_CN.UTF-8", {}, "zh-CN"), ("C.UTF-8", {}, "en"), ("C.UTF-8", {"report_language": "zh_CN"}, "zh-CN")],
)
def test_a_report_has_the_language_of_the_option_else_of_the_locale(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, locale: str, option: dict[str, str], tag: str
) -> None:
    path = tmp_path / "report.html"
    applied, refused = services(1), [{"name": "a", "colour": "red"}]
    for declared, outcome in ((applied, "1 个服务已变更"), (refused, "没有执行任何操作")):
        monkeypatch.setenv("LC_ALL", locale)  # Ansible replaces one that is not installed
        result = platform.run("model_services", {"model_services": declared, "report_path": str(path), **option})
        text = path.read_text(encoding="utf-8")
        assert f'<html lang="{tag}">' in text
        assert (outcome in text) == (tag == "zh-CN")
        assert result["msg"].isascii(), "results and messages are English"


@pytest.mark.parametrize("suffix", [".json", ".html", ".md"])
def test_a_report_is_written_after_a_failure_too(platform: Platform, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"report{suffix}"
    fail(platform, "add", "QUOTA.1", "8 of 8 GPUs <in> use", nth=2)
    result = run(platform, services(3), report_path=str(path))
    assert result["report_path"] == str(path)
    assert list(tmp_path.iterdir()) == [path]
    text = path.read_text(encoding="utf-8")
    (failed,) = refused_creations(platform)
    assert "QUOTA.1" in text and failed in text and "8 of 8 GPUs" in text
    if suffix == ".json":
        rows = {row["name"]: row for row in json.loads(text)["rows"]}
        assert rows[failed]["code"] == "QUOTA.1"
        assert {name: row["action"] for name, row in rows.items()} == {
            one["name"]: "failed" if one["name"] == failed else "created" for one in services(3)
        }


@pytest.mark.parametrize("suffix", [".json", ".html", ".md"])
@pytest.mark.parametrize(
    ("params", "why"),
    [
        ({"model_services": [{"name": "a", "nme": "<b>"}]}, "is not an option of a model service"),
        ({"model_services": [{"name": "a"}]}, "the service does not exist"),
        ({"model_services": [], "account_password": "wrong", "prune": True, "prune_conditions": ["name=a"]}, "ID.1000"),
    ],
    ids=["declaration", "plan", "login"],
)
def test_a_refused_run_leaves_no_older_report_behind(
    platform: Platform, tmp_path: Path, suffix: str, params: dict[str, Any], why: str
) -> None:
    path = tmp_path / f"report{suffix}"
    path.write_text("of yesterday", encoding="utf-8")
    result = platform.run("model_services", {**params, "report_path": str(path)})
    assert result.failed
    text = path.read_text(encoding="utf-8")
    assert "of yesterday" not in text
    assert why in text
    if suffix == ".json":
        report = json.loads(text)
        assert (report["refused"], report["rows"]) == (result["msg"], [])
    else:
        assert "Nothing was done" in text


@pytest.mark.parametrize("suffix", [".json", ".html", ".md"])
def test_a_report_of_a_plan_shows_what_would_be_done(platform: Platform, tmp_path: Path, suffix: str) -> None:
    platform.sim.seed([stored(service("old"))])
    path = tmp_path / f"report{suffix}"
    params = {"model_services": [service("old", request_cpu=77), service("new")], "report_path": str(path)}
    assert not platform.run("model_services", params, check=True).failed
    text = path.read_text(encoding="utf-8")
    assert "77" in text and "new" in text and "request_cpu" in text
    assert platform.writes() == []


@pytest.mark.parametrize("check", [False, True], ids=["run", "check mode"])
@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("no-such-folder/report.html", "does not exist on this host"),
        ("folder.html", "is not a regular file"),
        ("pipe.json", "is not a regular file"),
        ("file/report.html", "does not exist on this host"),
        ("report.txt", "ends in none of"),
        ("x" * 300 + ".md", "File name too long"),
        ("~nobody-of-this-name/report.html", "does not exist on this host"),
    ],
)
def test_a_report_path_that_cannot_be_written_is_refused_before_any_write(
    platform: Platform, tmp_path: Path, path: str, why: str, check: bool
) -> None:
    (tmp_path / "folder.html").mkdir()
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe.json")
    given = path if path.startswith("~") else str(tmp_path / path)
    params = {"model_services": services(2), "report_path": given}
    result = platform.run("model_services", params, check=check)
    [error] = result["failure"]["errors"]
    assert error["option"] == "report_path"
    assert why in error["text"]
    assert platform.writes() == []


def test_a_report_that_cannot_be_written_does_not_hide_what_was_done(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is the report of an earlier run left there, which would look like this run's."""
    path = tmp_path / "report.html"
    path.write_text("of yesterday", encoding="utf-8")

    def full(*_arguments: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "replace", full)
    result = run(platform, services(2), report_path=str(path))
    assert result.failed
    assert result["changed"] is True
    assert result["summary"]["created"] == len(platform.sim.services()) == 2
    assert f'report_path "{path}" cannot be written: No space left on device' in result["msg"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".json", ".html", ".md"])
def test_a_report_is_for_its_user_only_or_for_whom_it_was_before(
    platform: Platform, tmp_path: Path, suffix: str
) -> None:
    before = os.umask(0)
    try:
        new, open_to_group = tmp_path / f"new{suffix}", tmp_path / f"group{suffix}"
        open_to_group.touch()
        open_to_group.chmod(0o640)
        for path in (new, open_to_group):
            assert not platform.run("model_services", {"model_services": services(2), "report_path": str(path)}).failed
    finally:
        os.umask(before)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (new, open_to_group)] == [0o600, 0o640]


@pytest.mark.parametrize(
    "wrong",
    [{"concurrency": "many"}, {"on_error": "explode"}, {"src": {"a": 1}}, {"secret_keys": {"a": 1}, "prune": "x"}],
)
def test_refused_options_leave_no_older_report_behind(
    platform: Platform, tmp_path: Path, wrong: dict[str, Any]
) -> None:
    path = tmp_path / "report.json"
    path.write_text("of yesterday", encoding="utf-8")
    result = run(platform, services(2), report_path=str(path), **wrong)
    assert result.failed
    report = json.loads(path.read_text(encoding="utf-8"))
    assert report["refused"] == result["msg"]
    assert report["rows"] == []


def test_an_internal_error_leaves_no_older_report_behind(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.json"
    path.write_text("of yesterday", encoding="utf-8")

    def fails(*_arguments: Any) -> None:
        raise KeyError("planted")

    monkeypatch.setattr(model_services, "converge", fails)
    assert "internal error" in run(platform, services(2), report_path=str(path))["msg"]
    assert not path.exists()


def test_an_outage_is_waited_for_once_and_not_by_each_service() -> None:
    with Simulator(job_seconds=0.3) as simulator:
        platform = Platform(simulator)

        def strike() -> None:
            while len(simulator.services()) < 4:
                time.sleep(0.02)
            simulator.kill()

        thread = threading.Thread(target=strike)
        thread.start()
        started = time.monotonic()
        result = platform.run("model_services", {"model_services": services(80), "concurrency": 2, "job_timeout": 3})
        thread.join()
    assert time.monotonic() - started < 12
    assert result.failed
    counts = result["summary"]
    assert counts["not_attempted"] >= 50
    assert counts["created"] + counts["failed"] + counts["not_attempted"] + counts["unknown"] == 80
    row = next(row for row in result["results"] if row["action"] == "not_attempted")
    assert row["error"] == "not attempted, because the platform no longer responds"
    assert "the platform has not responded for 3 s; increase job_timeout to wait longer" in result["msg"].lower()


def test_services_that_others_created_meanwhile_under_the_same_name_are_warned_of(platform: Platform) -> None:
    nothing = {"inventories": [], "total": 0}
    platform.sim.seed([stored(service("race"))])
    platform.sim.faults([{"match": {"kind": "query"}, "fault": {"wrong_shape": {"body": nothing}}}])
    result = platform.run("model_services", {"model_services": [service("race")]})
    assert not result.failed
    assert '2 services are now named "race"' in str(result["warnings"])


def test_a_record_that_cannot_be_written_costs_nothing_after_the_first_write_and_all_before(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "run"
    record = RunRecord(str(folder), "Provision on one")
    monkeypatch.setattr(RunRecord, "of", lambda _caller: record)
    refused = run(platform, services(1))
    assert refused["failure"]["code"] == "run_record"
    assert "Nothing was written." in refused["msg"]
    assert platform.writes() == []

    folder.mkdir()
    add = record.add
    calls: list[str] = []

    def add_once(address: str, noted: Any) -> None:
        if calls:
            shutil.rmtree(folder)
        calls.append(address)
        add(address, noted)

    monkeypatch.setattr(record, "add", add_once)
    result = platform.run("model_services", {"model_services": services(1)})
    assert not result.failed, result["msg"]
    assert len(calls) == 2
    assert result["summary"]["created"] == 1
    assert "the record of this run of Ansible" in str(result["warnings"])
