"""What polls see over time, as a table: one row a moment, one cell a vendor. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from mock_server.api.scenarios import Ending
from mock_server.emulator.playback import Playback, Polled, is_over, is_unsteady
from mock_server.emulator.sent import Sent, sent_by
from mock_server.engine.run import Run
from mock_server.engine.scenario import EXPIRED, Fault, Lognormal
from mock_server.faults.choose import holds
from mock_server.faults.kinds import FAULTS
from mock_server.journal.entry import Entry
from mock_server.scenarios.timeline import phrases
from mock_server.scenarios.timeline.shapes import clean
from mock_server.types import Json
from mock_server.vendors.dialect import Dialect

REASONS = 3
"""Reasons of failed items that a row tells; a number of further ones stands behind them."""
_LONGEST = 72
"""Characters of a reason."""
_EVIDENT = frozenset({"delay", "headers", "status"})
"""Faults that a cell shows without their names, or that only a note tells."""


class Row(NamedTuple):
    """What every vendor's poll saw at a moment, in milliseconds after the first poll.

    A cell is the vendor's code of the task and, in brackets, the code of each item; or a status, or the names of the
    faults that spoiled the response. `notes` are the reasons of failed items, the faults that applied, and expiry.
    """

    at: int
    cells: tuple[str, ...]
    notes: tuple[str, ...]


class Course(NamedTuple):
    """The rows at which something changed, how many polls of each vendor there were, and why there are no more.

    `unmet` are the scripted faults that applied to none of these polls, in words. `sent` are the notifications, by
    virtual time, of tasks with an address.
    """

    rows: tuple[Row, ...]
    polls: int
    ending: Ending
    unmet: tuple[str, ...]
    sent: tuple[Sent, ...]


def course_of(playbacks: Sequence[Playback], every: int, most: int) -> Course:
    """Polls one task of each vendor side by side, whenever something changes, at most `most` times.

    Where polls move a task on, they are `every` milliseconds apart. All are of one scenario and begin at one time.
    """
    rows: list[Row] = []
    met: set[int] = set()
    count = 0
    seen: tuple[Polled, ...] = ()
    for now, seen in moments(playbacks, every, most):
        count += 1
        row = _row(playbacks, now - playbacks[0].start, seen)
        met.update(k for polled in seen for k in _applied(polled))
        if not rows or (row.cells, row.notes) != (rows[-1].cells, rows[-1].notes):
            rows.append(row)
    faults = playbacks[0].scenario.faults
    unmet = tuple(_fault_text(fault) for k, fault in enumerate(faults) if k not in met)
    sent = sent_by(polled.run for polled in seen)
    return Course(tuple(rows), count, ending_of(seen, is_last=count == most), unmet, sent)


def moments(playbacks: Sequence[Playback], every: int, most: int) -> Iterator[tuple[int, tuple[Polled, ...]]]:
    """The virtual times at which a poll may see something else, at most `most`, with a poll of each task."""
    playing = list(playbacks)
    now: int | None = playing[0].start
    for _ in range(most):
        if now is None:
            return
        done = [each.poll(now) for each in playing]
        seen, playing = tuple(polled for polled, _ in done), [after for _, after in done]
        yield now, seen
        later = [moment for each in playing if (moment := each.next_change(now, every)) is not None]
        if any(_is_news(polled, after.at(now)) for polled, after in zip(seen, playing, strict=True)):
            later.append(now + every)
        now = min(later, default=None)


def cell_of(entry: Entry, dialect: Dialect, *, delay: bool = True) -> str:
    """What one poll saw, in short: `2 [0, 2]`, `599`, `malformed`, `1 [1], 250ms late`. `delay`: say how late it is."""
    response, body = entry.response, _body_of(entry)
    readable = body is not None and (entry.original is None or entry.original.body == response.body)
    delivered = response.delivery is None or not FAULTS[response.delivery.kind].destroys
    extra = [name for name in entry.faults if name not in _EVIDENT and name != str(response.status)]
    late = [f"{phrases.length(response.delay)} late"] if response.delay and delay else []
    if not delivered or (entry.faults and not readable and response.status < 300):
        return ", ".join([*(extra or [str(response.status)]), *late])
    if response.status >= 300 or not readable or entry.state is None:
        named = [name for name in extra if name in FAULTS or name in ("body", "redirect")]
        return ", ".join([str(response.status), *named, *late])
    status = "" if response.status == 200 else f"{response.status} "
    return ", ".join([f"{status}{dialect.glance(body)}", *extra, *late])


def ending_of(seen: Sequence[Polled], *, is_last: bool) -> Ending:
    """Why the polls end with these. `is_last`: there may be no more."""
    if is_last and not all(map(is_over, seen)):
        return "limit"
    return "end" if all(polled.run.ended or polled.run.expired for polled in seen) else "held"


def _row(playbacks: Sequence[Playback], at: int, seen: Sequence[Polled]) -> Row:
    cells, reasons = [], {}
    for playback, polled in zip(playbacks, seen, strict=True):
        dialect = playback.renderer.registry.dialect(playback.key.vendor, playback.scenario.options)
        cells.append(cell_of(polled.entry, dialect, delay=not _is_delay_drawn(polled)))
        reasons[dialect.name] = tuple(_reasons_of(polled.entry, dialect))
    notes = list(_told(reasons))
    for polled in seen:
        notes += [_fault_text(polled.run.scenario.faults[k]) for k in _applied(polled)]
        notes += [EXPIRED] if polled.run.expired else []
    return Row(at, tuple(cells), tuple(dict.fromkeys(notes)))


def _told(reasons: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """The reasons by vendor; those that all have alike, who have any, without the vendors' names."""
    given = {vendor: told for vendor, told in reasons.items() if told}
    alike = len(reasons) == 1 or (len(given) > 1 and len(set(given.values())) == 1)
    for vendor, told in given.items():
        yield from (reason if alike else f"{vendor}, {reason}" for reason in told)


