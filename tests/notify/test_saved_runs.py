"""Runs that are saved, loaded, reloaded or full while something is owed: told on, and nothing twice."""

from __future__ import annotations

import threading
from pathlib import Path

from tests.support.notified import TIMED, telling
from tests.support.receivers import answers, held_until
from tests.support.wire_kit import until


def test_another_server_goes_on_where_the_run_was_saved_and_tells_nothing_twice(tmp_path: Path) -> None:
    with telling(tmp_path, answers(200, 503, 503, 200)) as told:
        done = told.submit()
        told.wait(1)
        open_ = told.submit()
        told.wait(2)
        told.client.clock.advance("1s")
        coming = told.submit("timed")
        saved = told.client.bundle()
        bodies = [request.body for request in told.receiver.received]
        assert told.outcomes() == ["delivered", "again", "again"]
        with telling(tmp_path) as other:
            other.client.load(saved)
            other.client.clock.advance("1h")
            assert other.outcomes(done) == ["delivered"]
            assert other.outcomes(open_) == ["again", "again", "delivered"]
            assert other.seconds(open_) == [0, 1, 3]
            assert (other.outcomes(coming), other.seconds(coming)) == (["delivered"], [30])
        after = told.receiver.received[3:]
        assert [request.json["id"] for request in after] == [open_, coming]
        assert after[0].body == bodies[1] == bodies[2]


def test_a_run_that_is_loaded_wakes_what_is_due_now(tmp_path: Path) -> None:
    with telling(tmp_path, no_notify=True) as silent:
        silent.parts.stopping.set()  # nobody makes attempts, so that one stays owed
        id = silent.submit()
        saved = silent.client.bundle()
        with telling(tmp_path) as other:
            other.client.load(saved)
            until(lambda: other.outcomes(id) == ["delivered"], "it is told")
        assert [request.json["id"] for request in silent.receiver.received] == [id]


def test_an_attempt_that_is_under_way_as_a_run_is_saved_is_made_again_by_whoever_loads_it(tmp_path: Path) -> None:
    gate = threading.Event()
    with telling(tmp_path, held_until(gate, 200)) as told:
        id = told.submit()
        told.receiver.wait(1)
        saved = told.client.bundle()
        gate.set()
        told.wait(1)
        with telling(tmp_path) as other:
            other.client.load(saved)
            other.wait(1)
            other.client.clock.advance("4h")
            assert [each.told and (each.told.attempt, each.told.outcome) for each in other.attempts(id)] == [
                (1, "delivered")
            ]
        first, second = told.receiver.received
        assert (first.body, first.header("Authorization")) == (second.body, second.header("Authorization"))
        assert told.outcomes(id) == ["delivered"]


def test_what_became_of_an_attempt_from_before_a_run_was_loaded_counts_for_nothing(tmp_path: Path) -> None:
    gate = threading.Event()
    with telling(tmp_path, held_until(gate, 503)) as told:
        id = told.submit()
        told.receiver.wait(1)
        told.client.load(told.client.bundle())
        gate.set()
        told.wait(1)
        until(lambda: len(told.receiver.received) == 2, "it is told again, as the saved run knew of no attempt")
        (entry,) = told.attempts(id)
        assert entry.told is not None
        assert (entry.told.attempt, entry.told.outcome) == (1, "again")


def test_a_task_is_told_as_the_version_says_that_it_was_born_with(tmp_path: Path) -> None:
    with telling(tmp_path) as told:
        old = told.submit("timed")
        told.client.upload("timed", TIMED.replace("for: 10s", "for: 1s") + "notify: {send: [{after: 1h}]}\n")
        new = told.submit("timed")
        told.client.clock.advance("2h")
        assert (told.seconds(old), told.seconds(new)) == ([30], [3_621])


def test_a_full_server_drops_no_task_that_still_owes(tmp_path: Path) -> None:
    with telling(tmp_path, answers(503, 200), max_tasks=1) as told:
        id = told.submit()
        told.wait(1)
        assert told.poll(id)["code"] == 0
        assert told.parts.store.counts() == {"qiniu": 1}
        assert told.client.tasks(id=id)
        told.client.clock.advance("1s")
        assert told.outcomes(id) == ["again", "delivered"]
        other = told.submit()
        assert [task.id for task in told.client.tasks()] == [other]
