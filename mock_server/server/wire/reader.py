"""Parses the bytes of one connection into requests, or into the refusal that ends the connection.

httptools, the parser of Node, reads the syntax of HTTP/1 (RFC 9112). What it lets pass and a server must not is refused
here; each refusal names the section that asks for it. A refusal is the last thing read: where one message ends and the
next begins is then uncertain, and to guess is how requests are smuggled (RFC 9112, section 11.2).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from mock_server.cache import Cache
from mock_server.emulator.fast_path import Memo
from mock_server.http.errors import OwnError
from mock_server.http.message import Pairs, Request, Response, ascii_target, request_of
from mock_server.http.responses import server_response
from mock_server.server.request_line import problem_of_line, problem_of_start
from mock_server.server.wire.limits import Limits
from mock_server.types import Bound

_OVERHEAD = 8
"""How many bytes of chunked coding are read for each byte of the largest body. Even chunks of one byte need fewer."""

_WEIGHT = 256
"""What a request without a body weighs in the queue."""
_RAW = "The one that came first is forgotten, and parsed again when it comes again."
REQUESTS = Bound("Requests that are known by their bytes", 4_096, "requests", _RAW)
REQUEST_SIZE = Bound("Memory of known requests and of what they showed last", 32 << 20, "bytes", _RAW)
HEADS = Bound("Sets of headers that are known by their bytes", 1_024, "sets", _RAW)
HEAD_SIZE = Bound("Memory of known sets of headers", 8 << 20, "bytes", _RAW)
BLOCKS = Bound("Sets of headers of a GET that are known as a whole", 1_024, "sets", _RAW)
BLOCK_SIZE = Bound("Memory of sets of headers of a GET that are known as a whole", 4 << 20, "bytes", _RAW)
LONGEST_KNOWN = Bound("The longest request that becomes known", 2_048, "bytes", "It is parsed each time.")
MOST_KNOWN_HEADERS = Bound("Headers of a request that becomes known", 24, "headers", "It is parsed each time.")
_PARSED = 1_200
_PAIR = 330
"""Bytes that a parsed request takes besides its texts, and those of each of its headers or fields."""

_PLAIN_LINE = re.compile(rb"GET (/[\w./~-]*(?:\?[\w./~=&%+:,-]*)?) HTTP/1\.1\r\n", re.ASCII)
"""A request line that the parser takes as it stands; it takes others too, which are left to it."""
_END = b"\r\n\r\n"
"""Ends a head, and a body in chunks."""
_EMPTY = b"\r\n"

Stage = Literal["idle", "head", "body", "over"]


class Incoming(NamedTuple):
    """A complete request. `keep`: the connection persists after it."""

    request: Request
    keep: bool
    weight: int = _WEIGHT


class Refused(NamedTuple):
    """Bytes that are not an acceptable request; nothing after them is read."""

    error: OwnError
    message: str
    weight: int = _WEIGHT

    @property
    def response(self) -> Response:
        """What the client gets."""
        return server_response(self.error, self.message)


class Expected(NamedTuple):
    """The client waits for 100 (Continue) before it sends the body (RFC 9110, section 10.1.1)."""

    weight: int = _WEIGHT


Found = Incoming | Refused | Expected


class KnownRequest:
    """A request that is known by its bytes. `memo` is what the fast path keeps of it."""

    __slots__ = ("incoming", "memo")

    def __init__(self, incoming: Incoming) -> None:
        self.incoming = incoming
        self.memo: Memo | None = None


class Head(NamedTuple):
    """The headers of a request, and what they say.

    A repeated header says the same as its values in one list (RFC 9110, section 5.3). `hosts` is how many Host names;
    `coding` the Transfer-Encoding, "" for none; `expects`: it waits for 100 (Continue); `closes`: Connection says so.
    """

    headers: Pairs
    hosts: int
    length: int
    coding: str
    expects: bool
    closes: bool


class Known:
    """A cache of what was parsed before, by its bytes: a client that polls sends the same again and again.

    `requests` holds those that arrived whole, alone and between two others: such bytes mean the same on every
    connection. `heads` holds whole sets of headers, which a client repeats with another target. `blocks` holds the same
    by the bytes from the end of the request line to the end of the request: those of a GET in HTTP/1.1 that has no
    body, keeps the connection, and was accepted. Behind another such line the same bytes mean the same headers.
    """

    __slots__ = ("blocks", "heads", "requests", "reserved")

    def __init__(self, reserved: int = 0) -> None:
        """`reserved` is what is counted for each request besides what is known of it here, in bytes."""
        self.reserved = reserved
        self.requests: Cache[bytes, KnownRequest] = Cache(REQUESTS.value, REQUEST_SIZE.value)
        self.heads: Cache[tuple[tuple[bytes, bytes], ...], Head] = Cache(HEADS.value, HEAD_SIZE.value)
        self.blocks: Cache[bytes, Pairs] = Cache(BLOCKS.value, BLOCK_SIZE.value)

    def clear(self) -> None:
        """Forgets everything, so that its memory is free. Any thread may call it."""
        self.requests.clear()
        self.heads.clear()
        self.blocks.clear()


class Reader:
    """Reads one connection. Its `on_...` methods are callbacks of the parser.

    The parser is fed the bytes of one message at a time, so that each is charged for its own bytes: what it gets does
    not depend on what came before or after it, nor on how the bytes were cut.
    """

    __slots__ = (
        "_body",
        "_found",
        "_head",
        "_headers",
        "_kept",
        "_known",
        "_limits",
        "_line",
        "_parser",
        "_raw",
        "_size",
        "_tail",
        "_upgrading",
        "_url",
        "stage",
    )

    def __init__(self, limits: Limits, known: Known) -> None:
        self.stage: Stage = "idle"
        self._limits = limits
        self._known = known
        self._found: list[Found] = []
        self._parser: Any = HttpRequestParser(self)  # without types; None once it is released
        self._kept: list[tuple[bytes, bytes]] | None = None
        self._start()
        self.on_message_begin()
        self.stage = "idle"

    def release(self) -> None:
        """Lets the parser go, which holds this reader in a cycle. Nothing can be read after that."""
        self.stage = "over"
        self._parser = None

    @property
    def line(self) -> bytes:
        """The request line of the request that is being read, or what there is of it."""
        return self._line

    def feed(self, data: bytes) -> Sequence[Found]:
        """What these bytes complete, in the order in which it arrived (RFC 9112, section 9.3.2: pipelining)."""
        known = self.known(data)
        return self.read(data) if known is None else (known.incoming,)

    def known(self, data: bytes) -> KnownRequest | None:
        """The request that these bytes are, if that is known without the parser. They are read then."""
        if self.stage != "idle" or len(data) > LONGEST_KNOWN.value:
            return None
        known = self._known.requests.find(data)
        if known is None:
            request = self._read_in_parts(data)
            if request is not None:
                known = self._keep(data, Incoming(request, keep=True))
        return known

    def read(self, data: bytes) -> Sequence[Found]:
        """As `feed`, of bytes that are not known. One whole request that comes alone becomes known."""
        alone = self.stage == "idle" and len(data) <= LONGEST_KNOWN.value
        found = self._read(data)
        if alone and len(found) == 1 and isinstance(found[0], Incoming) and self.stage == "idle":
            request = found[0].request
            if len(request.headers) <= MOST_KNOWN_HEADERS.value:
                self._learn(data, request)
                self._keep(data, found[0])
        return found

    def _keep(self, data: bytes, incoming: Incoming) -> KnownRequest:
        """Remembers a request by its bytes. It is counted with the most that it takes: others may share its headers."""
        made = KnownRequest(incoming)
        fields = len(incoming.request.headers) + data.count(b"&")
        size = 3 * len(data) + _PAIR * fields + _PARSED + self._known.reserved
        self._known.requests.keep(data, made, size)
        return made

    def _read_in_parts(self, data: bytes) -> Request | None:
        """The request of these bytes if they are a plain request line and a block that is known."""
        at = data.find(b"\r\n") + 2
        headers = self._known.blocks.find(data[at:])
        if headers is None or len(data) > self._limits.head:
            return None
        line = _PLAIN_LINE.fullmatch(data, 0, at)
        return None if line is None else request_of("GET", line[1].decode("ascii"), headers, b"")

    def _learn(self, data: bytes, request: Request) -> None:
        """Remembers what follows the request line, if it would mean the same behind another."""
        if request.method != "GET" or request.old or request.body or not data.startswith(self._line):
            return
        if request.header("Upgrade") is None:
            block = data[len(self._line) :]
            self._known.blocks.keep(block, request.headers, 2 * len(block) + _PAIR * len(request.headers))

    def _read(self, data: bytes) -> Sequence[Found]:
        """Parses more bytes, one part of one message after the other."""
        at = 0
        while at < len(data) and self.stage != "over":
            if self.stage == "body":
                at = self._read_body(data, at)
            elif self.stage == "idle" and data[at] in _EMPTY:
                at += 1  # RFC 9112, section 2.2: empty lines before a request are ignored
            else:
                if self.stage == "idle":
                    self._start()
                at = self._read_head(data, at)
        found, self._found = tuple(self._found), []
        return found

    def _start(self) -> None:
        """Counts anew: `_raw` bytes of this head, or of this body in chunks; its first line; where an end may begin."""
        self._raw = 0
        self._line = self._tail = b""

    def _read_head(self, data: bytes, at: int) -> int:
        """Feeds bytes of one head, and none beyond its end or its limit. Returns where the next part begins."""
        end = self._end_of_part(data, at)
        part = data[at : min(end, at + self._limits.head - self._raw)]
        self._raw += len(part)
        if not self._line.endswith(b"\n"):
            line, newline, part = part.partition(b"\n")
            self._line += line + newline
            self._parse(ascii_target(line) + newline)
            problem = problem_of_line(self._line) if newline else None
            if problem is not None:
                self._refuse(OwnError.REQUEST, problem)
        self._parse(part)
        if self.stage == "head" and self._raw >= self._limits.head:
            self._refuse_head()
        return end

    def _read_body(self, data: bytes, at: int) -> int:
        """Feeds bytes of one body, and none beyond its end or its limit. Returns where the next part begins."""
        if not self._head.coding:
            end = at + self._head.length - self._size
            self._parse(data[at:end])
            return end
        # RFC 9112, section 7.1.1: a server limits the length of chunk extensions; the same bounds trailer fields.
        end = self._end_of_part(data, at)
        most = self._limits.body * _OVERHEAD
        part = data[at : min(end, at + most - self._raw)]
        self._raw += len(part)
        self._parse(part)
        if self.stage == "body" and self._raw >= most:
            self._refuse_body()
        return end

    def _end_of_part(self, data: bytes, at: int) -> int:
        """Where a head or chunks may end, which earlier bytes may have begun; the end of the data if nowhere."""
        found = -1
        if self._tail:
            found = (self._tail + data[at : at + len(_END)]).find(_END)
            end = at + found + len(_END) - len(self._tail)
        if found < 0:
            found = data.find(_END, at)
            end = found + len(_END) if found >= 0 else len(data)
        self._tail = (self._tail + data[max(at, end - len(_END)) : end])[1 - len(_END) :]
        return end

    def _parse(self, data: bytes) -> None:
        """Feeds the parser, unless a refusal has ended all."""
        if not data or self.stage == "over":
            return
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:
            if self._upgrading:
                self._parse(self._without_upgrade())
        except HttpParserError as error:
            self._refuse_bytes(error)

    def _without_upgrade(self) -> bytes:
        """The head without its Upgrade, to be parsed again. A server may ignore that field (RFC 9110, section 7.8).

        The parser would treat the body of such a request as bytes of the other protocol.
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
        self._size = 0
        self._upgrading = False

    def on_url(self, url: bytes) -> None:
        """More of the request's target."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header. After the body it is a trailer field, which a server may discard (RFC 9112, section 7.1.2)."""
        if self.stage != "head":
            return
        self._headers.append((name, value))
        if len(self._headers) > self._limits.headers:  # RFC 6585, section 5
            self._refuse(OwnError.HEAD, f"a request has at most {self._limits.headers} headers")

    def on_headers_complete(self) -> None:
        """The head is complete: what must not be served is refused."""
        if self.stage != "head":
            return
        if self._kept is not None:
            self._headers, self._kept = self._kept, None
        elif self._parser.should_upgrade() and self._parser.get_method() != b"CONNECT":
            self._upgrading = True
            return
        self.stage = "body"
        size, self._raw, self._tail = self._raw, 0, b""
        head = self._head = self._judged_head(size)
        self._judge(head)
        if head.expects and self._parser.get_http_version() == "1.1" and self.stage == "body":
            self._found.append(Expected())

    def on_body(self, data: bytes) -> None:
        """More of the body."""
        self._size += len(data)
        if self._size > self._limits.body:
            self._refuse_body()
        elif self.stage == "body":
            self._body.append(data)

    def on_message_complete(self) -> None:
        """The request is complete."""
        if self.stage != "body":
            return
        target = self._url.decode("utf-8", "replace")
        method, old = self._parser.get_method().decode("ascii"), self._parser.get_http_version() == "1.0"
        request = request_of(method, target, self._head.headers, b"".join(self._body), old=old)
        keep = self._parser.should_keep_alive() and not self._head.closes and request.method != "CONNECT"
        self.stage = "idle" if keep else "over"
        self._found.append(Incoming(request, keep, _WEIGHT + len(request.body)))

    def _judged_head(self, size: int) -> Head:
        raw = tuple(self._headers)
        head = self._known.heads.find(raw)
        if head is None:
            head = _head_of(raw)
            if size <= LONGEST_KNOWN.value and len(raw) <= MOST_KNOWN_HEADERS.value:
                self._known.heads.keep(raw, head, 2 * size + _PAIR * len(raw) + _PARSED)
        return head

    def _judge(self, head: Head) -> None:
        """Refuses a head that the parser lets pass and a server must not."""
        version = self._parser.get_http_version()
        if head.hosts > 1 or (head.hosts == 0 and version == "1.1"):
            # RFC 9112, section 3.2: 400 to an HTTP/1.1 request without Host, and to any with more than one.
            self._refuse(
                OwnError.HOST_COUNT, f"a request names one host in its Host header, and this one names {head.hosts}"
            )
        elif head.coding and (head.coding != "chunked" or version == "1.0"):
            # RFC 9112, section 6.3: 400 unless chunked is the final coding, since the body has no certain end; section
            # 6.1: Transfer-Encoding in HTTP/1.0 is faulty framing, and codings not understood may be refused.
            self._refuse(OwnError.REQUEST, "the only Transfer-Encoding is chunked, in HTTP/1.1")
        elif head.length > self._limits.body:
            self._refuse_body()

    def _refuse_bytes(self, error: HttpParserError) -> None:
        """RFC 9112, section 2.2: 400 to bytes that do not match the grammar, and the connection is closed."""
        what = problem_of_start(self._line) or f"these bytes are no HTTP/1.1 request: {error}"
        if "ICE/" in str(error) or "HTTP version" in str(error):  # the parser also knows the protocols of streams
            what = "these bytes are no HTTP/1.1 request: the request line does not end in HTTP/1.1"
        self._refuse(OwnError.REQUEST, what)

    def _refuse_head(self) -> None:
        """RFC 9110, section 5.4: a 4xx to fields larger than the server processes; RFC 6585, section 5: 431.

        A long target counts with the fields, though it has a status of its own (414; RFC 9112, section 3).
        """
        self._refuse(OwnError.HEAD, f"the head of a request is at most {self._limits.head} bytes")

    def _refuse_body(self) -> None:
        """RFC 9110, section 15.5.14: 413, and the connection may be closed."""
        self._refuse(OwnError.BODY, f"a request body is at most {self._limits.body} bytes")

    def _refuse(self, error: OwnError, message: str) -> None:
        if self.stage != "over":
            self.stage = "over"
            self._found.append(Refused(error, message))


def _head_of(raw: tuple[tuple[bytes, bytes], ...]) -> Head:
    headers = tuple([(name.decode("latin-1"), value.decode("latin-1").strip(" \t")) for name, value in raw])
    hosts, length = 0, 0
    codings: list[str] = []
    expected: list[str] = []
    options: list[str] = []
    for name, value in headers:
        match name.lower():
            case "host":
                hosts += len(value.split(","))
            case "content-length":
                length = int(value)
            case "transfer-encoding":
                codings.append(value.lower())
            case "expect":
                expected += _list_of(value)
            case "connection":
                options += _list_of(value)
    return Head(headers, hosts, length, ", ".join(codings), "100-continue" in expected, "close" in options)


def _list_of(value: str) -> list[str]:
    return [each.strip(" \t").lower() for each in value.split(",")]
