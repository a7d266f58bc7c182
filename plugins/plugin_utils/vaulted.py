# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which values of a task were encrypted with Ansible Vault, each by itself.

Ansible marks them. From ansible-core 2.19 on, the mark survives templates that pass a value on unchanged. Before, only a
value in the task itself keeps it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ansible.parsing import vault


def vaulted_texts(value: Any) -> list[str]:
    """Return the decrypted texts of all marked values in ``value``, at any depth."""
    is_marked = _mark_reader()
    return sorted({str(leaf) for leaf in _leaves(value) if is_marked(leaf)})


def _mark_reader() -> Callable[[Any], bool]:
    helper = getattr(vault, "VaultHelper", None)
    if helper is not None:
        return lambda leaf: helper.get_ciphertext(leaf, with_tags=False) is not None
    from ansible.parsing.yaml.objects import AnsibleVaultEncryptedUnicode

    return lambda leaf: isinstance(leaf, AnsibleVaultEncryptedUnicode)


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for below in value.values():
            yield from _leaves(below)
    elif isinstance(value, (list, tuple)):
        for below in value:
            yield from _leaves(below)
    elif not isinstance(value, (bool, int, float, type(None))):
        yield value
