"""Instructions of a poll: the figure that a busy machine does not change.

Two runs in which nothing differs but the number of polls are counted, and the difference divided. The polls pass
through the whole wire server but the socket. `python -m benchmarks.instructions WORK POLLS` is such a run.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence

from benchmarks.interpreter import python
from benchmarks.places import ROOT

WORK = ("one id", "fresh ids, three polls each")


def count_tool() -> str | None:
    """What counts here: the processor's counters, or else valgrind, which plays the processor; None: neither can."""
    if shutil.which("perf") and _perf(("true",)) is not None:
        return "perf"
    return "valgrind" if shutil.which("valgrind") else None


def of_a_poll(work: str, few: int, many: int) -> float:
    """Instructions of one poll of this work. RuntimeError: they cannot be counted."""
    counted = []
    for polls in (few, many):
        words = (python().path, "-m", "benchmarks.instructions", work, str(polls))
        found = _perf(words) if count_tool() == "perf" else _valgrind(words)
        if found is None:
            raise RuntimeError(f"{work}: its instructions cannot be counted")
        counted.append(found)
    return (counted[1] - counted[0]) / (many - few)


def poll(work: str, polls: int) -> None:
    """So many polls of this server, in this process."""
    from benchmarks.in_process import line_to, request
    from benchmarks.sample import MANY, ONE, SCENARIOS
    from mock_server.assembly import assemble
    from mock_server.server.own_paths import OwnPaths
    from mock_server.settings import Settings

    server = assemble(Settings(scenarios=(SCENARIOS,), no_reload=True, no_builtin=True))
    dialect = server.registry.dialect(server.registry.names[0])
    ids = [ONE] * polls if work == WORK[0] else [f"{MANY}{number // 3}" for number in range(polls)]
    with line_to(server, OwnPaths(server)) as line:
        for id in ids:
            line.poll(request(dialect.example(id)))


def _perf(words: Sequence[str]) -> int | None:
    """By the processor's counters, which a virtual machine may lack."""
    said = _run(("perf", "stat", "-x,", "-e", "instructions:u", "--", *words))
    found = re.search(r"^(\d+),[^,]*,instructions", said, re.MULTILINE)
    return None if found is None else int(found[1])


def _valgrind(words: Sequence[str]) -> int | None:
    said = _run(("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *words))
    found = re.search(r"Collected : (\d+)", said)
    return None if found is None else int(found[1])


def _run(words: Sequence[str]) -> str:
    env = {**os.environ, "PYTHONHASHSEED": "0"}
    return subprocess.run(words, cwd=ROOT, env=env, capture_output=True, text=True, check=False).stderr


if __name__ == "__main__":
    poll(sys.argv[1], int(sys.argv[2]))
