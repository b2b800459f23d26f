"""An emulator without a server: scenarios as text, a clock that a test moves, and every part within reach."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import urlencode

from mock_server.emulator.commit import Ledger
from mock_server.emulator.decide import Rules
from mock_server.emulator.emulator import Emulator
from mock_server.engine.clock import Clock
from mock_server.engine.scenario import Adjust, Effect, Scenario
from mock_server.engine.task import Key, Task, unpack
from mock_server.faults.choose import Armed
from mock_server.http.message import Request, Response, request_of
from mock_server.journal.journal import Counters, Entry, Journal
from mock_server.paths import data
from mock_server.scenarios import Loader
from mock_server.scenarios.library import library_of
from mock_server.store.memory import MemoryStore
from mock_server.store.store import Control
from mock_server.vendors.contracts import Contracts
from mock_server.vendors.fixtures import Fixtures
from mock_server.vendors.registry import Registry
from mock_server.vendors.render import Renderer
from tests.support.poller import STATUS_PATHS, Now

VENDORS = tuple(STATUS_PATHS)


@cache
def renderer() -> Renderer:
    """The shipped vendors' renderer; what it remembers never changes an answer."""
    return Renderer(Registry(), Contracts(), Fixtures([data("fixtures")]))


@cache
def scenario(text: str, name: str = "made-up") -> Scenario:
    """The scenario of a text, checked as a file is; `about` may be left out."""
    loader = Loader(Registry(), Contracts(), Fixtures([data("fixtures")]))
    about = "" if "about:" in text else "about: Made up for a test.\n"
    return loader.load_text(about + text, name, f"{name}.yaml").scenario


@cache
def shipped(name: str) -> Scenario:
    """A scenario that comes with the package."""
    return scenario((data("scenarios") / f"{name}.yaml").read_text("utf-8"), name)


def adjusted(scenario: Scenario, adjust: Adjust, step: int = 0) -> Scenario:
    """The scenario with a step's response changed by hand, past all that the loader would refuse."""
    steps = list(scenario.steps)
    steps[step] = dataclasses.replace(steps[step], adjust=adjust)
    return dataclasses.replace(scenario, steps=tuple(steps))


def asking(vendor: str, id: str, method: str = "GET") -> Request:
    """A status request as the vendor's clients send it."""
    path, name = STATUS_PATHS[vendor]
    return request_of(method, f"{path}?{urlencode({name: id})}", (), b"")


class World:
    """One emulator, its memory and its time. Two of them share nothing that changes."""

    def __init__(
        self,
        *scenarios: Scenario,
        seed: int = 0,
        room: int = 1_000,
        default: str | None = None,
        kept: int = 10_000,
        renders: Renderer | None = None,
    ) -> None:
        self.now = Now()
        self.library = library_of(scenarios)
        self.store = MemoryStore(Control(Clock.starting(self.now())), Journal(kept), room)
        self.ledger = Ledger(self.store, lambda: self.library, self.now)
        self.emulator = Emulator(self.ledger, Rules(renders or renderer(), seed, default))
        self._armed = 0

    def poll(self, id: str = "made-up.1", vendor: str = "qiniu", method: str = "GET") -> Response:
        """One status request."""
        return self.emulator.answer(asking(vendor, id, method))

    def ask(self, target: str, method: str = "GET", body: bytes = b"") -> Response:
        """Any request."""
        return self.emulator.answer(request_of(method, target, (), body))

    def statuses(self, count: int, id: str = "made-up.1", vendor: str = "qiniu") -> list[int]:
        """The statuses of so many polls, one right after the other."""
        return [self.poll(id, vendor).status for _ in range(count)]

    def clock(self, change: Callable[[Clock, int], Clock]) -> None:
        """Changes the virtual clock, given it and the real time."""
        self.store.control(lambda control: control._replace(clock=change(control.clock, self.now())))

    def advance(self, by: int) -> None:
        """Moves the virtual clock on."""
        self.clock(lambda clock, real: clock.advance(real, by))

    def virtual(self) -> int:
        """What the virtual clock shows."""
        return self.store.control().clock.now(self.now())

    def arm(self, effect: Effect, **aim: Any) -> int:
        """Arms a fault; its number."""
        self._armed += 1
        fault = Armed(self._armed, effect, **aim)
        self.store.control(lambda control: control._replace(armed=(*control.armed, fault)))
        return self._armed

    def task(self, id: str = "made-up.1", vendor: str = "qiniu") -> Task:
        """The stored task. A test that asks for one that is not there fails here."""
        record = self.store.read(Key(vendor, id))
        assert record, f"no task {id!r}"
        return unpack(record)

    def step(self, id: str = "made-up.1", vendor: str = "qiniu") -> str:
        """The name of the step a task was left in by its last poll."""
        task = self.task(id, vendor)
        return self.library.versions[task.scenario].steps[task.step].name

    def entries(self) -> tuple[Entry, ...]:
        """The journal."""
        return self.store.entries()[0]

    def last(self) -> Entry:
        """The newest entry."""
        return self.entries()[-1]

    def counters(self) -> Counters:
        """The journal's counts."""
        return self.store.entries()[1]


def body(response: Response) -> Any:
    """A response's body, read as JSON."""
    return json.loads(response.body)
