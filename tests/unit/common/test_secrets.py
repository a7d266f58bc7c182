# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secret texts are redacted in every form in which they appear; ordinary words are not."""

from __future__ import annotations

import json
from urllib.parse import quote, quote_plus

import pytest
from ansible_collections.zstack.aios.plugins.module_utils._common.secrets import SecretTexts, is_distinctive
from ansible_collections.zstack.aios.plugins.module_utils._common.text import MASK, printable

SECRET = "a<b>&c=d'e\"f/g h+\u00e9\\i\tj"
GSON = {ord(character): f"\\u{ord(character):04x}" for character in "<>&='"}


@pytest.mark.parametrize(
    ("text", "distinctive"),
    [
        ("abc1", False),
        ("abc-1", False),
        ("abcdef", False),
        ("ABCDEF", False),
        ("abcdefghijk", False),
        ("abcdefghijkl", True),
        ("------", False),
        ("1234567", False),
        ("12345678", True),
        ("abc123", True),
        ("ABC123", True),
        ("abcABC", True),
        ("ab-cde", True),
        ("12-345", True),
    ],
)
def test_a_secret_must_not_be_an_ordinary_word(text: str, distinctive: bool) -> None:
    assert is_distinctive(text) is distinctive
    assert SecretTexts([text]).redact(text) == (MASK if distinctive else text)


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        json.dumps(SECRET)[1:-1].translate(GSON),
        json.dumps(SECRET, ensure_ascii=False)[1:-1].translate(GSON),
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        printable(SECRET),
    ],
)
def test_a_secret_is_redacted_in_every_form(form: str) -> None:
    assert SecretTexts([SECRET]).redact(f"before {form} after") == f"before {MASK} after"


def test_each_longer_line_of_a_secret_is_redacted() -> None:
    texts = SecretTexts(["-----BEGIN-----\n  MIIEvgIBADANBg\nshort\n"])
    assert texts.redact("x MIIEvgIBADANBg, -----BEGIN-----, short") == f"x {MASK}, {MASK}, short"


def test_secrets_that_begin_alike_are_all_redacted() -> None:
    texts = SecretTexts(["abcdef-1"])
    texts.add(["abcdeX-2"])
    texts.add(["abcdef-3"])
    assert texts.redact("abcdef-1 abcdeX-2 abcdef-3 abcdef-4") == f"{MASK} {MASK} {MASK} abcdef-4"


def test_secrets_in_values_of_json_are_redacted_and_keys_stay() -> None:
    value = {"s3cret-one": ["s3cret-one", 1, None, {"a": "x s3cret-one"}], "b": ("s3cret-one",)}
    shown = {"s3cret-one": [MASK, 1, None, {"a": f"x {MASK}"}], "b": [MASK]}
    assert SecretTexts(["s3cret-one"]).redact_all(value) == shown
    assert SecretTexts().redact_all(value) is value
