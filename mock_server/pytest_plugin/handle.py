"""One task in a test's hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from mock_server.client import Client, Exchange, Fault, Task
from mock_server.client.arguments import Cadence, Length


class Handle(NamedTuple):
    """A task that a test created; every method is about it alone, so that tests never meet."""

    client: Client
    vendor: str
    id: str
    url: str
    """Where its status is asked for, whole."""
    keep: Callable[[Fault], Fault]
    """Remembers what is to be disarmed when the test ends."""

    def look(self) -> Task:
        """The task as it stands; looking moves nothing."""
        task = self.client.task(self.vendor, self.id)
        assert task is not None, f"the {self.vendor} task {self.id!r} is gone: somebody dropped it, or reset the server"
        return task

    @property
    def step(self) -> str:
        """The step it is in."""
        return self.look().step

    def next(self, to: str | None = None) -> Task:
        """Moves it along a way out of its step; `to` chooses one where there are more."""
        return self.client.next(self.vendor, self.id, to)

    def goto(self, step: str) -> Task:
        """Moves it to any step."""
        return self.client.goto(self.vendor, self.id, step)

    def shift(self, by: Length) -> Task:
        """Lets time pass for it, and for no other."""
        return self.client.shift(self.vendor, self.id, by)

    def arm(self, *, times: int | None = None, lasts: Length | None = None, **fault: Any) -> Fault:
        """Arms a fault that strikes it alone: `error`, `fault`, `delay`, `headers`, `over` as in scenario files."""
        return self.keep(self.client.arm(vendor=self.vendor, id=self.id, times=times, lasts=lasts, **fault))

    def requests(self) -> tuple[Exchange, ...]:
        """Its exchanges, oldest first."""
        return self.client.requests(vendor=self.vendor, id=self.id)

    def verify(
        self,
        *,
        count: int | None = None,
        at_least: int | None = None,
        at_most: int | None = None,
        order: Sequence[str] | None = None,
        statuses: Sequence[int] | None = None,
        cadence: Cadence | None = None,
    ) -> tuple[Exchange, ...]:
        """Its exchanges, when all that is asked holds of them; else the test fails, and says which are wrong."""
        __tracebackhide__ = True
        return self.client.verify(
            count=count,
            at_least=at_least,
            at_most=at_most,
            order=order,
            statuses=statuses,
            cadence=cadence,
            vendor=self.vendor,
            id=self.id,
        )

    def wait(self, count: int = 1, timeout: float = 10.0) -> tuple[Exchange, ...]:
        """Its exchanges, as soon as there are so many; else the test fails."""
        __tracebackhide__ = True
        return self.client.wait(count, timeout, vendor=self.vendor, id=self.id)
