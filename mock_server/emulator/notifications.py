"""Notifications: which attempt is next, and what became of it. Each is one transaction; who makes it is elsewhere.

An attempt is **taken** under a token that its notification holds from then on, so that nobody else takes it, and
**settled** under that token. After a reset, for a task that was dropped, or one of the same id that was born anew, the
token is not there: what became of the attempt then changes nothing and leaves no entry.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from secrets import token_hex
from typing import NamedTuple

from mock_server.emulator.commit import Instant, Ledger, moved
from mock_server.emulator.decide import Rules
from mock_server.engine.notify import Signed
from mock_server.engine.outbox import Outbox, Owed, outbox_of
from mock_server.engine.owing import Noted, asked, noted, told
from mock_server.engine.run import Run
from mock_server.engine.task import Key
from mock_server.http.message import Pairs, Response, request_of
from mock_server.journal import access_log
from mock_server.journal.entry import Entry, Told
from mock_server.journal.journal import Verdict
from mock_server.journal.stats import Stats
from mock_server.store.store import Change
from mock_server.types import Bound
from mock_server.vendors.notices import Notice, Outcome, Post, Terms, signer_of
from mock_server.vendors.places import BadPlace

log = logging.getLogger("mock_server.notify")

BY_HAND = Bound(
    "Notifications of one task that people asked for and that are still owed",
    100,
    "notifications",
    "409: another one is refused until one of them is done.",
)


class Attempt(NamedTuple):
    """One attempt to notify, which nobody else makes. `notice` counts the notifications of the task, from 0, and
    `number` the attempts of this one, from 1; `item` is the one it is about, None for the whole.

    `page` is the web page that submitted the task, "" if none did. `verdict` is what the contract says of the body,
    and `signed` how it is signed.
    """

    key: Key
    notice: int
    item: int | None
    number: int
    url: str
    token: str
    post: Post
    page: str = ""
    verdict: Verdict = "fits"
    signed: Signed = "right"


class Result(NamedTuple):
    """What came of an attempt: the receiver's response, with `status` 0 if there was none, and `why` there was none.

    `refused`: nothing was sent, and nothing ever will be. `unresolved`: the receiver's name has no address now. `late`:
    the time of the attempt was over.
    """

    status: int
    reason: str = ""
    headers: Pairs = ()
    body: bytes = b""
    why: str = ""
    refused: bool = False
    unresolved: bool = False
    late: bool = False


class NotOwed(Exception):
    """A task cannot owe a notification, or no more of them. The text says why; `missing`: there is no task."""

    def __init__(self, why: str, *, missing: bool = False) -> None:
        super().__init__(why)
        self.missing = missing


class Notifications:
    """What the tasks of one server owe, as attempts. Any thread may call it."""

    def __init__(
        self,
        ledger: Ledger,
        rules: Rules,
        tokens: Callable[[], str] = lambda: token_hex(8),
        stats: Stats | None = None,
    ) -> None:
        """`stats` count the attempts, by vendor and outcome."""
        self._ledger = ledger
        self._rules = rules
        self._tokens = tokens
        self._stats = stats or Stats()

    def take(self, key: Key) -> Attempt | None:
        """Moves a task on to now, and takes the first attempt that is due; it must be settled.

        None: nothing is due, or another attempt of this task is under way. A body that breaks its contract undeclared
        is not sent: that attempt has failed already, and the next one is taken.
        """
        while True:
            found = self._taken(key)
            if found is None:
                return None
            attempt, why = self._made(*found)
            if not why:
                return attempt
            log.error("broken notification of %s %s: %s", *key, why)
            self.settle(attempt, Result(0, why=why))

    def settle(self, attempt: Attempt, result: Result) -> Outcome | None:
        """Commits what became of an attempt, with its entry in the journal. The next one is due from now on.

        None: it is not wanted any more, and leaves no trace.
        """
        came: list[tuple[Outcome, Entry]] = []

        def decide(run: Run | None, at: Instant) -> Change:
            came.clear()
            box = Outbox() if run is None else outbox_of(run.task.outbox)
            which = box.under_way(attempt.token)
            if run is None or which is None:
                return Change()
            outcome, wait = self._outcome(run, which, result, broken=attempt.verdict == "broken")
            again = at.now + wait if outcome == "again" else None
            box = box.finished(which, outcome) if outcome != "again" else box.tried(which, at.now + wait)
            told = Told(attempt.notice, attempt.item, attempt.number, attempt.post.key, outcome, again, attempt.signed)
            entry = _entry(run, at, attempt, result)._replace(told=told, verdict=attempt.verdict)
            came.append((outcome, entry))
            return _standing(Noted(run, box).with_box(box))._replace(entry=entry)

        change = self._ledger.transact(attempt.key, decide)
        if not came or change.entry is None:
            return None
        # Most often a name is wrong, or means something elsewhere only: no later attempt need be waited for to see it.
        access_log.tell(came[0][1], loud=result.unresolved and attempt.number == 1)
        self._stats.count_attempt(attempt.key.vendor, came[0][0])
        return came[0][0]

    def release(self, key: Key, token: str) -> bool:
        """Makes an attempt due again whose maker is gone. False: it was settled meanwhile."""
        released = False

        def decide(run: Run | None, _: Instant) -> Change:
            nonlocal released
            box = Outbox() if run is None else outbox_of(run.task.outbox)
            released = run is not None and box.under_way(token) is not None
            if run is None or not released:
                return Change()
            return _standing(Noted(run, box).with_box(box.idle()))

        self._ledger.transact(key, decide)
        return released

    def owe(self, key: Key) -> Owed:
        """Makes a task owe, now and besides all else, what it shows now, in whatever step. NotOwed: it cannot."""
        made: list[Owed] = []

        def decide(run: Run | None, _: Instant) -> Change:
            after, box = asked(_owing(key, run))
            made[:] = box.owed[-1:]
            return moved(after)

        self._ledger.transact(key, decide)
        return made[0]

    def _taken(self, key: Key) -> tuple[Run, Owed, str] | None:
        """The run and the notification whose attempt is taken, and its token."""
        token = self._tokens()
        found: list[tuple[Run, Owed, str]] = []

        def decide(run: Run | None, at: Instant) -> Change:
            found.clear()
            if run is None or not run.task.notify:
                return Change()
            whole = noted(run)
            which = whole.box.due(at.now)
            if which is None:
                return moved(whole.run)
            whole = whole.with_box(whole.box.taken(which, token))
            found.append((whole.run, which, token))
            return moved(whole.run)

        self._ledger.transact(key, decide)
        return found[0] if found else None

    def _made(self, run: Run, owed: Owed, token: str) -> tuple[Attempt, str]:
        """The attempt as it is sent, and why it must not be, "" if it may."""
        task, (vendor, _) = run.task, run.key
        dialect = self._rules.renderer.registry.dialect(vendor, run.scenario.options)
        sending = None if owed.sending is None else run.scenario.notify.send[owed.sending]
        body, verdict, why = self._body(told(run, owed))
        signed: Signed = "right" if sending is None else sending.signed
        signer = signer_of(self._rules.keys, task.signer(), signed)
        post = dialect.post(Notice(task.notify, body, run.draws, str(owed.number)), signer)
        number = owed.attempts + 1
        url, page = task.notify, task.page()
        signed = signed if post.key else "no"
        return Attempt(run.key, owed.number, owed.item, number, url, token, post, page, verdict, signed), why

    def _body(self, run: Run) -> tuple[bytes, Verdict, str]:
        """The body, what the contract says of it, and why it must not be sent, "" if it may."""
        try:
            body, breach, declared = self._rules.renderer.notice(run)
        except BadPlace as error:
            return b"", "broken", str(error)
        if breach is None:
            return body, "fits", ""
        return (body, "off-contract", "") if declared else (body, "broken", f"{breach.path}: {breach.message}")

    def _outcome(self, run: Run, which: Owed, result: Result, *, broken: bool) -> tuple[Outcome, int]:
        """What became of an attempt, and the milliseconds until the next one."""
        if result.refused or broken:
            return ("refused" if result.refused else "failed"), 0
        dialect = self._rules.renderer.registry.dialect(run.key.vendor, run.scenario.options)
        terms = dialect.terms or Terms(())
        retries = which.sending is None or run.scenario.notify.send[which.sending].retries
        number = which.attempts + 1
        outcome = terms.outcome(result.status, number, retries=retries)
        return outcome, terms.waits[number - 1] if outcome == "again" else 0


def _owing(key: Key, run: Run | None) -> Run:
    """The run, if a person may have it notified."""
    if run is None:
        raise NotOwed(f"no {key.vendor} task {key.id!r}", missing=True)
    if not run.task.notify:
        raise NotOwed(f"the {key.vendor} task {key.id!r} has no address to notify")
    if outbox_of(run.task.outbox).who == "nobody":
        raise NotOwed(f"{key.vendor} notifies nobody")
    if run.expired or run.step.error is not None:
        raise NotOwed(f"the {key.vendor} task {key.id!r} shows an error, and a notification tells a state")
    if noted(run).box.asked_for() >= BY_HAND.value:
        raise NotOwed(
            f"the {key.vendor} task {key.id!r} owes {BY_HAND.value} notifications already that were asked for"
        )
    return run


def _standing(whole: Noted) -> Change:
    """The change of a task that stays where it was stored: what time did since, who looks next writes down."""
    run, box = whole
    late = bool(run.crossed or run.walked.crossed)
    soonest = box.next_due
    wake = (run.now if soonest is None else min(run.now, soonest)) if late else whole.wake()
    return Change(record=run.task.pack(), ended=(run.expired or run.ended) and not box.owed and not late, wake=wake)


def _entry(run: Run, at: Instant, attempt: Attempt, result: Result) -> Entry:
    post = attempt.post
    return Entry(
        at.real,
        at.now,
        request_of("POST", post.url, post.headers, post.body),
        Response(result.status, result.reason, result.headers, result.body),
        "fits",
        vendor=run.key.vendor,
        id=run.key.id,
        scenario=run.scenario.version,
        note=result.why,
        born=run.cursor.born,
    )
