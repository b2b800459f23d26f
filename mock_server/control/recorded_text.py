"""The text of a scenario that is made of polls, whether they are a task's own or were seen of a real service. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from mock_server.engine.scenario import FAILURES, Shown, State
from mock_server.scenarios.flow import flow
from mock_server.types import Json

NOT_TOLD = "# Not told: "
"""How a line begins that says what could not be told."""


class Showed(NamedTuple):
    """What the vendor said to a poll, before faults. `items` None: all take the state."""

    state: State | None
    error: int | str | None
    items: tuple[Shown, ...] | None = None
    reason: str | None = None
    inconsistent: bool = False
    changes: tuple[tuple[str, Json], ...] = ()
    """What the step changes in its response, as a scenario file writes it: `with`, `without`, `status`, `headers`."""

    def because(self, told: Mapping[int, str], count: int) -> Showed:
        """The same with the reasons that its failed items showed, by their positions; there are `count` items.

        Items that failed for one reason share it.
        """
        if self.state is None:
            return self
        each = self.items or (Shown(self.state),) * count
        reasons = {k: told.get(k) for k, shown in enumerate(each) if shown.state in FAILURES}
        if not any(reasons.values()):
            return self
        if len(set(reasons.values())) == 1:
            plain = None if self.items is None else tuple(shown._replace(reason=None) for shown in each)
            return self._replace(items=plain, reason=next(iter(reasons.values())))
        own = tuple(shown._replace(reason=reasons[k]) if k in reasons else shown for k, shown in enumerate(each))
        return self._replace(items=own, reason=None)

    def step(self, more: Mapping[str, Json]) -> dict[str, Json]:
        """It as a step of a scenario file, which has `more` besides."""
        step: dict[str, Json] = {"error": self.error} if self.state is None else {"state": self.state.value}
        step |= more
        if self.items is not None and self.state is not None:
            step["items"] = [_shown(each) for each in self.items]
        if self.reason is not None:
            step["reason"] = self.reason
        if self.inconsistent:
            step["inconsistent"] = True
        return step | dict(self.changes)


class Parts(NamedTuple):
    """The parts of a scenario's text. `items` are the fields of each; `remarks` stand behind the steps, "" for none."""

    about: str
    head: Mapping[str, Json]
    items: Sequence[Mapping[str, Json]]
    steps: Sequence[Mapping[str, Json]]
    faults: Sequence[Mapping[str, Json]]
    notify: Json | None = None
    remarks: Sequence[str] = ()

    def text(self, notes: Iterable[str]) -> str:
        """The file. `notes`: what could not be told, a sentence each without its full stop."""
        lines = [f"about: {flow(self.about)}"]
        lines += [f"{name}: {flow(value)}" for name, value in self.head.items()]
        lines += items_lines(self.items)
        remarks = [*self.remarks, *[""] * (len(self.steps) - len(self.remarks))]
        lines += ["steps:"]
        lines += [
            f"  - {flow(dict(step))}{f'  # {remark}' if remark else ''}"
            for step, remark in zip(self.steps, remarks, strict=True)
        ]
        lines += [] if self.notify is None else [f"notify: {flow(self.notify)}"]
        lines += ["faults:", *(f"  - {flow(dict(fault))}" for fault in self.faults)] if self.faults else []
        return "\n".join([*(f"{NOT_TOLD}{note}." for note in notes), *lines]) + "\n"


def items_lines(items: Sequence[Mapping[str, Json]]) -> list[str]:
    """The items with their fields; only their number where they have none."""
    if not any(items):
        return [] if len(items) == 1 else [f"items: {len(items)}"]
    return ["items:", *(f"  - {flow(dict(fields))}" for fields in items)]


def by_polls(effects: Iterable[tuple[int, dict[str, Json]]]) -> Iterator[dict[str, Json]]:
    """A fault for each different effect, with the numbers of the polls that it struck."""
    found: dict[str, tuple[dict[str, Json], list[int]]] = {}
    for number, effect in effects:
        found.setdefault(flow(effect), (effect, []))[1].append(number)
    for effect, numbers in found.values():
        yield {"when": {"polls": list(_windows(numbers))}, **effect}


def _windows(numbers: Sequence[int]) -> Iterator[int | str]:
    """`[1, 2, 3, 7]` as `1..3` and `7`."""
    for _, each in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        together = [number for _, number in each]
        yield together[0] if len(together) == 1 else f"{together[0]}..{together[-1]}"


def _shown(shown: Shown) -> Json:
    state = shown.state.value
    return state if shown.reason is None else {"state": state, "reason": shown.reason}
