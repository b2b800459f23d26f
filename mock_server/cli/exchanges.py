"""Exchanges in the terminal: a line each in columns, one as a whole, and those that come, as they come."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from msgspec import UNSET

from mock_server.api.codec import plain
from mock_server.api.contract import ContractField
from mock_server.api.exchange import Exchange, Exchanges, Header, Line, Struck, Told, clock_time
from mock_server.cli.text import printable
from mock_server.client.listing import gap_words
from mock_server.client.miss import Miss
from mock_server.engine.durations import length_words

_LONGEST = 60
"""Characters of a body in the line of an exchange."""
_AT_ONCE = 10_000
"""New exchanges that are asked for at once."""


def json_line(exchange: Exchange) -> str:
    """An exchange as one line of JSON."""
    return json.dumps(plain(exchange), ensure_ascii=False)


class Rows:
    """Makes the line of an exchange: number, moment, gap, and what was asked and answered.

    The columns are as wide as what has stood in them.
    """

    def __init__(self, exchanges: Sequence[Exchange] = ()) -> None:
        self._widths = [0, 0]
        for each in exchanges:
            self._widen(each)

    def __call__(self, exchange: Exchange) -> str:
        """The line."""
        number, gap = self._widen(exchange)
        cells = [number, clock_time(exchange.at), gap, exchange.asked_and_answered(_LONGEST)]
        return printable(" ".join(cell for cell in cells if cell))

    def _widen(self, exchange: Exchange) -> list[str]:
        cells = [f"#{exchange.number}", gap_words(exchange)]
        self._widths = [max(width, len(cell)) for width, cell in zip(self._widths, cells, strict=True)]
        return [f"{cell:{width}}" for cell, width in zip(cells, self._widths, strict=True)]


def older(found: Exchanges) -> str:
    """How many exchanges stand before those that are listed; empty if there are none."""
    hidden = 0 if found.total is UNSET else found.total - len(found.requests)
    words = [f"{hidden} older one{'' if hidden == 1 else 's'} (--limit)"] if hidden else []
    if found.counters.evicted:
        words.append(f"{found.counters.evicted} evicted")
    return f"… {', '.join(words)}" if words else ""


def following(
    read: Callable[[int, int], Exchanges], last: int, pause: Callable[[], object]
) -> Iterator[tuple[Exchange, ...]]:
    """The exchanges with higher numbers than `last`, as they come, for ever. `read(after, limit)` asks for them.

    Where the journal was reset, numbers begin again, and so does this.
    """
    while True:
        found = read(last, _AT_ONCE)
        if found.counters.exchanges < last:
            last = 0
            continue
        if found.requests:
            yield found.requests
        last = max(last, found.counters.exchanges)
        pause()


def whole(exchange: Exchange) -> str:
    """An exchange with all that is known of it, in paragraphs."""
    request, response = exchange.request, exchange.response
    title = "What the vendor would have said; none of it was sent" if exchange.unsent else "Response"
    parts = [
        _summary(exchange),
        _message(
            "What would have been sent; none of it was" if _is_refused(exchange) else "Request",
            f"{request.method} {request.target}",
            request.headers,
            request.body,
        ),
        _message(title, f"{response.status} {response.reason}", response.headers, response.body)
        if response.status
        else "",
        _changes(exchange),
        _near(exchange),
        _contract(exchange),
    ]
    return "\n\n".join(part for part in parts if part)


def _summary(exchange: Exchange) -> str:
    of = f" of {exchange.id}" if exchange.id else ""
    kind = {"request": "request", "submit": "submit", "told": "attempt to deliver a notification"}[exchange.kind]
    what = f"poll {exchange.asked}{of}" if exchange.poll else f"{kind}{of}"
    vendor = f" ({exchange.vendor})" if exchange.vendor else ""
    gap = gap_words(exchange).removeprefix("+")
    lines = [
        f"#{exchange.number} {what}{vendor}, {exchange.at:%Y-%m-%d %H:%M:%S.%f}"[:-3] + "Z",
        f"client read: {_read(exchange)}" if exchange.told is None else _told(exchange.told),
        f"gap: {gap} after the poll before" if gap else "",
        _place(exchange),
        *(f"change of step: {each.origin} -> {each.to}" for each in exchange.crossed),
        f"faults: {', '.join(_fault(*each) for each in exchange.faults_applied)}" if exchange.struck else "",
        f"held back: {length_words(exchange.response.delay_ms)}" if exchange.response.delay_ms else "",
        _verdict(exchange),
        f"{'note' if exchange.told is None else 'why'}: {exchange.note}" if exchange.note else "",
    ]
    return printable_lines(line for line in lines if line)


def _is_refused(exchange: Exchange) -> bool:
    """Whether it is an attempt to deliver a notification of which nothing was sent."""
    return exchange.told is not None and exchange.told.outcome == "refused"


def _told(told: Told) -> str:
    """What an attempt to deliver a notification was, and what became of it."""
    about = "" if told.item is None else f" of item {told.item}"
    signed = {
        "wrong": ", signed wrongly on purpose, as the scenario says",
        "no": ", not signed",
    }.get(told.signed or "", f", signed with {told.key}")
    nothing = ", nothing was sent" if told.outcome == "refused" else ""
    then = "" if told.next is None else f", the next one at {clock_time(told.next)}"
    return f"attempt {told.attempt} of notification {told.notice}{about}{signed}: {told.outcome}{nothing}{then}"


def _place(exchange: Exchange) -> str:
    if exchange.scenario is None:
        return ""
    return (
        f"scenario: {exchange.scenario}" if exchange.step is None else f"step: {exchange.step} of {exchange.scenario}"
    )


def _read(exchange: Exchange) -> str:
    status = f"status {exchange.response.status}"
    if exchange.unsent:
        return f"cut: no whole response arrived, nor its status; the vendor would have said {status}"
    if exchange.saw == "cut":
        return f"cut: no whole response arrived; it had {status}"
    spoiled = ": the body is not what the vendor said" if exchange.saw == "spoiled" else ""
    return f"{exchange.saw}, {status}{spoiled}"


def _fault(name: str, struck: Struck) -> str:
    where = {"armed": "armed", "scenario": "the scenario's"}.get(struck.by or "")
    return name if where is None else f"{name} ({where} #{struck.number})"


def _verdict(exchange: Exchange) -> str:
    if exchange.verdict in ("fits", "ours"):
        return f"contract: fits the profile {exchange.profile}" if exchange.verdict == "fits" else ""
    broken = (
        "broken by the scenario on purpose" if exchange.verdict == "off-contract" else "broken, so our own error left"
    )
    place = f", at {exchange.breach.path}: {exchange.breach.rule}" if exchange.breach else ""
    return f"contract: {broken}{place}"


def _message(title: str, first: str, headers: Sequence[Header], body: bytes) -> str:
    lines = [first, *(f"{header.name}: {header.value}" for header in headers)]
    return "\n".join([title, _indented(lines), *([_indented(["", *pretty(body)])] if body else [])])


def pretty(body: bytes) -> list[str]:
    """The lines of a body: JSON a member a line, its keys in their order; all else as it is."""
    text = body.decode("utf-8", "replace")
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2).splitlines()
    except (ValueError, RecursionError):
        return text.splitlines()


def _changes(exchange: Exchange) -> str:
    changes = () if exchange.changes is UNSET else exchange.changes
    if not changes:
        return ""
    why = "the faults changed" if exchange.faults else "left in place of what the contract refused"
    whole = any(line.sign != " " and line.part == "body" for line in changes)
    shown = [line for line in changes if line.sign != " " or (line.part == "body" and whole)]
    lines = [f"{line.sign} {_changed(line)}" for line in shown]
    return "\n".join([f"What {why} (- the vendor's response, + what left)", _indented(lines)])


def _changed(line: Line) -> str:
    return f"{line.part}: {line.text}" if line.part in ("delay", "delivery") else line.text


def _near(exchange: Exchange) -> str:
    if exchange.near_miss is UNSET:
        return ""
    miss = Miss(exchange, exchange.near_miss.nearest, exchange.near_miss.differs)
    return "\n".join(["Why it met nothing", _indented(miss.difference())])


def _contract(exchange: Exchange) -> str:
    fields = {} if exchange.contract is UNSET else exchange.contract
    if not fields:
        return ""
    documents = dict.fromkeys(field.document for field in fields.values())
    width = max(map(len, fields))
    broken = "" if exchange.breach is None else re.sub(r"\[\d+\]", "[*]", exchange.breach.path)
    lines = [
        f"{path:{width}}  {_field(field)}{'  <- not so here' if path == broken else ''}"
        for path, field in fields.items()
    ]
    return "\n".join([f"What the vendor's document says ({'; '.join(documents)})", _indented(lines)])


def _field(field: ContractField) -> str:
    kinds = " or ".join(field.type) or "any JSON"
    values = "" if field.enum is None else f", one of {' '.join(json.dumps(value) for value in field.enum)}"
    return f"{kinds}{values}: {field.description} [{field.row}]"


def _indented(lines: Sequence[str]) -> str:
    return printable_lines(f"  {line}".rstrip() for line in lines)


def printable_lines(lines: Any) -> str:
    """These lines, each safe for a terminal."""
    return "\n".join(printable(line) for line in lines)
