"""A scenario's items: how many each vendor has, the fields they set, and the steps of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import product
from typing import NamedTuple

from mock_server.engine.scenario import FAILURES, PLAIN_ITEM, Item, ItemStep, State
from mock_server.errors import InvalidInput, did_you_mean
from mock_server.scenarios.compile.part import Part
from mock_server.scenarios.compile.transitions import Place, check_reach, names_of, places_of, transition_of
from mock_server.scenarios.compile.words import item_state
from mock_server.schema.breach import Breach
from mock_server.schema.parts import MOST
from mock_server.schema.validator import Validator
from mock_server.types import Bound, Json
from mock_server.vendors.dialect import Dialect
from mock_server.vendors.fixtures import Fixtures, Items

MOST_ITEM_STEPS = 10_000
"""Items times the steps (and branches) of the item that has most: all are walked at each poll, under the store's lock.
A scenario with more is not loaded."""
ITEM_STEPS = Bound(
    "Items of a scenario, times the steps and branches of the one that has most",
    MOST_ITEM_STEPS,
    "steps",
    "The scenario is not loaded.",
)

Lists = Mapping[str, Items]


class Served(NamedTuple):
    """Whom a scenario serves: the vendors' dialects, and the items that it has for each."""

    dialects: tuple[Dialect, ...]
    items: Mapping[str, tuple[Item, ...]]


def wholes_of(served: Served) -> list[str]:
    """The states that can follow from items with steps of their own: where these walk, they are the steps of the whole.

    A vendor's rule asks whether any item, or all of them, show some state, so any two items show every outcome.
    """
    found = set()
    for dialect in served.dialects:
        items = served.items.get(dialect.name, ())
        states = {step.state for item in items for step in item.steps or (_DONE,)}
        found |= {dialect.derive(pair) for pair in product(states, repeat=2)}
    return [state.value for state in State if state in found]


_DONE = ItemStep("", State.SUCCEEDED)
"""What an item without steps shows beside others that walk."""


class FixtureLookup(NamedTuple):
    """The lists a file may name: those beside it hide the server's own, and `lists`, where there are any, hide all."""

    own: Fixtures
    beside: Fixtures | None = None
    lists: Lists | None = None

    def items(self, vendor: str, name: str) -> Items:
        """As `Fixtures.items`."""
        if self.lists is not None and vendor in self.lists:
            return self.lists[vendor]
        if self.beside is not None:
            try:
                return self.beside.items(vendor, name)
            except FileNotFoundError:
                pass
        return self.own.items(vendor, name)

    def names(self, vendor: str) -> tuple[str, ...]:
        """As `Fixtures.names`."""
        return (*self.own.names(vendor), *(self.beside.names(vendor) if self.beside is not None else ()))


