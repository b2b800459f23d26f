"""A timeline as lines for the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from mock_server.scenarios.timeline.timeline import Saying, Stretch, Timeline, Track

OURS = "  (words ours)"
LEGEND = "(words ours): the vendor's document has no such response; status and text are this server's."


def lines(timeline: Timeline) -> Iterator[str]:
    """The scenario step by step."""
    yield timeline.name
    yield from (f"  {line}" for line in timeline.about.splitlines())
    yield f"  {timeline.source}; for {', '.join(timeline.vendors)}"
    for track in timeline.tracks:
        yield ""
        yield from _track(track)
    if timeline.strikes:
        yield ""
        yield "faults"
        for strike in timeline.strikes:
            yield f"   {strike.when}: {strike.does}"
            yield from _says(strike.says)
    if timeline.expires:
        yield ""
        yield f"forgotten {timeline.expires} after birth: from then on as an unknown task"
    if any(saying.ours for saying in _all(timeline)):
        yield ""
        yield LEGEND


def course(stretch: Stretch, track: Track) -> str:
    """How long a stretch holds and what follows: `for 3s, then succeeded (90 %) or failed (10 %)`."""
    ways = [track.stretches[way.to].name + (f" ({way.share})" if way.share else "") for way in stretch.ways]
    return f"{stretch.stay}, then {' or '.join(ways)}" if ways else stretch.stay


def _track(track: Track) -> Iterator[str]:
    if track.title:
        yield f"{track.title}, as one alone would show"
    for number, stretch in enumerate(track.stretches, 1):
        shows = "" if stretch.shows == stretch.name else f" ({stretch.shows})"
        yield f"{number:2} {stretch.name}{shows}: {course(stretch, track)}"
        yield from _says(stretch.says)


def _says(says: tuple[Saying, ...]) -> Iterator[str]:
    width = max((len(saying.vendor) for saying in says), default=0)
    return (f"      {saying.vendor:{width}}  {saying.text}{OURS if saying.ours else ''}" for saying in says)


def _all(timeline: Timeline) -> Iterator[Saying]:
    for track in timeline.tracks:
        for stretch in track.stretches:
            yield from stretch.says
    for strike in timeline.strikes:
        yield from strike.says
