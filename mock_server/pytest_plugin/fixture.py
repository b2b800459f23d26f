"""The fixture `mock_server`: a server, and what one test created on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import suppress
from typing import Any, NamedTuple, Unpack
from urllib.parse import urlsplit

import pytest

from mock_server.api.questions import ExchangeFilter, Length
from mock_server.client import (
    AdminError,
    Attempt,
    Checked,
    Client,
    ClientError,
    Exchange,
    Fault,
    Miss,
    NotYet,
    Rule,
    ScenarioWhole,
)
from mock_server.client.clock import VirtualClock
from mock_server.client.listing import SHOWN, listing
from mock_server.engine.ids import IdPattern
from mock_server.pytest_plugin.handle import Handle
from mock_server.pytest_plugin.servers import Place
from mock_server.pytest_plugin.tasks import is_born_since, submitted_with, tasks_on, wait_for_own
from mock_server.vendors.registry import Registry

__tracebackhide__ = True
"""pytest shows the test's own line and the message, and no frame of this module."""

_COUNTED = 1_000
"""Exchanges of a task that a report looks at, to say how many it does not show."""
_SUBMITTED = 10
"""Tasks submitted by a test that its report shows: the newest."""


class _Created(NamedTuple):
    """What the test created, to be removed when it ends."""

    ids: list[str]
    tasks: list[tuple[str, str]]
    faults: list[int]
    scenarios: list[str]
    clock: list[bool]
    handled: list[tuple[str, str]]
    """The tasks of its handles."""
    rules: list[int]
    keys: list[str]


