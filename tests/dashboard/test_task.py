"""The page of one task in a real browser: where it is, what happened, what comes, and all that can be done to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from mock_server.control.bundle import export
from tests.dashboard.test_accessible import TASKS
from tests.support.browser import Look, opened
from tests.support.harness import asking
from tests.support.live import LiveServer, serving_parts
from tests.support.pages import busy_server

# One worker runs them, so that one browser does for all of them.
pytestmark = pytest.mark.xdist_group("browser")

PAGE = "/__admin/ui/task"


@pytest.fixture(params=["wire", "flask"])
def own(request: pytest.FixtureRequest) -> Iterator[LiveServer]:
    """A busy server for one test, by each kind of HTTP server."""
    with serving_parts(busy_server(), flask=request.param == "flask") as server:
        yield server


@pytest.mark.parametrize("name", ["realistic", "not-found-at-first", "one-by-one"])
def test_no_text_of_a_drawing_leaves_its_box_in_the_fonts_of_the_browser(
    browser: Browser, busy: LiveServer, name: str
) -> None:
    with opened(browser, busy.url) as visit:
        page = visit.go(PAGE, vendor="qiniu", id=f"{name}.drawn")
        outside = page.evaluate(
            """() => [...document.querySelectorAll(".diagram.level .box")].flatMap(box => {
              const edge = box.querySelector("rect:not(.halo, .badge)").getBoundingClientRect();
              return [...box.querySelectorAll("text:not(.badge)")].map(text => text.getBoundingClientRect())
                .filter(text => text.left < edge.left || text.right > edge.right).length;
            })"""
        )
        assert outside
        assert sum(outside) == 0


def test_a_poll_shows_in_strip_diagram_and_plot_without_a_reload(browser: Browser, own: LiveServer) -> None:
    with opened(browser, own.url) as visit:
        page = visit.go(PAGE, vendor="qiniu", id="slow.nightly")
        page.evaluate("window.same = true")
        links = page.locator(".plot a").count()
        expect(page.locator("tr[data-row]")).to_have_count(14)
        for _ in range(2):
            own.parts.emulator.answer(asking("qiniu", "slow.nightly"))
        expect(page.locator("tr[data-row]")).to_have_count(16)
        expect(page.locator("dl.facts")).to_contain_text("16")
        assert page.locator(".plot a").count() >= links
        assert page.evaluate("window.same") is True
        assert visit.complaints == []


def test_an_id_that_nobody_polled_becomes_the_page_of_its_task(browser: Browser, own: LiveServer) -> None:
    with opened(browser, own.url) as visit:
        page = visit.go(PAGE, vendor="qiniu", id="throttled.k3f9")
        expect(page.get_by_role("heading", name="Waiting for its first poll")).to_be_visible()
        assert page.locator(".lone").get_by_text(f"{own.url}/status/get/prefop?id=throttled.k3f9").is_visible()
        page.get_by_role("button", name="Poll once").click()
        expect(page.get_by_role("heading", name="What happened")).to_be_visible()
        expect(page.locator("tr[data-row]")).to_have_count(1)
        own.parts.emulator.answer(asking("qiniu", "throttled.k3f9"))
        expect(page.locator("tr[data-row]")).to_have_count(2)


def test_an_id_that_nothing_claims_leads_to_the_nearest(browser: Browser, busy: LiveServer) -> None:
    with opened(browser, busy.url) as visit:
        page = visit.go(PAGE, vendor="qiniu", id="trottled.k3f9")
        expect(page.get_by_role("heading", name="No scenario claims this id")).to_be_visible()
        page.get_by_role("link", name="Open the nearest id").click()
        expect(page.get_by_role("heading", name="Waiting for its first poll")).to_be_visible()


def test_a_task_is_moved_and_time_passes_for_it_alone(browser: Browser, own: LiveServer) -> None:
    with opened(browser, own.url) as visit:
        page = visit.go(PAGE, vendor="qiniu", id="realistic.customer-88")
        expect(page.locator(".diagram.level .here .name")).to_have_text("waiting")
        page.get_by_role("button", name="Next: processing").click()
        expect(page.locator(".diagram.level .here .name")).to_have_text("processing")
        expect(page.locator(".diagram.level .way.taken.manual")).to_have_count(1)
        page.locator("summary", has_text="Let pass").click()
        page.get_by_role("button", name="10 s", exact=True).click()
        expect(page.locator(".happened")).to_contain_text("time passed for it by 10s")
        expect(page.locator("#menu-shift")).not_to_have_attribute("open", "")
        page.locator("#task-head .group").get_by_role("button", name="failed").click()
        expect(page.locator(".pill")).to_contain_text("failed")
        page.locator("summary", has_text="Go to").click()
        page.locator("#menu-goto").get_by_role("button", name="waiting").click()
        expect(page.locator(".diagram.level .here .name")).to_have_text("waiting")
        assert visit.complaints == []


def test_what_is_hatched_is_what_then_happens(browser: Browser, own: LiveServer) -> None:
    with opened(browser, own.url) as visit:
        page = visit.go(PAGE, vendor="qiniu", id="realistic.customer-88")
        own.parts.emulator.answer(asking("qiniu", "realistic.customer-88"))
        page.get_by_role("button", name="Freeze").click()
        coming = page.locator(".plot .ahead ~ use").last
        expect(coming).to_be_attached()
        sign = coming.get_attribute("href")
        page.request.post(f"{own.url}/__admin/clock", data={"advance": "1h"})
        word = {"#sign-succeeded": "succeeded", "#sign-failed": "failed"}[str(sign)]
        expect(page.locator(".pill")).to_contain_text(word)
        expect(page.locator("dl.facts")).to_contain_text("its client has not seen this yet")
        expect(page.locator(".plot .ahead")).to_have_count(0)


def test_an_armed_fault_is_ahead_then_in_the_exchange_and_used_up(browser: Browser, own: LiveServer) -> None:
    with opened(browser, own.url) as visit:
        page = visit.go(PAGE, vendor="qiniu", id="slow.nightly")
        page.locator("summary", has_text="Arm a fault").click()
        page.get_by_role("button", name="error 599").click()
        expect(page.locator("#task-ahead")).to_contain_text("error 599")
        expect(page.locator(".banner.fault")).to_contain_text("error 599")
        page.locator("#task-ahead").get_by_role("button", name="Poll once").click()
        expect(page.locator("tr[data-row]").first).to_contain_text("error 599")
        expect(page.locator(".banner.fault")).to_have_count(0)
        expect(page.locator("#task-exchange")).to_contain_text("599, armed fault 1")
        expect(page.locator(".diff .added").first).to_contain_text("599")


def test_polls_are_chosen_in_plot_and_table_and_by_arrows(browser: Browser, busy: LiveServer) -> None:
    with opened(browser, busy.url) as visit:
        page = visit.go(PAGE, vendor="qiniu", id="flaky.ci-3f2")
        chosen = page.locator("tr[aria-current] td").first
        expect(chosen).to_have_text("7")
        page.keyboard.press("ArrowLeft")
        expect(chosen).to_have_text("6")
        page.locator("tr[data-row]").last.locator("a").click()
        expect(chosen).to_have_text("1")
        expect(page.locator("#task-exchange h2")).to_contain_text("Poll 1")
        page.keyboard.press("ArrowRight")
        expect(chosen).to_have_text("2")
        here = page.url
        page.locator(".plot a").last.click()
        expect(chosen).to_have_text("7")
        page.go_back()
        expect(chosen).to_have_text("2")
        assert page.url == here
        page.reload()
        expect(chosen).to_have_text("2")


def test_a_poll_lies_in_the_step_that_it_saw_though_time_passed_for_its_task_alone(
    browser: Browser, own: LiveServer
) -> None:
    with opened(browser, own.url) as visit:
        own.parts.emulator.answer(asking("qiniu", "realistic.shifted"))
        task = {"vendor": "qiniu", "id": "realistic.shifted"}
        visit.context.request.post(f"{own.url}/__admin/tasks/shift", data={**task, "by": "1h"})
        own.parts.emulator.answer(asking("qiniu", "realistic.shifted"))
        page = visit.go(PAGE, **task)
        first, last = (page.locator(".plot a .hit").nth(k).bounding_box() for k in (0, 1))
        waiting = page.locator(".plot .bar.waiting").bounding_box()
        assert first is not None
        assert last is not None
        assert waiting is not None
        assert waiting["x"] <= first["x"] + 10 <= waiting["x"] + waiting["width"] < last["x"] + 10


def test_a_task_that_its_vendor_forgot_says_so_over_the_whole(browser: Browser, own: LiveServer, axe: Path) -> None:
    with opened(browser, own.url) as visit:
        task = {"vendor": "qiniu", "id": "expires.long-ago"}
        own.parts.emulator.answer(asking(**task))
        visit.context.request.post(f"{own.url}/__admin/tasks/shift", data={**task, "by": "30d"})
        page = visit.go(PAGE, **task)
        expect(page.locator(".pill")).to_contain_text("expired")
        expect(page.locator(".over")).to_contain_text("Forgotten by its vendor after 10d")
        expect(page.locator("#task-ahead")).to_contain_text("error")
        assert visit.findings(axe) == []


def test_dropping_asks_and_leads_to_the_list(browser: Browser, own: LiveServer) -> None:
    with opened(browser, own.url) as visit:
        page = visit.go(PAGE, vendor="qiniu", id="slow.nightly")
        page.locator("summary", has_text="⋯").click()
        page.locator("#menu-drop > summary").click()
        page.get_by_role("button", name="Drop it").click()
        page.wait_for_url(re.compile("/__admin/$"))
        assert [run.key.id for run in own.parts.ledger.scan() if run.key.id == "slow.nightly"] == []


def test_without_a_script_the_page_reads_and_acts(browser: Browser, own: LiveServer) -> None:
    with opened(browser, own.url, Look(script=False)) as visit:
        page = visit.go(PAGE, vendor="qiniu", id="realistic.customer-88")
        page.get_by_role("button", name="Next: processing").click()
        expect(page.locator(".diagram.level .here .name")).to_have_text("processing")
        page.locator(".plot a").first.click()
        expect(page.locator("tr[aria-current] td").first).to_have_text("3")


def test_looking_at_a_task_changes_nothing(browser: Browser) -> None:
    parts = busy_server()
    with serving_parts(parts) as server, opened(browser, server.url) as visit:
        before = export(parts), parts.actions.count
        for vendor, id in TASKS:
            page = visit.go(PAGE, vendor=vendor, id=id)
            with page.expect_response(lambda answer: "/pulse" in answer.url):
                pass
        assert (export(parts), parts.actions.count) == before


PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "</title><script>alert(1)</script>",
    "javascript:alert(1)",
    "{{7*7}}${7*7}#{7*7}",
    '<b hx-on:click="alert(1)">',
    '" hx-get="/__admin/reset',
    'x" style="position:fixed',
    "&lt;b&gt;",
    "--> ]]>",
    "a\u202eb",
)


def test_what_others_wrote_is_shown_as_text(browser: Browser, own: LiveServer) -> None:
    controls = own.parts
    with opened(browser, own.url) as visit:
        for payload in PAYLOADS:
            id = f"happy-path.{payload}"
            controls.emulator.answer(asking("qiniu", id))
            page = visit.go(PAGE, vendor="qiniu", id=id)
            shown = payload.replace("\u202e", "U+202E")
            expect(page.locator("h1")).to_have_text(f"happy-path.{shown}")
            assert (
                page.evaluate("document.querySelectorAll('main img, main script, main [style], main [hx-get]').length")
                == 0
            )
            page = visit.go(PAGE, vendor=payload, id=payload, at=payload, tab=payload, clock=payload)
            expect(page.locator("h1")).to_have_text(shown)
        assert visit.complaints == []
