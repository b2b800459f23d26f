"""Load on a server, by wrk where it is installed: how many responses a second, and whether all were right ones."""

from __future__ import annotations

import http.client
import re
import secrets
import shutil
import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import NamedTuple

CONNECTIONS = 32
_SCRIPT = Path(__file__).resolve().parent / "ids.lua"
_HOST = "127.0.0.1"


class Ids(NamedTuple):
    """Which ids are polled: `polls` passes over `first` to `first + tasks - 1`, then on to as many new ones if `on`."""

    prefix: str
    tasks: int
    polls: int = 1
    on: bool = False
    first: int = 0

    def nth(self, n: int) -> str:
        """The id of the n-th poll, from 0."""
        batch = n // (self.tasks * self.polls) * self.tasks if self.on else 0
        return f"{self.prefix}{self.first + batch + n % self.tasks}"


class Measured(NamedTuple):
    """What one run found."""

    responses: int
    seconds: float
    wrong: int

    @property
    def rate(self) -> float:
        """Responses a second."""
        return self.responses / self.seconds


def tool() -> str:
    """What makes the load on this machine."""
    return f"wrk, 1 thread, {CONNECTIONS} connections" if shutil.which("wrk") else "threads of our own, for want of wrk"


def fresh(prefix: str) -> str:
    """A prefix that no earlier run used."""
    return f"{prefix}{secrets.token_hex(3)}-"


def ask(port: int, target: str) -> tuple[int, bytes]:
    """One request; status 0 where nobody answers."""
    connection = http.client.HTTPConnection(_HOST, port, timeout=20)
    try:
        connection.request("GET", target)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def load(port: int, target: str, seconds: float, ids: Ids | None = None) -> Measured:
    """Polls for a time: `target` itself, or `target` and one of `ids` after the other."""
    wrk = shutil.which("wrk")
    return _plain(port, target, seconds, ids) if wrk is None else _wrk(wrk, port, target, seconds, ids)


def fill(port: int, target: str, ids: Ids) -> None:
    """Polls every one of the ids as often as it says, over a few pipelined connections.

    RuntimeError: a response is wrong.
    """
    total, lanes = ids.tasks * ids.polls, 4
    for begin in range(0, total, 50_000):  # pass by pass, so that no id's second poll overtakes its first
        part = range(begin, min(begin + 50_000, total))
        with ThreadPoolExecutor(lanes) as pool:
            list(
                pool.map(
                    _pipelined, [port] * lanes, [[target + ids.nth(n) for n in part[k::lanes]] for k in range(lanes)]
                )
            )


def _pipelined(port: int, targets: list[str], at_once: int = 40) -> None:
    with socket.create_connection((_HOST, port), timeout=60) as link:
        for start in range(0, len(targets), at_once):
            some = targets[start : start + at_once]
            link.sendall(b"".join(_request(target) for target in some))
            wrong = _responses(link, len(some))
            if wrong:
                raise RuntimeError(f"{wrong} of {len(some)} responses were no 200")


def _responses(link: socket.socket, wanted: int) -> int:
    """Reads so many responses; how many of them were not 200."""
    data, wrong = b"", 0
    while wanted:
        end = data.find(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", data[:end]) if end >= 0 else None
        if length is None or len(data) < end + 4 + int(length[1]):
            more = link.recv(1 << 18)
            if not more:
                raise RuntimeError("the server closed the connection")
            data += more
            continue
        wrong += not data.startswith(b"HTTP/1.1 200")
        data = data[end + 4 + int(length[1]) :]
        wanted -= 1
    return wrong


def _request(target: str) -> bytes:
    return f"GET {target} HTTP/1.1\r\nHost: {_HOST}\r\n\r\n".encode()


def _wrk(wrk: str, port: int, target: str, seconds: float, ids: Ids | None) -> Measured:
    words = [wrk, "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", f"http://{_HOST}:{port}{target}"]
    if ids is not None:
        numbers = map(str, (ids.tasks, ids.polls, int(ids.on), ids.first))
        words += ["-s", str(_SCRIPT), "--", target, ids.prefix, *numbers]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    done = re.search(r"(\d+) requests in ([\d.]+)(ms|s|m)", said)
    if done is None:
        raise RuntimeError(said)
    taken = float(done[2]) * {"ms": 0.001, "s": 1.0, "m": 60.0}[done[3]]
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", said)
    wrong = (int(bad[1]) if bad else 0) + (sum(map(int, broken.groups())) if broken else 0)
    return Measured(int(done[1]), taken, wrong)


def _plain(port: int, target: str, seconds: float, ids: Ids | None, lanes: int = 8) -> Measured:
    """The same by a few threads, for machines without wrk: enough to see that all works, too slow to compare with."""
    numbers = count()
    until = time.perf_counter() + seconds

    def lane(_: int) -> tuple[int, int]:
        responses = wrong = 0
        with socket.create_connection((_HOST, port), timeout=60) as link:
            while time.perf_counter() < until:
                link.sendall(_request(target if ids is None else target + ids.nth(next(numbers))))
                wrong += _responses(link, 1)
                responses += 1
        return responses, wrong

    with ThreadPoolExecutor(lanes) as pool:
        found = list(pool.map(lane, range(lanes)))
    return Measured(sum(each[0] for each in found), seconds, sum(each[1] for each in found))


def hanging(port: int, target: str, connections: int) -> Iterator[socket.socket]:
    """Connections that each asked for a response of their own and wait for it; whoever takes them closes them."""
    for number in range(connections):
        link = socket.create_connection((_HOST, port), timeout=60)
        # A close is then a reset, which leaves no port waiting: the next round needs as many.
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        link.sendall(_request(f"{target}{number}"))
        yield link
