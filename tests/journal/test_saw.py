"""What a client could read of a response: by the table, and by an independent client on a socket."""

from __future__ import annotations

import socket
from typing import get_args

import h11
import pytest

from mock_server.api.words import SawWord
from mock_server.engine.scenario import Adjust, Effect, Span, State
from mock_server.faults.kinds import FAULTS
from mock_server.journal.saw import NO_ERROR, Saw, saw_of
from mock_server.vendors.huawei.status import DOMAINS
from mock_server.vendors.registry import Registry
from tests.support.emulators import World, adjusted, scenario, shipped
from tests.support.harness import PATIENCE, target_of
from tests.support.live import serving_parts
from tests.support.raw import request_bytes

HELD = "steps: [{state: processing, hold: true}]"
SPOILED = {"malformed": 200, "html": 502, "empty_body": 200}
READABLE = ("no_content_type", "charset", "dribble", "close", "stale")
CUT = ("reset", "reset_mid", "empty", "truncate", "hang", "garbage", "bad_length", "bad_chunk")
EFFECTS = [
    (Effect(), Saw("processing", 200)),
    *[(Effect(fault=name), Saw("spoiled", status, True)) for name, status in SPOILED.items()],
    *[(Effect(fault=name), Saw("processing", 200, True)) for name in READABLE],
    *[(Effect(fault=name, over=10 if FAULTS[name].over else None), Saw("cut", None, True)) for name in CUT],
    (Effect(delay=Span(1, 1)), Saw("processing", 200, True)),
    (Effect(headers=(("X-Reqid", None), ("A", "b"))), Saw("processing", 200, True)),
    (Effect(error=599), Saw("error", 599, True)),
    (Effect(error="throttled"), Saw("error", 573, True)),
    (Effect(error=599, status=200), Saw("error", 200, True)),
    (Effect(error=599, fault="charset"), Saw("error", 599, True)),
    (Effect(error=599, fault="malformed"), Saw("spoiled", 599, True)),
    (Effect(error=599, fault="reset"), Saw("cut", None, True)),
    (Effect(status=500), Saw("error", 500, True)),
    (Effect(status=201), Saw("processing", 201, True)),
    (Effect(status=204), Saw("spoiled", 204, True)),
    (Effect(status=304), Saw("spoiled", 304, True)),
    (Effect(status=302), Saw("error", 302, True)),
    (Effect(body="maintenance", type="text/plain"), Saw("spoiled", 200, True)),
    (Effect(body="maintenance", status=503), Saw("spoiled", 503, True)),
    (Effect(redirect="self"), Saw("spoiled", 302, True)),
    (Effect(length=-5), Saw("spoiled", 200, True)),
    (Effect(length=5), Saw("cut", None, True)),
    (Effect(fault="html", length=-5), Saw("spoiled", 502, True)),
    (Effect(body="{}", length=5), Saw("cut", None, True)),
]


def shown(effect: Effect) -> str:
    return ",".join(f"{key}={value}" for key, value in vars(effect).items() if value) or "none"


IDS = [shown(effect) for effect, _ in EFFECTS]


def read(port: int) -> tuple[int, bytes] | None:
    """Status and body of one poll, as a client reads them that keeps to the standard. None: no whole response came."""
    reader = h11.Connection(h11.CLIENT)
    reader.send(h11.Request(method="GET", target="/", headers=[("Host", "a")]))
    reader.send(h11.EndOfMessage())
    status, body = 0, b""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
            connection.sendall(request_bytes("GET", target_of("qiniu", "made-up.1")))
            while True:
                match reader.next_event():
                    case h11.Response() as response:
                        status = response.status_code
                    case h11.Data() as data:
                        body += data.data
                    case h11.EndOfMessage():
                        return status, body
                    case h11.ConnectionClosed():
                        return None
                    case _:
                        reader.receive_data(connection.recv(1 << 16))
    except (ConnectionError, h11.RemoteProtocolError):
        return None


def test_every_fault_is_in_the_table() -> None:
    assert {*SPOILED, *READABLE, *CUT} == FAULTS.keys()


