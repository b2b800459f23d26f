"""Mutated requests against the whole wire server: `python -m tests.support.fuzz_wire [COUNT] [SEED]`, or `make fuzz`.

Nothing may crash it, no response may be a 5xx, every byte it sends must belong to a response, no client may see
another's task, and in the end there are as many connections, descriptors and, in a long run, bytes of memory as before.
"""

from __future__ import annotations

import logging
import random
import re
import socket
import sys
import threading
from collections import Counter
from urllib.parse import unquote_to_bytes

from mock_server.settings import Settings
from tests.support.poller import STATUS_PATHS
from tests.support.wire_kit import Wire, descriptors, until, whole

CLIENTS = 4
GROWTH = 48 << 20
"""Bytes that a long run may leave in this process, for what is remembered on purpose is bounded."""
TOKENS = (
    *(b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\0", b" ", b"\t", b":", b"\xff"),
    *(b"%", b"%2F", b"%00", b"?", b"#", b"//", b"&", b"http://a.b", b"A: " + b"b" * 3000),
    *(b"HTTP/1.0", b"HTTP/0.9", b"HTTP/2.0", b"HEAD ", b"CONNECT ", b"OPTIONS ", b"POST "),
    *(b"Content-Length: 5\r\n", b"Content-Length: 99999999999999999999\r\n", b"Content-Length: -1\r\n"),
    *(b"Transfer-Encoding: chunked\r\n", b"transfer-encoding: gzip\r\n", b"ffffffffffffffff\r\n", b"0\r\n\r\n"),
    *(
        b"Host: y\r\n",
        b"Connection: close\r\n",
        b"Expect: 100-continue\r\n",
        b"Upgrade: h2c\r\nConnection: Upgrade\r\n",
    ),
)
LINE = re.compile(rb"HTTP/1\.1 (\d{3}) [ -~]*\r\n")
MARK = re.compile(rb"fuzz-(\d+)x")


def seeds(number: int) -> list[bytes]:
    """Right requests, all marked with a client's number."""
    id = f"instant.fuzz-{number}x"
    found = [f"GET {path}?{name}={id} HTTP/1.1\r\nHost: x\r\n\r\n" for path, name in STATUS_PATHS.values()]
    path, name = STATUS_PATHS["qiniu"]
    form = f"{name}={id}"
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    found.append(f"{head}Content-Length: {len(form)}\r\n\r\n{form}")
    found.append(f"{head}Transfer-Encoding: chunked\r\n\r\n{len(form):x}\r\n{form}\r\n0\r\n\r\n")
    found.append("GET /__admin/health HTTP/1.1\r\nHost: x\r\nAccept: */*\r\n\r\n")
    found.append("HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    return [text.encode() for text in found]


def mutated(chance: random.Random, number: int) -> bytes:
    """One to three requests on a connection, spoiled in a few places."""
    data = bytearray(b"".join(chance.choices(seeds(number), k=chance.randint(1, 3))))
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(6):
            case 0:
                data[at:at] = chance.choice(TOKENS)
            case 1:
                del data[at : at + chance.randint(1, 12)]
            case 2 if at < len(data):
                data[at] = chance.randrange(256)
            case 3:
                data[at:at] = data[at : at + chance.randint(1, 60)] * chance.randint(1, 4)
            case 4:
                data = data[:at] + data[at:].upper()
            case _:
                data[at:at] = bytes(chance.randrange(256) for _ in range(chance.randint(1, 8)))
    return bytes(data)


def told(wire: Wire, data: bytes) -> bytes:
    """What the server says to a client that then says no more, and may hang up early."""
    heard = b""
    with wire.connect() as client:
        try:
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
            while more := client.recv(1 << 16):
                heard += more
        except ConnectionError:
            pass  # it had enough before we were done
    return heard


def judged(data: bytes, heard: bytes, number: int) -> list[int]:
    """The statuses of what was heard, if all of it is as it must be."""
    statuses = [int(status) for status in LINE.findall(heard)]
    context = f"\nsent: {data!r}\nheard: {heard!r}"
    assert heard == b"" or LINE.match(heard), f"not a response{context}"
    assert all(status < 500 for status in statuses), f"a 5xx that nobody scripted{context}"
    # A mutation may write a digit of a mark as an escape, which a response tells decoded.
    sent = {number, *map(int, MARK.findall(data)), *map(int, MARK.findall(unquote_to_bytes(data)))}
    assert {int(mark) for mark in MARK.findall(heard)} <= sent, f"another's{context}"
    return statuses


def fuzz(count: int, seed: int, *, fast_path: bool = True) -> Counter[int]:
    """Sends so many spoiled connections' worth of requests; how often each status was heard."""
    counts: Counter[int] = Counter()
    failures: list[BaseException] = []
    settings = Settings(no_reload=True, journal_entries=100, no_fast_path=not fast_path)

    def client(wire: Wire, k: int) -> None:
        chance = random.Random(f"{seed}/{k}")
        try:
            for n in range(k, count, CLIENTS):
                number = n % 97
                data = mutated(chance, number)
                counts.update(judged(data, told(wire, data), number))
                if failures:
                    return
        except BaseException as error:  # of a thread: the test raises or counts it
            failures.append(error)

    with whole(settings) as wire:
        told(wire, b"".join(seeds(0)))
        before = descriptors()
        memory = _memory()
        threads = [threading.Thread(target=client, args=(wire, k)) for k in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]
        until(lambda: wire.server.connections == 0, "no connection is left")
        until(lambda: descriptors() <= before, f"{before} descriptors, as before")
        assert LINE.findall(told(wire, seeds(1)[0])) == [b"200"]
        assert _memory() - memory < GROWTH, f"memory grew by {_memory() - memory} bytes"
    return counts


def _memory() -> int:
    """The bytes this process holds."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * 4096


def main() -> None:
    """Runs as told on the command line, and says what was heard."""
    count, seed = (int(word) for word in (sys.argv[1:] + ["200000", "0"][len(sys.argv) - 1 :]))
    logging.getLogger("mock_server").setLevel(logging.ERROR)  # a line for each odd path would bury what matters
    counts = fuzz(count, seed)
    print(f"{count} requests, seed {seed}: {', '.join(f'{n} x {status}' for status, n in sorted(counts.items()))}")


if __name__ == "__main__":
    main()
