# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The examples in the documentation of the modules run."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
import yaml
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.simulator import constants
from ansible_collections.zstack.aios.tests.support.harness import PACKAGE
from ansible_collections.zstack.aios.tests.support.tasks import play

RENAMED_UUID = "90d425a802ff44eeb530f21587633700"
SECRET = "hf-5up3r-s3cr3t"


@pytest.mark.parametrize("module", ["model_service", "model_service_info", "model_services", "model_services_export"])
def test_the_examples_of_the_documentation_run(platform: Platform, tmp_path: Path, module: str) -> None:
    text = importlib.import_module(f"{PACKAGE}.{module}").EXAMPLES
    replaced = {"center-1": constants.MODEL_CENTER_NAME, "/tmp/": f"{tmp_path}/", "aios.example.com": platform.sim.url}
    for word, replacement in replaced.items():
        text = text.replace(word, replacement)
    platform.sim.seed([{"name": f"team-a-{number:02}"} for number in range(20)])
    platform.sim.seed([{"name": "qwen1.5-7b-chat"}, {"name": "old", "uuid": RENAMED_UUID}])
    (tmp_path / "services").mkdir()
    kept = [{"name": f"team-a-{number:02}", "request_cpu": 2} for number in range(19)]
    (tmp_path / "services" / "team-a.yml").write_text(yaml.safe_dump({"model_services": kept}), encoding="utf-8")
    variables = {
        "aios_password": constants.ADMIN_PASSWORD,
        "aios_key_id": constants.ACCESS_KEY_ID,
        "aios_key_secret": constants.ACCESS_KEY_SECRET,
        "hf_token": SECRET,
    }
    examples = yaml.safe_load(text)
    results, _screen = play(tmp_path, examples, vars=variables)
    assert len(results) == len(examples)
    for example, result in zip(examples, results, strict=True):
        assert not result.get("failed"), (example["name"], result["msg"])
    changes = {
        "model_service": ["add", *["clone"] * 2, *["delete"] * 2, *["update"] * 2],
        "model_service_info": [],
        "model_services_export": [],
        "model_services": ["add", "clone", *["delete"] * 2, *["update"] * 19],
    }
    assert sorted(platform.write_kinds()) == sorted(changes[module])
    assert (tmp_path / "model-services.html").exists() == (module == "model_services")
    assert (tmp_path / "exported" / "team-a-00.config.yaml").exists() == (module == "model_services_export")
