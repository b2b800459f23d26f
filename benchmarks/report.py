"""A run as a table for the terminal and as JSON, and the targets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from benchmarks.mixes import BEYOND
from benchmarks.pages import FIVE, SHARE
from benchmarks.plan import FIRST, HEALTHY, Row
from benchmarks.scale import HOT, MEMORY, RATE, SINGLE, SLOWEST, THREE
from benchmarks.servers import FLOOR, LIMIT, OURS
from benchmarks.suite import COMPARED_SUITES


class Run(NamedTuple):
    """The results of one run. `about` describes the machine and the load."""

    about: Mapping[str, str]
    rows: tuple[Row, ...]

    def find(self, part: str, subject: str, what: str, unit: str = "") -> Row | None:
        """The row for this part, subject and figure, or None if it was not measured."""
        for row in self.rows:
            if (row.part, row.subject, row.what) == (part, subject, what) and unit in ("", row.unit):
                return row
        return None

    def of(self, part: str, what: str) -> list[Row]:
        """The rows of one figure of a part, in the order they were measured."""
        return [row for row in self.rows if (row.part, row.what) == (part, what)]


class Target(NamedTuple):
    """A target. `found` None: not measured."""

    what: str
    wanted: str
    found: str | None
    met: bool | None


def to_json(run: Run) -> str:
    """A run as JSON."""
    return json.dumps({"about": run.about, "rows": [row._asdict() for row in run.rows]}, indent=1) + "\n"


def from_json(text: str) -> Run:
    """A run from its JSON."""
    document = json.loads(text)
    rows = tuple(Row(**{**row, "values": tuple(row["values"])}) for row in document["rows"])
    return Run(document["about"], rows)


def text(run: Run) -> str:
    """Every figure with its range, and the targets."""
    wide = max([24, *(len(row.subject) for row in run.rows)])
    figures = [f"{row.what}, {row.unit}" if row.unit else row.what for row in run.rows]
    long = max([28, *map(len, figures)])
    lines = [f"{'part':<12} {'subject':<{wide}} {'figure':<{long}} {'median':>10} {'min':>10} {'max':>10}"]
    for row, figure in zip(run.rows, figures, strict=True):
        low, high = min(row.values), max(row.values)
        values = f"{row.middle:>10,.1f} {low:>10,.1f} {high:>10,.1f}"
        lines.append(f"{row.part:<12} {row.subject:<{wide}} {figure:<{long}} {values}")
    lines.append("")
    for target in targets(run):
        verdict = {True: "met", False: "MISSED", None: "not measured"}[target.met]
        lines.append(f"{target.what:<66} {target.wanted:<24} {target.found or '-':>10}  {verdict}")
    return "\n".join(lines)


def targets(run: Run) -> Iterator[Target]:
    """The targets, each with what was measured."""
    one, many = _rate(run, "one-id", OURS), _rate(run, "many-ids", OURS)
    yield _at_least("one id, relative to the fastest peer", 5, _over(one, _fastest(run, "one-id")))
    yield _at_least(
        "one id, relative to nginx with the body as a static file", 0.9, _over(one, _rate(run, "one-id", FLOOR))
    )
    yield _at_least(
        "many ids, relative to the closest equivalent of the fastest peer", 3, _over(many, _fastest(run, "many-ids"))
    )
    starts = {row.subject: row.middle for row in run.of("ready", FIRST)}
    quickest = min((ms for name, ms in starts.items() if name != OURS), default=None)
    yield _at_most("startup time, relative to the fastest peer", 1, _over(starts.get(OURS), quickest))
    held = [row for row in run.rows if row.part == "memory"]
    yield _at_most("startup time, ms", 130, starts.get(OURS))
    healthy = run.find("ready", OURS, HEALTHY)
    yield _at_most("startup time, with the admin API healthy, ms", 150, None if healthy is None else healthy.middle)
    yield _at_most("memory after half of the responses, MB", 150, held[-2].middle if len(held) > 1 else None)
    yield _at_most("memory after all responses, relative to that", 1.05, _over_first(held[-2:]))
    beyond = [row.middle for row in run.of("mixes", BEYOND)]
    yield _at_most("memory that no setting asked for, in the worst mix, MB", 100, max(beyond, default=None))
    costs, fresh = run.of("tasks", "processor time"), run.find("many-ids", OURS, "processor time")
    yield _at_most(
        "processor time of a poll, most live tasks relative to many ids",
        1.1,
        _over(costs[-1].middle if costs else None, None if fresh is None else fresh.middle),
    )
    size = next((row.middle for row in run.rows if row.unit == "bytes/task"), None)
    yield _at_most("bytes per task, each polled twice", 600, size)
    yield _at_most(
        "cost of a poll, most scenario files relative to fewest",
        1.2,
        _over_first(run.of("files", "processor time")),
    )
    rates = run.of("hanging", "responses")
    yield _at_least("throughput while connections hang, relative to none hanging", 0.9, _over_first(rates))
    told = run.find("notify", OURS, "attempts")
    yield _at_least(
        "attempts to notify a receiver on this machine, a second", 1_000, None if told is None else told.middle
    )
    yield from _of_scale(run)
    pages = run.find("pages", FIVE, SHARE)
    yield _at_most("processor time that five open pages take, %", 2, None if pages is None else pages.middle)
    unused, ours, peer = (run.find("plugin", name, "a test") for name in COMPARED_SUITES)
    yield _at_most("the fixture in a test that does not use it, ms", 0.6, None if unused is None else unused.middle)
    yield _at_most(
        "a test of three polls, relative to pytest-httpserver with three requests",
        0.8,
        _over(None if ours is None else ours.middle, None if peer is None else peer.middle),
    )


def _of_scale(run: Run) -> Iterator[Target]:
    def found(subject: str, what: str) -> float | None:
        row = run.find("scale", subject, what)
        return None if row is None else row.middle

    one = found(SINGLE, RATE)
    yield _at_least("one replica on Redis, relative to memory", 0.5, _over(one, found(MEMORY, RATE)))
    yield _at_least("three replicas on Redis, relative to one", 0.9, _over(found(THREE, RATE), one))
    slowest = _over(found(SINGLE, SLOWEST), found(MEMORY, SLOWEST))
    yield _at_most("99 % of the responses of a replica, relative to memory", 5, slowest)
    yield _at_least("responses for one task on Redis, by 50 clients, a second", 2_000, found(SINGLE, HOT))


def _rate(run: Run, part: str, subject: str) -> float | None:
    row = run.find(part, subject, "responses")
    return None if row is None else row.middle


def _fastest(run: Run, part: str) -> float | None:
    peers = [row.middle for row in run.of(part, "responses") if row.subject not in (OURS, FLOOR, LIMIT)]
    return max(peers, default=None)


def _over(value: float | None, base: float | None) -> float | None:
    return value / base if value is not None and base else None


def _over_first(rows: list[Row]) -> float | None:
    return rows[-1].middle / rows[0].middle if len(rows) > 1 else None


def _at_least(what: str, wanted: float, found: float | None) -> Target:
    return Target(what, f"at least {wanted:g}", _shown(found), None if found is None else found >= wanted)


def _at_most(what: str, wanted: float, found: float | None) -> Target:
    return Target(what, f"at most {wanted:g}", _shown(found), None if found is None else found <= wanted)


def _shown(found: float | None) -> str | None:
    return None if found is None else f"{found:,.0f}" if found >= 100 else f"{found:.2f}"
