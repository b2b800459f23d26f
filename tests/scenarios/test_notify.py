"""The `notify` of a scenario file: what each key means, and what is left out."""

from __future__ import annotations

import pytest

from mock_server import paths
from mock_server.engine.durations import Span
from mock_server.engine.notify import Notify, Sending
from mock_server.scenarios.language.notify import MOST_SENDINGS
from tests.support.emulators import shipped
from tests.support.loading import load, messages, scenario

STEPS = "steps: [{state: waiting, polls: 1}, {state: processing, polls: 1}, {state: succeeded}]\n"


def test_a_file_that_says_nothing_notifies_once_at_the_end() -> None:
    assert scenario(STEPS).notify == Notify("script", (Sending(),))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("{status: real}", Notify("real", (Sending(),))),
        ("{status: script}", Notify()),
        ("{send: []}", Notify("script", ())),
        ("{status: real, send: []}", Notify("real", ())),
        ("{send: [{}, {after: 2s}]}", Notify("script", (Sending(), Sending(after=Span(2_000, 2_000))))),
        ("{send: [{after: 3m..5m}]}", Notify("script", (Sending(after=Span(180_000, 300_000)),))),
        ("{send: [{on: processing}]}", Notify("script", (Sending(on=1),))),
        ("{send: [{on: waiting, shows: succeeded}]}", Notify("script", (Sending(on=0, shows=2),))),
        ("{send: [{shows: processing}]}", Notify("script", (Sending(shows=1),))),
        ("{send: [{signed: wrong, retries: false}]}", Notify("script", (Sending(signed="wrong", retries=False),))),
        ("{send: [{signed: no}]}", Notify("script", (Sending(signed="no"),))),
        ("{send: [{signed: right, retries: true}]}", Notify()),
    ],
)
def test_each_key_is_what_it_says(written: str, meant: Notify) -> None:
    assert scenario(f"{STEPS}notify: {written}\n").notify == meant


def test_single_items_are_named_by_number() -> None:
    found = scenario(f"items: 2\n{STEPS}notify: {{send: [{{item: 1}}, {{item: 0, after: 10s}}]}}\n")
    assert found.notify.send == (Sending(item=1), Sending(item=0, after=Span(10_000, 10_000)))


def test_items_with_steps_of_their_own_are_named_too() -> None:
    text = "items: {count: 3, each: {steps: [{state: processing, for: 1s}, {state: succeeded}]}}\n"
    assert scenario(f"{text}notify: {{send: [{{item: 2}}]}}\n").notify.send == (Sending(item=2),)


def test_a_vendor_that_sends_none_may_serve_a_scenario_beside_one_that_does() -> None:
    found = scenario(f"vendors: [huawei, qiniu]\n{STEPS}notify: {{status: real}}\n")
    assert (found.vendors, found.notify.status) == (("huawei", "qiniu"), "real")


def test_a_scenario_without_an_end_may_say_what_it_would_send() -> None:
    assert messages("steps: [{state: processing}]\nnotify: {send: [{}]}\n") == []


def test_the_notifications_change_the_version() -> None:
    assert scenario(STEPS).digest != scenario(f"{STEPS}notify: {{status: real}}\n").digest


def test_so_many_notifications_and_no_more() -> None:
    entries = ", ".join(["{}"] * MOST_SENDINGS)
    assert len(scenario(f"{STEPS}notify: {{send: [{entries}]}}\n").notify.send) == MOST_SENDINGS
    (message,) = messages(f"{STEPS}notify: {{send: [{entries}, {{}}]}}\n")
    assert message == f"demo.yaml:2:16: expected at most {MOST_SENDINGS} here, found {MOST_SENDINGS + 1}"


def test_problems_of_notifications_are_reported_together_with_those_of_steps() -> None:
    found = messages(
        "steps:\n  - {state: waiting}\n  - {state: succeeded}\nnotify:\n  send:\n    - {on: x}\n    - {item: 3}\n"
    )
    assert [line.split(":")[1] for line in found] == ["2", "6", "7"]


ODD = "steps: [{state: processing, polls: 1}, {state: succeeded, with: {wangsu: {code: 5}}}]\n"


@pytest.mark.parametrize(
    "text",
    [
        f"vendors: [wangsu]\n{ODD}",
        f"vendors: [wangsu]\nnotify: {{send: []}}\n{ODD}",
        f"vendors: [wangsu]\nnotify: {{send: [{{on: processing}}]}}\n{ODD}",
        "vendors: [wangsu]\nnotify: {send: [{}]}\nsteps:\n  - {state: processing, polls: 1}\n"
        "  - {state: succeeded, polls: 1}\n  - {state: notified, with: {wangsu: {code: 5}}}\n",
        "vendors: [wangsu]\nnotify: {send: [{}]}\nsteps:\n"
        "  - {state: succeeded, off_contract: true, with: {wangsu: {code: 9}}}\n",
    ],
    ids=["notify not written", "none sent", "another step", "not the first end", "off contract on purpose"],
)
def test_only_bodies_that_a_written_notification_has_must_be_those_of_one(text: str) -> None:
    assert messages(text) == []


def test_bodies_of_notifications_are_counted_as_checked() -> None:
    without, once, twice = (
        load(f"vendors: [qiniu, huawei]\n{STEPS}{notify}").bodies
        for notify in ("", "notify: {status: real}\n", "notify: {send: [{}, {after: 1s}, {on: processing}]}\n")
    )
    assert (once - without, twice - without) == (1, 2)


def test_notifications_of_items_that_move_on_their_own_are_checked_at_each_whole() -> None:
    text = "items: {count: 2, each: {steps: [{state: processing, for: 1s}, {state: failed}]}}\nvendors: [wangsu]\n"
    assert load(f"{text}notify: {{status: real}}\n").bodies > load(text).bodies


def test_too_many_different_bodies_of_notifications_are_refused() -> None:
    steps = "".join(f"  - {{name: s{k}, state: processing, polls: 1, reason: r{k}}}\n" for k in range(90))
    steps = steps.replace("state: processing", "state: failed")
    sends = ", ".join(f"{{shows: s{k}}}" for k in range(90))
    text = f"vendors: [qiniu]\nitems: 1000\nnotify: {{send: [{sends}]}}\nsteps:\n{steps}  - {{state: failed}}\n"
    assert any("too much to check: steps and notifications show" in line for line in messages(text))


def test_what_shipped_scenarios_notify_without_saying_so_fits_its_contract_too() -> None:
    found = {}
    for path in sorted(paths.data("scenarios").glob("*.yaml")):
        text = path.read_text("utf-8")
        if "\nnotify:" not in text and set(shipped(path.stem).vendors) != {"huawei"}:
            found[path.stem] = messages(f"{text}notify: {{status: script}}\n")
    assert len(found) > 30
    assert {name: lines for name, lines in found.items() if lines} == {}
