"""Questions to the journal: what is met, what is not and by which exchanges, and when nobody can tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from mock_server.engine.scenario import State
from mock_server.errors import InvalidInput
from mock_server.http.message import Delivery, Response, request_of
from mock_server.journal.filter import Filter
from mock_server.journal.journal import Counters, Entry
from mock_server.journal.verify import Answer, judge, question_of

NONE_LOST = Counters()
TASK = {"vendor": "acme", "id": "a"}


def entry(number: int, real: int = 0, status: int = 200, **more: Any) -> Entry:
    """A poll of the acme task `a`, the first of which is the first exchange."""
    headers = more.pop("headers", ())
    response = Response(status, "", headers, b"{}", more.pop("delay", 0), more.pop("delivery", None))
    request = request_of(more.pop("method", "GET"), "/", (), b"")
    made = Entry(real, more.pop("virtual", real), request, response, "fits", True, "acme", "a", "s@1", "waiting")
    return made._replace(**{"number": number, "asked": number, "state": State.WAITING, **more})


def polled_at(*moments: int, **more: Any) -> list[Entry]:
    """Polls at these real moments."""
    return [entry(k + 1, moment, **more) for k, moment in enumerate(moments)]


def asked(question: dict[str, Any], entries: Sequence[Entry], counters: Counters = NONE_LOST) -> Answer:
    return judge(question_of(question), entries, counters)


def told(question: dict[str, Any], entries: Sequence[Entry]) -> str:
    answer = asked(question, entries)
    assert answer.verdict == "unmet"
    return "; ".join(map(str, answer.problems))


@pytest.mark.parametrize(
    ("asks", "verdict"),
    [
        ({"count": 3}, "met"),
        ({"count": 2}, "unmet"),
        ({"count": 4}, "unmet"),
        ({"at_least": 3}, "met"),
        ({"at_least": 4}, "unmet"),
        ({"at_most": 3}, "met"),
        ({"at_most": 2}, "unmet"),
        ({"at_least": 1, "at_most": 5}, "met"),
        ({"count": 0, "where": {"id": "b"}}, "met"),
    ],
)
def test_exchanges_are_counted(asks: dict[str, Any], verdict: str) -> None:
    assert asked(asks, polled_at(0, 0, 0)).verdict == verdict


def test_what_is_not_met_names_the_entries_at_fault() -> None:
    answer = asked({"count": 1}, polled_at(0, 0))
    assert str(answer.problems[0]) == "$.count: expected exactly 1 exchanges, found 2: #1, #2"
    assert [each.number for each in answer.entries] == [1, 2]


@pytest.mark.parametrize(
    ("where", "numbers"),
    [
        ({"vendor": "acme"}, [1, 2, 3]),
        ({"id": "a*"}, [1, 2, 3]),
        ({"id": "b"}, []),
        ({"id": "a\\*"}, []),
        ({"scenario": "s"}, [1, 2, 3]),
        ({"scenario": "s@1"}, [1, 2, 3]),
        ({"scenario": "s@2"}, []),
        ({"step": "failing"}, [2]),
        ({"state": "failed"}, [2]),
        ({"status": 599}, [2]),
        ({"method": "HEAD"}, [3]),
        ({"fault": "reset"}, [2]),
        ({"matched": False}, [3]),
        ({"poll": False}, [3]),
        ({"after": 2}, [3]),
        ({"poll": True, "status": 200}, [1]),
    ],
)
def test_a_filter_means_what_it_says(where: dict[str, Any], numbers: list[int]) -> None:
    entries = [
        entry(1),
        entry(2, status=599, step="failing", state=State.FAILED, faults=("reset",)),
        entry(3, method="HEAD", poll=False, note="unmatched"),
    ]
    assert [each.number for each in entries if Filter(**where).fits(each)] == numbers


def stepped(*steps: str) -> list[Entry]:
    return [entry(k + 1, step=step) for k, step in enumerate(steps)]


def test_an_order_of_steps_counts_a_repeated_one_once() -> None:
    entries = stepped("waiting", "waiting", "processing", "waiting")
    assert asked({"order": ["waiting", "processing", "waiting"]}, entries).verdict == "met"
    assert "expected waiting, processing, found waiting" in told({"order": ["waiting", "processing"]}, entries[:2])


def test_statuses_are_compared_one_by_one() -> None:
    entries = [entry(1), entry(2, status=599), entry(3)]
    assert asked({"statuses": [200, 599, 200]}, entries).verdict == "met"
    assert "expected 200, 200, found 200, 599, 200" in told({"statuses": [200, 200]}, entries)


def test_order_and_pace_are_each_tasks_own() -> None:
    mixed = [entry(k, 1_000 * (k // 2), id="ab"[k % 2], step=("one", "two")[k // 3]) for k in range(1, 5)]
    question = {"order": ["one", "two"], "cadence": {"min_gap": "1s"}}
    assert asked(question, mixed).verdict == "met"


def test_where_nothing_is_meant_an_order_is_not_met() -> None:
    assert "found none" in told({"where": {"id": "b"}, "order": ["waiting"]}, polled_at(0))


@pytest.mark.parametrize(
    ("cadence", "moments", "verdict"),
    [
        ({"min_gap": "1s"}, (0, 1_000, 2_000), "met"),
        ({"min_gap": "1s"}, (0, 999, 2_000), "unmet"),
        ({"max_gap": "1s"}, (0, 1_000), "met"),
        ({"max_gap": "1s"}, (0, 1_001), "unmet"),
        ({"backs_off": True}, (0, 1_000, 3_000, 7_000), "met"),
        ({"backs_off": True}, (0, 1_000, 1_950), "met"),
        ({"backs_off": True}, (0, 1_000, 1_800), "unmet"),
        ({"min_gap": "1s"}, (0,), "met"),
    ],
)
def test_the_gaps_between_polls_are_judged(cadence: dict[str, Any], moments: tuple[int, ...], verdict: str) -> None:
    assert asked({"cadence": cadence}, polled_at(*moments)).verdict == verdict


def test_gaps_are_taken_by_the_clock_that_was_asked_for() -> None:
    entries = [entry(1, 0, virtual=0), entry(2, 5, virtual=60_000)]
    assert asked({"cadence": {"min_gap": "1m", "clock": "virtual"}}, entries).verdict == "met"
    assert asked({"cadence": {"min_gap": "1m"}}, entries).verdict == "unmet"


def test_a_peek_is_no_poll_to_the_cadence() -> None:
    entries = [entry(1, 0), entry(2, 10, poll=False), entry(3, 1_000)]
    assert asked({"cadence": {"min_gap": "1s"}}, entries).verdict == "met"


@pytest.mark.parametrize(
    ("first", "next_at", "verdict"),
    [
        ({"headers": (("Retry-After", "3"),)}, 3_000, "met"),
        ({"headers": (("retry-after", "3"),)}, 2_999, "unmet"),
        ({"headers": (("Retry-After", "3"),), "delay": 1_000}, 3_500, "unmet"),
        ({"headers": (("Retry-After", "3"),), "delay": 1_000}, 500, "met"),
        ({"headers": (("Retry-After", "soon"),)}, 1, "met"),
        ({"headers": (("Retry-After", "3"),), "delivery": Delivery("reset")}, 1, "met"),
        ({"headers": (("Retry-After", "Thu, 01 Jan 1970 00:00:05 GMT"),)}, 4_000, "unmet"),
        ({"headers": (("Retry-After", "Thu, 01 Jan 1970 00:00:05 GMT"),)}, 5_000, "met"),
    ],
)
def test_retry_after_is_honoured_from_when_it_could_be_read(first: dict[str, Any], next_at: int, verdict: str) -> None:
    entries = [entry(1, 0, **first), entry(2, next_at)]
    assert asked({"cadence": {"honours_retry_after": True}}, entries).verdict == verdict


def test_polls_after_the_end_count_from_the_first_end_that_could_be_read() -> None:
    whole, done = Response(200, "", (), b"{...}"), State.SUCCEEDED
    entries = [entry(1), entry(2, state=done, original=whole), entry(3, state=done), entry(4, state=done)]
    assert asked({"cadence": {"polls_after_end": 1}}, entries).verdict == "met"
    assert "polled 1 times after the end was shown" in told({"cadence": {"polls_after_end": 0}}, entries)


def test_every_part_that_is_not_met_is_told_at_once() -> None:
    question = {"count": 5, "order": ["done"], "cadence": {"min_gap": "1s", "max_gap": "1ms"}}
    answer = asked(question, polled_at(0, 10))
    wheres = [problem.where for problem in answer.problems]
    assert wheres == ["$.count", "$.order", "$.cadence.min_gap", "$.cadence.max_gap"]


LOST = Counters(exchanges=20, evicted=10, evicted_to=10)


@pytest.mark.parametrize(
    ("asks", "verdict"),
    [
        ({"count": 2}, "evicted"),
        ({"count": 3}, "evicted"),
        ({"count": 1}, "unmet"),
        ({"at_least": 2}, "met"),
        ({"at_least": 3}, "evicted"),
        ({"at_most": 1}, "unmet"),
        ({"at_most": 5}, "evicted"),
        ({"order": ["waiting"]}, "evicted"),
        ({"cadence": {"min_gap": "1s"}}, "unmet"),
        ({"cadence": {"max_gap": "1s"}}, "evicted"),
        ({"count": 2, "where": {"after": 10}}, "met"),
    ],
)
def test_where_exchanges_were_evicted_only_what_they_cannot_change_is_said(asks: dict[str, Any], verdict: str) -> None:
    entries = [entry(11, 0, asked=4), entry(12, 5, asked=5)]
    assert asked(asks, entries, LOST).verdict == verdict


@pytest.mark.parametrize(
    ("where", "first", "verdict"),
    [(TASK, 1, "met"), (TASK, 2, "evicted"), ({"id": "a"}, 1, "evicted"), ({**TASK, "id": "a*"}, 1, "evicted")],
)
def test_a_task_whose_first_poll_is_kept_has_lost_nothing(where: dict[str, Any], first: int, verdict: str) -> None:
    entries = [entry(11, asked=first), entry(12, asked=first + 1)]
    assert asked({"where": where, "count": 2}, entries, LOST).verdict == verdict


@pytest.mark.parametrize(
    ("question", "where", "said"),
    [
        ({}, "$", "nothing is asked"),
        ({"where": {}}, "$", "nothing is asked"),
        ({"cuont": 3}, "$.cuont", 'did you mean "count"'),
        ({"count": -1}, "$.count", "0 or more"),
        ({"count": 1, "where": {"vender": "x"}}, "$.where.vender", 'did you mean "vendor"'),
        ({"count": 1, "where": {"state": "done"}}, "$.where.state", "not a state"),
        ({"cadence": {}}, "$.cadence", "at least 1"),
        ({"cadence": {"min_gap": 3}}, "$.cadence.min_gap", "a length of time"),
        ({"cadence": {"min_gap": "99999999d"}}, "$.cadence.min_gap", "a hundred years"),
        ({"cadence": {"clock": "wall"}}, "$.cadence.clock", "real, virtual"),
        ([], "$", "expected a mapping"),
    ],
)
def test_a_question_that_cannot_be_read_is_refused_by_its_place(question: Any, where: str, said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        question_of(question)
    assert caught.value.problems[0].where == where
    assert said in str(caught.value)


def test_all_problems_of_a_question_are_told_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        question_of({"count": "x", "cadence": {"min_gap": "soon", "backs_of": True}})
    assert len(caught.value.problems) == 3
