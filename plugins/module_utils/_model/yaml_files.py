# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``yaml_file``: the ``yaml`` of a service in a file of its own."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from ansible_collections.zstack.aios.plugins.module_utils._common.errors import ValidationError
from ansible_collections.zstack.aios.plugins.module_utils._common.text import printable, quoted
from ansible_collections.zstack.aios.plugins.module_utils._model.declaration import RawItem, where_of
from ansible_collections.zstack.aios.plugins.module_utils._model.files import Unreadable, reason, text_of

OPTION = "yaml_file"


def read_yaml_files(raw_items: Sequence[RawItem], size_limit: int = 64) -> tuple[list[RawItem], list[ValidationError]]:
    """Replace each ``yaml_file`` by the ``yaml`` that the file contains.

    A relative path starts at the folder of the declaration. ``null`` takes a ``yaml`` away, as it does there.

    :param size_limit: so many MiB a file may have.
    """
    items: list[RawItem] = []
    errors: list[ValidationError] = []
    for raw in raw_items:
        if not isinstance(raw.value, Mapping) or OPTION not in raw.value:
            items.append(raw)
            continue
        try:
            items.append(_read(raw, size_limit))
        except Unreadable as why:
            errors.append(ValidationError(where_of(raw.value, raw.place), OPTION, str(why)))
            items.append(raw._replace(value=_without(raw)))
    return items, errors


def _read(raw: RawItem, size_limit: int) -> RawItem:
    """Return an item with the text of its file.

    :raises Unreadable: the file cannot be read, or the item has a ``yaml`` too.
    """
    given = raw.value[OPTION]
    if given is None:
        return raw._replace(value={"yaml": None, **_without(raw)})
    if raw.value.get("yaml") is not None:
        raise Unreadable("set either yaml or yaml_file, not both")
    if not isinstance(given, str) or not given:
        raise Unreadable("it is not the path of a file")
    path = path_of(raw.folder, given)
    try:
        text = text_of(path, size_limit)
    except FileNotFoundError:
        raise Unreadable(f"there is no file {quoted(path)} on this host") from None
    except (OSError, ValueError) as error:
        raise Unreadable(f"{quoted(path)} {reason(path, error)}") from None
    place = f"{raw.place}, yaml_file {printable(given)}" if raw.place else printable(given)
    return raw._replace(value={**_without(raw), "yaml": text}, origins={"yaml": place})


def _without(raw: RawItem) -> dict[str, object]:
    return {option: value for option, value in raw.value.items() if option != OPTION}


def path_of(folder: str, given: str) -> Path:
    """Return the path of a file that a declaration in a folder names."""
    return Path(folder) / os.path.expanduser(given)
