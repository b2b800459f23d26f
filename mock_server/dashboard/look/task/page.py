"""The page of one task, put together of its parts; each stands in a module beside this one."""

from __future__ import annotations

from collections.abc import Hashable

from mock_server.admin import views
from mock_server.admin.exchanges import exchange_whole
from mock_server.admin.tasks import task_whole
from mock_server.api.values import TaskWhole
from mock_server.control.refused import Refused
from mock_server.control.whole import Looking
from mock_server.dashboard.address import EDIT, FAULTS, REQUESTS
from mock_server.dashboard.look.report import report, report_of_task
from mock_server.dashboard.look.snippets import curl, repeated
from mock_server.dashboard.look.task.ahead import AHEAD, with_ahead
from mock_server.dashboard.look.task.exchange import chosen_of, exchange_alone, with_exchange
from mock_server.dashboard.look.task.miss import no_claim, no_vendor
from mock_server.dashboard.look.task.past import of_this_life, with_past
from mock_server.dashboard.look.task.plays import with_scenario
from mock_server.dashboard.look.task.shown import LIMIT, TaskPage
from mock_server.dashboard.visit import Visit, link
from mock_server.engine.task import Key

NOW, PAST, EXCHANGE = "task-now", "task-past", "task-exchange"
"""The parts of the page, each of which costs about a third of it: how the task stands, what happened to it, and the
exchange that is looked at."""
PARTS = ("task", NOW, PAST, EXCHANGE)
"""All of them; the first is the page of an id that has no task."""


def look(visit: Visit) -> TaskPage:
    """The page at this address."""
    controls = visit.controls
    key = vendor, id = Key(visit.get("vendor") or "", visit.get("id") or "")
    registry = controls.server.registry
    if vendor not in registry:
        return no_vendor(visit, key)
    if visit.parts == (EXCHANGE,) and controls.server.store.read(key):
        return exchange_alone(visit, key)
    only_past = visit.parts == (PAST,)
    try:
        whole = of_this_life(task_whole(controls, key, Looking(0 if only_past else AHEAD, 0, LIMIT, 0)))
    except Refused as refused:
        return no_claim(visit, key, refused)
    page = TaskPage(
        vendor,
        id,
        whole,
        whole.task,
        target=registry.dialect(vendor).example(id),
        faults_address=link(FAULTS, vendor=vendor, id=id),
        edit_address=link(EDIT, of=f"{vendor}/{id}"),
    )
    if whole.task is None or not only_past:
        page = with_ahead(with_scenario(visit, page, whole), whole)
    return page if whole.task is None else _with_history(visit, page, whole)


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


def _with_history(visit: Visit, page: TaskPage, whole: TaskWhole) -> TaskPage:
    """With when the page changes by time and, as far as its parts need it, what happened to the task."""
    clock = views.clock(visit.controls.time.read())
    page = page._replace(due=_due(whole, clock.speed, frozen=clock.frozen), real=visit.get("clock") == "real")
    if visit.parts in ((), (NOW,)):
        page = page._replace(report=_report(visit, Key(page.vendor, page.id), whole, page.target))
    if visit.parts == (NOW,):
        return page
    chosen = chosen_of(visit, whole.history)
    if not visit.parts:
        page = with_exchange(visit, page, whole.history, chosen)
    return with_past(visit, page, whole, clock=clock, chosen=chosen)


def _due(whole: TaskWhole, speed: float, *, frozen: bool) -> int | None:
    """When the page is to be looked at again though nothing happened: as something comes, and as now moves on."""
    if frozen or whole.task is None:
        return None
    moving = whole.now.ms + round(10_000 * max(1.0, speed))
    return min([moving, *(each.at.ms + 1 for each in whole.forecast[:1])])


def _report(visit: Visit, key: Key, whole: TaskWhole, target: str) -> str:
    """The task as a report of a bug tells it, with its newest poll as far as that is kept."""
    link_here, newest = visit.base + visit.here(), ""
    history = visit.controls.server.store.history(key, LIMIT)
    entry = next((each for each in history if each.poll), None)
    if entry is not None:
        exchange = exchange_whole(visit.controls, entry)
        address = visit.base + link(REQUESTS, n=entry.number)
        newest = report(visit.controls, entry, exchange, repeated(exchange, visit.vendors_base), address)
    return report_of_task(whole, link_here, curl("GET", visit.vendors_base + target), newest)
