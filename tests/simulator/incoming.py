# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One HTTP request, and the views of it that the rest of the simulator needs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from .texts import new_uuid

_CHARSET = re.compile(r'charset="?([\w.:-]+)', re.IGNORECASE)


@dataclass(frozen=True)
class Request:
    """One HTTP request as it came in: `target` is the raw path and query, header names are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @cached_property
    def path(self) -> str:
        """The decoded path, with the context."""
        return unquote(self.target.partition("?")[0])

    @cached_property
    def query(self) -> str:
        """The raw query string."""
        return self.target.partition("?")[2]

    @cached_property
    def text(self) -> str:
        """The body as the servlet reads it: without a charset in Content-Type it is taken for ISO-8859-1."""
        match = _CHARSET.search(self.headers.get("content-type", ""))
        try:
            return self.body.decode(match.group(1) if match is not None else "iso-8859-1", "replace")
        except LookupError:
            return self.body.decode("iso-8859-1")

    @cached_property
    def document(self) -> Any:
        """The body as JSON, None when it is empty, or the ValueError that parsing it raised."""
        try:
            return json.loads(self.text) if self.text.strip() else None
        except ValueError as error:
            return error

    @cached_property
    def job_id(self) -> str:
        """The client's own job id, or a new one."""
        return self.headers.get("x-job-uuid") or new_uuid()

    @property
    def scheme(self) -> str:
        """The first word of the Authorization header."""
        return self.headers.get("authorization", "").split(" ")[0]
