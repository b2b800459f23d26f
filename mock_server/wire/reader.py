"""The bytes of one connection made into requests, or into the refusal that ends it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from mock_server.exchange import Reply, Request, request_of
from mock_server.own_replies import door_reply
from mock_server.wire.limits import Limits

_PIECE = 64 << 10
_OVERHEAD = 8
"""How many bytes chunks may cost for one of the body that is allowed: even chunks of one byte cost fewer."""

Stage = Literal["idle", "head", "body", "over"]


class Incoming(NamedTuple):
    """A whole request. `keep`: the client goes on with this connection. `old`: it speaks HTTP/1.0."""

    request: Request
    keep: bool
    old: bool


class Refused(NamedTuple):
    """The answer to bytes that make no request; nothing after them is read."""

    reply: Reply


class Expected(NamedTuple):
    """The client waits to be told to go on before it sends a body."""


class Reader:
    """Hands what it finds to `take`, in order. Its `on_...` methods are the parser's to call."""

    __slots__ = (
        "_body",
        "_head_bytes",
        "_headers",
        "_kept",
        "_limits",
        "_parser",
        "_pending",
        "_size",
        "_take",
        "_upgrading",
        "_url",
        "stage",
    )

    def __init__(self, limits: Limits, take: Callable[[Incoming | Refused | Expected], None]) -> None:
        self.stage: Stage = "idle"
        self._limits = limits
        self._take = take
        self._parser = HttpRequestParser(self)
        self._kept: list[tuple[str, str]] | None = None
        self.on_message_begin()
        self.stage = "idle"

    def feed(self, data: bytes) -> None:
        """Reads on. Sizes are counted here and in the events, for the parser tells nothing of what is unfinished."""
        if len(data) > _PIECE:
            for start in range(0, len(data), _PIECE):
                self.feed(data[start : start + _PIECE])
            return
        size = len(data)
        while data and self.stage != "over":
            data = self._parse(data)
        if self.stage in ("head", "body"):
            self._pending += size
            self._judge_pending()

    def _parse(self, data: bytes) -> bytes:
        """Feeds the parser; what it left is to be fed again."""
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade as stopped:
            return self._without_upgrade() + data[stopped.args[0] :] if self._upgrading else b""
        except HttpParserError as error:
            self._refuse(400, "request", f"these bytes are no HTTP/1.1 request: {error}")
        return b""

    def _without_upgrade(self) -> bytes:
        """The head anew without the offer to speak another protocol, which we pass over as a server may.

        The parser would take the body of such a request for that protocol's bytes.
        """
        lines = [b"%s %s HTTP/%s" % (self._parser.get_method(), self._url, self._parser.get_http_version().encode())]
        lines += [f"{name}: {value}".encode("latin-1") for name, value in self._headers if name.lower() != "upgrade"]
        self._parser, self._kept = HttpRequestParser(self), self._headers
        return b"\r\n".join((*lines, b"", b""))

    def on_message_begin(self) -> None:
        """A request starts."""
        self.stage = "head"
        self._url = b""
        self._headers: list[tuple[str, str]] = []
        self._body: list[bytes] = []
        self._head_bytes = self._size = self._pending = 0
        self._upgrading = False

    def on_url(self, url: bytes) -> None:
        """More of the request's target."""
        self._url += url
        self._head_bytes += len(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; after the body they are trailers, which nobody needs."""
        if self.stage != "head":
            return
        self._headers.append((name.decode("latin-1"), value.decode("latin-1").strip(" \t")))
        self._head_bytes += len(name) + len(value) + 4
        if len(self._headers) > self._limits.headers:
            self._refuse(431, "head", f"a request has at most {self._limits.headers} headers")
        elif self._head_bytes > self._limits.head:
            self._refuse_head()

    def on_headers_complete(self) -> None:
        """The head is whole: time to refuse what must not be served."""
        if self.stage != "head":
            return
        if self._kept is not None:
            self._headers, self._kept = self._kept, None
        elif self._parser.should_upgrade() and self._parser.get_method() != b"CONNECT":
            self._upgrading = True
            return
        self.stage = "body"
        self._pending = 0
        if self._head_bytes > self._limits.head:
            self._refuse_head()
            return
        hosts, length, coding, expects = 0, 0, "", False
        for name, value in self._headers:
            match name.lower():
                case "host":
                    hosts += 1
                case "content-length":
                    length = int(value)
                case "transfer-encoding":
                    coding = value.lower()
                case "expect":
                    expects = value.lower() == "100-continue"
        self._judge(self._parser.get_http_version(), hosts, length, coding)
        if expects and self.stage == "body":
            self._take(Expected())

    def on_body(self, data: bytes) -> None:
        """More of the body."""
        self._size += len(data)
        if self._size > self._limits.body:
            self._refuse_body()
        elif self.stage == "body":
            self._body.append(data)

    def on_message_complete(self) -> None:
        """The request is whole."""
        if self.stage != "body":
            return
        target = self._url.decode("utf-8", "replace")
        request = request_of(
            self._parser.get_method().decode("ascii"), target, tuple(self._headers), b"".join(self._body)
        )
        keep = self._parser.should_keep_alive() and request.method != "CONNECT"
        self.stage = "idle" if keep else "over"
        self._take(Incoming(request, keep, self._parser.get_http_version() == "1.0"))

    def _judge(self, version: str, hosts: int, length: int, coding: str) -> None:
        """Refuses a head that the parser lets pass and we do not."""
        if version not in ("1.1", "1.0"):
            self._refuse(400, "request", f"HTTP/{version} is not spoken here: ask with HTTP/1.1")
        elif hosts > 1 or (hosts == 0 and version == "1.1"):
            self._refuse(400, "host", f"a request has one Host header, and this one has {hosts}")
        elif coding and (coding != "chunked" or version == "1.0"):
            self._refuse(400, "request", "the only Transfer-Encoding is chunked, in HTTP/1.1")
        elif length > self._limits.body:
            self._refuse_body()

    def _judge_pending(self) -> None:
        """Bounds what the parser holds back: a header that does not end, or the marks between chunks."""
        if self.stage == "head" and self._pending > self._limits.head:
            self._refuse_head()
        elif self.stage == "body" and self._pending > self._limits.body * _OVERHEAD:
            self._refuse_body()

    def _refuse_head(self) -> None:
        self._refuse(431, "head", f"the head of a request is at most {self._limits.head} bytes")

    def _refuse_body(self) -> None:
        self._refuse(413, "body", f"a request body is at most {self._limits.body} bytes")

    def _refuse(self, status: int, error: str, message: str) -> None:
        if self.stage != "over":
            self.stage = "over"
            self._take(Refused(door_reply(status, error, message)))
