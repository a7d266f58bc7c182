# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of the report as a browser shows it, in few colours so that they are small."""

from __future__ import annotations

import io
import pathlib

from PIL import Image

from tools.pictures.browser import Reader
from tools.pictures.themes import Theme

#: CSS pixels, and pixels of the picture for each: sharp on a screen of high resolution.
_SIZE, _SCALE = {"width": 1120, "height": 985}, 1.25
_COLOURS = 80


def shoot(reader: Reader, report: pathlib.Path, theme: Theme, target: pathlib.Path) -> None:
    """Write a picture of the top of a report in one theme."""
    with reader.opens(report, viewport=_SIZE, device_scale_factor=_SCALE, color_scheme=theme.name) as page:
        target.write_bytes(_small(page.screenshot()))


def _small(png: bytes) -> bytes:
    """Return the picture in its most frequent colours: backgrounds stay as they are, edges of letters take the nearest."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    frequent = sorted(picture.getcolors(picture.width * picture.height), reverse=True)[:_COLOURS]
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for _pixels, colour in frequent for part in colour])
    out = io.BytesIO()
    picture.quantize(palette=palette, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()
