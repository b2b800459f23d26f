"""How much is measured, what a figure is, and servers that are up."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Literal, NamedTuple

from benchmarks.installed import installed
from benchmarks.load import ask
from benchmarks.places import BUILD
from benchmarks.process import Process, free_port, running, wait_until
from benchmarks.sample import ONE, SCENARIOS, Sample, is_right
from benchmarks.servers import OURS, SAMPLE_ID, SERVERS, Server, ours

Workload = Literal["one", "many"]
FIRST = "first correct response"
HEALTHY = f"{FIRST}, healthy before"
SHIPPED = f"{HEALTHY}, shipped scenarios alone"
"""What is timed of a start."""


class Plan(NamedTuple):
    """How much is measured. `say` tells of progress; `seconds` is the length of one round of load."""

    sample: Sample
    servers: Sequence[Server]
    say: Callable[[str], None]
    seconds: float = 5.0
    rounds: int = 3
    warm: float | None = None
    responses: int = 1_000_000
    tasks: tuple[int, ...] = (1, 1_000, 100_000, 1_000_000)
    files: tuple[int, ...] = (10, 1_000, 10_000)
    connections: int = 10_000
    starts: int = 5
    tests: int = 200
    counted: tuple[int, int] = (900, 2_400)
    flags: tuple[str, ...] = ()
    """More flags for this server."""


class Row(NamedTuple):
    """One figure of one subject, from as many rounds as there are `values`."""

    part: str
    subject: str
    what: str
    unit: str
    values: tuple[float, ...]

    @property
    def middle(self) -> float:
        """The median of the rounds."""
        return median(self.values)


class Up(NamedTuple):
    """A server that answers rightly."""

    server: Server
    process: Process
    port: int
    ready: float


@contextmanager
def up(plan: Plan, server: Server, workload: Workload, *, healthy: bool = True) -> Iterator[Up]:
    """A server of the comparison, started for a workload and seen to answer. RuntimeError: it does not.

    `healthy`: of this server the admin API has said before that it is.
    """
    make = server.one if workload == "one" else server.many
    assert make is not None, f"{server.name} was asked for a workload that it has not"
    with tempfile.TemporaryDirectory(dir=BUILD) as name:
        port = free_port()
        words = make(Path(name), port, plan.sample)
        is_ours = server.name == OURS
        with started((*words, *plan.flags) if is_ours else words, Path(name), is_ours) as process:
            id = SAMPLE_ID[workload]
            expected = id if server.echoes and workload == "many" else None
            target = plan.sample.target(id)
            checked = not (is_ours and healthy)

            def right() -> bool:
                nonlocal checked
                checked = checked or ask(port, "/__admin/health")[0] == 200
                status, body = ask(port, target) if checked else (0, b"")
                return status == 200 and is_right(body, expected)

            yield Up(server, process, port, wait_until(right, process))


@contextmanager
def started(words: Sequence[str], folder: Path, is_ours: bool) -> Iterator[Process]:
    """A process whose output goes to a file in its folder. Ours runs the package as a wheel installs it."""
    with running(words, folder, folder / "output.log", *([installed()] if is_ours else ())) as process:
        yield process


@contextmanager
def ours_up(
    plan: Plan, *more: str, scenarios: Path | None = SCENARIOS, id: str = ONE, patience: float = 60, program: str = ""
) -> Iterator[Up]:
    """This server alone, with flags of its own; `program` is another interpreter for it.

    Without `scenarios` it has the shipped ones alone.
    """
    with tempfile.TemporaryDirectory(dir=BUILD) as name:
        port = free_port()
        usual, *words = ours(port, *plan.flags, *more, scenarios=scenarios)
        words.insert(0, program or usual)
        with started(words, Path(name), True) as process:
            target = plan.sample.target(id)
            taken = wait_until(
                lambda: ask(port, "/__admin/health")[0] == 200 and ask(port, target)[0] == 200, process, patience
            )
            yield Up(SERVERS[0], process, port, taken)
