"""The client of the admin API: what it tells of a live server, how it moves it, and what it raises."""

from __future__ import annotations

import http.server
import json
import random
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

import mock_server
from mock_server.api import values
from mock_server.client import AdminError, Client, Evicted, NotYet, Unmet, Unreachable, transport
from mock_server.client.transport import Transport
from mock_server.errors import InvalidInput
from mock_server.http.errors import OwnError
from mock_server.http.responses import own_response
from mock_server.journal.entry import Entry
from mock_server.server.app import MAX_BODY, create_app
from mock_server.server.embedded import serve_embedded
from mock_server.settings import Settings
from mock_server.store.store import Change
from tests.support.live import LiveServer, serving, serving_app
from tests.support.raw import send
from tests.support.told import URL, attempt

SCENARIO = "steps:\n  - {state: waiting, for: 10m}\n  - {state: succeeded}\n"
TARGET = "/status/get/prefop?id="


@pytest.fixture
def server() -> Iterator[LiveServer]:
    """A server that nobody asked yet."""
    with serving() as server:
        yield server


@pytest.fixture
def client(server: LiveServer) -> Client:
    """Its client."""
    return Client(server.url)


def poll(server: LiveServer, id: str) -> int:
    """The status of one poll."""
    try:
        with urllib.request.urlopen(server.url + TARGET + id, timeout=30) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        with closing(error):
            return error.code


def test_the_package_hands_out_the_client_and_imports_no_web_framework_for_it() -> None:
    code = "import sys, mock_server; mock_server.Client; print({'flask', 'requests', 'jsonschema'} & set(sys.modules))"
    assert mock_server.Client is Client
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "set()\n"


def test_telling_the_version_imports_no_values_of_the_api() -> None:
    code = (
        "import sys; from click.testing import CliRunner; from mock_server.cli import cli;"
        "print(CliRunner().invoke(cli, ['--version']).output, {'msgspec', 'mock_server.api'} & set(sys.modules))"
    )
    said = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert said.split() == ["mock-server", mock_server.__version__, "set()"]


def test_a_created_task_is_told_as_it_stands(client: Client) -> None:
    made = client.create("qiniu", "partial-failure", "mine")
    assert (made.vendor, made.id, made.scenario, made.step, made.state) == (
        "qiniu",
        "mine",
        "partial-failure",
        "waiting",
        "waiting",
    )
    assert made.born.tzinfo is not None
    assert client.task("qiniu", "mine") == made
    assert client.task("qiniu", "nobody's") is None


def test_a_task_whose_id_ends_with_a_star_is_not_taken_for_a_prefix(client: Client) -> None:
    client.create("qiniu", "slow", "mine")
    assert client.task("qiniu", "min*") is None


def test_tasks_are_told_by_what_is_wanted_of_them(server: LiveServer, client: Client) -> None:
    client.create("qiniu", "slow", "a.1")
    client.create("wangsu", "slow", "a.2")
    poll(server, "a.1")
    (found,) = client.tasks(vendor="qiniu", id="a.*", scenario="slow", history=5)
    assert [exchange.response.status for exchange in found.history] == [200]
    assert client.tasks(state="failed") == ()


def test_a_task_is_moved_on_to_a_step_and_through_time(client: Client) -> None:
    client.upload("brief", SCENARIO)
    client.create("qiniu", "brief", "a")
    assert client.next("qiniu", "a").step == "succeeded"
    assert client.goto("qiniu", "a", "waiting").step == "waiting"
    assert client.shift("qiniu", "a", timedelta(minutes=9, milliseconds=1)).step == "waiting"
    assert client.shift("qiniu", "a", "1m").step == "succeeded"


def test_dropped_tasks_are_gone(client: Client) -> None:
    for number in range(3):
        client.create("qiniu", "slow", f"mine.{number}")
    assert client.drop(id="mine.*") == 3
    assert client.tasks() == ()


def test_an_armed_fault_strikes_until_it_is_disarmed(server: LiveServer, client: Client) -> None:
    fault = client.arm(error=599, id="slow.*", lasts=timedelta(hours=1))
    assert (fault.effect, fault.id, fault.times) == ({"error": 599}, "slow.*", None)
    assert client.faults() == (fault,)
    assert poll(server, "slow.1") == 599
    assert client.disarm(fault.number) == 1
    assert poll(server, "slow.1") == 200


