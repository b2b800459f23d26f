"""The page of exchanges: the list, what a fault changed, the contract of each field, and near misses."""

from __future__ import annotations

import html
import json
import re
from functools import partial

import pytest
from playwright.sync_api import Browser, expect

from mock_server.engine.task import Key
from mock_server.http.message import request_of
from mock_server.journal.entry import Entry, Told
from mock_server.store.store import Change
from tests.support.browser import opened
from tests.support.harness import asking
from tests.support.live import LiveServer
from tests.support.pages import Visitor, visitor
from tests.support.told import URL, attempt

PAGE = "/__admin/ui/requests"
pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture
def someone() -> Visitor:
    """A visitor of a fresh server."""
    return visitor()


def labels(page: str) -> list[str]:
    """What the rows of the list are called, newest first."""
    return re.findall(r"</span> ((?:Poll|GET|POST|Submit|Notification)[^<]*)</span></td>", page)


def test_equal_polls_in_a_row_are_one_line(someone: Visitor) -> None:
    for _ in range(4):
        someone.world.poll("never-ends.a")
    someone.world.poll("happy-path.b")
    assert labels(someone.text(PAGE)) == ["Poll 1", "Poll 2–4", "Poll 1"]


def test_tabs_and_filters_show_some_alone(someone: Visitor) -> None:
    someone.world.poll("hapy-path.a")
    someone.world.ask("POST", "/faults", {"error": 599, "times": 1})
    someone.world.poll("slow.a")
    someone.world.poll("happy-path.a")
    assert labels(someone.text(f"{PAGE}?only=unmatched")) == ["GET"]
    assert labels(someone.text(f"{PAGE}?only=faulted")) == ["Poll 1"]
    assert labels(someone.text(f"{PAGE}?only=off")) == []
    assert labels(someone.text(f"{PAGE}?id=happy")) == ["Poll 1"]
    assert labels(someone.text(f"{PAGE}?status=404")) == ["GET"]
    assert labels(someone.text(f"{PAGE}?saw=waiting")) == ["Poll 1"]
    assert labels(someone.text(f"{PAGE}?before=2")) == ["GET"]
    assert labels(someone.text(f"{PAGE}?saw=%3Cb%3E&n=x&before=-1&status=abc&only=none")) == []


