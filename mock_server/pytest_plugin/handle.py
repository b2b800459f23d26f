"""A handle on one task of a test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Unpack
from urllib.parse import urlsplit

from mock_server.api.questions import Expectation, Length
from mock_server.client import Attempt, Client, Exchange, Fault, Owed, Task
from mock_server.engine.ids import IdPattern

__tracebackhide__ = True
"""pytest shows the test's own line and the message, and no frame of this module."""


class Handle(NamedTuple):
    """A task of a test. Every method is about this task alone, so that tests do not affect each other."""

    client: Client
    vendor: str
    id: str
    url: str
    """The full URL of its status."""
    keep: Callable[[Fault], Fault]
    """Remembers a fault that is disarmed when the test ends."""
    since: int
    """The number of the last exchange before the test began: what an earlier test did with this id does not count."""

    @property
    def host(self) -> str:
        """Host and port of the server, for clients that add the scheme themselves."""
        return urlsplit(self.url).netloc

    def read(self) -> Task:
        """The task as it stands. Reading moves nothing."""
        task = self.client.task(self.vendor, self.id)
        assert task is not None, f"the {self.vendor} task {self.id!r} is gone: somebody dropped it, or reset the server"
        return task

    @property
    def step(self) -> str:
        """The step it is in."""
        return self.read().step

    def next(self, to: str | None = None, *, item: int | None = None) -> Task:
        """Moves it along a way out of its step; `to` chooses one if there are several. With `item`: that one alone."""
        return self.client.next(self.vendor, self.id, to, item=item)

    def goto(self, step: str, *, item: int | None = None) -> Task:
        """Moves it to any step; with `item` an item that has steps of its own, to one of these."""
        return self.client.goto(self.vendor, self.id, step, item=item)

    def fail(self, *, item: int | None = None, reason: str | None = None) -> Task:
        """Moves it to an end in which it failed, or in which one `item` did. `reason` is what the items show."""
        return self.client.fail(self.vendor, self.id, item=item, reason=reason)

    def finish(self) -> Task:
        """Moves it to an end in which it succeeded."""
        return self.client.finish(self.vendor, self.id)

    def shift(self, by: Length) -> Task:
        """Lets time pass for it, and for no other."""
        return self.client.shift(self.vendor, self.id, by)

    def arm(self, *, times: int | None = None, lasts: Length | None = None, **fault: Any) -> Fault:
        """Arms a fault for it alone: `error`, `fault`, `delay`, `headers`, `over` as in scenario files."""
        return self.keep(self.client.arm(vendor=self.vendor, id=self.id, times=times, lasts=lasts, **fault))

    def requests(self) -> tuple[Exchange, ...]:
        """Its exchanges since the test began, oldest first."""
        return self.client.requests(vendor=self.vendor, id=str(IdPattern(self.id)), after=self.since)

    def notifications(self) -> tuple[Attempt, ...]:
        """The attempts to deliver its notifications, since the test began, oldest first."""
        return self.client.notifications(vendor=self.vendor, id=str(IdPattern(self.id)), after=self.since)

    def wait_told(self, count: int = 1, timeout: float = 10.0) -> tuple[Attempt, ...]:
        """These attempts, as soon as there are `count`; else, after `timeout` seconds, the test fails."""
        id = str(IdPattern(self.id))
        return self.client.wait_told(count, timeout, vendor=self.vendor, id=id, after=self.since)

    def notify(self) -> Owed:
        """Makes it notify its address of what it shows now, besides what its scenario says."""
        return self.client.notify(self.vendor, self.id)

    def verify(self, **expected: Unpack[Expectation]) -> tuple[Exchange, ...]:
        """Its exchanges, if everything expected holds of them; else the test fails, and says which are wrong."""
        id = str(IdPattern(self.id))
        return self.client.verify(vendor=self.vendor, id=id, after=self.since, **expected)

    def wait(self, count: int = 1, timeout: float = 10.0) -> tuple[Exchange, ...]:
        """Its exchanges, as soon as there are `count`; else the test fails."""
        id = str(IdPattern(self.id))
        return self.client.wait(count, timeout, vendor=self.vendor, id=id, after=self.since)
