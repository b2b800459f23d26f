"""What happened to a task and what time will do, as marks in lanes, each at its place in one order. Pure.

A place is a moment in milliseconds of the chosen clock, and a number that keeps apart what happened at one moment:
under a frozen clock a task lives a whole life at once.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from mock_server.api.codec import Moment
from mock_server.api.exchange import Exchange
from mock_server.api.values import Clock, Coming, Hand, ItemStay, TaskWhole
from mock_server.scenarios.timeline.light import own_polls

Place = tuple[float, float]
"""A moment, and the order within it."""
Outcome = Literal["delivered", "failed", "planned"]
TOOLS: Mapping[str, str] = {
    "clock": "clock", "arm": "cut", "disarm": "cut", "used-up": "cut", "over": "cut", "upload": "file",
    "remove": "file", "reload": "file", "load": "file", "rule": "file", "unrule": "file",
}  # fmt: skip
"""By what was done, its sign; of all else it is a hand."""
_COMING = 4
"""Things to come that are drawn."""
_ITEMS = 40
"""Items that are drawn."""


class Callback(NamedTuple):
    """An attempt to notify somebody, or one that is planned."""

    at: Moment
    outcome: Outcome
    label: str


class Bar(NamedTuple):
    """A stay in a step; `ahead`: time alone will lead there, or let it stay so long."""

    begin: Place
    end: Place
    step: str
    ahead: bool = False


class Polls(NamedTuple):
    """Polls in a row at one place that saw the same: the first of them and how many there are."""

    at: Place
    first: Exchange
    times: int
    last: Exchange


class Hands(NamedTuple):
    """What was done to the task at one place: one thing, or changes of the clock between two polls."""

    at: Place
    sign: str
    hands: tuple[Hand, ...]


class Happened(NamedTuple):
    """All that a plot shows. `ends` are the moments of `forecast`; `missing` polls are no longer kept."""

    start: Place
    now: Place
    bars: tuple[tuple[Bar, ...], ...]
    polls: tuple[Polls, ...]
    hands: tuple[Hands, ...]
    callbacks: tuple[tuple[Place, Callback], ...]
    forecast: tuple[tuple[Place, Coming], ...]
    missing: int
    walks: bool
    """Whether its items walk by themselves: then each has bars of its own."""


def happened(whole: TaskWhole, clock: Clock, *, real: bool = False) -> Happened:
    """What happened to a task that was born; `real`: by the machine's clock."""
    assert whole.task is not None
    exchanges = own_polls(whole)
    times = _Times(whole, clock, exchanges, real=real)
    placed = _placed(exchanges, times)
    missing = exchanges[0].asked - 1 if exchanges else 0
    born = (times.of(whole.task.born), -1.0)
    start = min(born, placed[0][0]) if placed and not missing else placed[0][0] if placed else born
    last = max([placed[-1][0], start] if placed else [start])
    now = max((times.now, 0.0), (last[0], last[1] + 1))
    coming = _coming(whole, clock, times, now, real=real)
    if whole.items:
        bars = tuple(_item_bars(stays, times, start, now) for stays in whole.items[:_ITEMS])
    else:
        bars = (_bars(whole, placed, times, start, (now, coming)),)
    hands = tuple(_hands([each for each in whole.hands if times.hand(each) >= start[0]], placed, times))
    attempts = [((times.of(each.at), 0.0), each) for each in _callbacks(whole)]
    return Happened(
        start, now, bars, tuple(_grouped(placed)), hands, tuple(attempts), coming, missing, bool(whole.items)
    )


class _Times:
    """Moments on the chosen clock. Of what is known by the server's clock alone, the machine's is worked out."""

    def __init__(self, whole: TaskWhole, clock: Clock, polls: Sequence[Exchange], *, real: bool) -> None:
        known: dict[int, int] = {each.at.ms: each.real.ms for each in polls}
        known |= {each.at.ms: each.real.ms for each in whole.hands}
        known[clock.now.ms] = clock.real.ms
        self._virtual = sorted(known)
        self._reals = [known[at] for at in self._virtual]
        self._real = real
        self.now = float(clock.real.ms if real else whole.now.ms)

    def of(self, at: Moment) -> float:
        """A moment of the server's clock."""
        if not self._real:
            return at.ms
        k = bisect_right(self._virtual, at.ms)
        if k == 0:
            return self._reals[0]
        if k == len(self._virtual):
            return self._reals[-1]
        before, after = self._virtual[k - 1], self._virtual[k]
        part = (at.ms - before) / (after - before)
        return self._reals[k - 1] + part * (self._reals[k] - self._reals[k - 1])

    def poll(self, each: Exchange) -> float:
        """When a poll came."""
        return each.real.ms if self._real else each.at.ms

    def hand(self, each: Hand) -> float:
        """When something was done."""
        return each.real.ms if self._real else each.at.ms


def _callbacks(whole: TaskWhole) -> Iterator[Callback]:
    """The attempts to notify somebody, made and planned."""
    for each in whole.callbacks:
        outcome: Outcome = "planned" if each.planned else "delivered" if each.outcome == "delivered" else "failed"
        after = "" if each.planned else f" → {each.status or each.outcome}"
        yield Callback(max(each.at, whole.now) if each.planned else each.at, outcome, f"#{each.attempt}{after}")


