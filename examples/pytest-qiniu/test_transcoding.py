"""Tests the client against a service that fails like the real one. No test sleeps."""

from __future__ import annotations

from datetime import timedelta

import pytest
from qiniu import Auth, PersistentFop, set_default
from transcoding import Backoff, TookTooLong, TranscodingFailed, wait_for


@pytest.fixture
def fops(mock_server):
    """Qiniu's own SDK, pointed at the mock server."""
    set_default(default_api_host=mock_server.url)
    return PersistentFop(Auth("ak", "sk"), "bucket")


@pytest.fixture
def sleep(mock_server):
    """Advances the server's clock instead of sleeping: the pauses are those of production, and take no time."""
    clock = mock_server.clock
    clock.freeze()
    return lambda seconds: clock.advance(timedelta(seconds=seconds))


def test_a_job_that_succeeds_returns_its_keys(mock_server, fops, sleep):
    job = mock_server.create("qiniu", "happy-path")
    assert all(wait_for(fops, job.id, sleep=sleep))
    job.verify(order=["waiting", "processing", "succeeded"])


def test_a_job_that_fails_in_part_names_what_failed(mock_server, fops, sleep):
    job = mock_server.create("qiniu", "partial-failure")
    with pytest.raises(TranscodingFailed) as raised:
        wait_for(fops, job.id, sleep=sleep)
    _, second = job.requests()[-1].response.json()["items"]
    assert raised.value.reasons == {second["cmd"]: second["error"]}
    job.verify(count=3, cadence={"polls_after_end": 0})


def test_an_outage_is_waited_out(mock_server, fops, sleep):
    job = mock_server.create("qiniu", "outage-then-recovery")
    wait_for(fops, job.id, sleep=sleep)
    job.verify(statuses=[200, 599, 599, 200])


def test_the_client_keeps_polling_after_unreadable_responses(mock_server, fops, sleep):
    job = mock_server.create("qiniu", "happy-path")
    job.arm(fault="malformed", times=1)
    job.arm(error=502, times=1)
    assert all(wait_for(fops, job.id, sleep=sleep))


def test_the_client_does_not_wait_for_an_unknown_job(mock_server, fops, sleep):
    job = mock_server.create("qiniu", "not-found")
    with pytest.raises(LookupError, match="404"):
        wait_for(fops, job.id, sleep=sleep)
    job.verify(count=1)


def test_the_pauses_grow_to_half_a_minute_and_the_wait_ends(mock_server, fops, sleep):
    job = mock_server.create("qiniu", "never-ends")
    with pytest.raises(TookTooLong):
        wait_for(fops, job.id, Backoff(polls=8), sleep=sleep)
    job.verify(count=8, cadence={"clock": "virtual", "min_gap": "1s", "max_gap": "30s", "backs_off": True})
