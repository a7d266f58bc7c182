# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The version is the same wherever it has to stand."""

from __future__ import annotations

from pathlib import Path

import yaml
from ansible_collections.zstack.aios.plugins.module_utils._common.version import VERSION

ROOT = Path(__file__).resolve().parents[2]


def test_the_modules_know_the_collections_version() -> None:
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))
    assert galaxy["version"] == VERSION
