"""An event loop whose handlers wait for the store: it serves others meanwhile, and commits together what waits."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

from mock_server.engine.clock import Clock
from mock_server.engine.task import Key, Record
from mock_server.store.redis.fibers import Fiber, Fibers, current
from mock_server.store.redis.redis_store import RedisStore
from mock_server.store.store import Away, Change, Control
from tests.support.redis_servers import proxy_to, tls_redis
from tests.support.stores import namespace, primary, redis_store, server

CONTROL = Control(Clock.starting(0))
A = Key("v", "a")


def count(record: Record | None, _: Control) -> Change:
    """One more."""
    return Change(record=(1 + (int(str(record[0])) if record else 0),))


@contextmanager
def fibers() -> Iterator[Fibers]:
    """Those of the running loop."""
    with ThreadPoolExecutor(2) as executor:
        made = Fibers(asyncio.get_running_loop(), executor)
        yield made
        made.close()


async def results(acts: list[Callable[[], Any]]) -> list[Any]:
    """What these return, all begun in one turn of the loop."""
    with fibers() as made:
        futures = [asyncio.get_running_loop().create_future() for _ in acts]
        for act, future in zip(acts, futures, strict=True):
            made.run(act, (), future.set_result)
        return await asyncio.gather(*futures)


def test_what_comes_in_one_turn_of_the_loop_is_committed_in_few_batches_and_in_order() -> None:
    store = redis_store(CONTROL, room=100)
    store.control()
    readings: dict[int, object] = {}

    def decide(record: Record | None, control: Control) -> Change:
        reading = store._committer.reading
        readings[id(reading)] = reading
        return count(record, control)

    changes = asyncio.run(results([lambda: store.transact(A, decide)] * 40))
    assert [change.record for change in changes] == [(k,) for k in range(1, 41)]
    assert len(readings) < 10


def test_the_loop_goes_on_while_a_decision_is_made() -> None:
    """A decision waits until the loop has done something else."""
    store = redis_store(CONTROL)
    went_on = threading.Event()

    def decide(record: Record | None, control: Control) -> Change:
        went_on.wait()
        return count(record, control)

    async def run() -> Change:
        asyncio.get_running_loop().call_later(0, went_on.set)
        (change,) = await results([lambda: store.transact(A, decide)])
        assert isinstance(change, Change)
        return change

    assert asyncio.run(run()).record == (1,)


def test_fibers_and_threads_wait_for_the_same_commits() -> None:
    store = redis_store(CONTROL)
    threads = [threading.Thread(target=lambda: [store.transact(A, count) for _ in range(30)]) for _ in range(3)]

    async def run() -> None:
        for thread in threads:
            thread.start()
        for _ in range(10):
            await results([lambda: store.transact(A, count)] * 10)

    asyncio.run(run())
    for thread in threads:
        thread.join()
    assert store.read(A) == (190,)


def test_a_fiber_may_ask_the_store_anything() -> None:
    store = redis_store(CONTROL)
    store.transact(A, count)

    def act() -> tuple[Any, ...]:
        assert current() is not None
        return store.read(A), store.glance().tasks, store.control(lambda held: held._replace(made=7)).made

    assert asyncio.run(results([act] * 3)) == [((1,), 1, 7)] * 3
    assert current() is None


def test_what_goes_wrong_is_raised_in_the_fiber_that_waits() -> None:
    with proxy_to(server().port) as proxy:
        held = primary(proxy.url, namespace())
        store = RedisStore(held, CONTROL)
        store.control()

        def fails(*_: object) -> Change:
            raise ZeroDivisionError

        def act(decide: Callable[..., Change]) -> str:
            try:
                store.transact(A, decide)
            except (Away, ZeroDivisionError) as error:
                return type(error).__name__
            return ""

        acts: list[Callable[[], Any]] = [partial(act, decide) for decide in (count, fails)]
        assert asyncio.run(results(acts)) == ["", "ZeroDivisionError"]
        proxy.leave()
        assert asyncio.run(results(acts)) == ["Away", "Away"]
        proxy.come_back()
        assert asyncio.run(results(acts)) == ["", "ZeroDivisionError"]
        held.close()


def test_connections_that_break_while_they_are_idle_or_not_disturb_no_later_decision() -> None:
    with proxy_to(server().port) as proxy:
        held = primary(proxy.url, namespace())
        store = RedisStore(held, CONTROL)
        store.control()
        shown: list[Change | None] = []

        def act() -> Change | None:
            try:
                return store.transact(A, count)
            except Away:  # where two connections break one after the other, nobody can say
                return None

        async def run() -> None:
            with fibers() as made:
                for turn in range(30):
                    futures = [asyncio.get_running_loop().create_future() for _ in range(5)]
                    for future in futures:
                        made.run(act, (), future.set_result)
                    if turn % 3 == 1:
                        proxy.lose_answers((b"groups", b"EVALSHA")[turn % 2])
                    shown.extend(await asyncio.gather(*futures))
                    if turn % 3 == 0:
                        proxy.cut()

        asyncio.run(run())
        counts = [int(str(change.record[0])) for change in shown if change is not None and change.record is not None]
        assert counts == sorted(set(counts))
        assert (len(shown), len(counts) > 75, proxy.lost > 0) == (150, True, True)
        held.close()


def test_a_loop_reaches_a_store_again_that_was_away_for_hundreds_of_decisions() -> None:
    with proxy_to(server().port) as proxy:
        held = primary(proxy.url, namespace())
        store = RedisStore(held, CONTROL)
        store.control()
        missed: list[str] = []

        def act() -> None:
            try:
                store.transact(A, count)
            except Away as away:
                missed.append(str(away))

        async def run() -> None:
            with fibers() as made:
                for _ in range(120):
                    over = asyncio.get_running_loop().create_future()
                    made.run(act, (), over.set_result)
                    await over

        proxy.leave()
        asyncio.run(run())
        assert (len(missed), [why for why in missed if "Too many" in why]) == (120, [])
        proxy.come_back()
        asyncio.run(run())
        assert (len(missed), store.read(A)) == (120, (120,))
        held.close()


def test_a_loop_reaches_a_store_over_tls_and_decisions_that_are_large() -> None:
    with tls_redis() as secure:
        held = primary(f"{secure.url}?ca={secure.ca}")
        store = RedisStore(held, CONTROL, max_tasks=100)
        keys = [Key("v", str(k)) for k in range(40)]
        large = Change(record=("x" * 50_000,))
        acts: list[Callable[[], Any]] = [partial(store.transact, key, lambda *_: large) for key in keys]
        assert asyncio.run(results(acts * 3)) == [large] * 120
        assert store.read(keys[-1]) == large.record
        held.close()


def test_a_fiber_that_ended_is_freed_without_the_collector() -> None:
    """Else a loop that serves thousands a second stops for as long as it takes to find what they left."""
    store = redis_store(CONTROL)
    gc.collect()
    others = held()  # by other tests, whose servers may still run
    gc.disable()
    try:
        asyncio.run(results([lambda: store.transact(A, count)] * 10))
        assert not [each for each in held() if each not in others]
    finally:
        gc.enable()
        others.clear()


def held() -> list[Fiber]:
    """Every fiber in memory."""
    return [each for each in gc.get_objects() if isinstance(each, Fiber)]
