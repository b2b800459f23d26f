"""Several replicas on one Redis beside one server in memory: throughput, the slowest answers, one hot task."""

from __future__ import annotations

import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

from benchmarks.interpreter import python
from benchmarks.load import CONNECTIONS, Ids, Measured, fresh, load
from benchmarks.places import BUILD
from benchmarks.plan import Plan, Row, ours_up, started
from benchmarks.process import free_port, wait_until
from benchmarks.sample import MANY, ONE

MEMORY, SINGLE, THREE = "in memory", "one replica on Redis", "three replicas on Redis"
HOT, SLOWEST, RATE, WRONG = "responses, one task", "99 % are faster", "responses, many tasks", "wrong responses"
CLIENTS = 50
"""Those that poll the hot task."""
_TASKS, _POLLS = 2_000, 3
_T = TypeVar("_T")


class _Found(NamedTuple):
    rate: float
    slowest: float
    wrong: int


def scale(plan: Plan) -> list[Row]:
    """Every set-up under the same load, in random order, round by round. RuntimeError: there is no redis-server."""
    found: dict[tuple[str, str], list[float]] = {}
    with ExitStack() as stack:
        url = stack.enter_context(_redis())
        alone, shared = (("--store", f"{url}?namespace={name}") for name in ("one", "three"))
        program = _program()
        ports: Mapping[str, Sequence[int]] = {
            MEMORY: [stack.enter_context(ours_up(plan, program=program)).port],
            SINGLE: [stack.enter_context(ours_up(plan, *alone, program=program)).port],
            THREE: [stack.enter_context(ours_up(plan, *shared, program=program)).port for _ in range(3)],
        }
        target = plan.sample.target("")
        for name in ports:
            _together(ports[name], partial(_hot, target + ONE, min(1, plan.seconds), CONNECTIONS))
        for round_ in range(plan.rounds):
            for name in random.sample(list(ports), len(ports)):
                here = ports[name]
                ids = Ids(fresh(MANY), _TASKS, _POLLS, on=True)
                many = _together(here, partial(_many, target, plan.seconds, ids))
                hot = _together(here, partial(_hot, target + ONE, plan.seconds, CLIENTS // len(here)))
                found.setdefault((name, RATE), []).append(sum(each.rate for each in many))
                found.setdefault((name, HOT), []).append(sum(each.rate for each in hot))
                found.setdefault((name, SLOWEST), []).append(max(each.slowest for each in hot))
                wrong = sum(each.wrong for each in many) + sum(each.wrong for each in hot)
                found.setdefault((name, WRONG), []).append(float(wrong))
                plan.say(f"scale: round {round_ + 1}: {name}: {found[name, RATE][-1]:,.0f} responses/s")
    units = {RATE: "/s", HOT: "/s", SLOWEST: "ms", WRONG: ""}
    return [Row("scale", name, what, units[what], tuple(values)) for (name, what), values in found.items()]


def _together(ports: Sequence[int], each: Callable[[int], _T]) -> list[_T]:
    """The same at every port, at the same time."""
    with ThreadPoolExecutor(len(ports)) as pool:
        return list(pool.map(each, ports))


def _many(target: str, seconds: float, ids: Ids, port: int) -> Measured:
    """Polls tasks of this port's own."""
    return load(port, target, seconds, ids._replace(prefix=f"{ids.prefix}{port}-"))


def _hot(target: str, seconds: float, clients: int, port: int) -> _Found:
    """Polls one task by so many clients."""
    wrk = shutil.which("wrk")
    if wrk is None:
        plain = load(port, target, seconds)
        return _Found(plain.rate, 1000 * CONNECTIONS / plain.rate, plain.wrong)
    words = [
        wrk,
        "-t1",
        f"-c{clients}",
        f"-d{max(1, round(seconds))}s",
        "--latency",
        f"http://127.0.0.1:{port}{target}",
    ]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    rate = re.search(r"Requests/sec: +([\d.]+)", said)
    slowest = re.search(r"99% +([\d.]+)(us|ms|s)\b", said)
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    if rate is None or slowest is None:
        raise RuntimeError(said)
    ms = float(slowest[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[slowest[2]]
    return _Found(float(rate[1]), ms, int(bad[1]) if bad else 0)


def _program() -> str:
    """The interpreter of the other parts, or this one if only this one has what a client of Redis needs."""
    usual = python().path
    works = subprocess.run([usual, "-c", "import redis"], capture_output=True, check=False).returncode == 0
    return usual if works else sys.executable


@contextmanager
def _redis() -> Iterator[str]:
    """A Redis that keeps nothing on its disk, and its URL."""
    program = shutil.which("redis-server")
    if program is None:
        raise RuntimeError("redis-server is not installed")
    with tempfile.TemporaryDirectory(dir=BUILD) as name:
        port = free_port()
        words = (program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", name)
        with started(words, Path(name), False) as process:
            wait_until(lambda: _answers(port), process)
            yield f"redis://127.0.0.1:{port}"


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as link:
            link.sendall(b"PING\r\n")
            return link.recv(100).startswith(b"+PONG")
    except OSError:
        return False
