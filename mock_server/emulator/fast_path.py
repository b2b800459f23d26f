"""The fast path: a poll that came before, of a task whose course is plain, answered without the stages in between.

Most polls are of a task without faults, and most come in the same bytes again and again. Of such a request a `Memo`
keeps what the stages would find out anew: the task, the body that its step shows with the verdict that it fits its
contract, the parts of the head. The rest is what a poll changes: the record, the journal's entry, the figures.

**The stages stay the reference.** Whatever is not plain gets None here, and the caller goes through them: faults,
armed or scripted, items that walk by themselves, tasks that owe a notification or show what became of one, steps that
show an error or change the response, a body that breaks its contract, a task that was dropped, a full store. Nothing is
changed then. Where it answers, the response and all that is kept are what the stages would have made; a test compares
them step by step, with everything that an operator can do in between.

**A memo cannot be stale.** It holds while the store has the very record that the last poll through it wrote, and while
the library is the one it was made from. Whoever moves a task, forgets it, or loads a run replaces the record.

Each new body is made by the renderer, by the functions that the stages use, and checked as an object before it is
encoded. Bodies beyond a size are left to the renderer, which bounds what it remembers in bytes.
"""

from __future__ import annotations

from functools import partial
from math import inf
from typing import NamedTuple
from weakref import ReferenceType, ref

from mock_server.cache import Cache
from mock_server.emulator.commit import Ledger, moved, new_run
from mock_server.emulator.decide import Rules, told
from mock_server.emulator.match import Matcher
from mock_server.engine.cursor import step_items
from mock_server.engine.draws import Draws, Series
from mock_server.engine.machine_clock import monotonic_ns
from mock_server.engine.outbox import outbox_of
from mock_server.engine.run import Run, run_of
from mock_server.engine.scenario import NO_ADJUST, Scenario, State
from mock_server.engine.task import Key, Record, outbox_text, polled, unpack
from mock_server.http.framing import framed
from mock_server.http.message import Pairs, Request, Response
from mock_server.journal import access_log
from mock_server.journal.journal import Entry
from mock_server.journal.stats import Stats
from mock_server.scenarios.library import Library
from mock_server.store.store import NOTHING_ARMED, Change, Control, Full
from mock_server.types import Bound
from mock_server.vendors.dialect import Dialect
from mock_server.vendors.render import Drawn

LARGEST = Bound(
    "Body that is remembered with the request it answers",
    4_096,
    "bytes",
    "A poll that shows a larger one goes through all stages of a poll. What the task was submitted with counts too.",
)
PLANS = Bound(
    "Scenario versions whose polls may be answered by what is remembered, each for each vendor",
    1_024,
    "versions",
    "The one that came first is forgotten, and looked at again when a task that plays it is polled.",
)
_PLAN = 1_500
"""Bytes that a plan takes."""
MEMO_SIZE = LARGEST.value + 2_000
"""The most bytes that a memo takes, its body and what its task was submitted with included."""

_NOTHING = Change()
_DATE, _NUMBER, _LENGTH = "\1", "\2", "1\r\n\r\n"
"""Stand for what differs between two heads."""


class Head(NamedTuple):
    """The head of a 200 of one vendor, as `http.framing` writes it, cut where responses differ."""

    name: str
    """The header of the request id."""
    first: Pairs
    """The headers before it."""
    start: str
    """Up to the date."""
    middle: str
    """From there to the request id."""
    end: str
    """From there to the length of the body."""


class Plan(NamedTuple):
    """What all polls of tasks share that play one version for one vendor, with an address to notify or without one.

    `head` None: none of them is plain.
    """

    scenario: ReferenceType[Scenario]
    """Weak: what is remembered must not hold a version that nothing else needs."""
    dialect: Dialect
    head: Head | None


