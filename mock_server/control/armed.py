"""Faults armed by hand: for a task, an id pattern, a vendor or all; for some polls or some time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mock_server.control.refused import Kind, Refused
from mock_server.emulator.commit import Ledger
from mock_server.engine.ids import IdPattern
from mock_server.engine.scenario import Daily, Effect
from mock_server.engine.task import Key
from mock_server.errors import Problem, did_you_mean, unknown_vendor
from mock_server.faults.armed import Armed, ArmedFaults, size_of
from mock_server.faults.kinds import FAULTS
from mock_server.store.store import Control
from mock_server.types import Bound
from mock_server.vendors.registry import Registry

ARMED = Bound(
    "Armed faults",
    10_000,
    "faults",
    "Another one is refused until some are disarmed, used up, or out of time.",
)
ARMED_SIZE = Bound(
    "Memory of armed faults",
    32 << 20,
    "bytes",
    "Another one is refused until some are disarmed, used up, or out of time.",
)


NO_ID = "a submit has no id yet, so a fault that applies to submits aims at none"


class Aim(NamedTuple):
    """Which tasks an armed fault applies to, and for how long.

    For `times` polls or `lasts` virtual milliseconds, else until it is disarmed. `daily`: at this time of each day.
    `submit`: it applies to submits in place of polls, and aims at no id.
    """

    vendor: str | None = None
    id: str | None = None
    times: int | None = None
    lasts: int | None = None
    daily: Daily | None = None
    submit: bool = False


class Targets(NamedTuple):
    """How many tasks a fault would apply to, and how many of them are not over."""

    tasks: int
    at_work: int


class Faults:
    """The armed faults of one server."""

    def __init__(self, ledger: Ledger, registry: Registry) -> None:
        self._ledger = ledger
        self._store = ledger.store
        self._registry = registry
        self._real = ledger.real
        self._last = 0

    def list(self) -> tuple[Armed, ...]:
        """Those that may still apply, in the order they were armed, which is the order they apply in."""
        return tuple(self.in_force())

    def in_force(self) -> ArmedFaults:
        """The same, which also know how often each was applied so far."""
        return self._lasting().armed

    def targets(self, effect: Effect, aim: Aim | None = None) -> tuple[Armed, Targets]:
        """The fault that `arm` would arm now, and the tasks that it would apply to; nothing changes.

        Refused: as `arm`.
        """
        aim = aim or Aim()
        self._judge(effect, aim)
        control, real = self._lasting(), self._real()
        pattern = None if aim.id is None else IdPattern.parse(aim.id)

        def wanted(key: Key) -> bool:
            return not aim.submit and aim.vendor in (None, key.vendor) and (pattern is None or pattern.matches(key.id))

        if pattern is not None and not pattern.is_prefix:
            vendors = self._registry.names if aim.vendor is None else (aim.vendor,)
            tasks = [key for key in (Key(vendor, pattern.start) for vendor in vendors) if self._store.read(key)]
        else:
            tasks = [key for key, _ in self._store.scan() if wanted(key)]
        ended = sum(map(self._store.is_ended, tasks))
        return self._made(control.armed.last + 1, effect, aim, control.clock.now(real)), Targets(
            len(tasks), len(tasks) - ended
        )

    def arm(self, effect: Effect, aim: Aim | None = None) -> Armed:
        """Arms a fault, under a number that none had before, so that nobody disarms another's by an old one.

        Refused: an effect that does nothing, a vendor, error or fault that does not exist, or too many are armed.
        """
        aim = aim or Aim()
        self._judge(effect, aim)
        real = self._real()

        def add(control: Control) -> Control:
            if len(control.armed) >= ARMED.value:
                hint = "disarm some, or arm for so many polls (`times`) or so long (`for`)"
                raise Refused(Kind.CONFLICT, f"{ARMED.value} faults are armed, the most there can be", hint=hint)
            number = max(self._last, control.armed.last) + 1
            fault = self._made(number, effect, aim, control.clock.now(real))
            if control.armed.size + size_of(fault) > ARMED_SIZE.value:
                what = f"the armed faults would take more than {ARMED_SIZE.value} bytes of memory"
                raise Refused(Kind.CONFLICT, what, hint="disarm some, or arm faults with shorter bodies")
            self._last, made[:] = number, [fault]
            return control._replace(armed=control.armed.plus(fault))

        made: list[Armed] = []
        self._lasting()
        self._store.control(add)
        return made[0]

    def forget_numbers(self) -> None:
        """Numbers from the start again, as a fresh server would."""
        self._last = 0

    def disarm(self, number: int | None = None, vendor: str | None = None, id: str | None = None) -> int:
        """Disarms the faults that have this number and aim at exactly this; how many."""

        def named(fault: Armed) -> bool:
            return number in (None, fault.number) and vendor in (None, fault.vendor) and id in (None, fault.id)

        gone: list[Armed] = []
        self._lasting()

        def remove(control: Control) -> Control:
            gone[:] = [fault for fault in control.armed if named(fault)]
            return control._replace(armed=control.armed.only(lambda fault: not named(fault)))

        self._store.control(remove)
        return len(gone)

    def _lasting(self) -> Control:
        """The control after the faults whose time is over are gone."""
        return self._ledger.expire()

    @staticmethod
    def _made(number: int, effect: Effect, aim: Aim, now: int) -> Armed:
        until = None if aim.lasts is None else now + aim.lasts
        return Armed(number, effect, aim.vendor, aim.id, aim.times, until, aim.daily, now, aim.submit)

    def _judge(self, effect: Effect, aim: Aim) -> None:
        problems = self._problems(effect, aim)
        if problems:
            raise Refused(Kind.INVALID, "the fault cannot be armed", problems)

    def _problems(self, effect: Effect, aim: Aim) -> Sequence[Problem]:
        problems = []
        if effect == Effect():
            what = "it does nothing: expected one of error, fault, delay, headers"
            problems.append(Problem("$", what))
        if aim.submit and aim.id is not None:
            problems.append(Problem("$.id", NO_ID, "leave out one of the two"))
        if effect.fault is not None and effect.fault not in FAULTS:
            problems.append(Problem("$.fault", f'"{effect.fault}" is not a fault', did_you_mean(effect.fault, FAULTS)))
        if aim.vendor is not None and aim.vendor not in self._registry:
            return [*problems, unknown_vendor("$.vendor", aim.vendor, self._registry.names)]
        return problems if effect.error is None else [*problems, *self._unknown_error(effect.error, aim.vendor)]

    def _unknown_error(self, error: int | str, aimed: str | None) -> Iterator[Problem]:
        """That a vendor which the fault aims at has no such error; of all vendors, which ones have it."""
        vendors = self._registry.names if aimed is None else (aimed,)
        having = [vendor for vendor in self._registry.names if self._has_error(vendor, error)]
        if aimed is None and 0 < len(having) < len(vendors):
            what = f'only {" and ".join(having)} {"has" if len(having) == 1 else "have"} the error "{error}"'
            yield Problem("$.error", what, f"say `vendor` {' or '.join(having)}")
            return
        for vendor in vendors:
            if vendor not in having:
                known = [word for word in self._registry.dialect(vendor).errors if not word.isdigit()]
                yield Problem("$.error", f'{vendor} has no error "{error}"', did_you_mean(str(error), known))

    def _has_error(self, vendor: str, error: int | str) -> bool:
        try:
            self._registry.dialect(vendor).error(error)
        except KeyError:
            return False
        return True
