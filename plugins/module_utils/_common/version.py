# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection's version, where ``galaxy.yml`` cannot be read: on the host that runs a module. A test compares it with
``galaxy.yml``."""

from __future__ import annotations

VERSION = "2.0.0"
