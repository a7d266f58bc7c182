# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which variables belong to the role, and which were meant to."""

from __future__ import annotations

import pytest
from ansible_collections.zstack.aios.plugins.plugin_utils.items import misspelt

KNOWN = ("model_services_prune_limit", "model_services_host", "model_services_hosts")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("model_services_item", "model_services_items"),
        ("model_service_items", "model_services_items"),
        ("model_services_itmes__gpu", "model_services_items__gpu"),
        ("model_services_item__gpu", "model_services_items__gpu"),
        ("model_service_items__gpu", "model_services_items__gpu"),
        ("model_services_items_gpu", "model_services_items__gpu"),
        ("model_services_prune_limt", "model_services_prune_limit"),
        ("model_services_defaults_gpu", "model_services_defaults__gpu"),
        ("model_services_default__gpu", "model_services_defaults__gpu"),
    ],
)
def test_a_misspelt_variable_is_reported_with_the_one_that_was_meant(name: str, meant: str) -> None:
    assert misspelt(["model_services_items", name], KNOWN) == [
        f"the variable {name} is not read by the role; did you mean {meant}?"
    ]


@pytest.mark.parametrize(
    "name",
    [
        "model_services_items__gpu",
        "model_services_defaults__gpu",
        "model_services_src",
        "model_services_defaults",
        "model_name",
        "model_services_result",
        "model_services_team",
        "model_services_prune",
        "port",
        *KNOWN,
    ],
)
def test_other_variables_are_nobody_s_business(name: str) -> None:
    assert misspelt([name], KNOWN) == []
