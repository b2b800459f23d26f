"""Everything that can be asked of a running server, as methods."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Unpack
from urllib.parse import quote

from msgspec import UNSET

from mock_server.api.contract import Contract
from mock_server.api.coverage import Coverage
from mock_server.api.exchange import (
    Exchange,
    Exchanges,
    Forgotten,
    Refusals,
    Unmatched,
    Verified,
    Waited,
    among_them,
)
from mock_server.api.notifications import Attempt, Notifications, Owed, attempt_of
from mock_server.api.questions import (
    Cadence,
    ExchangeFilter,
    Expectation,
    Length,
    TaskFilter,
    Verification,
    length_text,
)
from mock_server.api.scenarios import Checked, Group, Removed, ScenarioBrief, Scenarios, ScenarioWhole
from mock_server.api.timeline import Timeline
from mock_server.api.values import (
    Disarmed,
    Dropped,
    Fault,
    Faults,
    Hand,
    Hands,
    Health,
    Loaded,
    Pulse,
    Reset,
    Rule,
    Rules,
    RulesDropped,
    Task,
    Tasks,
    TaskScenario,
    TaskWhole,
    Version,
)
from mock_server.api.words import Order, Outcome
from mock_server.client.clock import VirtualClock
from mock_server.client.errors import NotYet
from mock_server.client.miss import Miss
from mock_server.client.transport import WALK, Local, Transport, check_token, parts_of, trust_of
from mock_server.client.untold import why_untold
from mock_server.engine import machine_clock
from mock_server.engine.ids import IdPattern
from mock_server.errors import InvalidInput, Problem

__tracebackhide__ = True
"""pytest shows the test's own line and the message, and no frame of this module."""

YAML_TYPE = "application/yaml"
_PAUSE = 0.05
"""Seconds between two questions to a server that has too many waiting already."""
_LONGEST_WAIT = 30.0
_LISTED = 1_000
"""Tasks that are listed if nothing is said."""
_FAR = 20_000
"""Tasks that the server may look at for each further page."""
_BEYOND = 10**15
"""A number that no exchange has."""


