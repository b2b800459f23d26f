"""Rules made by hand: which scenario matching submits play, for some submits or some time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mock_server.control.refused import Kind, Refused
from mock_server.emulator.commit import Ledger
from mock_server.engine.rules import Rule
from mock_server.engine.submits import where_of
from mock_server.errors import Problem, did_you_mean, unknown_vendor
from mock_server.store.store import Control
from mock_server.types import Bound
from mock_server.vendors.registry import Registry

RULES = Bound("Rules", 1_000, "rules", "Another one is refused until some are dropped, used up, or out of time.")


class Rules:
    """The rules of one server."""

    def __init__(self, ledger: Ledger, registry: Registry) -> None:
        self._ledger = ledger
        self._store = ledger.store
        self._registry = registry

    def list(self) -> tuple[Rule, ...]:
        """Those that may still apply, oldest first, which is the order they apply in."""
        return self._lasting().rules.rules

    def add(
        self,
        scenario: str,
        vendor: str | None = None,
        where: Mapping[str, str] | None = None,
        *,
        times: int | None = None,
        lasts: int | None = None,
    ) -> Rule:
        """Makes a rule, for `times` submits or `lasts` virtual milliseconds, else until it is dropped.

        Refused: a scenario, vendor or key that is not there, or there are too many rules.
        """
        problems = self._problems(scenario, vendor, where or {})
        if problems:
            raise Refused(Kind.INVALID, "there can be no such rule", problems)
        real = self._ledger.real()
        made: list[Rule] = []

        def put(control: Control) -> Control:
            if len(control.rules.rules) >= RULES.value:
                hint = "drop some, or make rules for so many submits (`times`) or so long (`for`)"
                raise Refused(Kind.CONFLICT, f"there are {RULES.value} rules, the most there can be", hint=hint)
            until = None if lasts is None else control.clock.now(real) + lasts
            made[:] = [Rule(control.rules.last + 1, scenario, vendor, where_of(where or {}), times, until)]
            return control._replace(rules=control.rules.plus(made[0]))

        self._lasting()
        self._store.control(put)
        return made[0]

    def drop(self, number: int | None = None) -> int:
        """Drops the rule of this number, or all; how many."""
        gone: list[Rule] = []
        self._lasting()

        def remove(control: Control) -> Control:
            gone[:] = [rule for rule in control.rules.rules if number in (None, rule.number)]
            return control._replace(rules=control.rules.only(lambda rule: number not in (None, rule.number)))

        self._store.control(remove)
        return len(gone)

    def _lasting(self) -> Control:
        """The control after the rules whose time is over are gone."""
        real = self._ledger.real()

        def let_go(control: Control) -> Control:
            now = control.clock.now(real)
            if all(rule.lasts(now) for rule in control.rules.rules):
                return control
            return control._replace(rules=control.rules.only(lambda rule: rule.lasts(now)))

        return self._store.control(let_go)

    def _problems(self, name: str, vendor: str | None, where: Mapping[str, str]) -> Sequence[Problem]:
        if vendor is not None and vendor not in self._registry:
            return [unknown_vendor("$.vendor", vendor, self._registry.names)]
        scenarios = self._ledger.library().scenarios
        if name not in scenarios:
            hint = did_you_mean(name, scenarios)
            return [Problem("$.scenario", f'there is no scenario "{name}"', hint)]
        served = scenarios[name].vendors
        if vendor is not None and vendor not in served:
            return [Problem("$.vendor", f"{name} does not serve {vendor}", f"it serves {', '.join(served)}")]
        vendors = served if vendor is None else (vendor,)
        known = {each: self._registry.dialect(each).submit_keys for each in vendors}
        if any(keys.keys() >= where.keys() for keys in known.values()):
            return []
        hint = "; ".join(f"{each} has {', '.join(keys) or 'none'}" for each, keys in known.items())
        alone = [key for key in where if not any(key in keys for keys in known.values())]
        if alone:
            return [Problem("$.where", f'submits to {", ".join(vendors)} have no "{key}"', hint) for key in alone]
        return [Problem("$.where", "no vendor that the scenario serves has all of these keys", hint)]