class ItemCompiler:
    """Compiles the items of one file for the vendors that serve it. `used` are the fixtures it took, for the digest."""

    def __init__(self, dialects: Sequence[Dialect], lookup: FixtureLookup) -> None:
        self._dialects = dialects
        self._lookup = lookup
        self._validators: dict[tuple[str, str], Validator] = {}
        self._scripts: dict[tuple[ItemStep, ...], tuple[ItemStep, ...]] = {}
        self.used: dict[str, Items] = {}

    def items(self, items: Part) -> Mapping[str, tuple[Item, ...]]:
        """The items of each vendor, from the `items` of the file."""
        if isinstance(items.value, list):
            made = [self._item(item) for item in items.elements()]
            _check_size(items, made)
            return self._for_each_vendor(made)
        if not isinstance(items.value, dict):
            return self._for_each_vendor([PLAIN_ITEM] * int(items.value))
        if "fixture" in items:
            return {dialect.name: self._fixture(items.child("fixture"), dialect) for dialect in self._dialects}
        made = [self._item(items.child("each"))] * int(items.get("count"))
        _check_size(items, made)
        return self._for_each_vendor(made)

    def _for_each_vendor(self, items: Sequence[Item]) -> Mapping[str, tuple[Item, ...]]:
        """Per vendor the items with only those fields that its own items have."""
        return {
            dialect.name: tuple(
                Item({name: value for name, value in item.fields.items() if name in dialect.item_fields}, item.steps)
                if item.fields
                else item
                for item in items
            )
            for dialect in self._dialects
        }

    def _item(self, item: Part) -> Item:
        fields = {name: value for name, value in item.value.items() if name != "steps"}
        for name, value in fields.items():
            if not any(name in dialect.item_fields for dialect in self._dialects):
                known = {field for dialect in self._dialects for field in dialect.item_fields}
                vendors = ", ".join(dialect.name for dialect in self._dialects)
                item.report(f'no item of {vendors} has "{name}"', partial(did_you_mean, name, known), key=name)
            for dialect in self._dialects:
                breach = self._breach(dialect, name, value)
                if breach:
                    item.child(name).report(f"{dialect.name}: {breach.message}")
        return Item(fields, self._steps(item.child("steps")) if "steps" in item else ())

    def _steps(self, steps: Part) -> tuple[ItemStep, ...]:
        before = len(steps.problems)
        names = names_of(steps)
        made = tuple(map(self._step, steps.elements(), places_of(names, inner=True)))
        _check_counting(steps)
        if len(steps.problems) == before:
            check_reach(steps, made)
        # Equal steps are one value: items that share it are walked together.
        return self._scripts.setdefault(made, made)

    def _step(self, step: Part, place: Place) -> ItemStep:
        transition = transition_of(step, place)
        state = item_state(step.child("state"), self._dialects)
        check_reason(step, state in FAILURES)
        reason = step.get("reason")
        return ItemStep(place.name, state, *transition[:3], reason=reason, hold=transition.hold)

    def _fixture(self, fixture: Part, dialect: Dialect) -> tuple[Item, ...]:
        name = fixture.value
        try:
            found = self._lookup.items(dialect.name, name)
        except FileNotFoundError:
            hint = partial(did_you_mean, name, self._lookup.names(dialect.name))
            fixture.report(f'there is no fixture "{name}" for {dialect.name}', hint)
            return (PLAIN_ITEM,)
        except InvalidInput as error:
            fixture.report(f"the fixture cannot be used: {error}")
            return (PLAIN_ITEM,)
        if len(found) > MOST:
            fixture.report(f"the fixture of {dialect.name} has {len(found)} items, {MOST} at most")
        self.used[dialect.name] = found
        return tuple(self._from_fixture(fixture, dialect, k, item) for k, item in enumerate(found[:MOST]))

    def _from_fixture(self, fixture: Part, dialect: Dialect, k: int, raw: Mapping[str, Json]) -> Item:
        # A list made as a pool also holds what bodies are drawn from and no item sets.
        pooled = self._lookup.own.items(dialect.name)[0]
        for field, value in raw.items():
            where = f"{dialect.name}/{fixture.value}.json, item {k}"
            if field not in dialect.item_fields and field not in pooled:
                hint = partial(did_you_mean, field, dialect.item_fields)
                fixture.report(f'{where}: no item of {dialect.name} has "{field}"', hint)
            breach = self._breach(dialect, field, value)
            if breach:
                fixture.report(f'{where}: "{field}": {breach.message}')
        return Item({field: value for field, value in raw.items() if field in dialect.item_fields})

    def _breach(self, dialect: Dialect, field: str, value: Json) -> Breach | None:
        """How a value breaks the vendor's rule for this field; None where its items have no such field."""
        if field not in dialect.item_fields:
            return None
        known = self._validators.get((dialect.name, field))
        if known is None:
            known = self._validators[dialect.name, field] = Validator(dialect.item_fields[field])
        return known.check(value)


def _check_size(items: Part, made: Sequence[Item]) -> None:
    """Reports items with so many steps that walking them at each poll would take too long."""
    longest = max(
        (sum(max(1, len(step.edges)) for step in steps) for steps in {id(i.steps): i.steps for i in made}.values()),
        default=0,
    )
    if len(made) * longest > MOST_ITEM_STEPS:
        what = f"{len(made)} items with up to {longest} steps and branches each, {MOST_ITEM_STEPS} at most in all"
        items.report(what, "use fewer items, or items with fewer steps")


def _check_counting(steps: Part) -> None:
    """Reports the steps of an item that count time where its first one counts polls, or the other way round.

    Nothing is stored of where an item stands: it follows from the task's polls and from the time since its birth, and
    neither tells at what moment a poll ended a step.
    """
    counting = [(step, key) for step in steps.elements() for key in ("polls", "for") if key in step]
    for step, key in counting:
        first = counting[0][1]
        if key != first and first not in step:
            counted = "polls" if first == "polls" else "time"
            what = f"an item's steps all count polls or all count time, and the first counts {counted}"
            step.report(what, f"say `{first}` in place of `{key}`", key=key)


def check_reason(step: Part, failed: bool) -> None:
    """Reports a reason that nothing will ever show."""
    if "reason" in step and not failed:
        step.report("a reason is shown by failed items only, and none fails here", "drop it", key="reason")
