"""What a client may take of the wire server: sizes, times, connections; one who leaves leaves nothing behind."""

from __future__ import annotations

import gc
import resource
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mock_server.http.message import Request, Response
from mock_server.server.wire.connection import Connection
from mock_server.server.wire.limits import Limits
from tests.support.wire_kit import GET, LAST, Wire, bodies, descriptors, echo, echoing, hear, hear_head, statuses, until

HOST = b"Host: x\r\n"
LINE = b"GET /a HTTP/1.1\r\n"
RESET = struct.pack("ii", 1, 0)


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    with echoing() as server:
        yield server


@pytest.fixture(scope="module")
def small() -> Iterator[Wire]:
    with echoing(head=1000, headers=10, body=100) as server:
        yield server


def chunked(body: bytes, size: int) -> bytes:
    pieces = (body[start : start + size] for start in range(0, len(body), size))
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def post(length: int, body: bytes = b"") -> bytes:
    return b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % length + body


CHUNKED = b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"

SIZES = {
    "headers that fit": (200, LINE + HOST + b"A: b\r\n" * 9 + b"\r\n"),
    "a header too many": (431, LINE + HOST + b"A: b\r\n" * 10 + b"\r\n"),
    "a head that fits": (200, LINE + HOST + b"A: " + b"b" * 950 + b"\r\n\r\n"),
    "a header too long": (431, LINE + HOST + b"A: " + b"b" * 1000 + b"\r\n\r\n"),
    "a header's name too long": (431, LINE + HOST + b"A" * 1000 + b": b\r\n\r\n"),
    "a target too long": (431, b"GET /" + b"a" * 1000 + b" HTTP/1.1\r\n" + HOST + b"\r\n"),
    "a header without end": (431, LINE + HOST + b"A: " + b"b" * 300_000),
    "a target without end": (431, b"GET /" + b"a" * 300_000),
    "a body that fits": (200, post(100, b"x" * 100)),
    "a body too long": (413, post(101, b"x" * 101)),
    "a body that would be too long": (413, post(10**15)),
    "a body in chunks that fits": (200, CHUNKED + chunked(b"x" * 100, 7)),
    "a body in chunks too long": (413, CHUNKED + chunked(b"x" * 101, 7)),
    "chunks that never end": (413, CHUNKED + b"1;" + b"a" * 300_000),
    "trailers without end": (413, CHUNKED + b"0\r\nA: " + b"b" * 300_000),
}


@pytest.mark.parametrize(("status", "data"), SIZES.values(), ids=SIZES)
def test_what_is_too_large_is_refused_in_our_voice(small: Wire, status: int, data: bytes) -> None:
    heard = small.say(data + LAST)
    assert statuses(heard.data)[0] == status
    assert not heard.reset
    if status != 200:
        (body,) = bodies(heard.data)
        assert body["error"] == {431: "head", 413: "body"}[status]


@pytest.mark.parametrize(
    ("status", "data"),
    [
        (200, LINE + HOST + b"A: b\r\n" * 99 + b"\r\n"),
        (431, LINE + HOST + b"A: b\r\n" * 100 + b"\r\n"),
        (200, LINE + HOST + b"A: " + b"b" * 65_000 + b"\r\n\r\n"),
        (431, LINE + HOST + b"A: " + b"b" * 65_536 + b"\r\n\r\n"),
        (200, post(1 << 20, b"x" * (1 << 20))),
        (413, post((1 << 20) + 1)),
        (200, CHUNKED + chunked(b"x" * (1 << 20), 3)),
    ],
)
def test_the_sizes_are_as_documented(wire: Wire, status: int, data: bytes) -> None:
    assert statuses(wire.say(data + LAST).data)[0] == status


def test_a_head_is_counted_for_each_request_of_a_connection(small: Wire) -> None:
    data = (LINE + HOST + b"A: " + b"b" * 800 + b"\r\n\r\n") * 50
    assert statuses(small.say(data + LAST).data) == [200] * 51


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"GET /a HT", [408]),
        (LINE + HOST, [408]),
        (GET + b"GET /b", [200, 408]),
        (post(9, b"abc"), [408]),
        (CHUNKED + b"3\r\nabc\r\n", [408]),
        (b"", []),
        (GET, [200]),
    ],
)
def test_a_client_that_takes_too_long_is_cut(sent: bytes, said: list[int]) -> None:
    with echoing(head_time=0.05, body_time=0.05, idle_time=0.05) as wire:
        assert statuses(wire.say(sent).data) == said


def test_dripping_bytes_gain_no_time() -> None:
    stop = threading.Event()

    def drip(client: socket.socket) -> None:
        while not stop.wait(0.01):
            try:
                client.sendall(b"A: b\r\n")
            except OSError:
                return

    with echoing(head_time=0.1, headers=10**6) as wire, wire.connect() as client:
        client.sendall(LINE)
        thread = threading.Thread(target=drip, args=(client,))
        thread.start()
        heard = hear(client)
        stop.set()
        thread.join()
    assert statuses(heard.data) == [408]


def test_a_late_response_is_no_idle_client() -> None:
    with echoing(head_time=0.03, body_time=0.03, idle_time=0.03) as wire:
        assert statuses(wire.say(b"GET /a?ms=200 HTTP/1.1\r\n" + HOST + b"\r\n").data) == [200]


