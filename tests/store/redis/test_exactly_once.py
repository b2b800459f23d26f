"""Several servers on one Redis: a decision is committed once, whatever comes between, whichever answer is lost."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from mock_server.engine.clock import Clock
from mock_server.engine.rules import Rule
from mock_server.engine.scenario import Effect
from mock_server.engine.task import Key, Record
from mock_server.faults.armed import Armed, ArmedFaults
from mock_server.http.message import Response, request_of
from mock_server.journal.journal import Entry
from mock_server.store.redis import committer
from mock_server.store.redis.redis_store import RedisStore
from mock_server.store.store import Away, Change, Control, Full
from tests.support.redis_servers import Proxy, eventually, proxy_to, redis_server
from tests.support.stores import namespace, primary, redis_store, server

CONTROL = Control(Clock.starting(0))
A = Key("v", "a")


def poll(record: Record | None, _: Control) -> Change:
    """Counts one more, and says in the journal how many there were."""
    count = 1 + (int(str(record[0])) if record else 0)
    request = request_of("GET", "/", (), b"")
    return Change(Entry(0, 0, request, Response(200, "", (), b"%d" % count), "fits", True, *A), (count,))


def together(count: int, act: Callable[[int], Any]) -> None:
    """Does something in so many threads at once, and raises what one of them raised."""
    errors: list[BaseException] = []

    def run(k: int) -> None:
        try:
            act(k)
        except BaseException as error:  # of a thread: the test raises or counts it
            errors.append(error)

    threads = [threading.Thread(target=run, args=(k,)) for k in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def test_polls_of_one_task_at_several_servers_each_count_once() -> None:
    name = namespace()
    stores = [redis_store(CONTROL, name=name) for _ in range(3)]
    shown: list[bytes] = []

    def run(k: int) -> None:
        for _ in range(20):
            entry = stores[k % 3].transact(A, poll).entry
            assert entry is not None
            shown.append(entry.response.body)

    together(12, run)
    assert sorted(map(int, shown)) == list(range(1, 241))
    assert [entry.response.body for entry in stores[0].entries()[0]] == [b"%d" % k for k in range(1, 241)]
    assert stores[1].glance()[:4] == (1, 0, 240, 240)


def test_a_fault_armed_for_so_many_polls_strikes_exactly_so_many_at_all_servers() -> None:
    name = namespace()
    armed = ArmedFaults([Armed(1, Effect(error=599), times=5), Armed(2, Effect(status=500))])
    stores = [redis_store(CONTROL, room=100, name=name) for _ in range(3)]
    stores[0].control(lambda held: held._replace(armed=armed))
    struck: Counter[int] = Counter()

    def decide(_: Record | None, control: Control) -> Change:
        return Change(record=(1,), spent=tuple([fault.number for fault in control.armed]))

    def run(k: int) -> None:
        for turn in range(6):
            struck.update(stores[k % 3].transact(Key("v", f"{k}-{turn}"), decide).spent)

    together(10, run)
    assert struck == {1: 5, 2: 60}
    for store in stores:
        assert [fault.number for fault in store.control().armed] == [2]
        assert store.control().armed.struck(2) == 60


def test_a_rule_for_so_many_submits_decides_exactly_so_many_at_all_servers() -> None:
    name = namespace()
    stores = [redis_store(CONTROL, room=100, name=name) for _ in range(2)]
    stores[0].control(lambda held: held._replace(rules=held.rules.plus(Rule(1, "flaky", times=4))))
    decided: list[int] = []

    def decide(_: Record | None, control: Control) -> Change:
        return Change(record=(1,), rule=control.rules.rules[0].number if control.rules.rules else 0)

    def run(k: int) -> None:
        decided.extend(stores[k % 2].transact(Key("v", f"{k}-{turn}"), decide).rule for turn in range(3))

    together(6, run)
    assert sorted(decided) == [0] * 14 + [1] * 4
    assert stores[1].control().rules.rules == ()


@pytest.mark.parametrize("what", ["fault", "rule"])
def test_what_another_server_used_up_meanwhile_is_not_used_once_more(what: str) -> None:
    name = namespace()
    one, other = (redis_store(CONTROL, name=name) for _ in range(2))
    armed, rules = ArmedFaults([Armed(1, Effect(error=599), times=1)]), CONTROL.rules.plus(Rule(1, "flaky", times=1))
    one.control(lambda held: held._replace(armed=armed, rules=rules))
    tries: list[Change] = []

    def use(_: Record | None, control: Control) -> Change:
        spent = tuple([fault.number for fault in control.armed]) if what == "fault" else ()
        return Change(record=(1,), spent=spent, rule=len(control.rules.rules) if what == "rule" else 0)

    def decide(record: Record | None, control: Control) -> Change:
        tries.append(use(record, control))
        if len(tries) == 1:
            other.transact(Key("v", "b"), use)
        return tries[-1]

    assert one.transact(A, decide) == tries[-1]
    assert [(change.spent, change.rule) for change in tries] == [((1,), 0) if what == "fault" else ((), 1), ((), 0)]


def test_what_one_server_changes_for_all_the_next_decision_of_another_sees() -> None:
    name = namespace()
    one, other = (redis_store(CONTROL, name=name) for _ in range(2))
    other.transact(A, poll)
    frozen = one.control(lambda held: held._replace(clock=held.clock.freeze(5)))
    seen: list[Control] = []

    def look(_: Record | None, control: Control) -> Change:
        seen.append(control)
        return Change()

    other.transact(A, look)
    assert seen == [frozen]
    generation = other.generation
    one.reset(["tasks", "clock"], CONTROL)
    assert (other.read(A), other.generation, other.control()) == (None, generation + 1, CONTROL)


def test_changes_of_the_control_at_several_servers_come_one_after_the_other() -> None:
    name = namespace()
    stores = [redis_store(CONTROL, name=name) for _ in range(3)]
    together(6, lambda k: [stores[k % 3].control(lambda held: held._replace(made=held.made + 1)) for _ in range(10)])
    assert stores[0].control().made == 60
    assert stores[0].glance().changes == 60


def test_a_decision_falls_before_a_reset_or_after_it() -> None:
    name = namespace()
    one, other = (redis_store(CONTROL, name=name) for _ in range(2))
    one.transact(A, poll)
    tries: list[Record | None] = []

    def decide(record: Record | None, control: Control) -> Change:
        tries.append(record)
        if len(tries) == 1:
            other.reset(["tasks"], CONTROL)
        return poll(record, control)

    one.transact(A, decide)
    assert tries == [(1,), None]
    assert other.read(A) == (1,)


def test_the_bound_of_tasks_holds_over_all_servers() -> None:
    name = namespace()
    stores = [redis_store(CONTROL, room=5, name=name) for _ in range(2)]
    full: list[int] = []

    def run(k: int) -> None:
        try:
            stores[k % 2].transact(Key("v", str(k)), lambda *_: Change(record=(1,)))
        except Full:
            full.append(k)

    together(8, run)
    assert (len(full), stores[0].glance().tasks, len(list(stores[1].scan()))) == (3, 5, 5)


def test_time_is_that_of_redis_and_never_goes_back_for_a_task() -> None:
    name = namespace()
    stores = [redis_store(CONTROL, name=name) for _ in range(2)]
    times: list[int] = []
    for k in range(20):
        store = stores[k % 2]

        def look(record: Record | None, control: Control, store: RedisStore = store) -> Change:
            times.append(store.real())
            return poll(record, control)

        store.transact(A, look)
    assert times == sorted(times)
    seconds, _ = server().ask("TIME")
    assert abs(times[-1] - seconds * 1000) < 60_000
    assert all(store.real() >= times[0] for store in stores)


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """Stands before the tests' Redis."""
    with proxy_to(server().port) as made:
        yield made


