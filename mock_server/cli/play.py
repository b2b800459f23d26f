"""`mock-server play NAME`: what polls of a task see, without a server, on a simulated clock."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

import click

from mock_server.api.scenarios import Ending
from mock_server.cli.flags import PLAYING, Whole, settings_flags, settings_from
from mock_server.cli.offline import Source, source_of
from mock_server.cli.sent import sent_line, silence, with_address
from mock_server.cli.server_flags import with_client_if_named
from mock_server.cli.text import columns, many
from mock_server.emulator.course import Course, course_of
from mock_server.emulator.playback import Playback, Polled, is_over, polls
from mock_server.emulator.sent import sent_by
from mock_server.engine.durations import UNITS, BadTime, daily, length
from mock_server.engine.ids import IdPattern
from mock_server.engine.scenario import DAY, Scenario
from mock_server.engine.task import Key
from mock_server.errors import InvalidInput, Problem, unknown_vendor
from mock_server.http.message import Response
from mock_server.scenarios.library import claims_of
from mock_server.scenarios.timeline.phrases import length as length_in_words
from mock_server.scenarios.timeline.phrases import moment
from mock_server.settings import Words
from mock_server.vendors.dialect import MAX_ID
from mock_server.vendors.registry import Registry

if TYPE_CHECKING:
    from mock_server.client import Client

START = 1_767_225_600_000
"""Where the clock starts: 2026-01-01T00:00:00Z. It is always the same, so that two runs can be compared."""
_FEW, _MANY = 10, 1_000
"""Polls at most, where every exchange is printed, and where only changes are."""
_ENDINGS: Mapping[Ending, str] = {
    "end": "the end",
    "held": "nothing changes any more, unless someone moves the task",
    "limit": "stopped here; --polls and --every go further",
}


class Zone(NamedTuple):
    """The time of day at the first poll, in milliseconds, and the name of its zone."""

    start: int
    name: str


@click.command("play")
@click.argument("name")
@click.option("--vendor", metavar="VENDOR", help="Poll only this vendor. [default: every vendor that it serves]")
@click.option("--at-changes", "form", flag_value="changes", default=True, help="Print what changes. [default]")
@click.option("--full", "form", flag_value="full", help="Print every exchange.")
@click.option("--polls", type=Whole(1, 100_000), help=f"Polls at most. [default: {_MANY}; with --full {_FEW}]")
@click.option("--every", default="1s", show_default=True, metavar="LENGTH", help="Time between polls: 250ms, 3s, 10m.")
@click.option("--from", "from_", metavar="TIME", help="Time of day at the first poll, with its zone: 01:55+08:00.")
@click.option("--id", "id_", metavar="ID", help="The id to poll; other ids have other draws. [default: NAME.play]")
@click.option("--notify-url", metavar="URL", help="Print when the task would notify this address. [default: none]")
@click.option("--pretty", is_flag=True, help="Print bodies over several lines, with --full.")
@settings_flags(*PLAYING, "pace")
@with_client_if_named
def command(
    client: Client | None,
    *,
    name: str,
    vendor: str | None,
    form: str,
    polls: int | None,
    every: str,
    from_: str | None,
    id_: str | None,
    notify_url: str | None,
    pretty: bool,
    **options: Words | None,
) -> None:
    """Poll a task of the scenario NAME, and print what polls see.

    NAME is a scenario's name or the path of a file. It prints one line for each moment at which something changes, with
    one column for each vendor; several have a header. No server is needed, and no time passes. With --url it plays what
    that server has. With --notify-url the task has a notify address; nothing is sent there.
    """
    gap = _gap(every)
    zone = None if from_ is None else _zone(from_)
    source = source_of(name, settings_from(options), client)
    playing = _playbacks(source, vendor, id_, START + (0 if zone is None else zone.start))
    if notify_url is not None:
        playing = with_address(playing, notify_url, source.pace)
    if form == "full":
        lines = play_full(playing, polls=polls or _FEW, gap=gap, pretty=pretty)
    else:
        lines = play(playing, polls=polls or _MANY, gap=gap, zone=zone)
    for line in lines:
        click.echo(line)


def play(playing: Sequence[Playback], *, polls: int, gap: int, zone: Zone | None = None) -> Iterator[str]:
    """A line for each moment at which something changes, then why there are no more."""
    course = course_of(playing, gap, polls)
    heads = [*([zone.name] if zone else []), "at", *(each.key.vendor for each in playing)]
    rows = [
        [*([_clock(zone, row.at)] if zone else []), moment(row.at), *row.cells, "; ".join(row.notes)]
        for row in course.rows
    ]
    heading = [[*heads, ""]] if len(playing) > 1 or zone is not None else []
    lines = list(columns([*heading, *rows]))
    yield from lines[: len(heading)]
    marks = [(row.at, line) for row, line in zip(course.rows, lines[len(heading) :], strict=True)]
    marks += [(sent.at - playing[0].start, sent_line(sent, playing)) for sent in course.sent]
    yield from (line for _, line in sorted(marks, key=lambda mark: mark[0]))
    yield f"# {_ENDINGS[course.ending]}, after {many(course.polls, 'poll')}"
    yield from _unmet(course)
    yield from silence(playing, course.sent)


def play_full(playing: Sequence[Playback], *, polls: int, gap: int, pretty: bool = False) -> Iterator[str]:
    """Every exchange of each vendor's task, `gap` milliseconds apart, until a poll saw the end, or after `polls`."""
    for number, playback in enumerate(playing):
        if len(playing) > 1:
            yield from ("", f"## {playback.key.vendor}") if number else (f"## {playback.key.vendor}",)
        yield from _play_one(playback, polls, gap, pretty=pretty)


