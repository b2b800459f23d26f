"""Attempts on the virtual clock: a vendor's whole schedule, in order, in the real time of the receiver alone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from mock_server.assembly import Server
from mock_server.client import Client, ClientError
from mock_server.control.server import controls_of
from mock_server.control.shift import SHIFTS
from mock_server.control.time import MOVES
from mock_server.server.app import create_app
from mock_server.settings import Settings
from tests.support.harness import PATIENCE, target_of
from tests.support.live import LiveServer
from tests.support.notified import ENDED, Notified, ask, telling
from tests.support.receivers import Line, Received, Temper, answers, hangs, receiving

QINIU = [2**k - 1 for k in range(14)]
"""Seconds after the end: 0, 1, 3, 7, and so on to 2 h 16 min."""
WANGSU = [0, 0, 0, 0, 60, 120, 180, 240, 300]


def advances(told: Notified, vendor: str, id: str) -> None:
    told.client.clock.advance("4h")


def sets(told: Notified, vendor: str, id: str) -> None:
    told.client.clock.set(told.client.clock.read().now + timedelta(hours=4))


def shifts(told: Notified, vendor: str, id: str) -> None:
    told.client.shift(vendor, id, "4h")


@pytest.mark.parametrize("passes", [advances, sets, shifts])
@pytest.mark.parametrize(("vendor", "seconds"), [("qiniu", QINIU), ("wangsu", WANGSU)])
def test_a_whole_schedule_is_walked_through_in_the_receivers_time(
    tmp_path: Path, vendor: str, seconds: list[int], passes: Callable[[Notified, str, str], None]
) -> None:
    with telling(tmp_path, answers(500)) as told:
        id = told.submit(vendor=vendor)
        passes(told, vendor, id)
        attempts = told.attempts(id)
        assert [each.told.attempt for each in attempts if each.told] == list(range(1, len(seconds) + 1))
        assert told.outcomes(id) == ["again"] * (len(seconds) - 1) + ["failed"]
        assert len({request.body for request in told.receiver.received}) == 1
        if passes is not shifts:
            assert told.seconds(id) == seconds
        told.client.clock.advance("1d")
        assert len(told.receiver.received) == len(seconds)


@pytest.mark.parametrize(
    ("vendor", "temper", "outcomes"),
    [
        ("qiniu", answers(500, 503, 200), ["again", "again", "delivered"]),
        ("wangsu", answers(500, 503, 200), ["again", "again", "delivered"]),
        ("qiniu", answers(404), ["failed"]),
        ("qiniu", answers(500, 410), ["again", "failed"]),
        ("wangsu", answers(404), ["again"] * 8 + ["failed"]),
        ("qiniu", answers(204, body=b""), ["again"] * 13 + ["failed"]),
        ("wangsu", answers(302, headers="Location: /\r\n"), ["again"] * 8 + ["failed"]),
    ],
)
def test_what_the_receiver_answers_decides_whether_another_attempt_follows(
    tmp_path: Path, vendor: str, temper: Temper, outcomes: list[str]
) -> None:
    with telling(tmp_path, temper) as told:
        id = told.submit(vendor=vendor)
        told.client.clock.advance("4h")
        assert told.outcomes(id) == outcomes
        assert len(told.receiver.received) == len(outcomes)


def test_a_frozen_clock_sends_what_is_due_now_and_nothing_else(tmp_path: Path) -> None:
    with telling(tmp_path, answers(500)) as told:
        at_once, later = told.submit(), told.submit("timed")
        told.wait(1)
        assert told.outcomes(at_once) == ["again"]
        assert told.outcomes(later) == []
        told.client.goto("qiniu", later, "succeeded")
        told.wait(2)
        assert told.outcomes(later) == ["again"]


def test_a_running_clock_brings_what_is_due_by_itself(tmp_path: Path) -> None:
    with telling(tmp_path, answers(500, 500, 200), frozen=False, speed=1_000.0) as told:
        id = told.submit("timed")
        told.wait(3)
        assert told.outcomes(id) == ["again", "again", "delivered"]
        assert told.seconds(id)[0] >= 30


def test_a_walk_meets_what_is_tried_again_at_once_on_a_clock_that_runs(tmp_path: Path) -> None:
    with telling(tmp_path, answers(500), frozen=False) as told:
        ids = [told.submit("timed", vendor="wangsu") for _ in range(8)]
        told.client.clock.advance("4h")
        for id in ids:
            made = told.attempts(id)
            assert told.outcomes(id) == ["again"] * 8 + ["failed"]
            assert made[-1].virtual - made[0].virtual < 600_000  # and not at the end of the walk


def slow_at_first(line: Line, request: Received) -> None:
    if request.number == 0:
        line.closing.wait(0.3)
    answers(500)(line, request)


def test_an_attempt_under_way_is_waited_for_before_the_clock_moves(tmp_path: Path) -> None:
    """Its outcome decides what is due next: else the second attempt would be due after the whole advance."""
    with telling(tmp_path, slow_at_first) as told:
        id = told.submit()
        told.receiver.wait(1)
        told.client.clock.advance("10s")
        assert told.seconds(id) == [0, 1, 3, 7]


def test_a_shift_waits_for_the_attempt_of_its_task_alone(tmp_path: Path) -> None:
    with telling(tmp_path, slow_at_first) as told:
        id, other = told.submit(), told.submit("timed")
        told.receiver.wait(1)
        told.client.shift("qiniu", id, "10s")
        assert len(told.outcomes(id)) == 4
        assert told.outcomes(other) == []


@pytest.mark.parametrize("flask", [False, True])
def test_polls_go_on_meanwhile_also_from_inside_a_callback_and_see_where_the_clock_stands(
    tmp_path: Path, flask: bool
) -> None:
    seen: list[tuple[int, datetime]] = []

    def polls(line: Line, request: Received) -> None:
        told = made[0]
        found = told.poll(request.json["id"])
        seen.append((found["code"], told.client.clock.read().now))
        answers(500)(line, request)

    made: list[Notified] = []
    with telling(tmp_path, polls, flask=flask) as told:
        made.append(told)
        id = told.submit()
        told.wait(1)
        begun = seen[0][1]
        told.client.clock.advance("10s")
        assert [code for code, _ in seen] == [0] * 4
        assert [(at - begun).seconds for _, at in seen] == [0, 1, 3, 7]
        assert told.seconds(id) == [0, 1, 3, 7]


def moves_by_client(told: Notified, id: str) -> None:
    told.client.clock.advance("1s")


def shifts_by_client(told: Notified, id: str) -> None:
    told.client.shift("qiniu", id, "1s")


def moves_by_hand(told: Notified, id: str) -> None:
    """As a client that waits for the response itself."""
    ask(f"{told.live.url}/__admin/clock", b'{"advance": "1s"}', **{"Content-Type": "application/json"})


@pytest.mark.parametrize(
    ("threads", "move", "late"),
    [
        (1, moves_by_client, False),
        (1, shifts_by_client, False),
        (1, moves_by_hand, True),
        (2, moves_by_hand, False),
        (2, moves_by_client, False),
    ],
)
def test_a_callback_that_polls_a_wsgi_server_is_answered_unless_its_only_thread_is_held(
    tmp_path: Path, threads: int, move: Callable[[Notified, str], None], late: bool
) -> None:
    (tmp_path / "ended.yaml").write_text(ENDED)
    app = create_app(Settings(no_reload=True, no_builtin=True, scenarios=(tmp_path,), notify_timeout="1s"))
    parts: Server = app.extensions["mock_server"]
    host = make_server("127.0.0.1", 0, app, threaded=threads > 1)
    serving = threading.Thread(target=host.serve_forever, daemon=True)
    serving.start()

    def polls(line: Line, request: Received) -> None:
        ask(f"{url}{target_of('qiniu', request.json['id'])}")
        with suppress(OSError):  # it has hung up
            answers(500 if request.number == 0 else 200)(line, request)

    url = f"http://127.0.0.1:{host.server_port}"
    with receiving(polls) as receiver:
        told = Notified(LiveServer(url, host.server_port, parts), Client(url), receiver)
        told.client.clock.freeze()
        id = told.submit()
        told.wait(1)  # by itself, so that the server has a thread for the poll
        move(told, id)
        first, second = told.attempts(id)
        assert first.response.status == 500
        assert told.outcomes(id) == ["again", "again" if late else "delivered"]
        assert ("as it was waiting for this attempt in its only thread" in second.note) is late
        assert told.poll(id)["code"] == 0
    parts.stopping.set()
    parts.postman.close()
    host.shutdown()
    host.server_close()
    serving.join(PATIENCE)


def test_a_second_advance_waits_for_the_first_and_both_add_up(tmp_path: Path) -> None:
    with telling(tmp_path, answers(500)) as told:
        id = told.submit()
        begun = told.client.clock.read().now
        threads = [threading.Thread(target=told.client.clock.advance, args=("2h",)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert told.seconds(id) == QINIU
        assert told.client.clock.read().now - begun == timedelta(hours=4)


def test_an_advance_that_a_receiver_makes_waits_until_its_own_attempt_is_over(tmp_path: Path) -> None:
    made: list[Notified] = []

    def advances_too(line: Line, request: Received) -> None:
        if request.number == 1:
            made[0].client.clock.advance("1s")
        answers(200 if request.number > 1 else 500)(line, request)

    with telling(tmp_path, advances_too, notify_timeout="2s") as told:
        made.append(told)
        id = told.submit()
        told.client.clock.advance("10s")
        assert told.outcomes(id) == ["again", "again", "delivered"]
        assert "within 2s" in told.attempts(id)[1].note


def test_the_walk_meets_steps_and_attempts_in_their_order(tmp_path: Path) -> None:
    with telling(tmp_path, answers(500, 200)) as told:
        first, second = told.submit("timed"), told.submit("timed")
        told.client.shift("qiniu", second, "15s")
        told.client.clock.advance("1m")
        order = [(each.id == first, each.told.outcome) for each in told.attempts() if each.told]
        assert order == [(False, "again"), (False, "delivered"), (True, "delivered")]
        assert told.seconds(first) == [30]


@pytest.mark.parametrize("flask", [False, True])
def test_polls_are_answered_while_all_that_may_wait_for_receivers_do(tmp_path: Path, flask: bool) -> None:
    with telling(tmp_path, hangs, flask=flask, notify_timeout="60s") as told:
        ids = [told.submit() for _ in range(SHIFTS.value)]
        told.receiver.wait(1)
        calls = [threading.Thread(target=quietly, args=(told.client.shift, "qiniu", id, "1h")) for id in ids]
        calls += [
            threading.Thread(target=quietly, args=(told.client.clock.advance, "1h")) for _ in range(MOVES.value + 1)
        ]
        for call in calls:
            call.start()
        assert [told.poll(id)["code"] for id in ids] == [0] * len(ids)
        assert told.client.clock.read().frozen
    for call in calls:
        call.join(PATIENCE)


def quietly(call: Callable[..., object], *arguments: str) -> None:
    """Calls what ends when its server does."""
    with suppress(ClientError):
        call(*arguments)


POLLED = "about: Polled.\nsteps: [{state: waiting, polls: 1}, {state: processing, polls: 1}, {state: succeeded}]\n"
HELD = "about: Held.\nsteps: [{state: processing, hold: true}, {state: succeeded}]\n"


def test_nobody_polls_and_it_is_told_but_a_step_that_is_held_stays(tmp_path: Path) -> None:
    with telling(tmp_path, scenarios={"polled": POLLED, "held": HELD}, pace="2s") as told:
        polled, held = told.submit("polled"), told.submit("held")
        told.client.clock.advance("1h")
        assert told.seconds(polled) == [4]
        assert told.outcomes(held) == []
        told.client.next("qiniu", held)
        told.wait(2)
        assert told.seconds(held) == [3_600]


def test_a_walk_to_a_moment_stops_at_that_moment(tmp_path: Path) -> None:
    """What is due at the very target is sent, and nothing after it."""
    with telling(tmp_path, answers(500)) as told:
        id = told.submit()
        told.wait(1)
        told.client.clock.advance("3s")
        assert told.seconds(id) == [0, 1, 3]
        told.client.clock.advance("3999ms")
        assert told.seconds(id) == [0, 1, 3]
        told.client.clock.advance("1ms")
        assert told.seconds(id) == [0, 1, 3, 7]


def test_a_wait_of_hours_ends_with_the_server(tmp_path: Path) -> None:
    """Whoever waits for receivers holds up no end of the server."""
    with telling(tmp_path, hangs, notify_timeout="60s") as told:
        told.submit()
        told.receiver.wait(1)
        time, begun = controls_of(told.parts).time, threading.Event()

        def advance() -> None:
            begun.set()
            time.advance(14_400_000)

        waits = threading.Thread(target=advance, daemon=True)
        waits.start()
        begun.wait(PATIENCE)
    waits.join(PATIENCE)
    assert not waits.is_alive()
