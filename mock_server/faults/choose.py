"""Which faults apply to a poll, and what they make of its response.

They are chosen before the cursor moves, since some scenarios do not count a poll whose response the client cannot have
seen, and applied after the right response was checked.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from email.utils import formatdate
from typing import Any, NamedTuple

from mock_server.engine.draws import Draws
from mock_server.engine.run import Run
from mock_server.engine.scenario import Ahead, Effect, Lognormal, Rate, Span, When
from mock_server.faults.armed import Armed
from mock_server.faults.kinds import FAULTS, FOUND, OFF_LENGTH, redirected, with_status
from mock_server.http.message import Delivery, Response


class Chosen(NamedTuple):
    """The faults that apply to one poll, merged. `names` go to the journal, `spent` numbers the armed ones.

    `sources` say of each of the names where it comes from: the number of an armed fault, or -1 for the first fault of
    the scenario, -2 for the second, and so on.

    At most one `fault` of the response and one `delivery` of it go together, and a `status` with both.
    """

    error: int | str | None = None
    fault: str | None = None
    delivery: str | None = None
    over: int | None = None
    delay: int = 0
    headers: tuple[tuple[str, str | Ahead | None], ...] = ()
    status: int | None = None
    body: str | None = None
    type: str | None = None
    length: int | None = None
    redirect: str | None = None
    names: tuple[str, ...] = ()
    spent: tuple[int, ...] = ()
    sources: tuple[int, ...] = ()

    @property
    def unseen(self) -> bool:
        """Whether the client cannot have seen the response that the vendor would have given."""
        return (
            self.error is not None
            or self.body is not None
            or self.redirect is not None
            or self.length is not None
            or (self.status is not None and self.status >= 204)
            or any(name is not None and FAULTS[name].destroys for name in (self.fault, self.delivery))
        )

    def apply(self, response: Response, real: int = 0) -> Response:
        """The response as it leaves, at the real time `real`. `redirect` is taken for the location itself.

        An `error` is not made here: the vendor's response to it is what comes in.
        """
        delay = response.delay + self.delay
        if self.redirect is not None:
            response = redirected(response, self.status or FOUND, self.redirect)
        elif self.body is not None:
            response = response.with_body(self.body.encode("utf-8", "replace"))
            response = response if self.type is None else response.with_header("Content-Type", self.type)
        elif self.fault is not None:
            kind = FAULTS[self.fault].apply
            assert kind is not None, "`fault` is one of the response"
            response = kind(response)
        if self.status is not None:
            response = with_status(response, self.status)
        if self.headers:
            response = response.with_headers([(name, _written(value, real)) for name, value in self.headers])
        if self.length is not None:
            length = max(0, len(response.body) + self.length)
            response = response.with_header("Content-Length", str(length))
        delivery = None
        if self.delivery is not None:
            over = FAULTS[self.delivery].over if self.over is None else self.over
            delivery = Delivery(self.delivery, over)
        return response._replace(delay=delay, delivery=delivery)


def _written(value: str | Ahead | None, real: int) -> str | None:
    """A header's value as text; a date is in whole seconds, so it is rounded up."""
    return formatdate(-(-(real + value.lasts) // 1_000), usegmt=True) if isinstance(value, Ahead) else value


UNHARMED = Chosen()
"""No fault applies."""


class Slots(NamedTuple):
    """The parts of a response that faults replace: of each only the first fault replaces it.

    An error replaces all, so that nothing goes with one but what its own fault brings.
    """

    error: bool = False
    body: bool = False
    delivery: bool = False
    status: bool = False

    @property
    def taken(self) -> bool:
        """Whether there is any fault already, so that no error applies any more."""
        return self.error or self.body or self.delivery or self.status


def slots_of(effect: Effect) -> Slots:
    """What a fault would replace if it were the only one."""
    kind = None if effect.fault is None else FAULTS[effect.fault]
    return Slots(
        effect.error is not None,
        effect.replaces_body or (kind is not None and kind.apply is not None),
        effect.length is not None or (kind is not None and kind.deliver is not None),
        effect.status is not None,
    )


def left_of(effect: Effect, before: Slots) -> Slots:
    """What a fault replaces behind others that have taken these parts."""
    wanted = slots_of(effect)
    if before.error or (wanted.error and before.taken):
        return Slots()
    return Slots(wanted.error, *[mine and not theirs for mine, theirs in zip(wanted[1:], before[1:], strict=True)])


def choose(run: Run, armed: Sequence[Armed], step: str, *, submit: bool = False) -> tuple[Chosen, tuple[int, ...]]:
    """Which faults apply to the next poll of a task, and its rate buckets after it, one for each fault with a rate.

    With `submit`: to the submit that makes the task; `armed` are then those that apply to submits to its vendor.

    `armed` are those that aim at the task; the others are those of its scenario. `step` is what the poll sees: the name
    of the task's step or, where items have steps of their own, the state that follows from them.

    Armed ones come first, then those of the file in its order. Delays add up, headers merge, and of those that replace
    the body, its delivery or its status only the first of each applies. An error goes with no other fault.
    """
    chosen = UNHARMED
    asked, draws = run.cursor.asked + 1, run.draws
    for fault in armed:
        chosen = _merge(chosen, fault.effect, draws, ("armed", fault.number, asked), fault.number)
    after = list(run.task.buckets)
    rates = 0
    for k, scripted in enumerate(run.scenario.faults):
        when = scripted.when
        applies = holds(when, k, run, step, submit=submit)
        if when.rate is not None:
            if applies:
                applies, after[rates] = exceeds(when.rate, after[rates], run.now)
            rates += 1
        if applies:
            chosen = _merge(chosen, scripted.effect, draws, ("delay", k, asked), -1 - k)
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


def holds(when: When, k: int, run: Run, step: str, *, submit: bool = False) -> bool:
    """Whether all conditions of the fault numbered `k` hold, but for the rate: for a poll, or for the `submit`."""
    asked, now, age = run.cursor.asked + 1, run.now, run.now - run.cursor.born
    return (
        when.submit is submit
        and (not when.polls or any(window.holds(asked) for window in when.polls))
        and (when.every is None or asked % when.every == 0)
        and (when.step is None or when.step == step)
        and (when.time is None or (when.time.low <= age and (when.time.high is None or age < when.time.high)))
        and (when.daily is None or when.daily.holds(now))
        and (when.chance is None or run.draws.unit("fault", k, asked) < when.chance)
    )


def _merge(chosen: Chosen, effect: Effect, draws: Draws, what: tuple[str | int, ...], source: int) -> Chosen:
    """`source`: where the effect comes from, as in `Chosen.sources`."""
    before = Slots(
        chosen.error is not None,
        chosen.fault is not None or chosen.body is not None or chosen.redirect is not None,
        chosen.delivery is not None,
        chosen.status is not None,
    )
    left = left_of(effect, before)
    changes = _replaced(effect, left)
    names = [name for name, there in (("delay", effect.delay), ("headers", effect.headers)) if there]
    # Other keys are named in the journal by themselves, an error and a fault by what they are.
    names += [str(changes[key]) if key in ("error", "fault", "delivery") else key for key in _NAMED if key in changes]
    if effect.headers:
        known = {name.lower() for name, _ in chosen.headers}
        changes["headers"] = (*chosen.headers, *[pair for pair in effect.headers if pair[0].lower() not in known])
    return chosen._replace(
        **changes,
        delay=chosen.delay + (0 if effect.delay is None else _delay(effect.delay, draws, what)),
        names=(*chosen.names, *names),
        spent=chosen.spent + ((source,) if source > 0 and names else ()),
        sources=(*chosen.sources, *[source] * len(names)),
    )


_NAMED = ("error", "fault", "delivery", "status", "body", "redirect")


def _replaced(effect: Effect, left: Slots) -> dict[str, Any]:
    """What a fault replaces, by the fields of `Chosen`."""
    kind = None if effect.fault is None else FAULTS[effect.fault]
    found: dict[str, Any] = {}
    if left.error:
        found["error"] = effect.error
    if left.status:
        found["status"] = effect.status
    if left.body:
        if kind is not None and kind.apply is not None:
            found["fault"] = effect.fault
        found |= {key: value for key in ("body", "type", "redirect") if (value := getattr(effect, key)) is not None}
    if left.delivery:
        named = kind is not None and kind.deliver is not None
        found["delivery"] = effect.fault if named else OFF_LENGTH
        found |= {key: value for key in ("over", "length") if (value := getattr(effect, key)) is not None}
    return found


def _delay(delay: Span | Lognormal, draws: Draws, what: tuple[str | int, ...]) -> int:
    if isinstance(delay, Lognormal):
        return _lognormal(delay, draws.unit(*what))
    return delay.draw(draws, *what)


def _lognormal(delay: Lognormal, unit: float) -> int:
    # Imported here: few scenarios have such a delay, and it brings fractions and decimal numbers along.
    from statistics import NormalDist

    normal = NormalDist()
    sigma = math.log(delay.p99 / delay.median) / normal.inv_cdf(0.99)
    # At the ends of the unit interval the delay is infinite; a billionth away it is large enough.
    return round(delay.median * math.exp(sigma * normal.inv_cdf(min(max(unit, 1e-9), 1 - 1e-9))))
