"""What of waitress is made otherwise: targets beyond ASCII are taken, and what it refuses itself is told of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask

from mock_server.http.errors import OwnError
from mock_server.http.message import ascii_target

_ERRORS: Mapping[int, OwnError] = {413: OwnError.BODY, 431: OwnError.HEAD}
"""Which of our errors a status is; any other below 500, and 501 to a coding, means that the bytes are no request."""


class Parser(HTTPRequestParser):
    """Parses one request, and remembers how it began."""

    line = b""

    def received(self, data: bytes) -> int:
        """Parses more bytes; returns how many are this request's."""
        if b"\n" not in self.line:
            first, newline, _ = (self.line + data).lstrip(b"\r\n").partition(b"\n")
            self.line = first + newline
        return int(super().received(data))

    def parse_header(self, header_plus: bytes) -> None:
        """Parses a head, whose request line may have bytes beyond ASCII."""
        line, newline, lines = header_plus.partition(b"\r\n")
        super().parse_header(ascii_target(line) + newline + lines)


class Refusing(ErrorTask):
    """Responds to what waitress refuses, and tells of it."""

    def execute(self) -> None:
        """Sends the response."""
        request: Any = self.request
        error = request.error
        if error.code != 500:  # that one is a defect behind a request
            own = _ERRORS.get(error.code, OwnError.REQUEST)
            server: Any = self.channel.server
            server.refused(own, str(error.body), request.line)
        super().execute()


class Channel(HTTPChannel):
    """One connection."""

    parser_class = Parser
    error_task_class = Refusing


class Listener(TcpWSGIServer):
    """A listening socket."""

    channel_class = Channel

    def __init__(self, refused: Callable[[OwnError, str, bytes], object], *args: Any, **more: Any) -> None:
        """`refused` is told of what is refused before it is a request."""
        self.refused = refused
        super().__init__(*args, **more)