def test_a_page_looks_at_so_many_exchanges_and_says_where_it_goes_on(
    someone: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mock_server.dashboard.look.requests.LOOKED", 3)
    someone.world.poll("hapy-path.a")
    for number in range(5):
        someone.world.poll(f"happy-path.{number}")
    page = someone.text(f"{PAGE}?only=unmatched")
    assert labels(page) == []
    assert "No request fits" in page
    page = someone.text(f"{PAGE}")
    assert len(labels(page)) == 3
    assert 'href="/__admin/ui/requests?before=4"' in page


def test_what_a_fault_changed_is_shown_line_by_line(someone: Visitor) -> None:
    someone.world.ask("POST", "/faults", {"error": 599, "times": 1})
    someone.world.poll("happy-path.a")
    page = someone.text(PAGE)
    assert "599, armed fault 1" in page
    assert re.search(r'class="line gone">- 200 OK\n', page)
    assert re.search(r'class="line added">\+ 599 ', page)


def test_a_break_of_the_contract_is_marked_at_its_place(someone: Visitor) -> None:
    text = "steps:\n  - state: processing\n    off_contract: true\n    with: {qiniu: {code: '2'}}\n"
    assert someone.world.ask("PUT", "/scenarios/legacy", text.encode()).status == 200
    someone.world.poll("legacy")
    page = someone.text(PAGE)
    assert "breaks the contract on purpose:" in page
    assert "<code>$.code: type</code>" in page
    assert re.search(r'class="line bad"[^>]*>  <span class="t-key">&#34;code&#34;', page)


def test_a_typing_slip_shows_the_near_miss_and_a_command_that_works(someone: Visitor) -> None:
    someone.world.poll("hapy-path.a")
    page = someone.text(PAGE)
    assert "<code>ha<mark>p</mark>py-path</code>" in page
    found = re.search(r'data-copy="curl &#39;http://localhost(/[^&]+)&#39;"[^>]*>.{0,99}<span>Copy the corrected', page)
    assert found is not None
    assert someone.get(found[1]).status == 200
    assert re.search(r'do/create" data-stay data-go>', page)
    made = someone.do("create", vendor="qiniu", scenario="happy-path", id="hapy-path.a")
    assert made.status == 303
    assert someone.world.poll("hapy-path.a").status == 200


def test_a_path_that_is_nearly_right_is_corrected_too(someone: Visitor) -> None:
    someone.get("/status/get/prefopp?id=happy-path.a")
    page = someone.text(PAGE)
    assert "curl &#39;http://localhost/status/get/prefop?id=happy-path.a&#39;" in page


def test_an_exchange_that_is_gone_says_why(someone: Visitor) -> None:
    someone.world.poll("happy-path.a")
    assert "there is no exchange 7, only 1 so far" in someone.text(f"{PAGE}?n=7").replace("&#39;", "'")


def test_an_exchange_is_copied_in_several_forms(someone: Visitor) -> None:
    someone.world.poll("happy-path.a")
    page = someone.text(f"{PAGE}?n=1")
    for name in ("curl", "Python", "Node", "Go", "HAR entry", "Link", "Bug report"):
        assert f"<span>{name}</span></button>" in page


def notified(someone: Visitor) -> None:
    """A poll, then three attempts to notify: no response, taken, and one that was not even sent."""
    someone.world.poll("happy-path.1")
    body = b'{"id":"happy-path.1","code":0,"items":[]}'
    request = request_of("POST", URL, (("Content-Type", "application/json"), ("X-Sent", "yes")), body)
    first = attempt("again", 0, next=1_893_456_000_000, id="happy-path.1", request=request)
    second = attempt("delivered", 200, number=2, id="happy-path.1", request=request)
    refused = attempt("refused", 0, note="the address may not be notified", told=Told(0, 1, 1, "", "refused", None))
    for each in (first, second, refused):
        someone.world.server.store.transact(None, partial(_kept, each))


def _kept(entry: Entry, *_: object) -> Change:
    return Change(entry)


def test_attempts_to_notify_are_listed_with_what_became_of_them(someone: Visitor) -> None:
    notified(someone)
    page = someone.text(PAGE)
    assert labels(page) == [f"Notification, attempt {n}" for n in (1, 2, 1)] + ["Poll 1"]
    assert re.findall(r'#sign-told"/></svg><span>([^<]+)</span></span></td>', page) == [
        "not sent",
        "delivered",
        "not taken, to be sent again",
    ]
    assert len(labels(someone.text(f"{PAGE}?only=told"))) == 3
    assert labels(someone.text(f"{PAGE}?only=unmatched")) == []
    assert len(labels(someone.text(f"{PAGE}?saw=told"))) == 3
    assert labels(someone.text(f"{PAGE}?id=happy&status=200")) == ["Notification, attempt 2", "Poll 1"]


def test_an_attempt_shows_what_was_sent_what_came_and_what_follows(someone: Visitor) -> None:
    notified(someone)
    first, second, refused = (someone.text(f"{PAGE}?n={number}").partition("<article")[2] for number in (2, 3, 4))
    for text in (
        "Notification, attempt 1",
        "<dd>yes</dd>",
        "happy-path.1&#34;",
        "no response",
        "the connection was refused",
        "signed with the key <code>ak</code>",
        "next attempt at 2030-01-01T00:00:00.000Z",
        '<a class="mono" href="/__admin/ui/task?vendor=qiniu&amp;id=happy-path.1">',
    ):
        assert text in first
    assert '<span class="note" role="note"><b>$.code</b>' in first, "the contract of what was sent"
    for text in ("Notification, attempt 2", "delivered", "<b>200 OK</b>", "taken", "no further attempt"):
        assert text in second
    for text in ("not sent", "the address may not be notified", "item 2", "not signed", "no further attempt"):
        assert text in refused


def copied(page: str, name: str) -> str:
    """What the entry of this name in "Copy as" copies."""
    found = re.search(rf'data-copy="([^"]*)"[^>]*><svg[^>]*><use[^>]*></svg><span>{name}</span>', page)
    assert found is not None
    return html.unescape(found[1])


@pytest.mark.parametrize(
    ("fault", "got", "body"),
    [
        ({"fault": "truncate"}, "of {size} bytes of the body (truncate); it saw: cut", "half"),
        ({"fault": "reset"}, "no status and nothing of the response (reset); it saw: cut", "none"),
        ({"fault": "close"}, "200 OK and the whole body, {size} bytes (close); it saw: succeeded", "all"),
    ],
)
def test_a_report_says_what_the_client_got_and_no_more(
    someone: Visitor, fault: dict[str, str], got: str, body: str
) -> None:
    for _ in range(3):
        someone.world.poll("happy-path.a")
    someone.world.ask("POST", "/faults", {**fault, "vendor": "qiniu", "times": 4})
    someone.world.poll("happy-path.a")
    text = copied(someone.text(f"{PAGE}?n=4"), "Bug report")
    entry = someone.world.server.store.history(Key("qiniu", "happy-path.a"), 1)[0]
    sent = entry.response.body.decode()
    assert got.format(size=len(sent)) in text
    assert text.endswith({"all": f"\n\n{sent}", "half": f"\n\n{sent[: len(sent) // 2]}", "none": "'"}[body])
    assert (sent in text) is (body == "all")
    assert f"{fault['fault']}, armed #1 for qiniu, 3 more" in text
    assert "poll 4 of vendor qiniu, task happy-path.a" in text
    assert "earlier polls: waiting, processing, succeeded\n" in text
    assert "repeat: curl 'http://localhost/status/get/prefop?id=happy-path.a'" in text


def test_a_report_names_a_scripted_fault_and_a_break_on_purpose(someone: Visitor) -> None:
    steps = "steps:\n  - state: processing\n    off_contract: true\n    with: {qiniu: {code: '2'}}\n"
    text = f"faults: [{{when: {{polls: [2]}}, delay: 250ms}}]\n{steps}"
    assert someone.world.ask("PUT", "/scenarios/legacy", text.encode()).status == 200
    for _ in range(2):
        someone.world.poll("legacy")
    report = copied(someone.text(f"{PAGE}?n=2"), "Bug report")
    assert "contract: off-contract on purpose: $.code: type" in report
    assert "fault: delay, scripted: fault 1 of the scenario, on polls 2" in report
    assert "earlier polls: processing\n" in report


def test_a_report_has_no_polls_of_an_earlier_life_and_says_that_a_fault_is_over(someone: Visitor) -> None:
    someone.world.poll("happy-path.a")
    someone.world.poll("happy-path.a")
    someone.do("drop", vendor="qiniu", id="happy-path.a")
    someone.world.ask("POST", "/faults", {"error": 599, "times": 2})
    someone.world.poll("happy-path.a")
    someone.world.poll("happy-path.a")
    report = copied(someone.text(f"{PAGE}?n=4"), "Bug report")
    assert "earlier polls: error 599\n" in report
    assert "fault: 599, armed #1, over by now" in report


def test_a_copied_har_entry_has_the_query(someone: Visitor) -> None:
    someone.world.poll("happy-path.a")
    entry = json.loads(copied(someone.text(f"{PAGE}?n=1"), "HAR entry"))
    assert entry["request"]["queryString"] == [{"name": "id", "value": "happy-path.a"}]


def test_requests_that_met_no_task_are_named_on_the_page_of_tasks(someone: Visitor) -> None:
    assert "met no task" not in someone.text()
    someone.world.poll("hapy-path.a")
    page = someone.text()
    assert '<a href="/__admin/ui/requests?only=unmatched">1 request met no task</a>' in page
    assert "No task yet" in page
    someone.world.poll("hapy-path.b")
    someone.world.poll("happy-path.b")
    assert "2 requests met no task</a>" in someone.text("/__admin/?part=tasks-title")


def test_pointing_at_a_field_shows_its_row_of_the_document(browser: Browser, busy: LiveServer) -> None:
    with opened(browser, busy.url) as visit:
        page = visit.go(PAGE, id="happy-path.order-1041")
        line = page.locator(".json .line", has_text='"code"').first
        expect(line.locator(".note")).to_be_hidden()
        line.hover()
        expect(line.locator(".note")).to_be_visible()
        expect(line.locator(".note")).to_contain_text("one of")
        page.mouse.move(0, 0)
        line.focus()
        expect(line.locator(".note")).to_be_visible()


def test_keys_walk_through_the_exchanges_and_the_choice_is_in_the_address(browser: Browser, busy: LiveServer) -> None:
    with opened(browser, busy.url) as visit:
        page = visit.go(PAGE)
        page.keyboard.press("j")
        page.wait_for_url(re.compile(r"\?n=\d+"))
        first = page.url
        page.keyboard.press("j")
        page.wait_for_url(lambda url: url != first)
        page.go_back()
        assert page.url == first


def test_a_chosen_exchange_is_copied_by_a_click(browser: Browser, busy: LiveServer) -> None:
    with opened(browser, busy.url) as visit:
        visit.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = visit.go(PAGE, n="1")
        page.get_by_text("Copy as").click()
        page.get_by_role("button", name="HAR entry").click()
        expect(page.locator(".toast")).to_have_text("Copied")
        expect(page.locator(".menu[open]")).to_have_count(0)
        entry = json.loads(page.evaluate("navigator.clipboard.readText()"))
        assert entry["response"]["status"] == 200


@pytest.mark.parametrize("fault", [{"fault": "malformed"}, {"fault": "reset_mid"}, {"body": "[]"}])
def test_a_body_that_a_fault_damaged_is_not_said_to_fit_the_contract(someone: Visitor, fault: dict[str, str]) -> None:
    someone.world.ask("POST", "/faults", {**fault, "times": 1})
    someone.world.server.emulator.answer(asking("qiniu", "slow.a"))
    page = someone.text(PAGE)
    assert "fitted the contract; a fault then damaged or replaced the body, which is not judged" in page
    assert "fits the contract" not in page
    assert "contract: the response fitted it; a fault then damaged" in html.unescape(page)
    someone.world.poll("slow.a")
    assert "fits the contract" in someone.text(PAGE)


def test_why_a_poll_got_a_404_stands_beside_it() -> None:
    someone = visitor(max_tasks=2)
    answer = someone.world.server.emulator.answer
    for id, why in (
        ("not-found-at-first.a", "the scenario answers so in the step error"),
        ("expires.a", "the task expired, as its scenario says"),
        ("instant.a", "the task was dropped to make room"),
    ):
        answer(asking("qiniu", id))
        if id == "expires.a":
            for _ in range(2):
                answer(asking("qiniu", id))
            someone.world.ask("POST", "/clock", {"advance": "11d"})
            answer(asking("qiniu", id))
        if id == "instant.a":
            for other in ("instant.b", "instant.c", "instant.d", id):
                answer(asking("qiniu", other))
        page = someone.text(PAGE)
        assert why in page, id
        assert "404 Not Found" in page
        assert "Nearest" not in page
