"""The metrics of a server for Prometheus, read from its parts at each scrape; nothing is kept here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from mock_server.api.words import OUTCOMES
from mock_server.assembly import Server
from mock_server.http.message import Response
from mock_server.http.responses import response
from mock_server.journal.journal import Counters
from mock_server.journal.stats import BOUNDS, Counts, Kind

if TYPE_CHECKING:
    from prometheus_client.core import Metric

Sample = tuple[tuple[str, ...], float]
"""The values of the labels, and the number."""

_NO_VENDOR = ""
"""The vendor of a request at a path that no vendor serves."""


class Scrape(NamedTuple):
    """What one scrape read."""

    vendors: tuple[str, ...]
    counts: Counts
    journal: Counters
    tasks: Mapping[str, int]
    room: int
    scenarios: int
    problems: int
    armed: int
    refused: int
    missed: int
    notifying: tuple[str, ...]
    """The vendors that notify."""
    owed: int
    under_way: int


class Family(NamedTuple):
    """One metric. A name that ends in `_total` is a counter, any other a gauge.

    Counters start with the process; a reset of the server's state leaves them alone, but for the journal's own.
    """

    name: str
    help: str
    labels: tuple[str, ...]
    samples: Callable[[Scrape], Iterable[Sample]]


def metrics_response(server: Server) -> Response:
    """The metrics of a server, in Prometheus' text format."""
    from prometheus_client import CONTENT_TYPE_LATEST

    body = metrics_text(server)
    return response(200, body, type=CONTENT_TYPE_LATEST)


def metrics_text(server: Server) -> bytes:
    """The body of `metrics_response`."""
    from prometheus_client import CollectorRegistry, generate_latest

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Collector(server))
    return generate_latest(registry)


class Collector:
    """Reads a server's parts at each scrape, for any registry of the Prometheus client."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def describe(self) -> Iterable[Metric]:
        """Nothing: registering must not cost a scrape."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Every family, in the order of FAMILIES; the histogram is last."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

        scrape = read(self._server)
        for family in FAMILIES:
            kind = CounterMetricFamily if family.name.endswith("_total") else GaugeMetricFamily
            metric = kind(family.name, family.help, labels=family.labels)
            for labels, value in family.samples(scrape):
                metric.add_metric(labels, value)
            yield metric
        histogram = HistogramMetricFamily(ANSWER, ANSWER_HELP)
        histogram.add_metric((), _slots(scrape.counts), scrape.counts.total / 1e9)
        yield histogram


def read(server: Server) -> Scrape:
    """One scrape of a server."""
    control = server.store.control()
    now = control.clock.now(server.real())
    library = server.catalogue.library
    return Scrape(
        server.registry.names,
        server.emulator.stats.counts(),
        server.store.counters(),
        server.store.counts(),
        server.settings.max_tasks,
        len(library.scenarios),
        len(library.problems),
        sum(fault.lasts(now) for fault in control.armed),
        server.refusals.read()[0],
        server.outage.count,
        tuple(dialect.name for dialect in server.registry.dialects() if dialect.terms is not None),
        server.store.glance().owed,
        server.postman.under_way,
    )


def _summed(scrape: Scrape, labels_of: Callable[[Kind], tuple[str, ...] | None]) -> Iterator[Sample]:
    """The exchanges by labels; those for which `labels_of` is None are left out."""
    sums: Counter[tuple[str, ...]] = Counter()
    for kind, count in scrape.counts.exchanges.items():
        labels = labels_of(kind)
        if labels is not None:
            sums[labels] += count
    yield from sorted(sums.items())


def _polls(scrape: Scrape) -> Iterator[Sample]:
    def labels_of(kind: Kind) -> tuple[str, ...] | None:
        return (kind.vendor or _NO_VENDOR, kind.state or "error", str(kind.status)) if kind.poll else None

    return _summed(scrape, labels_of)


def _requests(scrape: Scrape) -> Iterator[Sample]:
    return _summed(scrape, lambda kind: (kind.vendor or _NO_VENDOR, str(kind.status)))


def _verdicts(verdict: str) -> Callable[[Scrape], Iterator[Sample]]:
    """The responses of one verdict by vendor; a vendor without any counts 0, so that an alarm has a series."""

    def samples(scrape: Scrape) -> Iterator[Sample]:
        sums = Counter(dict.fromkeys(scrape.vendors, 0))
        for kind, count in scrape.counts.exchanges.items():
            if kind.verdict == verdict:
                sums[kind.vendor or _NO_VENDOR] += count
        yield from (((vendor,), count) for vendor, count in sums.items())

    return samples


