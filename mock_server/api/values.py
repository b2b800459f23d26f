"""Tasks, the clock, faults, errors and the server, as the admin API shows them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType, field

from mock_server import errors
from mock_server.api.codec import Moment, plain
from mock_server.api.exchange import Crossing, Exchange, Response
from mock_server.api.words import ComingKind, MadeBy, MovesBy, Outcome, SawWord, Verdict
from mock_server.engine.state import State
from mock_server.faults.kinds import FAULTS


class Problem(Struct, frozen=True):
    """One thing that is wrong, where, and what to do about it."""

    where: str
    what: str
    hint: str

    def __str__(self) -> str:
        return str(errors.Problem(self.where, self.what, self.hint))


class Error(Struct, frozen=True):
    """An error response."""

    error: Annotated[str, Meta(description="The error's short name, also in X-Mock-Server-Error.")]
    message: Annotated[str, Meta(description="What is wrong, in a sentence.")]
    problems: Annotated[tuple[Problem, ...], Meta(description="Everything that is wrong, each at its place.")]
    requests: (
        Annotated[tuple[Exchange, ...], Meta(description="The exchanges that the error is about.")] | UnsetType
    ) = UNSET


class MovesOn(Struct, frozen=True):
    """What ends the step that a task is in."""

    by: Annotated[
        MovesBy,
        Meta(description="`either`: polls or time, whichever comes first. `items`: its items walk by themselves."),
    ]
    polls: Annotated[int | None, Meta(description="After so many more polls that count.")]
    due: Annotated[Moment | None, Meta(description="At this moment by the server's clock.")]


class SeenRun(Struct, frozen=True):
    """Polls in a row whose client could read the same of their responses."""

    saw: Annotated[SawWord, Meta(description="What the client could read: a state, or what stands for no state.")]
    status: Annotated[int | None, Meta(description="The status; null if no whole response arrived.")]
    struck: Annotated[bool, Meta(description="Whether faults were applied.")]
    times: int


class LastPoll(Struct, frozen=True):
    """The newest kept poll of a task."""

    number: Annotated[int, Meta(description="The number of the exchange.")]
    at: Annotated[Moment, Meta(description="When, by the server's clock.")]
    real: Annotated[Moment, Meta(description="When, by the machine's clock.")]
    step: str | None
    saw: Annotated[SawWord, Meta(description="What the client could read.")]
    status: int | None
    faults: tuple[str, ...]


class TaskItem(Struct, frozen=True):
    """Where one item with steps of its own stands."""

    step: Annotated[str, Meta(description="The step of its own that it is in; empty if it has none.")]
    state: State
    due: Annotated[Moment | None, Meta(description="When that step ends by time; null if it does not.")]


class Task(Struct, frozen=True):
    """One task at the present virtual time."""

    vendor: str
    id: str
    scenario: str
    version: Annotated[str, Meta(description="The scenario as it was when the task was born: name@digest.")]
    step: str
    state: Annotated[State | None, Meta(description="The state that a poll would report; null for an error.")]
    born: Moment
    since: Annotated[Moment, Meta(description="When the step was entered.")]
    due: Annotated[
        Moment | None, Meta(description="When the step ends by time, or the next one of an item; null if none does.")
    ]
    polls: Annotated[int, Meta(description="Polls that counted since the step was entered.")]
    asked: Annotated[int, Meta(description="Every status request that named the task.")]
    hops: Annotated[int, Meta(description="Changes of step so far.")]
    ended: bool
    expired: bool
    ways: Annotated[tuple[str, ...], Meta(description="The steps that `next` can move it to.")]
    steps: tuple[str, ...]
    step_number: Annotated[int, Meta(description="Which of the steps it is in, counted from 1.")]
    moves: MovesOn
    seen: Annotated[
        tuple[SeenRun, ...],
        Meta(description="What its client saw, oldest first: the newest 24 runs that the journal keeps."),
    ]
    last: Annotated[LastPoll | None, Meta(description="Its last poll; null if the journal keeps none.")]
    unseen: Annotated[bool, Meta(description="Whether it has ended and its client has yet to read that.")]
    seed: int
    notify_url: Annotated[str | None, Meta(description="Where its notification goes; null for nowhere.")]
    facts: Annotated[
        dict[str, str],
        Meta(description="What was submitted of the job as a whole, by the request's fields; empty if it was created."),
    ]
    owed: Annotated[int, Meta(description="How many notifications it still owes.")]
    outcome: Annotated[
        Outcome | None,
        Meta(
            description="What became of its notifications: `again` while one is tried again, else the worst of "
            "`failed`, `refused` and `delivered`; null if none was tried."
        ),
    ]
    subject: Annotated[
        str | None,
        Meta(description="The one text of what was submitted that tells which job it is: a key, an asset, a URL."),
    ]
    walking: (
        Annotated[tuple[TaskItem, ...], Meta(description="Its items, where they have steps of their own.")] | UnsetType
    ) = field(name="items", default=UNSET)
    exchanges: (
        Annotated[tuple[Exchange, ...], Meta(description="Its last exchanges, oldest first, if asked for.")] | UnsetType
    ) = field(name="history", default=UNSET)

    @property
    def items(self) -> tuple[TaskItem, ...]:
        """Where its items stand; empty where they have no steps of their own."""
        return () if self.walking is UNSET else self.walking

    @property
    def history(self) -> tuple[Exchange, ...]:
        """Its last exchanges, oldest first; empty if they were not asked for."""
        return () if self.exchanges is UNSET else self.exchanges


class Tasks(Struct, frozen=True):
    """The tasks that a query selects."""

    now: Moment
    tasks: tuple[Task, ...]
    more: Annotated[bool, Meta(description="Whether there are, or may be, others: ask for them with `before`.")]
    next: Annotated[str | None, Meta(description="The `before` of the list that goes on here; null at the end.")]
    looked: Annotated[int, Meta(description="How many tasks were looked at.")]
    kept: Annotated[int, Meta(description="How many tasks there are, whatever the query.")]


class Way(Struct, frozen=True):
    """A change of step on the way of a task. `from` is null for its birth."""

    origin: str | None = field(name="from")
    to: str | None
    at: Moment
    by: Annotated[MadeBy, Meta(description="Who made it.")]


class PollAhead(Struct, frozen=True):
    """What one of the next polls would see."""

    saw: Annotated[SawWord, Meta(description="What the client could read.")]
    status: Annotated[int | None, Meta(description="The status; null if no whole response would arrive.")]
    step: Annotated[str | None, Meta(description="The step it would see.")]
    faults: tuple[str, ...]
    verdict: Annotated[Verdict, Meta(description="What the contract says of the response.")]
    glance: Annotated[str, Meta(description="The body in short, if it is a status: its code and its items'.")]
    crossed: Annotated[tuple[Crossing, ...], Meta(description="The changes of step that it would tell.")]
    response: Annotated[Response, Meta(description="The whole response; only of the first.")] | UnsetType = UNSET


class Coming(Struct, frozen=True):
    """Something that time will do if nobody polls or moves the task."""

    what: Annotated[ComingKind, Meta(description="The task or an item enters a step, or the vendor forgets the task.")]
    to: Annotated[str, Meta(description="The step it enters; `expired` once the vendor forgets it.")]
    at: Moment
    item: Annotated[int, Meta(description="Which item, counted from 0.")] | UnsetType = UNSET


class ItemStay(Struct, frozen=True):
    """The stay of one item in one of its own steps, which may be yet to come."""

    step: str
    state: State
    since: Annotated[Moment | None, Meta(description="Null where a poll led there.")] = field(name="from")
    until: Annotated[Moment | None, Meta(description="Null where time does not end it.")] = field(name="to")


class Hand(Struct, frozen=True):
    """One thing that was done to the server: by the admin API, or by itself (`used-up`, `over`, `reload`)."""

    number: Annotated[int, Meta(description="Counts from 1.")]
    what: Annotated[
        str,
        Meta(
            description="`create`, `next`, `goto`, `fail`, `finish`, `shift`, `drop`, `arm`, `disarm`, `rule`, "
            "`unrule`, `notify`, `clock`, `upload`, `remove`, `reset`, `load`, `forget`; `used-up` and `over` of an "
            "armed fault, `reload` of scenario files; or the operation's name."
        ),
    ]
    vendor: str | None
    id: Annotated[str | None, Meta(description="The task's id, or the pattern of ids.")]
    detail: str
    at: Annotated[Moment, Meta(description="When, by the server's clock.")]
    real: Annotated[Moment, Meta(description="When, by the machine's clock.")]

    def __str__(self) -> str:
        """One line: when, what, to which task, and the rest."""
        words = (f"{self.at:%Y-%m-%d %H:%M:%S}Z", self.what, self.vendor, self.id, self.detail)
        return f"{self.number}: {' '.join(word for word in words if word)}"


class Callback(Struct, frozen=True):
    """One attempt to notify of a task, made or planned."""

    at: Annotated[Moment, Meta(description="When, by the server's clock.")]
    notice: Annotated[int, Meta(description="Which of the task's notifications, from 0.")]
    item: Annotated[int | None, Meta(description="The item it is about, from 0; null for the whole task.")]
    attempt: Annotated[int, Meta(description="Which attempt of this notification, from 1.")]
    planned: Annotated[
        bool, Meta(description="Whether it is yet to come: as it is owed, or as time alone will make it.")
    ]
    number: Annotated[int | None, Meta(description="The number of its exchange; null if it is planned.")]
    status: Annotated[int | None, Meta(description="What the receiver answered, 0 if nothing; null if it is planned.")]
    outcome: Annotated[Outcome | None, Meta(description="What became of it; null if it is planned.")]
    why: Annotated[
        str, Meta(description="Why it was not taken; empty if the status says that, or if it is planned.")
    ] = ""


class TaskWhole(Struct, frozen=True):
    """One task with what happened to it and what is to come, or an id that nobody polled yet."""

    now: Moment
    task: Annotated[Task | None, Meta(description="Null if the id was not polled yet.")]
    claimed_by: Annotated[str | None, Meta(description="The scenario that a first poll would play; null after that.")]
    history: Annotated[tuple[Exchange, ...], Meta(description="Its exchanges, newest first.")]
    older: Annotated[int | None, Meta(description="The `before` of the history that goes on here; null at the end.")]
    way: Annotated[
        tuple[Way, ...], Meta(description="Its birth and its changes of step, oldest first, as far as they are kept.")
    ]
    ahead: Annotated[tuple[PollAhead, ...], Meta(description="What the next polls would see. None of them was made.")]
    forecast: Annotated[tuple[Coming, ...], Meta(description="What time alone will do, soonest first.")]
    items: Annotated[
        tuple[tuple[ItemStay, ...], ...],
        Meta(description="For each item with steps of its own where it was, is, and will be by time alone."),
    ] = ()
    hands: Annotated[
        tuple[Hand, ...],
        Meta(
            description="What was done to it by the admin API, alone or among others, oldest first, as far as kept. "
            "Moves of the task or its items are listed at the moments that they have on its way."
        ),
    ] = ()
    callbacks: Annotated[
        tuple[Callback, ...],
        Meta(description="The attempts to notify of it, oldest first, as far as they are kept; then the planned ones."),
    ] = ()
    silence: Annotated[
        str | None,
        Meta(
            description="Why it will never notify anybody by itself: its vendor, its submit or its scenario does not. "
            "Null if it may."
        ),
    ] = None


class TaskScenario(Struct, frozen=True):
    """A scenario that shows what a task showed, to polls at the same moments."""

    text: Annotated[str, Meta(description="The scenario, as files have it.")]
    lost: Annotated[tuple[str, ...], Meta(description="What could not be known, which the text has as comments.")]


class Dropped(Struct, frozen=True):
    """How many tasks were dropped."""

    dropped: int


class DelayCurve(Struct, frozen=True):
    """A delay drawn from a log-normal distribution."""

    median: str
    p99: str


class DateAhead(Struct, frozen=True):
    """A header's value that is the date so long after the response."""

    ahead: str


