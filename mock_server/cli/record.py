"""`mock-server record`: a scenario file of what a real service answers to polls of one task."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import click

from mock_server.cli.offline import parts_of
from mock_server.cli.remote import UNMET
from mock_server.cli.text import many, print_file, printable
from mock_server.cli.upstream import NoUpstream, Upstream
from mock_server.client.transport import trust_of
from mock_server.control.recording.recorder import Recorder, poll_regularly
from mock_server.control.recording.secrets import cleaned
from mock_server.control.recording.seen import Seen
from mock_server.control.recording.write import Recording, Writer, Written, claim
from mock_server.engine.durations import BadTime, length
from mock_server.engine.task import Key
from mock_server.errors import InvalidInput, MockServerError, Problem, unknown_vendor
from mock_server.scenarios.flow import flow
from mock_server.scenarios.load import Loader
from mock_server.scenarios.timeline.phrases import moment
from mock_server.settings import Settings
from mock_server.vendors.dialect import MAX_ID, Dialect

_PLAIN = "recorded"
"""The name of a scenario that goes to no file."""
_SHOWN = 20
"""Polls that differ of which each is told."""
_KEEP = "Keep this header, parameter or field, though it looks secret; may be repeated."
_HEADER = "Send this header with each poll; may be repeated."


class Plan(NamedTuple):
    """What to record, and how: milliseconds between polls, and for how long; None: until the work ends."""

    key: Key
    every: int
    lasts: int | None
    headers: tuple[tuple[str, str], ...]


def _milliseconds(_ctx: click.Context, param: click.Parameter, text: str | None) -> int | None:
    try:
        return None if text is None else length(text)
    except BadTime as error:
        raise click.BadParameter(f"{text!r} will not do: {error}", param=param) from None


def _headers(_ctx: click.Context, _param: click.Parameter, texts: Sequence[str]) -> tuple[tuple[str, str], ...]:
    found = []
    for text in texts:
        name, colon, value = text.partition(":")
        good = colon and name.strip() and f"{name}{value}".isascii() and f"{name}{value}".isprintable()
        if not good or " " in name.strip():
            raise click.BadParameter("expected NAME: VALUE in printable ASCII, such as 'X-Auth-Token: …'")
        found.append((name.strip(), value.strip()))
    return tuple(found)


def _place(_ctx: click.Context, _param: click.Parameter, text: str | None) -> tuple[str, int] | None:
    if text is None:
        return None
    host, _, port = text.rpartition(":")
    if not (port.isascii() and port.isdigit() and int(port) <= 65535):
        raise click.BadParameter(f"{text!r} is no port, nor HOST:PORT")
    return host or "127.0.0.1", int(port)


@click.command("record")
@click.option("--vendor", required=True, metavar="VENDOR", help="The vendor whose API the service has.")
@click.option("--upstream", required=True, metavar="URL", help="The service, such as https://api.example.com.")
@click.option("--id", "id_", required=True, metavar="ID", help="The task to record.")
@click.option("--listen", metavar="[HOST:]PORT", callback=_place, help="Record the polls of a client that asks here.")
@click.option("--every", default="1s", metavar="LENGTH", callback=_milliseconds, help="Time between polls. [1s]")
@click.option("--for", "lasts", metavar="LENGTH", callback=_milliseconds, help="Record so long.")
@click.option("--until-end", is_flag=True, help="Record until the work has ended. [default, without --for]")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write FILE. [standard output]")
@click.option("--keep", multiple=True, metavar="NAME", help=_KEEP)
@click.option("--header", "headers", multiple=True, metavar="NAME: VALUE", callback=_headers, help=_HEADER)
@click.option("--ca", metavar="FILE", help="Trust the authorities in this PEM file.")
def command(
    *,
    vendor: str,
    upstream: str,
    id_: str,
    listen: tuple[str, int] | None,
    every: int,
    lasts: int | None,
    until_end: bool,
    output: Path | None,
    keep: Sequence[str],
    headers: tuple[tuple[str, str], ...],
    ca: str | None,
) -> None:
    """Make a scenario of what a real service answers.

    It polls the status of ID there, or with --listen passes on what a client asks, and writes a scenario with the
    steps, waits, bodies, headers and faults seen. Secrets are removed. What cannot be told is a comment in the file.
    Then it plays the scenario at the same moments, and says where a client would see something else: exit code 1.
    Ctrl-C ends the recording early. It connects to URL alone, follows no redirect, and uses no proxy.
    """
    if lasts is not None and until_end:
        raise click.UsageError("--for and --until-end do not go together: give one of them")
    loader, renderer = parts_of(Settings())
    if vendor not in renderer.registry:
        raise InvalidInput([unknown_vendor("--vendor", vendor, renderer.registry.names)])
    if not 0 < len(id_) <= MAX_ID or not id_.isprintable():
        raise InvalidInput([Problem("--id", f"expected 1 to {MAX_ID} printable characters")])
    name = _checked(loader, output, id_)
    service = Upstream(upstream, None if ca is None else trust_of(ca))
    dialect = renderer.registry.dialect(vendor)
    recorder = Recorder(dialect, until_end=lasts is None)
    plan = Plan(Key(vendor, id_), every, lasts, headers)
    sent = [value for _, value in headers]
    if listen is None:
        _poll(service, dialect, recorder, plan)
    else:
        sent += _listen(service, dialect, recorder, plan, listen)
    polls = recorder.polls
    if not polls:
        raise MockServerError(f"nothing was recorded: no poll of {id_} came")
    clean = cleaned(polls, keep, sent)
    written = Writer(loader, renderer).written(Recording(plan.key, name, clean.polls, clean.removed))
    _write(written.text, output)
    for line in report(polls, written, recorder.over):
        click.echo(printable(line), err=output is None)  # the scenario itself is alone on its stream
    click.get_current_context().exit(UNMET if written.unlike else 0)


def report(polls: Sequence[Seen], written: Written, why: str) -> list[str]:
    """What was recorded, why it ended, what could not be told, and whether the scenario plays the same."""
    span = moment(polls[-1].at - polls[0].at)
    lines = [f"recorded {many(len(polls), 'poll')} over {span}{f': {why}' if why else ''}"]
    lines += [f"not known: {note}" for note in written.lost[:_SHOWN]]
    if not written.unlike:
        return [*lines, "played at the same moments, a client sees the same"]
    count = len({each.poll for each in written.unlike})
    lines.append(f"played at the same moments, a client sees something else at {many(count, 'poll')}:")
    more = len(written.unlike) - _SHOWN
    return [*lines, *(f"  {each}" for each in written.unlike[:_SHOWN]), *([f"  and {more} more"] if more > 0 else [])]


def _checked(loader: Loader, output: Path | None, id: str) -> str:
    """The name of the scenario. InvalidInput: none can have it or claim the id, or the file cannot be written."""
    name = _PLAIN if output is None else output.stem
    hint = "name a file such as seen.yaml in a folder that exists"
    if output is not None and (output.suffix not in (".yaml", ".yml") or output.is_dir() or not output.parent.is_dir()):
        raise InvalidInput([Problem("-o", f"{str(output)!r} will not do", hint)])
    smallest = {"about": "Named.", **claim(name, id), "steps": [{"state": "succeeded"}]}
    loader.load_text(f"{flow(smallest)}\n", name, str(output or "--id"))
    return name


def _poll(service: Upstream, dialect: Dialect, recorder: Recorder, plan: Plan) -> None:
    """Polls until it is over, or Ctrl-C. NoUpstream: not even the first poll could be sent."""
    target = dialect.example(plan.key.id)
    headers = (("Accept", "application/json"), ("User-Agent", "mock-server"), *plan.headers)

    def ask() -> Seen:
        at = service.now()
        try:
            return service.ask("GET", target, headers).seen
        except NoUpstream:
            if not recorder.polls:
                raise
            return Seen(at, failure="no connection")

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):  # what was recorded until then is written
        # The time between polls is what was asked for: there is no event to wait for, and Ctrl-C ends the wait.
        poll_regularly(ask, recorder, (plan.every, plan.lasts), service.now, lambda ms: time.sleep(ms / 1_000))


def _listen(
    service: Upstream, dialect: Dialect, recorder: Recorder, plan: Plan, place: tuple[str, int]
) -> tuple[str, ...]:
    """Stands between clients and the service until it is over; what the recorded requests were signed with."""
    from mock_server.cli.between import Between
    from mock_server.server.wire.limits import Limits
    from mock_server.server.wire.server import WireServer
    from mock_server.server.wire.service import Answers

    if place == service.place:
        raise InvalidInput([Problem("--listen", "it is the address of --upstream", "name another port")])
    between = Between(service, dialect, plan.key, recorder)
    handlers = Answers(
        lambda request: between.answer(request, server.close),
        lambda _: True,
        lambda request: between.answer(request, server.close),
    )
    server = WireServer(handlers, *place, threading.Event(), limits=Limits(drain_time=5.0))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.close())
    if plan.lasts is not None:
        timer = threading.Timer(plan.lasts / 1_000, server.close)
        timer.daemon = True
        timer.start()
    click.echo(f"mock-server records the polls of {plan.key.id} on {server.url}", err=True)
    server.run()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    return between.secrets


def _write(text: str, output: Path | None) -> None:
    if output is None:
        print_file(text)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        print_file(text)  # so that the recording is not lost
        raise InvalidInput([Problem(str(output), f"cannot be written: {error.strerror}")]) from None
