"""A scenario's items: how many each vendor has, the fields they set, and the steps of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mock_server.engine.scenario import FAILURES, PLAIN_ITEM, Item, ItemStep, State
from mock_server.errors import InvalidInput, did_you_mean
from mock_server.scenarios.compile.part import Desk
from mock_server.scenarios.compile.transitions import judge_reach, names_of, way_of
from mock_server.schema.parts import MOST
from mock_server.schema.validator import Validator
from mock_server.types import Json, JsonPath
from mock_server.vendors.dialect import Dialect
from mock_server.vendors.fixtures import Fixtures, Items

Lists = Mapping[str, Items]
ByVendor = Mapping[str, tuple[Item, ...]]


class FixtureLookup(NamedTuple):
    """The lists a file may name: those beside it hide the server's own, and a given one hides all."""

    own: Fixtures
    beside: Fixtures | None = None
    given: Lists | None = None

    def items(self, vendor: str, name: str) -> Items:
        """As `Fixtures.items`."""
        if self.given is not None and vendor in self.given:
            return self.given[vendor]
        if self.beside is not None and name in self.beside.names(vendor):
            return self.beside.items(vendor, name)
        return self.own.items(vendor, name)

    def names(self, vendor: str) -> tuple[str, ...]:
        """As `Fixtures.names`."""
        return (*self.own.names(vendor), *(self.beside.names(vendor) if self.beside is not None else ()))


class ItemDesk:
    """Makes the items of one file for the vendors it serves. `used` are the fixtures it took, for the digest."""

    def __init__(self, desk: Desk, dialects: Sequence[Dialect], shelves: FixtureLookup) -> None:
        self._desk = desk
        self._dialects = dialects
        self._shelves = shelves
        self.used: dict[str, Items] = {}

    def items(self, raw: Json) -> ByVendor:
        """Per vendor what `items` says, which has the right shape."""
        if isinstance(raw, list):
            return self._each([self._item(("items", k), item) for k, item in enumerate(raw)])
        if isinstance(raw, dict) and "fixture" in raw:
            return {dialect.name: self._fixture(dialect, raw["fixture"]) for dialect in self._dialects}
        if isinstance(raw, dict):
            return self._each([self._item(("items", "each"), raw["each"])] * int(raw["count"]))
        return {dialect.name: (PLAIN_ITEM,) * int(raw) for dialect in self._dialects}

    def _each(self, items: Sequence[Item]) -> ByVendor:
        return {
            dialect.name: tuple(
                Item({name: value for name, value in item.fields.items() if name in dialect.item_fields}, item.steps)
                if item.fields
                else item
                for item in items
            )
            for dialect in self._dialects
        }

    def _item(self, path: JsonPath, raw: Mapping[str, Json]) -> Item:
        fields = {name: value for name, value in raw.items() if name != "steps"}
        for name, value in fields.items():
            schemas = {dialect.name: dialect.item_fields.get(name) for dialect in self._dialects}
            if not any(schemas.values()):
                known = {field for dialect in self._dialects for field in dialect.item_fields}
                served = ", ".join(schemas)
                self._desk.add((*path, name), f'no item of {served} has "{name}"', did_you_mean(name, known), key=True)
            for vendor, schema in schemas.items():
                breach = Validator(schema).check(value) if schema else None
                if breach:
                    self._desk.add((*path, name), f"{vendor}: {breach.message}")
        return Item(fields, self._steps((*path, "steps"), raw["steps"]) if "steps" in raw else ())

    def _steps(self, path: JsonPath, raw: Sequence[Mapping[str, Json]]) -> tuple[ItemStep, ...]:
        before = len(self._desk.problems)
        names = names_of(self._desk, path, raw)
        steps = tuple(self._step((*path, k), step, k, names) for k, step in enumerate(raw))
        if len(self._desk.problems) == before:
            judge_reach(self._desk, path, steps)
        return steps

    def _step(self, path: JsonPath, raw: Mapping[str, Json], k: int, names: Sequence[str]) -> ItemStep:
        way = way_of(self._desk, path, raw, k, names, inner=True)
        state = State(raw["state"])
        judge_word(self._desk, (*path, "state"), state, self._dialects)
        judge_reason(self._desk, path, raw, state in FAILURES)
        return ItemStep(names[k], state, way.polls, way.lasts, way.edges, raw.get("reason"))

    def _fixture(self, dialect: Dialect, name: str) -> tuple[Item, ...]:
        at = ("items", "fixture")
        try:
            found = self._shelves.items(dialect.name, name)
        except FileNotFoundError:
            hint = did_you_mean(name, self._shelves.names(dialect.name))
            self._desk.add(at, f'there is no fixture "{name}" for {dialect.name}', hint)
            return (PLAIN_ITEM,)
        except InvalidInput as error:
            self._desk.add(at, f"the fixture cannot be used: {error}")
            return (PLAIN_ITEM,)
        if len(found) > MOST:
            self._desk.add(at, f"the fixture of {dialect.name} has {len(found)} items, {MOST} at most")
        self.used[dialect.name] = found
        return tuple(self._from_fixture(dialect, name, k, item) for k, item in enumerate(found[:MOST]))

    def _from_fixture(self, dialect: Dialect, name: str, k: int, raw: Mapping[str, Json]) -> Item:
        # A list made as a pool also holds what bodies are drawn from and no item sets.
        drawn = self._shelves.own.items(dialect.name)[0]
        for field, value in raw.items():
            schema = dialect.item_fields.get(field)
            where = f"{dialect.name}/{name}.json, item {k}"
            if schema is None and field not in drawn:
                hint = did_you_mean(field, dialect.item_fields)
                self._desk.add(("items", "fixture"), f'{where}: no item of {dialect.name} has "{field}"', hint)
            breach = Validator(schema).check(value) if schema else None
            if breach:
                self._desk.add(("items", "fixture"), f'{where}: "{field}": {breach.message}')
        return Item({field: value for field, value in raw.items() if field in dialect.item_fields})


def judge_word(desk: Desk, path: JsonPath, state: State, dialects: Sequence[Dialect]) -> None:
    """Notes which vendors have no such word for an item."""
    for dialect in dialects:
        if state not in dialect.item_states:
            desk.add(
                path,
                f'{dialect.name} has no state "{state}" for an item',
                f"leave {dialect.name} out of `vendors`, or use another of: {_listed(dialect.item_states)}",
            )


def judge_reason(desk: Desk, path: JsonPath, raw: Mapping[str, Json], failed: bool) -> None:
    """Notes a reason that nothing will ever show."""
    if "reason" in raw and not failed:
        desk.add((*path, "reason"), "a reason is shown by failed items only, and none fails here", "drop it", key=True)


def _listed(states: frozenset[State]) -> str:
    return ", ".join(state.value for state in State if state in states)
