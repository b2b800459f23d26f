"""What of waitress is made otherwise: targets beyond ASCII are taken."""

from __future__ import annotations

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import TcpWSGIServer

from mock_server.http.message import ascii_target


class Parser(HTTPRequestParser):
    """Parses one request."""

    def parse_header(self, header_plus: bytes) -> None:
        """Parses a head, whose request line may have bytes beyond ASCII."""
        line, newline, lines = header_plus.partition(b"\r\n")
        super().parse_header(ascii_target(line) + newline + lines)


class Channel(HTTPChannel):
    """One connection."""

    parser_class = Parser


class Listener(TcpWSGIServer):
    """A listening socket."""

    channel_class = Channel
