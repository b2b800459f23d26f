"""The pages of the server and of its faults: figures, the run as a file, resets, and the sentence that arms a fault."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Dialog, expect

from mock_server.dashboard.address import TASK
from mock_server.dashboard.words import words_of
from tests.support.browser import Look, opened
from tests.support.harness import Now, started
from tests.support.live import LiveServer, serving_parts
from tests.support.pages import Visitor, busy_server, visitor

SERVER, FAULTS, RUN = "/__admin/ui/server", "/__admin/ui/faults", "/__admin/ui/run"
TOKEN = "correct-horse-battery"
pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def someone() -> Visitor:
    """A visitor of a fresh server."""
    return visitor()


def test_the_server_shows_what_it_keeps_answered_and_was_done_to_it(someone: Visitor) -> None:
    someone.world.poll("happy-path.a")
    someone.world.poll("hapy-path.a")
    someone.world.ask("POST", "/clock", {"advance": "10m"})
    page = someone.text(SERVER)
    for text in (
        '<b class="large">1</b>',
        "2 in all, 0 evicted",
        "Qiniu 1",
        "<b>clock</b>",
        "advance 10m",
        "status=404",
    ):
        assert text in page
    assert "<dt>max_tasks</dt><dd>1000000</dd>" in page


def test_the_memory_of_exchanges_is_shown_against_its_bound() -> None:
    someone = visitor(journal_bytes=1 << 20)
    assert '<b class="large">0 B</b> <span class="quiet">/ 1 MiB</span>' in someone.text(SERVER)
    someone.world.poll("happy-path.a")
    size = someone.world.server.store.glance().size
    assert size > 500
    assert f'<b class="large">{words_of("en").size(size)}</b> <span' in someone.text(SERVER)
    someone.do("reset", only=["journal"])
    assert '<b class="large">0 B</b>' in someone.text(SERVER)


def test_secrets_are_shown_as_set_or_not_and_what_needs_the_token_is_no_link() -> None:
    someone = visitor(admin_token=TOKEN)
    held = someone.do("login", token=TOKEN).headers["Set-Cookie"].partition(";")[0]
    page = someone.text(SERVER, Cookie=held)
    assert "<dt>admin_token</dt><dd>yes</dd>" in page
    assert TOKEN not in page
    assert "/__admin/metrics" not in page
    assert someone.get(RUN).status == 303
    assert json.loads(json.dumps(someone.get(RUN, Cookie=held).body))["tasks"] == []


def test_a_saved_run_is_loaded_into_another_server(someone: Visitor) -> None:
    someone.world.poll("happy-path.a")
    someone.world.ask("POST", "/clock", {"advance": "7m"})
    said = someone.get(RUN)
    assert said.headers["Content-Disposition"] == "attachment; filename=mock-server-run.json"
    other = visitor()
    loaded = other.do("load", run=json.dumps(said.body), back=SERVER)
    assert (loaded.status, loaded.headers["Location"]) == (303, SERVER)
    assert "happy-path.a" in other.text()
    page = other.text(f"{TASK}?vendor=qiniu&id=happy-path.a")
    assert re.search(r'<tr class="hand">.*<span lang="en">advance 7m</span>', page)


@pytest.mark.parametrize("run", ["", "{", "[]", '{"format": 99}'])
def test_what_is_no_run_is_refused_and_nothing_changes(someone: Visitor, run: str) -> None:
    someone.world.poll("happy-path.a")
    said = someone.do("load", {"X-Stay": "1"}, run=run)
    assert said.status == 422
    assert "happy-path.a" in someone.text()


def test_scopes_are_set_back_together(someone: Visitor) -> None:
    someone.world.poll("happy-path.a")
    someone.world.ask("POST", "/faults", {"error": 599})
    assert someone.do("reset", only=["tasks", "journal"]).status == 303
    assert "No task yet" in someone.text()
    assert "error 599" in someone.text()
    assert someone.do("reset", {"X-Stay": "1"}).status == 422, "no scope is not all"


ARMED: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
    "polls of everybody": (
        {"span": "polls", "times": "2", "aim": "all", "effect": "error", "value": "599"},
        {"error": 599, "times": 2, "vendor": None, "id": None},
    ),
    "a time of a vendor": (
        {"span": "time", "for": "10m", "aim": "vendor", "vendor": "qiniu", "effect": "reset", "value": "ignored"},
        {"fault": "reset", "times": None, "vendor": "qiniu", "id": None},
    ),
    "ids beginning": (
        {"span": "open", "aim": "ids", "id": "flaky.", "vendor": "qiniu", "effect": "delay", "value": "1s..3s"},
        {"delay": "1s..3s", "vendor": None, "id": "flaky.*", "until": None},
    ),
    "one task": (
        {"span": "open", "aim": "task", "vendor": "wangsu", "id": "a*", "effect": "without", "value": "X-Reqid"},
        {"headers": {"X-Reqid": None}, "vendor": "wangsu", "id": "a\\*"},
    ),
    "an error by its word": (
        {"span": "open", "aim": "all", "effect": "error", "value": "throttled"},
        {"error": "throttled"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ARMED)
def test_the_sentence_arms_what_it_says(someone: Visitor, name: str) -> None:
    fields, expected = ARMED[name]
    said = someone.do("arm", {"X-Stay": "1"}, **fields)
    assert (said.status, said.body) == (200, b"Fault 1 is armed."), said.body
    (fault,) = someone.world.ask("GET", "/faults").body["faults"]
    assert {key: fault[key] for key in expected} == expected
    assert someone.do("disarm", number="1").status == 303
    assert someone.world.ask("GET", "/faults").body["faults"] == []


def test_a_sentence_that_makes_no_sense_is_refused_with_its_reason(someone: Visitor) -> None:
    said = someone.do("arm", {"X-Stay": "1"}, span="polls", times="x", aim="all", effect="reset")
    assert (said.status, said.body) == (422, b"times: 'x' is not JSON")
    said = someone.do("arm", {"X-Stay": "1"}, span="open", aim="all", effect="error", value="nonsense")
    assert (said.status, b"nonsense" in said.body) == (422, True)


@pytest.mark.parametrize("value", ["", "nonsense"])
def test_an_error_that_is_none_is_refused_with_what_it_may_be(someone: Visitor, value: str) -> None:
    said = someone.do("arm", {"X-Stay": "1"}, span="open", aim="all", effect="error", value=value)
    text = said.body.decode()
    assert "a status such as 599, one of the words unknown, illegal, unauthorized, throttled," in text
    assert "or a vendor's code such as APIG.0101" in text
    assert len(text) < 250
    assert '<option value="unauthorized" label="an error of the vendor">' in someone.text(FAULTS)


@pytest.mark.parametrize(
    ("run", "why"), [("{", "it is not JSON"), ("[]", "it has no `format`"), ('{"a": 1}', "it has no `format`")]
)
def test_what_is_no_saved_run_is_refused_in_one_sentence(someone: Visitor, run: str, why: str) -> None:
    said = someone.do("load", {"X-Stay": "1"}, run=run)
    assert said.status == 422
    assert said.body.decode() == f'this is not a saved run: {why} (choose a file that "Save the run" made)'
    said = someone.do("load", {"X-Stay": "1"}, run='{"format": 99, "a": 1}')
    assert (said.status, len(said.body) < 200) == (422, True)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", "2 tasks"), ("?aim=vendor&vendor=qiniu", "1 task"), ("?aim=ids&id=slow.", "2 tasks"),
        ("?aim=task&vendor=wangsu&id=slow.b", "1 task"), ("?vendor=wangsu&id=slow.b", "1 task"),
        ("?aim=task&vendor=wangsu&id=slow.*", "0 tasks"),
    ],
)  # fmt: skip
def test_how_many_tasks_a_fault_applies_to_is_said_before_it_is_armed(someone: Visitor, query: str, count: str) -> None:
    someone.world.poll("slow.a")
    someone.world.poll("slow.b", "wangsu")
    assert f"It applies to {count} at work now" in someone.text(FAULTS + query)


def test_where_there_are_many_tasks_they_are_not_counted(someone: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mock_server.dashboard.look.faults._COUNTED", 1)
    someone.world.poll("slow.a")
    someone.world.poll("slow.b")
    assert "is not counted here" in someone.text(f"{FAULTS}?aim=ids&id=slow.")
    assert "applies to 2 tasks" in someone.text(FAULTS)


@pytest.fixture
def own() -> Any:
    """A busy server for one test."""
    with serving_parts(busy_server()) as server:
        yield server


def test_a_fault_is_armed_in_the_browser_and_seen_on_the_page(browser: Browser, own: LiveServer) -> None:
    with opened(browser, own.url) as visit:
        page = visit.go(FAULTS)
        page.locator("select[name=aim]").select_option("vendor")
        page.locator("select[name=vendor]").select_option("wangsu")
        expect(page.locator("#faults-targets")).to_contain_text("1 task at work")
        assert "aim=vendor" in page.url
        assert "form=" not in page.url
        page.locator("input[name=value]").fill("500")
        page.get_by_role("button", name="Arm").click()
        expect(page.locator("#faults-list")).to_contain_text("error 500")
        expect(page.locator(".banner.fault")).to_contain_text("error 500 → Wangsu, 2 more polls")
        assert visit.complaints == []


def test_a_run_that_is_none_is_refused_inside_the_open_dialog(browser: Browser, own: LiveServer) -> None:
    with opened(browser, own.url) as visit:
        page = visit.go(SERVER)
        page.locator("[data-dialog=load]").click()
        page.get_by_label("Or its text").fill("{")
        page.get_by_role("button", name="Replace everything").click()
        expect(page.locator("dialog#load .toast")).to_contain_text("this is not a saved run")
        assert page.locator("dialog#load .toast").evaluate(
            "each => { const at = each.getBoundingClientRect();"
            " return each.contains(document.elementFromPoint(at.x + at.width / 2, at.y + at.height / 2)); }"
        )


def test_what_was_done_is_one_entry_a_line(browser: Browser, own: LiveServer) -> None:
    with opened(browser, own.url) as visit:
        page = visit.go(SERVER)
        for _ in range(3):
            page.get_by_role("button", name="Freeze").or_(page.get_by_role("button", name="Resume")).first.click()
        expect(page.locator(".deeds li")).not_to_have_count(0)
        lefts = page.locator(".deeds li").evaluate_all("all => all.map(each => each.getBoundingClientRect().left)")
        assert len(set(lefts)) == 1


def test_setting_back_asks_first(browser: Browser, own: LiveServer) -> None:
    answers = iter([False, True])

    def answer(dialog: Dialog) -> None:
        dialog.accept() if next(answers) else dialog.dismiss()

    with opened(browser, own.url) as visit:
        page = visit.go(SERVER)
        page.remove_listener("dialog", visit._dismiss)
        page.on("dialog", answer)
        page.get_by_role("button", name="Set these back").click()
        assert own.parts.store.glance().tasks > 0
        page.get_by_role("button", name="Set these back").click()
        expect(page.locator(".toast")).to_have_text("Reset.")
        assert own.parts.store.glance().tasks == 0


def test_a_visitor_logs_in_with_the_token(browser: Browser) -> None:
    parts = started(Now(), admin_token=TOKEN)
    with serving_parts(parts) as server, opened(browser, server.url, Look(script=False)) as visit:
        page = visit.go(SERVER)
        page.get_by_label("Token").fill(TOKEN)
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Server")
        assert page.url.endswith(SERVER)
