"""`mock-server serve`: the server in the foreground, until it is stopped."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click

from mock_server import __version__
from mock_server.assembly import Server, assemble
from mock_server.cli import logs
from mock_server.cli.collector import settle_collector
from mock_server.cli.ending import end_at_signals
from mock_server.cli.flags import settings_flags, settings_from
from mock_server.cli.runs import read_bundle
from mock_server.cli.text import many
from mock_server.engine.scenario import Scenario
from mock_server.settings import ABOUT, Words
from mock_server.types import Json

FAVOURITE = "happy-path"
"""The scenario to try first, where there is one of this name."""


@click.command("serve")
@settings_flags(*ABOUT)
@click.option(
    "--bundle",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Start from a run that was saved as a bundle, with its seed, profile and options.",
)
def command(bundle: Path | None, **options: Words | None) -> None:
    """Serve the scenarios until Ctrl-C or SIGTERM.

    Scenario files that change are reloaded. If a file becomes invalid, the log says so and its last good version stays
    in force. Every setting is also an environment variable.
    """
    from mock_server.server.servers import servers_of
    from mock_server.server.wire.limits import more_descriptors

    run = None if bundle is None else read_bundle(bundle)
    settings = settings_from(options if run is None else _as_in(run, options))
    logs.set_up_process(settings.log_format, settings.log_level, access=settings.access_log)
    more_descriptors()
    parts = assemble(settings)
    logs.log_injected(os.environ)
    if run is not None:
        _go_on_from(run, parts)
    server = servers_of(parts)
    end_at_signals(server.close)
    admin = None if server.admin is None else server.admin_url
    form = settings.log_format
    url = settings.public_url or server.url
    first, *others = greeting(parts, url, admin)
    click.echo(logs.line(form, "info", first, url=url, admin_url=admin or url))
    click.echo("\n".join(logs.line(form, "info", each) for each in others))
    settle_collector()
    server.run()


def _as_in(run: Json, options: Mapping[str, Words | None]) -> dict[str, Words | None]:
    """The flags that are given; where they say nothing, the settings that a bundle's responses depend on."""
    from mock_server.control.bundle import settings_in

    return {**settings_in(run), **{name: words for name, words in options.items() if words not in (None, ())}}


def _go_on_from(run: Json, parts: Server) -> None:
    from mock_server.control.bundle import load

    load(parts, run)


def greeting(server: Server, url: str, admin: str | None = None) -> Iterator[str]:
    """What a server prints when it listens: its address, what it loaded, and for each vendor a command to try."""
    yield f"mock-server {__version__} on {url}" + (f", its admin API on {admin}" if admin else "")
    scenarios = tuple(server.catalogue.library.scenarios.values())
    yield loaded(scenarios, server.settings.scenarios)
    for vendor in server.registry.names:
        scenario = _to_try(server.catalogue.library.scenarios, vendor)
        if scenario is not None:
            # A new id each time: a task that was polled before would be found where it was left.
            target = server.registry.dialect(vendor).example(f"{scenario.name}.{secrets.token_hex(2)}")
            yield f'curl "{url}{target}"'


def loaded(scenarios: Sequence[Scenario], folders: Sequence[Path]) -> str:
    """`29 scenarios: 26 shipped, 3 from my-scenarios`."""
    counts = {folder: sum(_is_from(scenario, folder) for scenario in scenarios) for folder in folders}
    shipped = sum(not any(_is_from(scenario, folder) for folder in folders) for scenario in scenarios)
    parts = [f"{shipped} shipped"] if shipped or not folders else []
    parts += [f"{count} from {folder}" for folder, count in counts.items()]
    return f"{many(len(scenarios), 'scenario')}: {', '.join(parts)}"


def _is_from(scenario: Scenario, place: Path) -> bool:
    return place in (Path(scenario.source), Path(scenario.source).parent)


def _to_try(scenarios: Mapping[str, Scenario], vendor: str) -> Scenario | None:
    served = {name: scenario for name, scenario in scenarios.items() if vendor in scenario.vendors}
    return served.get(FAVOURITE) or next(iter(served.values()), None)
