"""Mixed load against a real server for some minutes, and whether its memory stays flat: `make soak MINUTES=5`.

Clients poll ids that are new all the time, some unknown, some slow; others list, upload, arm, create, reset. The memory
of the server is printed every few seconds. After a warm-up of a third of the time it may not rise by more than a tenth.
"""

from __future__ import annotations

import json
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from statistics import median

EVERY = 5.0
"""Seconds between two looks at the memory."""
WARM = 1 / 3
"""The part of the time in which the memory may rise: until every bound is reached."""
RISE = 1.1
SLACK = 8 << 20
"""What it may rise after that: a tenth, and some bytes for the allocator's moods."""
SETTINGS = ("--max-tasks", "5000", "--journal-entries", "5000", "--journal-bytes", str(8 << 20), "--log-level", "error")
VENDORS = ("/status/get/prefop?id={}", "/v1.0/p/asset/preheating?task_id={}", "/fmgr/status?persistentId={}")
SCENARIO = "about: Number {}.\nsteps: [{{state: processing, polls: 2}}, {{state: succeeded}}]\n"


class Client:
    """One connection, opened again when the server closes it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connection = HTTPConnection("127.0.0.1", port, timeout=30)

    def ask(self, method: str, target: str, body: object = None, type: str = "application/json") -> int:
        """The status, 0 if there was no answer."""
        data = body if body is None or isinstance(body, str) else json.dumps(body)
        try:
            self._connection.request(method, target, data, {} if data is None else {"Content-Type": type})
            response = self._connection.getresponse()
            response.read()
        except (OSError, HTTPException):
            self._connection.close()
            return 0
        return response.status


def poll(client: Client, chance: random.Random) -> None:
    """A task's few polls, from its birth to its end."""
    name = chance.choice(("happy-path", "soak", "soak", "no-such-name", "partial-failure"))
    target = chance.choice(VENDORS).format(f"{name}.{chance.getrandbits(64)}")
    for _ in range(3):
        client.ask("GET", target)


def steer(client: Client, chance: random.Random) -> None:
    """One call of the admin API."""
    number = chance.getrandbits(32)
    fault = {"error": 599, "id": f"soak.{number}*", **chance.choice(({"for": "2s"}, {"times": 1}))}
    calls: tuple[tuple[str, str, object], ...] = (
        ("GET", "requests?limit=2000", None),
        ("GET", "requests/unmatched", None),
        ("GET", "tasks?history=3&limit=500", None),
        ("GET", "bundle", None),
        ("GET", "coverage", None),
        ("GET", "metrics", None),
        ("POST", "faults", fault),
        ("POST", "tasks", {"vendor": "qiniu", "scenario": "happy-path", "items": [{"cmd": "x"}] * 20}),
        ("POST", "clock", {"advance": "5s"}),
        ("POST", "reset", {"only": [chance.choice(("coverage", "clock", "faults", "journal"))]}),
    )
    if number % 4 == 0:
        text = SCENARIO.format(number) + "# " + "x" * 20_000
        client.ask("PUT", "/__admin/scenarios/soak", text, "application/yaml")
    elif number % 211 == 0:
        client.ask("POST", "/__admin/reset", {})
    else:
        method, path, body = chance.choice(calls)
        client.ask(method, f"/__admin/{path}", body)


def memory_of(pid: int) -> int:
    """The bytes that a process holds in memory."""
    fields = Path(f"/proc/{pid}/statm").read_text("ascii").split()
    return int(fields[1]) * 4096


def judge(sizes: list[int]) -> str:
    """What is wrong with the memory over time, "" if it stays flat after the warm-up."""
    warm = sizes[int(len(sizes) * WARM) :]
    third = max(1, len(warm) // 3)
    before, after = median(warm[:third]), median(warm[-third:])
    if after <= before * RISE + SLACK:
        return ""
    return f"the memory rose from {before / 2**20:.0f} to {after / 2**20:.0f} MiB after the warm-up"


def soak(minutes: float) -> str:
    """Runs the load. What is wrong, "" if all is well."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen([sys.executable, "-m", "mock_server", "serve", "--port", str(port), *SETTINGS])
    try:
        return _load(server, port, minutes)
    finally:
        server.terminate()
        server.wait(10)


def _load(server: subprocess.Popen[bytes], port: int, minutes: float) -> str:
    client, over, asked = Client(port), threading.Event(), [0]
    while not client.ask("GET", "/__admin/health"):
        if server.poll() is not None:
            return "the server did not start"
        time.sleep(0.1)  # another process: nothing tells when it listens

    def work(act: Callable[[Client, random.Random], None], seed: int) -> None:
        mine, chance = Client(port), random.Random(seed)
        while not over.is_set():
            act(mine, chance)
            asked[0] += 1

    acts = (poll, poll, poll, steer)
    threads = [threading.Thread(target=work, args=(act, seed)) for seed, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    sizes: list[int] = []
    with suppress(KeyboardInterrupt):
        for k in range(max(3, int(minutes * 60 / EVERY))):
            time.sleep(EVERY)  # real load for real time is what this run is
            sizes.append(memory_of(server.pid))
            print(f"{(k + 1) * EVERY:6.0f} s  {sizes[-1] / 2**20:7.1f} MiB  {asked[0]} acts", flush=True)
            if server.poll() is not None:
                break
    over.set()
    for thread in threads:
        thread.join()
    if server.poll() is not None or client.ask("GET", "/__admin/health") != 200:
        return "the server does not answer any more"
    return judge(sizes)


def main(arguments: list[str]) -> int:
    """Soaks for so many minutes, 5 by default."""
    wrong = soak(float(arguments[0]) if arguments else 5.0)
    print(wrong or "the memory stayed flat after the warm-up")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
