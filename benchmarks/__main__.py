"""`python -m benchmarks`: this server and its peers under the same load on one machine, side by side."""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import chart, page, report
from benchmarks.interpreter import python
from benchmarks.load import tool
from benchmarks.parts import PARTS
from benchmarks.places import BUILD, ROOT
from benchmarks.plan import Plan, Row
from benchmarks.sample import sample
from benchmarks.servers import OURS, SERVERS

PAGE, PICTURE = ROOT / "docs" / "benchmarks.md", ROOT / "docs" / "benchmarks.svg"


def main(words: Sequence[str] | None = None) -> None:
    """Measures the requested parts, prints tables, and writes JSON and a chart."""
    given = _arguments().parse_args(words)
    for folder in (BUILD, given.into):
        folder.mkdir(parents=True, exist_ok=True)
    failed: list[str] = []
    if given.read is None:
        run = measure(_plan(given), given.only or list(PARTS), failed.append)
        (given.into / "results.json").write_text(report.to_json(run), "utf-8")
    else:
        run = report.from_json(given.read.read_text("utf-8"))
    print(report.text(run))
    (given.into / "chart.svg").write_text(chart.svg(run), "utf-8")
    if given.publish:
        PAGE.write_text(page.page(run), "utf-8")
        PICTURE.write_text(chart.svg(run), "utf-8")
    sys.exit("\n".join(failed) or None)


def measure(plan: Plan, parts: Sequence[str], failed: Callable[[str], None]) -> report.Run:
    """Runs the parts one after another. A part that fails is reported, and the others still run."""
    rows: list[Row] = []
    began = time.perf_counter()
    plan.say(f"servers in Python run on {python()}")
    if not python().optimised:
        plan.say("warning: it takes about a fifth more time than one that is built with it, such as Debian's")
    for server in SERVERS:
        if server.missing():
            plan.say(f"{server.name} is not installed: skipped (make bench installs it, where it can)")
    for part in parts:
        try:
            rows += PARTS[part](plan)
        except (RuntimeError, OSError) as error:
            failed(f"{part}: not measured: {error}")
    about = {
        "system": platform.system(),
        "python": str(python()),
        "optimised": "yes" if python().optimised else "no",
        "commit": commit(),
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "processors": str(len_of_processors()),
        "load": tool(),
        "rounds": f"{plan.rounds} rounds of {plan.seconds:g} s",
        "minutes": f"{(time.perf_counter() - began) / 60:.0f}",
    }
    return report.Run(about, tuple(rows))


def commit() -> str:
    """The commit that is checked out, and whether files differ from it."""
    words = ("git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=7")
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def len_of_processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _plan(given: argparse.Namespace) -> Plan:
    wanted = [server for server in SERVERS if not server.missing()]
    if given.servers:
        wanted = [each for each in wanted if any(word.lower() in each.name.lower() for word in given.servers)]
    flags = ("--server", given.server) if given.server else ()
    plan = Plan(sample(), wanted, lambda line: print(line, file=sys.stderr, flush=True), flags=flags)
    if given.smoke:
        plan = plan._replace(seconds=0.2, rounds=1, warm=0.1, responses=300, starts=1)
        plan = plan._replace(tasks=(1, 50, 200), files=(2, 5), connections=20, tests=5, counted=(30, 60))
    told = {"seconds": given.seconds, "rounds": given.rounds, "warm": given.warm, "responses": given.responses}
    told |= {"tasks": given.tasks, "files": given.files, "connections": given.connections, "starts": given.starts}
    return plan._replace(**{name: value for name, value in told.items() if value is not None})


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, help="only these parts")
    parser.add_argument("--servers", nargs="+", metavar="WORD", help=f"servers with a word in their names, e.g. {OURS}")
    parser.add_argument("--seconds", type=float, help="length of a round (5)")
    parser.add_argument("--rounds", type=int, help="number of rounds; figures are their medians (3)")
    parser.add_argument("--warm", type=float, help="seconds of load before the first round (3; 15 on a JVM)")
    parser.add_argument("--starts", type=int, help="starts of each server in the part `ready` (5)")
    parser.add_argument("--responses", type=int, help="responses in the part `memory` (1000000)")
    parser.add_argument("--tasks", type=_numbers, help="live tasks in the part `tasks` (1,1000,100000,1000000)")
    parser.add_argument("--files", type=_numbers, help="scenario files in the part `files` (10,1000,10000)")
    parser.add_argument("--connections", type=int, help="hanging connections in the part `hanging` (10000)")
    parser.add_argument("--server", help="which of this project's servers: wire or flask")
    parser.add_argument("--smoke", action="store_true", help="run everything briefly, to see that it works")
    parser.add_argument("--read", type=Path, metavar="FILE", help="measure nothing, report an earlier run's JSON")
    parser.add_argument("--into", type=Path, default=BUILD, metavar="DIR", help="where JSON and chart go (build/bench)")
    parser.add_argument("--publish", action="store_true", help="write docs/benchmarks.md and its chart from this run")
    return parser


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(word) for word in text.split(","))


if __name__ == "__main__":
    main()
