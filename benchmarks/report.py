"""A run as a table for the terminal, as JSON, and as the page in docs/."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from benchmarks.parts import Row
from benchmarks.servers import OURS, SERVERS

FLOOR = "nginx, a static file"


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
    lines = [f"{'part':<9} {'subject':<24} {'figure':<26} {'median':>10} {'min':>10} {'max':>10}"]
    for row in run.rows:
        low, high = min(row.values), max(row.values)
        figure = f"{row.what}, {row.unit}" if row.unit else row.what
        lines.append(f"{row.part:<9} {row.subject:<24} {figure:<26} {row.middle:>10,.1f} {low:>10,.1f} {high:>10,.1f}")
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
        "one id, relative to nginx with the body as a static file", 0.5, _over(one, _rate(run, "one-id", FLOOR))
    )
    yield _at_least(
        "many ids, relative to the closest equivalent of the fastest peer", 4, _over(many, _fastest(run, "many-ids"))
    )
    starts = {row.subject: row.middle for row in run.of("ready", "first correct response")}
    quickest = min((ms for name, ms in starts.items() if name != OURS), default=None)
    yield _at_most("startup time, relative to the fastest peer", 1, _over(starts.get(OURS), quickest))
    held = [row for row in run.rows if row.part == "memory"]
    yield _at_most("memory after half of the responses, MB", 150, held[-2].middle if len(held) > 1 else None)
    yield _at_most("memory after all responses, relative to that", 1.05, _over_first(held[-2:]))
    yield _at_most(
        "cost of a poll, most live tasks relative to one",
        1.3,
        _over_first(run.of("tasks", "processor time")),
    )
    size = next((row.middle for row in run.rows if row.unit == "bytes/task"), None)
    yield _at_most("bytes per task, each polled twice", 600, size)
    yield _at_most(
        "cost of a poll, most scenario files relative to fewest",
        1.2,
        _over_first(run.of("files", "processor time")),
    )
    rates = run.of("hanging", "responses")
    yield _at_least("throughput while connections hang, relative to none hanging", 0.8, _over_first(rates))


def page(run: Run) -> str:
    """The page in docs/."""
    return "\n".join(_page(run)) + "\n"


def _page(run: Run) -> Iterator[str]:
    yield "# How fast it is"
    yield ""
    yield "`make bench` generated this page from one run on one machine: compare ratios, not absolute figures."
    yield "All servers ran at the same time and took turns in random order. Figures are medians; brackets give the"
    yield "range over the rounds. This server ran as users run it, with journal, faults and validation on."
    yield ""
    yield f"Load: {run.about['load']}; {run.about['rounds']}. Servers and load shared {run.about['processors']}"
    yield f"processors. CPython {run.about['python']}."
    yield ""
    yield "![Responses per second of this server and its peers](benchmarks.svg)"
    yield ""
    for part, title, note in _COMPARED:
        if run.of(part, "responses"):
            yield from _comparison(run, part, title, note)
    yield from _others(run)
    yield "## Targets"
    yield ""
    yield "| figure | target | measured |"
    yield "|---|---|---|"
    for target in targets(run):
        if target.found is not None:
            yield f"| {target.what} | {target.wanted} | {target.found}{'' if target.met else ', missed'} |"
    yield ""
    yield from _WHERE_TIME_GOES.splitlines()


_WHERE_TIME_GOES = """\
Where the time goes: this server runs on one processor, in Python. A server on the JVM uses every idle processor, so
compare processor time too. A third of a poll's time goes to the system calls that read and send: a client that is
faster than the server sleeps between responses, and each response wakes it. Two fifths go to deciding (the cursor, the
faults, the record, the journal's entry), and the rest to the event loop and the head of the response.

Requests, and bodies with their verdicts, are cached for the newest four thousand tasks. For a task beyond those, the
server parses the request and renders and checks the body again, in memory that is in no processor cache. That costs
more than everything else together."""

_COMPARED = (
    ("one-id", "One task, polled continuously", "Every server sends the same body of four items."),
    (
        "many-ids",
        "Ten thousand tasks, three polls each",
        "Each task waits, is processed and succeeds, with four generated items; then come ten thousand others. No peer "
        "keeps a state per task, so each does the closest equivalent.",
    ),
)


def _comparison(run: Run, part: str, title: str, note: str) -> Iterator[str]:
    """The table of one workload, fastest first."""
    notes = {server.name: server.nearest for server in SERVERS}
    ours = run.find(part, OURS, "responses")
    many = part == "many-ids"
    yield f"## {title}"
    yield ""
    yield note
    yield ""
    yield f"| server | responses/s | this server is | processor time per response |{' what it does |' if many else ''}"
    yield "|---|---|---|---|" + ("---|" if many else "")
    for row in sorted(run.of(part, "responses"), key=lambda row: -row.middle):
        times = "" if ours is None or row.subject == OURS else f"{ours.middle / row.middle:.2g} times as fast"
        cost = run.find(part, row.subject, "processor time")
        cells = [row.subject, _spread(row), times, "" if cost is None else f"{cost.middle:,.0f} µs"]
        yield f"| {' | '.join([*cells, notes[row.subject]] if many else cells)} |"
    yield ""


def _others(run: Run) -> Iterator[str]:
    """The tables of the parts that do not compare throughput."""
    for part, title, note in _ALONE:
        rows = [row for row in run.rows if row.part == part]
        if rows:
            yield f"## {title}"
            yield ""
            yield note
            yield ""
            yield "| | figure | |"
            yield "|---|---|---|"
            for row in sorted(rows, key=lambda row: row.middle) if part == "ready" else rows:
                yield f"| {row.subject} | {row.what} | {_spread(row)} {_UNITS.get(row.unit, row.unit)} |"
            yield ""


_UNITS = {"us/response": "µs", "/s": "per second", "bytes/task": "bytes per task"}
_ALONE = (
    (
        "ready",
        "From the start of the process to the first correct response",
        "For this server, the admin API must also report that it is healthy, with all scenarios checked.",
    ),
    (
        "memory",
        "Memory",
        "Resident memory of this server, whose journal keeps the last ten thousand exchanges with their bodies.",
    ),
    (
        "tasks",
        "With many live tasks",
        "Each task was polled twice beforehand; the measured polls cycle through all of them.",
    ),
    ("files", "With many scenario files", "The polls go to a thousand tasks of one of the scenarios."),
    ("hanging", "While connections hang", "Each hanging connection has requested a response that does not arrive."),
)


def _spread(row: Row) -> str:
    shown: Callable[[float], str] = "{:,.0f}".format if row.middle >= 100 else "{:,.1f}".format
    if len(row.values) == 1:
        return shown(row.middle)
    return f"{shown(row.middle)} ({shown(min(row.values))} to {shown(max(row.values))})"


def _rate(run: Run, part: str, subject: str) -> float | None:
    row = run.find(part, subject, "responses")
    return None if row is None else row.middle


def _fastest(run: Run, part: str) -> float | None:
    peers = [row.middle for row in run.of(part, "responses") if row.subject not in (OURS, FLOOR)]
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
