"""`mock-server exec -- CMD`: a server of its own for one command."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import Any

import click

from mock_server.assembly import assemble
from mock_server.cli import logs
from mock_server.cli.flags import settings_flags, settings_from
from mock_server.settings import ABOUT, ADMIN_URL, URL, Words, variable

NOT_EXECUTABLE, NOT_FOUND = 126, 127
"""The exit codes a shell gives for a command that cannot be run."""


@click.command("exec", context_settings={"allow_interspersed_args": False})
@settings_flags(*ABOUT)
@click.argument("words", metavar="-- CMD [ARGS]...", nargs=-1, required=True, type=click.UNPROCESSED)
@click.pass_context
def command(ctx: click.Context, /, words: tuple[str, ...], **given: Words | None) -> None:
    """Run CMD with a server of its own, on a free port unless --port is given.

    MOCK_SERVER_PORT does not count here, for it is a long-running server's. CMD finds the server's address in
    MOCK_SERVER_URL, and that of its admin API in MOCK_SERVER_ADMIN_URL. The server ends with it, and its exit code is
    CMD's.
    """
    from mock_server.server.servers import servers_of

    # A port in the environment is the long-running server's: two suites side by side must not meet on it.
    settings = settings_from({**given, "port": given["port"] or "0"})
    logs.set_up(settings.log_format, settings.log_level, access=settings.access_log)
    server = servers_of(assemble(settings))
    serving = threading.Thread(target=server.run, name="server")
    serving.start()
    try:
        told = {URL: server.url, ADMIN_URL: server.admin_url}
        if settings.admin_token is not None:
            told[variable("admin_token")] = settings.admin_token
        code = run(words, told)
    finally:
        server.close()
        serving.join()
    ctx.exit(code)


def run(words: tuple[str, ...], told: Mapping[str, str]) -> int:
    """The exit code, as a shell gives it, of a command that has these variables too and is passed our signals."""
    try:
        process = subprocess.Popen(words, env={**os.environ, **told})
    except OSError as error:
        hint = "what follows -- is a command and its words"
        click.echo(f"{words[0]}: cannot be run: {error.strerror} ({hint})", err=True)
        return NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: _pass_on(process, received))
    code = process.wait()
    return 128 - code if code < 0 else code


def _pass_on(process: subprocess.Popen[Any], number: int) -> None:
    # A terminal sends Ctrl-C to the command too; a second one would cut its own tidying up short.
    if number != signal.SIGINT or sys.stdin is None or not sys.stdin.isatty():
        process.send_signal(number)
