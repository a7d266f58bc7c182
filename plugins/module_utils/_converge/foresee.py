# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors that only the platform shows, for a declaration that has other errors already: all are reported together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import (
    AiosError,
    Interrupted,
    InvalidInput,
    ValidationError,
)
from ansible_collections.zstack.aios.plugins.module_utils._common.signals import SignalGuard
from ansible_collections.zstack.aios.plugins.module_utils._common.text import quoted
from ansible_collections.zstack.aios.plugins.module_utils._converge.actions import REPLACED
from ansible_collections.zstack.aios.plugins.module_utils._converge.plan import make_plan
from ansible_collections.zstack.aios.plugins.module_utils._converge.reader import (
    read_replaced,
    read_snapshot,
    refuse_relations,
)
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import Item
from ansible_collections.zstack.aios.plugins.module_utils._model.redaction import Redactor
from ansible_collections.zstack.aios.plugins.module_utils._platform.services import Services
from ansible_collections.zstack.aios.plugins.module_utils._rest.client import Client
from ansible_collections.zstack.aios.plugins.module_utils._rest.connection import Connection

#: Seconds to wait for a response: the errors that are known already must not wait long for others.
SOON = 5.0


def with_further_errors(
    connection: Connection,
    items: Sequence[Item],
    known: Sequence[ValidationError],
    signals: SignalGuard,
    redactor: Redactor,
) -> InvalidInput:
    """Return an exception with the known errors and those of the valid items that the platform shows, if it responds soon.

    :param known: the errors of the other items.
    """
    valid = _unaffected(items, known)
    if not valid:
        return InvalidInput(known)
    quick = connection._replace(timeout=min(connection.timeout, SOON), job_timeout=min(connection.job_timeout, SOON))
    client = Client(quick, signals=signals, redact=redactor.redact_all)
    found: Sequence[ValidationError] = []
    try:
        with client, client.few_tries():
            try:
                resources = Services(client)
                snapshot = read_snapshot(resources, valid, listing=True)
                plan = make_plan(valid, snapshot, redactor=redactor)
                if any(action.kind == REPLACED for action in plan.actions):
                    read_replaced(resources, plan.actions, snapshot)
                    plan = make_plan(valid, snapshot, redactor=redactor)
                found = [*plan.errors, *refuse_relations(resources, plan.actions)]
            finally:
                signals.defer()  # nothing may interrupt the logout
    except InvalidInput as error:
        found = error.errors
    except Interrupted:
        raise
    except AiosError:
        pass
    # The source of a clone may be among the invalid items.
    refused = InvalidInput([*known, *(error for error in found if error.option != "clone_from")])
    refused.warnings += client.warnings
    return refused


def _unaffected(items: Sequence[Item], known: Sequence[ValidationError]) -> list[Item]:
    """Return the items that no known error is about; an error of the defaults is about all of them."""
    about = {error.where for error in known}
    if "defaults" in about or any(error.option == "defaults" for error in known):
        return []
    return [item for item in items if about.isdisjoint((item.where, *_identities(item))) and not _in_part(item, about)]


def _in_part(item: Item, about: Iterable[str]) -> bool:
    """Return whether an error may be about an item that several places declare; such an error names one of them only."""
    names = tuple(f"{name} (" for name in _identities(item))
    return bool(item.origins) and any(where.startswith(names) for where in about)


def _identities(item: Item) -> list[str]:
    """Return what errors of duplicates name an item by."""
    given = (item.name, item.uuid, item.values.get("resource_uuid"))
    return [quoted(value) for value in given if value is not None]
