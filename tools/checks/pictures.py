# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every picture that a text shows is there, small, and described in words; every picture is shown; drawings are fresh."""

from __future__ import annotations

import posixpath
import re
import sys
from collections.abc import Iterator, Mapping

from tools.checks.sources import names, text_files
from tools.env.environment import CHECKOUT
from tools.pictures.drawings import drawings

#: Bytes of a picture at most: pages with several of them open at once, and the archive stays small.
LIMIT = 60_000
_FOLDER = "docs/docsite/rst/images/"
_MARKDOWN = re.compile(r"!\[(?P<alt>[^\]]*)\]\((?P<path>[^)\s]+)\)")
_TAG = re.compile(r"<(?P<name>img|source)\b(?P<attributes>[^>]*)>")
_ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')
_RST = re.compile(
    r"^(?P<margin> *)\.\. (?:image|figure):: (?P<path>\S+)\n(?P<options>(?:(?P=margin) +:.*\n)*)", re.MULTILINE
)


def shown(text: str, markdown: bool) -> Iterator[tuple[str, str | None]]:
    """Yield path and description of each picture in a page; None where another element has the description."""
    if not markdown:
        for found in _RST.finditer(text):
            alt = re.search(r":alt: *(.*)", found["options"])
            yield found["path"], alt[1] if alt else ""
        return
    for found in _MARKDOWN.finditer(text):
        yield found["path"], found["alt"]
    for found in _TAG.finditer(text):
        attributes = dict(_ATTRIBUTE.findall(found["attributes"]))
        if found["name"] == "img":
            yield attributes.get("src", ""), attributes.get("alt", "")
        else:
            yield attributes.get("srcset", ""), None


def complaints(pages: Mapping[str, str], sizes: Mapping[str, int]) -> list[str]:
    """Return what is wrong with pictures.

    :param pages: texts by the paths of their files.
    :param sizes: bytes of every picture that is there, by path.
    """
    found = []
    used = set()
    for page, text in pages.items():
        for path, alt in shown(text, page.endswith(".md")):
            picture = posixpath.normpath(posixpath.join(posixpath.dirname(page), path))
            used.add(picture)
            if picture not in sizes:
                found.append(f"{page}: there is no picture {path}")
            if alt is not None and not alt.strip():
                found.append(f"{page}: the picture {path} has no alternative text")
    found += [f"{picture}: no page shows it" for picture in sorted(sizes.keys() - used)]
    found += [f"{picture}: {size:,} bytes, more than {LIMIT:,}" for picture, size in sizes.items() if size > LIMIT]
    return found


def main() -> int:
    """Print what is wrong and return the exit code."""
    pages = {name: text for name, text in text_files() if name.endswith((".md", ".rst"))}
    sizes = {name: (CHECKOUT / name).stat().st_size for name in names() if name.startswith(_FOLDER)}
    found = complaints(pages, sizes)
    for path, text in drawings():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            found.append(f"{path.relative_to(CHECKOUT)}: the examples have changed; run make generate")
    print("\n".join(found))
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
