# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One API call on its way through the platform, and the table row that describes an API."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .messages import Parameter
from .platform import Platform
from .resources import Resource

VALIDATION_ONLY = "validationOnly"
#: The kinds of requests that ask for a change, unless their method is GET.
WRITE_KINDS = frozenset(
    {
        "add",
        "clone",
        "update",
        "delete",
        "bind",
        "unbind",
        "deploy",
        "group_update",
        "group_restart",
        "group_delete",
        "tag",
        "other",
    }
)
KINDS = WRITE_KINDS | {"login", "logout", "query", "groups", "lookup", "poll", "instance"}


@dataclass(frozen=True)
class Call:
    """What a request asks for, converted and not yet validated.

    `path` holds the placeholders of the API's path, `values` the parameters of the envelope, `query` the decoded
    pairs of the query string, `account` the uuid of the caller's account, `hints` what a fault asks of the API.
    """

    path: dict[str, str]
    values: dict[str, Any] = field(default_factory=dict)
    query: Sequence[tuple[str, str]] = ()
    system_tags: tuple[str, ...] = ()
    user_tags: tuple[str, ...] = ()
    account: str = ""
    hints: Mapping[str, Any] = field(default_factory=dict)

    def query_values(self, name: str) -> list[str]:
        """All values given for one name of the query string."""
        return [value for given, value in self.query if given == name]


@dataclass(frozen=True)
class Api:
    """One API of the platform.

    `kind` is one of `KINDS`. `run` gives the result's body, as a dict or as ready JSON text, and raises
    `errors.BusinessError`. `envelope` is the parameter name (POST) or the action name (PUT). `subjects` are the
    resources that must exist under the placeholders of the path. An API that `creates` takes tags. `since` is the
    first version that has it.
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
    subjects: Mapping[str, Resource] = field(default_factory=dict)
    creates: bool = False
    since: str = "0"

    @property
    def message(self) -> str:
        """The message's name in error texts."""
        return f"org.zstack.simulator.API{self.name}Msg"
