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
    assert str(answer.problems[0]) == "$.count: expected exactly 1 exchange, found 2: #1, #2"
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


def test_where_nothing_is_meant_an_order_is_not_met_and_says_what_was_expected() -> None:
    assert "found none" in told({"where": {"id": "b"}, "order": ["waiting"]}, polled_at(0))


@pytest.mark.parametrize(
    ("cadence", "moments", "verdict"),
    [
        ({"min_gap": "1s"}, (0, 1_000, 2_000), "met"),
        ({"min_gap": "1s"}, (0, 999, 2_000), "unmet"),
        ({"max_gap": "1s"}, (0, 1_000), "met"),
        ({"max_gap": "1s"}, (0, 1_001), "unmet"),
        ({"backs_off": True}, (0, 1_000, 3_000, 7_000), "met"),
        ({"backs_off": True}, (0, 500, 1_500, 2_450), "met"),
        ({"backs_off": True}, (0, 1_000, 2_150), "unmet"),
        ({"backs_off": True, "slack": 0.05}, (0, 1_000, 2_150), "met"),
        ({"backs_off": True}, (0, 1_000, 1_800), "unmet"),
        ({"backs_off": True}, (0, 1_000), "met"),
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
        ({"headers": (("Retry-After", "soon"),)}, 1, "unmet"),
        ({"headers": (("Retry-After", "3"),), "delivery": Delivery("reset")}, 1, "unmet"),
        ({"headers": (("Retry-After", "Thu, 01 Jan 1970 00:00:05 GMT"),)}, 4_000, "unmet"),
        ({"headers": (("Retry-After", "Thu, 01 Jan 1970 00:00:05 GMT"),)}, 5_000, "met"),
    ],
)
def test_retry_after_is_honoured_from_when_it_could_be_read(first: dict[str, Any], next_at: int, verdict: str) -> None:
    entries = [entry(1, 0, **first), entry(2, next_at)]
    assert asked({"cadence": {"honours_retry_after": True}}, entries).verdict == verdict


UNASKED = polled_at(0, 1_000)
PEEKED = [entry(1, 0, poll=False), entry(2, 1_000, poll=False)]


@pytest.mark.parametrize(
    ("asks", "entries", "where", "what"),
    [
        ({"order": ["waiting"]}, [], "$", "no exchange matches; the journal is empty"),
        ({"order": []}, [], "$", "no exchange matches"),
        ({"statuses": []}, [], "$", "no exchange matches"),
        ({"cadence": {"polls_after_end": 0}}, [], "$", "no exchange matches"),
        ({"cadence": {"min_gap": "1s"}, "at_most": 5}, [], "$", "no exchange matches"),
        ({"cadence": {"min_gap": "1s"}, "where": {"id": "b"}}, UNASKED, "$.where", 'no request named the id "b"'),
        ({"order": ["waiting"], "where": {"id": "a", "status": 599}}, UNASKED, "$.where", "2 would without status 599"),
        ({"statuses": [200], "where": {"id": "a", "vendor": "x"}}, UNASKED, "$.where", '2 would without vendor "x"'),
        ({"statuses": [200], "where": {"status": 599, "vendor": "x"}}, UNASKED, "$.where", "none of the 2"),
        ({"order": []}, PEEKED, "$.order", "none of the exchanges is a poll"),
        ({"cadence": {"max_gap": "1s"}}, PEEKED, "$.cadence", "none of the exchanges is a poll"),
        ({"cadence": {"min_gap": "1s"}}, polled_at(0), "$.cadence.min_gap", "no task was polled twice"),
        ({"cadence": {"max_gap": "1s"}}, polled_at(0), "$.cadence.max_gap", "no task was polled twice"),
        ({"cadence": {"backs_off": True}}, polled_at(0), "$.cadence.backs_off", "no task was polled twice"),
        ({"cadence": {"honours_retry_after": True}}, UNASKED, "$.cadence.honours_retry_after", "no Retry-After"),
    ],
)  # fmt: skip
def test_what_exchanges_cannot_show_is_not_met_by_them(
    asks: dict[str, Any], entries: Sequence[Entry], where: str, what: str
) -> None:
    answer = asked(asks, entries)
    assert answer.verdict == "unmet"
    first = answer.problems[0]
    assert first.where == where
    assert first.what.startswith("nothing to judge: ")
    assert what in first.what


def test_where_nothing_is_meant_the_nearest_id_is_named() -> None:
    entries = [entry(1, id="hapy-path.1"), entry(2, id="slow.1"), entry(3, vendor=None, id=None)]
    question = {"where": {"id": "happy-path.1"}, "cadence": {"backs_off": True}}
    assert 'no exchange matches; no request named the id "happy-path.1", and the nearest is "hapy-path.1"' in told(
        question, entries
    )
    assert 'and the nearest is "hapy-path.1"' in told({**question, "where": {"id": "happy-path.*"}}, entries)
    assert 'no request named the id "happy-path.1"' in told(question, entries[2:])