def _faults(scrape: Scrape) -> Iterator[Sample]:
    for (vendor, name), count in sorted(scrape.counts.faults.items(), key=str):
        yield (vendor or _NO_VENDOR, name), count


def _attempts(scrape: Scrape) -> Iterator[Sample]:
    """Attempts by vendor and outcome; each vendor that notifies has all outcomes, so that an alarm has a series."""
    sums = Counter({(vendor, outcome): 0 for vendor in scrape.notifying for outcome in OUTCOMES})
    sums.update(scrape.counts.attempts)
    yield from sorted(sums.items())


def _tasks(scrape: Scrape) -> Iterator[Sample]:
    yield from (((vendor,), scrape.tasks.get(vendor, 0)) for vendor in scrape.vendors)


def _journal_entries(scrape: Scrape) -> Iterator[Sample]:
    journal = scrape.journal
    yield (), journal.exchanges - journal.evicted - journal.forgotten


def _slots(counts: Counts) -> list[tuple[str, float]]:
    """The buckets of the histogram: how many responses took at most that many seconds."""
    ends = [*(str(bound / 1e9) for bound in BOUNDS), "+Inf"]
    sums = [sum(counts.slots[: k + 1]) for k in range(len(ends))]
    return [(end, float(total)) for end, total in zip(ends, sums, strict=True)]


ANSWER = "mock_server_answer_seconds"
ANSWER_HELP = "Time to match, decide and commit a response, without scripted delays and delivery."

FAMILIES: tuple[Family, ...] = (
    Family(
        "mock_server_polls_total",
        "Status requests that named a task, by the state that the vendor reported (`error` for an error) and the "
        "status of the response.",
        ("vendor", "state", "status"),
        _polls,
    ),
    Family(
        "mock_server_requests_total",
        "All requests but those to the admin API; the vendor is empty where none serves the path.",
        ("vendor", "status"),
        _requests,
    ),
    Family(
        "mock_server_refused_total",
        "What was refused before it was a request.",
        (),
        lambda scrape: [((), scrape.refused)],
    ),
    Family(
        "mock_server_store_missed_total",
        "Requests that needed the store while it was away.",
        (),
        lambda scrape: [((), scrape.missed)],
    ),
    Family(
        "mock_server_faults_total",
        "Faults applied to responses and their delivery.",
        ("vendor", "fault"),
        _faults,
    ),
    Family(
        "mock_server_contract_failures_total",
        "Responses that broke their contract unintentionally and were replaced by a 500.",
        ("vendor",),
        _verdicts("broken"),
    ),
    Family(
        "mock_server_off_contract_total",
        "Responses that broke their contract on purpose.",
        ("vendor",),
        _verdicts("off-contract"),
    ),
    Family(
        "mock_server_notification_attempts_total",
        "Attempts to deliver notifications, by what became of them.",
        ("vendor", "outcome"),
        _attempts,
    ),
    Family(
        "mock_server_notifications_owed",
        "Notifications that tasks still owe, those under way included.",
        (),
        lambda scrape: [((), scrape.owed)],
    ),
    Family(
        "mock_server_notification_attempts_under_way",
        "Attempts to deliver notifications that are being made, or wait for their turn.",
        (),
        lambda scrape: [((), scrape.under_way)],
    ),
    Family("mock_server_tasks", "Tasks in the store.", ("vendor",), _tasks),
    Family("mock_server_tasks_limit", "Most tasks that the store keeps.", (), lambda scrape: [((), scrape.room)]),
    Family("mock_server_journal_entries", "Exchanges that the journal keeps.", (), _journal_entries),
    Family(
        "mock_server_journal_evicted_total",
        "Exchanges that the journal evicted to make room.",
        (),
        lambda scrape: [((), scrape.journal.evicted)],
    ),
    Family("mock_server_scenarios", "Scenarios in force.", (), lambda scrape: [((), scrape.scenarios)]),
    Family(
        "mock_server_scenario_problems",
        "Problems of scenario files that were not loaded.",
        (),
        lambda scrape: [((), scrape.problems)],
    ),
    Family(
        "mock_server_armed_faults",
        "Armed faults that can still apply.",
        (),
        lambda scrape: [((), scrape.armed)],
    ),
)
"""All metrics but the histogram, in order."""
