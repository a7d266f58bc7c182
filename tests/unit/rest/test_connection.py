# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options and environment to one connection; what is wrong with them is in the table of bad inputs."""

from __future__ import annotations

import string
import time
from pathlib import Path
from typing import Any

import certifi
import pytest
from ansible_collections.zstack.aios.plugins.module_utils._common.errors import InvalidInput
from ansible_collections.zstack.aios.plugins.module_utils._rest.connection import (
    ARGUMENT_SPEC,
    NO_ENVIRONMENT,
    SECRET_OPTIONS,
    Connection,
    read_connection,
    variable,
)
from hypothesis import given
from hypothesis import strategies as st

ACCOUNT = {"account_name": "admin", "account_password": "password"}


def read(environment: dict[str, str] | None = None, **params: Any) -> Connection:
    """Read a connection that logs in with an account."""
    return read_connection({"host": "aios", **ACCOUNT, **params}, environment or {})


def test_a_wrong_protocol_does_not_make_the_host_wrong() -> None:
    with pytest.raises(InvalidInput) as caught:
        read(host="127.0.0.1", protocol="ftp")
    assert [mistake.option for mistake in caught.value.mistakes] == ["protocol"]


@pytest.mark.parametrize("params, url", [
    ({"host": "aios.example.com"}, "http://aios.example.com:8080/zstack"),
    ({"host": "aios.example.com", "protocol": "https", "port": 443}, "https://aios.example.com:443/zstack"),
    ({"host": " aios.example.com "}, "http://aios.example.com:8080/zstack"),
    ({"host": "192.0.2.7"}, "http://192.0.2.7:8080/zstack"),
    ({"host": "2001:db8::7"}, "http://[2001:db8::7]:8080/zstack"),
    ({"host": "[2001:db8::7]:5000"}, "http://[2001:db8::7]:5000/zstack"),
    ({"host": "aios:5000"}, "http://aios:5000/zstack"),
    ({"host": "http://aios:5000/other/"}, "http://aios:5000/other"),
    ({"host": "https://aios.example.com:8443/zstack", "port": 1, "protocol": "http", "context_path": "/no"},
     "https://aios.example.com:8443/zstack"),
    ({"host": "https://aios.example.com", "port": 8443, "context_path": "/other"}, "https://aios.example.com:8443/other"),
    ({"host": "https://aios.example.com/"}, "https://aios.example.com:8080/zstack"),
    ({"host": "aios", "context_path": "other/"}, "http://aios:8080/other"),
    ({"host": "aios", "context_path": "/"}, "http://aios:8080"),
])  # fmt: skip
def test_hosts_are_names_addresses_or_urls_whose_parts_win(params: dict[str, Any], url: str) -> None:
    assert read(**params).base_url == url


def test_defaults() -> None:
    connection = read()
    assert (connection.timeout, connection.job_timeout, connection.verify) == (30, 600, True)
    assert connection.utc_offset == time.localtime().tm_gmtoff


def test_the_environment_fills_in_and_options_win() -> None:
    environment = {
        "ZSTACK_HOST": "from-environment", "ZSTACK_PORT": "5000", "ZSTACK_PROTOCOL": "https", "ZSTACK_TIMEOUT": "7",
        "ZSTACK_JOB_TIMEOUT": "8", "ZSTACK_SERVER_UTC_OFFSET": "+08:00", "ZSTACK_VALIDATE_CERTS": "no",
        "ZSTACK_ACCOUNT_NAME": "somebody", "ZSTACK_ACCOUNT_PASSWORD": "else",
    }  # fmt: skip
    connection = read_connection({}, environment)
    assert connection.base_url == "https://from-environment:5000/zstack"
    assert (connection.timeout, connection.job_timeout, connection.utc_offset) == (7, 8, 28800)
    assert connection.verify is False
    assert (connection.credentials.account, connection.credentials.secret) == ("somebody", "else")
    connection = read(environment, port=1, validate_certs=True)
    assert connection.base_url == "https://aios:1/zstack"
    assert connection.verify is True
    assert connection.credentials.account == "admin"


@pytest.mark.parametrize("option", [name for name in ARGUMENT_SPEC if name not in NO_ENVIRONMENT])
def test_an_empty_environment_value_counts_as_unset(option: str) -> None:
    assert read({variable(option): ""}) == read()


def test_a_way_of_the_options_hides_another_of_the_environment() -> None:
    environment = {"ZSTACK_ACCESS_KEY_ID": "key", "ZSTACK_ACCESS_KEY_SECRET": "secret"}
    assert read(environment).credentials.way == "account_name"
    assert read_connection({"host": "aios"}, environment).credentials.way == "access_key_id"


def test_half_a_way_is_completed_by_the_environment() -> None:
    connection = read_connection({"host": "aios", "account_name": "admin"}, {"ZSTACK_ACCOUNT_PASSWORD": "secret"})
    assert (connection.credentials.account, connection.credentials.secret) == ("admin", "secret")


@pytest.mark.parametrize("text, seconds", [
    ("+08:00", 28800), ("-05:30", -19800), ("+8", 28800), ("+0800", 28800), ("Z", 0), ("utc", 0), ("+00:00", 0),
])  # fmt: skip
def test_offsets(text: str, seconds: int) -> None:
    assert read(server_utc_offset=text).utc_offset == seconds


def test_a_certificate_file_or_folder_is_used_unless_verification_is_off(tmp_path: Path) -> None:
    assert read(ca_path=certifi.where()).verify == certifi.where()
    assert read(ca_path=str(tmp_path)).verify == str(tmp_path)
    assert read(ca_path=certifi.where(), validate_certs=False).verify is False
    (tmp_path / "empty").touch()
    assert read(ca_path=str(tmp_path / "empty")).verify is True


def test_secrets_are_marked_as_such() -> None:
    assert {name for name, spec in ARGUMENT_SPEC.items() if spec.get("no_log")} == set(SECRET_OPTIONS)


def values(option: str) -> st.SearchStrategy[Any]:
    """Return what an option may hold once Ansible has converted it."""
    converted = {"int": st.integers(), "bool": st.booleans(), "path": st.text()}
    if option in SECRET_OPTIONS:
        secret = st.text(string.ascii_letters, min_size=13).map("secret-{}".format)
        return st.none() | secret | st.floats(1e12, 1e13)
    return st.none() | converted.get(str(ARGUMENT_SPEC[option]["type"]), st.text())


@given(st.fixed_dictionaries({}, optional={option: values(option) for option in ARGUMENT_SPEC}))
def test_anything_is_read_or_refused_in_words_without_secrets(params: dict[str, Any]) -> None:
    try:
        connection = read_connection(params, {})
    except InvalidInput as error:
        assert error.code == "connection"
        assert error.message.replace("\n", "").isprintable()
        secrets = [str(params[name]) for name in SECRET_OPTIONS if params.get(name) is not None]
        assert not any(secret in error.message for secret in secrets)
    else:
        assert connection.base_url.startswith(("http://", "https://"))
        assert connection.base_url.isprintable()


@given(st.text())
def test_any_host_is_read_or_refused(host: str) -> None:
    try:
        url = read(host=host).base_url
    except InvalidInput as error:
        assert error.message.replace("\n", "").isprintable()
    else:
        assert " " not in url
        assert url.count("://") == 1
