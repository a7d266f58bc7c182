# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An item is about the service of exactly its name, or of its uuid; never one of several by chance."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import FIELDS
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.support import strategies

MODULE = "model_service"
CHOSEN = "0a1b2c3d4e5f40718293a4b5c6d7e8aa"
ANOTHER = "0a1b2c3d4e5f40718293a4b5c6d7e8bb"
ODD = [
    "it's \"quoted\"", "a=b", "=leads", "!=x", "a>=1<b", "100%", "%", "_", "a~=b", "?=x", "back\\slash", "\\", "\\%", "a,b",
    "two  blanks", "对话 服务", "naïve", "is null", "{{ curly }}", "[0]", "null", "~", "#note", "a&b?c=d/e+f", "$HOME",
]  # fmt: skip


def creatable(name: str, **more: Any) -> dict[str, Any]:
    """Return a declaration that can be created."""
    rows = {field.option: strategies.sample(field).value for field in FIELDS if field.add == "required"}
    return {**rows, "name": name, **more}


def neighbours(name: str) -> list[str]:
    """Return names that a careless query would find in place of this one."""
    return [name.upper() + "X", f"x{name}", f"{name} x", f"{name.replace('%', 'ab').replace('_', 'a')}y"]


@pytest.mark.parametrize("name", ODD)
def test_a_service_of_any_name_converges(platform: Platform, name: str) -> None:
    platform.sim.seed([{"name": other} for other in neighbours(name)])
    assert platform.run(MODULE, creatable(name))["action"] == "created"
    assert platform.service(name)["name"] == name
    platform.sim.clear_log()
    assert platform.run(MODULE, creatable(f"  {name}\n"))["action"] == "unchanged"
    assert platform.writes() == []
    assert platform.run(MODULE, {"name": name, "request_cpu": 6})["changed_fields"] == ["request_cpu"]
    found = platform.run("model_service_info", {"name": name})["model_services"]
    assert [(row["name"], row["request_cpu"]) for row in found] == [(name, 6)]
    assert platform.run(MODULE, {"name": name, "state": "absent"})["action"] == "deleted"
    assert sorted(row["name"] for row in platform.sim.services()) == sorted(neighbours(name))


def test_names_that_differ_in_case_or_accents_are_two(platform: Platform) -> None:
    for name in ("chat", "Chat", "chât"):
        assert platform.run(MODULE, creatable(name))["action"] == "created"
    assert platform.run(MODULE, {"name": "CHAT", "state": "absent"})["action"] == "unchanged"
    assert sorted(row["name"] for row in platform.sim.services()) == ["Chat", "chat", "chât"]


@pytest.mark.parametrize("params", [{"request_cpu": 7}, {"state": "absent"}, {"clone_from": "other"}])
def test_a_name_of_several_is_refused_with_their_uuids(platform: Platform, params: dict[str, Any]) -> None:
    uuids = platform.sim.seed([{"name": "chat"}, {"name": "chat"}, {"name": "other"}])[:2]
    item = {"name": "chat", **params}
    for result in (platform.run(MODULE, item), platform.run("model_services", {"model_services": [item]})):
        assert result.failed
        assert "2 services have this name" in result["msg"]
        assert all(uuid in result["msg"] for uuid in uuids)
    assert platform.writes() == []


def test_a_uuid_selects_one_of_several_services_of_a_name(platform: Platform) -> None:
    kept, selected = platform.sim.seed([{"name": "chat"}, {"name": "chat"}])
    assert platform.run(MODULE, {"uuid": selected, "name": "chat", "request_cpu": 7})["changed_fields"] == [
        "request_cpu"
    ]
    assert platform.run(MODULE, {"uuid": selected, "state": "absent"})["action"] == "deleted"
    assert [row["uuid"] for row in platform.sim.services()] == [kept]


def test_with_a_uuid_the_name_is_the_desired_one(platform: Platform) -> None:
    [uuid] = platform.sim.seed([{"name": "old"}])
    result = platform.run(MODULE, {"uuid": uuid, "name": "new"})
    assert (result["action"], result["changed_fields"]) == ("updated", ["name"])
    assert platform.service("new")["uuid"] == uuid
    platform.sim.clear_log()
    assert platform.run(MODULE, {"uuid": uuid, "name": "new"})["action"] == "unchanged"
    assert platform.writes() == []


