"""Exchanges in the terminal: listed, followed, one as a whole, and those that met nothing."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from mock_server.api.exchange import Exchanges
from mock_server.cli.exchanges import Rows, following, whole
from mock_server.client import Client
from mock_server.client.miss import compared
from mock_server.settings import Settings
from mock_server.store.store import Change
from tests.cli.test_remote import Desk
from tests.support.live import LiveServer, serving
from tests.support.told import URL, attempt


@pytest.fixture(scope="module")
def running() -> Iterator[LiveServer]:
    """A server that these tests clear before each."""
    with serving(Settings(no_reload=True)) as server:
        yield server


@pytest.fixture
def desk(running: LiveServer) -> Desk:
    """A server as if it were fresh, whose clock stands still."""
    client = Client(running.url)
    client.reset()
    client.clock.freeze()
    return Desk(running, client)


def polled(desk: Desk, *ids: str) -> None:
    """Polls, a second apart by the server's clock."""
    for id in ids:
        desk.poll(id)
        desk.client.clock.advance("1s")


def test_the_list_has_a_column_for_the_gap(desk: Desk) -> None:
    polled(desk, "never-ends.1", "never-ends.2", "never-ends.1")
    first, second, third = desk.says("requests").splitlines()
    assert third.split("GET")[0].split()[2:4] == ["+2", "s"]
    assert first.index("GET") == second.index("GET") == third.index("GET")


def test_without_a_gap_there_is_no_column(desk: Desk) -> None:
    polled(desk, "never-ends.1")
    (line,) = desk.says("requests").splitlines()
    assert line.split()[2] == "GET"
    assert "  " not in line.split(" GET ")[0]


def test_it_says_how_many_older_ones_there_are(desk: Desk) -> None:
    polled(desk, *["never-ends.1"] * 4)
    first, *lines = desk.says("requests --limit 3").splitlines()
    assert first == "… 1 older one (--limit)"
    assert [line.split()[0] for line in lines] == ["#2", "#3", "#4"]
    assert desk.says("requests --limit 1 --id never-ends.1").splitlines()[0] == "… 3 older ones (--limit)"
    assert len(desk.says("requests --limit 4").splitlines()) == 4


def test_it_says_how_many_were_evicted() -> None:
    with serving(Settings(no_reload=True, journal_entries=2)) as server:
        desk = Desk(server, Client(server.url))
        for _ in range(5):
            desk.poll("never-ends.1")
        assert desk.says("requests --limit 1").splitlines()[0] == "… 1 older one (--limit), 3 evicted"


def test_what_a_fault_hid_stands_beside_the_step(desk: Desk) -> None:
    desk.client.arm(fault="malformed", times=1)
    polled(desk, "never-ends.1")
    desk.client.arm(fault="truncate", times=1)
    desk.poll("never-ends.1")
    lines = desk.says("requests").splitlines()
    assert "-> 200 (waiting, spoiled) [malformed]" in lines[0]
    assert "-> 200 (processing, cut) [truncate]" in lines[1]


def test_a_fault_that_does_several_things_is_one(desk: Desk) -> None:
    fault = "{when: {polls: [1]}, error: throttled, headers: {Retry-After: '1'}}"
    desk.client.upload("odd", f"steps: [{{state: succeeded}}]\nfaults: [{fault}]\n")
    desk.client.arm(delay="1ms", times=1)
    desk.poll("odd.1")
    (line,) = desk.says("requests").splitlines()
    assert " [delay, headers + throttled] " in line
    text = desk.says("requests show 1")
    assert "\nfaults: delay (armed #1), headers + throttled (the scenario's #1)\n" in text
    assert desk.client.request(1).faults == ("delay", "headers", "throttled")


def test_a_line_has_the_time_of_day_to_its_millisecond(desk: Desk) -> None:
    polled(desk, "never-ends.1")
    desk.poll("hapy-path.1")
    lines = [*desk.says("requests").splitlines(), desk.run("requests unmatched").stdout.splitlines()[0]]
    assert all(re.search(r" [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3} ", line) for line in lines)


def test_as_json_each_is_one_line(desk: Desk) -> None:
    assert desk.says("requests --json") == ""
    polled(desk, "never-ends.1", "never-ends.2")
    found = [json.loads(line) for line in desk.says("requests --json --limit 2").splitlines()]
    assert [each["number"] for each in found] == [1, 2]
    assert found[0]["request"]["target"] == "/status/get/prefop?id=never-ends.1"
    one = json.loads(desk.says("requests show 2 --json"))
    assert one | {"changes": [], "contract": {}} == found[1] | {"changes": [], "contract": {}}


