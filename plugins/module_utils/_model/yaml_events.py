# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""YAML text to values and back, on PyYAML.

The stock loader composes a tree of nodes first, which takes ten times as long as parsing; at 10,000 declarations that
is the largest cost of a run. libyaml's parser is kept, only the building of objects is here.
"""

from __future__ import annotations

import functools
from collections.abc import Hashable
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._model.yaml_values import Loaded, YamlError

try:
    import yaml
    from yaml.events import (
        AliasEvent,
        DocumentStartEvent,
        MappingEndEvent,
        MappingStartEvent,
        ScalarEvent,
        SequenceEndEvent,
        SequenceStartEvent,
    )
except ImportError:
    yaml = None  # type: ignore[assignment] # a module asks yaml_codec.is_installed() before it begins

STR, MERGE, VALUE = (f"tag:yaml.org,2002:{name}" for name in ("str", "merge", "value"))
_MAP_AND_SEQ = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")
#: How deep a document may be nested.
DEEPEST = 200
#: How many characters the aliases of a document may stand for: so many, and so many for each of its own. An alias that is
#: used in what other aliases stand for multiplies, and a few hundred characters could fill the memory.
EXPANSION, EXPANSION_EACH = 1_000_000, 100


class _Merge:
    """Represents the key ``<<`` while a mapping is built."""


def load(text: str) -> Loaded:
    """Build the value of a YAML text with at most one document.

    :raises YamlError: bad syntax, an unknown tag or anchor, a second document, a key that cannot be one, too much nesting,
        aliases that stand for too much.
    """
    builder = _Builder(EXPANSION + EXPANSION_EACH * len(text))
    try:
        for event in yaml.parse(text, Loader=_fastest("Loader")):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        raise YamlError(error.problem or str(error), line, column) from None
    except yaml.YAMLError as error:
        raise YamlError(" ".join(str(error).split())) from None
    except UnicodeEncodeError:
        raise YamlError("it contains half a surrogate pair, which is not valid Unicode") from None
    return builder.loaded


class _Builder:
    """Turns events into objects, without recursion, so that hostile nesting cannot exhaust the stack."""

    def __init__(self, expansion: int) -> None:
        self.expansion = expansion  # how many characters aliases may still stand for
        self.weight = 0  # of everything so far, in characters, what aliases stand for included
        self.weights: dict[str, int] = {}  # of what each anchor names
        self.opened: list[tuple[int, Any]] = []  # the weight before each container that is open, and its event
        self.loaded = Loaded()
        self.documents = 0
        self.stack: list[Any] = []
        self.keys: list[Any] = []
        self.anchors: dict[str, Any] = {}

    def take(self, event: Any) -> None:
        kind = type(event)
        if kind is ScalarEvent:
            weight = len(event.value) + 1
            self.weight += weight
            if event.anchor:
                self.weights[event.anchor] = weight
            self.put(self.scalar(event), event)
        elif kind is MappingStartEvent or kind is SequenceStartEvent:
            self.open({} if kind is MappingStartEvent else [], event)
        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            done = self.stack.pop()
            self.keys.pop()
            before, start = self.opened.pop()
            if start.anchor:
                self.weights[start.anchor] = self.weight - before
            if isinstance(done, dict) and _Merge in done:
                _merge(done, event)
        elif kind is AliasEvent:
            if event.anchor not in self.anchors:
                raise _error("undefined alias; quote text that begins with *", event)
            self.expand(self.weights.get(event.anchor, 0), event)
            self.put(self.anchors[event.anchor], event)
        elif kind is DocumentStartEvent:
            self.documents += 1
            if self.documents > 1:
                raise _error("there is more than one document", event)

    def expand(self, weight: int, event: Any) -> None:
        self.weight += weight
        self.expansion -= weight
        if self.expansion < 0:
            raise _error("its aliases expand to too much text", event)

    def open(self, container: Any, event: Any) -> None:
        if len(self.stack) == DEEPEST:
            raise _error(f"it is nested more than {DEEPEST} levels deep", event)
        self.opened.append((self.weight, event))
        self.weight += 1
        if event.tag not in (None, "!", *_MAP_AND_SEQ):
            raise _error(_UNKNOWN_TAG, event)
        if isinstance(container, dict):
            self.loaded.lines[id(container)] = event.start_mark.line + 1
        self.put(container, event)
        self.stack.append(container)
        self.keys.append(_NO_KEY)

    def put(self, value: Any, event: Any) -> None:
        if getattr(event, "anchor", None) and not isinstance(event, AliasEvent):
            self.anchors[event.anchor] = value
        if not self.stack:
            self.loaded.value = value
            return
        top = self.stack[-1]
        if isinstance(top, list):
            top.append(value)
        elif self.keys[-1] is _NO_KEY:
            if not isinstance(value, Hashable):
                raise _error("a list or a mapping cannot be a key", event)
            self.keys[-1] = value
        elif self.keys[-1] in top:
            raise _error(f"duplicate key {self.keys[-1]}", event)
        else:
            top[self.keys[-1]] = value
            self.keys[-1] = _NO_KEY

    def scalar(self, event: Any) -> Any:
        if event.tag in (None, "!"):
            if not event.implicit[0]:
                return event.value
            value = plain_scalar(event.value)
            if value is _Merge and (not self.stack or isinstance(self.stack[-1], list) or self.keys[-1] is not _NO_KEY):
                return event.value
            return value
        return _tagged(event)


_NO_KEY = object()
# The word itself may be a secret whose quotes were forgotten.
_UNKNOWN_TAG = "unknown tag; quote text that begins with !"


def _error(problem: str, event: Any) -> YamlError:
    return YamlError(problem, event.start_mark.line + 1, event.start_mark.column + 1)


def _merge(mapping: dict[Any, Any], event: Any) -> None:
    """Lay the mappings under ``<<`` below the keys that are given."""
    under = mapping.pop(_Merge)
    for other in under if isinstance(under, list) else [under]:
        if not isinstance(other, dict):
            raise _error("the key << needs a mapping or a list of mappings", event)
        for key, value in other.items():
            mapping.setdefault(key, value)


def _tagged(event: Any) -> Any:
    loader = yaml.SafeLoader("")
    if event.tag not in loader.yaml_constructors:
        raise _error(_UNKNOWN_TAG, event)
    try:
        if event.tag in _NUMBERS and len(event.value) > _LONGEST_PLAIN:
            raise ValueError
        value = loader.construct_object(yaml.ScalarNode(event.tag, event.value, event.start_mark, event.end_mark))
        if isinstance(value, int) and value.bit_length() > _LONGEST_NUMBER:
            raise ValueError
        return value
    except (ValueError, OverflowError, yaml.YAMLError):
        raise _error(f"the value is not valid for the tag {event.tag}", event) from None


_PLAIN: dict[str, Any] = {}
#: Bits of a whole number, which the interpreter can write as a decimal number, and characters of an unquoted scalar that
#: may be something else than text.
_LONGEST_NUMBER, _LONGEST_PLAIN = 10_000, 5_000
_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")


def plain_scalar(text: str) -> Any:
    """Return what an unquoted scalar means in YAML 1.1 (``3.10`` is a number, ``yes`` a boolean)."""
    if text in _PLAIN:
        return _PLAIN[text]
    if len(text) > _LONGEST_PLAIN:
        return text
    loader = yaml.SafeLoader("")
    tag = loader.resolve(yaml.ScalarNode, text, (True, False))
    if tag in (STR, VALUE):
        value: Any = text
    elif tag == MERGE:
        value = _Merge
    else:
        try:
            value = loader.construct_object(yaml.ScalarNode(tag, text))
        except (ValueError, OverflowError, yaml.YAMLError):
            value = text  # 2026-99-99 looks like a date and is none
        if isinstance(value, int) and value.bit_length() > _LONGEST_NUMBER:
            value = text
    if len(_PLAIN) < 100_000 and len(text) < 100:
        _PLAIN[text] = value
    return value


def dump(value: Any, lines: bool) -> str:
    """Return ``value`` as block YAML in its own order.

    :param lines: write texts of several lines as lines.
    """
    dumper = _line_dumper() if lines else _fastest("Dumper")
    return str(yaml.dump(value, Dumper=dumper, sort_keys=False, allow_unicode=True, width=1_000_000))


def _fastest(kind: str) -> Any:
    return getattr(yaml, f"CSafe{kind}", None) or getattr(yaml, f"Safe{kind}")


@functools.cache
def _line_dumper() -> Any:
    class LineDumper(_fastest("Dumper")):  # type: ignore[misc] # known at run time only
        """Writes texts of several lines as lines."""

    LineDumper.add_representer(
        str,
        lambda dumper, text: dumper.represent_scalar(STR, text, style="|" if "\n" in text else None),
    )
    return LineDumper
