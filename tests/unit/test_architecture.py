# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of the collection know each other in one direction only."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = "ansible_collections.zstack.aios.plugins"
UTILS = f"{PLUGINS}.module_utils"
FOLDER = ROOT / "plugins" / "module_utils"
#: Every room and those that it may import from, lowest first.
ROOMS = {
    "_common": set(),
    "_model": {"_common"},
    "_rest": {"_common"},
    "_platform": {"_common", "_model", "_rest"},
    "_converge": {"_common", "_model", "_rest", "_platform"},
    "_report": {"_common", "_model", "_converge"},
}
FILES = sorted(path.relative_to(FOLDER) for path in FOLDER.rglob("*.py"))
HTTP = ("requests", "urllib3", "http", "urllib.request", "socket", "ssl")


def imports(path: Path) -> set[str]:
    """Return the full names of everything a file imports, wherever in it the import stands."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def own(file: Path) -> set[Path]:
    """Return the files of module_utils that one of them imports."""
    found: set[Path] = set()
    for name in imports(FOLDER / file):
        if name.startswith(UTILS + "."):
            parts = name[len(UTILS) + 1 :].split(".")
            paths = (Path(*parts[:length]).with_suffix(".py") for length in range(1, len(parts) + 1))
            found.update(path for path in paths if path in FILES)
    return found


def outside(file: Path) -> set[str]:
    """Return the packages outside the collection that a file imports."""
    return {name.split(".")[0] for name in imports(FOLDER / file) if not name.startswith("ansible_collections.")}


def test_every_file_is_in_a_room_but_the_one_that_knows_ansible() -> None:
    assert {file.parts[0] for file in FILES} == {*ROOMS, "_module.py"}
    assert {str(file) for file in FILES if len(file.parts) != 2} == {"_module.py"}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_from_rooms_below_it_only(room: str) -> None:
    for file in FILES:
        if file.parts[0] == room:
            assert {other.parts[0] for other in own(file)} <= ROOMS[room] | {room}, file
            assert {name for name in imports(FOLDER / file) if name.startswith(PLUGINS) and UTILS not in name} == set()


def test_no_file_imports_itself_through_others() -> None:
    waiting = {file: own(file) for file in FILES}
    while ready := [file for file, needed in waiting.items() if not needed]:
        waiting = {file: needed.difference(ready) for file, needed in waiting.items() if file not in ready}
    assert waiting == {}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_is_no_more_than_its_files(room: str) -> None:
    assert (FOLDER / room / "__init__.py").read_bytes() == b""


def test_only_the_rest_room_knows_http() -> None:
    prefixes = tuple(f"{package}." for package in HTTP)
    knowing = (file for file in FILES if any(f"{name}.".startswith(prefixes) for name in imports(FOLDER / file)))
    assert {file.parts[0] for file in knowing} == {"_rest"}


def test_ansible_is_known_at_the_rim_only() -> None:
    assert [str(file) for file in FILES if "ansible" in outside(file)] == ["_module.py"]


def test_one_file_calls_the_exits() -> None:
    calling = set()
    for path in (ROOT / "plugins").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in ("exit_json", "fail_json"):
                calling.add(path.stem)
    assert calling == {"_module"}


def test_the_simulator_shares_nothing_with_the_client() -> None:
    files = list((ROOT / "tests" / "simulator").glob("*.py"))
    assert len(files) > 10
    for path in files:
        assert not any(name.startswith((PLUGINS, "ansible", "plugins")) for name in imports(path)), path.name


def test_the_role_includes_no_file_that_a_variable_of_an_inventory_names() -> None:
    """Before ansible-core 2.19, a file that imports others cannot be included so; defaults of the role may choose it."""
    for path in sorted((ROOT / "roles" / "model_services" / "tasks").glob("*.yml")):
        for file in re.findall(r"include_tasks: (.*)", path.read_text(encoding="utf-8")):
            assert "__model_services" not in file and "lookup(" not in file, f"{path.name}: {file}"


def test_what_each_task_of_the_role_loads_is_small() -> None:
    """Ansible compiles the plugins of a collection anew in every task: neither HTTP nor the table of fields is needed."""
    plugins = ("lookup.role_variables", "filter.drift_text", "action.model_services")
    program = "import sys\n" + "".join(f"import {PLUGINS}.{plugin}\n" for plugin in plugins) + "print(*sys.modules)"
    loaded = set(
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    )
    assert f"{PLUGINS}.plugin_utils.role" in loaded
    assert not loaded & {"requests", "urllib3", f"{UTILS}._model.fields", f"{UTILS}._rest.client"}


def test_the_action_group_holds_every_module() -> None:
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    modules = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
    assert sorted(runtime["action_groups"]["all"]) == modules
