# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests signed with an access key."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from .errors import Refusal
from .platform import Platform

ALLOWED_SKEW = timedelta(minutes=15)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATE = re.compile(
    rf"({'|'.join(_DAYS)}), (\d\d) ({'|'.join(_MONTHS)}) (\d{{4}}) (\d\d):(\d\d):(\d\d) ([A-Za-z0-9_+:/-]+)"
)
_OFFSET = re.compile(r"(?:GMT|UTC)?([+-])(\d\d):(\d\d)")
# The zone that Java takes this abbreviation for, whatever the sender meant.
_ABBREVIATIONS = {"CST": "America/Chicago", "Z": "UTC"}


def verify(platform: Platform, method: str, path: str, authorization: str, date: str | None) -> str:
    """Checks the header ``ZStack <id>:<signature>`` of a request; returns the account that the key belongs to.

    :param path: decoded, without context and query, such as ``/v1/ai/model-services``.
    :raises Refusal: 400 for a malformed header or date, 403 for a wrong clock, an unknown key or a wrong signature.
    """
    parts = authorization.split(":")
    if len(parts) != 2:
        raise Refusal(400, "accessKey format is 'ZStack AccessKeyId:Signature'")
    key, signature = parts
    if date is None:
        raise Refusal(400, "'Date' must be incuded in the request header when accessKey is used")
    _check_clock(platform, date)
    row = platform.store.run("SELECT secret, account FROM access_keys WHERE id = ? AND enabled = 1", (key,)).fetchone()
    if row is None:
        raise Refusal(403, f"access key id: {key} does not existed or disabled")
    signed = hmac.new(row[0].encode(), f"{method}\n{date}\n{path}".encode(), hashlib.sha1).digest()
    if not hmac.compare_digest(base64.b64encode(signed), signature.encode(errors="surrogateescape")):
        raise Refusal(403, "wrong accessKey signature")
    return str(row[1])


def _check_clock(platform: Platform, date: str) -> None:
    try:
        moment = parse_date(date)
    except ValueError:
        raise Refusal(400, f"'Date' format error, expected 'EEE, dd MMM yyyy HH:mm:ss z', but was '{date}'") from None
    now = datetime.now(timezone.utc).astimezone(platform.options.zone)
    if platform.options.features.has("check-time-zone"):
        skew = abs(now - moment)
    else:
        # The platform's default compares wall clocks and never looks at the zones.
        skew = abs(now.replace(tzinfo=None) - moment.replace(tzinfo=None))
    if skew > ALLOWED_SKEW:
        raise Refusal(403, "requestTimeTooSkewed")


def parse_date(text: str) -> datetime:
    """A date in the only pattern that older platforms take, such as ``Thu, 05 Jun 2025 15:47:29 GMT+08:00``.

    :raises ValueError: for any other form, a wrong day of the week, or an unknown zone.
    """
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError(text)
    day_name, day, month, year, hour, minute, second, zone = match.groups()
    numbers = (int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second))
    moment = datetime(*numbers, tzinfo=_zone(zone))
    if _DAYS[moment.weekday()] != day_name:
        raise ValueError(text)
    return moment


def _zone(text: str) -> tzinfo:
    match = _OFFSET.fullmatch(text)
    if match is not None:
        sign, hours, minutes = match.groups()
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        return timezone(-offset if sign == "-" else offset)
    if text in ("GMT", "UTC", "Z"):
        return timezone.utc
    try:
        return ZoneInfo(_ABBREVIATIONS.get(text, text))
    except (KeyError, OSError) as error:
        raise ValueError(text) from error
