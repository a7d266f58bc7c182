# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values that were encrypted with Ansible Vault are shown nowhere, whatever their key."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible.parsing import vault
from ansible_collections.zstack.aios.tests.simulator import constants
from ansible_collections.zstack.aios.tests.support.playbooks import Field, service

#: ansible-core 2.19 and later mark a decrypted value; before, only a value that stands in the task itself is known.
KEEPS_MARKS = hasattr(vault, "VaultHelper")
SECRETS = {name: f"postgres://user:0p3n-s3same-{name}@db/models" for name in ("direct", "listed", "whole", "role")}


class Encrypted(str):
    """A text to be written with the tag that says that it is encrypted."""


class _Dumper(yaml.SafeDumper):
    pass


def _tagged(dumper: yaml.SafeDumper, value: Encrypted) -> yaml.Node:
    return dumper.represent_scalar("!vault", str(value), style="|")


_Dumper.add_representer(Encrypted, _tagged)


def encrypted(text: str) -> Encrypted:
    """Return a text encrypted with the password that :func:`run` gives."""
    return Encrypted(vault.VaultLib([("default", vault.VaultSecret(b"open sesame"))]).encrypt(text).decode())


def run(field: Field, tasks: list[dict[str, Any]], **variables: Any) -> str:
    """Run tasks with all that -vvv and --diff show, and return it."""
    (field.folder / "password").write_text("open sesame\n", encoding="utf-8")
    play = {"hosts": "platforms", "gather_facts": False, "tasks": tasks, "vars": variables}
    (field.folder / "site.yml").write_text(yaml.dump([play], Dumper=_Dumper, sort_keys=False), encoding="utf-8")
    done = field.run("site.yml", "-vvv", "--diff", "--vault-password-file", "password")
    assert done.code == 0, done.text
    return done.text


def with_url(name: str, value: Any) -> dict[str, Any]:
    """Return a service with a parameter whose key does not say that it is secret."""
    return service(name, environment_parameters={"DB_URL": value, "LEVEL": "debug"}, description=value)


def test_an_encrypted_value_in_a_task_is_redacted_under_every_key(field: Field) -> None:
    login = {"host": field.platforms["one"].url, "account_name": constants.ADMIN_ACCOUNT}
    here = {"delegate_to": "localhost", "vars": {"ansible_connection": "local"}}
    single = {"zstack.aios.model_service": {**login, **with_url("direct", encrypted(SECRETS["direct"]))}, **here}
    bulk = {
        "zstack.aios.model_services": {**login, "model_services": [with_url("listed", encrypted(SECRETS["listed"]))]}
    }
    text = run(field, [single, {**bulk, **here}])
    stored = {each["name"]: each["description"] for each in field.platforms["one"].services()}
    assert stored == {name: SECRETS[name] for name in ("direct", "listed")}
    assert "LEVEL" in text
    for name in stored:
        assert f"0p3n-s3same-{name}" not in text


@pytest.mark.skipif(not KEEPS_MARKS, reason="this ansible-core loses the mark in a template")
def test_an_encrypted_variable_is_redacted_under_every_key_also_through_the_role(field: Field) -> None:
    login = {"host": field.platforms["one"].url, "account_name": constants.ADMIN_ACCOUNT}
    whole = {
        "zstack.aios.model_service": {**login, **with_url("whole", "{{ whole }}")},
        "delegate_to": "localhost",
        "vars": {"ansible_connection": "local"},
    }
    role = {"ansible.builtin.import_role": {"name": "zstack.aios.model_services"}}
    given = {name: encrypted(SECRETS[name]) for name in ("whole", "role")}
    text = run(field, [whole, role], model_services_items=[with_url("role", "{{ role }}")], **given)
    assert {each["name"]: each["description"] for each in field.platforms["one"].services()} == {
        name: SECRETS[name] for name in given
    }
    for name in given:
        assert f"0p3n-s3same-{name}" not in text