class Targets(Struct, frozen=True):
    """The tasks there are that a fault would apply to."""

    tasks: int
    at_work: Annotated[int, Meta(description="Those of them that are not over.")]


class Fault(Struct, frozen=True):
    """An armed fault: which tasks it applies to, for how long, and what it does as scenario files write it."""

    number: int
    vendor: str | None
    id: str | None
    times: int | None
    until: Moment | None
    armed: Annotated[Moment | None, Meta(description="When it was armed, by the server's clock; null: at the start.")]
    struck: Annotated[int, Meta(description="How often it was applied so far.")]
    error: int | str | UnsetType = UNSET
    fault: Annotated[str, Meta(extra_json_schema={"enum": list(FAULTS)})] | UnsetType = UNSET
    delay: str | DelayCurve | UnsetType = UNSET
    headers: dict[str, str | DateAhead | None] | UnsetType = UNSET
    over: str | UnsetType = UNSET
    status: int | UnsetType = UNSET
    body: str | UnsetType = UNSET
    type: str | UnsetType = UNSET
    length: int | UnsetType = UNSET
    redirect: str | UnsetType = UNSET
    at: Annotated[str, Meta(description="A time of day at which it applies, every day.")] | UnsetType = UNSET
    lasts: Annotated[str, Meta(description="For how long it applies from `at` on.")] | UnsetType = field(
        name="for", default=UNSET
    )
    submit: Annotated[bool, Meta(description="Present if it applies to submits, and no poll.")] | UnsetType = UNSET
    targets: (
        Annotated[Targets, Meta(description="The tasks it would apply to now; only where it was not armed (`dry`).")]
        | UnsetType
    ) = UNSET

    @property
    def effect(self) -> Mapping[str, Any]:
        """What it does, by the keys of scenario files."""
        keys = ("error", "fault", "delay", "headers", "over", "status", "body", "type", "length", "redirect")
        return {key: value for key, value in plain(self).items() if key in keys}


