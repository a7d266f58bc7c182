# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets are recognized by their keys, and redacted in every notation of an environment."""

from __future__ import annotations

import time

import pytest
import yaml
from ansible_collections.zstack.aios.plugins.module_utils._common.secrets import SecretTexts
from ansible_collections.zstack.aios.plugins.module_utils._common.text import MASK
from ansible_collections.zstack.aios.plugins.module_utils._model import yaml_codec
from ansible_collections.zstack.aios.plugins.module_utils._model.environment import environment_of
from ansible_collections.zstack.aios.plugins.module_utils._model.redaction import OTHER, Redactor, restored
from ansible_collections.zstack.aios.plugins.module_utils._model.yaml_type import Yaml
from ansible_collections.zstack.aios.tests.support import strategies
from hypothesis import given, settings

SECRET = [
    "HF_TOKEN", "hfToken", "token", "HFTOKEN", "AUTHTOKEN", "accesstoken", "PASSWORD", "PGPASSWORD", "db.password",
    "passwords", "DB_PASSWD", "MYPASSWD", "PASSPHRASE", "MYSQL_PWD", "client_secret", "MYSECRET", "APP_SECRETS", "KEY",
    "API_KEY", "apiKey", "api-key", "SSH_KEYS", "OPENAI_APIKEY", "MYAPIKEY", "APIKEYS", "ACCESSKEY", "SECRETKEY", "PRIVATEKEY",
    "AWS_SECRET_ACCESS_KEY", "credential", "MYCREDENTIAL", "credentials", "GOOGLE_CREDENTIALS", "MYCREDENTIALS", "DB_PASS",
    "GITHUB_PAT", "BASIC_AUTH", "AUTHORIZATION", "SESSION_COOKIE", "DB_CREDS",
]  # fmt: skip
PLAIN = [
    "TOKENIZER", "MAX_TOKENS", "max_new_tokens", "KEYBOARD", "MONKEY", "SECRETARY", "PATH", "LOG_LEVEL", "PASS_THROUGH",
    "AUTH_MODE", "COOKIE_PATH", "PATTERN", "BYPASS", "COMPAT", "CREDSTORE", "",
]  # fmt: skip
NOTATIONS = {
    "texts with a colon": "env: ['HF_TOKEN:5up3r', 'LEVEL:1']",
    "texts with an equals sign": "env: [HF_TOKEN=5up3r, LEVEL=1]",
    "mappings of one key": "env: [HF_TOKEN: 5up3r, LEVEL: 1]",
    "names and values": "env: [{name: HF_TOKEN, value: 5up3r}, {name: LEVEL, value: 1}]",
    "a mapping": "env: {HF_TOKEN: 5up3r, LEVEL: 1}",
}


@pytest.mark.parametrize("key", SECRET)
def test_a_key_with_a_secret_word_is_secret(key: str) -> None:
    assert Redactor().is_secret(key)


@pytest.mark.parametrize("key", PLAIN)
def test_a_key_that_only_looks_alike_is_not_secret(key: str) -> None:
    assert not Redactor().is_secret(key)


def test_further_secret_words_match_whole_words_in_any_case() -> None:
    redactor = Redactor(("Licence", "team pin"))
    assert redactor.is_secret("VENDOR_LICENCE")
    assert redactor.is_secret("licence")
    assert redactor.is_secret("Team PIN")
    assert not redactor.is_secret("LICENCES")
    assert not Redactor().is_secret("VENDOR_LICENCE")


@pytest.mark.parametrize("text", NOTATIONS.values(), ids=NOTATIONS)
def test_secrets_are_redacted_in_every_notation_of_an_environment_and_only_there(text: str) -> None:
    shown = Redactor().redact_yaml(f"{text}\nservices: [{{token_field: HF_TOKEN}}]")
    document = yaml.safe_load(shown)
    assert "5up3r" not in shown
    assert environment_of(document) == {"HF_TOKEN": MASK, "LEVEL": "1"}
    assert document["services"] == [{"token_field": "HF_TOKEN"}]


@pytest.mark.parametrize("text", NOTATIONS.values(), ids=NOTATIONS)
def test_a_secret_that_replaces_another_is_distinguished_from_one_that_stays(text: str) -> None:
    other = text.replace("5up3r", "n3w")
    assert environment_of(yaml.safe_load(Redactor().redact_yaml(other, text))) == {"HF_TOKEN": OTHER, "LEVEL": "1"}
    for before in (other, "", "env: {", "env: {LEVEL: 1}"):
        assert environment_of(yaml.safe_load(Redactor().redact_yaml(other, before))) == {
            "HF_TOKEN": MASK,
            "LEVEL": "1",
        }


@pytest.mark.parametrize("text", NOTATIONS.values(), ids=NOTATIONS)
def test_a_redacted_yaml_that_is_declared_stands_for_the_current_one(text: str) -> None:
    field_type = Yaml()
    shown = field_type.parse(Redactor().redact_yaml(text))
    assert field_type.same(shown, text)
    assert field_type.complete(shown, text).text.count("5up3r") == 1


