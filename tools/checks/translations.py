# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A translated page agrees with its original in all that is not prose.

Section by section, these are the same: the level of the heading, the anchors, the directives, the code (its comments may be
translated), everything in literal text (options, variables, codes, messages), the targets of links, and in tables the
literal text that begins each row.
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tools.env.environment import CHECKOUT

_GUIDES = "docs/docsite/rst"
_TRANSLATED = {"zh_CN": "README.zh-CN.md"}
_RST_HEADING = re.compile(r"^(?P<title>\S.*)\n(?P<line>([=\-^~])\3{2,})$", re.MULTILINE)
_MARKDOWN_HEADING = re.compile(r"^(?P<line>#{1,6}) (?P<title>.+)$", re.MULTILINE)
_RST_CODE = re.compile(
    r"^(?P<margin> *)\.\. code-block:: (?P<language>\S+)\n(?P<path>(?: +:\w+:.*\n)*)\n"
    r"(?P<body>(?:(?P=margin) +\S.*(?:\n|\Z)|[ ]*\n)+)|^(?! *\.\. ).*::\n\n(?P<plain>(?: +\S.*(?:\n|\Z)|\n)+)",
    re.MULTILINE,
)
_MARKDOWN_CODE = re.compile(
    r"^(?P<margin> *)```(?P<language>\w+)\n(?P<body>.*?)^(?P=margin)```$", re.MULTILINE | re.DOTALL
)
_RST_COMMENT = re.compile(r"^( *)\.\. (?!\S+::|_)\S.*\n(?:\1 +\S.*\n)*|^\.\.\n(?: +\S.*\n)+", re.MULTILINE)
_MARKDOWN_COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)
_COMMENT_IN_CODE = re.compile(r"(?:(?<=\s)|^)#\s.*$", re.MULTILINE)
#: Sphinx does not see the end of literal text before an opening bracket.
_GLUED = re.compile(r"\S+`[（「]")


class Part(NamedTuple):
    """What a section must have in common with its translation, by what a message calls it."""

    title: str
    line: int
    common: dict[str, list[str]]


def parts(text: str, markdown: bool) -> list[Part]:
    """Return the sections of a page, the first one being what stands before the first heading."""
    heading = _MARKDOWN_HEADING if markdown else _RST_HEADING
    bare, code = _take_out_code((_MARKDOWN_COMMENT if markdown else _RST_COMMENT).sub(_as_blank_lines, text), markdown)
    found = list(heading.finditer(bare))
    starts, ends = [0, *(each.start() for each in found)], [*(each.start() for each in found), len(bare)]
    sections = []
    for place, (start, end) in enumerate(zip(starts, ends, strict=True)):
        title, level = (found[place - 1]["title"], found[place - 1]["line"][:1]) if place else ("the beginning", "")
        level = found[place - 1]["line"] if place and markdown else level
        inside = [text for where, text in code if start <= where < end]
        common = {"level of the heading": [level], "code": inside, **_common(bare[start:end], markdown)}
        sections.append(Part(title, bare.count("\n", 0, start) + 1, common))
    return sections


def _as_blank_lines(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found[0])


def _take_out_code(text: str, markdown: bool) -> tuple[str, list[tuple[int, str]]]:
    """Return a text with blank lines in the place of its code, and each code with where it began."""
    code = []
    pattern = _MARKDOWN_CODE if markdown else _RST_CODE
    for found in pattern.finditer(text):
        groups = found.groupdict()
        head = " ".join([groups["language"] or "plain", *(groups.get("path") or "").split()])
        body = textwrap.dedent(groups["body"] or groups.get("plain") or "").strip("\n")
        code.append((found.start(), f"{head}\n{_COMMENT_IN_CODE.sub('#', body)}"))
    return pattern.sub(_without_code, text), code


def _without_code(found: re.Match[str]) -> str:
    """Return blank lines in the place of code, and the paragraph that introduces it as it is."""
    start = found.start("plain") - found.start() if found.groupdict().get("plain") else 0
    return found[0][:start] + re.sub(r"[^\n]", " ", found[0][start:])


