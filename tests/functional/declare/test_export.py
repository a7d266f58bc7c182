# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exports of a platform into a file or a folder: what is in them, and what is done to the files that exist."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.zstack.aios.plugins.module_utils._model.export import MARK
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.support.declarations import service, stored
from ansible_collections.zstack.aios.tests.support.harness import Result

TEXT = "services:\n- name: chat # the port that customers use\n  ports: [8000]"
SECRET = "tok-5up3r-s3cr3t-3f9a"
#: Names that no file may have, that file systems take for one another, or that look like other files of the folder.
NASTY = (
    "chat", "Chat", "CHAT", "chat.config", "chat.yml", "chat/../../etc/passwd", "/etc/passwd", "..", ".hidden", "-rf", "a b",
    "通义千问", "通义千问/长文本", "é", "e\u0301", "名" * 255, "n" * 255, "n" * 254 + "m", "con", "nul.txt", "💡", "'", "{{ x }}",
    "~", "null", "1e5", "a:b", "# no", "%2e%2e", "a\\b", "*",
)  # fmt: skip


def exported(platform: Platform, path: Path | str, *, check: bool = False, **options: Any) -> Result:
    """Export to a folder."""
    return platform.run("model_services_export", {"path": f"{path}/", **options}, check=check, diff=True)


def contents(folder: Path) -> dict[str, str]:
    """Return the files below a folder with their texts."""
    return {str(path.relative_to(folder)): path.read_text("utf-8") for path in folder.rglob("*") if path.is_file()}


