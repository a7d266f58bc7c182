# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One API call on its way through the platform, and the table row that describes an API."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from .messages import Parameter
from .platform import Platform
from .resources import Resource

VALIDATION_ONLY = "validationOnly"


@dataclass(frozen=True)
class Call:
    """What a request asks for, converted and not yet validated.

    `path` holds the placeholders of the API's path, `values` the parameters of the envelope, `query` the decoded
    pairs of the query string, `session` the uuid of the session when one is used.
    """

    path: dict[str, str]
    values: dict[str, Any] = field(default_factory=dict)
    query: Sequence[tuple[str, str]] = ()
    system_tags: tuple[str, ...] = ()
    user_tags: tuple[str, ...] = ()
    session: str = ""

    def query_values(self, name: str) -> list[str]:
        """All values given for one name of the query string."""
        return [value for given, value in self.query if given == name]


@dataclass(frozen=True)
class Api:
    """One API of the platform.

    `kind` is what the log and the fault rules call it. `run` gives the result's body, as a dict or as ready JSON
    text, and raises `errors.BusinessError`. `envelope` is the parameter name (POST) or the action name (PUT).
    `subject` is the resource that must have the ``uuid`` of the path.
    """

    name: str
    method: str
    path: str
    kind: str
    run: Callable[[Platform, Call], dict[str, Any] | str]
    envelope: str = ""
    parameters: tuple[Parameter, ...] = ()
    synchronous: bool = False
    authenticated: bool = True
    subject: Resource | None = None

    @property
    def message(self) -> str:
        """The message's name in error texts."""
        return f"org.zstack.simulator.API{self.name}Msg"