def _reasons_of(entry: Entry, dialect: Dialect) -> Iterator[str]:
    """`item 1: File Already Exist`, and with many how many more there are. Nothing where the body was spoiled."""
    body = _body_of(entry)
    if body is None or (entry.original is not None and entry.original.body != entry.response.body):
        return
    by_reason = sorted(dialect.item_reasons(body), key=lambda found: found[1])
    groups = sorted(([k for k, _ in same], reason) for reason, same in groupby(by_reason, lambda found: found[1]))
    for positions, reason in groups[:REASONS]:
        items = f"item {positions[0]}" if len(positions) == 1 else f"{len(positions)} items from {positions[0]}"
        yield f"{items}: {clean(reason, _LONGEST)}"
    if len(groups) > REASONS:
        yield f"{len(groups) - REASONS} more reasons"


def _body_of(entry: Entry) -> Json:
    """The value in a response's body; None where there is none."""
    try:
        return json.loads(entry.response.body)
    except ValueError:
        return None


def _applied(polled: Polled) -> Iterator[int]:
    """The positions of the scripted faults that changed a response."""
    names, step = polled.entry.faults, polled.entry.step or ""
    for k, fault in enumerate(polled.run.scenario.faults if names else ()):
        if _names(fault).intersection(names) and holds(fault.when, k, polled.run, step):
            yield k


def _is_delay_drawn(polled: Polled) -> bool:
    """Whether chance decides how late a response is: then another delay is no change."""
    delays = [polled.run.scenario.faults[k].effect.delay for k in _applied(polled)]
    return any(isinstance(delay, Lognormal) or (delay is not None and delay.low < delay.high) for delay in delays)


def _names(fault: Fault) -> frozenset[str]:
    """What the journal may call a fault."""
    effect = fault.effect
    keys = ("delay", "headers", "status", "body", "redirect")
    named = {key for key in keys if getattr(effect, key) not in (None, ())}
    named.update(str(word) for word in (effect.error, effect.fault) if word is not None)
    return frozenset(named | ({"bad_length"} if effect.length is not None else set()))


def _is_news(polled: Polled, after: Run) -> bool:
    """Whether the next poll may see what this one did not: it moved the task, or a fault that may go hid the end."""
    before = polled.run
    moved = (before.cursor.hops, before.places) != (after.cursor.hops, after.places)
    return moved or (before.ended and any(is_unsteady(before.scenario.faults[k]) for k in _applied(polled)))


def _fault_text(fault: Fault) -> str:
    return f"{phrases.condition(fault.when)}: {phrases.effect(fault.effect)}"
