"""What a vendor must say to be emulated: its operations, words, bodies and errors.

A dialect is a frozen value whose fields are its profile and knobs; it is pure, and knows nothing of scenarios' order,
stores or sockets. The helpers here are what every dialect would otherwise write again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import groupby
from typing import NamedTuple, Protocol

from mock_server.engine.draws import Draws
from mock_server.engine.scenario import FAILURES, Profile, State
from mock_server.http.message import Pairs, Request
from mock_server.http.responses import reason_of
from mock_server.types import Json

MAX_ID = 512
"""Characters of the longest id served; a longer one is an illegal parameter."""

ERROR_WORDS = ("unknown", "illegal", "unauthorized", "throttled")
"""The errors every vendor has, by neutral name; also `no_route` and `method`, which only routing needs."""


class Route(NamedTuple):
    """A path a vendor serves. `<name>` stands for one segment of a path."""

    name: str
    path: str
    methods: tuple[str, ...]

    def match(self, path: str) -> Mapping[str, str] | None:
        """The named segments of a path that fits, else None."""
        if "<" not in self.path:
            return {} if path == self.path else None
        ours, theirs = self.path.split("/"), path.split("/")
        if len(ours) != len(theirs):
            return None
        named = {}
        for part, found in zip(ours, theirs, strict=True):
            if part.startswith("<") and found:
                named[part[1:-1]] = found
            elif part != found:
                return None
        return named


class Operation(NamedTuple):
    """What a request asks of a vendor: the status of the task `id`."""

    vendor: str
    id: str


class Refusal(NamedTuple):
    """A vendor's own refusal of a request: `error` as in a scenario, the parameter at fault, the methods allowed."""

    vendor: str
    error: str | int
    field: str | None = None
    allow: tuple[str, ...] = ()


class ItemView(NamedTuple):
    """One item as a body needs it: what it shows, and the fields the scenario or the submit request set.

    `drawn` is the item of the vendor's pool that stands in for what they leave out.
    """

    position: int
    state: State
    reason: str | None
    fields: Mapping[str, Json]
    drawn: Mapping[str, Json]


Pool = tuple[Mapping[str, Json], ...]
"""Plausible items of a vendor, from `fixtures/<vendor>/items.json`; never empty."""


class View(NamedTuple):
    """A task as a body needs it. `state` None: the whole follows from the items. `born` is in virtual milliseconds."""

    id: str
    state: State | None
    items: tuple[ItemView, ...]
    draws: Draws
    born: int
    pool: Pool


class ErrorRow(NamedTuple):
    """One row of a vendor's error table.

    `text` may hold `{field}`. `ours` marks what no document of the vendor says.
    """

    status: int
    reason: str
    code: str
    text: str
    ours: bool = True


class Dialect(Protocol):
    """One vendor in one profile, with its knobs."""

    @property
    def name(self) -> str:
        """The vendor's name, a folder in `schemas/` and `fixtures/`."""

    @property
    def profile(self) -> Profile:
        """Which fields a body carries."""

    @property
    def routes(self) -> tuple[Route, ...]:
        """Every path it serves."""

    @property
    def segments(self) -> frozenset[str]:
        """The first path segments whose unknown paths this vendor answers in its own envelope."""

    @property
    def states(self) -> frozenset[State]:
        """The words a step may show."""

    @property
    def item_states(self) -> frozenset[State]:
        """The words an item may show."""

    @property
    def has_whole(self) -> bool:
        """Whether a body says how the whole task does, besides its items."""

    @property
    def item_fields(self) -> Mapping[str, Json]:
        """The fields an item may set, each with its JSON Schema."""

    @property
    def knobs(self) -> Mapping[str, tuple[str, ...]]:
        """Knobs besides the profile, each a field of the dialect, with the words it takes; the first is the default."""

    @property
    def errors(self) -> Mapping[str, ErrorRow]:
        """The error table: by word (`unknown`), by vendor's code, and by status as text (`"404"`)."""

    def match(self, request: Request) -> Operation | Refusal | None:
        """What the request asks, the vendor's refusal, or None where the path is not the vendor's."""

    def derive(self, items: tuple[State, ...]) -> State:
        """The word for the whole, where only items are scripted."""

    def body(self, view: View) -> Json:
        """The body of a 200, its keys in the document's order."""

    def error(self, error: str | int, field: str | None = None) -> tuple[ErrorRow, Json]:
        """The row and the body for an error step, a fault or a refusal. KeyError: no such word or code here."""

    def headers(self, draws: Draws, asked: int) -> Pairs:
        """The headers of every response, but Content-Length; request ids depend on (seed, id, asked) alone."""

    def new_id(self, draws: Draws) -> str:
        """An id in the vendor's form, for a task that is created without one."""

    def example(self, id: str) -> str:
        """The target of a GET that asks for the status of `id`, for people to try."""

    def glance(self, body: Json) -> str:
        """What a status body says in a few words, as `codes` writes them. A body that lacks them is no error."""


def parameter(pairs: Pairs, name: str) -> str | None:
    """The one value of a required parameter; None if it is missing, empty, repeated or over-long."""
    values = [value for key, value in pairs if key == name]
    return values[0] if len(values) == 1 and 0 < len(values[0]) <= MAX_ID else None


def route_of(
    vendor: str, routes: tuple[Route, ...], request: Request
) -> tuple[Route, Mapping[str, str]] | Refusal | None:
    """The route a request takes; a refusal where the path fits and the method does not; None where no path fits."""
    for route in routes:
        segments = route.match(request.path)
        if segments is None:
            continue
        if request.method not in route.methods:
            return Refusal(vendor, "method", allow=route.methods)
        return route, segments
    return None


def error_table(words: Mapping[str, ErrorRow], more: tuple[ErrorRow, ...] = ()) -> Mapping[str, ErrorRow]:
    """An error table from its rows by word: each row is also found by its code and, the first of it, by its status."""
    table: dict[str, ErrorRow] = {}
    for row in (*words.values(), *more):
        table.setdefault(str(row.status), row)
        table.setdefault(row.code, row)
    return {**table, **words}


def row_of(errors: Mapping[str, ErrorRow], error: str | int, code: str = "{status}") -> ErrorRow:
    """The row of an error: by word, code or status. A status without one is its number and its reason phrase.

    `code` makes the code of a status without a row. KeyError: the word or code is not in the table.
    """
    row = errors.get(str(error))
    if row is not None:
        return row
    if not isinstance(error, int):
        raise KeyError(error)
    reason = reason_of(error)
    return ErrorRow(error, reason, code.format(status=error), reason)


def codes(whole: Json, items: Json, field: str) -> str:
    """`2 [0, 2 x 3]`: the code of the whole (None: the vendor has none) and, in runs, the `field` of each item."""
    listed = items if isinstance(items, list) else []
    each = [json.dumps(item.get(field), ensure_ascii=False) for item in listed if isinstance(item, dict)]
    runs = [(code, len(list(run))) for code, run in groupby(each)]
    text = ", ".join(code if count == 1 else f"{code} x {count}" for code, count in runs)
    return f"[{text}]" if whole is None else f"{json.dumps(whole, ensure_ascii=False)} [{text}]"


def derived(items: tuple[State, ...]) -> State:
    """The word for the whole by the rule all vendors share: all waiting, any unfinished, any failed, else succeeded."""
    if all(state is State.WAITING for state in items):
        return State.WAITING
    if any(state in (State.WAITING, State.PROCESSING) for state in items):
        return State.PROCESSING
    return State.FAILED if FAILURES.intersection(items) else State.SUCCEEDED