def _common(text: str, markdown: bool) -> dict[str, list[str]]:
    if markdown:
        links = (link.replace("rst/zh_CN/", "rst/") for link in re.findall(r"\]\(([^)]+)\)", text))
        return {
            "literal text": _set(re.findall(r"`([^`]+)`", text)),
            "links": _set(link for link in links if not link.startswith("README")),
        }
    literals = [" ".join(literal.split()) for literal in re.findall(r"``(.+?)``", text, re.DOTALL)]
    rows = re.findall(r"^ *\* - (.*(?:\n {5,}(?!- ).*)*)", text, re.MULTILINE)
    return {
        "anchors": [anchor.replace(".zh_cn.", ".") for anchor in re.findall(r"^\.\. _(\S+):$", text, re.MULTILINE)],
        "directives": re.findall(r"^ *\.\. ([\w-]+)::", text, re.MULTILINE),
        "literal text": _set(literals),
        "links": _set(_references(text)),
        "rows of tables": [" ".join(" ".join(re.findall(r"``(.+?)``", row, re.DOTALL)).split()) for row in rows],
    }


def _references(text: str) -> Iterator[str]:
    """Yield the roles with what they refer to, which is the same in both languages but for the pages that are translated."""
    for role, content in re.findall(r":([\w-]+):`([^`]+)`", text):
        if role != "guilabel":
            target = re.search(r"<([^>]+)>$", content)
            yield f"{role} {' '.join((target[1] if target else content).split()).replace('.zh_cn.', '.')}"


def _set(words: Iterator[str] | list[str]) -> list[str]:
    return sorted(set(words))


def complaints(name: str, original: str, translated: str) -> list[str]:
    """Return where a translated page differs from its original, as lines for a person.

    :param name: path of the translated page; its suffix says what it is.
    """
    markdown = name.endswith(".md")
    found = [] if markdown else [f"{name}: {markup} needs a blank in between" for markup in _GLUED.findall(translated)]
    sections, translations = parts(original, markdown), parts(translated, markdown)
    if len(sections) != len(translations):
        found.append(f"{name}: the original has {len(sections) - 1} sections, the translation {len(translations) - 1}")
    for there, here in zip(sections, translations, strict=False):
        differing = [
            f"{name}:{here.line}: {what}: {difference}"
            for what, wanted in there.common.items()
            for difference in _differences(wanted, here.common[what])
        ]
        found += differing
        if differing and len(sections) != len(translations):  # the next ones would be compared with their neighbours
            break
    return found


def _differences(wanted: list[str], given: list[str]) -> Iterator[str]:
    missing = [text for text in wanted if text not in given]
    more = [text for text in given if text not in wanted]
    for text in missing:
        yield f'"{_shown(text, given)}" is missing'
    for text in more:
        yield f'"{_shown(text, wanted)}" is not in the original'
    if not missing and not more and wanted != given:
        yield "the order or the number differs from the original"


def _shown(text: str, others: list[str]) -> str:
    """Return the first line of a text that no other one has."""
    known = {line for other in others for line in other.split("\n")}
    lines = text.split("\n")
    return next((line for line in lines if line not in known), lines[0]).strip()


def pairs() -> Iterator[tuple[Path, Path]]:
    """Yield each original with its translation."""
    for language, readme in _TRANSLATED.items():
        yield CHECKOUT / "README.md", CHECKOUT / readme
        for page in sorted((CHECKOUT / _GUIDES / language).glob("*.rst")):
            yield CHECKOUT / _GUIDES / page.name, page


def main() -> int:
    """Print what does not agree and return the exit code."""
    found = []
    for original, translated in pairs():
        name = str(translated.relative_to(CHECKOUT))
        found += complaints(name, original.read_text(encoding="utf-8"), translated.read_text(encoding="utf-8"))
    print("\n".join(found))
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
