# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Queries: which services the platform has, and how they would be declared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import ApiError, ValidationError
from ansible_collections.zstack.aios.plugins.module_utils._common.text import nearest, quoted, snake, trim
from ansible_collections.zstack.aios.plugins.module_utils._model.fields import Field, Resource, Schema
from ansible_collections.zstack.aios.plugins.module_utils._model.redaction import Redactor
from ansible_collections.zstack.aios.plugins.module_utils._model.scalars import InvalidValue, is_uuid
from ansible_collections.zstack.aios.plugins.module_utils._platform.conditions import ConditionReader, InvalidCondition
from ansible_collections.zstack.aios.plugins.module_utils._platform.query import Condition, equals, queries
from ansible_collections.zstack.aios.plugins.module_utils._platform.resources import Resources
from ansible_collections.zstack.aios.plugins.module_utils._rest.client import PAGE


class Question(NamedTuple):
    """A query for resources.

    :param sort: the column to sort by, empty for the uuid.
    :param limit: how many services at most, after ``start`` services that are skipped.
    :param columns: the columns to read besides uuid and name; empty for whole resources.
    """

    conditions: tuple[Condition, ...] = ()
    sort: str = ""
    descending: bool = False
    limit: int | None = None
    start: int = 0
    columns: tuple[str, ...] = ()

    @property
    def filtered_here(self) -> bool:
        """Whether the platform may find too much, so that results are counted and cut here."""
        return any(condition.keeps for condition in self.conditions)

    @property
    def everything(self) -> bool:
        """Whether every service of the platform is asked for."""
        return not self.conditions and self.limit is None and not self.start

    def params(self) -> list[tuple[str, str]]:
        """Return the columns to select: those of the query, and those needed to filter and sort here (platform.query_fields)."""
        if not self.columns:
            return []
        filtered = (condition.column for condition in self.conditions if not condition.of_tags)
        needed = dict.fromkeys(("uuid", "name", *self.columns, self.sort, *filtered))
        return [("fields", ",".join(column for column in needed if column))]


def read_question(schema: Schema, params: Mapping[str, Any]) -> tuple[Question, list[ValidationError]]:
    """Return what the options of a module ask, and what is invalid in them."""
    reader = ConditionReader(schema)
    conditions, errors = reader.read_all(params["conditions"] or (), "conditions")
    conditions += [equals(option, trim(params[option])) for option in ("name", "uuid") if params[option] is not None]
    sort = ""
    try:
        sort = reader.column(params["sort_by"]) if params["sort_by"] else ""
    except InvalidCondition as error:
        errors.append(ValidationError("", "sort_by", str(error)))
    for option in ("limit", "start"):
        if params[option] is not None and params[option] < 0:
            errors.append(ValidationError("", option, f"{params[option]} is less than zero"))
    # Where a field that is asked for is no column, whole services are read.
    columns = [reader.columns.get(name, "") for name in params["fields"] or ()]
    if params.get("declared") or "" in columns:
        columns = []
    descending = params["sort_direction"] == "desc"
    return Question(tuple(conditions), sort, descending, params["limit"], params["start"], tuple(columns)), errors


def count(resources: Resources, question: Question) -> int:
    """Return how many services meet the conditions."""
    if question.filtered_here:
        return len(resources.listing(question.conditions))
    return resources.count(question.conditions)


def search(resources: Resources, question: Question) -> tuple[list[Resource], int]:
    """Return the services that are asked for, and how many meet the conditions in all."""
    if not question.filtered_here and question.limit is not None and question.limit <= PAGE:
        order = f"{'-' if question.descending else '+'}{question.sort or 'uuid'}"
        sent = [*queries(question.conditions), *question.params(), ("sort", order)]
        return resources.page(sent, question.limit, question.start)
    found = resources.listing(question.conditions, question.params())
    ordered = _sorted(found, question, resources.schema)
    end = None if question.limit is None else question.start + question.limit
    return ordered[question.start : end], len(found)


def _sorted(found: Sequence[Resource], question: Question, schema: Schema) -> list[Resource]:
    by_wire = {field.wire: field.option for field in schema.readable}
    option = by_wire.get(question.sort, snake(question.sort)) or "uuid"

    def key(service: Resource) -> tuple[Any, ...]:
        value = service.values.get(option)
        return (value is not None, value.casefold() if isinstance(value, str) else value or 0, service.uuid)

    return sorted(found, key=key, reverse=question.descending)


