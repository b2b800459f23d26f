"""What Prometheus is told, read back with its own parser."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from mock_server.admin.metrics import ANSWER, FAMILIES, metrics_response, metrics_text
from mock_server.api.words import OUTCOMES
from mock_server.assembly import Server, assemble
from mock_server.control.server import controls_of
from mock_server.control.task_view import Wanted
from mock_server.engine.scenario import Adjust, Effect
from mock_server.faults.armed import Armed
from mock_server.http.message import Response, request_of
from mock_server.journal.journal import Entry
from mock_server.journal.stats import BOUNDS, Kind, Stats
from mock_server.scenarios.library import library_of
from mock_server.server.app import create_app
from mock_server.settings import Settings
from tests.support.emulators import VENDORS, adjusted, asking, scenario
from tests.support.poller import Now
from tests.support.receivers import hangs, receiving

Told = dict[tuple[str, ...], float]


def served(**settings: Any) -> Server:
    return assemble(Settings(no_reload=True, **settings))


def told(server: Server, name: str) -> Told:
    """The samples of one name, by the values of their labels in the family's order, which the text does not keep."""
    labels = next((family.labels for family in FAMILIES if family.name == name), None)
    return {
        tuple(sample.labels[label] for label in labels or sample.labels): sample.value
        for family in text_string_to_metric_families(metrics_text(server).decode())
        for sample in family.samples
        if sample.name == name
    }


def poll(server: Server, id: str, vendor: str = "qiniu", times: int = 1, method: str = "GET") -> None:
    for _ in range(times):
        server.emulator.answer(asking(vendor, id, method))


def entry(status: int = 200) -> Entry:
    response = Response(status, "", (), b"")
    return Entry(0, 0, request_of("GET", "/", (), b""), response, "fits", poll=True, vendor="v", faults=("reset",))


@pytest.mark.parametrize("vendor", VENDORS)
def test_polls_are_told_by_vendor_state_and_status(vendor: str) -> None:
    server = served()
    poll(server, "happy-path.a", vendor, times=4)
    poll(server, "outage.a", vendor, times=2)
    assert told(server, "mock_server_polls_total") == {
        (vendor, "waiting", "200"): 1,
        (vendor, "processing", "200"): 1,
        (vendor, "succeeded", "200"): 2,
        (vendor, "error", "599"): 2,
    }


def test_items_that_walk_alone_are_told_by_the_state_of_the_whole() -> None:
    server = served()
    poll(server, "one-by-one.a")
    assert sum(told(server, "mock_server_polls_total").values()) == 1
    assert "error" not in {state for _, state, _ in told(server, "mock_server_polls_total")}


def test_a_fault_that_replaces_a_response_leaves_the_state_and_changes_the_status() -> None:
    server = assemble(Settings(no_reload=True), armed=[Armed(1, Effect(error=599), times=1)])
    poll(server, "instant.a", times=2)
    assert told(server, "mock_server_polls_total") == {
        ("qiniu", "succeeded", "599"): 1,
        ("qiniu", "succeeded", "200"): 1,
    }
    assert told(server, "mock_server_faults_total") == {("qiniu", "599"): 1}


def test_requests_that_are_no_polls_are_told_apart() -> None:
    server = served()
    poll(server, "instant.a", method="HEAD")
    poll(server, "nothing-claims-this")
    server.emulator.answer(request_of("GET", "/nowhere", (), b""))
    assert told(server, "mock_server_polls_total") == {}
    assert told(server, "mock_server_requests_total") == {("qiniu", "200"): 1, ("qiniu", "404"): 1, ("", "404"): 1}


