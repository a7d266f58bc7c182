# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Workflows, forms and hooks: their schemas, and what makes a workflow unsafe. Nothing is asked of the network."""

from __future__ import annotations

import pathlib

from tools.env.environment import CHECKOUT
from tools.env.processes import Commands

_GITHUB = CHECKOUT / ".github"
_SCHEMAS = {
    "github-workflows": "workflows/*.yml",
    "github-issue-forms": "ISSUE_TEMPLATE/[!c]*.yml",
    "github-issue-config": "ISSUE_TEMPLATE/config.yml",
    "dependabot": "dependabot.yml",
}


def check(_folder: pathlib.Path, commands: Commands) -> tuple[int, str]:
    """Return the exit code of the first tool that complains, or 0."""
    for schema, pattern in _SCHEMAS.items():
        files = sorted(str(path) for path in _GITHUB.glob(pattern))
        code, _log = commands.record("check-jsonschema", "--builtin-schema", f"vendor.{schema}", *files)
        if code:
            return code, ""
    code, _log = commands.record("zizmor", "--offline", "--strict-collection", "--no-progress", str(CHECKOUT))
    return code, ""
