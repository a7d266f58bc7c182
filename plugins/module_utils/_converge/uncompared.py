# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Warnings of declared values that the platform does not show, and that no run compares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ansible_collections.zstack.aios.plugins.module_utils._common.text import counted, listed
from ansible_collections.zstack.aios.plugins.module_utils._converge.actions import DELETED
from ansible_collections.zstack.aios.plugins.module_utils._converge.plan import ON_CHANGE
from ansible_collections.zstack.aios.plugins.module_utils._converge.rows import Row


def warn_of_unseen(
    rows: Sequence[Row], uncompared: Mapping[str, int], update_write_only: str, without_user_tags: str
) -> list[str]:
    """Return warnings of declared values that were not compared, and of those that no later run can compare.

    :param uncompared: the number of services by field.
    :param without_user_tags: why no fingerprints can be kept on this platform, if so.
    """
    warnings = []
    if uncompared:
        services = counted(sum(bool(row.action.uncompared) for row in rows), "service")
        fields = listed([f"{option} ({count:,})" for option, count in uncompared.items()], 20)
        if update_write_only == ON_CHANGE:
            cure = "Next: set update_write_only to remember, or to always after you have changed one of them."
        else:
            cure = f"{_sentence(without_user_tags)} Next: run with update_write_only=always after you have changed one of them."
        warnings.append(
            f"Declared values of {services} were neither compared nor sent, because the platform does not show them: {fields}. "
            f"{cure}"
        )
    unremembered = [row for row in rows if row.unremembered]
    if unremembered:
        warnings.append(
            f"The platform does not show new values of {counted(len(unremembered), 'service')}, and their fingerprints could "
            f"not be stored: {_sentence(unremembered[0].unremembered)} Later runs cannot compare these values."
        )
    return warnings


def warn_of_unprotected(rows: Sequence[Row], without_user_tags: str) -> list[str]:
    """Return a warning of declared protection that the platform cannot keep."""
    declared = [row for row in rows if row.action.values.get("protected") and row.action.kind != DELETED]
    unread = [row for row in declared if row.action.current and "protected" not in row.action.current.related]
    count = len(unread) + sum(row.unprotected for row in declared)
    if not count:
        return []
    reason = f" {_sentence(without_user_tags)}" if without_user_tags else ""
    return [
        f"The protection of {counted(count, 'service')} holds only while it is declared, without user tags.{reason}"
    ]


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."
