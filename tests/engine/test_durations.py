"""The grammar of time: what each text means, and what is said of one that means nothing."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.engine import durations
from mock_server.engine.durations import BadTime
from mock_server.engine.scenario import Daily, Rate, Span, Window

HOUR, DAY = 3_600_000, 86_400_000
A_HUNDRED_YEARS = 36_500 * DAY
NO_LENGTH = "expected a length of time such as 250ms, 3s, 10m, 2h or 10d"
NO_WINDOW = "expected a window of time such as 10s..40s or 10s.."
NO_POLLS = "expected a number of a poll, or a window such as 7..9 or 100.."
NO_RATE = "expected a rate such as 100/min"
NO_TIME_OF_DAY = 'expected a time of day with its zone, such as "02:00+08:00" or "18:30Z"'


@pytest.mark.parametrize(
    ("text", "ms"),
    [("250ms", 250), ("3s", 3_000), ("10m", 600_000), ("2h", 2 * HOUR), ("10d", 10 * DAY), ("36500d", A_HUNDRED_YEARS)],
)
def test_a_length_is_so_many_milliseconds_and_is_written_as_it_was_read(text: str, ms: int) -> None:
    assert durations.length(text) == ms
    assert type(durations.length(text)) is int
    assert durations.length_text(ms) == text


@given(st.integers(1, A_HUNDRED_YEARS) | st.integers(10**12, A_HUNDRED_YEARS))
def test_a_length_is_written_in_the_largest_unit_that_has_no_remainder(ms: int) -> None:
    text = durations.length_text(ms)
    assert durations.length(text) == ms
    larger = {"ms": 1_000, "s": 60_000, "m": HOUR, "h": DAY}.get(text.lstrip("0123456789"))
    assert larger is None or ms % larger


@pytest.mark.parametrize(
    ("text", "lasts"),
    [("3s", Span(3_000, 3_000)), ("3m..5m", Span(180_000, 300_000)), ("2h..2h", Span(2 * HOUR, 2 * HOUR))],
)
def test_a_span_has_one_length_or_two(text: str, lasts: Span) -> None:
    assert durations.span(text) == lasts


@pytest.mark.parametrize(("lasts", "text"), [(Span(3_000, 3_000), "3s"), (Span(1_500, 60_000), "1500ms..1m")])
def test_a_span_is_written_with_two_lengths_only_if_they_differ(lasts: Span, text: str) -> None:
    assert durations.span_text(lasts) == text
    assert durations.span(text) == lasts


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("10s..40s", Window(10_000, 40_000)),
        ("10s..", Window(10_000, None)),
        ("0s..5m", Window(0, 300_000)),
        ("5s..5s", Window(5_000, 5_000)),
    ],
)
def test_a_window_of_time_may_begin_at_nought_and_have_no_end(text: str, window: Window) -> None:
    assert durations.time_window(text) == window


@pytest.mark.parametrize(
    ("value", "window"),
    [
        (4, Window(4, 4)),
        ("7..9", Window(7, 9)),
        ("100..", Window(100, None)),
        ("5..5", Window(5, 5)),
        (1, Window(1, 1)),
    ],
)
def test_a_window_of_polls_is_a_number_or_two(value: str | int, window: Window) -> None:
    assert durations.poll_window(value) == window


@pytest.mark.parametrize(
    ("text", "rate"), [("5/s", Rate(5, 1_000)), ("100/min", Rate(100, 60_000)), ("7/h", Rate(7, HOUR))]
)
def test_a_rate_is_a_number_per_second_minute_or_hour(text: str, rate: Rate) -> None:
    assert durations.rate(text) == rate


@pytest.mark.parametrize(
    ("at", "minutes"),
    [
        ("18:30Z", 18 * 60 + 30),
        ("00:00Z", 0),
        ("02:00+08:00", 18 * 60),
        ("02:45+05:30", 21 * 60 + 15),
        ("22:15-03:30", 60 + 45),
        ("13:05-10:00", 23 * 60 + 5),
        ("10:20+10:20", 0),
    ],
)
def test_a_time_of_day_counts_from_midnight_utc_whatever_its_zone(at: str, minutes: int) -> None:
    assert durations.daily(at, "10m") == Daily(minutes * 60_000, 600_000)


def test_what_comes_every_day_may_last_the_whole_day_and_no_longer() -> None:
    assert durations.daily("02:00Z", "1d") == Daily(2 * HOUR, DAY)
    with pytest.raises(BadTime, match=r"^it comes every day, so it cannot last longer than one$"):
        durations.daily("02:00Z", "86400001ms")


@pytest.mark.parametrize(
    ("read", "text", "message"),
    [
        (durations.length, "", NO_LENGTH),
        (durations.length, "0s", NO_LENGTH),
        (durations.length, "3 s", NO_LENGTH),
        (durations.length, "1.5s", NO_LENGTH),
        (durations.length, "3s\n", NO_LENGTH),
        (durations.length, "36501d", "longer than a hundred years"),
        (durations.span, "..3s", NO_LENGTH),
        (durations.span, "3s..", NO_LENGTH),
        (durations.span, "1s..2s..3s", NO_LENGTH),
        (durations.span, "5m..3m", "5m..3m ends before it begins"),
        (durations.time_window, "10s", NO_WINDOW),
        (durations.time_window, "..10s", NO_WINDOW),
        (durations.time_window, "10x..40s", NO_WINDOW),
        (durations.time_window, "10s..40s..50s", NO_LENGTH),
        (durations.time_window, "40s..10s", "40s..10s ends before it begins"),
        (durations.poll_window, "4", NO_POLLS),
        (durations.poll_window, "..9", NO_POLLS),
        (durations.poll_window, "7..x", NO_POLLS),
        (durations.poll_window, "x..9", NO_POLLS),
        (durations.poll_window, "7..9..11", NO_POLLS),
        (durations.poll_window, "9..7", "9..7 ends before it begins"),
        (durations.rate, "100", NO_RATE),
        (durations.rate, "0/s", NO_RATE),
        (durations.rate, "100/day", NO_RATE),
        (durations.rate, "x100/min", NO_RATE),
        (lambda at: durations.daily(at, "10m"), "02:00", NO_TIME_OF_DAY),
        (lambda at: durations.daily(at, "10m"), "24:00Z", NO_TIME_OF_DAY),
        (lambda at: durations.daily(at, "10m"), "02:00z", NO_TIME_OF_DAY),
        (lambda lasts: durations.daily("02:00Z", lasts), "long", NO_LENGTH),
    ],
)
def test_a_text_that_means_nothing_is_refused_with_what_was_expected(
    read: Callable[[str], object], text: str, message: str
) -> None:
    with pytest.raises(BadTime, match=f"^{re.escape(message)}$"):
        read(text)
