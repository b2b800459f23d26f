"""Which tasks owe notifications: whatever becomes of tasks, what is counted is what their records say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.engine.clock import Clock
from mock_server.engine.outbox import NOTHING, Moment, owed_in, owing_in
from mock_server.engine.task import Key, Record
from mock_server.store.store import Change, Control, Store
from tests.support.stores import KINDS, StoreKind, making

KEYS = tuple(Key("v", f"{k}") for k in range(4))
HERE = Moment(0, 0, 0, 0, 0)


def record(owed: int, *, tried: bool = False) -> Record:
    """A record of a task that owes so many; `tried`: an attempt of the first is under way."""
    box = NOTHING
    for _ in range(owed):
        box = box.plus(0, None, 5, HERE)
    if tried and owed:
        box = box.taken(box.owed[0], "token")
    return ("version", 0, "", "http://127.0.0.1:9/", box.text())


def store_of(kind: StoreKind) -> Store:
    return making(kind)(Control(Clock.starting(1_000)), 3)


ACTS = st.one_of(
    st.tuples(st.sampled_from(["put", "try"]), st.sampled_from(KEYS), st.integers(0, 3), st.none() | st.integers(0, 9)),
    st.tuples(st.just("drop"), st.sampled_from(KEYS), st.just(0), st.none()),
    st.tuples(st.sampled_from(["reset", "load"]), st.sampled_from(KEYS), st.just(0), st.none()),
)


@pytest.mark.parametrize("kind", KINDS)
@given(acts=st.lists(ACTS, max_size=60))
def test_what_tasks_owe_is_what_their_records_say(
    kind: StoreKind, acts: list[tuple[str, Key, int, int | None]]
) -> None:
    store = store_of(kind)
    for act, key, owed, wake in acts:
        if act in ("put", "try"):
            # One that owes wants to be woken, unless an attempt is under way; then it may want that all the same.
            tried = act == "try" and owed > 0
            at = 5 if owed and wake is None and not tried else wake
            change = Change(record=record(owed, tried=tried), wake=at, ended=not owed)
            known = key in store.under_way() or key in [woken for _, woken in store.due(10)]
            if tried and not known:  # it wanted to be woken before
                store.transact(key, lambda *_: Change(record=record(1), wake=5)) if _fits(store, key) else None
            store.transact(key, lambda *_, change=change: change) if _fits(store, key) else None
        elif act == "drop":
            store.transact(key, lambda *_: Change(drop=True))
        elif act == "reset":
            store.reset(["tasks"], store.control())
        else:
            # What is under way is not loaded: all that is owed wants to be woken then.
            whole = store.export()
            tasks = tuple((key, record(owed_in(kept))) for key, kept in whole.tasks)
            wakes = tuple((5, key) for key, kept in tasks if owed_in(kept))
            store.replace(whole._replace(tasks=tasks, wakes=wakes))
        found = {key: owed_in(kept) for key, kept in store.scan() if owed_in(kept)}
        busy = {key for key, kept in store.scan() if owing_in(kept)[1]}
        assert set(store.under_way()) == busy
        assert [store.is_settled(to) for to in (4, 10)] == [not busy and not store.due(to) for to in (4, 10)]
        assert store.glance().owed == sum(found.values())


def _fits(store: Store, key: Key) -> bool:
    """Whether there is room, or can be made."""
    there = dict(store.scan())
    return key in there or len(there) < 3 or any(store.is_ended(each) for each in there)


def test_a_task_that_owes_nothing_and_one_that_no_task_packed_owe_nothing() -> None:
    assert [owed_in(each) for each in ((1,), ("version", 0, "", "", ""), record(0), record(2))] == [0, 0, 0, 2]