Far = Callable[[str], RedisStore]


@pytest.fixture
def far(proxy: Proxy) -> Iterator[Far]:
    """Makes stores that reach Redis through the proxy."""
    with ExitStack() as stack:

        def make(name: str) -> RedisStore:
            held = primary(proxy.url, name)
            stack.callback(held.close)
            return RedisStore(held, CONTROL)

        yield make


def test_a_commit_whose_answer_is_lost_is_neither_made_twice_nor_forgotten(proxy: Proxy, far: Far) -> None:
    name = namespace()
    store, near = far(name), redis_store(CONTROL, name=name)
    store.transact(A, poll)
    for k in range(2, 12):
        proxy.lose_answers(b"groups")  # a word of every commit
        change = store.transact(A, poll)
        assert change.record == (k,)
        near.transact(Key("v", "other"), lambda *_: Change(record=(1,)))
    assert proxy.lost == 10
    assert [entry.response.body for entry in near.entries()[0]] == [b"%d" % k for k in range(1, 12)]


def test_a_lost_answer_is_found_though_another_server_changed_the_task_since(proxy: Proxy, far: Far) -> None:
    name = namespace()
    store, near = far(name), redis_store(CONTROL, name=name)
    store.transact(A, poll)

    def run(k: int) -> None:
        for _ in range(10):
            if k == 0:
                proxy.lose_answers(b"groups")
            (store if k < 2 else near).transact(A, poll)

    together(4, run)
    assert proxy.lost > 0
    assert near.read(A) == (41,)
    assert near.counters().polls == 41


