# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is declared holds also for what the platform does not show: its fingerprint is kept with the service."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Field
from ansible_collections.zstack.aios.plugins.module_utils._model.fingerprints import PREFIX
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import FIELDS
from ansible_collections.zstack.aios.tests.conftest import Platform
from ansible_collections.zstack.aios.tests.support import strategies
from ansible_collections.zstack.aios.tests.support.samples import NEW, rule
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

MODULE, BULK = "model_service", "model_services"
UNSEEN = [field for field in FIELDS if field.unseen]
HIDDEN = [field for field in UNSEEN if not field.shown_at]
#: How a platform treats the fields that live in its YAML: it merges them, writes its YAML anew, or shows none of them.
KINDS = ["", "yaml-anew", "no-fold"]
steady = settings(
    max_examples=8,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
unseen_values = st.fixed_dictionaries({}, optional={field.option: strategies.values_of(field) for field in UNSEEN})


def tags(platform: Platform, prefix: str = PREFIX) -> list[str]:
    """Return the user tags of all services that begin with a text."""
    return [tag for row in platform.sim.services() for tag in row["userTags"] if tag.startswith(prefix)]


def kinds(platform: Platform) -> list[str]:
    """Return the kinds of all writes, and forget them."""
    found = platform.write_kinds()
    platform.sim.clear_log()
    return found


def apply(platform: Platform, *items: dict[str, Any], **more: Any) -> Any:
    """Apply a declaration, which must succeed."""
    result = platform.run(BULK, {"model_services": json.loads(json.dumps(items)), **more})
    assert not result.failed, result["msg"]
    return result


def warnings(result: Any) -> str:
    """Return the warnings of a result as one text, whatever their form in this version of ansible-core."""
    return " ".join(map(str, result.get("warnings", [])))


@pytest.fixture
def adopted(platform: Platform) -> str:
    """The uuid of a service that was made by hand."""
    [uuid] = platform.sim.seed([{"name": "chat", "yaml": "note: by hand"}])
    return str(uuid)


@pytest.mark.parametrize("features", KINDS)
@pytest.mark.parametrize("field", UNSEEN, ids=lambda field: field.option)
def test_a_declared_value_is_sent_once_and_another_one_once_more(
    platform_with: Callable[..., Platform], field: Field, features: str
) -> None:
    platform = platform_with(features=features)
    [uuid] = platform.sim.seed([{"name": "chat", "yaml": "{}"}])
    sample = strategies.sample(field)
    for value in (sample.value, sample.other, sample.value):
        first = apply(platform, {"uuid": uuid, field.option: value})
        assert [row["changed_fields"] for row in first["results"]] == [[field.option]]
        assert kinds(platform).count("update") == 1
        for form in (value, *(sample.same if value == sample.value else ())):
            assert not apply(platform, {"uuid": uuid, field.option: form})["changed"]
        assert kinds(platform) == []


@pytest.mark.parametrize("features", [*KINDS, "no-tags", "no-user-tags"])
def test_any_declaration_holds_after_one_run(platform_with: Callable[..., Platform], features: str) -> None:
    platform = platform_with(features=features)

    @steady
    @given(st.lists(st.tuples(strategies.inventories(), unseen_values, unseen_values), min_size=1, max_size=6))
    def check(services: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]) -> None:
        platform.sim.reset()
        plain = [{**json.loads(json.dumps(inventory)), "yaml": "{}"} for inventory, _one, _other in services]
        uuids = platform.sim.seed(plain)
        for version in (1, 2):
            items = [{"uuid": uuid, **service[version]} for uuid, service in zip(uuids, services, strict=True)]
            apply(platform, *items)
            platform.sim.clear_log()
            again = apply(platform, *items)
            assert not again["changed"], again["results"]
            assert {kind for kind in kinds(platform) if kind not in ("tag", "other")} == set()

    check()


@pytest.mark.parametrize("made", ["created", "cloned"])
def test_what_a_new_service_got_is_remembered(platform: Platform, made: str) -> None:
    apply(platform, {"name": "source", **NEW, "startup_parameters": {"LEVEL": "info"}})
    source = {"clone_from": "source"} if made == "cloned" else NEW
    item = {"name": "chat", **source, "startup_parameters": {"LEVEL": "debug"}}
    assert apply(platform, item)["summary"][made] == 1
    platform.sim.clear_log()
    assert not apply(platform, item)["changed"]
    assert kinds(platform) == []
    assert apply(platform, {**item, "startup_parameters": {"LEVEL": "info"}})["summary"]["updated"] == 1