def test_one_connection_too_many_is_told_so_and_the_others_go_on() -> None:
    with echoing(connections=3) as wire:
        clients = [wire.connect() for _ in range(3)]
        until(lambda: wire.server.connections == 3, "all are connected")
        (body,) = bodies(wire.say(b"").data)
        assert body["error"] == "connections"
        for client in clients:
            client.sendall(LAST)
            assert statuses(hear(client).data) == [200]
            client.close()
        until(lambda: wire.server.connections == 0, "all are gone")
        assert statuses(wire.say(LAST).data) == [200]


def test_beyond_a_bound_no_more_is_read_while_a_response_is_late() -> None:
    asked: list[str] = []

    def answer(request: Request) -> Response:
        asked.append(request.target)
        return echo(request)

    with echoing(answer) as wire, wire.connect() as client:
        client.sendall(b"GET /first?ms=3600000 HTTP/1.1\r\n" + HOST + b"\r\n")
        client.settimeout(0.3)
        with pytest.raises(TimeoutError):  # the system's buffers fill, and then nothing goes out any more
            client.sendall(GET * 2_000_000)
    assert asked[:1] == ["/first?ms=3600000"]


def test_a_client_that_does_not_read_is_cut_in_the_end() -> None:
    with echoing(unread_time=0.1) as wire, wire.connect() as client:
        client.settimeout(0.5)
        with pytest.raises((TimeoutError, ConnectionError)):
            client.sendall(GET * 2_000_000)
        until(lambda: wire.server.connections == 0, "the client is cut")


def test_a_client_that_pipelines_without_end_leaves_others_their_turn(wire: Wire) -> None:
    with wire.connect() as greedy:
        greedy.sendall(GET * 500)
        assert statuses(wire.say(LAST).data) == [200]


# Each leaves its own way in the middle of something.
Leave = Callable[[socket.socket], None]


def leave_mid_request(client: socket.socket) -> None:
    client.sendall(b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nhalf")


def leave_mid_head(client: socket.socket) -> None:
    client.sendall(b"GET /a HT")


def leave_mid_response(client: socket.socket) -> None:
    client.sendall(b"GET /a?fault=dribble&over=300 HTTP/1.1\r\nHost: x\r\n\r\n")
    hear_head(client)


def leave_mid_delay(client: socket.socket) -> None:
    client.sendall(b"GET /a?ms=300 HTTP/1.1\r\nHost: x\r\n\r\n" + GET)


def leave_mid_hang(client: socket.socket) -> None:
    client.sendall(b"GET /a?fault=hang&over=3600000 HTTP/1.1\r\nHost: x\r\n\r\n")


def leave_mid_call(client: socket.socket) -> None:
    client.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")


LEAVING = (leave_mid_request, leave_mid_head, leave_mid_response, leave_mid_delay, leave_mid_hang, leave_mid_call)


def kept_connections(wire: Wire) -> list[Connection]:
    """The server's connections that something still refers to."""
    gc.collect()
    everything = [thing for thing in gc.get_objects() if isinstance(thing, Connection)]
    return [connection for connection in everything if connection._service is wire.server._service]


def test_a_client_that_leaves_after_its_time_was_checked_is_forgotten() -> None:
    with echoing(head_time=0.04) as wire:  # checked a hundred times a second
        client = wire.connect()
        until(lambda: wire.server.connections == 1, "the client is connected")
        until(lambda: [each._mark[0] for each in kept_connections(wire)] == ["idle"], "its time is checked")
        client.close()
        until(lambda: wire.server.connections == 0, "it is gone")
        until(lambda: not kept_connections(wire), "nothing refers to a client")


def clients_at_once() -> int:
    """As many as the limit on descriptors allows: each costs one on either side, in this process."""
    return min(1_000, (resource.getrlimit(resource.RLIMIT_NOFILE)[0] - descriptors() - 100) // 2)


@pytest.mark.parametrize("reset", [False, True], ids=["in good order", "by reset"])
def test_a_thousand_clients_that_leave_leave_nothing_behind(reset: bool) -> None:
    with echoing() as wire:
        wire.say(LAST)  # the loop has all that it needs for itself
        before = descriptors()
        count = clients_at_once()
        clients = []
        for k in range(count):
            client = wire.connect()
            LEAVING[k % len(LEAVING)](client)
            clients.append(client)
        for client in clients:
            if reset:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            client.close()
        until(lambda: wire.server.connections == 0, "all are gone")
        # A thread for slow answers may just have come to be; it holds no descriptor.
        until(lambda: descriptors() <= before, f"{before} descriptors again")
        until(lambda: not kept_connections(wire), "nothing refers to a client")
        assert statuses(wire.say(LAST).data) == [200]


def test_a_client_that_is_gone_holds_no_timer() -> None:
    with echoing() as wire:
        for _ in range(20):
            client = wire.connect()
            client.sendall(b"GET /a?ms=3600000 HTTP/1.1\r\nHost: x\r\n\r\n")
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            until(lambda: wire.server.connections > 0, "the client is connected")
            client.close()
            until(lambda: wire.server.connections == 0, "the client is gone")
        until(lambda: not kept_connections(wire), "nothing refers to a client")


def test_there_are_no_more_connections_than_descriptors() -> None:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert Limits(connections=10**9).within_descriptors().connections < soft
    assert Limits(connections=3).within_descriptors().connections == 3


def test_a_server_of_its_own_takes_the_descriptors_it_may(root: Path) -> None:
    program = (
        "import resource\n"
        "from mock_server.server.wire.limits import Limits, more_descriptors\n"
        "hard = min(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1])\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))\n"
        "print(Limits().within_descriptors().connections < 256)\n"
        "more_descriptors()\n"
        "print(resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard))\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=root, check=True)
    assert ran.stdout.split() == ["True", "True"]
