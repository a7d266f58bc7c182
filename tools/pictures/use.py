# Copyright (c) 2026 The zstack.aios authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The use of the HTML report, as a person uses it. Nothing here depends on the language of the report."""

from __future__ import annotations

import functools
import pathlib
import re
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from ansible_collections.zstack.aios.plugins.module_utils._report.languages import LANGUAGES
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error, Page

from tools.env.screen import paint, say
from tools.pictures.browser import NotAsExpected, Reader, expect
from tools.pictures.runs import MANY, Runs

_ROWS = ".services > tbody > tr"
_SHOWN = f"{_ROWS}:not([hidden])"
_NARROW = {"width": 320, "height": 640}
_A4 = {"width": 718, "height": 1046}  # CSS pixels between margins of a centimetre
#: Seconds that a person waits for the large report: to see it, and to see what a key or a click has changed.
_LOADED, _ANSWERED = 10.0, 1.0


@dataclass(frozen=True)
class Reports:
    """The reports in one language."""

    language: str
    plan: pathlib.Path
    failures: pathlib.Path
    large: pathlib.Path


def use_all(reader: Reader, runs: Runs) -> int:
    """Use the reports in every language, say what works, and return how much does not."""
    broken = 0
    for language in LANGUAGES:
        reports = Reports(language, runs.plans[language], runs.failures[language], runs.large[language])
        for use in USES:
            title = f"{language}: {use.__name__.replace('_', ' ')}"
            try:
                detail = use(reader, reports)
            except (NotAsExpected, Error) as why:
                say(paint("red", f"✘ {title}: {why}"))
                broken += 1
            else:
                say(paint("green", f"✔ {title}") + (f": {detail}" if detail else ""))
    return broken


def the_page_is_accessible(reader: Reader, reports: Reports) -> str:
    """Have axe judge both reports, everything opened, in light and dark, wide and narrow."""
    passed = 0
    for path in (reports.plan, reports.failures):
        for scheme in ("light", "dark"):
            for viewport in ({"width": 1120, "height": 800}, _NARROW):
                with reader.opens(path, color_scheme=scheme, viewport=viewport) as page:
                    expect(
                        page.get_attribute("html", "lang") == LANGUAGES[reports.language].tag,
                        "the page has another language",
                    )
                    _open_all(page)
                    options = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
                    response = Axe().run(page, options=options).response
                found = [
                    f"{each['id']}: {each['nodes'][0]['html'][:80]}: {each['nodes'][0]['failureSummary']}"
                    for each in response["violations"]
                ]
                expect(not found, f"{path.name}, {scheme}, {viewport['width']} pixels: {'; '.join(found)}")
                passed += len(response["passes"])
    return f"{passed} rules passed"


def text_filters(reader: Reader, reports: Reports) -> str:
    """Type words: names, parts of values in closed rows, UUIDs, in any case, several, none that fits."""
    with reader.opens(reports.failures) as page:
        texts = [text.lower() for text in page.locator(_ROWS).all_text_contents()]
        uuid = page.locator(f"{_ROWS} .id").first.text_content() or ""
        for typed in ("qwen", "QWEN", "qwen  shenzhen ", "--port", uuid, "no row has this", ""):
            page.fill("[name=find]", typed)
            fitting = [text for text in texts if all(word in text for word in typed.lower().split())]
            expect(page.locator(_SHOWN).count() == len(fitting), f"{typed!r} does not show {len(fitting)} rows")
            expect(_told(page)[0] == len(fitting), f"{typed!r} tells {_told(page)}")
            expect(bool(fitting) == (typed != "no row has this"), f"{typed!r} fits {len(fitting)} rows")
        return f"{len(texts)} rows"


