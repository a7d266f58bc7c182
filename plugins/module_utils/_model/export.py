# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of an export, as one file or as a folder with a file for each name.

The name of a file depends on nothing but the name of the service, so that it stays when other services come and go.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.zstack.aios.plugins.module_utils._model import yaml_codec
from ansible_collections.zstack.aios.plugins.module_utils._model.files import KEY, VAULT_HEADER
from ansible_collections.zstack.aios.plugins.module_utils._model.yaml_files import OPTION
from ansible_collections.zstack.aios.plugins.module_utils._model.yaml_values import YamlError

#: The first line of each file of declarations in a folder. Only files with it are ever replaced or deleted.
MARK = "# Written by an export of zstack.aios. The next export replaces this file, unless you remove this line.\n"
#: What the names of these files end in.
SUFFIX = ".yml"
#: Bytes of a service's name in the name of a file; file systems allow 143 (eCryptfs) to 255 in all.
_LONGEST = 80
_SAFE = re.compile(r"[a-z0-9][a-z0-9._-]*")
#: Windows has devices of these names, whatever the suffix, and Git checks folders out there too.
_DEVICE = re.compile(r"^(?:con|prn|aux|nul|com\d|lpt\d)(?=\.|$)")


class Exported(NamedTuple):
    """A service of an export.

    :param form: its declaration.
    """

    name: str
    uuid: str
    form: Mapping[str, Any]


class Part(NamedTuple):
    """The files with the services of one name: a file of declarations, and those that it names as ``yaml_file``."""

    name: str
    text: str
    yaml_files: Mapping[str, str]


def declaration_text(forms: Sequence[Mapping[str, Any]]) -> str:
    """Return a file of declarations: sorted by name, a blank line between two services, each with its name first."""
    if not forms:
        return f"---\n{KEY}: []\n"
    return f"---\n{KEY}:\n" + "\n".join(_block(form) for form in sorted(forms, key=_order))


def folder_parts(services: Sequence[Exported], yaml_files: bool) -> list[Part]:
    """Return the files of a folder. Services of one name share a file of declarations.

    :param yaml_files: whether each ``yaml`` gets a file of its own.
    """
    groups: dict[str, list[Exported]] = {}
    for service in services:
        groups.setdefault(stem_of(service.name), []).append(service)
    return [_part(stem, groups[stem], yaml_files) for stem in sorted(groups)]


def stem_of(name: str) -> str:
    """Return the name of a service's file without its suffix.

    It is the name of the service where every file system takes that for the same. Other names get a hash, so that names
    stay apart that differ in case, in their end, or in characters that no file can have.
    """
    if _SAFE.fullmatch(name) and len(name) <= _LONGEST and not _DEVICE.match(name):
        return name
    words = re.sub(r"[^\w.-]+", "-", unicodedata.normalize("NFC", name.lower()))
    short = words.encode("utf-8", "ignore")[:_LONGEST].decode("utf-8", "ignore").strip("-._")
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return "-".join(filter(None, (_DEVICE.sub("service", short), digest)))


def named_yaml_files(stem: str, text: str) -> set[str]:
    """Return the files that an exported file of declarations names as ``yaml_file`` and that have names of an export."""
    try:
        declared = yaml_codec.load(text, None).value
    except YamlError:
        return set()
    services = declared.get(KEY) if isinstance(declared, dict) else None
    listed = services if isinstance(services, list) else []
    named = [service.get(OPTION) for service in listed if isinstance(service, dict)]
    pattern = re.compile(rf"{re.escape(stem)}\.config\.(?:[\w.-]+\.)?yaml")
    return {name for name in named if isinstance(name, str) and pattern.fullmatch(name)}


def _part(stem: str, services: Sequence[Exported], yaml_files: bool) -> Part:
    forms, own = [], {}
    for service in services:
        form, text = dict(service.form), service.form.get("yaml")
        if yaml_files and isinstance(text, str) and _fits_a_file(text):
            among = f".{stem_of(service.uuid)}" if len(services) > 1 else ""
            name = f"{stem}.config{among}.yaml"
            own[name] = text if text.endswith("\n") else f"{text}\n"
            del form["yaml"]
            form[OPTION] = name
        forms.append(form)
    return Part(f"{stem}{SUFFIX}", MARK + declaration_text(forms), own)


def _fits_a_file(text: str) -> bool:
    """Return whether a file with this text is read as this text."""
    if text.startswith(("\ufeff", VAULT_HEADER)):
        return False
    try:
        return bool(text.encode())
    except UnicodeEncodeError:  # half a character
        return False


def _order(form: Mapping[str, Any]) -> tuple[str, str]:
    return (str(form.get("name", "")), str(form.get("uuid", "")))


def _block(form: Mapping[str, Any]) -> str:
    keys = sorted(form, key=lambda key: (key != "name", key))
    text = yaml_codec.dump([{key: _sorted(form[key]) for key in keys}], trimmed=False)
    return "".join(f"  {line}" if line.strip() else line for line in text.splitlines(keepends=True))


def _sorted(value: Any) -> Any:
    """Return the value with all mappings in the order of their keys."""
    if isinstance(value, Mapping):
        return {key: _sorted(value[key]) for key in sorted(value, key=str)}
    return [_sorted(element) for element in value] if isinstance(value, list) else value
