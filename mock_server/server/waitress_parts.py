"""What of waitress is made otherwise.

It refuses what the wire server refuses, takes targets beyond ASCII, and recovers where it runs out of descriptors.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import BadRequest

from mock_server.engine import machine_clock
from mock_server.http.errors import OwnError
from mock_server.http.message import ascii_target
from mock_server.http.responses import server_response
from mock_server.server.listen import EXHAUSTED, EXHAUSTED_TEXT, log
from mock_server.server.request_line import HTTP_2, problem_of_line
from mock_server.server.wire.limits import Limits
from mock_server.server.wire.reader import Found, Known, Reader, Refused

_ERRORS: Mapping[int, OwnError] = {413: OwnError.BODY, 431: OwnError.HEAD}
"""Which of our errors a status is; any other below 500, and 501 to a coding, means that the bytes are no request."""
_LIMITS = Limits()
_READ = _LIMITS._replace(body=2 * _LIMITS.body)
"""The limits of the reader. A body up to twice the limit is read whole: a close before that resets the connection, and
the response is lost."""
_METHOD = re.compile(rb"[A-Z]{1,32}")
_USUAL = frozenset((b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS"))

_PAUSE = 0.5
"""Seconds until a connection is accepted again after there was no descriptor for one."""


class Parser(HTTPRequestParser):
    """Parses one request, and remembers how it began.

    The wire server's reader reads the same bytes: what it refuses is refused here too, and in the same words. What it
    takes, waitress parses for itself. A method that no standard has is the one thing that only waitress takes.
    """

    line = b""
    refused: Refused | None = None

    def __init__(self, adj: Any) -> None:
        super().__init__(adj)
        self._reader = _new_reader()
        self._held: bytes | None = b""

    def received(self, data: bytes) -> int:
        """Parses more bytes; returns how many are this request's."""
        if b"\n" not in self.line:
            first, newline, _ = (self.line + data).lstrip(b"\r\n").partition(b"\n")
            self.line = first + newline
        count = int(super().received(data))
        refused = next((found for found in self._read(data[:count]) if isinstance(found, Refused)), None)
        if refused is None and self.expect_continue and self.content_length > _LIMITS.body:
            refused = Refused(OwnError.BODY, "")  # a client that waits has sent no body which need be read
        if refused is not None:
            self.refused = refused = _of_the_limit(refused)
            self.error = BadRequest(refused.message)
        if self.error is None:
            return count
        self.completed, self.expect_continue = True, False
        self.version, self.connection_close = "1.1", True
        return len(data)

    def _read(self, data: bytes) -> Sequence[Found]:
        """What the reader finds in more bytes. It gets them once the method is whole, and one that it knows."""
        if self._held is not None:
            data = (self._held + data).lstrip(b"\r\n")
            if not data or _METHOD.fullmatch(data):
                self._held = data
                return ()
            self._held = None
            method, blank, rest = data.partition(b" ")
            if blank and _METHOD.fullmatch(method) and not (data.startswith(HTTP_2) or _is_known(method)):
                data = b"GET " + rest
        return self._reader.feed(data)

    def parse_header(self, header_plus: bytes) -> None:
        """Parses a head, whose request line may have bytes beyond ASCII. Connection is read as a list."""
        line, newline, lines = header_plus.partition(b"\r\n")
        problem = problem_of_line(line + newline)
        if problem is not None:  # waitress has no answer in the versions of others
            raise ParsingError(problem)
        super().parse_header(ascii_target(line) + newline + lines)
        options = [each.strip(" \t").lower() for each in self.headers.get("CONNECTION", "").split(",")]
        if "close" in options or line.startswith(b"CONNECT "):  # what follows that one is no HTTP
            self.connection_close = True


def _of_the_limit(refused: Refused) -> Refused:
    """A refusal that names the limit which holds, and not the one up to which bodies are read."""
    is_body = refused.error is OwnError.BODY
    return refused._replace(message=f"a request body is at most {_LIMITS.body} bytes") if is_body else refused


def _new_reader() -> Reader:
    return Reader(_READ, Known())


def _is_known(method: bytes) -> bool:
    """Whether the reader knows a method."""
    if method in _USUAL:
        return True
    found = _new_reader().feed(method + b" / HTTP/1.1\r\nHost: x\r\n\r\n")
    return not any(isinstance(each, Refused) for each in found)


class Refusing(ErrorTask):
    """Responds to what is refused before it is a request, and tells of it."""

    def execute(self) -> None:
        """Sends the response, which is JSON of ours as the wire server's is."""
        request: Any = self.request
        if request.error.code == 500:  # a defect behind a request
            response = server_response(OwnError.INTERNAL, "a defect of mock-server; the log has the details")
        else:
            own = _ERRORS.get(request.error.code, OwnError.REQUEST)
            refused = request.refused or Refused(own, str(request.error.body))
            server: Any = self.channel.server
            server.refused(refused.error, refused.message, request.line)
            response = refused.response
        self.status = f"{response.status} {response.reason}"
        self.response_headers = list(response.headers)
        self.set_close_on_finish()
        self.content_length = len(response.body)
        self.write(response.body)


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
