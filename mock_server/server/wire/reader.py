"""The bytes of one connection made into requests, or into the refusal that ends it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from mock_server.cache import Cache
from mock_server.http.errors import OwnError
from mock_server.http.message import Pairs, Request, Response, request_of
from mock_server.http.responses import server_response
from mock_server.server.wire.limits import Limits

_PIECE = 64 << 10
_OVERHEAD = 8
"""How many bytes chunks may cost for one of the body that is allowed: even chunks of one byte cost fewer."""

_WEIGHT = 256
"""What a request without a body weighs where it waits."""
_MOST_REQUESTS = 4_096
_MOST_HEADS = 1_024
_LONGEST_KNOWN = 2_048
_MOST_KNOWN_HEADERS = 24
"""What is remembered has no more bytes and headers than this: some 30 MB where all of it does."""

Stage = Literal["idle", "head", "body", "over"]


class Incoming(NamedTuple):
    """A whole request. `keep`: the client goes on with this connection. `old`: it speaks HTTP/1.0."""

    request: Request
    keep: bool
    old: bool
    weight: int = _WEIGHT


class Refused(NamedTuple):
    """The answer to bytes that make no request; nothing after them is read."""

    response: Response
    weight: int = _WEIGHT


class Expected(NamedTuple):
    """The client waits to be told to go on before it sends a body."""

    weight: int = _WEIGHT


Found = Incoming | Refused | Expected


class Head(NamedTuple):
    """What the headers of a request say. `hosts` counts, `coding` and `expects` are empty where there is none."""

    headers: Pairs
    hosts: int
    length: int
    coding: str
    expects: str


class Known:
    """What was read before, by its very bytes: who polls says the same again and again.

    `requests` are those that came whole, alone and between two others: such bytes mean the same on every connection.
    `heads` are whole sets of headers, which a client sends again with another target.
    """

    __slots__ = ("heads", "requests")

    def __init__(self) -> None:
        self.requests: Cache[bytes, Sequence[Found]] = Cache(_MOST_REQUESTS)
        self.heads: Cache[tuple[tuple[bytes, bytes], ...], Head] = Cache(_MOST_HEADS)


class Reader:
    """Reads one connection. Its `on_...` methods are the parser's to call."""

    __slots__ = (
        "_body",
        "_found",
        "_head",
        "_head_bytes",
        "_headers",
        "_kept",
        "_known",
        "_limits",
        "_parser",
        "_pending",
        "_size",
        "_upgrading",
        "_url",
        "stage",
    )

    def __init__(self, limits: Limits, known: Known) -> None:
        self.stage: Stage = "idle"
        self._limits = limits
        self._known = known
        self._found: list[Found] = []
        self._parser = HttpRequestParser(self)
        self._kept: list[tuple[bytes, bytes]] | None = None
        self.on_message_begin()
        self.stage = "idle"

    def feed(self, data: bytes) -> Sequence[Found]:
        """What these bytes complete, in order."""
        if self.stage != "idle" or len(data) > _LONGEST_KNOWN:
            return self._read(data)
        requests = self._known.requests
        known = requests.find(data)
        if known is not None:
            return known
        found = self._read(data)
        if len(self._headers) <= _MOST_KNOWN_HEADERS and len(found) == 1 and self.stage == "idle":
            requests.keep(data, found)
        return found

    def _read(self, data: bytes) -> Sequence[Found]:
        """Reads on. Sizes are counted here and in the events, for the parser tells nothing of what is unfinished."""
        for start in range(0, len(data), _PIECE):
            piece = data[start : start + _PIECE]
            while piece and self.stage != "over":
                piece = self._parse(piece)
            if self.stage in ("head", "body"):
                self._pending += min(_PIECE, len(data) - start)
                self._judge_pending()
        found, self._found = tuple(self._found), []
        return found

    def _parse(self, data: bytes) -> bytes:
        """Feeds the parser; what it left is to be fed again."""
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade as stopped:
            return self._without_upgrade() + data[stopped.args[0] :] if self._upgrading else b""
        except HttpParserError as error:
            self._refuse(OwnError.REQUEST, f"these bytes are no HTTP/1.1 request: {error}")
        return b""

    def _without_upgrade(self) -> bytes:
        """The head anew without the offer to speak another protocol, which we pass over as a server may.

        The parser would take the body of such a request for that protocol's bytes.
        """
        lines = [b"%s %s HTTP/%s" % (self._parser.get_method(), self._url, self._parser.get_http_version().encode())]
        lines += [b"%s: %s" % (name, value) for name, value in self._headers if name.lower() != b"upgrade"]
        self._parser, self._kept = HttpRequestParser(self), self._headers
        return b"\r\n".join((*lines, b"", b""))

    def on_message_begin(self) -> None:
        """A request starts."""
        self.stage = "head"
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
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
        self._headers.append((name, value))
        self._head_bytes += len(name) + len(value) + 4
        if len(self._headers) > self._limits.headers:
            self._refuse(OwnError.HEAD, f"a request has at most {self._limits.headers} headers")
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
        head = self._head = self._judged_head()
        self._judge(head)
        if head.expects == "100-continue" and self.stage == "body":
            self._found.append(Expected())

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
            self._parser.get_method().decode("ascii"), target, self._head.headers, b"".join(self._body)
        )
        keep = self._parser.should_keep_alive() and request.method != "CONNECT"
        self.stage = "idle" if keep else "over"
        old = self._parser.get_http_version() == "1.0"
        self._found.append(Incoming(request, keep, old, _WEIGHT + len(request.body)))

    def _judged_head(self) -> Head:
        raw = tuple(self._headers)
        head = self._known.heads.find(raw)
        if head is None:
            head = _head_of(raw)
            if self._head_bytes <= _LONGEST_KNOWN and len(raw) <= _MOST_KNOWN_HEADERS:
                self._known.heads.keep(raw, head)
        return head

    def _judge(self, head: Head) -> None:
        """Refuses a head that the parser lets pass and we do not."""
        version = self._parser.get_http_version()
        if version not in ("1.1", "1.0"):
            self._refuse(OwnError.REQUEST, f"HTTP/{version} is not spoken here: ask with HTTP/1.1")
        elif head.hosts > 1 or (head.hosts == 0 and version == "1.1"):
            self._refuse(OwnError.HOST_COUNT, f"a request has one Host header, and this one has {head.hosts}")
        elif head.coding and (head.coding != "chunked" or version == "1.0"):
            self._refuse(OwnError.REQUEST, "the only Transfer-Encoding is chunked, in HTTP/1.1")
        elif head.length > self._limits.body:
            self._refuse_body()

    def _judge_pending(self) -> None:
        """Bounds what the parser holds back: a header that does not end, or the marks between chunks."""
        if self.stage == "head" and self._pending > self._limits.head:
            self._refuse_head()
        elif self.stage == "body" and self._pending > self._limits.body * _OVERHEAD:
            self._refuse_body()

    def _refuse_head(self) -> None:
        self._refuse(OwnError.HEAD, f"the head of a request is at most {self._limits.head} bytes")

    def _refuse_body(self) -> None:
        self._refuse(OwnError.BODY, f"a request body is at most {self._limits.body} bytes")

    def _refuse(self, error: OwnError, message: str) -> None:
        if self.stage != "over":
            self.stage = "over"
            self._found.append(Refused(server_response(error, message)))


def _head_of(raw: tuple[tuple[bytes, bytes], ...]) -> Head:
    headers = tuple([(name.decode("latin-1"), value.decode("latin-1").strip(" \t")) for name, value in raw])
    hosts, length, coding, expects = 0, 0, "", ""
    for name, value in headers:
        match name.lower():
            case "host":
                hosts += 1
            case "content-length":
                length = int(value)
            case "transfer-encoding":
                coding = value.lower()
            case "expect":
                expects = value.lower()
    return Head(headers, hosts, length, coding, expects)