def test_an_empty_value_is_no_secret() -> None:
    redactor = Redactor()
    text = 'env: {HF_TOKEN: "", API_KEY: null}\nenvironment: ["PASSWORD="]'
    assert redactor.redact_yaml(text) == text
    assert redactor.redact_map({"HF_TOKEN": "", "API_KEY": "k-1"}) == {"HF_TOKEN": "", "API_KEY": MASK}


def test_a_text_without_secrets_is_returned_unchanged() -> None:
    for text in ("# token\nenv: [A:1]  # note", "a: {token: x}", "env: token", "", "env: [MONKEY:1, no pair]"):
        assert Redactor().redact_yaml(text) == text


def test_a_text_that_is_not_yaml_is_cut_after_its_first_secret_key() -> None:
    shown = Redactor().redact_yaml("env: [A:1, HF_TOKEN: '5up3r\n  more: 5up3r")
    assert shown == f"env: [A:1, HF_TOKEN: {MASK}"


@settings(max_examples=60)
@given(strategies.service_yamls())
def test_redaction_hides_every_secret_and_changes_nothing_else(document: dict[str, object]) -> None:
    text = yaml_codec.dump(document)
    shown = yaml_codec.load(Redactor().redact_yaml(text)).value
    before, after = environment_of(document), environment_of(shown)
    assert (before is None) == (after is None)
    for key, value in (before or {}).items():
        assert (after or {})[key] == (MASK if value and Redactor().is_secret(key) else value)
    for side in (document, shown):
        side.pop("env", None)
    assert repr(shown) == repr(document)


def test_every_piece_of_a_huge_secret_is_redacted() -> None:
    secret = "".join(f"piece {number:06}." for number in range(100_000))
    shown = SecretTexts([secret]).redact(f"so {secret} it is")
    assert set(shown.removeprefix("so ").removesuffix(" it is")) == {"*"}


@pytest.mark.parametrize("shape", ["many lines", "many secrets", "one huge text", "one letter"])
def test_redacting_takes_little_time_whatever_is_secret(shape: str) -> None:
    lines = [f"value of the line {number}" for number in range(50_000)]
    secrets = {
        "many lines": ["\n".join(lines)],
        "many secrets": lines,
        "one huge text": ["x" * 5 + "y" * 2_000_000],
        "one letter": ["z" * 500_000 + "1"],
    }[shape]
    text = "x" + "\n".join(lines) + " value of the line" + "x" * 10 + "y" * 100_000 + "z" * 500_000
    begun = time.process_time()
    texts = SecretTexts(secrets)
    shown = texts.redact(text)
    assert time.process_time() - begun < 5
    assert ("value of the line 49999" in shown) == (shape in ("one huge text", "one letter"))


def test_a_secret_that_is_not_valid_unicode_is_redacted() -> None:
    assert SecretTexts(["half-\ud800-a-pair"]).redact("so half-\ud800-a-pair it is") == f"so {MASK} it is"


@pytest.mark.parametrize("order", [1, -1])
def test_the_longest_of_several_secrets_is_redacted_first(order: int) -> None:
    texts = SecretTexts(["s3cret-one", "s3cret-one-and-more", "s3cret-one-and-more-yet"][::order])
    assert texts.redact("a s3cret-one-and-more-yet, s3cret-one-and, s3cret-one") == f"a {MASK}, {MASK}-and, {MASK}"


def test_a_secret_is_redacted_wherever_else_it_appears() -> None:
    redactor = Redactor()
    shown = redactor.redact_yaml("env: {HF_TOKEN: tok-5up3r}\nurl: http://tok-5up3r@example.com")
    assert "5up3r" not in shown
    assert "http://********@example.com" in shown
    assert redactor.redact("said tok-5up3r") == f"said {MASK}"
    shown = Redactor().redact_yaml("env: {HF_TOKEN: new-5ecret2}\nurl: old-5ecret1", "env: {HF_TOKEN: old-5ecret1}")
    assert "5ecret" not in shown
    assert OTHER in shown
    assert Redactor().redact_map({"HF_TOKEN": "tok-5up3r", "URL": "x tok-5up3r"}) == {
        "HF_TOKEN": MASK,
        "URL": f"x {MASK}",
    }
    redactor.learn(["an0ther-one"])
    assert redactor.redact("an0ther-one") == MASK


@pytest.mark.parametrize(
    ("wanted", "current", "fits"),
    [
        ("a********b", "a-b", True),
        ("a********b", "ab", False),
        ("********b", "b", False),
        ("a********", "a", False),
        ("********", "x", True),
        ("ab********ba", "aba", False),
        ("x********y********z", "xAyBz", True),
        ("x********y********z", "xyBz", False),
        ("x********y********z", "xAyz", False),
        ("x********y********z", "xAyByCz", True),
        ("x********y********z", "wAyBz", False),
        ("x********y********z", "xAyBw", False),
        (f"x{OTHER}z", "xAz", True),
    ],
)
def test_a_redacted_text_stands_for_a_current_one_that_it_fits(wanted: str, current: str, fits: bool) -> None:
    assert restored(wanted, current) == (current if fits else None)
    assert restored(wanted, None) is None
    assert restored(current, "anything") == current
