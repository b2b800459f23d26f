"""The store's five verbs: what they promise to whoever decides, counts, and runs in parallel."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress

import pytest

from mock_server.engine.clock import Clock
from mock_server.engine.cursor import Crossing
from mock_server.engine.scenario import Effect
from mock_server.engine.task import Key, Record
from mock_server.faults.armed import Armed, ArmedFaults
from mock_server.http.message import Response, request_of
from mock_server.journal.journal import Entry, Journal
from mock_server.store import memory
from mock_server.store.store import DROPPED, Change, Control, Full, Store
from tests.support.stores import KINDS, making, memory_store, server

A, B, C = Key("v", "a"), Key("v", "b"), Key("w", "a")
CONTROL = Control(Clock.starting(0))


StoreOf = Callable[..., Store]


@pytest.fixture(params=[*KINDS, "valkey"])
def store_of(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> StoreOf:
    """Makes empty stores, of the process, of Redis and of Valkey in turn: all promise the same."""
    if request.param != "memory":  # as many ids as are remembered take too long one by one
        monkeypatch.setattr(memory, "DROPPED_IDS", memory.DROPPED_IDS._replace(value=1_000))
    make = making(request.param)
    return lambda room=10, control=CONTROL: make(control, room)


def put(store: Store, key: Key, record: Record, *, ended: bool = False) -> None:
    store.transact(key, lambda *_: Change(record=record, ended=ended))


def shown_to_a_decision(store: Store, key: Key) -> tuple[Record | None, Control]:
    """What the next decision about a task gets to see."""
    seen: list[tuple[Record | None, Control]] = []

    def decide(record: Record | None, control: Control) -> Change:
        seen.append((record, control))
        return Change()

    store.transact(key, decide)
    return seen[0]


def entry(body: bytes = b"") -> Entry:
    return Entry(0, 0, request_of("GET", "/", (), b""), Response(200, "OK", (), body), "fits")


def test_a_decision_sees_what_the_last_one_stored(store_of: StoreOf) -> None:
    store = store_of()
    put(store, A, (1,))
    put(store, A, (2,))
    assert shown_to_a_decision(store, A) == ((2,), CONTROL)


def test_tasks_of_two_vendors_with_one_id_do_not_meet(store_of: StoreOf) -> None:
    store = store_of()
    put(store, A, (1,))
    assert store.read(C) is None


def test_a_decision_that_stores_nothing_leaves_the_task(store_of: StoreOf) -> None:
    store = store_of()
    put(store, A, (1,))
    store.transact(A, lambda *_: Change())
    assert store.read(A) == (1,)


def test_a_scan_walks_the_tasks_there_were_at_the_call(store_of: StoreOf) -> None:
    store = store_of()
    put(store, A, (1,))
    put(store, C, (2,))
    walk = store.scan()
    put(store, B, (3,))
    assert sorted(walk) == [(A, (1,)), (C, (2,))]


def test_tasks_are_counted_by_vendor_whatever_became_of_others(store_of: StoreOf) -> None:
    store = store_of()
    for key in (A, B, C):
        put(store, key, (1,))
    put(store, B, (2,))
    store.transact(C, lambda *_: Change(drop=True))
    assert store.counts() == {"v": 2}


def test_a_full_store_drops_the_task_that_ended_first_and_remembers_its_id(store_of: StoreOf) -> None:
    store = store_of(room=2)
    put(store, A, (1,), ended=True)
    put(store, B, (2,), ended=True)
    put(store, C, (3,))
    assert (store.read(A), store.read(B), store.read(C)) == (DROPPED, (2,), (3,))


def test_a_full_store_without_an_ended_task_refuses_a_birth_and_keeps_what_it_has(store_of: StoreOf) -> None:
    store = store_of(room=1)
    put(store, A, (1,))
    with pytest.raises(Full):
        put(store, B, (2,))
    assert (store.read(A), store.read(B)) == ((1,), None)


def test_items_that_tasks_were_created_with_are_bounded_in_bytes(
    store_of: StoreOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "GIVEN", memory.GIVEN._replace(value=100))
    store = store_of()
    large = ("version", 0, "i" * 60)
    put(store, A, (1,), ended=True)
    put(store, B, large, ended=True)
    put(store, C, large)
    assert (store.read(A), store.read(B), store.read(C)) == ((1,), DROPPED, large)
    with pytest.raises(Full, match="the items of tasks would take more than 100 bytes"):
        put(store, B, large)
    store.transact(C, lambda *_: Change(drop=True))
    put(store, B, large)
    store.replace(store.export())
    with pytest.raises(Full):
        put(store, C, large)
    store.reset(["tasks"], store.control())
    put(store, C, large)


def test_a_task_that_moved_on_by_hand_is_not_dropped_as_ended(store_of: StoreOf) -> None:
    store = store_of(room=1)
    put(store, A, (1,), ended=True)
    put(store, A, (2,))
    with pytest.raises(Full):
        put(store, B, (3,))


def test_ended_tasks_make_room_for_ever_and_the_ids_dropped_last_are_remembered(store_of: StoreOf) -> None:
    store = store_of(room=1)
    last = memory.DROPPED_IDS.value + 5
    for k in range(last + 1):
        put(store, Key("v", str(k)), (k,), ended=True)
    assert [store.read(Key("v", str(k))) for k in (0, 4, 5, last - 1, last)] == [None, None, DROPPED, DROPPED, (last,)]
    assert len(store.export().dropped) == memory.DROPPED_IDS.value


def test_of_a_bundle_s_dropped_ids_those_that_went_last_are_remembered(store_of: StoreOf) -> None:
    store, many = store_of(), tuple(Key("v", str(k)) for k in range(memory.DROPPED_IDS.value + 2))
    store.replace(store.export()._replace(dropped=many))
    assert store.export().dropped == many[2:]


def test_an_id_that_had_to_go_and_is_created_again_is_no_dropped_id(store_of: StoreOf) -> None:
    store = store_of(room=1)
    put(store, A, (1,), ended=True)
    put(store, B, (2,), ended=True)
    put(store, A, (3,))
    assert (store.read(A), store.export().dropped) == ((3,), (B,))


def test_an_armed_fault_is_used_up_with_the_poll_it_struck(store_of: StoreOf) -> None:
    twice, always = Armed(1, Effect(error=599), times=2), Armed(2, Effect(error=500))
    store = store_of(control=CONTROL._replace(armed=ArmedFaults((twice, always))))
    store.transact(A, lambda *_: Change(spent=(1, 2)))
    assert tuple(store.control().armed) == (twice._replace(times=1), always)
    store.transact(A, lambda *_: Change(spent=(1,)))
    assert tuple(store.control().armed) == (always,)


def test_a_change_of_the_control_is_seen_by_the_next_decision(store_of: StoreOf) -> None:
    store = store_of()
    frozen = store.control(lambda control: control._replace(clock=control.clock.freeze(5)))
    assert shown_to_a_decision(store, A) == (None, frozen)
    assert frozen.clock.frozen


def test_a_decision_that_fails_commits_nothing(store_of: StoreOf) -> None:
    store = store_of()

    def fail(*_: object) -> Change:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.transact(A, fail)
    assert (store.read(A), store.entries()[1].exchanges) == (None, 0)


class TestJournal:
    def test_it_keeps_the_newest_entries_and_counts_them_all(self) -> None:
        journal = Journal(entries=3)
        for k in range(5):
            journal.append(entry(str(k).encode()))
        assert [(kept.number, kept.response.body) for kept in journal.entries()] == [(3, b"2"), (4, b"3"), (5, b"4")]
        assert journal.counters()[:3] == (5, 0, 2)

    def test_it_is_bounded_in_bytes_too(self) -> None:
        journal = Journal(size=10_100)
        for _ in range(100):
            journal.append(entry(bytes(4_000)))
        assert len(journal.entries()) == 2
        assert journal.counters().evicted == 98

    def test_an_entry_larger_than_the_journal_is_counted_and_not_kept(self) -> None:
        journal = Journal(size=10)
        journal.append(entry(b"x" * 100))
        assert (journal.entries(), journal.counters()[:3]) == ((), (1, 0, 1))

    def test_it_counts_responses_by_vendor_and_status(self) -> None:
        journal = Journal(entries=1)
        for vendor, status in (("v", 200), ("v", 200), ("w", 404)):
            journal.append(entry()._replace(vendor=vendor, response=Response(status, "", (), b""), poll=True))
        assert journal.counters().by_status == {("v", 200): 2, ("w", 404): 1}
        assert journal.counters().polls == 3

    def test_entries_after_a_number_keep_their_own_numbers(self) -> None:
        journal = Journal(entries=3)
        for _ in range(5):
            journal.append(entry())
        assert [kept.number for kept in journal.entries(after=3)] == [4, 5]
        assert journal.entries(after=5) == ()

    def test_single_entries_are_forgotten_and_the_counts_stay(self) -> None:
        journal = Journal(entries=3)
        for k in range(5):
            journal.append(entry(str(k).encode()))
        journal.forget({4})
        journal.append(entry())
        assert [kept.number for kept in journal.entries()] == [3, 5, 6]
        journal.forget({5})
        counters = journal.counters()
        assert (counters.exchanges, counters.evicted, counters.evicted_to, counters.forgotten) == (6, 2, 2, 2)

    def test_it_counts_what_polls_saw_and_which_edges_were_crossed(self) -> None:
        journal = Journal(entries=1)
        for step in ("one", "one", "two"):
            journal.append(entry()._replace(poll=True, scenario="s@1", step=step, crossed=(Crossing(0, 1, 9),)))
        journal.append(entry()._replace(scenario="s@1", step="one", crossed=(Crossing(0, 1, 9),)))
        journal.note([("s@1", Crossing(1, 0, 9))])
        assert journal.counters().seen == {("s@1", "one"): 2, ("s@1", "two"): 1}
        assert journal.counters().crossed == {("s@1", 0, 1): 3, ("s@1", 1, 0): 1}

    def test_another_journal_goes_on_from_what_it_kept_and_counted(self) -> None:
        first, second = Journal(entries=3), Journal(entries=2)
        for _ in range(5):
            first.append(entry()._replace(vendor="v"))
        second.restore(first.entries(), first.counters())
        second.append(entry()._replace(vendor="v"))
        assert [kept.number for kept in second.entries()] == [5, 6]
        assert second.counters()[:4] == (6, 0, 4, {("v", 200): 6})


def test_a_dropped_task_is_gone_and_may_be_born_again(store_of: StoreOf) -> None:
    store = store_of(room=1)
    put(store, A, (1,), ended=True)
    put(store, B, (2,))
    for key in (A, B):
        store.transact(key, lambda *_: Change(drop=True))
    assert (store.read(A), store.read(B), list(store.scan())) == (None, None, [])
    put(store, A, (3,))
    assert store.read(A) == (3,)


def test_a_task_that_was_dropped_by_hand_makes_no_room_twice(store_of: StoreOf) -> None:
    store = store_of(room=1)
    put(store, A, (1,), ended=True)
    store.transact(A, lambda *_: Change(drop=True))
    put(store, B, (2,))
    with pytest.raises(Full):
        put(store, C, (3,))


def test_the_whole_of_a_store_is_what_another_one_goes_on_from(store_of: StoreOf) -> None:
    stores = [store_of(room=2), store_of(room=2)]
    for k in range(3):
        stores[0].transact(Key("v", str(k)), lambda *_: Change(entry(), (1,), ended=True))
    held = stores[0].export()
    stores[1].replace(held)
    assert stores[1].export() == held
    for store in stores:
        put(store, B, (9,))
    assert stores[0].export() == stores[1].export()


def test_more_tasks_than_there_is_room_for_change_nothing(store_of: StoreOf) -> None:
    small, large = store_of(room=1), store_of()
    for key in (A, B):
        put(large, key, (1,))
    put(small, C, (2,))
    before = small.export()
    with pytest.raises(Full):
        small.replace(large.export())
    assert small.export() == before


def _race(store: Store) -> list[int]:
    """Eight threads each raise a number once, with a pause between reading and writing it; what each of them read."""
    put(store, A, (0,))
    begin = threading.Barrier(8)
    # Without a lock everybody reads before anybody writes. With one nobody else can come, and the wait runs out.
    everybody = threading.Barrier(8)
    seen: list[int] = []

    def decide(record: Record | None, _: Control) -> Change:
        assert record
        number = record[0]
        assert isinstance(number, int)
        seen.append(number)
        with suppress(threading.BrokenBarrierError):
            everybody.wait(timeout=0.01)
        return Change(record=(number + 1,))

    def run() -> None:
        begin.wait()
        store.transact(A, decide)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(seen)


def test_eight_threads_on_one_task_each_see_what_the_one_before_left(store_of: StoreOf) -> None:
    assert _race(store_of()) == list(range(8))


def test_without_the_lock_the_same_race_is_lost() -> None:
    assert _race(memory_store(CONTROL, lock=nullcontext())) != list(range(8))


@pytest.fixture(autouse=True)
def _threads_end() -> Iterator[None]:
    server()  # whose thread stays
    server("valkey")
    before = set(threading.enumerate())
    yield
    # One that an earlier test left may end meanwhile.
    assert before.issuperset(threading.enumerate())


def test_a_part_of_the_journal_is_read_from_wherever_it_lies_and_leaves_it_as_it_is() -> None:
    journal = Journal(entries=300)
    for _ in range(450):
        journal.append(entry())
    journal.forget({200, 201, 400})
    numbers = [kept[0] for kept in journal.kept()]
    for before in (*range(140, 460, 7), 10**9, 0):
        for most in (1, 50, 1_000):
            expected = [number for number in reversed(numbers) if number < before][:most]
            assert [kept[0] for kept in journal.part(before, most)] == expected
    assert [kept[0] for kept in journal.kept()] == numbers
    journal.append(entry())
    assert journal.kept()[-1][0] == 451
