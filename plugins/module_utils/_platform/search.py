# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions to the platform: which services there are, and how they would be declared.

Private to this collection.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._common.text import nearest, quoted
from ansible_collections.zstack.aios.plugins.module_utils._model.model_service import (
    BY_OPTION,
    FIELDS,
    READABLE,
    SERVER_MADE,
    Held,
    decode,
    same,
)
from ansible_collections.zstack.aios.plugins.module_utils._model.redaction import Secrecy
from ansible_collections.zstack.aios.plugins.module_utils._model.scalars import Wrong
from ansible_collections.zstack.aios.plugins.module_utils._platform import query
from ansible_collections.zstack.aios.plugins.module_utils._platform.services import PATH, Services
from ansible_collections.zstack.aios.plugins.module_utils._rest.client import PAGE, Steps, is_page


@dataclass(frozen=True)
class Question:
    """What is asked.

    :ivar sort: wire name of a column; :ivar limit: at most so many, from ``start`` on; :ivar fields: options wanted.
    """

    conditions: tuple[query.Condition, ...] = ()
    sort: str = ""
    descending: bool = False
    limit: int | None = None
    start: int = 0
    fields: tuple[str, ...] = ()

    @property
    def exact_here(self) -> bool:
        """Whether the platform may find more than is meant, so that counting and cutting is done here."""
        return any(condition.keeps for condition in self.conditions)

    @property
    def everything(self) -> bool:
        """Whether every service of the platform is asked for."""
        return not self.conditions and self.limit is None and not self.start

    def params(self) -> list[tuple[str, str]]:
        """Return which columns the platform is to send: those asked for, and those that are filtered and sorted by here.

        Nothing where a field that is asked for is no column; then whole services are read.
        """
        asked = [query.COLUMNS.get(name) for name in self.fields]
        if not self.fields or None in asked:
            return []
        needed = ["uuid", "name", *asked, self.sort, *(c.column for c in self.conditions if not c.of_tags)]
        return [("fields", ",".join(dict.fromkeys(column for column in needed if column)))]


def count(services: Services, question: Question) -> Steps[int]:
    """Return how many services meet the conditions."""
    if question.exact_here:
        found = yield from services.listing(question.conditions)
        return len(found)
    sent = [("q", condition.sent) for condition in question.conditions]
    body = yield from services.client.read(
        PATH, [*sent, ("count", "true")], lambda body: isinstance(body.get("total"), int)
    )
    return int(body["total"])


def ask(services: Services, question: Question) -> Steps[tuple[list[Held], int]]:
    """Return the services that are asked for, and how many meet the conditions in all."""
    if not question.exact_here and question.limit is not None and question.limit <= PAGE:
        answer = yield from _one_page(services, question, question.limit)
        return answer
    found = yield from services.listing(question.conditions, question.params())
    ordered = _sorted(found, question)
    end = None if question.limit is None else question.start + question.limit
    return ordered[question.start : end], len(found)


def _one_page(services: Services, question: Question, limit: int) -> Steps[tuple[list[Held], int]]:
    order = f"{'-' if question.descending else '+'}{question.sort or 'uuid'}"
    cut = [("limit", str(limit)), ("start", str(question.start)), ("sort", order), ("replyWithCount", "true")]
    sent = [("q", condition.sent) for condition in question.conditions]
    body = yield from services.client.read(
        PATH, [*sent, *question.params(), *cut], lambda body: is_page(body) and isinstance(body.get("total"), int)
    )
    return [Held(decode(row)) for row in body["inventories"]], int(body["total"])


def _sorted(found: Sequence[Held], question: Question) -> list[Held]:
    option = next((name for name, wire in query.COLUMNS.items() if wire == question.sort), "uuid")

    def key(held: Held) -> tuple[Any, ...]:
        value = held.values.get(option)
        return (value is not None, value.casefold() if isinstance(value, str) else value or 0, held.uuid)

    return sorted(found, key=key, reverse=question.descending)


def declare(
    found: Sequence[Held], all_names: Sequence[str], secrecy: Secrecy
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return services in the form that ``model_services`` accepts and that changes nothing, and what was left out.

    Only fields that a creation takes are declared. A uuid is added where the name does not say which service is meant.

    :param all_names: the names of every service on the platform.
    """
    times = Counter(all_names)
    declared, warnings = [], []
    for held in found:
        form: dict[str, Any] = {}
        for field in FIELDS:
            value = held.get(field)
            if not (field.add and field.read) or field.option == "resource_uuid" or value in (None, "", [], {}):
                continue
            shown = field.kind.show(value, secrecy)
            if _declarable(field.option, shown, held):
                form[field.option] = shown
            elif field.option != "name":
                warnings.append(
                    f"{field.option} of {quoted(held.name)} is left out: it is nothing that could be declared."
                )
        if "name" not in form or times[held.name] > 1:
            form = {"uuid": held.uuid, **form}
        declared.append(form)
    return declared, warnings


def _declarable(option: str, shown: Any, held: Held) -> bool:
    field = BY_OPTION[option]
    try:
        return same(field, field.kind.parse(shown), held.get(field), {})
    except Wrong:
        return False


def warn_of_unshown(question: Question, found: Sequence[Held]) -> list[str]:
    """Return a warning for each field that was asked for and that the platform does not show, if only for a typing error.

    A key without a field may be one of a newer platform, so it is no mistake as long as some service has it.
    """
    known = {field.option for field in READABLE} - {"resource_uuid"} | SERVER_MADE | {"uuid"}
    shown = known.union(*(held.values for held in found))
    return [
        f"fields: the platform shows no {quoted(name)} of a service{nearest(name, known)}"
        for name in question.fields
        if name not in shown
    ]


def only(values: Mapping[str, Any], fields: Sequence[str]) -> dict[str, Any]:
    """Return the asked keys of a service, and those that say which it is."""
    return {key: value for key, value in values.items() if not fields or key in fields or key in ("uuid", "name")}
