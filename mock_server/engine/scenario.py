"""A scenario as a value: what the loader made of one file, and all that the engine reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, NamedTuple

from mock_server.engine.durations import DAY as DAY
from mock_server.engine.durations import Daily as Daily
from mock_server.engine.durations import Rate as Rate
from mock_server.engine.durations import Span as Span
from mock_server.engine.durations import Window as Window
from mock_server.engine.notify import ONE_AT_THE_END, Notify
from mock_server.engine.state import FAILURES as FAILURES
from mock_server.engine.state import RANK as RANK
from mock_server.engine.state import State as State
from mock_server.engine.state import is_end as is_end
from mock_server.engine.submits import Wanted
from mock_server.types import Json

Profile = Literal["document", "sdk", "live"]


EXPIRED = "expired"
"""What stands for the step's name once the vendor has forgotten a task; no step may be called so."""


class Edge(NamedTuple):
    """A way out of a step: to which step, and its weight. Weight 0 is an edge for hands only."""

    to: int
    weight: int = 1


class Shown(NamedTuple):
    """What one item shows: its state, and the reason if it failed (None: the pool's)."""

    state: State
    reason: str | None = None


@dataclass(frozen=True)
class Adjust:
    """The hand-written part of a response. Paths are tuples of keys and positions; `"*"` stands for every position."""

    put: Mapping[str, tuple[tuple[tuple[str | int, ...], Json], ...]] = field(default_factory=dict)
    """Per vendor: `(path, value)` in that vendor's body."""
    drop: Mapping[str, tuple[tuple[str | int, ...], ...]] = field(default_factory=dict)
    """Per vendor: paths removed from that vendor's body."""
    status: int | None = None
    headers: tuple[tuple[str, str | None], ...] = ()
    """Set or, with None, removed."""
    off_contract: bool = False
    inconsistent: bool = False


NO_ADJUST = Adjust()


@dataclass(frozen=True)
class Step:
    """One stretch of a scenario: what polls see there (`state` or `error`), and when the task leaves it.

    It has exactly one of `state` and `error`; the single step of a scenario whose items have steps of their own has
    neither, for there the whole follows from the items.
    """

    name: str
    state: State | None = None
    error: int | str | None = None
    """A status, a word (`unknown`, `illegal`, `unauthorized`, `throttled`) or a vendor's own code."""
    polls: int | None = None
    lasts: Span | None = None
    edges: tuple[Edge, ...] = ()
    """Empty: an end, or held for ever. All weights 0: only a hand moves it on."""
    hold: bool = False
    items: tuple[Shown, ...] | None = None
    """By position; None: every item takes the step's state."""
    reason: str | None = None
    adjust: Adjust = NO_ADJUST

    @cached_property
    def moves(self) -> bool:
        """Whether polls or time can end this step."""
        return not self.hold and any(edge.weight for edge in self.edges)

    @cached_property
    def is_final(self) -> bool:
        """Whether work is over here: an end state, or an error for ever. A held step still waits for someone."""
        return not self.edges and not self.hold and (self.state is None or is_end(self.state))


@dataclass(frozen=True)
class ItemStep:
    """A step of one item. It is left by polls or by time, never both, or only by a person; `edges` lead forward."""

    name: str
    state: State
    polls: int | None = None
    lasts: Span | None = None
    edges: tuple[Edge, ...] = ()
    reason: str | None = None
    hold: bool = False
    pace: int | None = None
    """Milliseconds since the item's start that stand for a poll; None: polls are waited for. All its steps have it."""

    @cached_property
    def is_final(self) -> bool:
        """Whether work is over here."""
        return not self.edges and not self.hold and is_end(self.state)


@dataclass(frozen=True)
class Item:
    """One item as the file writes it: the fields it sets, and its own steps if it has any."""

    fields: Mapping[str, Json] = field(default_factory=dict)
    steps: tuple[ItemStep, ...] = ()

    @cached_property
    def is_fixed(self) -> bool:
        """Whether nothing about its steps is drawn, so that every item that has them stands at the same one."""
        return all(
            (step.lasts is None or step.lasts.low == step.lasts.high)
            and sum(edge.weight > 0 for edge in step.edges) < 2
            for step in self.steps
        )


class Script(NamedTuple):
    """Steps that one or more items of a scenario have, as coverage counts them.

    `names` are those of the steps among all of the scenario, with the items that have them, such as `0-9: waiting`.
    `first` numbers the first of the steps: those of the task come before all of them.
    """

    names: tuple[str, ...]
    first: int
    steps: tuple[ItemStep, ...]


PLAIN_ITEM = Item()
_ONE_PLAIN = (PLAIN_ITEM,)


@dataclass(frozen=True)
class When:
    """When a fault applies: all that is given must hold; nothing given is always."""

    polls: tuple[Window, ...] = ()
    every: int | None = None
    chance: float | None = None
    rate: Rate | None = None
    time: Window | None = None
    """Milliseconds since the task's birth; its end is excluded."""
    daily: Daily | None = None
    step: str | None = None
    submit: bool = False
    """Whether it applies to the submit that makes a task, and no poll."""


class Lognormal(NamedTuple):
    """A delay whose logarithm is normal, given by its median and 99th percentile in milliseconds."""

    median: int
    p99: int


SELF = "self"
"""A redirect to the very target of the request."""


class Ahead(NamedTuple):
    """A header's value that is a date: the real time of the response, and so many milliseconds."""

    lasts: int


