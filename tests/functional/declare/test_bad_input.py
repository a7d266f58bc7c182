# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of bad inputs: each is refused with its message, before anything is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.support.harness import run_module

TABLE = Path(__file__).parents[2] / "support" / "bad_input.yml"
CASES: list[dict[str, Any]] = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
#: In every case where it is not what the case is about.
PASSWORD = "bad-input-password-8a1f"
SECRET = "bad-input-secret-77c0"
KEYS = {
    "case",
    "module",
    "params",
    "items",
    "item",
    "without_connection",
    "environment",
    "files",
    "seeded",
    "groups",
    "message",
}


def parameters(case: dict[str, Any], platform: Platform, folder: Path) -> dict[str, Any]:
    """Return the module's parameters of a case."""
    params: dict[str, Any] = {} if case.get("without_connection") else dict(platform.connection)
    params.update(case.get("params", {}))
    if "items" in case:
        params["model_services"] = case["items"]
    if "item" in case:
        params["model_services"] = [case["item"]]
    for name, text in case.get("files", {}).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    where = {"FOLDER": str(folder), "PLATFORM": f"http://{platform.sim.host}:{platform.sim.port}"}
    return {key: _placed(value, where) for key, value in params.items()}


def _placed(value: Any, where: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_placed(entry, where) for entry in value]
    for word, meant in where.items():
        value = value.replace(word, meant) if isinstance(value, str) else value
    return value


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_a_bad_input_is_refused_with_its_message(
    case: dict[str, Any], platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert set(case) <= KEYS
    for name, value in case.get("environment", {}).items():
        monkeypatch.setenv(name, value)
    platform.sim.seed(case.get("seeded", []))
    platform.sim.seed_groups(case.get("groups", []))
    module = case.get("module", "model_services")
    result = run_module(module, parameters(case, platform, tmp_path))
    assert result.failed
    texts = case["message"] if isinstance(case["message"], list) else [case["message"]]
    for text in texts:
        assert text.replace("FOLDER", str(tmp_path)) in result["msg"]
    shown = json.dumps(result)
    assert "Traceback" not in shown
    assert "internal" not in shown
    assert PASSWORD not in shown
    assert SECRET not in shown
    assert [entry for entry in platform.writes() if not entry["path"].endswith("/accounts/login")] == []


def test_the_table_has_at_least_a_hundred_cases() -> None:
    assert len(CASES) >= 100
    assert len({case["case"] for case in CASES}) == len(CASES)


def test_all_errors_are_reported_together(platform: Platform) -> None:
    items = [case["item"] for case in CASES if "item" in case and not case.get("seeded")]
    result = platform.run("model_services", {"model_services": items})
    assert result.failed
    assert result["failure"]["errors_total"] >= len(items) / 2
    assert platform.writes() == []