class Memo:
    """What is known of one request: which task it polls, and where that task stood after the poll before.

    `key` None: it never takes the fast path. `record` None: nothing is known of the task. `due` is when time ends its
    step, `last` the count of polls that does. `wake` is when a task with an address wants to be looked at.
    """

    __slots__ = (
        "body",
        "born",
        "drawn",
        "due",
        "ended",
        "head",
        "key",
        "last",
        "length",
        "library",
        "numbers",
        "record",
        "request",
        "state",
        "step",
        "tail",
        "task",
        "version",
        "wake",
    )
    # What is not set here is set with `record`.
    body: bytes
    born: int
    drawn: Drawn
    due: float
    ended: bool
    head: Head
    last: float
    length: tuple[str, str]
    numbers: Series
    state: State | None
    step: str
    tail: str
    version: str
    wake: int | None

    def __init__(self, key: Key | None, request: Request) -> None:
        self.key = key
        self.request = request
        self.record: Record | None = None
        self.library: Library | None = None
        self.task: tuple[object, ...] = ()


class FastPath:
    """Answers plain polls for one event loop: only the loop's thread may call it. `taken` counts its answers."""

    def __init__(self, ledger: Ledger, rules: Rules, matcher: Matcher, stats: Stats) -> None:
        self._ledger = ledger
        self._rules = rules
        self._matcher = matcher
        self._stats = stats
        self._plans: Cache[tuple[str, str, bool], Plan] = Cache(PLANS.value, PLANS.value * _PLAN * 2)
        self.taken = 0

    def memo(self, request: Request) -> Memo:
        """A memo for a request whose bytes may come again."""
        poll = None if request.method == "HEAD" or request.old else self._matcher.poll(request)
        return Memo(None if poll is None else Key(*poll), request)

    def poll(self, memo: Memo, date: str) -> bytes | None:
        """The bytes of the response that a poll gets, which is committed then; None: it must go through all stages."""
        key = memo.key
        if key is None:
            return None
        began = monotonic_ns()
        try:
            change = self._ledger.store.transact(key, partial(self._decide, memo))
        except Full:
            change = _NOTHING
        entry = change.entry
        if entry is None:
            memo.record = None
            return None
        self.taken += 1
        self._stats.count(entry, monotonic_ns() - began)
        access_log.tell(entry)
        head = memo.head
        number = entry.response.headers[-2][1]
        return f"{head.start}{date}{head.middle}{number}{memo.tail}".encode("latin-1") + memo.body

    def _decide(self, memo: Memo, record: Record | None, control: Control) -> Change:
        """What a plain poll changes, and nothing where it is not plain. The memo learns where the task stands then."""
        if control.offset or (control.armed is not NOTHING_ARMED and control.armed):
            return _NOTHING
        ledger = self._ledger
        real = ledger.real()
        now = control.clock.now(real)
        library = ledger.library()
        known = False
        if record is not None and record is memo.record and now < memo.due and library is memo.library:
            known = True
            polls, asked, after = polled(record)
            if polls < memo.last:
                memo.record = after
                entry = _entry(memo, real, now, asked, ())
                # Past the constructor, which takes as long as all else here.
                return tuple.__new__(
                    Change, (entry, after, (), memo.ended, False, (), memo.wake, False, False, None, 0, memo.born)
                )
        memo.record = None
        run = self._run(memo, record, now, library)
        if run is None or not (known or self._looked(memo, run)):
            return _NOTHING
        memo.library = library
        return self._moved(memo, run, real)

    def _moved(self, memo: Memo, run: Run, real: int) -> Change:
        """A poll that time, another hand or an unknown record came before, or that ends its step."""
        after, crossed = run.polled()
        entry = _entry(memo, real, run.now, run.cursor.asked + 1, told(crossed) if crossed else crossed)
        change = moved(run, after, entry=entry)
        assert change.record is not None
        task = run.task
        # With another outbox it may owe something: then the next poll looks at it anew.
        if after.hops == run.cursor.hops and (not task.notify or outbox_text(change.record) == task.outbox):
            memo.record, memo.wake = change.record, change.wake
        return change

    def _run(self, memo: Memo, record: Record | None, now: int, library: Library) -> Run | None:
        """The task as it stands, or a new one; None where it is not plain."""
        key = memo.key
        assert key is not None
        if record is None:
            scenario = self._rules.scenario_of(library, key)
            return None if scenario is None else new_run(scenario, key, self._rules.seed, now)
        if not record:  # it was dropped
            return None
        task = unpack(record)
        if task.manual:
            return None
        scenario = library.versions[task.scenario]
        if task.notify or task.outbox:
            scenario = library.played(task)
            if scenario.notify.status == "real" or outbox_of(task.outbox).owed:
                return None
        return run_of(scenario, key, task, now, self._ledger.given.items(task) if task.given else ())

    def _looked(self, memo: Memo, run: Run) -> bool:
        """Whether what a run shows is plain; the memo then knows it."""
        scenario, step, draws = run.scenario, run.step, run.draws
        plan = self._plan(run)
        head = plan.head
        if head is None or step.error is not None or step.adjust is not NO_ADJUST:
            return False
        task = (plan, draws.seed, run.cursor.born, run.task.given)
        renderer = self._rules.renderer
        if memo.task != task:
            memo.task, memo.drawn = task, renderer.drawn(run)
            kind = plan.dialect.request_id
            assert kind is not None
            memo.numbers = Series(draws, kind.alphabet, kind.length, kind.what)
        body, breach = renderer.body(run, step_items(step, len(run.items)), memo.drawn)
        if breach is not None:
            return False
        # A memo may hold the record's texts longer than the store does. Two are ASCII, an address may be anything.
        _, _, given, notify, outbox, *_ = run.task
        if len(body) + len(given) + 4 * len(notify) + len(outbox) > LARGEST.value:
            memo.key = None
            return False
        memo.head, memo.body, memo.born = head, body, run.cursor.born
        memo.length = ("Content-Length", str(len(body)))
        memo.tail = f"{head.end}{len(body)}\r\n\r\n"
        memo.version, memo.step, memo.state, memo.ended = scenario.version, step.name, step.state, step.is_final
        memo.last = step.polls if step.polls is not None and step.moves else inf
        memo.due = inf
        if step.lasts is not None:
            due = run.due
            memo.due = inf if due is None else due
        return True

    def _plan(self, run: Run) -> Plan:
        """The plan of what a run plays, made when it is first needed."""
        scenario, vendor = run.scenario, run.key.vendor
        key = (scenario.version, vendor, run.task.notify != "")
        plan = self._plans.find(key)
        if plan is None or plan.scenario() is not scenario:
            dialect = self._rules.renderer.registry.dialect(vendor, scenario.options)
            plain = not (scenario.faults or scenario.by_items or scenario.expires is not None)
            plan = Plan(ref(scenario), dialect, _head(dialect) if plain else None)
            self._plans.keep(key, plan, _PLAN)
        return plan