def test_a_fault_takes_its_lengths_of_time_in_either_form(client: Client) -> None:
    assert client.arm(delay=timedelta(milliseconds=5), times=1).effect == {"delay": "5ms"}
    assert client.arm(delay="1s..3s", headers={"X-Reqid": None}).effect == {
        "delay": "1s..3s",
        "headers": {"X-Reqid": None},
    }


def test_the_clock_is_read_and_moved(client: Client) -> None:
    frozen = client.clock.freeze()
    assert frozen.frozen
    assert client.clock.advance("10m").now == frozen.now + timedelta(minutes=10)
    assert client.clock.set(datetime(2040, 1, 1)).now == datetime(2040, 1, 1, tzinfo=UTC)
    assert client.clock.speed(2.5).speed == 2.5
    assert not client.clock.resume().frozen
    assert client.clock.read().ahead > timedelta(days=365)


def test_exchanges_are_told_whole(server: LiveServer, client: Client) -> None:
    client.arm(fault="malformed", id="happy-path.1", times=1)
    poll(server, "happy-path.1")
    (exchange,) = client.requests(vendor="qiniu", id="happy-path.1", poll=True)
    assert (exchange.number, exchange.step, exchange.state) == (1, "waiting", "waiting")
    assert exchange.request.target == f"{TARGET}happy-path.1"
    assert exchange.faults == ("malformed",)
    assert exchange.original is not None
    assert exchange.original.json()["id"] == "happy-path.1"
    assert exchange.original.body != exchange.response.body
    assert "-> 200 (waiting, spoiled) [malformed]" in str(exchange)


def test_an_unmatched_request_is_told_with_what_it_came_closest_to(server: LiveServer, client: Client) -> None:
    poll(server, "hapy-path.1")
    (miss,) = client.unmatched()
    assert miss.nearest == "happy-path"
    assert "did you mean 'happy-path'?" in str(miss)
    assert client.unmatched(after=client.last_number()) == ()


def test_what_was_refused_before_it_was_a_request_is_told(server: LiveServer, client: Client) -> None:
    before = client.refused().count
    assert send(server.port, b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n").startswith(b"HTTP/1.1 400 ")
    refused = client.refused()
    assert refused.count == before + 1
    newest = refused.newest[-1]
    assert (newest.status, newest.error, newest.start) == (400, "request", "GET /a b HTTP/1.1")
    assert "GET /a b HTTP/1.1 -> 400 these bytes are no HTTP/1.1 request: " in str(newest)
    assert client.unmatched(after=client.last_number()) == ()


def test_forgotten_exchanges_are_gone_and_numbers_go_on(server: LiveServer, client: Client) -> None:
    poll(server, "happy-path.1")
    poll(server, "happy-path.2")
    assert client.forget(id="happy-path.1") == 1
    assert [exchange.id for exchange in client.requests()] == ["happy-path.2"]
    assert client.last_number() == 2


def test_what_holds_is_verified_and_counted(server: LiveServer, client: Client) -> None:
    for _ in range(3):
        poll(server, "happy-path.1")
    order = ["waiting", "processing", "succeeded"]
    cadence: Any = {"max_gap": timedelta(minutes=5), "polls_after_end": 0}
    found = client.verify(count=3, order=order, statuses=[200] * 3, cadence=cadence, id="happy-path.1")
    assert [exchange.asked for exchange in found] == [1, 2, 3]


def test_what_does_not_hold_is_a_failed_assertion_that_names_the_exchanges(server: LiveServer, client: Client) -> None:
    poll(server, "happy-path.1")
    with pytest.raises(Unmet, match="expected exactly 2 exchanges, found 1: #1") as raised:
        client.verify(count=2, id="happy-path.1")
    assert isinstance(raised.value, AssertionError)
    assert [exchange.id for exchange in raised.value.exchanges] == ["happy-path.1"]
    assert raised.value.problems[0].where == "$.count"


def test_what_was_evicted_is_no_wrong_count() -> None:
    with serving(Settings(journal_entries=2)) as server:
        for _ in range(3):
            poll(server, "happy-path.1")
        with pytest.raises(Evicted):
            Client(server.url).verify(count=2, id="happy-path.1")


def test_a_wait_ends_when_what_is_waited_for_has_come(server: LiveServer, client: Client) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client.wait, 2, 30.0, id="happy-path.1")
        poll(server, "happy-path.1")
        poll(server, "happy-path.1")
        assert [exchange.number for exchange in waiting.result()] == [1, 2]


def test_a_wait_that_is_over_says_how_many_there_are(server: LiveServer, client: Client) -> None:
    poll(server, "happy-path.1")
    with pytest.raises(NotYet, match=r"waited 0\.05 s for 2 requests, and there are 1") as raised:
        client.wait(2, 0.05, id="happy-path.1")
    assert isinstance(raised.value, AssertionError)


