"""The plot of a task: what happened, in order, with room for each sign, and what time will do right of now."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, get_args
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from mock_server.api.codec import Moment
from mock_server.api.exchange import Exchange, Message, Response
from mock_server.api.values import Callback, Clock, Coming, Hand, ItemStay, Task, TaskWhole, Way
from mock_server.api.words import SawWord
from mock_server.engine.state import State
from mock_server.scenarios.timeline.captions import length
from mock_server.scenarios.timeline.happened import happened
from mock_server.scenarios.timeline.plot import TICKS, Plot, View, plot

WORDS: tuple[SawWord, ...] = get_args(SawWord)
BORN = 1_700_000_000_000
REAL = BORN - 3_600_000
TAGS = {"svg", "title", "g", "rect", "path", "circle", "use", "text", "a"}
ATTRIBUTES = {
    "class", "width", "height", "viewBox", "role", "aria-label", "aria-hidden", "aria-current", "x", "y", "rx", "d",
    "href", "fill", "cx", "cy", "r",
}  # fmt: skip
LOOKS = {"queued": "waiting", "work": "processing", "done": "succeeded"}


def at(ms: float) -> Moment:
    """So long after the birth, by the server's clock."""
    return Moment.of(BORN + round(ms))


def required(struct: type[Struct]) -> tuple[str, ...]:
    """The fields of a value that have no default, of which a plot needs only some."""
    return struct.__struct_fields__[: len(struct.__struct_fields__) - len(struct.__struct_defaults__)]


