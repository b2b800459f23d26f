"""From a step to the response a vendor would give, checked against its contract before anyone sees it."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mock_server.cache import Cache
from mock_server.engine.cursor import Cursor, shown_items, step_items
from mock_server.engine.draws import Draws
from mock_server.engine.scenario import NO_ADJUST, Adjust, Item, Scenario, Shown, State, Step
from mock_server.http.json import json_bytes, quick_json_bytes
from mock_server.http.message import Response
from mock_server.http.responses import OFF_CONTRACT_HEADER, reason_of
from mock_server.types import Json, JsonPath
from mock_server.vendors.contracts import Breach, Contracts
from mock_server.vendors.dialect import Dialect, ItemView, View
from mock_server.vendors.fixtures import Fixtures
from mock_server.vendors.registry import Options, Registry

_KEPT = 4_096
"""How many bodies are remembered."""


class BadPlace(Exception):
    """A `with` or `without` names a place that this body does not have."""

    def __init__(self, place: JsonPath) -> None:
        self.place = place
        super().__init__(f"{'.'.join(map(str, place))}: no such place in the body")


class Rendered(NamedTuple):
    """A response before any fault, and how it breaks its contract, if it does. `declared`: on purpose."""

    response: Response
    breach: Breach | None = None
    declared: bool = False

    @property
    def broken(self) -> bool:
        """Whether the response must not leave: it breaks its contract and nobody said so."""
        return self.breach is not None and not self.declared


class _Body(NamedTuple):
    """A body's very bytes with the verdict that was given for them."""

    sent: bytes
    breach: Breach | None


class _Kept(NamedTuple):
    """A body that is remembered, and what it came from besides its key."""

    body: _Body
    scenario: Scenario
    items: tuple[Item, ...]


class Renderer:
    """Renders for the vendors of one registry. Pure, but for what it and its parts remember."""

    def __init__(self, registry: Registry, contracts: Contracts, fixtures: Fixtures) -> None:
        self.registry = registry
        self._contracts = contracts
        self._fixtures = fixtures
        # Only `step` uses it, which a store runs once at a time.
        self._kept: Cache[tuple[object, ...], _Kept] = Cache(_KEPT)

    def step(
        self,
        scenario: Scenario,
        vendor: str,
        id: str,
        draws: Draws,
        cursor: Cursor,
        asked: int,
        now: int,
        items: tuple[Item, ...],
    ) -> Rendered:
        """What the poll numbered `asked` sees at `now` of a task that stands at `cursor`. BadPlace: as `shown`.

        A task that stands still shows the same body again and again: the bodies made last are remembered.
        """
        step = scenario.steps[cursor.step]
        if step.error is not None:
            return self.error(vendor, step.error, draws, asked, options=scenario.options, adjust=step.adjust)
        walked = shown_items(scenario, items, draws, cursor, now) if scenario.by_items else None
        key = (vendor, id, draws.seed, cursor.step, cursor.born, walked)
        kept = self._kept.find(key)
        if kept is None or kept.scenario is not scenario or kept.items != items:
            shown = step_items(step, len(items)) if walked is None else walked
            kept = _Kept(self._body(scenario, step, vendor, cursor.born, shown, items, id, draws), scenario, items)
            self._kept.keep(key, kept)
        dialect = self.registry.dialect(vendor, scenario.options)
        return _sent(dialect, 200, "OK", kept.body, step.adjust, draws, asked)

    def shown(
        self,
        scenario: Scenario,
        vendor: str,
        cursor: Cursor,
        shown: tuple[Shown, ...],
        items: tuple[Item, ...],
        id: str,
        draws: Draws,
    ) -> Rendered:
        """The response of the cursor's step when its items show `shown`.

        BadPlace: a `with` or `without` finds nothing.
        """
        step = scenario.steps[cursor.step]
        if step.error is not None:
            return self.error(vendor, step.error, draws, cursor.asked, options=scenario.options, adjust=step.adjust)
        body = self._body(scenario, step, vendor, cursor.born, shown, items, id, draws)
        return _sent(self.registry.dialect(vendor, scenario.options), 200, "OK", body, step.adjust, draws, cursor.asked)

    def _body(
        self,
        scenario: Scenario,
        step: Step,
        vendor: str,
        born: int,
        shown: tuple[Shown, ...],
        items: tuple[Item, ...],
        id: str,
        draws: Draws,
    ) -> _Body:
        """The status body of a step, adjusted and then checked."""
        dialect = self.registry.dialect(vendor, scenario.options)
        pool = self._fixtures.items(vendor)
        views = _views(dialect, items, shown, draws.choices(pool, len(items), "items"))
        body = dialect.body(View(id, step.state, views, draws, born, pool))
        adjust = step.adjust
        if adjust is not NO_ADJUST:
            _adjust(body, adjust, vendor)
        breach = self._contracts.status(vendor, dialect.profile).check(body)
        # Only what is written by hand may hold fractions.
        return _Body(json_bytes(body) if vendor in adjust.put else quick_json_bytes(body), breach)

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
    ) -> Rendered:
        """The vendor's error response; `error` is a word, a code or a status. KeyError: the vendor has no such word."""
        dialect = self.registry.dialect(vendor, options)
        row, body = dialect.error(error, field)
        _adjust(body, adjust, vendor)
        breach = self._contracts.error(vendor).check(body)
        return _sent(dialect, row.status, row.reason, _Body(json_bytes(body), breach), adjust, draws, asked)


