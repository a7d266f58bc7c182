# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The changelog names every module, plugin and role under the release that brought it, and nothing else.

What is new in a release that is yet to come is listed once the changelog has that release.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from typing import Any

import yaml

from tools.env.environment import CHECKOUT


def present() -> dict[str, str]:
    """Return everything that is documented, such as ``module model_service``, with the release that brought it."""
    found = {}
    for path in (CHECKOUT / "plugins" / "modules").glob("*.py"):
        found[f"module {path.stem}"] = _documented(path.read_text(encoding="utf-8"))["version_added"]
    for path in (CHECKOUT / "plugins" / "filter").glob("*.yml"):
        documented = yaml.safe_load(path.read_text(encoding="utf-8"))["DOCUMENTATION"]
        found[f"filter {path.stem}"] = documented["version_added"]
    for path in (CHECKOUT / "roles").glob("*/meta/argument_specs.yml"):
        specs = yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]
        found[f"role {path.parents[1].name}"] = specs["main"]["version_added"]
    return {name: str(version) for name, version in found.items()}


def _documented(source: str) -> Any:
    """Return the documentation of a module."""
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "DOCUMENTATION":
            return yaml.safe_load(ast.literal_eval(statement.value))
    raise ValueError("it has no DOCUMENTATION")


def listed(changelog: dict[str, Any]) -> dict[str, str]:
    """Return everything that the changelog calls new, with the release."""
    found = {}
    for version, release in changelog["releases"].items():
        groups = {"module": release.get("modules", []), **release.get("plugins", {}), **release.get("objects", {})}
        for kind, entries in groups.items():
            found.update({f"{kind} {entry['name']}": version for entry in entries})
    return found


def complaints(there: dict[str, str], new: dict[str, str], version: str) -> list[str]:
    """Compare what is there with what the changelog calls new, up to its newest release."""
    found = []
    for name in sorted(there.keys() | new.keys()):
        if name not in there:
            found.append(f"the changelog of {new[name]} names the {name}, which does not exist")
        elif name not in new and _parts(there[name]) <= _parts(version):
            found.append(f"the changelog does not name the {name}, which is new in {there[name]}; run: make changelog")
        elif there[name] != new.get(name, there[name]):
            found.append(f"the {name} is new in {there[name]}, and the changelog names it under {new[name]}")
    return found


def _parts(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def main() -> int:
    """Print what does not agree and return the exit code."""
    text, page = (
        (CHECKOUT / name).read_text(encoding="utf-8") for name in ("changelogs/changelog.yaml", "CHANGELOG.md")
    )
    changelog = yaml.safe_load(text)
    new = listed(changelog)
    found = complaints(present(), new, max(changelog["releases"], key=_parts))
    page = page.replace("\\", "")
    for name, number in Counter(each.split()[1] for each in new).items():
        if page.count(f"zstack.aios.{name} -") != number:
            found.append(f"CHANGELOG.md does not name {name} as changelog.yaml does; run: make changelog")
    print("\n".join(found))
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