def test_fifty_waiters_all_get_what_they_wait_for_and_the_server_answers_meanwhile(
    server: LiveServer, client: Client
) -> None:
    with ThreadPoolExecutor(50) as pool:
        waiting = [pool.submit(client.wait, 1, 60.0, id="happy-path.1") for _ in range(50)]
        assert all(client.health().ready for _ in range(5))
        poll(server, "happy-path.1")
        assert {len(each.result()) for each in waiting} == {1}


def test_an_uploaded_scenario_is_in_force_until_it_is_removed(server: LiveServer, client: Client) -> None:
    assert client.upload("brief", SCENARIO).uploaded
    assert client.scenario("brief").text == SCENARIO
    assert poll(server, "brief.1") == 200
    client.remove("brief")
    assert "brief" not in [scenario.name for scenario in client.scenarios()]


def test_a_scenario_is_checked_and_told_over_time(client: Client) -> None:
    checked = client.check("brief", SCENARIO)
    assert [run.saw for run in checked.polls[0].runs][-1] == "succeeded"
    assert "brief" not in [scenario.name for scenario in client.scenarios()]
    client.upload("brief", SCENARIO)
    assert client.timeline("brief") == checked.timeline
    (track,) = client.timeline("brief", bodies=True).tracks
    assert all(response.body for stretch in track.stretches for response in stretch.responses)


def test_a_bad_scenario_is_refused_with_every_problem(client: Client) -> None:
    with pytest.raises(AdminError) as raised:
        client.upload("brief", "steps:\n  - {stat: waiting}\n  - {state: suceeded}\n")
    assert raised.value.status == 422
    assert [problem.where.partition(":")[0] for problem in raised.value.problems] == ["brief.yaml"] * 2
    assert 'did you mean "state"?' in str(raised.value)


def test_coverage_tells_what_polls_saw_and_what_they_did_not(server: LiveServer, client: Client) -> None:
    poll(server, "happy-path.1")
    (played,) = [each for each in client.coverage().scenarios if each.tasks]
    assert played.never_seen == ("processing", "succeeded")
    assert [(edge.origin, edge.to) for edge in played.never_crossed] == [("processing", "succeeded")]
    assert client.coverage().played.seen_percent == 33


def test_a_bundle_brings_everything_to_another_server(server: LiveServer, client: Client) -> None:
    poll(server, "happy-path.1")
    client.clock.freeze()
    with serving() as other:
        there = Client(other.url)
        there.load(client.bundle())
        assert there.task("qiniu", "happy-path.1") == client.task("qiniu", "happy-path.1")
        assert there.requests() == client.requests()


def test_a_bundle_larger_than_a_body_may_be_is_loaded_too(server: LiveServer, client: Client) -> None:
    for _ in range(5):
        urllib.request.urlopen(server.url + TARGET + "happy-path.1", b"x" * 300_000).close()
    bundle = client.bundle()
    assert len(json.dumps(bundle)) > MAX_BODY
    client.load(bundle)
    assert len(client.requests()) == 5


def test_a_reset_takes_back_what_it_is_told_to(client: Client) -> None:
    client.create("qiniu", "slow")
    client.arm(error=599)
    client.reset(["faults"])
    assert (len(client.tasks()), client.faults()) == (1, ())
    client.reset()
    assert client.tasks() == ()


def test_health_and_version_are_told(client: Client) -> None:
    health = client.health()
    assert (health.ready, health.problems) == (True, ())
    assert health.scenarios == len(client.scenarios())
    assert client.version().version == mock_server.__version__


