# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps fingerprints of what was sent and is not shown, so that a later run can tell another declared value.

A service's old fingerprints are taken off before its fields are sent, and the new ones are put on when these have arrived. So
a run that ends in between sends them again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import AiosError, Interrupted
from ansible_collections.zstack.aios.plugins.module_utils._converge.rows import Row
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Member, Resource
from ansible_collections.zstack.aios.plugins.module_utils._model.fingerprints import (
    fingerprint,
    fingerprints_tag,
    read_fingerprints,
)
from ansible_collections.zstack.aios.plugins.module_utils._platform.resources import Resources

#: Makes a write, and looks at the state where its outcome is not known.
Settle = Callable[[Callable[[], Any], Callable[[], Any]], Any]


class Remembering:
    """The fingerprints of one service while its action is carried out.

    What goes wrong with them does not fail the action: its fields have arrived, and are sent once more by the next run.
    """

    def __init__(self, resources: Resources, settle: Settle, row: Row) -> None:
        self._resources = resources
        self._settle = settle
        self._row = row
        current = row.action.current
        self._known: list[Member] | None = current.remembered if current else []
        self._is_taken_off = False

    def forget(self, options: Iterable[str]) -> None:
        """Take off the fingerprints of fields that are about to be sent."""
        known = read_fingerprints(member.value for member in self._known or ())
        if any(option in known for option in options):
            self._try(self._take_off)

    def remember(self, options: Iterable[str]) -> None:
        """Put on the fingerprints of fields that have arrived, as far as the service does not show them."""
        schema, shown = self._row.action.schema, self._row.resource or self._target()
        sent = {option for option in options if schema.by_option[option].unseen}
        hidden = {option for option in sent if not shown.shows(schema.by_option[option])}
        if hidden and self._resources.without_user_tags:
            self._row.unremembered = self._resources.without_user_tags
        elif hidden or (sent and self._known):
            self._try(lambda: self._put_on(sent, hidden))

    def _put_on(self, sent: set[str], hidden: set[str]) -> None:
        action = self._row.action
        if self._known is None:
            self._known = self._resources.fingerprints_of(self._target())
        known = read_fingerprints(member.value for member in self._known)
        entries = {option: min(digits) for option, digits in known.items() if option not in sent and len(digits) == 1}
        for option in hidden:
            entries[option] = fingerprint(action.uuid, action.schema.by_option[option], action.values[option])
        tag = fingerprints_tag(entries)
        if not self._is_taken_off and [member.value for member in self._known] == [tag]:
            return
        self._take_off()
        if entries:
            self._settle(lambda: self._resources.remember(action.uuid, tag), lambda: self._has(tag) or None)

    def _take_off(self) -> None:
        for member in () if self._is_taken_off else self._known or ():
            self._settle(partial(self._resources.forget, member), partial(self._has_not, member.value))
        self._is_taken_off = True

    def _has(self, tag: str) -> bool:
        return tag in [member.value for member in self._resources.fingerprints_of(self._target())]

    def _has_not(self, tag: str) -> bool | None:
        return None if self._has(tag) else True

    def _target(self) -> Resource:
        return Resource(self._row.action.schema, {"uuid": self._row.action.uuid})

    def _try(self, step: Callable[[], None]) -> None:
        if self._row.unremembered:
            return
        try:
            step()
        except Interrupted:
            raise
        except AiosError as error:
            self._row.unremembered = error.message
