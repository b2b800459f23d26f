"""Whose turn it is: in order, so many at once, and no receiver holds up another."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mock_server.engine.task import Key
from mock_server.notify.turns import AT_ONCE, AT_ONE_PLACE, Turn, Turns

Steps = list[tuple[tuple[str, int], bool]]
PLACES = [("a", 80), ("a", 81), ("b", 80)]


def key(k: int) -> Key:
    return Key("made-up", str(k))


def given_by(turns: Turns) -> list[Turn]:
    """All turns that are given now."""
    found = []
    while (turn := turns.next()) is not None:
        found.append(turn)
    return found


def test_one_receiver_has_so_many_turns_and_holds_up_no_other() -> None:
    turns = Turns()
    for k in range(100):
        turns.add(key(k), PLACES[0])
    assert [turn.key for turn in given_by(turns)] == [key(k) for k in range(AT_ONE_PLACE.value)]
    turns.add(key(100), PLACES[1])
    turns.add(key(101), PLACES[2])
    assert [turn.key for turn in given_by(turns)] == [key(100), key(101)]
    turns.over(PLACES[0])
    assert [turn.key for turn in given_by(turns)] == [key(AT_ONE_PLACE.value)]


def test_so_many_turns_are_given_at_once_and_no_more() -> None:
    turns = Turns()
    for k in range(AT_ONCE.value + 5):
        turns.add(key(k), ("host", k))
    assert len(given_by(turns)) == turns.under_way == AT_ONCE.value
    turns.over(("host", 0))
    assert [turn.place for turn in given_by(turns)] == [("host", AT_ONCE.value)]


def test_receivers_have_their_turns_one_after_the_other() -> None:
    turns = Turns()
    for k in range(6):
        turns.add(key(k), PLACES[k // 3])
    assert [turn.place for turn in given_by(turns)] == [PLACES[0], PLACES[1]] * 3


@given(st.lists(st.tuples(st.sampled_from(PLACES), st.booleans()), max_size=60))
def test_every_task_gets_its_turn_once_and_those_of_one_receiver_in_order(steps: Steps) -> None:
    turns, now, begun = Turns(), [], []
    for k, (place, ends) in enumerate(steps):
        turns.add(key(k), place)
        now += given_by(turns)
        if ends and now:
            begun.append(now.pop(0))
            turns.over(begun[-1].place)
    while turns or now:
        now += given_by(turns)
        begun.append(now.pop(0))
        turns.over(begun[-1].place)
    assert turns.under_way == 0
    for place in PLACES:
        assert [turn.key for turn in begun if turn.place == place] == [
            key(k) for k, (of, _) in enumerate(steps) if of == place
        ]