def _entry(memo: Memo, real: int, now: int, asked: int, crossed: tuple[object, ...]) -> Entry:
    """The exchange, with the response to the request numbered `asked`."""
    vendor, id = memo.key  # type: ignore[misc]  # a memo without a key has no entry
    head = memo.head
    headers = (*head.first, (head.name, memo.numbers.text(asked)), memo.length)
    # Past the constructors of NamedTuples, which are one more call each.
    response = tuple.__new__(Response, (200, "OK", headers, memo.body, 0, None))
    return tuple.__new__(
        Entry,
        (
            real, now, memo.request, response, "fits", True, vendor, id, memo.version, memo.step, asked, (), crossed,
            None, "", 0, memo.state, (), memo.born, None, None,
        ),
    )  # fmt: skip


def _head(dialect: Dialect) -> Head | None:
    """The head of a vendor's 200; None if its headers are not those of every vendor, with a request id last."""
    draws, kind = Draws(0, ""), dialect.request_id
    headers = dialect.headers(draws, 1)
    if kind is None or headers[-1:] != ((kind.header, draws.text(kind.alphabet, kind.length, kind.what, 1)),):
        return None
    marked = (*headers[:-1], (kind.header, _NUMBER), ("Content-Length", _LENGTH[0]))
    text = framed(Response(200, "OK", marked, b"1"), _DATE).head.decode("latin-1")
    start, _, rest = text.removesuffix(_LENGTH).partition(_DATE)
    middle, _, end = rest.partition(_NUMBER)
    return Head(kind.header, headers[:-1], start, middle, end)