def test_a_fingerprint_of_another_service_matches_nothing(platform: Platform) -> None:
    item = {"name": "chat", **NEW, "startup_parameters": {"LEVEL": "debug"}}
    apply(platform, item)
    [tag] = tags(platform)
    [uuid] = platform.sim.seed([{"name": "copy", "yaml": "{}", "userTags": [tag]}])
    assert apply(platform, {"uuid": uuid, "startup_parameters": {"LEVEL": "debug"}})["summary"]["updated"] == 1


def test_two_declarations_of_a_part_each_do_not_undo_one_another(platform: Platform, adopted: str) -> None:
    one, other = {"uuid": adopted, "startup_parameters": {"A": "1"}}, {"uuid": adopted, "inference_params": {"B": "2"}}
    for item in (one, other):
        assert apply(platform, item)["changed"]
    for item in (one, other):
        assert not apply(platform, item)["changed"]
    assert len(tags(platform)) == 1


def test_the_tag_is_no_user_tag(platform: Platform, adopted: str) -> None:
    item = {"uuid": adopted, "startup_parameters": {"A": "1"}, "user_tags": ["team"]}
    apply(platform, item)
    assert len(tags(platform)) == 1
    assert len(tags(platform, "team")) == 1
    kinds(platform)
    assert not apply(platform, item)["changed"]
    assert apply(platform, {"uuid": adopted, "user_tags": []})["changed"]
    assert kinds(platform) == ["tag"]
    assert not apply(platform, {"uuid": adopted, "startup_parameters": {"A": "1"}})["changed"]
    shown = json.dumps(platform.run("model_service_info", {"declared": True}))
    shown += json.dumps(platform.run("model_service_info", {"conditions": ["__userTag__=nothing"]}))
    assert PREFIX not in shown
    assert platform.run("model_service_info", {"conditions": ["__userTag__~=zstack%"]})["total"] == 0


def test_a_secret_is_in_no_tag(platform: Platform, adopted: str) -> None:
    apply(platform, {"uuid": adopted, "startup_parameters": {"HF_TOKEN": strategies.SECRET_VALUE}})
    [tag] = tags(platform)
    assert strategies.SECRET_VALUE not in tag
    assert len(tag) < 100


@pytest.mark.parametrize("write", ["the update", "the new tag", "the old tag"])
def test_a_run_that_fails_in_between_is_made_good_by_the_next(platform: Platform, adopted: str, write: str) -> None:
    values = [{"uuid": adopted, "startup_parameters": {"LEVEL": level}} for level in ("info", "debug")]
    apply(platform, values[0])
    fault: dict[str, Any] = {"job_error": {"code": "SYS.1000"}}
    match = {"the update": {"kind": "update"}, "the new tag": {"kind": "tag", "method": "POST"}}
    platform.sim.faults([{"match": match.get(write, {"kind": "tag", "method": "DELETE"}), "fault": fault}])
    result = platform.run(BULK, {"model_services": [values[1]]})
    assert result.failed == (write == "the update")
    if write != "the update":
        assert "their fingerprints could not be stored" in warnings(result)
    assert apply(platform, values[1])["changed"]
    assert not apply(platform, values[1])["changed"]
    assert apply(platform, values[0])["changed"], "a value that is taken back is sent"
    assert len(tags(platform)) == 1


def test_the_advice_after_user_tags_could_not_be_read_fits_a_platform_that_has_them(
    platform: Platform, adopted: str
) -> None:
    forbidden = {"status": {"code": 403, "body": "<html>403</html>"}}
    no_tags = {"match": {"path_regex": "user-tags$", "times": 0}, "fault": forbidden}
    platform.sim.faults([no_tags, rule("update", "job_error")])
    items = [{**service, "startup_parameters": {"a": "1"}} for service in ({**NEW, "name": "new"}, {"uuid": adopted})]
    failed = platform.run(BULK, {"model_services": items, "concurrency": 1})
    assert "run again; where user tags still cannot be used, run once with update_write_only=always" in failed["msg"]
    platform.sim.clear_faults()
    platform.sim.clear_log()
    apply(platform, *items)
    assert kinds(platform).count("update") == 2
    apply(platform, *items)
    assert kinds(platform) == []


