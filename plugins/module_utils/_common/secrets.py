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
_LONG, _PIECE = 200, 20_000
_GSON = {ord(character): f"\\u{ord(character):04x}" for character in "<>&='"}
_KINDS = tuple(re.compile(kind) for kind in ("[a-z]", "[A-Z]", "[0-9]", "[^a-zA-Z0-9]"))


class SecretTexts:
    """Texts to be redacted."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._known: set[str] = set()
        # The forms of all texts, by how they begin and by their length, the longest first.
        self._forms: dict[str, dict[int, set[str]]] = {}
        # The characters with which they begin, place by place, and where a text has such characters.
        self._letters: list[set[str]] = [set() for _place in range(SHORTEST)]
        self._start: re.Pattern[str] | None = None
        self.add(texts)

    def add(self, texts: Iterable[str]) -> None:
        """Redact these, too, unless they are so short that this would hide ordinary words."""
        changed = set()
        # A long one is known by its pieces: to compare it as a whole at many places would take too long.
        for piece in (text[place : place + _PIECE] for text in texts for place in range(0, len(text), _PIECE)):
            if piece not in self._known and is_distinctive(piece):
                self._known.add(piece)
                for form in forms(piece):
                    start = form[:SHORTEST]
                    self._forms.setdefault(start, {}).setdefault(len(form), set()).add(form)
                    changed.add(start)
        for start in changed:
            self._forms[start] = dict(sorted(self._forms[start].items(), reverse=True))
        if any(
            letter not in letters for start in changed for letter, letters in zip(start, self._letters, strict=True)
        ):
            self._compile(changed)

    def _compile(self, starts: Iterable[str]) -> None:
        """Look for these beginnings, too. Not for each by itself, which takes the longer the more there are."""
        for start in starts:
            for letter, letters in zip(start, self._letters, strict=True):
                letters.add(letter)
        classes = ("".join(map(re.escape, sorted(letters))) for letters in self._letters)
        self._start = re.compile("".join(f"[{letters}]" for letters in classes))

    def redact(self, text: str) -> str:
        """Return the text with every secret replaced, the longest first."""
        if self._start is None or len(text) < SHORTEST:
            return text
        parts, done, place = [], 0, 0
        while found := self._start.search(text, place):
            place = found.start()
            length = self._length_at(text, place)
            if length:
                parts += [text[done:place], MASK]
                done = place + length
            place += length or 1
        return "".join(parts) + text[done:] if parts else text

    def _length_at(self, text: str, place: int) -> int:
        """Return how long the secret is that begins at a place; 0 if none does."""
        for length, forms_of in self._forms.get(text[place : place + SHORTEST], {}).items():
            # What is long mostly differs soon, so that a copy of it would be too much.
            if length > _LONG and any(text.startswith(form, place) for form in forms_of):
                return length
            if length <= _LONG and text[place : place + length] in forms_of:
                return length
        return 0

    def redact_all(self, value: Any) -> Any:
        """Return a value of JSON with every secret in its texts replaced; keys stay."""
        if self._start is None:
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
    found = {
        text,
        escaped,
        readable,
        escaped.translate(_GSON),
        readable.translate(_GSON),
        quote(text, safe="", errors="replace"),
    }
    found |= {quote(text, errors="replace"), quote_plus(text, errors="replace"), printable(text, len(text) + 1)}
    if "\n" in text:
        found |= {line.strip() for line in text.splitlines() if len(line.strip()) >= SHORTEST_PLAIN}
    return (form for form in found if len(form) >= SHORTEST)
