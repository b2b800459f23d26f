"""What a test holds as `mock_server`: a server, and all that the test made on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, Unpack

import pytest

from mock_server.api.questions import ExchangeFilter, Length
from mock_server.client import AdminError, Client, ClientError, Exchange, Fault, Miss, ScenarioWhole
from mock_server.client.clock import VirtualClock
from mock_server.pytest_plugin.handle import Handle
from mock_server.pytest_plugin.servers import Place
from mock_server.vendors.registry import Registry

_SHOWN = 10
"""Exchanges of each task that a report shows."""


class _Own(NamedTuple):
    """What there is to be undone."""

    ids: list[str]
    tasks: list[tuple[str, str]]
    faults: list[int]
    scenarios: list[str]
    clock: list[bool]


class MockServer:
    """A live server, for one test. On one that others use too it touches only what the test itself made."""

    def __init__(self, place: Place, token: str, *, allow_unmatched: bool = False) -> None:
        self.client: Client = place.client
        """Everything that the admin API can do, on everything that is there."""
        self.url: str = place.url
        """The address to point an SDK at."""
        self._shared = place.shared
        self._token = token
        self._allow_unmatched = allow_unmatched
        self._own = _Own([], [], [], [], [])
        self._since = place.client.last_number()

    def id(self, scenario: str) -> str:
        """A new id that plays a scenario at its first poll, without any set-up; the same ones on every run."""
        self._own.ids.append(self._minted(scenario))
        return self._own.ids[-1]

    def create(
        self,
        vendor: str,
        scenario: str,
        id: str | None = None,
        items: Sequence[Mapping[str, Any]] | None = None,
        notify_url: str | None = None,
    ) -> Handle:
        """A new task that plays the scenario. Without an id it gets the test's own: its draws repeat on every run."""
        __tracebackhide__ = True
        id = self._minted(scenario) if id is None else id
        try:
            task = self.client.create(vendor, scenario, id, items, notify_url)
        except AdminError as refused:
            if self._shared and refused.error == "conflict":
                hint = "another run of these tests is there, or was killed; --mock-server-run NAME keeps apart"
                raise pytest.UsageError(f"{refused}: {hint}") from None
            raise
        self._own.tasks.append((vendor, task.id))
        return self.handle(vendor, task.id)

    def handle(self, vendor: str, id: str) -> Handle:
        """A task that its first poll makes, or has made, in the same hand as one that was created."""
        return Handle(self.client, vendor, id, self.url + Registry().dialect(vendor).example(id), self._keep)

    @property
    def clock(self) -> VirtualClock:
        """The clock of a server that no one else uses; when the test ends it is put back."""
        self._alone("the clock moves everybody's tasks", "shift() moves one")
        self._own.clock.append(True)
        return self.client.clock

    def arm(self, *, lasts: Length | None = None, **fault: Any) -> Fault:
        """Arms a fault, as `Client.arm` does, until the test ends at the latest."""
        self._alone("a fault for all would strike everybody", "arm() of a task strikes only that")
        return self._keep(self.client.arm(lasts=lasts, **fault))

    def upload(self, name: str, text: str) -> ScenarioWhole:
        """Puts a scenario in force until the test ends."""
        self._alone("a scenario would be in force for everybody", "start the server with --scenarios")
        self._own.scenarios.append(name)
        return self.client.upload(name, text)

    def requests(self, **where: Unpack[ExchangeFilter]) -> tuple[Exchange, ...]:
        """The exchanges since the test began that are meant; on a shared server other people's too."""
        where.setdefault("after", self._since)
        return self.client.requests(**where)

    def unmatched(self) -> tuple[Miss, ...]:
        """The test's requests that met no task; on a shared server only those whose ids are the test's."""
        found = self.client.unmatched(after=self._since)
        return tuple(miss for miss in found if not self._shared or self._token in _asked(miss.exchange))

    def fail_on_unmatched(self) -> None:
        """Fails the test if there are any that it does not allow."""
        __tracebackhide__ = True
        missed = () if self._allow_unmatched else self.unmatched()
        if missed:
            shown = "\n".join(map(str, missed))
            hint = "if that is what it is about: @pytest.mark.mock_server(allow_unmatched=True)"
            pytest.fail(f"requests met no task ({hint}):\n{shown}", pytrace=False)

    def account(self) -> str:
        """The last exchanges of the test's tasks, and those that met none, for its report."""
        try:
            return "\n".join(self._account())
        except ClientError as error:
            return str(error)

    def leave(self) -> None:
        """Undoes what the test made."""
        own = self._own
        for number in own.faults:
            self.client.disarm(number)
        for id in own.ids:
            self.client.drop(id=id)
        for vendor, id in own.tasks:
            if not id.endswith("*"):  # a star would mean others too
                self.client.drop(vendor=vendor, id=id)
        for name in own.scenarios:
            with suppress(AdminError):  # the test did it itself
                self.client.remove(name)
        if own.clock:
            self.client.reset(["clock"])

    def _minted(self, scenario: str) -> str:
        number = len(self._own.ids) + len(self._own.tasks) + 1
        return f"{scenario}.{self._token}" + (f"-{number}" if number > 1 else "")

    def _account(self) -> list[str]:
        ids = dict.fromkeys([*self._own.ids, *(id for _, id in self._own.tasks)])
        lines = [f"server {self.url}"]
        for id in ids:
            found = self.client.requests(id=id, after=self._since, limit=_SHOWN)
            lines += [f"task {id}: {'its last exchanges' if found else 'nobody asked for it'}", *map(str, found)]
        missed = self.unmatched()
        return [*lines, "met no task:", *map(str, missed)] if missed else lines

    def _keep(self, fault: Fault) -> Fault:
        self._own.faults.append(fault.number)
        return fault

    def _alone(self, why: str, instead: str) -> None:
        if self._shared:
            raise pytest.UsageError(f"{self.url} is shared with others, and {why}; {instead}")


def _asked(exchange: Exchange) -> str:
    return f"{exchange.request.target} {exchange.id or ''}"
