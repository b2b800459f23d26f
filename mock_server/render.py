"""From a step to the reply a vendor would give, checked against its contract before anyone sees it."""

from __future__ import annotations

import copy
from typing import NamedTuple

from mock_server.contract import Breach, Contract, Contracts
from mock_server.draw import Draws
from mock_server.engine.cursor import Cursor, shown_items
from mock_server.engine.scenario import NO_ADJUST, Adjust, Item, Json, Scenario, Shown, State
from mock_server.exchange import Reply
from mock_server.fixtures import Fixtures
from mock_server.own_replies import OFF_CONTRACT_HEADER, json_bytes
from mock_server.vendors.dialect import Dialect, ItemView, View, reason_of
from mock_server.vendors.registry import Options, Registry

Place = tuple[str | int, ...]


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


class Renderer:
    """Renders for the vendors of one registry. Pure, but for what its parts remember."""

    def __init__(self, registry: Registry, contracts: Contracts, fixtures: Fixtures) -> None:
        self.registry = registry
        self._contracts = contracts
        self._fixtures = fixtures

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
        dialect = self.registry.dialect(vendor, scenario.options)
        view = View(
            id, step.state, _views(dialect, items, shown), draws, cursor.born, self._fixtures.items(vendor)
        )
        contract = self._contracts.status(vendor, dialect.profile)
        return self._reply(dialect, 200, "OK", dialect.body(view), contract, step.adjust, draws, cursor.asked)

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
        return self._reply(dialect, row.status, row.reason, body, self._contracts.error(vendor), adjust, draws, asked)

    def _reply(
        self,
        dialect: Dialect,
        status: int,
        reason: str,
        body: Json,
        contract: Contract,
        adjust: Adjust,
        draws: Draws,
        asked: int,
    ) -> Rendered:
        _adjust(body, adjust, dialect.name)
        breach = contract.check(body)
        if adjust.status is not None and adjust.status != status:
            status, reason = adjust.status, reason_of(adjust.status)
        sent = json_bytes(body)
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
    return tuple(
        ItemView(
            k,
            state if state in dialect.item_states else State.SUCCEEDED,
            reason,
            {name: value for name, value in item.fields.items() if name in dialect.item_fields},
        )
        for k, (item, (state, reason)) in enumerate(zip(items, shown, strict=True))
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

