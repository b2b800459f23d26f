"""What the admin API tells, as values. Times are moments in UTC; lengths of time are `timedelta`."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from mock_server.errors import Problem


class Message(NamedTuple):
    """A request as it came. `headers` keep their order and spelling."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Response(NamedTuple):
    """A response; `delivery` names the fault of its delivery, if it left in no ordinary way."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    delay: timedelta
    delivery: str | None

    def json(self) -> Any:
        """The body as JSON. ValueError: it is none."""
        return json.loads(self.body)


class Crossing(NamedTuple):
    """A change of step; None stands for the task's birth, or for a step of a version that is gone."""

    origin: str | None
    to: str | None
    at: datetime


class Exchange(NamedTuple):
    """One exchange of the journal. `at` is the virtual time, `real` the machine's.

    `original` is the response before faults, None where none struck; `note` says why a request met no task.
    """

    number: int
    at: datetime
    real: datetime
    vendor: str | None
    id: str | None
    scenario: str | None
    step: str | None
    state: str | None
    asked: int
    poll: bool
    verdict: str
    faults: tuple[str, ...]
    crossed: tuple[Crossing, ...]
    note: str
    request: Message
    response: Response
    original: Response | None

    def __str__(self) -> str:
        """One line for people: when, what was asked, what was answered, and from which step."""
        struck = f" [{', '.join(self.faults)}]" if self.faults else ""
        body = self.response.body.decode("utf-8", "replace")
        short = body if len(body) <= 200 else f"{body[:200]}…"
        step = f" ({self.step})" if self.step else ""
        asked = f"{self.at:%H:%M:%S.%f} {self.request.method} {self.request.target}"
        return f"#{self.number} {asked} -> {self.response.status}{step}{struck} {short}".rstrip()


class Miss(NamedTuple):
    """A request that met no task or path, what it may have meant (None: nothing is near), and what differs."""

    exchange: Exchange
    nearest: str | None
    differs: str

    def __str__(self) -> str:
        near = "" if self.nearest is None else f" (did you mean {self.nearest!r}?)"
        return f"{self.exchange}\n  it differs in {self.differs}{near}"


class Task(NamedTuple):
    """One task. `state` is the neutral word, None while an error shows; `ways` are the steps that `next` leads to."""

    vendor: str
    id: str
    scenario: str
    version: str
    step: str
    state: str | None
    born: datetime
    since: datetime
    due: datetime | None
    polls: int
    asked: int
    hops: int
    ended: bool
    expired: bool
    ways: tuple[str, ...]
    steps: tuple[str, ...]
    history: tuple[Exchange, ...] = ()


class Clock(NamedTuple):
    """Where the virtual clock stands, and how far it is ahead of the machine's."""

    now: datetime
    real: datetime
    ahead: timedelta
    speed: float
    frozen: bool


class Fault(NamedTuple):
    """An armed fault; `effect` is what it does, in the words of scenario files."""

    number: int
    vendor: str | None
    id: str | None
    times: int | None
    until: datetime | None
    effect: Mapping[str, Any]


class Scenario(NamedTuple):
    """A scenario in force; `text`, what was written, is empty in a list."""

    name: str
    about: str
    version: str
    vendors: tuple[str, ...]
    ids: tuple[str, ...]
    steps: tuple[str, ...]
    source: str
    uploaded: bool
    text: str = ""


class Health(NamedTuple):
    """Whether the server is ready, how many scenarios it has, and what is wrong with files that changed."""

    ready: bool
    scenarios: int
    problems: tuple[Problem, ...]


def moment(text: str) -> datetime:
    """A moment as the admin API writes it."""
    return datetime.fromisoformat(text)


def task_of(said: Mapping[str, Any]) -> Task:
    """A task from its JSON."""
    fields = {name: said[name] for name in Task._fields if name in said}
    fields |= {"born": moment(said["born"]), "since": moment(said["since"]), "due": _maybe(said["due"])}
    fields |= {"ways": tuple(said["ways"]), "steps": tuple(said["steps"])}
    return Task(**fields | {"history": tuple(exchange_of(each) for each in said.get("history", ()))})


def clock_of(said: Mapping[str, Any]) -> Clock:
    """The clock from its JSON."""
    ahead = timedelta(milliseconds=said["ahead_ms"])
    return Clock(moment(said["now"]), moment(said["real"]), ahead, said["speed"], said["frozen"])


def fault_of(said: Mapping[str, Any]) -> Fault:
    """An armed fault from its JSON."""
    effect = {name: value for name, value in said.items() if name not in Fault._fields}
    return Fault(said["number"], said["vendor"], said["id"], said["times"], _maybe(said["until"]), effect)


def scenario_of(said: Mapping[str, Any]) -> Scenario:
    """A scenario from its JSON."""
    return Scenario(
        said["name"],
        said["about"],
        said["version"],
        tuple(said["vendors"]),
        tuple(said["ids"]),
        tuple(said["steps"]),
        said["source"],
        said["uploaded"],
        said.get("text", ""),
    )


def health_of(said: Mapping[str, Any]) -> Health:
    """The server's health from its JSON."""
    problems = (Problem(each["where"], each["what"], each["hint"]) for each in said["problems"])
    return Health(said["ready"], said["scenarios"], tuple(problems))


def exchange_of(said: Mapping[str, Any]) -> Exchange:
    """An exchange from its JSON."""
    fields = {name: said[name] for name in Exchange._fields}
    crossed = (Crossing(each["from"], each["to"], moment(each["at"])) for each in said["crossed"])
    request, original = said["request"], said["original"]
    return Exchange(
        **fields
        | {
            "at": moment(said["at"]),
            "real": moment(said["real"]),
            "faults": tuple(said["faults"]),
            "crossed": tuple(crossed),
            "request": Message(request["method"], request["target"], _headers(request), _body(request)),
            "response": _response(said["response"]),
            "original": None if original is None else _response(original),
        }
    )


def miss_of(said: Mapping[str, Any]) -> Miss:
    """A request that met nothing, from its JSON."""
    return Miss(exchange_of(said), said["near_miss"]["nearest"], said["near_miss"]["differs"])


def _response(said: Mapping[str, Any]) -> Response:
    delay = timedelta(milliseconds=said["delay_ms"])
    return Response(said["status"], said["reason"], _headers(said), _body(said), delay, said["delivery"])


def _headers(said: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((each["name"], each["value"]) for each in said["headers"])


def _body(said: Mapping[str, Any]) -> bytes:
    return base64.b64decode(said["body"]) if said["base64"] else said["body"].encode()


def _maybe(text: str | None) -> datetime | None:
    return None if text is None else moment(text)
