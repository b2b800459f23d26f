"""From a step to the response a vendor would give, checked against its contract before anyone sees it."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple
from weakref import ReferenceType, ref

from mock_server.cache import Cache
from mock_server.engine.cursor import step_items
from mock_server.engine.draws import Draws
from mock_server.engine.run import Run
from mock_server.engine.scenario import NO_ADJUST, Adjust, Scenario, Shown, State
from mock_server.engine.task import Key
from mock_server.http.json import json_bytes, quick_json_bytes
from mock_server.http.message import Pairs, Response
from mock_server.http.responses import BODILESS, OFF_CONTRACT_HEADER
from mock_server.schema.breach import Breach
from mock_server.schema.validator import Validator
from mock_server.types import Bound, Json
from mock_server.vendors.contracts import Contracts
from mock_server.vendors.dialect import Dialect, Pool, View, Words
from mock_server.vendors.fixtures import Fixtures
from mock_server.vendors.layouts import Layouts, state_shown
from mock_server.vendors.notices import before_telling, is_notify_word
from mock_server.vendors.overlay import Laid, laid_over
from mock_server.vendors.places import adjust_body
from mock_server.vendors.registry import Options, Registry
from mock_server.vendors.submission import Lookup

_OK = (200, "OK")
BODIES = Bound(
    "Bodies that are remembered",
    4_096,
    "bodies",
    "The body made first is forgotten. A poll that needs it makes it again, as a reset of the tasks makes all.",
)
BODY_SIZE = Bound(
    "Memory of remembered bodies",
    32 << 20,
    "bytes",
    "The bodies made first are forgotten. A body that is larger alone is made at each poll.",
)
_BESIDES = 700
"""Bytes that a remembered body takes besides its text, its id and what its items show."""
_SHOWN = 80
"""Bytes of what one item shows."""


class Rendered(NamedTuple):
    """A response before any fault, and how it breaks its contract, if it does. `declared`: on purpose."""

    response: Response
    breach: Breach | None = None
    declared: bool = False

    @property
    def broken(self) -> bool:
        """Whether the response must not leave: it breaks its contract and nobody said so."""
        return self.breach is not None and not self.declared


class Drawn(NamedTuple):
    """What the bodies of one task have in common, in all its steps.

    `picks` are the places in the pool of the items that supply what the scenario leaves open; `words` are the task's.
    """

    dialect: Dialect
    contract: Validator
    pool: Pool
    picks: list[int]
    words: Words


class Body(NamedTuple):
    """A body's very bytes with the verdict that was given for them."""

    sent: bytes
    breach: Breach | None


class Told(NamedTuple):
    """The body of a notification as JSON text, and how it breaks its contract, if it does. `declared`: on purpose."""

    body: bytes
    breach: Breach | None = None
    declared: bool = False

    @property
    def broken(self) -> bool:
        """Whether it must not be sent: it breaks its contract and nobody said so."""
        return self.breach is not None and not self.declared


class _Kept(NamedTuple):
    """A body that is remembered, and what it came from besides its key."""

    body: Body
    scenario: ReferenceType[Scenario]
    """Weak: what is remembered must not hold a version that nothing else needs."""
    given: str


