"""What people are shown of a scenario's notifications: in the terminal, in drawings, and as a value."""

from __future__ import annotations

import pytest

from mock_server.scenarios.timeline import lines, mermaid, svg, timeline_of
from tests.cli.test_cli import printed
from tests.support.emulators import renderer, scenario

STEPS = "steps: [{state: processing, polls: 2}, {state: succeeded}]\n"
BY_POLLS = "items: {count: 2, each: {steps: [{state: processing, polls: 2}, {state: succeeded}]}}\n"
BY_TIME = "items: {count: 2, each: {steps: [{state: processing, for: 2s}, {state: succeeded}]}}\n"
PACED = "   without polls, what waits for polls ends too: processing after 6s"


def shown(text: str) -> list[str]:
    """What the terminal shows of notifications: a heading and what is under it."""
    found = list(lines(timeline_of(scenario(text), renderer())))
    start = next((k for k, line in enumerate(found) if line.startswith("notifications")), len(found))
    return found[start:]


def sends(entry: str, more: str = "") -> str:
    """How one entry of `send` is shown."""
    return shown(f"vendors: [wangsu]\n{more}notify: {{send: [{entry}]}}\n{STEPS}")[1].strip()


def test_a_scenario_that_says_nothing_notifies_at_the_end() -> None:
    heading = "notifications of qiniu, wangsu, of a task with an address"
    assert shown(STEPS) == [heading, "   at the end", PACED]


def test_one_of_vendors_that_notify_nobody_shows_nothing() -> None:
    assert shown(f"vendors: [huawei]\n{STEPS}") == []
    assert timeline_of(scenario(f"vendors: [huawei]\n{STEPS}"), renderer()).notify is None


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("{}", "at the end"),
        ("{after: 2s}", "2s after the end"),
        ("{after: 3m..5m}", "3m..5m after the end"),
        ("{on: processing}", "at the start of processing"),
        ("{on: processing, after: 1s}", "1s after the start of processing"),
        ("{on: processing, shows: succeeded}", "at the start of processing, with the body of succeeded"),
        ("{item: 1}", "at the end of item 1"),
        ("{item: 1, after: 10s}", "10s after the end of item 1"),
        ("{item: 1, on: processing}", "at the start of processing, about item 1"),
        ("{signed: wrong}", "at the end, signed with another secret"),
        ("{signed: no, retries: false}", "at the end, not signed, without retries"),
    ],
)
def test_each_notification_is_shown_in_words(entry: str, words: str) -> None:
    assert sends(entry, "items: 2\n") == words


def test_none_and_what_became_of_one_are_shown() -> None:
    assert shown(f"notify: {{send: []}}\n{STEPS}")[1] == "   none"
    assert shown(f"notify: {{status: real}}\n{STEPS}")[1:3] == ["   at the end", "   polls see what became of it"]


def test_what_ends_without_polls_is_shown_and_nothing_where_all_ends_so_anyway() -> None:
    assert shown("steps: [{state: processing, for: 2s}, {state: succeeded}]")[2:] == []
    assert shown(BY_TIME)[2:] == []
    assert shown(BY_POLLS)[2:] == ["   without polls, what waits for polls ends too: items as if polled every 3s"]


def test_of_many_steps_a_few_are_named() -> None:
    steps = "".join(f"{{name: s{k}, state: processing, polls: 1}}, " for k in range(10))
    (line,) = shown(f"steps: [{steps}{{state: succeeded}}]")[2:]
    assert line.endswith("s6 after 3s, s7 after 3s, 2 more")


def test_another_pace_is_shown() -> None:
    notify = timeline_of(scenario(STEPS), renderer(), pace=250).notify
    assert notify is not None
    assert notify.paced == ("processing after 500ms",)
    assert "processing after 250ms" in printed("show", "happy-path", "--pace", "250ms")


def test_drawings_show_what_a_scenario_writes_of_its_notifications_and_nothing_else() -> None:
    for text, count in (
        (STEPS, 0),
        (f"notify: {{send: [{{}}, {{after: 2s}}]}}\n{STEPS}", 2),
        (f"notify: {{send: []}}\n{STEPS}", 1),
        (f"{BY_TIME}notify: {{status: real}}\n", 2),
    ):
        timeline = timeline_of(scenario(text), renderer())
        assert mermaid(timeline).count("notifies ") == count
        assert svg(timeline).count("notifies: ") == count
