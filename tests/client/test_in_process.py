"""A client of a server in this process gives the answers that the socket gives, value by value and error by error."""

from __future__ import annotations

import copy
import inspect
import logging
import multiprocessing
import os
import pickle
import threading
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

import mock_server
from mock_server.assembly import Server
from mock_server.client import AdminError, Client, ClientError, Unreachable
from mock_server.client.clock import VirtualClock
from mock_server.errors import InvalidInput
from mock_server.server.in_process import InProcess
from mock_server.server.own_paths import OwnPaths
from tests.support.harness import Now, asking, listening, running, started

NOWHERE = "http://127.0.0.1:1"
"""Where nobody answers, so that whatever is answered was answered in process."""
BRIEF = "steps: [{state: waiting, polls: 1}, {state: succeeded}]\n"
POLLED = "partial-failure.1"
TOKEN = "s3cret"


class Side(NamedTuple):
    """A server and the client that asks it."""

    parts: Server
    client: Client

    def poll(self, *ids: str) -> None:
        """Polls, without a socket, so that only the client's way differs."""
        for id in ids:
            self.parts.emulator.answer(asking("qiniu", id))


@pytest.fixture
def sides() -> Iterator[tuple[Side, Side]]:
    """Two servers that are alike and whose time stands still: one is asked over its socket, the other in process."""
    remote, local = started(Now()), started(Now())
    local.spare.set()
    server = listening(remote)
    with running(server):
        yield (
            Side(remote, Client(server.url)),
            Side(local, Client.within(InProcess(OwnPaths(local), local), NOWHERE)),
        )


Asked = Callable[[Side], object]


def _done(act: Callable[[Any], object], value: Any) -> object:
    return act(value)


