"""From texts in the scenario language to scenarios as values."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mock_server import paths
from mock_server.engine.durations import BadTime, daily, length, poll_window, rate, span, time_window
from mock_server.engine.scenario import (
    PLAIN_ITEM,
    Ahead,
    Daily,
    Edge,
    Effect,
    Item,
    Lognormal,
    Rate,
    Shown,
    Span,
    State,
    When,
    Window,
)
from mock_server.errors import InvalidInput
from mock_server.scenarios import Loader
from mock_server.types import Json
from mock_server.vendors.contracts import Contracts
from mock_server.vendors.fixtures import Fixtures
from mock_server.vendors.registry import Registry
from tests.support.loading import load, problems, scenario

FINE = "steps: [{state: succeeded}]\n"


@pytest.mark.parametrize(
    ("written", "milliseconds"),
    [("250ms", 250), ("3s", 3_000), ("10m", 600_000), ("2h", 7_200_000), ("10d", 864_000_000)],
)
def test_a_length_of_time_is_whole_milliseconds(written: str, milliseconds: int) -> None:
    assert scenario(f"expires: {written}\n{FINE}").expires == milliseconds


def test_a_step_is_named_by_its_state_and_the_second_of_a_kind_is_numbered() -> None:
    steps = """
    steps:
      - {state: processing, polls: 1}
      - {error: 599, polls: 1}
      - {state: processing, polls: 1}
      - {error: unknown, polls: 1}
      - {state: processing, polls: 1, name: nearly}
      - {state: processing, polls: 1}
      - {state: succeeded}
    """
    names = [step.name for step in scenario(steps).steps]
    assert names == ["processing", "error", "processing-2", "error-2", "nearly", "processing-4", "succeeded"]


def test_a_step_leads_to_the_one_that_follows_it_in_the_file() -> None:
    steps = scenario("steps: [{state: waiting, polls: 2}, {state: processing, for: 3m..5m}, {state: succeeded}]").steps
    assert [(step.polls, step.lasts, step.edges) for step in steps] == [
        (2, None, (Edge(1),)),
        (None, Span(180_000, 300_000), (Edge(2),)),
        (None, None, ()),
    ]


def test_an_end_state_without_anything_is_an_end_wherever_it_stands() -> None:
    steps = """
    steps:
      - {state: processing, polls: 1, next: {succeeded: 9, failed: 1}}
      - {state: succeeded}
      - {state: failed}
    """
    assert [step.edges for step in scenario(steps).steps] == [(Edge(1, 9), Edge(2, 1)), (), ()]


def test_a_held_end_state_leads_on_manually() -> None:
    first = scenario("{vendors: [wangsu], steps: [{state: succeeded, hold: true}, {state: notified}]}").steps[0]
    assert (first.hold, first.edges, first.moves) == (True, (Edge(1),), False)


def test_weights_all_0_need_no_end_and_are_for_manual_moves() -> None:
    steps = "steps: [{state: processing, next: {failed: 0, succeeded: 0}}, {state: failed}, {state: succeeded}]"
    first = scenario(steps).steps[0]
    assert (first.edges, first.moves) == ((Edge(1, 0), Edge(2, 0)), False)


def test_approve_or_time_out_has_one_way_out_by_time_and_one_by_a_manual_move() -> None:
    steps = """
    steps:
      - {state: processing, for: 60s, next: {failed: 1, succeeded: 0}}
      - {state: failed}
      - {state: succeeded}
    """
    assert scenario(steps).steps[0].edges == (Edge(1, 1), Edge(2, 0))


@pytest.mark.parametrize("leaves", ["polls: 2", "hold: true"])
def test_a_loop_is_fine_where_one_step_waits_for_more_than_time(leaves: str) -> None:
    steps = f"steps: [{{state: waiting, for: 3s}}, {{state: processing, {leaves}, next: waiting}}]"
    assert scenario(steps).steps[1].edges == (Edge(0),)


def test_items_of_a_step_are_given_by_position_or_counted_in_order() -> None:
    steps = """
    items: 3
    steps:
      - {state: processing, items: {succeeded: 2, processing: 1}, polls: 1}
      - {state: failed, items: [succeeded, failed, {state: failed, reason: broken}]}
    """
    first, second = (step.items for step in scenario(steps).steps)
    assert first == (Shown(State.SUCCEEDED), Shown(State.SUCCEEDED), Shown(State.PROCESSING))
    assert second == (Shown(State.SUCCEEDED), Shown(State.FAILED), Shown(State.FAILED, "broken"))


def test_counts_keep_the_order_of_the_file() -> None:
    one, other = (
        scenario(f"items: 2\nsteps: [{{state: failed, items: {{{counts}}}}}]")
        for counts in ("succeeded: 1, failed: 1", "failed: 1, succeeded: 1")
    )
    assert one.steps[0].items == tuple(reversed(other.steps[0].items or ()))
    assert one.digest != other.digest


@pytest.mark.parametrize(
    ("items", "meant"),
    [
        ("2", (PLAIN_ITEM, PLAIN_ITEM)),
        ("[{cmd: a}, {}]", (Item({"cmd": "a"}), PLAIN_ITEM)),
        ("{count: 2, each: {key: b}}", (Item({"key": "b"}), Item({"key": "b"}))),
    ],
)
def test_items_are_a_number_a_list_or_a_number_of_one_kind(items: str, meant: tuple[Item, ...]) -> None:
    assert scenario(f"vendors: [qiniu]\nitems: {items}\n{FINE}").items == {"qiniu": meant}


def test_a_vendor_takes_the_fields_its_items_have() -> None:
    items = scenario("items: [{cmd: a, key: b, url: 'http://c'}]\n" + FINE).items
    assert {vendor: set(found[0].fields) for vendor, found in items.items()} == {
        "qiniu": {"cmd", "key"},
        "huawei": {"url"},
        "wangsu": {"cmd", "key", "url"},
    }


def test_a_fixture_gives_each_vendor_its_own_items() -> None:
    items = scenario("items: {fixture: document-sample}\n" + FINE).items
    assert {vendor: len(found) for vendor, found in items.items()} == {"qiniu": 4, "huawei": 3, "wangsu": 1}


def test_a_list_made_as_a_pool_can_be_used_as_a_fixture() -> None:
    items = scenario("vendors: [qiniu]\nitems: {fixture: items}\n" + FINE).items["qiniu"]
    assert set(items[0].fields) == {"cmd"}


def test_without_items_the_submitted_ones_are_left_to_speak() -> None:
    assert scenario(FINE).items == {}


def test_a_step_that_lists_one_item_keeps_a_task_to_one() -> None:
    assert scenario("steps: [{state: failed, items: [failed]}]").items["qiniu"] == (PLAIN_ITEM,)


def test_items_with_steps_of_their_own_stand_in_for_the_scenarios() -> None:
    found = scenario("""
    items:
      count: 2
      each:
        steps:
          - {state: processing, for: 3m..5m, next: {succeeded: 9, failed: 1}}
          - {state: succeeded}
          - {state: failed, reason: too long}
    """)
    item = found.items["qiniu"][1]
    assert found.by_items
    assert [(step.name, step.edges, step.reason) for step in item.steps] == [
        ("processing", (Edge(1, 9), Edge(2, 1)), None),
        ("succeeded", (), None),
        ("failed", (), "too long"),
    ]
    assert [(step.name, step.state, step.hold) for step in found.steps] == [("items", None, True)]


@pytest.mark.parametrize(
    ("when", "meant"),
    [
        ("{polls: [4, 7..9, 100..]}", When(polls=(Window(4, 4), Window(7, 9), Window(100, None)))),
        ("{every: 5, chance: 0.1}", When(every=5, chance=0.1)),
        ("{rate: 100/min}", When(rate=Rate(100, 60_000))),
        ("{time: 10s..40s}", When(time=Window(10_000, 40_000))),
        ("{time: 0s..}", When(time=Window(0, None))),
        ("{step: succeeded}", When(step="succeeded")),
        ("{at: '02:00+08:00', for: 10m}", When(daily=Daily(18 * 3_600_000, 600_000))),
        ("{at: 18:30Z, for: 1d}", When(daily=Daily(66_600_000, 86_400_000))),
        ("{at: '23:00-02:30', for: 1m}", When(daily=Daily(5_400_000, 60_000))),
    ],
)
def test_when_a_fault_strikes_is_read_once_for_all(when: str, meant: When) -> None:
    assert scenario(f"{FINE}faults: [{{when: {when}, error: 599}}]").faults[0].when == meant


def test_what_a_fault_does_is_read_once_for_all() -> None:
    found = scenario(f"""
    {FINE}
    faults:
      - {{delay: 1s..3s, headers: {{Retry-After: "3", X-Reqid: null}}}}
      - {{delay: {{median: 200ms, p99: 2s}}, fault: dribble, over: 4s}}
      - {{when: {{chance: 1}}, headers: {{Expires: {{ahead: 30s}}}}}}
      - {{when: {{every: 2}}, delay: 1s}}
    """)
    first, second, third, fourth = (fault.effect for fault in found.faults)
    assert (first.delay, first.headers) == (Span(1_000, 3_000), (("Retry-After", "3"), ("X-Reqid", None)))
    assert (second.delay, second.fault, second.over) == (Lognormal(200, 2_000), "dribble", 4_000)
    assert third.headers == (("Expires", Ahead(30_000)),)
    assert fourth == Effect(delay=Span(1_000, 1_000))
    assert [fault.when for fault in found.faults] == [When(), When(), When(chance=1.0), When(every=2)]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("error: throttled", Effect(error="throttled")),
        ("status: 204", Effect(status=204)),
        ("{fault: html, status: 200}", Effect(fault="html", status=200)),
        ('{body: "\\uFEFF[]", type: text/plain}', Effect(body="\ufeff[]", type="text/plain")),
        ("body: ''", Effect(body="")),
        ("length: +5", Effect(length=5)),
        ("{length: -3, fault: malformed}", Effect(length=-3, fault="malformed")),
        ("{redirect: happy-path, status: 308}", Effect(redirect="happy-path", status=308)),
        ("redirect: /login", Effect(redirect="/login")),
        ("{redirect: self, fault: close}", Effect(redirect="self", fault="close")),
    ],
)
def test_what_a_fault_replaces_is_read(written: str, meant: Effect) -> None:
    whole = written if written.startswith("{") else f"{{{written}}}"
    (fault,) = scenario(f"steps: [{{state: succeeded}}]\nfaults: [{whole}]\n").faults
    assert fault.effect == meant


def test_an_adjustment_keeps_values_as_they_are_written() -> None:
    adjust = (
        scenario("""
    steps:
      - state: succeeded
        with: {qiniu: {desc: fine, items.*.hash: null}}
        without: {wangsu: [items.0.error]}
        status: 202
        headers: {X-Reqid: null}
        off_contract: true
        inconsistent: true
    """)
        .steps[0]
        .adjust
    )
    assert adjust.put == {"qiniu": ((("desc",), "fine"), (("items", "*", "hash"), None))}
    assert adjust.drop == {"wangsu": (("items", 0, "error"),)}
    assert (adjust.status, adjust.headers) == (202, (("X-Reqid", None),))
    assert adjust.off_contract
    assert adjust.inconsistent


@pytest.mark.parametrize(
    ("line", "field", "meant"),
    [
        ("about: Why not.", "about", "Why not."),
        ("vendors: [wangsu, qiniu]", "vendors", ("wangsu", "qiniu")),
        ("about: x", "vendors", ("qiniu", "huawei", "wangsu")),
        ("ids: [z0.5f3*, abc]", "claims", ("z0.5f3*", "abc")),
        ("about: x", "counts_all", True),
        ("count: seen", "counts_all", False),
        (
            "options: {profile: live, huawei: {casing: upper}}",
            "options",
            {"profile": "live", "huawei": {"casing": "upper"}},
        ),
    ],
)
def test_what_a_file_says_of_the_whole_is_kept(line: str, field: str, meant: Json) -> None:
    assert getattr(scenario(f"{line}\n{FINE}"), field) == meant


def test_the_digest_differs_by_version_and_is_the_same_every_time() -> None:
    assert scenario(FINE).digest == scenario(f"# said otherwise\n{FINE}").digest
    assert scenario(FINE).digest != scenario(f"about: x\n{FINE}").digest
    assert len(scenario(FINE).digest) == 12


@pytest.mark.parametrize(
    "steps",
    [
        "  - {state: succeeded, polls: 1}\n  - {state: processing, inconsistent: true}",
        "  - {state: succeeded, polls: 1}\n  - {state: failed, inconsistent: true}",
        "  - {state: processing, items: [succeeded], polls: 1, inconsistent: true}\n  - {state: succeeded}",
        "  - {state: succeeded, items: [failed]}",
        "  - {state: succeeded, off_contract: true, with: {qiniu: {items: []}}}",
        "  - {state: succeeded, with: {qiniu: {items.*.hash: y}, huawei: {preheating_results.0.url: z}}}",
        "  - {error: 404, with: {qiniu: {error: gone}}}",
    ],
)
def test_what_is_declared_or_fits_is_let_through(steps: str) -> None:
    assert problems(f"steps:\n{steps}\n") == ()


def test_an_item_without_steps_of_its_own_has_succeeded_beside_those_that_have() -> None:
    assert problems("items: [{steps: [{state: waiting, polls: 1}, {state: failed}]}, {}]") == ()


def test_a_vendor_without_a_word_for_the_whole_lets_items_be() -> None:
    assert problems("vendors: [huawei]\nsteps: [{state: succeeded, items: [processing]}]") == ()


def test_the_check_follows_the_scenarios_own_profile() -> None:
    code = "steps: [{state: succeeded, with: {wangsu: {items.0.code: 7}}}]"
    assert problems(f"vendors: [wangsu]\noptions: {{profile: live}}\n{code}") == ()
    assert "(type)" in problems(f"vendors: [wangsu]\n{code}")[0].what


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (f"{FINE}faults: [{{when: {{every: 2}}, error: 599}}]", "demo.yaml:2:10"),
        ("items: [{steps: [{state: processing, polls: 1}, {state: succeeded}]}]", "demo.yaml:1:8"),
    ],
)
def test_what_only_faults_and_items_show_is_checked_too(tmp_path: Path, text: str, where: str) -> None:
    shutil.copytree(paths.data("schemas"), tmp_path, dirs_exist_ok=True)
    for kind in ("error", "status.sdk"):
        (tmp_path / "huawei" / f"{kind}.schema.json").write_text('{"maxProperties": 0}')
    strict = Loader(Registry(), Contracts(tmp_path), Fixtures([paths.data("fixtures")]))
    with pytest.raises(InvalidInput) as caught:
        strict.load_text(text, "demo", "demo.yaml")
    assert any(problem.where == where for problem in caught.value.problems)


def test_the_check_says_how_much_it_saw() -> None:
    loaded = load("steps: [{state: waiting, polls: 1}, {state: succeeded}]\nfaults: [{error: 599}]")
    assert loaded[1:] == (2, 1, 9)


@pytest.mark.parametrize("reader", [length, span, time_window, poll_window, rate])
@pytest.mark.parametrize("text", ["", "3", "3 s", "3S", "-3s", "0s", "1.5s", "3s\n", "..3s", "1/0", "x"])
def test_what_is_not_in_the_grammar_is_refused_by_the_reader_itself(reader: Callable[[str], object], text: str) -> None:
    with pytest.raises(BadTime):
        reader(text)


@pytest.mark.parametrize("at", ["2:00Z", "24:00Z", "02:60Z", "02:00", "02:00+8:00"])
def test_a_time_of_day_is_given_with_its_zone(at: str) -> None:
    with pytest.raises(BadTime):
        daily(at, "1m")