def test_health_says_which_scenario_file_became_bad_and_where_until_it_is_mended(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(SCENARIO)
    with serving(Settings(scenarios=(tmp_path,), no_reload=True)) as server:
        client, catalogue = Client(server.url), server.parts.catalogue
        file.write_text(SCENARIO.replace("succeeded", "succeded"))
        assert catalogue.reload_if_changed()
        health = client.health()
        assert (health.ready, len(health.problems)) == (True, 1)  # its last good version is played
        assert health.problems[0].where.endswith("mine.yaml:3:13")
        assert 'did you mean "succeeded"?' in str(health.problems[0])
        file.write_text(SCENARIO)
        assert catalogue.reload_if_changed()
        assert client.health().problems == ()


def test_the_servers_refusal_says_what_is_wrong_and_what_to_do(client: Client) -> None:
    with pytest.raises(AdminError, match=r'did you mean "qiniu"') as raised:
        client.create("quiniu", "slow")
    assert (raised.value.status, raised.value.problems[0].where) == (422, "$.vendor")


def test_a_refusal_of_one_problem_is_one_line(client: Client) -> None:
    with pytest.raises(AdminError) as raised:
        client.next("qiniu", "nobody's")
    assert str(raised.value).count("\n") == 0


def test_a_token_opens_a_server_that_wants_one() -> None:
    with serving(Settings(admin_token="s3cret")) as server:
        assert Client(server.url, "s3cret").tasks() == ()
        with pytest.raises(AdminError) as raised:
            Client(server.url).tasks()
    assert raised.value.status == 401


@pytest.mark.parametrize("kind", ["wire", "flask"])
def test_a_body_that_a_server_does_not_let_in_is_refused_in_the_same_shape(kind: str) -> None:
    with serving_app(create_app(Settings(no_reload=True)), flask=kind == "flask") as server:
        text = random.Random(0).randbytes(1_300_000).hex()  # too large even when it is packed
        with pytest.raises(AdminError) as raised:
            Client(server.url).upload("large", text)
    assert (raised.value.status, raised.value.error) == (413, "body")
    assert [problem.what for problem in raised.value.problems] == ["a request body is at most 1048576 bytes"]


def test_a_client_trusts_the_authority_that_it_is_given_and_says_what_it_lacks(tmp_path: Path) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    files = {"ca": authority.cert_pem, "cert": issued.cert_chain_pems[0], "key": issued.private_key_pem}
    for name, blob in files.items():
        blob.write_to_path(tmp_path / f"{name}.pem")
    own = Settings(port=0, no_reload=True, tls_cert=tmp_path / "cert.pem", tls_key=tmp_path / "key.pem")
    server = serve_embedded(own)
    try:
        assert Client(server.url, ca=tmp_path / "ca.pem").health().ready
        with pytest.raises(Unreachable, match="name the file of its authority"):
            Client(server.url).health()
    finally:
        server.close()


@pytest.mark.parametrize("name", ["missing.pem", "none.pem"])
def test_an_authority_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "none.pem").write_text("no certificate")
    with pytest.raises(InvalidInput, match="it takes the PEM file of a certificate authority"):
        Client("https://127.0.0.1:1", ca=tmp_path / name)


@pytest.mark.parametrize("url", ["", "127.0.0.1:8080", "ftp://127.0.0.1", "http://", "http://x:port", "http://[::1"])
def test_a_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match="for example"):
        Client(url)


def test_a_server_that_is_not_there_is_unreachable() -> None:
    with serving() as server:
        pass
    with pytest.raises(Unreachable, match="is it running"):
        Client(server.url).tasks()


@pytest.mark.parametrize(("status", "body"), [(200, b"<html>"), (200, b"{}"), (500, b"{}"), (502, b"gateway")])
def test_whoever_answers_and_is_no_mock_server_is_told_apart(status: int, body: bytes) -> None:
    with pretending(status, body) as url, pytest.raises(Unreachable, match="not as a mock server"):
        Client(url).tasks()


