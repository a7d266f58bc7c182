# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of the pictures that need no browser, and the check of what pages show."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
import yaml

from tools.checks import pictures
from tools.env.environment import CHECKOUT
from tools.pictures import drawings, terminal
from tools.pictures.themes import THEMES

IMAGES = "docs/docsite/rst/images"
PICTURE = (
    f'<picture>\n<source media="(prefers-color-scheme: dark)" srcset="{IMAGES}/a-dark.svg">\n'
    f'<img src="{IMAGES}/a-light.svg" alt="A plan">\n</picture>\n![A report]({IMAGES}/b.png)\n'
)
FIGURE = ".. figure:: images/b.png\n    :width: 100%\n    :alt: A report\n\n    Caption\n"
THERE = {f"{IMAGES}/{name}": 1000 for name in ("a-dark.svg", "a-light.svg", "b.png")}

OUTPUT = """
PLAY [Plan] ****

TASK [a.role : First] ****
ok: [one]

TASK [a.role : Show] ****
\x1b[0;31m--- before: chat\x1b[0m
\x1b[0;32m+++ after: chat\x1b[0m
\x1b[0;32m+1\x1b[0m
\x1b[0;32m+2\x1b[0m
\x1b[0;32m+3\x1b[0m
\x1b[0;32m+4\x1b[0m
\x1b[0;32m+5\x1b[0m

changed: [one]

PLAY RECAP ****
one : ok=2
"""


def test_what_pages_show_is_there() -> None:
    assert pictures.complaints({"README.md": PICTURE, "docs/docsite/rst/bulk.rst": FIGURE}, THERE) == []


@pytest.mark.parametrize(
    ("page", "text", "sizes", "complaint"),
    [
        (
            "README.md",
            PICTURE.replace("a-dark", "c-dark"),
            THERE | {f"{IMAGES}/c": 1},
            "README.md: there is no picture",
        ),
        ("README.md", PICTURE.replace(' alt="A plan"', ""), THERE, "no alternative text"),
        ("README.md", PICTURE.replace("[A report]", "[]"), THERE, "no alternative text"),
        ("docs/docsite/rst/bulk.rst", FIGURE.replace(":alt:", ":name:"), THERE, "no alternative text"),
        ("docs/docsite/rst/zh_CN/bulk.rst", FIGURE, THERE, "there is no picture images/b.png"),
        ("README.md", PICTURE, THERE | {f"{IMAGES}/old.png": 1}, f"{IMAGES}/old.png: no page shows it"),
        ("README.md", PICTURE, THERE | {f"{IMAGES}/b.png": pictures.LIMIT + 1}, "bytes, more than"),
    ],
)
def test_what_is_wrong_with_pictures_is_found(page: str, text: str, sizes: dict[str, int], complaint: str) -> None:
    assert complaint in "\n".join(pictures.complaints({page: text}, sizes))


def test_the_workflow_is_that_of_the_example() -> None:
    nodes = drawings.workflow_nodes()
    declared = yaml.safe_load((CHECKOUT / "examples/awx/objects.yml").read_text(encoding="utf-8"))[
        "aios_workflow_nodes"
    ]
    assert [name for name, _description in nodes] == ["sync", *(node["identifier"] for node in declared)]


def test_drawings_are_pictures_that_load_nothing_and_say_what_they_show() -> None:
    for path, text in drawings.drawings():
        root = ElementTree.fromstring(text)
        assert root.get("role") == "img" and root.findtext("{*}title"), path
        assert not re.search(r"(?:href|src|url)\s*[=(]\s*[\"']?(?!#)", text), path


def test_an_excerpt_marks_what_it_leaves_out() -> None:
    shown = re.sub(r"\x1b\[[\d;]*m", "", terminal.excerpt(OUTPUT, ["Show"]))
    assert shown.split("\n") == [
        "⋯", "", "TASK [a.role : Show]", "--- before: chat", "+++ after: chat", "+1", "+2", "+3", "⋯ 2 more lines",
        "changed: [one]", "", "⋯",
    ]  # fmt: skip


def test_a_terminal_is_drawn_with_its_colours_and_loads_nothing() -> None:
    pictures_by_theme = [terminal.terminal_svg("run <this>", OUTPUT, "A plan", theme) for theme in THEMES]
    for picture in pictures_by_theme:
        root = ElementTree.fromstring(picture)
        drawn = " ".join("".join(root.itertext()).replace("\xa0", " ").split())
        assert "$ run <this>" in drawn and "+++ after: chat" in drawn and root.findtext("{*}title") == "A plan"
        assert "http" not in picture.replace("http://www.w3.org/2000/svg", "")
    assert pictures_by_theme[0] != pictures_by_theme[1]
