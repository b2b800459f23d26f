"""The limit of a server in Python: uvloop and httptools, and one response for all. `python bare.py PORT BODY_FILE`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import cast

import uvloop
from httptools import HttpRequestParser


class Bare(asyncio.Protocol):
    """One connection. It parses each request as this project's server does, and looks at nothing of it."""

    def __init__(self, response: bytes) -> None:
        self._response = response
        self._parser = HttpRequestParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client."""
        self._write = cast(asyncio.Transport, transport).write

    def data_received(self, data: bytes) -> None:
        """Bytes of requests."""
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        """A request is complete."""
        self._write(self._response)


def response_of(body: bytes) -> bytes:
    """The response with this body."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def serve(port: int, body: bytes) -> None:
    """Serves until it is ended."""
    response = response_of(body)
    server = await asyncio.get_running_loop().create_server(lambda: Bare(response), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.install()
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2]).read_bytes()))