class Faults(Struct, frozen=True):
    """The armed faults that can still apply, in the order they apply in."""

    faults: tuple[Fault, ...]


class Rule(Struct, frozen=True):
    """The submits that fit it play a scenario, whatever they name."""

    number: int
    scenario: str
    vendor: str | None
    where: Annotated[dict[str, str], Meta(description="By key, what a submit says: exact, or with one final *.")]
    times: Annotated[int | None, Meta(description="How many more submits it is for; null: all.")]
    until: Moment | None
    played: Annotated[int, Meta(description="How many submits it decided so far.")]


class Rules(Struct, frozen=True):
    """The rules that can still apply, in the order they apply in."""

    rules: tuple[Rule, ...]


class RulesDropped(Struct, frozen=True):
    """How many rules were dropped."""

    dropped: int


class Hands(Struct, frozen=True):
    """What was done to the server."""

    count: Annotated[int, Meta(description="How much was done in all.")]
    hands: Annotated[tuple[Hand, ...], Meta(description="The newest 1,000 of it, oldest first.")]


class Disarmed(Struct, frozen=True):
    """How many faults were disarmed."""

    disarmed: int


class Clock(Struct, frozen=True):
    """Where the virtual clock stands."""

    now: Annotated[Moment, Meta(description="The virtual time, by which all tasks live.")]
    real: Annotated[Moment, Meta(description="The machine's time.")]
    ahead_ms: Annotated[int, Meta(description="How far the virtual time is ahead of the machine's.")]
    speed: float
    frozen: bool

    @property
    def ahead(self) -> timedelta:
        """How far the virtual time is ahead of the machine's."""
        return timedelta(milliseconds=self.ahead_ms)


