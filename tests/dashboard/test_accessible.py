"""Every page in a real browser, in both languages and themes and in three widths: axe finds nothing, and all fits.

A page is loaded once for each language; themes and widths change while it is open, as they do for a reader.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Literal
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, expect

from mock_server.dashboard.address import EDIT, REQUESTS, SCENARIO, SCENARIOS, TASK
from tests.support.browser import CONTRAST, SIZES, Look, Opened, opened
from tests.support.live import LiveServer, serving_parts
from tests.support.pages import ADDRESSES, visitor

# One worker runs them, so that one browser does for all of them.
pytestmark = pytest.mark.xdist_group("browser")

TASKS = (
    ("qiniu", "realistic.customer-88"),
    ("huawei", "one-by-one.album"),
    ("wangsu", "notify-failed.invoice"),
    ("wangsu", "never-ends.poll-loop"),
    ("qiniu", "throttled.nobody-yet"),
    ("qiniu", "trottled.typo"),
)
# All rows of the catalogue are of one form, and axe takes seconds for all of them: a group of them stands for the rest.
PAGES = (
    *(f"{path}?find=notif" if path == SCENARIOS else path for path in ADDRESSES),
    *(f"{TASK}?{urlencode({'vendor': vendor, 'id': id})}" for vendor, id in TASKS),
    f"{SCENARIO}/fails-late?vendor=wangsu",
    f"{EDIT}?from=flaky",
    f"{REQUESTS}?only=unmatched",
)
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
DIALOGS = ("new", "keys", "clock-dialog")


@pytest.fixture(scope="module")
def empty() -> Iterator[LiveServer]:
    """A server that nobody polled yet."""
    with serving_parts(visitor().world.server) as server:
        yield server


def judge(visit: Opened, axe: Path, path: str) -> None:
    """Whether the open page is accessible in every theme and width.

    A theme changes colours alone, and a width sizes and places: only the rules about these are asked again.
    """
    page = visit.page
    for width, theme in product((1280, 390, 320), THEMES):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=theme)
        rules = None if (width, theme) in ((1280, "light"), (390, "dark")) else (*CONTRAST, *SIZES)
        assert visit.findings(axe, rules) == [], (path, width, theme)
        assert visit.overflow() <= 0, (path, width)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(color_scheme="light")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_page_is_accessible_and_fits_its_window(
    browser: Browser, busy: LiveServer, axe: Path, language: str
) -> None:
    with opened(browser, busy.url, Look(language=language)) as visit:
        for path in PAGES:
            visit.go(path)
            judge(visit, axe, path)
        assert visit.complaints == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_pages_are_accessible_where_nothing_is_there_yet(
    browser: Browser, empty: LiveServer, axe: Path, language: str
) -> None:
    with opened(browser, empty.url, Look(language=language)) as visit:
        for path in PAGES[: len(ADDRESSES)]:
            visit.go(path)
            assert (visit.overflow() <= 0, visit.findings(axe)) == (True, []), path
            if path in ("/__admin", REQUESTS):  # the others have what they have on a busy server
                judge(visit, axe, path)
        assert visit.complaints == []


def test_the_whole_catalogue_is_accessible(browser: Browser, busy: LiveServer, axe: Path) -> None:
    with opened(browser, busy.url) as visit:
        visit.go(SCENARIOS)
        assert visit.findings(axe) == []
        for width in (1280, 390, 320):
            visit.page.set_viewport_size({"width": width, "height": 800})
            assert visit.overflow() <= 0, width


def test_menus_and_tabs_are_accessible(browser: Browser, busy: LiveServer, axe: Path) -> None:
    with opened(browser, busy.url) as visit:
        page = visit.go(TASK, vendor="qiniu", id="flaky.ci-3f2", tab="fault")
        for menu in ("Go to", "Let pass", "Arm a fault", "⋯"):
            page.locator("summary", has_text=menu).first.click()
            for theme in THEMES:
                page.emulate_media(color_scheme=theme)
                assert visit.findings(axe) == [], (menu, theme)


def test_dialogs_are_accessible_with_and_without_a_script(browser: Browser, busy: LiveServer, axe: Path) -> None:
    with opened(browser, busy.url) as visit, opened(browser, busy.url, Look(script=False)) as plain:
        for dialog in DIALOGS:
            visit.go("/__admin/", open=dialog)
            expect(visit.page.locator(f"#{dialog}")).to_be_visible()
            for theme in THEMES:
                visit.page.emulate_media(color_scheme=theme)
                assert visit.findings(axe) == [], (dialog, theme)
            visit.page.keyboard.press("Escape")
            expect(visit.page.locator(f"#{dialog}")).to_be_hidden()
            plain.go("/__admin/", open=dialog)
            expect(plain.page.locator(f"#{dialog}")).to_be_visible()
