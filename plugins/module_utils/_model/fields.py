# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fields, and the schema of a kind of resource: one table from which everything about its fields derives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.zstack.aios.plugins.module_utils._common.text import snake
from ansible_collections.zstack.aios.plugins.module_utils._model import yaml_codec, yaml_values
from ansible_collections.zstack.aios.plugins.module_utils._model.environment import environment_of
from ansible_collections.zstack.aios.plugins.module_utils._model.scalars import FieldType, InvalidValue
from ansible_collections.zstack.aios.plugins.module_utils._model.yaml_type import Yaml

#: The operations of the platform that take fields.
ADD, CLONE, UPDATE = "add", "clone", "update"
_SHAPES: Mapping[str, type] = {"list": list, "dict": dict}


class Field(NamedTuple):
    """One field of a resource.

    :param option: its name in playbooks.
    :param wire: its name in the platform's JSON.
    :param add: ``required``, ``optional`` or empty when the operation ignores it; ``clone`` and ``update`` likewise.
    :param read: the key of the inventory that shows it, empty when the platform does not show it.
    :param shown_at: where the stored ``yaml`` shows a field that the inventory does not (platform.assumed_yaml).
    :param beside: it is sent beside the envelope, not inside it (platform.tags_in_request).
    :param relation: the name of the relation whose members it lists; they are changed one by one through endpoints of
        their own, and read through them too unless ``read`` shows them.
    :param name_option: the option that takes a name in place of this uuid.
    :param name_path: where such names are looked up.
    :param since: the first version of the platform's API that has it (platform.assumed_versions).
    :param add_wire: its name in the JSON of a creation, where that differs (platform.groups_boot_time).
    :param in_path: the path of a creation carries it, not the body.
    """

    option: str
    wire: str
    type: FieldType
    description: tuple[str, ...]
    add: str = ""
    clone: str = ""
    update: str = ""
    read: str = ""
    shown_at: tuple[Any, ...] = ()
    beside: bool = False
    relation: str = ""
    name_option: str = ""
    name_path: str = ""
    since: str = ""
    add_wire: str = ""
    in_path: bool = False

    @property
    def unseen(self) -> bool:
        """Whether an update sets it and the inventory does not show it; the stored ``yaml`` may."""
        return bool(self.update) and not self.read and not self.relation

    def fits(self, value: Any) -> bool:
        """Return whether a value of the platform has the shape of the field: a list, a map or a scalar."""
        return isinstance(value, _SHAPES.get(self.type.ansible_type, (str, int, float)))

    def accepted(self, operation: str) -> bool:
        """Return whether an operation takes the field."""
        return bool(getattr(self, operation))

    def wire_in(self, operation: str) -> str:
        """Return its name in the JSON of an operation."""
        return self.add_wire if operation == ADD and self.add_wire else self.wire

    @property
    def update_only(self) -> bool:
        """Whether only an update takes it, so that it follows a creation as one."""
        return bool(self.update) and not self.add and not self.clone

    @property
    def read_apart(self) -> bool:
        """Whether it is a relation that the inventory does not show."""
        return bool(self.relation) and not self.read

    @property
    def create_only(self) -> bool:
        """Whether it is fixed once the resource exists."""
        return not self.update and not self.relation


