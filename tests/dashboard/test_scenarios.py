"""The pages of scenarios: the catalogue, one scenario, and the editor that the loader itself judges."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, expect

from mock_server.dashboard.look.quote import lines_of
from mock_server.dashboard.templates import glance_of
from mock_server.dashboard.words import words_of
from tests.support.admin_kit import HERE, Said
from tests.support.browser import Look, opened
from tests.support.harness import Now, asking, started
from tests.support.live import LiveServer, serving_parts
from tests.support.pages import FORM, Visitor, visitor

SCENARIOS, SCENARIO, EDIT = "/__admin/ui/scenarios", "/__admin/ui/scenario", "/__admin/ui/edit"
GOOD = "about: A job.\nsteps:\n  - {state: waiting, polls: 2}\n  - {state: succeeded}\n"
BAD = GOOD.replace("waiting", "waitin")
SCRIPT = '"><img src=x onerror=alert(1)>'
pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def someone() -> Visitor:
    """A visitor of a fresh server."""
    return visitor()


def edited(someone: Visitor, path: str = EDIT, **fields: str) -> Said:
    """What comes of the editor's form."""
    body = urlencode({"form": someone.seal(), "name": "my-job", **fields}).encode()
    headers = {"Host": HERE, "Origin": f"http://{HERE}", "Content-Type": FORM}
    return someone.world.send("POST", path, body, headers)


def page_of(said: Said) -> str:
    """The text of a page that is there."""
    assert said.status == 200, said
    return bytes(said.body).decode()


def test_the_catalogue_lists_every_scenario_in_its_group(someone: Visitor) -> None:
    page = someone.text(SCENARIOS)
    names = re.findall(r'href="/__admin/ui/scenario/([a-z0-9-]+)" data-open', page)
    assert sorted(names) == sorted(someone.world.server.catalogue.library.scenarios)
    assert page.index("Ends well") < page.index("Service in trouble") < page.index("One vendor")


def test_a_search_finds_what_the_command_finds(someone: Visitor) -> None:
    page = someone.text(f"{SCENARIOS}?find=flaky")
    assert 'href="/__admin/ui/scenario/flaky"' in page
    assert 'href="/__admin/ui/scenario/happy-path"' not in page
    assert "No scenario fits." in someone.text(f"{SCENARIOS}?find=nothing-like-it")


def test_steps_that_polls_saw_are_counted(someone: Visitor) -> None:
    someone.world.poll("happy-path.a")
    assert 'title="1 of 3 steps were seen by polls"' in someone.text(f"{SCENARIOS}?find=happy-path")


def test_a_file_that_was_not_loaded_stands_first_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(GOOD, "utf-8")
    someone = visitor(scenarios=(tmp_path,), no_reload=True)
    file.write_text(BAD, "utf-8")
    someone.world.server.catalogue.reload_if_changed()
    page = someone.text(SCENARIOS)
    assert f"{file}:3:" in page
    assert "- {state: waitin, polls: 2}" in page
    assert page.index("waitin") < page.index("Yours")


def test_a_scenario_shows_its_steps_for_each_vendor_its_file_and_how_to_try_it(someone: Visitor) -> None:
    page = someone.text(f"{SCENARIO}/partial-failure?vendor=huawei")
    for text in (
        "As written",
        "code 3, items 0 3",
        "preheating?task_id=partial-failure.",
        "partial-failure.…",
        "Create and watch",
    ):
        assert text in page
    assert "&#34;preheating_results&#34;" in page


def test_a_scenario_as_played_counts_what_tasks_did(someone: Visitor) -> None:
    for _ in range(2):
        someone.world.poll("happy-path.a")
    page = someone.text(f"{SCENARIO}/happy-path?as=played")
    assert "way taken" in page
    assert "1 task has played it" in page


def test_a_scenario_that_is_not_there_is_said_with_the_nearest(someone: Visitor) -> None:
    said = someone.get(f"{SCENARIO}/happy-pth")
    assert said.status == 404
    assert "happy-path" in bytes(said.body).decode()


def test_the_editor_begins_with_the_text_of_a_scenario(someone: Visitor) -> None:
    page = someone.text(f"{EDIT}?from=happy-path")
    assert "state: processing" in page
    assert "What polls would see" in page


