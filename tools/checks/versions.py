# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever names a version says what ``tools/env/versions.py`` and ``requirements.txt`` say."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from tools.checks.sources import text_files
from tools.env.environment import CHECKOUT
from tools.env.versions import (
    CORE_FLOOR,
    FLOOR,
    MATRIX,
    PYTHON_FLOOR,
    TOOLS_CORE,
    TOOLS_NEWEST_CORE,
    TOOLS_PYTHON,
)

_GUIDES = r".*\.(md|rst)"
_REQUIRED = dict(
    re.findall(r"^([\w.-]+)(>=\S+)$", (CHECKOUT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)
)
_VERSION = re.findall(r"^version: (.+)$", (CHECKOUT / "galaxy.yml").read_text(encoding="utf-8"), re.MULTILINE)[0]


@dataclass(frozen=True)
class Rule:
    """What the first group of ``pattern`` must be wherever it is found in the files whose whole path ``files`` matches."""

    files: str
    pattern: str
    allowed: tuple[str, ...]


RULES = (
    Rule(r"meta/runtime\.yml", r'^requires_ansible: ">=(.+)\.0"$', (CORE_FLOOR,)),
    Rule(r"roles/\w+/meta/main\.yml", r'min_ansible_version: "(.+)"', (CORE_FLOOR,)),
    Rule(r"tests/config\.yml", r'python_requires: ">=(.+)"', (PYTHON_FLOOR,)),
    Rule(r"plugins/doc_fragments/platform\.py", r"- python >= (\S+)", (PYTHON_FLOOR,)),
    Rule(r"pyproject\.toml", r'target-version = "(py\d+)"', (f"py{PYTHON_FLOOR.replace('.', '')}",)),
    Rule(r"pyproject\.toml", r'^python_version = "(.+)"', (TOOLS_PYTHON,)),
    Rule(r"requirements-dev\.in", r'ansible-core~=(\S+)\.0; python_version < "3\.14"', (TOOLS_CORE,)),
    Rule(r"requirements-dev\.in", r'ansible-core~=(\S+)\.0; python_version >= "3\.14"', (TOOLS_NEWEST_CORE,)),
    Rule(r"examples/.*", r"ansible-core~=(\S+)\.0", tuple(MATRIX)),
    Rule(r"\.github/workflows/.*", r'python-version: "(.+)"', (TOOLS_PYTHON,)),
    Rule(_GUIDES, r"ansible-core (\d+\.\d+) or (?:later|newer)", (CORE_FLOOR,)),
    Rule(_GUIDES, r"Python (\d+\.\d+) or (?:later|newer)", (PYTHON_FLOOR, TOOLS_PYTHON)),
    Rule(_GUIDES, r"ansible-core (\d+\.\d+) 或更高", (CORE_FLOOR,)),
    Rule(_GUIDES, r"Python (\d+\.\d+) 或更高", (PYTHON_FLOOR, TOOLS_PYTHON)),
    Rule(r"(?!tests/).*", r"zstack-aios-(\d[\w.-]*)\.tar\.gz", (_VERSION,)),
    Rule(r"examples/.*requirements\.yml", r"version: (\d.*)", (_VERSION,)),
    *(Rule(rf"{_GUIDES}|tests/unit/.*", rf"\b{name}(>=[\d.]+)", (floor,)) for name, floor in _REQUIRED.items()),
)


def complaints(texts: Mapping[str, str]) -> list[str]:
    """Return what does not agree in files, given by path; a rule that finds nothing at all is stale and counts as well."""
    found = []
    for rule in RULES:
        named = [
            (path, value)
            for path, text in texts.items()
            if re.fullmatch(rule.files, path)
            for value in re.findall(rule.pattern, text, re.MULTILINE)
        ]
        wanted = " or ".join(rule.allowed)
        found += [f"{path}: {value}, where it should be {wanted}" for path, value in named if value not in rule.allowed]
        if not named:
            found.append(f"nothing in {rule.files} matches {rule.pattern}; change the rule in tools/checks/versions.py")
    return found + _workflow_rows(texts[".github/workflows/matrix.yml"])


def _workflow_rows(workflow: str) -> list[str]:
    """Compare the rows of the workflow with the matrix."""
    rows = dict(re.findall(r'- \{row: "?([\w.:]+)"?, python: "(.+)"\}', workflow))
    wanted = {f"{core}:{python}": python for core, python in MATRIX.items()} | {FLOOR: PYTHON_FLOOR}
    return (
        [] if rows == wanted else [f".github/workflows/matrix.yml: its rows are {rows}, where they should be {wanted}"]
    )


def main() -> int:
    """Print what does not agree and return the exit code."""
    found = complaints(dict(text_files()))
    print("\n".join(found))
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
