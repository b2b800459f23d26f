"""What is stored comes back as it was: every value that a decision may ask to be stored."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mock_server.engine.clock import Clock
from mock_server.engine.cursor import Crossing
from mock_server.engine.rules import Rule, SubmitRules
from mock_server.engine.scenario import Ahead, Daily, Effect, Lognormal, Span
from mock_server.engine.state import State
from mock_server.engine.submits import where_of
from mock_server.engine.task import Key
from mock_server.faults.armed import Armed, ArmedFaults
from mock_server.http.message import Delivery, Response, request_of
from mock_server.journal.entry import Entry, Told
from mock_server.store.redis.codec import (
    control_bytes,
    control_of,
    entry_bytes,
    entry_of,
    field_of,
    key_of,
    packed,
    record_of,
)
from mock_server.store.store import Control

TEXT = st.text(st.characters(), max_size=8)
NUMBERS = st.integers(-(2**70), 2**70)
PAIRS = st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple)
requests = st.builds(
    request_of, st.sampled_from(["GET", "POST"]), st.text("/a%?=&*1", max_size=9), PAIRS, st.binary(max_size=9),
    old=st.booleans(),
)  # fmt: skip
responses = st.builds(
    Response, st.integers(0, 999), TEXT, PAIRS, st.binary(max_size=9), st.sampled_from([0, 5]),
    st.none() | st.builds(Delivery, TEXT, st.none() | st.integers(0, 9)),
)  # fmt: skip
crossings = st.builds(Crossing, st.integers(-1, 9), st.integers(0, 9), NUMBERS)
told = st.builds(Told, st.integers(0, 9), st.none() | st.integers(0, 9), st.integers(1, 9), TEXT, st.just("again"))
entries = st.builds(
    Entry, NUMBERS, NUMBERS, requests, responses, st.sampled_from(["fits", "ours"]), st.booleans(), st.none() | TEXT,
    st.none() | TEXT, st.none() | TEXT, st.none() | TEXT, st.integers(0, 9), st.lists(TEXT, max_size=2).map(tuple),
    st.lists(crossings, max_size=2).map(tuple), st.none() | responses, TEXT, st.integers(0, 9),
    st.none() | st.sampled_from(State), st.lists(st.integers(-3, 3), max_size=2).map(tuple), st.none() | NUMBERS,
    st.none() | told,
)  # fmt: skip
effects = st.builds(
    Effect, st.none() | st.integers(100, 999) | TEXT, st.none() | TEXT,
    st.none() | st.builds(Span, st.integers(0, 9), st.integers(0, 9)) | st.just(Lognormal(20, 300)),
    st.lists(st.tuples(TEXT, TEXT | st.none() | st.builds(Ahead, NUMBERS)), max_size=2).map(tuple),
    *[st.none() | st.integers(0, 9)] * 2, *[st.none() | TEXT] * 2, st.none() | st.integers(-5, 5), st.none() | TEXT,
)  # fmt: skip
faults = st.builds(
    Armed, st.integers(1, 99), effects, st.none() | TEXT, st.none() | TEXT, st.none() | st.integers(1, 9),
    st.none() | NUMBERS, st.none() | st.builds(Daily, st.integers(0, 9), st.integers(10, 19)), st.none() | NUMBERS,
    st.booleans(),
)  # fmt: skip
rules = st.builds(
    Rule, st.integers(1, 9), TEXT, st.none() | TEXT, st.dictionaries(TEXT, TEXT, max_size=2).map(where_of),
    st.none() | st.integers(1, 9), st.none() | NUMBERS, st.integers(0, 9),
)  # fmt: skip


@given(entries)
def test_an_entry_comes_back_as_it_was(entry: Entry) -> None:
    assert entry_of(entry_bytes(entry), entry.number) == entry


@given(st.lists(NUMBERS | TEXT | st.none() | st.booleans(), max_size=12).map(tuple))
def test_a_record_comes_back_as_it_was(record: tuple[object, ...]) -> None:
    again = record_of(packed(record))
    assert (again, list(map(type, again))) == (record, list(map(type, record)))


@given(st.builds(Key, st.text("abc", min_size=1), st.text(st.characters())))
def test_a_key_comes_back_as_it_was(key: Key) -> None:
    assert key_of(field_of(key)) == key


@given(
    st.builds(Clock, NUMBERS, NUMBERS, st.floats(0.1, 1e6), st.booleans()),
    st.lists(faults, max_size=3, unique_by=lambda each: each.number),
    st.lists(rules, max_size=2).map(tuple),
    NUMBERS,
)
def test_a_control_comes_back_as_it_was_and_with_it_how_often_its_faults_struck(
    clock: Clock, listed: list[Armed], rules: tuple[Rule, ...], offset: int
) -> None:
    armed = ArmedFaults(listed, 120, {each.number: 3 for each in listed[:1]})
    control = Control(clock, armed, offset, 4, 5, SubmitRules(rules, 9))
    again = control_of(control_bytes(control))
    assert again == control
    assert again.armed.last == armed.last
    assert [again.armed.struck(each.number) for each in listed] == [armed.struck(each.number) for each in listed]
