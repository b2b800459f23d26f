"""Which tasks are those of one test, and what becomes of them when it ends."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence, Set

from mock_server.api.notifications import attempt_of
from mock_server.api.questions import ExchangeFilter
from mock_server.client import Attempt, Client, NotYet, Task
from mock_server.engine import machine_clock
from mock_server.engine.ids import IdPattern

__tracebackhide__ = True
"""pytest shows the test's own line and the message, and no frame of this module."""

_LOOKED_AT = 1_000
"""Attempts, the newest, among which those of one test are looked for on a shared server."""

_EXPLAINED = 3
"""Tasks of which a wait that is not met says why they were not told."""

TaskKey = tuple[str, str]
"""The vendor and the id of a task."""


def tasks_on(client: Client) -> frozenset[TaskKey]:
    """Every task on the server."""
    found: set[TaskKey] = set()
    page = client.tasks_page()
    while True:
        found.update((task.vendor, task.id) for task in page.tasks)
        if page.next is None:
            return frozenset(found)
        page = client.tasks_page(before=page.next)


def submitted_with(client: Client, keys: Collection[str]) -> tuple[TaskKey, ...]:
    """The tasks that were submitted with a key that contains one of these, on a server that others use too."""
    return tuple((task.vendor, task.id) for task in client.tasks() if _names(task, keys)) if keys else ()


def is_born_since(client: Client, key: TaskKey, number: int) -> bool:
    """Whether an exchange after this number, a submit or a poll, brought the task into being."""
    vendor, id = key
    found = client.requests(vendor=vendor, id=str(IdPattern(id)), after=number)
    return any(each.submits or any(crossing.origin is None for crossing in each.crossed) for each in found)


def wait_for_own(
    client: Client,
    own_ids: Callable[[], Set[str]],
    count: int,
    timeout: float,
    where: ExchangeFilter,
) -> tuple[Attempt, ...]:
    """The attempts about own tasks, as soon as there are `count`, on a server that others use too.

    NotYet: after `timeout` seconds there are fewer.
    """
    until = machine_clock.monotonic() + timeout
    while True:
        found = _attempts(client, where)
        ids = own_ids()
        own = tuple(each for each in found if each.id in ids)
        if len(own) >= count:
            return own
        left = until - machine_clock.monotonic()
        try:
            _wait_for_more(client, found, max(0.0, left), where)
        except NotYet:
            noun = "attempt" if count == 1 else "attempts"
            why = "; ".join([*_reasons(client, own_ids()), *(() if ids else ("it has none",))])
            raise NotYet(
                f"waited {timeout:g} s for {count} {noun} about this test's tasks, and there are {len(own)}: {why}"
            ) from None


def _reasons(client: Client, ids: Set[str]) -> Iterator[str]:
    """Why nothing more was told of these tasks."""
    for id in sorted(ids)[:_EXPLAINED]:
        yield client.why_untold(id=str(IdPattern(id)))
    if len(ids) > _EXPLAINED:
        yield f"and {len(ids) - _EXPLAINED} more tasks"


def _wait_for_more(client: Client, found: Sequence[Attempt], timeout: float, where: ExchangeFilter) -> None:
    """Waits for an attempt beyond those found. NotYet: none came."""
    newest: ExchangeFilter = {**where, "after": found[-1].number} if found else where
    client.wait_told(1, timeout, **newest)


def _attempts(client: Client, where: ExchangeFilter) -> tuple[Attempt, ...]:
    asked: ExchangeFilter = {**where, "told": True}
    return tuple(map(attempt_of, client.requests(limit=_LOOKED_AT, **asked)))


def _names(task: Task, keys: Collection[str]) -> bool:
    said = (*task.facts.values(), task.subject or "")
    return any(key in text for key in keys for text in said)
