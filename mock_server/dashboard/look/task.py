"""One task: where it is, what happened, what the next polls would see; or an id that nobody polled yet."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from msgspec.structs import replace

from mock_server.admin import views
from mock_server.admin.exchanges import exchange_whole
from mock_server.admin.tasks import task_whole
from mock_server.api.codec import Moment
from mock_server.api.timeline import Timeline
from mock_server.api.values import Hand, PollAhead, SeenRun, Task, TaskWhole
from mock_server.control.refused import Refused
from mock_server.control.whole import Looking
from mock_server.dashboard.abouts import About, about_of
from mock_server.dashboard.address import EDIT, FAULTS, REQUESTS
from mock_server.dashboard.links import scenario_page, task_page
from mock_server.dashboard.look.drawings import Drawn, at_prefix, diagrams, plot_of
from mock_server.dashboard.look.exchange import ExchangeLook, Piece, compared, exchange_look
from mock_server.dashboard.look.report import report, report_of_task
from mock_server.dashboard.look.snippets import curl, repeated
from mock_server.dashboard.look.task_rows import Line, lines_of
from mock_server.dashboard.visit import Visit, link
from mock_server.emulator.near_miss import nearest_claim
from mock_server.engine.scenario import Scenario
from mock_server.engine.task import Key
from mock_server.scenarios.timeline import timeline_of
from mock_server.scenarios.timeline.light import light_of, own_polls
from mock_server.scenarios.timeline.strip import Strip, strip

LIMIT = 60
"""Exchanges of the history that a page has."""
NOW, PAST, EXCHANGE = "task-now", "task-past", "task-exchange"
"""The parts of the page, each of which costs about a third of it: how the task stands, what happened to it, and the
exchange that is looked at."""
PARTS = ("task", NOW, PAST, EXCHANGE)
"""All of them; the first is the page of an id that has no task."""
_AHEAD = 6
_OF_FILES = ("upload", "remove")
"""What is done to one scenario, which says nothing of tasks of others."""
_MAKES = ("create", "next", "goto", "fail", "finish")
"""What may have made a task that nobody had polled."""
_LONGEST = 200
"""Characters of an id that are compared with the nearest one."""
_ITEMS = 24
"""Items of the next response that are named."""


class Miss(NamedTuple):
    """An id that nothing claims: why, what to do, and the nearest id that something claims."""

    vendor: str
    id: str
    message: str
    hint: str
    nearest: str
    asked: tuple[Piece, ...] = ()
    pieces: tuple[Piece, ...] = ()


class Item(NamedTuple):
    """An item in the response that a poll would get now."""

    name: str
    state: str
    code: str


class TaskPage(NamedTuple):
    """What the page shows. Of an id that was not polled yet `task` is None. `due`: when it changes by time.

    `missing` earlier polls are no longer kept or, where `hidden`, kept and not shown. `at` is the address of a poll
    without its number.
    """

    vendor: str
    id: str
    whole: TaskWhole | None = None
    task: Task | None = None
    miss: Miss | None = None
    about: About = About()
    scenario: str = ""
    outdated: bool = False
    timeline: Timeline | None = None
    level: Drawn = Drawn()
    upright: Drawn = Drawn()
    plot: Drawn = Drawn()
    plot_now: int = 0
    missing: int = 0
    hidden: int = 0
    at: str = ""
    lines: tuple[Line, ...] = ()
    ahead: PollAhead | None = None
    items: tuple[Item, ...] = ()
    more_items: int = 0
    after: Strip = Strip((), 0)
    shown: ExchangeLook | None = None
    item_steps: tuple[str, ...] = ()
    scenario_address: str = ""
    faults_address: str = ""
    edit_address: str = ""
    requests_address: str = ""
    nearest_address: str = ""
    before: int | None = None
    next: int | None = None
    ways: tuple[tuple[str, str], ...] = ()
    steps: tuple[tuple[str, str], ...] = ()
    target: str = ""
    due: int | None = None
    real: bool = False
    report: str = ""

    @property
    def word(self) -> str:
        """What a poll would show now."""
        if self.task is None:
            return "waiting"
        return "expired" if self.task.expired else self.task.state or "error"


def look(visit: Visit) -> TaskPage:
    """The page at this address."""
    vendor, id = visit.get("vendor") or "", visit.get("id") or ""
    controls = visit.controls
    key = Key(vendor, id)
    registry = controls.server.registry
    if vendor not in registry:
        return TaskPage(vendor, id, miss=Miss(vendor, id, visit.words("task.no_vendor"), "", ""))
    target = registry.dialect(vendor).example(id)
    if visit.parts == (EXCHANGE,) and controls.server.store.read(key):
        return _exchange(visit, key)
    try:
        whole = task_whole(controls, key, Looking(0 if visit.parts == (PAST,) else _AHEAD, 0, LIMIT, 0))
    except Refused as refused:
        library = controls.server.catalogue.library
        hint = refused.problems[0].hint if refused.problems else ""
        nearest = nearest_claim(library, vendor, id) or ""
        # What stands behind the dot tells apart tasks of one scenario, so it stays.
        near = nearest + "".join(id.partition(".")[1:]) if nearest and "." not in nearest else nearest
        address = task_page(vendor, near) if near else ""
        pieces = compared(id[:_LONGEST], near[:_LONGEST]) if near else ((), ())
        return TaskPage(
            vendor, id, miss=Miss(vendor, id, refused.message, hint, near, *pieces), nearest_address=address
        )
    hands = tuple(hand for hand in whole.hands if hand.what not in _OF_FILES or hand.detail == _name_of(whole))
    whole = replace(whole, hands=tuple(_since_birth(whole, hands)))
    faults = link(FAULTS, vendor=vendor, id=id)
    edit = link(EDIT, of=f"{vendor}/{id}")
    page = TaskPage(vendor, id, whole, whole.task, target=target, faults_address=faults, edit_address=edit)
    if visit.parts != (PAST,) or whole.task is None:
        page = _ahead(_scenario(visit, page), whole)
    return page if whole.task is None else _past(visit, page, whole, only_due=visit.parts == (NOW,))


def version(visit: Visit) -> Hashable | None:
    """What the page of a task depends on: the task, its exchanges, and what is changed for all. None: it has no task.

    Where only some exchanges are shown, each that is evicted may be one of those that are counted.
    """
    server = visit.controls.server
    key = Key(visit.get("vendor") or "", visit.get("id") or "")
    record = server.store.read(key)
    if not record:
        return None
    glance = server.store.glance()
    history = server.store.history(key, LIMIT + 1)
    ends = tuple(each.number for each in (*history[:1], *history[-1:]))
    evicted = glance.evicted if len(history) > LIMIT else 0
    return record, ends, evicted, glance.forgotten, glance.changes, server.catalogue.changes, server.actions.count


def _since_birth(whole: TaskWhole, hands: Sequence[Hand]) -> Iterator[Hand]:
    """What was done in the life of the task: what was done to all before its birth says nothing of it."""
    task = whole.task
    if task is None:
        yield from hands
        return
    own = [hand for hand in hands if (hand.vendor, hand.id) == (task.vendor, task.id) and hand.what in _MAKES]
    own = [hand for hand in own if hand.at.ms >= task.born.ms]
    polls = own_polls(whole)
    born = [each for each in whole.history if each.submits and each.at.ms >= task.born.ms]
    born += [each for each in polls[:1] if each.asked < 2]
    begins = [*(hand.real.ms for hand in own[:1]), *(each.real.ms for each in born)]
    for hand in hands:
        if hand.at.ms >= task.born.ms and (not begins or hand.real.ms >= min(begins)):
            yield hand


def _name_of(whole: TaskWhole) -> str | None:
    return whole.claimed_by if whole.task is None else whole.task.scenario


def _scenario(visit: Visit, page: TaskPage) -> TaskPage:
    """With the scenario that it plays, or would, and the diagram."""
    whole = page.whole
    assert whole is not None
    library, renderer = visit.controls.server.catalogue.library, visit.controls.server.renderer
    task = page.task
    name = whole.claimed_by or "" if task is None else task.scenario
    current = library.scenarios.get(name)
    found = current if task is None else _version(visit, task)
    address = "" if current is None else scenario_page(name)
    page = page._replace(scenario=name, outdated=_is_outdated(task, current), scenario_address=address)
    if found is None:
        return page
    timeline = timeline_of(found, renderer, shows=False)
    light = light_of(whole, timeline)
    where = "" if task is None else visit.words("draw.is_in", step=task.step)
    level, upright = diagrams(visit.words, timeline, light, where)
    saw = {stretch.name: stretch.saw for track in timeline.tracks for stretch in track.stretches}
    ways = () if task is None else tuple((way, saw.get(way, "")) for way in task.ways)
    steps = () if task is None or task.items else tuple((step, saw.get(step, "")) for step in task.steps)
    item_steps = tuple(dict.fromkeys(stretch.name for track in timeline.tracks for stretch in track.stretches))
    return page._replace(
        about=about_of(visit, found), timeline=timeline, level=level, upright=upright, ways=ways, steps=steps,
        item_steps=item_steps,
    )  # fmt: skip


def _version(visit: Visit, task: Task) -> Scenario | None:
    """The scenario as it was when the task was born, or as it is; None if both are gone."""
    library = visit.controls.server.catalogue.library
    return library.versions.get(task.version, library.scenarios.get(task.scenario))


def _looks(scenario: Scenario | None) -> dict[str, str]:
    """By the name of each step what it shows."""
    if scenario is None:
        return {}
    looks = {step.name: "error" if step.state is None else step.state.value for step in scenario.steps}
    if scenario.by_items:
        for item in scenario.items_of(scenario.vendors[0]):
            looks |= {step.name: step.state.value for step in item.steps}
    return looks


def _is_outdated(task: Task | None, current: Scenario | None) -> bool:
    return task is not None and current is not None and current.version != task.version


def _ahead(page: TaskPage, whole: TaskWhole) -> TaskPage:
    """With what the next polls would see."""
    if not whole.ahead:
        return page
    first, *rest = whole.ahead
    runs: list[SeenRun] = []
    for each in rest:
        seen = SeenRun(each.saw, each.status, bool(each.faults), 1)
        if runs and (runs[-1].saw, runs[-1].status, runs[-1].struck) == (seen.saw, seen.status, seen.struck):
            runs[-1] = SeenRun(seen.saw, seen.status, seen.struck, runs[-1].times + 1)
        else:
            runs.append(seen)
    items = tuple(_items(first, whole.task))
    return page._replace(ahead=first, after=strip(runs), items=items[:_ITEMS], more_items=max(0, len(items) - _ITEMS))


def _items(first: PollAhead, task: Task | None) -> Iterator[Item]:
    """The items of the response, where they walk by themselves, each by its first text and its code."""
    if task is None or not task.items or not first.response or first.saw != task.state:
        return
    try:
        body = first.response.json()
    except (ValueError, RecursionError):
        return
    rows: list[dict[str, Any]] = (
        next((each for each in body.values() if _is_rows(each)), []) if isinstance(body, dict) else []
    )
    for row, item in zip(rows, task.items, strict=False):
        name = next((value for value in row.values() if isinstance(value, str)), "")
        yield Item(name, item.state.value, str(row.get("code", row.get("status", ""))))


def _is_rows(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def _past(visit: Visit, page: TaskPage, whole: TaskWhole, *, only_due: bool) -> TaskPage:
    """With when the page changes by time and, unless that is enough, what happened to it, and the chosen exchange."""
    assert whole.task is not None
    clock = views.clock(visit.controls.time.read())
    page = page._replace(due=_due(whole, clock.speed, frozen=clock.frozen), real=visit.get("clock") == "real")
    if visit.parts in ((), (NOW,)):
        page = page._replace(report=_report(visit, whole, page.target))
    if only_due:
        return page
    chosen = _chosen(visit, whole.history)
    page = page._replace(
        at=at_prefix(visit),
        requests_address=link(REQUESTS, vendor=page.vendor, id=page.id),
        lines=tuple(lines_of(whole, chosen)),
    )
    if not visit.parts:
        page = _with_exchange(visit, page, whole.history, chosen)
    looks = _looks(_version(visit, whole.task))
    lived = _as_lived(visit, whole, whole.task)
    markup, plot = plot_of(visit, lived, clock, looks, None if chosen is None else chosen.number)
    hidden = plot.missing if whole.older is not None else 0
    return page._replace(plot=markup, plot_now=round(plot.now), missing=plot.missing - hidden, hidden=hidden)


def _report(visit: Visit, whole: TaskWhole, target: str) -> str:
    """The task as a report of a bug tells it, with its newest poll as far as that is kept."""
    assert whole.task is not None
    link_here, newest = visit.base + visit.here(), ""
    entry = next((each for each in visit.controls.server.store.history(_key(whole.task), LIMIT) if each.poll), None)
    if entry is not None:
        exchange = exchange_whole(visit.controls, entry)
        address = visit.base + link(REQUESTS, n=entry.number)
        newest = report(visit.controls, entry, exchange, repeated(exchange, visit.vendors_base), address)
    return report_of_task(whole, link_here, curl("GET", visit.vendors_base + target), newest)


def _key(task: Task) -> Key:
    return Key(task.vendor, task.id)


def _as_lived(visit: Visit, whole: TaskWhole, task: Task) -> TaskWhole:
    """The task with its polls at the moments of its life as it is now, since time may have passed for it alone."""
    entries = visit.controls.server.store.history(_key(task), LIMIT)
    moved = {entry.number: task.born.ms - entry.born for entry in entries if entry.born is not None}
    if not any(moved.values()):
        return whole
    history = (replace(each, at=Moment.of(each.at.ms + moved.get(each.number, 0))) for each in whole.history)
    return replace(whole, history=tuple(history))


class _Numbered(Protocol):
    """An exchange, as the API tells it or as it is kept."""

    @property
    def number(self) -> int:
        """That of the exchange."""

    @property
    def poll(self) -> bool:
        """Whether it is a poll."""


E = TypeVar("E", bound=_Numbered)


def _chosen(visit: Visit, history: Sequence[E]) -> E | None:
    """The exchange that the address names, else the newest poll."""
    number = visit.whole("at", 1)
    polls = (each for each in history if each.poll)
    return next((each for each in history if each.number == number), next(polls, None))


def _exchange(visit: Visit, key: Key) -> TaskPage:
    """The page of a task with the chosen exchange alone."""
    history = visit.controls.server.store.history(key, LIMIT)
    return _with_exchange(visit, TaskPage(*key), history, _chosen(visit, history))


def _with_exchange(visit: Visit, page: TaskPage, history: Sequence[E], chosen: E | None) -> TaskPage:
    if chosen is None:
        return page
    before, after = _around(history, history.index(chosen))
    return page._replace(shown=_shown(visit, chosen), before=before, next=after)


def _shown(visit: Visit, chosen: _Numbered) -> ExchangeLook | None:
    """The chosen exchange with all that can be said of it; None if it was evicted since."""
    try:
        return exchange_look(visit, visit.controls.requests.one(chosen.number))
    except Refused:
        return None


def _around(history: Sequence[_Numbered], place: int) -> tuple[int | None, int | None]:
    """The numbers of the exchanges before and after one, in a history that is newest first."""
    earlier = history[place + 1].number if place + 1 < len(history) else None
    return earlier, history[place - 1].number if place else None


def _due(whole: TaskWhole, speed: float, *, frozen: bool) -> int | None:
    """When the page is to be looked at again though nothing happened: as something comes, and as now moves on."""
    if frozen or whole.task is None:
        return None
    moving = whole.now.ms + round(10_000 * max(1.0, speed))
    return min([moving, *(each.at.ms + 1 for each in whole.forecast[:1])])