def test_those_that_come_are_printed_as_they_come(desk: Desk) -> None:
    polled(desk, "never-ends.1")
    words = [sys.executable, "-m", "mock_server", "requests", "--follow", "--url", desk.server.url]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline().startswith("#1 ")
            desk.poll("slow.1")
            assert process.stdout.readline().startswith("#2 ")
            desk.poll("slow.1")
            assert "+0 ms" in process.stdout.readline()
        finally:
            process.terminate()


def test_following_goes_on_after_a_reset(desk: Desk) -> None:
    polled(desk, "never-ends.1", "never-ends.1")
    acts = iter(["poll", "", "reset", "poll", "poll"])

    def pause() -> None:
        act = next(acts)
        if act == "poll":
            polled(desk, "slow.1")
        elif act:
            desk.client.reset(["journal"])

    def read(after: int, most: int) -> Exchanges:
        return desk.client.journal(limit=most, after=after)

    stream = following(read, 2, pause)
    assert [[each.number for each in next(stream)] for _ in range(3)] == [[3], [1], [2]]


def test_a_bundle_is_not_followed(desk: Desk, tmp_path: Any) -> None:
    desk.says(f"bundle save {tmp_path}/run.json")
    result = desk.run(f"requests --bundle {tmp_path}/run.json --follow")
    assert (result.exit_code, "a bundle is complete" in result.stderr) == (2, True)


def test_one_is_shown_whole(desk: Desk) -> None:
    polled(desk, "happy-path.1")
    desk.client.arm(error=599, delay="1ms", headers={"X-A": "b"}, times=1)
    polled(desk, "happy-path.1")
    text = desk.says("requests show 2")
    head, request, response, changes, contract = text.split("\n\nRe")[0], *_parts(text)
    assert head.splitlines()[0].startswith("#2 poll 2 of happy-path.1 (qiniu), ")
    for line in (
        "client read: error, status 599",
        "gap: 1 s",
        "step: processing of happy-path@",
        "change of step: processing -> succeeded",
        "faults: delay + headers + 599 (armed #1)",
        "held back: 1 ms",
        "contract: fits the profile sdk",
    ):
        assert line in head
    assert "GET /status/get/prefop?id=happy-path.1" in request
    assert '    "code": 599,' in response
    assert "  - 200 OK\n  + 599 Server Operation Failed\n" in changes
    assert "  + X-A: b\n" in changes
    assert '  -   "code": 2,\n' in changes
    assert "  + delay: 1 ms" in changes
    rows = {line.split()[0]: line for line in contract.splitlines() if line.startswith("  $")}
    assert rows.keys() == {"$.code", "$.error"}
    assert "The HTTP status, as a number." in rows["$.code"]


def _parts(text: str) -> list[str]:
    """The paragraphs of one exchange, but for the first, by their titles."""
    titles = ("\n\nRequest\n", "\n\nResponse\n", "\n\nWhat the faults changed", "\n\nWhat the vendor's document says")
    places = [*(text.index(title) for title in titles), len(text)]
    return [text[start:end] for start, end in pairwise(places)]


def test_one_of_a_status_has_the_contract_of_its_fields(desk: Desk) -> None:
    polled(desk, "happy-path.1")
    contract = desk.says("requests show 1").partition("What the vendor's document says")[2]
    assert "$.items[*].code" in contract
    assert "integer, one of 0 1 2 3: " in contract


@pytest.mark.parametrize("error", [429, 599])
@pytest.mark.parametrize("vendor", ["qiniu", "huawei", "wangsu"])
def test_one_of_an_error_that_a_fault_gives_has_the_contract_of_errors(desk: Desk, vendor: str, error: int) -> None:
    desk.client.arm(error=error)
    path = {
        "qiniu": "/status/get/prefop?id=",
        "huawei": "/v1.0/0/asset/preheating?task_id=",
        "wangsu": "/fmgr/status?persistentId=",
    }
    with contextlib.suppress(urllib.error.HTTPError):
        urllib.request.urlopen(f"{desk.server.url}{path[vendor]}happy-path.1", timeout=30).close()
    found = desk.client.request(1)
    assert found.response.status == error
    assert found.contract
    assert {name.removeprefix("$.").partition(".")[0] for name in found.contract} == found.response.json().keys()
    errors = desk.client.contract(vendor).error
    assert all(errors[name] == field for name, field in found.contract.items())