ANSWERED: dict[str, Asked] = {
    "create": lambda s: s.client.create("qiniu", "slow", "job", [{"cmd": "avthumb/mp4"}], "http://127.0.0.1:1/done"),
    "tasks": lambda s: (s.poll(POLLED, POLLED), s.client.tasks(history=5)),
    "tasks_page": lambda s: (s.poll(POLLED, "slow.1"), s.client.tasks_page(limit=1, order="activity", look=5)),
    "task": lambda s: (s.poll(POLLED), s.client.task("qiniu", POLLED)),
    "next": lambda s: (s.poll(POLLED), s.client.next("qiniu", POLLED)),
    "goto": lambda s: (s.poll(POLLED), s.client.goto("qiniu", POLLED, "processing")),
    "fail": lambda s: (s.poll(POLLED), s.client.fail("qiniu", POLLED, item=1, reason="too large")),
    "finish": lambda s: (s.poll("happy-path.1"), s.client.finish("qiniu", "happy-path.1")),
    "shift": lambda s: (s.poll(POLLED), s.client.shift("qiniu", POLLED, "10m")),
    "drop": lambda s: (s.poll(POLLED), s.client.drop(id="partial*"), s.client.tasks()),
    "arm": lambda s: s.client.arm(error=599, times=1, lasts="1h"),
    "faults": lambda s: (s.client.arm(fault="malformed", id="x"), s.client.faults()),
    "rule": lambda s: s.client.rule("slow", vendor="qiniu", where={"key": "a*"}, times=2, lasts="1h"),
    "rules": lambda s: (s.client.rule("slow"), s.client.rules()),
    "drop_rules": lambda s: (s.client.rule("slow"), s.client.drop_rules(1), s.client.rules()),
    "disarm": lambda s: (s.client.arm(error=599), s.client.disarm(1), s.client.faults()),
    "requests": lambda s: (s.poll(POLLED, "nobody's"), s.client.requests(limit=1), s.client.requests(id=POLLED)),
    "journal": lambda s: (s.poll(POLLED, POLLED), s.client.journal(limit=1, total=True)),
    "request": lambda s: (s.poll(POLLED, POLLED), s.client.request(2)),
    "contract": lambda s: (s.client.contract("qiniu"), s.client.contract("wangsu", "live")),
    "last_number": lambda s: (s.poll(POLLED), s.client.last_number()),
    "unmatched": lambda s: (s.poll("hapy-path.1"), s.client.unmatched()),
    "refused": lambda s: s.client.refused(),
    "forget": lambda s: (s.poll(POLLED), s.client.forget(id=POLLED), s.client.requests()),
    "verify": lambda s: (s.poll(POLLED), s.client.verify(id=POLLED, count=1, statuses=[200])),
    "wait": lambda s: (s.poll(POLLED), s.client.wait(1, id=POLLED)),
    "scenarios": lambda s: s.client.scenarios(),
    "scenario": lambda s: s.client.scenario("happy-path"),
    "upload": lambda s: (s.client.upload("mine", BRIEF, dry=True), s.client.upload("mine", BRIEF)),
    "check": lambda s: s.client.check("mine", BRIEF),
    "timeline": lambda s: s.client.timeline("happy-path"),
    "remove": lambda s: (s.client.upload("mine", BRIEF), _done(s.client.remove, "mine"), s.client.scenarios()),
    "actions": lambda s: (s.client.arm(error=599), [each.what for each in s.client.actions()][-1:]),
    "coverage": lambda s: (s.poll(POLLED), s.client.coverage()),
    "bundle": lambda s: (s.poll(POLLED), s.client.bundle()),
    "load": lambda s: (s.poll(POLLED), _done(s.client.load, s.client.bundle()), s.client.tasks()),
    "reset": lambda s: (s.poll(POLLED), _done(s.client.reset, ["tasks"]), s.client.tasks(), s.client.requests()),
    "inspect": lambda s: (s.poll(POLLED), s.client.inspect("qiniu", POLLED, ahead=2, every="1s", limit=5)),
    "record": lambda s: (s.poll(POLLED, POLLED), s.client.record("qiniu", POLLED)),
    "pulse": lambda s: (s.poll(POLLED), s.client.pulse()),
    "notifications": lambda s: s.client.notifications(vendor="qiniu", id="job", outcome="delivered"),
    "notifications_page": lambda s: s.client.notifications_page(limit=2),
    "owed": lambda s: (s.client.create("qiniu", "slow", "job", None, CLOSED), s.client.owed(vendor="qiniu")),
    "notify": lambda s: (s.client.create("qiniu", "slow", "job", None, CLOSED), s.client.notify("qiniu", "job")),
    "wait_told": lambda s: s.client.wait_told(0),
    "why_untold": lambda s: (s.poll(POLLED), s.client.why_untold(), s.client.why_untold(vendor="qiniu", id=POLLED)),
    "health": lambda s: s.client.health(),
    "version": lambda s: s.client.version(),
    "clock.read": lambda s: s.client.clock.read(),
    "clock.freeze": lambda s: s.client.clock.freeze(),
    "clock.resume": lambda s: (s.client.clock.freeze(), s.client.clock.resume()),
    "clock.advance": lambda s: s.client.clock.advance("10m"),
    "clock.set": lambda s: s.client.clock.set("2040-01-01T00:00:00Z"),
    "clock.speed": lambda s: s.client.clock.speed(2.5),
}
CLOSED = "http://127.0.0.1:1/done"
"""A notify address where nobody listens."""
REFUSED: dict[str, Asked] = {
    "no such task": lambda s: s.client.next("qiniu", "nobody's"),
    "no such scenario": lambda s: s.client.create("qiniu", "hapy-path"),
    "a task that exists": lambda s: (s.client.create("qiniu", "slow", "a"), s.client.create("qiniu", "slow", "a")),
    "an odd fault": lambda s: s.client.arm(fualt="reset"),
    "a bad parameter": lambda s: s.client.tasks(limit=-1),
    "a bad length": lambda s: s.client.clock.advance("ten minutes"),
    "a bad scenario": lambda s: s.client.upload("mine", "steps: [{state: wating}]"),
    "an odd name": lambda s: s.client.upload("mi/ne?#\r\nX: y", BRIEF),
    "a path that is none": lambda s: s.client._transport.call("GET", "taks", dict),
    "a method that is none": lambda s: s.client._transport.call("PUT", "tasks", dict),
    "a body of another type": lambda s: s.client._transport.call("POST", "tasks", dict, body=b"x", kind="text/plain"),
    "a body that is no JSON": lambda s: s.client._transport.call("POST", "tasks", dict, body=b"{"),
    "a body where none is taken": lambda s: s.client._transport.call("GET", "tasks", dict, body={}),
    "what is not so": lambda s: (s.poll(POLLED), s.client.verify(id=POLLED, count=2)),
    "what did not come": lambda s: s.client.wait(timeout=0, id="nobody's"),
    "a notification of no task": lambda s: s.client.notify("qiniu", "nobody's"),
    "a notification that did not come": lambda s: s.client.wait_told(timeout=0, id="nobody's"),
    "a value that cannot be sent": lambda s: s.client.create("qiniu", "slow", "\ud800"),
}


def told(error: Exception) -> dict[str, Any]:
    """All that an exception says."""
    return {"kind": type(error), "text": str(error), **vars(error)}


