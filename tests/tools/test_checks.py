# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the checks of the tools find, and what they let pass."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tools.checks import addresses, changelog, documentation, versions
from tools.env.environment import CHECKOUT

ADDRESS = "https://git.example.com/us/ansible-collection-zstack-aios"


@pytest.mark.parametrize(
    "text",
    [
        f"see {ADDRESS}/issues)",
        f"ansible-galaxy collection install git+{ADDRESS}.git",
        "https://github.com/ansible/ansible and github.com/requests",
        "ansible-galaxy collection install .build/dist/zstack-aios-1.0.0.tar.gz",
        "ansible-galaxy collection list zstack.aios",
    ],
)
def test_the_address_and_those_of_others_pass(text: str) -> None:
    assert addresses.complaints("README.md", text, ADDRESS) == []


@pytest.mark.parametrize(
    "text",
    [
        "git+https://git.example.com/others/ansible-collection-zstack-aios.git",
        "git@git.example.com:us/ansible-collection-zstack-aios.git",
        "https://github.com/zstack-aios",
        "github.com/us/zstack-tools",
        "$ ansible-galaxy collection install zstack.aios",
        "ansible-galaxy collection install -p there zstack.aios:1.0.0",
    ],
)
def test_other_addresses_and_names_on_public_hosts_are_found(text: str) -> None:
    assert len(addresses.complaints("README.md", text, ADDRESS)) == 1


def test_a_public_host_is_right_once_the_repository_is_there() -> None:
    public = "https://github.com/us/ansible-collection-zstack-aios"
    assert addresses.complaints("README.md", f"see {public}/issues", public) == []
    assert addresses.complaints("docs/docsite/links.yml", "edit_on_github: {}", public) == []
    assert addresses.complaints("docs/docsite/links.yml", "edit_on_github: {}", ADDRESS) != []


@pytest.mark.parametrize("entry", ["zstack.aios", "{name: zstack.aios, version: 1.0.0}"])
def test_requirements_do_not_ask_galaxy_for_the_collection(entry: str) -> None:
    assert addresses.complaints("examples/requirements.yml", f"collections: [{entry}]", ADDRESS) != []


def test_writing_changes_every_other_address_to_the_one() -> None:
    text = "https://github.com/a/ansible-collection-zstack-aios/issues ssh://git@b/ansible-collection-zstack-aios.git"
    assert addresses.our_addresses(ADDRESS).sub(ADDRESS, text) == f"{ADDRESS}/issues {ADDRESS}.git"


def test_the_changelog_names_what_is_there_under_its_release() -> None:
    there = {"module a": "1.0.0", "role a": "1.1.0"}
    assert changelog.complaints(there, dict(there), "1.1.0") == []
    assert changelog.complaints(there, {"module a": "1.0.0"}, "1.0.10") == [], "1.1.0 is yet to come"
    found = changelog.complaints(there, {"role a": "1.0.0", "filter b": "1.0.0"}, "1.1.0")
    assert [re.sub(" which.*|,.*|;.*", "", each) for each in found] == [
        "the changelog of 1.0.0 names the filter b",
        "the changelog does not name the module a",
        "the role a is new in 1.1.0",
    ]


def test_the_changelog_is_read_with_modules_plugins_and_roles() -> None:
    release = {
        "modules": [{"name": "m"}],
        "plugins": {"filter": [{"name": "f"}]},
        "objects": {"role": [{"name": "r"}]},
    }
    assert changelog.listed({"releases": {"1.0.0": release}}) == dict.fromkeys(
        ["module m", "filter f", "role r"], "1.0.0"
    )


def test_a_version_that_is_not_the_tables_is_found() -> None:
    files = dict(versions.text_files())
    assert versions.complaints(files) == []
    files["meta/runtime.yml"] = 'requires_ansible: ">=2.16.0"\n'
    files["README.md"] = files["README.md"].replace("requests>=", "requests>=1")
    files["pyproject.toml"] = files["pyproject.toml"].replace("target-version", "version")
    rows = files[".github/workflows/matrix.yml"]
    files[".github/workflows/matrix.yml"] = rows.replace('{row: floor, python: "3.10"}', "")
    found = " ".join(versions.complaints(files))
    for text in ("meta/runtime.yml: 2.16", "README.md: >=1", "nothing in pyproject", "its rows are"):
        assert text in found


@pytest.mark.parametrize("name", ["benchmark", "mutate", "checks.matrix"])
def test_a_tool_runs_when_it_is_called(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", f"tools.{name}", "--help"], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("usage: ")


def test_the_page_of_a_role_begins_with_its_main_entry_point() -> None:
    def entry_point(name: str) -> str:
        return f".. _ansible_collections.zstack.aios.model_services_role__entrypoint-{name}:\n\n{name}\n----\n\n"

    head, rest = "Title\n=====\n\n", ".. Extra links\n\nlinks\n"
    page = head + entry_point("export") + entry_point("main") + entry_point("undo") + rest
    assert (
        documentation.main_first(page)
        == head + entry_point("main") + entry_point("export") + entry_point("undo") + rest
    )
