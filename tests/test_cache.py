"""A bounded memory: the newest are in it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mock_server.cache import Cache


def cache(most: int, *keys: int) -> Cache[int, str]:
    made: Cache[int, str] = Cache(most)
    for key in keys:
        made.keep(key, str(key))
    return made


def test_what_is_kept_is_found() -> None:
    assert [cache(3, 1, 2, 3).find(key) for key in (1, 2, 3, 4)] == ["1", "2", "3", None]


def test_the_newest_value_of_a_key_is_the_one_that_is_found_even_where_there_is_no_more_room() -> None:
    made = cache(2, 1, 2)
    made.keep(1, "new")
    assert (made.find(1), made.find(2), len(made)) == ("new", "2", 2)


def test_a_newcomer_takes_the_place_of_the_first() -> None:
    made = cache(2, 1, 2, 3)
    assert [made.find(key) for key in (1, 2, 3)] == [None, "2", "3"]


def test_whoever_comes_a_few_times_in_a_row_is_found_however_many_came_before() -> None:
    made = cache(10, *range(1000))
    found = 0
    for key in (key for key in range(1000, 1100) for _ in range(3)):
        found += made.find(key) is not None
        made.keep(key, str(key))
    assert found == 200


@given(st.integers(1, 5), st.lists(st.integers(0, 12)))
def test_it_never_holds_more_than_it_may_nor_a_wrong_value(most: int, keys: list[int]) -> None:
    made = cache(most, *keys)
    assert len(made) == min(most, len(set(keys)))
    assert all(made.find(key) in (None, str(key)) for key in range(13))
