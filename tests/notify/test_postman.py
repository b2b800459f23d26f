"""Who makes attempts: started by the first wake, ended with the server, fair to receivers, each task told once."""

from __future__ import annotations

import itertools
import multiprocessing
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from mock_server.assembly import Server
from mock_server.client.local import serve
from mock_server.control.refused import Kind, Refused
from mock_server.control.tasks import Tasks
from mock_server.control.time import Time
from mock_server.engine.task import Key
from mock_server.http.message import request_of
from mock_server.notify.guard import Guard
from mock_server.notify.postman import Postman
from mock_server.notify.turns import AT_ONE_PLACE
from mock_server.server.app import create_app
from mock_server.settings import Settings
from tests.support.emulators import World, scenario
from tests.support.harness import PATIENCE, Now
from tests.support.notified import Notified, ask, left_since, postmen, telling
from tests.support.receivers import Line, Received, Temper, answers, hangs, held_until, receiving
from tests.support.wire_kit import until


def drips(line: Line, _: Received) -> None:
    line.send(b"HTTP/1.1 200 OK\r\nX: ")
    line.drip(b"y")


def floods(line: Line, _: Received) -> None:
    line.stream(b"HTTP/1.1 100 Continue\r\n\r\n" * 4_000)


def test_a_receiver_that_floods_fails_and_others_are_notified(tmp_path: Path) -> None:
    with telling(tmp_path, floods, notify_timeout="60s") as told, receiving() as other:
        flooded = told.submit()
        heard = told.submit(url=other.url())
        told.wait(2)
        (attempt,) = told.attempts(flooded)
        assert attempt.note == "more than 64 KiB came, and among that no whole response"
        assert told.outcomes(heard) == ["delivered"]


def test_a_server_that_owes_nothing_has_no_thread_for_it(tmp_path: Path) -> None:
    before = len(postmen())
    with telling(tmp_path) as told:
        told.poll("ended.1")
        told.client.clock.advance("1h")
        told.client.reset()
        assert len(postmen()) == before
        told.submit()
        told.wait(1)
        assert len(postmen()) == before + 1


@pytest.mark.parametrize("flask", [False, True])
@pytest.mark.parametrize("temper", [hangs, drips])
def test_the_thread_ends_with_the_server_whatever_a_receiver_does(tmp_path: Path, flask: bool, temper: Temper) -> None:
    before = postmen()
    with telling(tmp_path, temper, flask=flask, notify_timeout="60s") as told:
        told.submit()
        told.receiver.wait(1)
    assert left_since(before) == []
    assert told.attempts() == []


def test_an_embedded_server_notifies_and_ends(tmp_path: Path) -> None:
    before = postmen()
    with receiving() as receiver, serve() as server:
        body = f"bucket=b&key=happy-path&fops=a&notifyURL={receiver.url()}".encode()
        id = ask(f"{server.url}/pfop", body)["persistentId"]
        server.client.finish("qiniu", id)
        assert receiver.wait(1)[0].json["id"] == id
    assert left_since(before) == []


def test_a_wsgi_application_notifies_too_whatever_serves_it() -> None:
    app = create_app(Settings(no_reload=True))
    parts: Server = app.extensions["mock_server"]
    with receiving() as receiver:
        asked = {"bucket": "b", "key": "instant", "fops": "a", "notifyURL": receiver.url()}
        id = app.test_client().post("/pfop", data=asked).get_json()["persistentId"]
        assert receiver.wait(1)[0].json["id"] == id
        parts.stopping.set()
        parts.postman.close()


def test_receivers_that_hang_hold_up_their_own_slots_and_nothing_else(tmp_path: Path) -> None:
    with telling(tmp_path, hangs, notify_timeout="60s") as told, receiving() as good:
        for _ in range(40):
            told.submit()
        told.receiver.wait(AT_ONE_PLACE.value)
        id = told.submit(url=good.url())
        good.wait(1)
        until(lambda: told.outcomes(id) == ["delivered"], "the good receiver is told")
        assert told.poll(id)["code"] == 0
        assert told.client.clock.read().frozen
        assert told.receiver.connections == AT_ONE_PLACE.value


