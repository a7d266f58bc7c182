# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Declarations in files and folders are read with their file and line."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._model.files import read_files


def read(*paths: Any) -> tuple[list[tuple[str, str]], list[str]]:
    """Return name and place of every item, and the texts of all errors."""
    raws, errors = read_files([str(path) if isinstance(path, Path) else path for path in paths])
    return [(raw.value["name"], raw.place) for raw in raws], [str(error) for error in errors]


def test_a_folder_is_read_in_the_order_of_names_with_what_is_below(tmp_path: Path) -> None:
    for name in ("b.yml", "a.json", "c/d.yaml", ".hidden.yml", ".git/e.yml", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f'[{{"name": "{name}"}}]', encoding="utf-8")
    found, errors = read(tmp_path)
    assert [name for name, _place in found] == ["a.json", "b.yml", "c/d.yaml"]
    assert errors == []


def test_items_know_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "services.yml"
    path.write_text("# ours\nmodel_services:\n  - name: one\n    request_cpu: 1\n\n  - name: two\n", encoding="utf-8")
    assert read(path) == ([("one", f"{path}:3"), ("two", f"{path}:6")], [])
    (tmp_path / "services.json").write_text('[{"name": "one"}, {"name": "two"}]', encoding="utf-8")
    assert [place for _name, place in read(tmp_path / "services.json")[0]] == [
        f"{tmp_path}/services.json, item 0",
        f"{tmp_path}/services.json, item 1",
    ]


@pytest.mark.parametrize("text", ["model_services: []\n", "[]"])
def test_a_file_may_declare_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "services.yml").write_text(text, encoding="utf-8")
    assert read(tmp_path) == ([], [])


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n", "model_services:\n"])
def test_an_empty_file_is_refused_and_does_not_declare_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "services.yml").write_text(text, encoding="utf-8")
    [error] = read(tmp_path)[1]
    assert "services.yml: the file is empty; write [] to declare no service" in error


def test_links_to_folders_are_followed_once(tmp_path: Path) -> None:
    for folder in ("declared", "shared"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "of.YML").write_text(f"- name: {folder}\n", encoding="utf-8")
    (tmp_path / "declared/link").symlink_to(tmp_path / "shared")
    (tmp_path / "shared/circle").symlink_to(tmp_path / "declared")
    found, errors = read(tmp_path / "declared")
    assert ([name for name, _place in found], errors) == (["declared", "shared"], [])


def refuse(monkeypatch: pytest.MonkeyPatch, function: str, ending: str) -> None:
    """Play a refusal of the file system, for root may read everything."""
    real = getattr(os, function)

    def refusing(path: Any, *rest: Any, **more: Any) -> Any:
        if str(path).endswith(ending):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path, *rest, **more)

    monkeypatch.setattr(os, function, refusing)


@pytest.mark.parametrize("linked", [False, True], ids=["a folder", "a link to a folder"])
def test_a_folder_that_cannot_be_listed_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, linked: bool
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "src").mkdir()
    closed = tmp_path / "src" / "closed"
    closed.symlink_to(tmp_path / "elsewhere") if linked else closed.mkdir()
    (tmp_path / "src" / "open.yml").write_text("- name: one\n", encoding="utf-8")
    refuse(monkeypatch, "listdir", "closed")
    found, [error] = read(tmp_path / "src")
    assert [name for name, _place in found] == ["one"]
    link = f', which links to "{tmp_path}/elsewhere",' if linked else ""
    assert error == f"{closed}: it{link} cannot be read: Permission denied"


def test_the_name_of_a_file_cannot_steer_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "\x1b[2Ja.yml").write_text("- name: one\n", encoding="utf-8")
    (tmp_path / "\u202eb.yml").write_text("x", encoding="utf-8")
    found, errors = read(tmp_path)
    assert [place for _name, place in found] == [f"{tmp_path}/\\x1b[2Ja.yml:1"]
    assert errors[0].startswith(f"{tmp_path}/\\u202eb.yml: it is neither a list")


def test_the_home_of_an_unknown_user_is_a_missing_folder() -> None:
    assert (
        'src "~nobody-has-this-name/a.yml": there is no such file or folder'
        in read("~nobody-has-this-name/a.yml")[1][0]
    )


