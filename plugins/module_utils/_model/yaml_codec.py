# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""YAML as others write it: loaded with lines, dumped in its own order.

The work is done by ``yaml_events``, which is imported with the first text that has to be parsed: most single services
are compared without, and a module's start counts.
"""

from __future__ import annotations

import importlib.util
from typing import Any

from ansible_collections.zstack.aios.plugins.module_utils._model.yaml_values import Loaded, YamlError, fingerprint


def is_installed() -> bool:
    """Return whether PyYAML can be imported."""
    return importlib.util.find_spec("yaml") is not None


#: Characters of a service's ``yaml`` that is parsed; what is longer is compared, and shown, as text.
LONGEST = 500_000


def load(text: str, longest: int | None = LONGEST) -> Loaded:
    """Build the value of a YAML text with at most one document.

    :raises YamlError: bad syntax, an unknown tag or anchor, a second document, a key that cannot be one, too long a text.
    """
    if longest is not None and len(text) > longest:
        raise YamlError(f"it is longer than {longest:,} characters")
    from ansible_collections.zstack.aios.plugins.module_utils._model import yaml_events

    return yaml_events.load(text)


def dump(value: Any, trimmed: bool = True) -> str:
    """Return ``value`` as block YAML in its own order.

    Texts of several lines are written as lines where they read back as the same: not so as keys, nor at the end of a
    text that is trimmed.

    :param trimmed: leave out the line breaks at the end, which the platform trims.
    """
    from ansible_collections.zstack.aios.plugins.module_utils._model import yaml_events

    text = yaml_events.dump(value, lines=True)
    try:
        same = fingerprint(load(text, None).value) == fingerprint(value)
    except YamlError:
        same = False
    if not same:
        text = yaml_events.dump(value, lines=False)
    return text.rstrip("\n").removesuffix("\n...") if trimmed else text
