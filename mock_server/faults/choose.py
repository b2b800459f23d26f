"""Which faults apply to a poll, and what they make of its response.

They are chosen before the cursor moves, since some scenarios do not count a poll whose response the client cannot have
seen, and applied after the right response was checked.
"""

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
    """A fault armed on a running server: for a task, an id pattern or a vendor; for `times` polls or `until` a time."""

    number: int
    effect: Effect
    vendor: str | None = None
    id: str | None = None
    """The text of an `IdPattern`."""
    times: int | None = None
    until: int | None = None
    """Virtual milliseconds."""

    def aims_at(self, vendor: str, id: str, now: int) -> bool:
        """Whether it applies to this task now."""
        if self.vendor not in (None, vendor) or (self.until is not None and now >= self.until):
            return False
        return self.id is None or IdPattern.parse(self.id).matches(id)


class Moment(NamedTuple):
    """What a fault's conditions depend on: the poll's number, the task's birth, the virtual time, and the step."""

    asked: int
    born: int
    now: int
    step: str


class Chosen(NamedTuple):
    """The faults that apply to one poll, merged. `names` go to the journal, `spent` numbers the armed ones."""

    error: int | str | None = None
    fault: str | None = None
    over: int | None = None
    delay: int = 0
    headers: tuple[tuple[str, str | None], ...] = ()
    names: tuple[str, ...] = ()
    spent: tuple[int, ...] = ()

    @property
    def unseen(self) -> bool:
        """Whether the client cannot have seen the response that the vendor would have given."""
        return self.error is not None or (self.fault is not None and FAULTS[self.fault].destroys)

    def apply(self, response: Response) -> Response:
        """The response as it leaves. An `error` is not made here: the vendor's response to it is what comes in."""
        for name, value in self.headers:
            response = response.with_header(name, value)
        response = response._replace(delay=response.delay + self.delay)
        if self.fault is None:
            return response
        kind = FAULTS[self.fault]
        if kind.apply is not None:
            return kind.apply(response)
        return response._replace(delivery=Delivery(self.fault, kind.over if self.over is None else self.over))


UNHARMED = Chosen()
"""No fault applies."""


def choose(
    armed: Sequence[Armed], scripted: Sequence[Fault], moment: Moment, buckets: tuple[int, ...], draws: Draws
) -> tuple[Chosen, tuple[int, ...]]:
    """Which faults apply to this poll, and the task's rate buckets after it, one for each scripted fault with a rate.

    Armed ones come first, then those of the file in its order. Delays add up, headers merge, and of those that replace
    the response or its delivery (`error`, `fault`) only the first applies.
    """
    chosen = UNHARMED
    for fault in armed:
        chosen = _merge(chosen, fault.effect, draws, ("armed", fault.number, moment.asked), fault.number)
    after = list(buckets)
    rates = 0
    for k, scripted_fault in enumerate(scripted):
        when = scripted_fault.when
        applies = _holds(when, k, moment, draws)
        if when.rate is not None:
            if applies:
                applies, after[rates] = exceeds(when.rate, after[rates], moment.now)
            rates += 1
        if applies:
            chosen = _merge(chosen, scripted_fault.effect, draws, ("delay", k, moment.asked))
    return chosen, tuple(after)


def exceeds(rate: Rate, bucket: int, now: int) -> tuple[bool, int]:
    """Whether a poll at `now` exceeds the rate of a task, and the task's bucket after it.

    This is the Generic Cell Rate Algorithm (GCRA) of ITU-T I.371, in its form as virtual scheduling. A token bucket of
    `count` tokens that refills in `per` milliseconds needs neither a counter nor a timer, but one time: the theoretical
    arrival time (TAT), at which the bucket is full again. A poll that passes takes a token: it moves the TAT on by one
    interval, T = per / count, from now or from where it stands, whichever is later. While the TAT is further ahead than
    the tolerance, T * (count - 1), no token is left: a poll then exceeds the rate, and takes none. So at most `count`
    polls pass at once, and after them one every T.

    `bucket` is the TAT in units of 1/count milliseconds, in which T is `per` and every figure is whole; 0 is full.
    """
    here = now * rate.count
    full = max(bucket, here)
    if full - here > (rate.count - 1) * rate.per:
        return True, bucket
    return False, full + rate.per


def shifted(rates: Sequence[Rate], buckets: tuple[int, ...], by: int) -> tuple[int, ...]:
    """The rate buckets of a task whose whole past moves `by` milliseconds back."""
    return tuple(max(0, bucket - by * rate.count) for rate, bucket in zip(rates, buckets, strict=True))


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
    # At the ends of the unit interval the delay is infinite; a billionth away it is large enough.
    return round(delay.median * math.exp(sigma * normal.inv_cdf(min(max(unit, 1e-9), 1 - 1e-9))))
