"""Attempts to deliver a notification in the journal: kept in one row with the requests, and counted apart."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.api.words import Outcome
from mock_server.engine.state import State
from mock_server.http.message import Response, request_of
from mock_server.journal import access_log
from mock_server.journal.coverage import coverage_of
from mock_server.journal.filter import Filter, may_be_lost
from mock_server.journal.journal import Counters, Entry, Journal
from mock_server.journal.saw import Saw, saw_of
from mock_server.journal.verify import judge, question_of
from tests.support.told import URL, attempt

TASK = {"vendor": "qiniu", "id": "made-up.1"}
LOST = Counters(exchanges=20, evicted=10, evicted_to=10)


def request(*, asked: int = 1, status: int = 200, poll: bool = True, step: str | None = "done") -> Entry:
    """A poll of the task that the attempts are about; `asked` 0: its submit."""
    made = request_of("GET", "/status/get/prefop?id=made-up.1", (), b"")
    entry = Entry(0, 0, made, Response(status, "", (), b"{}"), "fits", poll, "qiniu", "made-up.1", "made-up@1", step)
    return entry._replace(asked=asked, state=State.SUCCEEDED)


def submit() -> Entry:
    return request(asked=0, poll=False, step=None)._replace(state=None)


def kept(*entries: Entry) -> tuple[Entry, ...]:
    """These entries with the numbers that a journal gives them."""
    journal = Journal()
    for entry in entries:
        journal.append(entry)
    return journal.entries()


def test_an_entry_says_what_it_is() -> None:
    assert [entry.kind for entry in (request(), submit(), attempt())] == ["request", "submit", "told"]
    assert [entry.submits for entry in (request(), submit(), attempt())] == [False, True, False]


def test_one_row_of_numbers_runs_through_all_of_them() -> None:
    entries = kept(submit(), request(), attempt("again", 500), request(asked=2), attempt(number=2))
    assert [(entry.number, entry.kind) for entry in entries] == [
        (1, "submit"),
        (2, "request"),
        (3, "told"),
        (4, "request"),
        (5, "told"),
    ]


@pytest.mark.parametrize(
    ("where", "numbers"),
    [
        ({}, [1, 2, 4]),
        ({"told": False}, [1, 2, 4]),
        ({"told": True}, [3, 5]),
        ({"submit": True}, [1]),
        ({"submit": True, "told": True}, []),
        ({"status": 500}, []),
        ({"status": 500, "told": True}, [3]),
        ({"matched": False}, []),
        ({"id": "made-up.*"}, [1, 2, 4]),
        ({"id": "made-up.*", "told": True, "after": 3}, [5]),
        ({"saw": "told", "told": True, "before": 5}, [3]),
        ({"saw": "told"}, []),
        ({"outcome": "failed"}, [5]),
        ({"outcome": "again", "told": True}, [3]),
        ({"outcome": "again", "told": False}, []),
    ],
)
def test_a_filter_means_attempts_only_where_it_says_so(where: dict[str, object], numbers: list[int]) -> None:
    entries = kept(submit(), request(), attempt("again", 500), request(asked=2), attempt("failed", 0, number=2))
    chosen = Filter(**where)  # type: ignore[arg-type]  # as from a query
    assert [entry.number for entry in entries if chosen.fits(entry)] == numbers
    by_number = [entry for entry in entries if chosen.after < entry.number < (chosen.before or 9)]
    assert [entry.number for entry in by_number if chosen.unnumbered()(entry)] == numbers


def test_what_is_counted_of_requests_counts_no_attempt() -> None:
    journal = Journal()
    for entry in (submit(), request(), attempt("again", 500), attempt("failed", 0, number=2)):
        journal.append(entry)
    counters = journal.counters()
    assert (counters.exchanges, counters.polls, counters.told) == (4, 1, 2)
    assert counters.by_status == {("qiniu", 200): 2}
    assert counters.seen == {("made-up@1", "done"): 1}
    assert coverage_of(counters, {}).scenarios == ()


def test_a_journal_that_goes_on_from_another_counts_on() -> None:
    journal = Journal()
    journal.append(attempt())
    again = journal.another(journal.entries(), journal.counters())
    again.append(attempt(number=2))
    assert (again.counters().told, len(again.entries()), again.emptied().counters().told) == (2, 2, 0)


def test_questions_are_about_requests_unless_they_ask_for_attempts() -> None:
    entries = kept(submit(), request(), attempt("again", 500), attempt(number=2))
    counted = {"where": TASK, "count": 2, "statuses": [200, 200], "order": ["done"]}
    assert judge(question_of(counted), entries, Counters()).verdict == "met"
    told = {"where": {**TASK, "told": True}, "count": 2, "statuses": [500, 200]}
    assert judge(question_of(told), entries, Counters()).verdict == "met"


def test_a_count_of_attempts_that_is_not_met_says_attempts() -> None:
    answer = judge(question_of({"where": {"told": True}, "count": 2}), kept(attempt()), Counters())
    assert str(answer.problems[0]) == "$.count: expected exactly 2 attempts, found 1: #1"


def test_a_cadence_of_attempts_judges_nothing() -> None:
    answer = judge(
        question_of({"where": {"told": True}, "cadence": {"backs_off": True}}), kept(attempt(), attempt()), Counters()
    )
    assert "none of the exchanges is a poll" in str(answer.problems[0])


@pytest.mark.parametrize(
    ("entries", "told", "lost"),
    [
        ([submit()], False, False),
        ([submit()], True, False),
        ([request()], False, False),
        ([request()], True, True),  # a task that was created may have been told before
        ([attempt(), request()], False, False),
        ([attempt(), request(asked=2)], False, True),
        ([attempt()], True, True),
        ([attempt()], False, True),
    ],
)
def test_what_may_be_lost_is_told_by_the_first_request(entries: list[Entry], told: bool, lost: bool) -> None:
    assert may_be_lost(Filter(vendor="qiniu", id="made-up.1", told=told), entries, LOST) is lost


@pytest.mark.parametrize(("outcome", "status"), [("delivered", 200), ("again", 0), ("refused", 0)])
def test_no_client_reads_an_attempt(outcome: Outcome, status: int) -> None:
    assert saw_of(attempt(outcome, status)) == Saw("told", status)


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.INFO, access_log.ACCESS):
        yield caplog


@pytest.mark.parametrize(
    ("entry", "level", "line"),
    [
        (attempt(), "INFO", f"notification of qiniu made-up.1, attempt 1: POST {URL} -> 200 delivered"),
        (
            attempt("again", 0, number=2),
            "INFO",
            f"notification of qiniu made-up.1, attempt 2: POST {URL} -> no response again the connection was refused",
        ),
        (attempt("failed", 500), "WARNING", f"notification of qiniu made-up.1, attempt 1: POST {URL} -> 500 failed"),
        (
            attempt("refused", 0),
            "WARNING",
            f"notification of qiniu made-up.1, attempt 1: POST {URL} -> nothing was sent refused "
            "the connection was refused",
        ),
        (
            attempt("failed", 0, verdict="broken"),
            "ERROR",
            f"notification of qiniu made-up.1, attempt 1: POST {URL} -> no response failed broken contract "
            "the connection was refused",
        ),
    ],
)
def test_an_attempt_is_one_line_of_the_log(
    lines: pytest.LogCaptureFixture, entry: Entry, level: str, line: str
) -> None:
    access_log.tell(entry)
    (record,) = lines.records
    assert (record.levelname, record.getMessage()) == (level, line)
    fields = access_log.fields_of(entry)
    assert entry.told is not None
    assert (fields["kind"], fields["attempt"], fields["outcome"]) == ("told", entry.told.attempt, entry.told.outcome)


@given(st.lists(st.sampled_from(["poll", "told", "forget"]), max_size=30))
def test_the_memory_of_attempts_is_given_back(acts: list[str]) -> None:
    journal = Journal(entries=5)
    for act in acts:
        if act == "forget":
            journal.forget({entry.number for entry in journal.entries()})
            assert journal.size == 0
        else:
            journal.append(request() if act == "poll" else attempt())


@pytest.mark.parametrize(
    ("asks", "told"),
    [
        ({"count": 1}, "expected exactly 1 exchange, found 3, one of which is the submit: #1, #2, #3 (poll=True, or"),
        ({"count": 1, "where": {"poll": True}}, "expected exactly 1 exchange, found 2: #2, #3"),
        ({"at_most": 0, "where": {"submit": True}}, "expected at most 0 exchanges, found 1: #1"),
        ({"statuses": [200]}, "expected 200, found 200, 200, 200, one of which is the submit: #1, #2, #3 (poll=True"),
    ],
)
def test_who_counts_requests_learns_that_a_submit_is_among_them(asks: dict[str, Any], told: str) -> None:
    answer = judge(question_of(asks), kept(submit(), request(), request(asked=2), attempt()), Counters(exchanges=4))
    assert str(answer.problems[0]).partition(": ")[2].startswith(told)
