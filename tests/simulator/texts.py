# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text as the platform's Java and MySQL treat it: trimming, JSON escapes, dates, comparison, uuids."""

from __future__ import annotations

import json
import re
import unicodedata
import uuid
from datetime import datetime, timezone, tzinfo
from functools import lru_cache

_JAVA_BLANKS = "".join(map(chr, range(0x21)))
_GSON_ESCAPES = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&='\u2028\u2029"}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_RESOURCE_UUID = re.compile(r"[0-9a-f]{12}[1-5][0-9a-f]{3}[89ab][0-9a-f]{15}")


def java_trim(text: str) -> str:
    """Removes what Java's ``String.trim`` removes: characters up to U+0020 at both ends, and no others."""
    return text.strip(_JAVA_BLANKS)


def gson_dumps(value: object) -> str:
    """Compact JSON with the escapes that Gson applies for HTML's sake."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(_GSON_ESCAPES)


def gson_date(epoch: float, zone: tzinfo) -> str:
    """An instant (seconds since 1970) as Gson's US text without a zone, such as ``Nov 25, 2025 11:51:50 AM``."""
    moment = datetime.fromtimestamp(epoch, timezone.utc).astimezone(zone)
    half = "AM" if moment.hour < 12 else "PM"
    clock = f"{moment.hour % 12 or 12}:{moment.minute:02d}:{moment.second:02d} {half}"
    return f"{_MONTHS[moment.month - 1]} {moment.day}, {moment.year} {clock}"


def sql_date(epoch: float, zone: tzinfo) -> str:
    """An instant (seconds since 1970) as the database shows it, such as ``2025-11-25 11:51:50``."""
    return datetime.fromtimestamp(epoch, timezone.utc).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


@lru_cache(maxsize=65536)
def _fold_sign(sign: str) -> str:
    parts = unicodedata.normalize("NFD", sign)
    base = parts[0] if all(unicodedata.combining(part) for part in parts[1:]) else sign
    return base.upper()[0]


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """The text without case and accents, sign by sign: an approximation of utf8_general_ci."""
    return text.upper() if text.isascii() else "".join(map(_fold_sign, text))


@lru_cache(maxsize=65536)
def fold_for_equality(text: str) -> str:
    """Like `fold`, and trailing blanks do not count, as in MySQL's ``=`` but not in its ``LIKE``."""
    return fold(text).rstrip(" ")


def new_uuid() -> str:
    """A random uuid in the platform's spelling: 32 lower-case hexadecimal digits, version 4."""
    return uuid.uuid4().hex


def is_resource_uuid(text: str) -> bool:
    """Whether the platform takes the text as a client-chosen ``resourceUuid``."""
    return _RESOURCE_UUID.fullmatch(text) is not None