@pytest.mark.parametrize("how", ["reset", "drop"])
def test_an_attempt_under_way_of_a_task_that_goes_leaves_nothing(tmp_path: Path, how: str) -> None:
    gate = threading.Event()
    with telling(tmp_path, held_until(gate, 500)) as told:
        id = told.submit()
        told.receiver.wait(1)
        if how == "reset":
            told.client.reset()
        else:
            told.client.drop(id=id)
        gate.set()
        told.client.clock.freeze()
        told.client.clock.advance("4h")
        assert told.attempts() == []
        assert len(told.receiver.received) == 1
        again = told.submit()  # the same submit as the first one after a reset, so the same id
        told.wait(1)
        assert told.outcomes(again) == ["again"]
        assert (again == id) is (how == "reset")


def test_a_thousand_that_are_owed_at_one_moment_are_each_told_once(tmp_path: Path) -> None:
    with telling(tmp_path) as told:
        ids = {told.submit("timed") for _ in range(1_000)}
        assert len(ids) == 1_000
        told.client.clock.advance("1m")
        assert Counter(request.json["id"] for request in told.receiver.received) == dict.fromkeys(ids, 1)
        assert told.outcomes() == ["delivered"] * 1_000


def submitted(told: Notified, url: str) -> list[str]:
    """The ids of 400 submits by 40 clients, alike and unlike."""
    with ThreadPoolExecutor(40) as pool:
        return list(pool.map(lambda k: told.submit(f"ended.{k % 10}", url), range(400)))


def test_submits_of_many_clients_at_once_are_each_told_once_and_alike_on_every_run(tmp_path: Path) -> None:
    runs: list[Any] = []
    with receiving() as receiver:
        for _ in range(2):
            with telling(tmp_path, seed=7, real_clock=Now()) as told:
                ids = submitted(told, receiver.url())
                told.client.clock.advance("1s")
                assert Counter(request.json["id"] for request in receiver.received) == dict.fromkeys(ids, 1)
                runs.append((sorted(ids), sorted(request.body for request in receiver.received)))
            receiver.received.clear()
    assert len(set(runs[0][0])) == 400
    assert runs[0] == runs[1]


def test_what_a_web_page_submits_is_told_to_nobody(tmp_path: Path) -> None:
    with telling(tmp_path) as told:
        id = told.submit(Origin="https://evil.example")
        told.client.clock.advance("4h")
        assert told.outcomes(id) == ["refused"]
        assert "https://evil.example" in told.attempts(id)[0].note
        assert told.receiver.connections == 0


@pytest.mark.parametrize("path", ["reset", "clock", "tasks/next", "faults", "rules", "notifications", "bundle"])
def test_the_admin_api_takes_no_notification(tmp_path: Path, path: str) -> None:
    """Whoever does not know its own port, as a WSGI application, refuses the body: none of its routes takes it."""
    with telling(tmp_path, notify_timeout="60s") as told:
        id = told.submit(url=f"{told.live.url}/__admin/{path}")
        told.client.clock.advance("4h")
        assert told.outcomes(id) == ["failed"]
        assert [task.id for task in told.client.tasks()] == [id]


@pytest.mark.parametrize("path", ["__admin/reset", "/__admin", "x/../__admin/clock", "%5F%5Fadmin/reset?a=b"])
def test_the_admin_api_of_the_very_server_is_no_receiver(path: str) -> None:
    with serve() as server:
        server.client.clock.freeze()
        body = f"bucket=b&key=instant&fops=a&notifyURL={quote(f'{server.url}/{path}', safe='')}".encode()
        ask(f"{server.url}/pfop", body)
        (attempt,) = server.client.wait_told(1)
        refused = (attempt.outcome, attempt.status, "the admin API of this very server" in attempt.why)
        assert refused == (("failed", 404, False) if ".." in path else ("refused", 0, True))


def test_a_server_that_notifies_nobody_says_so_at_each_attempt(tmp_path: Path) -> None:
    with telling(tmp_path, no_notify=True) as told:
        id = told.submit()
        told.wait(1)
        assert told.outcomes(id) == ["refused"]
        assert "--no-notify" in told.attempts(id)[0].note
        assert told.receiver.connections == 0