class Renderer:
    """Renders for the vendors of one registry. Pure, but for what it and its parts remember."""

    def __init__(self, registry: Registry, contracts: Contracts, fixtures: Fixtures) -> None:
        self.registry = registry
        self.contracts = contracts
        self._fixtures = fixtures
        self._layouts = Layouts()
        self._kept: Cache[tuple[object, ...], _Kept] = Cache(BODIES.value, BODY_SIZE.value)

    def forget(self) -> None:
        """Forgets every body, so that its memory is free."""
        self._kept.clear()
        self._layouts.forget()

    def step(self, run: Run) -> Rendered:
        """What the next poll of a task sees. BadPlace: as `shown`.

        A task that stands still shows the same body again and again: the bodies made last are remembered.
        """
        scenario, (vendor, id), task, cursor, _, items, draws, step, _, _, _ = run
        if step.error is not None:
            return self._failed(run, cursor.asked + 1)
        walked = run.shown if scenario.by_items or task.manual else None
        state = None
        if scenario.notify.status == "real":
            laid = self.laid_over(run)
            state, walked = (None, walked) if laid is None else laid
        key = (vendor, id, task.seed, cursor.step, cursor.born, walked, state)
        kept = self._kept.find(key)
        if kept is None or kept.scenario() is not scenario or kept.given != task.given:
            body = self.body(run, step_items(step, len(items)) if walked is None else walked, state=state)
            kept = _Kept(body, ref(scenario), task.given)
            size = len(body.sent) + len(id) + len(task.given) + _SHOWN * len(walked or ()) + _BESIDES
            self._kept.keep(key, kept, size)
        dialect = self.registry.dialect(vendor, scenario.options)
        return _sent(dialect, _OK, kept.body, step.adjust, dialect.headers(draws, cursor.asked + 1))

    def laid_over(self, run: Run) -> Laid | None:
        """See `overlay.laid_over`."""
        return laid_over(self.registry.dialect(run.key.vendor, run.scenario.options), run)

    def shown(self, run: Run, shown: tuple[Shown, ...], *, named: bool = True) -> Rendered:
        """The response of the run's step when its items show `shown`. BadPlace: a `with` or `without` finds nothing.

        `named` False: where it breaks its contract, nobody asks how.
        """
        if run.step.error is not None:
            return self._failed(run, run.cursor.asked, named=named)
        dialect = self.registry.dialect(run.key.vendor, run.scenario.options)
        headers = dialect.headers(run.draws, run.cursor.asked)
        return _sent(dialect, _OK, self.body(run, shown, named=named), run.step.adjust, headers)

    def _failed(self, run: Run, asked: int, *, named: bool = True) -> Rendered:
        """The response of a step that shows an error."""
        (vendor, _), step, options = run.key, run.step, run.scenario.options
        return self.error(vendor, step.error or 0, run.draws, asked, options=options, adjust=step.adjust, named=named)

    def drawn(self, run: Run) -> Drawn:
        """What the bodies of a run's task have in common."""
        scenario, (vendor, _), _, cursor, _, items, draws, *_ = run
        pool = self._fixtures.items(vendor)
        dialect = self.registry.dialect(vendor, scenario.options)
        picks = draws.choices(range(len(pool)), len(items), "items")
        # Past the constructor, as below: fresh polls make all of these.
        contract = self.contracts.status(vendor, dialect.profile)
        return tuple.__new__(Drawn, (dialect, contract, pool, picks, dialect.words(draws, cursor.born, pool)))

    def notice(self, run: Run, shows: int | None = None) -> Told:
        """What a notification tells of a task, adjusted and then checked; `shows`: as step `shows` has it.

        It is the status body of the run's moment, but for notify words, which show the end before them, and for what
        the vendor's notifications have otherwise. A step that shows an error has no such body: that is a breach.
        BadPlace: as `shown`. The vendor is one that notifies.
        """
        if shows is not None:
            run = run._replace(step=run.scenario.steps[shows], cursor=run.cursor._replace(step=shows))
        step = run.step
        if step.error is not None:
            return Told(b"", Breach("$", "status", f"step {step.name} shows an error, which no notification tells"))
        shown = tuple([each._replace(state=before_telling(each.state)) for each in run.shown])
        if step.state is not None and is_notify_word(step.state):
            run = run._replace(step=replace(step, state=None))  # so that it follows from the items
        sent, breach = self.body(run, shown, told=True)
        return Told(sent, breach, step.adjust.off_contract)

    def body(
        self,
        run: Run,
        shown: tuple[Shown, ...],
        drawn: Drawn | None = None,
        *,
        told: bool = False,
        state: State | None = None,
        named: bool = True,
    ) -> Body:
        """The status body of a step, adjusted and then checked. It is made anew. BadPlace and `named`: as `shown`.

        `drawn`: what `self.drawn` returned for this task before. `told`: it is for a notification. `state`: of the
        whole, if it is not the step's.
        """
        _, (vendor, id), _, _, _, of, draws, step, *_ = run
        dialect, contract, pool, picks, words = drawn or self.drawn(run)
        items = []
        for k, (layout, minted) in enumerate(self._layouts.of(dialect, run, shown, pool, picks)):
            item = layout.copy()  # what is remembered is not changed, by `adjust` neither
            if minted:
                own = dialect.item_words(draws, k, words)
                for name in minted:
                    item[name] = own[name]
            items.append(item)
        state = state or step.state or dialect.derive(tuple([state_shown(dialect, each.state) for each in shown]))
        view = tuple.__new__(View, (id, state, items, words, run.task.facts()))
        if told:
            body = dialect.told(view, tuple([each.state for each in shown]))
            contract = self.contracts.notice(vendor, dialect.profile)
        else:
            body = dialect.body(view)
        adjust = step.adjust
        if adjust is not NO_ADJUST:
            adjust_body(body, adjust, vendor)
        # Only what people write may hold fractions: overrides, and the fields of items.
        floats = vendor in adjust.put or any([item.fields for item in of])  # noqa: C419  # quicker for a few
        breach = contract.check(body, floats=floats, named=named)
        return tuple.__new__(Body, (json_bytes(body) if vendor in adjust.put else quick_json_bytes(body), breach))

    def accepted(self, key: Key, draws: Draws) -> Rendered:
        """The response to a submit that makes the task `key`."""
        status, body = self.registry.dialect(key.vendor).accepted(key.id)
        return self._plain(key.vendor, status, body, "submit", draws)

    def lookup(self, lookup: Lookup, draws: Draws) -> Rendered:
        """The response to a question about what never changes."""
        return self._plain(lookup.vendor, 200, lookup.body, lookup.contract, draws)

    def _plain(self, vendor: str, status: int, body: Json, contract: str, draws: Draws) -> Rendered:
        """A response that no scenario scripts, checked against its kind of contract."""
        dialect = self.registry.dialect(vendor)
        made = Body(json_bytes(body), self.contracts.other(vendor, contract).check(body))
        return _sent(dialect, (status, dialect.reason(status)), made, NO_ADJUST, dialect.headers(draws, 0))

    def error(
        self,
        vendor: str,
        error: str | int,
        draws: Draws,
        asked: int,
        *,
        field: str | None = None,
        options: Options | None = None,
        adjust: Adjust = NO_ADJUST,
        named: bool = True,
    ) -> Rendered:
        """The vendor's error response; `error` is a word, a code or a status. KeyError: the vendor has no such word."""
        dialect = self.registry.dialect(vendor, options)
        row, body = dialect.error(error, field)
        adjust_body(body, adjust, vendor)
        breach = self.contracts.error(vendor).check(body, floats=vendor in adjust.put, named=named)
        made = Body(json_bytes(body), breach)
        return _sent(dialect, (row.status, row.reason), made, adjust, dialect.headers(draws, asked))

    def in_place_of(self, vendor: str, draws: Draws, asked: int, response: Response) -> Response:
        """An error of ours in place of a vendor's response, with the headers that all of the vendor's have.

        SDKs look for the request id in whatever comes, and some fail without one before they show the error.
        """
        headers = self.registry.dialect(vendor).headers(draws, asked)
        missing = tuple([pair for pair in headers if response.header(pair[0]) is None])
        return response._replace(headers=(*response.headers, *missing))