@pytest.mark.parametrize(
    ("declared", "name"),
    [(False, "mock_server_contract_failures_total"), (True, "mock_server_off_contract_total")],
)
def test_contract_failures_are_told_and_none_is_a_zero(declared: bool, name: str) -> None:
    server = served()
    assert told(server, name) == dict.fromkeys([(vendor,) for vendor in VENDORS], 0)
    odd = Adjust(put={"qiniu": ((("code",), 7),)}, off_contract=declared)
    server.catalogue.library = library_of([adjusted(scenario("steps: [{state: succeeded}]"), odd)])
    poll(server, "made-up.a", times=3)
    poll(server, "made-up.a", "wangsu")
    assert (told(server, name)[("qiniu",)], told(server, name)[("wangsu",)]) == (3, 0)


def test_tasks_are_told_by_vendor_beside_their_limit() -> None:
    server = served(max_tasks=5)
    for id in ("instant.a", "instant.b"):
        poll(server, id, times=2)
    poll(server, "instant.a", "wangsu")
    assert told(server, "mock_server_tasks") == {("qiniu",): 2, ("huawei",): 0, ("wangsu",): 1}
    assert told(server, "mock_server_tasks_limit") == {(): 5}


def test_what_the_journal_keeps_and_what_it_let_go_add_up() -> None:
    server = served(journal_entries=2)
    poll(server, "instant.a", times=5)
    assert told(server, "mock_server_journal_entries") == {(): 2}
    assert told(server, "mock_server_journal_evicted_total") == {(): 3}


