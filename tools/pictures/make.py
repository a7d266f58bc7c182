# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write every picture, in light and dark."""

from __future__ import annotations

from tools.env.environment import CHECKOUT
from tools.env.screen import say
from tools.pictures import drawings
from tools.pictures.browser import Reader
from tools.pictures.runs import PLAN_COMMAND, Runs
from tools.pictures.shots import shoot
from tools.pictures.terminal import excerpt, terminal_svg
from tools.pictures.themes import IMAGES, THEMES, image

_TASKS = ("Bring the platform to the declared state", "Show the services, what is lost first")


def make(reader: Reader, runs: Runs) -> None:
    """Write the pictures and say how large they are."""
    IMAGES.mkdir(exist_ok=True)
    reader.expect_fonts()
    drawings.main()
    printed = excerpt(runs.terminal, _TASKS)
    for theme in THEMES:
        picture = terminal_svg(PLAN_COMMAND, printed, "A plan in a terminal", theme)
        image("plan", theme, "svg").write_text(picture, encoding="utf-8")
        for language, report in runs.plans.items():
            name = "report" if language == "en" else f"report-{language}"
            shoot(reader, report, theme, image(name, theme, "png"))
    for path in sorted(IMAGES.iterdir()):
        say(f"{path.stat().st_size / 1000:6.1f} kB  {path.relative_to(CHECKOUT)}")