class MockServer:
    """A live server for one test.

    When the test ends, its tasks go, and with them what they owe. On a server of its own these are all that came into
    being since the test began, whoever submitted or polled them; on a shared one those that the test created, asked an
    id for, or submitted with a `key()`, and those of its handles that came into being since then.
    """

    def __init__(self, place: Place, token: str, *, allow_unmatched: bool = False) -> None:
        self.client: Client = place.client
        """The client of the admin API, for everything on the server."""
        self.url: str = place.url
        """The address to point an SDK at."""
        self._shared = place.shared
        self._token = token
        self._allow_unmatched = allow_unmatched
        self._created = _Created([], [], [], [], [], [], [], [])
        self._between = place.between
        self._begun = place.between.look()
        self._since = self._begun.number
        self._before = tasks_on(place.client) if self._begun.tasks and not place.shared else frozenset()

    @property
    def host(self) -> str:
        """Host and port, for clients that add the scheme themselves."""
        return urlsplit(self.url).netloc

    def id(self, scenario: str) -> str:
        """A new id that plays a scenario from its first poll, without set-up; the same ids on every run."""
        self._created.ids.append(self._new_id(scenario))
        return self._created.ids[-1]

    def key(self, scenario: str) -> str:
        """A new key (asset, pipeline, part of a URL) of this test's own: what is submitted with it plays a scenario."""
        number = len(self._created.keys) + 1
        self._created.keys.append(f"{scenario}.{self._token}" + (f"-{number}" if number > 1 else ""))
        return self._created.keys[-1]

    def rule(
        self,
        scenario: str,
        *,
        vendor: str | None = None,
        where: Mapping[str, str] | None = None,
        times: int | None = None,
        lasts: Length | None = None,
    ) -> Rule:
        """Lets matching submits play a scenario, as `Client.rule` does, until the test ends at the latest."""
        self._require_own_server("a rule would be for everybody's submits", "key() makes a key that plays a scenario")
        made = self.client.rule(scenario, vendor=vendor, where=where, times=times, lasts=lasts)
        self._created.rules.append(made.number)
        return made

    def create(
        self,
        vendor: str,
        scenario: str,
        id: str | None = None,
        items: Sequence[Mapping[str, Any]] | None = None,
        notify_url: str | None = None,
    ) -> Handle:
        """A new task that plays the scenario. Its default id is the test's own, so that draws repeat on every run."""
        id = self._new_id(scenario) if id is None else id
        try:
            task = self.client.create(vendor, scenario, id, items, notify_url)
        except AdminError as error:
            if self._shared and error.error == "conflict":
                hint = "another run of these tests is there, or was killed; --mock-server-run NAME keeps runs apart"
                raise pytest.UsageError(f"{error}: {hint}") from None
            raise
        self._created.tasks.append((vendor, task.id))
        return self.handle(vendor, task.id)

    def handle(self, vendor: str, id: str) -> Handle:
        """A handle on a task that its first poll creates or has created, or that an SDK submitted."""
        self._created.handled.append((vendor, id))
        url = self.url + Registry().dialect(vendor).example(id)
        return Handle(self.client, vendor, id, url, self._keep, self._since)

    @property
    def clock(self) -> VirtualClock:
        """The clock of a server that no other test uses; it is reset when the test ends."""
        self._require_own_server("the clock moves everybody's tasks", "shift() moves one")
        self._created.clock.append(True)
        return self.client.clock

    def arm(self, *, lasts: Length | None = None, **fault: Any) -> Fault:
        """Arms a fault, as `Client.arm` does, until the test ends at the latest."""
        self._require_own_server(
            "a fault for all tasks would affect everybody", "arm() of a task handle affects only that task"
        )
        return self._keep(self.client.arm(lasts=lasts, **fault))

    def upload(self, name: str, text: str, *, dry: bool = False) -> ScenarioWhole:
        """Puts a scenario in force until the test ends. `dry`: only checks it, also on a shared server."""
        if not dry:
            self._require_own_server("a scenario would be in force for everybody", "start the server with --scenarios")
            self._created.scenarios.append(name)
        return self.client.upload(name, text, dry=dry)

    def check(self, name: str, text: str) -> Checked:
        """Checks a scenario as a dry upload does, and says what polls would see; also on a shared server."""
        return self.client.check(name, text)

    def remove(self, name: str) -> None:
        """Removes a scenario that was uploaded, before the test ends."""
        self._require_own_server("a scenario is in force for everybody", "start the server with --scenarios")
        self.client.remove(name)

    def requests(self, **where: Unpack[ExchangeFilter]) -> tuple[Exchange, ...]:
        """The matching exchanges since the test began; on a shared server also those of others."""
        where.setdefault("after", self._since)
        return self.client.requests(**where)

    def notifications(self, **where: Any) -> tuple[Attempt, ...]:
        """The matching attempts to deliver notifications of the test's tasks, since the test began.

        `where`: `vendor`, `id`, `outcome`. On a server of its own every task is the test's.
        """
        where.setdefault("after", self._since)
        found = self.client.notifications(**where)
        if not self._shared or "id" in where:
            return found
        own = self._own_ids()
        return tuple(each for each in found if each.id in own)

    def wait_told(self, count: int = 1, timeout: float = 10.0, **where: Unpack[ExchangeFilter]) -> tuple[Attempt, ...]:
        """These attempts, as soon as there are `count`; else, after `timeout` seconds, the test fails."""
        where.setdefault("after", self._since)
        if not self._shared or "id" in where:
            return self.client.wait_told(count, timeout, **where)
        return wait_for_own(self.client, self._own_ids, count, timeout, where)

    def unmatched(self) -> tuple[Miss, ...]:
        """The test's requests that met no task; on a shared server only those with ids of the test."""
        found = self.client.unmatched(after=self._since)
        return tuple(miss for miss in found if not self._shared or self._token in _target_and_id(miss.exchange))

    def fail_on_unmatched(self) -> None:
        """Fails the test if it has unmatched requests and does not allow them."""
        if self._allow_unmatched or not self._between.may_have_unmatched(self._since):
            return
        missed = self.unmatched()
        if missed:
            lines = "\n".join(map(str, missed))
            hint = "if that is intended: @pytest.mark.mock_server(allow_unmatched=True)"
            pytest.fail(f"requests met no task ({hint}):\n{lines}", pytrace=False)

    def report(self, error: BaseException | None = None) -> str:
        """The last exchanges of the test's tasks, and its requests that met none, as text.

        `error`: what the test failed with; exchanges that its text lists are not listed again.
        """
        listed = error.exchanges[-SHOWN:] if isinstance(error, AdminError) else ()
        try:
            return "\n".join(self._report({exchange.number for exchange in listed}, waited=isinstance(error, NotYet)))
        except ClientError as error:
            return str(error)

    def clean_up(self) -> None:
        """Removes what the test created."""
        created = self._created
        for number in created.faults:
            self.client.disarm(number)
        for number in created.rules:
            self.client.drop_rules(number)
        if self._shared:
            for id in created.ids:
                self.client.drop(id=id)
            born = [key for key in created.handled if is_born_since(self.client, key, self._since)]
            for vendor, id in (*created.tasks, *born, *submitted_with(self.client, created.keys)):
                self.client.drop(vendor=vendor, id=str(IdPattern(id)))
        elif self._between.look() != self._begun:  # before the clock moves, which would make what they owe due
            self._drop_new()
        for name in created.scenarios:
            with suppress(AdminError):  # the test removed it itself
                self.client.remove(name)
        if created.clock:
            self.client.reset(["clock"])

    def _drop_new(self) -> None:
        """Drops every task but those of before. A notification that is being sent then leaves no trace."""
        if not self._before:
            self._between.drop_all()
            return
        for vendor, id in tasks_on(self.client) - self._before:
            self.client.drop(vendor=vendor, id=str(IdPattern(id)))

    def _own_ids(self) -> Set[str]:
        """The ids of the test's tasks on a shared server."""
        created = self._created
        named = {id for _, id in (*created.tasks, *created.handled, *submitted_with(self.client, created.keys))}
        return named.union(created.ids)

    def _new_id(self, scenario: str) -> str:
        number = len(self._created.ids) + len(self._created.tasks) + 1
        return f"{scenario}.{self._token}" + (f"-{number}" if number > 1 else "")

    def _report(self, listed: Set[int], *, waited: bool) -> list[str]:
        """`waited`: the test failed since what it waited for did not come."""
        lines = [f"server {self.url}"]
        own = dict.fromkeys(
            [*self._created.ids, *(id for _, id in self._created.tasks), *(id for _, id in self._created.handled)]
        )
        submitted = [id for id in self._submitted() if id not in own]
        for id in (*own, *submitted[-_SUBMITTED:]):
            found = self._exchanges(id)
            shown = listing(found, complete=len(found) < _COUNTED, without=listed)
            what = "its last exchanges" if shown else "its exchanges are listed above" if found else "never requested"
            lines += [f"task {id}: {what}", *shown, *map(str, self.client.owed(id=str(IdPattern(id))))]
            if waited or id in submitted or any(each.submits for each in found):
                lines += self._silences(id)
        if len(submitted) > _SUBMITTED:
            lines.append(f"… tasks that were submitted earlier and are not shown: {len(submitted) - _SUBMITTED}")
        missed = self.unmatched()
        return [*lines, "met no task:", *map(str, missed)] if missed else lines

    def _silences(self, id: str) -> Iterator[str]:
        """Why the tasks of this id will never notify anybody, as far as they will not."""
        for task in self.client.tasks(id=str(IdPattern(id))):
            why = self.client.inspect(task.vendor, id, ahead=0, limit=1).silence
            if why is not None:
                yield f"{task.vendor} {id} will not notify: {why}"

    def _exchanges(self, id: str) -> list[Exchange]:
        """The requests for a task and the attempts to notify of it, since the test began, by number."""
        requests = self.client.requests(id=str(IdPattern(id)), after=self._since, limit=_COUNTED)
        told = self.client.requests(id=str(IdPattern(id)), after=self._since, limit=_COUNTED, told=True)
        return sorted([*requests, *told], key=lambda exchange: exchange.number)[-_COUNTED:]

    def _submitted(self) -> list[str]:
        """The ids that were submitted since the test began; on a shared server nobody can tell by whom."""
        if self._shared:
            return []
        found = self.client.requests(submit=True, after=self._since, limit=_COUNTED)
        return list(dict.fromkeys(exchange.id for exchange in found if exchange.id))

    def _keep(self, fault: Fault) -> Fault:
        if not fault.targets:  # else nothing was armed
            self._created.faults.append(fault.number)
        return fault

    def _require_own_server(self, why: str, instead: str) -> None:
        if self._shared:
            raise pytest.UsageError(f"{self.url} is shared with others, and {why}; {instead}")


def _target_and_id(exchange: Exchange) -> str:
    return f"{exchange.request.target} {exchange.id or ''}"
