# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The query grammar and the database's way of comparing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible_collections.zstack.aios.tests.simulator import constants
from ansible_collections.zstack.aios.tests.simulator.launcher import Simulator
from ansible_collections.zstack.aios.tests.simulator.tests.driver import SERVICES, Driver, code_of

NAMES = [
    "foo",
    "Foo",
    "föö",
    "bar",
    "a=b",
    "=b",
    "a>b",
    " foo",
    "50%",
    "50x",
    "a_b",
    "a,b",
    "back\\slash",
    "is null",
    "",
    "quo'te",
    "推理",
]


@pytest.fixture(scope="module")
def named() -> Iterator[Driver]:
    """A driver of a platform with the services of `NAMES`, numbered by requestCpu."""
    with Simulator() as simulator:
        simulator.seed(
            {"name": name, "requestCpu": number, "system": number == 3, **({"description": "d"} if number < 2 else {})}
            for number, name in enumerate(NAMES)
        )
        yield Driver(simulator)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("name=FOO", {"foo", "Foo", "föö"}),
        ("name=foo  ", {"foo", "Foo", "föö"}),
        ("name= foo", {" foo"}),
        (" name =bar", {"bar"}),
        ("name=a=b", {"a=b"}),
        ("name=a>b", {"a>b"}),
        ("name==b", set()),
        ("name=is null", {"is null"}),
        ("name=", {""}),
        ("name=back\\slash", {"back\\slash"}),
        ("name=50%", {"50%"}),
        ("name=推理", {"推理"}),
        ("name~=f__", {"foo", "Foo", "föö"}),
        ("name~=50%", {"50%", "50x"}),
        ("name~=50\\%", {"50%"}),
        ("name~=a_b", {"a=b", "a>b", "a_b", "a,b"}),
        ("name~=_b", {"=b"}),
        ("name~=quo_te", {"quo'te"}),
        ("name~=back_slash", {"back\\slash"}),
        ("name?=bar,FOO", {"foo", "Foo", "föö", "bar"}),
        ("name?=a,b", set()),
        ("description=d", {"foo", "Foo"}),
        ("description not null", {"foo", "Foo"}),
        ("requestCpu>=16", {"推理"}),
        ("requestCpu<1", {"foo"}),
        ("requestCpu?=1,3", {"Foo", "bar"}),
        ("requestCpu=x", {"foo"}),
        ("requestCpu= 3 pieces", {"bar"}),
        ("requestCpu?=x,3.0", {"foo", "bar"}),
        ("requestCpu>99999999999999999999", set()),
        ("requestCpu~=1_", {NAMES[number] for number in range(10, 17)}),
        ("system=true", {"bar"}),
        ("system=1", {"bar"}),
    ],
)
def test_what_a_condition_finds(named: Driver, condition: str, expected: set[str]) -> None:
    assert named.names(condition) == expected


def test_negated_conditions(named: Driver) -> None:
    everything = set(NAMES)
    assert named.names("name!=foo") == everything - {"foo", "Foo", "föö"}
    assert named.names("name!?=foo,bar") == everything - {"foo", "Foo", "föö", "bar"}
    assert named.names("name!~=f%") == everything - {"foo", "Foo", "föö"}
    assert named.names("description is null") == everything - {"foo", "Foo"}
    assert named.names("system!=true") == everything - {"bar"}


def test_conditions_are_all_required_and_an_empty_name_is_one_too(named: Driver) -> None:
    assert named.names("name~=f%", "description=d", "name~=f%") == {"foo", "Foo"}
    response = named.call("GET", f"{SERVICES}?=name%3Dbar&other=name%3Dfoo")
    assert [row["name"] for row in response.json()["inventories"]] == ["bar"]


@pytest.mark.parametrize(
    "condition",
    [
        "name=a!=b",
        "name=a>=b",
        "name=a<=b",
        "name=a~=b",
        "name=a?=b",
        "name=quo'te",
        "nmae=x",
        "nmae is null",
        "zoneUuid=x",
        "modelServiceRefs not null",
        "system=yes",
        "__userTag__~=%sales%",
        "__userTag__!=%s",
        "__systemTag__=%s",
        "__tagUuid__?=a,%s",
    ],
)
def test_what_the_query_language_cannot_read_is_an_internal_error(named: Driver, condition: str) -> None:
    assert code_of(named.query(condition)) == "SYS.1000"


@pytest.mark.parametrize("condition", ["name", "=x", "==", "", "is null"])
def test_what_has_no_field_or_operator_is_refused_in_plain_text(named: Driver, condition: str) -> None:
    response = named.query(condition)
    assert response.status_code == 400
    assert not response.text.startswith("{")


def test_counting(named: Driver) -> None:
    assert named.query("name=bar", count="true").json() == {"total": 1, "schema": {}}
    body = named.query(replyWithCount="true", limit=2).json()
    assert (len(body["inventories"]), body["total"]) == (2, len(NAMES))
    assert set(named.query().json()) == {"inventories", "schema"}


