"""Draws: the same on every machine, in range, as likely as they say."""

from __future__ import annotations

from collections import Counter
from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.engine.draws import HEX, URL_SAFE, Draws, Series
from tests.support.strategies import draws

WIDEST = 2**53
"""Up to here every whole number is a float; in milliseconds it is 285,000 years."""

whats = st.lists(st.text(max_size=5) | st.integers(), max_size=3)


class Digest:
    """A hash that is what a test wants it to be."""

    def __init__(self, byte: int) -> None:
        self._byte = byte

    def digest(self) -> bytes:
        return bytes([self._byte]) * 64


@pytest.mark.parametrize(
    ("seed", "id", "what", "top"),
    [
        # The first 16 hex digits that coreutils' b2sum prints for the text `[seed,"id",what…]`.
        (0, "happy-path", ("next", 0), 0x005EDB129EDC5EC8),
        (0, "happy-path", ("for", 3), 0xF953E08E7E57FAA5),
        (7, "z0.5f3", ("fault", 2, 41), 0x145835DC7946CCE8),
        (-1, "", ("next", 1, 5), 0xD5942CA9BDEDB515),
        (0, "任务", ("next", 0), 0x284C7AD5D26E045B),
        (2**64, 'a/b "c"', ("for", 0), 0x164DE34C84327193),
    ],
)
def test_a_draw_is_the_number_that_another_program_gets(
    seed: int, id: str, what: tuple[str | int, ...], top: int
) -> None:
    assert Draws(seed, id).unit(*what) == top / 2**64


def test_a_text_is_spelled_by_the_bytes_of_the_same_hash() -> None:
    # b2sum of `[0,"happy-path","key",0]` begins so; 16 letters make each byte its low half.
    assert Draws(0, "happy-path").text(HEX, 8, "key", 0) == "".join(
        f"{b:02x}"[1] for b in bytes.fromhex("77f50d3ccbe9cf34")
    )


def test_a_draw_does_not_depend_on_what_was_drawn_before() -> None:
    fresh, used = Draws(3, "t"), Draws(3, "t")
    for k in range(20):
        used.unit("for", k)
    assert used.unit("next", 7) == fresh.unit("next", 7)


def test_seed_id_purpose_and_count_each_make_another_draw() -> None:
    names = [
        (0, "a", ("for", 0)),
        (1, "a", ("for", 0)),
        (0, "b", ("for", 0)),
        (0, "a", ("next", 0)),
        (0, "a", ("for", 1)),
    ]
    also = [(0, "a", ("for", "0")), (0, "a", ("for", 0, 0)), (0, "a", ("for0",)), (0, "a", ())]
    assert len({Draws(seed, id).unit(*what) for seed, id, what in [*names, *also]}) == 9


@given(draws(), whats)
def test_a_unit_is_below_one_and_not_below_zero(draws: Draws, what: list[str | int]) -> None:
    assert 0 <= draws.unit(*what) < 1


@given(draws(), whats, st.integers(-(10**9), 10**12), st.integers(0, 10**12))
def test_a_whole_number_is_in_its_range(draws: Draws, what: list[str | int], low: int, width: int) -> None:
    assert low <= draws.whole(low, low + width, *what) <= low + width


@given(draws(), whats, st.lists(st.integers(), min_size=1, max_size=300))
def test_a_choice_is_one_of_the_options(draws: Draws, what: list[str | int], options: list[int]) -> None:
    assert draws.choice(options, *what) in options


@given(draws(), whats, st.integers(1, 64))
def test_a_text_has_its_length_and_only_letters_of_its_alphabet(
    draws: Draws, what: list[str | int], length: int
) -> None:
    text = draws.text(URL_SAFE, length, *what)
    assert len(text) == length
    assert set(text) <= set(URL_SAFE)


@pytest.mark.parametrize("alphabet", [HEX, URL_SAFE, "ab", "xyz0123", "é-ü"])
def test_a_letter_stands_for_a_byte_of_the_hash_whatever_the_alphabet(alphabet: str) -> None:
    digest = Draws(3, "t").digest("name", 1)
    assert Draws(3, "t").text(alphabet, 40, "name", 1) == "".join(alphabet[b % len(alphabet)] for b in digest[:40])


@pytest.mark.parametrize("width", [1, 2, 3, 7, 10, 2**31 - 1, 2**31, 2**52 + 1, WIDEST - 1, WIDEST])
@pytest.mark.parametrize(("byte", "end"), [(0x00, 0), (0xFF, -1)], ids=["lowest", "highest"])
def test_the_outermost_hashes_draw_the_outermost_numbers(
    monkeypatch: pytest.MonkeyPatch, width: int, byte: int, end: int
) -> None:
    monkeypatch.setattr("mock_server.engine.draws.blake2b", lambda _: Digest(byte))
    options = range(1, width + 1)
    assert Draws(0, "t").whole(1, width, "for", 0) == options[end]
    assert Draws(0, "t").choice(options, "next", 0) == options[end]
    assert 0 <= Draws(0, "t").unit() < 1


@given(draws(), st.lists(st.integers(), min_size=1, max_size=300), st.integers(0, 100), st.integers(0, 100))
def test_the_choices_that_one_makes_do_not_depend_on_how_many_follow(
    draws: Draws, options: list[int], few: int, more: int
) -> None:
    assert draws.choices(options, few + more, "items")[:few] == draws.choices(options, few, "items")


def test_choices_are_made_four_bytes_by_four_of_hash_after_hash() -> None:
    marks = b"".join(Draws(0, "t").digest("items", k) for k in (0, 16))
    assert Draws(0, "t").choices(range(2**32), 20, "items") == [
        int.from_bytes(marks[4 * k : 4 * k + 4], "big") for k in range(20)
    ]


def test_every_option_of_many_choices_is_as_likely() -> None:
    drawn = Counter(option for k in range(500) for option in Draws(0, f"t{k}").choices(range(10), 20, "items"))
    assert sorted(drawn) == list(range(10))
    assert all(abs(count - 1_000) < 5 * (10_000 * 0.1 * 0.9) ** 0.5 for count in drawn.values())


def test_every_number_of_a_range_is_as_likely() -> None:
    drawn = Counter(Draws(0, f"t{k}").whole(5, 14, "for", 0) for k in range(10_000))
    assert sorted(drawn) == list(range(5, 15))
    # Five standard deviations; the draws are hashes, so the counts are the same on every run.
    assert all(abs(count - 1_000) < 5 * (10_000 * 0.1 * 0.9) ** 0.5 for count in drawn.values())


def test_a_task_draws_anew_for_each_visit_as_evenly_as_tasks_do() -> None:
    drawn = [Draws(0, "one").unit("for", hops) < 0.3 for hops in range(10_000)]
    assert abs(sum(drawn) - 3_000) < 5 * (10_000 * 0.3 * 0.7) ** 0.5


def test_ids_that_no_encoding_can_carry_are_drawn_for_all_the_same() -> None:
    text = b'[0,"\\ud800","for",0]'
    assert Draws(0, "\ud800").unit("for", 0) == int(blake2b(text).hexdigest()[:16], 16) / 2**64


@given(draws(), st.sampled_from([HEX, URL_SAFE, "ab"]), st.integers(0, 64), st.text(max_size=5), st.integers())
def test_a_series_is_the_texts_that_differ_in_their_last_word(
    drawn: Draws, alphabet: str, length: int, what: str, number: int
) -> None:
    assert Series(drawn, alphabet, length, what).text(number) == drawn.text(alphabet, length, what, number)