def _placed(exchanges: Sequence[Exchange], times: _Times) -> list[tuple[Place, Exchange]]:
    """Polls at their places, in their order, also where somebody set the clock back between them."""
    found: list[tuple[Place, Exchange]] = []
    for each in exchanges:
        at = times.poll(each)
        if found and at <= found[-1][0][0]:
            before = found[-1][0]
            found.append(((before[0], before[1] + 1), each))
        else:
            found.append(((at, 0.0), each))
    return found


def _grouped(placed: Sequence[tuple[Place, Exchange]]) -> Iterator[Polls]:
    """Polls at one moment that saw the same of one step are one."""
    group: Polls | None = None
    for at, each in placed:
        if group is not None and at[0] == group.at[0] and _alike(each, group.first):
            group = group._replace(times=group.times + 1, last=each)
            continue
        if group is not None:
            yield group
        group = Polls(at, each, 1, each)
    if group is not None:
        yield group


def _alike(one: Exchange, other: Exchange) -> bool:
    return (one.saw, one.step, bool(one.faults)) == (other.saw, other.step, bool(other.faults))


def _bars(
    whole: TaskWhole,
    placed: Sequence[tuple[Place, Exchange]],
    times: _Times,
    start: Place,
    rest: tuple[Place, Sequence[tuple[Place, Coming]]],
) -> tuple[Bar, ...]:
    """The task's stays in its steps, and those to come."""
    now, coming = rest
    places: list[tuple[Place, str]] = []
    for way in whole.way:
        at = start if way.by == "birth" else _crossed(times.of(way.at), way.to, placed)
        if places:
            at = max(at, places[-1][0])
        if at <= start:
            places = [(start, way.to or "")]
        else:
            places.append((min(at, now), way.to or ""))
    ends = [*(at for at, _ in places[1:]), now]
    bars = [Bar(begin, end, step) for (begin, step), end in zip(places, ends, strict=True) if begin < end]
    last = places[-1][1] if places else ""
    begin = now
    for at, each in coming:
        bars.append(Bar(begin, at, last, ahead=True))
        begin, last = at, each.to
    return tuple(bars)


def _crossed(at: float, to: str | None, placed: Sequence[tuple[Place, Exchange]]) -> Place:
    """The place of a change of step: just before the first poll at that moment that saw the new step."""
    then = [(place, each) for place, each in placed if place[0] == at]
    for place, each in then:
        if each.step == to:
            return (at, place[1] - 0.5)
    return (at, then[-1][0][1] + 0.5) if then else (at, 0.0)


def _item_bars(stays: Sequence[ItemStay], times: _Times, start: Place, now: Place) -> tuple[Bar, ...]:
    """One item's stays."""
    bars: list[Bar] = []
    begin = start
    for k, stay in enumerate(stays):
        if stay.since is not None and stay.since.ms > 0:
            begin = max(start, (times.of(stay.since), 0.0))
        after = stays[k + 1].since if k + 1 < len(stays) else stay.until
        end = now if after is None else (times.of(after), 0.0)
        if begin < now:
            bars.append(Bar(begin, min(end, now), stay.step))
        if after is not None and end > now:
            bars.append(Bar(max(begin, now), end, stay.step, ahead=True))
        begin = max(begin, end)
    return tuple(bar for bar in bars if bar.begin < bar.end)


def _coming(
    whole: TaskWhole, clock: Clock, times: _Times, now: Place, *, real: bool
) -> tuple[tuple[Place, Coming], ...]:
    """What time will do, if it passes."""
    if real and clock.frozen:
        return ()
    speed = clock.speed if real else 1.0
    return tuple(
        ((times.now + (each.at - whole.now).total_seconds() * 1_000 / speed, 0.0), each)
        for each in whole.forecast[:_COMING]
        if each.at > whole.now or not whole.items
    )


def _hands(hands: Sequence[Hand], placed: Sequence[tuple[Place, Exchange]], times: _Times) -> Iterator[Hands]:
    """What was done, in order and each at a place of its own; changes of the clock between two polls are one."""
    before: Place = (0, 0)
    for each in _done_together(hands, placed, times):
        before = max(each.at, (before[0], before[1] + 0.01))
        yield each._replace(at=before)


def _done_together(hands: Sequence[Hand], placed: Sequence[tuple[Place, Exchange]], times: _Times) -> Iterator[Hands]:
    waiting: list[Hand] = []
    for hand in sorted(hands, key=lambda each: each.number):
        if waiting and (hand.what != "clock" or _poll_between(waiting[-1], hand, placed)):
            yield _done(waiting, placed, times)
            waiting = []
        waiting.append(hand)
        if hand.what != "clock":
            yield _done(waiting, placed, times)
            waiting = []
    if waiting:
        yield _done(waiting, placed, times)


def _poll_between(one: Hand, other: Hand, placed: Sequence[tuple[Place, Exchange]]) -> bool:
    return any((one.real, one.at) <= (each.real, each.at) <= (other.real, other.at) for _, each in placed)


def _done(hands: Sequence[Hand], placed: Sequence[tuple[Place, Exchange]], times: _Times) -> Hands:
    at = times.hand(hands[-1])
    order = [place[1] + 0.25 for place, each in placed if place[0] == at and each.real <= hands[-1].real]
    return Hands((at, max(order, default=-0.25)), TOOLS.get(hands[-1].what, "hand"), tuple(hands))
