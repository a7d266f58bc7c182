# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secret texts, and their redaction wherever they appear, in whichever form."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

from ansible_collections.zstack.aios.plugins.module_utils._common.text import MASK, printable

#: The shortest text that is redacted; with a single kind of character it has to be longer, or ordinary words would be hidden.
SHORTEST, SHORTEST_PLAIN, SHORTEST_NUMBER = 6, 12, 8
_GSON = {ord(character): f"\\u{ord(character):04x}" for character in "<>&='"}
_KINDS = tuple(re.compile(kind) for kind in ("[a-z]", "[A-Z]", "[0-9]", "[^a-zA-Z0-9]"))


class SecretTexts:
    """Texts to be redacted."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._known: set[str] = set()
        self._by_start: dict[str, list[str]] = {}
        self.add(texts)

    def add(self, texts: Iterable[str]) -> None:
        """Redact these, too, unless they are so short that this would hide ordinary words."""
        for text in texts:
            if text not in self._known and is_distinctive(text):
                self._known.add(text)
                for form in forms(text):
                    candidates = self._by_start.setdefault(form[:SHORTEST], [])
                    if form not in candidates:
                        candidates.append(form)
                        candidates.sort(key=len, reverse=True)

    def redact(self, text: str) -> str:
        """Return the text with every secret replaced, the longest first."""
        if not self._by_start or len(text) < SHORTEST:
            return text
        parts, start, place = [], 0, 0
        while place <= len(text) - SHORTEST:
            candidates = self._by_start.get(text[place : place + SHORTEST])
            found = next((form for form in candidates or () if text.startswith(form, place)), None)
            if found is None:
                place += 1
                continue
            parts += [text[start:place], MASK]
            start = place = place + len(found)
        return "".join(parts) + text[start:] if parts else text

    def redact_all(self, value: Any) -> Any:
        """Return a value of JSON with every secret in its texts replaced; keys stay."""
        if not self._by_start:
            return value
        if isinstance(value, str):
            return self.redact(value)
        if isinstance(value, Mapping):
            return {key: self.redact_all(entry) for key, entry in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.redact_all(entry) for entry in value]
        return value


def is_distinctive(text: str) -> bool:
    """Return whether a text is so long that it hardly appears by chance."""
    if len(text) < SHORTEST:
        return False
    kinds = sum(bool(kind.search(text)) for kind in _KINDS)
    return kinds > 1 or len(text) >= (SHORTEST_NUMBER if text.isdigit() else SHORTEST_PLAIN)


def forms(text: str) -> Iterator[str]:
    """Yield the forms in which a text may appear: as it is, in JSON, as Gson escapes it, in a URL, as messages escape it,
    and each of its longer lines."""
    escaped = json.dumps(text)[1:-1]
    readable = json.dumps(text, ensure_ascii=False)[1:-1]
    found = {text, escaped, readable, escaped.translate(_GSON), readable.translate(_GSON), quote(text, safe="")}
    found |= {quote(text), quote_plus(text), printable(text, len(text) + 1)}
    if "\n" in text:
        found |= {line.strip() for line in text.splitlines() if len(line.strip()) >= SHORTEST_PLAIN}
    return (form for form in found if len(form) >= SHORTEST)