def actions(result: Mapping[str, Any]) -> dict[str, str]:
    """Return what a result says of each file."""
    return {row["name"]: row["action"] for row in result["files"]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that does not exist, in one that does not exist either."""
    return tmp_path / "exports" / "shanghai"


def test_a_folder_has_a_file_for_each_service(platform: Platform, folder: Path) -> None:
    platform.sim.seed([{**stored(service("chat")), "yaml": TEXT}, stored(service("bge-m3"))])
    result = exported(platform, folder)
    assert result["changed"] and actions(result) == {"chat.yml": "created", "bge-m3.yml": "created"}
    assert result["summary"] == {"services": 2, "created": 2, "updated": 0, "deleted": 0, "unchanged": 0, "stale": 0}
    text = (folder / "chat.yml").read_text("utf-8")
    assert text.startswith(f"{MARK}---\nmodel_services:\n  - name: chat\n")
    assert [one["name"] for one in yaml.safe_load(text)["model_services"]] == ["chat"]
    assert {oct(path.stat().st_mode & 0o777) for path in folder.iterdir()} == {"0o600"}
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("yaml_files", [False, True])
def test_any_names_apply_back_and_to_another_platform_unchanged(
    platform: Platform, folder: Path, platform_with: Callable[..., Platform], yaml_files: bool
) -> None:
    platform.sim.seed([{**stored(service(name)), "yaml": TEXT} for name in NASTY])
    exported(platform, folder, yaml_files=yaml_files)
    names = contents(folder)
    assert len(names) == len(NASTY) * (2 if yaml_files else 1)
    assert len({name.casefold() for name in names}) == len(names), "a file system that ignores case keeps one of them"
    assert all(len(name.encode()) <= 143 and not name.startswith((".", "-")) for name in names)
    assert [path.name for path in folder.parent.parent.iterdir()] == ["exports"], "something is outside of the folder"
    applied = platform.run("model_services", {"src": [str(folder)]}, diff=True)
    assert applied["summary"]["unchanged"] == len(NASTY) and not applied["changed"], applied["diff"]
    other = platform_with(job_seconds=0.011)
    made = other.run("model_services", {"src": [str(folder)]})
    assert made["summary"]["created"] == len(NASTY), made["msg"]
    assert not other.run("model_services", {"src": [str(folder)]}, check=True)["changed"]
    again = exported(other, folder, yaml_files=yaml_files)
    assert not again["changed"], again["diff"]


def test_services_of_one_name_share_a_file(platform: Platform, folder: Path) -> None:
    uuids = platform.sim.seed([{**stored(service(name)), "yaml": TEXT} for name in ("twin", "twin", "other")])
    exported(platform, folder, yaml_files=True)
    own = [f"twin.config.{uuid}.yaml" for uuid in uuids[:2]]
    assert set(contents(folder)) == {"twin.yml", *own, "other.yml", "other.config.yaml"}
    applied = platform.run("model_services", {"src": [str(folder)]}, diff=True)
    assert applied["summary"]["unchanged"] == 3 and not applied["changed"]
    assert not platform.run("model_service", {"uuid": uuids[0], "state": "absent"}).failed
    fewer = exported(platform, folder, yaml_files=True)
    assert actions(fewer) == {"twin.yml": "updated", **dict.fromkeys(own, "deleted"), "twin.config.yaml": "created"}
    assert not platform.run("model_services", {"src": [str(folder)]}, check=True)["changed"]


def test_a_file_keeps_its_name_when_other_services_come_and_go(platform: Platform, folder: Path) -> None:
    platform.sim.seed([stored(service("Chat"))])
    exported(platform, folder)
    [name] = contents(folder)
    before = contents(folder)
    platform.sim.seed([stored(service(other)) for other in ("chat", "CHAT", "Chat!", "Chat-2")])
    more = exported(platform, folder)
    assert name not in actions(more) and more["summary"]["unchanged"] == 1
    fewer = exported(platform, folder, conditions=["name=Chat"], prune=True)
    assert fewer["summary"] == {"services": 1, "created": 0, "updated": 0, "deleted": 4, "unchanged": 1, "stale": 0}
    assert contents(folder) == before


def test_a_second_export_writes_nothing(platform: Platform, folder: Path) -> None:
    platform.sim.seed([{**stored(service(name)), "yaml": TEXT} for name in ("a", "b")])
    exported(platform, folder, yaml_files=True)
    before = {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in folder.iterdir()}
    again = exported(platform, folder, yaml_files=True, prune=True)
    assert not again["changed"] and again["files"] == [] and again["diff"] == {"prepared": ""}
    assert again["summary"]["unchanged"] == 4
    assert {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in folder.iterdir()} == before


def test_check_mode_says_what_would_change_and_changes_nothing(platform: Platform, folder: Path) -> None:
    platform.sim.seed([stored(service("a"))])
    planned = exported(platform, folder, check=True)
    assert planned["changed"] and planned["diff"] == {"prepared": "created: a.yml\n"}
    assert planned["msg"] == f"1 model service would be written to {folder}/ (files: 1 created)"
    assert not folder.parent.exists()
    exported(platform, folder)
    platform.sim.reset()
    platform.sim.seed([stored(service("a", request_cpu=63)), stored(service("b"))])
    (folder / "gone.yml").write_text(f"{MARK}[]\n", encoding="utf-8")
    before = contents(folder)
    planned = exported(platform, folder, check=True, prune=True)
    assert actions(planned) == {"a.yml": "updated", "b.yml": "created", "gone.yml": "deleted"}
    assert contents(folder) == before
    done = exported(platform, folder, prune=True)
    assert (done["files"], done["summary"]) == (planned["files"], planned["summary"])


def test_only_prune_deletes_files_and_only_those_of_an_export(platform: Platform, folder: Path) -> None:
    uuids = platform.sim.seed([{**stored(service(name)), "yaml": TEXT} for name in ("gone", "stays")])
    exported(platform, folder, yaml_files=True)
    own = {
        "README.md": "# Ours\n",
        "mine.yml": "[]\n",
        "gone.config.mine.yaml": "a: 1\n",
        "gone.config": "x",
        ".dot.yml": "x",
    }
    for name, text in own.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "below.yml").mkdir()
    (folder / "below.yml" / "gone.yml").write_text(MARK, encoding="utf-8")
    (folder / "link.yml").symlink_to(folder / "below.yml" / "gone.yml")
    before = contents(folder)
    assert not platform.run("model_service", {"uuid": uuids[0], "state": "absent"}).failed
    kept = exported(platform, folder, yaml_files=True)
    assert not kept["changed"] and contents(folder) == before and kept["summary"]["stale"] == 1
    warned = json.dumps(kept["warnings"])
    assert "The services of 1 file" in warned and "are not part of this export: gone.yml. prune deletes" in warned
    pruned = exported(platform, folder, yaml_files=True, prune=True)
    assert actions(pruned) == {"gone.yml": "deleted", "gone.config.yaml": "deleted"}
    assert "warnings" not in pruned
    assert contents(folder) == {name: text for name, text in before.items() if name not in actions(pruned)}
    assert (folder / "link.yml").is_symlink()


def test_a_yaml_goes_into_its_own_file_and_back(platform: Platform, folder: Path) -> None:
    platform.sim.seed([{**stored(service("chat")), "yaml": TEXT}])
    inline = exported(platform, folder)
    apart = exported(platform, folder, yaml_files=True)
    assert actions(apart) == {"chat.yml": "updated", "chat.config.yaml": "created"}
    assert (folder / "chat.config.yaml").read_text("utf-8") == f"{TEXT}\n"
    [declared] = yaml.safe_load((folder / "chat.yml").read_text("utf-8"))["model_services"]
    assert declared["yaml_file"] == "chat.config.yaml" and "yaml" not in declared
    back = exported(platform, folder)
    assert actions(back) == {"chat.yml": "updated", "chat.config.yaml": "deleted"}
    assert inline["summary"]["services"] == len(contents(folder)) == 1


def test_a_replaced_file_keeps_its_permissions(platform: Platform, folder: Path) -> None:
    platform.sim.seed([stored(service("chat"))])
    exported(platform, folder)
    folder.chmod(0o750)
    (folder / "chat.yml").chmod(0o640)
    (folder / "chat.yml").write_text(f"{MARK}[]\n", encoding="utf-8")
    assert actions(exported(platform, folder)) == {"chat.yml": "updated"}
    assert ((folder / "chat.yml").stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o640, 0o750)


def test_no_link_leads_out_of_the_folder(platform: Platform, folder: Path, tmp_path: Path) -> None:
    platform.sim.seed([{**stored(service("chat")), "yaml": TEXT}])
    exported(platform, folder, yaml_files=True)
    outside = tmp_path / "outside.yml"
    outside.write_text(f"{MARK}[]\n", encoding="utf-8")
    for name in ("chat.yml", "chat.config.yaml"):
        before = (folder / name).read_text("utf-8")
        (folder / name).unlink()
        (folder / name).symlink_to(outside)
        refused = exported(platform, folder, yaml_files=True, prune=True)
        assert refused.failed and f"{folder}/{name}: it is a link, not a file; remove it" in refused["msg"]
        (folder / name).unlink()
        (folder / name).write_text(before, encoding="utf-8")
    assert outside.read_text("utf-8") == f"{MARK}[]\n"
    link = tmp_path / "link"
    link.symlink_to(folder)
    assert not exported(platform, link, yaml_files=True)["changed"], "a link to the folder itself is its user's choice"


def test_what_is_in_the_way_is_reported_together_before_any_file_is_written(platform: Platform, folder: Path) -> None:
    platform.sim.seed([{**stored(service(name)), "yaml": TEXT} for name in ("a", "b", "c", "d", "new")])
    folder.mkdir(parents=True)
    (folder / "a.yml").write_text("[]\n", encoding="utf-8")
    (folder / "b.yml").mkdir()
    (folder / "c.config.yaml").write_text("mine: true\n", encoding="utf-8")
    os.mkfifo(folder / "d.yml")
    before = contents(folder)
    for check in (True, False):
        refused = exported(platform, folder, check=check, yaml_files=True)
        assert refused.failed and not refused["changed"] and refused["failure"]["code"] == "export"
        assert [(Path(row["where"]).name, row["text"].split(";")[0]) for row in refused["failure"]["errors"]] == [
            ("b.yml", "it is a folder, not a file"),
            ("d.yml", "it is a device, not a file"),
            ("a.yml", "it exists and is not from an export"),
            ("c.config.yaml", "it exists and is not from an export"),
        ]
        assert refused["msg"].endswith("Nothing was written.")
    assert contents(folder) == before


def test_a_file_that_cannot_be_read_is_reported(
    platform: Platform, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform.sim.seed([stored(service("a")), stored(service("b"))])
    exported(platform, folder)
    before, opened = contents(folder), os.open

    def locked(path: Any, *args: Any, **options: Any) -> int:
        if path == "a.yml":
            raise PermissionError(13, "Permission denied")
        return opened(path, *args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", locked)
        refused = exported(platform, folder, prune=True, conditions=["name=b"])
    assert refused.failed and f"{folder}/a.yml: it cannot be read: Permission denied" in refused["msg"]
    assert contents(folder) == before


def test_an_export_without_services_deletes_nothing(platform: Platform, folder: Path) -> None:
    platform.sim.seed([stored(service("chat"))])
    exported(platform, folder)
    refused = exported(platform, folder, conditions=["name=nothing"], prune=True)
    assert refused.failed and refused["failure"]["code"] == "export_empty"
    assert "prune would delete all 1 file" in refused["msg"]
    assert list(contents(folder)) == ["chat.yml"]


def test_a_failure_in_between_reports_what_was_done_and_the_next_export_completes_it(
    platform: Platform, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform.sim.seed([{**stored(service(name)), "yaml": TEXT} for name in ("a", "b", "c")])
    replace = os.replace

    def full(source: str, target: str, **options: Any) -> None:
        if str(target).startswith("c.config"):
            raise OSError(28, "No space left on device")
        replace(source, target, **options)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        failed = exported(platform, folder, yaml_files=True)
    assert failed.failed and failed["changed"] and len(failed["files"]) == 5
    assert f'"{folder}/c.config.yaml" cannot be written: No space left on device' in failed["msg"]
    assert not [name for name in contents(folder) if name.startswith(".")], "a draft is left behind"
    completed = exported(platform, folder, yaml_files=True)
    assert actions(completed) == {"c.config.yaml": "created"}


def test_secrets_are_masked_in_every_file(platform: Platform, folder: Path) -> None:
    text = f"env:\n- name: HF_TOKEN\n  value: {SECRET}\n- name: MY_PIN\n  value: pin-77c1-9d2e\n"
    platform.sim.seed([{**stored(service("chat")), "yaml": text, "description": f"uses {SECRET}"}])
    result = exported(platform, folder, yaml_files=True, secret_keys=["pin"])
    shown = json.dumps([result, contents(folder)])
    assert SECRET not in shown and "pin-77c1-9d2e" not in shown and shown.count("********") >= 3
    applied = platform.run("model_services", {"src": [str(folder)], "secret_keys": ["pin"]}, diff=True)
    assert not applied.failed and not applied["changed"], applied["diff"]


def test_services_of_the_platform_are_left_out_unless_asked_for(platform: Platform, folder: Path) -> None:
    platform.sim.seed([{**stored(service("own")), "system": False}, {**stored(service("builtin")), "system": True}])
    assert Counter(actions(exported(platform, folder))) == {"own.yml": "created"}
    assert actions(exported(platform, folder, system=True)) == {"builtin.yml": "created"}


def test_a_file_is_replaced_whatever_it_was(platform: Platform, tmp_path: Path) -> None:
    platform.sim.seed([stored(service(name)) for name in ("b", "a")])
    target = tmp_path / "all.yml"
    first = platform.run("model_services_export", {"path": str(target)})
    assert first["files"] == [{"name": "all.yml", "action": "created"}]
    assert target.stat().st_mode & 0o777 == 0o600
    declared = yaml.safe_load(target.read_text("utf-8"))["model_services"]
    assert [one["name"] for one in declared] == ["a", "b"]
    assert not platform.run("model_services_export", {"path": str(target)})["changed"]
    target.write_text("something else", encoding="utf-8")
    assert platform.run("model_services_export", {"path": str(target)})["files"][0]["action"] == "updated"
    assert not platform.run("model_services", {"src": [str(target)]}, check=True)["changed"]
