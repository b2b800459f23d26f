"""The stages of a request put together: match, decide, commit. Delivery is the server's."""

from __future__ import annotations

from functools import partial

from mock_server.emulator import near_miss
from mock_server.emulator.commit import Decide, Instant, Ledger
from mock_server.emulator.credentials import Credentials
from mock_server.emulator.decide import Rules, decide_refusal, decide_status
from mock_server.emulator.evict import Evictor
from mock_server.emulator.fast_path import FastPath
from mock_server.emulator.match import Matcher, NoRoute, Poll, Refusal
from mock_server.emulator.submit import Ids, Taken, decide_lookup, decide_submit, near_to
from mock_server.engine.draws import Draws
from mock_server.engine.machine_clock import monotonic_ns
from mock_server.engine.run import Run
from mock_server.engine.task import Key
from mock_server.http.errors import OwnError
from mock_server.http.message import Request, Response
from mock_server.http.responses import NOTE_HEADER, own_response
from mock_server.journal import access_log
from mock_server.journal.journal import Entry
from mock_server.journal.stats import Stats
from mock_server.store.outage import Outage
from mock_server.store.store import Away, Change, Full
from mock_server.vendors.dialect import Route
from mock_server.vendors.submission import Lookup, Submission

_FULL = "there is no room for another task, and none is known to have ended: raise --max-tasks, drop tasks or reset"
_AWAY = "the store cannot be reached, so that nobody knows what the vendor would say; /__admin/health says since when"


class Emulator:
    """Answers every request on a vendor's path as the vendor would. Safe to call from any number of threads."""

    def __init__(
        self, ledger: Ledger, rules: Rules, credentials: Credentials | None = None, outage: Outage | None = None
    ) -> None:
        self._ledger = ledger
        self._outage = outage or Outage(ledger.real)
        self._rules = rules
        self._dialects = rules.renderer.registry.dialects()
        matcher = Matcher(self._dialects, credentials)
        self.credentials = credentials
        """None: none are checked."""
        self._match = matcher.match
        self.evictor = Evictor(ledger)
        self.ids = Ids(rules.seed)
        self.stats = Stats()
        self.fast_path = FastPath(ledger, rules, matcher, self.stats)
        """For a server that owns its connections; what it does not answer comes to `answer`."""

    @property
    def rules(self) -> Rules:
        """What it decides by."""
        return self._rules

    @property
    def routes(self) -> tuple[tuple[str, Route], ...]:
        """Every vendor's paths, each with the vendor's name."""
        return tuple((dialect.name, route) for dialect in self._dialects for route in dialect.routes)

    def answer(self, request: Request) -> Response:
        """The response to a request. It is committed, journal included, before this returns.

        The response to a HEAD has no body and the headers of the body it stands for. While the store is away it is our
        own 503: nobody knows then what the vendor would say.
        """
        began = monotonic_ns()
        found = self._match(request)
        if self.credentials is not None:
            request = self.credentials.hidden(request)
        elif not isinstance(found, Poll):  # what is submitted may be signed, and the keys sign notifications
            request = self._rules.keys.hide_headers(request)
        try:
            if isinstance(found, Poll):
                entry = self._status(Key(found.vendor, found.id), request)
            elif isinstance(found, Refusal):
                entry = self._refuse(found, request)
            elif isinstance(found, Submission):
                entry = self._submit(found, request)
            elif isinstance(found, Lookup):
                entry = self._look_up(found, request)
            else:
                entry = self._no_route(found, request)
        except Away as error:
            return self._missed(request, error)
        if self._outage.since is not None:
            self._outage.met()
        self.stats.count(entry, monotonic_ns() - began)
        access_log.tell(entry)
        return entry.response._replace(body=b"") if request.peeks else entry.response

    def _missed(self, request: Request, error: Away) -> Response:
        """What is answered while the store is away. No journal has it."""
        self._outage.missed(error)
        response = own_response(OwnError.STORE, _AWAY).with_header("Retry-After", "1")
        return response._replace(body=b"") if request.peeks else response

    def _status(self, key: Key, request: Request) -> Entry:
        decide = partial(decide_status, self._rules, key, request)
        try:
            return self._decided(key, decide)
        except Full:
            return self._when_full(key, request, decide)

    def _decided(self, key: Key, decide: Decide) -> Entry:
        while True:
            try:
                return _entry(self._ledger.transact(key, decide))
            except near_miss.Unsearched as missed:
                near_miss.of_id(missed.library, *key)  # outside the transaction, and remembered for the next try

    def _when_full(self, key: Key, request: Request, decide: Decide) -> Entry:
        """Tries again as long as there are tasks that time has ended meanwhile; then our own 503."""
        try:
            return self.evictor.with_room(partial(self._decided, key, decide))
        except Full:
            return self._record_full(key, request)

    def _submit(self, submission: Submission, request: Request) -> Entry:
        """Makes the task of a submit, under the next id of its row that is free."""
        dialect = self._rules.renderer.registry.dialect(submission.vendor)
        # Looked for outside the transaction, since it takes longer than what is done there.
        near = near_to(self._ledger.library(), submission, self._rules.default_scenario)
        while True:
            key = Key(submission.vendor, self.ids.next(dialect, request))
            decide = decide_submit(self._rules, submission, key, request, near)
            try:
                return _entry(self.evictor.with_room(partial(self._ledger.transact, key, decide)))
            except Taken:
                continue
            except Full:
                return self._record_full(key, request)

    def _record_full(self, key: Key, request: Request) -> Entry:
        """Our own 503, with the request id of the response that it replaces."""
        draws = Draws(self._rules.seed, key.id)
        full = self._rules.renderer.in_place_of(key.vendor, draws, 0, own_response(OwnError.FULL, _FULL))
        return self._record(full, request, key.vendor, _FULL)

    def _look_up(self, lookup: Lookup, request: Request) -> Entry:
        """Commits the answer to a question about what never changes."""
        renderer, seed = self._rules.renderer, self._rules.seed
        return _entry(self._ledger.transact(None, lambda _, at: decide_lookup(renderer, lookup, seed, request, at)))

    def _no_route(self, found: NoRoute, request: Request) -> Entry:
        """The 404 of a path that nobody serves, in the envelope its first segment picks, else in our own."""
        if found.vendor is not None:
            return self._refuse(Refusal(found.vendor, "no_route", note=found.note), request)
        paths = list(dict.fromkeys(route.path for _, route in self.routes))
        response = own_response(OwnError.PATH, "nothing is served at this path", paths=paths)
        return self._record(response.with_header(NOTE_HEADER, found.note), request, None, found.note)

    def _refuse(self, refused: Refusal, request: Request) -> Entry:
        """Commits a vendor's refusal of a request that names no task."""
        rules = self._rules
        change = self._ledger.transact(None, lambda _, at: decide_refusal(rules, refused, request, at))
        return _entry(change)

    def _record(self, response: Response, request: Request, vendor: str | None, note: str) -> Entry:
        """Commits an exchange with a response of ours, which touches no task."""

        def decide(_: Run | None, at: Instant) -> Change:
            return Change(Entry(at.real, at.now, request, response, "ours", vendor=vendor, note=note))

        return _entry(self._ledger.transact(None, decide))


def _entry(change: Change) -> Entry:
    entry = change.entry
    assert entry is not None, "every decision made here has an entry"
    return entry