def test_every_method_of_the_client_is_in_the_table() -> None:
    methods = [name for name, _ in inspect.getmembers(Client, inspect.isfunction) if not name.startswith("_")]
    clock = [f"clock.{name}" for name, _ in inspect.getmembers(VirtualClock, inspect.isfunction) if name[0] != "_"]
    assert sorted(ANSWERED) == sorted([*methods, *clock])


@pytest.mark.parametrize("name", ANSWERED)
def test_each_method_gives_the_same_values_both_ways(sides: tuple[Side, Side], name: str) -> None:
    remote, local = sides
    assert ANSWERED[name](local) == ANSWERED[name](remote)


@pytest.mark.parametrize("name", REFUSED)
def test_each_error_is_the_same_both_ways(sides: tuple[Side, Side], name: str) -> None:
    raised = []
    for side in sides:
        with pytest.raises((ClientError, InvalidInput)) as caught:
            REFUSED[name](side)
        raised.append(told(caught.value))
    assert raised[0] == raised[1]


@pytest.mark.parametrize("token", [None, "wrong"])
def test_the_token_is_asked_for_in_process_too(token: str | None) -> None:
    parts = started(Now(), admin_token=TOKEN)
    local = InProcess(OwnPaths(parts), parts)
    with pytest.raises(ClientError, match="token"):
        Client.within(local, NOWHERE, token).tasks()
    assert Client.within(local, NOWHERE, TOKEN).tasks() == ()


def test_a_name_that_is_not_this_machines_is_refused_in_process_too() -> None:
    parts = started(Now())
    with pytest.raises(ClientError, match=r"the admin API is not served as 'mocks\.example\.com'"):
        Client.within(InProcess(OwnPaths(parts), parts), "http://mocks.example.com").tasks()


def test_a_defect_is_an_internal_error_and_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    parts = started(Now())
    own_paths = OwnPaths(parts)

    def fail(_: object) -> None:
        raise LookupError("the defect")

    monkeypatch.setattr(own_paths, "answer_admin", fail)
    with caplog.at_level(logging.ERROR), pytest.raises(ClientError, match="the log has the details"):
        Client.within(InProcess(own_paths, parts), NOWHERE).tasks()
    assert "the defect" in caplog.text


def test_a_wait_in_process_is_met_by_a_poll_over_the_socket() -> None:
    with mock_server.serve() as server:
        poll = threading.Thread(target=urllib.request.urlopen, args=(f"{server.url}/status/get/prefop?id={POLLED}",))
        poll.start()
        (exchange,) = server.client.wait(1, 20, id=POLLED)
        poll.join()
        assert exchange.response.status == 200


@pytest.mark.parametrize(
    ("ask", "error"),
    [
        (lambda client: client.tasks(id="x" * 100_000), "head"),
        (lambda client: client.upload("mine", "# " + os.urandom(2 << 20).hex()), "body"),
        (lambda client: client.upload("mine", "# " + "x" * 40_000 + "\n" + BRIEF), None),
    ],
    ids=["a long target", "a body too large", "a large body"],
)
def test_what_is_long_goes_over_the_socket_and_meets_its_limits(
    ask: Callable[[Client], object], error: str | None
) -> None:
    with mock_server.serve() as server:
        if error is None:
            ask(server.client)
            return
        with pytest.raises(AdminError) as caught:
            ask(server.client)
        assert caught.value.error == error


def test_a_server_that_was_closed_answers_no_more() -> None:
    with mock_server.serve() as server:
        assert server.client.health().ready
    with pytest.raises(Unreachable, match="no answer"):
        server.client.health()


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_a_client_that_another_process_got_asks_the_server_and_no_copy_of_it(method: str) -> None:
    context: Any = multiprocessing.get_context(method)
    with mock_server.serve() as server:
        go, answers = context.Event(), context.Queue()
        process = context.Process(target=_ask_later, args=(server.client, go, answers))
        process.start()
        server.client.create("qiniu", "slow", "born-after-the-fork")
        go.set()
        assert answers.get(timeout=30) == ["born-after-the-fork"]
        process.join()


def _ask_later(client: Client, go: Any, answers: Any) -> None:
    go.wait()
    answers.put([task.id for task in client.tasks()])


def test_a_copy_of_a_client_asks_the_same_server() -> None:
    with mock_server.serve() as server:
        for made in (copy.deepcopy(server.client), pickle.loads(pickle.dumps(server.client))):
            made.create("qiniu", "slow")
        assert len(server.client.tasks()) == 2
