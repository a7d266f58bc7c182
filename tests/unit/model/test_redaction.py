# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets are told by their keys, and masked in whatever notation an environment stands."""

from __future__ import annotations

import pytest
import yaml
from ansible_collections.zstack.aios.plugins.module_utils._common.text import MASK
from ansible_collections.zstack.aios.plugins.module_utils._model import redaction, yaml_codec
from ansible_collections.zstack.aios.plugins.module_utils._model.field_types import Yaml
from ansible_collections.zstack.aios.plugins.module_utils._model.redaction import OTHER, Redactor
from ansible_collections.zstack.aios.tests.support import strategies
from hypothesis import given, settings

SECRET = [
    "HF_TOKEN", "hfToken", "token", "PGPASSWORD", "db.password", "AWS_SECRET_ACCESS_KEY", "apiKey", "API_KEY", "api-key",
    "OPENAI_APIKEY", "credentials", "GOOGLE_CREDENTIALS", "PASSPHRASE", "MYSQL_PWD", "client_secret", "KEY",
]  # fmt: skip
PLAIN = [
    "TOKENIZER", "MAX_TOKENS", "max_new_tokens", "KEYBOARD", "MONKEY", "SECRETARY", "PATH", "LOG_LEVEL", "PASS_THROUGH",
    "",
]  # fmt: skip
NOTATIONS = {
    "texts with a colon": "env: ['HF_TOKEN:5up3r', 'LEVEL:1']",
    "texts with an equals sign": "env: [HF_TOKEN=5up3r, LEVEL=1]",
    "mappings of one key": "env: [HF_TOKEN: 5up3r, LEVEL: 1]",
    "names and values": "env: [{name: HF_TOKEN, value: 5up3r}, {name: LEVEL, value: 1}]",
    "a mapping": "env: {HF_TOKEN: 5up3r, LEVEL: 1}",
}


@pytest.mark.parametrize("key", SECRET)
def test_keys_that_say_so_are_secret(key: str) -> None:
    assert Redactor().hides(key)


@pytest.mark.parametrize("key", PLAIN)
def test_keys_that_only_look_alike_are_not(key: str) -> None:
    assert not Redactor().hides(key)


def test_further_words_count_as_whole_words_in_any_case() -> None:
    redactor = Redactor(("Licence", "team pin"))
    assert redactor.hides("VENDOR_LICENCE")
    assert redactor.hides("licence")
    assert redactor.hides("Team PIN")
    assert not redactor.hides("LICENCES")
    assert not Redactor().hides("VENDOR_LICENCE")


@pytest.mark.parametrize("text", NOTATIONS.values(), ids=NOTATIONS)
def test_every_notation_of_an_environment_is_masked_and_only_there(text: str) -> None:
    shown = Redactor().mask_yaml(f"{text}\nservices: [{{token_field: HF_TOKEN}}]")
    document = yaml.safe_load(shown)
    assert "5up3r" not in shown
    assert redaction.env_map(document) == {"HF_TOKEN": MASK, "LEVEL": "1"}
    assert document["services"] == [{"token_field": "HF_TOKEN"}]


@pytest.mark.parametrize("text", NOTATIONS.values(), ids=NOTATIONS)
def test_a_secret_that_replaces_another_is_told_from_one_that_stays(text: str) -> None:
    other = text.replace("5up3r", "n3w")
    assert redaction.env_map(yaml.safe_load(Redactor().mask_yaml(other, text))) == {"HF_TOKEN": OTHER, "LEVEL": "1"}
    for before in (other, "", "env: {", "env: {LEVEL: 1}"):
        assert redaction.env_map(yaml.safe_load(Redactor().mask_yaml(other, before))) == {
            "HF_TOKEN": MASK,
            "LEVEL": "1",
        }


@pytest.mark.parametrize("text", NOTATIONS.values(), ids=NOTATIONS)
def test_a_masked_yaml_given_back_means_what_is_held(text: str) -> None:
    kind = Yaml()
    shown = kind.parse(Redactor().mask_yaml(text))
    assert kind.same(shown, text)
    assert kind.complete(shown, text).text.count("5up3r") == 1


def test_a_text_without_secrets_comes_back_to_the_letter() -> None:
    for text in ("# token\nenv: [A:1]  # note", "a: {token: x}", "env: token", "", "env: [MONKEY:1, no pair]"):
        assert Redactor().mask_yaml(text) == text


def test_of_a_text_that_is_no_yaml_nothing_follows_the_first_secret() -> None:
    shown = Redactor().mask_yaml("env: [A:1, HF_TOKEN: '5up3r\n  more: 5up3r")
    assert shown == f"env: [A:1, HF_TOKEN: {MASK}"


@settings(max_examples=60)
@given(strategies.service_yamls())
def test_masking_hides_every_secret_and_changes_nothing_else(document: dict[str, object]) -> None:
    text = yaml_codec.dump(document)
    shown = yaml_codec.load(Redactor().mask_yaml(text)).value
    before, after = redaction.env_map(document), redaction.env_map(shown)
    assert (before is None) == (after is None)
    for key, value in (before or {}).items():
        assert (after or {})[key] == (MASK if Redactor().hides(key) else value)
    for side in (document, shown):
        side.pop("env", None)
    assert repr(shown) == repr(document)
