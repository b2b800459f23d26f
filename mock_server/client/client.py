"""All that can be asked of a running server, as methods."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar, Unpack
from urllib.parse import quote

from mock_server.client.arguments import Cadence, Length, Where, given, length, paced
from mock_server.client.clock import ClockHand
from mock_server.client.coverage import Coverage, coverage_of
from mock_server.client.refusals import NotYet
from mock_server.client.transport import Transport, parts_of, trust_of
from mock_server.client.values import (
    Exchange,
    Fault,
    Health,
    Miss,
    Scenario,
    Task,
    exchange_of,
    fault_of,
    health_of,
    miss_of,
    scenario_of,
    task_of,
)

T = TypeVar("T")

YAML_TYPE = "application/yaml"
_PAUSE = 0.05
"""Seconds between two questions to a server that has too many waiting already."""
_LONGEST_WAIT = 30.0
_BEYOND = 10**15
"""A number that no exchange has."""


class Client:
    """A server's admin API. Threads may share a client; it keeps nothing open and nothing in mind.

    Every method may raise Refused (the server's own words) or Unreachable (nobody answers).
    """

    def __init__(
        self, url: str, token: str | None = None, *, ca: str | Path | None = None, timeout: float = 30.0
    ) -> None:
        """`url`: where the admin API is, on a port of its own or not. `timeout`: seconds an answer may take.

        `ca`: a PEM file whose authorities alone are trusted over HTTPS. InvalidInput: the URL or the file is none.
        """
        parts_of(url)
        self.url = url.rstrip("/")
        self._transport = Transport(self.url, token, timeout, None if ca is None else trust_of(ca))

    # -- tasks

    def create(
        self,
        vendor: str,
        scenario: str,
        id: str | None = None,
        items: Sequence[Mapping[str, Any]] | None = None,
        notify_url: str | None = None,
    ) -> Task:
        """A task that plays the scenario, whatever its id claims. Without an id it gets one in the vendor's form."""
        body = given(vendor=vendor, scenario=scenario, id=id, items=items, notify_url=notify_url)
        return self._transport.ask("POST", "tasks", body=body, read=task_of)

    def tasks(
        self,
        vendor: str | None = None,
        id: str | None = None,
        scenario: str | None = None,
        state: str | None = None,
        *,
        limit: int | None = None,
        history: int | None = None,
    ) -> tuple[Task, ...]:
        """The tasks that are meant, each with so many of its last exchanges; looking moves nothing."""
        query = {"vendor": vendor, "id": id, "scenario": scenario, "state": state, "limit": limit, "history": history}
        return self._transport.ask("GET", "tasks", query, read=_each("tasks", task_of))

    def task(self, vendor: str, id: str) -> Task | None:
        """One task; None: there is none, for a task is born at its first poll, or created."""
        # An id may end with the star that means "all that begin so".
        return next((task for task in self.tasks(vendor, id) if task.id == id), None)

    def next(self, vendor: str, id: str, to: str | None = None) -> Task:
        """Moves a task along a way out of its step; `to` chooses one where there are more."""
        return self._transport.ask("POST", "tasks/next", body=given(vendor=vendor, id=id, to=to), read=task_of)

    def goto(self, vendor: str, id: str, step: str) -> Task:
        """Moves a task to any step."""
        return self._transport.ask("POST", "tasks/goto", body={"vendor": vendor, "id": id, "step": step}, read=task_of)

    def shift(self, vendor: str, id: str, by: Length) -> Task:
        """Lets time pass for one task alone."""
        return self._transport.ask(
            "POST", "tasks/shift", body={"vendor": vendor, "id": id, "by": length(by)}, read=task_of
        )

    def drop(
        self, vendor: str | None = None, id: str | None = None, scenario: str | None = None, state: str | None = None
    ) -> int:
        """Forgets the tasks that are meant, without a word all; how many."""
        query = {"vendor": vendor, "id": id, "scenario": scenario, "state": state}
        return self._transport.ask("DELETE", "tasks", query, read=_number("dropped"))

    # -- faults

    def arm(self, *, lasts: Length | None = None, **fault: Any) -> Fault:
        """Arms a fault: `error`, `fault`, `delay`, `headers`, `over` as in scenario files; whom: `vendor`, `id`.

        It strikes `times` polls, or as long as `lasts`, or until it is disarmed.
        """
        effect = {name: length(value) if hasattr(value, "total_seconds") else value for name, value in fault.items()}
        body = given(**effect) | given(**{"for": None if lasts is None else length(lasts)})
        return self._transport.ask("POST", "faults", body=body, read=fault_of)

    def faults(self) -> tuple[Fault, ...]:
        """The armed faults that may still strike."""
        return self._transport.ask("GET", "faults", read=_each("faults", fault_of))

    def disarm(self, number: int | None = None, vendor: str | None = None, id: str | None = None) -> int:
        """Disarms the faults that are meant, without a word all; how many."""
        query = {"number": number, "vendor": vendor, "id": id}
        return self._transport.ask("DELETE", "faults", query, read=_number("disarmed"))

    # -- time

    @property
    def clock(self) -> ClockHand:
        """The clock that all tasks live by."""
        return ClockHand(self._transport)

    # -- the journal

    def requests(self, *, limit: int | None = None, **where: Unpack[Where]) -> tuple[Exchange, ...]:
        """The exchanges that are meant, oldest first."""
        return self._transport.ask("GET", "requests", {**where, "limit": limit}, read=_each("requests", exchange_of))

    def last_number(self) -> int:
        """The number of the newest exchange: those to come are numbered above it."""
        return self._transport.ask("GET", "requests", {"after": _BEYOND}, read=_newest)

    def unmatched(self, *, after: int = 0) -> tuple[Miss, ...]:
        """The requests that met no task or no path, and what each came closest to."""
        return self._transport.ask("GET", "requests/unmatched", {"after": after}, read=_each("requests", miss_of))

    def forget(self, **where: Unpack[Where]) -> int:
        """Takes the exchanges that are meant out of the journal, without a word all; how many."""
        return self._transport.ask("DELETE", "requests", {**where}, read=_number("forgotten"))

    def verify(
        self,
        *,
        count: int | None = None,
        at_least: int | None = None,
        at_most: int | None = None,
        order: Sequence[str] | None = None,
        statuses: Sequence[int] | None = None,
        cadence: Cadence | None = None,
        **where: Unpack[Where],
    ) -> tuple[Exchange, ...]:
        """The exchanges that are meant, when all that is asked holds of them.

        Unmet: it does not; the exception has the problems and the exchanges at fault. Evicted: it cannot be told.
        """
        asked = given(count=count, at_least=at_least, at_most=at_most, order=order, statuses=statuses)
        body = asked | given(where=where or None, cadence=None if cadence is None else paced(cadence))
        return self._transport.ask("POST", "requests/verify", body=body, read=_each("requests", exchange_of))

    def wait(self, count: int = 1, timeout: float = 10.0, **where: Unpack[Where]) -> tuple[Exchange, ...]:
        """The exchanges that are meant, as soon as there are `count` of them.

        NotYet: after `timeout` seconds there are fewer.
        """
        until = time.monotonic() + timeout
        while True:
            left = min(_LONGEST_WAIT, max(0.001, until - time.monotonic()))
            query = {**where, "count": count, "timeout": length(timedelta(seconds=left))}
            said = self._transport.ask("GET", "requests/wait", query, patience=left, read=dict)
            if said["met"]:
                return tuple(map(exchange_of, said["requests"]))
            if time.monotonic() >= until:
                raise NotYet(f"waited {timeout:g} s for {count} requests, and there are {said['seen']}")
            time.sleep(_PAUSE)  # the server has too many waiting already, or is about to end

    # -- scenarios, and the server as a whole

    def scenarios(self) -> tuple[Scenario, ...]:
        """The scenarios in force, without their texts."""
        return self._transport.ask("GET", "scenarios", read=_each("scenarios", scenario_of))

    def scenario(self, name: str) -> Scenario:
        """One scenario with its text."""
        return self._transport.ask("GET", f"scenarios/{quote(name, safe='')}", read=scenario_of)

    def upload(self, name: str, text: str) -> Scenario:
        """Puts a scenario in force, checked exactly as files are, until it is removed or the server is reset."""
        return self._transport.ask(
            "PUT", f"scenarios/{quote(name, safe='')}", body=text.encode(), kind=YAML_TYPE, read=scenario_of
        )

    def remove(self, name: str) -> None:
        """Takes an uploaded scenario back."""
        self._transport.ask("DELETE", f"scenarios/{quote(name, safe='')}", read=dict)

    def coverage(self) -> Coverage:
        """Which steps and edges were entered, crossed, and seen by a poll."""
        return self._transport.ask("GET", "coverage", read=coverage_of)

    def bundle(self) -> dict[str, Any]:
        """The run as one JSON value, to be kept and loaded."""
        return self._transport.ask("GET", "bundle", read=dict)

    def load(self, bundle: Mapping[str, Any]) -> None:
        """Replaces all that the server holds by a bundle; its next responses are those of the server it came from."""
        self._transport.ask("POST", "bundle", body=bundle, read=dict)

    def reset(self, only: Iterable[str] | None = None) -> None:
        """Makes the server as if it were fresh, or `only` some: tasks, faults, journal, clock, scenarios, coverage."""
        self._transport.ask("POST", "reset", body={} if only is None else {"only": list(only)}, read=dict)

    def health(self) -> Health:
        """Whether the server is ready."""
        return self._transport.ask("GET", "health", read=health_of)

    def version(self) -> dict[str, Any]:
        """The server's version, vendors and settings."""
        return self._transport.ask("GET", "version", read=dict)


def _each(name: str, read: Callable[[Any], T]) -> Callable[[Any], tuple[T, ...]]:
    """Reads the list of this name in an answer."""
    return lambda said: tuple(read(each) for each in said[name])


def _number(name: str) -> Callable[[Any], int]:
    return lambda said: int(said[name])


def _newest(said: Any) -> int:
    return int(said["counters"]["exchanges"])
