"""The exchange of a task that is looked at: the one that the address names, else the newest poll."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from mock_server.control.refused import Refused
from mock_server.dashboard.look.exchange import ExchangeLook, exchange_look
from mock_server.dashboard.look.task.shown import LIMIT, TaskPage
from mock_server.dashboard.visit import Visit
from mock_server.engine.task import Key


class _Numbered(Protocol):
    """An exchange, as the API tells it or as it is kept."""

    @property
    def number(self) -> int:
        """That of the exchange."""

    @property
    def poll(self) -> bool:
        """Whether it is a poll."""


E = TypeVar("E", bound=_Numbered)


def chosen_of(visit: Visit, history: Sequence[E]) -> E | None:
    """The exchange that the address names, else the newest poll."""
    number = visit.whole("at", 1)
    polls = (each for each in history if each.poll)
    return next((each for each in history if each.number == number), next(polls, None))


def exchange_alone(visit: Visit, key: Key) -> TaskPage:
    """The page of a task with the chosen exchange alone."""
    history = visit.controls.server.store.history(key, LIMIT)
    return with_exchange(visit, TaskPage(*key), history, chosen_of(visit, history))


def with_exchange(visit: Visit, page: TaskPage, history: Sequence[E], chosen: E | None) -> TaskPage:
    """With the chosen exchange, and the numbers of those before and after it."""
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