@dataclass(frozen=True)
class Effect:
    """What a fault does to a response: any of these."""

    error: int | str | None = None
    fault: str | None = None
    delay: Span | Lognormal | None = None
    headers: tuple[tuple[str, str | Ahead | None], ...] = ()
    over: int | None = None
    status: int | None = None
    body: str | None = None
    """The whole body in place of the vendor's."""
    type: str | None = None
    """The Content-Type of `body`."""
    length: int | None = None
    """How far the Content-Length is off."""
    redirect: str | None = None
    """Where to: `self`, another scenario's name, or what has a slash: a path or URL."""

    @property
    def replaces_body(self) -> bool:
        """Whether another body is sent, but for what a named fault makes of it."""
        return self.body is not None or self.redirect is not None


@dataclass(frozen=True)
class Fault:
    """A scripted misbehaviour: when, and what."""

    when: When
    effect: Effect


@dataclass(frozen=True)
class Scenario:
    """A whole script. `version` is `name@digest`: a running task keeps the version it was born with."""

    name: str
    digest: str
    about: str
    steps: tuple[Step, ...]
    vendors: tuple[str, ...]
    """Those it serves, never empty."""
    claims: tuple[str, ...] = ()
    """The ids it claims besides `name` and `name.<anything>`: texts of `IdPattern`s."""
    submits: tuple[Wanted, ...] = ()
    """The submits whose tasks play it, whatever they name."""
    items: Mapping[str, tuple[Item, ...]] = field(default_factory=dict)
    """Per vendor; a vendor that is absent takes the submitted items, else one plain item."""
    faults: tuple[Fault, ...] = ()
    counts_all: bool = True
    """Whether polls whose response a fault replaced count too (`count: all`)."""
    options: Mapping[str, Mapping[str, str] | str] = field(default_factory=dict)
    """`profile`, and per vendor its knobs, as raw words the registry has judged."""
    expires: int | None = None
    notify: Notify = ONE_AT_THE_END
    """What a task with an address notifies."""
    source: str = ""
    """Where it came from, for people: a path, or how it was uploaded."""
    text: str = field(default="", repr=False, compare=False)
    """What was written."""
    lists: Mapping[str, Sequence[Mapping[str, Json]]] = field(default_factory=dict, repr=False, compare=False)
    """Per vendor the list of items that the text names and does not hold."""

    @cached_property
    def version(self) -> str:
        """`name@digest`."""
        return f"{self.name}@{self.digest}"

    @cached_property
    def rates(self) -> tuple[int, ...]:
        """The positions of the faults that have a rate; a task keeps a bucket for each, in this order."""
        return tuple(k for k, fault in enumerate(self.faults) if fault.when.rate is not None)

    @cached_property
    def by_items(self) -> bool:
        """Whether the items walk by themselves and the whole follows from them."""
        return any(item.steps for items in self.items.values() for item in items)

    @cached_property
    def scripts(self) -> tuple[Script, ...]:
        """The different lists of steps that items have, in the order of the items."""
        found: list[Script] = []
        first = len(self.steps)
        for steps, positions in self._sharing.items():
            items = _ranges(positions)
            found.append(Script(tuple(f"{items}: {step.name}" for step in steps), first, steps))
            first += len(steps)
        return tuple(found)

    @cached_property
    def items_count_polls(self) -> bool:
        """Whether polls end a step of any item."""
        return any(step.polls is not None for script in self.scripts for step in script.steps)

    @cached_property
    def scripts_of(self) -> Mapping[str, tuple[Script | None, ...]]:
        """By vendor the script of each of the scenario's own items; None for one that has no steps."""
        by_steps = {script.steps: script for script in self.scripts}
        return {vendor: tuple([by_steps.get(item.steps) for item in items]) for vendor, items in self.items.items()}

    @cached_property
    def _sharing(self) -> Mapping[tuple[ItemStep, ...], Sequence[int]]:
        """The positions of the items that share steps; vendors whose items differ are taken in turn."""
        found: dict[tuple[ItemStep, ...], list[int]] = {}
        for items in self.items.values():
            new: dict[tuple[ItemStep, ...], list[int]] = {}
            for k, item in enumerate(items):
                if item.steps and item.steps not in found:
                    new.setdefault(item.steps, []).append(k)
            found |= new
        return found

    def items_of(self, vendor: str, given: tuple[Item, ...] = ()) -> tuple[Item, ...]:
        """The scenario's own items for this vendor, which may be none, else the submitted ones, else one plain item.

        The k-th submitted item fills in the fields that the k-th of the scenario's own leaves out.
        """
        own = self.items.get(vendor)
        if own is None:
            return given or _ONE_PLAIN
        if not given:
            return own
        filled = [replace(item, fields={**more.fields, **item.fields}) for item, more in zip(own, given, strict=False)]
        return (*filled, *own[len(filled) :])

    def step_named(self, name: str) -> int | None:
        """The position of the step of this name."""
        return next((k for k, step in enumerate(self.steps) if step.name == name), None)


_MOST_RANGES = 3


def _ranges(positions: Sequence[int]) -> str:
    """Rising numbers in few words: `0-3, 5`."""
    found: list[list[int]] = []
    for k in positions:
        if found and found[-1][1] == k - 1:
            found[-1][1] = k
        else:
            found.append([k, k])
    texts = [str(low) if low == high else f"{low}-{high}" for low, high in found[:_MOST_RANGES]]
    return ", ".join(texts) + (", …" if len(found) > _MOST_RANGES else "")