class Schema:
    """The fields of one kind of resource.

    :param noun: what a person calls such a resource.
    :param fields: the only list of its fields, in the order in which they are documented and shown.
    :param controls: the keys of an item that say which resource it is about and what state it should have.
    :param server_made: keys of a result that are the platform's own: accepted in a declaration, so that a result can be
        given back, and ignored.
    :param shown: those of them whose values have to be decoded or redacted, or can be queried.
    :param own: what the collection itself keeps with the resource, as tags of its own. The platform knows nothing of it.
    :param owner: the option with the uuid of the resource that such a resource belongs to, and within which a name
        identifies it; empty where a name identifies it on the whole platform.
    :param parts: the kinds of resources that an item may declare below it, by the key that lists them; each is asked for
        when something is declared.
    """

    def __init__(
        self,
        noun: str,
        fields: Sequence[Field],
        controls: Mapping[str, FieldType],
        server_made: frozenset[str] = frozenset(),
        shown: Sequence[Field] = (),
        own: Sequence[Field] = (),
        owner: str = "",
        parts: Mapping[str, Callable[[], Schema]] | None = None,
    ) -> None:
        self.noun = noun
        self.a_noun = f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
        #: What messages call it, where it is clear whose it is.
        self.word = noun.rpartition(" ")[2]
        self.fields = tuple(fields)
        self.controls = controls
        self.clones = "clone_from" in controls
        self.cure_of_fixed = (
            f"set on_fixed_change to recreate to replace the {self.word}"
            if "on_fixed_change" in controls
            else f"delete the {self.word} and create it again"
        )
        #: Whether such a resource runs, which takes time after its creation.
        self.runs = "wait" in controls
        self.own = tuple(own)
        self.shown = tuple(shown)
        self.server_made = server_made | {field.option for field in shown}
        self.parts = parts or {}
        self.by_option: Mapping[str, Field] = {field.option: field for field in (*fields, *own)}
        self.named: Mapping[str, Field] = {field.name_option: field for field in fields if field.name_option}
        self.readable = tuple(field for field in fields if field.read)
        self._positions = {option: place for place, option in enumerate(self.by_option)}
        self.owner = self.by_option.get(owner)
        self.by_result_key: Mapping[str, Field] = {**self.by_option, **{field.option: field for field in shown}}
        self._by_key = {field.read: field for field in (*self.readable, *shown) if field.read != "uuid"}

    def options(self, named: bool = True) -> Iterator[str]:
        """Yield the options that declare a field, also those that take a name in place of a uuid."""
        for field in self.fields:
            yield field.option
            if named and field.name_option:
                yield field.name_option
        for field in self.own:
            yield field.option

    def sorted(self, options: Iterator[str] | Sequence[str] | set[str]) -> list[str]:
        """Return options in the order of the table."""
        return sorted(options, key=self._positions.__getitem__)

    def decode(self, inventory: Mapping[str, Any]) -> dict[str, Any]:
        """Return an inventory of the platform in this collection's names.

        Keys without a field come through in snake_case, so that newer platforms show what they have. A value that the
        field cannot have, such as a list for a text, counts as not shown.
        """
        shown: dict[str, Any] = {}
        for key, value in inventory.items():
            if value is None:  # counts as not set (platform.null)
                continue
            name = snake(key)
            field = self._by_key.get(key) or self.by_option.get(name)
            if field is None or (name in self.server_made and field.option != name):
                shown[name] = value
            if field is not None and field.fits(value):
                if key == field.read:
                    shown[field.option] = field.type.decode(value)
                else:
                    shown.setdefault(field.option, field.type.decode(value))
        return shown

    def encode(self, values: Mapping[str, Any], operation: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what an operation is sent: the content of its envelope, and what travels beside it."""
        inside: dict[str, Any] = {}
        beside: dict[str, Any] = {}
        for option, value in values.items():
            field = self.by_option[option]
            if field.accepted(operation) and not field.in_path:
                (beside if field.beside else inside)[field.wire_in(operation)] = field.type.encode(value)
        return inside, beside

    def same(self, field: Field, wanted: Any, current: Any, declared: Mapping[str, Any]) -> bool:
        """Return whether a declared value is the current one.

        ``yaml`` is compared without what the other declared fields put into it.
        """
        if not isinstance(field.type, Yaml):
            return field.type.same(wanted, current)
        shown_at = (self.by_option[option].shown_at for option in declared)
        try:
            return field.type.same(wanted, current, tuple(path for path in shown_at if path))
        except InvalidValue:
            return False


class Resource:
    """One resource as the platform shows it.

    :ivar values: the decoded inventory.
    :ivar related: the members of its relations by option, as far as they were read.
    :ivar remembered: the user tags that hold fingerprints of what it does not show, ``None`` while they are not read.
    """

    def __init__(self, schema: Schema, values: Mapping[str, Any]) -> None:
        self.schema = schema
        self.values = values
        self.related: dict[str, list[Member]] = {}
        self.remembered: list[Member] | None = None
        self._document: Any = None
        self._parsed = False

    @property
    def uuid(self) -> str:
        """The resource's uuid."""
        return str(self.values.get("uuid", ""))

    @property
    def name(self) -> str:
        """The resource's name."""
        return str(self.values.get("name", ""))

    def get(self, field: Field) -> Any:
        """Return what the platform shows for a field, ``None`` when it shows nothing."""
        if field.read_apart:
            return [member.value for member in self.related.get(field.option, ())]
        if field.read == "uuid":
            return self.uuid
        if not field.shown_at or field.option in self.values:
            return self.values.get(field.option)
        if not self._parsed:
            self._parsed = True
            try:
                self._document = yaml_codec.load(str(self.values.get("yaml", ""))).value
            except yaml_values.YamlError:
                self._document = None
        if field.shown_at == ("env",):
            return environment_of(self._document)
        return yaml_values.read_path(self._document, field.shown_at)

    def shows(self, field: Field) -> bool:
        """Return whether a declared value of the field can be compared with what the platform shows."""
        return bool(field.read or field.relation) or (bool(field.shown_at) and self.get(field) is not None)

    def copy(self) -> Resource:
        """Return the same resource, into which relations can be read without changing this one."""
        other = Resource(self.schema, self.values)
        other.related = dict(self.related)
        other.remembered = self.remembered
        return other

    def members(self, field: Field) -> dict[str, Member]:
        """Return the members of a relation by their values, as far as they were read."""
        if field.read_apart:
            return {member.value: member for member in self.related.get(field.option, ())}
        return {value: Member("", value) for value in self.get(field) or ()}


class Member(NamedTuple):
    """One member of a relation, a tag for instance.

    :param uuid: of the record that makes it a member, where that is needed to remove it.
    :param value: the member as it is declared: a tag's text, or the uuid of its pattern or of a model.
    """

    uuid: str
    value: str
