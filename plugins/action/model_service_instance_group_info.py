# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the module of the same name, which ends when Ansible no longer waits for it."""

from __future__ import annotations

from ansible_collections.zstack.aios.plugins.plugin_utils.action import WatchedAction


class ActionModule(WatchedAction):
    """Runs the module."""
