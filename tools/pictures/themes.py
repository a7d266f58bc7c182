# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The colours of the drawings, light and dark, and where pictures are kept."""

from __future__ import annotations

import pathlib
from dataclasses import dataclass

from tools.env.environment import CHECKOUT

IMAGES = CHECKOUT / "docs" / "docsite" / "rst" / "images"
SANS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif"
MONO = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace"


@dataclass(frozen=True)
class Theme:
    """Colours of the page, of boxes on it, of text, and of what is set apart from the rest."""

    name: str
    page: str
    card: str
    line: str
    text: str
    soft: str
    first: str
    first_card: str
    second: str
    second_card: str


THEMES = (
    Theme("light", "#f6f7f9", "#ffffff", "#aab4c0", "#1b2430", "#556172", "#0b4f9e", "#e1edfb", "#7a4300", "#fdeed3"),
    Theme("dark", "#11151b", "#1a2028", "#566374", "#e6eaf0", "#a3afbf", "#9cc8ff", "#172f4d", "#f7c97c", "#3d2c0d"),
)


def image(name: str, theme: Theme, suffix: str) -> pathlib.Path:
    """Return the file of a picture in a theme."""
    return IMAGES / f"{name}-{theme.name}.{suffix}"
