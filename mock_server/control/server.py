"""All that people can do to one server, in one value: for the admin API, commands and tests."""

from __future__ import annotations

from typing import NamedTuple

from mock_server.api.coverage import Coverage
from mock_server.assembly import Server
from mock_server.control.armed import Faults
from mock_server.control.notifications import Notifications
from mock_server.control.requests import Requests
from mock_server.control.reset import Reset
from mock_server.control.rules import Rules
from mock_server.control.scenarios import Scenarios
from mock_server.control.tasks import Tasks
from mock_server.control.time import ClockView, Time
from mock_server.control.whole import Wholes
from mock_server.journal.coverage import coverage_of
from mock_server.store.look import Glance


class PulseView(NamedTuple):
    """A few exact figures. `mark` is another text whenever anything changed, but for the passing of time."""

    mark: str
    clock: ClockView
    glance: Glance
    faults: int
    problems: int
    actions: int


_PARTS = ("journal", "tasks", "control", "library", "hands")
"""What the parts of a mark tell of, in their order."""


def changes_between(mark: str, other: str) -> tuple[str, ...]:
    """What differs between two marks, in words of `journal`, `tasks`, `control` (clock and faults), `library`, `hands`.

    Everything, if one is no mark.
    """
    parts, others = mark.split("-"), other.split("-")
    if not len(parts) == len(others) == len(_PARTS):
        return _PARTS
    return tuple([name for name, a, b in zip(_PARTS, parts, others, strict=True) if a != b])


class Controls(NamedTuple):
    """What people can do to a running server, by noun."""

    server: Server
    tasks: Tasks
    faults: Faults
    rules: Rules
    notifications: Notifications
    time: Time
    requests: Requests
    scenarios: Scenarios
    reset: Reset
    wholes: Wholes

    def coverage(self) -> Coverage:
        """What the scenarios in force have been through so far."""
        return coverage_of(self.server.store.counters(), self.server.catalogue.library.scenarios)

    def pulse(self) -> PulseView:
        """A few exact figures, which cost the same whatever is stored."""
        glance, catalogue = self.server.store.glance(), self.server.catalogue
        control = self.server.store.control()
        journal = f"{glance.exchanges}.{glance.evicted}.{glance.forgotten}"
        tasks = f"{glance.tasks}.{glance.ended}.{glance.moves}"
        actions = self.server.actions.count
        mark = f"{journal}-{tasks}-{glance.changes}-{catalogue.changes}-{actions}"
        problems = len(catalogue.library.problems)
        return PulseView(mark, self.time.read(), glance, len(control.armed), problems, actions)


def controls_of(server: Server, *, slots: int = 8) -> Controls:
    """The controls of a server's parts; `slots` waits may hold a thread at once."""
    store, registry, catalogue = server.store, server.registry, server.catalogue
    tasks = Tasks(server.ledger, server.emulator.evictor, registry, server.settings.seed, server.postman.deliver_of)
    faults = Faults(server.ledger, registry)
    requests = Requests(store, lambda: catalogue.library, registry, server.stopping, slots=slots, spare=server.spare)
    return Controls(
        server,
        tasks,
        faults,
        Rules(server.ledger, registry),
        Notifications(server.notifications, server.ledger, requests),
        Time(server.ledger, server.postman.deliver_due, server.postman.release),
        requests,
        Scenarios(catalogue, server.loader),
        Reset(server, faults),
        Wholes(server.ledger, server.emulator.rules),
    )
