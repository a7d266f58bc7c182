# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Redaction: which values are secrets, and what is shown in their place.

Secrets are the values of environment, startup and inference parameters whose key says so; nothing else is redacted. The
stored ``yaml`` repeats the environment under ``env`` (sample responses of the vendor documents Clone and Update)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._common.text import MASK
from ansible_collections.zstack.aios.plugins.module_utils._model import yaml_codec, yaml_values

#: What stands for a secret that replaces another one.
OTHER = f"{MASK} (another value)"
#: A key is secret when one of its words is one of these: ``HF_TOKEN``, ``apiKey``, ``db.password``, not ``tokenizer``.
SECRET_WORDS = frozenset(
    [
        "token",
        "password",
        "passwords",
        "passwd",
        "passphrase",
        "pwd",
        "secret",
        "secrets",
        "key",
        "keys",
        "credential",
        "credentials",
        "apikey",
        "apikeys",
        "accesskey",
        "secretkey",
        "privatekey",
        "authtoken",
        "accesstoken",
    ]
)
#: Words that run into others also say so at the end of one: ``PGPASSWORD``, ``HFTOKEN``.
_ENDINGS = ("token", "password", "passwd", "secret", "credential", "credentials", "apikey")
#: Shorter values would redact ordinary words.
SEARCHED = 6
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


class Redactor:
    """Decides by key. ``words`` are further words that make a key secret, in any case."""

    def __init__(self, words: tuple[str, ...] = ()) -> None:
        self.words = SECRET_WORDS | {word.lower() for word in words}
        self._any_word = re.compile("|".join(sorted(map(re.escape, self.words))), re.IGNORECASE)

    def is_secret(self, key: str) -> bool:
        """Return whether the value under ``key`` is a secret."""
        words = [key.lower(), *map(str.lower, _WORDS.findall(key))]
        return any(word in self.words or word.endswith(_ENDINGS) for word in words)

    def secrets_in(self, parameters: Mapping[str, Any]) -> list[str]:
        """Return the secret values that are long enough to be redacted wherever they appear."""
        return [
            text for key, value in parameters.items() if self.is_secret(key) and len(text := as_text(value)) >= SEARCHED
        ]

    def redact_map(self, parameters: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the parameters with every secret value redacted.

        :param before: parameters that these replace; a secret that differs from the one there is shown as :data:`OTHER`.
        """
        known = before or {}
        return {
            key: _mask(value, known.get(key)) if self.is_secret(key) else value for key, value in parameters.items()
        }

    def redact_yaml(self, text: str, before: str = "") -> str:
        """Return a service's ``yaml`` with the secrets of its environment redacted.

        The text comes back as it is unless there is something to redact.

        :param before: the text that it replaces; a secret that differs from the one there is shown as :data:`OTHER`.
        """
        if not self._any_word.search(text):
            return text
        try:
            document = yaml_codec.load(text).value
        except yaml_values.YamlError:
            return self._redact_rest(text)
        entries = [entry for entry in env_entries(document) if self.is_secret(entry.key)]
        known = _env_of(before) if entries else {}
        for entry in entries:
            entry.set(_mask(as_text(entry.value), known.get(entry.key)))
        return yaml_codec.dump(document) if entries else text

    def _redact_rest(self, text: str) -> str:
        """Redact all that follows the first secret-looking word of a text that is not YAML: nobody knows where it ends."""
        found = next((word for word in re.finditer(r"[\w.-]+", text) if self.is_secret(word[0])), None)
        return f"{text[: found.end()]}: {MASK}" if found else text


def _mask(value: Any, before: Any) -> str:
    return MASK if before is None or before == value else OTHER


def _env_of(text: str) -> Mapping[str, str]:
    try:
        return env_map(yaml_codec.load(text).value) or {}
    except yaml_values.YamlError:
        return {}


class EnvEntry:
    """One variable of the environment in a parsed ``yaml``, in any of the usual notations."""

    def __init__(self, holder: Any, place: Any, key: str, value: Any, prefix: str | None = None) -> None:
        self.key = key
        self.value = value
        self._holder = holder
        self._place = place
        self._prefix = prefix

    def set(self, value: str) -> None:
        """Put another value into the document."""
        self._holder[self._place] = value if self._prefix is None else self._prefix + value


def env_entries(document: Any) -> Iterator[EnvEntry]:
    """Yield the variables under ``env`` of a parsed ``yaml``.

    Notations: ``- key:value`` (the vendor's sample), ``- key=value``, ``- key: value``, ``- name/value`` pairs, a mapping.
    """
    env = document.get("env") if isinstance(document, dict) else None
    if isinstance(env, dict):
        for key, value in env.items():
            yield EnvEntry(env, key, str(key), value)
    for place, entry in enumerate(env if isinstance(env, list) else ()):
        if isinstance(entry, str):
            found = re.match(r"([^:=]*)([:=]\s*)(.*)", entry, re.DOTALL)
            if found:
                yield EnvEntry(env, place, found[1].strip(), found[3], found[1] + found[2])
        elif isinstance(entry, dict) and "name" in entry and set(entry) <= {"name", "value"}:
            yield EnvEntry(entry, "value", str(entry["name"]), entry.get("value"))
        elif isinstance(entry, dict):
            for key, value in entry.items():
                yield EnvEntry(entry, key, str(key), value)


def env_map(document: Any) -> dict[str, str] | None:
    """Return the environment a parsed ``yaml`` shows, or ``None`` when it shows none."""
    if not isinstance(document, dict) or not isinstance(document.get("env"), (list, dict)):
        return None
    return {entry.key: as_text(entry.value) for entry in env_entries(document)}


def as_text(value: Any) -> str:
    """Return a scalar as the platform writes it in a map of texts."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value).strip()
