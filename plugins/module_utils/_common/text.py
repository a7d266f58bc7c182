# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text: words for messages (escaped, shortened, counted, the nearest known one), and a few that several rooms share."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Sequence

#: What the platform removes at both ends of text (platform.trim).
BLANKS = "".join(map(chr, range(0x21)))


#: The words for booleans, those of Ansible. See :func:`read_boolean`.
TRUE = frozenset(("true", "yes", "on", "y", "t", "1"))
FALSE = frozenset(("false", "no", "off", "n", "f", "0"))
#: Replaces a secret in everything that is shown.
MASK = "********"


def read_boolean(value: object) -> bool | None:
    """Return the boolean that a value means, ``None`` when it means none. Every part of the collection reads alike."""
    if not isinstance(value, (bool, str, int, float)):
        return None
    word = str(int(value) if value in (0.0, 1.0) else value).strip().lower()
    return True if word in TRUE else False if word in FALSE else None


def trim(text: str) -> str:
    """Return ``text`` as the platform stores it."""
    return text.strip(BLANKS)


def folded(text: str) -> str:
    """Return what two texts have in common that the platform takes for one: without case, accents and blanks at the end.

    Its database decides, so this is an approximation (platform.query_collation).
    """
    letters = (c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return "".join(letters).casefold().rstrip(" ")


def printable(value: object, limit: int = 160) -> str:
    """Return ``value`` as one harmless line: control, ANSI and direction characters escaped, shortened to ``limit``."""
    text = str(value)
    if len(text) > limit:
        text = f"{text[: limit - 20]}... ({len(text)} characters)"
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if _harmless(c) else c.encode("unicode_escape").decode("ascii") for c in text)


def printable_lines(text: str) -> str:
    """Return a text as harmless lines: everything escaped that a terminal would obey, but line breaks and tabs."""
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():
        return text
    return "".join(c if c in "\n\t" or _harmless(c) else c.encode("unicode_escape").decode("ascii") for c in text)


def _harmless(character: str) -> bool:
    return character == " " or unicodedata.category(character)[0] not in "CZ"


#: Why a path is refused; Python's own words for it differ from version to version.
HAS_NULL = "contains a null character, which no path can"


def quoted(value: object) -> str:
    """Return ``value`` in double quotes, as one harmless line."""
    return f'"{printable(value)}"'


def nearest(word: object, known: Iterable[str]) -> str:
    """Return ``; did you mean "x"?`` for the known word most like ``word``, or an empty text."""
    return _nearest(str(word)[:80].lower(), tuple(sorted(known)))


@functools.lru_cache(maxsize=1000)  # a misspelling often occurs a thousand times, and the comparison is slow
def _nearest(word: str, known: tuple[str, ...]) -> str:
    import difflib  # only a message of an error needs it

    found = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f'; did you mean "{found[0]}"?' if found else ""


def listed(words: Sequence[object], limit: int = 5) -> str:
    """Return the first ``limit`` words joined by commas, and how many more there are."""
    shown = ", ".join(printable(word, 80) for word in words[:limit])
    more = len(words) - limit
    return f"{shown} and {more} more" if more > 0 else shown


def counted(number: int, noun: str) -> str:
    """Return ``1 service`` or ``2 services``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


@functools.lru_cache(maxsize=1000)
def snake(name: str) -> str:
    """Return ``modelCenterUuid`` as ``model_center_uuid``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