def test_after_a_fork_the_child_notifies_by_a_thread_of_its_own(tmp_path: Path) -> None:
    with telling(tmp_path) as told:
        told.submit()
        told.wait(1)

        def submit_another() -> None:
            body = f"bucket=b&key=ended.child&fops=a&notifyURL={told.receiver.url()}".encode()
            told.parts.emulator.answer(request_of("POST", "/pfop", (), body))
            told.wait(2)

        child = multiprocessing.get_context("fork").Process(target=submit_another)
        child.start()
        child.join(PATIENCE)
        assert child.exitcode == 0
        assert len(told.receiver.received) == 2
        assert len(told.attempts()) == 1, "the child has a store of its own"


def test_the_response_to_a_submit_says_that_its_address_will_be_refused(tmp_path: Path) -> None:
    with telling(tmp_path) as told:
        for url, why in (
            ("http://u@127.0.0.1:9/", "the address 'http://u@127.0.0.1:9/' has user information before its host"),
            ("http://10.0.0.1/", "10.0.0.1 is not this machine's loopback: allow it by --notify-allow 10.0.0.1 or "),
            ("http://b\u00fccher/", "the address 'http://b?cher/' has characters other than printable ASCII"),
            ("http://orders.invalid/", ""),
            ("", ""),
        ):
            id = told.submit(url=url)
            (entry,) = [each for each in told.parts.store.entries()[0] if each.id == id and each.told is None]
            note = entry.response.header("X-Mock-Server") or ""
            assert note.isascii()
            assert f"; its notifications will be refused: {why}" in note if why else "refused" not in note


def moves_the_clock(world: World, postman: Postman) -> None:
    Time(world.ledger, postman.deliver_due, postman.release).advance(60_000)


def shifts_the_task(world: World, postman: Postman) -> None:
    emulator = world.server.emulator
    tasks = Tasks(world.ledger, emulator.evictor, world.server.registry, 0, postman.deliver_of)
    tasks.shift(Key("qiniu", "made-up.1"), 60_000)


@pytest.mark.parametrize(
    ("walk", "says"),
    [
        (moves_the_clock, "the clock stands at .*Z, where 1 task owes notifications"),
        (shifts_the_task, "50000 ms of the shift are left, and the task owes 1 notification"),
    ],
)
def test_a_walk_waits_so_long_for_receivers_and_no_longer(walk: Callable[[World, Postman], None], says: str) -> None:
    world, stopping = World(scenario("steps: [{state: waiting, for: 10s}, {state: succeeded}]\n")), threading.Event()
    world.clock(lambda clock, real: clock.freeze(real))
    begun = world.virtual()
    settings, passed = Settings(notify_timeout="60s"), itertools.count(0.0, 40.0).__next__
    parts = (world.notifications, world.ledger, settings, stopping, Guard(settings))
    postman = Postman(*parts, monotonic=passed)
    with receiving(hangs) as receiver:
        world.do.tasks.create("qiniu", "made-up", "made-up.1", notify=receiver.url())
        try:
            with pytest.raises(Refused, match=f"more than 110 s: {says}") as refused:
                walk(world, postman)
        finally:
            stopping.set()
            postman.close()
    assert refused.value.kind == Kind.CONFLICT
    assert world.virtual() - begun == (10_000 if walk is moves_the_clock else 0)


def test_a_walk_ends_though_each_notification_makes_its_receiver_submit_another_job() -> None:
    world, stopping = World(scenario("steps: [{state: succeeded}]\n")), threading.Event()
    world.clock(lambda clock, real: clock.freeze(real))
    begun, jobs = world.virtual(), itertools.count(1)
    settings = Settings(notify_timeout="60s")
    parts = (world.notifications, world.ledger, settings, stopping, Guard(settings))
    postman = Postman(*parts, monotonic=itertools.count(0.0, 20.0).__next__)

    def create() -> None:
        world.do.tasks.create("qiniu", "made-up", f"made-up.{next(jobs)}", notify=receiver.url())

    def submits_another(line: Line, request: Received) -> None:
        create()
        answers(200)(line, request)

    with receiving(submits_another) as receiver:
        create()
        try:
            with pytest.raises(Refused, match=r"more than 110 s: the clock stands at .*Z, where \d task") as refused:
                moves_the_clock(world, postman)
            assert refused.value.kind == Kind.CONFLICT
            assert "(move the clock on from there; " in str(refused.value)
            assert world.virtual() == begun
            assert next(jobs) > 3
            told = len(receiver.received)
            receiver.wait(told + 1)  # nothing hangs: they go on to be told
        finally:
            stopping.set()
            postman.close()
