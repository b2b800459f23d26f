"""Pages of tasks: complete however they are cut, and no page looks at more than it says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.control.listing import LOOK, Paging
from mock_server.control.task_view import TaskView, Wanted
from mock_server.engine.task import Key
from mock_server.journal.journal import Journal
from mock_server.store.memory import MemoryStore
from tests.support.emulators import VENDORS, World, scenario

POLLED = scenario("steps: [{state: waiting, polls: 1}, {state: failed}]", "polled")
TIMED = scenario(
    "steps: [{state: waiting, for: 1s..9s, next: {failed: 2, succeeded: 1}}, {state: failed}, {state: succeeded}]",
    "timed",
)
ITEMS = scenario("items: [{steps: [{state: processing, polls: 2}, {state: failed}]}]", "items")
KEYS = st.builds(
    lambda vendor, name, k: Key(vendor, f"{name}.{k}"),
    st.sampled_from(VENDORS),
    st.sampled_from(["polled", "timed", "items"]),
    st.integers(0, 9),
)
WANTED = st.builds(
    Wanted,
    st.none() | st.sampled_from(VENDORS),
    st.none() | st.sampled_from(["polled.*", "timed.1", "*", "items.2*"]),
    st.none() | st.sampled_from(["polled", "timed", "items"]),
    st.none() | st.sampled_from(["waiting", "failed", "succeeded", "processing"]),
)


@given(
    st.lists(st.tuples(KEYS, st.integers(0, 4_000)), max_size=30),
    WANTED,
    st.integers(1, 5),
    st.integers(1, 9),
    st.sampled_from(["born", "activity"]),
    st.booleans(),
)
@settings(max_examples=80, deadline=None)
def test_the_pages_together_are_all_that_is_wanted(
    polls: list[tuple[Key, int]], wanted: Wanted, limit: int, look: int, order: str, back: bool
) -> None:
    world = World(POLLED, TIMED, ITEMS)
    if back:  # so that records are ahead of the clock
        world.do.time.advance(50_000)
    for key, gap in polls:
        world.poll(key.id, key.vendor)
        world.now.ms += gap
    if back:
        world.do.reset.reset(["clock"])
    found: list[TaskView] = []
    before = ""
    looked = 0
    while True:
        page = world.do.tasks.page(wanted, Paging(limit, look, order, before))  # type: ignore[arg-type]  # one of two words
        assert len(page.views) <= limit
        assert page.looked <= max(look, len(VENDORS))
        assert page.kept == len({key for key, _ in polls})
        found += page.views
        looked += page.looked
        if page.next is None:
            break
        before = page.next
    assert sorted(found, key=str) == sorted(world.do.tasks.list(wanted), key=str)
    assert order == "activity" or wanted.id == "timed.1" or found == list(world.do.tasks.list(wanted))


@pytest.fixture(scope="module")
def many() -> World:
    """More tasks than a page looks at, all waiting but one, which the journal does not keep any more."""
    world = World(POLLED, TIMED, ITEMS, room=10_000, kept=1_000)
    world.statuses(2, "polled.ended")
    for k in range(5_000):
        world.poll(f"timed.{k}")
    return world


class Counting:
    """Counts what is looked at."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.looked: Counter[str] = Counter()
        owners: tuple[tuple[type, str], ...] = (
            *((MemoryStore, name) for name in ("look", "history", "read", "scan", "entries", "counters")),
            (Journal, "kept"),
        )
        for owner, name in owners:
            monkeypatch.setattr(owner, name, self.counting(name, getattr(owner, name)))

    def counting(self, name: str, method: Callable[..., object]) -> Callable[..., object]:
        def counted(*args: object, **named: object) -> object:
            found = method(*args, **named)
            rows = getattr(found, "rows", found)
            self.looked[name] += len(rows) if name in ("look", "history") and isinstance(rows, tuple) else 1
            return found

        return counted


PAGES = {
    "the first": (Wanted(), Paging(50), 51),
    "the latest": (Wanted(), Paging(50, order="activity"), 51),
    "failed": (Wanted(state="failed"), Paging(50), LOOK.value),
    "failed, latest first": (Wanted(state="failed"), Paging(50, order="activity"), LOOK.value),
    "a beginning": (Wanted(id="timed.49*"), Paging(50), LOOK.value),
    "one": (Wanted(id="timed.4900"), Paging(50), 0),
}


@pytest.mark.parametrize("name", PAGES)
def test_no_page_looks_at_more_tasks_than_it_says_or_copies_the_journal(
    many: World, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted, paging, most = PAGES[name]
    counting = Counting(monkeypatch)
    page = many.do.tasks.page(wanted, paging)
    assert counting.looked["look"] <= most
    assert counting.looked["history"] <= 50 * 64
    assert counting.looked["read"] <= 3
    assert not any(counting.looked[each] for each in ("scan", "entries", "kept", "counters"))
    assert page.looked <= max(most, 3)


def test_a_search_says_how_far_it_looked_and_goes_on_from_there(many: World) -> None:
    first = many.do.tasks.page(Wanted(state="succeeded", scenario="polled"), Paging())
    assert (first.views, first.looked, first.kept) == ((), LOOK.value, 5_001)
    assert first.next is not None
    found: list[TaskView] = []
    before, looked = "", 0
    while True:
        page = many.do.tasks.page(Wanted(id="polled*"), Paging(order="activity", before=before))
        found += page.views
        looked += page.looked
        if page.next is None:
            break
        before = page.next
    assert ([view.id for view in found], looked) == (["polled.ended"], 5_001)


def test_the_pulse_counts_nothing(many: World, monkeypatch: pytest.MonkeyPatch) -> None:
    counting = Counting(monkeypatch)
    pulse = many.do.pulse()
    assert (pulse.glance.tasks, pulse.glance.exchanges) == (5_001, 5_002)
    assert not counting.looked


def test_an_exact_id_is_read_whoever_its_vendor_is() -> None:
    world = World(POLLED)
    for vendor in VENDORS:
        world.poll("polled.1", vendor)
    page = world.do.tasks.page(Wanted(id="polled.1"), Paging())
    assert sorted(view.vendor for view in page.views) == sorted(VENDORS)
    assert (page.looked, page.next) == (3, None)
    assert len(world.do.tasks.page(Wanted(id="polled.1", vendor="qiniu"), Paging()).views) == 1
    assert world.do.tasks.page(Wanted(id="polled.1", state="waiting"), Paging()).views == ()
