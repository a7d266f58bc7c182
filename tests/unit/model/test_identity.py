# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The uuid of a new service follows from its name, today and in every version to come."""

from __future__ import annotations

import itertools

from ansible_collections.zstack.aios.plugins.module_utils._model.identity import derived_uuids, replacement_uuids
from ansible_collections.zstack.aios.plugins.module_utils._model.scalars import NewUuid
from hypothesis import given
from hypothesis import strategies as st


def first(name: str, count: int = 1) -> list[str]:
    """Return the first uuids of a name."""
    return list(itertools.islice(derived_uuids(name), count))


def test_the_uuids_of_a_name_never_change() -> None:
    """Services that exist have got their uuids so: another result would double them."""
    assert first("chat", 3) == [
        "9496e956d162588d82cdc10566cf85ee",
        "0dcae9d330a054b5933e51f57ff76e9d",
        "59bb2839cfa05f0da8ff0255116e0ce5",
    ]
    assert first("模型") == ["c62ab1852b7254859f227866771633a5"]


@given(st.text(), st.text())
def test_a_name_has_uuids_of_its_own_that_the_platform_takes(one: str, other: str) -> None:
    mine, theirs = first(one, 4), first(other, 4)
    assert len(set(mine)) == 4
    assert all(NewUuid().parse(uuid) == uuid for uuid in mine)
    trimmed = "".join(map(chr, range(0x21)))
    assert (mine == theirs) == (one.strip(trimmed) == other.strip(trimmed))


OLD = "90d425a802ff44eeb530f21587633701"


def test_the_uuids_of_a_replacement_never_change() -> None:
    """A run that did not end is completed by the uuid that it gave."""
    assert list(itertools.islice(replacement_uuids(OLD), 2)) == [
        "95b1eaa3e2e05d42a3904f8d2bcdede2",
        "b5cfd11a2669594ea4da18f31384c0c1",
    ]


@given(st.text())
def test_the_uuids_of_a_replacement_are_never_those_of_a_name(name: str) -> None:
    mine = list(itertools.islice(replacement_uuids(OLD), 4))
    assert len({OLD, *mine}) == 5
    assert all(NewUuid().parse(uuid) == uuid for uuid in mine)
    assert not set(mine) & {*first(name, 4), *first(f"\0{OLD}", 4), *first(f"{OLD}", 4)}


def test_a_name_is_taken_as_the_platform_stores_it() -> None:
    assert first("  chat\n") == first("chat")