def test_the_editor_begins_with_what_a_task_showed(someone: Visitor) -> None:
    for _ in range(3):
        someone.world.poll("fails-late.a")
    page = someone.text(f"{EDIT}?name=seen&of=qiniu/fails-late.a")
    assert "What the qiniu task fails-late.a showed." in page
    assert someone.get(f"{EDIT}?of=qiniu/nobody").status == 404
    assert someone.get(f"{EDIT}?of=nobody/x").status == 404


def test_a_text_with_a_problem_comes_back_with_line_and_caret(someone: Visitor) -> None:
    page = page_of(edited(someone, text=BAD, put="1"))
    assert "is not a state" in page
    assert 'data-lines="3"' in page
    assert "state: waitin," in page
    assert "my-job" not in someone.world.server.catalogue.library.scenarios


def test_a_good_text_is_put_in_force_and_its_page_follows(someone: Visitor) -> None:
    said = edited(someone, text=GOOD.replace("\n", "\r\n"), put="1")
    assert (said.status, said.headers["Location"]) == (303, f"{SCENARIO}/my-job")
    assert someone.world.server.catalogue.library.scenarios["my-job"].text == GOOD
    assert "Remove" in someone.text(f"{SCENARIO}/my-job")


def test_checking_puts_nothing_in_force(someone: Visitor) -> None:
    page = page_of(edited(someone, f"{EDIT}?part=edit-verdict", text=GOOD))
    assert page.strip().startswith('<div id="edit-verdict"')
    assert "my-job" not in someone.world.server.catalogue.library.scenarios


def test_the_place_of_a_shipped_scenario_is_taken_only_if_one_says_so(someone: Visitor) -> None:
    page = page_of(edited(someone, name="happy-path", text=GOOD, put="1"))
    assert "Take its place" in page
    assert someone.world.server.catalogue.library.scenarios["happy-path"].text != GOOD
    assert edited(someone, name="happy-path", text=GOOD, put="1", sure="1").status == 303


def test_an_upload_is_replaced_without_a_question_only_by_an_edit_of_it(someone: Visitor) -> None:
    assert edited(someone, text=GOOD, put="1").status == 303
    other = GOOD.replace("A job", "Another job")
    assert "Take its place" in page_of(edited(someone, text=other, put="1"))
    assert someone.world.server.catalogue.library.scenarios["my-job"].text == GOOD
    assert edited(someone, text=other, put="1", began="my-job").status == 303
    assert 'value="my-job-2"' in someone.text(EDIT)


def test_a_step_that_many_polls_saw_counts_once(someone: Visitor) -> None:
    for _ in range(9):
        someone.world.poll("happy-path.a")
    assert 'title="3 of 3 steps were seen by polls"' in someone.text(f"{SCENARIOS}?find=happy-path")


@pytest.mark.parametrize("wrong", [{"Origin": "http://evil.example"}, {"Origin": ""}, {"Sec-Fetch-Site": "cross-site"}])
def test_the_editors_form_is_only_taken_from_its_own_page(someone: Visitor, wrong: dict[str, str]) -> None:
    body = urlencode({"form": someone.seal(), "name": "x", "text": GOOD, "put": "1"}).encode()
    headers = {"Host": HERE, "Origin": f"http://{HERE}", "Content-Type": FORM, **wrong}
    headers = {name: value for name, value in headers.items() if value}
    assert someone.world.send("POST", EDIT, body, headers).status == 403
    forged = urlencode({"form": "0" * 64, "name": "x", "text": GOOD, "put": "1"}).encode()
    good = {"Host": HERE, "Origin": f"http://{HERE}", "Content-Type": FORM}
    assert someone.world.send("POST", EDIT, forged, good).status == 403
    assert "x" not in someone.world.server.catalogue.library.scenarios