@contextmanager
def pretending(status: int, body: bytes) -> Iterator[str]:
    """Some other server, which answers everything so."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as other:
        thread = threading.Thread(target=other.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{other.server_port}"
        other.shutdown()
        thread.join()


def test_a_server_that_is_busy_with_long_lists_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "_PAUSE", 0)
    busy = own_response(OwnError.BUSY, "too many", problems=[])
    answers = [(503, busy.body), (503, busy.body), (200, b'{"reset":["tasks"]}')]
    monkeypatch.setattr(Transport, "_exchange", lambda *_: answers.pop(0))
    assert Transport("http://localhost").call("POST", "reset", values.Reset).reset == ("tasks",)
    answers[:] = [(503, busy.body)] * (transport._TRIES + 1)
    with pytest.raises(AdminError, match="too many"):
        Transport("http://localhost").call("POST", "reset", values.Reset)
    assert len(answers) == 1


def attempted(server: LiveServer, *entries: Entry) -> None:
    """Attempts in the journal, as whoever made them commits them."""
    for entry in entries:
        server.parts.store.transact(None, lambda *_, entry=entry: Change(entry))


def test_attempts_to_notify_are_told_and_selected(server: LiveServer, client: Client) -> None:
    attempted(server, attempt("again", 0, next=1_893_456_000_000), attempt("delivered", number=2))
    first, second = client.notifications()
    assert (first.number, first.outcome, first.status, first.why) == (1, "again", 0, "the connection was refused")
    assert (second.attempt, second.status, second.reply.body, second.request.body) == (
        2,
        200,
        b"taken",
        b'{"id":"made-up.1"}',
    )
    assert client.notifications(outcome="delivered", vendor="qiniu", id="made-up.*") == (second,)
    assert (client.notifications(after=1), client.notifications(limit=1)) == ((second,), (second,))
    assert client.notifications(id="made-up.2") == ()
    assert client.notifications_page(limit=1).total == 2
    assert str(first) == (
        "#1 00:00:00.002 qiniu made-up.1, notification 0, attempt 1: again, no response (the connection was refused) "
        f"{URL}; the next one at 00:00:00.000"
    )
    assert str(second).endswith(f"attempt 2: delivered, 200 {URL}")
    assert client.requests() == ()
    assert len(client.requests(told=True)) == 2


def test_a_wait_for_attempts_ends_when_they_have_come(server: LiveServer, client: Client) -> None:
    attempted(server, attempt("again", 500))
    assert [each.outcome for each in client.wait_told()] == ["again"]
    later = threading.Timer(0.05, attempted, (server, attempt("delivered", number=2)))
    later.start()
    assert [each.number for each in client.wait_told(outcome="delivered", id="made-up.1")] == [2]
    later.join()
    with pytest.raises(NotYet, match=r"waited 0.01 s for 3 attempts, and there are 2"):
        client.wait_told(3, 0.01)


TO = "http://127.0.0.1:1/done"
SILENT = "about: It ends, and tells nobody.\nnotify: {send: []}\nsteps: [{state: succeeded}]\n"
LATE = "about: It tells late.\nnotify: {send: [{after: 5m}]}\nsteps: [{state: succeeded}]\n"


def test_a_wait_for_attempts_that_did_not_come_says_why(client: Client) -> None:
    client.clock.freeze()
    client.upload("silent", SILENT)
    client.upload("late", LATE)

    def why(**where: str) -> str:
        with pytest.raises(NotYet) as raised:
            client.wait_told(1, 0, **where)  # type: ignore[arg-type]  # its names are those of the filter
        return str(raised.value).removeprefix("waited 0 s for 1 attempt, and there are 0: ")

    assert why() == "no task owes a notification"
    assert why(id="none") == "there is no task 'none'"
    client.create("qiniu", "instant", "nowhere")
    unaddressed = "qiniu nowhere will not notify: it was made by a poll or by hand, without an address to notify"
    assert why(id="nowhere", vendor="qiniu") == unaddressed
    assert why() == f"no task owes a notification; {unaddressed}"
    client.create("huawei", "instant", "mute")
    assert why(id="mute") == "huawei mute will not notify: huawei notifies nobody"
    client.create("qiniu", "silent", "still", notify_url=TO)
    assert why(id="still") == "qiniu still will not notify: its scenario silent says `notify: {send: []}`"
    client.create("wangsu", "notify-failed", "untold", notify_url=TO)
    ended = "wangsu untold has ended in step notify_failed, and its scenario notify-failed sends nothing of that end"
    client.goto("wangsu", "untold", "notify_failed")
    assert why(id="untold") == ended
    client.create("qiniu", "never-ends", "stuck", notify_url=TO)
    assert why(id="stuck").startswith("qiniu stuck has not ended: it is in step ")
    client.create("qiniu", "late", "later", notify_url=TO)
    due = "in 5 min by the server's clock, which is frozen: advance it"
    assert why(id="later") == f"qiniu later is in step succeeded, and attempt 1 of notification 0 is due {due}"
    assert why() == why(vendor="qiniu") == f"1 is owed by qiniu later, due {due}"


def test_what_a_task_owes_is_told_and_more_is_owed_on_request(client: Client) -> None:
    client.create("qiniu", "never-ends", "mine", notify_url="http://127.0.0.1:1/done")
    assert client.owed() == ()
    owed = client.notify("qiniu", "mine")
    assert (owed.vendor, owed.id, owed.url, owed.notice) == ("qiniu", "mine", "http://127.0.0.1:1/done", 0)
    assert [each.notice for each in client.owed(vendor="qiniu", id="mine")] == [0]
    assert str(owed) == f"owed qiniu mine, notification 0, attempt 1: due {owed.due:%Y-%m-%d %H:%M:%S}Z {owed.url}"
    with pytest.raises(AdminError, match="no qiniu task 'yours'"):
        client.notify("qiniu", "yours")