def chips_filter(reader: Reader, reports: Reports) -> str:
    """Click each outcome, alone and together with a text."""
    with reader.opens(reports.failures) as page:
        chips = page.locator(".filter label").all()
        for chip in chips:
            chip.click()
            outcome = chip.locator("input").get_attribute("value")
            number = int(re.sub(r"\D", "", chip.text_content() or ""))
            wanted = f"{_ROWS}[data-is~={outcome}]" if outcome else _ROWS
            expect(
                page.locator(_SHOWN).count() == page.locator(wanted).count() == number, f"{outcome}: not {number} rows"
            )
            page.fill("[name=find]", "shanghai")
            both = page.locator(wanted, has_text="shanghai").count()
            expect(page.locator(_SHOWN).count() == both, f"{outcome} and a text: not {both} rows")
            page.fill("[name=find]", "")
        expect(len(chips) > 2, "there are hardly any chips")
        return f"{len(chips)} chips"


def all_can_be_opened(reader: Reader, reports: Reports) -> str:
    """Open and close all rows, and then only those that a filter shows."""
    with reader.opens(reports.failures) as page:
        closed, button = page.locator("details:not([open])"), page.locator("[name=toggle]")
        everything, label = closed.count(), button.text_content()
        button.click()
        expect(closed.count() == 0, "a row stays closed")
        expect(button.text_content() != label, "the button does not say that it closes now")
        button.click()
        expect(closed.count() == everything and button.text_content() == label, "a row stays open")
        page.fill("[name=find]", "shenzhen")
        button.click()
        shown = page.locator(f"{_SHOWN} details").count()
        expect(page.locator("details[open]").count() == shown < everything, "rows that are hidden were opened")
        return f"{everything} rows"


def failures_lead_to_their_rows(reader: Reader, reports: Reports) -> str:
    """Click the failures while a filter hides their rows."""
    with reader.opens(reports.failures, viewport={"width": 1120, "height": 500}) as page:
        links = page.locator(".failures a").all()
        for link in links:
            page.fill("[name=find]", "no row has this")
            link.click()
            row = page.locator(link.get_attribute("href") or "")
            expect((link.text_content() or "") in (row.text_content() or ""), "the link leads to another row")
            expect(row.evaluate(_IN_VIEW), f"{link.text_content()}: its row is not in view")
        expect(links, "there are no links")
        return f"{len(links)} links"


def everything_works_by_keyboard(reader: Reader, reports: Reports) -> str:
    """Walk with Tab through the page and back, and do everything with keys."""
    with reader.opens(reports.failures, viewport={"width": 1120, "height": 500}) as page:
        wanted = page.evaluate(_STOPS)
        stops = _walk(page, "Tab", len(wanted))
        expect(stops == wanted, f"the order of Tab is {stops}, that of the page {wanted}")
        page.keyboard.press("Tab")
        back = _walk(page, "Shift+Tab", len(wanted))
        expect(back == wanted[::-1], f"the order of Shift+Tab is {back}")

        page.locator("[name=find]").focus()
        page.keyboard.type("shanghai")
        shown = page.locator(_SHOWN).count()
        expect(0 < shown < page.locator(_ROWS).count(), "typing does not filter")
        details = page.locator(f"{_SHOWN} details")
        page.keyboard.press("Tab")
        for key, wanted_open in (("Space", details.count()), ("Enter", 0)):
            page.keyboard.press(key)
            expect(page.locator("details[open]").count() == wanted_open, f"{key} on the button opens or closes not all")
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowRight")
        expect(page.locator(_SHOWN).count() < shown, "the arrow keys choose no outcome")
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("Tab")
        for key, wanted_open in (("Enter", 1), ("Space", 0)):
            page.keyboard.press(key)
            expect(page.locator("details[open]").count() == wanted_open, f"{key} does not open or close a row")
        return f"{len(stops)} stops"


