# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services whose yaml is in a file of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import RawItem, validate_items
from ansible_collections.zstack.aios.plugins.module_utils._model.files import read_files
from ansible_collections.zstack.aios.plugins.module_utils._model.layers import merge_layers
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import MODEL_SERVICE
from ansible_collections.zstack.aios.plugins.module_utils._model.yaml_files import read_yaml_files


def write(path: Path, text: str) -> None:
    """Write a file, and make its folder."""
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(text, encoding="utf-8")


def test_a_path_starts_at_the_file_of_the_declaration(tmp_path: Path) -> None:
    write(tmp_path / "team" / "chat.yml", "- name: chat\n  yaml_file: config/chat.yaml\n")
    write(tmp_path / "team" / "config" / "chat.yaml", "# Kept.\nenv: {A: 1}\n")
    raws, errors = read_files([str(tmp_path)])
    assert errors == [], "the yaml of a service is not read as a declaration"
    [raw], unread = read_yaml_files(raws)
    assert unread == []
    assert raw.value == {"name": "chat", "yaml": "# Kept.\nenv: {A: 1}\n"}


def test_a_file_that_no_service_names_is_still_an_error(tmp_path: Path) -> None:
    write(tmp_path / "chat.yml", "- name: chat\n  yaml_file: config/chat.yaml\n")
    write(tmp_path / "config" / "chat.yaml", "env: {A: 1}\n")
    write(tmp_path / "config" / "other.yaml", "env: {A: 1}\n")
    _raws, errors = read_files([str(tmp_path)])
    assert [error.where for error in errors] == [str(tmp_path / "config" / "other.yaml")]


def test_a_path_of_a_variable_starts_at_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "chat.yaml", "env: {A: 1}\n")
    monkeypatch.chdir(tmp_path)
    [raw], errors = read_yaml_files([RawItem({"name": "chat", "yaml_file": "chat.yaml"}, "model_services[0]")])
    assert errors == []
    assert raw.value["yaml"] == "env: {A: 1}\n"


def test_null_takes_the_yaml_of_a_default_or_of_an_earlier_layer_away() -> None:
    raws, errors = read_yaml_files([RawItem({"name": "chat", "yaml_file": None}, "here")])
    assert errors == []
    assert validate_items(MODEL_SERVICE, raws, {"yaml": "a: 1"})[0][0].values == {"name": "chat"}


def test_a_later_layer_replaces_the_file_of_an_earlier_one(tmp_path: Path) -> None:
    write(tmp_path / "chat.yaml", "env: {A: 1}\n")
    first = RawItem({"name": "chat", "yaml_file": "chat.yaml", "request_cpu": 1}, "first", 0, folder=str(tmp_path))
    second = RawItem({"name": "chat", "yaml": {"env": {"B": 2}}}, "second", 1)
    for layers, origin in (([first, second], "second"), ([second, first], "first, yaml_file chat.yaml")):
        raws, _errors = read_yaml_files([raw._replace(layer=layer) for layer, raw in enumerate(layers)])
        [merged], errors = merge_layers(MODEL_SERVICE, raws)
        assert errors == []
        assert merged.origins["yaml"] == origin
        assert merged.value["yaml"] == ({"env": {"B": 2}} if origin == "second" else "env: {A: 1}\n")


def test_an_error_in_the_file_names_the_file(tmp_path: Path) -> None:
    write(tmp_path / "chat.yaml", "env: {A: 1\n")
    raws, _errors = read_yaml_files([RawItem({"name": "a", "yaml_file": "chat.yaml"}, "here", folder=str(tmp_path))])
    [error] = validate_items(MODEL_SERVICE, raws, thorough=True)[1]
    assert str(error).startswith('"a" (here, yaml_file chat.yaml): yaml: it is not valid YAML')


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"yaml_file": "gone.yaml"}, "there is no file"),
        ({"yaml_file": "here.yaml", "yaml": "a: 1"}, "set either yaml or yaml_file, not both"),
        ({"yaml_file": ["here.yaml"]}, "it is not the path of a file"),
        ({"yaml_file": ""}, "it is not the path of a file"),
        ({"yaml_file": "."}, "cannot be read: Is a directory"),
        ({"yaml_file": "here.yaml/x"}, "cannot be read: Not a directory"),
        ({"yaml_file": "a\0b"}, "it contains a null character, which no path can"),
        ({"yaml_file": "latin.yaml"}, "it is not UTF-8 (at byte 0)"),
        ({"yaml_file": "vault.yaml"}, "it is encrypted with Ansible Vault"),
    ],
)
def test_a_file_that_cannot_be_used_is_an_error_of_its_service(
    tmp_path: Path, given: dict[str, object], text: str
) -> None:
    write(tmp_path / "here.yaml", "a: 1")
    write(tmp_path / "vault.yaml", "$ANSIBLE_VAULT;1.1;AES256\n31")
    (tmp_path / "latin.yaml").write_bytes(b"\xff")
    raws, [error] = read_yaml_files([RawItem({"name": "chat", **given}, "here", folder=str(tmp_path))])
    assert (error.where, error.option) == ('"chat" (here)', "yaml_file")
    assert text in error.text
    assert "yaml_file" not in raws[0].value


def test_a_file_that_is_too_large_is_an_error(tmp_path: Path) -> None:
    write(tmp_path / "big.yaml", "a" * (1024 * 1024 + 1))
    _raws, [error] = read_yaml_files([RawItem({"name": "a", "yaml_file": "big.yaml"}, "", folder=str(tmp_path))], 1)
    assert "it is larger than 1 MiB" in error.text
