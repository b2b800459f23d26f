"""Timestamps: milliseconds since 1970 here, ISO 8601 for everybody else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.engine.timestamps import LATEST, moment_of, moment_text


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_795_316_100_250, "2026-11-22T02:55:00.250Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (LATEST, "9998-12-31T23:59:59.999Z"),
    ],
)
def test_a_timestamp_is_written_in_utc_with_its_milliseconds(ms: int, text: str) -> None:
    assert moment_text(ms) == text
    assert moment_of(text) == ms


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("2026-11-22T10:55:00+08:00", 1_795_316_100_000),
        ("2026-11-22T02:55:00Z", 1_795_316_100_000),
        ("1970-01-01T00:00:00.0019Z", 1),
    ],
)
def test_a_timestamp_is_read_in_any_zone(text: str, ms: int) -> None:
    assert moment_of(text) == ms
    assert type(moment_of(text)) is int


@pytest.mark.parametrize(
    ("ms", "text"), [(10**18, "9999-12-31T23:59:59.999Z"), (-(10**18), "0001-01-01T00:00:00.000Z")]
)
def test_what_no_date_can_say_is_the_first_or_the_last_that_one_can(ms: int, text: str) -> None:
    assert moment_text(ms) == text


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"isoformat|month|day"):
        moment_of(text)


@pytest.mark.parametrize("text", ["2026-01-01", "2026-01-01T00:00:00", "20260101T000000"])
def test_a_moment_without_its_zone_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="needs its zone, such as Z"):
        moment_of(text)


@given(st.integers(-(10**13), LATEST))
def test_a_timestamp_comes_back_as_it_was(ms: int) -> None:
    assert moment_of(moment_text(ms)) == ms
