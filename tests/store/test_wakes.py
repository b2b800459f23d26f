"""When tasks want attention: soonest first, one moment a task, and no more work than there is to do."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mock_server.engine.clock import Clock
from mock_server.engine.task import Key
from mock_server.journal.journal import Journal
from mock_server.store.memory import MemoryStore
from mock_server.store.store import Change, Control, Whole
from mock_server.store.wakes import Wakes

KEYS = tuple(Key("v", f"{k}") for k in range(6))
A, B, C = KEYS[:3]


class Looked(int):
    """A moment that counts how often it is compared."""

    times = 0

    def __le__(self, other: Any) -> bool:
        Looked.times += 1
        return super().__le__(other)

    def __lt__(self, other: Any) -> bool:
        Looked.times += 1
        return super().__lt__(other)

    __hash__ = int.__hash__


def store_of() -> MemoryStore:
    return MemoryStore(Control(Clock.starting(1_000)), Journal())


def wake(store: MemoryStore, key: Key, at: int | None) -> None:
    store.transact(key, lambda *_: Change(record=("version",), wake=at))


@given(st.lists(st.tuples(st.sampled_from(KEYS), st.none() | st.integers(0, 9)), max_size=200), st.integers(0, 9))
def test_every_task_has_the_moment_that_was_set_last(changes: list[tuple[Key, int | None]], to: int) -> None:
    wakes, model = Wakes(), dict[Key, int]()
    for key, at in changes:
        assert wakes.set(key, at) is (at is not None and model.get(key) != at)
        model.pop(key, None) if at is None else model.update({key: at})
        assert wakes.next() == min(model.values(), default=None)
    assert dict(map(reversed, wakes.all())) == model  # type: ignore[arg-type]  # pairs, the other way round
    due = wakes.due(to)
    assert sorted(due) == sorted((at, key) for key, at in model.items() if at <= to)
    assert [at for at, _ in due] == sorted(at for at, _ in due)
    assert wakes.due(to, 2) == due[:2]
    assert Wakes(wakes.all()).all() == wakes.all()


def test_moments_that_count_no_more_do_not_pile_up() -> None:
    wakes = Wakes()
    for at in range(10_000):
        wakes.set(KEYS[at % 3], at)
    assert len(wakes._heap) < 100
    for key in KEYS:
        wakes.set(key, None)
    assert (wakes.next(), wakes.due(10**9), wakes.all()) == (None, (), ())


def test_who_asks_for_the_due_ones_does_not_look_at_all_others() -> None:
    wakes = Wakes((Looked(1_000 + k), Key("v", str(k))) for k in range(10_000))
    wakes.set(A, Looked(5))
    Looked.times = 0
    assert wakes.due(10) == ((5, A),)
    assert Looked.times < 20


def test_a_store_wakes_in_the_terms_of_its_clock() -> None:
    store = store_of()
    store.control(lambda control: control._replace(clock=control.clock.advance(1_000, 500)))
    wake(store, A, 2_000)
    wake(store, B, 1_700)
    assert (store.next_due(), store.due(1_700), store.due(9_999, 1)) == (1_700, ((1_700, B),), ((1_700, B),))
    store.reset(["clock"], Control(Clock.starting(1_000)))
    assert (store.next_due(), store.due(1_499)) == (1_200, ((1_200, B),))
    again = store_of()
    again.replace(store.export())
    assert again.due(9_999) == store.due(9_999) == ((1_200, B), (1_500, A))


def test_a_task_that_goes_wakes_nobody() -> None:
    store = store_of()
    wake(store, A, 5)
    store.transact(A, lambda *_: Change(drop=True))
    wake(store, B, 5)
    store.reset(["tasks"], Control(Clock.starting(1_000)))
    assert (store.next_due(), store.due(9)) == (None, ())
    wake(store, B, 6)
    assert store.due(9) == ((6, B),)


def test_whoever_waits_is_stirred_when_a_wake_or_the_clock_changes_and_by_nothing_else() -> None:
    store, stirred = store_of(), []
    store.stir = lambda: stirred.append(1)

    def times() -> int:
        found = len(stirred)
        stirred.clear()
        return found

    wake(store, A, None)
    store.control(lambda control: control._replace(made=1))
    store.control()
    assert times() == 0
    wake(store, A, 7)
    assert times() == 1
    wake(store, A, 7)
    wake(store, B, None)
    assert times() == 0
    wake(store, A, 3)
    store.control(lambda control: control._replace(clock=control.clock.freeze(1_000)))
    assert times() == 2
    store.reset(["clock"], Control(Clock.starting(1_000)))
    store.replace(Whole(Control(Clock.starting(1_000)), wakes=((9, A),)))
    assert times() == 2
    store.replace(Whole(Control(Clock.starting(1_000))))
    store.control(lambda control: control._replace(clock=control.clock.freeze(2_000)))
    assert times() == 0, "no task wants to be woken, whatever the clock shows"
