"""The sentences of the shipped scenarios in Chinese: each has one, and pages show it where the scenario is shipped."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from mock_server.dashboard.abouts import shipped_abouts
from tests.support.browser import Look, opened
from tests.support.live import LiveServer
from tests.support.pages import Visitor, visitor

UI = "/__admin/ui"
OWN = "about: One of mine.\nsteps: [{state: succeeded}]\n"
PLACES = (
    f"{UI}/scenarios?find=instant",
    f"{UI}/scenario/instant",
    "/__admin/?scenario=instant",
    f"{UI}/task?vendor=qiniu&id=instant.a",
    f"{UI}/task?vendor=qiniu&id=instant.unborn",
)
pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def someone() -> Visitor:
    """A visitor of a fresh server that played one task."""
    made = visitor()
    made.world.poll("instant.a")
    return made


def shown(page: str, text: str) -> list[str]:
    """The languages that the elements which hold a text are marked with."""
    return re.findall(rf'lang="(\w+)">{re.escape(text)}<', page)


def test_every_shipped_scenario_has_its_sentence_and_no_other_name_has(someone: Visitor) -> None:
    scenarios = someone.world.server.catalogue.library.scenarios
    chinese = shipped_abouts("zh")
    assert set(chinese) ^ set(scenarios) == set()
    assert [name for name, text in chinese.items() if text == scenarios[name].about] == []
    assert [name for name, text in chinese.items() if not re.search("[\u4e00-\u9fff]", text)] == []
    assert [name for name, text in chinese.items() if text != text.strip() or not text.endswith("。")] == []
    assert shipped_abouts("en") == {}


def test_numbers_and_codes_of_a_sentence_are_those_of_the_english(someone: Visitor) -> None:
    scenarios = someone.world.server.catalogue.library.scenarios
    codes = re.compile(r"VOD\.\d+|X-\w+|\b[345]\d\d\b|Retry-After|Content-\w+|errorIndex|returnOld|taskFrom")
    wrong = [
        name
        for name, text in shipped_abouts("zh").items()
        if set(codes.findall(text)) ^ set(codes.findall(scenarios[name].about))
    ]
    assert wrong == []


@pytest.mark.parametrize("place", PLACES)
def test_a_page_shows_the_sentence_in_its_language(someone: Visitor, place: str) -> None:
    english = someone.world.server.catalogue.library.scenarios["instant"].about
    chinese = shipped_abouts("zh")["instant"]
    page = someone.text(place, Cookie="lang=zh")
    assert shown(page, chinese) == ["zh"]
    assert shown(page, english) == []
    assert shown(someone.text(place), english) == ["en"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("about", "language"), [("One of mine.", "en"), ("我的场景。", "zh")])
def test_a_sentence_of_the_user_stays_as_written_under_a_shipped_name_too(
    place: str, about: str, language: str
) -> None:
    someone = visitor()
    text = OWN.replace("One of mine.", about)
    assert someone.world.ask("PUT", "/scenarios/instant", text.encode()).status == 200
    someone.world.poll("instant.a")
    for reads in ("en", "zh"):
        page = someone.text(place, Cookie=f"lang={reads}")
        assert shown(page, about) == [language]
        assert shipped_abouts("zh")["instant"] not in page


def test_chinese_words_find_on_a_chinese_page(someone: Visitor) -> None:
    found = r'href="/__admin/ui/scenario/([a-z0-9-]+)" data-open'
    page = someone.text(f"{UI}/scenarios?find=%E9%87%8D%E5%AE%9A%E5%90%91+302", Cookie="lang=zh")  # 重定向 302
    assert re.findall(found, page) == ["redirect-302", "redirect-loop", "redirect-to-login"]
    assert "redirect-302" in re.findall(found, someone.text(f"{UI}/scenarios?find=is+redirected", Cookie="lang=zh"))


def test_the_form_of_a_new_task_says_what_the_chosen_scenario_is_about(browser: Browser, busy: LiveServer) -> None:
    with opened(browser, busy.url, Look(language="zh")) as visit:
        page = visit.go(open="new")
        page.locator("#new-scenario").select_option("redirect-loop")
        expect(page.locator("#new-about")).to_have_text(shipped_abouts("zh")["redirect-loop"])
        expect(page.locator("#new-about")).to_have_attribute("lang", "zh")
