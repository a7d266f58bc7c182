# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks that are timed: ours, the peers' and the empty one."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Mapping
from typing import Any

import yaml
from ansible_collections.zstack.aios.tests.simulator import constants

from tools.benchmark.services import declaration, declarations, wire

Task = dict[str, Any]
#: The file of the declarations, as ``vars_files`` and as ``src``.
DECLARED = "services.yml"
_SERVICES = "{{ model_services }}"
_LABEL: Task = {"loop_control": {"label": "{{ item.name }}"}}
_FOUND_LABEL: Task = {"loop_control": {"label": "{{ item.item.name }}"}}
_MISSING = "(item.content | from_json).inventories | length == 0"
_SESSION = "{{ (login.content | from_json).inventory.uuid }}"


def write_declarations(
    folder: pathlib.Path, count: int, more_cpus: int = 0, more: Mapping[str, Any] | None = None
) -> None:
    """Write the first ``count`` services into the folder; the last one asks for so many CPUs more than it otherwise does.

    :param more: further options of each service.
    """
    services = [{**service, **(more or {})} for service in declarations(count)]
    services[-1]["request_cpu"] += more_cpus
    text = yaml.dump({"model_services": services}, Dumper=yaml.CSafeDumper, sort_keys=False, width=1000)
    (folder / DECLARED).write_text(text, encoding="utf-8")


def write_playbook(folder: pathlib.Path, name: str, tasks: list[Task], variables: bool) -> pathlib.Path:
    """Write a play of the tasks on localhost; ``variables`` says whether it loads the declarations as variables."""
    play = {"hosts": "localhost", "gather_facts": False, "tasks": tasks}
    if variables:
        play["vars_files"] = [DECLARED]
    path = folder / f"{name}.yml"
    path.write_text(json.dumps([play], indent=1), encoding="utf-8")
    return path


def empty() -> list[Task]:
    """Return what every run costs: one task that does nothing."""
    return [{"name": "Do nothing", "ansible.builtin.debug": {"msg": "nothing"}}]


def bulk_from_variables() -> list[Task]:
    """Return our one task, given the list as a variable."""
    return [{"name": "All", "zstack.aios.model_services": {"model_services": _SERVICES}}]


def bulk_from_src() -> list[Task]:
    """Return our one task, given the file."""
    return [{"name": "All", "zstack.aios.model_services": {"src": ["{{ playbook_dir }}/" + DECLARED]}}]


def loop_of_single(access_key: bool = False) -> list[Task]:
    """Return a loop of the module for one service.

    :param access_key: sign requests rather than log in, which saves the login and the logout of each item.
    """
    options = {option: f"{{{{ item.{option} }}}}" for option in declaration(0)}
    if access_key:
        options |= {"access_key_id": constants.ACCESS_KEY_ID, "access_key_secret": constants.ACCESS_KEY_SECRET}
    return [{"name": "Each", "zstack.aios.model_service": options, "loop": _SERVICES, **_LABEL}]


def loop_of_hcloud(url: str) -> list[Task]:
    """Return a loop of a module of another cloud, for as many of its resources."""
    key = "ssh-ed25519 {{ item.name | b64encode }}"
    options = {"name": "{{ item.name }}", "public_key": key, "api_endpoint": url, "api_token": "token"}
    return [{"name": "Each", "hetzner.hcloud.ssh_key": options, "loop": _SERVICES, **_LABEL}]


def loop_of_uri(url: str) -> list[Task]:
    """Return what people write today: ask for each service by name, create those that are missing.

    The jobs behind the creations are not waited for, which a real playbook would have to do: the peer is flattered.
    """
    return [
        _login(url),
        {**_query(url), "register": "found", "loop": _SERVICES, **_LABEL},
        {**_create(url), "when": _MISSING, "loop": "{{ found.results }}", **_FOUND_LABEL},
        _logout(url),
    ]


def loop_of_one_uri(url: str) -> list[Task]:
    """Return a loop with a single request for each service: the least that a task about one thing of an API can do."""
    return [_login(url), {**_query(url), "loop": _SERVICES, **_LABEL}, _logout(url)]


def _login(url: str) -> Task:
    account = {"accountName": constants.ADMIN_ACCOUNT, "password": "{{ lookup('env', 'HASHED_PASSWORD') }}"}
    call = {
        "url": f"{url}/v1/accounts/login", "method": "PUT", "body_format": "json",
        "body": {"logInByAccount": account}, "return_content": True,
    }  # fmt: skip
    return {"name": "Log in", "ansible.builtin.uri": call, "register": "login"}


def _logout(url: str) -> Task:
    call = {"url": f"{url}/v1/accounts/sessions/{_SESSION}", "method": "DELETE"}
    return {"name": "Log out", "ansible.builtin.uri": call}


def _query(url: str) -> Task:
    call = {
        "url": f"{url}/v1/ai/model-services?q=name={{{{ item.name | urlencode }}}}",
        "headers": {"Authorization": f"OAuth {_SESSION}"}, "return_content": True,
    }  # fmt: skip
    return {"name": "Query", "ansible.builtin.uri": call}


def _create(url: str) -> Task:
    body = wire({option: f"{{{{ item.item.{option} }}}}" for option in declaration(0)})
    call = {
        "url": f"{url}/v1/ai/model-services", "method": "POST", "body_format": "json", "status_code": [202],
        "headers": {"Authorization": f"OAuth {_SESSION}"},
        "body": {"param": body},
    }  # fmt: skip
    return {"name": "Create", "ansible.builtin.uri": call}
