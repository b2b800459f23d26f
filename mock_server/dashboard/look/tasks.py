"""The list of tasks, what to do first where there is none, and the form of a new one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from mock_server.api.words import ORDERS, Order
from mock_server.control.listing import Paging
from mock_server.control.server import Controls
from mock_server.control.task_view import TaskView, Wanted
from mock_server.control.tasks import Page
from mock_server.dashboard.abouts import About, about_of
from mock_server.dashboard.links import task_page
from mock_server.dashboard.sdks import SdkSnippet, sdk_snippets
from mock_server.dashboard.visit import Visit
from mock_server.engine.ids import IdPattern
from mock_server.engine.scenario import Scenario
from mock_server.engine.state import is_end
from mock_server.scenarios.timeline.strip import Strip, strip

ROWS = 25
"""Tasks that are added at once."""
MOST_ROWS = 500
_BARS = 12
"""Steps or items that have a bar each."""


class Bar(NamedTuple):
    """A step or an item as a bar: `past`, `here` or `ahead`, in the colour of a state."""

    place: str
    state: str


class Row(NamedTuple):
    """One task. Times are milliseconds; `word` is what a poll would show now."""

    key: str
    address: str
    vendor: str
    id: str
    scenario: str
    word: str
    unseen: bool
    expired: bool
    bars: tuple[Bar, ...]
    done: int
    of: int
    strip: Strip
    polls: int
    last: int | None
    by: str
    more: int | None
    due: int | None


class Choice(NamedTuple):
    """A scenario that a new task can play."""

    name: str
    about: About
    vendors: tuple[str, ...]


class Example(NamedTuple):
    """A status request to try: `before` and `after` the id in the target."""

    vendor: str
    id: str
    before: str
    after: str


class Listed(NamedTuple):
    """What the page of tasks shows. `next`: the address of the page that goes on; `due`: when a row changes by time.

    Scenarios stand in forms around the list, so that its parts alone have none.
    """

    rows: tuple[Row, ...]
    find: str
    state: str
    vendor: str
    scenario: str
    order: Order
    states: tuple[str, ...]
    vendors: tuple[str, ...]
    scenarios: tuple[Choice, ...]
    looked: int
    kept: int
    more: str
    next: str
    due: int | None
    examples: tuple[Example, ...]
    sdks: tuple[SdkSnippet, ...]
    suffix: str

    @property
    def filtered(self) -> bool:
        """Whether not all tasks are meant."""
        return bool(self.find or self.state or self.vendor or self.scenario)


def look(visit: Visit) -> Listed:
    """The page at this address."""
    controls = visit.controls
    registry, library = controls.server.registry, controls.server.catalogue.library
    order: Order = next((each for each in ORDERS if each == visit.get("order")), "activity")
    limit = visit.whole("rows", 1, MOST_ROWS) or ROWS
    found = _found(visit, controls, order, limit)
    rows = tuple(map(_row, found.views))
    before = found.next if found.next else ""
    can_grow = found.next and len(rows) >= limit and limit + ROWS <= MOST_ROWS and not visit.get("before")
    suffix = hashlib.sha256(controls.pulse().mark.encode()).hexdigest()[:4]
    return Listed(
        rows,
        visit.get("id") or "",
        visit.get("state") or "",
        visit.get("vendor") or "",
        visit.get("scenario") or "",
        order,
        tuple(dict.fromkeys(state for dialect in registry.dialects() for state in sorted(dialect.states))),
        registry.names,
        () if visit.parts else tuple(_choices(visit, library.scenarios.values())),
        found.looked,
        found.kept,
        visit.here(rows=limit + ROWS) if can_grow else "",
        visit.here(before=before, rows=None) if before and not can_grow else "",
        min((row.due for row in rows if row.due is not None), default=None),
        tuple(_examples(controls, f"partial-failure.{suffix}")),
        tuple(each for each in sdk_snippets() if each.vendor in registry.names),
        suffix,
    )


def _found(visit: Visit, controls: Controls, order: Order, limit: int) -> Page:
    """The tasks that the address asks for: those whose id begins with the text, the one of this very id first."""
    text = visit.get("id")
    narrower = {name: visit.get(name) for name in ("vendor", "scenario", "state")}
    paging = Paging(limit, order=order, before=visit.get("before") or "")
    if text is None:
        return controls.tasks.page(Wanted(**narrower), paging)
    pattern = IdPattern.parse(text)
    begins = str(IdPattern(pattern.start, is_prefix=True))
    found = controls.tasks.page(Wanted(id=begins, **narrower), paging)
    if pattern.is_prefix or visit.get("before"):
        return found
    exact = controls.tasks.page(Wanted(id=text, **narrower), Paging(limit))
    keys = {(view.vendor, view.id) for view in exact.views}
    others = tuple(view for view in found.views if (view.vendor, view.id) not in keys)
    return found._replace(views=(*exact.views, *others))


def _row(view: TaskView) -> Row:
    last = view.seen.last
    key = hashlib.sha256(f"{view.vendor} {view.id}".encode("utf-8", "replace")).hexdigest()[:16]
    word = "expired" if view.expired else view.state or "error"
    items = view.items
    done = view.step_number if items is None else sum(is_end(item.state) for item in items)
    return Row(
        key,
        task_page(view.vendor, view.id),
        view.vendor,
        view.id,
        view.scenario,
        word,
        view.seen.unseen,
        view.expired,
        tuple(_bars(view)),
        done,
        len(view.steps) if items is None else len(items),
        strip(_runs(view)),
        view.asked,
        None if last is None else last.virtual,
        view.moves.by,
        view.moves.polls,
        view.moves.due,
    )


class _Run(NamedTuple):
    saw: str
    status: int | None
    struck: bool
    times: int


def _runs(view: TaskView) -> tuple[_Run, ...]:
    return tuple(_Run(*run.saw, run.times) for run in view.seen.runs)


def _bars(view: TaskView) -> Iterator[Bar]:
    state = view.state or "error"
    if view.items is not None:
        for item in view.items[:_BARS]:
            yield Bar("here" if is_end(item.state) else "past", item.state)
        return
    for number in range(1, min(len(view.steps), _BARS) + 1):
        place = "past" if number < view.step_number else "here" if number == view.step_number else "ahead"
        yield Bar(place, state)


def _choices(visit: Visit, scenarios: Iterable[Scenario]) -> Iterator[Choice]:
    for each in sorted(scenarios, key=lambda scenario: scenario.name):
        yield Choice(each.name, about_of(visit, each), each.vendors)


def _examples(controls: Controls, id: str) -> Iterator[Example]:
    for dialect in controls.server.registry.dialects():
        before, _, after = dialect.example("\x00").partition("%00")
        yield Example(dialect.name, id, before, after)
