# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real browser, and what a person notices in it."""

from __future__ import annotations

import contextlib
import pathlib
import shutil
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Browser, Page, Playwright, sync_playwright

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_HOW = (
    "no Chromium was found. Install it with the packages of the system (Debian: apt-get install chromium; Fedora: "
    "dnf install chromium), or for this checkout: python3 tools/run.py playwright install chromium"
)


#: The picture of one character, as text.
_DRAWN = """(character) => {
  const context = document.createElement("canvas").getContext("2d");
  context.font = "40px sans-serif";
  context.fillText(character, 10, 60);
  return context.canvas.toDataURL();
}"""


class NotAsExpected(Exception):
    """The page does not do what a person expects."""


def expect(truth: object, otherwise: str) -> None:
    """Stop when something is not as it should be."""
    if not truth:
        raise NotAsExpected(otherwise)


@contextlib.contextmanager
def started() -> Iterator[Reader]:
    """Start the browser that is installed, and end it.

    :raises SystemExit: none is; the message says how to install one.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_program(playwright))
        try:
            yield Reader(browser)
        finally:
            browser.close()


def _program(playwright: Playwright) -> str:
    own = pathlib.Path(playwright.chromium.executable_path)
    found = next(filter(None, map(shutil.which, _PROGRAMS)), None) or (str(own) if own.exists() else None)
    if not found:
        raise SystemExit(_HOW)
    return found


class Reader:
    """A person who opens pages in a browser."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser

    def expect_fonts(self) -> None:
        """Expect that Chinese characters are not all drawn as the same box.

        :raises NotAsExpected: they are; the message says what to install.
        """
        page = self._browser.new_page()
        drawn = [page.evaluate(_DRAWN, character) for character in "模型服务"]
        page.close()
        expect(
            len(set(drawn)) > 1,
            "no font has Chinese characters. Install one (Debian: apt-get install fonts-noto-cjk; Fedora: "
            "dnf install google-noto-sans-cjk-fonts), or put it below .build/home/.fonts",
        )

    @contextlib.contextmanager
    def opens(self, path: pathlib.Path, **options: Any) -> Iterator[Page]:
        """Open a page from a file.

        :param options: those of a browser context: ``viewport``, ``color_scheme`` and so on.
        :raises NotAsExpected: the page wrote to the console, failed, or asked for anything else than itself.
        """
        noise: list[str] = []
        address = path.as_uri()
        context = self._browser.new_context(**{"viewport": {"width": 1120, "height": 800}, **options})
        try:
            page = context.new_page()
            page.set_default_timeout(15_000)
            page.on("console", lambda message: noise.append(f"console: {message.text}"))
            page.on("pageerror", lambda error: noise.append(f"error: {error}"))
            page.on(
                "request", lambda request: noise.append(f"request: {request.url}") if request.url != address else None
            )
            page.goto(address)
            yield page
        finally:
            context.close()
        expect(not noise, f"the page is not quiet: {'; '.join(noise[:3])}")
