# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows: the outcome of each action."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import AiosError, internal_error
from ansible_collections.zstack.aios.plugins.module_utils._converge.actions import (
    CLONED,
    CREATED,
    DELETED,
    REPLACED,
    RESTARTED,
    UNCHANGED,
    UPDATED,
    Action,
)
from ansible_collections.zstack.aios.plugins.module_utils._converge.recovery import leaves_outcome_open
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Resource

FAILED, NOT_ATTEMPTED, UNKNOWN = "failed", "not_attempted", "unknown"


@dataclass(eq=False)
class Row:
    """The outcome of one action.

    :ivar status: ``created``, ``cloned``, ``updated``, ``replaced``, ``restarted``, ``deleted``, ``unchanged``, ``failed``
        (nothing was done), ``unknown`` (it may have been done) or ``not_attempted``.
    :ivar changed_fields: options whose new values are on the platform.
    :ivar resource: the resource as it is now, as far as it was seen.
    :ivar error: why not everything is done.
    :ivar adopted: whether another run may have made the service at the same time.
    :ivar unremembered: why no fingerprints are kept of what was sent and is not shown.
    :ivar unprotected: whether a declared protection could not be kept with a new service.
    """

    action: Action
    status: str = NOT_ATTEMPTED
    changed_fields: list[str] = field(default_factory=list)
    resource: Resource | None = None
    error: AiosError | None = None
    adopted: bool = False
    unremembered: str = ""
    unprotected: bool = False

    @classmethod
    def before(cls, action: Action) -> Row:
        """Return the row of an action that has not begun."""
        return cls(action, UNCHANGED if action.kind == UNCHANGED else NOT_ATTEMPTED, resource=action.current)

    @classmethod
    def planned(cls, action: Action) -> Row:
        """Return the row as it would be if everything succeeded."""
        fields = [] if action.kind == DELETED else action.changed_fields
        return cls(action, action.kind, fields, action.current)

    @property
    def changed(self) -> bool:
        """Whether the platform was, or may have been, changed."""
        return self.status in (CREATED, CLONED, UPDATED, REPLACED, RESTARTED, DELETED, UNKNOWN)

    def reached(self, resource: Resource | None = None, fields: Iterable[str] = ()) -> None:
        """Take note that the platform has done the action, or a part of it.

        :param resource: as it is now.
        :param fields: options whose declared values are on the platform now.
        """
        self.status = UPDATED if self.action.kind == RESTARTED else self.action.kind
        self.resource = resource
        known = self.action.resent.union(self.changed_fields)
        self.changed_fields += [option for option in fields if option not in known]

    def restarted(self, resource: Resource | None) -> None:
        """Take note that the resource was restarted, so that it is no longer as it was seen.

        :param resource: as it is now, if it was read.
        """
        self.status, self.resource = RESTARTED, resource

    def follow(self, made: Row) -> None:
        """Take note of what was done to the resource that replaces this one's."""
        self.action.uuid = made.action.uuid
        self.unremembered = made.unremembered
        if made.changed:
            self.reached(
                made.resource, [option for option in self.action.changed_fields if option in made.changed_fields]
            )

    def undo(self) -> None:
        """Take back what the platform had claimed to be done."""
        self.status = NOT_ATTEMPTED

    def fail(self, error: BaseException) -> None:
        """Take note of an error; what was done before remains in the row."""
        if self.status == UNCHANGED:  # it is as declared, and yet not as it should be
            self.status = NOT_ATTEMPTED
        self.error = error if isinstance(error, AiosError) else internal_error(error)
        if self.status == NOT_ATTEMPTED:
            known = isinstance(error, AiosError) and not leaves_outcome_open(error)
            self.status = FAILED if known else UNKNOWN

    def skip(self, why: str, code: str = NOT_ATTEMPTED) -> None:
        """Take note that the action is not attempted."""
        self.error = AiosError(f"not attempted, because {why}", code)
