"""Which share of a server's processor time open pages take, measured in one thread: a busy machine changes it little.

Polls pass through the wire server but the socket, one after another, as fast as they are answered; five pages look when
their time has come. The time is that of the thread alone. `python -m benchmarks.looks TASKS SECONDS` prints the share.
"""

from __future__ import annotations

import gc
import subprocess
import sys
import time
from collections.abc import Mapping
from itertools import cycle

from benchmarks.interpreter import python
from benchmarks.open_page import Answer, OpenPage, five
from benchmarks.places import ROOT

_WARM = 4.0
"""Seconds before the measured ones: every template is made, and the server has set the pace."""


def share(tasks: int, seconds: float) -> float:
    """The share in percent, measured in a process of its own. RuntimeError: it failed."""
    words = (python().path, "-m", "benchmarks.looks", str(tasks), str(seconds))
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the share of open pages was not measured: {done.stderr[-500:]}")
    return float(done.stdout)


def measure(tasks: int, seconds: float) -> float:
    """The same in this process."""
    from benchmarks.in_process import line_to, request
    from benchmarks.sample import SCENARIOS
    from mock_server.assembly import assemble
    from mock_server.cli.collector import settle_collector
    from mock_server.http.message import request_of
    from mock_server.server.own_paths import OwnPaths
    from mock_server.settings import Settings

    server = assemble(Settings(scenarios=(SCENARIOS,), no_reload=True, max_tasks=2 * tasks + 10))
    dialect = server.registry.dialect(server.registry.names[0])
    own_paths = OwnPaths(server)
    polls = [request(dialect.example(f"four-at-work.{number}")) for number in range(tasks)]

    def get(target: str, headers: Mapping[str, str]) -> Answer:
        found = own_paths.answer(request_of("GET", target, (("Host", "localhost"), *headers.items()), b""))
        return Answer(found.status, found.body.decode(), found.header("ETag"), found.header("HX-Trigger"))

    with line_to(server, own_paths) as line:
        for each in (*polls, *polls):
            line.poll(each)
        settle_collector()
        open_ = [OpenPage(get, address) for address in five(dialect.name, "four-at-work.0", "four-at-work")]
        due, endless = dict.fromkeys(range(len(open_)), 0.0), cycle(polls)
        spent, begins = 0.0, time.thread_time()
        while (now := time.thread_time() - begins) < _WARM + seconds:
            for _ in range(50):
                line.poll(next(endless))
            for number, page in enumerate(open_):
                if due[number] <= now:
                    before = time.thread_time()
                    page.look()
                    spent += time.thread_time() - before if now >= _WARM else 0.0
                    due[number] = now + page.every
    return 100 * spent / seconds


if __name__ == "__main__":
    gc.set_threshold(100_000)
    print(measure(int(sys.argv[1]), float(sys.argv[2])))
