# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The text of an exported declaration."""

from __future__ import annotations

import random
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.zstack.aios.plugins.filter.to_declaration import FilterModule, to_declaration
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SERVICE = {
    "yaml": "services:\n  - ports: [8000]\nenv:\n  - a:b\n",
    "name": "通义千问 qwen",
    "python_version": "3.10",
    "request_cpu": 8,
    "environment_parameters": {"b": "2", "a": "1"},
    "support_distributed": True,
}
TEXT = """\
---
model_services:
  - name: bge-m3

  - name: 通义千问 qwen
    environment_parameters:
      a: '1'
      b: '2'
    python_version: '3.10'
    request_cpu: 8
    support_distributed: true
    yaml: |
      services:
        - ports: [8000]
      env:
        - a:b
"""


def test_the_filter_has_the_documented_name() -> None:
    assert FilterModule().filters() == {"to_declaration": to_declaration}


def test_a_person_can_read_and_compare_the_text() -> None:
    assert to_declaration([SERVICE, {"name": "bge-m3"}]) == TEXT


def test_nothing_gives_an_empty_declaration() -> None:
    assert yaml.safe_load(to_declaration([])) == {"model_services": []}


@pytest.mark.parametrize("wrong", ["text", {"name": "a"}, [1], ["a"]])
def test_anything_else_is_refused(wrong: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="expects"):
        to_declaration(wrong)


# The first text that hypothesis makes on a machine takes seconds: it reads all of Unicode.
SLOW_START = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

#: Options and the keys of their maps: texts of one line, as the platform's own are.
OPTION = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1)
LEAF = (
    st.text()
    | st.integers()
    | st.booleans()
    | st.sampled_from(["=", "on", "3.10", "~", "1e3", "a\r\nb", "x\x85\u2028\n"])
)
VALUE = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(OPTION, inner, max_size=3), max_leaves=8
)
SERVICES = st.lists(
    st.dictionaries(OPTION, VALUE, max_size=4).map(lambda service: {**service, "name": str(len(service))}),
    max_size=4,
)


@SLOW_START
@given(SERVICES)
def test_what_is_written_reads_back_the_same(services: list[dict[str, Any]]) -> None:
    expected = sorted(services, key=lambda service: (service["name"], str(service.get("uuid", ""))))
    assert yaml.safe_load(to_declaration(services)) == {"model_services": expected}


@SLOW_START
@given(st.lists(st.text(min_size=1), unique=True), st.randoms(use_true_random=False))
def test_the_order_of_the_platform_does_not_show(names: list[str], chance: random.Random) -> None:
    services = [{"name": name} for name in names]
    shuffled = list(services)
    chance.shuffle(shuffled)
    assert to_declaration(shuffled) == to_declaration(services)