class Client:
    """A server's admin API. Threads may share a client; it keeps no connection and no state.

    Every method may raise AdminError (the server's error) or Unreachable (no server answered).
    """

    def __init__(
        self, url: str, token: str | None = None, *, ca: str | Path | None = None, timeout: float = 30.0
    ) -> None:
        """`url`: where the admin API is, on a port of its own or not. `timeout`: seconds a response may take.

        `ca`: a PEM file; over HTTPS only its authorities are trusted.
        InvalidInput: the URL, the token or the file is not usable.
        """
        parts_of(url)
        if token is not None:
            check_token(token)
        self.url = url.rstrip("/")
        self._transport = Transport(self.url, token, timeout, None if ca is None else trust_of(ca))

    @classmethod
    def within(
        cls, local: Local, url: str = "http://127.0.0.1", token: str | None = None, *, ca: str | Path | None = None
    ) -> Client:
        """The client of a server in this process, asked without a socket; what `local` declines is asked at `url`."""
        client = cls(url, token, ca=ca)
        client._transport = client._transport._replace(local=local)
        return client

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
        body = {"vendor": vendor, "scenario": scenario, "id": id, "items": items, "notify_url": notify_url}
        return self._transport.call("POST", "tasks", Task, body=_present(body))

    def tasks(
        self,
        *,
        limit: int | None = None,
        history: int | None = None,
        order: Order | None = None,
        **where: Unpack[TaskFilter],
    ) -> tuple[Task, ...]:
        """The matching tasks, each with its last `history` exchanges. Listing moves nothing.

        `order`: `"born"`, which is the default, or `"activity"`, the latest first. However many tasks there are, all
        are looked at until there are `limit` (1,000 by default).
        """
        found: list[Task] = []
        left = _LISTED if limit is None else limit
        page = self.tasks_page(limit=left, history=history, order=order, **where)
        while page.next is not None and len(found) + len(page.tasks) < left:
            found += page.tasks
            page = self.tasks_page(
                limit=left - len(found), history=history, order=order, before=page.next, look=_FAR, **where
            )
        return (*found, *page.tasks)

    def tasks_page(
        self,
        *,
        limit: int | None = None,
        history: int | None = None,
        order: Order | None = None,
        before: str | None = None,
        look: int | None = None,
        **where: Unpack[TaskFilter],
    ) -> Tasks:
        """One page of them: its `next`, if there is one, is the `before` of the page after it.

        The server looks at no more than `look` tasks (2,000 by default) and says how many it `looked` at.
        """
        paging = {"limit": limit, "history": history, "order": order, "before": before, "look": look}
        return self._transport.call("GET", "tasks", Tasks, {**where, **paging})

    def task(self, vendor: str, id: str) -> Task | None:
        """One task, or None: a task exists from its first poll, or from its creation."""
        pattern = str(IdPattern(id))  # an id may itself end with the star that means a prefix
        return next(iter(self.tasks(vendor=vendor, id=pattern)), None)

    def inspect(
        self,
        vendor: str,
        id: str,
        *,
        ahead: int | None = None,
        every: Length | None = None,
        before: int | None = None,
        limit: int | None = None,
    ) -> TaskWhole:
        """One task with its history, what the next `ahead` polls would see, `every` so often, and what time will do.

        Nothing is changed by asking. An id that nobody polled yet has no `task`, and names what claims it.
        """
        lengths = None if every is None else length_text(every)
        query = {"vendor": vendor, "id": id, "ahead": ahead, "every": lengths, "before": before, "limit": limit}
        return self._transport.call("GET", "tasks/one", TaskWhole, query)

    def record(self, vendor: str, id: str) -> TaskScenario:
        """A scenario that shows what a task showed, to polls at the same moments, and what could not be told."""
        return self._transport.call("GET", "tasks/scenario", TaskScenario, {"vendor": vendor, "id": id})

    def pulse(self) -> Pulse:
        """A few exact figures, and a mark that changes with whatever changes."""
        return self._transport.call("GET", "pulse", Pulse)

    def next(self, vendor: str, id: str, to: str | None = None, *, item: int | None = None) -> Task:
        """Moves a task along a way out of its step; `to` chooses one if there are several.

        With `item`, an item that has steps of its own moves, and no other. Items are numbered from 0.
        """
        body = _present({"vendor": vendor, "id": id, "to": to, "item": item})
        return self._transport.call("POST", "tasks/next", Task, body=body)

    def goto(self, vendor: str, id: str, step: str, *, item: int | None = None) -> Task:
        """Moves a task to any step. With `item`, an item that has steps of its own moves to any of these."""
        body = _present({"vendor": vendor, "id": id, "step": step, "item": item})
        return self._transport.call("POST", "tasks/goto", Task, body=body)

    def fail(self, vendor: str, id: str, *, item: int | None = None, reason: str | None = None) -> Task:
        """Moves a task to an end in which it failed, or in which one `item` did. `reason` is what the items show."""
        body = _present({"vendor": vendor, "id": id, "item": item, "reason": reason})
        return self._transport.call("POST", "tasks/fail", Task, body=body)

    def finish(self, vendor: str, id: str) -> Task:
        """Moves a task to an end in which it succeeded. Items that failed stay so, if others are unfinished."""
        return self._transport.call("POST", "tasks/finish", Task, body={"vendor": vendor, "id": id})

    def shift(self, vendor: str, id: str, by: Length) -> Task:
        """Lets time pass for one task alone."""
        body = {"vendor": vendor, "id": id, "by": length_text(by)}
        return self._transport.call("POST", "tasks/shift", Task, body=body, patience=WALK)

    def drop(self, **where: Unpack[TaskFilter]) -> int:
        """Forgets the matching tasks, without a filter all; how many."""
        return self._transport.call("DELETE", "tasks", Dropped, where).dropped

    # -- faults

    def arm(self, *, lasts: Length | None = None, dry: bool = False, **fault: Any) -> Fault:
        """Arms a fault: what it does, such as `error`, `fault`, `delay`, `body` or `headers`, as in scenario files.

        It applies to the tasks of `vendor` and `id`, for `times` polls, or as long as `lasts`, or until it is disarmed.
        With `at` (`"02:00+08:00"`) it applies every day from that time on, for as long as `lasts`.
        `dry`: nothing is armed; `targets` of what this returns says how many tasks the fault would apply to now.
        """
        return self._transport.call("POST", "faults", Fault, {"dry": True} if dry else {}, _fault(lasts, fault))

    def faults(self) -> tuple[Fault, ...]:
        """The armed faults that can still apply."""
        return self._transport.call("GET", "faults", Faults).faults

    def disarm(self, number: int | None = None, vendor: str | None = None, id: str | None = None) -> int:
        """Disarms the matching faults, without a filter all; how many."""
        query = {"number": number, "vendor": vendor, "id": id}
        return self._transport.call("DELETE", "faults", Disarmed, query).disarmed

    # -- rules

    def rule(
        self,
        scenario: str,
        *,
        vendor: str | None = None,
        where: Mapping[str, str] | None = None,
        times: int | None = None,
        lasts: Length | None = None,
    ) -> Rule:
        """Lets submits play a scenario, whatever they name: those to `vendor` that say what `where` has.

        `where` is as an entry of `submits` in scenario files: `{"key": "orders/*"}`. The rule is for `times` submits,
        or as long as `lasts`, or until it is dropped. Of several rules the oldest is the one that counts.
        """
        body = {"scenario": scenario, "vendor": vendor, "where": where, "times": times}
        lasting = None if lasts is None else length_text(lasts)
        return self._transport.call("POST", "rules", Rule, body=_present({**body, "for": lasting}))

    def rules(self) -> tuple[Rule, ...]:
        """The rules that can still apply, oldest first."""
        return self._transport.call("GET", "rules", Rules).rules

    def drop_rules(self, number: int | None = None) -> int:
        """Drops a rule by its number, or all; how many."""
        return self._transport.call("DELETE", "rules", RulesDropped, {"number": number}).dropped

    # -- notifications

    def notifications(
        self,
        *,
        vendor: str | None = None,
        id: str | None = None,
        outcome: Outcome | None = None,
        after: int | None = None,
        limit: int | None = None,
    ) -> tuple[Attempt, ...]:
        """The matching attempts to deliver notifications, oldest first; beyond `limit`, the newest.

        `id` is exact, or a prefix with a final `*`; `after`: only those with a number above this.
        """
        page = self.notifications_page(vendor=vendor, id=id, outcome=outcome, after=after, limit=limit)
        return page.notifications

    def notifications_page(self, **query: Any) -> Notifications:
        """The same with how many there are beyond `limit`, and what those tasks still owe."""
        return self._transport.call("GET", "notifications", Notifications, query)

    def owed(self, *, vendor: str | None = None, id: str | None = None) -> tuple[Owed, ...]:
        """The notifications that matching tasks still owe, the soonest first."""
        return self.notifications_page(vendor=vendor, id=id, limit=1).owed

    def notify(self, vendor: str, id: str) -> Owed:
        """Makes a task notify its address of what it shows now, in any step, besides what its scenario says."""
        return self._transport.call("POST", "notifications", Owed, body={"vendor": vendor, "id": id})

    def why_untold(self, *, vendor: str | None = None, id: str | None = None) -> str:
        """What is between now and the next attempt of the task with this id, or of all: what `NotYet` says."""
        return why_untold(self._transport, vendor, id)

    def wait_told(self, count: int = 1, timeout: float = 10.0, **where: Unpack[ExchangeFilter]) -> tuple[Attempt, ...]:
        """The matching attempts to deliver notifications, as soon as there are `count` of them.

        With `outcome="delivered"` only those that were taken count. NotYet, InvalidInput: as `wait`.
        """
        where["told"] = True
        return tuple(map(attempt_of, self.wait(count, timeout, **where)))

    # -- time

    @property
    def clock(self) -> VirtualClock:
        """The clock that all tasks live by."""
        return VirtualClock(self._transport)

    # -- the journal

    def requests(self, *, limit: int | None = None, **where: Unpack[ExchangeFilter]) -> tuple[Exchange, ...]:
        """The matching exchanges, oldest first; beyond `limit`, the newest."""
        return self._transport.call("GET", "requests", Exchanges, {**where, "limit": limit}).requests

    def journal(self, *, limit: int | None = None, total: bool = False, **where: Unpack[ExchangeFilter]) -> Exchanges:
        """The same with the journal's counts; `total`: with how many there are beyond `limit`, too."""
        query = {**where, "limit": limit, "total": total or None}
        return self._transport.call("GET", "requests", Exchanges, query)

    def request(self, number: int) -> Exchange:
        """One exchange by its number, with what faults changed line by line, and the contract of its fields."""
        return self._transport.call("GET", "requests/one", Exchange, {"number": number})

    def last_number(self) -> int:
        """The number of the newest exchange: those to come have higher numbers."""
        return self._transport.call("GET", "requests", Exchanges, {"after": _BEYOND}).counters.exchanges

    def unmatched(self, *, after: int = 0) -> tuple[Miss, ...]:
        """The requests that met no task or no path, and what each came closest to."""
        found = self._transport.call("GET", "requests/unmatched", Unmatched, {"after": after}).requests
        return tuple(Miss(each, each.near_miss.nearest, each.near_miss.differs) for each in found if each.near_miss)

    def refused(self) -> Refusals:
        """What was refused before it was a request: how often, and the newest."""
        return self._transport.call("GET", "requests/unmatched", Unmatched, {"after": _BEYOND}).refused

    def forget(self, **where: Unpack[ExchangeFilter]) -> int:
        """Takes the matching exchanges out of the journal, without a filter all; how many.

        As in all questions, attempts to notify are meant only with `told`.
        """
        return self._transport.call("DELETE", "requests", Forgotten, where).forgotten

    def verify(self, **question: Unpack[Verification]) -> tuple[Exchange, ...]:
        """The matching exchanges, if everything that is expected holds of them.

        Unmet: it does not; the exception has the problems and the exchanges at fault. Evicted: nobody can tell.
        """
        body = _present({name: question.get(name) for name in Expectation.__annotations__})
        if "cadence" in body:
            body["cadence"] = _cadence(body["cadence"])
        where = {name: value for name, value in question.items() if name in ExchangeFilter.__annotations__}
        return self._transport.call(
            "POST", "requests/verify", Verified, body=body | ({"where": where} if where else {})
        ).requests

    def wait(self, count: int = 1, timeout: float = 10.0, **where: Unpack[ExchangeFilter]) -> tuple[Exchange, ...]:
        """The matching exchanges, as soon as there are `count` of them.

        NotYet: after `timeout` seconds there are fewer; of attempts it says what is still to happen. InvalidInput: the
        timeout is negative or no number.
        """
        if not timeout >= 0:
            raise InvalidInput([Problem("?timeout", f"{timeout:g} will not do: it takes seconds, 0 or more")])
        until = machine_clock.monotonic() + timeout
        while True:
            left = min(_LONGEST_WAIT, max(0.001, until - machine_clock.monotonic()))
            query = {**where, "count": count, "timeout": length_text(timedelta(seconds=left))}
            waited = self._transport.call("GET", "requests/wait", Waited, query, patience=left)
            if waited.met:
                return waited.requests
            if machine_clock.monotonic() >= until:
                raise self._not_yet(f"waited {timeout:g} s for {count}", count, waited.seen, where)
            time.sleep(_PAUSE)  # the server has too many waiting already, or is about to end

    def _not_yet(self, waited: str, count: int, seen: int, where: ExchangeFilter) -> NotYet:
        told = where.get("told", False)
        noun = ("attempt" if told else "request") + ("" if count == 1 else "s")
        if told:
            why = f": {self.why_untold(vendor=where.get('vendor'), id=where.get('id'))}"
        else:
            submits = among_them(self._count_submits(where) if seen > 1 else 0, seen)
            why = f", {submits}" if submits else ""
        return NotYet(f"{waited} {noun}, and there are {seen}{why}")

    def _count_submits(self, where: ExchangeFilter) -> int:
        """How many of the matching exchanges are submits, where the filter does not say that itself."""
        if "submit" in where:
            return 0
        submits: ExchangeFilter = {**where, "submit": True}
        total = self.journal(limit=1, total=True, **submits).total
        return 0 if total is UNSET else total

    # -- scenarios, and the server as a whole

    def scenarios(self, *, group: Group | None = None, find: str | None = None) -> tuple[ScenarioBrief, ...]:
        """The scenarios in force, without their texts: those of a `group`, and those in which each word of `find`
        occurs, be it in the name, the sentence about it, the text, or the statuses and codes that polls see."""
        return self._transport.call("GET", "scenarios", Scenarios, {"group": group, "find": find}).scenarios

    def scenario(self, name: str) -> ScenarioWhole:
        """One scenario with its text."""
        return self._transport.call("GET", _scenario_path(name), ScenarioWhole)

    def upload(self, name: str, text: str, *, dry: bool = False) -> ScenarioWhole:
        """Puts a scenario in force, checked exactly as files are, until it is removed or the server is reset.

        `dry`: it is only checked, and nothing changes. AdminError: every problem of the text.
        """
        query = {"dry": True} if dry else {}
        return self._transport.call("PUT", _scenario_path(name), ScenarioWhole, query, text.encode(), kind=YAML_TYPE)

    def check(self, name: str, text: str) -> Checked:
        """The scenario that `upload` would put in force, with its timeline and what polls would see; nothing changes.

        AdminError: every problem of the text.
        """
        return self._transport.call("POST", "scenarios/check", Checked, {"name": name}, text.encode(), kind=YAML_TYPE)

    def timeline(self, name: str, *, bodies: bool = False) -> Timeline:
        """One scenario step by step, as every vendor shows it; `bodies`: with whole bodies."""
        return self._transport.call("GET", f"{_scenario_path(name)}/timeline", Timeline, {"bodies": bodies or None})

    def remove(self, name: str) -> None:
        """Removes an uploaded scenario."""
        self._transport.call("DELETE", _scenario_path(name), Removed)

    def contract(self, vendor: str, profile: str | None = None) -> Contract:
        """What the vendor's document says of each field of its responses; by default in the server's own profile."""
        return self._transport.call("GET", f"contract/{quote(vendor, safe='')}", Contract, {"profile": profile})

    def actions(self, *, after: int = 0) -> tuple[Hand, ...]:
        """What was done to the server by its admin API, and what ended by itself: the newest 1,000, oldest first.

        `after`: only those with a number above this.
        """
        return self._transport.call("GET", "hands", Hands, {"after": after}).hands

    def coverage(self) -> Coverage:
        """Which steps and edges were entered, crossed, and seen by a poll."""
        return self._transport.call("GET", "coverage", Coverage)

    def bundle(self) -> dict[str, Any]:
        """The run as one JSON value, to be kept and loaded."""
        return self._transport.call("GET", "bundle", dict[str, Any])

    def load(self, bundle: Mapping[str, Any]) -> None:
        """Replaces everything by a bundle: the next responses are those of the server that it came from."""
        self._transport.call("POST", "bundle", Loaded, body=bundle)

    def reset(self, only: Iterable[str] | None = None) -> None:
        """Resets everything, or `only` some of: tasks, faults, journal, clock, scenarios, coverage, rules."""
        self._transport.call("POST", "reset", Reset, body={} if only is None else {"only": list(only)})

    def health(self) -> Health:
        """Whether the server is ready."""
        return self._transport.call("GET", "health", Health)

    def version(self) -> Version:
        """The server's version, vendors and settings."""
        return self._transport.call("GET", "version", Version)


def _present(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that are not None."""
    return {name: value for name, value in fields.items() if value is not None}


def _fault(lasts: Length | None, fault: Mapping[str, Any]) -> dict[str, Any]:
    """The body that arms a fault."""
    lengths = {**fault, "for": lasts}
    return _present(
        {name: length_text(value) if isinstance(value, timedelta) else value for name, value in lengths.items()}
    )


def _cadence(cadence: Cadence) -> dict[str, Any]:
    """A cadence with its lengths of time as text."""
    return {name: length_text(value) if isinstance(value, timedelta) else value for name, value in cadence.items()}


def _scenario_path(name: str) -> str:
    return f"scenarios/{quote(name, safe='')}"