def test_a_platform_may_have_no_total(driver_with: Callable[..., Driver]) -> None:
    driver = driver_with(features="no-total")
    driver.simulator.seed([{"name": "a"}])
    assert set(driver.query(replyWithCount="true").json()) == {"inventories", "schema"}
    assert driver.query(count="true").json()["total"] == 1


def test_sorting(named: Driver) -> None:
    def sorted_by(sort: str) -> list[int]:
        response = named.call("GET", f"{SERVICES}?sort={sort}")
        return [row["requestCpu"] for row in response.json()["inventories"]]

    ascending = list(range(len(NAMES)))
    assert sorted_by("%2BrequestCpu") == sorted_by("+requestCpu") == sorted_by("requestCpu") == ascending
    assert sorted_by("-requestCpu") == ascending[::-1]
    for sort in ("name,uuid", "nmae"):
        assert code_of(named.query(sort=sort)) == "SYS.1000"


def test_without_a_sort_the_order_changes_and_with_one_pages_are_complete(named: Driver) -> None:
    orders = {tuple(row["uuid"] for row in named.query().json()["inventories"]) for _request in range(5)}
    assert len(orders) > 1
    pages = [named.query(sort="+uuid", start=start, limit=5).json()["inventories"] for start in range(0, 20, 5)]
    found = [row["uuid"] for page in pages for row in page]
    assert len(found) == len(set(found)) == len(NAMES)


def test_selected_fields(named: Driver) -> None:
    [row] = named.query("name=bar", fields="uuid,name").json()["inventories"]
    assert set(row) == {"uuid", "name", "supportDistributed"}
    [row] = named.call("GET", f"{SERVICES}?q=name%3Dbar&fields=name&fields=uuid").json()["inventories"]
    assert set(row) == {"name", "supportDistributed"}
    for fields in ("uuid,modelServiceRefs", "nmae", "zoneUuid"):
        assert code_of(named.query(fields=fields)) == "SYS.1000"


def test_a_primitive_that_is_not_selected_is_shown_with_its_default(driver: Driver) -> None:
    driver.simulator.seed([{"name": "a", "supportDistributed": True}])
    assert driver.rows(fields="name") == [{"name": "a", "supportDistributed": False}]
    assert driver.rows(fields="supportDistributed") == [{"supportDistributed": True}]


@pytest.mark.parametrize("option", [{"limit": "x"}, {"start": "1.5"}, {"limit": ""}])
def test_numbers_that_are_none(named: Driver, option: dict[str, Any]) -> None:
    assert named.query(**option).status_code == 400


def test_a_uuid_in_the_path_ignores_every_option(named: Driver) -> None:
    uuid = named.query("name=bar").json()["inventories"][0]["uuid"]
    response = named.call("GET", f"{SERVICES}/{uuid}?q=nonsense&limit=x&count=true")
    assert [row["name"] for row in response.json()["inventories"]] == ["bar"]
    for missing in ("f" * 32, "odd uuid"):
        assert named.call("GET", f"{SERVICES}/{missing}").json() == {"inventories": [], "schema": {}}


def test_the_limit_is_a_thousand_unless_given(driver: Driver) -> None:
    driver.simulator.seed({"name": f"s{number}"} for number in range(1001))
    assert len(driver.query().json()["inventories"]) == 1000
    assert len(driver.query(limit=2000).json()["inventories"]) == 1001
    assert len(driver.query(start=1000).json()["inventories"]) == 1


@pytest.mark.parametrize(
    ("path", "name", "uuid"),
    [
        ("/ai/model-centers", constants.MODEL_CENTER_NAME, constants.MODEL_CENTER_UUID),
        ("/ai/models", constants.MODEL_NAME, constants.MODEL_UUID),
        ("/zones", constants.ZONE_NAME, constants.ZONE_UUID),
        ("/images", constants.X86_IMAGE_NAME, constants.X86_IMAGE_UUID),
        ("/pci-device-specs", constants.GPU_SPEC_NAME, constants.GPU_SPEC_UUID),
        ("/tags", constants.STAGING_TAG_NAME, constants.STAGING_TAG_UUID),
    ],
)
def test_lookups_by_name_and_uuid(named: Driver, path: str, name: str, uuid: str) -> None:
    assert [row["uuid"] for row in named.query(f"name={name}", path=path).json()["inventories"]] == [uuid]
    assert [row["name"] for row in named.query(path=f"{path}/{uuid}").json()["inventories"]] == [name]


@pytest.mark.parametrize("path", ["/ai/model-centers", "/ai/models", "/zones"])
def test_one_name_may_have_two_owners(named: Driver, path: str) -> None:
    found = named.query(f"name={constants.AMBIGUOUS_NAME}", path=path).json()["inventories"]
    assert len({row["uuid"] for row in found}) == 2