def _unmet(course: Course) -> Iterator[str]:
    for text in course.unmet:
        yield f"# applied to no poll: {text}"


def _play_one(playback: Playback, most: int, gap: int, *, pretty: bool) -> Iterator[str]:
    step, told = "", 0
    for number, polled in enumerate(polls(playback, gap, most), 1):
        # In the order of time: what comes later has a later place.
        sent, over = sent_by([polled.run]), is_over(polled)
        past = [sent_line(each, [playback]) for each in sent if each.at < polled.entry.virtual]
        yield from past[told:]
        told = len(past)
        yield from _exchange(polled, number, playback.start, step, pretty=pretty)
        step = polled.entry.step or ""
        if over:
            yield from (sent_line(each, [playback]) for each in sent[told:])
            yield f"# the end, after {many(number, 'poll')}"
            yield from silence([playback], sent)
            return
        yield ""
    yield f"# stopped after {many(most, 'poll')}, at step {step}; --polls and --every go further"


def _exchange(polled: Polled, number: int, start: int, step: str, *, pretty: bool) -> Iterator[str]:
    entry = polled.entry
    at = entry.virtual - start
    moved = f"{step} -> {entry.step}" if step and step != entry.step else f"{entry.step}"
    faults = f", with {', '.join(entry.faults)}" if entry.faults else ""
    yield f"# poll {number} at {length_in_words(at) if at else '0s'}: {moved}{faults}"
    yield f"GET {entry.request.target}"
    yield from _response(entry.response, pretty=pretty)


def _response(response: Response, *, pretty: bool) -> Iterator[str]:
    if response.delay:
        yield f"# {length_in_words(response.delay)} later"
    yield f"{response.status} {response.reason}"
    body = response.body.decode("utf-8", "replace")
    if pretty:
        with suppress(ValueError):  # a fault may have broken it: then it is printed as it is
            body = json.dumps(json.loads(body), ensure_ascii=False, indent=2)
    if body:
        yield body
    if response.delivery is not None:
        yield f"# delivered as {response.delivery.kind}"


def _playbacks(source: Source, vendor: str | None, id_: str | None, start: int) -> list[Playback]:
    scenario, renderer, seed, _ = source
    id = f"{scenario.name}.play" if id_ is None else id_
    _check_id(scenario, id)
    vendors = scenario.vendors if vendor is None else (_served(scenario, vendor, renderer.registry),)
    return [Playback(renderer, scenario, Key(each, id), seed, start) for each in vendors]


def _served(scenario: Scenario, vendor: str, registry: Registry) -> str:
    if vendor not in registry:
        raise InvalidInput([unknown_vendor("--vendor", vendor, registry.names)])
    if vendor not in scenario.vendors:
        what = f'"{scenario.name}" is not served by {vendor}'
        raise InvalidInput([Problem("--vendor", what, f"served by {', '.join(scenario.vendors)}")])
    return vendor


def _check_id(scenario: Scenario, id: str) -> None:
    why = _unusable_id(id)
    if why:
        raise InvalidInput([Problem("--id", why, f"such as {scenario.name}.1")])
    claims = claims_of(scenario)
    if not any(IdPattern.parse(claim).matches(id) for claim in claims):
        what = f'"{scenario.name}" does not claim the id {id!r}'
        raise InvalidInput([Problem("--id", what, f"it claims {', '.join(claims)}")])


def _unusable_id(id_: str) -> str:
    """Why no vendor takes this id; empty if that is not so."""
    if not 0 < len(id_) <= MAX_ID:
        return f"it has {many(len(id_), 'character')}, expected 1 to {MAX_ID}"
    try:
        id_.encode()
    except UnicodeEncodeError:
        return f"{id_!r} is no text that UTF-8 can encode"
    return ""


def _gap(every: str) -> int:
    try:
        return length(every)
    except BadTime as error:
        raise InvalidInput([Problem("--every", f"{every!r} will not do: {error}")]) from None


def _zone(text: str) -> Zone:
    try:
        start = daily(text, "1m").start
    except BadTime as error:
        raise InvalidInput([Problem("--from", f"{text!r} will not do: {error}")]) from None
    return Zone(start, re.sub("^.*?(?=[Z+-])", "", text))


def _clock(zone: Zone, at: int) -> str:
    """The time of day in the zone, so long after the first poll: `02:00:00`, or `02:00:00.250`."""
    ahead = 0
    if zone.name != "Z":
        hours, minutes = zone.name[1:].split(":")
        ahead = (int(hours) * UNITS["h"] + int(minutes) * UNITS["m"]) * (1 if zone.name[0] == "+" else -1)
    seconds, ms = divmod((zone.start + ahead + at) % DAY, 1000)
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{text}.{ms:03}" if ms else text