def test_a_file_that_became_bad_is_told(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("about: Mine.\nsteps: [{state: succeeded}]\n")
    server = served(scenarios=(tmp_path,), no_builtin=True)
    assert (told(server, "mock_server_scenarios"), told(server, "mock_server_scenario_problems")) == ({(): 1}, {(): 0})
    (tmp_path / "mine.yaml").write_text("about: Mine.\nsteps: [{state: sucseeded}]\n")
    server.catalogue.reload_if_changed()
    assert (told(server, "mock_server_scenarios"), told(server, "mock_server_scenario_problems")) == ({(): 1}, {(): 1})


def test_armed_faults_are_told_until_they_are_used_up_or_over() -> None:
    now = Now()
    armed = [Armed(1, Effect(error=599), times=1), Armed(2, Effect(fault="charset"), until=now() + 1_000)]
    server = assemble(Settings(no_reload=True), real_clock=now, armed=armed)
    assert told(server, "mock_server_armed_faults") == {(): 2}
    poll(server, "instant.a")
    assert told(server, "mock_server_armed_faults") == {(): 1}
    now.ms += 1_000
    assert told(server, "mock_server_armed_faults") == {(): 0}


def test_every_answer_is_in_the_histogram_once() -> None:
    server = served()
    poll(server, "instant.a", times=4)
    poll(server, "nothing-claims-this")
    slots = told(server, f"{ANSWER}_bucket")
    assert len(slots) == len(BOUNDS) + 1
    assert list(slots.values()) == sorted(slots.values())
    assert slots[("+Inf",)] == told(server, f"{ANSWER}_count")[()] == 5
    assert told(server, f"{ANSWER}_sum")[()] > 0


@pytest.mark.parametrize(
    ("nanoseconds", "slot"), [(0, 0), (BOUNDS[0], 0), (BOUNDS[0] + 1, 1), (BOUNDS[-1], -2), (BOUNDS[-1] + 1, -1)]
)
def test_a_time_at_a_bound_is_counted_below_it(nanoseconds: int, slot: int) -> None:
    stats = Stats()
    stats.count(entry(), nanoseconds)
    assert (stats.counts().slots[slot], sum(stats.counts().slots)) == (1, 1)
    assert stats.counts().total == nanoseconds


def test_attempts_to_notify_are_told_by_vendor_and_outcome() -> None:
    server = served()
    stats = server.emulator.stats
    for outcome in OUTCOMES:
        stats.count_attempt("qiniu", outcome)
    stats.count_attempt("qiniu", "again")
    assert told(server, "mock_server_notification_attempts_total") == {
        **{("qiniu", outcome): 1 for outcome in OUTCOMES},
        ("qiniu", "again"): 2,
        **{("wangsu", outcome): 0 for outcome in OUTCOMES},
    }
    assert told(server, "mock_server_requests_total") == {}


def test_what_is_owed_is_told_until_it_is_done() -> None:
    server = served()
    server.stopping.set()  # so that nobody makes an attempt
    do = controls_of(server)
    do.tasks.create("qiniu", "instant", "mine", notify="http://127.0.0.1:1/done")
    assert told(server, "mock_server_notifications_owed") == {(): 1}
    do.tasks.drop(Wanted())
    assert told(server, "mock_server_notifications_owed") == {(): 0}


def test_what_is_under_way_is_told_as_long_as_the_receiver_takes() -> None:
    server = served()
    with receiving(hangs) as receiver:
        controls_of(server).tasks.create("qiniu", "instant", "mine", notify=receiver.url())
        receiver.wait(1)
        assert told(server, "mock_server_notification_attempts_under_way") == {(): 1}
        server.stopping.set()
        server.postman.close()
    assert told(server, "mock_server_notification_attempts_under_way") == {(): 0}
    assert told(server, "mock_server_notifications_owed") == {(): 1}


def test_nothing_is_lost_among_threads() -> None:
    stats, begin = Stats(), threading.Barrier(8)

    def run() -> None:
        begin.wait()
        for _ in range(1_000):
            stats.count(entry(), 1)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts = stats.counts()
    assert counts.exchanges == {Kind("v", None, 200, "fits", True): 8_000}
    assert (counts.faults, counts.slots[0], counts.total) == ({("v", "reset"): 8_000}, 8_000, 8_000)


def test_what_was_read_does_not_change_afterwards() -> None:
    stats = Stats()
    stats.count(entry(), 1)
    before = stats.counts()
    stats.count(entry(), 1)
    assert (before.exchanges[Kind("v", None, 200, "fits", True)], sum(before.slots)) == (1, 1)


def test_servers_of_one_process_are_told_apart() -> None:
    first, second = served(), served()
    poll(first, "instant.a")
    assert told(second, "mock_server_polls_total") == {}
    assert told(first, "mock_server_polls_total") == {("qiniu", "succeeded", "200"): 1}


def test_a_scrape_changes_nothing() -> None:
    server = served()
    poll(server, "happy-path.a")
    assert metrics_text(server) == metrics_text(server)
    assert server.store.entries()[1].exchanges == 1


def test_every_family_says_what_it_is_and_is_told_once_under_its_labels() -> None:
    server = assemble(Settings(no_reload=True), armed=[Armed(1, Effect(fault="charset"))])
    poll(server, "instant.a")
    families = list(text_string_to_metric_families(metrics_text(server).decode()))
    names = Counter(family.name for family in families)
    assert names == Counter([*(family.name.removesuffix("_total") for family in FAMILIES), ANSWER])
    assert all(family.documentation.endswith(".") and family.samples for family in families)
    labels = {sample.name: set(sample.labels) for family in families for sample in family.samples}
    assert {name: labels[name] for name in labels if not name.startswith(ANSWER)} == {
        family.name: set(family.labels) for family in FAMILIES
    }


def test_a_name_of_any_letters_is_told_whole() -> None:
    server = served()
    odd = 'a "fault"\n\\'
    server.emulator.stats.count(entry()._replace(faults=(odd,)), 1)
    assert told(server, "mock_server_faults_total") == {("v", odd): 1}


def test_a_scrape_is_answered_as_prometheus_wants_it() -> None:
    response = metrics_response(served())
    assert (response.status, response.header("Content-Length")) == (200, str(len(response.body)))
    assert (response.header("Content-Type") or "").startswith("text/plain; version=")


def test_the_admin_api_serves_them() -> None:
    answer = create_app(Settings(no_reload=True)).test_client().get("/__admin/metrics")
    assert (answer.status_code, answer.content_type) == (200, metrics_response(served()).header("Content-Type"))
    assert answer.get_data().startswith(b"# HELP mock_server_")