@pytest.mark.parametrize("name", ["prod", "prod.yml", "v1.0"])
def test_a_broken_link_is_an_error_whatever_its_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.yml").write_text("[]", encoding="utf-8")
    (tmp_path / name).symlink_to(tmp_path / "missing")
    [error] = read(tmp_path)[1]
    assert error == (
        f'{tmp_path}/{name}: it, which links to "{tmp_path}/missing", cannot be read: No such file or directory'
    )


def test_a_link_to_itself_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert "Too many levels of symbolic links" in read(tmp_path)[1][0]
    assert "Too many levels of symbolic links" in read(tmp_path / "loop")[1][0]


def test_what_is_neither_file_nor_folder_is_an_error_and_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo(tmp_path / "fifo.yml")
    (tmp_path / "zero").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.json")  # the whole path may be too long for a socket
        errors = read(tmp_path)[1]
    assert errors == [
        f"{tmp_path}/{name}: it is neither a file nor a folder" for name in ("fifo.yml", "socket.json", "zero")
    ]
    assert read(tmp_path / "fifo.yml")[1] == [f'src "{tmp_path}/fifo.yml": it is neither a file nor a folder']
    assert read("/dev/zero")[1] == ['src "/dev/zero": it is neither a file nor a folder']


def test_hidden_entries_and_other_suffixes_are_ignored(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("[]", encoding="utf-8")
    (tmp_path / ".#a.yml").symlink_to("user@host.1")  # as editors mark a file that is open
    (tmp_path / "notes.txt").write_bytes(b"\xff")
    (tmp_path / ".git").mkdir()
    assert read_files([str(tmp_path)], pruning=True) == ([], [])


def test_an_empty_folder_is_an_error_when_services_would_be_pruned(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("[]", encoding="utf-8")
    (tmp_path / "mount").mkdir()
    assert read(tmp_path) == ([], [])
    [error] = read_files([str(tmp_path)], pruning=True)[1]
    assert str(error).startswith(f"{tmp_path}/mount: the folder is empty, and prune")
    (tmp_path / "mount" / ".keep").touch()
    assert read_files([str(tmp_path)], pruning=True) == ([], [])


def test_a_duplicate_key_is_an_error_in_json_too(tmp_path: Path) -> None:
    text = '{"model_services": [{"name": "one"}], "model_services": []}'
    (tmp_path / "services.json").write_text(text, encoding="utf-8")
    assert 'it is not valid JSON: duplicate key "model_services"' in str(read(tmp_path)[1])


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    (tmp_path / "services.yml").write_bytes(b"\xef\xbb\xbfmodel_services: [{name: one}]")
    assert [name for name, _place in read(tmp_path)[0]] == ["one"]


def test_anchors_and_merges_work_within_a_file(tmp_path: Path) -> None:
    text = "- &base {name: one, request_cpu: 2}\n- {<<: *base, name: two}\n"
    (tmp_path / "services.yml").write_text(text, encoding="utf-8")
    raws, _errors = read_files([str(tmp_path)])
    assert [raw.value for raw in raws] == [{"name": "one", "request_cpu": 2}, {"name": "two", "request_cpu": 2}]


def test_every_unreadable_file_is_an_error_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("- name: [\n", encoding="utf-8")
    (tmp_path / "b.json").write_text("[{]", encoding="utf-8")
    (tmp_path / "c.yml").write_text("services: []", encoding="utf-8")
    (tmp_path / "d.yml").write_text("- name: fine", encoding="utf-8")
    (tmp_path / "e.yml").write_bytes(b"\xff")
    found, errors = read(tmp_path, tmp_path / "missing", 7, "")
    assert [name for name, _place in found] == ["fine"]
    for part in ("a.yml: it is not valid YAML", "b.json: it is not valid JSON", "c.yml: \"services\" is an unknown key",
                 "e.yml: it is not UTF-8", "there is no such file or folder"):  # fmt: skip
        assert any(part in error for error in errors), part
    assert sum("it is not the path of a file or folder" in error for error in errors) == 2
    assert len(errors) == 7


def test_a_folder_without_declarations_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x", encoding="utf-8")
    _found, [error] = read(tmp_path)
    assert "no file below it ends in .yml, .yaml, .json" in error
