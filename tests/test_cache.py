"""A bounded memory: the newest are in it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mock_server.cache import _ENTRY, Cache

LARGE = 1 << 30


def cache(most: int, *keys: int) -> Cache[int, str]:
    made: Cache[int, str] = Cache(most, LARGE)
    for key in keys:
        made.keep(key, str(key), 1)
    return made


def test_what_is_kept_is_found() -> None:
    assert [cache(3, 1, 2, 3).find(key) for key in (1, 2, 3, 4)] == ["1", "2", "3", None]


def test_the_newest_value_of_a_key_is_the_one_that_is_found_even_where_there_is_no_more_room() -> None:
    made = cache(2, 1, 2)
    made.keep(1, "new", 1)
    assert (made.find(1), made.find(2), len(made)) == ("new", "2", 2)


def test_a_newcomer_takes_the_place_of_the_first() -> None:
    made = cache(2, 1, 2, 3)
    assert [made.find(key) for key in (1, 2, 3)] == [None, "2", "3"]


def test_whoever_comes_a_few_times_in_a_row_is_found_however_many_came_before() -> None:
    made = cache(10, *range(1000))
    found = 0
    for key in (key for key in range(1000, 1100) for _ in range(3)):
        found += made.find(key) is not None
        made.keep(key, str(key), 1)
    assert found == 200


def test_values_that_take_more_than_its_room_go_first_come_first() -> None:
    made: Cache[int, str] = Cache(10, 4_000)
    for key in range(5):
        made.keep(key, str(key), 1_000)
    assert [made.find(key) for key in range(5)] == [None, None, None, "3", "4"]
    assert made.size <= 4_000


def test_what_is_larger_than_all_its_room_is_not_kept_and_takes_no_other_s() -> None:
    made: Cache[int, str] = Cache(10, 4_000)
    made.keep(1, "small", 100)
    made.keep(2, "large", 5_000)
    made.keep(1, "grown", 5_000)
    assert (made.find(1), made.find(2), len(made), made.size) == (None, None, 0, 0)


def test_a_cleared_one_is_as_new() -> None:
    made = cache(2, 1, 2)
    made.clear()
    assert (len(made), made.size, made.find(1)) == (0, 0, None)
    made.keep(3, "3", 1)
    assert made.find(3) == "3"


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3_000))))
def test_its_size_is_that_of_what_it_holds_and_never_more_than_its_room(kept: list[tuple[int, int]]) -> None:
    made: Cache[int, int] = Cache(5, 6_000)
    for key, size in kept:
        made.keep(key, size, size)
    held = [made.find(key) for key in range(10)]
    assert sum(size + _ENTRY for size in held if size is not None) == made.size <= 6_000


@given(st.integers(1, 5), st.lists(st.integers(0, 12)))
def test_it_never_holds_more_than_it_may_nor_a_wrong_value(most: int, keys: list[int]) -> None:
    made = cache(most, *keys)
    assert len(made) == min(most, len(set(keys)))
    assert all(made.find(key) in (None, str(key)) for key in range(13))
