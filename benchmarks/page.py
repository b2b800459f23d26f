"""A run as the page in docs/."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from benchmarks.plan import Row
from benchmarks.report import Run, targets
from benchmarks.servers import OURS, SERVERS


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
    yield f"processors. Servers in Python ran on {run.about['python']}."
    if run.about.get("optimised") == "no":
        yield "**Such a Python takes about a fifth more time than one that is built with it, such as Debian's.**"
    yield f"Measured on {run.about.get('date', 'an unknown day')}, at commit {run.about.get('commit', 'unknown')}."
    yield ""
    yield "![Responses per second of this server and its peers](benchmarks.svg)"
    yield ""
    for part, title, note in _COMPARED:
        if run.of(part, "responses"):
            yield from _comparison(run, part, title, note)
    yield from _others(run)
    yield from _suites(run)
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
compare processor time too, which is that of all threads. The bare server is the limit of what a server in Python can
do: uvloop and httptools, which this one uses too, and one response for all. Compare processor time between servers of
like rates: a client that waits for a server lets it sleep, and waking it costs some microseconds.

A third of a poll's time goes to the system calls that read and send: a client that is
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
        times = "" if ours is None or row.subject == OURS else _times(ours.middle / row.middle)
        cost = run.find(part, row.subject, "processor time")
        cells = [row.subject, _spread(row), times, "" if cost is None else f"{cost.middle:,.0f} µs"]
        yield f"| {' | '.join([*cells, notes[row.subject]] if many else cells)} |"
    yield ""


def _times(ratio: float) -> str:
    """How many times as fast, in two digits or, from a hundred on, in whole numbers."""
    return f"{ratio:,.0f} times as fast" if ratio >= 100 else f"{ratio:.2g} times as fast"


def _suites(run: Run) -> Iterator[str]:
    """The table of what a fixture adds to a suite: a row for each kind of test."""
    tests = run.of("plugin", "a test")
    if not tests:
        return
    yield "## In a suite of tests"
    yield ""
    yield "All tests of a run are alike. `unused by the test` asks for the fixture and does nothing; a request has a"
    yield "connection of its own. The first test also starts the server; the end is from the last test to the end of"
    yield "pytest. The times are of the clock, and of the processor for a test. The bare server (uvloop and httptools,"
    yield "one response for all) is the limit of a server in a thread of the tests' process: the rest is pytest, the"
    yield "client, and the operating system that opens and closes three connections."
    yield ""
    yield "| | a test | its processor time | the first test | the end |"
    yield "|---|---|---|---|---|"
    for row in tests:
        others = [run.find("plugin", row.subject, what) for what in ("processor time of a test", "first test", "end")]
        cells = [f"{_fine(each)} ms" if each is not None else "" for each in (row, *others)]
        yield f"| {row.subject} | {' | '.join(cells)} |"
    yield ""


def _fine(row: Row) -> str:
    return f"{row.middle:.2f}" if row.middle < 10 else f"{row.middle:,.0f}"


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


_UNITS = {"us/response": "µs", "/s": "per second", "bytes/task": "bytes per task", "1000/poll": "thousand a poll"}
_ALONE = (
    (
        "ready",
        "From the start of the process to the first correct response",
        "This server runs as its wheel installs it, and reads three scenario files besides the shipped ones if nothing "
        "else is said. Healthy before: the admin API had reported that it is, with all scenarios checked.",
    ),
    (
        "memory",
        "Memory",
        "Resident memory of this server, whose journal keeps the last ten thousand exchanges with their bodies.",
    ),
    (
        "mixes",
        "Memory in the mixes that cost most",
        "Each mix has a server of its own, whose journal may hold 67 MB and which keeps a thousand tasks. No two "
        "requests of a mix are alike. What is beyond the start and the journal is what no setting asked for.",
    ),
    (
        "instructions",
        "Instructions of a poll",
        "Counted, not timed: a busy machine does not change them. The polls pass through all but the socket.",
    ),
    (
        "tasks",
        "With many live tasks",
        "Each task was polled twice beforehand; the measured polls cycle through all of them.",
    ),
    ("files", "With many scenario files", "The polls go to a thousand tasks of one of the scenarios."),
    ("hanging", "While connections hang", "Each hanging connection has requested a response that does not arrive."),
    (
        "pages",
        "While pages are open",
        "Five pages follow the server as their script does: a question each second, and the parts that have changed.",
    ),
)


def _spread(row: Row) -> str:
    shown: Callable[[float], str] = "{:,.0f}".format if row.middle >= 100 else "{:,.1f}".format
    if len(row.values) == 1:
        return shown(row.middle)
    return f"{shown(row.middle)} ({shown(min(row.values))} to {shown(max(row.values))})"
