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
from mock_server.engine.run import Run
from mock_server.engine.scenario import Effect, Lognormal, Rate, Span, When
from mock_server.faults.armed import Armed
from mock_server.faults.kinds import FAULTS
from mock_server.http.message import Delivery, Response

DAY = 86_400_000


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


def choose(run: Run, armed: Sequence[Armed]) -> tuple[Chosen, tuple[int, ...]]:
    """Which faults apply to the next poll of a task, and its rate buckets after it, one for each fault with a rate.

    `armed` are those that aim at the task; the others are those of its scenario.

    Armed ones come first, then those of the file in its order. Delays add up, headers merge, and of those that replace
    the response or its delivery (`error`, `fault`) only the first applies.
    """
    chosen = UNHARMED
    asked, draws = run.cursor.asked + 1, run.draws
    for fault in armed:
        chosen = _merge(chosen, fault.effect, draws, ("armed", fault.number, asked), fault.number)
    after = list(run.task.buckets)
    rates = 0
    for k, scripted in enumerate(run.scenario.faults):
        when = scripted.when
        applies = _holds(when, k, run)
        if when.rate is not None:
            if applies:
                applies, after[rates] = exceeds(when.rate, after[rates], run.now)
            rates += 1
        if applies:
            chosen = _merge(chosen, scripted.effect, draws, ("delay", k, asked))
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


def _holds(when: When, k: int, run: Run) -> bool:
    """Whether all conditions of the fault numbered `k` hold, but for the rate."""
    asked, now, age = run.cursor.asked + 1, run.now, run.now - run.cursor.born
    return (
        (not when.polls or any(window.holds(asked) for window in when.polls))
        and (when.every is None or asked % when.every == 0)
        and (when.step is None or when.step == run.step.name)
        and (when.time is None or (when.time.low <= age and (when.time.high is None or age < when.time.high)))
        and (when.daily is None or (now - when.daily.start) % DAY < when.daily.lasts)
        and (when.chance is None or run.draws.unit("fault", k, asked) < when.chance)
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
