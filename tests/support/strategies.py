"""Scenarios as values: short makers to write them by hand, and Hypothesis strategies that draw any valid one."""

from __future__ import annotations

from typing import Literal, NamedTuple

from hypothesis import strategies as st

from mock_server.engine.cursor import Cursor
from mock_server.engine.draws import Draws
from mock_server.engine.notify import Notify, NotifyStatus, Sending, Signed
from mock_server.engine.scenario import Edge, Item, ItemStep, Scenario, Span, State, Step

VENDOR = "acme"
"""A vendor that does not exist: the engine must not care."""

LATEST = 20_000
"""No drawn moment lies beyond it; drawn steps last 1 to 3,000."""

Asking = Literal["counted", "uncounted", "look"]


class Ask(NamedTuple):
    """Somebody comes `gap` milliseconds after the one before: with a poll that counts or not, or only to look."""

    gap: int
    kind: Asking


class Walk(NamedTuple):
    """A task in the middle of a scenario, and who comes to see it."""

    scenario: Scenario
    draws: Draws
    cursor: Cursor
    asks: tuple[Ask, ...]


def scenario_of(*steps: Step, items: tuple[Item, ...] = (), expires: int | None = None) -> Scenario:
    """A scenario of these steps and items, for the made-up vendor."""
    return Scenario("made-up", "0", "", steps, (VENDOR,), items={VENDOR: items} if items else {}, expires=expires)


def lasting(low: int, high: int | None = None) -> Span:
    """A span, or a fixed length."""
    return Span(low, low if high is None else high)


def ways(*to: int) -> tuple[Edge, ...]:
    """Edges of equal weight to these steps."""
    return tuple(Edge(k) for k in to)


def draws() -> st.SearchStrategy[Draws]:
    """The draws of any task."""
    return st.builds(Draws, st.integers(0, 2**32), st.text(max_size=8))


@st.composite
def spans(draw: st.DrawFn) -> Span:
    """A fixed length or a drawn one."""
    low = draw(st.integers(1, 2_000))
    return Span(low, low + draw(st.sampled_from([0, 0, 1, 1_000])))


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """Any scenario that the loader would let through, as far as moving is concerned.

    Steps that time can end lead only to steps of a higher rank or to steps without `for`, so that every loop has a
    step without `for`.
    """
    count = draw(st.integers(2, 6))
    lengths = draw(st.lists(spans() | spans() | st.none(), min_size=count, max_size=count))
    ranks = draw(st.permutations(range(count)))
    return scenario_of(*(draw(_steps(k, lengths, ranks)) for k in range(count)))


@st.composite
def _steps(draw: st.DrawFn, k: int, lengths: list[Span | None], ranks: list[int]) -> Step:
    lasts = lengths[k]
    targets = [to for to, its in enumerate(lengths) if lasts is None or its is None or ranks[to] > ranks[k]]
    polls = draw(st.integers(1, 4)) if lasts is None else draw(st.none() | st.integers(1, 4))
    if not targets or draw(st.integers(0, 9)) == 0:
        return Step(f"step-{k}", State.SUCCEEDED)
    edges = draw(st.lists(st.builds(Edge, st.sampled_from(targets), st.integers(0, 9)), min_size=1, max_size=3))
    hold = draw(st.integers(0, 9)) == 0
    return Step(f"step-{k}", State.PROCESSING, polls=polls, lasts=lasts, edges=tuple(edges), hold=hold)


@st.composite
def cursors(draw: st.DrawFn, scenario: Scenario) -> Cursor:
    """Any place that a task of this scenario can be in."""
    k = draw(st.integers(0, len(scenario.steps) - 1))
    step = scenario.steps[k]
    born = draw(st.integers(0, 1_000))
    since = born + draw(st.integers(0, 1_000))
    polls = draw(st.integers(0, step.polls - 1 if step.polls and step.moves else 9))
    return Cursor(born, since, k, polls, draw(st.integers(0, 9)), polls + draw(st.integers(0, 9)))


def moments() -> st.SearchStrategy[int]:
    """A virtual moment, before or after those a drawn cursor knows."""
    return st.integers(-1_000, LATEST)


@st.composite
def walks(draw: st.DrawFn) -> Walk:
    """Any task of any scenario, and up to a dozen who come to see it."""
    scenario = draw(scenarios())
    kinds: st.SearchStrategy[Asking] = st.sampled_from(["counted", "counted", "uncounted", "look"])
    asks = draw(st.lists(st.builds(Ask, st.integers(0, 3_000), kinds), max_size=12))
    return Walk(scenario, draw(draws()), draw(cursors(scenario)), tuple(asks))


@st.composite
def items(draw: st.DrawFn) -> Item:
    """An item with steps of its own, each left by polls or by time, and only forward."""
    count = draw(st.integers(1, 5))
    return Item(steps=tuple(draw(_item_steps(k, count)) for k in range(count)))


@st.composite
def loaded_items(draw: st.DrawFn) -> Item:
    """An item that the loader lets through: its steps all count polls or all count time, and a person may be needed."""
    count, timed = draw(st.integers(1, 5)), draw(st.booleans())
    return Item(steps=tuple(draw(_item_steps(k, count, timed)) for k in range(count)))


@st.composite
def _item_steps(draw: st.DrawFn, k: int, count: int, timed: bool | None = None) -> ItemStep:
    if k == count - 1:
        return ItemStep(f"step-{k}", State.SUCCEEDED)
    if timed is not None and draw(st.integers(0, 9)) == 0:
        return ItemStep(f"step-{k}", State.PROCESSING, edges=(Edge(k + 1, 0), Edge(count - 1, 0)), hold=True)
    edges = draw(st.lists(st.builds(Edge, st.integers(k + 1, count - 1), st.integers(1, 9)), min_size=1, max_size=3))
    ends_by = draw({None: st.integers(1, 4) | spans(), True: spans(), False: st.integers(1, 4)}[timed])
    if isinstance(ends_by, Span):
        return ItemStep(f"step-{k}", State.PROCESSING, lasts=ends_by, edges=tuple(edges))
    return ItemStep(f"step-{k}", State.PROCESSING, polls=ends_by, edges=tuple(edges))


@st.composite
def notifies(draw: st.DrawFn, scenario: Scenario) -> Notify:
    """Any notifications that the loader would let through for this scenario, whoever its vendor is."""
    steps = st.none() if scenario.by_items else st.none() | st.integers(0, len(scenario.steps) - 1)
    count = max((len(items) for items in scenario.items.values()), default=0)
    items = st.none() | st.integers(0, count - 1) if count else st.none()
    words: st.SearchStrategy[Signed] = st.sampled_from(["right", "wrong", "no"])
    sending = st.builds(Sending, steps, st.none() | spans(), steps, items, words, st.booleans())
    status: st.SearchStrategy[NotifyStatus] = st.sampled_from(["script", "real"])
    return draw(st.builds(Notify, status, st.lists(sending, max_size=4).map(tuple)))
