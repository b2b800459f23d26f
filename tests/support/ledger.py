"""An account of tasks kept from the journal alone, by the rules of steps written anew, for the engine to agree with."""

from __future__ import annotations

import json
from collections import Counter
from typing import NamedTuple

from mock_server.engine.cursor import Crossing
from mock_server.engine.scenario import Scenario
from mock_server.engine.task import Task
from mock_server.faults.kinds import FAULTS
from mock_server.http.message import Response
from mock_server.journal.journal import Entry
from mock_server.vendors.contracts import Contracts
from mock_server.vendors.registry import PROFILES

READABLE = {"delay", "headers", "charset", "no_content_type", "dribble", "close", "stale"}
"""The faults that leave a client with what the vendor said."""


class Account(NamedTuple):
    """What is known of one task: when it entered which step, and how many polls counted there."""

    born: int
    since: int
    step: int = 0
    polls: int = 0
    asked: int = 0

    def crosses(self, scenario: Scenario, crossing: Crossing) -> Account:
        """The account after a change of step, which must take an open edge."""
        assert crossing.origin == self.step
        assert any(edge.to == crossing.to and edge.weight for edge in scenario.steps[self.step].edges)
        assert not scenario.steps[self.step].hold
        return self._replace(since=crossing.at, step=crossing.to, polls=0)


class Walkers(NamedTuple):
    """An account of the items of one task of `one-by-one`: item `k` succeeds ten seconds times `k + 1` after it began.

    `stands`: of each the step, and since when. `crossed`: its changes of step so far, as coverage counts them, where
    the task's only step is number 0, and -1 is before all.
    """

    version: str
    stands: tuple[tuple[int, int], ...]
    crossed: Counter[tuple[str, int, int]]

    @staticmethod
    def born(version: str, now: int, crossed: Counter[tuple[str, int, int]]) -> Walkers:
        """The four items of a task that begins, or begins anew; `crossed` is what was counted before."""
        return Walkers(version, ((0, now),) * 4, crossed + Counter({(version, -1, 1 + 2 * k): 1 for k in range(4)}))

    @property
    def whole(self) -> str:
        """The state that follows from them."""
        return "succeeded" if all(step == 1 for step, _ in self.stands) else "processing"

    def at(self, now: int) -> Walkers:
        """Moved on by time."""
        found = self
        for k, (step, since) in enumerate(self.stands):
            due = since + 10_000 * (k + 1)
            if step == 0 and now >= due:
                found = found.moved(k, 1, due)
        return found

    def moved(self, k: int, to: int, at: int) -> Walkers:
        """With one item at another step."""
        stands, first = list(self.stands), 1 + 2 * k
        crossing = (self.version, first + stands[k][0], first + to)
        stands[k] = (to, at)
        return self._replace(stands=tuple(stands), crossed=self.crossed + Counter([crossing]))


def booked(account: Account | None, scenario: Scenario, entry: Entry) -> Account:
    """The account after a poll, every rule of time and of polls checked."""
    account = account or Account(entry.virtual, entry.virtual)
    account = account._replace(asked=account.asked + 1)
    assert entry.asked == account.asked
    forgotten = scenario.expires is not None and entry.virtual >= account.born + scenario.expires
    assert (entry.step == "expired") == forgotten
    by_time, by_poll = (entry.crossed, ()) if forgotten else _split(scenario, entry)
    for crossing in by_time:
        _ended_by_time(account, scenario, crossing, entry.virtual)
        account = account.crosses(scenario, crossing)
    return account if forgotten else _polled(account, scenario, entry, by_poll)


def _split(scenario: Scenario, entry: Entry) -> tuple[tuple[Crossing, ...], tuple[Crossing, ...]]:
    """The changes of step that time made before the poll, and the one that the poll made: it leaves the step seen."""
    seen = scenario.step_named(entry.step or "")
    own = 1 if entry.crossed and entry.crossed[-1].origin == seen else 0
    cut = len(entry.crossed) - own
    return entry.crossed[:cut], entry.crossed[cut:]


def _ended_by_time(account: Account, scenario: Scenario, crossing: Crossing, now: int) -> None:
    lasts = scenario.steps[account.step].lasts
    assert lasts is not None
    assert lasts.low <= crossing.at - account.since <= lasts.high
    assert crossing.at <= now


def _polled(account: Account, scenario: Scenario, entry: Entry, by_poll: tuple[Crossing, ...]) -> Account:
    step = scenario.steps[account.step]
    moves = not step.hold and any(edge.weight for edge in step.edges)
    # Of items with steps of their own the whole is seen, which follows from them: see `Walkers`.
    assert entry.step == (entry.state if scenario.by_items else step.name)
    assert step.lasts is None or not moves or entry.virtual < account.since + step.lasts.high
    account = account._replace(polls=account.polls + (scenario.counts_all or READABLE.issuperset(entry.faults)))
    for crossing in by_poll:
        assert (account.polls, crossing.at) == (step.polls, entry.virtual)
        return account.crosses(scenario, crossing)
    assert step.polls is None or account.polls < step.polls or not moves
    return account


def agrees(account: Account, task: Task) -> bool:
    """Whether a stored task stands where its account says."""
    return account == (task.born, task.since, task.step, task.polls, task.asked)


def fits(contracts: Contracts, entry: Entry, scenario: Scenario | None) -> bool:
    """Whether everything that the vendor said in an exchange fits its contract, asked of the schemas directly."""
    if entry.vendor is None or entry.verdict == "ours":
        return entry.verdict == "ours"
    told = [entry.original] if entry.original is not None else []
    if FAULTS.keys().isdisjoint(entry.faults):
        told.append(entry.response)
    return entry.verdict == "fits" and all(_fits(contracts, entry.vendor, scenario, response) for response in told)


def _fits(contracts: Contracts, vendor: str, scenario: Scenario | None, response: Response) -> bool:
    chosen = scenario.options.get("profile") if scenario is not None else None
    profile = next((known for known in PROFILES if known == chosen), "sdk")
    contract = contracts.status(vendor, profile) if response.status == 200 else contracts.error(vendor)
    return contract.check(json.loads(response.body)) is None
