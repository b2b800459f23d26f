"""Exchanges of the journal: one request, its response, and what the emulator made of it."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from mock_server.api.codec import Moment
from mock_server.api.contract import ContractField
from mock_server.api.words import EntryKind, Outcome, SawWord, Signed, Verdict
from mock_server.engine.state import State
from mock_server.faults.kinds import FAULTS
from mock_server.http.responses import NOTE_HEADER

Base64 = Annotated[bool, Meta(description="Whether the body is written in base64, because it is not UTF-8.")]

Notice = Annotated[int, Meta(description="Which of the task's notifications, from 0.")]
NoticeItem = Annotated[int | None, Meta(description="The item it is about, from 0; null for the whole task.")]
AttemptNumber = Annotated[int, Meta(description="Which attempt of this notification, from 1.")]
AccessKey = Annotated[
    str, Meta(description="The access key that it is signed in the name of; empty if it is not signed.")
]
SignedAs = Annotated[
    Signed | None,
    Meta(
        description="`right`; `wrong` (with a secret that no key has, as the scenario says); `no` (no signature). "
        "Null in runs that older versions saved, if it was signed."
    ),
]
AttemptOutcome = Annotated[
    Outcome,
    Meta(
        description="`delivered`; `again` (not taken, another attempt follows); `failed` (not taken, none "
        "follows); `refused` (nothing was sent)."
    ),
]
NextAttempt = Annotated[
    Moment | None, Meta(description="When the next attempt is due, by the server's clock; or null.")
]

_LONGEST = 200
"""Characters of a body in the one line of an exchange."""


class Header(Struct, frozen=True):
    """One header, with its spelling."""

    name: str
    value: str


class Message(Struct, frozen=True):
    """A request as it came. Headers keep their order and spelling."""

    method: str
    target: str
    headers: tuple[Header, ...]
    text: str = field(name="body")
    base64: Base64

    @property
    def body(self) -> bytes:
        """The body's bytes."""
        return _bytes(self.text, self.base64)

    def header(self, name: str) -> str | None:
        """The first header of this name, without regard to case."""
        return _header(self.headers, name)

    def json(self) -> Any:
        """The body as JSON. ValueError: it is not JSON."""
        return json.loads(self.body)


class Response(Struct, frozen=True):
    """A response. `delivery` names the fault of its delivery, null if it left in the ordinary way."""

    status: int
    reason: str
    headers: tuple[Header, ...]
    text: str = field(name="body")
    base64: Base64
    delay_ms: int
    delivery: str | None

    @property
    def body(self) -> bytes:
        """The body's bytes."""
        return _bytes(self.text, self.base64)

    @property
    def delay(self) -> timedelta:
        """How long the response was held back."""
        return timedelta(milliseconds=self.delay_ms)

    def header(self, name: str) -> str | None:
        """The first header of this name, without regard to case."""
        return _header(self.headers, name)

    def json(self) -> Any:
        """The body as JSON. ValueError: it is not JSON."""
        return json.loads(self.body)


class Crossing(Struct, frozen=True):
    """A change of step. Null stands for the birth of the task, or for a step of a version that is gone."""

    origin: str | None = field(name="from")
    to: str | None
    at: Moment


class NearMiss(Struct, frozen=True):
    """What a request that met nothing may have meant."""

    nearest: Annotated[str | None, Meta(description="The closest id, name or path; null if nothing is close.")]
    differs: Annotated[str, Meta(description="What differs from that.")]


class Breach(Struct, frozen=True):
    """Where a response breaks its contract."""

    path: Annotated[str, Meta(description="The JSON path of the field.")]
    rule: Annotated[str, Meta(description="The rule of the schema that it breaks.")]


class Struck(Struct, frozen=True):
    """One fault that was applied to a response, and where it comes from."""

    name: Annotated[str, Meta(description="As in `faults`.")]
    by: Annotated[
        Literal["armed", "scenario"] | None, Meta(description="Null in runs that older versions saved, as `number`.")
    ]
    number: Annotated[int | None, Meta(description="That of the armed fault, or its place in the scenario, from 1.")]


class Told(Struct, frozen=True):
    """What an attempt to deliver a notification was."""

    notice: Notice
    item: NoticeItem
    attempt: AttemptNumber
    key: AccessKey
    signed: SignedAs
    outcome: AttemptOutcome
    next: NextAttempt

    def of(self, vendor: str | None, id: str | None) -> str:
        """Which attempt it is: of which notification of which task."""
        return f"{notification_of(vendor, id, self.item, self.notice)}, attempt {self.attempt}"


class Line(Struct, frozen=True):
    """One line of what faults made of a response."""

    part: Literal["status", "header", "body", "delay", "delivery"]
    sign: Annotated[
        Literal["-", "+", " "], Meta(description="`-`: only before the faults; `+`: only as it left; ` `: both.")
    ]
    text: str


