# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a command printed on a terminal, as a picture."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Iterator, Sequence

from rich.color import Color
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from tools.pictures.themes import MONO, Theme

_COLUMNS = 100
_GAP = "\x1b[2m⋯\x1b[0m"
_ESCAPE = re.compile(r"\x1b\[[\d;]*m")
#: Lines that are added or removed together and shown, before the rest is counted.
_TOGETHER = 3
#: The eight colours of a terminal: black, red, green, yellow, blue, magenta, cyan, white.
_PALETTES = {
    "light": ("#1b2430", "#a3121f", "#14662d", "#7a4300", "#0b4f9e", "#6a2595", "#0a5d63", "#556172"),
    "dark": ("#566374", "#ffaeb4", "#93e0a8", "#f7c97c", "#9cc8ff", "#deb3f8", "#83dbe1", "#e6eaf0"),
}
#: The fields are Rich's; its own form loads a font from elsewhere, which a picture must not.
_FORM = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">
<title>@TITLE@</title>
<style>
.{unique_id}-matrix {{ font-family: @MONO@; font-size: {char_height}px; line-height: {line_height}px; }}
{styles}
</style>
<defs>{lines}</defs>
<rect width="{width}" height="{height}" rx="12" fill="@PAGE@" stroke="@LINE@"/>
<g transform="translate({terminal_x}, {terminal_y})">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def excerpt(output: str, tasks: Sequence[str]) -> str:
    """Return some tasks of what a playbook printed, with a mark where lines are left out.

    :param tasks: the names of these tasks, as the playbook has them.
    """
    shown: list[str] = []
    for block in re.split(r"\n\n(?=(?:TASK|PLAY) )", output.strip()):
        head, _line, body = block.partition("\n")
        if any(f": {task}]" in head for task in tasks):
            shown += ["", re.sub(r" \*+$", "", head), *_shortened(body.split("\n"))]
        elif shown[-1:] != [_GAP]:
            shown += ["", _GAP]
    return "\n".join(shown).strip("\n")


def _mark(line: str) -> str:
    """Return what a line of a diff begins with."""
    text = _ESCAPE.sub("", line)
    return text[:3] if text.startswith(("---", "+++")) else text[:1]


def _shortened(lines: Sequence[str]) -> Iterator[str]:
    """Yield lines without empty ones; of many that are added or removed together, the first, and how many follow."""
    kept = [line for line in lines if _ESCAPE.sub("", line).strip()]
    for mark, group in itertools.groupby(kept, _mark):
        run = list(group)
        whole = mark not in ("+", "-") or len(run) <= _TOGETHER + 1
        yield from run if whole else run[:_TOGETHER]
        if not whole:
            yield f"\x1b[2m⋯ {len(run) - _TOGETHER} more lines\x1b[0m"


def terminal_svg(command: str, output: str, title: str, theme: Theme) -> str:
    """Return a picture of a command and of what it printed."""
    console = Console(
        record=True,
        width=_COLUMNS,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
    )
    console.print(Text.assemble(("$ ", "dim"), (command, "bold")))
    console.print(Text.from_ansi(f"\n{output}"))
    form = _FORM
    for name, value in (("TITLE", title), ("MONO", MONO), ("PAGE", theme.card), ("LINE", theme.line)):
        form = form.replace(f"@{name}@", value)
    palette = [_triplet(colour) for colour in _PALETTES[theme.name]]
    colours = TerminalTheme(_triplet(theme.card), _triplet(theme.text), palette, palette)
    return console.export_svg(theme=colours, code_format=form, unique_id="terminal", font_aspect_ratio=0.602)


def _triplet(colour: str) -> tuple[int, int, int]:
    red, green, blue = Color.parse(colour).get_truecolor()
    return red, green, blue
