# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A part of a declaration: the services of some names or patterns, with the sources of their clones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import ValidationError
from ansible_collections.zstack.aios.plugins.module_utils._common.text import nearest, quoted, trim
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import Item


def invalid_selection(only: Sequence[str], pruning: bool, unmanaged: bool = False) -> Iterator[ValidationError]:
    """Yield what is invalid in a selection, whatever is declared.

    :param pruning: what is not declared is to be deleted, which needs the whole declaration.
    :param unmanaged: what is not declared is to be listed, likewise.
    """
    if not only:
        yield ValidationError("", "only", "it is empty; remove the option, or name the services to apply")
    if pruning:
        yield ValidationError("", "only", "prune needs the whole declaration; remove only, or set prune to false")
    if unmanaged:
        yield ValidationError(
            "", "only", "unmanaged needs the whole declaration; remove only, or set unmanaged to false"
        )


def select(items: Sequence[Item], only: Sequence[str]) -> tuple[list[Item], list[ValidationError]]:
    """Return the selected items in their order, and an error for each entry that selects none.

    :param only: names, uuids, or patterns of names in which ``*`` stands for any text and ``?`` for one character.
    """
    errors = []
    selected: set[int] = set()
    for index, entry in enumerate(only):
        matches = _matcher(trim(entry))
        found = [place for place, item in enumerate(items) if any(map(matches, _identities(item)))]
        if not found:
            near = nearest(entry, {item.name for item in items if item.name})
            text = f"no declared service has the name {quoted(entry)}, or matches it{near}"
            errors.append(ValidationError("", f"only[{index}]", text))
        selected.update(found)
    _add_sources(items, selected)
    return [items[place] for place in sorted(selected)], errors


def _matcher(pattern: str) -> Callable[[str], bool]:
    # A bracket means itself: names contain brackets, and a set of characters is not offered.
    escaped = pattern.replace("[", "[[]")
    return lambda text: text == pattern or fnmatchcase(text, escaped)


def _identities(item: Item) -> list[str]:
    return [text for text in (item.name, item.uuid) if text]


def _add_sources(items: Sequence[Item], selected: set[int]) -> None:
    """Add to the places of selected items those of the services that they are cloned from."""
    by_identity: dict[str, int] = {}
    for place, item in enumerate(items):
        for text in (*_identities(item), item.values.get("resource_uuid")):
            if text:
                by_identity.setdefault(text, place)
    waiting = list(selected)
    while waiting:
        source = by_identity.get(items[waiting.pop()].clone_from or "")
        if source is not None and source not in selected:
            selected.add(source)
            waiting.append(source)
