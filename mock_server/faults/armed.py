"""The armed faults of a running server: a value, in the order of arming, in which those that aim at a task are found.

A poll must not walk them all. So they are kept by what their aims name: an id, a prefix of ids, or neither. An aim is
parsed once, when its fault is armed. A change makes another value by copying tables, which costs little for each fault.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from sys import getsizeof
from types import MappingProxyType
from typing import NamedTuple

from mock_server.engine.ids import IdPattern
from mock_server.engine.scenario import Daily, Effect

_NEVER = math.inf
_FAULT = 1_500
"""Bytes that an armed fault takes besides the texts of what it does."""
_SLACK = 64
"""Places of faults that are gone, beyond as many as there are faults, before the tables are made anew."""


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
    daily: Daily | None = None
    """A time of day at which it applies, every day."""
    armed: int | None = None
    """When it was armed, in virtual milliseconds; None: from the start."""
    submit: bool = False
    """Whether it applies to submits, and no poll. It has no id then, and `times` counts submits."""

    def earlier(self, by: int) -> Armed:
        """This fault with its times so many milliseconds earlier."""
        until, armed = (None if time is None else time - by for time in (self.until, self.armed))
        return self._replace(until=until, armed=armed)

    def lasts(self, now: int) -> bool:
        """Whether its time is not over."""
        return self.until is None or now < self.until


Aim = tuple[str | None, IdPattern | None, bool]
"""A vendor, ids, and whether it applies to submits."""


class ArmedFaults:
    """Armed faults in the order of arming. It is never changed: `plus`, `spent` and `lasting` return another.

    But how often each was applied so far is one count for all that came from each other, so that a fault without an end
    costs a poll no copy of the tables.
    """

    __slots__ = ("_aims", "_faults", "_lengths", "_next", "_places", "_struck", "last", "size", "soonest")

    def __init__(
        self, faults: Iterable[Armed] = (), last: int = 0, struck: Mapping[int, int] = MappingProxyType({})
    ) -> None:
        """`last` is the highest number of all that were armed before, those that are gone included.

        `struck` says of faults, by number, how often they were applied so far.
        """
        self._faults: dict[int, Armed] = dict(enumerate(faults))
        """By place. Places rise in the order of arming and are not used again."""
        self._next = len(self._faults)
        self._aims: dict[Aim, tuple[int, ...]] = {}
        self._places: dict[int, int] = {}
        lengths: set[int] = set()
        for place, fault in self._faults.items():
            aim = _aim(fault)
            self._aims[aim] = (*self._aims.get(aim, ()), place)
            self._places[fault.number] = place
            lengths.update(_length(aim))
        self._lengths = tuple(sorted(lengths))
        self.last = max((last, *self._places))
        self._struck = {number: times for number, times in struck.items() if number in self._places}
        self.size = sum(map(size_of, self._faults.values()))
        """About how many bytes of memory they hold."""
        self.soonest: float = min((fault.until for fault in self if fault.until is not None), default=_NEVER)

    def __len__(self) -> int:
        return len(self._faults)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ArmedFaults) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __iter__(self) -> Iterator[Armed]:
        return iter(tuple(self._faults.values()))

    def last_uses(self, numbers: Collection[int]) -> tuple[Armed, ...]:
        """Those of these faults that another use uses up."""
        faults, places = self._faults, self._places
        # Without calls, as `spent`.
        found = [faults[places[number]] for number in numbers if number in places and places[number] in faults]
        return tuple([fault for fault in found if fault.times == 1])

    def struck(self, number: int) -> int:
        """How often the fault of this number was applied so far."""
        return self._struck.get(number, 0)

    def only(self, wanted: Callable[[Armed], bool]) -> ArmedFaults:
        """Those for which this holds."""
        return ArmedFaults((fault for fault in self if wanted(fault)), self.last, self._struck)

    def aimed_at(self, vendor: str, id: str, now: int) -> tuple[Armed, ...]:
        """Those that apply to a task now, in the order of arming."""
        patterns: list[IdPattern | None] = [None, IdPattern(id)]
        patterns += [IdPattern(id[:length], True) for length in self._lengths if length <= len(id)]
        aims = self._aims
        places = [
            place for each in patterns for owner in (None, vendor) for place in aims.get((owner, each, False), ())
        ]
        return self._in_force(places, now)

    def on_submits(self, vendor: str, now: int) -> tuple[Armed, ...]:
        """Those that apply to a submit to a vendor now, in the order of arming."""
        aims = self._aims
        return self._in_force([place for owner in (None, vendor) for place in aims.get((owner, None, True), ())], now)

    def _in_force(self, places: Iterable[int], now: int) -> tuple[Armed, ...]:
        """The faults at these places that apply now."""
        faults = self._faults
        found = [faults[place] for place in sorted(places) if place in faults]
        return tuple([fault for fault in found if fault.lasts(now) and (fault.daily is None or fault.daily.holds(now))])

    def plus(self, fault: Armed) -> ArmedFaults:
        """These and one more, the last in order."""
        if self._next > 2 * len(self._faults) + _SLACK:
            return ArmedFaults((*self, fault), self.last, self._struck)
        aim, made = _aim(fault), self._copy()
        made._faults[self._next] = fault
        made._aims = {**self._aims, aim: (*self._aims.get(aim, ()), self._next)}
        made._places = {**self._places, fault.number: self._next}
        made._lengths = tuple(sorted({*self._lengths, *_length(aim)}))
        made._next += 1
        made._struck = self._struck.copy()  # counted in place from here on, and in no other table
        made.last = max(self.last, fault.number)
        made.size += size_of(fault)
        if fault.until is not None:
            made.soonest = min(self.soonest, fault.until)
        return made

    def spent(self, numbers: Collection[int]) -> ArmedFaults:
        """These after one use of each that has one of these numbers. A fault that is used up is not among them."""
        # Polls that a fault strikes come here: without calls.
        struck, faults, places = self._struck, self._faults, self._places
        counted = False
        for number in numbers:
            struck[number] = struck[number] + 1 if number in struck else 1
            counted = counted or (places[number] in faults and faults[places[number]].times is not None)
        if not counted:
            return self
        made = self._copy()
        for number in numbers:
            place = self._places[number]
            fault = made._faults.get(place)
            if fault is None or fault.times is None:
                continue
            if fault.times > 1:
                made._faults[place] = fault._replace(times=fault.times - 1)
            else:
                del made._faults[place]
                self._struck.pop(number, None)
                made.size -= size_of(fault)
        return made

    def lasting(self, now: int) -> ArmedFaults:
        """These without those whose time is over."""
        return self if now < self.soonest else self.only(lambda fault: fault.lasts(now))

    def _copy(self) -> ArmedFaults:
        made = ArmedFaults()
        made._faults, made._next, made._aims = self._faults.copy(), self._next, self._aims
        made._places, made._lengths, made.soonest = self._places, self._lengths, self.soonest
        made._struck = self._struck
        made.last, made.size = self.last, self.size
        return made


def size_of(fault: Armed) -> int:
    """About how many bytes of memory an armed fault holds."""
    effect = fault.effect
    texts = [effect.body, effect.type, effect.redirect, fault.id]
    texts += [text for name, value in effect.headers for text in (name, value if isinstance(value, str) else None)]
    return _FAULT + sum(getsizeof(text) for text in texts if text is not None)


def _aim(fault: Armed) -> Aim:
    return fault.vendor, None if fault.id is None else IdPattern.parse(fault.id), fault.submit


def _length(aim: Aim) -> tuple[int, ...]:
    """The length of its prefix, if it has one."""
    pattern = aim[1]
    return (len(pattern.start),) if pattern is not None and pattern.is_prefix else ()