def test_a_tag_whose_outcome_is_lost_is_there_once(platform: Platform, adopted: str) -> None:
    platform.sim.faults([rule("tag", "close_after"), rule("tag", "job_lost", nth=2)])
    for level in ("info", "debug"):
        result = apply(platform, {"uuid": adopted, "startup_parameters": {"LEVEL": level}})
        assert warnings(result) == ""
    assert len(tags(platform)) == 1
    assert not apply(platform, {"uuid": adopted, "startup_parameters": {"LEVEL": "debug"}})["changed"]


@pytest.mark.parametrize(
    ("features", "more", "cure"),
    [
        ("no-tags", {}, "does not have GET /v1/user-tags"),
        ("no-user-tags", {}, "does not have POST /v1/user-tags"),
        ("", {"update_write_only": "on_change"}, "set update_write_only to remember"),
    ],
)
def test_what_is_neither_compared_nor_sent_is_counted(
    platform_with: Callable[..., Platform], features: str, more: dict[str, Any], cure: str, tmp_path: Any
) -> None:
    platform = platform_with(features=features)
    uuids = platform.sim.seed([{"name": f"chat-{number}", "yaml": "{}"} for number in range(3)])
    items = [{"uuid": uuid, "startup_parameters": {"A": "1"}} for uuid in uuids]
    items[0]["inference_params"] = {"B": "2"}
    path = tmp_path / "report.md"
    result = apply(platform, *items, report_path=str(path), **more)
    assert not result["changed"]
    assert result["uncompared"] == {"inference_params": 1, "startup_parameters": 3}
    warning = warnings(result)
    assert "Declared values of 3 services were neither compared nor sent" in warning
    assert "inference_params (1), startup_parameters (3)" in warning
    assert cure in warning
    assert "inference_params of 1 service, startup_parameters of 3 services" in path.read_text(encoding="utf-8")
    single = platform.run(MODULE, {"uuid": uuids[0], "startup_parameters": {"A": "1"}, **more})
    assert single["uncompared"] == {"startup_parameters": 1}
    platform.sim.clear_log()
    changed = apply(platform, {**items[0], "description": "new"}, **more)
    assert "uncompared" not in changed, "another change takes them along"
    assert [kind for kind in kinds(platform) if kind != "other"] == ["update"]  # other: whether a tag can be added


def test_a_plan_sends_nothing_and_predicts_what_is_sent(platform: Platform, adopted: str) -> None:
    item = {"uuid": adopted, "startup_parameters": {"A": "1"}}
    plan = platform.run(BULK, {"model_services": [item]}, check=True)
    assert plan["results"][0]["changed_fields"] == ["startup_parameters"]
    assert platform.sim.services()[0]["userTags"] == []
    apply(platform, item)
    platform.sim.clear_log()
    assert not platform.run(BULK, {"model_services": [item]}, check=True)["changed"]
    assert platform.writes() == []


@pytest.mark.parametrize(("count", "listings"), [(100, 1), (400, 1), (1100, 2)])
def test_fingerprints_of_many_services_cost_few_requests(platform: Platform, count: int, listings: int) -> None:
    uuids = platform.sim.seed([{"name": f"chat-{number}", "yaml": "{}"} for number in range(count)])
    items = [{"uuid": uuid, "startup_parameters": {"A": "1"}} for uuid in uuids]
    apply(platform, *items[:100], concurrency=20)
    without = [{"uuid": uuid, "request_cpu": 0} for uuid in uuids]
    base = platform.run(BULK, {"model_services": without}, check=True)["summary"]["requests"]
    requests = platform.run(BULK, {"model_services": items}, check=True)["summary"]["requests"]
    assert requests - base <= listings


def test_what_only_the_yaml_says_and_the_platform_drops_is_an_error_with_its_cure(
    platform_with: Callable[..., Platform],
) -> None:
    platform = platform_with(features="yaml-anew")
    item = {"name": "chat", **NEW, "yaml": "note: mine", "service_ports": [8000]}
    result = platform.run(MODULE, item)
    assert result.failed
    assert "ignored yaml" in result["msg"]
    assert "generates its YAML from service_ports" in result["msg"]
    assert "remove yaml, or service_ports" in result["msg"]
    fits = {**item, "yaml": {"services": [{"ports": [8000]}]}}
    assert platform.run(MODULE, fits).failed is False
    platform.sim.clear_log()
    assert platform.run(MODULE, fits)["action"] == "unchanged"