@pytest.mark.parametrize(("effect", "expected"), EFFECTS, ids=IDS)
def test_a_fault_leaves_the_state_or_takes_it(effect: Effect, expected: Saw) -> None:
    world = World(scenario(HELD))
    world.arm(effect)
    world.poll()
    assert saw_of(world.last()) == expected


def test_a_strict_client_reads_what_is_told() -> None:
    world = World(scenario(HELD))
    with serving_parts(world.server) as live:
        right = read(live.port)
        assert right is not None
        for effect, expected in EFFECTS:
            world.arm(effect, times=1)
            found, saw = read(live.port), saw_of(world.last())
            assert (effect, saw) == (effect, expected)
            if found is None:
                assert (effect, saw.word) == (effect, "cut")
            else:
                assert (effect, saw.status) == (effect, found[0])
                whole = found[1] == right[1] and found[0] < 300
                assert (effect, saw.word == "processing") == (effect, whole)


@pytest.mark.parametrize("state", [State.WAITING, State.PROCESSING, State.SUCCEEDED, State.FAILED, State.NOTIFY_FAILED])
def test_without_a_fault_it_is_the_state(state: State) -> None:
    world = World(scenario(f"vendors: [qiniu]\nsteps: [{{state: {state}}}]"))
    world.poll(method="HEAD")
    world.poll()
    assert [saw_of(entry) for entry in world.entries()] == [Saw(state.value, 200)] * 2


def test_where_items_make_the_whole_it_is_the_state_of_the_whole() -> None:
    world = World(shipped("one-by-one"))
    world.poll("one-by-one.1")
    saw = saw_of(world.last())
    assert (saw.word, saw.status) == (world.last().state, 200)


def test_an_error_of_the_scenario_is_an_error_and_no_fault() -> None:
    world = World(scenario("steps: [{error: unauthorized}]"))
    world.poll()
    assert saw_of(world.last()) == Saw("error", 401)


def test_a_step_with_a_status_of_success_of_its_own_is_read() -> None:
    held = scenario(HELD)
    world = World(adjusted(held, Adjust(status=298)))
    world.poll()
    assert saw_of(world.last()) == Saw("processing", 298)
    for status, word in ((204, "spoiled"), (500, "error")):
        broken = World(adjusted(held, Adjust(status=status, off_contract=True)))
        broken.poll()
        assert saw_of(broken.last()) == Saw(word, status)  # type: ignore[arg-type]  # one of the words


def test_a_response_that_breaks_its_contract_is_read_as_our_error() -> None:
    world = World(adjusted(scenario(HELD), Adjust(put={"qiniu": ((("code",), "one"),)})))
    world.arm(Effect(fault="reset"))
    world.poll()
    assert world.last().verdict == "broken"
    assert saw_of(world.last()) == Saw("error", 500)


def test_an_expired_task_is_an_error() -> None:
    world = World(scenario("expires: 1s\nsteps: [{state: succeeded}]"))
    world.poll()
    world.advance(2_000)
    world.poll()
    assert saw_of(world.last()) == Saw("error", 404)


@pytest.mark.parametrize("target", ["/nothing/here", target_of("qiniu", "nobody.1")])
def test_what_met_nothing_is_unmatched(target: str) -> None:
    world = World(scenario(HELD))
    world.ask(target)
    assert saw_of(world.last()) == Saw("unmatched", 404)


def test_a_question_about_no_task_is_answered() -> None:
    world = World(scenario(HELD))
    world.ask(DOMAINS)
    assert saw_of(world.last()) == Saw("answered", 200)


def test_a_refusal_of_the_vendor_is_an_error() -> None:
    world = World(scenario(HELD))
    world.ask("/status/get/prefop")
    assert saw_of(world.last()) == Saw("error", 400)


def test_every_state_has_a_word() -> None:
    assert {*State, "submitted", "answered", "error", "spoiled", "cut", "unmatched", "told"} == {*get_args(SawWord)}


def test_no_error_of_a_vendor_is_named_like_another_fault() -> None:
    registry = Registry()
    names = {name for vendor in registry.names for name in registry.dialect(vendor).errors}
    assert names.isdisjoint(NO_ERROR)
