"""Requests written by the grammar of HTTP/1.1 (RFC 9112): `python -m tests.support.fuzz_grammar [COUNT] [SEED]`.

Mutated bytes rarely get past the request line. These do: each part is drawn from forms that the grammar has and from
near misses. Four rules hold for all of them. A request means the same whole and cut into any pieces. It means the
same alone and among neighbours. The parsers of both servers take the same requests. And where a request is right, both
servers give the same response.
"""

from __future__ import annotations

import logging
import random
import sys
from collections import Counter
from contextlib import ExitStack
from typing import NamedTuple

from waitress.adjustments import Adjustments

from mock_server.assembly import assemble
from mock_server.server.waitress_parts import Parser
from mock_server.server.wire.limits import Limits
from mock_server.server.wire.reader import Expected, Known, Reader, Refused
from mock_server.settings import Settings
from tests.support.framing import LIMITS, cut, each_alone, read
from tests.support.live import LiveServer, serving_parts
from tests.support.poller import STATUS_PATHS
from tests.support.raw import Answer, answers, send

METHODS = ("GET", "GET", "GET", "POST", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "QUERY")
NEAR_METHODS = ("get", "G(T", "", "GET ", "CONNECT")
IDS = (
    "instant.1",
    "instant.2",
    "happy-path.%31",
    "not-found",
    "hapy-path",
    "a%2Fb",
    "a+b",
    "%E4%BB%BB",
    "x" * 600,
    "",
    "flaky.é",
)
FIELDS = ("id", "persistentId", "task_id", "id", "persistentId", "task_id", "ID", "i%64", "")
PATHS = (
    *(path for path, _ in STATUS_PATHS.values()),
    *(path for path, _ in STATUS_PATHS.values()),
    "/fops",
    "/status/get/prefop/",
    "/x",
    "/",
    "//x",
    "/a/../b",
)
VALUES = ("a", "", "a, b", '"q"', "a\tb", "x" * 60)
NAMES = ("A", "Accept", "User-Agent", "X-Reqid", "x_y", "Cookie", "Authorization")
NEAR_LINES = (
    "A : b",
    "A",
    ": b",
    "A: \x00",
    " folded",
    "A\x7f: b",
    "Host: y",
    "Content-Length: x",
    "Content-Length: 3, 4",
)
BODIES = (b"", b"id=instant.1", b"{}", b"\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"\xff\x00", b"x" * 59, b"x" * 61)
ENDS = ("\r\n", "\r\n", "\r\n", "\n")


class Written(NamedTuple):
    """One request. `right`: every part is one that the grammar has, so that any server must take it alike."""

    data: bytes
    right: bool
    method: str


def written(chance: random.Random, *, right: bool) -> Written:
    """One request; a right one has no near misses, and asks for the connection to be closed."""
    near = not right and chance.random() < 0.5
    method = chance.choice(NEAR_METHODS if near and chance.random() < 0.2 else METHODS)
    target = chance.choice(PATHS)
    if chance.random() < 0.8:
        pairs = [f"{chance.choice(FIELDS)}={chance.choice(IDS)}" for _ in range(chance.choice((1, 1, 1, 2)))]
        target += "?" + "&".join(pairs)
    version = chance.choice(("HTTP/1.1",) * 6 + (("HTTP/1.0", "HTTP/2.0", "RTSP/1.0", "HTTP/1.1 ") if near else ()))
    lines = ["Host: 127.0.0.1"] if right or chance.random() < 0.9 else []
    for _ in range(chance.choice((0, 1, 2, 6))):
        lines.append(f"{_cased(chance, chance.choice(NAMES))}:{chance.choice((' ', '', '  '))}{chance.choice(VALUES)}")
    if near:
        lines.insert(chance.randrange(len(lines) + 1), chance.choice(NEAR_LINES))
    if right:
        lines.append("Connection: close")
    body = b""
    if method in ("POST", "PUT", "PATCH") or (near and chance.random() < 0.2):
        frame, body = _framed(chance, chance.choice(BODIES), near=near)
        lines += frame
        if chance.random() < 0.5:
            lines.append("Content-Type: application/x-www-form-urlencoded")
    head = lines if right else chance.sample(lines, len(lines))
    end = chance.choice(ENDS) if near else "\r\n"
    text = end.join([f"{method} {target} {version}", *head, "", ""])
    return Written(text.encode() + body, right, method)


def _cased(chance: random.Random, name: str) -> str:
    return chance.choice((name, name.lower(), name.upper()))


def _framed(chance: random.Random, body: bytes, *, near: bool) -> tuple[list[str], bytes]:
    """The headers that frame a body, and the body as it is sent: by its length, or in chunks."""
    if chance.random() < 0.5:
        length = len(body) + (chance.choice((-1, 0, 0)) if near and body else 0)
        frame = [f"{_cased(chance, 'Content-Length')}: {length}"]
        return frame * chance.choice((1, 2) if near else (1,)), body
    parts, left = [], body
    while left:
        size = chance.randint(1, len(left))
        extension = chance.choice((b"", b"", b";a=b", b";a"))
        parts.append(b"%x%s\r\n%s\r\n" % (size, extension, left[:size]))
        left = left[size:]
    trailer = chance.choice((b"", b"", b"A: b\r\n"))
    coding = chance.choice(("chunked", "Chunked", "gzip, chunked", "chunked, chunked") if near else ("chunked",))
    return [f"{_cased(chance, 'Transfer-Encoding')}: {coding}"], b"".join(parts) + b"0\r\n" + trailer + b"\r\n"


def judge_reading(chance: random.Random) -> None:
    """Draws some requests for one connection; each means what it means alone, however the bytes are cut."""
    messages = [written(chance, right=False).data for _ in range(chance.randint(1, 5))]
    # A body that is cut short takes from what follows: only messages that are whole by themselves have neighbours.
    messages = [message for message in messages if len(read([message])) == 1]
    if not messages:
        return
    data = b"".join(messages)
    places = [chance.randrange(len(data)) for _ in range(chance.choice((0, 1, 5, 40)))]
    alone, together = each_alone(messages), read(cut(data, places))
    assert together == alone, f"alone: {alone}\ntogether: {together}\nsent: {messages}\ncut at {places}"


def judge_parsers(chance: random.Random) -> None:
    """Draws a request, which the parsers of both servers take, refuse, or wait for more of."""
    data = written(chance, right=False).data
    wire = next((found for found in Reader(Limits(), Known()).feed(data) if not isinstance(found, Expected)), None)
    parser, left = Parser(Adjustments()), data
    while left and not parser.completed:
        left = left[parser.received(left) :]
    refused = parser.refused if parser.error is None or parser.refused else parser.error
    assert parser.completed is (wire is not None), data
    assert refused == (wire if isinstance(wire, Refused) else None), data


def judge_servers(chance: random.Random, wire: LiveServer, flask: LiveServer) -> int:
    """Sends one right request to both servers; the status of their response, which is the same."""
    request = written(chance, right=True)
    heard = [_heard(server, request) for server in (wire, flask)]
    assert heard[0] == heard[1], f"wire: {heard[0]}\nflask: {heard[1]}\nsent: {request.data!r}"
    return heard[0].status


def _heard(server: LiveServer, request: Written) -> Answer:
    (answer,) = answers(send(server.port, request.data), bodiless=request.method == "HEAD")
    return answer


def judge_readings(chance: random.Random, count: int) -> None:
    """Judges the requests of so many connections."""
    for _ in range(count):
        judge_reading(chance)
        judge_parsers(chance)


def judge_responses(chance: random.Random, count: int, wire: LiveServer, flask: LiveServer) -> list[int]:
    """Judges the responses to so many requests; their statuses."""
    return [judge_servers(chance, wire, flask) for _ in range(count)]


def fuzz(count: int, seed: int, *, fast_path: bool = True) -> Counter[int]:
    """Judges so many connections' worth of requests, and a tenth as many responses; how often each status was given."""
    chance = random.Random(seed)
    judge_readings(chance, count)
    with ExitStack() as stack:
        now, settings = 1_800_000_000_000, Settings(no_reload=True, no_fast_path=not fast_path)
        wire, flask = (
            stack.enter_context(serving_parts(assemble(settings, real_clock=lambda: now), flask=kind))
            for kind in (False, True)
        )
        return Counter(judge_responses(chance, count // 10, wire, flask))


def main() -> None:
    """Runs as told on the command line, and says what was given."""
    count, seed = (int(word) for word in (sys.argv[1:] + ["20000", "0"][len(sys.argv) - 1 :]))
    logging.getLogger("mock_server").setLevel(logging.ERROR)  # a line for each odd path would bury what matters
    counts = fuzz(count, seed)
    print(f"{count} connections by the grammar, seed {seed}: {LIMITS.head}-byte heads; responses by status:")
    print(", ".join(f"{n} x {status}" for status, n in sorted(counts.items())))


if __name__ == "__main__":
    main()
