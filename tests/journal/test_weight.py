"""What the journal counts as its memory, against what the interpreter really holds for it."""

from __future__ import annotations

import gc
import logging
import tracemalloc
from collections.abc import Callable, Iterator, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.engine.scenario import Effect, Span
from mock_server.http.message import Pairs, Request, Response, request_of
from mock_server.journal.journal import Entry, Journal
from mock_server.server.wire.limits import Limits
from mock_server.server.wire.reader import Incoming, Known, Reader
from tests.support.emulators import World, scenario

COUNT = 400
HELD = "steps: [{state: processing, hold: true}]"
ID = "/status/get/prefop?id=made-up."
PLAIN = (("Host", "127.0.0.1:8080"), ("User-Agent", "python-requests/2.31"), ("Accept", "*/*"))


def fresh(pairs: Pairs) -> Pairs:
    """The same headers as values of their own, as a parser makes them for each request."""
    return tuple([(name[:1] + name[1:], f"{value} "[:-1]) for name, value in pairs])


def get(target: str, headers: Pairs = PLAIN) -> Request:
    return request_of("GET", target, fresh(headers), b"")


def sixty(k: int) -> Pairs:
    return tuple([(f"X-Header-{n}", f"value {n} {k}") for n in range(60)])


def on_the_wire() -> Callable[[int], Request]:
    """Requests as the wire server reads them from a client that sends the same bytes each time."""
    known = Known()

    def read(_: int) -> Request:
        found = Reader(Limits(), known).feed(b"GET /status/get/prefop?id=made-up.1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert isinstance(found[0], Incoming)
        return found[0].request

    return read


SENT: Mapping[str, Callable[[int], Request]] = {
    "plain polls of one task": lambda _: get(f"{ID}1"),
    "plain polls of many tasks": lambda k: get(f"{ID}{k % 200}"),
    "polls over the wire": on_the_wire(),
    "without headers": lambda _: get(f"{ID}1", ()),
    "many headers": lambda k: get(f"{ID}1", sixty(k)),
    "many query fields": lambda k: get(f"{ID}1" + "".join(f"&field{n}=v{n}.{k}" for n in range(90))),
    "percent-encoded paths": lambda k: get("/status/get/prefop/" + "%e4%bd%a0" * 200 + f"/{k}?id=made-up.1"),
    "percent-encoded queries": lambda k: get(f"{ID}1&a=" + "%c3%a9" * 200 + str(k)),
    "unknown ids": lambda k: get(f"/status/get/prefop?id=no-such.{k}"),
    "unknown paths": lambda k: get(f"/nowhere/{k}"),
    "bodies": lambda k: request_of("POST", "/nowhere", fresh(PLAIN), bytes(3_000) + str(k).encode()),
}


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """The log keeps what it shows, and pytest keeps that."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


def ratio(world: World, make: Callable[[int], Request]) -> float:
    """How much the journal counts of each byte that it holds."""
    for k in range(COUNT):  # so that everything else is there already
        world.emulator.answer(make(k))
    journal = world.store._journal
    journal.restore((), journal.counters())
    gc.collect()
    tracemalloc.start()
    try:
        for k in range(COUNT):
            world.emulator.answer(make(k))
        gc.collect()
        return journal.size / tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("sent", SENT)
def test_the_journal_counts_what_it_holds(sent: str) -> None:
    world = World(scenario(HELD), kept=10**6)
    assert 0.83 < ratio(world, SENT[sent]) < 1.2


@pytest.mark.parametrize("effect", [Effect(error=599), Effect(delay=Span(1, 1)), Effect(headers=(("A", "b"),))])
def test_it_counts_the_response_before_faults_too(effect: Effect) -> None:
    world = World(scenario(HELD), kept=10**6)
    world.arm(effect)
    assert 0.83 < ratio(world, SENT["plain polls of one task"]) < 1.2


BODIES = tuple(bytes([k]) * 20 for k in range(3))
REQUESTS = tuple(get(f"{ID}{k}") for k in range(3))
ENTRIES = st.builds(
    lambda request, body, original: Entry(
        0, 0, request, answer(body), "fits", original=answer(body) if original else None
    ),
    st.sampled_from(REQUESTS),
    st.sampled_from(BODIES),
    st.booleans(),
)


def answer(body: bytes) -> Response:
    return Response(200, "OK", (("Content-Type", "a"), ("X", "b")), body)


@given(st.lists(ENTRIES | st.integers(0, 9), max_size=40))
def test_what_is_shared_is_counted_once_whatever_was_evicted_and_forgotten(acts: list[Entry | int]) -> None:
    journal = Journal(entries=10)
    for act in acts:
        if isinstance(act, int):
            journal.forget({number for number in range(50) if number % 10 == act})
        else:
            journal.append(act)
        again = Journal(entries=10)
        again.restore(journal.entries(), journal.counters())
        assert journal.size == again.size
    journal.forget(set(range(50)))
    assert journal.size == 0
