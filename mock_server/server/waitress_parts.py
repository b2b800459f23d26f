"""What of waitress is made otherwise.

Targets beyond ASCII are taken, what it refuses itself is told of, and it recovers where it runs out of descriptors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import BadRequest

from mock_server.engine import machine_clock
from mock_server.http.errors import OwnError
from mock_server.http.message import ascii_target
from mock_server.server.listen import EXHAUSTED, EXHAUSTED_TEXT, log
from mock_server.server.request_line import problem_of_line, problem_of_start

_ERRORS: Mapping[int, OwnError] = {413: OwnError.BODY, 431: OwnError.HEAD}
"""Which of our errors a status is; any other below 500, and 501 to a coding, means that the bytes are no request."""


_PAUSE = 0.5
"""Seconds until a connection is accepted again after there was no descriptor for one."""


class Parser(HTTPRequestParser):
    """Parses one request, and remembers how it began."""

    line = b""

    def received(self, data: bytes) -> int:
        """Parses more bytes; returns how many are this request's."""
        if b"\n" not in self.line:
            first, newline, _ = (self.line + data).lstrip(b"\r\n").partition(b"\n")
            self.line = first + newline
            problem = problem_of_start(self.line)
            if problem is not None:  # no empty line will ever come
                self.completed = True
                self.version, self.connection_close = "1.1", True
                self.error = BadRequest(problem)
                return len(data)
        return int(super().received(data))

    def parse_header(self, header_plus: bytes) -> None:
        """Parses a head, whose request line may have bytes beyond ASCII.

        What the wire server refuses by its request line is refused here too, and Connection is read as a list.
        """
        line, newline, lines = header_plus.partition(b"\r\n")
        problem = problem_of_line(line + newline)
        if problem is not None:
            raise ParsingError(problem)
        super().parse_header(ascii_target(line) + newline + lines)
        options = [each.strip(" \t").lower() for each in self.headers.get("CONNECTION", "").split(",")]
        if "close" in options or line.startswith(b"CONNECT "):  # what follows that one is no HTTP
            self.connection_close = True


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


class Serving(WSGITask):
    """Responds to a request."""

    def execute(self) -> None:
        """Calls the application; afterwards the connection ends if the request says so, among other options too."""
        request: Any = self.request
        if request.connection_close:
            self.set_close_on_finish()
        super().execute()


class Channel(HTTPChannel):
    """One connection."""

    parser_class = Parser
    task_class = Serving
    error_task_class = Refusing


class Listener(TcpWSGIServer):
    """A listening socket."""

    channel_class = Channel
    _resumes = 0.0
    _exhausted = False

    def __init__(self, refused: Callable[[OwnError, str, bytes], object], *args: Any, **more: Any) -> None:
        """`refused` is told of what is refused before it is a request."""
        self.refused = refused
        self.sockets = more.get("map")
        super().__init__(*args, **more)

    def readable(self) -> bool:
        """Whether connections are accepted just now."""
        return machine_clock.monotonic() >= self._resumes and bool(super().readable())

    def handle_accept(self) -> None:
        """Accepts a connection. Out of descriptors it pauses and says so once: else it would try again at once."""
        try:
            accepted = self.accept()
            if accepted is None:
                return
            connection, address = accepted
            self.set_socket_options(connection)
        except OSError as error:
            if error.errno in EXHAUSTED:
                self._resumes = machine_clock.monotonic() + _PAUSE
                if not self._exhausted:
                    self._exhausted = True
                    log.warning(EXHAUSTED_TEXT)
            else:  # the client is gone again
                log.debug("a connection was not accepted: %s", error)
            return
        if self._exhausted:
            self._exhausted = False
            log.info("connections are accepted again")
        self.channel_class(self, connection, self.fix_addr(address), self.adj, map=self.sockets)
