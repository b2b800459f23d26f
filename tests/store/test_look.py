"""Bounded looks at the tasks: every task once, in order, however the looks are cut; and they cost no more than that."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.api.words import Order
from mock_server.engine.task import Key
from mock_server.store.look import FIRST, Place
from mock_server.store.store import Change
from tests.support.calls import calls_of
from tests.support.emulators import VENDORS, World, scenario
from tests.support.stores import KINDS, StoreKind

HELD = scenario(
    "steps: [{state: processing, hold: true, next: processing-too}, {state: processing, name: processing-too}]"
)
KEYS = st.builds(Key, st.sampled_from(VENDORS), st.integers(0, 5).map(lambda k: f"made-up.{k}"))


def keys(world: World, order: Order, most: int, vendor: str | None = None) -> list[Key]:
    """Every key that looks of at most `most` tasks show, by way of the text of each place."""
    found: list[Key] = []
    place: Place | None = FIRST[order]
    while place is not None:
        look = world.store.look(Place.parse(str(place)), most, vendor)
        assert len(look.rows) <= most
        found += [row.key for row in look.rows]
        place = look.next
    return found


@pytest.mark.parametrize("store", KINDS)
@given(
    acts=st.lists(st.tuples(st.sampled_from(["poll", "create", "goto", "drop", "forget", "peek"]), KEYS), max_size=30),
    most=st.integers(1, 9),
    kept=st.sampled_from([3, 1_000]),
)
@settings(max_examples=60, deadline=None)
def test_however_it_is_cut_a_look_shows_each_task_once_in_its_order(
    store: StoreKind, acts: list[tuple[str, Key]], most: int, kept: int
) -> None:
    world = World(HELD, kept=kept, store=store)
    born: dict[Key, None] = {}
    active: dict[Key, int] = {}
    for now, (act, key) in enumerate(acts):
        if act == "forget":
            world.store.entries(forget=lambda entry, id=key.id: entry.id == id)  # type: ignore[misc]  # a default binds
            continue
        if act == "drop":
            world.store.transact(key, lambda *_: Change(drop=True))
            born.pop(key, None)
            continue
        if act == "create" and key not in born:
            world.do.tasks.create(key.vendor, "made-up", key.id)
        elif act == "goto" and key in born:
            world.do.tasks.goto(key, "processing-too")
        elif act == "poll":
            world.poll(key.id, key.vendor)
        elif act == "peek" and key in born:
            world.poll(key.id, key.vendor, "HEAD")
        else:
            continue
        born.setdefault(key)
        active[key] = now
    births = [
        key
        for vendor in dict.fromkeys(key.vendor for key, _ in world.store.scan())
        for key in born
        if key.vendor == vendor
    ]
    assert keys(world, "born", most) == births
    shown = keys(world, "activity", most)
    assert sorted(shown) == sorted(born)
    there = [key for key in shown if world.store.history(key, 1) or world.store.moves(key)]
    assert shown[: len(there)] == there
    if kept > 3 and not any(act == "forget" for act, _ in acts):
        assert there == sorted(there, key=lambda key: -active[key])
    for vendor in VENDORS:
        assert sorted(keys(world, "activity", most, vendor)) == sorted(key for key in born if key.vendor == vendor)


@pytest.fixture(scope="module", params=KINDS)
def full(request: pytest.FixtureRequest) -> World:
    """Many tasks, of which the journal keeps but the last."""
    world = World(HELD, room=10_000, kept=1_000, store=request.param)
    for k in range(3_000):
        world.poll(f"made-up.{k}")
    return world


@pytest.mark.parametrize("order", ["born", "activity"])
def test_a_look_copies_its_rows_alone(full: World, order: Order) -> None:
    look = full.store.look(FIRST[order], 50)
    first, last = (0, 49) if order == "born" else (2_999, 2_950)
    assert (look.rows[0].key.id, look.rows[-1].key.id, len(look.rows)) == (f"made-up.{first}", f"made-up.{last}", 50)


def test_tasks_of_which_nothing_is_kept_come_last_the_last_born_first(full: World) -> None:
    found = [key.id for key in keys(full, "activity", 500)]
    assert found == [f"made-up.{k}" for k in reversed(range(3_000))]


@pytest.mark.parametrize("store", KINDS)
def test_a_task_that_is_polled_between_two_looks_is_not_shown_again(store: StoreKind) -> None:
    world = World(HELD, store=store)
    for k in range(6):
        world.poll(f"made-up.{k}")
    first = world.store.look(FIRST["activity"], 3)
    world.poll("made-up.5")
    assert first.next is not None
    assert [row.key.id for row in world.store.look(first.next, 9).rows] == ["made-up.2", "made-up.1", "made-up.0"]


NO_PLACES = (
    "born.-5.0.qiniu",
    "born.+5.0.qiniu",
    "born.99999999999999999999.0.qiniu",
    "born.1000000000000000001.0.qiniu",
    "active.5.-99999999999999999999.",
    "active.5.1000000000000000001.",
    "born.1_0.0.",
    "born.\u0661.0.qiniu",
    "born. 1.0.qiniu",
    "born.01.0.qiniu",
)


@pytest.mark.parametrize("text", ["", "born", "born.1.2", "later.1.2.v", "born.x.0.v", *NO_PLACES])
def test_a_text_that_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # of whatever kind
        Place.parse(text)


def test_a_vendors_name_may_hold_anything() -> None:
    place = Place("rest", 3, 0, "a.b.c")
    assert Place.parse(str(place)) == place


def test_the_history_of_a_task_is_found_without_looking_at_others(full: World) -> None:
    key = Key("qiniu", "made-up.2500")
    for _ in range(3):
        full.poll(key.id)
    numbers = [entry.number for entry in full.store.history(key, 10)]
    assert numbers == [3_003, 3_002, 3_001, 2_501]
    assert [entry.number for entry in full.store.history(key, 2, before=3_002)] == [3_001, 2_501]
    assert [entry.number for entry in full.store.history(Key("huawei", key.id), 10)] == []


@pytest.mark.parametrize("store", KINDS)
@given(acts=st.lists(st.tuples(KEYS, st.booleans()), max_size=25))
@settings(deadline=None)
def test_the_history_is_what_a_walk_through_the_journal_finds(store: StoreKind, acts: list[tuple[Key, bool]]) -> None:
    world = World(HELD, kept=6, store=store)
    for key, forget in acts:
        world.poll(key.id, key.vendor)
        if forget:
            world.store.entries(forget=lambda entry, id=key.id: entry.id == id)  # type: ignore[misc]  # a default binds
    for key in {key for key, _ in acts}:
        walked = tuple(each for each in reversed(world.entries()) if (each.vendor, each.id) == key)
        assert world.store.history(key, 100) == walked
        assert world.store.history(key, 1) == walked[:1]
        for before in range(1, len(acts) + 2):
            older = tuple(each for each in walked if each.number < before)
            assert world.store.history(key, 2, before) == older[:2]


def twice(each: int) -> World:
    """A world in which one id was polled so often at one vendor, and then as often at another."""
    world = World(HELD)
    for vendor in ("qiniu", "wangsu"):
        for _ in range(each):
            world.poll("made-up.1", vendor)
    return world


def test_a_move_is_placed_without_walking_what_another_vendor_was_asked_of_the_same_id() -> None:
    counts = []
    for each in (200, 400):
        world = twice(each)
        for k in range(each):
            world.do.tasks.goto(Key("qiniu", "made-up.1"), ("processing-too", "processing")[k % 2])
        counts.append(calls_of(lambda world=world: world.store.look(FIRST["activity"], 40)))  # type: ignore[misc]  # a default binds
    assert counts[1] <= counts[0] + 3


def test_a_look_by_activity_costs_as_much_as_it_walks() -> None:
    world = twice(400)
    counts = [calls_of(lambda most=most: world.store.look(FIRST["activity"], most)) for most in (100, 200)]  # type: ignore[misc]  # a default binds
    assert counts[1] <= 2 * counts[0]


def test_a_slice_of_a_history_begins_where_the_one_before_it_ended() -> None:
    world = twice(400)
    key = Key("qiniu", "made-up.1")
    counts = [calls_of(lambda before=before: world.store.history(key, 10, before)) for before in (0, 391, 91)]  # type: ignore[misc]  # a default binds
    assert max(counts) <= min(counts) + 3
    assert [entry.number for entry in world.store.history(key, 2, 91)] == [90, 89]


@pytest.mark.parametrize("store", KINDS)
def test_the_glance_counts_what_is_there(store: StoreKind) -> None:
    world = World(scenario("steps: [{state: waiting, polls: 1}, {state: succeeded}]"), kept=3, store=store)
    world.statuses(3)
    world.statuses(1, "made-up.2")
    glance = world.store.glance()
    assert (glance.tasks, glance.ended, glance.exchanges, glance.polls, glance.evicted) == (2, 1, 4, 4, 1)
    world.do.time.freeze()
    assert world.store.glance().changes == glance.changes + 1