@pytest.mark.parametrize("fault", ["hang", "garbage", "empty", "reset"])
def test_one_without_a_status_does_not_claim_the_status_that_the_vendor_would_have_said(desk: Desk, fault: str) -> None:
    desk.client.arm(fault=fault, times=1, over="1ms" if fault == "hang" else None)
    with pytest.raises((OSError, http.client.HTTPException)):
        desk.poll("happy-path.1")
    (line,) = desk.says("requests").splitlines()
    assert line.endswith(f" -> no status (waiting, cut) [{fault}]")
    text = desk.says("requests show 1")
    assert "cut: no whole response arrived, nor its status; the vendor would have said status 200\n" in text
    assert "\n\nWhat the vendor would have said; none of it was sent\n  200 OK\n" in text
    assert "\n\nResponse\n" not in text


def submitted(desk: Desk, key: str) -> None:
    """A submit to qiniu."""
    body = f"bucket=media&key={key}&fops=avthumb/mp4".encode()
    with contextlib.suppress(urllib.error.HTTPError):
        urllib.request.urlopen(f"{desk.server.url}/pfop", body, timeout=30).close()


def test_a_submit_names_what_it_plays_and_has_no_step(desk: Desk) -> None:
    submitted(desk, "partial-failure.mp4")
    desk.client.arm(error=599, submit=True, times=1)
    submitted(desk, "slow.mp4")
    first, second = desk.says("requests").splitlines()
    assert " POST /pfop -> 200 (submit of partial-failure, 2 items of 1) {" in first
    assert " POST /pfop -> 599 (submit of slow) [599] {" in second
    text = desk.says("requests show 1")
    assert text.startswith("#1 submit of ")
    assert "\nscenario: partial-failure@" in text
    assert "None" not in text
    assert "step:" not in text
    assert "$.persistentId" in text
    refused = desk.says("requests show 2").partition("What the vendor's document says")[2]
    assert "The HTTP status, as a number." in refused


def test_one_with_a_cut_connection_says_how_much_arrived(desk: Desk) -> None:
    desk.client.arm(fault="reset", times=1)
    with pytest.raises(ConnectionError):
        desk.poll("happy-path.1")
    text = desk.says("requests show 1")
    assert "client read: cut: no whole response arrived" in text
    assert "+ delivery: reset: the connection reset before the response; the client got 0 of " in text
    assert '  -   "code"' not in text


def test_one_without_a_fault_has_no_changes(desk: Desk) -> None:
    polled(desk, "happy-path.1")
    assert "changed" not in desk.says("requests show 1")


def test_one_that_met_nothing_says_what_was_near(desk: Desk) -> None:
    polled(desk, "hapy-path.1")
    text = desk.says("requests show 1")
    assert "client read: unmatched, status 404" in text
    assert "    asked    ha·py-path\n    nearest  happy-path\n               ^" in text


def test_one_off_its_contract_has_a_mark_at_the_field(desk: Desk) -> None:
    steps = "[{state: processing, hold: true, off_contract: true, with: {qiniu: {'items.0.code': one}}}]"
    desk.client.upload("odd", f"about: Odd.\nsteps: {steps}\n")
    polled(desk, "odd.1")
    text = desk.says("requests show 1")
    assert "contract: broken by the scenario on purpose, at $.items[0].code: type" in text
    (marked,) = [line for line in text.splitlines() if line.endswith("  <- not so here")]
    assert marked.startswith("  $.items[*].code ")


def test_one_that_is_not_kept_is_named(desk: Desk) -> None:
    result = desk.run("requests show 3")
    assert (result.exit_code, result.stderr) == (2, "there is no exchange 3, only 0 so far\n")


def test_one_breaks_no_terminal(desk: Desk) -> None:
    desk.client.arm(body="a\x1b[31mb\r\nc\u202ed", headers={"X-A": "b"}, times=1)
    polled(desk, "happy-path.1")
    for line in ("requests show 1", "requests"):
        text = desk.says(line)
        assert all(letter.isprintable() or letter == "\n" for letter in text)
    assert "a\\x1b[31mb" in text


