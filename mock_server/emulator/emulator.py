"""The rooms a request goes through: match, decide, commit. Delivery is the server's."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter_ns

from mock_server.emulator import near_miss
from mock_server.emulator.decide import Decided, birth, decide_error, decide_peek, decide_poll
from mock_server.emulator.evict import Evictor
from mock_server.emulator.match import Matcher
from mock_server.engine.cursor import BIRTH, Crossing
from mock_server.engine.draws import Draws
from mock_server.engine.scenario import Scenario
from mock_server.engine.task import Key, Record, unpack
from mock_server.http.errors import OwnError
from mock_server.http.message import Request, Response
from mock_server.http.responses import NOTE_HEADER, own_response
from mock_server.journal import access_log
from mock_server.journal.journal import Entry
from mock_server.journal.stats import Stats
from mock_server.scenarios.library import Library
from mock_server.store.store import DROPPED, Change, Control, Decide, Full, Store
from mock_server.vendors.dialect import Operation, Refusal, Route
from mock_server.vendors.render import Renderer

_DROPPED = "unmatched; this task was dropped to make room (--max-tasks)"
_FULL = "there is no room for another task and none has ended: raise --max-tasks or start anew"


class Emulator:
    """Answers every request on a vendor's path as the vendor would. Safe to call from any number of threads.

    `library` gives the scenarios in force, `real` the machine's time in milliseconds.
    """

    def __init__(
        self,
        renderer: Renderer,
        store: Store,
        library: Callable[[], Library],
        real: Callable[[], int],
        *,
        seed: int = 0,
        default_scenario: str | None = None,
    ) -> None:
        self._renderer = renderer
        self._store = store
        self._library = library
        self._real = real
        self._seed = seed
        self._default = default_scenario
        self._dialects = renderer.registry.dialects()
        self._match = Matcher(self._dialects).match
        self._evictor = Evictor(store, library)
        self.stats = Stats()

    @property
    def routes(self) -> tuple[tuple[str, Route], ...]:
        """Every vendor's paths, each with the vendor's name."""
        return tuple((dialect.name, route) for dialect in self._dialects for route in dialect.routes)

    def answer(self, request: Request) -> Response:
        """The response to a request. It is committed, journal included, before this returns.

        The response to a HEAD has no body and the headers of the body it stands for.
        """
        began = perf_counter_ns()
        found = self._match(request)
        if isinstance(found, Operation):
            entry = self._status(Key(found.vendor, found.id), request)
        elif isinstance(found, Refusal):
            entry = self._refuse(found, request)
        else:
            entry = self._no_route(found.vendor, found.note, request)
        self.stats.count(entry, perf_counter_ns() - began)
        access_log.tell(entry)
        return entry.response._replace(body=b"") if request.peeks else entry.response

    def _status(self, key: Key, request: Request) -> Entry:
        decide = self._decision(key, request)
        try:
            return self._commit(key, decide)
        except Full:
            return self._when_full(key, request, decide)

    def _decision(self, key: Key, request: Request) -> Decide:
        """What the store runs on the task's record. It reads the time when it runs, so entries stay in order."""

        def decide(record: Record | None, control: Control) -> Change:
            # Taken only now: a task born meanwhile may hold a version that an earlier library does not know.
            library = self._library()
            real = self._real()
            now = control.clock.now(real)
            crossed: tuple[tuple[str, Crossing], ...] = ()
            if record == DROPPED:
                return self._unknown(key, request, real, now, _DROPPED)
            if record is not None:
                task = unpack(record)
                scenario = library.versions[task.scenario]
            else:
                chosen = self._chosen(library, key)
                if chosen is None:
                    return self._unknown(key, request, real, now, near_miss.of_id(library, *key))
                scenario, task = chosen, birth(chosen, self._seed, now)
                crossed = ((scenario.version, Crossing(BIRTH, 0, now)),)
            if request.peeks:
                peeked = decide_peek(self._renderer, scenario, key, task, now)
                return Change(_entry(request, key, scenario, peeked, real, now))
            armed = control.armed and tuple(fault for fault in control.armed if fault.aims_at(*key, now))
            polled = decide_poll(self._renderer, scenario, key, task, now, armed)
            entry = _entry(request, key, scenario, polled, real, now)
            return Change(entry, polled.record, polled.faults.spent, polled.ended, crossed=crossed)

        return decide

    def _chosen(self, library: Library, key: Key) -> Scenario | None:
        """The scenario an id plays at its first poll: the one that claims it, else the default if there is one."""
        claimed = library.choose(*key)
        if claimed is not None or self._default is None:
            return claimed
        default = library.scenarios.get(self._default)
        return default if default is not None and key.vendor in default.vendors else None

    def _unknown(self, key: Key, request: Request, real: int, now: int, note: str) -> Change:
        decided = decide_error(self._renderer, key.vendor, "unknown", Draws(self._seed, key.id))
        decided = _noted(decided, note)
        entry = Entry(real, now, request, decided.response, decided.verdict, vendor=key.vendor, id=key.id, note=note)
        return Change(entry._replace(original=decided.original))

    def _when_full(self, key: Key, request: Request, decide: Decide) -> Entry:
        """One more try after looking for tasks that time has ended meanwhile; then our own 503."""
        try:
            if self._evictor.mark_ended(self._store.control().clock.now(self._real())):
                return self._commit(key, decide)
        except Full:
            pass  # another birth took the room that was made
        return self._say(Decided(own_response(OwnError.FULL, _FULL), "ours"), request, key.vendor, _FULL)

    def _refuse(self, refusal: Refusal, request: Request) -> Entry:
        """The vendor's refusal of a request that names no task."""
        draws = Draws(self._seed, request.target)
        decided = decide_error(self._renderer, refusal.vendor, refusal.error, draws, field=refusal.field)
        if refusal.allow:
            decided = decided._replace(response=decided.response.with_header("Allow", ", ".join(refusal.allow)))
        return self._say(decided, request, refusal.vendor)

    def _no_route(self, vendor: str | None, note: str, request: Request) -> Entry:
        """The 404 of a path that nobody serves, in the envelope its first segment picks, else in our own."""
        if vendor is None:
            paths = [route.path for _, route in self.routes]
            decided = Decided(own_response(OwnError.PATH, "nothing is served at this path", paths=paths), "ours")
        else:
            decided = decide_error(self._renderer, vendor, "no_route", Draws(self._seed, request.target))
        return self._say(_noted(decided, note), request, vendor, note)

    def _say(self, decided: Decided, request: Request, vendor: str | None, note: str = "") -> Entry:
        """Commits an exchange that touches no task."""

        def decide(_: Record | None, control: Control) -> Change:
            real = self._real()
            now = control.clock.now(real)
            entry = Entry(real, now, request, decided.response, decided.verdict, vendor=vendor, note=note)
            return Change(entry._replace(original=decided.original))

        return self._commit(None, decide)

    def _commit(self, key: Key | None, decide: Decide) -> Entry:
        entry = self._store.transact(key, decide).entry
        assert entry is not None, "every decision made here has an entry"
        return entry


def _noted(decided: Decided, note: str) -> Decided:
    return decided._replace(response=decided.response.with_header(NOTE_HEADER, note))


def _entry(request: Request, key: Key, scenario: Scenario, decided: Decided, real: int, now: int) -> Entry:
    response, verdict, step, asked, record, original, faults, crossed, _, state = decided
    poll, version, note = record is not None, scenario.version, ""
    vendor, id = key
    return Entry(
        real,
        now,
        request,
        response,
        verdict,
        poll,
        vendor,
        id,
        version,
        step,
        asked,
        faults.names,
        crossed,
        original,
        note,
        0,
        state,
    )
