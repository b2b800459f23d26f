"""Every page in a real browser: accessible, within its window, quiet in the console, live, and the same to the eye."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import APIResponse, Browser, Route, expect

from mock_server.control.bundle import export
from mock_server.server.servers import HttpServers, servers_of
from tests.support.browser import Look, opened
from tests.support.harness import Now, asking, started
from tests.support.live import LiveServer, serving_parts
from tests.support.pages import ADDRESSES, busy_server

# One worker runs them, so that one browser does for all of them.
pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(params=["wire", "flask"])
def own(request: pytest.FixtureRequest) -> Iterator[LiveServer]:
    """A busy server for one test, by each kind of HTTP server."""
    with serving_parts(busy_server(), flask=request.param == "flask") as server:
        yield server


def test_looking_changes_nothing(browser: Browser) -> None:
    parts = busy_server()
    with serving_parts(parts) as server, opened(browser, server.url) as visit:
        before = export(parts), parts.actions.count
        for path in ADDRESSES:
            page = visit.go(path)
            with page.expect_response(lambda answer: "/pulse" in answer.url):
                pass
        assert (export(parts), parts.actions.count) == before


def test_a_poll_shows_on_the_open_page_without_a_reload(browser: Browser, own: LiveServer) -> None:
    with opened(browser, own.url) as visit:
        page = visit.go()
        page.evaluate("window.same = true")
        assert page.locator("[data-row]").count() == 8
        own.parts.emulator.answer(asking("qiniu", "instant.fresh"))
        expect(page.locator("[data-row]").first).to_contain_text("instant.fresh")
        expect(page.locator("#tasks-title")).to_contain_text("4 at work · 5 ended")
        assert page.evaluate("window.same") is True
        assert visit.complaints == []


def test_a_list_does_not_move_under_its_reader(browser: Browser, own: LiveServer) -> None:
    with opened(browser, own.url) as visit:
        page = visit.go()
        first = page.locator("[data-row]").first
        name = first.locator(".id").text_content()
        first.hover()
        own.parts.emulator.answer(asking("qiniu", "instant.fresh"))
        expect(page.locator(".newer")).to_have_text("1 newer")
        assert page.locator("[data-row] .id").first.text_content() == name
        page.locator(".newer").click()
        expect(page.locator("[data-row] .id").first).to_have_text("instant.fresh")


def test_a_paused_page_stands_still_until_it_follows_again(browser: Browser, own: LiveServer) -> None:
    with opened(browser, own.url) as visit:
        page = visit.go()
        page.locator("[data-live]").click()
        expect(page.locator("[data-live]")).to_have_text("paused")
        own.parts.emulator.answer(asking("qiniu", "instant.fresh"))
        page.keyboard.press("p")
        expect(page.locator("[data-row]").first).to_contain_text("instant.fresh")


def test_the_clock_is_steered_from_every_page(browser: Browser, own: LiveServer) -> None:
    with opened(browser, own.url) as visit:
        page = visit.go()
        page.get_by_role("button", name="Freeze").click()
        expect(page.locator(".banner.frozen")).to_be_visible()
        before = own.parts.ledger.now()
        page.get_by_role("button", name="+5 min").click()
        expect(page.locator(".lead")).to_have_text("+5:00")
        assert own.parts.ledger.now() - before == 300_000
        page.locator("[data-dialog=clock-dialog]").click()
        page.get_by_label("Let pass").fill("2h")
        page.locator("form", has=page.get_by_label("Let pass")).get_by_role("button").click()
        expect(page.locator(".lead")).to_have_text("+2:05:00")
        page.locator("[data-dialog=clock-dialog]").click()
        page.get_by_label("Let pass").fill("a while")
        page.locator("form", has=page.get_by_label("Let pass")).get_by_role("button").click()
        expect(page.locator(".toast.problem")).to_contain_text("a length of time such as")
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Resume").click()
        expect(page.locator(".banner.frozen")).to_have_count(0)


def test_an_act_that_takes_its_time_closes_no_dialog_that_was_opened_meanwhile(browser: Browser) -> None:
    held: list[tuple[Route, APIResponse]] = []
    with serving_parts(busy_server()) as server, opened(browser, server.url) as visit:
        page = visit.go()
        page.route("**/do/clock", lambda route: held.append((route, route.fetch())))
        page.get_by_role("button", name="+5 min").click()
        expect(page.locator(".lead")).to_have_text("+5:00")
        page.locator("[data-dialog=clock-dialog]").click()
        ((route, answer),) = held
        with page.expect_response("**/pulse?*"), page.expect_request_finished(lambda sent: "/do/clock" in sent.url):
            route.fulfill(response=answer)
        with page.expect_response("**/pulse?*"):  # whatever became of the act, it asked for the pulse after it
            pass
        expect(page.locator("dialog#clock-dialog")).to_be_visible()


def test_a_fault_is_seen_and_disarmed_from_every_page(browser: Browser, own: LiveServer) -> None:
    with opened(browser, own.url) as visit:
        page = visit.go()
        page.request.post(f"{own.url}/__admin/faults", data={"error": 599, "vendor": "qiniu", "for": "10m"})
        expect(page.locator(".banner.fault")).to_contain_text("error 599 → Qiniu, for another")
        page.get_by_role("button", name="Disarm: error 599").click()
        expect(page.locator(".banner.fault")).to_have_count(0)


def test_a_new_task_is_made_in_the_dialog(browser: Browser, own: LiveServer) -> None:
    with opened(browser, own.url) as visit:
        page = visit.go()
        page.keyboard.press("n")
        page.get_by_role("radio", name="Wangsu").check()
        page.get_by_label("Scenario").last.select_option("slow")
        page.get_by_label("Id", exact=True).fill("my own/1")
        expect(page.locator("[data-snippet]")).to_contain_text("/fmgr/status?persistentId=my%20own%2F1")
        page.get_by_label("Poll it with").select_option("wangsu-Python")
        expect(page.locator("[data-snippet]")).to_contain_text('fmgr_status("my own/1")')
        expect(page.locator("[data-snippet]")).to_contain_text(f'"127.0.0.1:{own.port}"')
        page.get_by_role("button", name="Create and watch").click()
        page.wait_for_url(re.compile("my"))
        assert [run.scenario.name for run in own.parts.ledger.scan() if run.key.id == "my own/1"] == ["slow"]


def test_without_a_script_the_pages_read_filter_and_act(browser: Browser, own: LiveServer) -> None:
    with opened(browser, own.url, Look(script=False)) as visit:
        page = visit.go()
        page.get_by_role("searchbox").fill("slow")
        page.get_by_role("button", name="Filter").click()
        assert page.locator("[data-row] .id").all_text_contents() == ["slow.nightly"]
        page.get_by_role("button", name="Freeze").click()
        expect(page.locator(".banner.frozen")).to_be_visible()
        assert "id=slow" in page.url
        page.get_by_role("link", name="New task").click()
        page.get_by_label("Id", exact=True).fill("slow.nightly")
        page.get_by_role("button", name="Create and watch").click()
        expect(page.locator(".notice.problem")).to_contain_text("a task 'slow.nightly' exists already")


def test_filters_are_in_the_address(browser: Browser, busy: LiveServer) -> None:
    with opened(browser, busy.url) as visit:
        page = visit.go()
        page.keyboard.press("/")
        page.keyboard.type("one")
        expect(page.locator("[data-row]")).to_have_count(1)
        page.get_by_label("Vendor").first.select_option("qiniu")
        expect(page.locator("#tasks-list")).to_contain_text("No task fits")
        assert page.url.endswith("?id=one&vendor=qiniu")
        visit.page.reload()
        expect(page.locator("#tasks-list")).to_contain_text("No task fits")


def test_rows_are_walked_with_keys_which_can_be_switched_off(browser: Browser, busy: LiveServer) -> None:
    with opened(browser, busy.url) as visit:
        page = visit.go()
        for _ in range(2):
            page.keyboard.press("j")
        focused = "document.activeElement.closest('[data-row]') === document.querySelectorAll('[data-row]')[%d]"
        assert page.evaluate(focused % 1)
        page.keyboard.press("k")
        assert page.evaluate(focused % 0)
        page.keyboard.press("?")
        page.get_by_role("button", name="Switch single keys off").click()
        page.keyboard.press("Escape")
        page.keyboard.press("j")
        assert page.evaluate(focused % 0)


def test_a_lost_server_is_said_and_a_restarted_one_taken_up(browser: Browser) -> None:
    first = busy_server()
    with opened(browser, "") as visit:
        with serving_parts(first) as server:
            visit.base = server.url
            page = visit.go()
        expect(page.locator("#lost")).to_be_visible()
        assert "No connection since" in (page.locator("#lost").text_content() or "")


def test_a_server_that_began_again_is_taken_up_by_the_open_page(browser: Browser) -> None:
    first = busy_server(port=0)
    with opened(browser, "") as visit:
        with on_socket(servers_of(first)) as servers:
            visit.base, port = servers.url, servers.port
            page = visit.go()
        second = started(Now(), port=port)
        with on_socket(servers_of(second)):
            second.emulator.answer(asking("qiniu", "instant.fresh"))
            expect(page.locator("[data-row]")).to_have_count(1)
            expect(page.locator(".toast")).to_contain_text("began again")
            expect(page.locator("#lost")).to_be_hidden()
            page.get_by_role("button", name="Freeze").click()
            expect(page.locator(".banner.frozen")).to_be_visible()


@contextmanager
def on_socket(servers: HttpServers) -> Iterator[HttpServers]:
    """Runs HTTP servers until the block ends."""
    thread = threading.Thread(target=servers.run, daemon=True)
    thread.start()
    try:
        yield servers
    finally:
        servers.close()
        thread.join(timeout=20)


def test_a_broken_file_is_said_on_every_page_until_it_is_mended(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("steps: [{state: failed}]")
    parts = started(Now(), scenarios=(tmp_path,))
    with serving_parts(parts) as server, opened(browser, server.url) as visit:
        page = visit.go()
        file.write_text("steps: [{state: faild}]")
        parts.catalogue.reload_if_changed()
        expect(page.locator(".banner.problem")).to_contain_text("1 problem in scenario files")
        page.get_by_role("link", name="Show").click()
        expect(page.locator(".problem-note")).to_contain_text("mine.yaml:1:17")
        file.write_text("steps: [{state: failed}]")
        parts.catalogue.reload_if_changed()
        expect(page.locator(".banner.problem")).to_have_count(0)


def test_the_dialog_of_keys_is_left_with_one_key_and_shows_two_keys_as_two(browser: Browser, busy: LiveServer) -> None:
    with opened(browser, busy.url) as visit:
        page = visit.go()
        page.keyboard.press("?")
        expect(page.locator("dialog#keys").get_by_role("button", name="Close")).to_be_focused()
        expect(page.locator("dialog#keys dt", has_text="g")).to_have_text(["g t ", "g r ", "g s "])
        page.keyboard.press("Enter")
        expect(page.locator("dialog#keys")).to_be_hidden()
