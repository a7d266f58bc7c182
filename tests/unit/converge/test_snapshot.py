# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A snapshot finds the resource that an item is about: by uuid, else by exact name, never one of several."""

from __future__ import annotations

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._converge.snapshot import Snapshot
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import Item, RawItem, validate_items
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Resource
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import MODEL_SERVICE
from ansible_collections.zstack.aios.plugins.module_utils._model.scalars import InvalidValue

ONE, TWO, THREE = "1" * 32, "2" * 32, "3" * 32


def service(uuid: str, name: str) -> Resource:
    """Return a service as the platform shows it."""
    return Resource(MODEL_SERVICE, {"uuid": uuid, "name": name})


def item(**values: str) -> Item:
    """Return a declared service."""
    [read], errors = validate_items(MODEL_SERVICE, [RawItem(values, "")])
    assert errors == []
    return read


def test_an_item_is_found_by_its_exact_name() -> None:
    snapshot = Snapshot([service(ONE, "chat"), service(TWO, "Chat"), service(THREE, " padded\n")])
    assert [snapshot.match(item(name=name)) for name in ("chat", "Chat", "padded", " chat ")] == [
        snapshot.by_uuid[uuid] for uuid in (ONE, TWO, THREE, ONE)
    ]
    assert snapshot.match(item(name="chät")) is None


def test_a_uuid_wins_over_the_name() -> None:
    snapshot = Snapshot([service(ONE, "chat"), service(TWO, "other")])
    assert snapshot.match(item(uuid=TWO, name="chat")) is snapshot.by_uuid[TWO]
    assert snapshot.match(item(uuid=TWO)) is snapshot.by_uuid[TWO]


def test_an_unknown_uuid_is_not_replaced_by_the_name() -> None:
    assert Snapshot([service(ONE, "chat")]).match(item(uuid=THREE, name="chat")) is None


def test_a_name_of_several_is_refused_with_their_uuids() -> None:
    snapshot = Snapshot([service(ONE, "chat"), service(TWO, "chat ")])
    with pytest.raises(InvalidValue, match=f"2 services have this name: {ONE}, {TWO}; set uuid"):
        snapshot.match(item(name="chat"))
    assert snapshot.match(item(uuid=TWO, name="chat")) is snapshot.by_uuid[TWO]


def test_a_service_that_was_read_twice_is_one() -> None:
    snapshot = Snapshot([service(ONE, "chat"), service(ONE, "chat")])
    assert snapshot.match(item(name="chat")) is snapshot.by_uuid[ONE]