def _sent(
    dialect: Dialect, status: int, reason: str, body: _Body, adjust: Adjust, draws: Draws, asked: int
) -> Rendered:
    """The response around a body: the vendor's headers, and what the scenario adjusts by hand."""
    sent, breach = body
    response = Response(status, reason, (*dialect.headers(draws, asked), ("Content-Length", str(len(sent)))), sent)
    if adjust is NO_ADJUST:
        return Rendered(response, breach)
    if adjust.status is not None and adjust.status != status:
        response = response._replace(status=adjust.status, reason=reason_of(adjust.status))
    for name, value in adjust.headers:
        response = response.with_header(name, value)
    if breach is not None and adjust.off_contract:
        response = response.with_header(OFF_CONTRACT_HEADER, _header_text(f"{breach.path}: {breach.rule}"))
    return Rendered(response, breach, adjust.off_contract)


def _header_text(text: str) -> str:
    """What a header can carry: a hand-written key may hold anything."""
    return "".join(letter if " " <= letter <= "~" else "?" for letter in text)


def _views(
    dialect: Dialect, items: tuple[Item, ...], shown: tuple[Shown, ...], drawn: Sequence[Mapping[str, Json]]
) -> tuple[ItemView, ...]:
    """The items as the dialect reads them: an item without the step's word shows how the work ended."""
    states, known = dialect.item_states, dialect.item_fields
    return tuple(
        [
            ItemView(
                k,
                state if state in states else State.SUCCEEDED,
                reason,
                {name: value for name, value in item.fields.items() if name in known} if item.fields else item.fields,
                pooled,
            )
            for k, (item, (state, reason), pooled) in enumerate(zip(items, shown, drawn, strict=True))
        ]
    )


def _adjust(body: Json, adjust: Adjust, vendor: str) -> None:
    """Puts and drops what the scenario says, in the body itself: it was made for this response alone."""
    for place, value in adjust.put.get(vendor, ()):
        for holder, last in _holders(body, place, new=True):
            holder[last] = copy.deepcopy(value)
    for place in adjust.drop.get(vendor, ()):
        for holder, last in _holders(body, place, new=False):
            del holder[last]


def _holders(body: Json, place: JsonPath, *, new: bool) -> list[tuple[Json, str | int]]:
    """Every (container, last key) a place names. With `new`, an object may lack the last key."""
    holders = [body]
    for part in place[:-1]:
        holders = [child for holder in holders for child in _children(holder, part, place)]
    last = place[-1]
    found: list[tuple[Json, str | int]] = []
    for holder in holders:
        if last == "*" and isinstance(holder, list):
            # From the end, so that dropping one leaves the positions of the others as they were.
            found.extend((holder, k) for k in reversed(range(len(holder))))
        elif _has(holder, last) or (new and isinstance(holder, dict) and isinstance(last, str)):
            found.append((holder, last))
        else:
            raise BadPlace(place)
    return found


def _children(holder: Json, part: str | int, place: JsonPath) -> list[Json]:
    if part == "*" and isinstance(holder, list):
        return list(holder)
    if _has(holder, part):
        return [holder[part]]
    raise BadPlace(place)


def _has(holder: Json, part: str | int) -> bool:
    if isinstance(holder, list):
        return isinstance(part, int) and 0 <= part < len(holder)
    return isinstance(holder, dict) and part in holder
