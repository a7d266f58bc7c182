# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The phases of the benchmark's profile are functions that are there."""

from __future__ import annotations

import ast

import pytest

from tools.benchmark.profile import PHASES
from tools.env.environment import CHECKOUT


@pytest.mark.parametrize(("_words", "file", "function"), PHASES)
def test_a_phase_is_a_function_of_its_file(_words: str, file: str, function: str) -> None:
    (path,) = (CHECKOUT / "plugins").glob(f"**/{file}")
    defined = {
        node.name for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.FunctionDef)
    }
    assert function in defined