class Pulse(Struct, frozen=True):
    """A few exact figures, which cost the server next to nothing."""

    mark: Annotated[str, Meta(description="Another text whenever anything changed, but for the passing of time.")]
    clock: Clock
    tasks: int
    ended: Annotated[int, Meta(description="Tasks that are known to have ended, which a poll or a move tells.")]
    exchanges: int
    polls: int
    evicted: Annotated[int, Meta(description="Exchanges that were evicted.")]
    forgotten: Annotated[int, Meta(description="Exchanges that somebody made the journal forget.")]
    moves: Annotated[int, Meta(description="Changes of step that no exchange tells.")]
    faults: Annotated[int, Meta(description="Armed faults.")]
    problems: Annotated[int, Meta(description="Problems of scenario files.")]
    hands: Annotated[int, Meta(description="How much was done to the server by its admin API, and ended by itself.")]
    owed: Annotated[int, Meta(description="Notifications that are owed.")]


class StoreHealth(Struct, frozen=True):
    """The store that several servers share."""

    url: Annotated[str, Meta(description="Where it is, without user and password.")]
    away_since: Annotated[
        Moment | None, Meta(description="When it was first missed, by the machine's clock; null while it answers.")
    ]
    why: Annotated[str, Meta(description="What failed last while it was away.")] = ""


class Health(Struct, frozen=True):
    """Whether the server is ready to be polled. While a shared store is away it is not."""

    ready: bool
    scenarios: Annotated[int, Meta(description="How many are in force.")]
    problems: Annotated[
        tuple[Problem, ...],
        Meta(description="What is wrong with scenario files; their last good versions are in force."),
    ]
    notes: Annotated[tuple[str, ...], Meta(description="Files that are not read, and those that override others.")] = ()
    store: StoreHealth | UnsetType = UNSET


class VendorPath(Struct, frozen=True):
    """A path that a vendor serves."""

    methods: tuple[str, ...]
    path: str


class VendorInfo(Struct, frozen=True):
    """A vendor that the server stands in for."""

    name: str
    profile: str
    paths: tuple[VendorPath, ...]


class Version(Struct, frozen=True):
    """What runs, and how."""

    version: str
    python: str
    vendors: tuple[VendorInfo, ...]
    settings: Annotated[dict[str, Any], Meta(description="The settings; of a secret, true if it is set, else null.")]


class Loaded(Struct, frozen=True):
    """What a bundle brought."""

    tasks: int
    scenarios: int
    requests: int


class Reset(Struct, frozen=True):
    """The scopes that were reset."""

    reset: tuple[str, ...]
