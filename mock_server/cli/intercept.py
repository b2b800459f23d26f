"""`mock-server intercept`: takes the place of hosts that clients have built in."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Sequence
from pathlib import Path

import click

from mock_server.cli import logs
from mock_server.cli.ending import end_at_signals
from mock_server.cli.flags import Whole, settings_flags, settings_from
from mock_server.errors import InvalidInput, Problem
from mock_server.settings import Words

_TO = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]]+):(?P<port>[0-9]{1,5})")


@click.command("intercept")
@click.option(
    "--to", default="127.0.0.1:8080", show_default=True, metavar="HOST:PORT", help="The server that gets the requests."
)
@click.option("--http-port", default=80, show_default=True, type=Whole(0, 65535), help="The port for HTTP.")
@click.option("--https-port", default=443, show_default=True, type=Whole(0, 65535), help="The port for HTTPS.")
@click.option(
    "--ca-dir",
    required=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder of the certificate authority, which is created at the first start. Clients trust its ca.pem.",
)
@settings_flags("host", "log_format", "log_level")
def command(to: str, http_port: int, https_port: int, ca_dir: Path, **options: Words | None) -> None:
    """Take the place of the vendors' own hosts.

    This is for clients that cannot be pointed elsewhere. The hosts' names must resolve to this host: by network aliases
    of a container, or lines of /etc/hosts. Requests over http and https go to a running server; for https, a
    certificate is made for the name that the client asks for.
    """
    from mock_server.server.certificates import CERTIFICATE, Certificates, authority
    from mock_server.server.intercept import Intercept, Side
    from mock_server.server.listen import url_of
    from mock_server.server.wire.limits import more_descriptors

    settings = settings_from(options)
    more_descriptors()
    host, port = server_of(to)
    logs.set_up_process(settings.log_format, settings.log_level)
    logs.log_injected(os.environ)
    tls = Certificates(authority(ca_dir)).tls()
    plain, secure = _listen(settings.host, "--http-port", http_port), _listen(settings.host, "--https-port", https_port)
    intercept = Intercept(host, port, [*map(Side, plain), *(Side(each, tls) for each in secure)])
    end_at_signals(intercept.close)
    http, https = (
        url_of(settings.host, listeners[0].getsockname()[1], scheme=scheme)
        for listeners, scheme in ((plain, "http"), (secure, "https"))
    )
    form = settings.log_format
    text = f"mock-server intercepts on {http} and {https} for http://{to}"
    click.echo(logs.line(form, "info", text, url=http, https_url=https))
    click.echo(logs.line(form, "info", f"clients trust {ca_dir / CERTIFICATE}"))
    intercept.run()


def _listen(host: str, flag: str, port: int) -> Sequence[socket.socket]:
    """Listeners at every address of the host. InvalidInput: the host or the port of this flag cannot be listened on."""
    from mock_server.server.listen import listen

    try:
        return listen(host, port)
    except InvalidInput as error:
        places = {"--port": flag}
        problems = [problem._replace(where=places.get(problem.where, problem.where)) for problem in error.problems]
        raise InvalidInput(problems) from None


def server_of(text: str) -> tuple[str, int]:
    """The parts of `HOST:PORT`. InvalidInput: the text has another form."""
    found = _TO.fullmatch(text)
    if found is None or not 0 < int(found["port"]) < 65536:
        raise InvalidInput([Problem("--to", f"{text!r} will not do: it takes HOST:PORT", "such as 127.0.0.1:8080")])
    return found["host"].strip("[]"), int(found["port"])
