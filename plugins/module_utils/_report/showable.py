# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values as every form of a result can show them. What cannot be shown is replaced by words that say so.

After the first write nothing may cost the result, whatever the platform stores: no nesting, no size, no odd character.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

#: How deep a shown value may be nested, how many values it may have, and how many bits a number.
_DEEPEST, _MOST, _BITS = 50, 200_000, 10_000
#: Characters of a value that a diff shows.
LONGEST = 50_000
UNSHOWABLE = "(it cannot be shown)"
_TOO_DEEP, _TOO_MANY = "(it is nested too deeply to be shown)", "(it has too many values to be shown)"


def guarded(show: Callable[..., Any], *values: Any) -> Any:
    """Return what a function makes of values, fit to be shown, or words if it fails."""
    try:
        return showable(show(*values))
    except Exception:  # whatever it is, it must not cost the result of what was done
        return UNSHOWABLE


def showable(value: Any) -> Any:
    """Return a value with types of JSON only, of bounded depth and number, its texts valid Unicode."""
    left = _MOST

    def plain(value: Any, depth: int) -> Any:
        nonlocal left
        left -= 1
        if isinstance(value, str):
            return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode("utf-8")
        if value is None or isinstance(value, (bool, float)):
            return value
        if isinstance(value, int):
            return value if value.bit_length() <= _BITS else f"(a number of {value.bit_length():,} bits)"
        if not isinstance(value, (Mapping, list, tuple)):
            return plain(str(value), depth)
        if depth == _DEEPEST:
            return _TOO_DEEP
        if left < 0:
            return _TOO_MANY
        if isinstance(value, Mapping):
            return {plain(str(key), depth): plain(entry, depth + 1) for key, entry in value.items()}
        return [plain(entry, depth + 1) for entry in value]

    return plain(value, 0)


def brief(value: Any) -> Any:
    """Return a showable value, or its length and digest in its place if it is too long for a diff."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if len(text) <= LONGEST:
        return value
    return f"({len(text):,} characters, SHA-256 {hashlib.sha256(text.encode()).hexdigest()})"