def test_a_change_of_the_control_whose_answer_is_lost_is_made_once(proxy: Proxy, far: Far) -> None:
    store = far(namespace())
    store.control()
    for _ in range(5):
        proxy.lose_answers(b"generation")  # a word of every change of the control
        store.control(lambda held: held._replace(made=held.made + 1))
    assert (proxy.lost, store.control().made) == (5, 5)


def test_a_user_who_may_not_tell_others_commits_once_all_the_same() -> None:
    server().ask("ACL", "SETUSER", "mute", "on", ">secret", "~*", "+@all", "resetchannels")
    held = primary(server().url.replace("//", "//mute:secret@"), namespace())
    store = RedisStore(held, CONTROL)
    assert [store.transact(A, lambda *given: poll(*given)._replace(wake=5)).record for _ in range(3)] == [
        (1,),
        (2,),
        (3,),
    ]
    assert store.control(lambda held: held._replace(made=4)).made == 4
    assert (store.counters().exchanges, store.due(5)) == (3, ((5, A),))
    held.close()


def test_a_full_redis_refuses_a_change_whole() -> None:
    with redis_server("--maxmemory-policy", "noeviction") as small:
        held = primary(small.url)
        store = RedisStore(held, CONTROL, max_tasks=2)
        for k in range(2):
            store.transact(Key("v", str(k)), lambda *given: poll(*given)._replace(ended=True, wake=5))
        before = store.export()
        small.ask("CONFIG", "SET", "maxmemory", 1)
        acts: tuple[Callable[[], object], ...] = (
            lambda: store.transact(A, poll),  # for which another task would go
            lambda: store.transact(Key("v", "0"), lambda *_: Change(drop=True)),
            lambda: store.entries(forget=lambda _: True),
            lambda: store.reset(["tasks", "journal"], CONTROL),
        )
        for act in acts:
            with pytest.raises(Away, match="OutOfMemoryError"):
                act()
        small.ask("CONFIG", "SET", "maxmemory", 0)
        assert store.export() == before
        assert store.transact(A, poll).record == (1,)
        assert store.glance()[:4] == (2, 1, 3, 3)
        held.close()


def test_how_often_a_fault_struck_is_not_counted_where_the_poll_was_not_committed() -> None:
    name = namespace()
    one, other = (redis_store(CONTROL, name=name) for _ in range(2))
    one.control(lambda held: held._replace(armed=ArmedFaults([Armed(1, Effect(error=599))])))
    tries: list[int] = []

    def decide(record: Record | None, control: Control) -> Change:
        tries.append(control.armed.struck(1))
        if len(tries) == 1:
            other.transact(A, poll)
        return poll(record, control)._replace(spent=(1,))

    one.transact(A, decide)
    assert tries == [0, 0]
    assert [store.control().armed.struck(1) for store in (one, other)] == [1, 1]


def test_while_redis_is_away_everybody_is_told_so_and_afterwards_all_goes_on(proxy: Proxy, far: Far) -> None:
    store = far(namespace())
    store.transact(A, poll)
    proxy.leave()
    acts: tuple[Callable[[], object], ...] = (
        lambda: store.transact(A, poll),
        lambda: store.read(A),
        store.control,
        store.glance,
        store.export,
    )
    for act in acts:
        with pytest.raises(Away, match="ConnectionError"):
            act()
    proxy.come_back()
    assert store.transact(A, poll).record == (2,)


def test_decisions_are_committed_together_up_to_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(committer, "BATCH", committer.BATCH._replace(value=3))
    store = redis_store(CONTROL, room=100)
    gate = threading.Event()
    begun = threading.Semaphore(0)
    sizes: Counter[int] = Counter()

    def decide(record: Record | None, control: Control) -> Change:
        begun.release()
        gate.wait()  # until all others wait for the next commits
        sizes[id(store._committer.reading)] += 1
        readings.append(store._committer.reading)
        return poll(record, control)

    readings: list[object] = []
    threads = [threading.Thread(target=store.transact, args=(Key("v", str(k)), decide)) for k in range(8)]
    for thread in threads:
        thread.start()
    begun.acquire()
    eventually(lambda: len(store._committer._queue) == 7)
    gate.set()
    for thread in threads:
        thread.join()
    assert sorted(sizes.values()) == [1, 1, 3, 3]
    assert store.glance().tasks == 8


def test_a_decision_that_others_always_come_before_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(committer, "TRIES", committer.TRIES._replace(value=3))
    name = namespace()
    one, other = (redis_store(CONTROL, name=name) for _ in range(2))

    def decide(record: Record | None, control: Control) -> Change:
        other.transact(A, poll)
        return poll(record, control)

    with pytest.raises(Away, match="again and again"):
        one.transact(A, decide)
    assert one.read(A) == (3,)
    assert one.transact(A, poll).record == (4,)
