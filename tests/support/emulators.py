"""An emulator by itself: scenarios are values, a test moves the clock, and every part can be reached."""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Callable, Mapping
from functools import cache
from itertools import count
from typing import Any, cast

from mock_server.assembly import Server
from mock_server.control import bundle
from mock_server.control.bundle import export
from mock_server.control.server import controls_of
from mock_server.emulator.commit import Ledger
from mock_server.emulator.decide import Rules
from mock_server.emulator.emulator import Emulator
from mock_server.emulator.notifications import Attempt, Notifications
from mock_server.engine.clock import Clock
from mock_server.engine.scenario import Adjust, Effect, Scenario
from mock_server.engine.task import Key, Task, unpack
from mock_server.faults.armed import Armed
from mock_server.http.message import Response, request_of
from mock_server.journal.actions import Actions
from mock_server.journal.journal import Counters, Entry
from mock_server.journal.refusals import Refusals
from mock_server.notify.guard import Guard
from mock_server.notify.postman import Postman
from mock_server.paths import data
from mock_server.scenarios import Loaded, Loader
from mock_server.scenarios.catalogue.catalogue import Catalogue
from mock_server.scenarios.library import Library, library_of
from mock_server.settings import Settings
from mock_server.store.memory import MemoryStore
from mock_server.store.outage import Outage
from mock_server.store.store import Control
from mock_server.vendors.contracts import Contracts
from mock_server.vendors.credentials import keys_of
from mock_server.vendors.fixtures import Fixtures
from mock_server.vendors.registry import Registry
from mock_server.vendors.render import Renderer
from tests.support.harness import VENDORS, Now, asking
from tests.support.stores import StoreKind, making

__all__ = ["VENDORS", "World", "adjusted", "asking", "body", "loader", "renderer", "scenario", "shipped"]


@cache
def renderer() -> Renderer:
    """The shipped vendors' renderer; its cache never changes a response."""
    return Renderer(Registry(), Contracts(), Fixtures([data("fixtures")]))


@cache
def loader() -> Loader:
    """The shipped vendors' loader."""
    return Loader(Registry(), Contracts(), Fixtures([data("fixtures")]))


@cache
def scenario(text: str, name: str = "made-up") -> Scenario:
    """The scenario of a text, checked as a file is; `about` may be left out."""
    about = "" if "about:" in text else "about: Made up for a test.\n"
    return loader().load_text(about + text, name, f"{name}.yaml").scenario


@cache
def shipped(name: str) -> Scenario:
    """A scenario that comes with the package."""
    return scenario((data("scenarios") / f"{name}.yaml").read_text("utf-8"), name)


def adjusted(scenario: Scenario, adjust: Adjust, step: int = 0) -> Scenario:
    """The scenario with a step's response adjusted, whether or not the loader would accept that."""
    steps = list(scenario.steps)
    steps[step] = dataclasses.replace(steps[step], adjust=adjust)
    return dataclasses.replace(scenario, steps=tuple(steps))


class Texts:
    """Stands for the loader where a scenario's text is its version."""

    def __init__(self, versions: Mapping[str, Scenario]) -> None:
        self._versions = versions

    def load_text(self, text: str, *_: Any) -> Loaded:
        """The scenario of this version."""
        return Loaded(self._versions[text], 0, 0, 0)


class World:
    """One emulator with its store, its controls and its clock. Two worlds share no state."""

    def __init__(
        self,
        *scenarios: Scenario,
        seed: int = 0,
        room: int = 1_000,
        default: str | None = None,
        kept: int = 10_000,
        renders: Renderer | None = None,
        store: StoreKind = "memory",
    ) -> None:
        self.now = Now()
        self._store_kind = store
        self._renderer = renders or renderer()
        self._settings = Settings(
            seed=seed, max_tasks=room, journal_entries=kept, default_scenario=default, no_builtin=True, no_reload=True
        )
        self._tokens = map(str, count(1))
        self.attempts: list[Attempt] = []
        """Those that are under way, which outlive a restart."""
        self._start(library_of(scenarios))

    def _start(self, library: Library) -> None:
        """All parts made anew, with nothing in them but the scenarios."""
        settings = self._settings
        self.catalogue = Catalogue(loader(), (), None)
        self.catalogue.library = library
        store = making(self._store_kind)(
            Control(Clock.starting(self.now())), settings.max_tasks, settings.journal_entries
        )
        # Tests that look inside a store run over memory.
        self.store = cast(MemoryStore, store)
        self.actions = Actions(self.now, lambda: self.store.control().clock)
        self.ledger = Ledger(self.store, lambda: self.library, self.now, self.actions)
        rules = Rules(self._renderer, settings.seed, settings.default_scenario, keys_of(settings))
        self.emulator = Emulator(self.ledger, rules)
        self.notifications = Notifications(self.ledger, rules, self._tokens.__next__)
        ended = threading.Event()
        ended.set()  # so nobody sends anything: a test takes and settles attempts itself
        self.server = Server(
            settings,
            self._renderer.registry,
            self._renderer,
            self.catalogue,
            self.store,
            self.ledger,
            self.emulator,
            threading.Event(),
            threading.Event(),
            cast(Loader, Texts(library.versions)),
            self.now,
            (),
            [self._renderer.forget, self.emulator.ids.forget, self.ledger.given.forget],
            Refusals(self.now),
            self.actions,
            self.notifications,
            Postman(self.notifications, self.ledger, settings, ended, Guard(settings)),
            Outage(self.now),
        )
        self.do = controls_of(self.server)

    @property
    def library(self) -> Library:
        """The scenarios in force, and the versions that tasks play."""
        return self.catalogue.library

    @library.setter
    def library(self, library: Library) -> None:
        self.catalogue.library = library

    def restart(self) -> None:
        """Saves the run as a bundle, as JSON text, and loads that into new parts.

        The text of each scenario must be its version, since scenarios of tests need not come from a file.
        """
        saved, known = json.dumps(export(self.server)), self.library.versions
        self._start(library_of(()))
        bundle.load(self.server._replace(loader=cast(Loader, Texts(known))), json.loads(saved))

    def poll(self, id: str = "made-up.1", vendor: str = "qiniu", method: str = "GET") -> Response:
        """One status request."""
        return self.emulator.answer(asking(vendor, id, method))

    def ask(self, target: str, method: str = "GET", body: bytes = b"") -> Response:
        """Any request."""
        return self.emulator.answer(request_of(method, target, (), body))

    def statuses(self, count: int, id: str = "made-up.1", vendor: str = "qiniu") -> list[int]:
        """The statuses of `count` polls without time between them."""
        return [self.poll(id, vendor).status for _ in range(count)]

    def clock(self, change: Callable[[Clock, int], Clock]) -> None:
        """Changes the virtual clock by a function of the clock and the real time."""
        self.store.control(lambda control: control._replace(clock=change(control.clock, self.now())))

    def advance(self, by: int) -> None:
        """Advances the virtual clock by milliseconds."""
        self.clock(lambda clock, real: clock.advance(real, by))

    def virtual(self) -> int:
        """The virtual time."""
        return self.store.control().clock.now(self.now())

    def arm(self, effect: Effect, **aim: Any) -> int:
        """Arms a fault, whether or not it does anything; its number."""
        number = max((fault.number for fault in self.store.control().armed), default=0) + 1
        fault = Armed(number, effect, **aim)
        self.store.control(lambda control: control._replace(armed=control.armed.plus(fault)))
        return number

    def task(self, id: str = "made-up.1", vendor: str = "qiniu") -> Task:
        """The stored task. AssertionError: there is none."""
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
