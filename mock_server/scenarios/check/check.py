"""Every step, edge and body of a scenario, seen once before anyone polls it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from mock_server.engine.cursor import step_items
from mock_server.engine.draws import Draws
from mock_server.engine.run import sample
from mock_server.engine.scenario import NO_ADJUST, Edge, Item, Scenario, Shown, State, Step
from mock_server.scenarios.check.reach import disagreement, visits
from mock_server.scenarios.compile.overrides import written
from mock_server.scenarios.compile.part import Desk
from mock_server.schema.breach import Breach
from mock_server.types import Json, JsonPath
from mock_server.vendors.dialect import Dialect
from mock_server.vendors.places import BadPlace
from mock_server.vendors.render import Rendered, Renderer

MOST_VIEWS = 300_000
"""Items that the bodies of all different steps may hold together: some seconds of checking."""

Edges = Sequence[tuple[Edge, ...]]


class Seen(NamedTuple):
    """How much a walk saw."""

    steps: int
    edges: int
    bodies: int


class Walk:
    """One walk through one scenario; what is wrong goes on the desk."""

    def __init__(self, desk: Desk, scenario: Scenario, renderer: Renderer) -> None:
        self._desk = desk
        self._scenario = scenario
        self._renderer = renderer
        self._draws = Draws(0, scenario.name)
        self._dialects = [renderer.registry.dialect(name, scenario.options) for name in scenario.vendors]
        self._bodies = 0

    def go(self) -> Seen:
        """Looks at everything; the counts are of what it looked at."""
        edges = self._walk_items() if self._scenario.by_items else self._walk_steps()
        self._walk_faults()
        return Seen(len(edges), sum(map(len, edges)), self._bodies)

    def _walk_steps(self) -> Edges:
        """Each step singly, and each way through them. The edges out of each step."""
        steps = self._scenario.steps
        self._judge_all_bodies(steps)
        found: dict[int, str] = {}
        for stop in visits([step.state for step in steps], [step.edges for step in steps]):
            state = steps[stop.step].state
            what = stop.breach or (self._contradicts(steps[stop.step], state, stop.failed) if state else "")
            if what:
                found.setdefault(stop.step, what)
        for k in sorted(found):
            if not steps[k].adjust.inconsistent:
                hint = "mend the steps, or say `inconsistent: true` here"
                self._desk.add(("steps", k), f'step "{steps[k].name}": {found[k]}', hint)
        return [step.edges for step in steps]

    def _contradicts(self, step: Step, state: State, failed: bool | None) -> str:
        """How the step contradicts its items for a vendor whose bodies tell of the whole."""
        for dialect in self._dialects:
            if not dialect.has_whole:
                continue
            shown = {one.state for one in step.items} if step.items is not None else {state}
            # An item without the step's word shows how the work ended.
            words = {word if word in dialect.item_states else State.SUCCEEDED for word in shown}
            what = disagreement(state, failed, words)
            if what:
                return f"{what} ({dialect.name})"
        return ""

    def _judge_all_bodies(self, steps: Sequence[Step]) -> None:
        """Every step's bodies; those that show the same as an earlier step's are counted but not made again."""
        known: set[tuple[object, ...]] = set()
        views = 0
        for k, step in enumerate(steps):
            says = (step.state, step.error, step.items, step.reason)
            if step.adjust is NO_ADJUST:
                if says in known:
                    self._bodies += len(self._dialects)
                    continue
                known.add(says)
            views += sum(len(self._scenario.items_of(dialect.name)) for dialect in self._dialects)
            if views > MOST_VIEWS:
                what = f"too much to check: up to here the steps differ in {views} items, {MOST_VIEWS} at most"
                self._desk.add(("steps", k), what, "use fewer items or fewer steps")
                return
            self._judge_bodies(k, step)

    def _judge_bodies(self, k: int, step: Step) -> None:
        """Renders the step for every vendor: places must exist, and the contract holds unless told otherwise."""
        broken = False
        for dialect in self._dialects:
            items = self._scenario.items_of(dialect.name)
            shown = () if step.error is not None else step_items(step, len(items))
            rendered = self._rendered(dialect, k, shown, items)
            if rendered is None:
                broken = True
                continue
            broken = broken or rendered.breach is not None
            if rendered.breach is not None and rendered.broken:
                self._broken(dialect, ("steps", k), rendered.breach, "off_contract: true")
        if step.adjust.off_contract and not broken:
            what = "`off_contract` is said, and yet the response keeps every vendor's contract"
            self._desk.add(("steps", k, "off_contract"), what, "drop it, or break the contract", key=True)

    def _rendered(self, dialect: Dialect, k: int, shown: tuple[Shown, ...], items: tuple[Item, ...]) -> Rendered | None:
        self._bodies += 1
        scenario = self._scenario
        try:
            return self._renderer.shown(sample(scenario, dialect.name, k, items), shown)
        except BadPlace as error:
            path = written(self._raw_step(k), dialect.name, error.place)
            place = ".".join(map(str, error.place))
            what = f'the body of {dialect.name} has no place "{place}" here'
            self._desk.add(("steps", k, *path), what, "only the last key of a place may be new", key=True)
            return None

    def _raw_step(self, k: int) -> Mapping[str, Json]:
        raw: Mapping[str, Json] = self._desk.source.value["steps"][k]
        return raw

    def _broken(self, dialect: Dialect, path: JsonPath, breach: Breach, excuse: str = "") -> None:
        raw = self._raw_step(int(path[1])) if path[0] == "steps" else {}
        for key in ("with", "without"):
            if dialect.name in raw.get(key, ()):
                path = (*path, key, dialect.name)
                break
        what = f"the response breaks the contract of {dialect.name} at {breach.path} ({breach.rule}): {breach.message}"
        self._desk.add(path, what, f"mend it, or say `{excuse}` if that is meant" if excuse else "", key=len(path) > 2)

    def _walk_items(self) -> Edges:
        """Each item's steps singly, and each whole that follows from them. The edges out of each item's step."""
        distinct = {item.steps: item for items in self._scenario.items.values() for item in items}
        for item in distinct.values():
            self._judge_item(item)
        for dialect in self._dialects:
            items = self._scenario.items_of(dialect.name)
            for step_list, item in distinct.items():
                for place in step_list:
                    self._judge_derived(dialect, (item,), (Shown(place.state, place.reason),))
            words: set[State] = set()
            for row in _rows(items):
                word = dialect.derive(tuple(one.state for one in row))
                if word not in words:
                    words.add(word)
                    self._judge_derived(dialect, items, row)
        return [place.edges for step_list in distinct for place in step_list]

    def _judge_item(self, item: Item) -> None:
        stops = (
            visits([place.state for place in item.steps], [place.edges for place in item.steps]) if item.steps else ()
        )
        for stop in stops:
            if stop.breach:
                path = (*self._item_path(item), stop.step)
                self._desk.add(path, f'step "{item.steps[stop.step].name}" of the item {stop.breach}', "mend the steps")

    def _item_path(self, item: Item) -> JsonPath:
        """Where the file writes an item's steps."""
        if not isinstance(self._desk.source.value["items"], list):
            return "items", "each", "steps"
        items = next(iter(self._scenario.items.values()))
        return "items", next(k for k, other in enumerate(items) if other.steps == item.steps), "steps"

    def _judge_derived(self, dialect: Dialect, items: tuple[Item, ...], row: tuple[Shown, ...]) -> None:
        rendered = self._rendered(dialect, 0, row, items)
        if rendered is not None and rendered.breach is not None:
            self._broken(dialect, ("items",), rendered.breach)

    def _walk_faults(self) -> None:
        for k, fault in enumerate(self._scenario.faults):
            if fault.effect.error is None:
                continue
            for dialect in self._dialects:
                self._bodies += 1
                options = self._scenario.options
                rendered = self._renderer.error(dialect.name, fault.effect.error, self._draws, 1, options=options)
                if rendered.breach is not None:
                    self._broken(dialect, ("faults", k), rendered.breach)


def _rows(items: tuple[Item, ...]) -> Iterator[tuple[Shown, ...]]:
    """Places of all items together, enough to meet every whole: side by side, and one ahead of or behind the rest."""
    last = max(len(item.steps) for item in items) - 1
    for m in range(last + 1):
        yield tuple(_at(item, m) for item in items)
    for k in range(min(len(items), 2)):
        yield tuple(_at(item, last if (j == 0) is (k == 0) else 0) for j, item in enumerate(items))


def _at(item: Item, m: int) -> Shown:
    if not item.steps:
        return Shown(State.SUCCEEDED)
    place = item.steps[min(m, len(item.steps) - 1)]
    return Shown(place.state, place.reason)
