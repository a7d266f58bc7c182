# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several hosts, plays or tasks that reach one platform do not prune what the others declare."""

from __future__ import annotations

import re
from typing import Any

import yaml
from ansible_collections.zstack.aios.tests.simulator import constants
from ansible_collections.zstack.aios.tests.support.playbooks import PASSWORD_VARIABLE, Field, Run, service

PRUNE = {
    "model_services_prune": True,
    "model_services_prune_conditions": ["name~=team-%"],
    "model_services_prune_limit": "100%",
}
ROLE = {"ansible.builtin.import_role": {"name": "zstack.aios.model_services"}}


def play(hosts: str, tasks: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """Return a play."""
    return {"name": f"Play for {hosts}", "hosts": hosts, "gather_facts": False, "tasks": tasks, **more}


def run(field: Field, plays: list[dict[str, Any]], variables: dict[str, Any] | None = None) -> Run:
    """Run a playbook of these plays."""
    (field.folder / "site.yml").write_text(yaml.safe_dump(plays, sort_keys=False), encoding="utf-8")
    return field.run("site.yml", variables=variables)


def refused(done: Run) -> set[str]:
    """Return the hosts that the role refused."""
    return set(re.findall(r"^fatal: \[([\w-]+)[^\]]*\]", done.text, re.MULTILINE))


def test_hosts_of_one_platform_are_refused_in_whatever_way_their_address_is_given(two: Field) -> None:
    url = two.platforms["one"].url
    scheme, _slashes, rest = url.partition("://")
    port = int(re.findall(r":(\d+)/", url)[0])
    spelt: dict[str, dict[str, Any]] = {
        "url": {"model_services_host": url},
        "port": {"model_services_host": "127.0.0.1", "model_services_port": port, "model_services_protocol": scheme},
        "localhost": {"model_services_host": url.replace("127.0.0.1", "localhost")},
        "capitals": {"model_services_host": f"{scheme.upper()}://{rest.replace('127.0.0.1', 'LOCALHOST')}/"},
        "blank": {"model_services_host": f"{url} "},
        "path": {"model_services_host": "127.0.0.1", "model_services_port": str(port), "model_services_protocol": scheme,
                 "model_services_context_path": "/zstack"},
    }  # fmt: skip
    other = two.hosts.pop("two")
    two.hosts = {host: {**PASSWORD_VARIABLE, **more} for host, more in spelt.items()}
    two.hosts |= {"other": other, "vars": dict(PASSWORD_VARIABLE), "parameter": dict(PASSWORD_VARIABLE)}
    for host, more in two.hosts.items():
        more["model_services_items"] = [service(f"team-{host}")]
    # The address of the play and of the role is that of the inventory where there is one.
    given = {"model_services_host": "{{ hostvars[inventory_hostname].model_services_host | default(url) }}", "url": url}
    tasks = [{**ROLE, "vars": given}]
    in_play = play("url:vars:other", [ROLE], vars={**given, "model_services_host": f"{{{{ '{other['model_services_host']}' "
                   f"if inventory_hostname == 'other' else '{url}' }}}}"})  # fmt: skip
    done = run(two, [play("platforms:!vars", tasks), in_play], PRUNE)
    assert refused(done) == {*spelt, "parameter", "vars"}, done.text
    assert "several hosts are the same platform: blank, capitals, localhost, parameter, path, port, url" in done.text
    assert "several hosts are the same platform: url, vars" in done.text
    assert two.writes("one") == []
    assert two.names("two") == ["team-other"]


def test_hosts_that_cannot_be_seen_before_are_refused_until_a_play_identifies_them(two: Field) -> None:
    for host in two.platforms:
        two.declare(host, model_services_items=[service("team-new")])
    for more in ({"strategy": "free"}, {"serial": 1}):
        for simulator in two.platforms.values():
            simulator.reset()
            simulator.seed([{"name": "team-old", "yaml": "a: 1"}])
        # With the strategy free both could happen to be known in time, and then none is refused.
        two.platforms["two"].faults([{"match": {"kind": "login", "nth": 1}, "fault": {"delay": {"seconds": 3}}}])
        done = run(two, [play("platforms", [ROLE], **more)], PRUNE)
        assert "the platforms of these hosts are not known: " in done.text
        assert refused(done), done.text
        assert all(two.names(host) == ["team-old"] for host in refused(done))
    identify = play("platforms", [{"ansible.builtin.import_role": {"name": "zstack.aios.model_services",
                                                                   "tasks_from": "platform"}}])  # fmt: skip
    known = run(two, [identify, play("platforms", [ROLE], serial=1)], PRUNE)
    assert known.code == 0, known.text
    assert two.names("one") == two.names("two") == ["team-new"]


def test_a_play_does_not_prune_what_an_earlier_play_of_the_run_declared(two: Field) -> None:
    one, other = (two.platforms[host].url for host in two.platforms)
    for simulator in two.platforms.values():
        simulator.seed([{"name": name, "yaml": "a: 1"} for name in ("team-old", "team-gone")])
    login = {"account_name": constants.ADMIN_ACCOUNT}
    prune = {"prune": True, "prune_conditions": ["name~=team-%"], "prune_limit": "100%"}

    def bulk(url: str, *names: str, **more: Any) -> dict[str, Any]:
        declared = [{"name": name} if name == "team-old" else service(name) for name in names]
        return {"zstack.aios.model_services": {"host": url, **login, "model_services": declared, **more}}

    part = {"zstack.aios.model_services": {"host": one, **login, "only": ["team-bulk"],
                                           "model_services": [service("team-bulk"), {"name": "team-old"}]}}  # fmt: skip
    single = {"zstack.aios.model_service": {"host": one, **login, **service("team-single")}}
    spelt = one.replace("127.0.0.1", "localhost")
    message = 'declares 3 services that would be deleted: "team-bulk", "team-old", "team-single"'
    tasks = {
        "first": [bulk(other, "team-bulk", "team-single"), part, single],
        "second": [{**bulk(spelt, "team-new", **prune), "register": "kept", "ignore_errors": True},
                   {"ansible.builtin.assert": {"that": ["kept.failure.code == 'prune_declared'", f"'{message}' in kept.msg"]}}],
        "third": [bulk(one, "team-bulk", "team-single", "team-new", "team-old", **prune)],
    }  # fmt: skip
    done = run(two, [play("localhost", steps) for steps in tasks.values()])
    assert done.code == 0, done.text
    assert two.names("one") == ["team-bulk", "team-new", "team-old", "team-single"]

    # Services of the same names and derived UUIDs on another platform are others; a new run knows nothing of the last.
    declare, elsewhere = bulk(one, "team-bulk", "team-single", "team-new"), bulk(other, "team-new", **prune)
    done = run(two, [play("localhost", [declare]), play("localhost", [elsewhere])])
    assert done.code == 0, done.text
    assert two.names("two") == ["team-new"]
