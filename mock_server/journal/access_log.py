"""The log's line of one exchange, for people and for machines."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from functools import partial

from mock_server.engine.timestamps import moment_text
from mock_server.journal.entry import Entry, Told

ACCESS = "mock_server.access"
"""The log of exchanges. It is separate so that a server under load need not write a line for each of them."""
FIELDS = "fields"
"""Attribute of a log record: a function that returns the event's fields, called only for JSON."""

log = logging.getLogger(ACCESS)


def tell(entry: Entry, *, loud: bool = False) -> None:
    """Tells of one exchange, as a warning where something needs a look, or if `loud`.

    Where nobody listens, nothing is built.
    """
    # Nearly every exchange is a plain one, which is told without a call more.
    odd = loud or ((entry.note or entry.told is not None) and _is_odd(entry))
    level = logging.ERROR if entry.verdict == "broken" else logging.WARNING if odd else logging.INFO
    if log.isEnabledFor(level):
        log.log(level, "%s", line_of(entry), extra={FIELDS: partial(fields_of, entry)})


def _is_odd(entry: Entry) -> bool:
    """Whether a request met nothing, or a notification will not be delivered."""
    return bool(entry.note) if entry.told is None else entry.told.outcome in ("failed", "refused")


def line_of(entry: Entry) -> str:
    """An exchange as one readable line, whatever bytes it was asked with."""
    request, response = entry.request, entry.response
    if entry.told is not None:
        return printable(" ".join(word for word in _attempt(entry, entry.told) if word))
    broken = entry.verdict == "broken"
    words = (
        "broken contract:" if broken else "",
        f"{request.method} {request.target} -> {response.status}",
        entry.scenario,
        entry.step,
        "off-contract" if entry.verdict == "off-contract" else "",
        *entry.faults,
        f"after {response.delay} ms" if response.delay else "",
        entry.note,
        response.body.decode("utf-8", "replace") if broken else "",
    )
    return printable(" ".join(word for word in words if word))


def _attempt(entry: Entry, told: Told) -> Iterator[str]:
    status = "nothing was sent" if told.outcome == "refused" else entry.response.status or "no response"
    yield f"notification of {entry.vendor} {entry.id}, attempt {told.attempt}:"
    yield f"{entry.request.method} {entry.request.target} -> {status}"
    yield told.outcome
    yield "broken contract" if entry.verdict == "broken" else ""
    yield entry.note


def fields_of(entry: Entry) -> Mapping[str, object]:
    """An exchange as a JSON line's fields, always the same ones; what it does not have is null or empty.

    `time` is when it was decided, `virtual` what the server's clock showed then, both in UTC.
    """
    return {
        "time": moment_text(entry.real),
        "virtual": moment_text(entry.virtual),
        "vendor": entry.vendor,
        "method": entry.request.method,
        "target": entry.request.target,
        "status": entry.response.status,
        "task": entry.id,
        "scenario": entry.scenario,
        "step": entry.step or None,
        "state": entry.state,
        "poll": entry.poll,
        "asked": entry.asked,
        "faults": entry.faults,
        "verdict": entry.verdict,
        "note": entry.note,
        "delay_ms": entry.response.delay,
        "kind": entry.kind,
        "attempt": None if entry.told is None else entry.told.attempt,
        "outcome": None if entry.told is None else entry.told.outcome,
    }


def printable(text: str) -> str:
    """The text with what would break a line or steer a terminal written as an escape."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
