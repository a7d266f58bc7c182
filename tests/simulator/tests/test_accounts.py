# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two accounts: the administrator sees and changes everything, the other one only what is its own."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from ansible_collections.zstack.aios.tests.simulator import constants
from ansible_collections.zstack.aios.tests.simulator.tests.driver import GROUPS, SERVICES, Driver, deployment, minimal
from ansible_collections.zstack.aios.tests.simulator.tests.test_tags import tag


def test_an_account_sees_its_own_and_the_administrator_everything(driver: Driver) -> None:
    tenant = driver.as_tenant()
    driver.add(name="admins")
    own = tenant.add(name="tenants")
    driver.simulator.seed([{"name": "seeded", "userTags": ["b"]}], account=constants.SECOND_ACCOUNT)
    tenant.done("POST", "/user-tags", tag(own["uuid"], "a"))
    driver.done("POST", "/user-tags", tag(driver.rows("name=admins")[0]["uuid"], "c"))
    assert driver.names() == {"admins", "tenants", "seeded"}
    assert tenant.names() == {"tenants", "seeded"}
    assert tenant.query(count="true").json()["total"] == 2
    assert {row["tag"] for row in tenant.rows(path="/user-tags")} == {"a", "b"}
    assert {row["tag"] for row in driver.rows(path="/user-tags")} == {"a", "b", "c"}
    assert tenant.names("__userTag__ not null") == {"tenants", "seeded"}
    assert [row["name"] for row in tenant.rows("name=zone-1", path="/zones")] == ["zone-1"]


def test_a_uuid_that_another_accounts_service_has_is_invisible_and_refused(driver: Driver) -> None:
    tenant, own = driver.as_tenant(), uuid.uuid4().hex
    driver.add(resourceUuid=own)
    assert tenant.rows(f"uuid={own}") == tenant.rows(path=f"{SERVICES}/{own}") == []
    assert tenant.error("POST", SERVICES, {"param": minimal(resourceUuid=own)})["code"] == "SYS.1002"


@pytest.mark.parametrize(("features", "code"), [("", "ID.1002"), ("denied-code:SYS.1019", "SYS.1019")])
def test_what_belongs_to_another_account_cannot_be_used(
    driver_with: Callable[..., Driver], features: str, code: str
) -> None:
    driver = driver_with(features=features)
    tenant, service = driver.as_tenant(), driver.add()["uuid"]
    [record] = [driver.done("POST", "/user-tags", tag(service, "blue"))["inventory"]["uuid"]]
    group = driver.deploy(service)["uuid"]
    path = f"{SERVICES}/{service}"
    binding = f"/ai/models/{constants.MODEL_UUID}/model-services/{service}"
    attach = {"params": {"resourceUuids": [service]}}
    for method, target, body in (
        ("PUT", path, {"updateModelService": {"name": "x"}}),
        ("PUT", path, {"deployModelService": deployment()}),
        ("POST", path, {"params": {}}),
        ("DELETE", path, None),
        ("POST", binding, {"param": {}}),
        ("DELETE", binding, None),
        ("POST", "/user-tags", tag(service, "red")),
        ("DELETE", f"/tags/{record}", None),
        ("POST", f"/tags/{constants.STAGING_TAG_UUID}/resources", attach),
        ("PUT", f"/model-service-instance-groups/{group}", {"updateModelServiceInstanceGroup": {"name": "x"}}),
        ("DELETE", f"{GROUPS}{group}", None),
    ):
        assert tenant.error(method, target, body)["code"] == code, (method, target)
    assert tenant.rows(path=GROUPS) == []
    [left] = driver.simulator.services()
    assert (left["name"], left["userTags"]) == ("svc", ["blue"])
