"""The objects of items before a task's own words are put in: made once for each step, and filled for each task.

An item's object depends on what the step shows and on the item of the pool that supplies the rest. So the tasks of a
scenario share few of them, and a body costs little more than its words. What is remembered is what `Dialect.item` made,
so that the reference and the quick form cannot differ in layout.
"""

from __future__ import annotations

from typing import NamedTuple
from weakref import ReferenceType, ref

from mock_server.cache import Cache
from mock_server.engine.run import Run
from mock_server.engine.scenario import NO_ADJUST, Item, Scenario, Shown, State
from mock_server.types import Bound
from mock_server.vendors.dialect import Dialect, ItemBody, ItemView, Pool

_FORGOTTEN = "Those made first are forgotten, and made again when a body needs them."
STEPS = Bound("Steps whose items' objects are remembered", 1_024, "steps", _FORGOTTEN)
SIZE = Bound(
    "Memory of remembered objects of items",
    8 << 20,
    "bytes",
    f"{_FORGOTTEN} Those of a step that takes more alone are made for each body.",
)
_OBJECT = 800
"""Bytes that one object takes at most besides its texts, which the pool and the scenario hold."""

_SHOWN = 100
"""Bytes that what one item shows takes, and its place among the tables."""

Table = dict[int, ItemBody]
"""The objects of items that show the same, by the position in the pool of the item that supplies the rest."""


class _Step(NamedTuple):
    """The tables of one step, one for each item; items that show the same share theirs."""

    scenario: ReferenceType[Scenario]
    """Weak: what is remembered must not hold a version that nothing else needs."""
    pool: Pool
    items: tuple[Item, ...]
    shown: tuple[Shown, ...]
    tables: tuple[Table, ...]

    def fits(self, run: Run, shown: tuple[Shown, ...], pool: Pool) -> bool:
        """Whether these tables are for a step that shows this."""
        return (
            self.scenario() is run.scenario
            and self.items is run.items
            and self.pool is pool
            and (self.shown is shown or self.shown == shown)
        )


class Layouts:
    """Lays items out, and remembers what may be shared. Any thread may call it: at worst an object is made twice."""

    def __init__(self) -> None:
        self._steps: Cache[tuple[object, ...], _Step] = Cache(STEPS.value, SIZE.value)

    def forget(self) -> None:
        """Forgets everything, so that its memory is free."""
        self._steps.clear()

    def of(self, dialect: Dialect, run: Run, shown: tuple[Shown, ...], pool: Pool, picks: list[int]) -> list[ItemBody]:
        """The items of a run as they show `shown`; `picks` are their places in the pool."""
        tables = self._tables(run, shown, pool)
        if tables is None:
            parts = zip(run.items, shown, picks, strict=True)
            return [dialect.item(_view(dialect, item, each, pool, pick)) for item, each, pick in parts]
        found = []
        for k, (table, pick) in enumerate(zip(tables, picks, strict=True)):
            body = table.get(pick)
            if body is None:
                body = table[pick] = dialect.item(_view(dialect, run.items[k], shown[k], pool, pick))
            found.append(body)
        return found

    def _tables(self, run: Run, shown: tuple[Shown, ...], pool: Pool) -> tuple[Table, ...] | None:
        """Where the objects of a step are remembered; None where they must not be.

        Each body has fresh ones where the scenario changes them afterwards, and where items have fields of their own,
        walk by themselves or failed for a reason that a person gave: those are many, and few tasks share them.
        """
        scenario, key, task, cursor, _, items, _, step, *_ = run
        if scenario.by_items or task.given or task.manual or step.adjust is not NO_ADJUST:
            return None
        place = (scenario.version, cursor.step, key.vendor)
        known = self._steps.find(place)
        if known is not None and known.fits(run, shown, pool):
            return known.tables
        if any(item.fields for item in items):
            return None
        by_shown: dict[Shown, Table] = {each: {} for each in shown}
        made = _Step(ref(scenario), pool, items, shown, tuple([by_shown[each] for each in shown]))
        self._steps.keep(place, made, _OBJECT * len(pool) * len(by_shown) + _SHOWN * len(shown))
        return made.tables


def _view(dialect: Dialect, item: Item, shown: Shown, pool: Pool, pick: int) -> ItemView:
    """An item as the dialect reads it: one without the step's word shows how the work ended."""
    state, reason = shown
    fields = item.fields
    if fields:
        fields = {name: value for name, value in fields.items() if name in dialect.item_fields}
    return ItemView(state_shown(dialect, state), reason, fields, pool[pick])


def state_shown(dialect: Dialect, state: State) -> State:
    """The word that an item of this vendor shows for a state."""
    return state if state in dialect.item_states else State.SUCCEEDED
