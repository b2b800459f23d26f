"""The rules of a running server: which scenario the submits play that fit them. Values, oldest first."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from mock_server.engine.submits import Values, Where, fits


class Rule(NamedTuple):
    """The submits that fit `where`, to a vendor or to all, play a scenario: `times` of them, or `until` a time."""

    number: int
    scenario: str
    """The scenario's name."""
    vendor: str | None = None
    where: Where = ()
    times: int | None = None
    until: int | None = None
    """Virtual milliseconds."""
    played: int = 0
    """How many submits it decided so far."""

    def earlier(self, by: int) -> Rule:
        """This rule with its time so many milliseconds earlier."""
        return self if self.until is None else self._replace(until=self.until - by)

    def lasts(self, now: int) -> bool:
        """Whether its time is not over."""
        return self.until is None or now < self.until


class SubmitRules(NamedTuple):
    """The rules that may still apply, oldest first, and the highest number that a rule had so far."""

    rules: tuple[Rule, ...] = ()
    last: int = 0

    def find(self, vendor: str, values: Values, now: int, serves: Callable[[str], bool]) -> Rule | None:
        """The oldest rule that a submit fits now; `serves`: whether there is such a scenario for its vendor."""
        return next(
            (
                rule
                for rule in self.rules
                if rule.vendor in (None, vendor)
                and rule.lasts(now)
                and fits(rule.where, values)
                and serves(rule.scenario)
            ),
            None,
        )

    def plus(self, rule: Rule) -> SubmitRules:
        """These and one more, the last in order."""
        return SubmitRules((*self.rules, rule), max(self.last, rule.number))

    def used(self, number: int) -> SubmitRules:
        """These after the rule of this number decided a submit. One that is used up is not among them."""
        after = [rule._replace(played=rule.played + 1) if rule.number == number else rule for rule in self.rules]
        return self._replace(rules=tuple([rule for rule in after if rule.times is None or rule.played < rule.times]))

    def only(self, wanted: Callable[[Rule], bool]) -> SubmitRules:
        """Those for which this holds."""
        return self._replace(rules=tuple(filter(wanted, self.rules)))
