"""Lists of tasks, a page at a time: no page looks at more tasks than it says."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from mock_server.api.words import Order
from mock_server.control.refused import Kind, Refused
from mock_server.control.task_view import Wanted
from mock_server.emulator.commit import Ledger
from mock_server.engine.ids import IdPattern
from mock_server.engine.run import Run, surely_in
from mock_server.engine.scenario import Scenario
from mock_server.engine.task import Key, Record
from mock_server.errors import Problem
from mock_server.store.look import FIRST, Place
from mock_server.types import Bound
from mock_server.vendors.registry import Registry

LOOK = Bound(
    "Tasks that one list looks at, if nothing is said",
    2_000,
    "tasks",
    "The list ends there, and says where the next one goes on (`next`).",
)
_SLICE = 250
"""Tasks that are looked at while nobody else may use the store."""


class Paging(NamedTuple):
    """Which part of a list: at most `limit` tasks, of at most `look` that are looked at, from the place `before` on."""

    limit: int = 1_000
    look: int = LOOK.value
    order: Order = "born"
    before: str = ""


class Found(NamedTuple):
    """Some tasks. `looked` of all the `kept` ones were looked at; `next` is where the next page begins, None at the
    end.
    """

    runs: tuple[Run, ...]
    looked: int
    kept: int
    next: str | None


def page(ledger: Ledger, registry: Registry, wanted: Wanted, paging: Paging) -> Found:
    """The wanted tasks of one page. Refused: `before` is no place of this order."""
    kept = ledger.store.glance().tasks
    exact = exact_id(wanted)
    if exact is not None:
        vendors = registry.names if wanted.vendor is None else (wanted.vendor,)
        runs = [run for vendor in vendors if (run := ledger.read(Key(vendor, exact))) is not None]
        fitting = [run for run in runs if wanted.fits(run, registry)]
        return Found(tuple(fitting[: paging.limit]), len(runs), kept, None)
    return _looked(ledger, registry, wanted, paging, kept)


def exact_id(wanted: Wanted) -> str | None:
    """The id that is wanted, None if there is none or it is a prefix."""
    pattern = None if wanted.id is None else IdPattern.parse(wanted.id)
    return None if pattern is None or pattern.is_prefix else pattern.start


def _looked(ledger: Ledger, registry: Registry, wanted: Wanted, paging: Paging, kept: int) -> Found:
    found: list[tuple[Run, Place]] = []
    looked = 0
    place: Place | None = _place(paging, registry)
    slice = min(_SLICE, paging.limit + 1) if wanted == Wanted() else _SLICE
    budget = paging.look
    may_fit = _may_fit(wanted)
    while place is not None and budget > 0:
        most = min(slice, budget)
        rows, place = ledger.look(place, most, wanted.vendor, may_fit)
        budget -= max(len(rows), most // 4)  # where few tasks are polled often, a look shows few
        for run, after in rows:
            looked += 1
            if run is None or not wanted.fits(run, registry):
                continue
            if len(found) == paging.limit:
                return Found(tuple(run for run, _ in found), looked - 1, kept, str(found[-1][1]))
            found.append((run, after))
    return Found(tuple(run for run, _ in found), looked, kept, None if place is None else str(place))


def _may_fit(wanted: Wanted) -> Callable[[Key, Record, Scenario, int], bool]:
    """Whether a task may be wanted, told without a run wherever that is possible."""
    pattern = None if wanted.id is None else IdPattern.parse(wanted.id)
    shows: dict[str, bool] = {}

    def may_fit(key: Key, record: Record, scenario: Scenario, now: int) -> bool:
        if pattern is not None and not pattern.matches(key.id):
            return False
        if wanted.scenario not in (None, scenario.name):
            return False
        if wanted.state is None or scenario.by_items:
            return True
        if scenario.version not in shows:
            shows[scenario.version] = any(step.state == wanted.state for step in scenario.steps)
        step = surely_in(scenario, record, now) if shows[scenario.version] else None
        return shows[scenario.version] and (step is None or step.state == wanted.state)

    return may_fit


def _place(paging: Paging, registry: Registry) -> Place:
    if not paging.before:
        return FIRST[paging.order]
    try:
        place = Place.parse(paging.before)
    except ValueError:
        place = None
    if place is None or place.order != paging.order or place.vendor not in ("", *registry.names):
        problem = Problem("?before", "this is no place in a list of this order", "give the `next` of a list")
        raise Refused(Kind.INVALID, "the list cannot go on there", [problem])
    return place
