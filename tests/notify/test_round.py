"""A moment is over when nothing is under way and nothing is due, in whatever order receivers answer."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from typing import cast

from hypothesis import example, given
from hypothesis import strategies as st

from mock_server.control.time import Time
from mock_server.emulator.notifications import Result
from mock_server.engine.outbox import outbox_of
from mock_server.engine.task import Key, unpack
from mock_server.notify.post import Sender
from mock_server.notify.round import Round
from mock_server.vendors.notices import Post
from tests.support.emulators import World, scenario
from tests.support.harness import PATIENCE

_QUIET = 20
"""Rounds of the event loop after which everything in it waits for an answer."""
_LATER = 2_000


def told(at_once: int) -> str:
    """A task that ends after ten seconds, is told so many times at that moment, and once more two seconds later."""
    sendings = ", ".join(["{}"] * at_once + ["{after: 2s}"])
    return f"notify: {{send: [{sendings}]}}\nsteps: [{{state: waiting, for: 10s}}, {{state: succeeded}}]\n"


class Answers:
    """Stands for receivers: an answer is given when the event loop is quiet, to the request whose turn is drawn."""

    def __init__(self, order: Sequence[int], statuses: Sequence[int]) -> None:
        self._order, self._statuses = cycle(order), cycle(statuses)
        self._open: list[asyncio.Future[Result]] = []
        self._answering: asyncio.Task[None] | None = None

    async def send(self, post: Post, page: str = "") -> Result:
        """As `Sender.send`."""
        answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._open.append(answer)
        if self._answering is None:
            self._answering = asyncio.create_task(self._answer())
        return await answer

    async def _answer(self) -> None:
        while self._open:
            for _ in range(_QUIET):
                await asyncio.sleep(0)
            self._open.pop(next(self._order) % len(self._open)).set_result(Result(next(self._statuses), "Made Up"))
        self._answering = None


@contextmanager
def rounds(world: World, answers: Answers, held: list[int]) -> Iterator[Round]:
    """A thread that makes the attempts of a world up to the last of `held`, until the block ends."""
    stopping = threading.Event()
    made = Round(
        world.notifications, world.ledger, lambda: cast(Sender, answers), stopping, lambda: held[-1] if held else None
    )
    made.thread.start()
    try:
        assert made.ready.wait(PATIENCE)
        yield made
    finally:
        stopping.set()
        made.stir()
        made.thread.join(PATIENCE)


def left(world: World, to: int) -> list[Key]:
    """The tasks of which an attempt is under way, or due at a time or before."""
    boxes = [(key, outbox_of(unpack(record).outbox)) for key, record in world.store.scan()]
    return [key for key, box in boxes if any(each.token or each.due <= to for each in box.owed)]


@given(
    counts=st.lists(st.integers(1, 3), min_size=1, max_size=6),
    order=st.lists(st.integers(0, 5), min_size=1, max_size=12),
    statuses=st.lists(st.sampled_from([200, 200, 503]), min_size=1, max_size=5),
)
@example(counts=[2, 1], order=[0], statuses=[200])
@example(counts=[2, 2, 2], order=[0, 1, 0, 2], statuses=[200])
def test_an_advance_leaves_no_moment_while_a_task_owes_anything_at_it(
    counts: list[int], order: list[int], statuses: list[int]
) -> None:
    world = World(*[scenario(told(count), name=f"told-{count}") for count in sorted(set(counts))])
    world.do.time.freeze()
    for k, count in enumerate(counts):
        world.do.tasks.create("qiniu", f"told-{count}", f"told-{count}.{k}", notify="http://127.0.0.1:9/")
    begun, held, early = world.virtual(), list[int](), list[tuple[int, list[Key]]]()
    with rounds(world, Answers(order, statuses), held) as made:

        async def moment(to: int) -> None:
            await made.settled(to)
            if missed := left(world, to):
                early.append((to - begun, missed))

        def deliver_due(to: int) -> None:
            held.append(to)
            made.stir()
            asyncio.run_coroutine_threadsafe(moment(to), made.loop).result(PATIENCE)

        Time(world.ledger, deliver_due).advance(24 * 3_600_000)
    assert early == []
    assert left(world, world.virtual()) == []
    entries = [entry for entry in world.store.entries()[0] if entry.told is not None]
    firsts = Counter(entry.virtual - begun for entry in entries if entry.told is not None and entry.told.attempt == 1)
    assert firsts[10_000] >= len(counts)
    assert sum(firsts.values()) == sum(counts) + len(counts)
    if set(statuses) == {200}:
        assert firsts == {10_000: sum(counts), 10_000 + _LATER: len(counts)}
