"""Misbehaviour of a response on its way out: which fault strikes (before the cursor moves), and what it does then."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple

from mock_server.engine.draws import Draws
from mock_server.engine.ids import IdPattern
from mock_server.engine.scenario import Effect, Fault, Lognormal, Rate, Span, When
from mock_server.faults.kinds import FAULTS
from mock_server.http.message import Delivery, Response

DAY = 86_400_000


class Armed(NamedTuple):
    """A fault armed by hand: for a task, an id pattern or a vendor; for `times` polls or until a virtual moment."""

    number: int
    effect: Effect
    vendor: str | None = None
    id: str | None = None
    """The text of an `IdPattern`."""
    times: int | None = None
    until: int | None = None

    def aims_at(self, vendor: str, id: str, now: int) -> bool:
        """Whether it is for this task, now."""
        if self.vendor not in (None, vendor) or (self.until is not None and now >= self.until):
            return False
        return self.id is None or IdPattern.parse(self.id).matches(id)


class Moment(NamedTuple):
    """What a fault's conditions look at: this poll's number, the task's birth, the virtual time, the step polled."""

    asked: int
    born: int
    now: int
    step: str


class Chosen(NamedTuple):
    """The faults that strike one poll, merged. `names` say what struck, `spent` which armed ones."""

    error: int | str | None = None
    fault: str | None = None
    over: int | None = None
    delay: int = 0
    headers: tuple[tuple[str, str | None], ...] = ()
    names: tuple[str, ...] = ()
    spent: tuple[int, ...] = ()

    @property
    def unseen(self) -> bool:
        """Whether the client cannot have seen what the vendor would have said."""
        return self.error is not None or (self.fault is not None and FAULTS[self.fault].destroys)

    def spoil(self, response: Response) -> Response:
        """The response as it leaves; an `error` was put in its place before."""
        for name, value in self.headers:
            response = response.with_header(name, value)
        response = response._replace(delay=response.delay + self.delay)
        if self.fault is None:
            return response
        kind = FAULTS[self.fault]
        if kind.spoil is not None:
            return kind.spoil(response)
        return response._replace(delivery=Delivery(self.fault, kind.over if self.over is None else self.over))


UNHARMED = Chosen()
"""No fault strikes."""


def choose(
    armed: Sequence[Armed], scripted: Sequence[Fault], moment: Moment, moments: tuple[int, ...], draws: Draws
) -> tuple[Chosen, tuple[int, ...]]:
    """Which faults strike this poll, and the rate moments after it.

    Armed ones come first, then file order. Delays add up, headers merge, and of those that replace the response or its
    delivery (`error`, `fault`) the first wins, alone.
    """
    chosen = UNHARMED
    for fault in armed:
        chosen = _merge(chosen, fault.effect, draws, ("armed", fault.number, moment.asked), fault.number)
    kept = list(moments)
    rates = 0
    for k, scripted_fault in enumerate(scripted):
        when = scripted_fault.when
        struck = _holds(when, k, moment, draws)
        if when.rate is not None:
            if struck:
                struck, kept[rates] = over(when.rate, kept[rates], moment.now)
            rates += 1
        if struck:
            chosen = _merge(chosen, scripted_fault.effect, draws, ("delay", k, moment.asked))
    return chosen, tuple(kept)


def over(rate: Rate, at: int, now: int) -> tuple[bool, int]:
    """Whether a poll at `now` is over the rate, and the bucket after it. A refusal takes no token.

    The bucket is one moment, the time at which it will be full again, in 1/count milliseconds so that it stays whole.
    """
    here = now * rate.count
    full = max(at, here)
    if full - here > (rate.count - 1) * rate.per:
        return True, at
    return False, full + rate.per


def shifted(rates: Sequence[Rate], moments: tuple[int, ...], by: int) -> tuple[int, ...]:
    """The rate moments of a task whose whole past moved `by` milliseconds back."""
    return tuple(max(0, at - by * rate.count) for rate, at in zip(rates, moments, strict=True))


def _holds(when: When, k: int, moment: Moment, draws: Draws) -> bool:
    """Whether all conditions but the rate hold."""
    age = moment.now - moment.born
    return (
        (not when.polls or any(window.holds(moment.asked) for window in when.polls))
        and (when.every is None or moment.asked % when.every == 0)
        and (when.step is None or when.step == moment.step)
        and (when.time is None or (when.time.low <= age and (when.time.high is None or age < when.time.high)))
        and (when.daily is None or (moment.now - when.daily.start) % DAY < when.daily.lasts)
        and (when.chance is None or draws.unit("fault", k, moment.asked) < when.chance)
    )


def _merge(
    chosen: Chosen, effect: Effect, draws: Draws, what: tuple[str | int, ...], spent: int | None = None
) -> Chosen:
    replaces = effect.error is not None or effect.fault is not None
    taken = chosen.error is not None or chosen.fault is not None
    delay = 0 if effect.delay is None else _delay(effect.delay, draws, what)
    known = {name.lower() for name, _ in chosen.headers}
    headers = tuple(pair for pair in effect.headers if pair[0].lower() not in known)
    names = [name for name, there in (("delay", effect.delay), ("headers", effect.headers)) if there]
    if replaces and not taken:
        names += [str(word) for word in (effect.error, effect.fault) if word is not None]
        chosen = chosen._replace(error=effect.error, fault=effect.fault, over=effect.over)
    return chosen._replace(
        delay=chosen.delay + delay,
        headers=chosen.headers + headers,
        names=chosen.names + tuple(names),
        spent=chosen.spent + ((spent,) if spent is not None and names else ()),
    )


def _delay(delay: Span | Lognormal, draws: Draws, what: tuple[str | int, ...]) -> int:
    if isinstance(delay, Lognormal):
        return _lognormal(delay, draws.unit(*what))
    return delay.draw(draws, *what)


def _lognormal(delay: Lognormal, unit: float) -> int:
    normal = NormalDist()
    sigma = math.log(delay.p99 / delay.median) / normal.inv_cdf(0.99)
    # The ends of the unit interval are infinitely far out; a billionth from them is far enough.
    return round(delay.median * math.exp(sigma * normal.inv_cdf(min(max(unit, 1e-9), 1 - 1e-9))))