def test_payloads_are_shown_as_text(someone: Visitor) -> None:
    text = f"about: '{SCRIPT}'\nsteps:\n  - {{name: '<script>alert(1)</script>', state: succeeded}}\n"
    for page in (
        page_of(edited(someone, name=SCRIPT, text=text)),
        someone.text(f"{SCENARIOS}?{urlencode({'find': SCRIPT})}"),
        someone.text(f"{EDIT}?{urlencode({'name': SCRIPT})}"),
    ):
        assert "<img" not in page
        assert "<script>alert" not in page


@pytest.mark.parametrize(
    ("find", "found", "other"),
    [
        ("timeout", "hangs", "happy-path"),
        ("rate-limit", "throttled", "happy-path"),
        ("success", "happy-path", "never-ends"),
        ("webhook failed", "notify-failed", "throttled"),
        ("断开", "reset", "happy-path"),
    ],
)
def test_a_search_knows_other_words_for_what_files_say(someone: Visitor, find: str, found: str, other: str) -> None:
    page = someone.text(f"{SCENARIOS}?{urlencode({'find': find})}")
    assert f'href="{SCENARIO}/{found}"' in page
    assert f'href="{SCENARIO}/{other}"' not in page


def test_keys_and_comments_of_a_file_are_told_apart() -> None:
    first, second, third = lines_of("# a: note\nabout: x: y\n  - {state: a, 'k': b}\n")
    assert [part.kind for part in first] == ["comment"]
    assert [part.text for part in second if part.kind == "key"] == ["about", "x"]
    assert "".join(part.text for part in third) == "  - {state: a, 'k': b}"


@pytest.fixture
def alive() -> Iterator[LiveServer]:
    """A server for one test."""
    with serving_parts(started(Now())) as server:
        yield server


def test_a_text_is_judged_as_one_types_put_in_force_and_polled(browser: Browser, alive: LiveServer) -> None:
    with opened(browser, alive.url, Look()) as visit:
        page = visit.go(EDIT, name="my-job")
        page.locator("textarea").fill(BAD)
        expect(page.locator("#edit-verdict")).to_contain_text("is not a state", timeout=30_000)
        expect(page.locator(".gutter b")).to_have_text("3")
        page.get_by_role("button", name="Put in force").click()
        expect(page.locator("textarea")).to_have_value(BAD)
        page.goto(alive.url + SCENARIOS)
        page.goto(f"{alive.url}{EDIT}?name=my-job")
        expect(page.locator("textarea")).to_have_value(BAD)
        page.locator("textarea").fill(GOOD)
        expect(page.locator("#edit-verdict .diagram.level")).to_be_visible(timeout=30_000)
        page.get_by_role("button", name="Put in force").click()
        expect(page.locator("h1")).to_have_text("my-job")
        page.get_by_role("button", name="Create and watch").click()
        expect(page.locator("h1")).to_contain_text("my-job.")
        assert visit.complaints == []


def test_a_scenario_made_of_a_task_shows_the_same_when_it_is_played(browser: Browser, alive: LiveServer) -> None:
    for _ in range(4):
        alive.parts.emulator.answer(asking("qiniu", "fails-late.a"))
    with opened(browser, alive.url, Look()) as visit:
        page = visit.go("/__admin/ui/task", vendor="qiniu", id="fails-late.a")
        page.locator("#menu-more summary").first.click()
        page.get_by_role("link", name="Make a scenario of this").click()
        page.get_by_role("button", name="Put in force").click()
        expect(page.locator("h1")).to_have_text("my-job")
        for _ in range(4):
            alive.parts.emulator.answer(asking("qiniu", "my-job.a"))
        strips = []
        for id in ("fails-late.a", "my-job.a"):
            visit.go("/__admin/", id=id)
            strips.append(page.locator(".c-saw .strip").first.get_attribute("aria-label"))
        assert strips[0] == strips[1]


@pytest.mark.parametrize(
    ("glance", "said"),
    [
        ("2 [0, 2]", "code 2, items 0 2"),
        ('1 ["1" x 2]', 'code 1, items "1" ×2'),
        ('["succeed", "processing" x 3]', "items succeed processing ×3"),
        ("0 []", "0 []"),
        ('{"error": "x"}', '{"error": "x"}'),
    ],
)
def test_the_codes_of_a_body_are_said_in_words(glance: str, said: str) -> None:
    assert glance_of(glance, words_of("en")) == said
