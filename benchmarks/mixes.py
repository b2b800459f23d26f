"""The mixes of requests that cost most memory, each on a server of its own. A table, and what sends them.

The journal may hold 64 MiB of exchanges, and a thousand tasks may live: what a server takes beyond these two is what
the mix costs. Every request of a mix is another one, so that nothing is shared.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import NamedTuple
from urllib.parse import quote

JOURNAL = 64 << 20
"""Bytes that the settings ask for."""
FLAGS = ("--journal-bytes", str(JOURNAL), "--max-tasks", "1000", "--no-reload")
BEYOND = "beyond start and journal"
"""What the figure is called."""
_AT_ONCE = 20
_ITEMS = 200


class Mix(NamedTuple):
    """One mix. `nth` makes the n-th request; `share` is how many of a thousand responses are asked for.

    `first` has what the status of a response may begin with: what is beyond a bound is refused.
    """

    name: str
    nth: Callable[[str, int], bytes]
    share: int
    first: bytes = b"2"


def _get(target: str, headers: str = "") -> bytes:
    return f"GET {target} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode()


def _send(method: str, path: str, body: str, type: str) -> bytes:
    data = body.encode()
    head = (
        f"{method} /__admin/{path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {type}\r\nContent-Length: {len(data)}"
    )
    return f"{head}\r\n\r\n".encode() + data


def _large(target: str, n: int) -> bytes:
    return _get(f"{target}large.{n}")


def _headers(target: str, n: int) -> bytes:
    return _get(f"{target}ends.{n}", "".join(f"X-{k}-{n}: {'v' * 500}{n}\r\n" for k in range(90)))


def _known_headers(target: str, n: int) -> bytes:
    """As many as are remembered, with another one each time."""
    return _get(f"{target}ends.{n}", "".join(f"X-{k}: {'v' * 60}{n}\r\n" for k in range(20)))


def _targets(target: str, n: int) -> bytes:
    return _get(f"{target}{quote('é' * 80)}{n}&pad={'p' * 30_000}{n}")


def _uploads(_: str, n: int) -> bytes:
    notes = "#" + "n" * 100_000
    return _send(
        "PUT",
        f"scenarios/mine-{n % 50}",
        f"{notes}\nabout: Upload {n}.\nsteps: [{{state: waiting}}]\n",
        "application/yaml",
    )


def _faults(target: str, n: int) -> bytes:
    if n % 2:
        return _get(f"{target}ends.{n // 2}")
    fault = {"id": f"ends.{n // 2}", "body": f"{n}{'b' * 60_000}", "times": 1}
    return _send("POST", "faults", json.dumps(fault), "application/json")


def _waiting_faults(_: str, n: int) -> bytes:
    fault = {"id": f"never.{n}", "body": f"{n}{'b' * 60_000}"}
    return _send("POST", "faults", json.dumps(fault), "application/json")


def _new_uploads(_: str, n: int) -> bytes:
    text = f"#{'n' * 100_000}\nabout: Upload {n}.\nsteps: [{{state: waiting}}]\n"
    return _send("PUT", f"scenarios/mine-{n}", text, "application/yaml")


def _large_tasks(_: str, n: int) -> bytes:
    items = [{"cmd": f"avthumb/mp4/{n}/{k}/{'c' * 1_500}"} for k in range(200)]
    task = {"vendor": "qiniu", "scenario": "ends", "id": f"task-{n}", "items": items}
    return _send("POST", "tasks", json.dumps(task), "application/json")


def _created(_: str, n: int) -> bytes:
    items = [{"cmd": f"avthumb/mp4/{n}/{k}/{'c' * 300}"} for k in range(20)]
    task = {"vendor": "qiniu", "scenario": "ends", "id": f"task-{n}", "items": items}
    return _send("POST", "tasks", json.dumps(task), "application/json")


MIXES: tuple[Mix, ...] = (
    Mix(f"bodies of {_ITEMS} items, each of another task", _large, 50),
    Mix("90 headers of 500 bytes", _headers, 50),
    Mix("20 headers of 60 bytes, never the same", _known_headers, 300),
    Mix("targets of 30 kB that meet no task", _targets, 50, b"4"),
    Mix("uploads of 100 kB", _uploads, 3),
    Mix("uploads of 100 kB, each of a new name", _new_uploads, 1, b"24"),
    Mix("armed faults with bodies of 60 kB that wait", _waiting_faults, 10, b"24"),
    Mix("armed faults with bodies of 60 kB, and their polls", _faults, 20),
    Mix("created tasks of 20 items", _created, 50, b"25"),
    Mix("created tasks of 200 large items", _large_tasks, 2, b"25"),
)
SCENARIOS: Mapping[str, str] = {
    "large": f"about: Many items.\nitems: {_ITEMS}\nsteps: [{{state: succeeded}}]\n",
    "ends": "about: Four items that have succeeded.\nitems: 4\nsteps: [{state: succeeded}]\n",
}
"""What the tasks of the mixes play: a task that has ended makes room for another."""


def send(port: int, mix: Mix, target: str, responses: int) -> None:
    """Sends the requests of a mix over one connection, some at once. RuntimeError: a response is not a right one."""
    requests = (mix.nth(target, n) for n in range(responses))
    with socket.create_connection(("127.0.0.1", port), timeout=120) as link:
        while some := list(islice(requests, _AT_ONCE)):
            link.sendall(b"".join(some))
            _read(link, some, mix.first)


def _read(link: socket.socket, some: Sequence[bytes], first: bytes) -> None:
    """Reads a response for each."""
    data, left = b"", len(some)
    while left:
        end = data.find(b"\r\n\r\n")
        head = data[:end].lower()
        length = int(head.split(b"\r\ncontent-length:")[1].split(b"\r\n")[0]) if end >= 0 else 0
        if end < 0 or len(data) < end + 4 + length:
            more = link.recv(1 << 18)
            if not more:
                raise RuntimeError(f"the server closed the connection after {data[:200]!r}")
            data += more
            continue
        if data[9:10] not in first:
            raise RuntimeError(f"{some[-left][:100]!r} got {data[:200]!r}")
        data, left = data[end + 4 + length :], left - 1