def declare(
    found: Sequence[Resource], all_names: Sequence[str], redactor: Redactor, fields: Sequence[str] = ()
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return services in the form that ``model_services`` accepts and that changes nothing, and warnings of what is left
    out.

    Only fields that a creation takes are declared. A uuid is added where the name does not identify the service.

    :param all_names: the names of every service on the platform.
    :param fields: the only fields to declare besides the name; empty for all.
    """
    times = Counter(all_names)
    declared, warnings = [], []
    for service in found:
        form: dict[str, Any] = {}
        for field in declarable_fields(service.schema):
            value = service.get(field)
            if value in (None, "", [], {}) or (fields and field.option not in (*fields, "name")):
                continue
            shown = field.type.show(value, redactor)
            if _declarable(field, shown, service):
                form[field.option] = shown
            elif field.option != "name":
                warnings.append(
                    f"{field.option} of {quoted(service.name)} is left out, because this value cannot be declared."
                )
        if "name" not in form or times[service.name] > 1:
            form = {"uuid": service.uuid, **form}
        declared.append(form)
    return declared, warnings


class Declarable(NamedTuple):
    """Services, and what else of the platform their declarations depend on.

    :param all_names: the names of every service on the platform.
    :param referred: the names of what the services refer to by uuid, for each field, and warnings.
    """

    found: Sequence[Resource]
    all_names: Sequence[str]
    referred: tuple[Mapping[str, Mapping[str, str]], Sequence[str]] = ({}, ())

    def forms(self, redactor: Redactor, fields: Sequence[str] = ()) -> tuple[list[dict[str, Any]], list[str]]:
        """Return the declaration of each service, and warnings, as :func:`declare` does."""
        forms, warnings = declare(self.found, self.all_names, redactor, fields)
        names, unread = self.referred
        if names:
            forms = [with_names(service.schema, form, names) for service, form in zip(self.found, forms, strict=True)]
        return forms, [*warnings, *unread]


def read_declarable(resources: Resources, question: Question, found: Sequence[Resource], named: bool) -> Declarable:
    """Read what the declarations of the found services depend on.

    :param named: whether to declare names in place of uuids.
    """
    everything = found
    if found and not question.everything:
        everything = resources.listing(params=[("fields", "uuid,name")])
    declarable = Declarable(found, [service.name for service in everything])
    return declarable._replace(referred=names_by_uuid(resources, found)) if named else declarable


def names_by_uuid(resources: Resources, found: Sequence[Resource]) -> tuple[dict[str, dict[str, str]], list[str]]:
    """Return the names of what services refer to by uuid, for each field that takes names, and warnings.

    A name is left out if several things have it, or if it looks like a uuid, because a declaration would mean something
    else by it.
    """
    names: dict[str, dict[str, str]] = {}
    warnings = []
    for field in resources.schema.named.values():
        if not field.read or not any(service.get(field) for service in found):
            continue
        try:
            uuids = resources.uuids_by_name(field)
        except ApiError as error:
            warnings.append(f"{field.option} stays as it is, because the names cannot be read: {error.message}")
            continue
        names[field.option] = {
            behind[0]: name for name, behind in uuids.items() if len(behind) == 1 and name and not is_uuid(name)
        }
    return names, warnings


def with_names(schema: Schema, form: Mapping[str, Any], names: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Return a declaration with names in place of the uuids that have one."""
    named: dict[str, Any] = {}
    for option, value in form.items():
        known = names.get(option, {})
        uuids = value if isinstance(value, list) else [value]
        if any(isinstance(uuid, str) and uuid in known for uuid in uuids):
            shown = [known.get(uuid, uuid) for uuid in uuids]
            named[schema.by_option[option].name_option] = shown if isinstance(value, list) else shown[0]
        else:
            named[option] = value
    return named


def declarable_fields(schema: Schema) -> list[Field]:
    """Return the fields that an export declares."""
    return [field for field in schema.fields if field.add and field.read and field.read != "uuid"]


def undeclarable(schema: Schema, fields: Sequence[str]) -> list[str]:
    """Return a warning for each field that was asked for and that no export declares."""
    known = {field.option for field in declarable_fields(schema)} | {"uuid"}
    return [
        f"fields: exports have no field {quoted(name)}{nearest(name, known)}" for name in fields if name not in known
    ]


def _declarable(field: Field, shown: Any, service: Resource) -> bool:
    try:
        return service.schema.same(field, field.type.parse(shown), service.get(field), {})
    except InvalidValue:
        return False


def unshown_fields(schema: Schema, fields: Sequence[str], found: Sequence[Resource]) -> list[str]:
    """Return a warning for each requested field that the platform does not show, for example because it is misspelled.

    A key without a field may be one of a newer platform, so it is no error as long as some service has it.
    """
    known = {field.option for field in schema.readable if field.read != "uuid"} | schema.server_made | {"uuid"}
    shown = known.union(*(service.values for service in found))
    return [
        f"fields: {schema.noun}s have no field {quoted(name)}{nearest(name, known)}"
        for name in fields
        if name not in shown
    ]


def select(values: Mapping[str, Any], fields: Sequence[str]) -> dict[str, Any]:
    """Return the asked keys of a service, and those that identify it."""
    return {key: value for key, value in values.items() if not fields or key in fields or key in ("uuid", "name")}
