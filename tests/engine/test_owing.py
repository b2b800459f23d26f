"""What a task comes to owe: once, at the moment of its cause, however late and however often anyone looks."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Literal, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.emulator.commit import earlier, moved
from mock_server.engine.cursor import born
from mock_server.engine.notify import Notify, Sending
from mock_server.engine.outbox import Outbox, Which, Who, outbox_of
from mock_server.engine.owing import asked, noted, told
from mock_server.engine.run import Run, birth, run_of
from mock_server.engine.scenario import Item, ItemStep, Scenario, Shown, State, Step
from mock_server.engine.state import is_end
from mock_server.engine.task import Key, Reason, new_task, unpack
from tests.engine.test_item_steps import WHOLE
from tests.support.strategies import VENDOR, lasting, loaded_items, notifies, scenario_of, scenarios, ways

KEY = Key(VENDOR, "made-up.1")
BEGIN = 1_000
TIMED = scenario_of(
    Step("waiting", State.WAITING, lasts=lasting(1_000), edges=ways(1)),
    Step("processing", State.PROCESSING, lasts=lasting(5_000), edges=ways(2)),
    Step("succeeded", State.SUCCEEDED),
)
POLLED = scenario_of(
    Step("processing", State.PROCESSING, polls=1, edges=ways(1)),
    Step("failed", State.FAILED),
)
ONE_BY_ONE = scenario_of(
    WHOLE,
    items=tuple(
        Item(
            steps=(
                ItemStep("p", State.PROCESSING, lasts=lasting(at), edges=ways(1)),
                ItemStep("s", State.SUCCEEDED),
            )
        )
        for at in (3_000, 1_000)
    ),
)


class Came(NamedTuple):
    """Somebody who came `gap` milliseconds later: to look, poll, move the task or an item, or make it older."""

    gap: int
    what: Literal["look", "poll", "goto", "item", "shift"]
    item: int = 0
    to: int = 0


callers = st.lists(
    st.builds(
        Came,
        st.integers(0, 3_000),
        st.sampled_from(("look", "poll", "poll", "poll", "goto", "item", "shift")),
        st.integers(0, 9),
        st.integers(0, 9),
    ),
    max_size=12,
)

Between = Literal["nobody", "woken", "all"]
"""Who looks between two callers: nobody; somebody at each wake; somebody whenever time moves anything."""


class World:
    """One task with an address, as it is stored, and when it wants to be woken."""

    def __init__(
        self, scenario: Scenario, *, each: bool = False, seed: int = 0, between: Between = "nobody", address: str = "u"
    ) -> None:
        self.scenario = scenario
        self.now = BEGIN
        self.between = between
        outbox = Outbox("each").text() if each else ""
        self.causes: dict[Which, int] = {}
        self.keep(birth(scenario, KEY, new_task(scenario, seed, born(BEGIN), notify=address, outbox=outbox)))

    def keep(self, run: Run, *, polls: bool = False, by_hand: bool = False) -> None:
        change = moved(run, run.polled()[0] if polls else None, by_hand=by_hand)
        assert change.record is not None
        self.task = unpack(change.record)
        self.wake = change.wake
        assert not (change.ended and self.box.owed)
        if self.wake is not None:
            assert self.wake > self.now or self.wake == self.box.next_due

    @property
    def box(self) -> Outbox:
        return outbox_of(self.task.outbox)

    @property
    def run(self) -> Run:
        return run_of(self.scenario, KEY, self.task, self.now)

    def wait(self, by: int) -> None:
        """Lets time pass."""
        target = self.now + by
        while self.between != "nobody":
            soon = self.run.due if self.between == "all" else self.wake
            if soon is None or not self.now < soon <= target:
                break
            self.now = soon
            self.keep(self.run)
        self.now = target

    def let(self, came: Came) -> None:
        """Lets somebody come."""
        self.wait(came.gap)
        run = self.run
        match came.what:
            case "look":
                self.keep(run)
            case "poll":
                self.keep(run, polls=True)
            case "shift":
                older = earlier(self.scenario, noted(run).run.task, came.to * 400)
                self.keep(run_of(self.scenario, KEY, older, self.now))
            case "item" if self.scenario.by_items:
                item = came.item % len(run.items)
                to = came.to % len(run.items[item].steps)
                self.keep(noted(run).run.items_hopped({item: to}), by_hand=True)
            case _:
                self.keep(noted(run).run.hopped(came.to % len(self.scenario.steps)), by_hand=True)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Scenario, bool, int]:
    """Any scenario with any notifications, whether each item is told by itself, and a seed."""
    if draw(st.booleans()):
        scenario = scenario_of(WHOLE, items=tuple(draw(st.lists(loaded_items(), min_size=1, max_size=3))))
    else:
        scenario = draw(scenarios())
        shown = st.lists(st.sampled_from([State.PROCESSING, State.SUCCEEDED, State.FAILED]), min_size=2, max_size=2)
        steps = [
            dataclasses.replace(step, items=tuple(map(Shown, draw(shown)))) if draw(st.booleans()) else step
            for step in scenario.steps
        ]
        scenario = dataclasses.replace(scenario, steps=tuple(steps), items={VENDOR: (Item(), Item())})
    return dataclasses.replace(scenario, notify=draw(notifies(scenario))), draw(st.booleans()), draw(st.integers(0, 9))


def what_is_owed(world: World) -> tuple[list[tuple[object, ...]], dict[Which, str]]:
    """All but the numbers, whose order is that of looks. Bodies do not tell how many polls a finished step took."""
    box = world.box
    return sorted((each[1:4], each.moment) for each in box.owed), dict(box.done)


@given(worlds(), callers)
def test_how_often_anyone_looks_makes_no_difference(setting: tuple[Scenario, bool, int], came: list[Came]) -> None:
    scenario, each, seed = setting
    alone, *others = [World(scenario, each=each, seed=seed, between=who) for who in ("nobody", "woken", "all")]
    for caller in (*came, Came(30_000, "look")):
        for world in (alone, *others):
            world.let(caller)
    assert [what_is_owed(world) for world in others] == [what_is_owed(alone)] * 2


def ends_of(run: Run) -> Iterator[tuple[int | None, State]]:
    """Who has ended, and how: items by their position, the whole as None."""
    if run.scenario.by_items:
        states = [place.state for place in run.places]
        yield from ((k, state) for k, state in enumerate(states) if is_end(state))
        if all(map(is_end, states)):
            yield None, State.SUCCEEDED
    elif run.step.state is not None:
        shown = run.step.items or (Shown(run.step.state),) * len(run.items)
        yield from ((k, each.state) for k, each in enumerate(shown) if is_end(each.state))
        if is_end(run.step.state):
            yield None, run.step.state


@given(worlds(), callers)
def test_it_owes_once_what_the_scenario_says_and_never_before_its_cause(
    setting: tuple[Scenario, bool, int], came: list[Came]
) -> None:
    """The model looks whenever anything moves, and keeps the first moment of every end and of every entry."""
    scenario, each, seed = setting
    world = World(scenario, each=each, seed=seed, between="all")
    first: dict[tuple[str, int | None], int] = {("step", 0): BEGIN}
    first |= {("end", who): BEGIN for who, _ in ends_of(world.run)}
    keep, shifted = world.keep, [0]

    def looked(run: Run, **how: bool) -> None:
        keep(run, **how)
        at = world.now + shifted[0]
        after = world.run
        first.setdefault(("step", after.cursor.step), after.cursor.since + shifted[0])
        for who, _ in ends_of(after):
            first.setdefault(("end", who), at)

    world.keep = looked  # type: ignore[method-assign]  # the model looks at every change
    for caller in came:
        if caller.what == "shift":
            continue
        world.let(caller)
    count = len(world.run.items)
    wanted: dict[Which, int] = {}
    for k, sending in enumerate(scenario.notify.send):
        for who in range(count) if each else (None,):
            if sending.item not in (None, who):
                continue
            cause = ("end", who) if sending.on is None else ("step", sending.on)
            if cause in first:
                delay = 0 if sending.after is None else sending.after.low
                wanted[k, who] = first[cause] + delay
    found = {(one.sending, one.item): one.due for one in world.box.owed}
    assert found.keys() == wanted.keys()
    for which, at in wanted.items():
        after = scenario.notify.send[which[0] or 0].after
        spread = 0 if after is None else after.high - after.low
        assert at <= found[which] <= at + spread
    assert not world.box.done


@given(worlds(), callers)
def test_a_task_without_an_address_owes_nothing_and_is_not_woken(
    setting: tuple[Scenario, bool, int], came: list[Came]
) -> None:
    world = World(setting[0], seed=setting[2], address="")
    for caller in came:
        world.let(caller)
    assert (world.task.outbox, world.wake) == ("", None)


def owed(world: World) -> list[tuple[int | None, int]]:
    """The items that are told, and when."""
    return [(each.item, each.due) for each in world.box.owed]


def test_by_time_it_is_owed_from_the_very_end_on_however_late_anyone_looks() -> None:
    world = World(TIMED)
    assert (world.box, world.wake) == (Outbox(), BEGIN + 1_000)
    world.let(Came(3_600_000, "look"))
    assert owed(world) == [(None, BEGIN + 6_000)]
    assert world.wake == BEGIN + 6_000


def test_a_poll_that_ends_it_makes_it_owe_at_that_moment() -> None:
    world = World(POLLED)
    world.let(Came(70, "poll"))
    assert owed(world) == [(None, BEGIN + 70)]


def test_a_person_who_moves_it_to_and_fro_makes_it_owe_once() -> None:
    world = World(TIMED)
    for to in (2, 0, 2, 1, 2):
        world.let(Came(10, "goto", to=to))
    assert owed(world) == [(None, BEGIN + 10)]


def test_what_time_did_before_a_person_moved_it_back_is_owed() -> None:
    world = World(TIMED)
    world.let(Came(9_000, "goto", to=0))
    assert owed(world) == [(None, BEGIN + 6_000)]


def test_a_task_that_begins_with_its_end_owes_at_birth() -> None:
    assert owed(World(scenario_of(Step("succeeded", State.SUCCEEDED)))) == [(None, BEGIN)]


def test_a_first_end_that_says_that_the_notification_failed_owes_none_for_ever() -> None:
    ends = scenario_of(
        Step("p", State.PROCESSING, polls=1, edges=ways(1)),
        Step("n", State.NOTIFY_FAILED),
        Step("s", State.SUCCEEDED),
    )
    world = World(ends)
    world.let(Came(0, "poll"))
    world.let(Came(0, "goto", to=2))
    assert (owed(world), world.box.done, world.wake) == ([], {(0, None): "none"}, None)


def test_an_error_that_stands_for_ever_is_no_end() -> None:
    error = scenario_of(Step("p", State.PROCESSING, polls=1, edges=ways(1)), Step("error", error=404))
    world = World(error)
    world.let(Came(0, "poll"))
    assert owed(world) == []


def test_the_whole_is_owed_when_the_last_item_ends_and_each_item_when_it_does() -> None:
    whole, each = World(ONE_BY_ONE), World(ONE_BY_ONE, each=True)
    for world in (whole, each):
        world.let(Came(10_000, "look"))
    assert owed(whole) == [(None, BEGIN + 3_000)]
    assert owed(each) == [(1, BEGIN + 1_000), (0, BEGIN + 3_000)]
    assert [told(each.run, one).shown for one in each.box.owed] == [
        (Shown(State.PROCESSING), Shown(State.SUCCEEDED)),
        (Shown(State.SUCCEEDED), Shown(State.SUCCEEDED)),
    ]


def test_items_that_no_sending_names_are_not_told_where_some_are() -> None:
    out_of_order = Notify(send=(Sending(item=1, after=lasting(5_000)),))
    world = World(dataclasses.replace(ONE_BY_ONE, notify=out_of_order), each=True)
    world.let(Came(10_000, "look"))
    assert owed(world) == [(1, BEGIN + 6_000)]


@pytest.mark.parametrize(
    ("sending", "due", "step"),
    [
        (Sending(on=1), BEGIN + 1_000, "processing"),
        (Sending(on=1, shows=2), BEGIN + 1_000, "succeeded"),
        (Sending(after=lasting(300_000)), BEGIN + 306_000, "succeeded"),
        (Sending(on=0, after=lasting(10)), BEGIN + 10, "waiting"),
    ],
)
def test_a_sending_says_when_and_what(sending: Sending, due: int, step: str) -> None:
    world = World(dataclasses.replace(TIMED, notify=Notify(send=(sending,))))
    world.let(Came(10_000, "look"))
    (one,) = world.box.owed
    assert (one.due, told(world.run, one).step.name) == (due, step)


def test_a_scenario_that_never_tells_owes_nothing_and_is_not_woken() -> None:
    world = World(dataclasses.replace(TIMED, notify=Notify(send=())))
    world.let(Came(10_000, "look"))
    assert (world.task.outbox, world.wake) == ("", None)


def test_what_is_told_stays_as_it_was_whatever_becomes_of_the_task() -> None:
    world = World(TIMED)
    world.keep(noted(world.run).run.hopped(2, Reason("no codec")), by_hand=True)
    (one,) = world.box.owed
    before = told(world.run, one)
    for came in (Came(500, "goto", to=0), Came(500, "shift", to=1), Came(9_000, "poll")):
        world.let(came)
    after = told(world.run, world.box.owed[0])
    assert (after.cursor, after.now, after.shown, after.task.manual) == (
        before.cursor,
        before.now,
        before.shown,
        before.task.manual,
    )


def test_a_person_may_have_it_told_what_it_shows_again_and_again() -> None:
    world = World(TIMED)
    for _ in range(2):
        world.wait(1_500)
        after, box = asked(world.run)
        assert after.task.outbox == box.text()
        world.keep(after)
    assert owed(world) == [(None, BEGIN + 1_500), (None, BEGIN + 3_000)]
    assert [told(world.run, one).step.name for one in world.box.owed] == ["processing", "processing"]
    world.let(Came(9_000, "look"))
    assert owed(world)[2:] == [(None, BEGIN + 6_000)]


class TestAttempts:
    """What attempts make of what is owed."""

    def box(self) -> Outbox:
        world = World(ONE_BY_ONE, each=True)
        world.let(Came(10_000, "look"))
        return world.box

    def test_they_are_made_one_after_the_other_by_due_moment_and_number(self) -> None:
        box = self.box()
        first = box.due(BEGIN + 9_999)
        assert first is not None
        assert (first.item, box.due(BEGIN + 999)) == (1, None)
        taken = box.taken(first, "token")
        assert (taken.due(10**9), taken.next_due) == (None, None)
        again = taken.under_way("token")
        assert again is not None
        assert (taken.under_way("other"), taken.under_way(""), box.under_way("")) == (None, None, None)
        tried = taken.tried(again, 99_000)
        assert (tried.next_due, tried.progress()) == (BEGIN + 3_000, {1: "trying", 0: "owed"})
        assert tried.owed[0] == first._replace(attempts=1, due=99_000)

    def test_what_became_of_them_stays_noted(self) -> None:
        box = self.box()
        for outcome in ("delivered", "refused"):
            one = box.due(10**9)
            assert one is not None
            box = box.finished(one, outcome)
        assert (box.owed, box.done, box.next_due) == ((), {(0, 1): "delivered", (0, 0): "refused"}, None)
        assert box.progress() == {1: "delivered"}

    def test_of_several_the_one_that_is_further_from_the_end_is_told(self) -> None:
        two = dataclasses.replace(TIMED, notify=Notify(send=(Sending(), Sending(after=lasting(10)))))
        world = World(two)
        world.let(Came(10_000, "look"))
        box = world.box
        assert box.progress() == {None: "owed"}
        box = box.finished(box.owed[0], "delivered")
        assert box.progress() == {None: "owed"}
        assert box.finished(box.owed[0], "failed").progress() == {None: "failed"}

    def test_those_that_people_asked_for_change_nothing_that_is_shown(self) -> None:
        world = World(TIMED)
        box = asked(world.run).box
        assert (box.progress(), box.asked_for()) == ({}, 1)
        done = box.finished(box.owed[0], "failed")
        assert (done.progress(), done.done) == ({}, {(None, None): "failed"})

    @pytest.mark.parametrize("who", ["whole", "each", "nobody"])
    def test_a_text_holds_all_of_it(self, who: Who) -> None:
        box = self.box()._replace(who=who)
        first = box.due(10**9)
        assert first is not None
        box = box.taken(first, "token")
        for one in (box, box.idle(), box.earlier(700), box.finished(box.owed[0], "none"), Outbox(), Outbox(who)):
            assert outbox_of(one.text()) == one
        assert [one.token for one in box.idle().owed] == ["", ""]
        assert [one.due for one in box.earlier(700).owed] == [BEGIN + 300, BEGIN + 2_300]

    def test_a_thousand_items_that_end_at_a_thousand_moments_do_not_cost_the_square(self) -> None:
        steps = [
            (ItemStep("p", State.PROCESSING, lasts=lasting(1 + k), edges=ways(1)), ItemStep("s", State.SUCCEEDED))
            for k in range(1_000)
        ]
        world = World(scenario_of(WHOLE, items=tuple(Item(steps=both) for both in steps)), each=True)
        world.let(Came(10_000, "look"))
        assert owed(world) == [(k, BEGIN + 1 + k) for k in range(1_000)]