def test_a_rename_to_the_name_of_another_service_is_done_with_a_warning(platform: Platform) -> None:
    platform.sim.seed([{"name": "old"}, {"name": "taken"}])
    old, taken = (platform.service(name)["uuid"] for name in ("old", "taken"))
    result = platform.run("model_services", {"model_services": [{"uuid": old, "name": "taken"}]})
    assert result["summary"]["updated"] == 1
    assert '2 services are now named "taken"' in str(result["warnings"])
    assert old in str(result["warnings"])
    assert taken in str(result["warnings"])


def test_a_rename_to_the_name_of_another_service_is_warned_of_in_the_plan(platform: Platform) -> None:
    platform.sim.seed([{"name": f"{kind}-{number}"} for kind in ("old", "taken") for number in range(30)])
    items = [{"uuid": platform.service(f"old-{number}")["uuid"], "name": f"taken-{number}"} for number in range(30)]
    result = platform.run("model_services", {"model_services": items}, check=True)
    assert '2 services would be named "taken-0"' in str(result["warnings"][0])
    assert "20 more names would be shared by several services." in str(result["warnings"][-1])
    assert len(result["warnings"]) == 11
    gone = [*items[:1], {"uuid": platform.service("taken-0")["uuid"], "state": "absent"}]
    assert "warnings" not in platform.run("model_services", {"model_services": gone}, check=True)


def test_a_deletion_by_uuid_shows_the_current_name(platform: Platform) -> None:
    [uuid] = platform.sim.seed([{"name": "precious"}])
    item = {"uuid": uuid, "name": "junk", "state": "absent"}
    result = platform.run("model_services", {"model_services": [item]}, check=True, diff=True)
    assert result["results"][0]["name"] == "precious"
    assert "junk" not in str(result["diff"])


def test_names_can_be_swapped_without_a_warning(platform: Platform) -> None:
    platform.sim.seed([{"name": "a"}, {"name": "b"}])
    a, b = (platform.service(name)["uuid"] for name in ("a", "b"))
    result = platform.run("model_services", {"model_services": [{"uuid": a, "name": "b"}, {"uuid": b, "name": "a"}]})
    assert (platform.service("a")["uuid"], platform.service("b")["uuid"]) == (b, a)
    assert not result.get("warnings")


def test_an_unknown_uuid_is_never_created(platform: Platform) -> None:
    result = platform.run(MODULE, creatable("chat", uuid=CHOSEN))
    assert f"no service has the UUID {CHOSEN}" in result["msg"]
    assert platform.run(MODULE, {"uuid": CHOSEN, "state": "absent"})["action"] == "unchanged"
    assert platform.writes() == []


def test_a_new_service_gets_the_chosen_uuid_once(platform: Platform) -> None:
    made = platform.run(MODULE, creatable("chat", resource_uuid=CHOSEN))
    assert made["model_service"]["uuid"] == platform.service("chat")["uuid"] == CHOSEN
    platform.sim.clear_log()
    assert platform.run(MODULE, creatable("chat", resource_uuid=CHOSEN))["action"] == "unchanged"
    taken = platform.run(MODULE, creatable("other", resource_uuid=CHOSEN))
    assert '"chat" already has this UUID' in taken["msg"]
    other = platform.run(MODULE, {"name": "chat", "resource_uuid": ANOTHER})
    assert "resource_uuid: it cannot be changed once the service exists" in other["msg"]
    assert platform.writes() == []


def test_two_items_about_one_service_are_refused(platform: Platform) -> None:
    [uuid] = platform.sim.seed([{"name": "chat"}])
    both = [{"name": "chat", "request_cpu": 3}, {"uuid": uuid, "request_cpu": 4}]
    result = platform.run("model_services", {"model_services": both})
    assert "it declares the same service" in result["msg"]
    assert platform.writes() == []