@pytest.mark.parametrize("asks", [{"count": 2}, {"at_least": 1}])
def test_a_count_of_an_id_that_nobody_requested_names_the_nearest(asks: dict[str, Any]) -> None:
    entries = [entry(1, id="hapy-path.1"), entry(2, id="slow.1")]
    (problem,) = asked({**asks, "where": {"id": "happy-path.1"}}, entries).problems
    assert problem.hint == 'no request named the id "happy-path.1", and the nearest is "hapy-path.1"'
    assert not asked({"count": 2, "where": {"id": "slow.1"}}, entries).problems[0].hint


def test_an_id_of_a_test_is_not_taken_for_that_of_another() -> None:
    entries = [entry(1, id="slow.test_that_uploads-1b2c3d4e")]
    said = told({"count": 1, "where": {"id": "slow.test_that_downloads-5f6a7b8c"}}, entries)
    assert said == (
        '$.count: expected exactly 1 exchange, found 0 (no request named the id "slow.test_that_downloads-5f6a7b8c")'
    )


@pytest.mark.parametrize(
    ("order", "seen", "hint"),
    [
        (["waiting", "procesing"], ["waiting", "processing"], '"procesing": did you mean "processing"?'),
        (["waiting", "failed"], ["waiting", "processing"], ""),
        (["waiting", "waiting"], ["waiting"], "repetitions in a row count once"),
        (["waiting", "failed"], ["waiting", "waiting"], "repetitions in a row count once"),
    ],
)
def test_an_order_that_is_not_met_says_what_may_have_been_meant(order: list[str], seen: list[str], hint: str) -> None:
    (problem,) = asked({"order": order}, stepped(*seen)).problems
    assert problem.hint == hint


@pytest.mark.parametrize("none", [{"count": 0}, {"at_most": 0}])
@pytest.mark.parametrize(
    "more", [{"cadence": {"backs_off": True}}, {"cadence": {"honours_retry_after": True}}, {"order": []}]
)
def test_a_question_that_asks_for_no_exchange_is_met_by_none(none: dict[str, Any], more: dict[str, Any]) -> None:
    assert asked({**none, **more}, []).verdict == "met"


def test_a_task_that_was_polled_once_does_not_spoil_the_cadence_of_the_others() -> None:
    entries = [entry(1, 0), entry(2, 1_000), entry(3, 1_000, id="b")]
    assert asked({"cadence": {"min_gap": "1s", "backs_off": True}}, entries).verdict == "met"


def test_what_cannot_be_judged_may_stand_in_what_was_evicted() -> None:
    for question in ({"cadence": {"min_gap": "1s"}}, {"where": {"id": "b"}, "statuses": [200]}):
        assert asked(question, [entry(11, asked=4)], LOST).verdict == "evicted"


def test_a_client_that_does_not_back_off_is_shown_all_its_gaps_and_the_slack() -> None:
    said = told({"cadence": {"backs_off": True}}, polled_at(0, 82, 164, 252))
    assert "$.cadence.backs_off: the gaps do not grow (gaps: 82 82 88 ms; slack 0.1): #1, #2, #3, #4" in said
    said = told({"cadence": {"backs_off": True, "slack": 0.25}}, polled_at(*range(0, 10_000, 50)))
    assert said.count(" 50") == 100
    assert "gaps: … 50 50" in said


@pytest.mark.parametrize(
    ("moments", "words"),
    [
        ((0, 3), "polled after 3 ms, expected 1 s or more"),
        ((0, 1_999), "polled after 1.999 s, expected 2 min or more"),
        ((0, 60_000), "polled after 1 min, expected 90 s or more"),
    ],
)
def test_lengths_of_time_are_told_in_units_that_people_use(moments: tuple[int, ...], words: str) -> None:
    length = {"1 s": "1s", "2 min": "2m", "90 s": "90s"}[words.split("expected ")[1].removesuffix(" or more")]
    assert words in told({"cadence": {"min_gap": length}}, polled_at(*moments))


def test_polls_after_the_end_count_from_the_first_end_that_could_be_read() -> None:
    whole, done = Response(200, "", (), b"{...}"), State.SUCCEEDED
    entries = [entry(1), entry(2, state=done, original=whole), entry(3, state=done), entry(4, state=done)]
    assert asked({"cadence": {"polls_after_end": 1}}, entries).verdict == "met"
    assert "polled 1 times after the end was shown" in told({"cadence": {"polls_after_end": 0}}, entries)
    refused = entry(2, status=500, state=done, original=Response(200, "", (), b"{}"), faults=("status",))
    assert asked({"cadence": {"polls_after_end": 0}}, [entry(1), refused, entry(3, state=done)]).verdict == "met"


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
        ({"cadence": {"clock": "real", "slack": 0.5}}, "$.cadence", "nothing is asked"),
        ({"cadence": {"backs_off": False}}, "$.cadence", "nothing is asked"),
        ({"cadence": {"backs_off": True, "slack": 1}}, "$.cadence.slack", "0.9 or less"),
        ({"cadence": {"backs_off": True, "slack": -0.1}}, "$.cadence.slack", "0 or more"),
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