def it_prints(reader: Reader, reports: Reports) -> str:
    """Print what a filter shows, from a dark screen."""
    pages = 0
    for path in (reports.plan, reports.failures):
        with reader.opens(path, viewport=_A4, color_scheme="dark") as page:
            _open_all(page)
            page.emulate_media(media="print", color_scheme="dark")
            expect(_brightness(page, "background-color") > 0.9 > 0.3 > _brightness(page, "color"), "it prints dark")
            expect(
                not page.locator("[name=find], [name=toggle], fieldset").filter(visible=True).count(), "controls print"
            )
            _expect_fit(page, "on paper")
            pages += page.pdf(format="A4").count(b"/Type /Page\n")
            page.emulate_media(media="screen")
            page.locator(".filter label").last.click()
            page.emulate_media(media="print")
            expect(page.locator("[name=count]").is_visible(), "the print does not say that a filter hides rows")
    expect(pages, "no page was printed")
    return f"{pages} pages"


def it_fits_a_narrow_screen(reader: Reader, reports: Reports) -> str:
    """Look at everything on a narrow screen, where nothing scrolls sideways and no name of a field is broken."""
    with reader.opens(reports.plan, viewport=_NARROW) as page:
        _open_all(page)
        _expect_fit(page, "on a narrow screen")
        _expect_whole_names(page)
        page.fill("[name=find]", "coder")
        expect(page.locator(_SHOWN).count() == 1, "the filter does not work")
    with reader.opens(reports.failures, viewport=_NARROW) as page:
        _open_all(page)
        _expect_fit(page, "on a narrow screen")
        _expect_whole_names(page)
    return f"{_NARROW['width']} pixels"


def it_reads_without_scripts(reader: Reader, reports: Reports) -> str:
    """Read the page where scripts are forbidden: no controls that do nothing, and every row."""
    with reader.opens(reports.failures, java_script_enabled=False) as page:
        expect(not page.locator(".filter").is_visible(), "there are controls that do nothing")
        rows = page.locator(_ROWS)
        expect(rows.count() and rows.last.is_visible(), "rows are hidden")
        page.locator("summary").first.click()
        expect(page.locator("details[open]").count() == 1, "a row cannot be opened")
    return ""


def high_contrast_shows_the_choice(reader: Reader, reports: Reports) -> str:
    """Use colours of the system's own, where backgrounds of the page do not count."""
    with reader.opens(reports.failures, forced_colors="active") as page:
        looks = page.evaluate(_CHIP_LOOKS)
        expect(looks[0] not in looks[1:], "the chosen outcome looks like the others")
    return ""


def many_rows_are_quick(reader: Reader, reports: Reports) -> str:
    """Load many rows, then type, choose and open."""
    begun = time.monotonic()
    with reader.opens(reports.large) as page:
        expect(page.locator(_ROWS).count() == MANY, f"there are not {MANY} rows")
        _next_frame(page)
        loaded = time.monotonic() - begun
        expect(loaded < _LOADED, f"the page takes {loaded:.1f} s to load")
        page.locator("[name=find]").focus()
        keys = [_seconds(page, functools.partial(page.keyboard.press, key)) for key in "chat-0998"]
        expect(_told(page) == (10, MANY), f"it tells {_told(page)}")
        page.fill("[name=find]", "")
        page.locator("[name=action]").first.focus()
        chips = [_seconds(page, functools.partial(page.keyboard.press, "ArrowRight")) for _chip in range(5)]
        key, chip = statistics.median(keys), statistics.median(chips)
        expect(max(key, chip) < _ANSWERED, f"a key takes {key:.2f} s, a chip {chip:.2f} s")
        opened = _seconds(page, page.locator("[name=toggle]").click)
        expect(opened < _LOADED, f"to open all takes {opened:.1f} s")
        _expect_fit(page, "with many rows")
    return (
        f"{MANY:,} rows, {reports.large.stat().st_size / 1e6:.1f} MB; loaded in {loaded:.1f} s; first key {keys[0]:.2f} s, "
        f"median key {key:.2f} s, median chip {chip:.2f} s; open all {opened:.1f} s"
    )


