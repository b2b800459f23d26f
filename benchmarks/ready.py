"""How long a server takes from the start of its process to its first correct response to a status poll.

The server runs as a wheel installs it, on the Python of the benchmarks.
"""

from __future__ import annotations

import argparse
import http.client
import json
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.installed import installed
from benchmarks.interpreter import python
from benchmarks.places import ROOT
from benchmarks.process import surroundings

SERVE = ("-m", "mock_server", "serve", "--port", "0")
ID = "happy-path.ready"

# What a fresh interpreter does in place of a server: the stages of a start, each timed from the one before.
STAGES = f"""
import json, time
began = time.perf_counter()
from mock_server.server.app import create_app
from mock_server.settings import Settings
imported = time.perf_counter()
app = create_app(Settings())
created = time.perf_counter()
server = app.extensions["mock_server"]
dialect = server.registry.dialect(server.registry.names[0])
answer = app.test_client().get(dialect.example({ID!r}))
replied = time.perf_counter()
assert answer.status_code == 200, answer.status
print(json.dumps({{"import": imported - began, "create_app": created - imported, "first response": replied - created}}))
"""


class Started(NamedTuple):
    """One start: milliseconds by stage, and what the interpreter said of its imports if it was asked to."""

    stages: dict[str, float]
    log: str


def main(words: Sequence[str] | None = None) -> None:
    """Prints min, median and max of every stage in milliseconds and, on request, what the imports cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", "--times", type=int, default=10, help="how many starts to measure (default 10)")
    parser.add_argument("--in-process", action="store_true", help="measure create_app() and a test client, no socket")
    parser.add_argument("--imports", action="store_true", help="also show what the slowest imports cost")
    parser.add_argument("--tree", action="store_true", help="run the source tree, which compiles all scenarios")
    given = parser.parse_args(words)
    start = partial(start_app if given.in_process else start_server, ROOT if given.tree else installed())
    start()  # the first one writes bytecode and warms the disk's cache
    runs = [start().stages for _ in range(max(1, given.times))]
    print(f"{'ms':<14}{'min':>8}{'median':>8}{'max':>8}")
    for stage in runs[0]:
        taken = [run[stage] for run in runs]
        print(f"{stage:<14}{min(taken):>8.1f}{median(taken):>8.1f}{max(taken):>8.1f}")
    if given.imports:
        print(table_of_imports(start("-X", "importtime").log))


def start_server(where: Path, *flags: str) -> Started:
    """Starts `mock-server serve` on a free port, polls it once it says where it listens, and ends it.

    `where` is the folder that has the package.
    """
    target = target_to_poll()
    began = time.perf_counter()
    with subprocess.Popen(
        [python().path, *flags, *SERVE],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=where,
        env=surroundings(),
    ) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        found = re.search(r"http://([\d.]+):(\d+)", said)
        if found is None:
            process.kill()
            raise SystemExit(f"the server did not start: {said}{process.communicate()[1]}")
        listening = time.perf_counter()
        poll(found[1], int(found[2]), target)
        replied = time.perf_counter()
        process.terminate()
        log = process.communicate()[1]
    stages = {"listening": listening - began, "first response": replied - listening, "total": replied - began}
    return Started({stage: 1000 * seconds for stage, seconds in stages.items()}, log)


def start_app(where: Path, *flags: str) -> Started:
    """Makes the app in a fresh interpreter and polls it through the test client."""
    began = time.perf_counter()
    words = [python().path, *flags, "-c", STAGES]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=where, env=surroundings())
    whole = time.perf_counter() - began
    stages = {**json.loads(done.stdout), "whole process": whole}
    return Started({stage: 1000 * seconds for stage, seconds in stages.items()}, done.stderr)


def target_to_poll() -> str:
    """The first vendor's own way of asking for a task; found out in a process apart, so that nothing here is warm."""
    code = (
        f"from mock_server.vendors.registry import Registry as R; r = R(); print(r.dialect(r.names[0]).example({ID!r}))"
    )
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.strip()


def poll(host: str, port: int, target: str) -> None:
    """One status poll. SystemExit: the response is not a task's status in JSON."""
    connection = http.client.HTTPConnection(host, port, timeout=20)
    connection.request("GET", target)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != 200 or not json.loads(body).get("id", ID) == ID:
        raise SystemExit(f"not a right response: {answer.status} {body.decode(errors='replace')}")


def table_of_imports(log: str, most: int = 15) -> str:
    """The packages whose modules took longest, and the single modules, by their own time in milliseconds."""
    rows = re.findall(r"^import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)$", log, re.MULTILINE)
    modules = Counter({name: int(taken) for taken, name in rows})
    packages: Counter[str] = Counter()
    for name, taken in modules.items():
        packages[name.partition(".")[0]] += taken
    lines = [
        f"imports: {len(modules)} modules, {modules.total() / 1000:.1f} ms (slower than usual, for they are timed)"
    ]
    for title, counted in (("package", packages), ("module", modules)):
        lines += ["", f"{title:<44}{'ms':>8}"]
        lines += [f"{name:<44}{taken / 1000:>8.1f}" for name, taken in counted.most_common(most)]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
