# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation says what the modules accept: every option of the table, of the connection, and no other."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from ansible_collections.zstack.aios.plugins.doc_fragments.platform import ModuleDocFragment
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Field
from ansible_collections.zstack.aios.plugins.module_utils._model.instance_group import FIELDS as GROUP_FIELDS
from ansible_collections.zstack.aios.plugins.module_utils._model.instance_group import INSTANCE_GROUP
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import FIELDS
from ansible_collections.zstack.aios.plugins.module_utils._rest.connection import ARGUMENT_SPEC
from ansible_collections.zstack.aios.tests.support.harness import PACKAGE

ROOT = Path(__file__).resolve().parents[2]
GROUP, GROUP_INFO = "model_service_instance_group", "model_service_instance_group_info"
MODULES = ("model_service", "model_services", "model_service_info", GROUP, GROUP_INFO)
PAGE = ROOT / "docs" / "docsite" / "rst" / "fields.rst"


def module_named(name: str) -> ModuleType:
    """Import a module of the collection."""
    return importlib.import_module(f"{PACKAGE}.{name}")


def documented(name: str) -> dict[str, Any]:
    """Return what is documented of a module's options, those of the connection left out."""
    return dict(yaml.safe_load(module_named(name).DOCUMENTATION)["options"])


def returned(name: str) -> dict[str, Any]:
    """Return what is documented of a module's result."""
    return dict(yaml.safe_load(module_named(name).RETURN))


def agree(spec: dict[str, Any], docs: dict[str, Any], where: str) -> None:
    """Check that a documentation names the options of an argument spec, with their types, choices and defaults."""
    assert set(docs) == set(spec), where
    for option, row in spec.items():
        for key in ("type", "elements", "choices", "default", "required"):
            assert docs[option].get(key) == row.get(key), f"{where}{option}: {key}"
        assert docs[option]["description"], f"{where}{option}"
        if "options" in row:
            agree(row["options"], docs[option]["suboptions"], f"{where}{option}.")


def test_generated_parts_are_fresh() -> None:
    command = [sys.executable, "-m", "tools.checks.generated_docs", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", [*MODULES, "model_services_export"])
def test_what_is_documented_is_what_is_accepted(name: str) -> None:
    agree(module_named(name).argument_spec(), documented(name), f"{name}: ")


def test_the_connection_is_documented_as_it_is_accepted() -> None:
    agree(dict(ARGUMENT_SPEC), yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"], "")


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.option)
def test_every_field_is_documented_everywhere(field: Field) -> None:
    items = documented("model_services")["model_services"]["suboptions"]
    for docs in (documented("model_service"), items):
        assert docs[field.option]["description"][0] == field.description[0]
    assert f"``{field.option}``" in PAGE.read_text(encoding="utf-8")
    if field.read and field.option != "resource_uuid":
        assert field.option in returned("model_service")["model_service"]["contains"]
        assert field.option in returned("model_service_info")["model_services"]["contains"]


@pytest.mark.parametrize("field", GROUP_FIELDS, ids=lambda field: field.option)
def test_every_field_of_a_group_is_documented_everywhere(field: Field) -> None:
    assert documented(GROUP)[field.option]["description"][0] == field.description[0]
    below = documented("model_services")["model_services"]["suboptions"]["deployments"]["suboptions"]
    assert (field.option in below) == (field != INSTANCE_GROUP.owner)
    assert f"``{field.option}``" in PAGE.read_text(encoding="utf-8")
    if field.read and field.option != "resource_uuid":
        assert field.option in returned(GROUP)["model_service_instance_group"]["contains"]
        assert field.option in returned(GROUP_INFO)["model_service_instance_groups"]["contains"]


@pytest.mark.parametrize("field", INSTANCE_GROUP.shown, ids=lambda field: field.option)
def test_what_a_group_only_shows_is_documented_as_a_result(field: Field) -> None:
    assert field.option not in documented(GROUP)
    assert field.option in returned(GROUP)["model_service_instance_group"]["contains"]
