"""`mock-server exec -- CMD`: runs a command with a server of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Any

import click

from mock_server.assembly import Server, assemble
from mock_server.cli import logs
from mock_server.cli.collector import settle_collector
from mock_server.cli.ending import force_after_grace
from mock_server.cli.failures import tell
from mock_server.cli.flags import settings_flags, settings_from
from mock_server.settings import ABOUT, ADMIN_URL, KEEP_FAILED, URL, Words, variable

NOT_EXECUTABLE, NOT_FOUND = 126, 127
"""The exit codes a shell gives for a command that cannot be run."""


FROM_TERMINAL = tuple(getattr(signal, name) for name in ("SIGINT", "SIGQUIT", "SIGHUP") if hasattr(signal, name))
RELAYED = (
    *FROM_TERMINAL,
    *(getattr(signal, name) for name in ("SIGTERM", "SIGUSR1", "SIGUSR2", "SIGALRM") if hasattr(signal, name)),
)
"""The signals that the command gets: each would end this process, and leave the command without its server."""


@click.command("exec", context_settings={"allow_interspersed_args": False})
@settings_flags(*ABOUT)
@click.option(
    "--bundle-on-failure",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="If CMD fails, save the run there as a bundle: tasks, exchanges, clock, faults.",
)
@click.argument("words", metavar="-- CMD [ARGS]...", nargs=-1, required=True, type=click.UNPROCESSED)
@click.pass_context
def command(
    ctx: click.Context, /, words: tuple[str, ...], bundle_on_failure: Path | None, **options: Words | None
) -> None:
    """Run CMD with a server of its own.

    The server listens on a free port unless --port is given. MOCK_SERVER_PORT is ignored: it belongs to a long-running
    server. CMD finds the server's address in MOCK_SERVER_URL, and that of its admin API in MOCK_SERVER_ADMIN_URL. When
    CMD ends, the server stops, and the exit code is CMD's.
    """
    from mock_server.server.servers import servers_of

    # A port in the environment is a long-running server's; two test suites side by side must not both take it.
    settings = settings_from({**options, "port": options["port"] or "0"})
    logs.set_up_process(settings.log_format, settings.log_level, access=settings.access_log)
    parts = assemble(settings)
    server = servers_of(parts)
    logs.log_injected(os.environ)
    serving = threading.Thread(target=server.run, name="server")
    serving.start()
    settle_collector()
    try:
        variables = {URL: server.url, ADMIN_URL: server.admin_url}
        # Empty, so that it is not inherited from another `exec` around this one.
        variables[KEEP_FAILED] = "1" if bundle_on_failure is not None else ""
        if settings.admin_token is not None:
            variables[variable("admin_token")] = settings.admin_token
        code = run(words, variables, settings.log_format)
    finally:
        server.close()
    if code and bundle_on_failure is not None:
        save(parts, bundle_on_failure)  # before the grace begins: a long run takes a while to write
    force_after_grace(code)
    serving.join()
    ctx.exit(code)


def save(server: Server, file: Path) -> None:
    """Saves the server's run as a bundle, and says so. A file that cannot be written is told, and nothing else."""
    from mock_server.control.bundle import export

    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(export(server)), encoding="utf-8")
    except OSError as error:
        what = f"--bundle-on-failure: {file} cannot be written: {error.strerror}"
        tell(logs.line(server.settings.log_format, "error", what))
    else:
        tell(logs.line(server.settings.log_format, "info", f"the run is saved in {file}"))


def run(words: tuple[str, ...], variables: Mapping[str, str], form: logs.Form = "text") -> int:
    """Runs a command with these variables added, passes it our signals, and returns its exit code as a shell does."""
    relay = _Relay()
    for number in RELAYED:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, relay.receive)
    try:
        process = subprocess.Popen(words, env={**os.environ, **variables})
    except OSError as error:
        hint = "a command and its arguments follow --"
        tell(logs.line(form, "error", f"{words[0] or repr('')}: cannot be run: {error.strerror} ({hint})"))
        return NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE
    relay.begin(process)
    code = process.wait()
    return 128 - code if code < 0 else code


class _Relay:
    """Passes signals on to a command, also those that come before it runs."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[Any] | None = None
        self._early: list[int] = []

    def receive(self, number: int, _: FrameType | None) -> None:
        """A signal has come."""
        if self._process is None:
            self._early.append(number)
        # A terminal sends these to the command too; a second one would cut its clean-up short.
        elif number not in FROM_TERMINAL or sys.stdin is None or not sys.stdin.isatty():
            self._process.send_signal(number)

    def begin(self, process: subprocess.Popen[Any]) -> None:
        """The command runs."""
        self._process = process
        for number in self._early:
            process.send_signal(number)