def poll(number: int, ms: int, saw: SawWord = "processing", step: str = "work", fault: str = "") -> Exchange:
    """A poll; the machine's clock goes ten times slower."""
    response = Response(200, "OK", (), "{}", False, 0, None)
    faults = (fault,) if fault else ()
    request = Message("GET", "/", (), "", False)
    fields: dict[str, Any] = dict.fromkeys(Exchange.__struct_fields__[: -len(Exchange.__struct_defaults__)])
    fields |= {"at": at(ms), "real": Moment.of(REAL + ms // 10), "request": request, "response": response}
    fields |= {"kind": "request", "number": number, "asked": number, "poll": True, "saw": saw, "step": step}
    return Exchange(**fields | {"faults": faults, "crossed": (), "note": "", "struck": ()})


def hand(number: int, ms: int, what: str = "clock", detail: str = "") -> Hand:
    """Something that was done."""
    return Hand(number, what, None, None, detail, at(ms), Moment.of(REAL + ms // 10))


def task(now: int, *polls: Exchange, **fields: object) -> TaskWhole:
    """A task that went from `queued` to `work` five seconds after its birth."""
    born: dict[str, Any] = {"vendor": "acme", "id": "slow.1", "scenario": "slow", "version": "slow@1", "step": "work"}
    born |= {"born": at(0), "since": at(5_000), "asked": polls[-1].asked if polls else 0, "expired": False}
    born |= {"state": State.PROCESSING}
    fields_given: dict[str, Any] = dict.fromkeys(required(Task)) | born
    known = Task(**fields_given)
    ways = (Way(None, "queued", at(0), "birth"), Way("queued", "work", at(5_000), "time"))
    whole = TaskWhole(at(now), known, None, polls[::-1], None, ways, (), ())
    return replace(whole, **fields)


def clock(now: int, *, frozen: bool = False) -> Clock:
    """Where the clock stands."""
    return Clock(at(now), Moment.of(REAL + now // 10), 0, 1.0, frozen)


def view(**fields: object) -> View:
    return View(LOOKS, "/task?at={}".format)._replace(**fields)  # type: ignore[arg-type]  # the fields of a view


def image(drawn: Plot) -> ElementTree.Element:
    """The image, of which everything is what it may be."""
    found = ElementTree.fromstring(drawn.markup)
    assert {element.tag for element in found.iter()} <= TAGS
    assert {name for element in found.iter() for name in element.attrib} <= ATTRIBUTES
    return found


def links(drawn: Plot) -> list[ElementTree.Element]:
    return list(image(drawn).iter("a"))


def texts(drawn: Plot, kind: str) -> list[str]:
    return [found.text or "" for found in image(drawn).iter("text") if kind in found.get("class", "").split()]


def bars(drawn: Plot, kind: str) -> list[tuple[str, float, float]]:
    """The bars of a kind: their class, and from where to where they go."""
    return [
        (
            found.get("class", ""),
            float(found.get("x", "0")),
            float(found.get("x", "0")) + float(found.get("width", "0")),
        )
        for found in image(drawn).iter("rect")
        if found.get("class", "").split()[0] == kind
    ]


def test_polls_are_links_in_order_with_what_they_saw() -> None:
    whole = task(20_000, poll(1, 1_000, "waiting", "queued"), poll(2, 8_000), poll(3, 14_000, "error", fault="599"))
    drawn = plot(whole, clock(20_000), view(chosen=2))
    assert [link.get("href") for link in links(drawn)] == ["/task?at=1", "/task?at=2", "/task?at=3"]
    assert [link.get("aria-label", "").split(", ")[2] for link in links(drawn)] == ["waiting", "processing", "error"]
    assert [link.get("class") for link in links(drawn)] == ["poll waiting", "poll processing chosen", "poll error"]
    assert [link.get("aria-current") for link in links(drawn)] == [None, "true", None]
    bolts = [[use.get("href") for use in link.iter("use")] for link in links(drawn)]
    assert bolts == [["#sign-waiting"], ["#sign-processing"], ["#sign-cut", "#sign-error"]]


def test_its_steps_are_bars_up_to_now_and_what_time_will_do_is_hatched_right_of_it() -> None:
    whole = task(20_000, poll(1, 1_000, "waiting", "queued"), poll(2, 8_000), poll(3, 14_000))
    whole = replace(whole, forecast=(Coming("step", "done", at(30_000)),))
    drawn = plot(whole, clock(20_000), view())
    queued, work = bars(drawn, "bar")
    (ahead,) = bars(drawn, "ahead")
    assert [queued[0], work[0]] == ["bar waiting", "bar processing"]
    assert queued[2] == pytest.approx(work[1], abs=0.2)
    assert work[2] == pytest.approx(drawn.now, abs=0.2)
    assert ahead[1] == pytest.approx(drawn.now, abs=0.2)
    assert ahead[2] > ahead[1] + 10
    assert [use.get("href") for use in image(drawn).iter("use")][2] == "#sign-succeeded"
    assert texts(drawn, "tick")[:3] == ["22:13:20", "now", "in 10 s"]


def test_a_long_wait_is_folded_and_takes_no_more_room_than_four_usual_ones() -> None:
    whole = task(1_000_000, *(poll(k, 6_000 + 1_000 * k) for k in range(1, 9)))
    drawn = plot(whole, clock(1_000_000), view())
    assert len([path for path in image(drawn).iter("path") if path.get("class") == "fold"]) == 2
    (_, _, before), (_, begin, end) = bars(drawn, "bar")[0], bars(drawn, "bar")[1]
    assert before < begin + 1 < end < 800


def test_polls_at_one_place_that_saw_the_same_are_one_sign_with_its_count() -> None:
    """Under a frozen clock a task lives a whole life at once: its order can still be seen."""
    whole = task(
        5_000,
        *(poll(k, 5_000, "waiting", "queued") for k in (1, 2, 3)),
        *(poll(k, 5_000) for k in (4, 5)),
        way=(Way(None, "queued", at(5_000), "birth"), Way("queued", "work", at(5_000), "poll")),
    )
    drawn = plot(whole, clock(5_000, frozen=True), view())
    assert texts(drawn, "count") == ["×3", "×2"]
    assert [link.get("aria-label", "").rpartition(" ")[2] for link in links(drawn)] == ["×3", "×2"]
    (queued, work) = bars(drawn, "bar")
    first, second = (float(link[0].get("x", "0")) + 10 for link in links(drawn))
    assert queued[1] < first < queued[2] <= work[1] < second < work[2]


@pytest.mark.parametrize("count", [TICKS, TICKS + 1])
def test_beyond_sixty_polls_are_ticks_but_for_the_chosen_one(count: int) -> None:
    whole = task(count * 1_000, *(poll(k, 1_000 * k) for k in range(1, count + 1)))
    drawn = plot(whole, clock(count * 1_000), view(chosen=7))
    assert len(links(drawn)) == count
    assert sum(link.find("use") is not None for link in links(drawn)) == (count if count <= TICKS else 1)


def test_where_earlier_polls_were_evicted_the_left_edge_is_torn() -> None:
    drawn = plot(task(20_000, poll(13, 9_000), poll(14, 12_000)), clock(20_000), view())
    assert drawn.missing == 12
    assert [path.get("class") for path in image(drawn).iter("path")].count("torn") == 1
    assert [kind for kind, *_ in bars(drawn, "bar")] == ["bar processing"]


def test_changes_of_the_clock_between_two_polls_are_one() -> None:
    whole = task(
        30_000, poll(1, 1_000), poll(2, 20_000),
        hands=(hand(1, 5_000), hand(2, 9_000), hand(3, 12_000, "arm"), hand(4, 25_000), hand(5, 26_000, "goto")),
    )  # fmt: skip
    told = happened(whole, clock(30_000))
    assert [(each.sign, len(each.hands)) for each in told.hands] == [
        ("clock", 2),
        ("cut", 1),
        ("clock", 1),
        ("hand", 1),
    ]


def test_by_the_machines_clock_moments_lie_where_polls_and_hands_say() -> None:
    whole = task(20_000, poll(1, 0, "waiting", "queued"), poll(2, 10_000), poll(3, 15_000))
    told = happened(whole, clock(20_000), real=True)
    assert [each.at[0] for each in told.polls] == [REAL, REAL + 1_000, REAL + 1_500]
    assert told.bars[0][0].end[0] == REAL + 500
    assert told.now[0] == REAL + 2_000


def test_by_the_machines_clock_nothing_comes_while_time_stands_still() -> None:
    whole = replace(task(20_000, poll(1, 0)), forecast=(Coming("step", "done", at(30_000)),))
    assert happened(whole, clock(20_000, frozen=True), real=True).forecast == ()
    ((place, _),) = happened(whole, clock(20_000), real=True).forecast
    assert place[0] == REAL + 2_000 + 10_000


def test_each_item_that_walks_alone_has_a_bar_of_its_own() -> None:
    stays = tuple(
        (ItemStay("work", State.PROCESSING, at(0), at(ends)), ItemStay("done", State.SUCCEEDED, at(ends), None))
        for ends in (10_000, 20_000)
    )
    whole = task(15_000, poll(1, 1_000), items=stays, forecast=(Coming("item", "done", at(20_000), 1),))
    drawn = plot(whole, clock(15_000), view())
    assert [kind for kind, *_ in bars(drawn, "bar")] == [
        "bar processing item",
        "bar succeeded item",
        "bar processing item",
    ]
    assert len(bars(drawn, "ahead")) == 1


def test_attempts_have_their_outcome_and_the_planned_one_is_hollow() -> None:
    failed = Callback(at(9_000), 0, None, 1, False, 2, 503, "again")
    planned = Callback(at(40_000), 0, None, 2, True, None, None, None)
    drawn = plot(task(20_000, poll(1, 1_000), callbacks=(failed, planned)), clock(20_000), view())
    found = [group for group in image(drawn).iter("g") if "callback" in group.get("class", "")]
    assert [group.get("class") for group in found] == ["callback failed", "callback planned"]
    assert [group[0].text for group in found] == ["#1 → 503", "#2"]
    assert [group[1].get("href") for group in found] == ["#sign-notify_failed", "#sign-notifying"]
    assert "callbacks" in texts(drawn, "lane")
    over = replace(failed, status=200, outcome="delivered")
    drawn = plot(task(20_000, poll(1, 1_000), callbacks=(over,)), clock(20_000), view())
    assert [group.get("class") for group in image(drawn).iter("g")][-1] == "callback delivered"
    assert "callbacks" not in texts(plot(task(20_000, poll(1, 1_000)), clock(20_000), view()), "lane")


def test_a_task_that_nobody_polled_has_a_plot() -> None:
    drawn = plot(task(9_000), clock(9_000), view())
    assert links(drawn) == []
    assert len(bars(drawn, "bar")) == 2


def test_what_it_is_given_is_text() -> None:
    odd = '"><script>alert(1)</script>'
    whole = task(20_000, poll(1, 1_000, step=odd), hands=(hand(1, 2_000, odd, odd),))
    whole = replace(whole, way=(Way(None, odd, at(0), "birth"),))
    drawn = plot(whole, clock(20_000), view(link=lambda number: f'javascript:"{odd}', looks={odd: "processing"}))
    assert odd in texts(drawn, "named")
    assert links(drawn)[0].get("href") == f'javascript:"{odd}'


POLLS = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 40, 1_000, 5_000, 10**8]), st.sampled_from(WORDS), st.sampled_from([*LOOKS, "gone"])
    ),
    max_size=80,
)  # fmt: skip


@given(POLLS, st.integers(0, 10**6), st.integers(0, 3), st.booleans())
def test_no_sign_lies_on_another_and_all_are_in_order(
    given_polls: list[tuple[int, SawWord, str]], later: int, hands: int, real: bool
) -> None:
    ms, polls = 0, []
    for number, (gap, saw, step) in enumerate(given_polls, 1):
        ms += gap
        polls.append(poll(number, ms, saw, step))
    whole = task(ms + later, *polls, hands=tuple(hand(k + 1, ms * k // 3) for k in range(hands)))
    whole = replace(whole, forecast=(Coming("step", "done", at(ms + later + 7_000)),))
    drawn = plot(whole, clock(ms + later), view(real=real))
    found = image(drawn)
    width = float(found.get("width", "0"))
    signs = [
        (float(link[0].get("x", "0")), float(link[0].get("width", "0"))) for link in found.iter("a") if len(link) > 1
    ]
    assert all(x + wide <= after + 2.2 for (x, wide), (after, _) in pairwise(signs))
    assert all(0 <= x <= width for x, _ in signs)
    assert all(0 <= begin <= end <= width for _, begin, end in (*bars(drawn, "bar"), *bars(drawn, "ahead")))
    assert sum(each.times for each in happened(whole, clock(ms + later), real=real).polls) == len(polls)
    ticks = [
        (float(text.get("x", "0")), text.get("class", ""), len(text.text or ""))
        for text in found.iter("text")
        if "tick" in text.get("class", "")
    ]
    rooms = sorted((x, x + size * 6) if "start" in kind else (x - size * 3, x + size * 3) for x, kind, size in ticks)
    assert all(left[1] <= right[0] for left, right in pairwise(rooms))


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "0 ms"), (250, "250 ms"), (40_000, "40 s"), (81_000, "1 min 21 s"), (120_000, "2 min"),
        (7_500_000, "2 h 5 min"), (864_000_000, "10 d"), (90_061_000, "1 d 1 h"),
    ],
)  # fmt: skip
def test_a_length_of_time_has_at_most_two_units(ms: int, text: str) -> None:
    assert length(ms) == text