def _sent(dialect: Dialect, line: tuple[int, str], body: Body, adjust: Adjust, headers: Pairs) -> Rendered:
    """The response around a body, under this status line and headers, with what the scenario overrides."""
    (status, reason), (sent, breach) = line, body
    framed = (*headers, ("Content-Length", str(len(sent))))
    # Every poll makes both: past the constructors of NamedTuples, which are one more call each.
    response = tuple.__new__(Response, (status, reason, framed, sent, 0, None))
    if adjust is NO_ADJUST:
        return tuple.__new__(Rendered, (response, breach, False))
    if adjust.status is not None and adjust.status != status:
        response = response._replace(status=adjust.status, reason=dialect.reason(adjust.status))
        if adjust.status in BODILESS:
            response = response.with_body(b"")
            breach = Breach("$", "status", f"a response of status {adjust.status} has no body")
    if adjust.headers:
        response = response.with_headers(adjust.headers)
    if breach is not None and adjust.off_contract:
        response = response.with_header(OFF_CONTRACT_HEADER, _header_text(f"{breach.path}: {breach.rule}"))
    return Rendered(response, breach, adjust.off_contract)


def _header_text(text: str) -> str:
    """What a header can carry: a hand-written key may hold anything."""
    return "".join(letter if " " <= letter <= "~" else "?" for letter in text)
