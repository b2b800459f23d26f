"""Faults armed by hand: for a task, an id pattern, a vendor or all; for some polls or some time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from mock_server.control.refused import Kind, Refused
from mock_server.engine.scenario import Daily, Effect
from mock_server.errors import Problem, did_you_mean, unknown_vendor
from mock_server.faults.armed import Armed, ArmedFaults
from mock_server.faults.kinds import FAULTS
from mock_server.store.store import Control, Store
from mock_server.types import Bound
from mock_server.vendors.registry import Registry

ARMED = Bound(
    "Armed faults",
    10_000,
    "faults",
    "Another one is refused until some are disarmed, used up, or out of time.",
)


class Aim(NamedTuple):
    """Which tasks an armed fault applies to, and for how long.

    For `times` polls or `lasts` virtual milliseconds, else until it is disarmed. `daily`: at this time of each day.
    """

    vendor: str | None = None
    id: str | None = None
    times: int | None = None
    lasts: int | None = None
    daily: Daily | None = None


class Faults:
    """The armed faults of one server."""

    def __init__(self, store: Store, registry: Registry, real: Callable[[], int]) -> None:
        self._store = store
        self._registry = registry
        self._real = real
        self._last = 0

    def list(self) -> tuple[Armed, ...]:
        """Those that may still apply, in the order they were armed, which is the order they apply in."""
        return tuple(self._lasting().armed)

    def arm(self, effect: Effect, aim: Aim | None = None) -> Armed:
        """Arms a fault, under a number that none had before, so that nobody disarms another's by an old one.

        Refused: an effect that does nothing, a vendor, error or fault that does not exist, or too many are armed.
        """
        aim = aim or Aim()
        problems = self._problems(effect, aim)
        if problems:
            raise Refused(Kind.INVALID, "the fault cannot be armed", problems)
        real = self._real()

        def add(control: Control) -> Control:
            if len(control.armed) >= ARMED.value:
                hint = "disarm some, or arm for so many polls (`times`) or so long (`for`)"
                raise Refused(Kind.CONFLICT, f"{ARMED.value} faults are armed, the most there can be", hint=hint)
            self._last = max(self._last, control.armed.last) + 1
            until = None if aim.lasts is None else control.clock.now(real) + aim.lasts
            made[:] = [Armed(self._last, effect, aim.vendor, aim.id, aim.times, until, aim.daily)]
            return control._replace(armed=control.armed.plus(*made))

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
            return control._replace(
                armed=ArmedFaults((fault for fault in control.armed if not named(fault)), control.armed.last)
            )

        self._store.control(remove)
        return len(gone)

    def _lasting(self) -> Control:
        """The control after the faults whose time is over are gone."""
        real = self._real()
        return self._store.control(
            lambda control: control._replace(armed=control.armed.lasting(control.clock.now(real)))
        )

    def _problems(self, effect: Effect, aim: Aim) -> Sequence[Problem]:
        problems = []
        if effect == Effect():
            what = "it does nothing: expected one of error, fault, delay, headers"
            problems.append(Problem("$", what))
        if effect.fault is not None and effect.fault not in FAULTS:
            problems.append(Problem("$.fault", f'"{effect.fault}" is not a fault', did_you_mean(effect.fault, FAULTS)))
        if aim.vendor is not None and aim.vendor not in self._registry:
            return [*problems, unknown_vendor("$.vendor", aim.vendor, self._registry.names)]
        vendors = self._registry.names if aim.vendor is None else (aim.vendor,)
        for vendor in vendors if effect.error is not None else ():
            try:
                self._registry.dialect(vendor).error(effect.error or 0)
            except KeyError:
                known = [word for word in self._registry.dialect(vendor).errors if not word.isdigit()]
                hint = did_you_mean(str(effect.error), known)
                problems.append(Problem("$.error", f'{vendor} has no error "{effect.error}"', hint))
        return problems
