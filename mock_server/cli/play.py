"""`mock-server play NAME`: the exchanges of a task without a server, on a simulated clock."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress

import click

from mock_server.assembly import Server
from mock_server.cli.flags import PLAYING, Whole, settings_flags, settings_from
from mock_server.cli.offline import assemble_offline, scenario_named
from mock_server.cli.text import many
from mock_server.emulator.commit import new_run
from mock_server.engine.durations import BadTime, length
from mock_server.engine.scenario import Scenario
from mock_server.engine.task import Key
from mock_server.errors import InvalidInput, Problem, unknown_vendor
from mock_server.http.message import Response, request_of
from mock_server.journal.journal import Entry
from mock_server.scenarios.library import claims_of
from mock_server.scenarios.timeline.phrases import length as length_in_words
from mock_server.settings import Words
from mock_server.vendors.dialect import MAX_ID

START = 1_767_225_600_000
"""Where the clock starts: 2026-01-01T00:00:00Z. It is always the same, so that two runs can be compared."""


class ManualClock:
    """A clock that moves only when `now` is set, in milliseconds since 1970."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        """The present moment."""
        return self.now


@click.command("play")
@click.argument("name")
@click.option("--vendor", required=True, metavar="VENDOR", help="Which vendor to poll.")
@click.option("--polls", type=Whole(1, 100_000), default=10, show_default=True, help="Polls at most.")
@click.option("--every", default="1s", show_default=True, metavar="LENGTH", help="Time between polls: 250ms, 3s, 10m.")
@click.option("--id", "id_", metavar="ID", help="The id to poll; other ids have other draws. [default: NAME.play]")
@click.option("--pretty", is_flag=True, help="Print bodies over several lines.")
@settings_flags(*PLAYING)
def command(
    name: str, vendor: str, polls: int, every: str, *, id_: str | None, pretty: bool, **options: Words | None
) -> None:
    """Poll a task of the scenario NAME, and print every exchange.

    It ends when the task has ended. No server is needed, and no time passes.
    """
    clock = ManualClock()
    server = assemble_offline(settings_from(options), clock)
    scenario = scenario_named(name, server)
    key = _key(server, scenario, vendor, f"{name}.play" if id_ is None else id_)
    for line in play(server, scenario, key, clock, polls=polls, gap=_gap(every), pretty=pretty):
        click.echo(line)


def play(
    server: Server, scenario: Scenario, key: Key, clock: ManualClock, *, polls: int, gap: int, pretty: bool = False
) -> Iterator[str]:
    """The lines of each exchange, `gap` milliseconds apart, until a poll has seen the end, or after `polls`."""
    target = server.registry.dialect(key.vendor).example(key.id)
    step = ""
    for number in range(1, polls + 1):
        over = _is_over(server, scenario, key, clock())
        server.emulator.answer(request_of("GET", target, (), b""))
        entry = server.store.entries()[0][-1]
        yield from _exchange(entry, number, clock() - START, step, pretty=pretty)
        step = entry.step or ""
        if over and not entry.faults:
            yield f"# the end, after {many(number, 'poll')}"
            return
        clock.now += gap
        yield ""
    yield f"# stopped after {many(polls, 'poll')}, at step {step}; --polls and --every go further"


def _exchange(entry: Entry, number: int, at: int, step: str, *, pretty: bool) -> Iterator[str]:
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


def _is_over(server: Server, scenario: Scenario, key: Key, now: int) -> bool:
    """Whether a poll now sees a task that polls and time will not change any more."""
    run = server.ledger.read(key) or new_run(scenario, key, server.settings.seed, now)
    return run.expired or run.ended


def _key(server: Server, scenario: Scenario, vendor: str, id_: str) -> Key:
    if vendor not in server.registry:
        raise InvalidInput([unknown_vendor("--vendor", vendor, server.registry.names)])
    if vendor not in scenario.vendors:
        what = f'"{scenario.name}" is not served by {vendor}'
        raise InvalidInput([Problem("--vendor", what, f"served by {', '.join(scenario.vendors)}")])
    why = _unusable_id(id_)
    if why:
        raise InvalidInput([Problem("--id", why, f"such as {scenario.name}.1")])
    if server.catalogue.library.choose(vendor, id_) is not scenario:
        what = f'"{scenario.name}" does not claim the id {id_!r}'
        raise InvalidInput([Problem("--id", what, f"it claims {', '.join(claims_of(scenario))}")])
    return Key(vendor, id_)


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
