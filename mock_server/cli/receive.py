"""`mock-server receive`: takes notifications, prints what they tell, and answers as it is told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple

import click

from mock_server.cli.ending import end_at_signals
from mock_server.cli.flags import Whole, settings_flags, settings_from
from mock_server.cli.text import printable
from mock_server.engine.machine_clock import real_ns
from mock_server.faults.kinds import FAULTS
from mock_server.http.message import Delivery, Request, Response
from mock_server.http.responses import BODILESS, reason_of, response
from mock_server.settings import Words
from mock_server.types import Bound
from mock_server.vendors.credentials import Keys, keys_of
from mock_server.vendors.received import Received, received
from mock_server.vendors.registry import Registry

BODY = Bound(
    "Notification that `mock-server receive` reads",
    8 << 20,
    "bytes",
    "413 (`body`), and the connection is closed.",
)
ANSWERS = Bound("Answers of one `--answer`", 1_000, "answers", "The command is refused.")
PORT = 8081
"""The default port: another one than the server's, which runs on the same machine."""
_FAULTS = tuple(name for name, kind in FAULTS.items() if kind.deliver is not None)
_LONGEST = 1_000
"""Characters of each line that quote what was received."""


class Planned(NamedTuple):
    """An answer to give: a status, and what happens to the connection, if anything."""

    status: int
    fault: str | None = None

    @property
    def response(self) -> Response:
        """The answer as it is sent."""
        text = f"{self.status} {reason_of(self.status)}\n"
        made = response(self.status, b"" if self.status in BODILESS else text.encode(), type="text/plain")
        return made if self.fault is None else made._replace(delivery=Delivery(self.fault, FAULTS[self.fault].over))

    @property
    def text(self) -> str:
        """It in a word."""
        return self.fault or str(self.status)


class Receiver:
    """Answers requests in the order in which they come, the last answer from then on, and prints what each tells."""

    def __init__(self, answers: Sequence[Planned], keys: Keys, show: Callable[[str], object]) -> None:
        self._answers = answers
        self._keys = keys
        self._show = show
        self._dialects = Registry().dialects()
        self._lock = threading.Lock()
        self._count = 0
        self.error: OSError | None = None
        """Why nothing could be printed any more; None: everything was."""

    def answer(self, request: Request) -> Response:
        """The next answer. What the request tells is printed before it is given; safe from any thread."""
        if request.method != "POST":
            text = b"notifications are sent by POST\n"
            return response(405, b"" if request.peeks else text, type="text/plain", headers=(("Allow", "POST"),))
        told = received(self._dialects, request, self._keys, real_ns() // 1_000_000)
        with self._lock:
            planned = self._answers[min(self._count, len(self._answers) - 1)]
            self._count += 1
            try:
                self._show("\n".join(lines(self._count, request, told, planned, self._keys)))
            except OSError as error:
                self.error = error
        return planned.response


def lines(number: int, request: Request, told: Received | None, planned: Planned, keys: Keys) -> list[str]:
    """What is printed of a request: what it tells, whether its signature is right, and if not, what is signed here."""
    if told is None:
        kind = request.header("Content-Type") or "no Content-Type"
        what = f"no notification that is known here ({kind}, {len(request.body)} bytes)"
        return [_line(f"{number}  {what}  POST {request.target}", keys), f"   answered {planned.text}"]
    head = "  ".join(part for part in (told.vendor, told.id, told.codes, told.desc) if part)
    by = f", by {told.key}" if told.key else ""
    said = f"signature right{by}" if told.denied is None else f"signature wrong{by}: {told.denied.differs}"
    found = [f"{number}  {head}  POST {request.target}", f"   {said}; answered {planned.text}"]
    if told.denied is not None:
        found.append("   signed here: " + told.denied.text.decode("utf-8", "backslashreplace"))
    return [_line(each, keys) for each in found]


def _line(text: str, keys: Keys) -> str:
    """A line without secrets, of bounded length, and with nothing that steers a terminal."""
    text = keys.hide(text)
    return printable(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…")


def _planned(_ctx: click.Context, _param: click.Parameter, text: str) -> tuple[Planned, ...]:
    """The answers of a list such as `500,hang,200`. BadParameter: one is neither a status nor a fault."""
    words = [word.strip() for word in text.split(",", ANSWERS.value)]
    if len(words) > ANSWERS.value:
        raise click.BadParameter(f"expected {ANSWERS.value} answers at most")
    found = []
    for word in words:
        if word in _FAULTS:
            found.append(Planned(200, word))
        elif word.isascii() and word.isdigit() and len(word) == 3 and word >= "200":
            found.append(Planned(int(word)))
        else:
            raise click.BadParameter(f"{word!r} is no status from 200 to 999, nor one of {', '.join(_FAULTS)}")
    return tuple(found)


@click.command("receive")
@click.option("--host", metavar="ADDRESS", default="127.0.0.1", help="The address or name to listen on.")
@click.option("--port", type=Whole(0, 65535), default=PORT, metavar="PORT", help=f"The port to listen on. [{PORT}]")
@click.option(
    "--answer",
    "answers",
    metavar="LIST",
    default="200",
    callback=_planned,
    help="The answers in order, the last one from then on: statuses, or faults such as hang or reset. [200]",
)
@settings_flags("access_key")
def command(host: str, port: int, answers: tuple[Planned, ...], **options: Words | None) -> None:
    """Receive notifications and check their signatures.

    It listens until Ctrl-C or SIGTERM. Name it as the notify address of a submit, such as http://127.0.0.1:8081/done.
    For each notification it prints the vendor, the task's id and codes, whether the signature is right, and its answer;
    of a wrong signature also what differs and the text that is signed here.
    """
    from mock_server.server.wire.limits import Limits
    from mock_server.server.wire.server import WireServer
    from mock_server.server.wire.service import Answers

    receiver = Receiver(answers, keys_of(settings_from(options)), click.echo)
    handlers = Answers(receiver.answer, lambda _: True, lambda request: _answer_or_end(receiver, request, server.close))
    server = WireServer(handlers, host, port, threading.Event(), limits=Limits(body=BODY.value))
    end_at_signals(server.close)
    *others, last = [planned.text for planned in answers]
    told = f"{', '.join(others)}, then {last}" if others else last
    click.echo(f"mock-server receives notifications on {server.url} and answers {told}")
    server.run()
    if receiver.error is not None:
        raise receiver.error


def _answer_or_end(receiver: Receiver, request: Request, close: Callable[[], None]) -> Response:
    """The answer to a request, after which the server ends if nobody reads what it prints."""
    made = receiver.answer(request)
    if receiver.error is not None:
        close()
    return made
