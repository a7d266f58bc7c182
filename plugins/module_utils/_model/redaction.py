# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Redaction: which values are secrets, and what is shown in their place.

A value is a secret when it is not empty and its key says so: in environment, startup and inference parameters, and wherever
the stored ``yaml`` has an environment. Such a value is redacted wherever else it appears, too.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._common.secrets import SecretTexts
from ansible_collections.zstack.aios.plugins.module_utils._common.text import MASK
from ansible_collections.zstack.aios.plugins.module_utils._model import yaml_codec, yaml_values
from ansible_collections.zstack.aios.plugins.module_utils._model.environment import Variable, as_text, variables

#: What is shown in place of a secret that replaces another one.
OTHER = f"{MASK} (another value)"
#: A key is secret when one of its words is one of these: ``HF_TOKEN``, ``apiKey``, ``db.password``, not ``tokenizer``.
SECRET_WORDS = frozenset(
    ["passwords", "passphrase", "pwd", "secrets", "key", "keys", "apikeys", "accesskey", "secretkey", "privatekey"]
)
#: So it is when its last word is one of these: ``DB_PASS``, not ``PASS_THROUGH``.
LAST_WORDS = frozenset(["pass", "pat", "auth", "authorization", "cookie", "creds"])
#: These say so at the end of a word, too: ``PGPASSWORD``, ``HFTOKEN``.
_ENDINGS = ("token", "password", "passwd", "secret", "credential", "credentials", "apikey")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
#: A key and its value in a text, whatever its syntax.
_ASSIGNMENT = re.compile(r"""(?<![\w.-])([\w.-]+)["']?[ \t]*[:=][ \t]*["']?([^\s"',}\]]+)""")


class Redactor:
    """Knows the secrets of a run. Several threads may redact at once.

    :param words: further words that make a key secret, in any case.
    """

    def __init__(self, words: tuple[str, ...] = ()) -> None:
        self.words = SECRET_WORDS | {word.lower() for word in words}
        self._any_word = re.compile("|".join(map(re.escape, self.words.union(LAST_WORDS, _ENDINGS))))
        self._texts = SecretTexts()
        self._sources: list[Callable[[], Iterable[str]]] = []
        self._lock = threading.Lock()

    # Which values are secrets

    def is_secret(self, key: str) -> bool:
        """Return whether the value under ``key`` is a secret."""
        words = [key.lower(), *map(str.lower, _WORDS.findall(key))]
        return words[-1] in LAST_WORDS or any(word in self.words or word.endswith(_ENDINGS) for word in words)

    def secrets_in(self, parameters: Mapping[str, Any]) -> list[str]:
        """Return the secret values of a map."""
        return [as_text(value) for key, value in parameters.items() if self.is_secret(key)]

    def secrets_in_text(self, text: str) -> list[str]:
        """Return what looks like secret values in a text, without parsing it."""
        if not self._any_word.search(text.lower()):
            return []
        return [value for key, value in _ASSIGNMENT.findall(text) if self.is_secret(key)]

    # Secrets wherever they appear

    def learn(self, texts: Iterable[str]) -> None:
        """Redact these wherever they appear."""
        with self._lock:
            self._texts.add(texts)

    def learn_later(self, find: Callable[[], Iterable[str]]) -> None:
        """Redact what a function finds wherever it appears; it is called when the first text has to be redacted."""
        self._sources.append(find)

    def redact(self, text: str) -> str:
        """Return a text with every known secret redacted."""
        return str(self.redact_all(text))

    def redact_all(self, value: Any) -> Any:
        """Return a value of JSON with every known secret in its texts redacted."""
        with self._lock:
            while self._sources:  # a source that fails stays, so that nothing is shown without its secrets
                self._texts.add(self._sources[-1]())
                self._sources.pop()
            return self._texts.redact_all(value)

    # Values by key

    def redact_map(self, parameters: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the parameters with every secret value redacted.

        :param before: parameters that these replace; a secret that differs from the one there is shown as :data:`OTHER`.
        """
        known = before or {}
        self.learn([*self.secrets_in(parameters), *self.secrets_in(known)])
        return {
            key: _mask(value, known.get(key)) if self.is_secret(key) else self.redact_all(value)
            for key, value in parameters.items()
        }

    def redact_yaml(self, text: str, before: str = "") -> str:
        """Return a service's ``yaml`` with the secrets of its environment redacted.

        The text comes back as it is unless there is something to redact.

        :param before: the text that it replaces; a secret that differs from the one there is shown as :data:`OTHER`.
        """
        if not self._any_word.search(text.lower()):
            return self.redact(text)
        try:
            document = yaml_codec.load(text).value
        except yaml_values.YamlError:
            return self._redact_rest(text)
        entries = [entry for entry in variables(document) if self.is_secret(entry.key) and as_text(entry.value)]
        known = {(entry.place, entry.key): entry.value for entry in self._variables_of(before)} if entries else {}
        self.learn(as_text(entry.value) for entry in entries)
        self.learn(as_text(value) for (_place, key), value in known.items() if self.is_secret(key))
        for entry in entries:
            entry.set(_mask(as_text(entry.value), known.get((entry.place, entry.key))))
        return self.redact(yaml_codec.dump(document) if entries else text)

    def _variables_of(self, text: str) -> list[Variable]:
        try:
            return list(variables(yaml_codec.load(text).value))
        except yaml_values.YamlError:
            return []

    def _redact_rest(self, text: str) -> str:
        """Redact all that follows the first secret-looking word of a text that is not YAML, because its end is not known."""
        found = next((word for word in re.finditer(r"[\w.-]+", text) if self.is_secret(word[0])), None)
        return self.redact(f"{text[: found.end()]}: {MASK}" if found else text)


def _mask(value: Any, before: Any) -> Any:
    if not as_text(value):
        return value  # nothing is no secret, and a redacted value is one that the platform has
    return MASK if before is None or as_text(before) == as_text(value) else OTHER


def restored(wanted: str, current: Any) -> str | None:
    """Return a declared text with what redaction has hidden in it put back, ``None`` when the current one does not fit.

    A result can be given back as a declaration: a redacted part means what the platform has there.
    """
    if MASK not in wanted:
        return wanted
    if not isinstance(current, str):
        return None
    first, *middle, last = wanted.replace(OTHER, MASK).split(MASK)
    place, end = len(first), len(current) - len(last)
    for part in middle:
        place = current.find(part, place + 1, end)
        if place < 0:
            return None
        place += len(part)
    fits = current.startswith(first) and current.endswith(last) and place < end
    return current if fits else None