#: In the order in which a person would notice.
USES: tuple[Callable[[Reader, Reports], str], ...] = (
    text_filters,
    chips_filter,
    all_can_be_opened,
    failures_lead_to_their_rows,
    everything_works_by_keyboard,
    the_page_is_accessible,
    it_prints,
    it_fits_a_narrow_screen,
    it_reads_without_scripts,
    high_contrast_shows_the_choice,
    many_rows_are_quick,
)

#: Whether the top of an element is on the screen and nothing lies over it.
_IN_VIEW = """(element) => {
  const box = element.getClientRects()[0];
  if (!box) return false;
  const there = document.elementFromPoint(box.left + box.width / 2, box.top + Math.min(box.height / 2, 8));
  return Boolean(there) && (element.contains(there) || there.contains(element));
}"""
#: What Tab should reach, in the order of the page; of radio buttons only the chosen one.
_STOPS = """() => [...document.querySelectorAll("a, input, button, summary")]
  .filter((one) => one.type !== "radio" || one.checked).map((one) => one.textContent || one.name)"""
#: The focused element by the same name, whether it shows the focus, and whether it is in view.
_FOCUSED = f"""() => {{
  const one = document.activeElement;
  const look = getComputedStyle(one.type === "radio" ? one.nextElementSibling : one);
  const shows = look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 2;
  return [one.textContent || one.name, shows, ({_IN_VIEW})(one)];
}}"""
#: Fields, and hosts in the table of platforms, whose names take more than one line.
_BROKEN_NAMES = """() => [...document.querySelectorAll("details th[scope=row], .plain bdi")].filter((name) => {
  const range = document.createRange();
  range.selectNodeContents(name.firstChild);
  return range.getClientRects().length > 1;
}).map((name) => name.textContent)"""
_CHIP_LOOKS = """() => [...document.querySelectorAll(".filter label span")].map((chip) => {
  const { backgroundColor, borderTopWidth, outlineStyle, textDecorationLine } = getComputedStyle(chip);
  return [backgroundColor, borderTopWidth, outlineStyle, textDecorationLine].join();
})"""


def _walk(page: Page, key: str, presses: int) -> list[str]:
    """Press a key so often, and return what has the focus after each time."""
    stops: list[str] = []
    for _press in range(presses):
        page.keyboard.press(key)
        name, shows, in_view = page.evaluate(_FOCUSED)
        expect(shows, f"{name!r} does not show that it has the focus")
        expect(in_view, f"{name!r} has the focus out of sight after {key}")
        stops.append(name)
    return stops


def _open_all(page: Page) -> None:
    page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true")


def _told(page: Page) -> tuple[int, int]:
    """Return the numbers of rows that the page says are shown, and of all."""
    numbers = [int(part.replace(",", "")) for part in re.findall(r"[\d,]+", page.text_content("[name=count]") or "")]
    expect(numbers, "the page does not say how many rows are shown")
    return min(numbers), max(numbers)


def _expect_fit(page: Page, where: str) -> None:
    width, room = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    expect(width <= room, f"the page is {width} pixels wide {where}, where there are {room}")


def _expect_whole_names(page: Page) -> None:
    broken = page.evaluate(_BROKEN_NAMES)
    expect(not broken, f"names are broken: {', '.join(broken)}")


def _brightness(page: Page, name: str) -> float:
    """Return how bright a colour of the page is, from 0 to 1."""
    style = page.evaluate("(name) => getComputedStyle(document.body).getPropertyValue(name)", name)
    return sum(int(part) for part in re.findall(r"\d+", style)[:3]) / 765


def _seconds(page: Page, act: Callable[[], None]) -> float:
    """Return how long it takes until the page has shown what an act has changed."""
    begun = time.monotonic()
    act()
    _next_frame(page)
    return time.monotonic() - begun


def _next_frame(page: Page) -> None:
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
