"""Exchanges as a failed test lists them."""

from __future__ import annotations

import urllib.request

import msgspec
import pytest

from mock_server.api.exchange import Exchange
from mock_server.client import Client
from mock_server.client.listing import SHOWN, listing
from tests.support.live import serving

TARGET = "/status/get/prefop?id="


@pytest.fixture(scope="module")
def exchanges() -> tuple[Exchange, ...]:
    """Polls of two tasks in turn, 82 ms apart by the server's clock, and one request without a task."""
    with serving() as server:
        client = Client(server.url)
        client.clock.freeze()
        for number in range(13):
            urllib.request.urlopen(f"{server.url}{TARGET}never-ends.{number % 2}").close()
            client.clock.advance("41ms")
        return client.requests()


def test_each_line_has_number_moment_gap_and_what_was_seen(exchanges: tuple[Exchange, ...]) -> None:
    first, other, second = listing(exchanges[:3])
    moments = [f"{exchange.at:%H:%M:%S.%f}".removesuffix("000") for exchange in exchanges]
    assert first.startswith(f"#1 {moments[0]} GET {TARGET}never-ends.0 -> 200 (waiting) {{")
    assert other.startswith(f"#2 {moments[1]} GET {TARGET}never-ends.1 -> 200 (waiting) {{")
    assert second.startswith(f"#3 {moments[2]} +82 ms (")
    assert " real) GET " in second


def test_a_gap_is_shown_only_where_no_poll_is_missing(exchanges: tuple[Exchange, ...]) -> None:
    assert not any("+" in line.split(" GET ")[0] for line in listing([exchanges[0], exchanges[4]]))


def test_only_the_newest_are_shown_with_the_number_of_the_others(exchanges: tuple[Exchange, ...]) -> None:
    note, *lines = listing(exchanges)
    assert note == "… 3 earlier ones are not shown"
    assert [line.split()[0] for line in lines] == [f"#{number}" for number in range(4, 14)]
    assert "+82 ms" in lines[0]
    submit = msgspec.structs.replace(exchanges[0], kind="submit")
    assert listing([submit, *exchanges[1:]])[0] == "… 3 earlier ones are not shown, one of which is the submit"
    assert listing(exchanges[: SHOWN + 1])[0] == "… 1 earlier one is not shown"
    assert listing(exchanges, complete=False)[0] == "… 3 or more are not shown"
    assert listing(()) == []
