# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of the collection know each other in one direction only."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = "ansible_collections.zstack.aios.plugins"
UTILS = f"{PLUGINS}.module_utils"
FOLDER = ROOT / "plugins" / "module_utils"
#: Every private module, lowest first; each may import those before it and nothing else of the collection.
ORDER = [
    "_text", "_version", "_progress", "_errors", "_interruption", "_yaml", "_secrets", "_scalars", "_kinds", "_fields", "_query",
    "_declaration", "_sources", "_plan", "_digest", "_page_style", "_page_words", "_page_html", "_pages",
    "_connection", "_transport", "_reactions", "_patience", "_identity", "_client", "_engine", "_services", "_inquiry",
    "_fate", "_apply", "_report", "_guards", "_bulk", "_module",
]  # fmt: skip
#: Modules that deal with declarations and comparisons, without a platform.
PURE = ORDER[: ORDER.index("_pages") + 1]
#: Modules that deal with requests, whatever these are about.
CARRYING = ("_connection", "_transport", "_reactions", "_patience", "_identity", "_client", "_engine")
HTTP = {"requests", "urllib3", "http", "urllib", "socket", "ssl"}


def imports(path: Path) -> set[str]:
    """Return the full names of everything a file imports, wherever in it the import stands."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def own(path: Path) -> set[str]:
    """Return the private modules that a file imports."""
    inside = (name[len(UTILS) + 1 :].split(".")[0] for name in imports(path) if name.startswith(UTILS + "."))
    return set(inside)


def reached(modules: Iterable[str]) -> set[str]:
    """Return the private modules that some of them import, directly or through others."""
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        new = own(FOLDER / f"{waiting.pop()}.py") - found
        found |= new
        waiting.extend(new)
    return found


def test_every_private_module_has_its_place() -> None:
    assert sorted(ORDER) == sorted(path.stem for path in FOLDER.glob("*.py"))


@pytest.mark.parametrize("module", ORDER)
def test_imports_point_down(module: str) -> None:
    path = FOLDER / f"{module}.py"
    assert own(path) <= set(ORDER[: ORDER.index(module)])
    assert {name for name in imports(path) if name.startswith("ansible_collections.") and UTILS not in name} == set()


def test_declarations_and_plans_know_no_http() -> None:
    assert reached(PURE) <= set(PURE)
    for module in PURE:
        assert HTTP.isdisjoint(name.split(".")[0] for name in imports(FOLDER / f"{module}.py")), module


def test_what_carries_requests_knows_no_services() -> None:
    about_services = {"_fields", "_kinds", "_services", "_declaration", "_plan", "_apply", "_query"}
    assert reached(CARRYING).isdisjoint(about_services)


def test_ansible_is_known_at_the_rim_only() -> None:
    knowing = {m for m in ORDER if any(n.split(".")[0] == "ansible" for n in imports(FOLDER / f"{m}.py"))}
    assert knowing == {"_module"}


def test_one_file_calls_the_exits() -> None:
    calling = set()
    for path in (ROOT / "plugins").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in ("exit_json", "fail_json"):
                calling.add(path.stem)
    assert calling == {"_module"}


def test_the_simulator_shares_nothing_with_the_client() -> None:
    files = list((ROOT / "tests" / "simulator").rglob("*.py"))
    assert len(files) > 10
    for path in files:
        assert not any(name.startswith((PLUGINS, "ansible", "plugins")) for name in imports(path)), path.name


def test_the_action_group_holds_every_module() -> None:
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    modules = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
    assert sorted(runtime["action_groups"]["all"]) == modules