def test_unmatched_requests_stand_below_what_they_came_closest_to(desk: Desk) -> None:
    desk.poll("hapy-path.1")
    desk.poll("nothing-like-it.1")
    lines = desk.run("requests unmatched").stdout.splitlines()
    assert lines[2:5] == ["    asked    ha·py-path", "    nearest  happy-path", "               ^"]
    assert lines[-1].startswith("  it differs in the id, which is like none")


@pytest.mark.parametrize(
    ("asked", "nearest", "lines"),
    [
        ("hapy", "happy", ("hap·y", "happy", "   ^")),
        ("happyy", "happy", ("happyy", "happy·", "     ^")),
        ("slwo", "slow", ("sl·wo", "slow·", "  ^ ^")),
        ("a", "a", ("a", "a", "")),
        ("", "ab", ("··", "ab", "^^")),
    ],
)
def test_two_words_stand_below_each_other(asked: str, nearest: str, lines: tuple[str, str, str]) -> None:
    assert compared(asked, nearest) == lines


def test_rows_are_wide_enough_for_those_to_come(desk: Desk) -> None:
    polled(desk, "never-ends.1", "never-ends.1")
    exchanges = desk.client.requests()
    row = Rows(exchanges)
    assert row(exchanges[0]).index("GET") == row(exchanges[1]).index("GET")
    assert whole(exchanges[0]).startswith("#1 poll 1 of never-ends.1")


def test_attempts_are_shown_on_request_and_whole(desk: Desk) -> None:
    polled(desk, "never-ends.1")
    store = desk.server.parts.store
    store.transact(None, lambda *_: Change(attempt("again", 0, next=1_893_456_000_000)))
    store.transact(None, lambda *_: Change(attempt("delivered", 200, number=2)))
    assert "attempt" not in desk.says("requests")
    first, second = desk.says("requests --told").splitlines()
    assert first.endswith(
        f"POST {URL} -> no response (qiniu made-up.1, notification 0, attempt 1: again) the connection was refused"
    )
    assert second.endswith(f"POST {URL} -> 200 (qiniu made-up.1, notification 0, attempt 2: delivered) taken")
    told = desk.says("requests show 2")
    assert "attempt to deliver a notification of made-up.1 (qiniu)" in told
    assert "attempt 1 of notification 0, signed with ak: again, the next one at 00:00:00.000" in told
    assert "why: the connection was refused" in told
    words = {"wrong": "signed wrongly on purpose, as the scenario says", "no": "not signed"}
    for number, (signed, said) in enumerate(words.items(), 4):
        store.transact(None, lambda *_, signed=signed: Change(attempt(signed=signed)))
        assert f"attempt 1 of notification 0, {said}: delivered" in desk.says(f"requests show {number}")
    assert "Request\n  POST" in told
    assert "Response" not in told
    assert "Response\n  200 OK" in desk.says("requests show 3")
    assert desk.says("requests forget --status 404") == "0 requests forgotten\n"
    assert desk.says("requests forget --all") == "5 requests forgotten\n"


def test_an_attempt_that_is_refused_is_shown_as_one_of_which_nothing_was_sent(desk: Desk) -> None:
    store = desk.server.parts.store
    store.transact(None, lambda *_: Change(attempt("refused", 0, note="not allowed")))
    assert (
        desk.says("requests --told")
        .rstrip()
        .endswith(f"POST {URL} -> nothing was sent (qiniu made-up.1, notification 0, attempt 1: refused) not allowed")
    )
    told = desk.says("requests show 1")
    assert "attempt 1 of notification 0, signed with ak: refused, nothing was sent\n" in told
    assert "why: not allowed" in told
    assert f"What would have been sent; none of it was\n  POST {URL}" in told
    assert "Request\n" not in told
    (line,) = desk.says("notifications").splitlines()
    assert "attempt 1: refused, nothing was sent (not allowed)" in line


def test_the_page_of_a_task_says_why_nothing_was_sent(desk: Desk) -> None:
    desk.client.clock.freeze()
    desk.client.create("qiniu", "instant", "made-up.1", notify_url="http://u@127.0.0.1:9/")
    desk.client.clock.advance("1s")
    (line,) = [line for line in desk.says("tasks show qiniu made-up.1").splitlines() if "attempt 1 of" in line]
    assert ": refused, nothing was sent (the address 'http://u@127.0.0.1:9/' has user information" in line
