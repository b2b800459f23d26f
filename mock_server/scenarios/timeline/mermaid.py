"""A timeline in the language of Mermaid: a state diagram of its steps, or a Gantt chart of its items."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mock_server.api.timeline import Range, Stretch, Timeline, Track
from mock_server.scenarios.timeline.notify import notify_lines
from mock_server.scenarios.timeline.shapes import clean
from mock_server.scenarios.timeline.text import axis_of

_START = Range(0, 0)
_ROUND = str.maketrans({"[": "(", "]": ")", '"': None})


def mermaid(timeline: Timeline) -> str:
    """A `stateDiagram-v2` with its faults as notes; for items that walk alone a `gantt` with one time axis for all."""
    if timeline.tracks[0].first is None:
        found = ["stateDiagram-v2", *(f"    {line}" for line in _states(timeline))]
    else:
        found = ["gantt", *(f"    {line}" for line in _gantt(timeline))]
    return "\n".join(found) + "\n"


def _states(timeline: Timeline) -> Iterator[str]:
    (track,) = timeline.tracks
    for k, stretch in enumerate(track.stretches):
        shows = "" if stretch.shows == stretch.name else f" {stretch.shows}"
        yield f"t0s{k}: {_plain(stretch.name + shows)}"
        yield f"t0s{k}: {_plain(stretch.stay)}"
        if stretch.items:
            yield f"t0s{k}: {_plain(', '.join(f'{run.saw} x {run.times}' for run in stretch.items))}"
    yield "[*] --> t0s0"
    for k, stretch in enumerate(track.stretches):
        for way in stretch.transitions:
            yield f"t0s{k} --> t0s{way.to}" + (f": {way.share}" if way.share else "")
        if not stretch.transitions:
            yield f"t0s{k} --> [*]"
    for fault in timeline.faults:
        names = [stretch.name for stretch in track.stretches]
        yield f"note right of t0s{names.index(fault.step) if fault.step in names else 0}"
        yield f"    fault {_plain(f'{fault.when}, {fault.does}')}"
        yield "end note"
    if timeline.expires:
        yield "note right of t0s0"
        yield f"    forgotten {timeline.expires} after birth"
        yield "end note"
    for text in _notified(timeline):
        yield "note right of t0s0"
        yield f"    {text}"
        yield "end note"


def _gantt(timeline: Timeline) -> Iterator[str]:
    """Seconds, or polls, since the birth of the task."""
    axis = axis_of(timeline)
    last = max((end.high for track in timeline.tracks for _, end in _spans(track) if end), default=0)
    longest = last + max(1, last // 5)
    yield f"title {_plain(timeline.name)}, {'polls' if axis == 'polls' else 'seconds'} since its birth"
    yield f"dateFormat {'X' if axis == 'polls' else 'x'}"
    yield "axisFormat %s"
    for track in timeline.tracks:
        if track.axis in (axis, None):
            yield f"section {_plain(track.title)}"
            yield from _bars(track, longest)
    yield from _whole(timeline, longest)
    if timeline.faults:
        yield "section faults"
        for fault in timeline.faults:
            yield f"{_plain(f'{fault.when}, {fault.does}')} :crit, 0, {longest}"
    if timeline.expires:
        yield "section expiry"
        yield f"forgotten {timeline.expires} after birth :milestone, {longest}, {longest}"
    notified = list(_notified(timeline))
    if notified:
        yield "section notifications"
        yield from (f"{text} :milestone, {longest}, {longest}" for text in notified)


def _notified(timeline: Timeline) -> Iterator[str]:
    """The notifications of a scenario that says something of them."""
    if timeline.notify is not None and timeline.notify.written:
        yield from (f"notifies {_plain(line)}" for line in notify_lines(timeline))


def _bars(track: Track, longest: int) -> Iterator[str]:
    ways: dict[int, list[str]] = {}
    for stretch in track.stretches:
        for way in stretch.transitions:
            ways.setdefault(way.to, []).append(way.share)
    for k, (stretch, (begin, end)) in enumerate(zip(track.stretches, _spans(track), strict=True)):
        shares = " or ".join(filter(None, ways.get(k, [])))
        kind = "active, " if end is not None else "done, "
        name = _plain(f"{stretch.name} {stretch.stay}{f' {shares}' if shares else ''}")
        yield f"{name} :{kind}{begin.high}, {longest if end is None else end.high}"


def _whole(timeline: Timeline, longest: int) -> Iterator[str]:
    if not timeline.whole:
        return
    for n, vendor in enumerate(timeline.vendors):
        yield f"section the whole, {_plain(vendor)}"
        starts = [moment.at.high for moment in timeline.whole]
        for moment, begin, end in zip(timeline.whole, starts, [*starts[1:], longest], strict=True):
            shown = moment.vendors[n]
            codes = shown.text.translate(_ROUND)
            yield f"{_plain(' or '.join(shown.saw) + ' ' + codes)} :{begin}, {end}"


def _spans(track: Track) -> list[tuple[Range, Range | None]]:
    return [_span(stretch) for stretch in track.stretches]


def _span(stretch: Stretch) -> tuple[Range, Range | None]:
    return stretch.begins or _START, stretch.ends


def _plain(text: str) -> str:
    """Text without the characters that have a meaning in Mermaid."""
    return " ".join(re.sub(r"[^\w .,%()-]", " ", clean(text)).split())
