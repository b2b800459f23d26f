"""The date of a task's birth, which Go's SDK parses as RFC 3339: it is one, however old the task has become."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.engine.timestamps import LATEST
from mock_server.vendors.qiniu.status import creation_date
from tests.support.emulators import World, body, shipped

RFC_3339 = re.compile(
    r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{9}[+]08:00", re.ASCII
)


@given(st.integers(-3 * LATEST, 3 * LATEST), st.binary(min_size=4, max_size=4))
def test_a_date_has_four_digits_of_a_year_whenever_the_task_was_born(born: int, noise: bytes) -> None:
    assert RFC_3339.fullmatch(creation_date(born, noise))


@pytest.mark.parametrize(
    ("born", "date"),
    [
        (0, "1970-01-01T08:00:00.000000000+08:00"),
        (-1, "1970-01-01T07:59:59.999000000+08:00"),
        (-62_135_625_600_000, "0001-01-01T00:00:00.000000000+08:00"),
        (-62_135_625_600_001, "0001-01-01T00:00:00.000000000+08:00"),
        (253_402_271_999_999, "9999-12-31T23:59:59.999000000+08:00"),
        (253_402_272_000_000, "9999-12-31T23:59:59.999000000+08:00"),
    ],
)
def test_beyond_the_years_that_there_are_a_date_is_the_first_or_the_last_one(born: int, date: str) -> None:
    assert creation_date(born, bytes(4)) == date


def test_a_task_that_is_older_than_the_calendar_is_still_answered() -> None:
    world = World(shipped("happy-path"))
    world.poll("happy-path.1")
    world.advance(LATEST - world.virtual())
    world.do.reset.reset(["clock"])
    response = world.poll("happy-path.1")
    assert (response.status, body(response)["creationDate"][:11]) == (200, "0001-01-01T")
