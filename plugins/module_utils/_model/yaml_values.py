# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The values of YAML: compared by meaning, and taken apart."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any


class YamlError(ValueError):
    """The text is not YAML this collection can read. ``line`` and ``column`` count from 1; 0 when unknown."""

    def __init__(self, problem: str, line: int = 0, column: int = 0) -> None:
        self.problem = problem
        self.line = line
        self.column = column
        super().__init__(f"{problem} (line {line}, column {column})" if line else problem)


class Loaded:
    """What a YAML text contains: the value of its only document, and the line of every mapping by ``id``."""

    def __init__(self) -> None:
        self.value: Any = None
        self.lines: dict[int, int] = {}


def fingerprint(value: Any) -> bytes:
    """Return a digest that is equal for equal YAML values and only for these: ``1``, ``1.0`` and ``true`` differ.

    :raises YamlError: the value contains itself or is nested beyond what the interpreter follows.
    """
    try:
        return _digest(value, {}, set())
    except RecursionError:
        raise YamlError("it is nested too deeply") from None


def _digest(value: Any, known: dict[int, bytes], path: set[int]) -> bytes:
    if not isinstance(value, (dict, list)):
        return hashlib.sha256(f"{_type_of(value)}:{value!r}".encode("utf-8", "surrogatepass")).digest()
    # By identity, so that an alias used a billion times is read once.
    here = id(value)
    if here in known:
        return known[here]
    if here in path:
        raise YamlError("it contains itself")
    path.add(here)
    if isinstance(value, dict):
        parts = sorted(_digest(k, known, path) + _digest(v, known, path) for k, v in value.items())
        known[here] = hashlib.sha256(b"map" + b"".join(parts)).digest()
    else:
        known[here] = hashlib.sha256(b"seq" + b"".join(_digest(v, known, path) for v in value)).digest()
    path.discard(here)
    return known[here]


def _type_of(value: Any) -> str:
    return next((k.__name__ for k in (bool, int, float, str, bytes) if isinstance(value, k)), type(value).__name__)


def read_path(document: Any, path: tuple[Any, ...]) -> Any:
    """Return the value at a path of keys and indices in a parsed document, or ``None``."""
    for step in path:
        if isinstance(step, int):
            document = document[step] if isinstance(document, list) and len(document) > step else None
        else:
            document = document.get(step) if isinstance(document, dict) else None
    return document


def remove_paths(document: Any, paths: Iterable[tuple[Any, ...]]) -> None:
    """Remove the values at some paths, then the containers on the way that are empty without them."""
    ways: set[tuple[Any, ...]] = set()
    for path in paths:
        _remove(document, path)
        ways.update(path[:length] for length in range(1, len(path)))
    for way in sorted(ways, key=len, reverse=True):
        if read_path(document, way) in (None, {}, []):
            _remove(document, way)


def _remove(document: Any, path: tuple[Any, ...]) -> None:
    holder, last = read_path(document, path[:-1]), path[-1]
    if isinstance(holder, dict):
        holder.pop(last, None)
    elif isinstance(holder, list) and isinstance(last, int) and len(holder) > last:
        del holder[last]