class Exchange(Struct, frozen=True):
    """One exchange of the journal."""

    number: Annotated[int, Meta(description="Counts from 1 in the order of the exchanges.")]
    at: Annotated[Moment, Meta(description="When, by the server's clock.")]
    real: Annotated[Moment, Meta(description="When, by the machine's clock.")]
    kind: Annotated[
        EntryKind, Meta(description="`submit` made the task; `told` is an attempt to deliver a notification.")
    ]
    vendor: str | None
    id: str | None
    scenario: str | None
    step: str | None
    state: Annotated[State | None, Meta(description="The state the vendor reported; null for an error.")]
    asked: int
    poll: Annotated[bool, Meta(description="Whether it was a poll: not a peek, and not a request without a task.")]
    verdict: Annotated[Verdict, Meta(description="What the contract said of the response.")]
    faults: tuple[str, ...]
    crossed: tuple[Crossing, ...]
    note: Annotated[str, Meta(description="Why it met no task, or why an attempt was not taken.")]
    request: Annotated[Message, Meta(description="What came; of an attempt what was sent, to the URL in `target`.")]
    response: Annotated[
        Response,
        Meta(description="The response as it left; of an attempt what the receiver answered, status 0 if nothing did."),
    ]
    original: Annotated[Response | None, Meta(description="The response before faults; null without a fault.")]
    saw: Annotated[
        SawWord,
        Meta(
            description="What the client could read: the state; `error`; `spoiled` (the body is neither what the "
            "vendor said nor a status of it); `cut` (no whole response arrived); `unmatched`; `submitted`; `answered` "
            "(about no task); `told`."
        ),
    ]
    gap_ms: Annotated[
        int | None, Meta(description="Since the poll before of the task, by the server's clock; null if that is gone.")
    ]
    real_gap_ms: Annotated[int | None, Meta(description="The same by the machine's clock.")]
    breach: Annotated[
        Breach | None,
        Meta(description="Where the response, or what an attempt sent, breaks its contract; null if it does not."),
    ]
    struck: Annotated[tuple[Struck, ...], Meta(description="`faults`, with where each comes from.")]
    profile: Annotated[str | None, Meta(description="The profile of the contract; null if no vendor was asked.")]
    told: Annotated[Told | None, Meta(description="What the attempt was; null of a request.")]
    near_miss: NearMiss | UnsetType = UNSET
    changes: (
        Annotated[
            tuple[Line, ...],
            Meta(description="What the faults changed, line by line; empty without a fault. Only of one exchange."),
        ]
        | UnsetType
    ) = UNSET
    contract: (
        Annotated[
            dict[str, ContractField],
            Meta(description="By JSON path, the contract of each field in the vendor's body. Only of one exchange."),
        ]
        | UnsetType
    ) = UNSET

    @property
    def submits(self) -> bool:
        """Whether it submitted a job, or would have: a fault may have refused it."""
        return self.kind == "submit"

    @property
    def unsent(self) -> bool:
        """Whether the client got nothing of `response`, not even its status, since a fault took its place."""
        kind = FAULTS.get(self.response.delivery or "")
        return kind is not None and kind.sends == "none"

    @property
    def faults_applied(self) -> tuple[tuple[str, Struck], ...]:
        """Each fault once, with all that it did (`headers + throttled`), and where it comes from."""
        found: dict[object, tuple[str, Struck]] = {}
        for each in self.struck:
            source = (each.by, each.number) if each.number is not None else len(found)
            before = found.get(source)
            found[source] = (each.name if before is None else f"{before[0]} + {each.name}", each)
        return tuple(found.values())

    def __str__(self) -> str:
        """One line: when, the request, the status, the step, and the start of the body."""
        return self.line()

    def line(self, gap: str = "", longest: int = _LONGEST) -> str:
        """The same, with the gap since the poll before, and at most so many characters of the body."""
        when = f"{clock_time(self.at)} {gap}".rstrip()
        return f"#{self.number} {when} {self.asked_and_answered(longest)}"

    def _submitted(self) -> str:
        """What a submit plays."""
        items = _ITEMS.search(self.response.header(NOTE_HEADER) or "")
        played = f", {items[0]}" if items else ""
        return f"submit of {(self.scenario or '').partition('@')[0]}{played}"

    def asked_and_answered(self, longest: int = _LONGEST) -> str:
        """The same without number and moment. What the client read stands there where the status would mislead.

        A submit has no step, so it names its scenario, and of how many items that plays how many if it has a number of
        its own; an attempt to deliver a notification says what became of it.
        """
        names = [name for name, _ in self.faults_applied] or self.faults
        faults = f" [{', '.join(names)}]" if names else ""
        body = "" if self.unsent else self.response.body.decode("utf-8", "replace")
        short = body if len(body) <= longest else f"{body[:longest]}…"
        why = "" if self.told is None else self.note
        what = self._submitted() if self.submits else self.step
        if self.told is not None:
            what = f"{self.told.of(self.vendor, self.id)}: {self.told.outcome}"
        seen = ", ".join(word for word in (what, self.saw if self.saw in ("spoiled", "cut") else "") if word)
        step = f" ({seen})" if seen else ""
        came = self.response.status or no_response(None if self.told is None else self.told.outcome)
        status = "no status" if self.unsent else came
        return f"{self.request.method} {self.request.target} -> {status}{step}{faults} {short or why}".rstrip()


