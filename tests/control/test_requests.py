"""The journal in a hand: queries, near misses, verification, and waits that hold few threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.control.refused import Kind, Refused
from mock_server.control.requests import Requests
from mock_server.control.task_view import Wanted
from mock_server.journal.filter import Filter
from mock_server.journal.verify import judge, question_of
from tests.support.calls import calls_of
from tests.support.controls import Bench, bench

DONE = "[{state: succeeded}]"


class Ticks:
    """Stands for the event that ends a server: at each tick it does something, and no time is spent."""

    def __init__(self, *acts: Callable[[], object]) -> None:
        self._acts = iter(acts)
        self.seconds = 0.0

    def wait(self, timeout: float) -> bool:
        """One tick; the server ends when there is nothing left to do."""
        self.seconds += timeout
        act = next(self._acts, None)
        if act is not None:
            act()
        return act is None

    def monotonic(self) -> float:
        """The time as the ticks make it."""
        return self.seconds


def waiting(world: Bench, *acts: Callable[[], object], slots: int = 8) -> Requests:
    """The journal of a world in which these things happen while somebody waits."""
    ticks, server = Ticks(*acts), world.server
    store, registry = server.store, server.registry
    return Requests(
        store,
        lambda: server.catalogue.library,
        registry,
        ticks,  # type: ignore[arg-type]  # an event that only waits
        slots=slots,
        monotonic=ticks.monotonic,
    )


def test_a_query_gives_the_newest_and_says_how_many_there_are() -> None:
    world = bench(DONE)
    world.polls(5)
    world.poll("made-up.2")
    page = world.do.requests.query(Filter(id="made-up.1"), most=2, total=True)
    assert ([entry.number for entry in page.entries], page.total) == ([4, 5], 5)
    assert page.counters.exchanges == 6
    page = world.do.requests.query(Filter(id="made-up.1"), most=2)
    assert ([entry.number for entry in page.entries], page.total) == ([4, 5], None)


def test_a_query_before_a_number_goes_on_from_another() -> None:
    world = bench(DONE)
    world.polls(7)

    def numbers(**wanted: Any) -> list[int]:
        return [entry.number for entry in world.do.requests.query(Filter(**wanted), most=3).entries]

    assert numbers() == [5, 6, 7]
    assert numbers(before=5) == [2, 3, 4]
    assert numbers(before=2) == [1]
    assert numbers(before=1) == numbers(before=0) == []
    assert numbers(after=2, before=5) == [3, 4]
    assert numbers(before=1_000) == [5, 6, 7]


def test_a_query_looks_at_no_more_than_it_needs() -> None:
    world = bench(DONE)
    for k in range(300):
        world.poll(f"made-up.{k}")
    journal = world.server.store._journal  # type: ignore[attr-defined]  # what it is asked for is counted here
    parts: list[int] = []
    part = journal.part

    def counted(before: int, most: int) -> Any:
        parts.append(most)
        return part(before, most)

    journal.part = counted
    assert len(world.do.requests.query(most=20).entries) == 20
    assert parts == [50]
    parts.clear()
    assert [entry.id for entry in world.do.requests.query(Filter(id="made-up.7"), most=20).entries] == ["made-up.7"]
    assert parts == [50, 100, 200, 400]


def test_the_gap_is_that_since_the_poll_before_of_the_task() -> None:
    world = bench(DONE)
    for _ in range(3):
        world.poll("made-up.1")
        world.poll("made-up.2")
        world.now.ms += 1_000
    world.poll("made-up.1", method="HEAD")
    world.do.time.advance(60_000)
    world.poll("made-up.1")
    entries = world.do.requests.query().entries
    gaps = world.do.requests.gaps(entries)
    assert gaps == {3: (1_000, 1_000), 4: (1_000, 1_000), 5: (1_000, 1_000), 6: (1_000, 1_000), 8: (61_000, 1_000)}
    assert world.do.requests.gaps(entries[-1:]) == {8: (61_000, 1_000)}
    world.do.requests.forget(Filter(after=4, before=7))
    assert world.do.requests.gaps(entries[-1:]) == {}


def test_there_is_no_gap_where_the_poll_before_was_evicted_or_was_of_another_life() -> None:
    world = bench(DONE, journal_entries=2)
    world.poll("made-up.1")
    world.poll("made-up.1")
    assert world.do.requests.gaps(world.do.requests.query().entries) == {2: (0, 0)}
    world.poll("made-up.1")
    assert world.do.requests.gaps(world.do.requests.query().entries) == {3: (0, 0)}
    world.do.tasks.drop(Wanted())
    world.poll("made-up.1")
    assert world.do.requests.gaps(world.do.requests.query().entries[-1:]) == {}


def test_one_exchange_is_found_by_its_number() -> None:
    world = bench(DONE, journal_entries=4)
    world.polls(6)
    assert [world.do.requests.one(number).asked for number in (3, 6)] == [3, 6]
    world.do.requests.forget(Filter(after=3, before=5))
    assert world.do.requests.one(5).asked == 5
    for number, why in (
        (2, "was evicted"),
        (4, "was forgotten"),
        (7, "there is no exchange 7, only 6"),
        (0, "there is no"),
    ):
        with pytest.raises(Refused, match=why) as refused:
            world.do.requests.one(number)
        assert refused.value.kind is Kind.NOT_FOUND


def test_a_query_of_nothing_gives_nothing() -> None:
    world = bench(DONE)
    world.poll()
    assert world.do.requests.query(most=0).entries == ()


def test_entries_are_forgotten_singly_and_counted_for_ever() -> None:
    world = bench(DONE)
    for id in ("made-up.1", "made-up.2", "made-up.1"):
        world.poll(id)
    assert world.do.requests.forget(Filter(id="made-up.1")) == 2
    page = world.do.requests.query()
    assert [entry.number for entry in page.entries] == [2]
    assert page.counters[:3] == (3, 3, 0)
    assert page.counters.forgotten == 2
    world.poll("made-up.3")
    assert [entry.number for entry in world.do.requests.query().entries] == [2, 4]


@pytest.mark.parametrize(
    ("vendor", "id", "nearest", "differs"),
    [
        ("qiniu", "made-pu.1", "made-up", "they part at character 6"),
        ("huawei", "made-up-2.1", "made-up-2", "does not serve huawei, only qiniu"),
        ("qiniu", "zzz", None, "like none that a scenario claims"),
    ],
)
def test_an_unmatched_id_says_what_it_came_closest_to_and_what_differs(
    vendor: str, id: str, nearest: str | None, differs: str
) -> None:
    world = bench(DONE, "vendors: [qiniu]\nsteps: [{state: succeeded}]")
    world.poll()
    world.poll(id, vendor)
    (miss,) = world.do.requests.unmatched()
    assert (miss.entry.id, miss.nearest) == (id, nearest)
    assert differs in miss.differs


def test_an_unmatched_path_says_what_it_came_closest_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.support.harness.STATUS_PATHS", {"near": ("/fmgr/statuss", "id"), "far": ("/x", "id")})
    world = bench(DONE)
    world.poll(vendor="near")
    world.poll(vendor="far")
    near, far = world.do.requests.unmatched()
    assert (near.nearest, far.nearest) == ("/fmgr/status", None)
    assert "they part at character 13" in near.differs


def test_a_request_that_found_the_server_full_is_no_near_miss() -> None:
    world = bench("[{state: waiting, hold: true}]", max_tasks=1)
    world.poll("made-up.1")
    world.poll("made-up.2")
    (miss,) = world.do.requests.unmatched()
    assert miss.nearest is None
    assert "no room" in miss.differs


def test_entries_tell_the_state_that_the_vendor_said_even_where_items_walk_by_themselves() -> None:
    world = bench("[{state: waiting, polls: 1}, {error: 599, polls: 1}, {state: failed}]",
                  "items: [{steps: [{state: waiting, polls: 1}, {state: succeeded}]}]\n# steps")  # fmt: skip
    world.polls(3)
    world.polls(2, "made-up-2.1")
    states = [entry.state for entry in world.do.requests.query().entries]
    assert states == ["waiting", None, "failed", "waiting", "succeeded"]


def test_a_question_right_after_a_response_sees_it() -> None:
    world = bench(DONE)
    for k in range(1, 20):
        world.poll()
        question = question_of({"where": {"vendor": "qiniu", "id": "made-up.1"}, "count": k})
        assert len(world.do.requests.verify(question).entries) == k


def test_a_question_that_is_not_met_is_refused_with_its_entries() -> None:
    world = bench(DONE)
    world.polls(2)
    with pytest.raises(Refused) as caught:
        world.do.requests.verify(question_of({"count": 1}))
    assert caught.value.kind is Kind.UNMET
    assert [entry.number for entry in caught.value.entries] == [1, 2]


def test_a_question_that_evicted_entries_could_answer_is_refused() -> None:
    world = bench(DONE, journal_entries=2)
    world.polls(3)
    with pytest.raises(Refused, match="1 exchanges were evicted") as caught:
        world.do.requests.verify(question_of({"count": 2}))
    assert caught.value.kind is Kind.EVICTED


def test_a_question_about_what_came_after_a_number_costs_the_same_however_much_came_before() -> None:
    world, counts = bench(DONE), []
    for before in (20, 400):
        world.polls(before, "made-up.2")
        after = world.server.store.glance().exchanges
        world.polls(3)
        asked = {"where": {"vendor": "qiniu", "id": "made-up.1", "after": after}, "count": 3}
        world.do.requests.verify(question_of(asked))
        counts.append(calls_of(lambda asked=asked: world.do.requests.verify(question_of(asked))))  # type: ignore[misc]  # a default binds
    assert counts[1] <= counts[0] + 3


IDS = st.sampled_from(["made-up.1", "made-up.2", "unknown"])


@given(
    polls=st.lists(IDS, max_size=9),
    kept=st.integers(1, 9),
    forgotten=st.integers(0, 3),
    where=st.fixed_dictionaries(
        {"after": st.integers(0, 10)},
        optional={"id": IDS, "vendor": st.just("qiniu"), "matched": st.booleans(), "before": st.integers(0, 10)},
    ),
    expected=st.fixed_dictionaries({name: st.integers(0, 4) for name in ("at_least", "at_most")})
    | st.fixed_dictionaries({"count": st.integers(0, 4)})
    | st.just({"order": ["succeeded"]}),
)
@settings(deadline=None)
def test_a_question_about_what_came_after_a_number_is_judged_as_in_view_of_all(
    polls: list[str], kept: int, forgotten: int, where: dict[str, Any], expected: dict[str, Any]
) -> None:
    world = bench(DONE, journal_entries=kept)
    for id in polls:
        world.poll(id)
    world.do.requests.forget(Filter(after=1, before=2 + forgotten))
    question = question_of({"where": where, **expected})
    answer = judge(question, *world.server.store.entries())
    if answer.verdict == "met":
        assert world.do.requests.verify(question) == answer
        return
    with pytest.raises(Refused) as caught:
        world.do.requests.verify(question)
    refused = caught.value
    if answer.verdict == "evicted":
        assert refused.kind is Kind.EVICTED
    else:
        assert (refused.kind, tuple(refused.problems), refused.entries) == (Kind.UNMET, *answer[1:])


def test_a_wait_is_met_by_what_was_there_already() -> None:
    world = bench(DONE)
    world.polls(2)
    assert waiting(world).wait(Filter(id="made-up.1"), 2) == (True, 2, False)


def test_a_wait_is_met_as_soon_as_enough_came() -> None:
    world = bench(DONE)
    requests = waiting(world, lambda: world.poll("other"), world.poll, lambda: None, world.poll)
    assert requests.wait(Filter(id="made-up.1"), 2) == (True, 2, False)


def test_what_is_evicted_while_somebody_waits_is_counted() -> None:
    world = bench(DONE, journal_entries=1)
    requests = waiting(world, *[world.poll] * 5)
    assert requests.wait(Filter(), 5) == (True, 5, False)


def test_a_wait_goes_on_over_a_reset_of_the_journal() -> None:
    world = bench(DONE)
    world.polls(3)
    requests = waiting(world, lambda: world.do.reset.reset(["journal"]), world.poll, world.poll)
    assert requests.wait(Filter(), 4) == (False, 2, False)


def test_a_wait_ends_with_its_time() -> None:
    world = bench(DONE)
    requests = waiting(world, *[lambda: None] * 100)
    assert requests.wait(Filter(), 1, timeout=1_000) == (False, 0, False)


def test_a_wait_whose_answer_was_evicted_says_so() -> None:
    world = bench(DONE, journal_entries=1)
    world.polls(3)
    with pytest.raises(Refused) as caught:
        waiting(world).wait(Filter(), 3)
    assert caught.value.kind is Kind.EVICTED


def test_a_wait_beyond_the_bound_is_refused() -> None:
    with pytest.raises(Refused, match="at most 60s"):
        waiting(bench(DONE)).wait(Filter(), 1, timeout=60_001)


@pytest.fixture
def crowd() -> Iterator[tuple[Bench, list[bool]]]:
    """Fifty who wait for one poll, of whom eight may; whether each was told to ask again."""
    world, retried = bench(DONE, slots=8), list[bool]()
    world.server.spare.set()
    turned_away = threading.Semaphore(0)

    def ask() -> None:
        result = world.do.requests.wait(Filter(id="made-up.1"), 1, timeout=30_000)
        retried.append(result.retry)
        turned_away.release()

    threads = [threading.Thread(target=ask) for _ in range(50)]
    for thread in threads:
        thread.start()
    assert all(turned_away.acquire(timeout=20) for _ in range(42))
    yield world, retried
    world.server.stopping.set()
    for thread in threads:
        thread.join(20)
    assert not any(thread.is_alive() for thread in threads)


def test_of_fifty_who_wait_eight_hold_a_thread_and_the_others_are_told_at_once(
    crowd: tuple[Bench, list[bool]],
) -> None:
    world, retried = crowd
    assert retried == [True] * 42
    assert world.do.requests.query().entries == ()


def test_a_server_that_is_to_end_ends_its_waits(crowd: tuple[Bench, list[bool]]) -> None:
    world, retried = crowd
    assert len(retried) == 42
    world.server.stopping.set()
