"""From a step to the reply a vendor would give, checked against its contract before anyone sees it."""

from __future__ import annotations

import copy
from typing import NamedTuple

from mock_server.contract import Breach, Contracts
from mock_server.draw import Draws
from mock_server.engine.cursor import Cursor, shown_items
from mock_server.engine.scenario import NO_ADJUST, Adjust, Item, Json, Scenario, Shown, State
from mock_server.exchange import Reply
from mock_server.fixtures import Fixtures
from mock_server.own_replies import OFF_CONTRACT_HEADER, json_bytes
from mock_server.vendors.dialect import Dialect, ItemView, View, reason_of
from mock_server.vendors.registry import Options, Registry

Place = tuple[str | int, ...]

_KEPT = 4_096
"""How many bodies are remembered; then all are forgotten, which costs less than to choose."""


class BadPlace(Exception):
    """A `with` or `without` names a place that this body does not have."""

    def __init__(self, place: Place) -> None:
        self.place = place
        super().__init__(f"{'.'.join(map(str, place))}: no such place in the body")


class Rendered(NamedTuple):
    """A reply before any fault, and how it breaks its contract, if it does. `declared`: on purpose."""

    reply: Reply
    breach: Breach | None = None
    declared: bool = False

    @property
    def broken(self) -> bool:
        """Whether the reply must not leave: it breaks its contract and nobody said so."""
        return self.breach is not None and not self.declared


class _Kept(NamedTuple):
    """A body's very bytes with the verdict that was given for them, and what else they came from besides its key."""

    scenario: Scenario
    items: tuple[Item, ...]
    sent: bytes
    breach: Breach | None


class Renderer:
    """Renders for the vendors of one registry. Pure, but for what it and its parts remember."""

    def __init__(self, registry: Registry, contracts: Contracts, fixtures: Fixtures) -> None:
        self.registry = registry
        self._contracts = contracts
        self._fixtures = fixtures
        self._kept: dict[tuple[object, ...], _Kept] = {}

    def step(
        self, scenario: Scenario, vendor: str, id: str, draws: Draws, cursor: Cursor, now: int, items: tuple[Item, ...]
    ) -> Rendered:
        """What a poll at `now` sees of a task that stands at `cursor`. BadPlace: as `shown`."""
        step = scenario.steps[cursor.step]
        shown = () if step.error is not None else shown_items(scenario, items, draws, cursor, now)
        return self.shown(scenario, vendor, cursor, shown, items, id, draws)

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
        """The reply of the cursor's step when its items show `shown`. BadPlace: a `with` or `without` finds nothing."""
        step = scenario.steps[cursor.step]
        if step.error is not None:
            return self.error(vendor, step.error, draws, cursor.asked, options=scenario.options, adjust=step.adjust)
        key = (vendor, id, draws.seed, cursor.step, cursor.born, shown)
        kept = self._kept.get(key)
        if kept is None or kept.scenario is not scenario or kept.items != items:
            kept = self._body(scenario, vendor, cursor, shown, items, id, draws)
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            self._kept[key] = kept
        dialect = self.registry.dialect(vendor, scenario.options)
        return _sent(dialect, 200, "OK", kept.sent, kept.breach, step.adjust, draws, cursor.asked)

    def _body(
        self,
        scenario: Scenario,
        vendor: str,
        cursor: Cursor,
        shown: tuple[Shown, ...],
        items: tuple[Item, ...],
        id: str,
        draws: Draws,
    ) -> _Kept:
        """The status body of the cursor's step, adjusted and then checked."""
        step = scenario.steps[cursor.step]
        dialect = self.registry.dialect(vendor, scenario.options)
        view = View(id, step.state, _views(dialect, items, shown), draws, cursor.born, self._fixtures.items(vendor))
        body = dialect.body(view)
        _adjust(body, step.adjust, vendor)
        breach = self._contracts.status(vendor, dialect.profile).check(body)
        return _Kept(scenario, items, json_bytes(body), breach)

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
        """The vendor's error reply; `error` is a word, a code or a status. KeyError: the vendor has no such word."""
        dialect = self.registry.dialect(vendor, options)
        row, body = dialect.error(error, field)
        _adjust(body, adjust, vendor)
        breach = self._contracts.error(vendor).check(body)
        return _sent(dialect, row.status, row.reason, json_bytes(body), breach, adjust, draws, asked)


def _sent(
    dialect: Dialect,
    status: int,
    reason: str,
    sent: bytes,
    breach: Breach | None,
    adjust: Adjust,
    draws: Draws,
    asked: int,
) -> Rendered:
    """The reply around a body: the vendor's headers, and what the scenario adjusts by hand."""
    if adjust.status is not None and adjust.status != status:
        status, reason = adjust.status, reason_of(adjust.status)
    headers = (*dialect.headers(draws, asked), ("Content-Length", str(len(sent))))
    reply = Reply(status, reason, headers, sent)
    for name, value in adjust.headers:
        reply = reply.with_header(name, value)
    if breach is not None and adjust.off_contract:
        reply = reply.with_header(OFF_CONTRACT_HEADER, _header_text(f"{breach.path}: {breach.rule}"))
    return Rendered(reply, breach, adjust.off_contract)


def _header_text(text: str) -> str:
    """What a header can carry: a hand-written key may hold anything."""
    return "".join(letter if " " <= letter <= "~" else "?" for letter in text)


def _views(dialect: Dialect, items: tuple[Item, ...], shown: tuple[Shown, ...]) -> tuple[ItemView, ...]:
    """The items as the dialect reads them: an item without the step's word shows how the work ended."""
    states, known = dialect.item_states, dialect.item_fields
    return tuple(
        [
            ItemView(
                k,
                state if state in states else State.SUCCEEDED,
                reason,
                {name: value for name, value in item.fields.items() if name in known} if item.fields else item.fields,
            )
            for k, (item, (state, reason)) in enumerate(zip(items, shown, strict=True))
        ]
    )


def _adjust(body: Json, adjust: Adjust, vendor: str) -> None:
    """Puts and drops what the scenario says, in the body itself: it was made for this reply alone."""
    for place, value in adjust.put.get(vendor, ()):
        for holder, last in _holders(body, place, new=True):
            holder[last] = copy.deepcopy(value)
    for place in adjust.drop.get(vendor, ()):
        for holder, last in _holders(body, place, new=False):
            del holder[last]


def _holders(body: Json, place: Place, *, new: bool) -> list[tuple[Json, str | int]]:
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


def _children(holder: Json, part: str | int, place: Place) -> list[Json]:
    if part == "*" and isinstance(holder, list):
        return list(holder)
    if _has(holder, part):
        return [holder[part]]
    raise BadPlace(place)


def _has(holder: Json, part: str | int) -> bool:
    if isinstance(holder, list):
        return isinstance(part, int) and 0 <= part < len(holder)
    return isinstance(holder, dict) and part in holder