_ITEMS = re.compile(r"\d+ items of \d+")
"""How the note on a submit says that its scenario has another number of items."""


def notification_of(vendor: str | None, id: str | None, item: int | None, notice: int) -> str:
    """A notification in words: `acme a.1 item 0, notification 2`."""
    return f"{vendor} {id}{'' if item is None else f' item {item}'}, notification {notice}"


def among_them(submits: int, count: int) -> str:
    """How many of `count` exchanges are submits, where those who count polls may not expect them; else ""."""
    if not 0 < submits < count:
        return ""
    return "one of which is the submit" if submits == 1 else f"{submits} of which are submits"


def no_response(outcome: str | None) -> str:
    """What came of an exchange that has no status."""
    return "nothing was sent" if outcome == "refused" else "no response"


class StatusCount(Struct, frozen=True):
    """How many responses of a vendor had a status."""

    vendor: str | None
    status: int
    count: int


class JournalCounters(Struct, frozen=True):
    """Counts that stay exact when the journal evicts or forgets exchanges."""

    exchanges: int
    polls: int
    evicted: int
    forgotten: int
    by_status: tuple[StatusCount, ...]
    told: Annotated[int, Meta(description="How many of the exchanges are attempts to deliver a notification.")]


class Exchanges(Struct, frozen=True):
    """The exchanges that a query selects."""

    requests: Annotated[tuple[Exchange, ...], Meta(description="Oldest first; of too many, the newest.")]
    counters: JournalCounters
    total: (
        Annotated[int, Meta(description="How many the query selects, those left out included; only with `total`.")]
        | UnsetType
    ) = UNSET


class Refusal(Struct, frozen=True):
    """Bytes that a server refused before they were a request. They are no exchange of the journal."""

    number: Annotated[int, Meta(description="Counts from 1, apart from the exchanges.")]
    real: Annotated[Moment, Meta(description="When, by the machine's clock.")]
    status: Annotated[int, Meta(description="The status of the response.")]
    error: Annotated[str, Meta(description="The error's short name, also in X-Mock-Server-Error.")]
    message: Annotated[str, Meta(description="Why they were refused.")]
    start: Annotated[str, Meta(description="How they began: the request line, or what there was of it.")]

    def __str__(self) -> str:
        """One line: when, how it began, the status, and why."""
        return f"refused {self.number}: {clock_time(self.real)} {self.start} -> {self.status} {self.message}"


class Refusals(Struct, frozen=True):
    """What was refused before it was a request."""

    count: Annotated[int, Meta(description="How many there were.")]
    newest: Annotated[tuple[Refusal, ...], Meta(description="The newest of them, oldest first.")]


class Unmatched(Struct, frozen=True):
    """The requests that met no task and no path, each with its near miss, and what was no request at all."""

    requests: tuple[Exchange, ...]
    refused: Refusals


class Verified(Struct, frozen=True):
    """The exchanges are as expected."""

    met: Annotated[bool, Meta(extra_json_schema={"const": True})]
    seen: int
    requests: tuple[Exchange, ...]


class Waited(Struct, frozen=True):
    """How a wait for exchanges ended."""

    met: bool
    seen: int
    retry: Annotated[bool, Meta(description="No thread was free, so it did not wait: ask again.")]
    requests: Annotated[tuple[Exchange, ...], Meta(description="The exchanges waited for, if they came.")]


class Forgotten(Struct, frozen=True):
    """How many exchanges were forgotten."""

    forgotten: int


def clock_time(at: datetime) -> str:
    """`03:10:00.250`: the time of day of a moment, to its millisecond."""
    return f"{at:%H:%M:%S.%f}"[:-3]


def _bytes(text: str, base64: bool) -> bytes:
    return b64decode(text) if base64 else text.encode()


def _header(headers: tuple[Header, ...], name: str) -> str | None:
    return next((header.value for header in headers if header.name.lower() == name.lower()), None)
